package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// recipientUndisclosed finds recipients of identifiers or personal data that no
// sentence covers, neither by name nor by company nor by kind. Recipients that
// only deliver files count when they get an identifier.
func recipientUndisclosed(m *Matcher, r *rules.Rule) result {
	third := m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third })
	if len(third) == 0 {
		return result{outcome: NotApplicable, why: "No third party was contacted."}
	}
	var res result
	for _, g := range byRecipient(third) {
		if slices.ContainsFunc(g.flows, func(f *flow.Flow) bool { return m.disclosed[f.ID].Verdict != Omitted }) {
			continue
		}
		weighty := group{}
		for _, f := range g.flows {
			if !slices.Contains(technical, f.DataTypes[0]) {
				weighty.flows = append(weighty.flows, f)
			}
		}
		v := m.vendors[g.recipient().Vendor]
		switch {
		case len(weighty.flows) > 0:
			f := weighty.finding(m.weight(r, g))
			f.Message = fmt.Sprintf("%s receives %s. No sentence in the text covers it: neither its name, nor its company, nor its kind.", m.vendorName(g.recipient()), m.dataNames(f.DataTypes))
			f.SuggestedText = m.suggest(weighty)
			res.findings = append(res.findings, f)
		case v == nil || !v.Recognized:
			f := g.finding("low")
			f.Outcome = NeedsPerson
			f.Message = fmt.Sprintf("Requests go to %s, which the knowledge base does not know and the text does not mention. They carried no identifier: %s.", g.recipient().Domain, m.dataNames(f.DataTypes))
			res.findings = append(res.findings, f)
		}
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "Every recipient of identifiers or personal data is covered by a sentence."}
	}
	return res
}

// weight is the severity for a recipient's kind.
func (m *Matcher) weight(r *rules.Rule, g group) string {
	table := param(r, "severity", map[string]any{})
	best := ""
	categories := m.categories(g.flows[0])
	if flow.Infrastructure(categories) {
		categories = []string{"infrastructure"}
	}
	for _, c := range append(slices.Clone(categories), "other") {
		s, _ := table[c].(string)
		if s != "" && (best == "" || c != "other" && severityRank[s] < severityRank[best]) {
			best = s
		}
	}
	if best == "" {
		return r.Severity
	}
	return best
}

// suggest drafts a sentence that would disclose the flows.
func (m *Matcher) suggest(g group) string {
	what, who := m.dataNames(g.dataTypes()), m.vendorName(g.recipient())
	if purposes := union(g.flows, func(f *flow.Flow) []string { return f.Purposes }); len(purposes) > 0 {
		names := make([]string, len(purposes))
		for i, id := range purposes {
			names[i] = id
			if p := m.in.Set.Terms.Purpose(id); p != nil && p.Name != "" {
				names[i] = inSentence(p.Name)
			}
		}
		return fmt.Sprintf("We share %s with %s for %s.", what, who, list(names))
	}
	return fmt.Sprintf("We share %s with %s for [state the purpose].", what, who)
}
