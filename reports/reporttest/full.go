package reporttest

import (
	"testing"

	"candor/reports"
)

// Full is the report of Shop with everything that a report can have: changes
// since earlier scans with their trend, and exceptions.
func Full(t testing.TB) *reports.Report {
	t.Helper()
	rep := reports.New(Shop())
	if err := rep.Trace(Log{}); err != nil {
		t.Fatal(err)
	}
	ref := func(id, day, text string, urgent, companies int) reports.ScanRef {
		return reports.ScanRef{ScanID: id, StartedAt: day + "T08:00:00Z", RulesVersion: rep.Tool.RulesVersion, Policies: []string{text}, Urgent: urgent, Companies: companies, Undisclosed: companies / 2}
	}
	c := &rep.Changes
	c.History, c.Against = []reports.ScanRef{ref("s-1", "2026-09-01", "aa", 2, 9)}, ref("s-2", "2026-10-01", "aa", 4, 11)
	c.Repeated, c.Earlier = 20, 24
	c.Limits = []string{"The two were made with other rules."}
	c.Remarks = []reports.Remark{{Kind: "practice_changed_text_same", Text: "What happens changed under the same text."}}
	c.Count = []reports.Tally{{Topic: "recipient", New: 8, Gone: 1}, {Topic: "promise", Changed: 1}}
	for range 8 {
		c.Items = append(c.Items, reports.Change{Topic: "recipient", Kind: "new", Name: "Hotjar", After: "7 pages", Why: "It was not in the earlier scan.", New: []string{rep.Flows[0].ID}, OnNew: true})
	}
	c.Items = append(c.Items, reports.Change{Topic: "promise", Kind: "changed", Direction: "weaker", Name: "We never share your email address.", Before: "kept", After: "broken", Why: "A hash of it was seen leaving."})
	rep.Findings[0].New, rep.Findings[1].Suppressed = true, true
	rep.Exceptions = reports.Exceptions{File: "candor.exceptions.yaml", Suppressed: 1, Unused: 1, Items: []reports.Exception{
		{Line: 2, Rule: "denied-flow", Reason: "planned_fix", Justification: "The tag goes with the relaunch.", Owner: "Mara", Approver: "Jo", Expires: "2026-12-31", Status: "used", Findings: []string{rep.Findings[1].ID}},
		{Line: 9, Rule: "gpc", Reason: "not_applicable", Owner: "Mara", Approver: "Jo", Expires: "2026-12-31", Status: "unused"},
	}}
	return rep
}
