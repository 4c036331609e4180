package behavior

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// Bounds of what is kept.
const (
	maxFound    = 5000 // behaviors of a scan
	maxEvidence = 20   // ids of one
	maxText     = 500  // bytes of an address or a detail
)

// Finder finds behaviors in evidence that it is shown: give it to flow.Build,
// then ask for what it Found. It is for one bundle.
type Finder struct {
	scan     scan
	pages    []pageDetector
	cookies  []cookieDetector
	storage  []storageDetector
	calls    []callDetector
	requests []requestDetector
	ending   []endDetector
	lasts    []lastDetector
}

// A detector finds behaviors of one kind, or of a few that share what they look
// at. It has the methods of the records that it needs.
type (
	pageDetector    interface{ page(*scan, *evidence.Page) }
	cookieDetector  interface{ cookie(*scan, *evidence.Cookie) }
	storageDetector interface {
		stored(*scan, *evidence.StorageItem)
	}
	callDetector    interface{ call(*scan, *evidence.Call) }
	requestDetector interface{ request(*scan, *flow.Exchange) }
	endDetector     interface{ end(*scan) }  // after everything was shown
	lastDetector    interface{ last(*scan) } // after every end: what the others found counts
)

// detectors is the closed set. Their order does not change the result.
func detectors() []any {
	a := newActors()
	return []any{
		a, // the others read it and embed it not, or it would be shown everything again
		&audio{a},
		&beacons{},
		&cloaks{},
		&canvases{a},
		&exfiltration{a},
		&fonts{a},
		&keystrokes{a},
		&navigators{a},
		&recordings{a},
		&webgl{a},
		&permissions{},
		&pixels{},
		newRespawns(),
		newSyncs(),
	}
}

var _ flow.Observer = (*Finder)(nil)

// New returns a Finder with every detector.
func New() *Finder { return newFinder(detectors()...) }

func newFinder(detectors ...any) *Finder {
	f := &Finder{scan: scan{index: map[string]int{}, found: map[foundKey]*found{}}}
	for _, d := range detectors {
		f.pages = with(f.pages, d)
		f.cookies = with(f.cookies, d)
		f.storage = with(f.storage, d)
		f.calls = with(f.calls, d)
		f.requests = with(f.requests, d)
		f.ending = with(f.ending, d)
		f.lasts = with(f.lasts, d)
	}
	return f
}

func with[T any](list []T, d any) []T {
	if t, ok := d.(T); ok {
		list = append(list, t)
	}
	return list
}

// Start takes who is behind addresses.
func (f *Finder) Start(who flow.Who) { f.scan.who = who }

// Page takes a visit.
func (f *Finder) Page(p *evidence.Page) {
	f.scan.visit(p.ID, visit{id: p.ID, url: p.URL, final: p.FinalURL, state: p.State})
	for _, d := range f.pages {
		d.page(&f.scan, p)
	}
}

// Cookie takes a cookie of the jar.
func (f *Finder) Cookie(c *evidence.Cookie) {
	for _, d := range f.cookies {
		d.cookie(&f.scan, c)
	}
}

// Storage takes an entry of a storage area.
func (f *Finder) Storage(s *evidence.StorageItem) {
	for _, d := range f.storage {
		d.stored(&f.scan, s)
	}
}

// Call takes what a script called.
func (f *Finder) Call(c *evidence.Call) {
	for _, d := range f.calls {
		d.call(&f.scan, c)
	}
}

// Request takes one hop of a request.
func (f *Finder) Request(x *flow.Exchange) {
	for _, d := range f.requests {
		d.request(&f.scan, x)
	}
}

// Found returns the behaviors, by kind in the order of Kinds, then by vendor,
// script and detail.
func (f *Finder) Found() []Behavior {
	for _, d := range f.ending {
		d.end(&f.scan)
	}
	for _, d := range f.lasts {
		d.last(&f.scan)
	}
	out := make([]Behavior, 0, len(f.scan.found))
	for _, x := range f.scan.found {
		out = append(out, x.value(&f.scan))
	}
	slices.SortFunc(out, func(a, b Behavior) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Kinds, a.Kind), slices.Index(Kinds, b.Kind)),
			strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Script, b.Script), strings.Compare(a.Detail, b.Detail), strings.Compare(a.ID, b.ID))
	})
	return out
}

// scan is what detectors share: who is who, the visits, and what was found.
type scan struct {
	who    flow.Who
	index  map[string]int // id of a visit → its place in visits
	visits []visit
	found  map[foundKey]*found
}

type visit struct {
	id, url, final string
	state          evidence.State
}

// visit returns the number of a visit. One that a crash kept from being listed
// is known by its id alone.
func (s *scan) visit(id string, v visit) int {
	n, ok := s.index[id]
	if !ok {
		n = len(s.visits)
		s.index[id] = n
		s.visits = append(s.visits, v)
	}
	return n
}

// sighting is one time that something was seen.
type sighting struct {
	kind       Kind
	vendor     string
	script     string
	detail     string // tells behaviors apart: no figure or address that changes from time to time
	with       []string
	confidence flow.Confidence
	page       string // id of the visit
	state      evidence.State
	evidence   string // id of the record
	times      int    // how often on the page; 0 is once
}

type foundKey struct {
	kind                   Kind
	vendor, script, detail string
}

type found struct {
	key        foundKey
	confidence flow.Confidence
	with       map[string]bool
	pages      []uint64 // set of visits
	states     map[evidence.State]bool
	count      int
	first      map[string]string // page → its smallest id of evidence; bounded to the first pages
}

// inline stands for a script in the page itself, which has the address of each
// page that it stands in.
const inline = "\x00page"

var strength = map[flow.Confidence]int{flow.TextWeak: 1, flow.Indirect: 2, flow.Strong: 3, flow.Direct: 4}

// saw adds a sighting to those of the same kind, vendor, script and detail.
// With is what was seen with it, told once for all sightings: "it carried …".
func (s *scan) saw(x sighting) {
	n := s.visit(x.page, visit{id: x.page, url: x.page, state: x.state})
	v := s.visits[n]
	switch {
	case x.script == "":
	case x.script == v.url || x.script == v.final:
		x.script = inline
	default:
		x.script = bounded(x.script)
	}
	x.detail = bounded(x.detail)
	key := foundKey{x.kind, x.vendor, x.script, x.detail}
	f := s.found[key]
	if f == nil {
		if len(s.found) >= maxFound {
			return
		}
		f = &found{key: key, confidence: x.confidence, with: map[string]bool{}, states: map[evidence.State]bool{}, first: map[string]string{}}
		s.found[key] = f
	}
	f.count += max(1, x.times)
	f.states[x.state] = true
	for _, w := range x.with {
		f.with[w] = true
	}
	if word := n / 64; word >= len(f.pages) {
		f.pages = append(f.pages, make([]uint64, word+1-len(f.pages))...)
	}
	f.pages[n/64] |= 1 << (n % 64)
	if strength[x.confidence] > strength[f.confidence] {
		f.confidence = x.confidence
		clear(f.first) // the evidence is that of the strongest
	}
	if x.confidence == f.confidence && x.evidence != "" {
		f.prove(x.page, x.evidence)
	}
}

// script returns the script that a stack shows and who is behind it; without a
// stack the document itself.
func (s *scan) script(stack []evidence.StackFrame, frame string) (script, vendor string) {
	script = frame
	for _, f := range stack {
		if f.URL != "" {
			script = f.URL
			break
		}
	}
	return script, s.who.At(script).Vendor
}

func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// prove keeps the smallest id of each of the first pages.
func (f *found) prove(page, id string) {
	if old, ok := f.first[page]; ok {
		f.first[page] = min(old, id)
		return
	}
	if len(f.first) == maxEvidence {
		last := slices.Max(slices.Collect(maps.Keys(f.first)))
		if page > last {
			return
		}
		delete(f.first, last)
	}
	f.first[page] = id
}

func (f *found) value(s *scan) Behavior {
	out := Behavior{
		ID: shortID(string(f.key.kind), f.key.vendor, f.key.script, f.key.detail), Kind: f.key.kind, Vendor: f.key.vendor, Script: f.key.script,
		Confidence: f.confidence, Detail: f.key.detail, Sightings: f.count, Pages: []string{}, Evidence: []string{},
		States: slices.Collect(maps.Keys(f.states)),
	}
	flow.SortStates(out.States)
	for n, v := range s.visits {
		if n/64 < len(f.pages) && f.pages[n/64]&(1<<(n%64)) != 0 {
			out.Pages = append(out.Pages, v.url)
			out.Seen = append(out.Seen, flow.Sighted{Visit: v.id, URL: v.url, State: v.state})
		}
	}
	slices.Sort(out.Pages)
	out.Pages = slices.Compact(out.Pages)
	if out.Script == inline {
		out.Script = out.Pages[0]
		out.Detail += ", by a script in the page"
	}
	if len(f.with) > 0 {
		out.Detail += ", with " + list(slices.Sorted(maps.Keys(f.with)))
	}
	for _, page := range slices.Sorted(maps.Keys(f.first)) {
		out.Evidence = append(out.Evidence, f.first[page])
	}
	return out
}

// list says several things as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

func shortID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "b-" + hex.EncodeToString(sum[:5])
}
