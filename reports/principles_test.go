package reports_test

import (
	"slices"
	"strings"
	"testing"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/policy"
	"candor/reports"
	"candor/reports/reporttest"
	"candor/rules"
)

// The questions of the knowledge ask only for what there is: questions that are
// asked of texts, packs, and rules of the shape that packs have.
func TestPrinciplesOfTheKnowledge(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	asked := policy.QuestionIDs()
	known := map[string]bool{}
	for _, r := range set.Rules {
		known[r.ID] = true
	}
	if len(set.Terms.Principles) < 8 {
		t.Fatalf("%d principles, want those of the article", len(set.Terms.Principles))
	}
	for _, p := range set.Terms.Principles {
		for _, id := range p.Answers {
			if !slices.Contains(asked, id) {
				t.Errorf("principle %s asks %q, which is no question that is asked of texts", p.ID, id)
			}
		}
		for _, id := range p.Packs {
			if set.Packs[id] == nil {
				t.Errorf("principle %s names pack %q, which there is not", p.ID, id)
			}
		}
	}
	// Every view is computed by something, and the real questions give a whole page.
	a := reporttest.Shop()
	a.Terms = set.Terms
	got := reports.New(a).Principles
	if len(got) != len(set.Terms.Principles) {
		t.Fatalf("%d answers to %d principles", len(got), len(set.Terms.Principles))
	}
	for _, id := range []string{"where", "items", "use", "choice", "safeguards", "retention", "material-change", "sensitive", "secondary", "profiling"} {
		i := slices.IndexFunc(got, func(p reports.Principle) bool { return p.ID == id })
		if i < 0 || len(got[i].Observed) == 0 {
			t.Errorf("nothing is observed to %q", id)
		}
	}
}

// What was seen, what is stated and what the rules said come together; what was
// not read or not asked is not tested.
func TestPrinciples(t *testing.T) {
	a := reporttest.Shop()
	rule := func(id string, o check.Outcome) check.RuleOutcome {
		return check.RuleOutcome{ID: id, Pack: "core", Outcome: o}
	}
	a.Rules = []check.RuleOutcome{rule("CORE-01", check.Differs), rule("CORE-02", check.Matches), rule("CORE-19", check.Matches), rule("CORE-15", check.NotTested), rule("CORE-16", check.Matches)}
	a.Findings[0].Rule = "CORE-01"
	rep := reports.New(a)
	get := func(id string) reports.Principle {
		return rep.Principles[slices.IndexFunc(rep.Principles, func(p reports.Principle) bool { return p.ID == id })]
	}
	use := get("use")
	if use.Outcome != "differs" || use.Why != "Of 3 rules that ask this, 1 differs, 2 match." || use.Stated != "found" || !slices.Contains(use.Findings, a.Findings[0].ID) {
		t.Errorf("use is %+v", use)
	}
	if p := get("choice"); p.Outcome != "not-tested" || p.Why != "Of 1 rule that asks this, 1 was not tested." {
		t.Errorf("choice is %+v", p)
	}
	if p := get("where"); p.Outcome != "matches" || p.Stated != "not_tested" {
		t.Errorf("where is %+v: no question of it was asked of the texts", p)
	}
	if p := get("sensitive"); p.Outcome != "not-tested" || p.Stated != "not_tested" || len(p.Rules) != 0 {
		t.Errorf("sensitive is %+v: its pack was not run, and the text about children was not read", p)
	}
	if p := get("profiling"); p.Stated != "not_found" || !strings.Contains(p.Observed[0].Text, "2 labels are put on visitors") {
		t.Errorf("profiling is %+v", p)
	}
	empty := reports.New(&analyzer.Analysis{Terms: a.Terms})
	for _, p := range empty.Principles {
		if p.Outcome != "not-tested" || p.Stated != "not_tested" || len(p.Observed) != 0 {
			t.Errorf("without a page, %q is %+v", p.ID, p)
		}
	}
}

// Sentences that something points at stand in their text.
func TestContext(t *testing.T) {
	a := reporttest.Shop()
	d := a.Documents[0]
	d.Text = strings.Replace(d.Text, "\n"+d.Statements[5].Quote+"\n", " "+d.Statements[5].Quote+" ", 1)
	rep := reports.New(a)
	for _, s := range rep.Policies[0].Statements {
		switch s.ID {
		case "d01.s0006":
			if !strings.HasSuffix(s.Before, d.Statements[4].Quote[20:]) || !strings.HasPrefix(s.After, d.Statements[6].Quote) {
				t.Errorf("around %s stand %q and %q", s.ID, s.Before, s.After)
			}
		case "d01.s0009": // nothing points at it
			if s.Before+s.After != "" {
				t.Errorf("around %s stand %q and %q", s.ID, s.Before, s.After)
			}
		}
	}
}
