package analyzer_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// lookedAt is the shop's scan with further looks.
func lookedAt(t *testing.T, looks ...*bundle) (*analyzer.Analysis, *evidence.Reader) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "evidence")
	shop().writeTo(t, dir)
	for i, b := range looks {
		part := filepath.Join(t.TempDir(), "part")
		b.writeTo(t, part)
		if err := evidence.AddLook(dir, i+2, part); err != nil {
			t.Fatal(err)
		}
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	a, err := analyzer.Analyze(t.Context(), r, knowledge(t), analyzer.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	return a, r
}

// without is the shop as a visitor sees it to whom a host sends nothing, on the
// pages that are named.
func without(host string, pages ...string) *bundle {
	b := shop()
	b.notice = false
	b.pages = slices.DeleteFunc(b.pages, func(p evidence.Page) bool { return !slices.Contains(pages, p.ID) })
	b.requests = slices.DeleteFunc(b.requests, func(q evidence.Request) bool {
		return host != "" && strings.Contains(q.URL, host) || !slices.Contains(pages, q.Page)
	})
	b.cookies = slices.DeleteFunc(b.cookies, func(c evidence.Cookie) bool { return !slices.Contains(pages, c.Page) })
	b.forms = slices.DeleteFunc(b.forms, func(f evidence.Form) bool { return !slices.Contains(pages, f.Page) })
	return b
}

func about(t *testing.T, a *analyzer.Analysis, recipient string) check.Finding {
	t.Helper()
	i := slices.IndexFunc(a.Findings, func(f check.Finding) bool {
		return slices.Contains(f.Recipients, recipient) && slices.Contains(f.DataTypes, "email_hash")
	})
	if i < 0 {
		t.Fatalf("no finding about %s in %+v", recipient, a.Findings)
	}
	return a.Findings[i]
}

func TestLooks(t *testing.T) {
	once, _ := lookedAt(t)
	first := about(t, once, "meta-pixel")
	if first.Looks != nil || first.Severity != "critical" && first.Severity != "high" {
		t.Fatalf("without further looks: %s %+v", first.Severity, first.Looks)
	}
	home := "p0001.none"
	failed := without("", home)
	failed.pages[0].Ended, failed.pages[0].Failure, failed.requests, failed.cookies, failed.forms = "failed", "the server refused the connection", nil, nil, nil
	for _, tt := range []struct {
		name     string
		looks    []*bundle
		seen, of int
		severity string
		why      string
	}{
		{"seen each time", []*bundle{without("", home), without("", home)}, 3, 3, first.Severity, "Seen 3 of 3 times."},
		{"seen once more", []*bundle{without("", home), without("facebook", home)}, 2, 3, first.Severity, "Seen 2 of 3 times."},
		{"not seen again", []*bundle{without("facebook", home), without("facebook", home)}, 1, 3, "medium", "it would be " + first.Severity},
		{"a page that does not load", []*bundle{failed, without("", home)}, 2, 2, first.Severity, "One further look did not reach"},
		{"only pages that do not load", []*bundle{failed, failed}, 1, 1, first.Severity, "It was not looked at again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, r := lookedAt(t, tt.looks...)
			f := about(t, a, "meta-pixel")
			if f.Looks == nil || f.Looks.Seen != tt.seen || f.Looks.Of != tt.of || f.Severity != tt.severity || !strings.Contains(f.Looks.Why, tt.why) || !strings.HasSuffix(f.Message, f.Looks.Why) {
				t.Errorf("%s, %+v; %s", f.Severity, f.Looks, f.Message)
			}
			if f.Fingerprint != first.Fingerprint {
				t.Errorf("its fingerprint is %s, was %s", f.Fingerprint, first.Fingerprint)
			}
			if !reflect.DeepEqual(a.Seen.Flows, once.Seen.Flows) || len(a.Pages) != len(once.Pages) || len(a.Findings) != len(once.Findings) {
				t.Error("a further look changes flows, pages or how many findings there are")
			}
			if !slices.IsSortedFunc(a.Findings, func(x, y check.Finding) int {
				return slices.Index(severities, x.Severity) - slices.Index(severities, y.Severity)
			}) {
				t.Error("findings are not in the order of their severity")
			}
			again, err := analyzer.Analyze(t.Context(), r, knowledge(t), analyzer.Profile{})
			if err != nil || !reflect.DeepEqual(again.Findings, a.Findings) || !reflect.DeepEqual(again.Gaps, a.Gaps) {
				t.Errorf("a second analysis differs: %v", err)
			}
		})
	}
}

var severities = []string{"critical", "high", "medium", "low", "info"}

// What a further look could not see is a gap of the scan.
func TestLookGaps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "evidence")
	shop().writeTo(t, dir)
	part := filepath.Join(t.TempDir(), "part")
	w, err := evidence.Create(part, evidence.Meta{ScanID: "scan", URLs: []string{"https://www.lantern-shop.test/"}, StartedAt: started})
	if err != nil {
		t.Fatal(err)
	}
	gaps := []evidence.Gap{
		{What: "the state reject", Why: "it was not tested: the banner did not come", Kind: "other", State: evidence.StateReject},
		{What: "picture of https://www.lantern-shop.test/", Why: "the page gave none in time", Kind: "other", Page: "p0001.none"},
		{What: "the browser", Why: "it ended and was started again", Kind: "crash"},
	}
	if err := w.AddGap(gaps...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	if err := evidence.AddLook(dir, 2, part); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, err := analyzer.Analyze(t.Context(), r, knowledge(t), analyzer.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range a.Gaps {
		got = append(got, g.What)
	}
	if want := []string{"look 2: the browser", "look 2: the state reject"}; !slices.Equal(got, want) {
		t.Errorf("gaps %q, want %q", got, want)
	}
}

// A few visits stand behind all findings that weigh most.
func TestVisits(t *testing.T) {
	a, _ := lookedAt(t)
	got := a.Visits(10)
	if len(got) == 0 || len(got) > 2 {
		t.Errorf("%d visits for what each page shows: %+v", len(got), got)
	}
	if none := a.Visits(0); len(none) != 0 {
		t.Errorf("%d visits of at most none", len(none))
	}
	for i := range a.Findings {
		a.Findings[i].Severity = "medium"
	}
	if none := a.Visits(10); len(none) != 0 {
		t.Errorf("medium findings are looked at again: %+v", none)
	}
}

// A finding about what a choice changes is looked at in its state and without a
// choice.
func TestVisitsOfAState(t *testing.T) {
	page := func(id, path string, state evidence.State) evidence.Page {
		return evidence.Page{ID: id + "." + string(state), URL: "https://a.test" + path, State: state, Ended: "quiet"}
	}
	a := &analyzer.Analysis{
		Pages: []evidence.Page{page("p0001", "/", "none"), page("p0001", "/", "reject"), page("p0002", "/x", "none"), page("p0002", "/x", "reject")},
		Findings: []check.Finding{
			{Severity: "high", Confidence: "direct", States: []evidence.State{"reject"}, Evidence: []string{"p0002.reject/r0003"}, Pages: []string{"https://a.test/", "https://a.test/x"}},
			{Severity: "high", Confidence: "text-weak", Evidence: []string{"p0001.none"}},
			{Severity: "high", Confidence: "direct"},
		},
	}
	var got []string
	for _, p := range a.Visits(5) {
		got = append(got, p.ID)
	}
	if want := []string{"p0002.none", "p0002.reject"}; !slices.Equal(got, want) {
		t.Errorf("visits %q, want %q", got, want)
	}
	if got := a.Visits(1); len(got) != 0 {
		t.Errorf("one of two visits that are needed: %+v", got)
	}
	// What flows to a recipient from every page may be a finding on one of them.
	a.Seen.Flows = []flow.Flow{{ID: "f-1", Evidence: []string{"p0001.none/r0001"}}}
	a.Findings = []check.Finding{{Severity: "high", Confidence: "direct", States: []evidence.State{"none", "reject"}, Evidence: []string{"f-1"}, Pages: []string{"https://a.test/x"}}}
	if got := a.Visits(5); len(got) != 1 || got[0].ID != "p0002.none" {
		t.Errorf("visits of a finding about a single page: %+v", got)
	}
}

// With few visits, what is critical is looked at rather than what is often seen.
func TestVisitsOfTheHeaviest(t *testing.T) {
	page := func(id string) evidence.Page {
		return evidence.Page{ID: id + ".none", URL: "https://a.test/" + id, State: evidence.StateNone, Ended: "quiet"}
	}
	finding := func(severity, page string) check.Finding {
		return check.Finding{Severity: severity, Confidence: "direct", Evidence: []string{page + ".none/r0001"}}
	}
	a := &analyzer.Analysis{
		Pages:    []evidence.Page{page("p0001"), page("p0002")},
		Findings: []check.Finding{finding("high", "p0001"), finding("high", "p0001"), finding("critical", "p0002")},
	}
	if got := a.Visits(1); len(got) != 1 || got[0].ID != "p0002.none" {
		t.Errorf("the visit of a critical finding alone: %+v", got)
	}
}
