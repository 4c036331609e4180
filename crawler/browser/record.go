package browser

import (
	"maps"
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
	maxRequests   = 4000
	maxTargets    = 200
	maxPostData   = 64 << 10
	maxURL        = 8 << 10
	maxStack      = 30
	maxMessages   = 100     // WebSocket frames of one socket
	maxMessage    = 4 << 10 // bytes of one of them
	maxDialogs    = 20
	maxPopups     = 5
	maxDocuments  = 12       // main documents of one visit, before it counts as a loop
	maxDocument   = 10 << 20 // bytes of a page's own document, before loading is stopped
	maxBody       = 50 << 20 // of any other response
	maxWrites     = 2000
	maxSetCookies = 400 // Set-Cookie lines of one response; Chromium keeps 180 cookies of a site
	maxCookieLine = 8 << 10
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
	stopped   bool // loading came to an end, with a load event or without
	crashed   bool // the page's process did
	leaving   bool // what is sent now is a farewell; not set where interception tells
	left      bool // the page went to about:blank
	halted    bool // a window that it opened halted its process, see resume
	last      time.Time
	documents int
	failed    string // network error of the first document
	frames    map[cdp.FrameID]*frame
	children  map[target.SessionID]*observed

	entries   []*entry
	byID      map[string]*entry
	extras    map[string]*extra
	open      map[string]time.Time        // requests under way that matter
	repeated  map[string]int              // how often an address was fetched
	running   map[target.SessionID]string // targets whose clock is run ahead and has not arrived, with their site
	farewells map[string]bool             // sent while leaving, not answered yet
	going     map[cdp.FrameID]bool        // frames that are being left
	skipped   int
	tooLarge  string
	writes    []*write
	dialogs   []evidence.Dialog
	popups    []target.ID
	popupURLs []string
	downloads []string
	asked     []string // permissions
	asks      []evidence.Ask
	faults    []string // of frames
	bounds    map[string]bool
	calls     map[callKey]*evidence.Call
	callOrder []*evidence.Call
	hooked    []hooked
	cut       []string // functions that are no longer watched
	hidden    []string // functions that the page replaced before they were
	hold      hold
	passed    int // main documents of the journey's earlier steps
}

func newRecord(now func() time.Time, main cdp.FrameID) *record {
	return &record{
		now: now, frame: main, changed: make(chan struct{}, 1), frames: map[cdp.FrameID]*frame{},
		children: map[target.SessionID]*observed{}, byID: map[string]*entry{}, extras: map[string]*extra{}, open: map[string]time.Time{},
		repeated: map[string]int{}, farewells: map[string]bool{}, going: map[cdp.FrameID]bool{}, running: map[target.SessionID]string{}, bounds: map[string]bool{},
		calls: map[callKey]*evidence.Call{},
	}
}

// begin starts the visit's clock.
func (r *record) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started, r.last = r.now(), time.Now()
}

// since returns the milliseconds since the visit began.
func (r *record) since() int64 { return r.now().Sub(r.started).Milliseconds() }

// wake tells the visit that something changed. The caller holds r.mu or not.
func (r *record) wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// active notes that the page is not quiet. The caller holds r.mu.
func (r *record) active() {
	r.last = time.Now()
	r.wake()
}

// touch begins a new time of quiet.
func (r *record) touch() {
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

// loading notes that a frame begins to load or stops. A page whose loading was
// cancelled stops without a load event.
func (r *record) loading(id cdp.FrameID, begins bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id != r.frame {
		return
	}
	if r.stopped = !begins; begins {
		r.isLoaded = false
	}
	r.active()
}

// crash notes that a process of the page ended by itself.
func (r *record) crash(o *observed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.isMain() {
		r.crashed = true
	} else {
		r.faults = append(r.faults, "the process of a frame crashed: "+bounded(o.info.URL, 300))
	}
	r.wake()
}

func (r *record) parsed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isParsed = true
	r.active()
}

// startTime notes that the clocks of these targets are run ahead.
func (r *record) startTime(targets []*observed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range targets {
		site := ""
		if f := r.frames[cdp.FrameID(o.info.TargetID)]; f != nil {
			site = evidence.Site(hostOf(f.url))
		}
		r.running[o.session.id] = site
	}
}

// timeRan notes that the clock of one target has arrived. Frames of one site
// share a process and so a clock, of which only the first hears.
func (r *record) timeRan(id target.SessionID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	site, ok := r.running[id]
	maps.DeleteFunc(r.running, func(other target.SessionID, s string) bool { return other == id || ok && s == site })
	r.wake()
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

func (r *record) addPopupURL(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if url != "" && len(r.popupURLs) < maxPopups {
		r.popupURLs = append(r.popupURLs, bounded(url, maxURL))
	}
}

// halts notes that the page's process is halted until a new window has its
// collectors.
func (r *record) halts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halted = true
	r.active()
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
			r.asks = append(r.asks, evidence.Ask{Permission: what, Frame: w.frame, Stack: w.stack})
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
	parsed, loaded, left, crashed bool
	halted                        bool
	running                       int       // targets whose clock is run ahead
	open                          int       // requests under way that matter
	farewells, underway           int       // of them those that were sent
	frames                        int       // cross-site frames that are being left
	last                          time.Time // when something last happened
	documents                     int
	failed                        string
	tooLarge                      string
}

// stallAfter is how long a request may be without an answer before the visit
// stops waiting for it: long polls and images that never end.
const stallAfter = 4 * time.Second

func (r *record) look() state {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := state{parsed: r.isParsed, loaded: r.isLoaded || r.stopped && r.documents > 0, crashed: r.crashed, running: len(r.running), left: r.left, halted: r.halted, last: r.last, documents: r.documents, failed: r.failed, tooLarge: r.tooLarge}
	s.farewells, s.frames = len(r.farewells), len(r.going)
	for id := range r.farewells {
		if x := r.extras[id]; x != nil && len(x.sent) > 0 && r.byID[id].lasting() || !r.leaving {
			s.underway++
		}
	}
	for _, since := range r.open {
		if time.Since(since) < stallAfter {
			s.open++
		}
	}
	return s
}
