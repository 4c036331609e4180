package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// formUndisclosed finds form fields whose kind of data no sentence mentions.
// Sensitive data need a mention of their own: a broader term is not enough.
func formUndisclosed(m *Matcher, r *rules.Rule) result {
	ignore := texts(r, "ignore")
	asked := m.flows(func(f *flow.Flow) bool { return f.Channel == "form" && !slices.Contains(ignore, f.DataTypes[0]) })
	if len(asked) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No form that asks for personal data was seen."}
	}
	var plain, sensitive []*flow.Flow
	for _, f := range asked {
		d, verdict := m.in.Set.Terms.DataType(f.DataTypes[0]), m.disclosed[f.ID].Verdict
		switch {
		case d != nil && d.Sensitive && (verdict == Omitted || verdict == Vague) && !m.mentioned(f):
			sensitive = append(sensitive, f)
		case verdict == Omitted && !m.mentioned(f):
			plain = append(plain, f)
		}
	}
	res := result{}
	for _, part := range []struct {
		flows           []*flow.Flow
		severity, words string
	}{{sensitive, param(r, "sensitive_severity", "high"), "sensitive"}, {plain, r.Severity, "form"}} {
		for _, g := range byRecipient(part.flows) {
			f := g.finding(part.severity)
			f.Title = fmt.Sprintf("Forms ask for %s, which the text does not mention", m.few(f.DataTypes))
			f.Message = fmt.Sprintf("Observed %s: forms ask for %s. Not found in the text: a sentence that says that such data are collected.", seenOn(f.Pages, ""), m.dataNames(f.DataTypes))
			if part.words == "sensitive" {
				f.Message = fmt.Sprintf("Observed %s: forms ask for %s. These are sensitive data, and no sentence names them; a broader word is not enough.", seenOn(f.Pages, ""), m.dataNames(f.DataTypes))
			}
			if g.recipient().Party == flow.Third {
				f.Message += fmt.Sprintf(" The form sends them to %s.", m.vendorName(g.recipient()))
			}
			f.SuggestedText = fmt.Sprintf("We collect %s that you enter in our forms for [state the purpose].", m.dataNames(f.DataTypes))
			f.Fingerprint = fingerprint(r.ID, g.recipient().Vendor, part.words)
			m.doubt(&f)
			res.findings = append(res.findings, f)
		}
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "Every kind of data that forms ask for is mentioned."}
	}
	return res
}

// mentioned reports whether some sentence says that such data are collected,
// whoever receives them: this rule is about the data, others are about the
// recipient.
func (m *Matcher) mentioned(f *flow.Flow) bool {
	own := *f
	own.Recipient.Party = flow.First
	d := m.in.Set.Terms.DataType(f.DataTypes[0])
	return slices.ContainsFunc(m.statements, func(st *statement) bool {
		c, ok := m.covers(st, &own)
		return ok && (c.data == exactData || d == nil || !d.Sensitive)
	})
}
