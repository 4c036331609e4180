package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/reporttest"
)

var write = flag.String("write", "", "folder to write the fictional shop's report to, for looking at it")

func report(t testing.TB, a *analyzer.Analysis) *reports.Report {
	t.Helper()
	rep := reports.New(a)
	if err := rep.Trace(reporttest.Log{}); err != nil {
		t.Fatal(err)
	}
	return rep
}

func render(t testing.TB, a *analyzer.Analysis) ([]byte, *goquery.Document) {
	t.Helper()
	var buf bytes.Buffer
	if err := Render(&buf, report(t, a)); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), doc
}

func TestWrite(t *testing.T) {
	dir := *write
	if dir == "" {
		dir = t.TempDir()
	}
	if err := reports.Write(dir, report(t, reporttest.Shop()), []string{"html", "json"}, Format()); err != nil {
		t.Fatal(err)
	}
}

func TestSameBytes(t *testing.T) {
	first, _ := render(t, reporttest.Shop())
	for range 3 {
		if again, _ := render(t, reporttest.Shop()); !bytes.Equal(first, again) {
			t.Fatal("the same analysis gives different pages")
		}
	}
}

func TestStructure(t *testing.T) {
	page, doc := render(t, reporttest.Shop())
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
	for _, sel := range []string{"html[lang]", "header.mast", "nav[aria-label]", "main#main", "footer", "a.skip[href='#main']", "title"} {
		if doc.Find(sel).Length() != 1 {
			t.Errorf("want one %s, have %d", sel, doc.Find(sel).Length())
		}
	}
	if !strings.Contains(doc.Find(".notice").Text(), reports.Notice) {
		t.Error("the design's sentence is missing")
	}
	last := 0
	doc.Find("h1,h2,h3,h4").Each(func(_ int, s *goquery.Selection) {
		level := int(goquery.NodeName(s)[1] - '0')
		if level > last+1 {
			t.Errorf("heading %q jumps from level %d to %d", s.Text(), last, level)
		}
		last = level
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Find("caption").Text()) == "" {
			t.Errorf("a table has no caption: %.80s", s.Text())
		}
		if s.Find("th").Length() != s.Find("th[scope]").Length() {
			t.Errorf("table %q has heads without scope", s.Find("caption").Text())
		}
	})
	doc.Find("img").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("alt", "") == "" || !strings.HasPrefix(s.AttrOr("src", ""), "evidence/screenshots/") || s.AttrOr("loading", "") != "lazy" {
			t.Errorf("image %q lacks alt, a local source or lazy loading", s.AttrOr("src", ""))
		}
	})
	if doc.Find("img").Length() == 0 {
		t.Error("no screenshot is shown")
	}
	if bytes.Contains(page, []byte("ZgotmplZ")) {
		t.Error("html/template refused a value")
	}
	for _, word := range []string{"violation", "illegal", "compliant", "certified", "breach"} {
		if strings.Contains(strings.ToLower(doc.Find("body").Text()), word) {
			t.Errorf("the report says %q", word)
		}
	}
	for _, secret := range []string{"secret-hash", "secret-id"} {
		if bytes.Contains(page, []byte(secret)) {
			t.Errorf("the value %q of a request is in the report", secret)
		}
	}
}

// Who is responsible stands in the report: the container that loaded a tag, the
// chain of scripts, and whose script set a first-party cookie for how long.
func TestResponsible(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	for sel, wants := range map[string][]string{
		"#flows":   {"loaded by container GTM-LAMP of Google tag manager", "Chain of scripts: https://www.googletagmanager.test/gtm.js?id=… → https://connect.facebook.test/en_US/fbevents.js"},
		"#vendors": {"loaded by container GTM-LAMP"},
		"#cookies": {"a script of Meta Pixel", "loaded by container GTM-LAMP", "first-party cookie of another party", "the browser keeps it for 13 months", "Partitioned", "HttpOnly"},
	} {
		text := strings.Join(strings.Fields(doc.Find(sel).Text()), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
}

// What the texts answer: closed questions with their sentences, those without
// one said to be so. What a second reader said stands beside the sentence.
func TestAnswersAndOpinions(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	if n := doc.Find("#answers details").Length(); n != 2 || doc.Find("#answers details[open]").Length() != 0 {
		t.Errorf("%d questions unfold, want 2 closed ones", n)
	}
	one := func(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
	for sel, wants := range map[string][]string{
		"#answers": {"2 of 4 questions have an answer", "Who receives data, by name? 5 sentences", "“Card payments are handled by Stripe.”", "2 more entries are in scan.json",
			"Are data transferred to other countries? not found in the text", "What is said of children? not tested: the text is Dutch, which is not read"},
		"#policies": {"Second opinion of tiny-1b, on no verdict: Does the sentence cover that Meta Pixel receives this: Hashed e-mail address? No. It denies sharing the address with advertisers.",
			"Does the sentence cover that Cloudflare receives this: IP address? Unclear."},
		"#findings": {"Second opinion of tiny-1b, on no verdict"},
		"#flows":    {"second opinion of tiny-1b"},
		"#coverage": {"were sent to tiny-1b at http://127.0.0.1:11434/v1: 2 answers, 1 without one, 3 further questions not asked"},
	} {
		text := one(doc.Find(sel))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
	if href := doc.Find("#answers a").Last().AttrOr("href", ""); !strings.Contains(href, "cookies#settings") {
		t.Errorf("the choice's link is %q", href)
	}
	_, doc = render(t, &analyzer.Analysis{})
	if text := doc.Find("#answers").Text(); !strings.Contains(text, "none of the questions was answered") || doc.Find("#coverage h3:contains('second reader')").Length() != 0 {
		t.Errorf("an empty report says %q", text)
	}
}

// Labels, leaks and sensitive places stand in the report, and a page without
// them has no empty section.
func TestPeople(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	for sel, want := range map[string]string{
		"#labels tbody tr:nth-child(1)":    "user.segment",
		"#labels tbody tr:nth-child(2)":    "not seen leaving",
		"#behaviors tbody tr:nth-child(1)": "SHA-256 of lower case, in parameter udff[em]",
		"#behaviors tbody tr:nth-child(2)": "not known",
		"#behaviors tbody tr:nth-child(3)": "and 1 more",
		"#form-2":                          "Sensitive place: checkout (address: checkout, field: payment_card, title: checkout)",
		"#pages":                           "Sensitive place: checkout",
		"#flows":                           "sensitive places among them: checkout",
	} {
		if text := doc.Find(sel).Text(); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: %.300s", sel, want, text)
		}
	}
	if n := doc.Find("#behaviors tbody tr").Length(); n != 3 {
		t.Errorf("%d behaviours, want 3: what the site itself receives is none", n)
	}
	_, doc = render(t, &analyzer.Analysis{})
	for _, sel := range []string{"#labels", "#behaviors", "a[href='#labels']"} {
		if doc.Find(sel).Length() > 0 {
			t.Errorf("an empty report has %s", sel)
		}
	}
}

// Findings of one rule that weigh the same stand in one card, with one remedy;
// the answer names the first of them.
func TestCards(t *testing.T) {
	a := reporttest.Shop()
	first := a.Findings[0]
	first.Rule, first.Severity, first.Outcome, first.Remediation, first.Message, first.Statements = "R-1", "critical", "differs", "Stop it.", "Says little.", nil
	a.Findings = nil
	for i := range 9 {
		f := first
		f.ID, f.Title, f.SuggestedText = fmt.Sprintf("R-1.%d", i), fmt.Sprintf("Thing %d goes somewhere", i), "one | row\nanother | row\n"
		a.Findings = append(a.Findings, f)
	}
	other := first
	other.ID, other.Rule, other.Title, other.Remediation = "R-2.0", "R-2", "Another thing", "Name it."
	a.Findings = append(a.Findings, other)
	_, doc := render(t, a)
	if n := doc.Find("#findings > .finding").Length(); n != 2 {
		t.Errorf("%d cards, want 2", n)
	}
	card := doc.Find("#findings > .finding").First()
	if shown, folded := card.ChildrenFiltered("article").Length(), card.Find("details.more article").Length(); shown != 6 || folded != 3 {
		t.Errorf("%d findings shown and %d folded, want 6 and 3", shown, folded)
	}
	if n := strings.Count(card.Text(), "Stop it."); n != 1 {
		t.Errorf("the remedy stands %d times in its card", n)
	}
	if n := card.Find("#finding-1 dd br").Length(); n != 1 {
		t.Errorf("the two rows of the suggested text have %d breaks", n)
	}
	var titles []string
	doc.Find("ol.first h3 a[href^='#finding-']").Each(func(_ int, s *goquery.Selection) { titles = append(titles, s.Text()) })
	if want := []string{"Thing 0 goes somewhere", "Another thing", "Thing 1 goes somewhere", "Thing 2 goes somewhere", "Thing 3 goes somewhere"}; !slices.Equal(titles, want) {
		t.Errorf("what to do first is %q, want one of each rule and then further ones: %q", titles, want)
	}
}

// A report of another tool's recording says so, and does not take what the
// recording cannot hold for something that is not there.
func TestRecording(t *testing.T) {
	_, doc := render(t, reporttest.Recorded())
	body := strings.Join(strings.Fields(doc.Find("body").Text()), " ")
	for _, want := range []string{
		"Candor did not visit the site", "shop.har", "HAR 1.2, written by WebInspector 537.36", "recorded by another tool", "Another tool recorded the pages above",
		"Not in itforms, storage", "In it in partcookies",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	for _, wrong := range []string{"A browser visited the pages", "Nothing was found in browser storage", "No form", "robots.txt", "sandbox", "Forms were not filled in"} {
		if strings.Contains(body, wrong) {
			t.Errorf("the report says %q", wrong)
		}
	}
	for id, want := range map[string]string{"storage": "holds none", "forms": "holds none", "cookies": "holds a part"} {
		if text := doc.Find("section#" + id).Text(); !strings.Contains(text, want) {
			t.Errorf("the section %s does not say %q", id, want)
		}
	}
	_, visited := render(t, reporttest.Shop())
	if text := visited.Find("body").Text(); strings.Contains(text, "recording that this report was made of") || strings.Contains(text, "Candor did not visit") {
		t.Error("the report of a visit speaks of a recording")
	}
}

func TestLinksResolve(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			t.Errorf("id %q appears twice", id)
		}
		ids[id] = true
	})
	doc.Find("a[href^='#'], use[href^='#']").Each(func(_ int, s *goquery.Selection) {
		if href := s.AttrOr("href", ""); !ids[href[1:]] {
			t.Errorf("link %q leads nowhere", href)
		}
	})
	doc.Find("[aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
		if !ids[s.AttrOr("aria-labelledby", "")] {
			t.Errorf("aria-labelledby %q names nothing", s.AttrOr("aria-labelledby", ""))
		}
	})
	rep := reports.New(reporttest.Shop())
	if n := doc.Find("article[id^=finding-]").Length(); n != len(rep.Findings) {
		t.Errorf("%d findings shown, want %d", n, len(rep.Findings))
	}
	doc.Find("article[id^=finding-]").Each(func(i int, s *goquery.Selection) {
		if s.Find("a[href^='#flow-']").Length() == 0 && !strings.Contains(s.Text(), "_old_ab") && !strings.Contains(s.Text(), "n10") {
			t.Errorf("finding %q links to no flow", s.Find("h3, h4").First().Text())
		}
	})
	if n := doc.Find(".flow").Length(); n != len(rep.Flows) {
		t.Errorf("%d flows shown, want %d", n, len(rep.Flows))
	}
	doc.Find("a[href^='http']").Each(func(_ int, s *goquery.Selection) {
		if rel := s.AttrOr("rel", ""); rel != "noreferrer noopener nofollow" {
			t.Errorf("outside link %q has rel %q", s.AttrOr("href", ""), rel)
		}
	})
	if doc.Find("a[href*='#:~:text=']").Length() == 0 {
		t.Error("no sentence links to its place in the text")
	}
}

// loads are the attributes that make a browser fetch something.
var loads = []string{"src", "srcset", "data", "poster", "background", "action", "formaction", "style", "ping", "manifest"}

func TestNothingFromOutside(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	for _, attr := range loads {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			if v := s.AttrOr(attr, ""); attr == "style" || strings.Contains(v, ":") || strings.HasPrefix(v, "//") {
				t.Errorf("<%s %s=%q> loads from outside", goquery.NodeName(s), attr, v)
			}
		})
	}
	if doc.Find("iframe,object,embed,base,form,link:not([rel=icon])").Length() > 0 {
		t.Error("the page embeds something")
	}
	if regexp.MustCompile(`@import|url\(`).MatchString(style) {
		t.Error("the style loads something")
	}
	csp := doc.Find("meta[http-equiv='Content-Security-Policy']").AttrOr("content", "")
	for kind, text := range map[string]string{"style-src": doc.Find("style").Text(), "script-src": doc.Find("script").Text()} {
		sum := sha256.Sum256([]byte(text))
		want := fmt.Sprintf("%s 'sha256-%s'", kind, base64.StdEncoding.EncodeToString(sum[:]))
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q does not allow the page's own %s", csp, want)
		}
	}
	if !strings.HasPrefix(csp, "default-src 'none'; img-src data: 'self'; ") {
		t.Errorf("policy is %q", csp)
	}
}

// census counts the elements and attributes of a page. Text decides neither.
func census(doc *goquery.Document) map[string]int {
	n := map[string]int{}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		n[goquery.NodeName(s)]++
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				n["@"+a.Key]++
			}
		}
	})
	return n
}

func TestHostileTextStaysText(t *testing.T) {
	_, benign := render(t, reporttest.Shop())
	page, doc := render(t, reporttest.Hostile())
	want, got := census(benign), census(doc)
	for name, n := range got {
		switch name {
		case "span", "p", "strong", "a", "div", "dd", "dt", "img", "li", "ul", "details", "summary", "br", "tr", "td", "th", "rect", "use", "svg", "code", "table", "tbody", "thead", "caption", "blockquote", "article", "h3", "h4", "dl":
			continue // how many there are follows from lengths and links
		}
		if n != want[name] {
			t.Errorf("%d <%s>, want %d as in the benign page", n, name, want[name])
		}
	}
	for _, name := range []string{"script", "style", "@onerror", "@style"} {
		if got[name] != want[name] {
			t.Errorf("%d %s, want %d", got[name], name, want[name])
		}
	}
	doc.Find("img").Each(func(_ int, s *goquery.Selection) { t.Errorf("a hostile path became an image: %q", s.AttrOr("src", "")) })
	doc.Find("[href]").Each(func(_ int, s *goquery.Selection) {
		href := s.AttrOr("href", "")
		if !regexp.MustCompile(`^(#[a-z0-9-]+$|https?://|policies/[A-Za-z0-9._-]+$|data:,$)`).MatchString(href) {
			t.Errorf("href %q", href)
		}
	})
	for _, bad := range []string{"\x1b", "\x07", "\u202e", "<img src=x", "<script>alert", "ZgotmplZ"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(doc.Text(), "⟨U+202E⟩") {
		t.Error("the direction override is not shown")
	}
}

func TestEmptyAnalysis(t *testing.T) {
	_, doc := render(t, &analyzer.Analysis{})
	if text := doc.Find(".lede").Text(); !strings.Contains(text, "No page could be visited") {
		t.Errorf("answer is %q", text)
	}
	if doc.Find("section").Length() != 24 {
		t.Errorf("%d sections, want 24", doc.Find("section").Length())
	}
}

func TestSize(t *testing.T) {
	page, doc := render(t, reporttest.Large(1000))
	if n := doc.Find("article[id^=finding-]").Length(); n != 1000 {
		t.Fatalf("%d findings shown, want 1000", n)
	}
	t.Logf("1,000 findings on 1,000 flows: %d bytes", len(page))
	if len(page) > 2<<20 {
		t.Errorf("1,000 findings take %d bytes, more than 2 MB", len(page))
	}
}

func BenchmarkRender1000(b *testing.B) {
	rep := report(b, reporttest.Large(1000))
	for b.Loop() {
		if err := Render(new(bytes.Buffer), rep); err != nil {
			b.Fatal(err)
		}
	}
}

// The steps of a journey stand with the pages, and a form says where it was
// filled in.
func TestJourney(t *testing.T) {
	a := reporttest.Shop()
	a.Pages[0].Steps = []evidence.Step{{Line: 2, Do: "goto", Target: "https://a.test/login"}, {Line: 3, Do: "wait_for", Target: "text=Orders", Failure: "expected it within 20s"}}
	a.Seen.Forms[0].Typed = a.Pages[1].ID
	a.Pages[1].URL = "https://www.lantern-shop.test/other"
	_, doc := render(t, a)
	for sel, wants := range map[string][]string{
		"#pages": {"The journey", "goto https://a.test/login", "wait for text=Orders: not taken, expected it within 20s"},
		"#forms": {"Made-up values were typed into it or its like on https://www.lantern-shop.test/other; it was not submitted."},
	} {
		text := strings.Join(strings.Fields(doc.Find(sel).Text()), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
}
