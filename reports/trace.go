package reports

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"candor/crawler/evidence"
	"candor/reports/plain"
)

// Bounds of the requests that a report carries.
const (
	maxSightings  = 2000
	maxInitiators = 4
	maxAddress    = 300
)

// Requests is a source of saved requests; *evidence.Reader is one.
type Requests interface {
	Requests() iter.Seq2[evidence.Request, error]
}

// Trace adds the requests that flows and findings point at, so that a reader
// can follow a finding to what was sent and what caused it: the first request
// of each flow, and those that findings name, at most 2,000. Addresses lose
// the values of their query; bodies and cookie values are not taken.
func (rep *Report) Trace(source Requests) error {
	wanted := map[string]bool{}
	want := func(ids []string, most int) {
		for _, id := range ids {
			if most > 0 && len(wanted) < maxSightings && strings.Contains(id, "/r") {
				wanted[id] = true
				most--
			}
		}
	}
	for _, f := range rep.Findings {
		want(f.Evidence, 3)
	}
	for _, e := range rep.Effects {
		for _, x := range e.States {
			want(x.Evidence, 1)
		}
	}
	for _, f := range rep.Flows {
		want(f.Evidence, 1)
	}
	for _, c := range rep.Requests {
		want([]string{c.Example}, 1)
	}
	addresses := map[string]string{}
	for _, p := range rep.Pages {
		addresses[p.ID] = p.URL
	}
	rep.Evidence = []Sighting{}
	for r, err := range source.Requests() {
		if err != nil {
			return fmt.Errorf("trace evidence: %w", err)
		}
		if !wanted[r.ID] {
			continue
		}
		delete(wanted, r.ID)
		s := newSighting(r)
		if address, ok := addresses[r.Page]; ok {
			s.Page = address
		}
		rep.Evidence = append(rep.Evidence, s)
	}
	slices.SortFunc(rep.Evidence, func(a, b Sighting) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

func newSighting(r evidence.Request) Sighting {
	s := Sighting{
		ID: r.ID, Page: r.Page, State: string(r.State), URL: plain.Middle(plain.Redact(r.URL), maxAddress), Method: r.Method,
		Type: r.Type, Status: r.Status, Cookies: len(r.Cookies), PostBytes: r.PostBytes, Initiators: []string{},
	}
	add := func(address string, line int) {
		if address == "" || len(s.Initiators) >= maxInitiators {
			return
		}
		address = plain.Middle(plain.Redact(address), maxAddress)
		if line > 0 {
			address = fmt.Sprintf("%s, line %d", address, line)
		}
		if !slices.Contains(s.Initiators, address) {
			s.Initiators = append(s.Initiators, address)
		}
	}
	for _, f := range r.Initiator.Stack {
		add(f.URL, f.Line)
	}
	add(r.Initiator.URL, r.Initiator.Line)
	return s
}
