package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/recording"
)

const smallHAR = `{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[
{"startedDateTime":"2026-11-24T08:15:00Z","request":{"method":"GET","url":"https://www.example.com/","headers":[],"cookies":[]},"response":{"status":200,"content":{"mimeType":"text/html"}}}]}}`

func newImportSession(t *testing.T) *session {
	s := newSession(t)
	s.Stages.Import = recording.Read
	write(t, "small.har", smallHAR)
	return s
}

func TestImportExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want int
		says string
	}{
		"whole":                    {[]string{"small.har"}, exitOK, ""},
		"a policy":                 {[]string{"small.har", "--policy", "policy.txt"}, exitOK, ""},
		"two policies":             {[]string{"small.har", "--policy", "policy.txt", "--policy", "cookies, and more.txt"}, exitOK, ""},
		"no file":                  {[]string{"nowhere.har"}, exitUsage, "nowhere.har"},
		"no recording":             {[]string{"policy.txt"}, exitUsage, "policy.txt: no recording that Candor reads"},
		"no policy file":           {[]string{"small.har", "--policy", "nowhere"}, exitUsage, "nowhere: no such file"},
		"a policy that is gone":    {[]string{"small.har", "--policy", "https://www.example.com/privacy", "--host-map", "*=127.0.0.1:1"}, exitIncomplete, "could not be fetched"},
		"another site":             {[]string{"small.har", "--url", "other.test"}, exitUsage, "no page of other.test"},
		"an unknown state":         {[]string{"small.har", "--state", "yes"}, exitUsage, "not a consent state"},
		"a crawl's flag":           {[]string{"small.har", "--pages", "3"}, exitUsage, "unknown flag: --pages"},
		"two files":                {[]string{"small.har", "policy.txt"}, exitUsage, "one too many"},
		"a file that ends early":   {[]string{"cut.har"}, exitIncomplete, "up to entry 1 of log.entries only"},
		"the site as it was typed": {[]string{"small.har", "--url", "example.com"}, exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newImportSession(t)
			write(t, "policy.txt", "We do not share your email.")
			write(t, "cookies, and more.txt", "We use cookies.")
			write(t, "cut.har", strings.TrimSuffix(smallHAR, "]}}")+`, {"request"`)
			code := s.run(append([]string{"import", "--out", "out", "--format", "json", "--quiet"}, tc.args...)...)
			if code != tc.want || !strings.Contains(s.stderr.String(), tc.says) {
				t.Errorf("exit code %d, want %d with %q\n%s", code, tc.want, tc.says, s.stderr)
			}
			if _, err := os.Stat("out"); (err == nil) == (tc.want == exitUsage) {
				t.Errorf("the report folder: %v", err)
			}
		})
	}
}

func TestImportWritesABundle(t *testing.T) {
	s := newImportSession(t)
	write(t, "private/folder/policy.txt", "We do not share your email.")
	if code := s.run("import", "small.har", "--policy", "private/folder/policy.txt", "--state", "accept", "--out", "out", "--format", "json"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	m := meta(t, "out")
	if !m.Complete || m.Import == nil || m.Import.Format != "HAR 1.2" || m.Import.File != "small.har" || m.States[0] != evidence.StateAccept ||
		m.ScanID != "www.example.com-20261124-081500" || m.StartedAt.Format("15:04:05") != "08:15:00" {
		t.Errorf("meta: %+v, %+v", m, m.Import)
	}
	documents := read(t, "out/evidence/documents.jsonl")
	if !strings.Contains(documents, `"file:///policy.txt"`) || strings.Contains(documents, "private") {
		t.Errorf("documents: %s", documents)
	}
	if got := read(t, "out/evidence/documents/d01.raw"); got != "We do not share your email." {
		t.Errorf("the notice is %q", got)
	}
	if code := s.run("analyze", "out", "--out", "again", "--format", "json", "--quiet"); code != exitOK || read(t, "out/scan.json") != read(t, "again/scan.json") {
		t.Errorf("analyze: exit code %d\n%s", code, s.stderr)
	}
}

func TestImportStopsWithASignal(t *testing.T) {
	s := newImportSession(t)
	s.Stages.Import = func(ctx context.Context, _ string, _ recording.Options) (*recording.Recording, error) {
		s.signals <- os.Interrupt
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if code := s.run("import", "small.har", "--out", "out"); code != exitIncomplete || !strings.Contains(s.stderr.String(), "nothing was written: interrupted") {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	if _, err := os.Stat("out"); err == nil {
		t.Error("the report folder was made")
	}
}
