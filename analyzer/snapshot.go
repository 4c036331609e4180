package analyzer

import (
	"cmp"
	"slices"
	"time"

	"candor/analyzer/change"
	"candor/analyzer/check"
	"candor/analyzer/flow"
)

// Snapshot is what a later analysis needs of this one: see WithEarlier. Hosts are
// those by which a later scan's addresses are this one's.
func (a *Analysis) Snapshot(hosts change.Hosts) change.Scan {
	s := change.Scan{ID: a.Meta.ScanID, Entity: a.Entity, Hosts: hosts, Texts: check.Texts(a.Documents)}
	if !a.Meta.StartedAt.IsZero() {
		s.Started = a.Meta.StartedAt.UTC().Format(time.RFC3339)
	}
	flows := make([]*flow.Flow, len(a.Seen.Flows))
	for i := range a.Seen.Flows {
		flows[i] = &a.Seen.Flows[i]
	}
	s.Recipients = check.Recipients(flows, hosts)
	for i := range s.Recipients {
		s.Recipients[i].Visits = nil // only the later scan's are asked for
	}
	for _, d := range a.Documents {
		s.Claims = append(s.Claims, check.Claims(d)...)
	}
	if i := a.Meta.Import; a.Meta.Redacted == "" && (i == nil || !slices.Contains(i.Missing, "requests") && !slices.Contains(i.Partial, "requests")) {
		s.Visits = a.full(hosts) // else it is not known what it did not see
	}
	return s
}

func (a *Analysis) full(hosts change.Hosts) []change.Visit {
	untested := map[string]string{}
	for _, st := range a.Choices.States {
		if !st.Tested {
			untested[string(st.State)] = cmp.Or(st.Why, "no reason is known")
		}
	}
	address := map[string]string{}
	for _, p := range a.Pages {
		address[p.ID] = p.URL
	}
	var gaps []change.Gap
	for _, g := range a.Gaps {
		if g.Page != "" {
			gaps = append(gaps, change.Gap{Page: hosts.PageKey(cmp.Or(address[g.Page], g.Page)), State: string(g.State), Why: cmp.Or(g.Why, g.What)})
		}
	}
	var loads []change.Load
	for _, p := range visited(a.Pages) {
		loads = append(loads, change.Load{Page: hosts.PageKey(p.URL), State: string(p.State), Ended: p.Ended})
	}
	return change.Full(change.Looked(loads, untested, gaps))
}
