package scenario_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/analyzer/check"
	"candor/analyzer/scenario"
	"candor/rules"
)

func load(t testing.TB) (*rules.Set, []*scenario.File) {
	t.Helper()
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	files, err := scenario.Load(rules.Files())
	if err != nil {
		t.Fatal(err)
	}
	return set, files
}

// Every scenario of every rule gives what it expects.
func TestScenarios(t *testing.T) {
	set, files := load(t)
	began, played := time.Now(), 0
	for _, f := range files {
		t.Run(f.Rule, func(t *testing.T) {
			for _, s := range f.List {
				t.Run(s.Name, func(t *testing.T) {
					played++
					res, err := s.Run(context.Background(), set, f.Rule)
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range res.Differences {
						t.Errorf("rules/%s:%d: %s", s.File, s.Line, d)
					}
					for _, x := range res.Findings {
						if x.Message == "" || x.Title == "" || x.Fingerprint == "" || x.Confidence == "" {
							t.Errorf("rules/%s:%d: a finding has gaps: %+v", s.File, s.Line, x)
						}
						if w := check.ForbiddenWord(strings.Join([]string{x.Title, x.Message, x.Remediation, x.SuggestedText, res.Outcome.Why}, " ")); w != "" {
							t.Errorf("rules/%s:%d: a finding says %q, which is for a person to say: %+v", s.File, s.Line, w, x)
						}
					}
				})
			}
		})
	}
	if played > 0 {
		t.Logf("%d scenarios in %s, %s each", played, time.Since(began).Round(time.Millisecond), (time.Since(began) / time.Duration(played)).Round(100*time.Microsecond))
	}
}

// A rule that names scenarios has them, no others, one that makes it fire, and a
// near miss that keeps it quiet.
func TestRulesHaveScenarios(t *testing.T) {
	set, files := load(t)
	for _, m := range scenario.Missing(set, files) {
		t.Error("rules/" + m)
	}
	without := []string{}
	for _, r := range set.Rules {
		if len(r.Scenarios) == 0 {
			without = append(without, r.ID)
		}
	}
	if len(without) > 0 {
		t.Errorf("%d rules name no scenario: %s", len(without), strings.Join(without, ", "))
	}
}

// Two runs of a scenario are the same, and nothing of them is left behind.
func TestRunIsRepeatable(t *testing.T) {
	set, _ := load(t)
	list, err := scenario.Read("example.yaml", example(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	for _, s := range list {
		var last string
		for range 3 {
			res, err := s.Run(context.Background(), set, "CORE-01")
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range res.Findings {
				b.WriteString(f.ID + scenario.Line(&f) + f.Message + strings.Join(f.Evidence, " "))
			}
			if got := b.String() + res.Outcome.Why + strings.Join(res.Differences, "\n"); last != "" && got != last {
				t.Errorf("%s: another run gave something else:\n%s\n%s", s.Name, got, last)
			} else {
				last = got
			}
		}
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func example(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What a scenario says is what the analysis sees.
func TestExample(t *testing.T) {
	set, _ := load(t)
	list, err := scenario.Read("example.yaml", example(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		res, err := s.Run(context.Background(), set, "CORE-01")
		if err != nil || len(res.Differences) > 0 {
			t.Errorf("%s: %v %q", s.Name, err, res.Differences)
		}
	}
	a, err := list[0].Analyze(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Seen.Forms) != 1 || a.Seen.Forms[0].Fields[0].DataType != "email" || !slices.Equal(a.Seen.Forms[0].Prechecked, []string{"Send me news"}) {
		t.Errorf("forms: %+v", a.Seen.Forms)
	}
	if len(a.Seen.Leaks) != 1 || a.Seen.Leaks[0].Recipient.Vendor != "meta-pixel" || a.Seen.Leaks[0].Kind != "email" {
		t.Errorf("leaks: %+v", a.Seen.Leaks)
	}
	if len(a.Behaviors) == 0 || !slices.ContainsFunc(a.Behaviors, kind("canvas_fingerprinting")) {
		t.Errorf("behaviors: %+v", a.Behaviors)
	}
	if len(a.Seen.Labels) != 1 || a.Seen.Labels[0].Key != "user.segment" {
		t.Errorf("labels: %+v", a.Seen.Labels)
	}
	if len(a.Seen.Storage) != 1 || !a.Seen.Storage[0].Identifier {
		t.Errorf("storage: %+v", a.Seen.Storage)
	}
	if len(a.Seen.Cookies) != 2 || a.Seen.Cookies[0].LifetimeDays != 400 && a.Seen.Cookies[1].LifetimeDays != 400 {
		t.Errorf("cookies: %+v", a.Seen.Cookies)
	}
	if !slices.ContainsFunc(a.Seen.Vendors, vendor("criteo")) {
		t.Errorf("the alias of metrics.lantern-shop.test was not followed")
	}
	if len(a.Documents) != 2 || a.Documents[0].LastUpdated != "2026-03-01" || len(a.Documents[0].Cookies) != 1 || a.Documents[1].Language != "de" || a.Documents[0].Words < 200 {
		t.Errorf("documents: %+v", a.Documents[0])
	}
	if len(a.Gaps) != 1 || a.Gaps[0].Kind != "budget" {
		t.Errorf("gaps: %+v", a.Gaps)
	}
}
