package check

import (
	"fmt"
	"maps"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// saleDenied puts before a person what a scan cannot decide: identifiers that
// go to advertising recipients beside a denial of selling, and what a denial to
// one state's residents would rule out.
func saleDenied(m *Matcher, r *rules.Rule) result {
	denials := m.deniedSharing()
	sold, local := map[string]hit{}, map[string]hit{}
	denied := 0
	for _, st := range denials {
		if st.Action == "sell" || st.Action == "rent" || st.scope == "california" {
			denied++
		}
		for _, f := range m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third }) {
			if m.soldTo(st, f) {
				add(sold, f, st)
			} else if _, ok := m.denies(st, f); ok && st.scope == "california" {
				add(local, f, st)
			}
		}
	}
	if denied == 0 {
		return result{outcome: NotApplicable, why: "The text denies no selling, and nothing to one state's residents alone."}
	}
	var res result
	if len(sold) > 0 {
		all, names := together(m, sold)
		f := all.finding(r.Severity)
		f.Title = fmt.Sprintf("The text denies selling, and %s identifiers or personal data", countOf(len(sold), "%d advertising recipients get", names[0]+" gets"))
		f.Message = fmt.Sprintf("The text says: “%s” Observed: %s going to %s, which use data for advertising or for their own ends. Whether that is a sale needs a person.",
			m.quote(all.statements[0]), m.dataNames(f.DataTypes), list(names))
		res.findings = append(res.findings, m.forPerson(r, f, all, "sale"))
	}
	for id := range sold {
		delete(local, id)
	}
	if len(local) > 0 {
		all, names := together(m, local)
		f := all.finding(r.Severity)
		f.Title = "The text denies sharing to residents of one state, and it was observed"
		f.Message = fmt.Sprintf("The text says to residents of one state: “%s” Observed: %s going to %s. Whether visitors from there are treated otherwise needs a person.",
			m.quote(all.statements[0]), m.dataNames(f.DataTypes), list(names))
		res.findings = append(res.findings, m.forPerson(r, f, all, "state"))
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "No identifier or personal data was seen going to a recipient that uses them for its own ends."}
	}
	return res
}

// together joins hits into one, with the recipients' names.
func together(m *Matcher, hits map[string]hit) (hit, []string) {
	var all hit
	var names []string
	for _, id := range slices.Sorted(maps.Keys(hits)) {
		h := hits[id]
		all.flows = append(all.flows, h.flows...)
		names = append(names, m.vendorName(h.recipient()))
		for _, st := range h.statements {
			if !slices.Contains(all.statements, st) {
				all.statements = append(all.statements, st)
			}
		}
	}
	return all, shorten(names, 6)
}

func (m *Matcher) forPerson(r *rules.Rule, f Finding, all hit, what string) Finding {
	f.Outcome, f.Statements = NeedsPerson, all.statements
	f.Recipients = union(all.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Fingerprint = fingerprint(r.ID, what, m.in.Site, "denied")
	return f
}
