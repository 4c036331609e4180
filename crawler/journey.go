package crawler

import (
	"context"
	"fmt"
	"strings"

	"candor/crawler/browser"
	"candor/crawler/evidence"
)

// Journey is what a person tells the browser to do before the pages of a state
// are visited: to log in, to search, to fill a cart. It alone may submit. The
// visits that follow have its cookies and storage.
type Journey struct {
	File    string // its name, for messages
	Steps   []Step // at least one; the first is a goto
	Secrets []Secret
}

// Step is one step of a journey.
type Step = browser.Step

// Secret is a value of the environment that a journey types. It is written
// nowhere: not to the bundle, where its name stands instead, and not to logs.
type Secret struct{ Name, Value string }

// keep keeps the secrets out of what is written.
func (j *Journey) keep(w *evidence.Writer) {
	if j == nil {
		return
	}
	for _, s := range j.Secrets {
		w.Redact(s.Value, "${env:"+s.Name+"}")
	}
}

// hide takes the secrets out of a text.
func (j *Journey) hide(text string) string {
	for _, s := range j.Secrets {
		text = strings.ReplaceAll(text, s.Value, "${env:"+s.Name+"}")
	}
	return text
}

// journey takes the person's journey, if there is one; again with a visitor
// that was made anew. The error tells that the browser is lost or ctx ended.
func (l *lane) journey(ctx context.Context, begins int) error {
	c, j := l.crawl, l.crawl.options.Journey
	if j == nil || len(j.Steps) == 0 {
		return nil
	}
	id := fmt.Sprintf("j%04d.%s", begins, l.state)
	leave, err := c.enter(ctx, hostname(j.Steps[0].Target))
	if err != nil {
		return err
	}
	defer leave()
	c.emit(Event{Kind: "page-start", Page: id, URL: j.Steps[0].Target, State: l.state})
	visitor := l.present().NewVisitor(ctx)
	defer visitor.Close()
	res, shots, lost := visitor.Journey(ctx, id, j.Steps, c.options.PageTimeout)
	if lost != nil {
		c.gap(evidence.Gap{What: "the journey " + j.File, Why: "it was not finished: " + lost.Error(), Kind: "interrupted", State: l.state})
	}
	if res == nil {
		return lost
	}
	p := &res.Page
	for _, s := range shots {
		if len(s.JPEG) == 0 {
			continue
		}
		name := fmt.Sprintf("screenshots/%s-%02d.jpg", id, s.Step+1)
		if _, err := c.writer.AddBlob(name, s.JPEG); err != nil {
			c.fail(err)
			continue
		}
		p.Steps[s.Step].Screenshot, p.Screenshot = name, name
	}
	for i := range res.Gaps {
		// The page may show what was typed; a log must not.
		res.Gaps[i].What, res.Gaps[i].Why = j.File+", "+res.Gaps[i].What, j.hide(res.Gaps[i].Why)
		c.emit(Event{Kind: "gap", Page: id, URL: p.URL, State: l.state, Message: res.Gaps[i].What + ": " + res.Gaps[i].Why})
	}
	l.write(res)
	c.emit(Event{Kind: "page-done", Page: id, URL: p.URL, State: l.state, Message: p.Failure})
	return lost
}
