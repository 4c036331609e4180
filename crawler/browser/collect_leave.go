package browser

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

// leave hides the page and goes away from it, because pages report when they
// are left, and records what they send then.
func (w *window) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	s := w.main.session
	// The page's clock goes on, or it could not say goodbye.
	send(s, emulation.SetVirtualTimePolicy, emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyAdvance})
	// A minimised window is hidden: visibilitychange while the page still lives.
	root := w.context.browser.conn.root
	if win, err := invoke(ctx, root, browser.GetWindowForTarget, browser.GetWindowForTargetParams{TargetID: w.id}); err == nil {
		send(root, browser.SetWindowBounds, browser.SetWindowBoundsParams{WindowID: win.WindowID, Bounds: &browser.Bounds{WindowState: browser.WindowStateMinimized}})
	}
	world, err := invoke(ctx, s, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: w.record.frame, WorldName: isolated})
	if err != nil {
		return // a page that cannot be left is closed with its window
	}
	// What a page sends while it goes is not among the Network events; request
	// interception sees it.
	w.main.intercept.Store(&interceptor{method: fetch.RequestPaused.Method, handle: func(s *session, params jsonv2.Value) {
		var ev fetch.EventRequestPaused
		if decode(params, &ev) == nil {
			send(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
			w.record.goodbye(w.main, &ev)
		}
	}})
	if _, err := invoke(ctx, s, fetch.Enable, fetch.EnableParams{}); err != nil {
		return
	}
	if _, err := invoke(ctx, s, runtime.Evaluate, runtime.EvaluateParams{Expression: "location.replace('about:blank')", ContextID: world.ExecutionContextID}); err != nil {
		return
	}
	for !w.record.look().left {
		select {
		case <-w.record.changed:
		case <-ctx.Done():
			return
		}
	}
	w.waitBeacons(ctx)
}

// goodbye records a request that was sent while the page went away. Its answer
// is not waited for, so its status is 0.
func (r *record) goodbye(o *observed, ev *fetch.EventRequestPaused) {
	if ev.Request == nil || !recorded(ev.Request.URL) {
		return
	}
	r.mu.Lock()
	known := r.byID[string(ev.NetworkID)] != nil
	r.mu.Unlock()
	if known || ev.ResponseStatusCode != 0 {
		return
	}
	h := &hop{wall: r.now()}
	h.Request = evidence.Request{
		URL: bounded(ev.Request.URL+ev.Request.URLFragment, maxURL), Method: ev.Request.Method, Type: string(ev.ResourceType),
		FrameURL: bounded(r.mainURL(), maxURL), Headers: requestHeaders(ev.Request.Headers), Keepalive: true,
		Initiator: evidence.Initiator{Type: "script"},
	}
	h.setPostData(ev.Request)
	r.add(o, network.RequestID("goodbye-"+string(ev.RequestID)), h)
}
