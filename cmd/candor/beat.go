package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"candor/crawler"
	"candor/reports/store"
)

// analysing is what a scan does after its visits.
const analysing = "Reading what was collected"

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
		b.now.Doing = analysing
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
