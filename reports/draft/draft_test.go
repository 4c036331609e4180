package draft

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"candor/analyzer"
	"candor/reports"
	"candor/reports/reporttest"
	"candor/reports/words"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func both(t *testing.T, rep *reports.Report) (md string, doc *goquery.Document) {
	t.Helper()
	return bothIn(t, rep, "")
}

func bothIn(t *testing.T, rep *reports.Report, code string) (md string, doc *goquery.Document) {
	t.Helper()
	var m, h bytes.Buffer
	for i, w := range []*bytes.Buffer{&h, &m} {
		if err := FormatsIn(code)[i].Render(w, rep); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := goquery.NewDocumentFromReader(&h)
	if err != nil {
		t.Fatal(err)
	}
	return m.String(), doc
}

func TestGolden(t *testing.T) {
	md, doc := both(t, reports.New(reporttest.Shop()))
	file := filepath.Join("testdata", "draft.md")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(md), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), md); diff != "" {
		t.Errorf("the draft differs from what is kept (-want +got); -update rewrites it:\n%s", diff)
	}
	text := doc.Find("body").Text()
	for _, want := range []string{
		"We use Google Analytics, a product of Google LLC, for analytics. Google LLC receives your IP address,", "It keeps these data for [how long?]",
		"We send our newsletter through Mail Pigeon", "Who is behind this name is not known here", "would contradict it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, word := range []string{"violation", "illegal", "compliant", "certified", "breach"} {
		if strings.Contains(strings.ToLower(text), word) || strings.Contains(strings.ToLower(md), word) {
			t.Errorf("the draft says %q", word)
		}
	}
}

// Whatever a site calls its cookies and companies, it is text in both formats.
func TestHostile(t *testing.T) {
	_, benign := both(t, reports.New(reporttest.Shop()))
	for i, n := range reporttest.Names {
		md, doc := bothIn(t, reports.New(reporttest.Named(n.Text)), words.Codes()[i%len(words.Codes())])
		for _, sel := range []string{"script", "img", "a", "b", "style"} {
			if got, want := doc.Find(sel).Length(), benign.Find(sel).Length(); got != want {
				t.Errorf("%s: %d <%s>, want %d", n.What, got, sel, want)
			}
		}
		for _, bad := range []string{"<script", "<img", "\x1b", "\x00", "\u202e", "\r", "](http", "`code`", "![i]("} {
			if strings.Contains(md, bad) {
				t.Errorf("%s: the Markdown has %q", n.What, bad)
			}
		}
		if cells := strings.Count(md, "\n| "); cells != strings.Count(md, " |\n") {
			t.Errorf("%s: a cell breaks its row", n.What)
		}
	}
}

// In German the draft's own words and the rules' are German; what a rule
// suggests for the notice is not translated, and names are nobody's language.
func TestGerman(t *testing.T) {
	a := reporttest.Shop()
	a.Findings[0].Rule, a.Findings[1].Remediation = "CORE-01", "What nobody translated."
	md, doc := bothIn(t, reports.New(a), "de")
	if got := doc.Find("html").AttrOr("lang", ""); got != "de" {
		t.Errorf("the page says that it is %q", got)
	}
	for _, want := range []string{
		"Entwurf eines Hinweises für", "Wir nutzen Google Analytics, ein Produkt von Google LLC, für: Analyse.", "erhält Google LLC Ihre IP-Adresse, eine Kennung in einem Cookie, ", "[wie lange?]",
		"Nennen Sie den Empfänger oder seine Art mit dem Zweck im Hinweis", "We send our newsletter through Mail Pigeon", "20. November 2026",
	} {
		if !strings.Contains(doc.Find("body").Text(), want) {
			t.Errorf("the page lacks %q", want)
		}
		if !strings.Contains(strings.NewReplacer(`\`, ``).Replace(md), want) {
			t.Errorf("the Markdown lacks %q", want)
		}
	}
	if got := doc.Find("li span[lang=en]").Text(); !strings.Contains(got, "What nobody translated.") {
		t.Errorf("marked as English is %q", got)
	}
	english, _ := both(t, reports.New(a))
	for _, l := range strings.Split(md, "\n") {
		if words := strings.Fields(l); len(words) > 12 && strings.Contains(english, l) && !strings.HasPrefix(l, "| ---") && !strings.HasPrefix(l, "- **") {
			t.Errorf("as in English: %s", l)
		}
	}
}

func TestEmpty(t *testing.T) {
	md, doc := both(t, reports.New(&analyzer.Analysis{}))
	for _, want := range []string{"None was observed.", "No other company was observed receiving data.", "No finding asks for a change."} {
		if !strings.Contains(md, want) || !strings.Contains(doc.Text(), want) {
			t.Errorf("an empty draft lacks %q", want)
		}
	}
}
