package check

import (
	"fmt"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// basisDiffers compares the stated legal basis with what was seen. A text that
// rests measuring or advertising on consent differs where it starts before any
// choice; a text without any legal basis lacks it. Params: basis (element of the
// texts), consent (element by which a text rests such use on consent),
// missing_severity, and those of before_choice.
func basisDiffers(m *Matcher, r *rules.Rule) result {
	docs, why := m.noticesOf(nil)
	if why != "" {
		return result{outcome: NotTested, why: why}
	}
	var res result
	consent, state := m.element(param(r, "consent", "consent_basis"), docs)
	early, _ := m.early(r)
	tested := m.untested(evidence.StateNone)
	if state == stated && tested == "" && len(early.flows) > 0 {
		f := early.finding(r.Severity)
		f.States = []evidence.State{evidence.StateNone}
		f.Recipients = union(early.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
		f.Title = "What the text rests on consent starts before a choice"
		f.Message = fmt.Sprintf("The text says: “%s” Observed before any choice: %s.", clip(consent.Quote, 200), m.describe(early.flows))
		f.Fingerprint = fingerprint(r.ID, m.in.Site, "consent")
		res.findings = append(res.findings, f)
	}
	basis, basisState := m.element(param(r, "basis", "legal_basis"), docs)
	switch {
	case basisState == absent:
		f := Finding{
			Outcome: Differs, Severity: capped(param(r, "missing_severity", r.Severity), flow.TextWeak, 1), Confidence: string(flow.TextWeak), Recipients: []string{m.in.Site},
			Title: "Not found in the texts: a legal basis", Message: "Not found in the texts: on what legal basis data are used. " + readTexts(docs), Fingerprint: fingerprint(r.ID, m.in.Site, "missing"),
		}
		m.doubt(&f)
		res.findings = append(res.findings, f)
	case basisState == notRead && len(res.findings) == 0:
		return result{outcome: NotTested, why: "The texts are in languages in which this version does not look for a legal basis."}
	}
	if len(res.findings) > 0 {
		return res
	}
	if state == stated && tested != "" {
		return result{outcome: NotTested, why: fmt.Sprintf("The text says: “%s” Whether it starts before was not tested: %s.", clip(consent.Quote, 160), tested)}
	}
	return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s” Whether each purpose has its own basis is for a person to read.", clip(basis.Quote, 160))}
}
