package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"candor/crawler"
	"candor/crawler/fleet"
	"candor/crawler/guard"
	"candor/reports/alert"
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
