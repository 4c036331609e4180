package flow

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"candor/analyzer/flow/canary"
	"candor/crawler/evidence"
)

// Bounds of the leaks of a scan.
const (
	maxLeaks  = 2000
	maxHeld   = 20 // canaries in one cookie or key
	maxPlaces = 20 // places where a canary was typed
)

// Leak is a canary, a made-up value that was typed into a field and not
// submitted, that went to somebody or was kept.
type Leak struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`      // what was typed: "email"
	DataType  string           `json:"data_type"` // what was sent: "email_hash"
	Chain     []string         `json:"chain"`     // encodings, innermost first: "lower case", "SHA-256"
	Detail    string           `json:"detail"`    // "email, SHA-256 of lower case, in parameter ud[em]"
	Recipient Recipient        `json:"recipient"`
	Channel   string           `json:"channel"` // "request", "cookie", "storage"
	Script    string           `json:"script"`  // innermost script of the request's stack, or the setter
	Direct    bool             `json:"direct"`  // false when a short value may be there by chance, or another's server was the one that took it
	States    []evidence.State `json:"states"`
	Pages     []string         `json:"pages"`
	Evidence  []string         `json:"evidence"`
	Typed     []TypedAt        `json:"typed"`
	Sightings int              `json:"sightings"`
}

// TypedAt is where a canary was typed.
type TypedAt struct {
	Page  string `json:"page"` // address of the page
	Form  string `json:"form"` // id of the form
	Field string `json:"field"`
}

type leakKey struct{ vendor, channel, script, detail string }

type leakSum struct {
	leak  Leak
	typed []canary.Typed
	seen  sightings
}

// typedValue keeps a canary until all are known.
func (b *builder) typedValue(c *evidence.Canary) {
	if len(b.typed) < maxCookies {
		b.typed = append(b.typed, *c)
	}
}

// learnCanaries makes the canaries findable.
func (b *builder) learnCanaries() {
	b.canaries = canary.New(b.typed)
	b.typed = nil
}

// sentCanaries makes flows of the canaries in a request, to whoever got it.
func (b *builder) sentCanaries(w, meant *party, u *url.URL, r *evidence.Request, visit int) {
	if b.canaries.Empty() {
		return
	}
	pairs := b.pairs(u, r)
	hits := b.canaries.Request(r, pairs, b.payload.Layers())
	if len(hits) == 0 {
		return
	}
	script := b.responsible(r, w)
	for i := range hits {
		h := &hits[i]
		b.leak(w, "request", script, h, h.Text(), visit, r.ID)
		if meant != nil {
			b.leak(meant, "request", script, h, h.Text()+passedOn(meant, u), visit, r.ID)
		}
	}
}

func (b *builder) leak(w *party, channel, script string, h *canary.Hit, detail string, visit int, id string) {
	data, c := b.typeOf(h), Direct
	if h.Whole || w.relay || channel != "request" {
		c = Strong
	}
	if h.Whole {
		detail += ", the whole value, which may be chance"
	}
	b.see(w, data, channel, c, detail, visit, id)
	key := leakKey{w.id, channel, script, detail}
	l := b.leaks[key]
	if l == nil {
		if len(b.leaks) >= maxLeaks {
			return
		}
		l = &leakSum{typed: b.canaries.Typed(h)}
		l.leak = Leak{Kind: h.Kind, DataType: data, Chain: h.Chain, Detail: detail, Recipient: w.recipient(), Channel: channel, Script: script, Direct: c == Direct}
		l.leak.ID = shortID("l", w.id, channel, script, detail)
		b.leaks[key] = l
	}
	l.seen.add(&b.visits, visit)
	l.seen.evidence(&b.visits, visit, id)
}

// typeOf is the data type that a hit is.
func (b *builder) typeOf(h *canary.Hit) string {
	kind := h.Kind
	if h.Hashed {
		switch kind {
		case email:
			kind = emailHash
		case phone:
			kind = phoneHash
		}
	}
	if d := b.parties.set.Terms.DataType(kind); d == nil || d.Abstract {
		return "user_content"
	}
	return kind
}

// heldCanary is a canary in a cookie or a key, seen before it is known whose
// that is.
type heldCanary struct {
	hit  canary.Hit
	seen sightings
}

// hold notes the canaries in a stored value.
func (b *builder) hold(into map[string]*heldCanary, name, value string, visit int, id string) map[string]*heldCanary {
	if b.canaries.Empty() {
		return into
	}
	for _, h := range b.canaries.Stored(name, value, &b.payload) {
		text := h.Text()
		if into[text] == nil {
			if len(into) == maxHeld {
				continue
			}
			if into == nil {
				into = map[string]*heldCanary{}
			}
			into[text] = &heldCanary{hit: h}
		}
		into[text].seen.add(&b.visits, visit)
		into[text].seen.evidence(&b.visits, visit, id)
	}
	return into
}

// keptCanaries makes flows of the canaries in a cookie or key of somebody's on a
// host. Where nothing went to a vendor, the site itself uses its library.
func (b *builder) keptCanaries(w *party, host, channel, script string, held map[string]*heldCanary) {
	if len(held) == 0 || host == "" {
		return
	}
	if !w.first && b.vendors[w.id] == nil && b.parties.first(host) {
		w = b.parties.self(b.parties.siteOf(host))
	}
	if !w.first {
		v := b.vendor(w)
		v.domains[w.domain] = true
		for _, h := range held {
			for _, e := range h.seen.first {
				v.seen.add(&b.visits, b.visits.index[e.page])
			}
		}
	}
	for _, text := range slices.Sorted(maps.Keys(held)) {
		h := held[text]
		for _, e := range h.seen.first {
			b.leak(w, channel, script, &h.hit, text, b.visits.index[e.page], e.id)
		}
	}
}

func (b *builder) leakList() []Leak {
	out := []Leak{}
	for _, l := range b.leaks {
		v := l.leak
		v.States, v.Pages, v.Evidence = l.seen.sortedStates(), l.seen.addresses(&b.visits), l.seen.ids()
		v.Typed, v.Sightings = []TypedAt{}, l.seen.count
		for _, t := range l.typed {
			if len(v.Typed) == maxPlaces {
				break
			}
			page := t.Page
			if n, ok := b.visits.index[t.Page]; ok {
				page = b.visits.list[n].url
			}
			v.Typed = append(v.Typed, TypedAt{page, t.Form, t.Field})
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Leak) int { return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Detail, b.Detail)) })
	return out
}
