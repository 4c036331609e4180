package browser

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"

	"candor/crawler/evidence"
)

// leave goes away from the page, because pages report when they are hidden and
// left (visibilitychange and pagehide come both), and records what they send
// then and how it is answered.
func (w *window) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	frames := w.record.present()
	if len(frames) == 0 || frames[0].id != w.record.frame {
		return // a page that cannot be left is closed with its window
	}
	if w.outlived() {
		w.record.leave()
	} else if !w.intercept(ctx) {
		return
	}
	// Clocks that stand still go on, or nothing could say goodbye. They race from
	// timer to timer, which keeps a processor busy: no longer than that takes.
	w.clocks(emulation.VirtualTimePolicyAdvance)
	// What is gone to is empty.
	for _, o := range append(w.record.frameTargets(), w.main) {
		o.watchNoFurther()
	}
	w.leaveFrames(ctx, frames)
	_, err := frames[0].evaluate(ctx, goAway)
	left := err == nil && w.until(ctx, func(s state) bool { return s.left })
	w.clocks(emulation.VirtualTimePolicyPause)
	if !left || !w.outlived() && !w.threadsAnswer(ctx) {
		return
	}
	soon, cancel := context.WithTimeout(ctx, sentLimit)
	defer cancel()
	if w.until(soon, func(s state) bool { return s.farewells == 0 }) {
		return
	}
	w.until(ctx, func(s state) bool { return s.underway == 0 })
}

// outlived reports whether a frame, and with it the session that reports its
// requests, outlives its document. Then what a page sends while it goes is among
// the Network events, and all of it comes before the news that it went, since
// one thread tells of both. Elsewhere (see RenderDocument in flags) it is not;
// request interception sees it, in the page and in each frame of another site.
func (w *window) outlived() bool { return w.context.browser.process != nil }

// threadsAnswer waits until the browser's threads answered: before that they
// pass on which farewells were intercepted.
func (w *window) threadsAnswer(ctx context.Context) bool {
	for range 2 {
		if _, err := invoke(ctx, w.context.browser.conn.root, browser.GetVersion, cdp.Empty{}); err != nil {
			return false
		}
	}
	return true
}

// leave makes requests that begin from now on farewells, whose answers are
// awaited. That the document goes away does not stop them.
func (r *record) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving = true
}

// frameEnded notes that a frame went to an empty page or is no longer there; then
// no answer to what it sent comes any more. The caller holds r.mu.
func (r *record) frameEnded(id cdp.FrameID, there bool) {
	delete(r.going, id)
	r.wake()
	if there || len(r.farewells) == 0 {
		return
	}
	for _, e := range r.entries {
		if e.parting && e.lastHop().frame == id {
			r.farewellEnded(e.id)
		}
	}
}

// farewellEnded notes the answer or the fault of a farewell. The caller holds
// r.mu.
func (r *record) farewellEnded(id string) {
	if r.farewells[id] {
		delete(r.farewells, id)
		r.wake()
	}
}

// lasting reports whether a request that is sent while its document goes may
// outlive it: beacons, what a fetch with keepalive sends, pictures.
func (e *entry) lasting() bool {
	switch network.ResourceType(e.lastHop().Type) {
	case network.ResourceTypeScript, network.ResourceTypeStylesheet, network.ResourceTypeFont, network.ResourceTypeMedia, network.ResourceTypeXHR, network.ResourceTypeDocument:
		return false
	}
	return true
}

// clocks lets the clocks of all targets, if they were run ahead, go on or stand
// still.
func (w *window) clocks(policy emulation.VirtualTimePolicy) {
	if !w.ahead {
		return
	}
	for _, o := range append(w.record.frameTargets(), w.main) {
		send(o.session, emulation.SetVirtualTimePolicy, emulation.SetVirtualTimePolicyParams{Policy: policy})
	}
}

// goAway leaves a document without a trace in the history.
const goAway = "location.replace('about:blank')"

// leaveFrames goes away from the frames of other sites, while they live: they
// end with the page, before what they send then is seen or answered.
func (w *window) leaveFrames(ctx context.Context, frames []frame) {
	ctx, cancel := context.WithTimeout(ctx, frameLimit)
	defer cancel()
	var gone sync.WaitGroup
	main := frames[0]
	for _, f := range frames[1:] {
		own := f.owner != main.owner && f.id == cdp.FrameID(f.owner.info.TargetID)
		if shared := f.owner == main.owner && f.site != "" && f.site != main.site; !own && !shared {
			continue
		}
		w.record.leaveFrame(f.id)
		gone.Go(func() { _, _ = f.evaluate(ctx, goAway) }) // one that hangs ends with the page
	}
	gone.Wait()
	w.until(ctx, func(s state) bool { return s.frames == 0 })
}

func (r *record) leaveFrame(id cdp.FrameID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.frames[id]; f != nil && !f.gone && f.url != "about:blank" {
		r.going[id] = true
	}
}

// intercept begins to see the page's farewells.
func (w *window) intercept(ctx context.Context) bool {
	both := fetch.EnableParams{Patterns: []*fetch.RequestPattern{{RequestStage: fetch.RequestStageRequest}, {RequestStage: fetch.RequestStageResponse}}}
	r := w.record
	var enabled sync.WaitGroup
	for _, o := range append(r.frameTargets(), w.main) {
		o.intercept.Store(&interceptor{method: fetch.RequestPaused.Method, handle: func(s *session, params jsonv2.Value) {
			var ev fetch.EventRequestPaused
			if decode(params, &ev) == nil && !r.holds(s, &ev) {
				send(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
				r.goodbye(o, &ev)
			}
		}})
		enabled.Go(func() { _, _ = invoke(ctx, o.session, fetch.Enable, both) })
	}
	enabled.Wait()
	return ctx.Err() == nil
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
			r.farewellEnded(key)
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
	h := &hop{frame: ev.FrameID, wall: r.now()}
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
