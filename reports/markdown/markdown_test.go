package markdown_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"candor/analyzer"
	"candor/reports"
	"candor/reports/markdown"
	"candor/reports/plain"
	"candor/reports/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t testing.TB, rep *reports.Report, g reports.Gate) string {
	t.Helper()
	var b bytes.Buffer
	if err := markdown.Render(&b, rep, g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var high = reports.Gate{FailOn: "high", Fails: func(rep *reports.Report, f reports.Finding) bool {
	return rep.Open(f) && (f.Severity == "critical" || f.Severity == "high")
}}

// compared is a report with an earlier one: two findings are new.
func compared(newOnly bool) *reports.Report {
	rep := reports.New(reporttest.Shop())
	rep.Changes.Against = reports.ScanRef{ScanID: "s-20261101-080000", StartedAt: "2026-11-01T08:00:00Z"}
	rep.Changes.NewOnly = newOnly
	rep.Changes.Remarks = []reports.Remark{{Kind: "practice_changed_text_same", Text: "Two recipients are new, and the texts are the same."}}
	rep.Changes.Limits = []string{"The earlier scan has no state accept."}
	rep.Changes.Count = []reports.Tally{{Topic: "recipient", New: 2}}
	rep.Changes.Items = []reports.Change{{Topic: "recipient", Kind: "new", Name: "Criteo SA"}, {Topic: "statement", Kind: "gone", Direction: "weaker", Name: "We never share your e-mail address."}}
	rep.Findings[3].New, rep.Findings[5].New = true, true
	rep.Findings[6].Suppressed = true
	rep.Findings[6].Suppression = reports.Suppression{Line: 4, Reason: "accepted_risk", Expires: "2026-12-31"}
	rep.Summary.Suppressed = 2
	return rep
}

func TestGolden(t *testing.T) {
	for name, got := range map[string]string{
		"shop.md": render(t, reports.New(reporttest.Shop()), high), "compared.md": render(t, compared(true), high),
	} {
		file := "testdata/" + name
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs; -update writes it anew:\n%s", file, diff)
		}
	}
}

var forge = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldhtml.WithUnsafe()))

// page is what a forge makes of Markdown.
func page(t *testing.T, md string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := forge.Convert([]byte(md), &b); err != nil {
		t.Fatal(err)
	}
	n, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// found is what forges look for in texts once a page is rendered, outside of
// code: mentions, references, commits, addresses, emoji, formulas.
var found = regexp.MustCompile(`(?i)@\w|#\w|!\d|\$\S|%\w|~\w|&\w|\^\w|:\w+:|\bGH-\d|\b[0-9a-f]{7,40}\b|www\.|https?:/|\w@\w`)

// inspect walks a page: only these elements, without attributes, and no text in
// which a forge finds something.
func inspect(t *testing.T, what string, n *html.Node) {
	t.Helper()
	elements := strings.Fields("html head body h3 h4 p strong table thead tbody tr th td ul li details summary blockquote code sub")
	for n := range n.Descendants() {
		switch n.Type {
		case html.ElementNode:
			if !slices.Contains(elements, n.Data) {
				t.Errorf("%s: the page has the element %s", what, n.Data)
			}
			for _, a := range n.Attr {
				if !(a.Key == "style" && strings.HasPrefix(a.Val, "text-align") || a.Key == "align") {
					t.Errorf("%s: %s has the attribute %s=%q", what, n.Data, a.Key, a.Val)
				}
			}
		case html.TextNode:
			if n.Parent.Data != "code" && found.MatchString(n.Data) {
				t.Errorf("%s: a forge finds %q in %q", what, found.FindString(n.Data), n.Data)
			}
		}
	}
}

// words is the text that a reader sees.
func words(n *html.Node) string {
	var b strings.Builder
	for n := range n.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestHostile(t *testing.T) {
	for _, h := range reporttest.Names {
		rep := reports.New(reporttest.Named(h.Text))
		rep.Changes = compared(false).Changes
		rep.Changes.Remarks[0].Text, rep.Changes.Items[0].Name, rep.Changes.Against.StartedAt, rep.Changes.Limits[0] = h.Text, h.Text, h.Text, h.Text
		rep.Tool.RulesVersion, rep.ScanID, rep.Site.Host = h.Text, h.Text, h.Text
		rep.Findings[0].Rule, rep.Findings[1].Severity, rep.Findings[2].Confidence, rep.Findings[3].States = h.Text, h.Text, h.Text, []string{h.Text}
		md := render(t, rep, high)
		if i := strings.IndexFunc(md, func(r rune) bool {
			return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		}); i >= 0 || !utf8.ValidString(md) {
			t.Errorf("%s: the file holds a control character", h.What)
		}
		if len(md) > 60_000 {
			t.Errorf("%s: %d bytes", h.What, len(md))
		}
		n := page(t, md)
		inspect(t, h.What, n)
		if !strings.HasSuffix(words(n), ".") || !strings.Contains(words(n), "It is not legal advice") {
			t.Errorf("%s: the page does not end as it should", h.What)
		}
	}
}

// What is escaped reads as it was.
func TestTextIsKept(t *testing.T) {
	for _, s := range []string{
		"@octocat and @org/team, #1, GH-1, :tada:, www.evil.test, http://evil.test, a@evil.test", "a | b `c` *d* _e_ ~~f~~ [g](h) ![i](j)",
		"<b>bold</b> &amp; <!-- x -->", "deadbeefdeadbeef and 12345678", `back\slash \\ \*`, "1. one - two + three = four", "$x$ ${{ y }} %z ^w !5", "Ünïcödé ﷺ 漢字",
	} {
		rep := reports.New(reporttest.Shop())
		rep.Findings[0].Title, rep.Findings[0].Message, rep.Findings[0].Rule = s, s, s
		n := page(t, render(t, rep, high))
		inspect(t, s, n)
		if got := strings.Count(words(n), strings.Join(strings.Fields(s), " ")); got < 2 {
			t.Errorf("%q is there %d times, in:\n%s", s, got, words(n))
		}
	}
}

func TestAlwaysShort(t *testing.T) {
	for name, rep := range map[string]*reports.Report{
		"many findings": reports.New(reporttest.Large(3000)), "empty": reports.New(&analyzer.Analysis{}), "nothing": {},
	} {
		md := render(t, rep, high)
		if len(md) > 60_000 {
			t.Errorf("%s: %d bytes", name, len(md))
		}
		inspect(t, name, page(t, md))
	}
	rep := reports.New(reporttest.Large(3000))
	for i := range rep.Findings { // each as long as it can be
		f := &rep.Findings[i]
		f.Title, f.Message, f.Remediation, f.SuggestedText = strings.Repeat("@", 4000), strings.Repeat("&", 4000), strings.Repeat("#", 4000), strings.Repeat(":", 4000)
	}
	rep.Changes = compared(false).Changes
	md := render(t, rep, high)
	if len(md) > 60_000 || len(md) < 20_000 {
		t.Errorf("%d bytes", len(md))
	}
	n := page(t, md)
	inspect(t, "long", n)
	if w := words(n); !strings.Contains(w, "more; the report has them") || !strings.Contains(w, "It is not legal advice") {
		t.Error("it is not said what is left out")
	}
}

func TestNewComeFirst(t *testing.T) {
	rep := compared(false)
	w := words(page(t, render(t, rep, high)))
	last := 0
	for _, want := range []string{"New findings", "known findings", "suppressed findings", "What changed since the scan of 2026-11-01"} {
		at := strings.Index(w, want)
		if at < last {
			t.Errorf("%q stands at %d, after %d", want, at, last)
		}
		last = at
	}
	for _, f := range rep.Findings {
		at := strings.Index(w, f.Title)
		if at < 0 || f.New != (at < strings.Index(w, "known findings")) && !f.Suppressed {
			t.Errorf("%q (new: %v) stands at %d", f.Title, f.New, at)
		}
	}
	if w := words(page(t, render(t, compared(true), high))); !strings.Contains(w, "1 new finding at or above high.") {
		t.Errorf("the answer is %.200q", w)
	}
}

func TestIncompleteDoesNotPass(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	rep.Findings, rep.Coverage.Complete = nil, false
	g := high
	if md := render(t, rep, g); !strings.Contains(md, "**The scan is incomplete.**") {
		t.Errorf("%.300s", md)
	}
	g.Exit = func(*reports.Report) (int, string) { return 3, "the scan is incomplete: interrupted" }
	if md := words(page(t, render(t, rep, g))); !strings.Contains(md, "The scan is incomplete: interrupted.") {
		t.Errorf("%.300s", md)
	}
}

func FuzzTitle(f *testing.F) {
	for _, h := range reporttest.Names {
		f.Add(h.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rep := &reports.Report{Findings: []reports.Finding{{Severity: "high", Title: s, Rule: s, Pages: []string{s}}}}
		n := page(t, render(t, rep, high))
		inspect(t, s, n)
		want := strings.Join(strings.Fields(plain.Cut(plain.Visible(s), 160)), " ")
		if got := words(n); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	})
}

func BenchmarkRender1000(b *testing.B) {
	rep := reports.New(reporttest.Large(1000))
	for b.Loop() {
		b.SetBytes(int64(len(render(b, rep, high))))
	}
}
