package browser

import (
	_ "embed"
	"fmt"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

//go:embed js/signal.js
var signalJS string

// signal is what a visitor's browser says of itself without being asked: with
// every request, and to every script before it runs.
type signal struct {
	header   string // its value is "1"
	property string // of navigator
	value    string // JavaScript
	workers  bool   // theirs has it too
}

// signals of the states that have one: Global Privacy Control (W3C, Sec-GPC
// and navigator.globalPrivacyControl) and Tracking Preference Expression (W3C,
// DNT and navigator.doNotTrack). Chromium's own switches for them act on all
// visitors of a browser at once, and older versions lack the first, so they
// are said from here.
var signals = map[evidence.State]signal{
	evidence.StateGPC: {"Sec-GPC", "globalPrivacyControl", "true", true},
	evidence.StateDNT: {"DNT", "doNotTrack", "'1'", false},
}

// headers are those that go with every request of this visitor.
func (c *Context) headers() network.Headers {
	headers := network.Headers{}
	for k, v := range c.browser.options.Headers {
		headers[k] = v
	}
	if s, ok := signals[c.state]; ok {
		headers[s.header] = "1"
	}
	return headers
}

// signal sends what makes a paused target say the visitor's signal.
func (o *observed) signal() {
	if headers := o.context.headers(); len(headers) > 0 {
		send(o.session, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
	}
	s, ok := signals[o.context.state]
	if !ok {
		return
	}
	source := fmt.Sprintf(signalJS, s.property, s.value)
	if o.hasDocument() {
		send(o.session, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return
	}
	if s.workers {
		send(o.session, runtime.Evaluate, runtime.EvaluateParams{Expression: source, Silent: new(true)})
	}
}
