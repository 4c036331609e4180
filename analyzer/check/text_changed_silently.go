package check

import (
	"fmt"
	"slices"

	"candor/analyzer/change"
	"candor/analyzer/flow"
	"candor/rules"
)

// textChangedSilently finds notices that promise less or allow more than at an
// earlier scan, under the date that they had, or without any. Other words for
// the same claims, and sentences that moved, are no change.
//
// Params:
//
//	wider  severity where the text only allows more, and promises no less (default medium)
func textChangedSilently(m *Matcher, r *rules.Rule) result {
	if !slices.ContainsFunc(m.in.Earlier.Texts, func(t change.Text) bool { return t.Read }) {
		return result{outcome: NotApplicable, why: "The earlier scan read no text."}
	}
	var res result
	dated := 0
	for _, v := range m.revisions() {
		if v.now.LastUpdated != "" && v.now.LastUpdated != v.old.LastUpdated {
			dated++
			continue
		}
		severity := param(r, "wider", "medium")
		if slices.ContainsFunc(v.changes, func(c change.ClaimChange) bool { return c.Direction == change.Weaker }) {
			severity = r.Severity
		}
		f := Finding{Outcome: Differs, Severity: severity, Confidence: string(flow.Direct), Pages: []string{v.now.URL}, Fingerprint: fingerprint(r.ID, m.in.Site, v.now.SHA256)}
		date := "It gives no date."
		if v.now.LastUpdated != "" {
			date = fmt.Sprintf("Its date is still %s.", v.now.LastUpdated)
		}
		f.Title = "A notice changed in what it says, and its date did not"
		f.Message = fmt.Sprintf("Since the scan of %s the text at %s says something else: %s. %s", m.since(), v.now.URL, says(v.changes), date)
		if quote := m.promisesNotice(); quote != "" {
			f.Message += fmt.Sprintf(" Of changes the texts say: “%s”", quote)
		}
		f.Statements, f.DataTypes = newStatements(v.changes), dataOf(v.changes)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) > 0 {
		return res
	}
	if dated > 0 {
		return result{outcome: Matches, why: countOf(dated, "%d notices say something else than before, and each has a new date.", "One notice says something else than before, and it has a new date.")}
	}
	return result{outcome: Matches, why: fmt.Sprintf("No notice promises less or allows more than at the scan of %s.", m.since())}
}

// newStatements are the sentences of the new text, of which at most 20 are told.
func newStatements(changes []change.ClaimChange) []string {
	var out []string
	for _, c := range changes {
		if c.New != nil && len(out) < maxShown {
			out = append(out, c.New.ID)
		}
	}
	return out
}

func dataOf(changes []change.ClaimChange) []string {
	var out []string
	for _, c := range changes {
		for _, side := range []*change.Claim{c.Old, c.New} {
			if side != nil {
				out = append(out, side.Data...)
			}
		}
	}
	return change.Sorted(out)
}
