package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/html"
	"candor/reports/store"
	"candor/reports/store/storetest"
	"candor/rules"
)

// quick is a clockwork for tests.
var quick = clockwork{tick: 50 * time.Millisecond, beat: 50 * time.Millisecond, lost: 2 * time.Second, later: 50 * time.Millisecond}

// team is a service whose scans are made up, in a database of its own.
type team struct {
	*session
	o     *serviceOptions
	store *store.Store
	site  store.Site
}

func newTeam(t *testing.T, database string) *team {
	t.Helper()
	s := newSession(t)
	s.Stages.Renderers = func(rendering) []reports.Renderer { return []reports.Renderer{html.Format()} }
	s.Now = time.Now // heartbeats of several processes are compared
	x := &team{session: s, o: &serviceOptions{data: t.TempDir(), database: database, workers: 1, longest: time.Minute, clockwork: quick}}
	x.o.states, x.o.pages, x.o.tabs, x.o.minCoverage = []evidence.State{evidence.StateNone}, 5, 1, 0.5
	x.o.hostMap = []crawler.HostMapping{{Pattern: "*"}} // every host is known, none is reached
	n := 0
	var err error
	x.store, err = store.Open(t.Context(), x.o.databaseAddress(), store.Options{Now: time.Now, NewID: func() string { n++; return "test" + string(rune('a'+n)) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.store.Close() })
	org, err := x.store.AddOrganisation(t.Context(), "test", "Fernhill")
	if err != nil {
		t.Fatal(err)
	}
	if x.site, err = x.store.AddSite(t.Context(), "test", store.Site{Organisation: org.ID, URL: "https://www.fernhill.test/", Host: "fernhill.test", Name: "Fernhill"}); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *team) queue(t *testing.T) store.Scan {
	t.Helper()
	q, err := x.store.Queue(t.Context(), "test", store.Scan{Site: x.site.ID, Reason: "person"})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// work runs the service until stop.
func (x *team) work(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Command.work(ctx, x.o) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the worker ended with %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// until waits for a scan to be in a state.
func (x *team) until(t *testing.T, id string, want ...store.ScanState) store.Scan {
	t.Helper()
	ticker, deadline := time.NewTicker(20*time.Millisecond), time.After(2*time.Minute)
	defer ticker.Stop()
	for {
		got, err := x.store.Scan(context.WithoutCancel(t.Context()), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if got.State == w {
				return got
			}
		}
		if got.State != store.Queued && got.State != store.Running {
			t.Fatalf("the scan ended as %+v; the log says\n%s", got, x.stderr)
		}
		select {
		case <-deadline:
			t.Fatalf("the scan is still %s: %+v; the log says\n%s", got.State, got, x.stderr)
		case <-ticker.C:
		}
	}
}

// await waits for something to be so.
func (x *team) await(t *testing.T, what string, so func() bool) {
	t.Helper()
	ticker, deadline := time.NewTicker(20*time.Millisecond), time.After(2*time.Minute)
	defer ticker.Stop()
	for !so() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s; the log says\n%s", what, x.stderr)
		case <-ticker.C:
		}
	}
}

func onBoth(t *testing.T, test func(t *testing.T, database string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, storetest.Postgres(t).Database(t)) })
}

// TestServiceScan: a scan that is asked for is made, its report kept, its findings
// in the history.
func TestServiceScan(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		x := newTeam(t, database)
		x.Stages.Analyze = justPages(check.Finding{ID: "f1", Rule: "CORE-01", Outcome: check.Differs, Severity: "high", Title: "A recipient", Fingerprint: "aa"})
		stop := x.work(t)
		got := x.until(t, x.queue(t).ID, store.Finished)
		stop()
		if got.Attempt != 1 || got.Report == "" || !strings.Contains(got.Summary, `"high":1`) {
			t.Errorf("got %+v", got)
		}
		for _, name := range []string{"index.html", "scan.json", "evidence/manifest.json"} {
			if _, err := os.Stat(filepath.Join(x.o.blobAddress(), got.Report, name)); err != nil {
				t.Error(err)
			}
		}
		list, err := x.store.Findings(context.Background(), store.Query{Site: x.site.ID})
		if err != nil || len(list) != 1 || list[0].Fingerprint != "aa" {
			t.Errorf("findings %+v, %v", list, err)
		}
		if left, err := os.ReadDir(x.o.workDir()); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

// TestServiceTriesAgain: a scan that fails is tried three times, and one that
// finds no page is incomplete.
func TestServiceTriesAgain(t *testing.T) {
	x := newTeam(t, "")
	var tries atomic.Int32
	x.Stages.Crawl = func(context.Context, crawler.Target, crawler.Options, *evidence.Writer) error {
		tries.Add(1)
		return errors.New("the browser does not start")
	}
	x.work(t)
	got := x.until(t, x.queue(t).ID, store.Failed, store.Finished, store.Incomplete)
	if got.State != store.Failed || tries.Load() != attempts || !strings.Contains(got.Failure, "browser does not start") {
		t.Errorf("after %d tries %+v", tries.Load(), got)
	}
}

// TestServiceLooksAgain: while pages are looked at again, the scan says so.
func TestServiceLooksAgain(t *testing.T) {
	x := newTeam(t, "")
	x.o.revisits = 1
	x.Stages.Analyze = highOn
	goOn := make(chan struct{})
	x.Stages.LookAgain = func(_ context.Context, _ crawler.Target, visits []crawler.Again, _ crawler.Options, looks ...*evidence.Writer) []error {
		<-goOn
		return []error{addPage(looks[0], "p0001.none", visits[0].URL, "quiet")}
	}
	x.work(t)
	q := x.queue(t)
	x.await(t, "word of a further look", func() bool {
		got, err := x.store.Scan(t.Context(), q.ID)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(got.Progress, "Looking again")
	})
	close(goOn)
	x.until(t, q.ID, store.Finished)
}

// TestServiceStop: a worker that is stopped hands its scan back, and another
// takes it up.
func TestServiceStop(t *testing.T) {
	x := newTeam(t, "")
	began := make(chan struct{})
	whole := x.Stages.Crawl
	x.Stages.Crawl = func(ctx context.Context, _ crawler.Target, _ crawler.Options, _ *evidence.Writer) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}
	stop := x.work(t)
	q := x.queue(t)
	<-began
	stop()
	if got := x.until(t, q.ID, store.Queued); got.Attempt != 1 || got.Tries() != 0 || got.Worker != "" {
		t.Errorf("got %+v", got)
	}
	x.Stages.Crawl = whole
	x.work(t)
	if got := x.until(t, q.ID, store.Finished); got.Attempt != 2 || got.Tries() != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestServiceGrace: a stop lets a scan end that does so within --grace.
func TestServiceGrace(t *testing.T) {
	x := newTeam(t, "")
	x.o.grace = time.Hour
	began, goOn := make(chan struct{}), make(chan struct{})
	whole := x.Stages.Crawl
	x.Stages.Crawl = func(ctx context.Context, target crawler.Target, o crawler.Options, w *evidence.Writer) error {
		close(began)
		<-goOn
		return whole(ctx, target, o, w)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Command.work(ctx, x.o) }()
	q := x.queue(t)
	<-began
	cancel()
	for !strings.Contains(x.stderr.String(), "stopping") {
		time.Sleep(time.Millisecond) // until the log says so; there is no other event
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := x.until(t, q.ID, store.Finished); got.Attempt != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestServiceCancel: a scan that is cancelled, and one whose site is deleted, end
// at once and leave nothing.
func TestServiceCancel(t *testing.T) {
	x := newTeam(t, "")
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	x.Stages.Crawl = func(ctx context.Context, _ crawler.Target, _ crawler.Options, _ *evidence.Writer) error {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return ctx.Err()
	}
	x.work(t)
	q := x.queue(t)
	<-began
	if err := x.store.Cancel(t.Context(), "test", q.ID); err != nil {
		t.Fatal(err)
	}
	<-ended
	q = x.queue(t)
	<-began
	if err := x.store.DeleteSite(t.Context(), "test", x.site.ID); err != nil {
		t.Fatal(err)
	}
	<-ended
	if got := x.until(t, q.ID, store.Cancelled); got.Failure != "the site was deleted" || got.Report != "" {
		t.Errorf("got %+v", got)
	}
}

// TestKilledWorker: kill -9 of a worker in the middle of a scan; another takes
// the scan up, and it ends once.
func TestKilledWorker(t *testing.T) {
	// With PostgreSQL, since two machines share it; the leader that was killed keeps
	// its place for some seconds.
	t.Run("PostgreSQL", func(t *testing.T) {
		x := newTeam(t, storetest.Postgres(t).Database(t))
		victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
		victim.Env = append(os.Environ(), "CANDOR_VICTIM="+x.o.databaseAddress(), "CANDOR_VICTIM_DATA="+x.o.data)
		victim.Stdout, victim.Stderr = x.stderr, x.stderr
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		q := x.queue(t)
		x.until(t, q.ID, store.Running)
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = victim.Wait() // it was killed
		x.work(t)
		got := x.until(t, q.ID, store.Finished)
		if got.Attempt != 2 {
			t.Errorf("got %+v", got)
		}
		x.once(t, x.site.ID)
	})
}

// TestVictim is the worker that TestKilledWorker kills; by itself it does nothing.
func TestVictim(t *testing.T) {
	database := os.Getenv("CANDOR_VICTIM")
	if database == "" {
		return
	}
	s := newSession(t)
	s.Now, s.Stderr = time.Now, os.Stderr
	s.Stages.Crawl = func(ctx context.Context, _ crawler.Target, _ crawler.Options, _ *evidence.Writer) error {
		<-ctx.Done()
		return ctx.Err()
	}
	o := &serviceOptions{data: os.Getenv("CANDOR_VICTIM_DATA"), workers: 1, longest: time.Minute, clockwork: quick}
	if strings.HasPrefix(database, "postgres") {
		o.database = database
	}
	o.states, o.pages, o.tabs = []evidence.State{evidence.StateNone}, 5, 1
	o.hostMap = []crawler.HostMapping{{Pattern: "*"}}
	if err := s.Command.work(t.Context(), o); err != nil {
		t.Error(err)
	}
}

// TestServe: the first start says where the dashboard is and how to log in, and a
// second one keeps what there is.
func TestServe(t *testing.T) {
	x := newTeam(t, "")
	x.Stages.Rules = rules.Default
	x.Environ = append(x.Environ, adminPassword+"=correct horse battery")
	x.o.listen = "127.0.0.1:0"
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- x.Command.serve(ctx, x.o) }()
		address := ""
		for address == "" {
			select {
			case err := <-ended:
				t.Fatal(err)
			case <-time.After(20 * time.Millisecond):
			}
			all := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindAllString(x.stdout.String(), -1)
			if len(all) > 0 {
				address = all[len(all)-1]
			}
		}
		resp, err := http.Get(address + "login")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "Log in") {
			t.Errorf("%d %s %v", resp.StatusCode, text, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := x.store.Login(context.Background(), "admin", "correct horse battery"); err != nil {
			t.Errorf("the administrator cannot log in: %v", err)
		}
		if strings.Contains(x.stdout.String(), "correct horse") {
			t.Error("the password that was given is shown")
		}
		x.stdout = &lockedBuffer{}
		x.Command.Stdout = x.stdout
	}
	people, err := x.store.People(context.Background())
	if err != nil || len(people) != 1 {
		t.Errorf("people %+v, %v", people, err)
	}
}

// TestServiceRefusals: what cannot work is said in a sentence.
func TestServiceRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no such database":    {[]string{"worker", "--database", "postgres://candor:hunter2@127.0.0.1:1/candor", "--blobs", "b"}, "open the database postgres://candor:xxxxx@127.0.0.1:1/candor"},
		"a worker by itself":  {[]string{"worker"}, "needs --database"},
		"wrong blobs":         {[]string{"serve", "--listen", "127.0.0.1:0", "--blobs", "ftp://x"}, "expected a folder, or s3://"},
		"a bad address":       {[]string{"serve", "--listen", "nowhere"}, "--listen"},
		"a bad range":         {[]string{"serve", "--allow-network", "10.0.0.0"}, "expected a range such as 10.0.0.0/8"},
		"a short password":    {[]string{"serve", "--listen", "127.0.0.1:0"}, "expected 12 to 1024"},
		"arguments too many":  {[]string{"serve", "https://x.test/"}, "no arguments"},
		"a folder that is no": {[]string{"serve", "--listen", "127.0.0.1:0", "--data", "file"}, "--data"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.Environ = append(s.Environ, adminPassword+"=short")
			if err := os.WriteFile("file", nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if code := s.run(c.args...); code != exitUsage || !strings.Contains(s.stderr.String(), c.says) || strings.Contains(s.stderr.String(), "hunter2") {
				t.Errorf("exit code %d, says %s", code, s.stderr)
			}
		})
	}
}
