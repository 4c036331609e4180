package crawler

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"candor/crawler/webtest"
)

const island = `
-- www.island.test/index.html --
<!doctype html><title>Island</title><a href="/privacy">Privacy policy</a> <a href="/contact">Contact</a> <a href="/signup">Sign up</a> <a href="/careers">Careers</a>
<a href="/kids">For kids</a> <a href="/terms">Terms of use</a><script>document.cookie = 'visitor=1; max-age=1000'</script>
-- www.island.test/privacy.html --
<!doctype html><title>Privacy policy</title><p>We count visitors.</p>
-- www.island.test/_any.html --
<!doctype html><title>A page</title><p>Some text.</p>
`

// A scan that is stopped in the middle of a visit keeps what it has.
func TestStoppedScan(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(island))
	stop := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	reached := make(chan struct{})
	server.Handle("slow.island.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" { // robots.txt and sitemaps
			http.NotFound(w, r)
			return
		}
		if r.Header.Get("Sec-Fetch-Mode") == "navigate" { // the browser's request, not the frontier's
			close(reached)
			<-r.Context().Done()
		}
	}))
	o := options(server)
	o.Tabs, o.PageTimeout = 1, 5*time.Minute
	started := ""
	c := scan(ctx, t, server, Target{URLs: []string{"https://www.island.test/", "https://www.island.test/privacy", "https://slow.island.test/"}}, o, func(e Event) {
		if e.Kind == "page-start" && strings.Contains(e.URL, "slow") {
			started = e.Page
			go func() { // the visit has begun, and its request has arrived
				select {
				case <-reached:
				case <-t.Context().Done():
				}
				cancel(stop)
			}()
		}
	})
	if !errors.Is(c.err, stop) {
		t.Errorf("the error is %v, want the cause of the stop", c.err)
	}
	if c.reader.Meta().Complete {
		t.Error("it is called complete")
	}
	for _, url := range []string{"https://www.island.test/", "https://www.island.test/privacy"} {
		if p := c.page(t, url); p.Ended != "quiet" || p.Requests == 0 {
			t.Errorf("%s ended %q", url, p.Ended)
		}
	}
	slow := c.page(t, "https://slow.island.test/")
	if slow.ID != started || slow.Ended != "failed" || slow.Failure != "the scan was stopped during this visit" {
		t.Errorf("the page that was under way: %+v", slow)
	}
	if g := c.gap(t, "interrupted", "page https://slow.island.test/"); g.Page != slow.ID {
		t.Errorf("%+v", g)
	}
	c.gap(t, "interrupted", "the rest of the site")
	if len(c.gaps) != 2 {
		t.Errorf("gaps: %+v", c.gaps)
	}
	if d := c.doc(t, "privacy"); d.URL != "https://www.island.test/privacy" || len(d.LinkedFrom) == 0 {
		t.Errorf("the notice that was visited: %+v", d)
	}
	cookies := all(t, c.reader.Cookies())
	if len(cookies) != 1 || cookies[0].Name != "visitor" || cookies[0].SetBy.Kind != "script" {
		t.Errorf("cookies: %+v", cookies)
	}
}

// A time limit ends a scan in the same way.
func TestScanThatIsStoppedAtOnce(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(island))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := scan(ctx, t, server, Target{URLs: []string{"https://www.island.test/"}}, options(server), nil)
	if !errors.Is(c.err, context.Canceled) || len(c.pages) != 0 {
		t.Errorf("%v, %d pages", c.err, len(c.pages))
	}
}

// children lists the processes that this one started, Chromium's main process
// among them. Only those may be killed: other tests run others.
func children(t *testing.T) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: it needs /proc")
	}
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it ended meanwhile
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			out = append(out, pid)
		}
	}
	return out
}

// The browser dies in the middle of a visit. It is started again and every
// page is visited.
func TestBrowserThatDies(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(island))
	var once sync.Once
	server.Handle("fatal.island.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if r.Header.Get("Sec-Fetch-Mode") != "" { // the browser's request, not the frontier's
			once.Do(func() {
				pids := children(t)
				if len(pids) != 1 {
					t.Errorf("%d children, want the browser only", len(pids))
				}
				for _, pid := range pids {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			})
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Fatal</title>"))
	}))
	o := options(server)
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.island.test/", "https://fatal.island.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	g := c.gap(t, "crash", "the browser")
	if !strings.Contains(g.Why, "started again with an empty cookie jar") {
		t.Errorf("%+v", g)
	}
	n := 0
	for _, g := range c.gaps {
		if g.Kind == "crash" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d gaps about it: %+v", n, c.gaps)
	}
	for _, path := range []string{"www.island.test/", "fatal.island.test/", "www.island.test/privacy", "www.island.test/contact", "www.island.test/signup", "www.island.test/careers", "www.island.test/kids", "www.island.test/terms"} {
		if p := c.page(t, "https://"+path); p.Ended != "quiet" {
			t.Errorf("%s ended %q: %s", path, p.Ended, p.Failure)
		}
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left behind: %v", left)
	}
}

// A browser that dies again and again ends the visits, not the scan.
func TestBrowserThatDiesAlways(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(island))
	server.Handle("fatal.island.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") != "" {
			for _, pid := range children(t) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}))
	o := options(server)
	o.Tabs = 1
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.island.test/", "https://fatal.island.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	p := c.page(t, "https://fatal.island.test/")
	if p.Ended != "failed" || p.Failure == "" {
		t.Errorf("the page that kills: %+v", p)
	}
	if g := c.gap(t, "crash", "page https://fatal.island.test/"); g.Page != p.ID {
		t.Errorf("%+v", g)
	}
	if p := c.page(t, "https://www.island.test/contact"); p.Ended != "quiet" {
		t.Errorf("after it: %q %s", p.Ended, p.Failure)
	}
}
