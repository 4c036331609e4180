package flow

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// visits numbers the visits, so that a set of pages is a few bits.
type visits struct {
	index map[string]int
	list  []visit
}

type visit struct {
	id      string
	url     string
	state   evidence.State
	started time.Time

	own, forms signals // for classes, until classify
	classes    []Class
}

// at returns the number of a visit. One that a crash kept from being listed is
// known by its id alone.
func (v *visits) at(id string, state evidence.State) int {
	if n, ok := v.index[id]; ok {
		return n
	}
	return v.add(visit{id: id, url: id, state: state})
}

func (v *visits) add(p visit) int {
	if n, ok := v.index[p.id]; ok {
		return n
	}
	if v.index == nil {
		v.index = map[string]int{}
	}
	v.index[p.id] = len(v.list)
	v.list = append(v.list, p)
	return len(v.list) - 1
}

// maxEvidence bounds the evidence ids of one flow.
const maxEvidence = 20

// sightings is where something was seen. Whatever the order of additions, the
// same additions give the same result.
type sightings struct {
	pages  []uint64
	states []evidence.State
	count  int
	first  []sighting // the smallest id of each page, for the first pages by id
}

type sighting struct{ page, id string }

func (s *sightings) add(v *visits, n int) {
	word := n / 64
	if word >= len(s.pages) {
		s.pages = append(s.pages, make([]uint64, word+1-len(s.pages))...)
	}
	s.pages[word] |= 1 << (n % 64)
	if state := v.list[n].state; !slices.Contains(s.states, state) {
		s.states = append(s.states, state)
	}
	s.count++
}

func (s *sightings) evidence(v *visits, n int, id string) {
	page := v.list[n].id
	i, found := slices.BinarySearchFunc(s.first, page, func(e sighting, page string) int { return strings.Compare(e.page, page) })
	switch {
	case found:
		s.first[i].id = min(s.first[i].id, id)
	case i < maxEvidence:
		if len(s.first) == maxEvidence {
			s.first = s.first[:maxEvidence-1]
		}
		s.first = slices.Insert(s.first, i, sighting{page, id})
	}
}

// idOf returns the evidence that was kept for a page, or "".
func (s *sightings) idOf(page string) string {
	i, found := slices.BinarySearchFunc(s.first, page, func(e sighting, page string) int { return strings.Compare(e.page, page) })
	if !found {
		return ""
	}
	return s.first[i].id
}

// Pages returns the addresses, sorted, each once.
func (s *sightings) addresses(v *visits) []string {
	out := []string{}
	for word, set := range s.pages {
		for ; set != 0; set &= set - 1 {
			out = append(out, v.list[word*64+bits.TrailingZeros64(set)].url)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// stateOrder is the order in which states are reported.
var stateOrder = evidence.States()

func (s *sightings) sortedStates() []evidence.State {
	out := append([]evidence.State{}, s.states...)
	SortStates(out)
	return out
}

// SortStates sorts the known states in the order of evidence.States, and others
// after them by name.
func SortStates(states []evidence.State) {
	rank := func(st evidence.State) int {
		if i := slices.Index(stateOrder, st); i >= 0 {
			return i
		}
		return len(stateOrder)
	}
	slices.SortFunc(states, func(a, b evidence.State) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
}

// classes returns the classes of the pages, sorted, each once.
func (s *sightings) classes(v *visits) []string {
	out := []string{}
	for word, set := range s.pages {
		for ; set != 0; set &= set - 1 {
			for _, c := range v.list[word*64+bits.TrailingZeros64(set)].classes {
				if !slices.Contains(out, c.Class) {
					out = append(out, c.Class)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func (s *sightings) ids() []string {
	out := []string{}
	for _, e := range s.first {
		out = append(out, e.id)
	}
	return out
}
