package browser

import (
	"context"
	"net/http"
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"

	"candor/crawler/evidence"
)

// leave hides the page and goes away from it, because pages report when they
// are left, and records what they send then and how it is answered.
func (w *window) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	frames := w.record.present()
	if len(frames) == 0 || frames[0].id != w.record.frame {
		return // a page that cannot be left is closed with its window
	}
	s := w.main.session
	// The page's clock goes on, or it could not say goodbye.
	send(s, emulation.SetVirtualTimePolicy, emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyAdvance})
	// A minimised window is hidden: visibilitychange while the page still lives.
	root := w.context.browser.conn.root
	if win, err := invoke(ctx, root, browser.GetWindowForTarget, browser.GetWindowForTargetParams{TargetID: w.id}); err == nil {
		send(root, browser.SetWindowBounds, browser.SetWindowBoundsParams{WindowID: win.WindowID, Bounds: &browser.Bounds{WindowState: browser.WindowStateMinimized}})
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
	both := fetch.EnableParams{Patterns: []*fetch.RequestPattern{{RequestStage: fetch.RequestStageRequest}, {RequestStage: fetch.RequestStageResponse}}}
	if _, err := invoke(ctx, s, fetch.Enable, both); err != nil {
		return
	}
	if _, err := frames[0].evaluate(ctx, "location.replace('about:blank')"); err != nil {
		return
	}
	if !w.until(ctx, func(s state) bool { return s.left }) {
		return
	}
	// The browser's threads pass a farewell on while they answer.
	for range 2 {
		if _, err := invoke(ctx, root, browser.GetVersion, cdp.Empty{}); err != nil {
			return
		}
	}
	ctx, cancel = context.WithTimeout(ctx, farewellLimit)
	defer cancel()
	w.until(ctx, func(s state) bool { return s.farewells == 0 })
}

// until waits for a state of the record and returns false when ctx ended first.
func (w *window) until(ctx context.Context, reached func(state) bool) bool {
	for !reached(w.record.look()) {
		select {
		case <-w.record.changed:
		case <-w.main.session.gone:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// goodbye records a request that is sent while the page goes away, and its
// answer.
func (r *record) goodbye(o *observed, ev *fetch.EventRequestPaused) {
	if ev.Request == nil || !recorded(ev.Request.URL) {
		return
	}
	key := string(ev.NetworkID)
	if key == "" {
		key = "goodbye-" + string(ev.RequestID)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byID[key]
	switch answered := ev.ResponseStatusCode != 0 || ev.ResponseErrorReason != ""; {
	case e != nil && !e.farewell: // begun before, and known from its own events
	case answered && e != nil:
		e.lastHop().setFarewellAnswer(ev)
		if !redirects(ev.ResponseStatusCode) {
			delete(r.farewells, key)
			r.wake()
		}
	case answered:
	case e != nil:
		h := r.farewellHop(o, ev)
		h.Hop = e.lastHop().Hop + 1
		e.hops = append(e.hops, h)
	default:
		if e = r.enter(o, network.RequestID(key), r.farewellHop(o, ev)); e != nil {
			e.farewell = true
			r.farewells[key] = true
		}
	}
}

// farewellHop is the request as interception shows it. The caller holds r.mu.
func (r *record) farewellHop(o *observed, ev *fetch.EventRequestPaused) *hop {
	h := &hop{wall: r.now()}
	h.Request = evidence.Request{
		URL: bounded(ev.Request.URL+ev.Request.URLFragment, maxURL), Method: ev.Request.Method, Type: string(ev.ResourceType),
		FrameURL: bounded(r.url, maxURL), Headers: requestHeaders(ev.Request.Headers), Keepalive: true,
		Initiator: evidence.Initiator{Type: "script"},
	}
	if f := r.frames[ev.FrameID]; f != nil && f.id != r.frame {
		h.FrameURL = f.url
	}
	h.setPostData(ev.Request)
	r.place(o, h)
	return h
}

func (h *hop) setFarewellAnswer(ev *fetch.EventRequestPaused) {
	h.Status, h.Error = int(ev.ResponseStatusCode), string(ev.ResponseErrorReason)
	headers := network.Headers{}
	for _, x := range ev.ResponseHeaders {
		if x == nil {
			continue
		}
		headers[x.Name] = x.Value
		if strings.EqualFold(x.Name, "set-cookie") {
			h.addSetCookies(x.Value)
		}
	}
	h.ResponseHeaders = responseHeaders(headers)
}

func redirects(status int64) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
