package analyzer_test

import (
	"slices"
	"strings"
	"testing"

	"candor/analyzer"
	"candor/crawler/evidence"
)

// prints are the fingerprints of a shop's findings, with their rules.
func prints(t *testing.T, b *bundle) []string {
	t.Helper()
	a, err := analyzer.Analyze(t.Context(), b.write(t), knowledge(t), analyzer.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range a.Findings {
		out = append(out, f.Rule+" "+f.Fingerprint)
	}
	slices.Sort(out)
	if n := len(slices.Compact(slices.Clone(out))); n != len(out) {
		t.Errorf("%d findings, %d fingerprints: %q", len(out), n, out)
	}
	return out
}

// A finding is about a vendor, known or by its registrable domain: another host
// of the same vendor neither changes its fingerprint nor makes a second finding.
func TestFingerprintsSurviveHosts(t *testing.T) {
	before := prints(t, shop())
	moves := map[string]string{
		"https://www.google-analytics.com/g/collect": "https://region1.google-analytics.com/g/collect",
		"https://api.nightowl-metrics.test/":         "https://eu-west.nightowl-metrics.test/",
	}
	for _, both := range []bool{false, true} {
		b := shop()
		var more []evidence.Request
		for i := range b.requests {
			for from, to := range moves {
				if rest, ok := strings.CutPrefix(b.requests[i].URL, from); ok {
					moved := b.requests[i]
					moved.URL, moved.ID = to+rest, moved.ID+"9"
					if both {
						more = append(more, moved)
					} else {
						b.requests[i] = moved
					}
					break
				}
			}
		}
		b.requests = append(b.requests, more...)
		if after := prints(t, b); !slices.Equal(after, before) {
			t.Errorf("with other hosts (the old ones too: %v)\n%s\nwant\n%s", both, strings.Join(after, "\n"), strings.Join(before, "\n"))
		}
	}
	if len(before) < 8 {
		t.Errorf("only %d findings", len(before))
	}
}
