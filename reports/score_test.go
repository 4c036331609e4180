package reports_test

import (
	"bytes"
	"testing"

	"candor/reports"
	"candor/reports/reporttest"
)

func TestScore(t *testing.T) {
	rule := func(id, severity, outcome string) reports.Rule {
		return reports.Rule{ID: id, Severity: severity, Outcome: outcome}
	}
	whole := reports.Coverage{PagesVisited: 10, Visits: 10, States: []string{"none"}, Complete: true}
	finding := reports.Finding{Rule: "b", Outcome: "differs", Severity: "high"}
	for _, x := range []struct {
		what       string
		rep        reports.Report
		value, cap int
	}{
		{"all match", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "high", "matches"), rule("b", "low", "matches")}}, 100, 100},
		{"one of two differs", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "high", "matches"), rule("b", "high", "differs")}, Findings: []reports.Finding{finding}}, 50, 100},
		{"a person is needed", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "high", "needs-person")}}, 50, 100},
		{"what weighs more counts more", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "low", "matches"), rule("b", "critical", "differs")}, Findings: []reports.Finding{finding}}, 11, 100},
		{"what is set aside counts neither way", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "low", "matches"), rule("b", "critical", "differs")}, Findings: []reports.Finding{{Rule: "b", Suppressed: true}}}, 100, 100},
		{"what does not apply counts neither way", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "low", "matches"), rule("b", "critical", "not-applicable")}}, 100, 100},
		{"what was not tested caps", reports.Report{Coverage: whole, Rules: []reports.Rule{rule("a", "low", "matches"), rule("b", "critical", "not-tested")}}, 50, 50},
		{"pages that failed cap", reports.Report{Coverage: reports.Coverage{PagesVisited: 5, PagesFailed: 5, Visits: 5, Complete: true}, Rules: []reports.Rule{rule("a", "low", "matches")}}, 50, 50},
		{"gaps cap", reports.Report{Coverage: reports.Coverage{PagesVisited: 8, Visits: 8, Gaps: make([]reports.Gap, 2), Complete: true}, Rules: []reports.Rule{rule("a", "low", "matches")}}, 80, 80},
		{"states that were not tested cap", reports.Report{Coverage: whole, Choices: make([]reports.StateChoice, 4), Summary: reports.Totals{StatesTested: 3}, Rules: []reports.Rule{rule("a", "low", "matches")}}, 75, 75},
		{"an interrupted scan is capped at half", reports.Report{Coverage: reports.Coverage{PagesVisited: 8, Visits: 8}, Rules: []reports.Rule{rule("a", "low", "matches")}}, 50, 50},
		{"no page, no score", reports.Report{Coverage: reports.Coverage{PagesFailed: 8, Complete: true}, Rules: []reports.Rule{rule("a", "low", "matches")}}, -1, 0},
		{"no rule, no score", reports.Report{Coverage: whole}, -1, 100},
	} {
		if _, asked := x.rep.Score(); asked {
			t.Errorf("%s: there is a score that nobody asked for", x.what)
		}
		x.rep.AskForScore()
		if s, _ := x.rep.Score(); s.Value != x.value || s.Cap != x.cap {
			t.Errorf("%s: %d, at most %d; want %d, at most %d", x.what, s.Value, s.Cap, x.value, x.cap)
		}
	}
}

// A score is no part of scan.json, and of organisation.json only when asked for.
func TestScoreIsNotKept(t *testing.T) {
	var without, with, org bytes.Buffer
	rep := reports.New(reporttest.Shop())
	if err := rep.WriteJSON(&without); err != nil {
		t.Fatal(err)
	}
	rep.AskForScore()
	if err := rep.WriteJSON(&with); err != nil || !bytes.Equal(without.Bytes(), with.Bytes()) {
		t.Error("scan.json changes with a score", err)
	}
	for _, asked := range []bool{false, true} {
		var s reports.Sites
		one := reports.New(reporttest.Shop())
		if asked {
			one.AskForScore()
		}
		s.Add(reports.OrgScan{Report: one})
		org.Reset()
		if err := s.Organisation().WriteJSON(&org); err != nil || bytes.Contains(org.Bytes(), []byte(`"score"`)) != asked {
			t.Errorf("asked is %v, and organisation.json disagrees: %v", asked, err)
		}
	}
}
