package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/spf13/viper"

	"candor/crawler"
	"candor/crawler/evidence"
)

func TestPrecedence(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		env  []string
		args []string
		want int
	}{
		"default":                   {want: 20},
		"file":                      {file: "pages: 5", want: 5},
		"variable":                  {env: []string{"CANDOR_PAGES=6"}, want: 6},
		"variable before file":      {file: "pages: 5", env: []string{"CANDOR_PAGES=6"}, want: 6},
		"flag before both":          {file: "pages: 5", env: []string{"CANDOR_PAGES=6"}, args: []string{"--pages", "7"}, want: 7},
		"flag with default's value": {file: "pages: 5", args: []string{"--pages", "20"}, want: 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			if tc.file != "" {
				write(t, "candor.yaml", tc.file)
			}
			s.Environ = tc.env
			got := 0
			s.Stages.Crawl = func(_ context.Context, target crawler.Target, o crawler.Options, w *evidence.Writer) error {
				got = o.Pages
				return addPage(w, "p0001.none", target.URLs[0], "quiet")
			}
			if code := s.run(append([]string{"scan", "example.com", "--out", "out", "--format", "json"}, tc.args...)...); code != exitOK {
				t.Fatalf("exit code %d\n%s", code, s.stderr)
			}
			if got != tc.want {
				t.Errorf("pages %d, want %d", got, tc.want)
			}
		})
	}
}

func TestConfigPlacesAndLists(t *testing.T) {
	s := newSession(t)
	write(t, "xdg/candor/candor.yaml", "host-map:\n  - '*=127.0.0.1:1'\n  - a.test=127.0.0.1:2\nheader: 'X-A: 1, 2'\ninsecure: true\nfail-on: high\n")
	s.Environ = []string{"XDG_CONFIG_HOME=xdg", "CANDOR_HEADER=X-B: 1\nX-C: 2", "CANDOR_TIMOUT=3s"}
	var got crawler.Options
	s.Stages.Crawl = func(_ context.Context, target crawler.Target, o crawler.Options, w *evidence.Writer) error {
		got = o
		return addPage(w, "p0001.none", target.URLs[0], "quiet")
	}
	if code := s.run("scan", "example.com", "--format", "json"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	if len(got.HostMap) != 2 || !got.Insecure || len(got.Headers) != 2 || got.Headers["X-C"] != "2" {
		t.Errorf("options: %+v", got)
	}
	if !strings.Contains(s.stderr.String(), "CANDOR_TIMOUT") {
		t.Errorf("a misspelt variable was not named:\n%s", s.stderr)
	}
	if _, err := os.Stat("candor-report-example.com-20261124-081500/scan.json"); err != nil {
		t.Error(err)
	}
	// Another command takes the keys that it knows and leaves the rest.
	if code := s.run("verify", "candor-report-example.com-20261124-081500"); code != exitOK {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
}

func TestConfigFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		file, profile string
		env           []string
		says          []string
	}{
		"unknown key":          {file: "pages: 5\n\npagse: 3\n", says: []string{`candor.yaml:3: unknown key "pagse"; did you mean "pages"?`}},
		"underscore":           {file: "fail_on: high\n", says: []string{`candor.yaml:1: unknown key "fail_on"; did you mean "fail-on"?`}},
		"far from all":         {file: "xyzzyxyzzy: 1\n", says: []string{"candor.yaml:1:", "expected one of"}},
		"two at once":          {file: "pagse: 3\ntabz: 1\n", says: []string{"candor.yaml:1:", "candor.yaml:2:"}},
		"bad value":            {file: "tabs: 2\npages: many\n", says: []string{`candor.yaml:2: pages: "many": expected a whole number from 1 to 100000`}},
		"bad bool":             {file: "insecure: maybe\n", says: []string{"candor.yaml:1: insecure:", "expected true or false"}},
		"mapping as a value":   {file: "pages:\n  a: b\n", says: []string{"candor.yaml:1: pages: expected a value or a list of values"}},
		"null as a value":      {file: "pages:\n", says: []string{"candor.yaml:1: pages:"}},
		"not a mapping":        {file: "- pages\n", says: []string{"candor.yaml:1: expected keys with values"}},
		"not YAML":             {file: "pages: [1\n", says: []string{"candor.yaml", "line"}},
		"a key twice":          {file: "pages: 1\npages: 2\n", says: []string{"candor.yaml", "already defined"}},
		"variable":             {env: []string{"CANDOR_MIN_COVERAGE=2"}, says: []string{`CANDOR_MIN_COVERAGE: "2": expected a share from 0 to 1`}},
		"named file":           {env: []string{"CANDOR_CONFIG=nowhere.yaml"}, says: []string{"nowhere.yaml"}},
		"profile key":          {profile: "name: a\nowndomains: [b.com]\n", says: []string{`profile.yaml:2: unknown key "owndomains"; did you mean "own_domains"?`}},
		"profile role":         {profile: "processors:\n  - vendor: a\n    role: procesor\n", says: []string{"profile.yaml:3: role: expected processor", `did you mean "processor"?`}},
		"profile domain":       {profile: "own_domains: ['https://x/']\n", says: []string{"profile.yaml: own_domains:"}},
		"profile type":         {profile: "name: [a]\n", says: []string{"profile.yaml: line 1"}},
		"profile processor":    {profile: "processors: [stripe]\n", says: []string{"profile.yaml:1: processors: expected entries with vendor and role"}},
		"profile processorkey": {profile: "processors:\n  - vender: a\n", says: []string{`profile.yaml:2: unknown key "vender"; did you mean "vendor"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			args := []string{"scan", "example.com", "--out", "out"}
			if tc.file != "" {
				write(t, "candor.yaml", tc.file)
			}
			if tc.profile != "" {
				write(t, "profile.yaml", tc.profile)
				args = append(args, "--profile", "profile.yaml")
			}
			s.Environ = tc.env
			if code := s.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			for _, want := range tc.says {
				if !strings.Contains(s.stderr.String(), want) {
					t.Errorf("standard error does not say %q:\n%s", want, s.stderr)
				}
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("pages: 5\nhost-map: ['*=127.0.0.1:1']\n")
	f.Add("a: &a [*a]\n")
	f.Add("? [x]: y\n1: 2\n")
	f.Add("<<: {pages: 3}\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		write(t, dir+"/candor.yaml", text)
		if err := readConfig(viper.New(), dir+"/candor.yaml", map[string]string{}); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
		write(t, dir+"/profile.yaml", text)
		if _, err := readProfile(dir + "/profile.yaml"); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}

// Packs that candor.yaml names are read by each command that reads packs.
func TestConfigNamesPacks(t *testing.T) {
	for _, args := range [][]string{{"rules", "list"}, {"rules", "lint"}, {"profile"}, {"profile", "check", "profile.yaml"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			s := newSession(t)
			write(t, "profile.yaml", "name: Example\n")
			write(t, "candor.yaml", "rules: [our-packs]\n")
			if code := s.run(args...); code != exitUsage || !strings.Contains(s.stderr.String(), "our-packs") {
				t.Errorf("exit code %d, it said %q", code, s.stderr)
			}
		})
	}
}
