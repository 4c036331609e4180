package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/rules"
)

// session is a command with stages of the test's own and what it wrote.
type session struct {
	*Command
	stdout, stderr *lockedBuffer
	signals        chan os.Signal
	exited         chan int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var testTime = time.Date(2026, 11, 24, 8, 15, 0, 0, time.UTC)

func newSession(t *testing.T) *session {
	t.Helper()
	t.Chdir(t.TempDir())
	s := &session{stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, signals: make(chan os.Signal, 2), exited: make(chan int, 1)}
	s.Command = &Command{
		Stdout: s.stdout, Stderr: s.stderr, Now: func() time.Time { return testTime },
		Signals: s.signals, Exit: func(code int) { s.exited <- code },
		Stages: Stages{
			FindBrowser: func(string, bool) (string, error) { return "/usr/bin/chromium", nil },
			Crawl: func(_ context.Context, target crawler.Target, _ crawler.Options, w *evidence.Writer) error {
				return addPage(w, "p0001.none", target.URLs[0], "quiet")
			},
			Rules:   func() (*rules.Set, error) { return &rules.Set{Version: "sha256:test", Terms: &rules.Terms{}}, nil },
			Analyze: justPages(),
		},
	}
	return s
}

func (s *session) run(args ...string) int { return s.Run(context.Background(), args) }

func addPage(w *evidence.Writer, id, url, ended string) error {
	return w.AddPage(evidence.Page{ID: id, URL: url, State: evidence.StateNone, Ended: ended}, nil, nil, nil, nil, nil)
}

// justPages is an analysis of pages and gaps with the findings given.
func justPages(findings ...check.Finding) func(context.Context, *evidence.Reader, *rules.Set, analyzer.Profile, ...analyzer.Option) (*analyzer.Analysis, error) {
	return func(ctx context.Context, r *evidence.Reader, set *rules.Set, p analyzer.Profile, _ ...analyzer.Option) (*analyzer.Analysis, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a := &analyzer.Analysis{Meta: r.Meta(), RulesVersion: set.Version, Entity: p.Name, Findings: findings}
		for page, err := range r.Pages() {
			if err != nil {
				return nil, err
			}
			a.Pages = append(a.Pages, page)
		}
		return a, nil
	}
}

func TestScanExitCodes(t *testing.T) {
	const start = "https://www.example.com/"
	high := check.Finding{ID: "f1", Rule: "CORE-01", Outcome: check.Differs, Severity: "high", Title: "A recipient"}
	type pages map[string]string // address → how its visit ended
	for name, tc := range map[string]struct {
		pages    pages
		crawlErr error
		findings []check.Finding
		args     []string
		want     int
		says     string
	}{
		"whole":                         {pages: pages{start: "quiet"}, want: exitOK},
		"a finding without --fail-on":   {pages: pages{start: "quiet"}, findings: []check.Finding{high}, want: exitOK},
		"a finding at --fail-on":        {pages: pages{start: "quiet"}, findings: []check.Finding{high}, args: []string{"--fail-on", "high"}, want: exitFindings},
		"a finding above --fail-on":     {pages: pages{start: "quiet"}, findings: []check.Finding{high}, args: []string{"--fail-on", "info"}, want: exitFindings},
		"a finding below --fail-on":     {pages: pages{start: "quiet"}, findings: []check.Finding{high}, args: []string{"--fail-on", "critical"}, want: exitOK},
		"no page":                       {want: exitIncomplete, says: "no page could be visited"},
		"the start page failed":         {pages: pages{start: "failed", start + "1": "quiet", start + "2": "quiet", start + "3": "quiet", start + "4": "budget"}, want: exitIncomplete, says: "the start page"},
		"too many pages failed":         {pages: pages{start: "quiet", start + "1": "failed"}, want: exitIncomplete, says: "1 of 2 pages"},
		"as many as --min-coverage":     {pages: pages{start: "quiet", start + "1": "failed"}, args: []string{"--min-coverage", "50%"}, want: exitOK},
		"the crawl failed":              {crawlErr: errors.New("the browser is gone"), pages: pages{start: "quiet"}, want: exitIncomplete, says: "the browser is gone"},
		"findings before incomplete":    {findings: []check.Finding{high}, crawlErr: errors.New("gone"), args: []string{"--fail-on", "low"}, want: exitFindings},
		"the report is quiet on demand": {pages: pages{start: "quiet"}, args: []string{"--quiet"}, want: exitOK},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.Stages.Analyze = justPages(tc.findings...)
			s.Stages.Crawl = func(_ context.Context, _ crawler.Target, _ crawler.Options, w *evidence.Writer) error {
				for url, ended := range tc.pages {
					if err := addPage(w, "p"+url[len(start):]+".none", url, ended); err != nil {
						return err
					}
				}
				return tc.crawlErr
			}
			got := s.run(append([]string{"scan", start, "--out", "out", "--format", "json"}, tc.args...)...)
			if got != tc.want {
				t.Errorf("exit code %d, want %d\n%s", got, tc.want, s.stderr)
			}
			if !strings.Contains(s.stderr.String(), tc.says) {
				t.Errorf("standard error does not say %q:\n%s", tc.says, s.stderr)
			}
			if _, err := os.Stat("out/scan.json"); err != nil {
				t.Error(err)
			}
			if quiet := strings.Contains(strings.Join(tc.args, " "), "--quiet"); quiet == strings.Contains(s.stdout.String(), "out/index.html") {
				t.Errorf("quiet is %v and standard output is %q", quiet, s.stdout)
			}
		})
	}
}

// meta reads how a bundle ended.
func meta(t *testing.T, dir string) evidence.Meta {
	t.Helper()
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	return r.Meta()
}

func TestFirstSignalEndsTheScanInOrder(t *testing.T) {
	s := newSession(t)
	s.Stages.Crawl = func(ctx context.Context, target crawler.Target, _ crawler.Options, w *evidence.Writer) error {
		if err := addPage(w, "p0001.none", target.URLs[0], "quiet"); err != nil {
			return err
		}
		s.signals <- os.Interrupt
		<-ctx.Done()
		return ctx.Err()
	}
	if code := s.run("scan", "example.com", "--out", "out", "--format", "json"); code != exitIncomplete {
		t.Errorf("exit code %d, want %d", code, exitIncomplete)
	}
	m := meta(t, "out")
	if m.Complete || m.Stopped != "interrupted" || m.FinishedAt.IsZero() {
		t.Errorf("bundle: complete %v, stopped %q, finished %v", m.Complete, m.Stopped, m.FinishedAt)
	}
	if _, err := os.Stat("out/scan.json"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.stderr.String(), "interrupted") {
		t.Errorf("standard error: %s", s.stderr)
	}
}

func TestSecondSignalLeavesAtOnce(t *testing.T) {
	s := newSession(t)
	left := make(chan int, 1)
	s.Exit = func(code int) { left <- code }
	s.Stages.Crawl = func(context.Context, crawler.Target, crawler.Options, *evidence.Writer) error {
		s.signals <- os.Interrupt
		s.signals <- os.Interrupt
		if code := <-left; code != exitIncomplete {
			t.Errorf("left with %d, want %d", code, exitIncomplete)
		}
		return errors.New("stuck")
	}
	s.run("scan", "example.com", "--out", "out", "--format", "json")
}

func TestTimeLimit(t *testing.T) {
	s := newSession(t)
	s.Stages.Crawl = func(ctx context.Context, target crawler.Target, _ crawler.Options, w *evidence.Writer) error {
		<-ctx.Done()
		return addPage(w, "p0001.none", target.URLs[0], "quiet")
	}
	o := &options{out: "out", formats: []string{"json"}, failOn: "none", minCoverage: 0.8, scanTimeout: time.Millisecond}
	err := s.scan(t.Context(), o, []string{"example.com"})
	var ee *exitError
	if !errors.As(err, &ee) || ee.code != exitIncomplete {
		t.Errorf("scan: %v, want exit code %d", err, exitIncomplete)
	}
	if m := meta(t, "out"); m.Complete || m.Stopped != "time limit" {
		t.Errorf("bundle: complete %v, stopped %q", m.Complete, m.Stopped)
	}
}

func TestPanicIsAnInternalErrorAndKeepsTheBundle(t *testing.T) {
	s := newSession(t)
	s.Stages.Crawl = func(context.Context, crawler.Target, crawler.Options, *evidence.Writer) error {
		panic("no \x1b[31mgood")
	}
	if code := s.run("scan", "example.com", "--out", "out"); code != exitInternal {
		t.Errorf("exit code %d, want %d", code, exitInternal)
	}
	if strings.Contains(s.stderr.String(), "\x1b") {
		t.Error("an escape sequence got through to the terminal")
	}
	if m := meta(t, "out"); m.Complete || m.Stopped != "crash" {
		t.Errorf("bundle: complete %v, stopped %q", m.Complete, m.Stopped)
	}
}

func TestNothingIsWrittenBeforeAllIsChecked(t *testing.T) {
	for name, change := range map[string]func(*session) []string{
		"no browser": func(s *session) []string {
			s.Stages.FindBrowser = func(string, bool) (string, error) { return "", errors.New("no Chromium was found") }
			return nil
		},
		"no profile":  func(*session) []string { return []string{"--profile", "nowhere.yaml"} },
		"no demo":     func(*session) []string { return []string{"--demo", "nowhere"} },
		"bad address": func(*session) []string { return []string{"ftp://example.com/"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.Stages.Serve = func(dir string) (*demoServer, error) { return nil, os.ErrNotExist }
			if code := s.run(append([]string{"scan", "example.com", "--out", "out"}, change(s)...)...); code != exitUsage {
				t.Errorf("exit code %d, want %d\n%s", code, exitUsage, s.stderr)
			}
			if _, err := os.Stat("out"); err == nil {
				t.Error("the report folder was made")
			}
			if s.stderr.String() == "" {
				t.Error("nothing was said")
			}
		})
	}
}

// TestOptionsReachTheCrawler drives every flag of a crawl through the command
// line.
func TestOptionsReachTheCrawler(t *testing.T) {
	s := newSession(t)
	var got crawler.Options
	var target crawler.Target
	s.Stages.Crawl = func(_ context.Context, tg crawler.Target, o crawler.Options, w *evidence.Writer) error {
		got, target = o, tg
		return addPage(w, "p0001.none", tg.URLs[0], "quiet")
	}
	s.Stages.Rules = func() (*rules.Set, error) {
		return &rules.Set{Terms: &rules.Terms{
			PageKinds:   []rules.PageKind{{Kind: "form", Paths: []string{"contact"}, Texts: []string{"contact us"}}},
			PolicyLinks: rules.PolicyLinks{WellKnown: []string{"/privacy"}, Kinds: []rules.PolicyLinkKind{{Kind: "privacy", Not: []string{"settings"}}}},
		}}, nil
	}
	write(t, "profile.yaml", "name: Example\nown_domains: [www.example.net, example.org]\n")
	code := s.run("scan", "example.com", "http://shop.example.com/a#b", "--out", "out", "--format", "json",
		"--pages", "7", "--depth", "0", "--tabs", "3", "--timeout", "45s", "--own-site", "--identify", "--insecure", "--no-sandbox",
		"--host-map", "*.example.com=127.0.0.1:80", "--host-map", "*=[::1]:443", "--browser", "/opt/chrome", "--proxy", "socks5://127.0.0.1:9",
		"--header", "X-Test: a, b", "--cookie", "a=b;.example.com", "--profile", "profile.yaml")
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	if got.Pages != 7 || got.Depth != 0 || got.Tabs != 3 || got.PageTimeout != 45*time.Second || !got.IgnoreRobots || !got.Identify ||
		!got.Insecure || !got.NoSandbox || got.BrowserPath != "/opt/chrome" || got.Proxy != "socks5://127.0.0.1:9" {
		t.Errorf("options: %+v", got)
	}
	if len(got.HostMap) != 2 || got.HostMap[0].Pattern != "*.example.com" || got.HostMap[1].Addr.String() != "[::1]:443" {
		t.Errorf("host map: %v", got.HostMap)
	}
	if got.Headers["X-Test"] != "a, b" || len(got.Cookies) != 1 || got.Cookies[0] != (crawler.PresetCookie{Name: "a", Value: "b", Domain: "example.com"}) {
		t.Errorf("headers %v, cookies %v", got.Headers, got.Cookies)
	}
	if len(got.Words.PageKinds) != 1 || got.Words.PageKinds[0].Paths[0] != "contact" || got.Words.Notices[0].Not[0] != "settings" || got.Words.WellKnown[0] != "/privacy" {
		t.Errorf("words: %+v", got.Words)
	}
	if strings.Join(target.URLs, " ") != "https://example.com/ http://shop.example.com/a" || strings.Join(target.OwnDomains, " ") != "example.net example.org" {
		t.Errorf("target: %+v", target)
	}
	m := meta(t, "out")
	if !m.Complete || m.ScanID != "example.com-20261124-081500" || m.Options.RespectRobots || m.Options.Pages != 7 ||
		strings.Join(m.Options.ExtraHeaders, "") != "X-Test" || strings.Join(m.Options.PresetCookies, "") != "a" {
		t.Errorf("bundle: %+v", m)
	}
}

func TestSavedScans(t *testing.T) {
	s := newSession(t)
	s.Stages.Renderers = renderers
	if code := s.run("scan", "example.com", "--out", "one", "--format", "json", "--quiet"); code != exitOK {
		t.Fatalf("scan: exit code %d\n%s", code, s.stderr)
	}
	if code := s.run("analyze", "one", "--out", "two", "--format", "json"); code != exitOK {
		t.Fatalf("analyze: exit code %d\n%s", code, s.stderr)
	}
	if a, b := read(t, "one/scan.json"), read(t, "two/scan.json"); a != b {
		t.Errorf("analyze gave other bytes:\n%s\n%s", a, b)
	}
	if code := s.run("report", "two", "--format", "csv"); code != exitOK {
		t.Errorf("report: exit code %d\n%s", code, s.stderr)
	}
	if code := s.run("report", "two", "--format", "csv"); code != exitUsage || !strings.Contains(s.stderr.String(), "about.csv exists") {
		t.Errorf("report over a file: exit code %d\n%s", code, s.stderr)
	}
	if code := s.run("verify", "one"); code != exitOK {
		t.Errorf("verify: exit code %d\n%s", code, s.stderr)
	}
	write(t, "one/evidence/pages.jsonl", "{}\n")
	if code := s.run("verify", "one"); code != exitFindings || !strings.Contains(s.stderr.String(), "pages.jsonl") {
		t.Errorf("verify of a changed file: exit code %d\n%s", code, s.stderr)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
