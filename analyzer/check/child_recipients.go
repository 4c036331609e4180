package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// childRecipients finds third parties that get identifiers or personal data on
// pages for children without a choice. Those that use data for their own ends are
// found; those that only measure may serve the site's internal operations and are
// for a person. Params: unnamed (true: only those that no text names, whoever they
// are). Pages for parents and teachers are none.
func childRecipients(m *Matcher, r *rules.Rule) result {
	scope := m.childPages()
	if len(scope.pages) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No page for children was seen."}
	}
	unnamed := truth(r, "unnamed")
	var res result
	seen := 0
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && slices.Contains(f.States, evidence.StateNone) && len(m.onChildPages(f)) > 0 &&
			(slices.Contains(identifying, f.DataTypes[0]) || personal(f.DataTypes[0]))
	})) {
		kinds := m.categories(g.flows[0])
		if flow.Infrastructure(kinds) || m.consentTool(g.recipient().Vendor) {
			continue
		}
		seen++
		own := overlap(kinds, adLike) && !m.processor(g.recipient())
		var f Finding
		if unnamed {
			if m.namedInText(g) {
				continue
			}
			f = g.finding(r.Severity)
			f.Title = fmt.Sprintf("%s is not named in the notices, and gets data on pages for children", m.calling(g.recipient()))
			f.Message = m.gets(g) + " No text names it or its company."
			f.SuggestedText = m.suggest(g)
			m.doubt(&f)
		} else {
			f = g.finding(r.Severity)
			f.Title = fmt.Sprintf("%s gets %s on pages for children", m.calling(g.recipient()), m.few(f.DataTypes))
			f.Message = m.gets(g)
			if !own {
				f.Outcome, f.Severity = NeedsPerson, capped(r.Severity, flow.Indirect, 1)
				f.Message += " It may serve the site's internal operations alone, which needs a person."
			} else {
				f.Message += " It uses data for its own ends. A parent's consent was not seen: no choice was made in this state."
			}
		}
		f.Pages = union(g.flows, m.onChildPages)
		f.Fingerprint = fingerprint(r.ID, g.recipient().Vendor)
		if scope.guessed && f.Severity == "critical" {
			f.Severity = "high"
		}
		m.guessedChildren(&f)
		res.findings = append(res.findings, f)
	}
	switch {
	case len(res.findings) > 0:
		return res
	case seen == 0:
		return result{outcome: Matches, why: fmt.Sprintf("On %s for children nobody else was seen to get an identifier or personal data.", countOf(len(scope.pages), "%d pages", "one page"))}
	case unnamed:
		return result{outcome: Matches, why: "Every recipient on pages for children is named in a text."}
	}
	return result{outcome: Matches, why: "Nobody was seen to get an identifier or personal data on pages for children for own ends."}
}

// namedInText reports whether a text names a recipient or its company.
func (m *Matcher) namedInText(g group) bool {
	return slices.ContainsFunc(m.statements, func(st *statement) bool {
		if st.Negated {
			return false
		}
		level, _ := m.recipient(st, g.flows[0])
		return level == namedRecipient
	}) || m.NamedVendors()[g.recipient().Vendor]
}
