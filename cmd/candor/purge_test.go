package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
	"candor/reports/store/blob"
)

// attic is what a service kept for years: for each scan a report with evidence.
type attic struct {
	*session
	store *store.Store
	blobs blob.Store
	site  store.Site
	scans []store.Scan
	now   time.Time
}

// put records a scan that ended now, with its files.
func (a *attic) put(t *testing.T) store.Scan {
	t.Helper()
	ctx := t.Context()
	q, err := a.store.Queue(ctx, "test", store.Scan{Site: a.site.ID})
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.store.Begin(ctx, q.ID, 0, "w1")
	if err != nil {
		t.Fatal(err)
	}
	prefix := "scans/" + x.ID + ".1/"
	for _, name := range []string{"index.html", "scan.json", "evidence/manifest.json", "evidence/screenshots/p0001.none.jpg"} {
		if err := a.blobs.Put(ctx, prefix+name, strings.NewReader("text"), 4); err != nil {
			t.Fatal(err)
		}
	}
	rep := &reports.Report{Findings: []reports.Finding{{Rule: "CORE-01", Severity: "high", Title: "A recipient", Fingerprint: "f1"}}}
	if err := a.store.Finish(ctx, x, store.Finished, rep, prefix, prefix+"evidence/"); err != nil {
		t.Fatal(err)
	}
	a.scans = append(a.scans, x)
	return x
}

// newAttic has scans that are 1000, 400 and 10 days old, under candor-data.
func newAttic(t *testing.T) *attic {
	t.Helper()
	a := &attic{session: newSession(t), now: testTime.AddDate(0, 0, -1000)}
	n := 0
	var err error
	a.store, err = store.Open(t.Context(), "candor-data/candor.db", store.Options{Now: func() time.Time { return a.now }, NewID: func() string { n++; return "id" + string(rune('a'+n)) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.store.Close() })
	if a.blobs, err = blob.Open("candor-data/blobs"); err != nil {
		t.Fatal(err)
	}
	org, err := a.store.AddOrganisation(t.Context(), "test", "Fernhill")
	if err != nil {
		t.Fatal(err)
	}
	if a.site, err = a.store.AddSite(t.Context(), "test", store.Site{Organisation: org.ID, URL: "https://www.fernhill.test/", Host: "fernhill.test", Name: "Fernhill"}); err != nil {
		t.Fatal(err)
	}
	for _, days := range []int{1000, 400, 10} {
		a.now = testTime.AddDate(0, 0, -days)
		a.put(t)
	}
	a.now = testTime
	return a
}

func (a *attic) files(t *testing.T) string {
	t.Helper()
	var names []string
	for i, x := range a.scans {
		if err := a.blobs.List(t.Context(), "scans/"+x.ID+".1/", func(name string, _ int64) error {
			names = append(names, string(rune('1'+i))+" "+filepath.Base(name))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(names, ", ")
}

// TestPurge: what is kept too long goes, blobs and rows, and nothing with
// --dry-run; what a worker that was killed left goes too.
func TestPurge(t *testing.T) {
	a := newAttic(t)
	if err := a.blobs.Put(t.Context(), "scans/"+a.scans[1].ID+".7/index.html", strings.NewReader("lost"), 4); err != nil {
		t.Fatal(err)
	}
	if err := a.blobs.Put(t.Context(), "scans/another.1/index.html", strings.NewReader("kept"), 4); err != nil {
		t.Fatal(err)
	}
	whole := a.files(t)
	if code := a.run("purge", "--dry-run"); code != exitOK || !strings.Contains(a.stdout.String(), "evidence are kept 365 days\n") ||
		!strings.Contains(a.stdout.String(), "Would be purged: screenshots of 2, evidence of 2, reports of 1, leftovers of 1 (scans)\n") {
		t.Errorf("exit code %d: %s%s", code, a.stdout, a.stderr)
	}
	if got := a.files(t); got != whole {
		t.Errorf("--dry-run left %s", got)
	}
	if code := a.run("purge"); code != exitOK || !strings.Contains(a.stdout.String(), "Purged: screenshots of 2, evidence of 2, reports of 1, leftovers of 1 (scans)\n") {
		t.Errorf("exit code %d: %s%s", code, a.stdout, a.stderr)
	}
	if got, want := a.files(t), "2 index.html, 2 scan.json, 3 manifest.json, 3 p0001.none.jpg, 3 index.html, 3 scan.json"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
	if _, err := os.Stat("candor-data/blobs/scans/another.1/index.html"); err != nil {
		t.Errorf("what the database does not know went: %v", err)
	}
	if code := a.run("purge"); code != exitOK || !strings.Contains(a.stdout.String(), "Purged: nothing\n") {
		t.Errorf("exit code %d: %s%s", code, a.stdout, a.stderr)
	}
	f, err := a.store.Finding(t.Context(), a.site.ID, "f1")
	if err != nil || !f.FirstSeen.Equal(testTime.AddDate(0, 0, -1000)) {
		t.Errorf("finding %+v, %v", f, err)
	}
}

// brittle loses its store after a number of changes, as a purge does that is
// killed.
type brittle struct {
	blob.Store
	left int
}

var errKilled = errors.New("killed")

func (b *brittle) may() error {
	if b.left--; b.left < 0 {
		return errKilled
	}
	return nil
}

func (b *brittle) Remove(ctx context.Context, name string) error {
	if err := b.may(); err != nil {
		return err
	}
	return b.Store.Remove(ctx, name)
}

func (b *brittle) Delete(ctx context.Context, prefix string) error {
	if err := b.may(); err != nil {
		return err
	}
	return b.Store.Delete(ctx, prefix)
}

// TestPurgeKilled: killed after any number of deletions, what is half gone is
// marked as gone, and the next purge ends it and counts it once.
func TestPurgeKilled(t *testing.T) {
	a := newAttic(t)
	total, kills := map[store.Artefact]int64{}, 0
	for {
		p := &purge{store: a.store, blobs: &brittle{a.blobs, kills}, now: func() time.Time { return a.now }, actor: "test"}
		counts, err := p.run(t.Context())
		for k, n := range counts {
			total[k] += n
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		kills++
		marked, err := a.store.Tombstones(t.Context(), a.scans[0].ID)
		if err != nil || len(marked) != 3 {
			t.Errorf("after %d deletions %+v, %v", kills, marked, err)
		}
	}
	if kills < 3 || total[store.Reports] != 1 || total[store.Evidence] != 2 || total[store.Screenshots] != 2 {
		t.Errorf("after %d kills %v", kills, total)
	}
	if got, want := a.files(t), "2 index.html, 2 scan.json, 3 manifest.json, 3 p0001.none.jpg, 3 index.html, 3 scan.json"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
	log, err := a.store.Audit(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	purges := 0
	for _, e := range log {
		if e.Action == "purge" {
			purges++
		}
	}
	if purges != 1 {
		t.Errorf("%d purges in the audit log", purges)
	}
}
