package frontier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"candor/crawler/evidence"

	"github.com/google/go-cmp/cmp"
)

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct{ start, want string }{
		{"", "write one such as https://www.example.com/"},
		{"ftp://example.com/", "write https://… or http://…"},
		{"mailto:a@example.com", "write https://… or http://…"},
		{"javascript:alert(1)", "write https://… or http://…"},
		{"exa mple", "is not an address"},
		{"example", "names no host"},
		{"https://", "is not an address"},
		{"https://example.com/" + strings.Repeat("a", 2000), "longer than 2000 bytes"},
	} {
		_, err := New(Options{Start: []string{tt.start}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("New(%.40q) = %v, want an error with %q", tt.start, err, tt.want)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New without a start address: want an error")
	}
	if _, err := New(Options{Start: []string{"a.test"}, OwnDomains: []string{"ftp://b.test"}}); err == nil || !strings.Contains(err.Error(), "own domain") {
		t.Errorf("New with a wrong own domain: %v", err)
	}
}

func TestNewCompletes(t *testing.T) {
	f := mustNew(t, Options{Start: []string{"Example.test", "http://user:pw@www.example.test:80/a/../b#c", "localhost:8080/x", "127.0.0.1:99"}})
	want := []string{"https://example.test/", "http://www.example.test/b", "https://localhost:8080/x", "https://127.0.0.1:99/"}
	if d := cmp.Diff(want, f.Start()); d != "" {
		t.Error(d)
	}
}

// The budget goes to different kinds first; 500 products take none of it.
func TestBudgetSpread(t *testing.T) {
	var home []string
	for i := range 500 {
		home = append(home, fmt.Sprintf("/products/item-%03d|Item %d", i, i))
	}
	home = append(home, "/blog|Blog", "/jobs|Careers", "/kontakt|Contact us", "/cart|Basket", "/newsletter|Newsletter", "/kids|Kids",
		"/about|About", "/team|Team", "/privacy|Privacy policy", "/cookies|Cookies", "/terms|Terms")
	pages := map[string]string{"shop.test/": links(home...)}
	for _, h := range home {
		href, _, _ := strings.Cut(h, "|")
		pages["shop.test"+href] = links("/")
	}
	w := newWeb(pages)
	o := options(w, "https://shop.test/")
	o.Pages = 14
	f := mustNew(t, o)
	items := crawl(t, w, f)
	want := []string{"/", "/privacy", "/cookies", "/terms", "/newsletter", "/cart", "/kontakt", "/jobs", "/kids", "/blog",
		"/products/item-000", "/about", "/team", "/products/item-001"}
	if d := cmp.Diff(want, paths(items)); d != "" {
		t.Error(d)
	}
	kinds := []string{"home", "policy", "policy", "policy", "signup", "checkout", "contact", "careers", "children", "blog", "page", "page", "page", "page"}
	if d := cmp.Diff(kinds, kindsOf(items)); d != "" {
		t.Error(d)
	}
	if items[0].ID != "p0001" || items[13].ID != "p0014" || items[1].Notice != "privacy" || items[1].LinkedFrom != "https://shop.test/" || items[1].Depth != 1 {
		t.Errorf("items: %+v", items[:2])
	}
	if g := gapWith(f.Gaps(), "--pages"); g == nil || g.Kind != "budget" || !strings.Contains(g.Why, "498 addresses") {
		t.Errorf("budget gap: %+v", g)
	}
	if f.Planned() != 14 {
		t.Errorf("Planned() = %d, want 14", f.Planned())
	}
	again := mustNew(t, o)
	if d := cmp.Diff(items, crawl(t, w, again), cmp.AllowUnexported(Item{})); d != "" {
		t.Errorf("a second crawl differs:\n%s", d)
	}
	if !reflect.DeepEqual(f.Gaps(), again.Gaps()) || !reflect.DeepEqual(f.Notices(), again.Notices()) {
		t.Error("gaps or notices of a second crawl differ")
	}
}

// The privacy policy is visited whatever the budget.
func TestPrivacyBeyondBudget(t *testing.T) {
	w := newWeb(map[string]string{"a.test/": links("/x|X", "/privacy|Privacy", "/terms|Terms"), "a.test/privacy": "", "a.test/x": "", "a.test/terms": ""})
	o := options(w, "a.test")
	o.Pages = 1
	got := paths(crawl(t, w, mustNew(t, o)))
	if d := cmp.Diff([]string{"/", "/privacy"}, got); d != "" {
		t.Error(d)
	}
}

// A notice that cannot be loaded gives its turn to the next candidate.
func TestFailedNotice(t *testing.T) {
	w := newWeb(map[string]string{"a.test/": links("/privacy-policy|Privacy policy", "/legal/privacy|Our privacy promise"), "a.test/legal/privacy": "here"})
	f := mustNew(t, options(w, "a.test"))
	if d := cmp.Diff([]string{"/", "/privacy-policy", "/legal/privacy"}, paths(crawl(t, w, f))); d != "" {
		t.Error(d)
	}
}

// Links that only exist after scripts come through Done, and count.
func TestLinksAfterScripts(t *testing.T) {
	w := newWeb(map[string]string{"a.test/": "<div id=app></div>", "a.test/datenschutz-neu": "x"})
	f := mustNew(t, options(w, "a.test"))
	ctx := t.Context()
	if err := f.Seed(ctx); err != nil {
		t.Fatal(err)
	}
	item, err := f.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f.Done(item, Visited{FinalURL: item.URL, Links: []evidence.Link{{URL: "https://a.test/datenschutz-neu", Text: "Datenschutz", Region: "footer"}}})
	next, err := f.Next(ctx)
	if err != nil || next.Notice != "privacy" {
		t.Fatalf("Next = %+v, %v; want the privacy notice", next, err)
	}
	n := f.Notices()
	if len(n) != 1 || n[0].LinkedFrom[0] != (evidence.DocLink{Page: "https://a.test/", Text: "Datenschutz", Region: "footer"}) {
		t.Errorf("Notices = %+v", n)
	}
}

func TestScope(t *testing.T) {
	w := newWeb(map[string]string{
		"www.a.test/":  links("https://shop.a.test/|Shop", "https://b.test/|B", "https://other.test/|Other", "https://a.test.evil.test/|Evil", "http://nota.test/|No", "/x|X"),
		"www.a.test/x": "", "shop.a.test/": "", "b.test/": "",
	})
	o := options(w, "https://www.a.test/")
	o.OwnDomains = []string{"b.test"}
	var got []string
	for _, i := range crawl(t, w, mustNew(t, o)) {
		got = append(got, i.URL)
	}
	want := []string{"https://www.a.test/", "https://www.a.test/x", "https://shop.a.test/", "https://b.test/"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A start address that leads to another site means that site.
func TestStartLeadsElsewhere(t *testing.T) {
	w := newWeb(map[string]string{"new.test/": links("/x|X", "https://third.test/|T"), "new.test/x": links("/away|Away")})
	w.pages["old.test/"] = redirect("https://new.test/")
	w.pages["new.test/away"] = redirect("https://third.test/")
	w.pages["third.test/"] = text(200, links("/deep|Deep"))
	f := mustNew(t, options(w, "old.test"))
	if d := cmp.Diff([]string{"/", "/x", "/away"}, paths(crawl(t, w, f))); d != "" {
		t.Error(d)
	}
	if g := gapWith(f.Gaps(), "leads to new.test"); g == nil {
		t.Errorf("no gap tells of the other site: %+v", f.Gaps())
	}
}

// Final and canonical addresses de-duplicate; a repeat gives its visit back.
func TestDuplicates(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/":    links("/one|1", "/two|2", "/three|3", "/four|4", "/five|5"),
		"a.test/one": "<link rel=canonical href=/two>", "a.test/two": "", "a.test/three": "", "a.test/five": "<link rel=canonical href=/>",
	})
	w.pages["a.test/four"] = redirect("/three")
	o := options(w, "a.test")
	o.Pages = 5
	got := paths(crawl(t, w, mustNew(t, o)))
	if d := cmp.Diff([]string{"/", "/one", "/three", "/four", "/five"}, got); d != "" {
		t.Error(d)
	}
	o.Pages = 4 // /four repeats /three and is given back
	if d := cmp.Diff([]string{"/", "/one", "/three", "/four", "/five"}, paths(crawl(t, w, mustNew(t, o)))); d != "" {
		t.Error(d)
	}
}

// A site where every page is a repeat ends.
func TestRepeatsEnd(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("/p%c%c|x", 'a'+i/10, 'a'+i%10))
	}
	w := newWeb(map[string]string{"a.test/": links(many...)})
	w.pages["a.test/*"] = redirect("/")
	o := options(w, "a.test")
	o.Pages = 6
	if n := len(crawl(t, w, mustNew(t, o))); n != 12 {
		t.Errorf("%d visits, want twice the budget of 6", n)
	}
}

func TestDepth(t *testing.T) {
	w := newWeb(map[string]string{"a.test/": links("/1|x"), "a.test/1": links("/2|x", "/privacy|Privacy policy"), "a.test/2": links("/3|x"), "a.test/3": "", "a.test/privacy": ""})
	o := options(w, "a.test")
	o.Depth, o.Words.WellKnown = 1, nil
	if d := cmp.Diff([]string{"/", "/1", "/privacy"}, paths(crawl(t, w, mustNew(t, o)))); d != "" {
		t.Error(d)
	}
}

// Endless calendars, pagination and queries end by their bounds, not by the
// budget.
func TestTrapsEnd(t *testing.T) {
	n := 0
	w := newWeb(map[string]string{"robots.txt": ""})
	w.pages["a.test/robots.txt"] = text(404, "")
	w.pages["a.test/*"] = func(rw http.ResponseWriter, r *http.Request) {
		n++
		text(200, links(fmt.Sprintf("/cal/2026/%02d/%02d|d", n%12+1, n%28+1), fmt.Sprintf("/list?page=%d|n", n), fmt.Sprintf("/f?a=%d&b=%d|f", n, n*7),
			"x/x2/|deeper", fmt.Sprintf("/s;jsessionid=%d|s", n)))(rw, r)
	}
	o := options(w, "https://a.test/")
	o.Pages = 200
	f := mustNew(t, o)
	items := crawl(t, w, f)
	if len(items) > 40 {
		t.Errorf("%d visits of an endless site: %v", len(items), paths(items))
	}
	count := func(pattern string) (n int) {
		for _, p := range paths(items) {
			if regexp.MustCompile(pattern).MatchString(p) {
				n++
			}
		}
		return n
	}
	if c, l, q, s := count(`^/cal/2026/\d\d/\d\d$`), count(`^/list`), count(`^/f\?`), count(`^/s`); c != maxDated || l != maxDated || q != maxQueries || s != 1 {
		t.Errorf("calendar %d, list %d, queries %d, session %d", c, l, q, s)
	}
	for _, reason := range []string{"repeat themselves", "queries of a path"} {
		if g := gapWith(f.Gaps(), reason); g == nil || g.Kind != "bound" {
			t.Errorf("no gap with %q: %+v", reason, f.Gaps())
		}
	}
}

// "/p/7" may be a page of a list or a product. Others go first, and what is left
// of the budget is for them.
func TestNumberedPages(t *testing.T) {
	pages, numbered := map[string]string{}, []string{"/about|About", "/lamps|Lamps"}
	for i := range 18 {
		pages[fmt.Sprintf("a.test/p/%d", i+1)] = ""
		numbered = append(numbered, fmt.Sprintf("/p/%d|Thing", i+1))
	}
	pages["a.test/"], pages["a.test/about"], pages["a.test/lamps"] = links(numbered...), "", ""
	w := newWeb(pages)
	o := options(w, "a.test")
	o.Pages, o.MaxPerShape, o.Words.WellKnown = 20, 10, nil
	f := mustNew(t, o)
	got := paths(crawl(t, w, f))
	if n := strings.Count(strings.Join(got, " "), "/p/"); n != o.MaxPerShape {
		t.Errorf("%d of the numbered pages, want %d: %v", n, o.MaxPerShape, got)
	}
	if i, j := slices.Index(got, "/lamps"), slices.Index(got, "/p/3"); i < 0 || j < i {
		t.Errorf("numbered pages before others: %v", got)
	}
	if g := gapWith(f.Gaps(), "8 addresses were found and not visited"); g == nil || g.Kind != "bound" {
		t.Errorf("what was left out is not told: %+v", f.Gaps())
	}
}

// Next hands out only the start page while Seed runs, then waits for visits
// under way.
func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(map[string]string{"a.test/": links("/x|X")})
		gate := make(chan struct{})
		w.pages["a.test/sitemap.xml"] = func(rw http.ResponseWriter, r *http.Request) { <-gate; rw.WriteHeader(404) }
		f := mustNew(t, options(w, "a.test"))
		ctx := t.Context()
		seeded := make(chan error, 1)
		go func() { seeded <- f.Seed(ctx) }()
		home, err := f.Next(ctx)
		if err != nil || home.Kind != KindHome {
			t.Fatalf("Next = %+v, %v", home, err)
		}
		got := make(chan Item)
		go func() {
			item, err := f.Next(ctx)
			if err != nil {
				t.Error(err)
			}
			got <- item
		}()
		synctest.Wait()
		select {
		case item := <-got:
			t.Fatalf("Next gave %+v while Seed was running", item)
		default:
		}
		close(gate)
		if err := <-seeded; err != nil {
			t.Fatal(err)
		}
		x := <-got
		if !strings.HasSuffix(x.URL, "/x") {
			t.Fatalf("Next = %+v", x)
		}
		done := make(chan error)
		go func() { _, err := f.Next(ctx); done <- err }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("Next ended with %v while visits might add links", err)
		default:
		}
		f.Done(home, Visited{FinalURL: home.URL})
		f.Done(x, Visited{Failed: true})
		if err := <-done; !errors.Is(err, io.EOF) {
			t.Fatalf("Next = %v, want io.EOF", err)
		}
	})
}

func TestNextEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(map[string]string{"a.test/": ""})
		f := mustNew(t, options(w, "a.test"))
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := f.Next(ctx); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { _, err := f.Next(ctx); done <- err }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("Next = %v", err)
		}
		if err := f.Seed(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("Seed = %v", err)
		}
	})
}

func TestPoliteness(t *testing.T) {
	for _, tt := range []struct {
		name, robots string
		respect      bool
		want         time.Duration
	}{
		{"delay of the options", "", true, 300 * time.Millisecond},
		{"robots.txt asks for more", "User-agent: *\nCrawl-delay: 2", true, 2 * time.Second},
		{"bounded", "User-agent: *\nCrawl-delay: 3600", true, 10 * time.Second},
		{"for another robot", "User-agent: other\nCrawl-delay: 5", true, 300 * time.Millisecond},
		{"own site", "User-agent: *\nCrawl-delay: 5", false, 300 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWeb(map[string]string{"a.test/robots.txt": tt.robots, "a.test/": links("/a|a", "/b|b", "/c|c", "/privacy|Privacy policy")})
				o := options(w, "a.test")
				o.HostDelay, o.RespectRobots, o.SeedTimeout = 300*time.Millisecond, tt.respect, time.Hour
				f := mustNew(t, o)
				if err := f.Seed(t.Context()); err != nil {
					t.Fatal(err)
				}
				var last time.Time
				for i := range 4 {
					item, err := f.Next(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if d := time.Since(last); i > 0 && d != tt.want {
						t.Errorf("visit %d after %s, want %s", i, d, tt.want)
					}
					last = time.Now()
					f.Done(item, Visited{FinalURL: item.URL})
				}
			})
		})
	}
}

func TestHostTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(map[string]string{"a.test/": links("/a|a", "/b|b", "https://b.a.test/z|z")})
		o := options(w, "a.test")
		o.HostTabs = 2
		f := mustNew(t, o)
		if err := f.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		var first Item
		for i := range 3 {
			item, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = item
			}
			got = append(got, item.URL)
		}
		if d := cmp.Diff([]string{"https://a.test/", "https://a.test/a", "https://b.a.test/z"}, got); d != "" {
			t.Error("the third visit should go to a host with a free slot:", d)
		}
		next := make(chan Item)
		go func() {
			item, err := f.Next(t.Context())
			if err != nil {
				t.Error(err)
			}
			next <- item
		}()
		synctest.Wait()
		select {
		case item := <-next:
			t.Fatalf("a third visit of one host: %+v", item)
		default:
		}
		f.Done(first, Visited{FinalURL: first.URL})
		if item := <-next; item.URL != "https://a.test/b" {
			t.Errorf("after a slot was freed: %+v", item)
		}
	})
}

// Several workers beside Seed, on a real server over loopback: every page once.
func TestWorkers(t *testing.T) {
	var home []string
	pages := map[string]string{}
	for i := range 30 {
		p := fmt.Sprintf("/w%c%c", 'a'+i/26, 'a'+i%26)
		home = append(home, p+"|page")
		pages["many.test"+p] = links("/", "/privacy|Privacy")
	}
	pages["many.test/"] = links(home...)
	pages["many.test/privacy"] = "p"
	w := newWeb(pages)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		h := w.pages[r.Host+r.URL.RequestURI()]
		w.mu.Unlock()
		if h == nil {
			h = text(404, "")
		}
		h(rw, r)
	}))
	defer srv.Close()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
		},
	}
	defer transport.CloseIdleConnections()
	o := options(w, "https://many.test/")
	o.Client, o.Pages, o.HostTabs = &http.Client{Transport: transport}, 20, 4
	f := mustNew(t, o)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen []string
	)
	wg.Go(func() {
		if err := f.Seed(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for range 4 {
		wg.Go(func() {
			for {
				item, err := f.Next(t.Context())
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				seen = append(seen, item.URL)
				mu.Unlock()
				f.Planned()
				f.Gaps()
				f.Done(item, w.visit(item))
			}
		})
	}
	wg.Wait()
	if len(seen) != 20 || seen[0] != "https://many.test/" || !slices.Contains(seen, "https://many.test/privacy") {
		t.Errorf("%d visits: %v", len(seen), seen)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 20 {
		t.Error("an address was handed out twice")
	}
}

// A start page may be a notice itself: by its address before the visit, by its
// title after it. Whatever its links say, it is the first of its kind.
func TestStartIsNotice(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/eu-privacy": links("/privacy-policy|Privacy policy"), "a.test/privacy-policy": "",
		"b.test/p/17": "", "cookies.c.test/": links("/news|News"), "cookies.c.test/news": "",
	})
	f := mustNew(t, options(w, "a.test/eu-privacy", "b.test/p/17", "cookies.c.test"))
	var named []string
	items := crawl(t, w, f)
	for _, i := range items {
		named = append(named, i.URL+" "+i.Notice+f.Named(i, "Terms of use | B"))
		if !i.Start && f.Named(i, "Terms of use") != "" {
			t.Errorf("%s is no start page", i.URL)
		}
	}
	want := []string{
		"https://a.test/eu-privacy privacyterms", "https://b.test/p/17 terms", "https://cookies.c.test/ cookieterms",
		"https://a.test/privacy-policy privacy", "https://cookies.c.test/news ",
	}
	slices.Sort(named)
	slices.Sort(want)
	if d := cmp.Diff(want, slices.DeleteFunc(named, func(s string) bool { return s == "https://a.test/ " || s == "https://b.test/ " })); d != "" {
		t.Error(d)
	}
	first := map[string]Notice{}
	for _, n := range f.Notices() {
		if _, ok := first[n.Kind]; !ok {
			first[n.Kind] = n
		}
	}
	for kind, url := range map[string]string{"privacy": "https://a.test/eu-privacy", "cookie": "https://cookies.c.test/"} {
		if n := first[kind]; n.URL != url || len(n.LinkedFrom) == 0 || n.LinkedFrom[0].Page != "start" {
			t.Errorf("%s: %+v", kind, n)
		}
	}
}

// Visits that the frontier did not choose count for a host's limit, and what
// waits for their place is not lost.
func TestEnter(t *testing.T) {
	f := mustNew(t, Options{Start: []string{"https://www.example.test/"}, HostDelay: -1, HostTabs: 1})
	if err := f.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	leave, err := f.Enter(t.Context(), "www.example.test")
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := f.Enter(stopped, "www.example.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second visit of a host that takes one: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the place is taken: %v, expected to wait", err)
	}
	leave()
	leave() // counts once
	if _, err := f.Next(t.Context()); err != nil {
		t.Errorf("the visit that waited for the place: %v", err)
	}
}
