package html

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/reporttest"
)

func renderReport(t *testing.T, rep *reports.Report, code string) *goquery.Document {
	t.Helper()
	var buf bytes.Buffer
	if err := RenderIn(code)(&buf, rep); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// oneLine is the text of a part of the page, with a space between elements.
func oneLine(s *goquery.Selection) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range s.Nodes {
		walk(n)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// A manager's six questions are answered first, each with a way to more.
func TestAsks(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	asks := doc.Find("#answer .asks > div")
	if asks.Length() != 6 {
		t.Fatalf("%d questions, want 6", asks.Length())
	}
	for i, want := range []string{
		"What leaves the site? 18 types of data go to other companies: IP address,",
		"To whom? 11 companies: Google LLC,",
		"Did we say so? Of 54 flows to other companies 4 are stated clearly,",
		"Does the choice work? Everything refused: 1 of 4 recipients still got an identifier.",
		"What first?",
		"What changed? No earlier scan was given to compare with.",
	} {
		if text := oneLine(asks.Eq(i)); !strings.HasPrefix(text, want) {
			t.Errorf("question %d is %q, want %q", i, text, want)
		}
	}
	if order := sections(doc); !slices.Equal(order[:8], []string{"answer", "first", "matrix", "effect", "principles", "changed", "exceptions", "limits"}) {
		t.Errorf("the sections are %q", order)
	}
	first := oneLine(doc.Find("ol.first > li").First())
	for _, want := range []string{"Critical", "Where", "Since this scan, the first that was given", "Why it matters People rely on it", "What to do", "Whom to ask Marketing"} {
		if !strings.Contains(first, want) {
			t.Errorf("what to do first lacks %q in %s", want, first)
		}
	}
}

// A score stands there when it is asked for, with its formula and its cap.
func TestScore(t *testing.T) {
	rep := report(t, reporttest.Shop())
	if doc := renderReport(t, rep, "en"); doc.Find(".score").Length() != 0 {
		t.Error("there is a score that nobody asked for")
	}
	rep.AskForScore()
	doc := renderReport(t, rep, "en")
	for _, want := range []string{"30 of 100", "Formula: the weight of the rules that match", "Here: 6 of 20, which is 30 per cent.", "It is never above its cap", "pages 7 of 8", "It is no judgement of the law"} {
		if text := oneLine(doc.Find(".score")); !strings.Contains(text, want) {
			t.Errorf("the score lacks %q in %s", want, text)
		}
	}
}

// The page leads to a drafted disclosure that is written beside it, and says how
// to write one where there is none.
func TestDraftBeside(t *testing.T) {
	rep := report(t, reporttest.Shop())
	draft := reports.Renderer{Name: "draft", File: "draft.html", Render: func(io.Writer, *reports.Report) error { return nil }}
	for _, x := range []struct {
		formats    []string
		href, says string
	}{
		{[]string{"draft", "html"}, "draft.html", "is beside this page"},
		{[]string{"html"}, "", "candor report --format draft"},
	} {
		dir := t.TempDir()
		if err := reports.Write(dir, rep, x.formats, draft, Format()); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(dir, "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		last := doc.Find("#first > p").Last()
		if text := oneLine(last); !strings.Contains(text, x.says) || last.Find("a").AttrOr("href", "") != x.href {
			t.Errorf("%v: the page says %q and leads to %q", x.formats, text, last.Find("a").AttrOr("href", ""))
		}
	}
}

func sections(doc *goquery.Document) []string {
	return doc.Find("main section").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("id", "") })
}

// The questions of the principles stand in one table with whom to ask.
func TestPrinciplesTable(t *testing.T) {
	rep := report(t, reporttest.Shop())
	doc := renderReport(t, rep, "en")
	if n := doc.Find("#principles tbody tr").Length(); n != len(rep.Principles) || n == 0 {
		t.Fatalf("%d rows, want %d", n, len(rep.Principles))
	}
	for sel, wants := range map[string][]string{
		"#principle-use":       {"Ask marketing, legal", "11 companies receive data", "“Card payments are handled by Stripe.”", "5 sentences"},
		"#principle-sensitive": {"15 products get sensitive data", "not tested", "No rule that asks this is among those that were run."},
		"#principle-profiling": {"2 labels are put on visitors", "not found in the text"},
	} {
		text := oneLine(doc.Find(sel))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
}

// What changed, over several scans, with the texts' versions; what is set aside
// and until when; what is known from earlier scans stands apart.
func TestChangedAndExceptions(t *testing.T) {
	rep := report(t, reporttest.Shop())
	ref := func(id, day, text string, urgent, companies int) reports.ScanRef {
		return reports.ScanRef{ScanID: id, StartedAt: day + "T08:00:00Z", RulesVersion: rep.Tool.RulesVersion, Policies: []string{text}, Urgent: urgent, Companies: companies}
	}
	c := &rep.Changes
	c.History, c.Against, c.NewOnly = []reports.ScanRef{ref("s-1", "2026-09-01", "aa", 2, 9)}, ref("s-2", "2026-10-01", "aa", 4, 11), true
	c.Repeated, c.Earlier = 20, 24
	c.Remarks = []reports.Remark{{Kind: "practice_changed_text_same", Text: "What happens changed under the same text."}}
	c.Count = []reports.Tally{{Topic: "recipient", New: 2, Gone: 1}}
	for range 9 {
		c.Items = append(c.Items, reports.Change{Topic: "recipient", Kind: "new", Name: "Hotjar", After: "7 pages", Why: "It was not in the earlier scan.", New: []string{rep.Flows[0].ID}})
	}
	rep.Findings[0].New, rep.Findings[1].Suppressed = true, true
	rep.Exceptions = reports.Exceptions{File: "candor.exceptions.yaml", Suppressed: 1, Items: []reports.Exception{{
		Rule: "denied-flow", Reason: "planned_fix", Justification: "The tag goes with the relaunch.", Owner: "Mara", Approver: "Jo", Expires: "2026-12-31", Status: "used", Findings: []string{rep.Findings[1].ID},
	}}}
	doc := renderReport(t, rep, "en")
	for sel, wants := range map[string][]string{
		"#changed":    {"Compared with the scan of 1 October 2026: 20 of 24 visits were made again. What happens changed under the same text.", "Recipients 2 0 1", "3 further changes", "Hotjar"},
		"#changes":    {"Changed: 9"},
		"#exceptions": {"1 findings are set aside", "To be fixed The tag goes with the relaunch.", "Mara, Jo", "2026-12-31", "In use", "finding 2"},
		"#answer":     {"Since the scan of 1 October 2026: Recipients 3."},
		"#findings":   {"findings that an earlier scan has too; only new ones were asked for", "set aside by the organisation"},
		"#first":      {"new in this scan, of 20 November 2026"},
	} {
		text := oneLine(doc.Find(sel))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
	if n := doc.Find("ol.first > li").Length(); n != 1 {
		t.Errorf("%d findings to do first, want the one that is new", n)
	}
	rows := doc.Find(".trend tbody tr")
	if rows.Length() != 3 || !strings.Contains(oneLine(rows.Last()), "changed") || !strings.Contains(oneLine(rows.Eq(1)), "as before") {
		t.Errorf("the trend's table is %q", oneLine(rows))
	}
	if n := doc.Find(".trend svg .text-new").Length(); n != 2 { // one in the chart, one in its key
		t.Errorf("%d marks of new texts, want one and the key's", n)
	}
}

// An engineer finds in a finding the rule, the request with what caused it, the
// sentence in its context, and how to see it again.
func TestDetail(t *testing.T) {
	a := reporttest.Shop()
	d := a.Documents[0]
	d.Text = strings.ReplaceAll(d.Text, "\n", " ")
	_, doc := render(t, a)
	x := doc.Find("#finding-1 details.detail")
	if x.Length() != 1 {
		t.Fatal("the first finding has no detail")
	}
	text := oneLine(x)
	for _, want := range []string{
		"Rule denied-flow What the texts deny does not happen, pack core. People rely on it", "Behind it: GDPR Art. 13(1)(e) (text seen, 2026-11)", "Severity", "Confidence",
		"first 20 November 2026", "candor scan --pages 1 --states none,reject,accept https://www.lantern-shop.test/", "What was sent POST https://t", "Caused by https://www.google-analytics.test/g.js",
		"We never share your email address with advertisers.", "Loaded by container GTM-LAMP of Google tag manager",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the detail lacks %q in %s", want, text)
		}
	}
	if around := oneLine(x.Find(".around")); !strings.Contains(around, "the pages that you visit.") || !strings.Contains(around, "No advertising cookies") {
		t.Errorf("around the sentence stands %q", around)
	}
	if x.Find("img[loading=lazy]").Length() == 0 {
		t.Error("there is no screenshot")
	}
}

// A finding shows the forms that it is about: a part of the page's picture, drawn
// without a second file.
func TestCrops(t *testing.T) {
	a := reporttest.Shop()
	visit := a.Pages[0]
	a.Seen.Forms[0].ShownAt, a.Seen.Forms[0].Shown = visit.ID, &evidence.Shown{Box: evidence.Box{X: 33, Y: 100, Width: 420, Height: 180}, Width: 1366, Height: 681}
	a.Seen.Forms[0].Heading = `News "> <script>alert(1)</script>`
	a.Findings[0].Evidence = append(a.Findings[0].Evidence, a.Seen.Forms[0].ID)
	rep := report(t, a)
	doc := renderReport(t, rep, "en")
	x := doc.Find("#finding-1 .crops svg")
	if got := x.AttrOr("viewBox", ""); got != "33 100 420 180" || x.AttrOr("role", "") != "img" || !strings.Contains(x.AttrOr("aria-label", ""), `The form “News "> <script>alert(1)</script>” as it looked on `) {
		t.Errorf("the form is shown as %q, %q", got, x.AttrOr("aria-label", ""))
	}
	if got := x.Find("image").AttrOr("href", ""); got != "evidence/"+visit.Screenshot {
		t.Errorf("the picture is %q", got)
	}
	for _, c := range []reports.Crop{{File: "../../etc/passwd", Of: reports.Size{Width: 9, Height: 9}, Width: 1, Height: 1}, {File: "evidence/a.jpg", Of: reports.Size{Width: 9, Height: 9}, X: 9, Width: 1, Height: 1}, {File: "https://x.test/a.jpg", Of: reports.Size{Width: 9, Height: 9}, Width: 1, Height: 1}} {
		rep.Forms[0].Picture = c
		if n := renderReport(t, rep, "en").Find(".crops svg").Length(); n != 0 {
			t.Errorf("%+v is shown %d times", c, n)
		}
	}
}

// Every language renders the whole page: every say of the templates has its
// words, and every figure its place.
func TestLanguages(t *testing.T) {
	for _, code := range Languages() {
		for _, rep := range []*reports.Report{reporttest.Full(t), report(t, reporttest.Recorded()), reports.New(&analyzer.Analysis{})} {
			doc := renderReport(t, rep, code)
			if got := doc.Find("html").AttrOr("lang", ""); got != code {
				t.Errorf("the page of %s says it is %q", code, got)
			}
			if strings.Contains(doc.Text(), "%!") {
				t.Errorf("%s: a figure has no place", code)
			}
		}
	}
	if err := RenderIn("xx")(new(bytes.Buffer), report(t, reporttest.Shop())); err == nil || !strings.Contains(err.Error(), "expected de or en") {
		t.Errorf("a language that there is not: %v", err)
	}
}

// Templates hold no words of a language: only names, which are the same in each.
func TestTemplatesHoldNoWords(t *testing.T) {
	names, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	actions, code, tags := regexp.MustCompile(`(?s)\{\{.*?\}\}`), regexp.MustCompile(`<code>[^<]*</code>`), regexp.MustCompile(`(?s)<[^<>]*>`)
	attributes := regexp.MustCompile(`(?:aria-label|alt|title|data-filter|placeholder)="([^"]*)"`)
	letters := regexp.MustCompile(`\p{L}[\p{L}’ ,-]*`)
	same := []string{"Candor", "Candor ", "HttpOnly ", "Secure ", "SameSite", " Partitioned", "Partitioned", "px", "SHA-"}
	seen := 0
	for _, n := range names {
		data, err := files.ReadFile(n.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := actions.ReplaceAllString(string(data), "\x00")
		var texts []string
		for _, m := range attributes.FindAllStringSubmatch(text, -1) {
			texts = append(texts, m[1])
		}
		texts = append(texts, strings.Split(tags.ReplaceAllString(code.ReplaceAllString(text, ""), "\n"), "\n")...)
		for _, x := range texts {
			for _, word := range letters.FindAllString(x, -1) {
				if seen++; !slices.Contains(same, word) {
					t.Errorf("%s: %q stands in the template, not in the words: %q", n.Name(), word, x)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nothing was looked at")
	}
}

// In German all that is the report's own is German, quotes have their own
// language, and what is not known is marked as English.
func TestGerman(t *testing.T) {
	rep := reporttest.Full(t)
	doc := renderReport(t, rep, "de")
	if got, want := doc.Find("title").Text(), "www.lantern-shop.test: was die Website erhebt und was ihre Texte sagen"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
	for sel, want := range map[string]string{
		".notice": "Dieser Bericht zeigt, was ein automatisierter Browser", ".meta": "20. November 2026", ".lede": "Auf 7 von 7 Seiten sahen wir 11 Unternehmen",
		"#cookies": "Lebensdauer, beobachtet", "#glossary": "Einwilligungszustand", "#findings .tag": "weicht ab", "#flows .v": "fehlt", "#principles": "Wo auf der Website werden Daten erhoben?",
	} {
		if text := oneLine(doc.Find(sel)); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q in %.300s", sel, want, text)
		}
	}
	if n := doc.Find(`.said[lang="en"]`).Length(); n == 0 {
		t.Error("no quote says that it is English")
	}
	if n := doc.Find(`#findings span[lang="en"]`).Length(); n == 0 {
		t.Error("nothing says that it is not translated")
	}
	hostile := report(t, reporttest.Hostile())
	doc, english := renderReport(t, hostile, "de"), renderReport(t, hostile, "en")
	for _, sel := range []string{"script", "img", "style", "iframe"} {
		if got, want := doc.Find(sel).Length(), english.Find(sel).Length(); got != want {
			t.Errorf("%d <%s> in German, %d in English", got, sel, want)
		}
	}
}
