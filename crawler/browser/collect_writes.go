package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

// The names of the collectors' own scripts.
const (
	hookURL  = "candor:hook"
	watchURL = "candor:watch"
)

// write is one call of a watched function.
type write struct {
	kind   string // "cookie", "cookiestore", "local", "session", "indexeddb", "cache"
	frame  string // address of the document that called
	origin string // its origin, which of a srcdoc frame is its parent's
	key    string // name of the cookie, storage key or database
	value  string // the cookie line, or the value
	stack  []evidence.StackFrame
	at     time.Time
}

func (o *observed) debuggerEvent(method string, params jsonv2.Value) {
	switch method {
	case debugger.ScriptParsed.Method:
		var ev struct {
			URL                     string
			ScriptID                string
			ExecutionContextID      int64
			ExecutionContextAuxData struct{ FrameID string }
		}
		if rawDecode(params, &ev) == nil {
			o.named(ev.ScriptID, ev.URL)
			o.parsed(ev.URL, cdp.FrameID(ev.ExecutionContextAuxData.FrameID), ev.ExecutionContextID)
		}
	case runtime.BindingCalled.Method:
		var ev runtime.EventBindingCalled
		if decode(params, &ev) != nil {
			return
		}
		switch {
		case !strings.HasPrefix(ev.Name, o.context.secret):
		case ev.Payload != "":
			o.called(ev.Payload, ev.ExecutionContextID)
		default:
			if r := o.record(); r != nil {
				r.touch()
			}
		}
	}
}

// parsed gives the collectors' own scripts the way to report. A binding belongs
// to one execution context and has a name of its own: a name for all of them
// would need Runtime.enable, which pages can notice. What is reported before
// the binding comes is held by the script.
func (o *observed) parsed(url string, frame cdp.FrameID, context int64) {
	switch url {
	case watchURL:
		o.bind(context)
		if r := o.record(); r != nil && frame != "" {
			r.setWorld(o, frame, runtime.ExecutionContextID(context))
		}
	case hookURL:
		if r := o.record(); r != nil {
			r.addHooked(o, context)
			if frame != "" {
				r.setPage(o, frame, runtime.ExecutionContextID(context))
			}
		}
		send(o.session, runtime.Evaluate, runtime.EvaluateParams{
			Expression: o.context.secret + "('take','" + o.bind(context) + "')", ContextID: runtime.ExecutionContextID(context), Silent: new(true),
		})
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

// called notes calls of watched functions.
func (o *observed) called(payload string, context runtime.ExecutionContextID) {
	r := o.record()
	if r == nil {
		return
	}
	now := o.context.browser.options.Now()
	switch kind, rest, _ := strings.Cut(payload, "\u0001"); kind {
	case "call":
		if row, origin, c, ok := parseCall(payload); ok {
			c.Target = r.targetAt(o, origin, c.Frame)
			r.addCall(callKey{o, int64(context), row}, c, now)
		}
	case "cut":
		r.unwatched(rest)
	case "replaced":
		r.replaced(rest)
	default:
		if w, ok := parseWrite(payload, now); ok {
			r.addWrite(w)
		}
	}
}

// parseWrite reads what hook.js reports: kind, address and origin of the
// document, stack, first and further arguments. The arguments are the page's.
func parseWrite(payload string, at time.Time) (*write, bool) {
	parts := strings.SplitN(payload, "\u0001", 6)
	if len(parts) != 6 {
		return nil, false
	}
	w := &write{
		kind: parts[0], frame: bounded(parts[1], maxURL), origin: bounded(parts[2], maxURL), stack: parseStack(parts[3]),
		key: parts[4], value: parts[5], at: at,
	}
	switch w.kind {
	case "cookie":
		w.value, _ = strings.CutSuffix(strings.Join(parts[4:], "\u0001"), "\u0001")
		w.key, _, _ = strings.Cut(w.value, "=")
		w.key = strings.TrimSpace(w.key)
	case "cookiestore":
		w.value = storeLine(parts[4], strings.Split(parts[5], "\u0001"))
	}
	w.key, w.value = bounded(w.key, maxMessage), bounded(w.value, maxCookieLine)
	return w, true
}

// storeLine writes the arguments of CookieStore.set as the cookie line that
// document.cookie would take: value, and of a dictionary the time in
// milliseconds when it expires and the domain.
func storeLine(name string, rest []string) string {
	line := name + "=" + rest[0]
	if len(rest) < 3 {
		return line
	}
	if ms, err := strconv.ParseFloat(rest[1], 64); err == nil && ms > 0 && ms < 1e15 {
		line += "; Expires=" + time.UnixMilli(int64(ms)).UTC().Format(http.TimeFormat)
	}
	if rest[2] != "" {
		line += "; Domain=" + rest[2]
	}
	return line
}

// parseStack reads the frames of a stack, innermost first: name, address, line
// and column each.
func parseStack(s string) []evidence.StackFrame {
	fields := strings.Split(s, "\u0002")
	var out []evidence.StackFrame
	for ; len(fields) >= 4 && len(out) < maxStack; fields = fields[4:] {
		line, err := strconv.Atoi(fields[2])
		column, err2 := strconv.Atoi(fields[3])
		if err != nil || err2 != nil {
			continue // a frame of the engine itself
		}
		out = append(out, evidence.StackFrame{Function: bounded(fields[0], 200), URL: bounded(fields[1], maxURL), Line: line, Column: column})
	}
	return out
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
