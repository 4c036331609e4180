package browser

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

// watched are the functions whose calls are reported, as expressions in a new
// document, each with the kind of its calls. A breakpoint on the function
// itself sees every call, whatever the page puts in front of it, and leaves
// the page's world as it is.
var watched = []struct{ kind, function string }{
	{"cookie", "Object.getOwnPropertyDescriptor(Document.prototype,'cookie').set"},
	{"storage", "Storage.prototype.setItem"},
	{"cookiestore", "typeof CookieStore=='undefined'?null:CookieStore.prototype.set"},
	{"permission:geolocation", "typeof Geolocation=='undefined'?null:Geolocation.prototype.getCurrentPosition"},
	{"permission:geolocation", "typeof Geolocation=='undefined'?null:Geolocation.prototype.watchPosition"},
	{"permission:notifications", "typeof Notification=='undefined'?null:Notification.requestPermission"},
	{"permission:camera or microphone", "typeof MediaDevices=='undefined'?null:MediaDevices.prototype.getUserMedia"},
	{"permission:push", "typeof PushManager=='undefined'?null:PushManager.prototype.subscribe"},
}

// The names of the collectors' own scripts.
const (
	hookURL  = "candor:hook"
	watchURL = "candor:watch"
)

// write is one call of a watched function.
type write struct {
	kind  string
	frame string // address of the document that called
	key   string // name of the cookie or storage key
	value string // the first argument of document.cookie, or the value
	stack []evidence.StackFrame
	at    time.Time
}

func (o *observed) debuggerEvent(method string, params jsonv2.Value) {
	switch method {
	case debugger.ScriptParsed.Method:
		var ev struct {
			ScriptID, URL      string
			ExecutionContextID int64
		}
		if rawDecode(params, &ev) == nil {
			o.parsed(ev.ScriptID, ev.URL, ev.ExecutionContextID)
		}
	case runtime.BindingCalled.Method:
		var ev runtime.EventBindingCalled
		if decode(params, &ev) != nil {
			return
		}
		switch {
		case !strings.HasPrefix(ev.Name, o.context.secret):
		case ev.Payload != "":
			o.called(ev.Payload)
		default:
			if r := o.record(); r != nil {
				r.mutated()
			}
		}
	case debugger.Paused.Method:
		var ev debugger.EventPaused
		if decode(params, &ev) == nil {
			o.paused(&ev)
		} else {
			send(o.session, debugger.Resume, debugger.ResumeParams{})
		}
	}
}

// parsed notes the address of a script, and gives the collectors' own scripts
// the way to report. A binding belongs to one execution context and has a name
// of its own: a name for all of them would need Runtime.enable, which pages
// can notice.
func (o *observed) parsed(id, url string, context int64) {
	switch url {
	case watchURL:
		o.bind(context)
	case hookURL:
		o.hooked = context
	}
	if len(o.scripts) < 5000 {
		o.scripts[id] = bounded(url, maxURL)
	}
}

// addBinding is Runtime.addBinding with the parameter that cdproto leaves out
// because it is deprecated.
var addBinding = cdp.Command[bindingParams, cdp.Empty]{Method: runtime.AddBinding.Method}

type bindingParams struct {
	Name               string `json:"name"`
	ExecutionContextID int64  `json:"executionContextId"`
}

func (o *observed) bind(context int64) (name string) {
	name = fmt.Sprintf("%s_%d", o.context.secret, context)
	send(o.session, addBinding, bindingParams{Name: name, ExecutionContextID: context})
	return name
}

// called notes a call of a watched function.
func (o *observed) called(payload string) {
	parts := strings.SplitN(payload, "\u0001", 4)
	r := o.record()
	if len(parts) != 4 || r == nil {
		return
	}
	w := &write{kind: parts[0], frame: bounded(parts[1], maxURL), key: parts[2], value: parts[3], at: o.context.browser.options.Now()}
	if w.kind == "cookie" {
		w.value = parts[2]
		w.key, _, _ = strings.Cut(parts[2], "=")
		w.key = strings.TrimSpace(w.key)
	}
	r.addWrite(w)
	o.write, o.writing = w, r
}

// paused handles each stop of the debugger: the first statement of a document,
// a call whose stack is wanted, or a debugger statement of the page. All of
// them go on at once.
func (o *observed) paused(ev *debugger.EventPaused) {
	if len(ev.CallFrames) > 0 && len(ev.HitBreakpoints) == 0 && o.scripts[string(ev.CallFrames[0].Location.ScriptID)] == hookURL {
		o.setBreakpoints(ev.CallFrames[0].CallFrameID)
		return
	}
	if w := o.write; w != nil && len(ev.HitBreakpoints) > 0 {
		stack := make([]evidence.StackFrame, 0, len(ev.CallFrames))
		for _, f := range ev.CallFrames {
			if len(stack) == maxStack {
				break
			}
			stack = append(stack, evidence.StackFrame{
				Function: bounded(f.FunctionName, 200), URL: o.scripts[string(f.Location.ScriptID)],
				Line: int(f.Location.LineNumber) + 1, Column: column(f.Location),
			})
		}
		o.writing.setStack(w, append(stack, flatten(ev.AsyncStackTrace, maxStack-len(stack))...))
		o.write, o.writing = nil, nil
	}
	send(o.session, debugger.Resume, debugger.ResumeParams{})
}

// setBreakpoints runs while a document is stopped before its first script.
func (o *observed) setBreakpoints(frame debugger.CallFrameID) {
	name := o.bind(o.hooked)
	send(o.session, debugger.EvaluateOnCallFrame, debugger.EvaluateOnCallFrameParams{
		CallFrameID: frame, Expression: o.context.secret + "('take','" + name + "')", Silent: new(true),
	})
	for i, f := range watched {
		last := i == len(watched)-1
		sendThen(o.session, debugger.EvaluateOnCallFrame, debugger.EvaluateOnCallFrameParams{CallFrameID: frame, Expression: f.function, Silent: new(true)},
			func(res debugger.EvaluateOnCallFrameResult, err error) {
				if err == nil && res.Result != nil && res.Result.ObjectID != "" {
					send(o.session, debugger.SetBreakpointOnFunctionCall, debugger.SetBreakpointOnFunctionCallParams{
						ObjectID:  res.Result.ObjectID,
						Condition: o.context.secret + "('" + f.kind + "',arguments[0],arguments[1])",
					})
				}
				if last {
					sendThen(o.session, debugger.Resume, debugger.ResumeParams{}, func(_ cdp.Empty, err error) {
						if err != nil {
							o.freePopups()
						}
					})
				}
			})
	}
}

// freePopups lets popups run once more. A thread that waits in window.open for
// the popup's release may stop in a frame's hook meanwhile; the release then
// ends that stop instead, and the thread would wait for ever.
func (o *observed) freePopups() {
	if r := o.record(); r != nil {
		for _, s := range r.popupSessions() {
			release(s)
		}
	}
}

// flatten lists a stack with its asynchronous parents, innermost first.
func flatten(t *runtime.StackTrace, limit int) []evidence.StackFrame {
	var out []evidence.StackFrame
	for depth := 0; t != nil && depth < asyncStackDepth; depth++ {
		for _, f := range t.CallFrames {
			if len(out) >= limit {
				return out
			}
			out = append(out, evidence.StackFrame{
				Function: bounded(f.FunctionName, 200), URL: bounded(f.URL, maxURL), Line: int(f.LineNumber) + 1, Column: int(f.ColumnNumber) + 1,
			})
		}
		t = t.Parent
	}
	return out
}

// script is the address of the innermost frame that has one.
func script(stack []evidence.StackFrame) string {
	for _, f := range stack {
		if f.URL != "" {
			return f.URL
		}
	}
	return ""
}

// setter turns a call into who wrote something.
func (w *write) setter() evidence.Setter {
	s := evidence.Setter{Kind: "script", URL: script(w.stack), Initiators: w.stack}
	if s.URL == "" {
		s.URL = w.frame // an inline handler
	}
	return s
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func column(l *debugger.Location) int {
	if l.ColumnNumber == nil {
		return 0
	}
	return int(*l.ColumnNumber) + 1
}
