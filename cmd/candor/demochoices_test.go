package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/reports"
)

// choiceRules are the rules whose findings the story's table of choices holds.
var choiceRules = []string{"CORE-15", "EPRIV-02", "EPRIV-03", "EPRIV-04", "EPRIV-05", "EPRIV-08", "EPRIV-12", "EPRIV-13", "CCPA-02", "CCPA-04", "CCPA-05", "CCPA-07"}

// TestDemoChoices visits three pages of the demo organisation in every consent
// state, side by side, with a real browser, and holds what its banner and the signal do
// against the story.
func TestDemoChoices(t *testing.T) {
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("no Chromium or Chrome on this machine: the demo organisation was NOT scanned")
	}
	s := readStory(t)
	rep := scanDemo(t, filepath.Join(t.TempDir(), "out"), "--states", "none,reject,accept,withdraw,gpc,optout,dnt", "--pages", "3", "--tabs", "7", "--fill-forms=false",
		"https://www.fernhill.test/", "https://www.fernhill.test/products/hollow-2-tent")

	states := map[string]string{}
	for _, c := range rep.Choices {
		states[c.State] = c.Outcome
		if !c.Tested {
			t.Errorf("%s is not tested: %s; steps %+v, signs %+v", c.State, c.Why, c.Steps, c.Signs)
		}
		if c.State == "optout" { // what it offers are ways, not layers
			continue
		}
		if len(c.Offer.Layers) == 0 || c.Offer.Layers[0].Screenshot == "" {
			t.Errorf("%s: the banner's first layer was not seen, or has no picture: %+v", c.State, c.Offer)
		}
	}
	if want := map[string]string{"none": "offered", "reject": "taken", "accept": "taken", "withdraw": "taken", "gpc": "sent", "optout": "taken", "dnt": "sent"}; !maps.Equal(states, want) {
		t.Fatalf("states = %v, want %v", states, want)
	}
	t.Run("ways", func(t *testing.T) { s.ways(t, rep) })
	t.Run("effects", func(t *testing.T) { s.effects(t, rep) })
	t.Run("promises", func(t *testing.T) { s.controls(t, rep) })
	t.Run("findings", func(t *testing.T) { s.choiceFindings(t, rep) })
}

// ways compares the ways to opt out, and what came of each.
func (s story) ways(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Ways to opt out") {
		want = append(want, strings.Join(row[:3], " | "))
	}
	for _, c := range rep.Choices {
		for _, w := range c.Ways {
			got = append(got, fmt.Sprintf("%s | %s | %s", w.Text, w.Outcome, strings.TrimPrefix(w.On, "https://www.fernhill.test")))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("ways to opt out\n| %s |\nthe story says\n| %s |", strings.Join(got, " |\n| "), strings.Join(want, " |\n| "))
	}
}

// effects compares what became of each recipient with the story's table, which
// is complete.
func (s story) effects(t *testing.T, rep *reports.Report) {
	want, got := map[string]string{}, map[string]string{}
	for _, row := range s.table(t, "Choices") {
		want[row[0]] = strings.Join(row[1:len(row)-1], " | ")
	}
	for _, e := range rep.Effects {
		if e.Kind != "vendor" {
			continue
		}
		var classes []string
		for _, x := range e.States {
			classes = append(classes, x.Class)
		}
		got[e.ID] = strings.Join(classes, " | ")
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if got[id] != want[id] {
			t.Errorf("| %s | %s |, the story says %q", id, got[id], want[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] == "" {
			t.Errorf("%s was not seen, the story says %s", id, want[id])
		}
	}
}

// controls compares the verdicts on promised controls.
func (s story) controls(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Promised controls") {
		want = append(want, strings.Join(row[:3], " | "))
	}
	for _, p := range rep.Promises {
		if p.Control != "" {
			got = append(got, fmt.Sprintf("%s | %s | %s", p.Control, p.Verdict, cmp.Or(p.Quote, p.Statement)))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("controls\n| %s |\nthe story says\n| %s |", strings.Join(got, " |\n| "), strings.Join(want, " |\n| "))
	}
}

func (s story) choiceFindings(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Findings about choices") {
		want = append(want, strings.Join(row[:4], " | "))
	}
	for _, f := range rep.Findings {
		if slices.Contains(choiceRules, f.Rule) {
			got = append(got, fmt.Sprintf("%s | %s | %s | %s", f.Rule, strings.Join(f.Recipients, ", "), f.Severity, f.Outcome))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if *update {
		s.write(t, "Findings about choices", got)
	} else if !slices.Equal(got, want) {
		t.Errorf("findings\n| %s |\nthe story says\n| %s |", strings.Join(got, " |\n| "), strings.Join(want, " |\n| "))
	}
}
