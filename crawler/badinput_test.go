package crawler

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// closedPort is an address that refuses connections.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return addr
}

// bad is an address that cannot be visited, with the gap that must say so.
type bad struct {
	name, url string
	kind, why string // of the gap
	ended     string // of the page's record; "" when there is none
}

var badInputs = []bad{
	{"does not resolve", "http://nowhere.rough.test/", "dns", "the host name does not resolve", ""},
	{"refuses", "http://closed.rough.test/", "refused", "the host does not accept connections", ""},
	{"times out", "http://www.rough.test/silent", "timeout", "the server did not answer in time", "failed"},
	{"403", "http://www.rough.test/forbidden", "http_status", "the server answered with status 403", "failed"},
	{"bot wall", "http://www.rough.test/bot-wall", "bot_wall", "it is not gone round", "failed"},
	{"CAPTCHA", "http://www.rough.test/captcha", "bot_wall", "it is not gone round", "failed"},
	{"redirects for ever", "http://www.rough.test/redirect-loop", "redirect_loop", "the address redirects without end", "failed"},
	{"is a download", "http://www.rough.test/file", "not_html", "the server sent no page: a download or no content", "failed"},
	{"has no content", "http://www.rough.test/no-content", "not_html", "the server answered 204: no content", "failed"},
	{"is JSON", "http://www.rough.test/data", "not_html", "the server sent no HTML page but application/json", "quiet"},
	{"never ends", "http://www.rough.test/endless", "timeout", "the page was still busy when its time was up", "budget"},
	{"asks for a password", "http://www.rough.test/auth", "http_status", "the server answered with status 401", "failed"},
	{"has an unknown certificate", "https://unknown.rough.test/", "certificate", "nobody that the browser trusts vouches for the certificate (--insecure accepts it)", "failed"},
}

// rough serves them. The site is on http, since only a scan without --insecure
// sees certificates.
func rough(t *testing.T) (*webtest.Server, Options) {
	t.Helper()
	server := webtest.Start(t, nil)
	hostile := webtest.Hostile()
	server.Handle("*.rough.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			page := "<!doctype html><title>Rough</title><h1>Rough</h1>"
			for _, b := range badInputs {
				page += "<a href='" + b.url + "'>" + b.name + "</a> "
			}
			_, _ = w.Write([]byte(page + "<a href='http://www.rough.test/fine'>fine</a><a href='http://www.rough.test/charset'>broken charset</a>"))
		case "/forbidden":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<!doctype html><title>No</title><p>Forbidden.</p>"))
		case "/data":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"a":1}`))
		case "/fine":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<!doctype html><title>Fine</title><p>Fine.</p>"))
		case "/robots.txt", "/sitemap.xml", "/favicon.ico":
			http.NotFound(w, r)
		default:
			hostile.ServeHTTP(w, r)
		}
	}))
	o := options(server)
	o.Insecure = false
	o.PageTimeout = 3 * time.Second
	o.HostMap = append(o.HostMap, HostMapping{"nowhere.rough.test", netip.AddrPort{}}, HostMapping{"closed.rough.test", closedPort(t)})
	return server, o
}

func checkBad(t *testing.T, c *crawled, b bad) {
	t.Helper()
	g := c.gap(t, b.kind, b.url)
	if !strings.Contains(g.Why, b.why) {
		t.Errorf("the gap says %q, want %q", g.Why, b.why)
	}
	var found []evidence.Page
	for _, p := range c.pages {
		if p.URL == b.url {
			found = append(found, p)
		}
	}
	switch {
	case b.ended == "" && len(found) == 0:
	case len(found) != 1:
		t.Errorf("%d records", len(found))
	case found[0].Ended != b.ended || (found[0].Ended == "failed") != (found[0].Failure != ""):
		t.Errorf("ended %q, want %q: %s", found[0].Ended, b.ended, found[0].Failure)
	case g.Page != found[0].ID:
		t.Errorf("the gap is of page %q", g.Page)
	}
}

// One site that links to all of it: none of it ends the scan, each has its gap
// with a sentence, and the pages between are visited.
func TestBadInput(t *testing.T) {
	server, o := rough(t)
	o.Pages = 40
	c := scan(t.Context(), t, server, Target{URLs: []string{"http://www.rough.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	for _, b := range badInputs {
		t.Run(b.name, func(t *testing.T) { checkBad(t, c, b) })
	}
	for url, title := range map[string]string{"http://www.rough.test/": "Rough", "http://www.rough.test/fine": "Fine"} {
		// It may end by its budget, which is short here: a machine can be busy.
		if p := c.page(t, url); p.Failure != "" || p.Status != http.StatusOK || p.Title != title {
			t.Errorf("%s ended %q (%d %s) with title %q", url, p.Ended, p.Status, p.Failure, p.Title)
		}
	}
	if p := c.page(t, "http://www.rough.test/charset"); p.Failure != "" || !strings.HasPrefix(p.Title, "Caf") {
		t.Errorf("broken charset: %q, title %q, %s", p.Ended, p.Title, p.Failure)
	}
}

// As a start address, it is an error that says what is wrong.
func TestBadStart(t *testing.T) {
	for _, b := range badInputs {
		switch b.name {
		case "does not resolve", "refuses", "bot wall", "has an unknown certificate":
		default:
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			server, o := rough(t)
			o.Pages, o.Tabs = 1, 1
			c := scan(t.Context(), t, server, Target{URLs: []string{b.url}}, o, nil)
			checkBad(t, c, b)
			if !errors.Is(c.err, ErrStart) || !strings.Contains(c.err.Error(), b.why) {
				t.Errorf("the scan's error is %v, want %q", c.err, b.why)
			}
		})
	}
}

// A page of 500 MB, plain and as half a megabyte of gzip, is stopped on its
// way; what was seen of it is kept.
func TestHugePages(t *testing.T) {
	server, o := rough(t)
	o.Tabs, o.Pages, o.PageTimeout = 1, 2, time.Minute
	c := scan(t.Context(), t, server, Target{URLs: []string{"http://www.rough.test/huge", "http://www.rough.test/bomb"}}, o, nil)
	if c.err != nil {
		t.Error(c.err)
	}
	for _, url := range []string{"http://www.rough.test/huge", "http://www.rough.test/bomb"} {
		checkBad(t, c, bad{url, url, "too_large", "loading was stopped", "budget"})
		if p := c.page(t, url); p.DurationMS >= o.PageTimeout.Milliseconds() {
			t.Errorf("%s took its whole time", url)
		}
	}
}

func TestNoBrowser(t *testing.T) {
	server := webtest.Start(t, nil)
	o := options(server)
	o.BrowserPath = "/nowhere/chromium"
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.shop.test/"}}, o, nil)
	if c.err == nil || !strings.Contains(c.err.Error(), "/nowhere/chromium") {
		t.Errorf("a browser that is not there: %v", c.err)
	}
	c = scan(t.Context(), t, server, Target{}, options(server), nil)
	if c.err == nil || !strings.Contains(c.err.Error(), "no start address") {
		t.Errorf("no address: %v", c.err)
	}
	o = options(server)
	o.States = []evidence.State{"sideways"}
	c = scan(t.Context(), t, server, Target{URLs: []string{"https://www.shop.test/"}}, o, nil)
	if c.err == nil || !strings.Contains(c.err.Error(), `"sideways"`) {
		t.Errorf("an unknown state: %v", c.err)
	}
}
