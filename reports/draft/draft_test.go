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
)

var update = flag.Bool("update", false, "rewrite the golden file")

func both(t *testing.T, rep *reports.Report) (md string, doc *goquery.Document) {
	t.Helper()
	var m, h bytes.Buffer
	if err := Markdown(&m, rep); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&h, rep); err != nil {
		t.Fatal(err)
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
	for _, n := range reporttest.Names {
		md, doc := both(t, reports.New(reporttest.Named(n.Text)))
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

func TestEmpty(t *testing.T) {
	md, doc := both(t, reports.New(&analyzer.Analysis{}))
	for _, want := range []string{"None was observed.", "No other company was observed receiving data.", "No finding asks for a change."} {
		if !strings.Contains(md, want) || !strings.Contains(doc.Text(), want) {
			t.Errorf("an empty draft lacks %q", want)
		}
	}
}
