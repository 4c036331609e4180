package frontier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"candor/crawler/evidence"
)

// Options shape a frontier. The zero value of each field but RespectRobots
// means its default.
type Options struct {
	Start         []string      // start addresses; at least one
	OwnDomains    []string      // further domains of the organisation
	Pages         int           // budget of visits; default 20
	Depth         int           // clicks from a start address; default 5
	RespectRobots bool          // false: the person says that the site is theirs
	UserAgent     string        // of the frontier's own fetches; default "Candor"
	HostDelay     time.Duration // least time between two visits or fetches of a host; default 200 ms, below 0 none
	HostTabs      int           // visits of one host at a time; default 2
	Client        *http.Client  // of the frontier's own fetches; default a plain one
	Words         Words
	Now           func() time.Time // for what "far from today" means; default time.Now. Waiting uses the machine's clock

	FetchTimeout time.Duration // of one fetch; default 10 s
	SeedTimeout  time.Duration // of Seed; default 30 s
	MaxPerShape  int           // visits of one shape of address; default half of Pages, at least 10
	MaxKnown     int           // addresses that are remembered; default 50,000
}

// Bounds of what one page or the queue holds.
const (
	maxLinks    = 5000 // links of one page
	maxExamples = 3    // addresses named in a gap
	maxFaults   = 50   // gaps of one kind of fault
	maxAttempts = 3    // visits of candidates for one kind of notice
)

// Item is one visit to make.
type Item struct {
	ID         string // "p0001", in order of handing out
	URL        string
	Kind       string // KindHome, KindPolicy, a kind of the words or KindOther
	Depth      int    // clicks from a start address
	LinkedFrom string // address of the page, "sitemap" or "well-known"; "" for start addresses
	Notice     string // kind of notice that this may be, or ""
	Start      bool   // a start address

	key, host string
}

// Visited is what a visit told.
type Visited struct {
	FinalURL  string          // after redirects; "" when nothing loaded
	Canonical string          // <link rel=canonical>; "" when there is none
	Links     []evidence.Link // after scripts
	Failed    bool            // nothing loaded, or it was no page
	Duplicate bool            // the caller found the page to be the same as another
}

// Frontier decides which page is next. It is safe for use by several
// goroutines.
type Frontier struct {
	o      Options
	client *http.Client
	scorer *Scorer
	kinds  []kindPhrases

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at each change
	seeding  bool          // Seed has not returned yet
	sites    map[string]bool
	starts   []*url.URL
	pending  []*candidate
	byKey    map[string]*candidate // of pending
	known    map[string]bool       // every key ever added or visited
	visited  map[string]bool       // keys handed out or arrived at
	counts   counters
	notices  *noticeBook
	hosts    map[string]*hostState
	origins  map[string]*originState
	handed   int
	inFlight int
	entered  int // visits of Enter under way
	repeats  int // visits that turned out to be repeats
	order    int
	gaps     gapBook
}

// hostState is what politeness knows of a host.
type hostState struct {
	active int       // visits under way
	next   time.Time // when the next visit or fetch may begin
	delay  time.Duration
}

// New checks the options and completes the start addresses.
func New(o Options) (*Frontier, error) {
	o = withDefaults(o)
	client, err := newClient(o.Client)
	if err != nil {
		return nil, fmt.Errorf("frontier: %w", err)
	}
	f := &Frontier{
		o: o, client: client, scorer: NewScorer(o.Words.Notices), kinds: compile(o.Words.PageKinds),
		changed: make(chan struct{}), seeding: true,
		sites: map[string]bool{}, byKey: map[string]*candidate{}, known: map[string]bool{}, visited: map[string]bool{},
		counts: newCounters(), notices: newNoticeBook(), hosts: map[string]*hostState{}, origins: map[string]*originState{},
		gaps: newGapBook(),
	}
	if len(o.Start) == 0 {
		return nil, errors.New("frontier: no start address: name one such as https://www.example.com/")
	}
	for _, given := range o.Start {
		address, err := Complete(given)
		if err != nil {
			return nil, fmt.Errorf("start address: %w", err)
		}
		u, err := parse(nil, address)
		if err != nil {
			return nil, fmt.Errorf("start address %q: %w", given, err)
		}
		f.starts = append(f.starts, u)
		f.sites[evidence.Site(u.Hostname())] = true
	}
	for _, given := range o.OwnDomains {
		address, err := Complete(given)
		if err != nil {
			return nil, fmt.Errorf("own domain: %w", err)
		}
		u, err := parse(nil, address)
		if err != nil {
			return nil, fmt.Errorf("own domain %q: %w", given, err)
		}
		f.sites[evidence.Site(u.Hostname())] = true
	}
	f.addStarts()
	return f, nil
}

func withDefaults(o Options) Options {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Pages, 20)
	set(&o.Depth, 5)
	set(&o.HostTabs, 2)
	set(&o.MaxPerShape, max(10, o.Pages/2))
	set(&o.MaxKnown, 50_000)
	if o.HostDelay == 0 {
		o.HostDelay = 200 * time.Millisecond
	}
	o.HostDelay = max(o.HostDelay, 0)
	if o.FetchTimeout <= 0 {
		o.FetchTimeout = 10 * time.Second
	}
	if o.SeedTimeout <= 0 {
		o.SeedTimeout = 30 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "Candor"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Start returns the start addresses, completed.
func (f *Frontier) Start() []string {
	var out []string
	for _, u := range f.starts {
		out = append(out, u.String())
	}
	return out
}

// InScope says whether an address belongs to the sites that are scanned.
func (f *Frontier) InScope(address string) bool {
	u, err := parse(nil, address)
	if err != nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inScope(u)
}

func (f *Frontier) inScope(u *url.URL) bool { return f.sites[evidence.Site(u.Hostname())] }

// Next returns the next visit. It blocks while the host is owed a pause, while
// its visits are at their limit, and while a visit under way or Seed might
// still add links; until Seed has returned, only start addresses are handed
// out. It returns io.EOF when nothing is left or the budget is used, and ctx's
// error when that ends. Every item must be given back with Done.
func (f *Frontier) Next(ctx context.Context) (Item, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Item{}, err
		}
		f.mu.Lock()
		c := f.best()
		changed := f.changed
		if c == nil {
			// What waits may only wait for a place that a visit of Enter has.
			over := f.inFlight == 0 && !f.seeding && (f.entered == 0 || len(f.pending) == 0)
			f.mu.Unlock()
			if over {
				return Item{}, io.EOF
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		origin := f.origins[originOf(c.url)]
		if origin == nil || !origin.known() {
			f.mu.Unlock()
			f.rulesOf(ctx, c.url) // its end is a change; an error is seen above
			continue
		}
		if !f.permitted(origin, c.url) {
			f.refuse(c)
			f.mu.Unlock()
			continue
		}
		h := f.host(c.host)
		if pause := time.Until(h.next); pause > 0 {
			f.mu.Unlock()
			f.pause(ctx, changed, pause)
			continue
		}
		item := f.take(c, h)
		f.mu.Unlock()
		return item, nil
	}
}

// Enter waits for a host's turn for a visit that the frontier did not choose: of
// a page that is visited again in another way. The host's pause and the limit
// of its visits hold for it too. leave frees its place.
func (f *Frontier) Enter(ctx context.Context, host string) (leave func(), err error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f.mu.Lock()
		h, changed := f.host(host), f.changed
		pause := time.Until(h.next)
		switch {
		case h.active >= f.o.HostTabs:
			f.mu.Unlock()
			select {
			case <-changed:
			case <-ctx.Done():
			}
		case pause > 0:
			f.mu.Unlock()
			f.pause(ctx, changed, pause)
		default:
			h.active++
			f.entered++
			h.next = time.Now().Add(h.delay)
			f.mu.Unlock()
			return sync.OnceFunc(func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				h.active--
				f.entered--
				f.signal()
			}), nil
		}
	}
}

// pause waits until a time is over, something changed or ctx ended.
func (f *Frontier) pause(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// take hands a candidate out. The caller holds the lock.
func (f *Frontier) take(c *candidate, h *hostState) Item {
	// A page that was chosen for another reason, and that a word or two of its
	// link make a weak candidate only, is no notice.
	if c.notice != "" && !c.start && c.noticeScore < surerNotice && !f.noticeDue(c) {
		c.notice, c.noticeScore = "", 0
	}
	f.drop(c)
	f.handed++
	f.inFlight++
	f.visited[c.key] = true
	f.counts.visit(c)
	h.active++
	h.next = time.Now().Add(h.delay)
	kind := c.kind
	if c.notice != "" {
		kind = KindPolicy
	}
	return Item{
		ID: fmt.Sprintf("p%04d", f.handed), URL: c.url.String(), Kind: kind, Depth: c.depth, LinkedFrom: c.from,
		Notice: c.notice, Start: c.start, key: c.key, host: c.host,
	}
}

// Done gives an item back with what its visit told, and frees the host's slot.
func (f *Frontier) Done(item Item, v Visited) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.signal()
	f.inFlight--
	f.host(item.host).active--
	base, err := parse(nil, item.URL)
	if err != nil {
		return
	}
	if v.Failed {
		f.counts.failed(item)
	}
	if v.Duplicate {
		f.repeats++
	}
	if v.FinalURL != "" {
		final, err := parse(base, v.FinalURL)
		if err != nil {
			return // about:blank, chrome-error: no page to take links from
		}
		if !f.arrived(item, final, !v.Duplicate) {
			return
		}
		base = final
	}
	if v.Canonical != "" {
		f.canonical(item, base, v.Canonical)
	}
	for _, l := range v.Links[:min(len(v.Links), maxLinks)] {
		f.addLink(base, base.String(), item.Depth+1, l)
	}
	if n := len(v.Links) - maxLinks; n > 0 {
		f.gaps.bound("links of a page beyond the first 5,000", base.String(), n)
	}
}

// arrived books where a visit ended, and says whether its links count.
func (f *Frontier) arrived(item Item, final *url.URL, refund bool) bool {
	if !f.inScope(final) {
		if !item.Start {
			return false
		}
		f.adopt(item.URL, final)
	}
	key := keyOf(final)
	if key == item.key {
		return true
	}
	if f.visited[key] {
		if refund {
			f.repeats++
		}
		return true
	}
	f.visited[key], f.known[key] = true, true
	if c := f.byKey[key]; c != nil {
		f.drop(c)
		if c.notice != "" && item.Notice == "" {
			f.counts.noticeVisits[c.notice]++
		}
	}
	return true
}

// adopt widens the scope to where a start address led: a person who asks for
// an old address means the site that answers.
func (f *Frontier) adopt(from string, to *url.URL) {
	f.sites[evidence.Site(to.Hostname())] = true
	f.gaps.fault(evidence.Gap{
		What: "page " + from, Kind: "other",
		Why: fmt.Sprintf("The start address leads to %s, which is another site. Its pages were counted as part of the scan; name it as an own domain if it is the organisation's.", to.Hostname()),
	})
}

// canonical drops the address that a page names as its own, if it still waits.
func (f *Frontier) canonical(item Item, base *url.URL, address string) {
	u, err := parse(base, address)
	if err != nil || !f.inScope(u) {
		return
	}
	key := keyOf(u)
	c := f.byKey[key]
	if key == item.key || strings.Trim(u.Path, "/") == "" || c != nil && (c.start || c.notice != item.Notice) {
		return
	}
	f.known[key] = true
	if c != nil {
		f.drop(c)
	}
}

// Notices returns the candidates for policy documents: the kinds in the order
// of the words, the best of each first. Those that robots.txt refuses are
// left to Gaps.
func (f *Frontier) Notices() []Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.notices.list(f.scorer.kinds, func(e *noticeEntry) bool {
		u, err := parse(nil, e.URL)
		if err != nil {
			return false
		}
		origin := f.origins[originOf(u)]
		return origin == nil || !origin.known() || f.permitted(origin, u)
	})
}

// Named books a start page as a notice when its title is a notice's name
// ("Privacy Policy | Example"), and returns the kind, or "". Pages further on
// are known by the links to them.
func (f *Frontier) Named(item Item, title string) string {
	u, err := parse(nil, item.URL)
	kind := f.scorer.named(title)
	if err != nil || !item.Start || kind == "" {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notices.add(Notice{URL: u.String(), Kind: kind, Score: 100 + selfNotice}, item.key, evidence.DocLink{Page: fromStart, Text: shorten(title)}, f.order)
	return kind
}

// Allowed says whether robots.txt lets an address be fetched, for documents
// that the caller fetches by itself. It asks the host when needed. A refusal
// becomes a gap.
func (f *Frontier) Allowed(ctx context.Context, address string) (bool, error) {
	u, err := parse(nil, address)
	if err != nil {
		return false, fmt.Errorf("robots.txt: %w", err)
	}
	if err := f.allowedByRobots(ctx, u); errors.Is(err, errRobots) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.gaps.refused(f.origins[originOf(u)], u.String(), "")
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, nil
}

// Planned returns how many visits are expected in all, those made included.
func (f *Frontier) Planned() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.handed + min(max(f.budget()-f.handed, 0), len(f.pending))
}

// budget is the number of visits that may be made: repeats are given back, at
// most once over.
func (f *Frontier) budget() int { return f.o.Pages + min(f.repeats, f.o.Pages) }

// Gaps returns what was refused, left out or went wrong so far, in an order
// that does not depend on time: faults, refusals by host, bounds, the budget.
func (f *Frontier) Gaps() []evidence.Gap {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.gaps.list()
	if left := len(f.pending) + f.counts.crowded; left > 0 && f.handed >= f.budget() {
		return append(out, evidence.Gap{
			What: "pages beyond the budget", Kind: "budget",
			Why: fmt.Sprintf("%s found and not visited: the budget of %d went to different kinds of page first. Raise --pages to visit more.", number(left, "address was", "addresses were"), f.o.Pages),
		})
	}
	left := f.counts.crowded
	for _, c := range f.pending {
		if f.class(c) == classNever {
			left++
		}
	}
	if left > 0 {
		out = append(out, evidence.Gap{
			What: "further pages like those visited", Kind: "bound",
			Why: fmt.Sprintf("%s found and not visited: of addresses of one shape at most %d wait and %d are visited, and %d of a calendar or a list.", number(left, "address was", "addresses were"), maxQueued, f.o.MaxPerShape, maxDated),
		})
	}
	return out
}

func (f *Frontier) host(name string) *hostState {
	h := f.hosts[name]
	if h == nil {
		h = &hostState{delay: f.o.HostDelay}
		f.hosts[name] = h
	}
	return h
}

// signal wakes everyone who waits for a change.
func (f *Frontier) signal() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// drop removes a candidate from the queue.
func (f *Frontier) drop(c *candidate) {
	if i := slices.Index(f.pending, c); i >= 0 {
		f.pending = slices.Delete(f.pending, i, i+1)
		delete(f.byKey, c.key)
	}
}
