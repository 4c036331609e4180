package store_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
)

func testPurge(t *testing.T, w *world) {
	ctx := t.Context()
	first := w.scanned(t, store.Finished, report("f1", "f2"))
	w.clock.pass(100 * 24 * time.Hour)
	second := w.scanned(t, store.Finished, report("f2"))
	last := w.scanned(t, store.Incomplete, report("f2"))
	w.clock.pass(400 * 24 * time.Hour) // the first is 500 days old, the others 400
	r := store.Retention{Screenshots: 10, Evidence: 100, Reports: 300, Results: 450}
	f1, err := w.Finding(ctx, w.site.ID, "f1")
	if err != nil {
		t.Fatal(err)
	}
	if bad := (store.Retention{Screenshots: 200, Evidence: 100, Reports: 300, Results: 0}); w.SetRetention(ctx, "ada", bad) == nil {
		t.Error("pictures that are kept longer than their evidence were taken")
	}
	if err := w.SetRetention(ctx, "ada", r); err != nil {
		t.Fatal(err)
	}
	if got := must(w.Retention(ctx))(t); got != r {
		t.Errorf("retention %+v", got)
	}
	// Sites of other tests have scans, too; what is looked at here is this one's.
	if err := w.Bury(ctx, r); err != nil {
		t.Fatal(err)
	}
	if left := must(w.Overdue(ctx, r))(t); len(left) != 0 {
		t.Errorf("not marked: %v", left)
	}
	if err := w.Bury(ctx, r); err != nil {
		t.Fatal(err)
	}
	kinds := map[store.Artefact]bool{}
	for _, x := range must(w.Tombstones(ctx, first.ID))(t) {
		kinds[x.Kind] = true
		if x.Report != "r/"+first.ID || x.Evidence != "e/"+first.ID || !x.DoneAt.IsZero() {
			t.Errorf("tombstone %+v", x)
		}
	}
	if !maps.Equal(kinds, map[store.Artefact]bool{store.Screenshots: true, store.Evidence: true, store.Reports: true, store.Results: true}) {
		t.Errorf("kinds of the first scan: %v", kinds)
	}
	for _, id := range []string{second.ID, last.ID} { // the newest finished one, and the newest with a result
		if got := must(w.Tombstones(ctx, id))(t); len(got) != 0 {
			t.Errorf("%s is taken away: %+v", id, got)
		}
	}
	list := must(w.Buried(ctx, 1000))(t)
	if must(w.Purged(ctx, "purge", list))(t)[store.Evidence] == 0 {
		t.Error("nothing was counted")
	}
	if again := must(w.Purged(ctx, "purge", list))(t); len(again) != 0 {
		t.Errorf("counted twice: %v", again)
	}
	if log := must(w.Audit(ctx, 0, 1))(t); log[0].Action != "purge" || !strings.Contains(log[0].Detail, `"evidence":`) {
		t.Errorf("the audit log says %+v", log)
	}
	if left := must(w.Buried(ctx, 1000))(t); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	x := must(w.Scan(ctx, first.ID))(t)
	if x.State != store.Finished || x.Report != "" || x.Evidence != "" || x.Summary != "{}" {
		t.Errorf("the scan is %+v", x)
	}
	if got := must(w.Sightings(ctx, f1, 10))(t); len(got) != 2 || got[0].Scan != last.ID || got[1].Scan != second.ID {
		t.Errorf("a scan without results says something of the finding: %+v", got)
	}
	after, err := w.Finding(ctx, w.site.ID, "f1")
	if err != nil || !after.FirstSeen.Equal(f1.FirstSeen) || !after.LastSeen.Equal(f1.LastSeen) || after.FirstScan != first.ID {
		t.Errorf("the finding is %+v, %v", after, err)
	}
}

func testQuota(t *testing.T, w *world) {
	ctx := t.Context()
	w.clock.pass(48 * time.Hour) // what other tests scanned is of another day
	org := must(w.AddOrganisation(ctx, "admin", "Quota"))(t)
	begin := func(url string) (store.Scan, error) {
		t.Helper()
		site := must(w.AddSite(ctx, "admin", store.Site{Organisation: org.ID, URL: "https://" + url + "/", Host: url, Name: url}))(t)
		q := must(w.Queue(ctx, "admin", store.Scan{Site: site.ID}))(t)
		x, err := w.Begin(ctx, q.ID, 0, "w1")
		if err != nil {
			x = must(w.Scan(ctx, q.ID))(t)
		}
		return x, err
	}
	if err := w.SetQuota(ctx, "ada", org.ID, store.Quota{ScansAtOnce: -1}); err == nil {
		t.Error("a quota below zero was taken")
	}
	set := func(q store.Quota) {
		t.Helper()
		if err := w.SetQuota(ctx, "ada", org.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	set(store.Quota{ScansAtOnce: 1})
	a, err := begin("qa.test")
	if err != nil {
		t.Fatal(err)
	}
	b, err := begin("qb.test")
	if !errors.Is(err, store.ErrQuota) || !strings.Contains(b.Waits, "1 of 1 scans at once") {
		t.Errorf("a second scan at once: %v, waits %q", err, b.Waits)
	}
	if err := w.Finish(ctx, a, store.Finished, &reports.Report{Coverage: reports.Coverage{PagesVisited: 9, PagesFailed: 1}}, "", ""); err != nil {
		t.Fatal(err)
	}
	if b, err = w.Begin(ctx, b.ID, 0, "w1"); err != nil || b.Waits != "" {
		t.Errorf("the second scan after the first: %v, waits %q", err, b.Waits)
	}
	set(store.Quota{ScansPerDay: 2})
	if x, err := begin("qc.test"); !errors.Is(err, store.ErrQuota) || !strings.Contains(x.Waits, "2 of 2 scans in 24 hours") {
		t.Errorf("a third scan in a day: %v, waits %q", err, x.Waits)
	}
	set(store.Quota{PagesPerDay: 10})
	x, err := begin("qd.test")
	if !errors.Is(err, store.ErrQuota) || !strings.Contains(x.Waits, "10 of 10 pages in 24 hours") {
		t.Errorf("more pages than a day has: %v, waits %q", err, x.Waits)
	}
	w.clock.pass(25 * time.Hour)
	if _, err := w.Begin(ctx, x.ID, 0, "w1"); err != nil {
		t.Errorf("a day later: %v", err)
	}
	if _, err := w.Begin(ctx, x.ID, 0, "w2"); !errors.Is(err, store.ErrLost) {
		t.Errorf("a scan that runs began again: %v", err)
	}
	for _, o := range must(w.Organisations(ctx))(t) {
		if o.ID == org.ID && o.Quota != (store.Quota{PagesPerDay: 10}) {
			t.Errorf("quota %+v", o.Quota)
		}
	}
}

func testTurn(t *testing.T, w *world) {
	ctx := t.Context()
	won := make(chan bool, 4)
	for range cap(won) {
		go func() {
			mine, err := w.Turn(ctx, "test", time.Hour)
			if err != nil {
				t.Error(err)
			}
			won <- mine
		}()
	}
	n := 0
	for range cap(won) {
		if <-won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d machines took the turn, want 1", n)
	}
	w.clock.pass(time.Hour)
	if mine := must(w.Turn(ctx, "test", time.Hour))(t); !mine {
		t.Error("no turn an hour later")
	}
}
