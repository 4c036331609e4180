package reports

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/change"
	"candor/analyzer/choice"
	"candor/reports/plain"
)

// view is a report as it is compared: by company, and by pages whose hosts are
// mapped.
type view struct {
	rep     *Report
	hosts   change.Hosts
	keys    map[string]string       // address → change.PageKey
	why     map[change.Visit]string // visits that were made, and what keeps them from being full
	full    map[change.Visit]bool
	vendors map[string]Vendor
	names   map[string]string // key of a company → as readers know it
}

func newView(rep *Report, hosts change.Hosts) *view {
	v := &view{rep: rep, hosts: hosts, keys: map[string]string{}, why: map[change.Visit]string{}, full: map[change.Visit]bool{}, vendors: map[string]Vendor{}, names: map[string]string{}}
	for _, x := range rep.Vendors {
		v.vendors[x.ID] = x
		v.names[v.company(x.ID)] = cmp.Or(x.Entity, x.Name, x.ID)
	}
	untested := map[string]string{}
	for _, c := range rep.Choices {
		if !c.Tested {
			untested[c.State] = cmp.Or(c.Why, "no reason is known")
		}
	}
	var gaps []change.Gap
	for _, g := range rep.Coverage.Gaps {
		if g.Page != "" {
			gaps = append(gaps, change.Gap{Page: v.page(g.Page), State: g.State, Why: cmp.Or(g.Why, g.What)})
		}
	}
	var loads []change.Load
	for _, p := range rep.Pages {
		if p.Kind != choice.KindChoice {
			loads = append(loads, change.Load{Page: v.page(p.URL), State: p.State, Ended: p.Ended})
		}
	}
	v.why = change.Looked(loads, untested, gaps)
	for _, at := range change.Full(v.why) {
		v.full[at] = true
	}
	return v
}

func (v *view) page(address string) string {
	key, ok := v.keys[address]
	if !ok {
		key = v.hosts.PageKey(address)
		v.keys[address] = key
	}
	return key
}

// company is the key by which a vendor is compared.
func (v *view) company(vendor string) string {
	return change.Company(v.vendors[vendor].Entity, v.hosts.Host(vendor))
}

func (v *view) called(company string) string { return cmp.Or(v.names[company], company) }

// block is a set of pages in a set of states.
type block struct{ pages, states []string }

// visits calls yield with each visit of the blocks that the view made, until it
// returns false.
func (v *view) visits(where []block, yield func(change.Visit) bool) {
	for _, b := range where {
		for _, p := range b.pages {
			key := v.page(p)
			for _, s := range b.states {
				if at := (change.Visit{Page: key, State: s}); v.made(at) && !yield(at) {
					return
				}
			}
		}
	}
}

func (v *view) made(at change.Visit) bool {
	_, ok := v.why[at]
	return ok
}

// lacks says what another scan did not look at again of the places where
// something was seen, "" when it visited all of them in full.
func (v *view) lacks(where []block, now *view) string {
	why, seen := "", 0
	v.visits(where, func(at change.Visit) bool {
		seen++
		switch reason, ok := now.why[at]; {
		case !ok:
			why = fmt.Sprintf("%s was not visited again in the state %s", plain.Middle(plain.Visible(at.Page), 80), plain.Visible(at.State))
		case reason != "":
			why = fmt.Sprintf("of %s in the state %s: %s", plain.Middle(plain.Visible(at.Page), 80), plain.Visible(at.State), plain.Cut(plain.Visible(reason), 160))
		}
		return why == ""
	})
	if why == "" && seen == 0 {
		return "it is not known on which visits it was seen"
	}
	return why
}

// where returns the pages and states of blocks as a change lists them.
func where(blocks []block) (pages, states []string) {
	pages, states = []string{}, []string{}
	seen := map[string]bool{}
	for _, b := range blocks {
		for _, p := range b.pages {
			if !seen[p] {
				seen[p] = true
				pages = append(pages, p)
			}
		}
		states = append(states, b.states...)
	}
	slices.Sort(pages)
	return pages[:min(len(pages), maxEffectPages)], change.Sorted(states)
}

// recorded says why a scan that is a recording, or whose values were taken out,
// tells nothing of what it does not hold; "" when it does.
func (v *view) recorded(kind string) string {
	i := v.rep.Import
	switch {
	case slices.Contains(i.Missing, kind), slices.Contains(i.Partial, kind):
		return "the recording holds no " + kind + ", or a part of them"
	case v.rep.Coverage.Redacted:
		return "values had been taken out of the evidence"
	}
	return ""
}

// Snapshot is what the analyzer needs of an earlier scan: see change.Scan. Hosts
// are those by which a later scan's addresses are this one's.
func (rep *Report) Snapshot(hosts change.Hosts) change.Scan {
	v := newView(rep, hosts)
	s := change.Scan{ID: rep.ScanID, Started: rep.StartedAt, Entity: rep.Site.Entity, Hosts: hosts}
	if v.recorded("requests") == "" {
		s.Visits = change.Full(v.why) // else it is not known what it did not see
	}
	at := map[string]int{}
	for _, f := range rep.Flows {
		if f.Recipient.Party != "third" {
			continue
		}
		key := change.Company(f.Recipient.Entity, f.Recipient.Vendor)
		i, ok := at[key]
		if !ok {
			i = len(s.Recipients)
			at[key] = i
			s.Recipients = append(s.Recipients, change.Recipient{Key: key, Name: cmp.Or(f.Recipient.Entity, f.Recipient.Vendor)})
		}
		r := &s.Recipients[i]
		r.Data, r.Purposes = change.Sorted(append(r.Data, f.DataTypes...)), change.Sorted(append(r.Purposes, f.Purposes...))
	}
	for i := range rep.Policies {
		p := &rep.Policies[i]
		s.Texts = append(s.Texts, change.Text{ID: p.ID, URL: p.URL, Kind: p.Kind, SHA256: p.SHA256, LastUpdated: p.LastUpdated, Read: len(p.Statements) > 0})
		s.Claims = append(s.Claims, claims(p)...)
	}
	return s
}
