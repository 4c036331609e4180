package crawler

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"candor/crawler/webtest"
)

func TestHostMappings(t *testing.T) {
	addr := netip.MustParseAddrPort
	mappings := []HostMapping{
		{"*", addr("127.0.0.1:1")}, {"*.shop.test", addr("127.0.0.1:2")}, {"www.shop.test", addr("127.0.0.1:3")},
		{"*.cdn.shop.test", addr("[::1]:4")}, {"gone.test", netip.AddrPort{}},
	}
	if got, want := hostRules(mappings), "MAP www.shop.test 127.0.0.1:3, MAP gone.test ~NOTFOUND, MAP *.cdn.shop.test [::1]:4, MAP *.shop.test 127.0.0.1:2, MAP * 127.0.0.1:1"; got != want {
		t.Errorf("for Chromium: %s\nwant %s", got, want)
	}
	for host, want := range map[string]string{
		"www.shop.test": "127.0.0.1:3", "WWW.shop.test.": "127.0.0.1:3", "a.shop.test": "127.0.0.1:2", "a.cdn.shop.test": "[::1]:4",
		"shop.test": "127.0.0.1:1", "xshop.test": "127.0.0.1:1", "gone.test": "invalid AddrPort",
	} {
		for _, m := range bySpecificity(mappings) {
			if hostMatches(m.Pattern, host) {
				if m.Addr.String() != want {
					t.Errorf("%s goes to %s by %q, want %s", host, m.Addr, m.Pattern, want)
				}
				break
			}
		}
	}
}

// The client of Candor's own fetches goes where the browser goes.
func TestClient(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.shop.test/index.html --
start
-- www.shop.test/index.html.headers --
Set-Cookie: wide=1; Domain=test
Set-Cookie: own=1; Domain=shop.test
-- www.shop.test/loop.headers --
redirect: /loop
`))
	o := options(server)
	o.HostMap = append(o.HostMap, HostMapping{"gone.test", netip.AddrPort{}})
	o.Headers = map[string]string{"X-Preview": "yes"}
	o.Cookies = []PresetCookie{{"preset", "7", "shop.test"}, {"start", "8", ""}}
	client, err := Client(o, "www.shop.test")
	if err != nil {
		t.Fatal(err)
	}
	get := func(url string) (string, error) {
		resp, err := client.Get(url)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	for _, url := range []string{"https://www.shop.test/", "http://www.shop.test/"} {
		if body, err := get(url); err != nil || body != "start\n" {
			t.Errorf("%s: %q, %v", url, body, err)
		}
	}
	log := server.Log()
	if h := log[0].Header; h.Get("X-Preview") != "yes" || h.Get("Cookie") != "preset=7; start=8" {
		t.Errorf("first request: %v", h)
	}
	if got := log[1].Header.Get("Cookie"); got != "preset=7; start=8; own=1" {
		t.Errorf("a cookie for a whole public suffix was kept, or one of its own lost: %q", got)
	}
	if _, err := get("https://gone.test/"); !errors.As(err, new(*net.DNSError)) {
		t.Errorf("a host that does not resolve: %v", err)
	}
	if _, err := get("https://www.shop.test/loop"); err == nil || !strings.Contains(err.Error(), "more than 10 redirects") {
		t.Errorf("an endless redirect: %v", err)
	}
	o.Insecure = false
	if client, err = Client(o, "www.shop.test"); err != nil {
		t.Fatal(err)
	}
	if _, err := get("https://www.shop.test/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	o.Proxy = "://"
	if _, err := Client(o); err == nil || !strings.Contains(err.Error(), "proxy") {
		t.Errorf("a broken proxy: %v", err)
	}
}

// What the person asked for reaches the server from the browser, and from
// Candor's own fetches.
func TestPresets(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.preview.test/index.html --
<!doctype html><title>Preview</title><script src="https://static.preview.test/a.js"></script><img src="https://px.vendor.test/p.gif">
<a href="/terms.pdf">Terms of use</a>
-- www.preview.test/terms.pdf --
%PDF-1.4
-- static.preview.test/a.js --
document.title += navigator.webdriver + navigator.userAgent
-- px.vendor.test/p.gif --
x
`))
	o := options(server)
	o.Identify, o.Language = true, "de-DE,de"
	o.Headers = map[string]string{"X-Preview": "secret"}
	o.Cookies = []PresetCookie{{"preview", "yes", "preview.test"}, {"host", "only", ""}}
	c := scan(t.Context(), t, server, Target{URLs: []string{"www.preview.test"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	info := c.reader.Meta().Browser
	if !info.Identified || !strings.HasSuffix(info.UserAgent, " Candor/1.2-test") || info.Language != "de-DE,de" || info.ThirdPartyCookies != "allowed" || info.Product == "" {
		t.Errorf("the bundle says of the browser: %+v", info)
	}
	if p := c.page(t, "https://www.preview.test/"); !strings.HasPrefix(p.Title, "Previewfalse") || !strings.HasSuffix(p.Title, "Candor/1.2-test") {
		t.Errorf("title %q", p.Title)
	}
	fromBrowser := map[string]bool{}
	for _, r := range server.Log() {
		if !strings.HasSuffix(r.Host, ".test") {
			continue // what Chromium says by itself
		}
		if got := r.Header.Get("X-Preview"); got != "secret" {
			t.Errorf("%s: header %q", r.URL, got)
		}
		if got := r.Header.Get("User-Agent"); got != info.UserAgent {
			t.Errorf("%s: user agent %q", r.URL, got)
		}
		cookies := strings.Split(r.Header.Get("Cookie"), "; ")
		slices.Sort(cookies)
		want := map[string]string{"www.preview.test": "host=only preview=yes", "static.preview.test": "preview=yes"}[r.Host]
		if got := strings.Join(cookies, " "); got != want {
			t.Errorf("%s: cookies %q, want %q", r.URL, got, want)
		}
		if r.Header.Get("Sec-Fetch-Mode") != "" {
			fromBrowser[r.Host] = true
			if got := r.Header.Get("Accept-Language"); !strings.HasPrefix(got, "de-DE,de") {
				t.Errorf("%s: language %q", r.URL, got)
			}
		}
	}
	if len(fromBrowser) != 3 || !c.asked("https://www.preview.test/terms.pdf") {
		t.Errorf("the browser asked %v only", fromBrowser)
	}
}

// The default is a visitor's browser.
func TestVisitorsBrowser(t *testing.T) {
	server := webtest.Start(t, webtest.MustText("-- www.plain.test/index.html --\n<!doctype html><title>Plain</title>\n"))
	c := scan(t.Context(), t, server, Target{URLs: []string{"http://www.plain.test/"}}, options(server), nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	seen := 0
	for _, r := range server.Log() {
		if agent := r.Header.Get("User-Agent"); strings.Contains(agent, "Headless") || strings.Contains(agent, "Candor") || !strings.Contains(agent, "Chrome/") {
			t.Errorf("%s: user agent %q", r.URL, agent)
		} else {
			seen++
		}
	}
	if info := c.reader.Meta().Browser; seen == 0 || info.Identified {
		t.Errorf("%d requests, %+v", seen, info)
	}
	if p := c.page(t, "http://www.plain.test/"); p.FinalURL != "http://www.plain.test/" {
		t.Errorf("an http start address became %s", p.FinalURL)
	}
}
