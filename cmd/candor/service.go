package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"candor/crawler"
	"candor/crawler/fleet"
	"candor/crawler/guard"
	"candor/reports"
	"candor/reports/alert"
	"candor/reports/exceptions"
	"candor/reports/store"
	"candor/reports/store/blob"
	"candor/reports/web"
	"candor/rules"
)

// clockwork is how often a service looks, and how long it waits.
type clockwork struct {
	tick  time.Duration // between two looks at what is due
	beat  time.Duration // between two signs of life of a worker
	lost  time.Duration // without a sign of life a worker is taken for dead
	later time.Duration // until a scan whose host is busy is tried again
}

var usualClockwork = clockwork{tick: 5 * time.Second, beat: 5 * time.Second, lost: 30 * time.Second, later: 10 * time.Second}

const (
	attempts = 3                // of one scan
	stopTime = 20 * time.Second // for what became of a scan to be recorded
)

// service is one machine's part: what it needs to scan the sites of a store.
type service struct {
	c      *Command
	o      *serviceOptions
	store  *store.Store
	blobs  blob.Store
	fleet  fleet.Fleet
	guard  *guard.Guard // looks at addresses that people add; each scan has its own
	pool   *pool
	free   func() error // lets the database to others
	alerts *alert.Sender
	demo   *demoServer // nil without --demo
	set    *rules.Set
	log    *slog.Logger
	name   string // of this worker

	metrics *metrics
	tracer  trace.TracerProvider
	mu      sync.Mutex
	closers []func() error // of what runs beside
}

// errLost ends a scan that is no longer this worker's.
var errLost = errors.New("the scan was cancelled or given to another worker")

// openService opens the database and the blobs, and makes this machine's part.
func (c *Command) openService(ctx context.Context, o *serviceOptions) (_ *service, err error) {
	s := &service{c: c, o: o, log: c.logger(&o.options), name: workerName()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.pool, err = newPool(o.browser); err != nil {
		return nil, err
	}
	if s.set, _, err = c.rules(o.rules); err != nil {
		return nil, err
	}
	if s.free, err = o.alone(); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	keys, err := s.secrets()
	if err != nil {
		return nil, err
	}
	if s.store, err = c.openStore(ctx, o.databaseAddress(), keys); err != nil {
		return nil, err
	}
	switch n, err := s.store.Reseal(ctx, s.name); {
	case errors.Is(err, store.ErrNoKey): // its destinations say so, the rest goes on
		s.log.Error("alerts to some destinations cannot be sent", "err", err)
	case err != nil:
		return nil, err
	case n > 0:
		s.log.Info("addresses of destinations were sealed", "destinations", n)
	}
	s.metrics = newMetrics(s.store)
	var stopTracing func(context.Context) error
	if s.tracer, stopTracing, err = tracing(ctx, c.environ(), s.log); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error {
		end, cancel := context.WithTimeout(context.Background(), traceStop)
		defer cancel()
		if err := stopTracing(end); err != nil {
			s.log.Warn("the last spans were not sent", "err", err) // nothing else is lost
		}
		return nil
	})
	if s.blobs, err = blob.Open(o.blobAddress()); err == nil {
		err = s.blobs.Check(ctx)
	}
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("the blobs at %s: %w", blob.Redacted(o.blobAddress()), err)}
	}
	if o.demo != "" {
		if s.demo, err = c.Stages.Serve(o.demo); err != nil {
			return nil, usage("--demo %s: %w", o.demo, err)
		}
	}
	if s.guard, err = guard.Listen(guard.Options{Allow: o.allow, Mapped: crawler.Mapped(s.mappings()), Log: s.log}); err != nil {
		return nil, err
	}
	s.alerts = alert.New(alert.Options{Watch: s.metrics.alerts, Store: s.store, Dial: guard.Dialer(o.tell), Now: c.Now, Version: toolVersion(), Log: s.log})
	fo := fleet.Options{Workers: o.workers, Do: s.do, Next: s.next, Tick: o.clockwork.tick, Limit: o.longest, Later: o.clockwork.later, Log: s.log}
	if pool := s.store.Pool(); pool != nil {
		s.fleet, err = fleet.Postgres(ctx, pool, fo)
	} else {
		s.fleet, err = fleet.SQLite(ctx, s.store.DB(), fo)
	}
	if err != nil {
		return nil, err
	}
	if o.metrics != "" {
		stop, err := s.watchListener(o.metrics)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, stop)
	}
	return s, nil
}

// parts are what this machine needs, with what is wrong with each just now.
func (s *service) parts(ctx context.Context) []web.Part {
	upToDate, err := s.store.UpToDate(ctx)
	tables := err
	if err == nil && !upToDate {
		tables = errors.New("they are of another version of Candor")
	}
	out := []web.Part{{Name: "database", Err: s.store.Ping(ctx)}, {Name: "tables", Err: tables}, {Name: "blobs", Err: blob.Reach(ctx, s.blobs)}}
	if s.o.workers > 0 {
		_, err := s.c.Stages.FindBrowser(s.o.browser, s.o.noSandbox)
		out = append(out, web.Part{Name: "browser", Err: err})
	}
	return out
}

func (s *service) mappings() []crawler.HostMapping {
	m := s.o.hostMap
	if s.demo != nil {
		m = append(m[:len(m):len(m)], crawler.HostMapping{Pattern: "*", Addr: s.demo.Addr})
	}
	return m
}

func (s *service) close() error {
	var errs []error
	s.mu.Lock()
	closers := s.closers
	s.mu.Unlock()
	for _, stop := range slices.Backward(closers) {
		errs = append(errs, stop())
	}
	if s.guard != nil {
		errs = append(errs, s.guard.Close())
	}
	if s.demo != nil {
		s.demo.Close()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.free != nil {
		errs = append(errs, s.free())
	}
	return errors.Join(errs...)
}

// workerName tells the workers of one database apart.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// next puts in line what is due: schedules whose time has come, and scans that
// somebody asked for or that were put back.
func (s *service) next(ctx context.Context) ([]fleet.Task, error) {
	defer s.alerts.Kick() // whoever ticks sends what is due
	if _, err := s.store.Due(ctx); err != nil {
		s.log.Error("schedules", "err", err) // the others still come
	}
	s.daily(ctx, "purge", s.purge)
	s.daily(ctx, "audit", s.checkAudit)
	open, err := s.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	var out []fleet.Task
	for _, x := range open {
		if x.State == store.Queued {
			out = append(out, taskOf(x))
		}
	}
	return out, nil
}

func taskOf(x store.Scan) fleet.Task {
	return fleet.Task{ID: x.ID, Attempt: x.Attempt, Priority: x.Priority}
}

// added puts a scan in line that was asked for just now. When that fails, the
// next tick does it.
func (s *service) added(ctx context.Context, x store.Scan) {
	if err := s.fleet.Add(ctx, taskOf(x)); err != nil {
		s.log.Warn("a scan waits for the next tick", "scan", x.ID, "err", err)
	}
}

// do makes one attempt at a scan.
func (s *service) do(ctx context.Context, t fleet.Task) error {
	at, err := s.pool.take(ctx, s.log)
	if err != nil { // no attempt of the scan's: it waits until a browser is back
		return errors.Join(fleet.ErrLater, s.store.Waits(ctx, t.ID, err.Error()))
	}
	defer at.leave()
	x, err := s.store.Begin(ctx, t.ID, t.Attempt, s.name)
	switch {
	case errors.Is(err, store.ErrHostBusy), errors.Is(err, store.ErrQuota):
		return fleet.ErrLater
	case errors.Is(err, store.ErrLost):
		return nil // another attempt has it, or nobody wants it any more
	case err != nil:
		return err
	}
	log := s.log.With("scan", x.ID, "site", x.Site, "attempt", x.Attempt)
	log.Info("scan begins", "waited_ms", x.StartedAt.Sub(x.QueuedAt).Milliseconds())
	if x.Attempt == 1 {
		s.metrics.waits.Observe(x.StartedAt.Sub(x.QueuedAt).Seconds())
	}
	began := s.c.Now()
	ctx, whole := s.scanSpan(ctx, x)
	ctx, steps := withSteps(ctx, s.c.Now)
	state, err := s.attempt(ctx, x, at, log)
	took := s.c.Now().Sub(began)
	result, err := s.became(ctx, x, string(state), err, log.With("ms", took.Milliseconds(), "steps_ms", steps))
	s.metrics.scans.WithLabelValues(result).Inc()
	s.metrics.seconds.Observe(took.Seconds())
	whole.SetAttributes(attribute.String("candor.result", result))
	endSpan(whole, err)
	return err
}

// became records what became of an attempt, although the worker may be stopping,
// and returns it as one of scanResults.
func (s *service) became(ctx context.Context, x store.Scan, state string, err error, log *slog.Logger) (string, error) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	switch {
	case err == nil:
		log.Info("scan ends", "result", state)
		return state, nil
	case errors.Is(err, errLost), errors.Is(err, store.ErrLost):
		log.Info("scan given up", "why", err)
		return "given_up", nil
	case ctx.Err() != nil:
		log.Info("scan handed back", "why", "the worker stops")
		return "handed_back", s.store.HandBack(after, x, "its worker was stopped")
	case x.Tries() < attempts:
		log.Warn("scan failed and is tried again", "err", err)
		return "tried_again", s.store.Return(after, x, err.Error())
	}
	log.Error("scan failed", "err", err)
	return "failed", s.store.Fail(after, x, err.Error())
}

// attempt scans a site and hands its result in.
func (s *service) attempt(ctx context.Context, x store.Scan, at *place, log *slog.Logger) (state store.ScanState, err error) {
	site, err := s.store.Site(ctx, x.Site)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b := &beat{s: s, scan: x, cancel: cancel, log: log, visits: newVisits(ctx), browser: sync.OnceFunc(stepOf(ctx, "start of the browser"))}
	defer b.visits.end()
	stop := b.start(ctx)
	defer stop()
	dir, err := os.MkdirTemp(s.o.workDir(), x.ID+"-")
	if err != nil {
		return "", fmt.Errorf("a folder for the scan: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	rep, state, err := s.scan(ctx, x, site, at, filepath.Join(dir, "report"), b.event)
	if err != nil {
		return "", errors.Join(err, context.Cause(ctx))
	}
	b.doing("Keeping the report")
	storing, end := span(ctx, "store")
	err = s.keep(storing, x, state, rep, filepath.Join(dir, "report"))
	end(err)
	if err == nil {
		s.metrics.result(rep)
	}
	return state, err
}

// keep hands a result in: its files, then what the database keeps of it.
func (s *service) keep(ctx context.Context, x store.Scan, state store.ScanState, rep *reports.Report, dir string) error {
	prefix := fmt.Sprintf("scans/%s.%d/", x.ID, x.Attempt)
	if err := blob.PutDir(ctx, s.blobs, prefix, dir); err != nil {
		return fmt.Errorf("keep the report: %w", err)
	}
	if err := s.store.Finish(ctx, x, state, rep, prefix, prefix+"evidence/"); err != nil {
		return errors.Join(err, context.Cause(ctx), blobGone(ctx, s.blobs, prefix))
	}
	return nil
}

// blobGone takes away what an attempt kept that does not count.
func blobGone(ctx context.Context, b blob.Store, prefix string) error {
	return b.Delete(context.WithoutCancel(ctx), prefix)
}

// scan runs the pipeline that candor scan runs, with the options of the service
// and of the site, on the way through the guard.
func (s *service) scan(ctx context.Context, x store.Scan, site store.Site, at *place, dir string, event func(crawler.Event)) (*reports.Report, store.ScanState, error) {
	quiet := *s.c
	quiet.Stdout, quiet.Stderr, quiet.Columns = io.Discard, io.Discard, func() int { return 0 }
	o := s.o.options
	o.out, o.quiet, o.demo = dir, true, ""
	o.formats = []string{"html", "json"}
	guarding, err := s.guardFor(&o, at, s.log.With("scan", x.ID))
	if err != nil {
		return nil, "", err
	}
	defer guarding.Close() // what it still carries is nobody's any more
	if s.demo != nil {
		o.insecure = true
		if !o.dns.IsValid() {
			o.dns = s.demo.DNS
		}
	}
	if site.Profile != "" {
		o.profile = filepath.Join(filepath.Dir(dir), "profile.yaml")
		if err := os.WriteFile(o.profile, []byte(site.Profile), 0o600); err != nil {
			return nil, "", err
		}
	}
	if err := siteOptions(&o, site.Options); err != nil {
		return nil, "", err
	}
	if err := s.history(ctx, &o, site, filepath.Dir(dir)); err != nil {
		return nil, "", err
	}
	o.event = event
	rep, crawlErr, err := quiet.scanTo(ctx, &o, []string{site.URL})
	switch {
	case err != nil:
		return nil, "", err
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case crawlErr != nil && rep.Coverage.PagesVisited == 0:
		return nil, "", crawlErr
	case crawlErr != nil || incomplete(rep, o.minCoverage) != "":
		return rep, store.Incomplete, nil
	}
	return rep, store.Finished, nil
}

// history gives a scan what the store knows of its site: the last report, to say
// what changed, and what people suppressed.
func (s *service) history(ctx context.Context, o *options, site store.Site, dir string) error {
	x, err := s.store.LastScan(ctx, site.ID)
	if err != nil {
		return err
	}
	if x.Report != "" {
		err := blob.GetFile(ctx, s.blobs, x.Report+"scan.json", filepath.Join(dir, "earlier.json"))
		switch {
		case err == nil:
			o.baselines = []string{filepath.Join(dir, "earlier.json")}
		case !errors.Is(err, blob.ErrNotFound): // it may have been purged
			return err
		}
	}
	list, err := s.store.Suppressions(ctx, site.ID)
	if err != nil || len(list) == 0 {
		o.exceptions = "none"
		return err
	}
	var file []byte
	for _, x := range list {
		e := exceptions.Entry{
			Fingerprint: x.Fingerprint, Reason: x.Reason, Justification: x.Justification, Owner: x.Owner, Approver: x.Approver,
			Created: exceptions.Day(x.CreatedAt), Expires: exceptions.Day(x.ExpiresAt),
		}
		if file, err = exceptions.Append(file, exceptions.Draft(e, "")); err != nil {
			return fmt.Errorf("suppressions of the site: %w", err)
		}
	}
	o.exceptions = filepath.Join(dir, "exceptions.yaml")
	return os.WriteFile(o.exceptions, file, 0o600)
}

// siteOptions are what a site has of its own beside the service's options.
func siteOptions(o *options, text string) error {
	var own struct {
		Pages int `json:"pages"`
	}
	if err := json.Unmarshal([]byte(text), &own); err != nil {
		return fmt.Errorf("the site's options: %w", err)
	}
	if own.Pages > 0 {
		o.pages = own.Pages
	}
	return nil
}

// beat says that a scan goes on, and how far it is.
type beat struct {
	s       *service
	scan    store.Scan
	cancel  context.CancelCauseFunc
	log     *slog.Logger // with the scan
	visits  *visits
	browser func() // it is there
	mu      sync.Mutex
	now     store.Progress
}

func (b *beat) event(e crawler.Event) {
	b.visits.event(e)
	switch e.Kind {
	case "page-done":
		b.log.Info("page visited", "page", e.Page, "state", e.State, "requests", e.Requests)
	case "gap":
		b.log.Info("not observed", "page", e.Page, "state", e.State, "why", e.Message)
	case "choice":
		b.log.Info("choice", "page", e.Page, "state", e.State, "outcome", e.Message)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Pages, b.now.Of = max(b.now.Pages, e.Done), max(b.now.Of, e.Planned, e.Done)
	b.now.State = string(e.State)
	switch e.Kind {
	case "start":
		b.browser()
		b.now.Doing = "The browser is there"
	case "page-start":
		b.now.Doing = e.URL
	case "done":
		b.now.Doing = "Reading what was collected"
	}
}

func (b *beat) doing(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Doing = what
}

// start beats until stop; a scan that was lost ends.
func (b *beat) start(ctx context.Context) (stop func()) {
	over := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(b.s.o.clockwork.beat)
		defer ticker.Stop()
		for {
			b.mu.Lock()
			now := b.now
			b.mu.Unlock()
			err := b.s.store.Beat(ctx, b.scan, now)
			if errors.Is(err, store.ErrLost) {
				b.cancel(errLost)
				return
			}
			if err != nil && ctx.Err() == nil {
				b.log.Warn("no sign of life could be given", "err", err) // the database may come back
			}
			select {
			case <-over:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return func() {
		close(over)
		done.Wait()
	}
}
