package browser

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
)

// Bounds of what one visit records. What is beyond is counted, never silent.
const (
	maxRequests  = 4000
	maxTargets   = 200
	maxPostData  = 64 << 10
	maxURL       = 8 << 10
	maxStack     = 30
	maxMessages  = 100     // WebSocket frames of one socket
	maxMessage   = 4 << 10 // bytes of one of them
	maxDialogs   = 20
	maxPopups    = 5
	maxDocuments = 12       // main documents of one visit, before it counts as a loop
	maxBody      = 50 << 20 // bytes of one response, before loading is stopped
	maxWrites    = 2000
)

// record is the evidence of one visit while it is gathered. It is filled on
// the reading goroutine and read by the visit.
type record struct {
	now     func() time.Time
	frame   cdp.FrameID // of the main frame
	changed chan struct{}

	mu        sync.Mutex
	started   time.Time
	url       string // committed address of the main frame
	mime      string
	isParsed  bool // DOMContentLoaded
	isLoaded  bool
	ranOut    bool // virtual time has passed
	left      bool // the page went to about:blank
	last      time.Time
	documents int
	failed    string // network error of the first document
	frames    map[cdp.FrameID]bool
	children  map[target.SessionID]*observed

	entries   []*entry
	byID      map[string]*entry
	extras    map[string]*extra
	open      map[string]time.Time // requests under way that matter
	repeated  map[string]int       // how often an address was fetched
	skipped   int
	tooLarge  string
	writes    []*write
	dialogs   []evidence.Dialog
	popups    []target.ID
	popupURLs []string
	downloads []string
	asked     []string // permissions
	bounds    map[string]bool
}

func newRecord(now func() time.Time, frame cdp.FrameID) *record {
	return &record{
		now: now, frame: frame, changed: make(chan struct{}, 1), frames: map[cdp.FrameID]bool{frame: true},
		children: map[target.SessionID]*observed{}, byID: map[string]*entry{}, extras: map[string]*extra{}, open: map[string]time.Time{},
		repeated: map[string]int{}, bounds: map[string]bool{},
	}
}

// begin starts the visit's clock.
func (r *record) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started, r.last = r.now(), r.now()
}

// wake tells the visit that something changed. The caller holds r.mu or not.
func (r *record) wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// active notes that the page is not quiet. The caller holds r.mu.
func (r *record) active() {
	r.last = r.now()
	r.wake()
}

func (r *record) mutated() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active()
}

func (r *record) loaded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isLoaded = true
	r.active()
}

func (r *record) parsed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isParsed = true
	r.active()
}

func (r *record) timeRan() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ranOut = true
	r.wake()
}

func (r *record) navigated(o *observed, f *cdp.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames[f.ID] = true
	if f.ID != r.frame {
		return
	}
	if f.URL == "about:blank" {
		r.left = r.documents > 0
		r.wake()
		return
	}
	r.documents++
	r.isParsed, r.isLoaded = false, false
	r.url, r.mime = f.URL+f.URLFragment, f.MimeType
	r.active()
}

func (r *record) addFrame(id cdp.FrameID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames[id] = true
}

func (r *record) hasFrame(id cdp.FrameID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames[id]
}

func (r *record) mainURL() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.url
}

func (r *record) room() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.children) >= maxTargets {
		r.bounds["frames and workers"] = true
		return false
	}
	return true
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
	delete(r.children, id)
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

func (r *record) addPopupURL(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if url != "" && len(r.popupURLs) < maxPopups {
		r.popupURLs = append(r.popupURLs, bounded(url, maxURL))
	}
}

func (r *record) openPopups() []target.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.popups)
}

func (r *record) addDialog(d evidence.Dialog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.dialogs) < maxDialogs {
		r.dialogs = append(r.dialogs, d)
	}
}

func (r *record) addDownload(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.downloads) < maxPopups {
		r.downloads = append(r.downloads, bounded(url, maxURL))
	}
	// Its request gets no end in this page.
	for _, e := range r.entries {
		if e.lastHop().URL == url {
			delete(r.open, e.id)
		}
	}
	r.active()
}

func (r *record) addWrite(w *write) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if what, ok := strings.CutPrefix(w.kind, "permission:"); ok {
		if !slices.Contains(r.asked, what) {
			r.asked = append(r.asked, what)
		}
		return
	}
	if len(r.writes) < maxWrites {
		r.writes = append(r.writes, w)
	} else {
		r.bounds["cookie and storage writes"] = true
	}
}

// state is what the visit's waiting looks at.
type state struct {
	parsed, loaded, ranOut, left bool
	open                         int       // requests under way that matter
	last                         time.Time // when something last happened
	documents                    int
	failed                       string
	tooLarge                     string
}

// stallAfter is how long a request may be without an answer before the visit
// stops waiting for it: long polls and images that never end.
const stallAfter = 4 * time.Second

func (r *record) look() state {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := state{parsed: r.isParsed, loaded: r.isLoaded, ranOut: r.ranOut, left: r.left, last: r.last, documents: r.documents, failed: r.failed, tooLarge: r.tooLarge}
	now := r.now()
	for _, since := range r.open {
		if now.Sub(since) < stallAfter {
			s.open++
		}
	}
	return s
}
