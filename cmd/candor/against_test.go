package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/analyzer"
	"candor/analyzer/change"
	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/rules"
)

const shopStart = "https://www.example.com/"

var (
	oldFinding = check.Finding{ID: "CORE-01.aaaa1111", Rule: "CORE-01", Pack: "core", Outcome: check.Differs, Severity: "high", Confidence: "direct", Title: "An old recipient", Fingerprint: "aaaa1111aaaa1111"}
	newFinding = check.Finding{ID: "CORE-01.bbbb2222", Rule: "CORE-01", Pack: "core", Outcome: check.Differs, Severity: "high", Confidence: "direct", Title: "A new recipient", Fingerprint: "bbbb2222bbbb2222"}
)

// gateSession is a session whose rules are named, as exceptions check them.
func gateSession(t *testing.T) *session {
	s := newSession(t)
	s.Stages.Rules = func() (*rules.Set, error) {
		return &rules.Set{Version: "sha256:test", Terms: &rules.Terms{}, Rules: []*rules.Rule{{ID: "CORE-01", Pack: "core"}}}, nil
	}
	return s
}

// scanned scans with these findings into a folder.
func (s *session) scanned(t *testing.T, out string, findings ...check.Finding) {
	t.Helper()
	s.Stages.Analyze = justPages(findings...)
	if code := s.run("scan", shopStart, "--out", out, "--format", "json", "--quiet"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, s.stderr)
	}
}

func TestNewOnly(t *testing.T) {
	for name, tc := range map[string]struct {
		now  []check.Finding
		args []string
		want int
		says string
	}{
		"known findings pass":            {now: []check.Finding{oldFinding}, args: []string{"--new-only"}, want: exitOK, says: "1 finding that the earlier scans have too is left out."},
		"without --new-only they do not": {now: []check.Finding{oldFinding}, want: exitFindings},
		"a new one does not":             {now: []check.Finding{oldFinding, newFinding}, args: []string{"--new-only"}, want: exitFindings, says: "A new recipient"},
		"a scan.json as baseline":        {now: []check.Finding{newFinding}, args: []string{"--new-only", "--baseline", "before/scan.json"}, want: exitFindings},
		"evidence as baseline":           {now: []check.Finding{newFinding}, args: []string{"--new-only", "--baseline", "before/evidence"}, want: exitOK}, // analysed by the same stage, it has the finding too
	} {
		t.Run(name, func(t *testing.T) {
			s := gateSession(t)
			s.scanned(t, "before", oldFinding)
			s.Stages.Analyze = justPages(tc.now...)
			args := append([]string{"scan", shopStart, "--out", "now", "--format", "json", "--fail-on", "high", "--baseline", "before"}, tc.args...)
			if code := s.run(args...); code != tc.want || !strings.Contains(s.stdout.String(), tc.says) {
				t.Errorf("exit code %d, want %d; it said %s%s", code, tc.want, s.stdout, s.stderr)
			}
			rep, err := readReport("now")
			if err != nil {
				t.Fatal(err)
			}
			if !rep.Changes.Compared() || rep.Changes.Earlier != 1 || rep.Changes.Repeated != 1 {
				t.Errorf("changes are %+v", rep.Changes)
			}
		})
	}
}

// What the earlier scan visited and this one did not is not clean, however few
// findings there are.
func TestNewOnlyWantsTheSamePages(t *testing.T) {
	s := gateSession(t)
	two := func(_ context.Context, _ crawler.Target, _ crawler.Options, w *evidence.Writer) error {
		if err := addPage(w, "p0001.none", shopStart, "quiet"); err != nil {
			return err
		}
		return addPage(w, "p0002.none", shopStart+"buy", "quiet")
	}
	one := s.Stages.Crawl
	s.Stages.Crawl = two
	s.scanned(t, "before")
	s.Stages.Crawl = one
	if code := s.run("scan", shopStart, "--out", "now", "--format", "json", "--baseline", "before", "--new-only"); code != exitIncomplete || !strings.Contains(s.stderr.String(), "of 2 visits of the earlier scan (pages times consent states) 1 were made again in full, and --min-coverage is 0.8") {
		t.Errorf("exit code %d: %s", code, s.stderr)
	}
	if code := s.run("diff", "before", "now"); code != exitIncomplete {
		t.Errorf("diff: exit code %d: %s", code, s.stderr)
	}
	if code := s.run("diff", "before", "now", "--min-coverage", "50%"); code != exitOK {
		t.Errorf("diff with less asked: exit code %d: %s", code, s.stderr)
	}
	if code := s.run("scan", shopStart, "--out", "whole", "--format", "json", "--baseline", "before"); code != exitOK {
		t.Errorf("a scan that counts all findings: exit code %d: %s", code, s.stderr)
	}
}

func TestStagingAndProduction(t *testing.T) {
	s := gateSession(t)
	s.scanned(t, "prod", oldFinding)
	s.Stages.Crawl = func(_ context.Context, _ crawler.Target, _ crawler.Options, w *evidence.Writer) error {
		return addPage(w, "p0001.none", "https://staging.example/", "quiet")
	}
	s.Stages.Analyze = justPages(oldFinding)
	args := []string{"scan", "https://staging.example/", "--format", "json", "--baseline", "prod", "--new-only", "--fail-on", "high", "--out"}
	if code := s.run(append(args, "one")...); code != exitIncomplete || !strings.Contains(s.stderr.String(), "--map-site says which stands for which") {
		t.Errorf("without a mapping: exit code %d: %s", code, s.stderr)
	}
	if code := s.run(append(args, "two", "--map-site", "staging.example=www.example.com")...); code != exitOK {
		t.Errorf("with it: exit code %d: %s", code, s.stderr)
	}
	rep, err := readReport("two")
	if err != nil || len(rep.Changes.Hosts) != 1 || rep.Changes.Repeated != 1 {
		t.Errorf("%+v %v", rep.Changes, err)
	}
}

// The analysis is told of the last of the scans that are named.
func TestEarlierScanReachesTheRules(t *testing.T) {
	s := gateSession(t)
	s.scanned(t, "before")
	var got *change.Scan
	plain := justPages()
	s.Stages.Analyze = func(ctx context.Context, r *evidence.Reader, set *rules.Set, p analyzer.Profile, opts ...analyzer.Option) (*analyzer.Analysis, error) {
		var in check.Input
		for _, o := range opts {
			o(&in)
		}
		got = in.Earlier
		return plain(ctx, r, set, p)
	}
	if code := s.run("scan", shopStart, "--out", "alone", "--format", "json", "--quiet"); code != exitOK || got != nil {
		t.Errorf("exit code %d, told of %+v", code, got)
	}
	if code := s.run("analyze", "alone", "--out", "now", "--format", "json", "--quiet", "--baseline", "before"); code != exitOK || got == nil || len(got.Visits) != 1 || got.Started == "" {
		t.Errorf("exit code %d, told of %+v: %s", code, got, s.stderr)
	}
}

func TestDiff(t *testing.T) {
	s := gateSession(t)
	s.scanned(t, "a", oldFinding)
	s.scanned(t, "b", newFinding)
	for name, tc := range map[string]struct {
		args []string
		want int
		says string
	}{
		"text":           {[]string{"a", "b"}, exitOK, "Findings:\n  new       high  CORE-01: A new recipient\n  not seen  high  CORE-01: An old recipient. Its rule was not tested this time"},
		"itself":         {[]string{"a", "a"}, exitOK, "No difference was found"},
		"fail on":        {[]string{"a", "b", "--fail-on", "high"}, exitFindings, "A new recipient"},
		"known":          {[]string{"a", "a", "--fail-on", "high"}, exitOK, ""},
		"a higher bar":   {[]string{"a", "b", "--fail-on", "critical"}, exitOK, ""},
		"a history":      {[]string{"b", "a", "b", "--fail-on", "high"}, exitOK, ""},
		"md":             {[]string{"a", "b", "--format", "md"}, exitOK, "- **new** high  CORE-01"},
		"json":           {[]string{"a", "b", "--format", "json"}, exitOK, `"topic": "finding"`},
		"one only":       {[]string{"a"}, exitUsage, ""},
		"no such folder": {[]string{"a", "none"}, exitUsage, ""},
		"no report":      {[]string{"a", "."}, exitUsage, ""},
		"bad format":     {[]string{"a", "b", "--format", "html"}, exitUsage, ""},
		"bad mapping":    {[]string{"a", "b", "--map-site", "x"}, exitUsage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.stdout, s.stderr = &lockedBuffer{}, &lockedBuffer{}
			s.Stdout, s.Stderr = s.stdout, s.stderr
			if code := s.run(append([]string{"diff"}, tc.args...)...); code != tc.want || !strings.Contains(s.stdout.String(), tc.says) {
				t.Errorf("exit code %d, want %d; it said %s%s", code, tc.want, s.stdout, s.stderr)
			}
			if name == "json" {
				var c reports.Changes
				if err := json.Unmarshal([]byte(s.stdout.String()), &c); err != nil || len(c.Items) != 2 {
					t.Errorf("%d changes, %v", len(c.Items), err)
				}
			}
		})
	}
	if err := os.WriteFile("candor.yaml", []byte("format: [html, json]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code := s.run("diff", "a", "b"); code != exitOK {
		t.Errorf("the formats of a scan in candor.yaml get in the way: %s", s.stderr)
	}
}

func TestAgainstFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		says string
	}{
		"new only alone":    {[]string{"--new-only"}, "--new-only needs an earlier scan"},
		"no baseline there": {[]string{"--baseline", "none"}, "none"},
		"empty folder":      {[]string{"--baseline", "."}, "holds neither a scan.json nor the evidence"},
		"another version":   {[]string{"--baseline", "old.json"}, `schema is "candor.scan/9"`},
		"not JSON":          {[]string{"--baseline", "bad.json"}, "bad.json"},
		"empty file":        {[]string{"--baseline", "empty.json"}, "it is empty"},
		"mapping":           {[]string{"--map-site", "*.a.test=b.test"}, "expected *. on both sides or on none"},
		"mapping of a URL":  {[]string{"--map-site", "https://a.test=b.test"}, "is not a host"},
		"exceptions":        {[]string{"--exceptions", "bad.yaml"}, `bad.yaml:2: rule "CORE-1"; did you mean "CORE-01"?`},
		"no exceptions":     {[]string{"--exceptions", "no.yaml"}, "no.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			s := gateSession(t)
			for file, text := range map[string]string{
				"old.json": `{"schema":"candor.scan/9"}`, "bad.json": "{", "empty.json": "",
				"bad.yaml": "exceptions:\n  - {rule: CORE-1, reason: accepted_risk, justification: x, owner: x, approver: x, created: 2026-11-01, expires: 2026-11-20}\n",
			} {
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			code := s.run(append([]string{"scan", shopStart, "--out", "out"}, tc.args...)...)
			if code != exitUsage || !strings.Contains(s.stderr.String(), tc.says) {
				t.Errorf("exit code %d: %s", code, s.stderr)
			}
			if _, err := os.Stat("out"); err == nil {
				t.Error("something was written before the fault was found")
			}
		})
	}
}

// A team's day: a finding fails the build, is drafted, filled in, left out,
// expires and is back.
func TestExceptionsThroughTheCommand(t *testing.T) {
	s := gateSession(t)
	s.scanned(t, "first", oldFinding)
	say := func(want int, part string, args ...string) {
		t.Helper()
		s.stdout, s.stderr = &lockedBuffer{}, &lockedBuffer{}
		s.Stdout, s.Stderr = s.stdout, s.stderr
		if code := s.run(args...); code != want || !strings.Contains(s.stdout.String()+s.stderr.String(), part) {
			t.Fatalf("candor %s: exit code %d, want %d, and a part %q; it said\n%s%s", strings.Join(args, " "), code, want, part, s.stdout, s.stderr)
		}
	}
	say(exitUsage, "there is no candor.exceptions.yaml", "exceptions", "list")
	say(exitUsage, "is not a fingerprint", "exceptions", "add", "CORE-01")
	say(exitUsage, "has no finding with the fingerprint", "exceptions", "add", "cccc3333", "--report", "first")
	say(exitUsage, "--reason", "exceptions", "add", "aaaa1111", "--reason", "because")
	say(exitOK, "It is a draft", "exceptions", "add", "CORE-01.aaaa1111", "--report", "first", "--reason", "planned_fix")
	data, err := os.ReadFile("candor.exceptions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"# high: An old recipient\n", "created: 2026-11-24\n", "expires: 2027-02-22\n", `fingerprint: "aaaa1111aaaa1111"`} {
		if !strings.Contains(string(data), part) {
			t.Errorf("the draft lacks %q:\n%s", part, data)
		}
	}
	say(exitUsage, "candor.exceptions.yaml:10: justification is missing", "scan", shopStart, "--out", "early", "--quiet")
	filled := strings.NewReplacer(`justification: ""`, `justification: "Ticket 12."`, `owner: ""`, "owner: web", `approver: ""`, "approver: privacy").Replace(string(data))
	if err := os.WriteFile("candor.exceptions.yaml", []byte(filled), 0o644); err != nil {
		t.Fatal(err)
	}
	say(exitOK, "1 exception read, 1 finding suppressed", "exceptions", "check", "first")
	say(exitOK, "2027-02-22  90", "exceptions", "list")
	say(exitOK, "1 finding is left out by exceptions of candor.exceptions.yaml.", "scan", shopStart, "--out", "second", "--format", "json", "--fail-on", "high")
	rep, err := readReport("second")
	if err != nil {
		t.Fatal(err)
	}
	if f := rep.Findings[0]; !f.Suppressed || f.Suppression.Owner != "web" || rep.Exceptions.File != "candor.exceptions.yaml" || rep.Exceptions.At != "2026-11-24" {
		t.Errorf("%+v %+v", f, rep.Exceptions)
	}
	say(exitFindings, "An old recipient", "scan", shopStart, "--out", "strict", "--format", "json", "--fail-on", "high", "--exceptions", "none")

	// Four months later.
	later := testTime.AddDate(0, 4, 0)
	s.Now = func() time.Time { return later }
	say(exitFindings, "1 finding counts again, because its exception expired.", "scan", shopStart, "--out", "third", "--format", "json", "--fail-on", "high")
	say(exitFindings, "expired on 2027-02-22", "exceptions", "check")
	say(exitOK, "expired", "exceptions", "list", "--json")
	// The evidence of the second scan still gives its report, byte for byte.
	say(exitOK, "", "analyze", "second", "--out", "again", "--format", "json", "--quiet", "--fail-on", "high")
	one, err1 := os.ReadFile(filepath.Join("second", "scan.json"))
	two, err2 := os.ReadFile(filepath.Join("again", "scan.json"))
	if err1 != nil || err2 != nil || string(one) != string(two) {
		t.Errorf("another day gives another report of the same evidence: %v %v", err1, err2)
	}
	s.Stages.Analyze = justPages()
	say(exitOK, "1 exception expired and matches no finding: remove it.", "scan", shopStart, "--out", "late", "--format", "json")
	s.Now = func() time.Time { return testTime }
	say(exitOK, "1 exception matches no finding: remove it.", "scan", shopStart, "--out", "fixed", "--format", "json", "--exceptions", "candor.exceptions.yaml")
}

func TestParseMapSite(t *testing.T) {
	for in, want := range map[string]change.Pair{
		"staging.example=www.example.com":   {Host: "staging.example", Is: "www.example.com"},
		"*.Staging.Example = *.example.com": {Host: "*.staging.example", Is: "*.example.com"},
		"bücher.test=www.example.com":       {Host: "xn--bcher-kva.test", Is: "www.example.com"},
	} {
		if got, err := parseMapSite(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a", "=b", "a=", "a=b=c", "*=b", "a/b=c", "*.a=b"} {
		if got, err := parseMapSite(in); err == nil {
			t.Errorf("%q is taken as %+v", in, got)
		}
	}
}
