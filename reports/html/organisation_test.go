package html

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"candor/reports"
	"candor/reports/reporttest"
)

func organisationPage(t testing.TB, o *reports.Organisation) ([]byte, *goquery.Document) {
	t.Helper()
	var buf bytes.Buffer
	if err := Organisation(&buf, o); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), doc
}

var update = flag.Bool("update", false, "rewrite the golden file")

// TestWriteSites writes the reports of 20 sites with -write, for 'candor report
// DIR/*' and for looking at what comes of it.
func TestWriteSites(t *testing.T) {
	n, dir := 20, *write
	if dir == "" {
		n, dir = 1, t.TempDir()
	}
	for _, rep := range reporttest.SiteScans(t, n) {
		if err := reports.Write(filepath.Join(dir, "sites", rep.Site.Host+"-"+rep.StartedAt[:10]), rep, []string{"html", "json"}, Format()); err != nil {
			t.Fatal(err)
		}
	}
}

// The page's text is kept whole: what it says of three sites with seven scans
// and of a folder that could not be read.
func TestOrganisationGolden(t *testing.T) {
	page, doc := organisationPage(t, reporttest.Organisation(t, 4))
	var b strings.Builder
	doc.Find("header, main section").Each(func(_ int, s *goquery.Selection) {
		s.Find("h1, h2, h3, p, dt, dd, tr, .tiles li, .key li, .gaps li, figcaption").Each(func(_ int, s *goquery.Selection) {
			b.WriteString(oneLine(s) + "\n")
		})
		b.WriteString("\n")
	})
	file := filepath.Join("testdata", "organisation.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the page does not say what %s says; -update rewrites it:\n%s", file, b.String())
	}
	var again bytes.Buffer
	if err := Organisation(&again, reporttest.Organisation(t, 4)); err != nil || !bytes.Equal(page, again.Bytes()) {
		t.Error("the same scans give different pages", err)
	}
	for _, word := range []string{"violation", "illegal", "compliant", "certified", "breach"} {
		if strings.Contains(strings.ToLower(doc.Find("body").Text()), word) {
			t.Errorf("the page says %q", word)
		}
	}
}

func TestOrganisationStructure(t *testing.T) {
	page, doc := organisationPage(t, reporttest.Organisation(t, 20))
	if n := doc.Find(".by-topic tbody tr").Length(); n != 20 {
		t.Errorf("%d sites, want 20", n)
	}
	if href := doc.Find(".by-topic tbody td a").First().AttrOr("href", ""); !strings.HasPrefix(href, "./") || !strings.HasSuffix(href, ".lantern.test/index.html#principle-where") {
		t.Errorf("the first cell leads to %q", href)
	}
	doc.Find(".by-topic td, .matrix td").Each(func(_ int, s *goquery.Selection) {
		if s.Find("svg").Length() > 0 && oneLine(s) == "" {
			t.Error("a cell has a mark and no words")
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Find("caption").Text()) == "" || s.Find("th").Length() != s.Find("th[scope]").Length() {
			t.Errorf("a table has no caption, or heads without scope: %.80s", s.Text())
		}
	})
	doc.Find("main a[href^='#']").Each(func(_ int, s *goquery.Selection) {
		if doc.Find(s.AttrOr("href", "")).Length() != 1 {
			t.Errorf("the link %s leads nowhere", s.AttrOr("href", ""))
		}
	})
	if bytes.Contains(page, []byte("ZgotmplZ")) {
		t.Error("html/template refused a value")
	}
	if bytes.Contains(page, []byte("org.")) {
		t.Error("a key stands where its words should")
	}
	if len(page) > 1<<20 {
		t.Errorf("20 sites take %d bytes", len(page))
	}
}

// Whatever sites, folders and companies are called, it is text: a page with all
// hostile names has no more elements than one with plain names.
func TestOrganisationHostile(t *testing.T) {
	base := report(t, reporttest.Shop())
	build := func(name func(int) string) *reports.Organisation {
		var s reports.Sites
		for i := range reporttest.Names {
			n, rep := name(i), *base
			rep.Vendors, rep.Findings, rep.Principles = slices.Clone(rep.Vendors[:4]), slices.Clone(rep.Findings[:4]), slices.Clone(rep.Principles)
			rep.Site.Host, rep.Site.Entity, rep.ScanID = n, n, n
			rep.Changes.Against = reports.ScanRef{ScanID: n + "2", StartedAt: n}
			for j := range rep.Vendors {
				rep.Vendors[j].Name, rep.Vendors[j].Entity = n, n
			}
			for j := range rep.Findings {
				rep.Findings[j].Title, rep.Findings[j].Message = n, n
			}
			rep.Principles[0].Question, rep.Principles[0].ID, rep.Principles[0].Outcome = n, n, n
			s.Add(reports.OrgScan{Report: &rep, Link: "./x/index.html", Incomplete: n})
			s.Unreadable(n, n)
		}
		return s.Organisation()
	}
	_, benign := organisationPage(t, build(func(i int) string { return "plain" + string(rune('a'+i)) }))
	page, doc := organisationPage(t, build(func(i int) string { return reporttest.Names[i].Text }))
	for _, sel := range []string{"script", "img", "style", "b", "svg", "figure", "tr", "a"} {
		if got, want := doc.Find(sel).Length(), benign.Find(sel).Length(); got > want {
			t.Errorf("%d <%s>, want %d", got, sel, want)
		}
	}
	for _, bad := range []string{"\x1b", "\x00", "\u202e", "<script>alert", "ZgotmplZ"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page has %q", bad)
		}
	}
	doc.Find("a").Each(func(_ int, s *goquery.Selection) {
		if href := s.AttrOr("href", ""); !strings.HasPrefix(href, "#") && !strings.HasPrefix(href, "./x/index.html") {
			t.Errorf("a link leads to %q", href)
		}
	})
	if len(page) > 2<<20 {
		t.Errorf("%d bytes", len(page))
	}
}

// Nothing given, or nothing that could be read, is said.
func TestOrganisationEmpty(t *testing.T) {
	var s reports.Sites
	s.Unreadable("out", "it holds no scan.json")
	_, doc := organisationPage(t, s.Organisation())
	for sel, want := range map[string]string{"#answer": "No page of any site could be visited", "#sites": "No scan could be read", "#gaps": "This folder could not be read: it holds no scan.json.", "#companies": "No company was seen"} {
		if text := oneLine(doc.Find(sel)); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q in %s", sel, want, text)
		}
	}
}

func BenchmarkOrganisation(b *testing.B) {
	for _, n := range []int{20, 500} {
		o := reporttest.Organisation(b, n)
		b.Run(map[int]string{20: "20 sites", 500: "500 sites"}[n], func(b *testing.B) {
			for b.Loop() {
				var buf bytes.Buffer
				if err := Organisation(&buf, o); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(buf.Len()), "bytes")
			}
		})
	}
}
