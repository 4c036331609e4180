package check

import (
	"fmt"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// optOutLink looks whether a site whose visitors' identifiers go to advertising
// recipients has a way to opt out of it.
func optOutLink(m *Matcher, r *rules.Rule) result {
	st := m.in.Choices.Of(evidence.StateOptOut)
	if st.Choice == nil {
		return result{outcome: NotTested, why: "No opt-out was looked for: the state optout was not visited."}
	}
	shared := m.flows(func(f *flow.Flow) bool {
		e := m.seenAs(choice.Vendor, f.Recipient.Vendor)
		v := m.vendors[f.Recipient.Vendor]
		return e != nil && v != nil && m.stops(v, sharers) && f.Confidence != flow.Indirect && (overlap(f.DataTypes, identifying) || personal(f.DataTypes[0]))
	})
	switch {
	case len(shared) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No identifier was seen going to a recipient that uses data for its own ends."}
	case st.Choice.Outcome != evidence.ChoiceNoBanner:
		return result{outcome: Matches, why: "A way to opt out was found." + withReason(st)}
	}
	g := group{flows: shared}
	f := g.finding(r.Severity)
	f.Outcome, f.Recipients = NeedsPerson, union(shared, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Title = "No way to opt out of sale or sharing was found"
	f.Message = fmt.Sprintf("Observed: %s. %s Whether these count as sale or sharing, or whether the signal of the browser is taken instead, needs a person.", m.describe(shared), st.Choice.Why)
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return result{findings: []Finding{f}}
}

func withReason(st choice.State) string {
	if st.Tested || st.Why == "" {
		return ""
	}
	return " It was not tested: " + st.Why
}
