package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"candor/rules"
)

// TestServiceRules: a service knows the packs of --rules, and checks a site's
// profile with them as candor profile check does.
func TestServiceRules(t *testing.T) {
	own, err := filepath.Abs(filepath.Join(repo, "testdata", "own-rules"))
	if err != nil {
		t.Fatal(err)
	}
	x := newTeam(t, "")
	x.Stages.Rules = rules.Default
	x.o.workers = 0
	x.o.rules = []string{own}
	err = x.Command.withService(t.Context(), x.o, func(_ context.Context, s *service) error {
		if len(s.set.Own) != 1 || s.set.Own[0].Rules == 0 {
			t.Errorf("own packs: %+v", s.set.Own)
		}
		for text, want := range map[string]string{
			"name: Example\nlaws: [gdpr-eu]":       `profile:2: laws: unknown pack "gdpr-eu"`,
			"facts:\n  sells_everything: true":     `profile:2: facts: unknown question "sells_everything"`,
			"name: Example\ncolour: green":         "colour",
			"name: Example\nregions: [eu]":         "",
			"laws: [" + s.set.Own[0].Pack + "]":    "",
			"own_domains: [not a domain at all!!]": "is not a domain",
		} {
			if err := s.checkProfile(text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
