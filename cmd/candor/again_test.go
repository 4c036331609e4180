package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
	"candor/reports"
	"candor/rules"
)

// killBrowser ends the processes that this one started: the browser.
func killBrowser(t *testing.T) {
	if n, err := killChildren(os.Getpid()); err != nil || n == 0 {
		t.Error("no browser was there to be killed: ", err)
	}
}

// killChildren ends (SIGKILL) the processes that one started, and counts them.
func killChildren(parent int) (killed int, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
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
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			killed++
		}
	}
	return killed, nil
}

// TestLookingAgain scans a shop with a real browser. One tracker is there each
// time, another one for the first visitor only, and the browser dies in the first
// look that follows.
func TestLookingAgain(t *testing.T) {
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("no Chromium or Chrome on this machine: looking again was NOT tested")
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil && os.Getenv("CI") == "" {
		t.Skip("SKIPPED, nothing was tested: it needs /proc")
	}
	server := webtest.Start(t, webtest.MustText(`
-- www.shop.test/index.html --
<!doctype html><title>Shop</title><link rel="icon" href="data:,"><a href="/privacy">Privacy policy</a><script src="https://tags.shop.test/tags.js"></script><script>
const say = (u) => { new Image().src = u; new Image().src = u + '&again=1'; };
say('https://www.google-analytics.com/collect?v=1&tid=UA-1&cid=123456789.1700000000&dl=' + encodeURIComponent(location.href));
if (window.pixel) say('https://www.facebook.com/tr?id=1&ev=PageView&fbp=fb.1.1700000000000.1234567890&dl=' + encodeURIComponent(location.href));
</script>
-- www.shop.test/privacy.html --
<!doctype html><title>Privacy policy</title><link rel="icon" href="data:,"><h1>Privacy policy</h1><p>Last updated: 1 March 2026.</p>
<p>We collect your email address when you write to us. We do not use Google Analytics. We do not use the Meta Pixel.</p>
-- www.google-analytics.com/collect --
-- www.facebook.com/tr --
`))
	var looks atomic.Int32
	var once sync.Once
	server.Handle("tags.shop.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		// Each visitor asks for it once: none may bring what another was given.
		if k, err := r.Cookie("met"); err == nil {
			t.Errorf("a further look brings the cookie %s", k)
		}
		http.SetCookie(w, &http.Cookie{Name: "met", Value: "1", MaxAge: 3600})
		if looks.Load() == 0 {
			_, _ = w.Write([]byte("window.pixel = true"))
			return
		}
		once.Do(func() { killBrowser(t) })
	}))
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	args := []string{"scan", "https://www.shop.test/", "--host-map", server.HostMap(), "--dns", server.NamesAddr().String(), "--insecure", "--out", out, "--tabs", "1", "--states", "none", "--revisits", "2", "--quiet", "--format", "json"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	stages := wired()
	stages.LookAgain = func(ctx context.Context, target crawler.Target, visits []crawler.Again, o crawler.Options, ws ...*evidence.Writer) []error {
		looks.Add(int32(len(ws)))
		return crawler.LookAgain(ctx, target, visits, o, ws...)
	}
	runStages(t, stages, exitOK, args...)
	rep := readReportOf(t, out)
	if looks.Load() != 2 {
		t.Fatalf("%d further looks, want 2", looks.Load())
	}
	find := func(vendor string) reports.Finding {
		i := slices.IndexFunc(rep.Findings, func(f reports.Finding) bool {
			return f.Rule == "CORE-02" && slices.Equal(f.Recipients, []string{vendor})
		})
		if i < 0 {
			t.Fatalf("no finding says that %s is used although the text rules it out: %+v", vendor, rep.Findings)
		}
		return rep.Findings[i]
	}
	if f := find("google-analytics"); f.Looks.Seen != 3 || f.Looks.Of != 3 || f.Severity != "critical" {
		t.Errorf("what is there each time: %s, %+v", f.Severity, f.Looks)
	}
	if f := find("meta-pixel"); f.Looks.Seen != 1 || f.Looks.Of != 3 || f.Severity != "medium" || !strings.Contains(f.Message, "it would be critical") {
		t.Errorf("what was there at first: %s, %+v", f.Severity, f.Looks)
	}
	if c := rep.Coverage; c.PagesVisited != 2 || c.Visits != 3 || !c.Complete {
		t.Errorf("further looks count: %+v", c)
	}
	if !slices.ContainsFunc(rep.Coverage.Gaps, func(g reports.Gap) bool { return g.Kind == "crash" && g.What == "look 2: the browser" }) {
		t.Errorf("no gap tells that the browser died: %+v", rep.Coverage.Gaps)
	}
	runCandor(t, exitOK, "verify", out)
	again := filepath.Join(dir, "again")
	runCandor(t, exitOK, "analyze", out, "--out", again, "--quiet", "--format", "json")
	sameFile(t, filepath.Join(out, "scan.json"), filepath.Join(again, "scan.json"))
}

// highOn is an analysis with a finding on every page.
func highOn(ctx context.Context, r *evidence.Reader, set *rules.Set, p analyzer.Profile, opts ...analyzer.Option) (*analyzer.Analysis, error) {
	a, err := justPages()(ctx, r, set, p, opts...)
	if err != nil {
		return nil, err
	}
	for _, p := range a.Pages {
		a.Findings = append(a.Findings, check.Finding{ID: "R-1." + p.ID, Rule: "R-1", Severity: "high", Confidence: "direct", Outcome: check.Differs, Evidence: []string{p.ID + "/r0001"}, Pages: []string{p.URL}, States: []evidence.State{p.State}})
	}
	return a, nil
}

func TestLooksOfTheCommand(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		looks int
	}{
		{"twice by default", nil, 2},
		{"not at all", []string{"--revisits", "0"}, 0},
		{"once", []string{"--revisits", "1"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSession(t)
			s.Stages.Analyze = highOn
			n := 0
			s.Stages.LookAgain = func(_ context.Context, _ crawler.Target, visits []crawler.Again, _ crawler.Options, looks ...*evidence.Writer) (errs []error) {
				n = len(looks)
				if want := (crawler.Again{Page: "p0001.none", URL: "https://example.com/", State: "none"}); len(visits) != 1 || visits[0] != want {
					t.Errorf("visits %+v", visits)
				}
				for _, w := range looks {
					errs = append(errs, addPage(w, "p0001.none", visits[0].URL, "quiet"))
				}
				return errs
			}
			if code := s.run(append([]string{"scan", "example.com", "--out", "out", "--format", "json"}, tt.args...)...); code != exitOK {
				t.Fatalf("exit code %d: %s", code, s.stderr)
			}
			if n != tt.looks {
				t.Errorf("%d looks, want %d", n, tt.looks)
			}
			if told := strings.Contains(s.stderr.String(), fmt.Sprintf(`msg="looking again" looks=%d pages=1`, tt.looks)); told != (tt.looks > 0) {
				t.Errorf("%d looks are told: %s", tt.looks, s.stderr)
			}
			if code := s.run("verify", "out"); code != exitOK {
				t.Errorf("verify: exit code %d: %s", code, s.stderr)
			}
			if left, _ := filepath.Glob("out/evidence.*"); len(left) > 0 {
				t.Errorf("left in the report's folder: %v", left)
			}
		})
	}
}

// A signal ends the looking and not the report; what was seen by then stays.
func TestLookThatIsInterrupted(t *testing.T) {
	s := newSession(t)
	s.Stages.Analyze = highOn
	n := 0
	s.Stages.LookAgain = func(ctx context.Context, _ crawler.Target, visits []crawler.Again, _ crawler.Options, looks ...*evidence.Writer) []error {
		n++
		err := addPage(looks[0], "p0001.none", visits[0].URL, "quiet")
		s.signals <- os.Interrupt
		<-ctx.Done()
		return []error{errors.Join(err, ctx.Err()), ctx.Err()}
	}
	if code := s.run("scan", "example.com", "--out", "out", "--format", "json"); code != exitOK || n != 1 {
		t.Errorf("exit code %d after %d looks: %s", code, n, s.stderr)
	}
	m := meta(t, "out")
	if !m.Complete {
		t.Errorf("the scan itself is told to be incomplete: %q", m.Stopped)
	}
	r, err := evidence.Open("out")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	look, err := r.Look(2)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	pages := 0
	for range look.Pages() {
		pages++
	}
	if look.Meta().Complete || pages != 1 {
		t.Errorf("the look: complete %v with %d pages", look.Meta().Complete, pages)
	}
}

// A scan that ended early, and a look that cannot begin.
func TestLooksThatAreNotMade(t *testing.T) {
	s := newSession(t)
	s.Stages.Analyze = highOn
	s.Stages.Crawl = func(_ context.Context, target crawler.Target, _ crawler.Options, w *evidence.Writer) error {
		return errors.Join(addPage(w, "p0001.none", target.URLs[0], "quiet"), errors.New("the browser is lost"))
	}
	s.Stages.LookAgain = func(_ context.Context, _ crawler.Target, _ []crawler.Again, _ crawler.Options, looks ...*evidence.Writer) []error {
		t.Error("after a crawl that failed")
		return make([]error, len(looks))
	}
	if code := s.run("scan", "example.com", "--out", "out", "--format", "json"); code != exitIncomplete {
		t.Errorf("exit code %d: %s", code, s.stderr)
	}
	s = newSession(t)
	s.Stages.Analyze = highOn
	s.Stages.LookAgain = func(_ context.Context, _ crawler.Target, _ []crawler.Again, _ crawler.Options, looks ...*evidence.Writer) []error {
		return slices.Repeat([]error{errors.New("no browser")}, len(looks))
	}
	if code := s.run("scan", "example.com", "--out", "out", "--format", "json"); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.stderr)
	}
}
