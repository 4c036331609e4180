package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// vagueOnly finds texts that cover several advertising recipients by general
// words only.
func vagueOnly(m *Matcher, r *rules.Rule) result {
	third := m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third && overlap(m.categories(f), adLike) })
	least := int(number(r, "min_recipients", 3))
	groups := byRecipient(third)
	if len(groups) < least {
		return result{outcome: NotApplicable, unseen: true, why: fmt.Sprintf("Fewer than %d advertising recipients were seen.", least)}
	}
	all, names := group{}, []string{}
	for _, g := range groups {
		if m.generally(g) {
			all.flows = append(all.flows, g.flows...)
			names = append(names, m.vendorName(g.recipient()))
		}
	}
	if len(names) < least {
		return result{outcome: Matches, why: "Names or kinds cover the advertising recipients, or nothing does."}
	}
	f := all.finding(r.Severity)
	f.Outcome = NeedsPerson
	f.Recipients = union(all.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Statements = m.stated(all.flows, Vague)
	f.Message = fmt.Sprintf("%d advertising recipients were seen (%s). The text covers them by general words only: “%s”", len(names), list(shorten(names, 6)), m.quote(f.Statements[0]))
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return result{findings: []Finding{f}}
}

// generally reports whether a recipient is covered, and by nothing closer than
// "third parties".
func (m *Matcher) generally(g group) bool {
	covered := false
	for _, f := range g.flows {
		d := m.disclosed[f.ID]
		if d.Verdict != Vague {
			if d.Verdict != Omitted {
				return false
			}
			continue
		}
		covered = true
		for _, st := range m.statements {
			if !slices.Contains(d.Statements, st.ID) {
				continue
			}
			if level, _ := m.recipient(st, f); level > anyRecipient {
				return false
			}
		}
	}
	return covered
}
