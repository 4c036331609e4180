package browser

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
)

// maxHeld bounds the navigations that are told of one visit.
const maxHeld = 20

// hold is what keeps a page from being left while its forms are filled, and from
// then on: by a script that submits when a field changes, or a timer later.
type hold struct {
	on     bool
	frames map[cdp.FrameID]bool // in which something is typed
	ids    map[string]bool      // requests that were held back
	told   []string
}

// holdBack begins to stop documents that typing may ask for: of the page itself,
// of the frames in which something is typed, and whatever is posted. Documents
// that a page loads into other frames by itself come.
func (w *window) holdBack(ctx context.Context, todo []typing) {
	r := w.record
	r.mu.Lock()
	if !r.hold.on {
		r.hold = hold{on: true, frames: map[cdp.FrameID]bool{r.frame: true}, ids: map[string]bool{}}
	}
	for _, t := range todo {
		r.hold.frames[t.frame] = true
	}
	r.mu.Unlock()
	documents := fetch.EnableParams{Patterns: []*fetch.RequestPattern{{ResourceType: network.ResourceTypeDocument, RequestStage: fetch.RequestStageRequest}}}
	var enabled sync.WaitGroup
	for _, o := range append(r.frameTargets(), w.main) {
		o.intercept.Store(&interceptor{method: fetch.RequestPaused.Method, handle: func(s *session, params jsonv2.Value) {
			var ev fetch.EventRequestPaused
			if decode(params, &ev) == nil && !r.holds(s, &ev) {
				send(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
			}
		}})
		enabled.Go(func() { _, _ = invoke(ctx, o.session, fetch.Enable, documents) }) // a target that went away asks for nothing
	}
	enabled.Wait()
}

// holds stops a request that would submit something and reports whether it did.
func (r *record) holds(s *session, ev *fetch.EventRequestPaused) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.hold.on || ev.Request == nil || ev.ResourceType != network.ResourceTypeDocument || ev.ResponseStatusCode != 0 || ev.ResponseErrorReason != "" {
		return false
	}
	if !r.hold.frames[ev.FrameID] && ev.Request.Method != http.MethodPost {
		return false
	}
	send(s, fetch.FailRequest, fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: network.ErrorReasonAborted})
	r.tellHeld(ev.Request.Method + " " + ev.Request.URL)
	// It never left, so it is no request of the page.
	id := string(ev.NetworkID)
	r.hold.ids[id] = true
	r.entries = slices.DeleteFunc(r.entries, func(e *entry) bool { return e.id == id })
	delete(r.byID, id)
	delete(r.open, id)
	return true
}

// holdsPopup notes that a page opened a window while it was typed into, and
// reports whether the window must not load anything.
func (r *record) holdsPopup(url string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold.on {
		r.tellHeld("a new window " + url)
	}
	return r.hold.on
}

// tellHeld notes what was held back. The caller holds r.mu.
func (r *record) tellHeld(what string) {
	if what = bounded(what, 300); len(r.hold.told) < maxHeld && !slices.Contains(r.hold.told, what) {
		r.hold.told = append(r.hold.told, what)
	}
}

func (r *record) heldBack() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.hold.told)
}
