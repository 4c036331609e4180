package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"candor/reports/store"
)

// lookout finds scans whose worker is lost: those that gave no further sign of
// life over a number of looks. Looks are counted, not times compared, so neither
// a clock that jumps, nor one that differs from another machine's, nor a machine
// or database that stood still makes a scan look lost that is alive.
type lookout struct {
	looks int // without a sign of life
	seen  map[string]sight
}

type sight struct {
	attempt int
	beat    time.Time
	looks   int
}

// look returns those of the running scans that are taken for lost.
func (l *lookout) look(running []store.Scan) []store.Scan {
	now := make(map[string]sight, len(running))
	var lost []store.Scan
	for _, x := range running {
		s := sight{attempt: x.Attempt, beat: x.BeatAt}
		if was, ok := l.seen[x.ID]; ok && was.attempt == s.attempt && was.beat.Equal(s.beat) {
			s.looks = was.looks + 1
		}
		if s.looks >= l.looks {
			lost = append(lost, x)
			continue
		}
		now[x.ID] = s
	}
	l.seen = now
	return lost
}

// lookOut looks until stop, once in each tick.
func (s *service) lookOut(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		w := s.o.clockwork
		looks := int((w.lost + w.tick - 1) / w.tick)
		l, line := &lookout{looks: looks}, &queue{looks: looks}
		ticker := time.NewTicker(w.tick)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := s.findLost(ctx, l, line); err != nil && ctx.Err() == nil {
				s.log.Warn("lost workers could not be looked for", "err", err)
				l.seen, line.still = nil, 0 // nobody can give signs of life either
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// noWorker says why scans wait that nobody takes up.
const noWorker = "No worker takes up scans: start candor worker, or candor serve with --workers of 1 or more."

// queue finds that nobody takes up scans: the same one is the first in line over a
// number of looks, and none runs.
type queue struct {
	looks int
	first string
	still int
}

// look says of the open scans, the first in line first, whether nobody takes them
// up, and whether somebody does. At first neither is known.
func (q *queue) look(open []store.Scan) (nobody, somebody bool) {
	first := ""
	for _, x := range open {
		if x.State == store.Running {
			q.first, q.still = "", 0
			return false, true
		}
		if first == "" {
			first = x.ID
		}
	}
	if first == "" || first != q.first {
		q.first, q.still = first, 0
		return false, false
	}
	q.still++
	return q.still >= q.looks, false
}

// tellNoWorker says it of the scans in line that no other reason is known for, and
// takes it back.
func (s *service) tellNoWorker(ctx context.Context, q *queue, open []store.Scan) error {
	nobody, somebody := q.look(open)
	for _, x := range open {
		why := x.Waits
		switch {
		case nobody && why == "":
			why = noWorker
		case somebody && why == noWorker:
			why = ""
		}
		if x.State != store.Queued || why == x.Waits {
			continue
		}
		if err := s.store.Waits(ctx, x.ID, why); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) findLost(ctx context.Context, l *lookout, line *queue) error {
	open, err := s.store.Open(ctx)
	if err != nil {
		return err
	}
	if err := s.tellNoWorker(ctx, line, open); err != nil {
		return err
	}
	var running []store.Scan
	for _, x := range open {
		if x.State == store.Running {
			running = append(running, x)
		}
	}
	for _, x := range l.look(running) {
		ended, err := s.store.Lost(ctx, x, attempts)
		switch {
		case errors.Is(err, store.ErrLost): // it gave one now, or another machine was here
		case err != nil:
			return err
		default:
			s.log.Warn("a worker was lost", "worker", x.Worker, "scan", x.ID, "attempt", x.Attempt, "ended", ended)
		}
	}
	return nil
}
