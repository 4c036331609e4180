package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/reports"
	"candor/reports/reporttest"
)

// Several folders make one page with its twin, which leads to the sites' own
// reports by relative addresses; what cannot be read is a gap and no pass.
func TestReportOfSeveralSites(t *testing.T) {
	s := newSession(t)
	var folders []string
	for i, rep := range reporttest.SiteScans(t, 3) {
		dir := filepath.Join("scans", "a site: "+string(rune('a'+i)))
		if err := reports.Write(dir, rep, []string{"json"}); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			write(t, filepath.Join(dir, "index.html"), "the site's own report")
		}
		folders = append(folders, dir)
	}
	if code := s.run(append([]string{"report", "--out", "pages/all.html"}, folders...)...); code != exitUsage || !strings.Contains(s.stderr.String(), "pages") {
		t.Errorf("a page in a folder that is not there: code %d, %s", code, s.stderr.String())
	}
	if err := os.Mkdir("pages", 0o755); err != nil {
		t.Fatal(err)
	}
	if code := s.run(append([]string{"report", "--out", "pages/all.html"}, folders...)...); code != exitOK {
		t.Fatalf("code %d: %s", code, s.stderr.String())
	}
	page := read(t, "pages/all.html")
	if !strings.Contains(page, `href="./../scans/a%20site:%20d/index.html#principle-use"`) || strings.Contains(page, "a%20site:%20a") {
		t.Error("the page does not lead to the reports that are there, and to no other")
	}
	if data := read(t, "pages/all.json"); !strings.Contains(data, reports.OrganisationSchema) {
		t.Error("the twin is not that of an organisation")
	}
	if code := s.run(append([]string{"report", "--out", "pages/all.html"}, folders...)...); code != exitUsage || !strings.Contains(s.stderr.String(), "is left as it is") {
		t.Errorf("a page that is there is written over: code %d", code)
	}
	if code := s.run(append([]string{"report", "--fail-on", "high"}, folders...)...); code != exitFindings {
		t.Errorf("findings of high severity end with %d", code)
	}
	read(t, "candor-organisation-20261124-081500/organisation.json")
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	if code := s.run(append([]string{"report", "empty", "--out", "more"}, folders...)...); code != exitIncomplete || !strings.Contains(read(t, "more/index.html"), "This folder could not be read: it holds no scan.json.") {
		t.Errorf("a folder without a scan ends with %d", code)
	}
	s.Stages.FindBrowser = func(string, bool) (string, error) { return "", errors.New("no browser is here") }
	s.Stages.Renderers = renderers
	if code := s.run("report", folders[0], folders[1], "--out", "paper", "--format", "pdf"); code != exitUsage || !strings.Contains(s.stderr.String(), "no browser is here") {
		t.Errorf("a PDF without a browser ends with %d: %s", code, s.stderr.String())
	}
	for _, args := range [][]string{{"empty", "empty"}, {folders[0], "nowhere"}, {folders[0], folders[1], "--format", "sarif"}, {folders[0], "pages/all.html"}} {
		if code := s.run(append([]string{"report", "--out", "never"}, args...)...); code != exitUsage {
			t.Errorf("%q ends with %d", args, code)
		}
	}
}
