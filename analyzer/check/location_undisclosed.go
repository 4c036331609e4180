package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/rules"
)

// locationUndisclosed finds precise places that go to third parties without a
// sentence that speaks of precise location and of them, and third parties' scripts
// that ask the browser for it. Candor refuses the question, so what would become
// of the answer needs a person. Params: those of recipient_at_place, and
//
//	asked_severity  of a question whose answer was not seen leaving
func locationUndisclosed(m *Matcher, r *rules.Rule) result {
	sent := *r
	sent.Params = map[string]any{"data": []any{"precise_location"}, "undisclosed": true, "specific": true}
	res := recipientAtPlace(m, &sent)
	if len(res.findings) == 0 && res.outcome != Matches {
		return res
	}
	asked := false
	for _, b := range m.in.Behaviors {
		if b.Kind != behavior.GeolocationRequest {
			continue
		}
		asked = true
		known := slices.ContainsFunc(m.statements, func(st *statement) bool {
			return !st.Negated && !notPractice(st.Action) && slices.Contains(st.DataTypes, "precise_location")
		})
		own := b.Vendor == "" || b.Vendor == m.in.Site
		if known || own || slices.ContainsFunc(res.findings, func(f Finding) bool { return f.Recipients[0] == b.Vendor }) {
			continue
		}
		f := fromBehavior(b)
		f.Outcome, f.DataTypes = NeedsPerson, []string{"precise_location"}
		f.Severity = capped(param(r, "asked_severity", "medium"), b.Confidence, b.Sightings)
		f.Title = fmt.Sprintf("%s asks for the visitor's precise location, which the text does not mention", m.calling(flow.Recipient{Vendor: b.Vendor}))
		f.Message = fmt.Sprintf("Observed %s: %s. The question was refused, so what would have been sent needs a person. Not found in the text: a sentence on precise location.", seenOn(f.Pages, ""), b.Detail)
		f.Fingerprint = fingerprint(r.ID, b.Vendor, "asked")
		m.doubt(&f)
		res.findings = append(res.findings, f)
	}
	res.findings = merged(res.findings)
	if len(res.findings) == 0 && !asked && len(m.flows(func(f *flow.Flow) bool { return f.DataTypes[0] == "precise_location" })) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No precise location was seen leaving, and no page asked for it."}
	}
	return res
}
