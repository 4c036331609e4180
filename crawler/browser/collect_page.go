package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

//go:embed js/collect.js
var collectJS string

// callLimit bounds what is beside the page itself: a frame that hangs must not
// hang the visit.
const callLimit = 2 * time.Second

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
	Headings  []string
	Schema    []string `json:"schema_types"`
	Markers   bool     `json:"markers"` // a CAPTCHA or challenge is on the page
	Links     []evidence.Link
	MoreLinks int `json:"more_links"` // left out in the middle
	Forms     []evidence.Form
	Controls  []formControls // of the forms, in their order
	Storage   []evidence.StorageItem
	DOM       string `json:"dom"`
	Charset   string `json:"charset"` // with the DOM
}

// readFrame runs collect.js in an isolated world of one frame.
func readFrame(ctx context.Context, f frame, w wants) (*content, error) {
	arg, _ := json.Marshal(w) // three booleans
	res, err := f.evaluate(ctx, strings.TrimSpace(collectJS)+"("+string(arg)+")")
	if err != nil {
		return nil, err
	}
	var c content
	if err := json.Unmarshal(res.Value, &c); err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	c.frame = f.id
	return &c, nil
}

// keep adds what only the earlier reading of the same frame could see.
func (c *content) keep(earlier *content) {
	places := map[int]*evidence.Shown{}
	for i, f := range earlier.Forms[:min(len(earlier.Forms), len(earlier.Controls))] {
		places[earlier.Controls[i].Form] = f.Shown
	}
	for i := range c.Forms[:min(len(c.Forms), len(c.Controls))] {
		c.Forms[i].Shown = places[c.Controls[i].Form]
	}
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

// read collects what all frames show, side by side. A frame that cannot be read
// is a fault that is told, not the end of the visit; a page whose other frames
// hang is not waited for much longer than its main one takes.
func (w *window) read(ctx context.Context, want wants) (s seen) {
	whole := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frames := w.record.present()
	if len(frames) == 0 || frames[0].id != w.record.frame {
		s.faults = append(s.faults, "the page's content could not be read: it has no document")
		return s
	}
	contents, errs := make([]*content, len(frames)), make([]error, len(frames))
	var wg sync.WaitGroup
	for i, f := range frames {
		need := wants{DOM: want.DOM, Late: want.Late}
		if i == 0 {
			need = want
			need.Page = true
		}
		wg.Go(func() {
			contents[i], errs[i] = readFrame(ctx, f, need)
			if i == 0 {
				time.AfterFunc(callLimit, cancel)
			}
		})
	}
	wg.Wait()
	if want.Late && errs[0] == nil {
		s.labels, s.labelGaps = w.labels(whole, frames)
	}
	for i, f := range frames {
		switch err := errs[i]; {
		case err != nil && i == 0:
			s.faults = append(s.faults, "the page's content could not be read: "+err.Error())
		case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
			s.faults = append(s.faults, "a frame did not answer in time: "+f.url)
		case err != nil:
			// Frames come and go while a page is read.
		case i == 0:
			s.main = contents[0]
		default:
			s.others = append(s.others, contents[i])
		}
	}
	return s
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
