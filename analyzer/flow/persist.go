package flow

import (
	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

// Identifiers that no cookie or storage key holds (made of the device, kept in
// a cache, given by a server) show by how they behave: the value of a parameter
// looks unique, is the same on every page of a visitor, and is another one for
// the next visitor. Two consent states are two fresh visitors, so a scan in one
// state cannot tell such a value from the number of the site's own account, and
// then says nothing.

// maxRepeats bounds how many parameters are followed.
const maxRepeats = 20000

type repeatKey struct{ party, name string }

type repeat struct {
	party  *party
	states map[evidence.State]*repeated
	seen   sightings
}

type repeated struct {
	value   string
	visit   int
	again   bool // seen on a second visit
	changed bool // had another value in the same state
}

// repeated notes the value of a parameter that may be an identifier.
func (b *builder) repeated(w *party, p payload.Pair, visit int, id string) {
	if p.Nested || p.Name == "" || p.Index > 0 || w.plain || !IdentifierLike(p.Value) {
		return
	}
	key := repeatKey{w.id, p.Name}
	r := b.repeats[key]
	if r == nil {
		if len(b.repeats) >= maxRepeats {
			return
		}
		r = &repeat{party: w, states: map[evidence.State]*repeated{}}
		b.repeats[key] = r
	}
	state := b.visits.list[visit].state
	value := short(p.Value)
	s := r.states[state]
	switch {
	case s == nil:
		r.states[state] = &repeated{value: value, visit: visit}
	case s.value != value:
		s.changed = true
	case s.visit != visit:
		s.again = true
	}
	r.seen.add(&b.visits, visit)
	r.seen.evidence(&b.visits, visit, id)
}

// persistent makes flows of the parameters that turned out to identify.
func (b *builder) persistent() {
	for _, key := range sortedKeys(b.repeats, func(k repeatKey) string { return k.party + "\x00" + k.name }) {
		r := b.repeats[key]
		if !r.identifies() {
			continue
		}
		b.seeAll(r.party, cookieID, "request", Direct, "parameter "+shorten(key.name, 120)+", the same on every page and another one for each visitor", &r.seen)
	}
}

func (r *repeat) identifies() bool {
	steady := map[string]bool{}
	for _, s := range r.states {
		if s.changed || !s.again {
			return false
		}
		steady[s.value] = true
	}
	return len(steady) >= 2 && len(steady) == len(r.states)
}
