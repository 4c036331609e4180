package crawler

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"candor/crawler/webtest"
)

// Notices come in other ways than as a page of the site that links to them.
const ways = `
-- www.ways.test/index.html --
<!doctype html><html lang="en"><title>Ways</title>
<a href="/get?doc=privacy">Privacy policy</a> <a href="/save/terms">Terms of use</a> <a href="https://cookies.hosted.test/policy/ways">Cookie policy</a>
<a href="https://www.google.test/privacy">Privacy</a> <a href="/gone/children-privacy.pdf">Children's privacy</a>
-- www.ways.test/get.headers --
file: _pdf
Content-Type: application/pdf
-- www.ways.test/save/terms.headers --
file: _pdf
Content-Type: application/pdf
Content-Disposition: attachment; filename="terms.pdf"
-- cookies.hosted.test/policy/ways.html --
<!doctype html><html lang="en"><title>Hosted</title><div id="app">Loading</div>
<script>document.getElementById('app').textContent = 'This site sets the cookie oar.'; document.cookie = 'hosted=1'; new Image().src = 'https://px.vendor.test/p.gif'</script>
-- px.vendor.test/_any --
-- www.google.test/privacy.html --
<!doctype html><title>Somebody else's</title>
-- www.ways.test/_any --
<!doctype html><title>A page</title>
-- www.ways.test/_any.headers --
Content-Type: text/html
-- www.ways.test/gone/_any.headers --
status: 410
`

func TestOtherWaysToNotices(t *testing.T) {
	pdf := onePagePDF("We keep it short.")
	server := webtest.Start(t, webtest.Overlay(webtest.MustText(ways), fstest.MapFS{"_pdf": {Data: pdf}}))
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.ways.test/"}}, options(server), nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	for kind, url := range map[string]string{"privacy": "https://www.ways.test/get?doc=privacy", "terms": "https://www.ways.test/save/terms"} {
		d := c.doc(t, kind)
		raw, err := c.reader.ReadFile(d.Raw)
		if d.URL != url || d.MIMEType != "application/pdf" || err != nil || !bytes.Equal(raw, pdf) || len(d.LinkedFrom) != 1 {
			t.Errorf("the PDF at %s: %+v, %d bytes, %v", url, d, len(raw), err)
		}
	}
	hosted := c.doc(t, "cookie")
	dom, err := c.reader.ReadFile(hosted.DOM)
	if hosted.URL != "https://cookies.hosted.test/policy/ways" || err != nil || !strings.Contains(string(dom), "This site sets the cookie oar.") {
		t.Errorf("the notice that another host serves, after scripts: %+v, %s, %v", hosted, dom, err)
	}
	for _, d := range c.docs {
		if strings.Contains(d.URL, "google") {
			t.Errorf("another organisation's notice was taken: %+v", d)
		}
	}
	// What the hosting site collects from its reader is not the scanned site's.
	for _, q := range all(t, c.reader.Requests()) {
		if strings.Contains(q.URL, "hosted.test") || strings.Contains(q.URL, "vendor.test") {
			t.Errorf("recorded as the site's: %s", q.URL)
		}
	}
	for _, k := range all(t, c.reader.Cookies()) {
		t.Errorf("a cookie: %+v", k)
	}
	if g := c.gap(t, "http_status", "/gone/children-privacy.pdf"); !strings.Contains(g.Why, "status 410") {
		t.Errorf("%+v", g)
	}
}

// Without any link the well-known addresses are asked, and a start page that is
// a notice is kept, by its address or by its title.
func TestNoticesWithoutLinks(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.quiet.test/index.html --
<!doctype html><title>Quiet</title><p>No links at all.</p>
-- www.quiet.test/privacy.html --
<!doctype html><title>How we treat data</title><p>We keep your name.</p>
-- www.named.test/index.html --
<!doctype html><title>Cookie policy | Named</title><p>We set a cookie.</p>
-- www.there.test/terms.html --
<!doctype html><title>There</title><p>You agree.</p>
`))
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.quiet.test/", "https://www.named.test/", "https://www.there.test/terms"}}, options(server), nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	for kind, want := range map[string][2]string{
		"privacy": {"https://www.quiet.test/privacy", "well-known"}, "cookie": {"https://www.named.test/", "start"}, "terms": {"https://www.there.test/terms", "start"},
	} {
		d := c.doc(t, kind)
		if d.FinalURL != want[0] || len(d.LinkedFrom) != 1 || d.LinkedFrom[0].Page != want[1] {
			t.Errorf("%s: %+v, want %v", kind, d, want)
		}
	}
}

func TestNoNotice(t *testing.T) {
	server := webtest.Start(t, webtest.MustText("-- www.bare.test/index.html --\n<!doctype html><title>Bare</title><p>Nothing.</p>\n"))
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.bare.test/"}}, options(server), nil)
	if c.err != nil || len(c.docs) != 0 {
		t.Fatalf("%v, %+v", c.err, c.docs)
	}
	c.gap(t, "policy", "no link, sitemap entry or well-known address led to a notice")
}

// The same bytes at one final address are one notice, whatever leads there.
func TestOneNoticeByManyAddresses(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.many.test/index.html --
<!doctype html><title>Many</title><a href="/privacy">Privacy</a> <a href="/privacy#top">Privacy policy</a> <footer><a href="/old-privacy-policy">Privacy policy</a></footer>
-- www.many.test/old-privacy-policy.headers --
redirect: /privacy
-- www.many.test/privacy.html --
<!doctype html><title>Privacy policy</title><p>We keep your name.</p>
`))
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.many.test/"}}, options(server), nil)
	if c.err != nil || len(c.docs) != 1 {
		t.Fatalf("%v, %+v", c.err, c.docs)
	}
	texts := map[string]bool{}
	for _, l := range c.docs[0].LinkedFrom {
		texts[l.Page+" "+l.Text+" "+l.Region] = true
	}
	for _, want := range []string{"https://www.many.test/ Privacy ", "https://www.many.test/ Privacy policy ", "https://www.many.test/ Privacy policy footer"} {
		if !texts[want] {
			t.Errorf("no link %q in %v", want, texts)
		}
	}
}

// What is kept are the bytes as served, whatever their charset, although the
// browser gives texts decoded.
func TestNoticeBytes(t *testing.T) {
	served := map[string]string{
		"/privacy": "<!doctype html><meta charset=windows-1252><title>Datenschutz</title><p>Gr\xfc\xdfe \x96 f\xfcr \x80 5",
		"/terms":   "\xef\xbb\xbf<!doctype html><title>Terms</title><p>Café",
		"/cookies": "<!doctype html><meta charset=utf-8><title>Cookies</title><p>caf\xe9",
	}
	server := webtest.Start(t, nil)
	server.Handle("www.bytes.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		body, ok := served[r.URL.Path]
		if !ok && r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if !ok {
			body = "<!doctype html><title>Bytes</title><a href='/privacy'>Privacy policy</a><a href='/terms'>Terms of use</a><a href='/cookies'>Cookie policy</a>"
		}
		_, _ = io.WriteString(w, body)
	}))
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.bytes.test/"}}, options(server), nil)
	if c.err != nil || len(c.docs) != 3 {
		t.Fatalf("%v, %+v", c.err, c.docs)
	}
	for _, d := range c.docs {
		raw, err := c.reader.ReadFile(d.Raw)
		path := strings.TrimPrefix(d.URL, "https://www.bytes.test")
		if err != nil || string(raw) != served[path] {
			t.Errorf("%s: %q is kept, %v", d.URL, raw, err)
		}
	}
	if len(c.gaps) > 0 {
		t.Errorf("gaps: %+v", c.gaps)
	}
}
