package sarif_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/reporttest"
	"candor/reports/sarif"
)

var update = flag.Bool("update", false, "write the golden file anew")

func render(t testing.TB, rep *reports.Report, g reports.Gate) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Render(&b, rep, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func shop(t testing.TB) *reports.Report {
	t.Helper()
	rep := reports.New(reporttest.Shop())
	if err := rep.Trace(reporttest.Log{}); err != nil {
		t.Fatal(err)
	}
	return rep
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func faults(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestGolden(t *testing.T) {
	got := render(t, shop(t), reports.Gate{Exit: func(*reports.Report) (int, string) { return 1, "findings of high severity or above" }})
	const file = "testdata/shop.sarif"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; -update writes it anew:\n%s", file, diff)
	}
}

// Every kind of report is valid by the standard's schema.
func TestSchema(t *testing.T) {
	s := compiled(t)
	cases := map[string]*reports.Report{
		"shop": shop(t), "recorded": reports.New(reporttest.Recorded()), "large": reports.New(reporttest.Large(40)),
		"empty": reports.New(&analyzer.Analysis{}), "nothing": {},
		"unfinished": reports.New(&analyzer.Analysis{Meta: evidence.Meta{Stopped: "interrupted"}}),
	}
	for _, n := range reporttest.Names {
		cases["hostile: "+n.What] = reports.New(reporttest.Named(n.Text))
	}
	for name, rep := range cases {
		if err := faults(t, s, render(t, rep, reports.Gate{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema in the tree does refuse something.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	good := string(render(t, shop(t), reports.Gate{}))
	for name, change := range map[string][2]string{
		"level":   {`"level": "error"`, `"level": "critical"`},
		"address": {`"uri": "www.lantern-shop.test/"`, `"uri": "http://[::1"`},
		"time":    {`"startTimeUtc": "2026-11-20T09:30:00Z"`, `"startTimeUtc": "yesterday"`},
		"field":   {`"columnKind"`, `"columnKinds"`},
	} {
		bad := strings.ReplaceAll(good, change[0], change[1])
		if bad == good {
			t.Errorf("%s: nothing was changed", name)
		} else if faults(t, s, []byte(bad)) == nil {
			t.Errorf("%s: a wrong log is taken", name)
		}
	}
}

// log is what a reader of the format sees.
type log struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID   string
					Help struct{ Text string }
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ExitCode                   int
			StartTimeUtc, EndTimeUtc   string
			ToolExecutionNotifications []struct{ Message struct{ Text string } }
		}
		AutomationDetails struct{ ID string }
		Results           []struct {
			WebRequest          struct{ Target, Method string }
			RuleID              string
			RuleIndex           int
			Kind, Level         string
			Message             struct{ Text string }
			Locations           []place
			RelatedLocations    []place
			PartialFingerprints map[string]string
			Suppressions        []struct{ Kind, Status, Justification string }
			BaselineState       string
			Properties          map[string]any
		}
	}
}

type place struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI string }
		Region           *struct {
			CharOffset, CharLength int
			Snippet                struct{ Text string }
		}
	}
	LogicalLocations []struct{ FullyQualifiedName, Kind string }
	Message          struct{ Text string }
}

func read(t *testing.T, data []byte) log {
	t.Helper()
	var l log
	if err := json.Unmarshal(data, &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Runs) != 1 {
		t.Fatalf("%d runs", len(l.Runs))
	}
	return l
}

func TestResults(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	rep.Changes.Against.ScanID = "s-earlier"
	rep.Findings[0].New = true
	rep.Findings[1].Suppressed = true
	rep.Findings[1].Suppression = reports.Suppression{Line: 3, Reason: "planned_fix", Justification: "Ticket 12.", Owner: "shop team", Expires: "2026-12-31"}
	if err := rep.Trace(reporttest.Log{}); err != nil {
		t.Fatal(err)
	}
	r := read(t, render(t, rep, reports.Gate{})).Runs[0]
	if len(r.Results) != len(rep.Findings) {
		t.Fatalf("%d results of %d findings", len(r.Results), len(rep.Findings))
	}
	prints := map[string]bool{}
	for i, f := range rep.Findings {
		got := r.Results[i]
		if got.RuleID != f.Rule || r.Tool.Driver.Rules[got.RuleIndex].ID != f.Rule {
			t.Errorf("%s: rule %s at %d", f.ID, got.RuleID, got.RuleIndex)
		}
		want := map[string]string{"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}[f.Severity]
		if kind := "fail"; f.Outcome != "differs" {
			kind, want = "review", "none"
			if got.Kind != kind {
				t.Errorf("%s: kind %s", f.ID, got.Kind)
			}
		} else if got.Kind != kind {
			t.Errorf("%s: kind %s", f.ID, got.Kind)
		}
		if got.Level != want || got.Properties["severity"] != f.Severity {
			t.Errorf("%s: level %s, severity %v of %s", f.ID, got.Level, got.Properties["severity"], f.Severity)
		}
		if len(f.Evidence) > 0 && strings.HasPrefix(f.Evidence[0], "f-") && !strings.HasSuffix(got.WebRequest.Target, "/collect?v=…&cid=…&dl=…") {
			t.Errorf("%s: request %+v", f.ID, got.WebRequest)
		}
		print := got.PartialFingerprints["candorFingerprint/v1"]
		if print != f.Fingerprint || got.PartialFingerprints["primaryLocationLineHash"] != print+":1" {
			t.Errorf("%s: fingerprints %v", f.ID, got.PartialFingerprints)
		}
		prints[print] = true
		if was := map[bool]string{true: "new", false: "unchanged"}[f.New]; got.BaselineState != was {
			t.Errorf("%s: baseline state %q, want %q", f.ID, got.BaselineState, was)
		}
		if i == 1 && got.Suppressions[0].Justification != "Reason: planned_fix; Ticket 12.; Owner: shop team; Until: 2026-12-31" {
			t.Errorf("%s: suppression %+v", f.ID, got.Suppressions[0])
		}
		if (len(got.Suppressions) == 1) != f.Suppressed {
			t.Errorf("%s: suppressions %v", f.ID, got.Suppressions)
		}
		if len(got.Locations) != 1 {
			t.Errorf("%s: %d locations", f.ID, len(got.Locations))
		} else if u := got.Locations[0].PhysicalLocation.ArtifactLocation.URI; strings.Contains(u, "://") || u == "" {
			t.Errorf("%s: code scanning refuses the address %q", f.ID, u)
		}
	}
	if len(prints) != len(rep.Findings) {
		t.Errorf("%d fingerprints of %d findings", len(prints), len(rep.Findings))
	}
}

// A sentence is found at its offsets in the text that lies beside the file.
func TestSentences(t *testing.T) {
	dir := t.TempDir()
	rep := reports.New(reporttest.Shop())
	if err := reports.Write(dir, rep, []string{"sarif"}, sarif.Format(reports.Gate{})); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(dir + "/candor.sarif")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, res := range read(t, data).Runs[0].Results {
		for _, l := range res.RelatedLocations {
			at := l.PhysicalLocation
			if at.Region == nil {
				continue
			}
			text, err := os.ReadFile(dir + "/" + at.ArtifactLocation.URI)
			if err != nil {
				t.Fatal(err)
			}
			runes := []rune(string(text))
			if got := string(runes[at.Region.CharOffset : at.Region.CharOffset+at.Region.CharLength]); got != at.Region.Snippet.Text {
				t.Errorf("%s: at the offsets stands %q, not %q", res.RuleID, got, at.Region.Snippet.Text)
			}
			if !strings.Contains(l.LogicalLocations[0].FullyQualifiedName, "https://www.lantern-shop.test/privacy#:~:text=") {
				t.Errorf("the sentence is at %q", l.LogicalLocations[0].FullyQualifiedName)
			}
			found++
		}
	}
	if found == 0 {
		t.Error("no sentence has a place")
	}
}

func TestRun(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	r := read(t, render(t, rep, reports.Gate{Exit: func(*reports.Report) (int, string) { return 3, "x" }})).Runs[0]
	in := r.Invocations[0]
	if in.ExitCode != 3 || !in.ExecutionSuccessful || in.StartTimeUtc != "2026-11-20T09:30:00Z" || in.EndTimeUtc != "2026-11-20T09:33:34Z" {
		t.Errorf("invocation %+v", in)
	}
	if r.AutomationDetails.ID != "candor/www.lantern-shop.test/s-20261120-093000" {
		t.Errorf("automation id %q", r.AutomationDetails.ID)
	}
	var notes []string
	for _, n := range in.ToolExecutionNotifications {
		notes = append(notes, n.Message.Text)
	}
	if want := "Not tested: Global Privacy Control has an effect."; len(notes) != 1+len(rep.Coverage.Gaps) || !strings.HasPrefix(notes[0], want) {
		t.Errorf("notifications %q, first want %q and all %d gaps", notes, want, len(rep.Coverage.Gaps))
	}
	for _, rule := range r.Tool.Driver.Rules[:len(rep.Rules)] {
		if !strings.Contains(rule.Help.Text, "Why it matters: People") || !strings.Contains(rule.Help.Text, "What to do: ") {
			t.Errorf("%s has the help %q", rule.ID, rule.Help.Text)
		}
	}
}

var (
	control = regexp.MustCompile("[\x00-\x09\x0b-\x1f\x7f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]")
	link    = regexp.MustCompile(`(^|[^\\])\]\(`)
)

func TestHostile(t *testing.T) {
	for _, n := range reporttest.Names {
		data := render(t, reports.New(reporttest.Named(n.Text)), reports.Gate{})
		if m := control.Find(data); m != nil {
			t.Errorf("%s: the file holds %q", n.What, m)
		}
		for _, res := range read(t, data).Runs[0].Results {
			if control.MatchString(strings.ReplaceAll(res.Message.Text, "\n", "")) || link.MatchString(res.Message.Text) {
				t.Errorf("%s: message %q", n.What, res.Message.Text)
			}
			for _, l := range append(res.Locations, res.RelatedLocations...) {
				u := l.PhysicalLocation.ArtifactLocation.URI
				if strings.Contains(u, ":") || strings.HasPrefix(u, "/") || slices.Contains(strings.Split(u, "/"), "..") {
					t.Errorf("%s: a result is at %q", n.What, u)
				}
			}
		}
		if len(data) > 2<<20 {
			t.Errorf("%s: %d bytes", n.What, len(data))
		}
	}
}

func TestDeterministic(t *testing.T) {
	if a, b := render(t, shop(t), reports.Gate{}), render(t, shop(t), reports.Gate{}); !bytes.Equal(a, b) {
		t.Error("the same report gives other bytes")
	}
}

func BenchmarkRender1000(b *testing.B) {
	rep := reports.New(reporttest.Large(1000))
	for b.Loop() {
		b.SetBytes(int64(len(render(b, rep, reports.Gate{}))))
	}
}
