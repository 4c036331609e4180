package flow

import (
	"math/bits"
	"slices"
	"strconv"

	"candor/crawler/evidence"
)

// moments tell in which state a visitor was at which moment of a visit that made
// a choice: before the deciding click none was made, after it this one was. Of a
// choice that the site did not take nothing after the click can be told.
//
// What has no moment of its own (cookies, storage, labels and forms are read at
// the end of a visit) belongs to the state that the visit led to.
type moments struct{ of map[string]moment } // by id of the visit

type moment struct {
	before []phase        // until the choice was made, in order
	state  evidence.State // from then on
	lost   bool           // from then on nothing can be told
}

// phase ends at an offset since the visit began, in milliseconds.
type phase struct {
	until int64
	state evidence.State
}

// maxChoices bounds the choices that are learned: there is one for each state.
const maxChoices = 100

func (m *moments) learn(c *evidence.Choice) {
	if m.of == nil {
		m.of = map[string]moment{}
	}
	if c.Page == "" || len(m.of) >= maxChoices {
		return
	}
	m.of[c.Page] = momentOf(c)
}

func momentOf(c *evidence.Choice) moment {
	out := moment{state: c.State}
	if c.State == evidence.StateNone || c.Outcome == evidence.ChoiceSent {
		return out
	}
	first, last := deciding(c)
	if c.Outcome != evidence.ChoiceTaken {
		if first == nil { // nothing was clicked, so no choice was made
			out.state = evidence.StateNone
			out.lost = c.State == evidence.StateGPC || c.State == evidence.StateDNT
			return out
		}
		out.before, out.lost = []phase{{first.OffsetMS, evidence.StateNone}}, true
		return out
	}
	if first == nil {
		return out
	}
	if c.State == evidence.StateWithdraw && first != last {
		out.before = []phase{{first.OffsetMS, evidence.StateNone}, {last.OffsetMS, evidence.StateAccept}}
	} else {
		out.before = []phase{{last.OffsetMS, evidence.StateNone}}
	}
	return out
}

// deciding returns the first and the last step that made a choice; nil when
// nothing was done that could have made one.
func deciding(c *evidence.Choice) (first, last *evidence.ChoiceStep) {
	for i := range c.Steps {
		s := &c.Steps[i]
		decides := s.Do == "click" && slices.Contains([]string{"accept", "reject", "save", "close"}, s.Role)
		if c.State == evidence.StateOptOut {
			decides = s.Do == "click" || s.Do == "toggle" || s.Do == "goto"
		}
		if !decides || s.Failure != "" && c.Outcome == evidence.ChoiceTaken {
			continue
		}
		if first == nil {
			first = s
		}
		last = s
	}
	return first, last
}

// place corrects the state of a record of a visit; false says that the record
// belongs to no state.
func (m *moments) place(page string, state *evidence.State) bool {
	if at, ok := m.of[page]; ok {
		*state = at.state
		return !at.lost
	}
	return true
}

// early reports whether something happened before a visit made its choice.
func (m *moments) early(page string, offset int64) bool {
	before := m.of[page].before
	return len(before) > 0 && offset < before[len(before)-1].until
}

// momentID names what happened in a phase before a visit's choice.
func momentID(page string, phase int) string { return page + "/before" + strconv.Itoa(phase) }

// at returns the visit that a request belongs to, and whether it was sent before
// the visit made its choice.
func (b *builder) at(r *evidence.Request) (visit int, early, ok bool) {
	m, known := b.moments.of[r.Page]
	if !known {
		return b.visits.at(r.Page, r.State), false, true
	}
	if !m.lost {
		r.State = m.state
	}
	for i, p := range m.before {
		if r.OffsetMS < p.until {
			return b.visits.at(momentID(r.Page, i), p.state), true, true
		}
	}
	return b.visits.at(r.Page, m.state), false, !m.lost
}

// Sighted is a visit in which something was seen.
type Sighted struct {
	Visit string // id
	URL   string
	State evidence.State
}

// Where returns the visits in which a flow, cookie or storage key was seen, in
// the order of the bundle; ok is false for a Result that was not built, which
// knows pages and states and not which goes with which.
func (r *Result) Where(id string) (list []Sighted, ok bool) {
	if r.visits == nil {
		return nil, false
	}
	for word, set := range r.where[id] {
		for ; set != 0; set &= set - 1 {
			v := r.visits.list[word*64+bits.TrailingZeros64(set)]
			list = append(list, Sighted{Visit: v.id, URL: v.url, State: v.state})
		}
	}
	return list, true
}
