package browser

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
)

// maxFrames bounds the frames of a page that are read for forms and storage.
const maxFrames = 40

// frame is a frame of the page as its events tell.
type frame struct {
	id    cdp.FrameID
	order int                        // in which it came
	owner *observed                  // the target that has its document
	world runtime.ExecutionContextID // of the collectors
	page  runtime.ExecutionContextID // of the page's own scripts
	url   string
	site  string      // scheme and registrable domain of its document; "" as its parent's
	above cdp.FrameID // its parent
	gone  bool
}

// frameOf returns what is known of a frame, which may be new. The caller holds
// r.mu.
func (r *record) frameOf(o *observed, id cdp.FrameID) *frame {
	f := r.frames[id]
	if f == nil {
		f = &frame{id: id, order: len(r.frames)}
		if len(r.frames) < maxRequests {
			r.frames[id] = f
		}
	}
	f.owner, f.gone = o, false
	return f
}

func (r *record) addFrame(o *observed, id, above cdp.FrameID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frameOf(o, id).above = above
}

// targetOf is the target that a frame of o has. A frame of another site has one
// of its own where the browser isolates sites; where it shares its page's, it is
// told the same way. The caller holds r.mu.
func (r *record) targetOf(o *observed, id cdp.FrameID) evidence.Target {
	root := r.frames[cdp.FrameID(o.info.TargetID)]
	f := r.frames[id]
	for depth := 0; f != nil && f.site == "" && depth < maxFrames; depth++ {
		f = r.frames[f.above]
	}
	if f == nil || root == nil || o.info.Type != "page" || root.site == "" || f.site == root.site {
		return o.target()
	}
	return evidence.Target{Type: "iframe", URL: f.url}
}

// targetFrom is targetOf for a document of which origin and address are known.
// The caller holds r.mu.
func (r *record) targetFrom(o *observed, origin, url string) evidence.Target {
	root, site := r.frames[cdp.FrameID(o.info.TargetID)], cmp.Or(schemefulSite(origin), schemefulSite(url))
	if root == nil || o.info.Type != "page" || root.site == "" || site == "" || site == root.site {
		return o.target()
	}
	return evidence.Target{Type: "iframe", URL: url}
}

func (r *record) targetAt(o *observed, origin, url string) evidence.Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.targetFrom(o, origin, url)
}

// schemefulSite is the site that Chromium isolates by (HTML, "same site"), or ""
// for an origin without a host.
func schemefulSite(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return u.Scheme + "://" + evidence.Site(u.Hostname())
}

// dropFrame notes that a frame was removed. One that only moves to another
// process stays.
func (r *record) dropFrame(o *observed, id cdp.FrameID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.frames[id]; f != nil && f.owner == o {
		f.gone = true
		r.frameEnded(id, false)
	}
}

// setWorld notes the isolated world of a frame's present document.
func (r *record) setWorld(o *observed, id cdp.FrameID, world runtime.ExecutionContextID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frameOf(o, id).world = world
}

// setPage notes the page's own world in a frame's present document.
func (r *record) setPage(o *observed, id cdp.FrameID, world runtime.ExecutionContextID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frameOf(o, id).page = world
}

func (r *record) hasFrame(id cdp.FrameID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames[id] != nil
}

func (r *record) navigated(o *observed, f *cdp.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.frameOf(o, f.ID)
	known.url, known.world, known.page = bounded(f.URL, maxURL), 0, 0
	known.above = f.ParentID
	if f.URL == "about:blank" {
		r.frameEnded(f.ID, true)
	}
	root := string(f.ID) == string(o.info.TargetID)
	// An opaque origin, such as a sandboxed frame's, has no site of its own; what
	// is sent while a page goes to about:blank is still its own.
	if site := cmp.Or(schemefulSite(f.SecurityOrigin), schemefulSite(f.URL)); site != "" || !root {
		known.site = site
	}
	r.wake()
	if root { // the frames of its document before are gone
		for _, other := range r.frames {
			other.gone = other.gone || other.owner == o && other != known
		}
	}
	if f.ID != r.frame {
		return
	}
	if f.URL == "about:blank" {
		r.left = r.documents > 0
		return
	}
	r.documents++
	r.isParsed, r.isLoaded, r.stopped = false, false, false
	r.url, r.mime = f.URL+f.URLFragment, f.MimeType
	r.active()
}

func (r *record) addChild(o *observed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.children[o.session.id] = o
	r.active()
}

func (r *record) removeChild(id target.SessionID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := r.children[id]
	delete(r.children, id)
	delete(r.running, id)
	r.wake()
	for _, f := range r.frames {
		if gone != nil && f.owner == gone {
			f.gone = true
			r.frameEnded(f.id, false)
		}
	}
}

// frameTargets are the cross-site frames that are attached now.
func (r *record) frameTargets() []*observed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*observed
	for _, o := range r.children {
		if o.info.Type == "iframe" {
			out = append(out, o)
		}
	}
	return out
}

// present lists the frames that are there now, the main one first, the others
// in the order in which they came.
func (r *record) present() []frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []frame
	for _, f := range r.frames {
		if !f.gone && f.owner != nil && f.owner.hasDocument() {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b frame) int {
		if (a.id == r.frame) != (b.id == r.frame) {
			if a.id == r.frame {
				return -1
			}
			return 1
		}
		return a.order - b.order
	})
	if len(out) > maxFrames {
		r.bounds["frames that are read"] = true
		out = out[:maxFrames]
	}
	return out
}

// evaluate runs an expression in the isolated world of a frame and waits for
// its promise. The world of a document that the collectors' script did not
// reach is made first.
func (f *frame) evaluate(ctx context.Context, expression string) (*runtime.RemoteObject, error) {
	s := f.owner.session
	params := runtime.EvaluateParams{Expression: expression, ContextID: f.world, ReturnByValue: new(true), AwaitPromise: new(true)}
	if params.ContextID != 0 {
		res, err := invoke(ctx, s, runtime.Evaluate, params)
		var refused *cdproto.Error
		if !errors.As(err, &refused) {
			return value(res, err)
		}
	}
	world, err := invoke(ctx, s, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: f.id, WorldName: isolated})
	if err != nil {
		return nil, err
	}
	params.ContextID = world.ExecutionContextID
	return value(invoke(ctx, s, runtime.Evaluate, params))
}

func value(res runtime.EvaluateResult, err error) (*runtime.RemoteObject, error) {
	if err != nil {
		return nil, err
	}
	if res.ExceptionDetails != nil {
		return nil, errors.New(bounded(exceptionText(res.ExceptionDetails), 300))
	}
	if res.Result == nil {
		return nil, errors.New("no answer")
	}
	return res.Result, nil
}
