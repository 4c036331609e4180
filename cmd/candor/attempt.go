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
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"candor/crawler/fleet"
	"candor/reports"
	"candor/reports/exceptions"
	"candor/reports/store"
	"candor/reports/store/blob"
)

const (
	attempts = 3                // of one scan
	stopTime = 20 * time.Second // for what became of a scan to be recorded
)

// errLost ends a scan that is no longer this worker's.
var errLost = errors.New("the scan was cancelled or given to another worker")

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
	rep, state, err := s.scan(ctx, x, site, at, filepath.Join(dir, "report"), b)
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
func (s *service) scan(ctx context.Context, x store.Scan, site store.Site, at *place, dir string, b *beat) (*reports.Report, store.ScanState, error) {
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
	o.event, o.doing = b.event, b.doing
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
