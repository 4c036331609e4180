package browser

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
)

// isolated is the name of the world that the collectors' own scripts use.
const isolated = "candor"

// How deep asynchronous stacks go.
const asyncStackDepth = 8

var (
	//go:embed js/hook.js
	hookJS string
	//go:embed js/find.js
	findJS string
	//go:embed js/arm.js
	armJS string
	//go:embed js/watch.js
	watchJS string
)

// observed is one target with its collectors attached.
type observed struct {
	context *Context
	session *session
	info    target.Info
	record  func() *record // where its evidence goes; nil when no visit is under way
	popup   bool

	mu      sync.Mutex
	scripts map[string]string       // V8's id → address
	first   []page.ScriptIdentifier // what runs first in each new document

	ready     chan struct{} // closed when the collectors are in place
	intercept atomic.Pointer[interceptor]
}

// interceptor takes the events of one method for itself.
type interceptor struct {
	method string
	handle func(*session, jsonv2.Value)
}

// observe attaches the collectors to a paused target and lets it run. Commands
// are answered in order, so all of it is in place when the target runs.
func (c *Context) observe(ev *target.EventAttachedToTarget, r func() *record) *observed {
	o := &observed{context: c, info: *ev.TargetInfo, record: r, ready: make(chan struct{})}
	o.popup = o.info.Type == "page" && o.info.OpenerID != ""
	o.session = c.browser.conn.attach(ev.SessionID, o.event)
	s, number := o.session, c.sessions.Add(1)
	send(s, network.Enable, network.EnableParams{MaxPostDataSize: new(int64(maxPostData))})
	o.signal()
	watched := !c.browser.options.unwatched
	if watched {
		// Breakpoints report and never stop: a stop on a thread that waits inside
		// window.open for its popup could not be ended.
		send(s, debugger.Enable, debugger.EnableParams{})
		send(s, debugger.SetSkipAllPauses, debugger.SetSkipAllPausesParams{Skip: true})
		send(s, debugger.SetAsyncCallStackDepth, debugger.SetAsyncCallStackDepthParams{MaxDepth: asyncStackDepth})
	}
	if c.browser.process == nil && c.browser.options.Insecure {
		send(s, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
	}
	if o.hasDocument() {
		send(s, page.Enable, page.EnableParams{})
		o.runFirst(page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(watchJS, c.secret), WorldName: isolated})
		if watched {
			o.runFirst(page.AddScriptToEvaluateOnNewDocumentParams{Source: c.hook(number), IncludeCommandLineAPI: new(true)})
		}
		o.runFirst(page.AddScriptToEvaluateOnNewDocumentParams{Source: c.labelsScript()})
	}
	// Shared and service workers come to the browser's own session.
	send(s, target.SetAutoAttach, autoAttach("service_worker", "shared_worker", "browser_ui", "browser", "tab"))
	run := func() {
		sendThen(s, runtime.RunIfWaitingForDebugger, cdp.Empty{}, func(cdp.Empty, error) { close(o.ready) })
	}
	if o.isMain() && watched && c.browser.process != nil { // elsewhere the page may get another process
		send(s, runtime.Evaluate, runtime.EvaluateParams{Expression: c.arm(number), IncludeCommandLineAPI: new(true), Silent: new(true)})
	}
	if o.hasDocument() || !watched {
		run()
		return o
	}
	// A worker that never rests answers nothing once it runs: its hook must have
	// the way to report by then, which it gets when it was parsed.
	hook := runtime.EvaluateParams{Expression: c.hook(number), IncludeCommandLineAPI: new(true), Silent: new(true)}
	sendThen(s, runtime.Evaluate, hook, func(runtime.EvaluateResult, error) { run() })
	return o
}

// runFirst makes a script the first of each new document.
func (o *observed) runFirst(p page.AddScriptToEvaluateOnNewDocumentParams) {
	sendThen(o.session, page.AddScriptToEvaluateOnNewDocument, p, func(res page.AddScriptToEvaluateOnNewDocumentResult, err error) {
		if err == nil {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.first = append(o.first, res.Identifier)
		}
	})
}

// watchNoFurther leaves documents that come from now on to themselves. To hook
// one takes the longer the more the process holds.
func (o *observed) watchNoFurther() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range o.first {
		send(o.session, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: id})
	}
	o.first = nil
}

// release lets a paused target run.
func release(s *session) { send(s, runtime.RunIfWaitingForDebugger, cdp.Empty{}) }

func (o *observed) hasDocument() bool { return o.info.Type == "page" || o.info.Type == "iframe" }

func (o *observed) isMain() bool { return o.info.Type == "page" && !o.popup }

func (o *observed) target() evidence.Target {
	return evidence.Target{Type: o.info.Type, URL: bounded(o.info.URL, maxURL)}
}

// event is called on the reading goroutine.
func (o *observed) event(s *session, method string, params jsonv2.Value) {
	if i := o.intercept.Load(); i != nil && i.method == method {
		i.handle(s, params)
		return
	}
	switch method {
	case target.AttachedToTarget.Method:
		var ev target.EventAttachedToTarget
		if decode(params, &ev) == nil && ev.TargetInfo != nil {
			o.child(&ev)
		}
	case target.DetachedFromTarget.Method:
		var ev target.EventDetachedFromTarget
		if decode(params, &ev) == nil {
			o.context.browser.conn.detach(ev.SessionID)
			if r := o.record(); r != nil {
				r.removeChild(ev.SessionID)
			}
		}
	case debugger.ScriptParsed.Method, runtime.BindingCalled.Method:
		o.debuggerEvent(method, params)
	default:
		if r := o.record(); r != nil {
			if o.hasDocument() {
				o.pageEvent(r, method, params)
			}
			r.networkEvent(o, method, params)
		}
	}
}

// child sets up a frame or worker of this target.
func (o *observed) child(ev *target.EventAttachedToTarget) {
	r := o.record()
	if r == nil || !r.room() {
		release(o.context.browser.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {}))
		return
	}
	switch ev.TargetInfo.Type {
	case "iframe", "worker":
		r.addChild(o.context.observe(ev, func() *record { return r }))
	default:
		o.context.attached(ev)
	}
}

// pageEvent handles what concerns documents and dialogs.
func (o *observed) pageEvent(r *record, method string, params jsonv2.Value) {
	switch method {
	case page.JavascriptDialogOpening.Method:
		var ev page.EventJavascriptDialogOpening
		if decode(params, &ev) != nil {
			return
		}
		// A dialog stops the page until it is answered. Leaving is allowed.
		send(o.session, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: ev.Type == page.DialogTypeBeforeunload})
		r.addDialog(evidence.Dialog{Type: string(ev.Type), Message: bounded(ev.Message, 200)})
	case page.FrameNavigated.Method:
		var ev page.EventFrameNavigated
		if decode(params, &ev) == nil && ev.Frame != nil {
			r.navigated(o, ev.Frame)
		}
	case page.FrameAttached.Method:
		var ev page.EventFrameAttached
		if decode(params, &ev) == nil {
			r.addFrame(o, ev.FrameID, ev.ParentFrameID)
		}
	case page.FrameDetached.Method:
		var ev page.EventFrameDetached
		if decode(params, &ev) == nil && ev.Reason != page.FrameDetachedReasonSwap {
			r.dropFrame(o, ev.FrameID)
		}
	case page.DomContentEventFired.Method:
		if o.isMain() {
			r.parsed()
		}
	case page.FrameStartedLoading.Method, page.FrameStoppedLoading.Method:
		var ev page.EventFrameStoppedLoading // both have the frame's id
		if decode(params, &ev) == nil && o.isMain() {
			r.loading(ev.FrameID, method == page.FrameStartedLoading.Method)
		}
	case inspector.TargetCrashed.Method:
		r.crash(o)
		r.removeChild(o.session.id)
		o.context.browser.conn.detach(o.session.id) // it answers nothing any more
	case page.LoadEventFired.Method:
		if o.isMain() {
			r.loaded()
		}
	case page.WindowOpen.Method:
		var ev page.EventWindowOpen
		if decode(params, &ev) == nil {
			r.addPopupURL(ev.URL)
		}
	case "Emulation.virtualTimeBudgetExpired":
		r.timeRan(o.session.id)
	}
}

func unguessable() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return "k" + hex.EncodeToString(b[:])
}

// bounded cuts a string at a number of bytes, at a whole character.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
