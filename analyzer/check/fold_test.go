package check

import (
	"slices"
	"testing"

	"candor/crawler/evidence"
)

func TestFold(t *testing.T) {
	got := fold([]Finding{
		{Fingerprint: "a", Severity: "medium", Title: "first", Recipients: []string{"x"}, Pages: []string{"p"}, States: []evidence.State{"accept"}, Evidence: []string{"f-1"}},
		{Fingerprint: "b", Severity: "low", Recipients: []string{"z"}},
		{Fingerprint: "a", Severity: "high", Title: "second", Recipients: []string{"y", "x"}, Pages: []string{"q", "p"}, States: []evidence.State{"none"}, Evidence: []string{"f-2"}},
	})
	if len(got) != 2 || got[1].Fingerprint != "b" || got[1].Recipients[0] != "z" {
		t.Fatalf("%+v", got)
	}
	f := got[0]
	if f.Title != "second" || f.Severity != "high" || !slices.Equal(f.Recipients, []string{"y", "x"}) || !slices.Equal(f.Pages, []string{"q", "p"}) ||
		!slices.Equal(f.States, []evidence.State{"none", "accept"}) || !slices.Equal(f.Evidence, []string{"f-2", "f-1"}) {
		t.Errorf("%+v", f)
	}
}
