package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

//go:embed js/collect.js
var collectJS string

// callLimit bounds one command: a page that hangs must not hang the visit.
const callLimit = 2 * time.Second

// maxFrames bounds the frames of a page that are read for forms and storage.
const maxFrames = 40

// wants says what is read of a frame, besides forms and storage.
type wants struct {
	Page  bool `json:"page"`
	Links bool `json:"links"`
	DOM   bool `json:"dom"`
	Late  bool `json:"late"` // after the timers ran: the page's clock stands still
}

// content is what collect.js returns of one frame.
type content struct {
	frame     cdp.FrameID
	URL       string `json:"url"`
	Origin    string `json:"origin"`
	Title     string `json:"title"`
	Lang      string `json:"lang"`
	Canonical string `json:"canonical"`
	Words     int    `json:"words"`
	Markers   bool   `json:"markers"` // a CAPTCHA or challenge is on the page
	Links     []evidence.Link
	MoreLinks int `json:"more_links"` // left out in the middle
	Forms     []evidence.Form
	Storage   []evidence.StorageItem
	DOM       string `json:"dom"`
	Charset   string `json:"charset"` // with the DOM
}

// readFrame runs collect.js in an isolated world of one frame.
func readFrame(ctx context.Context, s *session, frame cdp.FrameID, w wants) (*content, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	world, err := invoke(ctx, s, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: isolated})
	if err != nil {
		return nil, err
	}
	arg, _ := json.Marshal(w) // three booleans
	res, err := invoke(ctx, s, runtime.Evaluate, runtime.EvaluateParams{
		Expression: strings.TrimSpace(collectJS) + "(" + string(arg) + ")", ContextID: world.ExecutionContextID, ReturnByValue: new(true), AwaitPromise: new(true),
	})
	if err != nil {
		return nil, err
	}
	if res.ExceptionDetails != nil {
		return nil, fmt.Errorf("read frame: %s", bounded(exceptionText(res.ExceptionDetails), 300))
	}
	var c content
	if err := json.Unmarshal(res.Result.Value, &c); err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	c.frame = frame
	return &c, nil
}

// keep adds what only the earlier reading of the same frame could see.
func (c *content) keep(earlier *content) {
	for _, item := range earlier.Storage {
		if item.Kind == "indexeddb" || item.Kind == "cache" {
			c.Storage = append(c.Storage, item)
		}
	}
}

// unique leaves out later readings of the same frame.
func unique(contents []*content) []*content {
	seen := map[cdp.FrameID]bool{}
	out := contents[:0:0]
	for _, c := range contents {
		if !seen[c.frame] {
			seen[c.frame] = true
			out = append(out, c)
		}
	}
	return out
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// frameRef is a frame with the session that reaches it.
type frameRef struct {
	session *session
	id      cdp.FrameID
	main    bool
}

// frames lists the main frame first, then the others of its process, then
// those of other sites.
func (w *window) frames(ctx context.Context) []frameRef {
	var out []frameRef
	walk := func(s *session, main bool) {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		tree, err := invoke(ctx, s, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return
		}
		var visit func(t *page.FrameTree, main bool)
		visit = func(t *page.FrameTree, main bool) {
			if t == nil || t.Frame == nil || len(out) >= maxFrames {
				return
			}
			out = append(out, frameRef{session: s, id: t.Frame.ID, main: main})
			for _, child := range t.ChildFrames {
				visit(child, false)
			}
		}
		visit(tree.FrameTree, main)
	}
	walk(w.main.session, true)
	others := w.record.frameTargets()
	sort.Slice(others, func(i, j int) bool { return others[i].info.TargetID < others[j].info.TargetID })
	for _, o := range others {
		if len(out) < maxFrames {
			walk(o.session, false)
		}
	}
	return out
}

// read collects what all frames show. A frame that cannot be read is a fault
// that is told, not the end of the visit.
func (w *window) read(ctx context.Context, want wants) (main *content, others []*content, faults []string) {
	for _, f := range w.frames(ctx) {
		need := wants{DOM: want.DOM, Late: want.Late}
		if f.main {
			need = want
			need.Page = true
		}
		c, err := readFrame(ctx, f.session, f.id, need)
		switch {
		case err != nil && f.main:
			faults = append(faults, "the page's content could not be read: "+err.Error())
		case err != nil:
			// Frames come and go while a page is read.
		case f.main:
			main = c
		default:
			others = append(others, c)
		}
	}
	return main, others, faults
}

type storageKey struct{ kind, origin, key string }

// storageItems returns what is new or changed in the visitor's storage.
func (c *Context) storageItems(pageID string, contents []*content, writes []*write) []evidence.StorageItem {
	byKey := map[storageKey]evidence.Setter{}
	for _, w := range writes {
		k := storageKey{w.kind, w.origin, w.key}
		if old, ok := byKey[k]; !ok || len(old.Initiators) == 0 {
			byKey[k] = w.setter()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []evidence.StorageItem
	for _, f := range contents {
		for _, item := range f.Storage {
			key := storageKey{item.Kind, f.Origin, item.Key}
			if old, known := c.store[key]; known && old == item.Value {
				continue
			}
			c.store[key] = item.Value
			item.Page, item.State, item.Origin = pageID, c.state, f.Origin
			item.SetBy = evidence.Setter{Kind: "unknown"}
			if s, ok := byKey[key]; ok {
				item.SetBy = s
			}
			out = append(out, item)
		}
	}
	slices.SortStableFunc(out, func(a, b evidence.StorageItem) int {
		return strings.Compare(a.Kind+"\x00"+a.Origin+"\x00"+a.Key, b.Kind+"\x00"+b.Origin+"\x00"+b.Key)
	})
	return out
}

// forms numbers the forms of all frames.
func forms(pageID string, state evidence.State, contents []*content) []evidence.Form {
	var out []evidence.Form
	for _, c := range contents {
		for _, f := range c.Forms {
			f.ID, f.Page, f.State, f.FrameURL = fmt.Sprintf("%s/f%02d", pageID, len(out)+1), pageID, state, c.URL
			out = append(out, f)
		}
	}
	return out
}
