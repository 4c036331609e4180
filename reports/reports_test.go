package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/reporttest"
)

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func encode(t *testing.T, rep *reports.Report) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := rep.WriteJSON(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func shop(t *testing.T) *reports.Report {
	t.Helper()
	rep := reports.New(reporttest.Shop())
	if err := rep.Trace(reporttest.Log{}); err != nil {
		t.Fatal(err)
	}
	return rep
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if updating() {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs from what is kept (-want +got); -update rewrites it:\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	rep := shop(t)
	golden(t, "scan.json", encode(t, rep))
	golden(t, "summary.txt", []byte(reports.Summary(rep, "out/lantern", 0)))
}

func TestSameBytes(t *testing.T) {
	first := encode(t, shop(t))
	for range 5 {
		if !bytes.Equal(first, encode(t, shop(t))) {
			t.Fatal("the same analysis gives different bytes")
		}
	}
	rep, err := reports.ReadJSON(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, encode(t, rep)) {
		t.Error("reading and writing changes the document")
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(reports.SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:candor:scan:1", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:candor:scan:1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestDocumentsAreValid(t *testing.T) {
	s := schema(t)
	odd := reporttest.Shop()
	odd.Seen.Cookies[0].LifetimeDays = math.Inf(1)
	for name, a := range map[string]*analyzer.Analysis{"shop": reporttest.Shop(), "empty": {}, "hostile": reporttest.Hostile(), "large": reporttest.Large(50), "odd": odd} {
		rep := reports.New(a)
		if name == "hostile" {
			for i := range rep.Flows { // their ids of data types are the analyzer's own words
				rep.Flows[i].DataTypes = []string{"email"}
			}
			for i := range rep.Policies {
				rep.Policies[i].SHA256 = ""
			}
			for i := range rep.Cookies {
				rep.Cookies[i].Purpose, rep.Cookies[i].SetBy.Kind = "unknown", "unknown"
			}
			for i := range rep.Storage {
				rep.Storage[i].Kind, rep.Storage[i].SetBy.Kind = "local", "unknown"
			}
		}
		data := encode(t, rep)
		if err := validate(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(data, []byte(": null")) {
			t.Errorf("%s: a value is null", name)
		}
	}
}

func TestNearMissesAreNotValid(t *testing.T) {
	s, data := schema(t), encode(t, shop(t))
	type object = map[string]any
	first := func(d object, list string) object { return d[list].([]any)[0].(object) }
	for name, spoil := range map[string]func(object){
		"schema of another version": func(d object) { d["schema"] = "candor.scan/2" },
		"no flows":                  func(d object) { delete(d, "flows") },
		"null instead of a list":    func(d object) { d["labels"] = nil },
		"unknown verdict":           func(d object) { first(d, "flows")["disclosure"].(object)["verdict"] = "unclear" },
		"no disclosure":             func(d object) { delete(first(d, "flows"), "disclosure") },
		"unknown data type id":      func(d object) { first(d, "flows")["data_types"] = []any{"IP address"} },
		"unknown outcome":           func(d object) { first(d, "findings")["outcome"] = "pass" },
		"unknown severity":          func(d object) { first(d, "findings")["severity"] = "High" },
		"unknown promise verdict":   func(d object) { first(d, "promises")["verdict"] = "held" },
		"unknown storage kind":      func(d object) { first(d, "storage")["kind"] = "localStorage" },
		"statement without quote":   func(d object) { delete(first(d, "policies")["statements"].([]any)[0].(object), "quote") },
		"offset as a text":          func(d object) { first(d, "policies")["statements"].([]any)[0].(object)["start"] = "12" },
		"behavior of no known kind": func(d object) { d["behaviors"] = []any{object{"kind": "magic"}} },
		"summary without verdicts":  func(d object) { delete(d["summary"].(object), "by_verdict") },
	} {
		t.Run(name, func(t *testing.T) {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			spoil(v.(object))
			if s.Validate(v) == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

func TestNoSecrets(t *testing.T) {
	data := encode(t, shop(t))
	for _, secret := range []string{"secret-id", "secret-hash"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%q of a request is in scan.json", secret)
		}
	}
	if n := len(shop(t).Evidence); n == 0 {
		t.Error("no request was traced")
	}
}

func TestTotals(t *testing.T) {
	s := shop(t).Summary
	want := reports.Totals{
		BySeverity: map[string]int{"critical": 1, "high": 4, "medium": 4, "low": 1, "info": 1},
		ByVerdict:  map[string]int{"clear": 8, "vague": 18, "ambiguous": 2, "incorrect": 12, "omitted": 19, "not-tested": 0},
		ByPromise:  map[string]int{"kept": 0, "broken": 3, "not-observed": 1, "not-testable": 2},
		Recipients: 15, UndisclosedRecipients: 6, Companies: 11, UndisclosedCompanies: 6, Unrecognized: 2, PagesWithThirdParties: 7,
		Suppressed: 1, StatesTested: 3, StillSeen: map[string]int{"reject": 1},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestPagesAreAddresses(t *testing.T) {
	rep := shop(t)
	if rep.Forms[0].Page != "https://www.lantern-shop.test/newsletter" {
		t.Errorf("form is on %q", rep.Forms[0].Page)
	}
	if rep.Pages[0].Screenshot != "evidence/screenshots/p0001.none.png" {
		t.Errorf("screenshot is %q", rep.Pages[0].Screenshot)
	}
	if c := rep.Coverage; c.PagesVisited != 7 || c.PagesFailed != 1 || c.Visits != 24 {
		t.Errorf("coverage is %+v", c)
	}
}

// two is one of two files of a format.
func two(file string) reports.Renderer {
	return reports.Renderer{Name: "pair", File: file, Render: func(w io.Writer, rep *reports.Report) error {
		_, err := io.WriteString(w, rep.ScanID)
		return err
	}}
}

func TestWriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	rep := shop(t)
	if err := reports.Write(dir, rep, []string{"json", "pair"}, two("one.txt"), two("two.txt")); err != nil {
		t.Fatal(err)
	}
	var names []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"one.txt", "policies/d01.txt", "policies/d02.txt", "scan.json", "two.txt"}; !slices.Equal(names, want) {
		t.Errorf("files are %q, want %q", names, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "policies", "d01.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Policies[0].Statements {
		if got := string([]rune(string(text))[s.Start:s.End]); got != s.Quote {
			t.Errorf("%s: the text at its offsets is %q, want %q", s.ID, got, s.Quote)
		}
	}
}

func TestWriteFaults(t *testing.T) {
	dir := t.TempDir()
	err := reports.Write(dir, shop(t), []string{"json", "docx"}, two("one.txt"), two("two.txt"))
	if !errors.Is(err, reports.ErrFormat) || !strings.Contains(err.Error(), `"docx"; there are json, pair`) {
		t.Errorf("error is %v", err)
	}
	broken := reports.Renderer{Name: "x", File: "x.txt", Render: func(io.Writer, *reports.Report) error { return io.ErrClosedPipe }}
	if err := reports.Write(dir, shop(t), []string{"x"}, broken); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error is %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".candor-*"))
	for _, f := range append(left, hidden...) {
		if filepath.Base(f) != "policies" {
			t.Errorf("%s was left behind", f)
		}
	}
}

func TestPolicyIDsCannotLeaveTheFolder(t *testing.T) {
	for _, id := range []string{"../../etc/passwd", "..", "", "a/b", `a\b`, "d01\x00", strings.Repeat("x", 65)} {
		a := reporttest.Shop()
		a.Documents[0].ID = id
		if got := reports.New(a).Policies[0].TextFile; got != "" {
			t.Errorf("id %q gives the file %q", id, got)
		}
	}
}

func TestHostileTextInTerminal(t *testing.T) {
	rep := reports.New(reporttest.Hostile())
	for i, r := range reports.Summary(rep, "out\x1b[2J", 60) {
		if (r < ' ' && r != '\n') || r == 0x7f || r == 0x202e {
			t.Fatalf("summary holds %U at %d", r, i)
		}
	}
}

func TestAnswerOfNothing(t *testing.T) {
	a := &analyzer.Analysis{Pages: []evidence.Page{{ID: "p1", URL: "https://x.test/", Ended: "quiet"}}, Meta: evidence.Meta{Complete: true}}
	if got := reports.Answer(reports.New(a)); len(got) != 1 || !strings.Contains(got[0], "On 1 page we saw no other company") {
		t.Errorf("answer is %q", got)
	}
	a.Pages[0].Ended = "failed"
	if got := reports.Answer(reports.New(a)); !strings.Contains(got[0], "No page could be visited") {
		t.Errorf("answer is %q", got)
	}
}

func TestReadJSONRefusesOthers(t *testing.T) {
	data, _ := json.Marshal(map[string]string{"schema": "candor.scan/9"})
	if _, err := reports.ReadJSON(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), "candor.scan/9") {
		t.Errorf("error is %v", err)
	}
}

// On a terminal no line is wider than it, and what is folded stands below the
// column where it began.
func TestSummaryFolds(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	rep.Findings = append(rep.Findings[:1:1], rep.Findings...)
	rep.Findings[0].Severity, rep.Findings[0].Title = "critical", "Some Analytics gets e-mail address and search queries, which the text rules out"
	const width = 50
	text := reports.Summary(rep, "out", width)
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
			t.Errorf("a line of %d characters: %q", n, line)
		}
	}
	if want := "  critical  Some Analytics gets e-mail address and\n            search queries, which the text rules\n            out\n"; !strings.Contains(text, want) {
		t.Errorf("the summary lacks\n%s; it is\n%s", want, text)
	}
	if flat := reports.Summary(rep, "out", 0); !strings.Contains(flat, rep.Findings[0].Title+"\n") {
		t.Errorf("without a terminal a line is folded:\n%s", flat)
	}
}
