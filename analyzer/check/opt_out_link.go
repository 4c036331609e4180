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
	link := m.linked(optOutLinks)
	if st.Choice == nil && !m.linksRead() {
		return result{outcome: NotTested, why: "No opt-out was looked for: the state optout was not visited, and the links of pages were not recorded."}
	}
	shared := m.flows(m.shares)
	switch {
	case len(shared) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No identifier was seen going to a recipient that uses data for its own ends."}
	case st.Choice != nil && st.Choice.Outcome != evidence.ChoiceNoBanner:
		return result{outcome: Matches, why: "A way to opt out was found." + withReason(st)}
	case st.Choice == nil && link != nil:
		return result{outcome: Matches, why: fmt.Sprintf("There is a link “%s”. It was not tried: the state optout was not visited.", clip(link.Text, 80))}
	}
	looked := "No link such as Do Not Sell or Share, or Your Privacy Choices, was found on the pages that were visited."
	if st.Choice != nil {
		looked = st.Choice.Why
	}
	g := group{flows: shared}
	f := g.finding(r.Severity)
	f.Outcome, f.Recipients = NeedsPerson, union(shared, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Title = "No way to opt out of sale or sharing was found"
	f.Message = fmt.Sprintf("Observed: %s. %s Whether these count as sale or sharing, or whether the signal of the browser is taken instead, needs a person.", m.describe(shared), looked)
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return result{findings: []Finding{f}}
}

func withReason(st choice.State) string {
	if st.Tested || st.Why == "" {
		return ""
	}
	return " It was not tested: " + st.Why
}
