package analyzer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/analyzer"
	"candor/analyzer/scenario"
	"candor/rules"
)

// choiceStory is a shop that is visited in several consent states: what it sends
// in which, what its banner offers, what its policy promises, and what must come
// of it. Each file in testdata/choices is a list of them.
type choiceStory struct {
	Story         string `yaml:"story"`
	scenario.Site `yaml:",inline"`

	Effects  map[string]string `yaml:"effects"`  // "kind id" → "state class, …"
	Flows    map[string]string `yaml:"flows"`    // "data vendor" → states in which it was seen
	Promises map[string]string `yaml:"promises"` // start of a sentence → verdict; all of them when given
	Because  map[string]string `yaml:"because"`  // start of a sentence → part of the reason
	Rules    map[string]string `yaml:"rules"`    // rule → outcome
	Findings []string          `yaml:"findings"` // "RULE severity outcome recipient,…" of the named rules; all of them
	Reasons  map[string]string `yaml:"reasons"`  // rule → part of the reason
}

func TestChoiceStories(t *testing.T) {
	set := knowledge(t)
	files, err := filepath.Glob("testdata/choices/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var stories []choiceStory
		if _, err := scenario.Decode(name, data, &stories); err != nil {
			t.Fatal(err)
		}
		for _, s := range stories {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml")+"/"+s.Story, func(t *testing.T) { s.test(t, set) })
		}
	}
}

func (s *choiceStory) test(t *testing.T, set *rules.Set) {
	if len(s.Effects)+len(s.Promises)+len(s.Rules) == 0 {
		t.Fatal("the story expects nothing")
	}
	a, err := s.Analyze(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range s.Effects {
		kind, id, _ := strings.Cut(key, " ")
		got := "nothing of the kind"
		for _, e := range a.Choices.Effects {
			if e.Kind == kind && (e.ID == id || e.Name == id) {
				got = ""
				for _, x := range e.In {
					got += fmt.Sprintf(", %s %s", x.State, x.Class)
				}
				got = strings.TrimPrefix(got, ", ")
			}
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", key, got, want)
		}
	}
	for key, want := range s.Flows {
		got := "nothing of the kind"
		for _, f := range a.Seen.Flows {
			if f.DataTypes[0]+" "+f.Recipient.Vendor == key && f.Channel == "request" {
				got = fmt.Sprint(f.States)
			}
		}
		if got != want {
			t.Errorf("%s was seen in %s, want %s", key, got, want)
		}
	}
	s.testPromises(t, a)
	s.testRules(t, a)
}

func (s *choiceStory) testPromises(t *testing.T, a *analyzer.Analysis) {
	if s.Promises == nil {
		return
	}
	met := map[string]bool{}
	for _, p := range a.Promises {
		quote := p.Quote
		for _, d := range a.Documents {
			for _, st := range d.Statements {
				if st.ID == p.Statement {
					quote = st.Quote
				}
			}
		}
		t.Logf("promise %s (%s): %s %s", p.Statement, quote, p.Verdict, p.Why)
		found := false
		for start, want := range s.Promises {
			if strings.HasPrefix(quote, start) {
				found, met[start] = true, true
				if p.Verdict != want {
					t.Errorf("%q is %s, want %s; %s", quote, p.Verdict, want, p.Why)
				}
				if part := s.Because[start]; !strings.Contains(p.Why, part) {
					t.Errorf("%q: why = %q, want a part %q", quote, p.Why, part)
				}
			}
		}
		if !found {
			t.Errorf("unexpected promise %q: %s %s", quote, p.Verdict, p.Why)
		}
	}
	for start := range s.Promises {
		if !met[start] {
			t.Errorf("%q is no promise", start)
		}
	}
}

func (s *choiceStory) testRules(t *testing.T, a *analyzer.Analysis) {
	for _, o := range a.Rules {
		if want := s.Rules[o.ID]; want != "" && string(o.Outcome) != want {
			t.Errorf("%s: %s, want %s; %s", o.ID, o.Outcome, want, o.Why)
		}
		if part := s.Reasons[o.ID]; !strings.Contains(o.Why, part) {
			t.Errorf("%s: why = %q, want a part %q", o.ID, o.Why, part)
		}
	}
	var found []string
	for _, f := range a.Findings {
		if s.Rules[f.Rule] != "" {
			found = append(found, fmt.Sprintf("%s %s %s %s", f.Rule, f.Severity, f.Outcome, strings.Join(f.Recipients, ",")))
			t.Logf("%s %s: %s — %s", f.Rule, f.Outcome, f.Title, f.Message)
		}
		text := strings.ToLower(f.Title + f.Message + f.Remediation)
		for _, word := range []string{"violat", "illegal", "unlawful", "complian", "certified", "breach"} {
			if strings.Contains(text, word) {
				t.Errorf("%s says %q: %s", f.Rule, word, text)
			}
		}
		if f.Message == "" || f.Title == "" || f.Fingerprint == "" || f.Confidence == "" {
			t.Errorf("%s has gaps: %+v", f.Rule, f)
		}
	}
	slices.Sort(found)
	if want := slices.Sorted(slices.Values(s.Findings)); s.Rules != nil && !slices.Equal(found, want) {
		t.Errorf("findings = %q, want %q", found, want)
	}
}
