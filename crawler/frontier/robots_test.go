package frontier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRobotsRules(t *testing.T) {
	for _, tt := range []struct {
		name, robots string
		allow, deny  []string
	}{
		{"empty", "", []string{"/", "/x"}, nil},
		{"all", "User-agent: *\nDisallow: /", []string{"/robots.txt"}, []string{"/", "/x", "/x?y"}},
		{"empty disallow", "User-agent: *\nDisallow:", []string{"/"}, nil},
		{"prefix", "User-agent: *\nDisallow: /private", []string{"/", "/priv", "/x/private"}, []string{"/private", "/private/x", "/privateer"}},
		{"own group wins", "User-agent: *\nDisallow: /\n\nUser-agent: Candor\nDisallow: /x", []string{"/", "/y"}, []string{"/x"}},
		{"own group with version", "User-agent: candor/2.0\nDisallow: /x\n\nUser-agent: *\nDisallow: /", []string{"/"}, []string{"/x"}},
		{"own group is empty", "User-agent: *\nDisallow: /\nUser-agent: Candor\nDisallow:", []string{"/x"}, nil},
		{"prefix of our name is another robot", "User-agent: Can\nDisallow: /\n", []string{"/"}, nil},
		{"longer name is another robot", "User-agent: CandorPlus\nDisallow: /\n", []string{"/"}, nil},
		{"groups are joined", "User-agent: candor\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\nUser-agent: Candor\nDisallow: /b", []string{"/c"}, []string{"/a", "/b"}},
		{"several agents of a group", "User-agent: x\nUser-agent: *\nDisallow: /a", nil, []string{"/a"}},
		{"sitemap ends no group", "User-agent: x\nSitemap: https://a.test/s.xml\nUser-agent: *\nDisallow: /a", nil, []string{"/a"}},
		{"longest wins", "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", []string{"/a/b", "/a/b/x"}, []string{"/a", "/a/x", "/a/b/c"}},
		{"same length allows", "User-agent: *\nDisallow: /page\nAllow: /page", []string{"/page"}, nil},
		{"root of the same length allows", "User-agent: *\nDisallow: /\nAllow: /", []string{"/", "/x"}, nil},
		{"wildcard", "User-agent: *\nDisallow: /*.php", []string{"/x", "/php"}, []string{"/x.php", "/a/b.php?c"}},
		{"wildcard is anchored at the start", "User-agent: *\nDisallow: /a*b", []string{"/x/a1b"}, []string{"/a1b", "/ab"}},
		{"end", "User-agent: *\nDisallow: /*.php$", []string{"/x.php?y", "/x.php5"}, []string{"/x.php"}},
		{"exact", "User-agent: *\nDisallow: /x$", []string{"/x/", "/xy"}, []string{"/x"}},
		{"dollar inside is a character", "User-agent: *\nDisallow: /a$b", []string{"/a"}, []string{"/a$b"}},
		{"star alone", "User-agent: *\nDisallow: *", nil, []string{"/", "/x"}},
		{"query", "User-agent: *\nDisallow: /*?", []string{"/x"}, []string{"/x?y=1"}},
		{"no slash", "User-agent: *\nDisallow: x", []string{"/y"}, []string{"/x"}},
		{"escapes are the same", "User-agent: *\nDisallow: /a%3cd.html\nDisallow: /ü", []string{"/b"}, []string{"/a%3Cd.html", "/%C3%BC"}},
		{"comment and case", "# hello\nUSER-AGENT: * # all\ndisallow : /x # secret", []string{"/"}, []string{"/x"}},
		{"byte order mark, CR", "\ufeffUser-agent: *\rDisallow: /x\r", []string{"/"}, []string{"/x"}},
		{"rules before any agent bind nobody", "Disallow: /\nUser-agent: *\nDisallow: /x", []string{"/"}, []string{"/x"}},
		{"a bad line spoils nothing", "User-agent: *\nCrawl-delay: soon\n\x00\xff\nDisallow: /x", []string{"/"}, []string{"/x"}},
		{"html instead", "<!doctype html><title>User-agent: *</title>", []string{"/"}, nil},
	} {
		r := parseRobots([]byte(tt.robots))
		for _, p := range tt.allow {
			if !r.allows(mustURL(t, "https://a.test"+p)) {
				t.Errorf("%s: %s is refused", tt.name, p)
			}
		}
		for _, p := range tt.deny {
			if r.allows(mustURL(t, "https://a.test"+p)) {
				t.Errorf("%s: %s is allowed", tt.name, p)
			}
		}
	}
}

func TestRobotsExtras(t *testing.T) {
	r := parseRobots([]byte("Sitemap: https://a.test/1.xml\nUser-agent: *\nCrawl-delay: 1.5\nDisallow: /x\nsitemap: /2.xml\n"))
	if d := cmp.Diff([]string{"https://a.test/1.xml", "/2.xml"}, r.sitemaps); d != "" {
		t.Error(d)
	}
	if r.delay != 1500*time.Millisecond {
		t.Errorf("delay %s", r.delay)
	}
	for _, bad := range []string{"-1", "NaN", "x", "", "1e999"} {
		if d := parseRobots([]byte("User-agent: *\nCrawl-delay: " + bad)).delay; d < 0 || d > maxCrawlDelay {
			t.Errorf("Crawl-delay %q: %s", bad, d)
		}
	}
	many := "User-agent: *\n" + strings.Repeat("Disallow: /aaaaaaaaaaaaa\n", 50_000)
	if n := len(parseRobots([]byte(many)).rules); n != maxRobotRules {
		t.Errorf("%d rules kept", n)
	}
}

// A pattern of many stars takes no time to speak of.
func TestRobotsMatchIsBounded(t *testing.T) {
	start := time.Now()
	robotsMatch("/"+strings.Repeat("*a", 20_000)+"$", "/"+strings.Repeat("a", 1990)+"b")
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %s", d)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// What the answer to robots.txt means, and what the gap says.
func TestRobotsAnswers(t *testing.T) {
	page := text(200, links("/x|X"))
	for _, tt := range []struct {
		name    string
		robots  http.HandlerFunc
		visits  int
		gap, in string // kind, part of the sentence
	}{
		{"missing", text(404, ""), 2, "", ""},
		{"forbidden", text(403, ""), 2, "", ""},
		{"server error", text(503, ""), 0, "robots", "status 503"},
		{"refused", text(200, "User-agent: *\nDisallow: /"), 0, "robots", "--own-site"},
		{"redirected", redirect("/elsewhere.txt"), 1, "robots", "https://a.test/x"},
		{"redirects for ever", redirect("/robots.txt"), 2, "", ""},
		{"large", text(200, "User-agent: *\nDisallow: /x\n"+strings.Repeat("# padding\n", 100_000)), 1, "robots", "https://a.test/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(nil)
			w.pages["a.test/"] = page
			w.pages["a.test/x"] = text(200, "")
			w.pages["a.test/robots.txt"] = tt.robots
			w.pages["a.test/elsewhere.txt"] = text(200, "User-agent: *\nDisallow: /x")
			f := mustNew(t, options(w, "a.test"))
			if items := crawl(t, w, f); len(items) != tt.visits {
				t.Errorf("%d visits: %v", len(items), paths(items))
			}
			gaps := f.Gaps()
			if tt.gap == "" {
				if len(gaps) != 0 {
					t.Errorf("gaps: %+v", gaps)
				}
				return
			}
			if g := gapWith(gaps, tt.in); g == nil || g.Kind != tt.gap || !strings.Contains(g.Why, "--own-site") {
				t.Errorf("want a %s gap with %q, have %+v", tt.gap, tt.in, gaps)
			}
			own := options(w, "a.test")
			own.RespectRobots = false
			if items := crawl(t, w, mustNew(t, own)); len(items) != 2 {
				t.Errorf("own site: %v", paths(items))
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		err    error
		kind   string
		visits int
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "a.test", IsNotFound: true}}, "dns", 0},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, "refused", 0},
		{context.DeadlineExceeded, "timeout", 0},
		{errors.New("connection reset by peer"), "other", 0},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "certificate", 1}, // the browser decides
	} {
		w := newWeb(nil)
		o := options(w, "a.test")
		o.Client = &http.Client{Transport: failing{tt.err}}
		f := mustNew(t, o)
		if items := crawl(t, w, f); len(items) != tt.visits {
			t.Errorf("%v: %d visits", tt.err, len(items))
		}
		if i := len(f.Gaps()); i == 0 || f.Gaps()[0].Kind != tt.kind {
			t.Errorf("%v: gaps %+v", tt.err, f.Gaps())
		}
	}
}

// Thousands of refused addresses are one gap, and those of which none was tried
// any more another; a refused notice has its own.
func TestRefusalsAreGrouped(t *testing.T) {
	var home []string
	for i := range 3000 {
		home = append(home, fmt.Sprintf("/private/%c%c%c|x", 'a'+i%26, 'a'+i/26%26, 'a'+i/676))
	}
	home = append(home, "/private/privacy|Privacy policy", "/ok|OK")
	w := newWeb(map[string]string{"a.test/robots.txt": "User-agent: *\nDisallow: /private", "a.test/": links(home...), "a.test/ok": ""})
	f := mustNew(t, options(w, "a.test"))
	if d := cmp.Diff([]string{"/", "/ok"}, paths(crawl(t, w, f))); d != "" {
		t.Error(d)
	}
	gaps := f.Gaps()
	if len(gaps) != 3 {
		t.Fatalf("%d gaps: %+v", len(gaps), gaps)
	}
	if g := gapWith(gaps, "addresses of https://a.test"); g == nil || strings.Count(g.Why, "https://a.test/private/") != maxExamples {
		t.Errorf("gap: %+v", gaps)
	}
	if g := gapWith(gaps, "at most 60 wait"); g == nil || g.Kind != "bound" {
		t.Errorf("gap of the others: %+v", gaps)
	}
	if g := gapWith(gaps, "privacy notice https://a.test/private/privacy"); g == nil || g.Kind != "robots" {
		t.Errorf("gap of the notice: %+v", gaps)
	}
	if n := f.Notices(); len(n) != 0 {
		t.Errorf("a refused notice is offered: %+v", n)
	}
}

// Each new host is asked once, before its first page.
func TestRobotsOfEachHost(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/": links("https://b.a.test/1|1", "https://b.a.test/2|2", "https://c.a.test/|c"), "b.a.test/1": "", "b.a.test/2": "", "c.a.test/": "",
		"c.a.test/robots.txt": "User-agent: *\nDisallow: /",
	})
	f := mustNew(t, options(w, "a.test"))
	items := crawl(t, w, f)
	if len(items) != 3 {
		t.Errorf("%v", paths(items))
	}
	for _, host := range []string{"a.test", "b.a.test", "c.a.test"} {
		if n := w.count("GET " + host + "/robots.txt"); n != 1 {
			t.Errorf("robots.txt of %s was fetched %d times", host, n)
		}
	}
	if n := w.count("GET c.a.test/"); n != 1 {
		t.Error("a refused page was fetched")
	}
}

func TestAllowed(t *testing.T) {
	w := newWeb(map[string]string{"p.test/robots.txt": "User-agent: *\nDisallow: /no"})
	f := mustNew(t, options(w, "a.test"))
	if ok, err := f.Allowed(t.Context(), "https://p.test/yes.pdf"); !ok || err != nil {
		t.Errorf("yes: %t, %v", ok, err)
	}
	if ok, err := f.Allowed(t.Context(), "https://p.test/no.pdf"); ok || err != nil {
		t.Errorf("no: %t, %v", ok, err)
	}
	if g := gapWith(f.Gaps(), "p.test/no.pdf"); g == nil || g.Kind != "robots" {
		t.Errorf("gaps: %+v", f.Gaps())
	}
	if _, err := f.Allowed(t.Context(), "mailto:x"); err == nil {
		t.Error("a mail address is allowed")
	}
}

func FuzzRobots(f *testing.F) {
	for _, s := range []string{"User-agent: *\nDisallow: /*a*$\nAllow: /b", "\xef\xbb\xbfuser-agent:candor\rcrawl-delay:1e309\r\n\r\ndisallow:%", "Sitemap:\nSitemap: x\nuser-agent", "User-agent: *\nDisallow: ***$$\n", "disallow: /\nuser-agent: *: *"} {
		f.Add([]byte(s), "/a/b?c=%41")
	}
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := parseRobots(body)
		if len(r.rules) > maxRobotRules || r.delay < 0 || r.delay > maxCrawlDelay || len(r.sitemaps) > maxRobotsLinks {
			t.Fatalf("out of bounds: %d rules, %s, %d sitemaps", len(r.rules), r.delay, len(r.sitemaps))
		}
		u, err := parse(nil, "https://a.test"+path)
		if err != nil {
			return
		}
		again := parseRobots(body)
		if got, want := again.allows(u), r.allows(u); got != want {
			t.Fatalf("%t, then %t", want, got)
		}
	})
}

func TestFaultOfIsBounded(t *testing.T) {
	kind, clause := faultOf(errors.New(strings.Repeat("ä\n", 1000)))
	if kind != "other" || len([]rune(clause)) > 161 || strings.Contains(clause, "\n") {
		t.Errorf("%s: %q", kind, clause)
	}
}
