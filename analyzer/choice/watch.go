package choice

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
}

type visit struct {
	url   string
	state evidence.State
}

type sentCookie struct{ name, domain string }

// vendor is who got requests, with what was sent on each page.
type vendor struct {
	known     []string // categories
	necessary bool
	in        map[evidence.State]map[string]*page // by address
}

// page is what a vendor got from one address in one state.
type page struct {
	requests int
	limited  int
	kept     map[string]bool // identifiers that are kept
	ids      map[string]int  // keyed hash → requests without a mark that carried it
	marks    map[string]bool
	first    string // the smallest id of a request, of one with an identifier if there is one
	strong   bool   // first has an identifier
}

var _ flow.Observer = (*Watcher)(nil)

// New returns a Watcher for a bundle with these choices, whose states were asked
// for. The key is the bundle's, for the hashes of identifiers.
func New(choices []evidence.Choice, asked []evidence.State, key string) *Watcher {
	w := &Watcher{
		key: []byte(key), choices: map[evidence.State]*evidence.Choice{}, asked: map[evidence.State]bool{}, visits: map[string]visit{},
		loaded: map[evidence.State]map[string]bool{}, vendors: map[string]*vendor{}, sent: map[sentCookie]map[evidence.State]map[string]bool{},
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
	if p.Ended == "failed" || p.Kind == KindChoice && !whole(p.State) {
		return
	}
	w.visits[p.ID] = visit{p.URL, p.State}
	if w.loaded[p.State] == nil {
		w.loaded[p.State] = map[string]bool{}
	}
	w.loaded[p.State][p.URL] = true
}

// Cookie implements flow.Observer.
func (w *Watcher) Cookie(*evidence.Cookie) {}

// Storage implements flow.Observer.
func (w *Watcher) Storage(*evidence.StorageItem) {}

// Call implements flow.Observer.
func (w *Watcher) Call(*evidence.Call) {}

// Request takes one hop of a request. A scan of one state compares nothing.
func (w *Watcher) Request(x *flow.Exchange) {
	if len(w.asked) < 2 {
		return
	}
	v, compared := w.visits[x.Page]
	to := x.To
	if !to.Third() {
		to = x.Meant
	}
	if !compared || !x.Sent || to.Vendor == "" || !to.Third() {
		return
	}
	p := w.vendor(to).page(v)
	p.requests++
	marks := map[string]bool{}
	for _, q := range x.Pairs() {
		if m := mark(q); m != "" && len(marks) < maxMarks {
			marks[m] = true
		}
	}
	if len(marks) > 0 {
		p.limited++
		for m := range marks {
			if len(p.marks) < maxMarks {
				p.marks[m] = true
			}
		}
	}
	ids := x.Identifiers()
	if strong := len(ids) > 0; p.first == "" || strong && !p.strong || strong == p.strong && x.ID < p.first {
		p.first, p.strong = x.ID, strong
	}
	if len(marks) > 0 {
		return
	}
	for _, id := range ids {
		h := w.hash(id.Value)
		if _, known := p.ids[h]; !known && len(p.ids) >= maxHashes {
			continue
		}
		p.ids[h]++
		if id.Kept {
			p.kept[h] = true
		}
	}
	for _, c := range x.Cookies {
		w.carried(sentCookie{c.Name, strings.ToLower(strings.TrimPrefix(c.Domain, "."))}, v)
	}
}

// hash keys a value, so that equal hashes are equal values and nobody who reads
// them can try values out.
func (w *Watcher) hash(value string) string {
	h := hmac.New(sha256.New, w.key)
	h.Write([]byte(value))
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// maxSent bounds the cookies whose ways are followed.
const maxSent = 20000

func (w *Watcher) carried(c sentCookie, v visit) {
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
		p = &page{kept: map[string]bool{}, ids: map[string]int{}, marks: map[string]bool{}}
		pages[at.url] = p
	}
	return p
}
