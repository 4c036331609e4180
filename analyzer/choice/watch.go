package choice

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// Watcher gathers what each vendor got on each page in each state. Give it to
// flow.Build, then ask it to Compare. It keeps counts and hashes, no request.
type Watcher struct {
	key     []byte
	choices map[evidence.State]*evidence.Choice
	asked   map[evidence.State]bool
	visits  map[string]visit // id → what it is; only those that are compared
	loaded  map[evidence.State]map[string]bool
	vendors map[string]*vendor
	sent    map[sentCookie]map[evidence.State]map[string]bool // → addresses from which it went to another party
	told    map[toldKey]*toldSum
	made    map[string]visit // id → a visit that made a choice
}

type visit struct {
	url   string
	state evidence.State
}

// sentCookie is a cookie that went to another party; to is the vendor behind a
// host that bears a name of the site's own, "" for hosts of others' names.
type sentCookie struct{ name, domain, to string }

// vendor is who got requests, with what was sent on each page.
type vendor struct {
	known     []string // categories
	necessary bool
	in        map[evidence.State]map[string]*page // by address
}

// page is what a vendor got from one address in one state. There are many: it
// is kept small.
type page struct {
	requests int
	ids      []carried // at most maxHashes
	marks    []string  // sorted, at most maxMarks
	first    string    // the smallest id of a request, of one with an identifier if there is one
	strong   bool      // first has an identifier
}

// carried is an identifier with the requests without a mark that carried it.
type carried struct {
	hash hash
	n    int32
	kept bool
}

// hash is a keyed hash of 48 bits.
type hash uint64

func (h hash) String() string { return fmt.Sprintf("%012x", uint64(h)) }

func (p *page) carry(h hash, kept bool) {
	for i := range p.ids {
		if p.ids[i].hash == h {
			p.ids[i].n++
			p.ids[i].kept = p.ids[i].kept || kept
			return
		}
	}
	if len(p.ids) < maxHashes {
		p.ids = append(p.ids, carried{h, 1, kept})
	}
}

func (p *page) mark(m string) {
	if i, found := slices.BinarySearch(p.marks, m); !found && len(p.marks) < maxMarks {
		p.marks = slices.Insert(p.marks, i, m)
	}
}

var _ flow.Observer = (*Watcher)(nil)

// New returns a Watcher for a bundle with these choices, whose states were asked
// for. The key is the bundle's, for the hashes of identifiers.
func New(choices []evidence.Choice, asked []evidence.State, key string) *Watcher {
	w := &Watcher{
		key: []byte(key), choices: map[evidence.State]*evidence.Choice{}, asked: map[evidence.State]bool{}, visits: map[string]visit{},
		loaded: map[evidence.State]map[string]bool{}, vendors: map[string]*vendor{}, sent: map[sentCookie]map[evidence.State]map[string]bool{}, told: map[toldKey]*toldSum{}, made: map[string]visit{},
	}
	for i := range choices {
		if _, twice := w.choices[choices[i].State]; !twice {
			w.choices[choices[i].State] = &choices[i]
		}
		w.asked[choices[i].State] = true
	}
	for _, s := range asked {
		w.asked[s] = true
	}
	return w
}

// KindChoice is the kind of a visit that makes a choice.
const KindChoice = "choice"

// Start implements flow.Observer.
func (w *Watcher) Start(flow.Who) {}

// Page takes a visit.
func (w *Watcher) Page(p *evidence.Page) {
	w.asked[p.State] = true
	if p.Ended == "failed" {
		return
	}
	if p.Kind == KindChoice && !whole(p.State) {
		w.made[p.ID] = visit{p.URL, p.State}
		return
	}
	w.visits[p.ID] = visit{p.URL, p.State}
	if w.loaded[p.State] == nil {
		w.loaded[p.State] = map[string]bool{}
	}
	w.loaded[p.State][p.URL] = true
}

// Cookie takes a cookie that may hold a consent string.
func (w *Watcher) Cookie(c *evidence.Cookie) {
	w.keptString(c.Page, "the cookie", c.Name, c.Value, c.Name)
}

// Storage takes an entry that may hold a consent string.
func (w *Watcher) Storage(s *evidence.StorageItem) {
	w.keptString(s.Page, "the key", s.Key, s.Value, "")
}

// Call implements flow.Observer.
func (w *Watcher) Call(*evidence.Call) {}

// Request takes one hop of a request. A scan of one state compares nothing.
func (w *Watcher) Request(x *flow.Exchange) {
	if len(w.asked) < 2 {
		return
	}
	v, compared := w.visits[x.Page]
	to, behind := x.To, ""
	if !to.Third() {
		to = x.Meant
	}
	if !x.To.Third() || x.To.Alias != "" {
		behind = to.Vendor
	}
	if !compared || !x.Sent || to.Vendor == "" || !to.Third() {
		return
	}
	p := w.vendor(to).page(v)
	p.requests++
	w.sentString(x.Page, x.Pairs(), to.Vendor, x.ID)
	marked := false
	for _, q := range x.Pairs() {
		if m := mark(q); m != "" {
			marked = true
			p.mark(m)
		}
	}
	ids := x.Identifiers()
	if strong := len(ids) > 0; p.first == "" || strong && !p.strong || strong == p.strong && x.ID < p.first {
		p.first, p.strong = x.ID, strong
	}
	if marked {
		return
	}
	for i, id := range ids {
		if !slices.ContainsFunc(ids[:i], func(other flow.Identified) bool { return other.Value == id.Value }) {
			p.carry(w.hash(id.Value), id.Kept)
		}
	}
	for _, c := range x.Cookies {
		w.follow(sentCookie{c.Name, strings.ToLower(strings.TrimPrefix(c.Domain, ".")), behind}, v)
	}
}

// hash keys a value, so that equal hashes are equal values and nobody who reads
// them can try values out.
func (w *Watcher) hash(value string) hash {
	h := hmac.New(sha256.New, w.key)
	h.Write([]byte(value))
	return hash(binary.BigEndian.Uint64(h.Sum(nil)) >> 16)
}

// maxSent bounds the cookies whose ways are followed.
const maxSent = 20000

func (w *Watcher) follow(c sentCookie, v visit) {
	states := w.sent[c]
	if states == nil {
		if len(w.sent) >= maxSent {
			return
		}
		states = map[evidence.State]map[string]bool{}
		w.sent[c] = states
	}
	if states[v.state] == nil {
		states[v.state] = map[string]bool{}
	}
	states[v.state][v.url] = true
}

func (w *Watcher) vendor(p flow.Party) *vendor {
	v := w.vendors[p.Vendor]
	if v == nil {
		v = &vendor{in: map[evidence.State]map[string]*page{}}
		w.vendors[p.Vendor] = v
	}
	if p.Known != nil && v.known == nil {
		v.known = p.Known.Categories
		v.necessary = isNecessary(p.Known.Categories, p.Known.Purposes)
	}
	return v
}

// isNecessary tells the consent tool and what is there for security from the rest.
func isNecessary(categories, purposes []string) bool {
	for _, c := range categories {
		if c == "consent" || c == "bot_defence" {
			return true
		}
	}
	return len(purposes) > 0 && !slices.ContainsFunc(purposes, func(p string) bool { return p != "security" && p != "legal" })
}

func (v *vendor) page(at visit) *page {
	pages := v.in[at.state]
	if pages == nil {
		pages = map[string]*page{}
		v.in[at.state] = pages
	}
	p := pages[at.url]
	if p == nil {
		p = &page{}
		pages[at.url] = p
	}
	return p
}
