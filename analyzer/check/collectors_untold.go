package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// collectorsUntold looks whether the texts name any of the third parties that
// collect on the site for their own ends, or their kind, or what such companies do.
// That a processor is named says nothing of them; each one that is missing beside
// others is another rule's.
func collectorsUntold(m *Matcher, r *rules.Rule) result {
	shared := m.flows(m.shares)
	if len(shared) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: conditions["shares"].not}
	}
	for _, g := range byRecipient(shared) {
		if m.namedInText(g) {
			return result{outcome: Matches, why: fmt.Sprintf("The texts name %s.", m.vendorName(g.recipient()))}
		}
		if slices.ContainsFunc(g.flows, func(f *flow.Flow) bool { return slices.Contains(covered, m.disclosed[f.ID].Verdict) }) {
			said := m.stated(g.flows, covered...)
			return result{outcome: Matches, why: fmt.Sprintf("A sentence covers %s: %s", m.vendorName(g.recipient()), m.quotes(said[:min(1, len(said))]))}
		}
	}
	if i := slices.IndexFunc(m.statements, func(st *statement) bool {
		return !st.Negated && (st.Actor == "third_party" || slices.ContainsFunc(refs(st), m.ofOwnEnds)) && (st.Action == "collect" || st.Action == "let_collect" || st.Action == "place_cookies" || st.Action == "use")
	}); i >= 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text says what third parties do: “%s”", m.quote(m.statements[i].ID))}
	}
	f := m.siteFinding(r, r.Severity, shared)
	f.Message = fmt.Sprintf("Observed: %s. Not found in the texts: these companies, companies of their kind, or what they do.", m.describe(shared))
	m.doubt(&f)
	return result{findings: []Finding{f}}
}

// ofOwnEnds reports whether a name in a sentence is that of companies which use
// data for their own ends.
func (m *Matcher) ofOwnEnds(ref policy.RecipientRef) bool {
	switch ref.Kind {
	case "category":
		c := m.in.Set.Terms.Recipient(ref.ID)
		return c != nil && overlap(c.Categories, adLike)
	case "vendor":
		v := m.in.Set.Vendor(ref.ID)
		return v != nil && overlap(v.Categories, adLike)
	}
	return false
}
