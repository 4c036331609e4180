package crawler

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// needBrowser skips a test where there is no Chromium, loudly, and fails it on
// a build machine.
func needBrowser(t *testing.T) {
	t.Helper()
	if _, err := browser.Find(""); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
}

// testWords are words of the kinds that rules hold, few of each.
var testWords = Words{
	PageKinds: []KindWords{
		{Kind: "signup", Texts: []string{"sign up"}, Paths: []string{"signup"}},
		{Kind: "contact", Texts: []string{"contact"}, Paths: []string{"contact"}},
		{Kind: "form", Texts: []string{"book a demo"}, Paths: []string{"demo"}},
		{Kind: "careers", Texts: []string{"careers"}, Paths: []string{"careers"}},
		{Kind: "children", Texts: []string{"for kids"}, Paths: []string{"kids"}},
		{Kind: "health", Texts: []string{"health"}, Paths: []string{"health"}},
		{Kind: "product", Texts: []string{"products"}, Paths: []string{"products"}},
	},
	Notices: []KindWords{
		{Kind: "children", Texts: []string{"children's privacy"}, Paths: []string{"children-privacy"}},
		{Kind: "applicants", Texts: []string{"applicant privacy"}, Paths: []string{"applicant-privacy"}},
		{Kind: "state", Texts: []string{"california privacy"}, Paths: []string{"california-privacy"}},
		{Kind: "cookie", Texts: []string{"cookie policy", "cookie-richtlinie"}, Paths: []string{"cookie-policy", "cookie-richtlinie"}, Not: []string{"cookie settings"}},
		{Kind: "privacy", Texts: []string{"privacy policy", "privacy notice", "privacy"}, Paths: []string{"privacy-policy", "privacy"}, Not: []string{"privacy settings"}},
		{Kind: "terms", Texts: []string{"terms of use"}, Paths: []string{"terms"}},
	},
	WellKnown: []string{"/privacy-policy", "/privacy"},
}

// crawled is a crawl with what its bundle holds.
type crawled struct {
	err    error
	dir    string
	server *webtest.Server
	events []Event
	reader *evidence.Reader
	pages  []evidence.Page
	docs   []evidence.Document
	gaps   []evidence.Gap
}

// options send every host to the server, quickly.
func options(server *webtest.Server) Options {
	return Options{
		Pages: 30, Tabs: 2, HostDelay: -1, PageTimeout: time.Minute, Insecure: true, NoSandbox: os.Geteuid() == 0,
		HostMap: []HostMapping{{"*", server.Addr()}}, DNS: server.NamesAddr(), Words: testWords, ToolVersion: "1.2-test",
	}
}

// scan runs a crawl to its end and reads its bundle. onEvent may be nil.
func scan(ctx context.Context, t *testing.T, server *webtest.Server, target Target, o Options, onEvent func(Event)) *crawled {
	t.Helper()
	needBrowser(t)
	c := &crawled{server: server, dir: filepath.Join(t.TempDir(), "evidence")}
	w, err := evidence.Create(c.dir, evidence.Meta{ScanID: "test", URLs: target.URLs})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	o.Progress = func(e Event) {
		mu.Lock()
		c.events = append(c.events, e)
		mu.Unlock()
		if onEvent != nil {
			onEvent(e)
		}
	}
	c.err = Crawl(ctx, target, o, w)
	if err := w.Close(func(m *evidence.Meta) { m.Complete = c.err == nil }); err != nil {
		t.Fatal(err)
	}
	if c.reader, err = evidence.Open(c.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.reader.Close() })
	c.pages, c.docs, c.gaps = all(t, c.reader.Pages()), all(t, c.reader.Documents()), all(t, c.reader.Gaps())
	if err := c.reader.Verify(); err != nil {
		t.Error(err)
	}
	return c
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// page is the record of an address, which must be there exactly once.
func (c *crawled) page(t *testing.T, url string) evidence.Page {
	t.Helper()
	var found []evidence.Page
	for _, p := range c.pages {
		if p.URL == url {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Errorf("%d records of %s; there are %v", len(found), url, c.urls())
		return evidence.Page{}
	}
	return found[0]
}

func (c *crawled) urls() []string {
	var out []string
	for _, p := range c.pages {
		out = append(out, p.URL)
	}
	slices.Sort(out)
	return out
}

// gap is the first gap of a kind whose What or Why holds a text.
func (c *crawled) gap(t *testing.T, kind, text string) evidence.Gap {
	t.Helper()
	for _, g := range c.gaps {
		if g.Kind == kind && strings.Contains(g.What+" "+g.Why, text) {
			return g
		}
	}
	t.Errorf("no gap of kind %q about %q; there are %+v", kind, text, c.gaps)
	return evidence.Gap{}
}

func (c *crawled) asked(url string) bool {
	return slices.ContainsFunc(c.server.Log(), func(r webtest.Request) bool { return r.URL == url })
}

// onePagePDF is a PDF of one line of text.
func onePagePDF(line string) []byte {
	text := "BT /F1 12 Tf 72 700 Td (" + line + ") Tj ET"
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n" +
		"4 0 obj<</Length " + strconv.Itoa(len(text)) + ">>stream\n" + text + "\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n" +
		"trailer<</Root 1 0 R>>\n%%EOF\n")
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// harbour is an organisation whose site has several kinds of page and notice.
const harbour = `
-- www.harbour.test/robots.txt --
User-agent: *
Disallow: /private/
Sitemap: https://www.harbour.test/sitemap-index.xml
-- www.harbour.test/sitemap-index.xml --
<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://www.harbour.test/pages.xml.gz</loc></sitemap></sitemapindex>
-- www.harbour.test/index.html --
<!doctype html><html lang="en"><title>Harbour</title><h1>Boats for hire</h1>
<nav>
<a href="/products/red-small-dinghy">1</a> <a href="/products/blue-small-dinghy">2</a> <a href="/products/green-small-dinghy">3</a>
<a href="/products/red-large-dinghy">4</a> <a href="/products/blue-large-dinghy">5</a> <a href="/products/green-large-dinghy">6</a>
<a href="/products/old-red-dinghy">7</a> <a href="/products/old-blue-dinghy">8</a> <a href="/products/old-green-dinghy">9</a>
<a href="/contact">Contact</a> <a href="/signup">Sign up</a> <a href="/careers">Careers</a> <a href="/kids">For kids</a>
<a href="/private/ledger">Ledger</a> <a href="/logout">Log out</a> <a href="https://elsewhere.test/">Friends</a>
</nav>
<div id="app"></div>
<script>
setTimeout(function () {
  document.getElementById('app').innerHTML = '<a href="/demo">Book a demo</a><footer><a href="/legal/privacy">Privacy policy</a> <a href="/de/cookie-richtlinie">Cookie-Richtlinie</a>' +
    ' <a href="/files/applicant-privacy.pdf">Applicant privacy</a> <a href="/kids/children-privacy">Children\'s privacy</a> <a href="/terms">Terms of use</a> <a href="/us/california-privacy">California privacy notice</a></footer>';
}, 300);
</script>
-- www.harbour.test/contact.html --
<!doctype html><title>Contact</title><form method="post" action="/send"><label>E-mail <input type="email" name="mail"></label><button>Send</button></form>
-- www.harbour.test/signup.html --
<!doctype html><title>Sign up</title><form><input type="password" name="p"></form>
-- www.harbour.test/legal/privacy.html --
<!doctype html><html lang="en"><title>Privacy policy</title><h1>Privacy policy</h1><p>We collect your name.</p>
<details><summary>Recipients</summary><p>We share it with Anchor Ltd.</p></details>
<script>document.body.insertAdjacentHTML('beforeend', '<p>Added by a script.</p>')</script>
-- www.harbour.test/legal/privacy.html.headers --
Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT
-- www.harbour.test/de/cookie-richtlinie.html --
<!doctype html><html lang="de"><title>Cookie-Richtlinie</title><p>Wir setzen das Cookie „anker“ für 30 Tage.</p>
-- www.harbour.test/kids/children-privacy.html --
<!doctype html><title>Children's privacy</title><iframe src="https://notices.host.test/harbour"></iframe>
-- notices.host.test/harbour.html --
<!doctype html><title>Notice</title><p>We ask a parent before a child may sail.</p>
-- www.harbour.test/_any --
<!doctype html><title>A page</title><p>Some text.</p>
-- www.harbour.test/_any.headers --
Content-Type: text/html; charset=utf-8
-- elsewhere.test/index.html --
<!doctype html><title>Elsewhere</title>
`

var applicantPDF = onePagePDF("We keep applications for six months.")

func harbourSite() fs.FS {
	return webtest.Overlay(webtest.MustText(harbour), fstest.MapFS{
		"www.harbour.test/pages.xml.gz": {Data: zipped(`<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
			<url><loc>https://www.harbour.test/health/seasick</loc></url><url><loc>https://www.harbour.test/private/from-sitemap</loc></url></urlset>`)},
		"www.harbour.test/files/applicant-privacy.pdf": {Data: applicantPDF},
	})
}

func TestCrawlSite(t *testing.T) {
	server := webtest.Start(t, harbourSite())
	o := options(server)
	o.Pages = 15
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.harbour.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	base := "https://www.harbour.test"

	t.Run("names of the site's own hosts alone", func(t *testing.T) {
		names := all(t, c.reader.Names())
		if !slices.ContainsFunc(names, func(n evidence.Name) bool { return n.Host == "www.harbour.test" && !n.NotFound }) {
			t.Errorf("DNS was not asked for the start page's host: %+v", names)
		}
		for _, n := range names {
			if evidence.Site(n.Host) != "harbour.test" {
				t.Errorf("DNS was asked for %s", n.Host)
			}
		}
	})
	t.Run("kinds of page before the first links", func(t *testing.T) {
		for path, kind := range map[string]string{
			"/": "home", "/contact": "contact", "/signup": "signup", "/careers": "careers", "/kids": "children", "/demo": "form", "/health/seasick": "health",
			"/legal/privacy": "policy", "/de/cookie-richtlinie": "policy", "/kids/children-privacy": "policy", "/terms": "policy",
			"/us/california-privacy": "policy",
		} {
			if p := c.page(t, base+path); p.Kind != kind || p.Ended != "quiet" || p.Status != 200 {
				t.Errorf("%s: %q, ended %q with status %d: %s", path, p.Kind, p.Ended, p.Status, p.Failure)
			}
		}
		if p := c.page(t, base+"/health/seasick"); p.LinkedFrom != "sitemap" {
			t.Errorf("the page of the sitemap is linked from %q", p.LinkedFrom)
		}
		if p := c.page(t, base+"/demo"); p.LinkedFrom != base+"/" || p.Depth != 1 {
			t.Errorf("the link of the script: from %q, depth %d", p.LinkedFrom, p.Depth)
		}
		if len(c.pages) != 15 {
			t.Errorf("%d pages of a budget of 15: %v", len(c.pages), c.urls())
		}
	})
	t.Run("what is not visited", func(t *testing.T) {
		for _, url := range []string{base + "/private/ledger", base + "/private/from-sitemap", base + "/logout", "https://elsewhere.test/"} {
			if c.asked(url) {
				t.Errorf("%s was asked for", url)
			}
		}
		c.gap(t, "robots", "/private/ledger")
		c.gap(t, "budget", "Raise --pages")
	})
	t.Run("notices", func(t *testing.T) {
		type notice struct{ kind, url, text, region string }
		var got []notice
		for _, d := range c.docs {
			n := notice{kind: d.Kind, url: d.FinalURL}
			for _, l := range d.LinkedFrom {
				if l.Page == base+"/" {
					n.text, n.region = l.Text, l.Region
				}
			}
			got = append(got, n)
		}
		slices.SortFunc(got, func(a, b notice) int { return strings.Compare(a.kind, b.kind) })
		want := []notice{
			{"applicants", base + "/files/applicant-privacy.pdf", "Applicant privacy", "footer"},
			{"children", base + "/kids/children-privacy", "Children's privacy", "footer"},
			{"cookie", base + "/de/cookie-richtlinie", "Cookie-Richtlinie", "footer"},
			{"privacy", base + "/legal/privacy", "Privacy policy", "footer"},
			{"state", base + "/us/california-privacy", "California privacy notice", "footer"},
			{"terms", base + "/terms", "Terms of use", "footer"},
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %+v\nwant %+v", got, want)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		for _, d := range c.docs {
			served := applicantPDF
			if !strings.HasSuffix(d.FinalURL, ".pdf") {
				path := strings.TrimPrefix(d.FinalURL, "https://")
				var err error
				if served, err = fs.ReadFile(harbourSite(), path+".html"); err != nil {
					served, err = fs.ReadFile(harbourSite(), "www.harbour.test/_any")
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			raw, err := c.reader.ReadFile(d.Raw)
			if err != nil || !bytes.Equal(raw, served) {
				t.Errorf("%s: %d bytes are kept of the %d that were served: %v", d.FinalURL, len(raw), len(served), err)
			}
			if sum := sha256.Sum256(raw); d.RawSHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: hash %s", d.FinalURL, d.RawSHA256)
			}
		}
		privacy := c.doc(t, "privacy")
		dom, err := c.reader.ReadFile(privacy.DOM)
		if err != nil || !strings.Contains(string(dom), "Added by a script.") || !strings.Contains(string(dom), "Anchor Ltd") {
			t.Errorf("after scripts: %s, %v", dom, err)
		}
		if privacy.LastModified != "Mon, 02 Nov 2026 10:00:00 GMT" || privacy.Language != "en" || privacy.MIMEType != "text/html" || privacy.Title != "Privacy policy" || privacy.Status != 200 {
			t.Errorf("%+v", privacy)
		}
		if d := c.doc(t, "cookie"); d.Language != "de" {
			t.Errorf("the cookie policy's language is %q", d.Language)
		}
		if d := c.doc(t, "applicants"); d.MIMEType != "application/pdf" || d.Status != 200 {
			t.Errorf("%+v", d)
		}
		frames := c.doc(t, "children").Frames
		if len(frames) != 1 || frames[0].URL != "https://notices.host.test/harbour" {
			t.Fatalf("frames of the notice: %+v", frames)
		}
		if dom, err := c.reader.ReadFile(frames[0].DOM); err != nil || !strings.Contains(string(dom), "We ask a parent") {
			t.Errorf("%s, %v", dom, err)
		}
	})
	t.Run("screenshots and events", func(t *testing.T) {
		for _, p := range c.pages {
			if data, err := c.reader.ReadFile(p.Screenshot); err != nil || !bytes.HasPrefix(data, []byte("\xff\xd8")) {
				t.Errorf("%s: screenshot %q, %v", p.URL, p.Screenshot, err)
			}
		}
		count := map[string]int{}
		for _, e := range c.events {
			count[e.Kind]++
			if e.Done > e.Planned {
				t.Errorf("%d of %d visits are done: %+v", e.Done, e.Planned, e)
			}
		}
		if count["start"] != 1 || count["page-start"] != 15 || count["page-done"] != 15 || count["document"] != 6 || count["done"] != 1 {
			t.Errorf("events: %v", count)
		}
	})
}

func (c *crawled) doc(t *testing.T, kind string) evidence.Document {
	t.Helper()
	i := slices.IndexFunc(c.docs, func(d evidence.Document) bool { return d.Kind == kind })
	if i < 0 {
		t.Fatalf("no %s notice in %+v", kind, c.docs)
	}
	return c.docs[i]
}

// What the person says of the site counts: that robots.txt need not be asked,
// which other domains are the organisation's, how far to go.
func TestOwnSite(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.mine.test/robots.txt --
User-agent: *
Disallow: /
-- www.mine.test/index.html --
<!doctype html><title>Mine</title><a href="/one">One</a> <a href="https://mine-shop.test/">Shop</a> <a href="https://shop.mine-shop.test/cart">Cart</a> <a href="https://other.test/">Other</a>
-- www.mine.test/one.html --
<!doctype html><title>One</title><a href="/two">Two</a>
-- www.mine.test/two.html --
<!doctype html><title>Two</title><a href="/three">Three</a>
-- mine-shop.test/index.html --
<!doctype html><title>Shop</title>
-- shop.mine-shop.test/cart.html --
<!doctype html><title>Cart</title>
`))
	o := options(server)
	o.IgnoreRobots, o.Depth = true, 2
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.mine.test/"}, OwnDomains: []string{"mine-shop.test"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	want := []string{"https://mine-shop.test/", "https://shop.mine-shop.test/cart", "https://www.mine.test/", "https://www.mine.test/one", "https://www.mine.test/two"}
	if got := c.urls(); !slices.Equal(got, want) {
		t.Errorf("visited %v, want %v", got, want)
	}
	o.IgnoreRobots = false
	c = scan(t.Context(), t, server, Target{URLs: []string{"https://www.mine.test/"}}, o, nil)
	if !errors.Is(c.err, ErrStart) || !strings.Contains(c.err.Error(), "--own-site") || len(c.pages) != 0 {
		t.Errorf("robots.txt: %v, %v", c.err, c.urls())
	}
	c.gap(t, "robots", "robots.txt does not allow it")
}
