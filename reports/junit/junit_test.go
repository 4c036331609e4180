package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/junit"
	"candor/reports/reporttest"
)

var update = flag.Bool("update", false, "write the golden file anew")

func render(t testing.TB, rep *reports.Report, g reports.Gate) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := junit.Render(&b, rep, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// high fails on findings of high severity and above.
var high = reports.Gate{FailOn: "high", Fails: func(rep *reports.Report, f reports.Finding) bool {
	return rep.Open(f) && (f.Severity == "critical" || f.Severity == "high")
}}

func TestGolden(t *testing.T) {
	got := render(t, reports.New(reporttest.Shop()), high)
	const file = "testdata/shop.xml"
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

// node is an element as a reader sees it.
type node struct {
	name     string
	attrs    map[string]string
	children []*node
	text     string
}

// parse reads strictly: what it takes, build servers take.
func parse(t *testing.T, data []byte) *node {
	t.Helper()
	root := &node{}
	open := []*node{root}
	for dec := xml.NewDecoder(bytes.NewReader(data)); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%.2000s", err, data)
		}
		at := open[len(open)-1]
		switch x := tok.(type) {
		case xml.StartElement:
			n := &node{name: x.Name.Local, attrs: map[string]string{}}
			for _, a := range x.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			at.children, open = append(at.children, n), append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			at.text += string(x)
		case xml.Directive, xml.Comment:
			t.Errorf("a directive or comment: %q", x)
		}
	}
	if len(root.children) != 1 {
		t.Fatalf("%d elements at the top", len(root.children))
	}
	return root.children[0]
}

// allowed is what Jenkins' schema has: children and attributes by element.
var allowed = map[string]struct{ children, attrs []string }{
	"testsuites": {[]string{"testsuite"}, []string{"name", "time", "tests", "failures", "disabled", "errors"}},
	"testsuite":  {[]string{"properties", "testcase", "system-out", "system-err"}, []string{"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"}},
	"properties": {[]string{"property"}, nil},
	"property":   {nil, []string{"name", "value"}},
	"testcase":   {[]string{"skipped", "error", "failure", "system-out", "system-err"}, []string{"name", "classname", "time", "status", "assertions"}},
	"skipped":    {nil, []string{"message"}}, "error": {nil, []string{"message", "type"}}, "failure": {nil, []string{"message", "type"}},
	"system-out": {}, "system-err": {},
}

func check(t *testing.T, n *node) {
	t.Helper()
	a, ok := allowed[n.name]
	if !ok {
		t.Errorf("element %q", n.name)
	}
	for k := range n.attrs {
		if !slices.Contains(a.attrs, k) {
			t.Errorf("%s has the attribute %q", n.name, k)
		}
	}
	for _, c := range n.children {
		if !slices.Contains(a.children, c.name) {
			t.Errorf("%s holds %s", n.name, c.name)
		}
		check(t, c)
	}
	if n.name == "testsuite" {
		for attr, in := range map[string]string{"failures": "failure", "errors": "error", "skipped": "skipped"} {
			if got := strconv.Itoa(len(cases(n, in))); n.attrs[attr] != got {
				t.Errorf("suite %s says %s %s, and has %s", n.attrs["name"], n.attrs[attr], attr, got)
			}
		}
	}
}

// cases are those of a suite, or of all, that hold an element; of "" all.
func cases(n *node, holds string) []*node {
	var out []*node
	for _, c := range n.children {
		switch {
		case c.name == "testsuite":
			out = append(out, cases(c, holds)...)
		case c.name == "testcase" && (holds == "" || slices.ContainsFunc(c.children, func(x *node) bool { return x.name == holds })):
			out = append(out, c)
		}
	}
	return out
}

func names(list []*node) []string {
	out := []string{}
	for _, n := range list {
		id, _, _ := strings.Cut(n.attrs["name"], " ")
		out = append(out, id)
	}
	return out
}

func TestCases(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	n := parse(t, render(t, rep, high))
	check(t, n)
	var want []string // rules with a finding that fails
	for _, f := range rep.Findings {
		if high.Failing(rep, f) && !slices.Contains(want, f.Rule) {
			want = append(want, f.Rule)
		}
	}
	got := names(cases(n, "failure"))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 3 {
		t.Errorf("failures:\n%s", diff)
	}
	if got := names(cases(n, "skipped")); !slices.Equal(got, []string{"gpc", "under-13"}) {
		t.Errorf("skipped: %v", got)
	}
	for _, c := range cases(n, "skipped") {
		if why := c.children[0].attrs["message"]; !strings.Contains(why, ": ") || len(why) < 20 {
			t.Errorf("%s is skipped for %q", c.attrs["name"], why)
		}
	}
	// Without --fail-on nothing fails, and what was found is in the output.
	n = parse(t, render(t, rep, reports.Gate{FailOn: "none"}))
	check(t, n)
	if got := cases(n, "failure"); len(got) != 0 {
		t.Errorf("%d failures without --fail-on", len(got))
	}
	if got := len(cases(n, "system-out")); got < len(want)+1 {
		t.Errorf("%d cases have an output", got)
	}
}

func TestIncompleteIsAnError(t *testing.T) {
	for name, g := range map[string]reports.Gate{"alone": {}, "with a gate": {Exit: func(*reports.Report) (int, string) { return 3, "the scan is incomplete: interrupted" }}} {
		rep := reports.New(&analyzer.Analysis{Meta: evidence.Meta{Stopped: "interrupted"}})
		n := parse(t, render(t, rep, g))
		check(t, n)
		bad := cases(n, "error")
		if len(bad) != 1 || n.attrs["errors"] != "1" || bad[0].children[0].attrs["message"] != "the scan is incomplete: interrupted" {
			t.Errorf("%s: errors %v", name, names(bad))
		}
	}
	n := parse(t, render(t, reports.New(reporttest.Shop()), reports.Gate{Exit: func(*reports.Report) (int, string) { return 3, "12 of 20 pages could be visited" }}))
	if len(cases(n, "error")) != 1 {
		t.Error("too few pages are no error")
	}
}

func TestSuppressed(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	for i := range rep.Findings {
		rep.Findings[i].Suppressed = true
		rep.Findings[i].Suppression = reports.Suppression{Line: 2, Reason: "planned_fix", Expires: "2026-12-31"}
	}
	n := parse(t, render(t, rep, high))
	if got := cases(n, "failure"); len(got) != 0 {
		t.Errorf("%v fail and are suppressed", names(got))
	}
	if !strings.Contains(fmt.Sprint(cases(n, "system-out")[1].children[0].text), "suppressed by an exception (planned_fix, until 2026-12-31)") {
		t.Error("the exception is not told")
	}
}

func TestHostile(t *testing.T) {
	for _, h := range reporttest.Names {
		data := render(t, reports.New(reporttest.Named(h.Text)), high)
		check(t, parse(t, data))
		if i := bytes.IndexFunc(data, func(r rune) bool {
			return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffe || r == 0xffff
		}); i >= 0 {
			t.Errorf("%s: the file holds %q", h.What, data[i:i+4])
		}
		if len(data) > 1<<20 {
			t.Errorf("%s: %d bytes", h.What, len(data))
		}
	}
}

func TestLarge(t *testing.T) {
	data := render(t, reports.New(reporttest.Large(2000)), high)
	check(t, parse(t, data))
	if len(data) > 2<<20 {
		t.Errorf("%d bytes for 2,000 findings", len(data))
	}
}

func BenchmarkRender1000(b *testing.B) {
	rep := reports.New(reporttest.Large(1000))
	for b.Loop() {
		b.SetBytes(int64(len(render(b, rep, high))))
	}
}
