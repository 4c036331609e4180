package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
	"candor/reports/store/storetest"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func ids() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id%04d", n)
	}
}

// TestConformance runs the same tests on every database.
func TestConformance(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		conform(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "candor.db") })
	})
	t.Run("PostgreSQL", func(t *testing.T) { conform(t, func(t *testing.T) string { return storetest.Postgres(t).Database(t) }) })
}

type world struct {
	*store.Store
	clock   *clock
	address string
	org     store.Organisation
	site    store.Site
}

func conform(t *testing.T, address func(*testing.T) string) {
	tests := []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"a scan's result is recorded once", testFinish},
		{"a site has one open scan", testBusy},
		{"another worker takes a scan over", testTakenOver},
		{"a scan whose workers are lost ends", testLost},
		{"the last scan is the last with a result", testLastScan},
		{"a clock that jumps brings no flood and stops no schedule", testClock},
		{"scans of one host follow each other", testHost},
		{"what an incomplete scan did not see keeps its place", testIncomplete},
		{"schedules come once", testSchedules},
		{"a schedule that cannot be read says what is expected", testBadSchedule},
		{"reviews and suppressions are in the audit log", testReview},
		{"people, passwords and roles", testPeople},
		{"passes are kept as hashes and end", testPasses},
		{"sessions end", testSessions},
		{"reads see one's organisations and nothing else", testAccess},
		{"deleting a site ends its scan", testDelete},
		{"nothing of a change that fails stays", testRollback},
		{"what is kept too long goes, the newest scan stays", testPurge},
		{"a quota keeps scans in line and says why", testQuota},
		{"one machine takes a turn", testTurn},
		{"two scans and who is told of what", testStory},
		{"a company is new once in an organisation", testCompanyOnce},
		{"who is told of which site, what and when", testSubscriptions},
		{"one machine sends what is due", testClaims},
		{"what cannot be sent is tried again and given up", testGiveUp},
		{"a scan that fails or is incomplete is told of", testFailures},
		{"a destination that rests or is removed", testRest},
		{"a destination that cannot be is refused", testBadDestination},
		{"lists of many sites are cut, searched and ordered", testLists},
		{"addresses of destinations are sealed, and keys can be changed", testSealed},
		{"what was said long ago is purged", testPurgeAlerts},
	}
	addr := address(t)
	c := &clock{t: time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)}
	s, err := store.Open(t.Context(), addr, store.Options{Keys: storetest.Keys(t), Now: c.now, NewID: ids()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	org := must(s.AddOrganisation(t.Context(), "admin", "Fernhill"))(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site := must(s.AddSite(t.Context(), "admin", store.Site{Organisation: org.ID, URL: fmt.Sprintf("https://site%d.test/", i), Host: fmt.Sprintf("site%d.test", i), Name: fmt.Sprintf("Site %d", i)}))(t)
			tt.run(t, &world{s, c, addr, org, site})
		})
	}
	n, broken, err := s.CheckAudit(context.Background())
	if err != nil || broken != 0 || n < 10 {
		t.Errorf("the audit log has %d entries, the first that does not fit is %d, %v", n, broken, err)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func report(findings ...string) *reports.Report {
	rep := &reports.Report{}
	for _, f := range findings {
		rep.Findings = append(rep.Findings, reports.Finding{Rule: "CORE-01", Pack: "core", Severity: "high", Outcome: "differs", Title: f, Fingerprint: f, Recipients: []string{"meta-pixel"}})
	}
	rep.Vendors = []reports.Vendor{{ID: "meta-pixel", Name: "Meta Pixel", Entity: "Meta Platforms, Inc.", Party: "third"}, {ID: "us", Party: "first"}}
	rep.Policies = []reports.Policy{{URL: "https://site.test/privacy", SHA256: "aa", Title: "Privacy"}}
	return rep
}

// scanned queues, begins and finishes a scan.
func (w *world) scanned(t *testing.T, state store.ScanState, rep *reports.Report) store.Scan {
	t.Helper()
	q := must(w.Queue(t.Context(), "admin", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	x := must(w.Begin(t.Context(), q.ID, 0, "w1"))(t)
	w.clock.pass(time.Minute)
	if err := w.Finish(t.Context(), x, state, rep, "r/"+x.ID, "e/"+x.ID); err != nil {
		t.Fatal(err)
	}
	return x
}

func testLastScan(t *testing.T, w *world) {
	expect := func(when, want string) {
		t.Helper()
		if got, err := w.LastScan(t.Context(), w.site.ID); err != nil || got.ID != want {
			t.Errorf("%s: %q, %v, want %q", when, got.ID, err, want)
		}
	}
	expect("before any", "")
	x := w.scanned(t, store.Finished, report())
	expect("after one", x.ID)
	w.clock.pass(time.Minute)
	y := w.scanned(t, store.Incomplete, report())
	expect("after an incomplete one, which has a result", y.ID)
	w.clock.pass(time.Minute)
	failed := must(w.Queue(t.Context(), "admin", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	expect("while one waits", y.ID)
	failed = must(w.Begin(t.Context(), failed.ID, 0, "w1"))(t)
	expect("while one runs", y.ID)
	if err := w.Fail(t.Context(), failed, "no browser"); err != nil {
		t.Fatal(err)
	}
	expect("after one that failed", y.ID)
	if got, err := w.LastScan(t.Context(), "nobody"); err != nil || got.ID != "" {
		t.Errorf("of a site that is not there: %+v, %v", got, err)
	}
}

func testFinish(t *testing.T, w *world) {
	x := w.scanned(t, store.Finished, report("f1", "f2"))
	if err := w.Finish(t.Context(), x, store.Finished, report("f3"), "", ""); !errors.Is(err, store.ErrLost) {
		t.Errorf("a result that was handed in twice: %v", err)
	}
	got := must(w.Scan(t.Context(), x.ID))(t)
	if got.State != store.Finished || got.Attempt != 1 || got.Report != "r/"+x.ID || !got.FinishedAt.Equal(w.clock.now()) {
		t.Errorf("got %+v", got)
	}
	y := w.scanned(t, store.Finished, report("f2", "f3"))
	present := must(w.Findings(t.Context(), store.Query{Site: w.site.ID}))(t)
	all := must(w.Findings(t.Context(), store.Query{Site: w.site.ID, Gone: true}))(t)
	if len(present) != 2 || len(all) != 3 {
		t.Errorf("%d findings are there of %d, want 2 of 3", len(present), len(all))
	}
	f, err := w.Finding(t.Context(), w.site.ID, "f2")
	scans := must(w.Sightings(t.Context(), f, 10))(t)
	if err != nil || len(scans) != 2 || scans[0].Scan != y.ID || !scans[1].Seen || f.FirstScan != x.ID || f.LastScan != y.ID || !f.FirstSeen.Before(f.LastSeen) {
		t.Errorf("got %+v seen in %v, %v", f, scans, err)
	}
	gone := must(w.Finding(t.Context(), w.site.ID, "f1"))(t)
	if h := must(w.Sightings(t.Context(), gone, 10))(t); len(h) != 2 || h[0].Seen || h[0].Scan != y.ID || !h[1].Seen || h[1].Severity == "" || h[1].Scan != x.ID {
		t.Errorf("the history of a finding that went: %+v", h)
	}
	fresh := must(w.Finding(t.Context(), w.site.ID, "f3"))(t)
	if h := must(w.Sightings(t.Context(), fresh, 10))(t); len(h) != 1 || !h[0].Seen {
		t.Errorf("the history of a finding that came: %+v", h)
	}
	for _, c := range []struct {
		text, vendor string
		most, want   int // products; -1 without sites
	}{{"", "", 9, 1}, {"META p", "", 9, 1}, {"tiktok", "", 9, 0}, {"%", "", 9, 0}, {"", "meta-pixel", 9, 1}, {"", "other", 9, 0}, {"", "", 0, -1}} {
		list := must(w.Products(t.Context(), c.text, c.vendor, c.most))(t)
		got := len(list)
		if got == 1 && len(list[0].Sites) == 0 {
			got = -1
		}
		if got != c.want || got != 0 && (list[0].Vendor != "meta-pixel" || list[0].All != 1) {
			t.Errorf("products of %+v are %+v", c, list)
		}
	}
	if r := must(w.Recipients(t.Context(), w.site.ID))(t); len(r) != 1 || r[0].Vendor != "meta-pixel" || !r[0].Present {
		t.Errorf("recipients %+v", r)
	}
	if p := must(w.Policies(t.Context(), w.site.ID))(t); len(p) != 1 || p[0].FirstScan != x.ID || p[0].LastScan != y.ID {
		t.Errorf("policies %+v", p)
	}
}

func testBusy(t *testing.T, w *world) {
	ctx := t.Context()
	const askers = 8
	errs := make(chan error, askers)
	for range askers {
		go func() {
			_, err := w.Queue(ctx, "admin", store.Scan{Site: w.site.ID, Reason: "api"})
			errs <- err
		}()
	}
	queued := 0
	for range askers {
		switch err := <-errs; {
		case err == nil:
			queued++
		case !errors.Is(err, store.ErrBusy):
			t.Error(err)
		}
	}
	if queued != 1 {
		t.Errorf("%d scans were queued, want 1", queued)
	}
}

func testTakenOver(t *testing.T, w *world) {
	ctx := t.Context()
	q := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	first := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
	if _, err := w.Begin(ctx, q.ID, 0, "w2"); !errors.Is(err, store.ErrLost) {
		t.Errorf("a running scan began again: %v", err)
	}
	w.clock.pass(time.Minute)
	if err := w.Beat(ctx, first, store.Progress{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Lost(ctx, first, 2); !errors.Is(err, store.ErrLost) {
		t.Errorf("a scan that gave a sign of life since was taken away: %v", err)
	}
	first = must(w.Scan(ctx, q.ID))(t)
	if ended, err := w.Lost(ctx, first, 2); err != nil || ended {
		t.Errorf("put back: ended %v, %v", ended, err)
	}
	if _, err := w.Lost(ctx, first, 2); !errors.Is(err, store.ErrLost) {
		t.Errorf("put back twice: %v", err)
	}
	second := must(w.Begin(ctx, q.ID, 1, "w2"))(t)
	if err := w.Beat(ctx, first, store.Progress{Pages: 3}); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first worker was not told: %v", err)
	}
	if err := w.Finish(ctx, first, store.Finished, report("late"), "", ""); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first worker's result was taken: %v", err)
	}
	if err := w.Beat(ctx, second, store.Progress{Pages: 1}); err != nil {
		t.Error(err)
	}
	if err := w.Finish(ctx, second, store.Finished, report("f"), "", ""); err != nil {
		t.Error(err)
	}
	if got := must(w.Findings(ctx, store.Query{Site: w.site.ID}))(t); len(got) != 1 || got[0].Fingerprint != "f" {
		t.Errorf("findings %+v", got)
	}
	if _, err := w.Begin(ctx, q.ID, 2, "w3"); !errors.Is(err, store.ErrLost) {
		t.Errorf("a finished scan began again: %v", err)
	}
}

// testClock lets the clock jump a year ahead and back, beside a schedule that
// cannot be read any more.
func testClock(t *testing.T, w *world) {
	ctx := t.Context()
	broken := must(w.AddSchedule(ctx, "admin", store.Schedule{Site: w.site.ID, Expression: "* * * * *", Zone: "UTC"}))(t)
	other := must(w.AddSite(ctx, "admin", store.Site{Organisation: w.org.ID, URL: w.site.URL + "clock/", Host: "clock.test", Name: "Clock"}))(t)
	x := must(w.AddSchedule(ctx, "admin", store.Schedule{Site: other.ID, Expression: "30 3 * * *", Zone: "UTC"}))(t)
	if _, err := w.DB().ExecContext(ctx, `UPDATE schedules SET zone = 'Europe/Atlantis' WHERE id = '`+broken.ID+`'`); err != nil {
		t.Fatal(err)
	}
	const year = 365 * 24 * time.Hour
	w.clock.pass(year)
	got, err := w.Due(ctx)
	if len(got) != 1 || got[0].Schedule != x.ID || err == nil || !strings.Contains(err.Error(), "Europe/Atlantis") {
		t.Errorf("a year ahead queued %+v, %v", got, err)
	}
	if err := w.Cancel(ctx, "admin", got[0].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(-year)
	if got, _ := w.Due(ctx); len(got) != 0 {
		t.Errorf("back again queued %+v", got)
	}
	if got := must(w.Schedules(ctx, other.ID))(t); got[0].NextAt.Sub(w.clock.now()) > 24*time.Hour {
		t.Errorf("it is %v and the next scan of the daily schedule is at %v", w.clock.now(), got[0].NextAt)
	}
	if err := errors.Join(w.DeleteSchedule(ctx, "admin", broken.ID), w.DeleteSchedule(ctx, "admin", x.ID), w.DeleteSite(ctx, "admin", other.ID)); err != nil {
		t.Error(err)
	}
}

func testLost(t *testing.T, w *world) {
	ctx := t.Context()
	q := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	for n := range 2 {
		x := must(w.Begin(ctx, q.ID, n, "w1"))(t)
		if ended, err := w.Lost(ctx, x, 2); err != nil || ended != (n == 1) {
			t.Fatalf("attempt %d: ended %v, %v", n, ended, err)
		}
	}
	if x := must(w.Scan(ctx, q.ID))(t); x.State != store.Failed || x.Attempt != 2 {
		t.Errorf("got %+v", x)
	}
}

func testHost(t *testing.T, w *world) {
	ctx := t.Context()
	other := must(w.AddSite(ctx, "admin", store.Site{Organisation: w.org.ID, URL: w.site.URL + "shop/", Host: w.site.Host, Name: "Shop"}))(t)
	a := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID}))(t)
	b := must(w.Queue(ctx, "admin", store.Scan{Site: other.ID}))(t)
	x := must(w.Begin(ctx, a.ID, 0, "w1"))(t)
	if _, err := w.Begin(ctx, b.ID, 0, "w2"); !errors.Is(err, store.ErrHostBusy) {
		t.Errorf("two scans of one host at once: %v", err)
	}
	if err := w.Finish(ctx, x, store.Finished, report(), "", ""); err != nil {
		t.Fatal(err)
	}
	must(w.Begin(ctx, b.ID, 0, "w2"))(t)
}

func testIncomplete(t *testing.T, w *world) {
	w.scanned(t, store.Finished, report("f1", "f2"))
	w.scanned(t, store.Incomplete, report("f2"))
	if got := must(w.Findings(t.Context(), store.Query{Site: w.site.ID}))(t); len(got) != 2 {
		t.Errorf("%d findings, want both", len(got))
	}
}

func testSchedules(t *testing.T, w *world) {
	ctx := t.Context()
	x := must(w.AddSchedule(ctx, "admin", store.Schedule{Site: w.site.ID, Expression: "30 3 * * *", Zone: "Europe/Berlin", Jitter: time.Hour}))(t)
	early, late := time.Date(2026, 11, 27, 2, 30, 0, 0, time.UTC), time.Date(2026, 11, 27, 3, 30, 0, 0, time.UTC)
	if w.clock.now().Before(time.Date(2026, 11, 26, 2, 30, 0, 0, time.UTC)) || x.NextAt.Before(early) && x.NextAt.Day() == 27 || x.NextAt.After(late) {
		t.Errorf("next at %v, want between %v and %v", x.NextAt, early, late)
	}
	if got := must(w.Due(ctx))(t); len(got) != 0 {
		t.Errorf("%d scans were queued too early", len(got))
	}
	w.clock.pass(72 * time.Hour) // nothing ran for three days: made up once
	if got := must(w.Due(ctx))(t); len(got) != 1 || got[0].Schedule != x.ID || got[0].Reason != "schedule" {
		t.Errorf("queued %+v", got)
	}
	if got := must(w.Due(ctx))(t); len(got) != 0 {
		t.Errorf("queued again: %+v", got)
	}
	w.clock.pass(24 * time.Hour) // the scan still waits: passed over
	if got := must(w.Due(ctx))(t); len(got) != 0 {
		t.Errorf("queued beside an open scan: %+v", got)
	}
	if got := must(w.Schedules(ctx, w.site.ID))(t); len(got) != 1 || !got[0].NextAt.After(w.clock.now()) {
		t.Errorf("schedules %+v", got)
	}
	if err := w.PauseSchedule(ctx, "admin", x.ID, true); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(48 * time.Hour)
	if got := must(w.Due(ctx))(t); len(got) != 0 {
		t.Errorf("a paused schedule queued %+v", got)
	}
	if x = must(w.Schedule(ctx, x.ID))(t); !x.Paused || len(x.Times(w.clock.now(), 3)) != 0 {
		t.Errorf("a paused schedule comes at %v", x.Times(w.clock.now(), 3))
	}
	if err := w.PauseSchedule(ctx, "admin", x.ID, false); err != nil {
		t.Fatal(err)
	}
	x = must(w.Schedule(ctx, x.ID))(t)
	times := x.Times(w.clock.now(), 3)
	if x.Paused || !x.NextAt.After(w.clock.now()) || len(times) != 3 || !times[0].Equal(x.NextAt) || times[2].Sub(times[1]) < 20*time.Hour || times[2].Sub(times[1]) > 28*time.Hour {
		t.Errorf("a schedule that goes on: %+v at %v", x, times)
	}
	if err := w.DeleteSchedule(ctx, "admin", x.ID); err != nil {
		t.Error(err)
	}
	if err := w.PauseSchedule(ctx, "admin", x.ID, true); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a schedule that is gone was paused: %v", err)
	}
}

func testBadSchedule(t *testing.T, w *world) {
	for _, x := range []store.Schedule{
		{Expression: "every day", Zone: "UTC"},
		{Expression: "61 3 * * *", Zone: "UTC"},
		{Expression: "", Zone: "UTC"},
		{Expression: "@daily", Zone: "Europe/Atlantis"},
		{Expression: "0 0 30 2 *", Zone: "UTC"},
		{Expression: "@daily", Zone: "UTC", Jitter: -time.Second},
		{Expression: "@daily", Zone: "UTC", Jitter: 48 * time.Hour},
	} {
		x.Site = w.site.ID
		if _, err := w.AddSchedule(t.Context(), "admin", x); err == nil {
			t.Errorf("%+v was taken", x)
		}
	}
}

func testReview(t *testing.T, w *world) {
	ctx := t.Context()
	w.scanned(t, store.Finished, report("f1"))
	if err := w.Review(ctx, "ada", store.Finding{Site: w.site.ID, Fingerprint: "f1", Review: "confirmed", Note: "seen in the tag manager", Owner: "marketing", DueAt: w.clock.now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	sup := store.Suppression{Site: w.site.ID, Fingerprint: "f1", Reason: "planned_fix", Justification: "goes next sprint", Owner: "marketing", Approver: "dpo", ExpiresAt: w.clock.now().Add(90 * 24 * time.Hour)}
	long := sup
	long.ExpiresAt = w.clock.now().Add(366 * 24 * time.Hour)
	if _, err := w.Suppress(ctx, "ada", long); err == nil {
		t.Error("a suppression of more than a year was taken")
	}
	sup = must(w.Suppress(ctx, "ada", sup))(t)
	if got := must(w.Findings(ctx, store.Query{Site: w.site.ID}))(t); len(got) != 0 {
		t.Errorf("a suppressed finding is listed: %+v", got)
	}
	f, err := w.Finding(ctx, w.site.ID, "f1")
	if err != nil || f.Review != "confirmed" || f.ReviewedBy != "ada" || !f.Suppressed {
		t.Errorf("got %+v, %v", f, err)
	}
	overdue := store.Query{Site: w.site.ID, Suppressed: true, Overdue: true}
	if got := must(w.Findings(ctx, overdue))(t); len(got) != 0 {
		t.Errorf("overdue before its day: %+v", got)
	}
	w.clock.pass(2 * time.Hour)
	if got := must(w.Findings(ctx, overdue))(t); len(got) != 1 {
		t.Errorf("%d findings are overdue, want 1", len(got))
	}
	if err := w.Review(ctx, "ada", store.Finding{Site: w.site.ID, Fingerprint: "none"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a finding that is not there was reviewed: %v", err)
	}
	log := must(w.Audit(ctx, 0, 2))(t)
	if len(log) != 2 || log[0].Action != "finding.suppress" || log[1].Action != "finding.review" || log[0].Previous != log[1].Hash {
		t.Errorf("the audit log says %+v", log)
	}
	if err := w.Withdraw(ctx, "ada", sup.ID); err != nil {
		t.Error(err)
	}
	if got := must(w.Findings(ctx, store.Query{Site: w.site.ID}))(t); len(got) != 1 {
		t.Errorf("%d findings after the suppression was withdrawn, want 1", len(got))
	}
	did := []string{}
	for _, e := range must(w.AuditOf(ctx, w.site.ID+"/f1", 10))(t) {
		did = append(did, e.Action)
	}
	if got := strings.Join(did, " "); got != "suppression.withdraw finding.suppress finding.review" {
		t.Errorf("what people did with it: %s", got)
	}
}

func testDelete(t *testing.T, w *world) {
	ctx := t.Context()
	q := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	x := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
	if err := w.DeleteSite(ctx, "admin", w.site.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Beat(ctx, x, store.Progress{}); !errors.Is(err, store.ErrLost) {
		t.Errorf("the worker was not told: %v", err)
	}
	if _, err := w.Queue(ctx, "admin", store.Scan{Site: w.site.ID}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted site was queued: %v", err)
	}
	if _, err := w.AddSite(ctx, "admin", store.Site{Organisation: w.org.ID, URL: w.site.URL, Name: "again"}); err != nil {
		t.Errorf("its address cannot be used again: %v", err)
	}
}

func testRollback(t *testing.T, w *world) {
	ctx := t.Context()
	before := must(w.Audit(ctx, 0, 1))(t)[0].Seq
	if _, err := w.AddSite(ctx, "admin", store.Site{Organisation: w.org.ID, URL: w.site.URL}); !errors.Is(err, store.ErrExists) {
		t.Errorf("the same address twice: %v", err)
	}
	if _, err := w.AddSite(ctx, "admin", store.Site{Organisation: "none", URL: "https://x.test/"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a site of nobody: %v", err)
	}
	if after := must(w.Audit(ctx, 0, 1))(t)[0].Seq; after != before {
		t.Errorf("the audit log has %d entries of changes that failed", after-before)
	}
}

func testPeople(t *testing.T, w *world) {
	ctx := t.Context()
	admin := must(w.AddPerson(ctx, "setup", store.Person{Name: "ada", Role: store.Admin}, "correct horse battery"))(t)
	if _, err := w.AddPerson(ctx, "ada", store.Person{Name: "ada", Role: store.Member}, "another password"); !errors.Is(err, store.ErrExists) {
		t.Errorf("a name twice: %v", err)
	}
	for name, p := range map[string]store.Person{"short": {Name: "bob", Role: store.Member}, "role": {Name: "bob", Role: "king"}, "in": {Name: "bob", Role: store.Member, In: map[string]store.Role{"x": store.Admin}}} {
		if _, err := w.AddPerson(ctx, "ada", p, map[string]string{"short": "12345678901", "role": "long enough password", "in": "long enough password"}[name]); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
	if p, err := w.Login(ctx, "ada", "correct horse battery"); err != nil || p.ID != admin.ID {
		t.Errorf("got %+v, %v", p, err)
	}
	sso := must(w.AddPerson(ctx, "ada", store.Person{Name: "sam", Role: store.Member, Subject: "https://id.test sam"}, ""))(t)
	for _, c := range [][2]string{{"ada", "correct horse batterz"}, {"ada", ""}, {"nobody", "correct horse battery"}, {"sam", ""}, {"sam", "correct horse battery"}} {
		if p, err := w.Login(ctx, c[0], c[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v logged in as %+v, %v", c, p, err)
		}
	}
	if p, err := w.BySubject(ctx, "https://id.test sam"); err != nil || p.ID != sso.ID {
		t.Errorf("got %+v, %v", p, err)
	}
	if _, err := w.BySubject(ctx, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("somebody without a subject: %v", err)
	}
	if err := w.ChangePerson(ctx, "ada", store.Person{ID: admin.ID, Role: store.Member}); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last administrator gave the role away: %v", err)
	}
	if p := must(w.Login(ctx, "ada", "correct horse battery"))(t); p.Role != store.Admin {
		t.Errorf("the change that failed stayed: %+v", p)
	}
	if err := w.SetPassword(ctx, "ada", admin.ID, "short", ""); err == nil {
		t.Error("a short password was taken")
	}
	if err := w.SetPassword(ctx, "sam", sso.ID, "correct horse battery", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a password for somebody of a provider: %v", err)
	}
	if err := w.SetPassword(ctx, "ada", admin.ID, "another horse battery", ""); err != nil {
		t.Error(err)
	}
	if _, err := w.Login(ctx, "ada", "correct horse battery"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the old password: %v", err)
	}
	must(w.Login(ctx, "ada", "another horse battery"))(t)
}

func testPasses(t *testing.T, w *world) {
	ctx := t.Context()
	org := must(w.AddOrganisation(ctx, "setup", "Passes"))(t)
	in := map[string]store.Role{org.ID: store.Owner}
	p := must(w.AddPerson(ctx, "setup", store.Person{Name: "otto", Role: store.Member, In: in}, "correct horse battery"))(t)
	must(w.AddPerson(ctx, "setup", store.Person{Name: "eve", Role: store.Admin}, "correct horse battery"))(t)
	pass, secret, err := w.Issue(ctx, "otto", store.Pass{Kind: store.Token, Person: p.ID, Name: "build", Role: store.Owner, ExpiresAt: w.clock.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.Show(ctx, store.Token, secret); err != nil || got.ID != pass.ID || got.Access.All != "" || got.Access.Role(org.ID) != store.Owner || got.Access.Role("x") != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := w.Show(ctx, store.Session, secret); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a token was taken for a session: %v", err)
	}
	if _, err := w.Show(ctx, store.Token, secret+"x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a wrong secret: %v", err)
	}
	var n int
	if err := w.DB().QueryRowContext(ctx, `SELECT count(*) FROM passes WHERE hash = '`+secret+`'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("the secret is in the database: %d, %v", n, err)
	}
	w.clock.pass(2 * time.Hour)
	if _, err := w.Show(ctx, store.Token, secret); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a pass that expired: %v", err)
	}
	_, secret, err = w.Issue(ctx, "otto", store.Pass{Kind: store.Token, Person: p.ID, Name: "build", Role: store.Owner, ExpiresAt: w.clock.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ChangePerson(ctx, "eve", store.Person{ID: p.ID, Role: store.Member, In: map[string]store.Role{org.ID: store.Viewer}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Show(ctx, store.Token, secret); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a token of somebody whose role changed: %v", err)
	}
}

// testSessions: a session ends when nobody uses it, when its person logs out
// everywhere, and when the password changes, but for the one that changed it.
func testSessions(t *testing.T, w *world) {
	ctx := t.Context()
	p := must(w.AddPerson(ctx, "setup", store.Person{Name: "ida", Role: store.Admin}, "correct horse battery"))(t)
	begin := func() (string, string) {
		pass, secret, err := w.Issue(ctx, "ida", store.Pass{Kind: store.Session, Person: p.ID, Role: store.Admin, ExpiresAt: w.clock.now().Add(12 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return pass.ID, secret
	}
	holds := func(secret string, want bool, what string) {
		t.Helper()
		if _, err := w.Show(ctx, store.Session, secret); errors.Is(err, store.ErrNotFound) == want || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, used := begin()
	_, idle := begin()
	for range 3 {
		w.clock.pass(time.Hour)
		holds(used, true, "a session in use")
	}
	holds(idle, false, "a session that nobody used for 3 hours")
	id, here := begin()
	_, there := begin()
	if err := w.SetPassword(ctx, "ida", p.ID, "another horse battery", id); err != nil {
		t.Fatal(err)
	}
	holds(here, true, "the session that changed the password")
	holds(there, false, "another session after the password changed")
	if err := w.EndSessions(ctx, "ida", p.ID); err != nil {
		t.Fatal(err)
	}
	holds(here, false, "a session after a log-out everywhere")
}

// testAccess: reads see what is of one's organisations, and nothing else.
func testAccess(t *testing.T, w *world) {
	ctx := t.Context()
	type ground struct {
		org  store.Organisation
		site store.Site
		scan store.Scan
		plan store.Schedule
		hush store.Suppression
	}
	var mine, theirs ground
	for name, g := range map[string]*ground{"mine": &mine, "theirs": &theirs} {
		g.org = must(w.AddOrganisation(ctx, "setup", name))(t)
		g.site = must(w.AddSite(ctx, "setup", store.Site{Organisation: g.org.ID, URL: "https://" + name + ".test/", Host: name + ".test", Name: name}))(t)
		q := must(w.Queue(ctx, "setup", store.Scan{Site: g.site.ID, Reason: "person"}))(t)
		g.scan = must(w.Begin(ctx, q.ID, 0, "w1"))(t)
		rep := &reports.Report{
			Findings: []reports.Finding{{Rule: "R", Severity: "high", Fingerprint: "f1"}},
			Vendors:  []reports.Vendor{{ID: "v", Name: "V", Party: "third"}},
			Policies: []reports.Policy{{URL: g.site.URL + "privacy", SHA256: "aa"}},
		}
		if err := w.Finish(ctx, g.scan, store.Finished, rep, "r/", ""); err != nil {
			t.Fatal(err)
		}
		must(w.Queue(ctx, "setup", store.Scan{Site: g.site.ID, Reason: "person"}))(t)
		g.plan = must(w.AddSchedule(ctx, "setup", store.Schedule{Site: g.site.ID, Expression: "@daily", Zone: "UTC"}))(t)
		g.hush = must(w.Suppress(ctx, "setup", store.Suppression{Site: g.site.ID, Fingerprint: "f1", Reason: "planned_fix", Justification: "j", Owner: "o", Approver: "a", ExpiresAt: w.clock.now().Add(240 * time.Hour)}))(t)
	}
	for name, c := range map[string]struct {
		access store.Access
		all    bool
		mine   bool
	}{
		"an administrator": {store.Access{All: store.Admin}, true, true},
		"a member":         {store.Access{In: map[string]store.Role{mine.org.ID: store.Viewer}}, false, true},
		"a stranger":       {store.Access{In: map[string]store.Role{"x": store.Approver}}, false, false},
		"nobody":           {store.Access{}, false, false},
	} {
		seeing := store.Seeing(ctx, c.access)
		want := 0
		for _, is := range []bool{c.mine, c.all} {
			if is {
				want++
			}
		}
		counts := map[string]int{
			"organisations": len(must(w.Organisations(seeing))(t)), "sites": len(must(w.Sites(seeing, ""))(t)), "scans": len(must(w.Scans(seeing, "", 100))(t)) / 2,
			"open": len(must(w.Open(seeing))(t)), "listed sites": listed(w.ListSites(seeing, store.SiteQuery{Limit: 100}))(t), "listed schedules": listed(w.ListSchedules(seeing, "", 100, 0))(t), "first open": listed(w.FirstOpen(seeing, 100))(t), "names": len(must(w.SiteNames(seeing, nil))(t)), "schedules": len(must(w.Schedules(seeing, ""))(t)),
			"findings": len(must(w.Findings(seeing, store.Query{Suppressed: true}))(t)), "recipients": len(must(w.Recipients(seeing, ""))(t)), "products": len(must(w.Products(seeing, "", "", 9))(t)), "suppressions": len(must(w.Suppressions(seeing, ""))(t)),
			"policies": len(must(w.Policies(seeing, mine.site.ID))(t)) + len(must(w.Policies(seeing, theirs.site.ID))(t)),
		}
		for what, got := range counts {
			if got != want && (!c.all || got < want) { // other tests leave things behind
				t.Errorf("%s sees %d %s, want %d", name, got, what, want)
			}
		}
		for g, see := range map[*ground]bool{&mine: c.mine, &theirs: c.all} {
			_, err1 := w.Site(seeing, g.site.ID)
			_, err2 := w.Scan(seeing, g.scan.ID)
			_, err3 := w.Finding(seeing, g.site.ID, "f1")
			for _, err := range []error{err1, err2, err3} {
				if see && err != nil || !see && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s at %s: %v", name, g.org.Name, err)
				}
			}
		}
	}
	for kind, id := range map[store.Thing]string{store.AnOrganisation: mine.org.ID, store.ASite: mine.site.ID, store.AScan: mine.scan.ID, store.ASchedule: mine.plan.ID, store.ASuppression: mine.hush.ID} {
		if got := must(w.OrganisationOf(ctx, kind, id))(t); got != mine.org.ID {
			t.Errorf("a %s is of %s", kind, got)
		}
		if _, err := w.OrganisationOf(ctx, kind, "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a %s that is not there: %v", kind, err)
		}
	}
}
