package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

func TestDoctor(t *testing.T) {
	ready := evidence.Browser{Product: "Chrome/156.0", Sandbox: true, ThirdPartyCookies: "allowed"}
	for name, tc := range map[string]struct {
		find  error
		start error
		info  evidence.Browser
		want  int
		says  string
	}{
		"ready":           {info: ready, want: exitOK, says: "ok    start      Chrome/156.0, sandbox on"},
		"no browser":      {find: errors.New("no Chromium or Chrome was found"), want: exitFindings, says: "NO    browser"},
		"does not start":  {start: errors.New("exit status 1\x1b[31m"), want: exitFindings, says: "NO    start      exit status 1"},
		"long TMPDIR":     {start: errors.New("FATAL: Socket path too long: /a/b"), want: exitFindings, says: "→ set TMPDIR to a folder with a shorter path"},
		"without sandbox": {info: evidence.Browser{Product: "Chrome/156.0"}, want: exitOK, says: "note  start      Chrome/156.0, sandbox off"},
		"cookies blocked": {info: evidence.Browser{Product: "Chrome/156.0", Sandbox: true, ThirdPartyCookies: "blocked"}, want: exitOK, says: "blocks third-party cookies"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.Stages.FindBrowser = func(string, bool) (string, error) { return "/usr/bin/chromium", tc.find }
			s.Stages.TryBrowser = func(context.Context, string, bool) (evidence.Browser, error) { return tc.info, tc.start }
			got := s.run("doctor")
			if fonts := strings.Contains(s.stdout.String(), "NO    fonts"); fonts {
				if os.Getenv("CI") != "" {
					t.Fatal("no fonts on the build machine; run make install")
				}
				t.Skip("no fonts on this machine")
			}
			if got != tc.want {
				t.Errorf("exit code %d, want %d", got, tc.want)
			}
			if !strings.Contains(s.stdout.String(), tc.says) || strings.Contains(s.stdout.String(), "\x1b") {
				t.Errorf("no %q in\n%s", tc.says, s.stdout)
			}
		})
	}
}

func TestFonts(t *testing.T) {
	dir := t.TempDir()
	if got := checkFonts([]string{dir, dir + "/nowhere"}); !got.fault {
		t.Errorf("an empty folder: %+v", got)
	}
	write(t, dir+"/dejavu/a.TTF", "")
	if got := checkFonts([]string{dir, dir + "/nowhere"}); got.fault {
		t.Errorf("a folder with a font: %+v", got)
	}
}

func TestInstallAdvice(t *testing.T) {
	for _, tc := range []struct{ goos, tool, want string }{
		{"linux", "apt-get", "sudo apt-get install -y chromium"},
		{"linux", "apk", "sudo apk add chromium"},
		{"darwin", "brew", "brew install --cask chromium"},
		{"linux", "brew", "package manager"},
		{"windows", "", "package manager"},
	} {
		advice := installAdvice(tc.goos, func(tool string) bool { return tool == tc.tool })
		if !strings.Contains(advice[0], tc.want) {
			t.Errorf("%s with %s: %q", tc.goos, tc.tool, advice)
		}
	}
}
