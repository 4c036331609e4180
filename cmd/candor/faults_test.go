package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"candor/crawler"
	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
	"candor/reports/store"
	"candor/reports/store/storetest"
)

// held lets scans begin and waits with each until it is let go.
type held struct{ began, goOn chan string }

func (x *team) hold() held {
	h := held{make(chan string, 8), make(chan string, 8)}
	whole := x.Stages.Crawl
	x.Stages.Crawl = func(ctx context.Context, to crawler.Target, o crawler.Options, w *evidence.Writer) error {
		h.began <- to.URLs[0]
		select {
		case <-h.goOn:
		case <-ctx.Done():
			return ctx.Err()
		}
		return whole(ctx, to, o, w)
	}
	return h
}

// outcome counts sites of each of which one scan was asked for: those with that
// one, finished; with further scans; and with none that finished.
type outcome struct{ finished, doubled, lost int }

func outcomeOf(ctx context.Context, st *store.Store, sites ...string) (out outcome, err error) {
	for _, site := range sites {
		scans, err := st.Scans(ctx, site, 10)
		switch {
		case err != nil:
			return out, err
		case len(scans) > 1:
			out.doubled++
		case len(scans) == 1 && scans[0].State == store.Finished:
			out.finished++
		default:
			out.lost++
		}
	}
	return out, nil
}

// once says that each of these sites has one scan, and that it is finished.
func (x *team) once(t *testing.T, sites ...string) {
	t.Helper()
	if got, err := outcomeOf(t.Context(), x.store, sites...); err != nil || got != (outcome{finished: len(sites)}) {
		t.Errorf("of %d sites %+v, %v", len(sites), got, err)
	}
}

// TestKilledDatabase: kill -9 of PostgreSQL in the middle of two scans, of which
// one ends while it is away. It is started again: each site has one finished
// scan.
func TestKilledDatabase(t *testing.T) {
	server := storetest.Postgres(t)
	x := newTeam(t, server.Database(t))
	x.o.workers = 2
	other, err := x.store.AddSite(t.Context(), "test", store.Site{Organisation: x.site.Organisation, URL: "https://www.hillside.test/", Host: "hillside.test", Name: "Hillside"})
	if err != nil {
		t.Fatal(err)
	}
	h := x.hold()
	x.work(t)
	first := x.queue(t)
	second, err := x.store.Queue(t.Context(), "test", store.Scan{Site: other.ID, Reason: "person"})
	if err != nil {
		t.Fatal(err)
	}
	<-h.began
	<-h.began
	if err := server.Kill9(); err != nil {
		t.Fatal(err)
	}
	h.goOn <- "" // its result cannot be handed in
	x.await(t, "the scan to fail", func() bool { return strings.Contains(x.stderr.String(), "is tried again") })
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	close(h.goOn)
	for _, q := range []store.Scan{first, second} {
		x.until(t, q.ID, store.Finished)
		x.once(t, q.Site)
	}
}

// TestKilledBrowser: kill -9 of Chromium in the middle of a scan. It is started
// again within the scan, whose report says so; the site has one finished scan.
func TestKilledBrowser(t *testing.T) {
	path, err := browser.Find("")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested:", err)
	}
	server, err := webtest.New(loadSites(1))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	x := newTeam(t, "")
	if x.site, err = x.store.AddSite(t.Context(), "test", store.Site{Organisation: x.site.Organisation, URL: "https://" + loadHost(0) + "/", Host: "shop-0000.test", Name: "Shop"}); err != nil {
		t.Fatal(err)
	}
	x.o.browser, x.o.noSandbox, x.o.insecure, x.o.pages = path, os.Geteuid() == 0, true, 2
	x.o.hostMap = []crawler.HostMapping{{Pattern: "*", Addr: server.Addr()}}
	var once sync.Once
	x.Stages.Crawl = func(ctx context.Context, to crawler.Target, o crawler.Options, w *evidence.Writer) error {
		tell := o.Progress
		o.Progress = func(e crawler.Event) {
			if e.Kind == "page-done" {
				once.Do(func() { killBrowser(t) })
			}
			tell(e)
		}
		return crawler.Crawl(ctx, to, o, w)
	}
	stop := x.work(t)
	q := x.queue(t)
	got := x.until(t, q.ID, store.Finished, store.Incomplete)
	stop()
	if got.State != store.Finished || got.Attempt != 1 {
		t.Errorf("got %+v; the log says\n%s", got, x.stderr)
	}
	x.once(t, x.site.ID)
	r, err := evidence.Open(filepath.Join(x.o.blobAddress(), got.Evidence))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	said := 0
	for g, err := range r.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		if g.Kind == "crash" && strings.Contains(g.Why, "started again") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("%d gaps say that the browser was started again", said)
	}
}

// TestServiceClockJumps: a clock that jumps an hour ahead and two back ends no
// scan that is alive.
func TestServiceClockJumps(t *testing.T) {
	x := newTeam(t, "")
	var jump atomic.Int64
	x.Now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
	x.o.clockwork.lost = time.Minute // of looks, on a busy machine
	h := x.hold()
	x.work(t)
	q := x.queue(t)
	<-h.began
	for _, to := range []time.Duration{time.Hour, -time.Hour} {
		jump.Store(int64(to))
		x.await(t, "a sign of life by the new clock", func() bool {
			s, err := x.store.Scan(t.Context(), q.ID)
			return err == nil && s.BeatAt.Sub(time.Now().Add(to)).Abs() < 30*time.Minute
		})
	}
	close(h.goOn)
	if got := x.until(t, q.ID, store.Finished); got.Attempt != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestLookout: what counts as lost is decided by looks.
func TestLookout(t *testing.T) {
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	l := &lookout{looks: 3}
	look := func(attempt int, beat time.Time) int {
		return len(l.look([]store.Scan{{ID: "a", Attempt: attempt, BeatAt: beat}}))
	}
	for i, step := range []struct {
		attempt int
		beat    time.Time
		lost    int
	}{
		{1, at, 0}, {1, at, 0}, {1, at, 0}, {1, at.Add(-time.Hour), 0}, // a clock that was set back beats, too
		{1, at.Add(-time.Hour), 0}, {1, at.Add(-time.Hour), 0}, {2, at.Add(-time.Hour), 0}, // another attempt
		{2, at.Add(-time.Hour), 0}, {2, at.Add(-time.Hour), 0}, {2, at.Add(-time.Hour), 1},
		{2, at.Add(-time.Hour), 0}, // it was told; from here it counts anew
	} {
		if got := look(step.attempt, step.beat); got != step.lost {
			t.Errorf("look %d finds %d lost, want %d", i, got, step.lost)
		}
	}
}

// TestServiceDiskRefuses: a disk that takes no report ends no scan: it is tried
// again, says why until then, and leaves nothing half.
func TestServiceDiskRefuses(t *testing.T) {
	x := newTeam(t, "")
	h := x.hold()
	x.work(t)
	q := x.queue(t)
	<-h.began
	// A file in the place of the folder: as on a full disk, nothing can be written
	// below it.
	block := filepath.Join(x.o.blobAddress(), "scans")
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.goOn <- ""
	<-h.began
	again, err := x.store.Scan(t.Context(), q.ID)
	if err != nil || again.Attempt != 2 || !strings.Contains(again.Failure, "keep the report") {
		t.Errorf("got %+v, %v", again, err)
	}
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	h.goOn <- ""
	got := x.until(t, q.ID, store.Finished)
	if got.Attempt != 2 || got.Failure != "" {
		t.Errorf("got %+v", got)
	}
	if kept, err := os.ReadDir(block); err != nil || len(kept) != 1 {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// TestSecondService: a second service on one SQLite file is told what to do, and
// the first goes on; after its end another may begin.
func TestSecondService(t *testing.T) {
	x := newTeam(t, "")
	stop := x.work(t)
	x.until(t, x.queue(t).ID, store.Finished)
	if err := x.Command.work(t.Context(), x.o); err == nil || !strings.Contains(err.Error(), "another candor serve uses the database") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("the second one says %v", err)
	}
	x.until(t, x.queue(t).ID, store.Finished)
	stop()
	x.work(t)
	x.until(t, x.queue(t).ID, store.Finished)
}

// TestNoWorker: scans that nobody takes up say so, until somebody does.
func TestNoWorker(t *testing.T) {
	x := newTeam(t, "")
	x.o.workers, x.o.clockwork.lost = 0, 4*quick.tick
	q := x.queue(t)
	stop := x.work(t)
	x.await(t, "the reason to be told", func() bool {
		got, err := x.store.Scan(t.Context(), q.ID)
		return err == nil && got.State == store.Queued && got.Waits == noWorker
	})
	stop()
	x.o.workers = 1
	x.work(t)
	if got := x.until(t, q.ID, store.Finished); got.Attempt != 1 || got.Waits != "" {
		t.Errorf("got %+v", got)
	}
}

// TestQueue: that nobody takes up scans is known by looks, and forgotten when the
// line moves.
func TestQueue(t *testing.T) {
	q := &queue{looks: 2}
	a, b, running := store.Scan{ID: "a", State: store.Queued}, store.Scan{ID: "b", State: store.Queued}, store.Scan{ID: "c", State: store.Running}
	for i, step := range []struct {
		open             []store.Scan
		nobody, somebody bool
	}{
		{open: []store.Scan{a, b}}, {open: []store.Scan{a, b}}, {open: []store.Scan{a, b}, nobody: true}, {open: []store.Scan{a, b}, nobody: true},
		{open: []store.Scan{b}}, {open: []store.Scan{b}}, {open: []store.Scan{b, running}, somebody: true}, {open: []store.Scan{b}},
		{open: nil}, {open: nil}, {open: nil},
	} {
		if nobody, somebody := q.look(step.open); nobody != step.nobody || somebody != step.somebody {
			t.Errorf("look %d: %v, %v", i, nobody, somebody)
		}
	}
}
