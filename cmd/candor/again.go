package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"candor/analyzer"
	"candor/crawler"
	"candor/crawler/evidence"
)

// Bounds of one further look.
const (
	lookVisits = 20
	lookTime   = 5 * time.Minute
)

// errLookTime ends a look that takes too long.
var errLookTime = errors.New("the time for a further look was over")

// lookAgain visits the pages behind what weighs most again, as often as the
// options say, and adds what was seen to the bundle. The end of ctx ends the
// looking; what was seen by then stays.
func (c *Command) lookAgain(ctx context.Context, o *options, p *plan) error {
	if o.revisits == 0 || c.Stages.LookAgain == nil {
		return nil
	}
	visits, err := c.visitsAgain(ctx, p)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil || len(visits) == 0 {
		return err
	}
	if o.scanTimeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadlineCause(ctx, p.meta.StartedAt.Add(o.scanTimeout), errTimeLimit)
		defer stop()
	}
	for n := 2; n <= 1+o.revisits && ctx.Err() == nil; n++ {
		if err := c.look(ctx, o, p, n, visits); err != nil {
			return err
		}
	}
	return nil
}

// visitsAgain analyses what was seen so far.
func (c *Command) visitsAgain(ctx context.Context, p *plan) ([]crawler.Again, error) {
	bundle := filepath.Join(p.dir, "evidence")
	r, err := evidence.Open(bundle)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var a *analyzer.Analysis
	if a, err = c.Stages.Analyze(ctx, r, p.set, p.profile); err != nil {
		return nil, fmt.Errorf("analyse %s (the evidence is kept): %w", bundle, err)
	}
	var visits []crawler.Again
	for _, v := range a.Visits(lookVisits) {
		visits = append(visits, crawler.Again{Page: v.ID, URL: v.URL, State: v.State, Kind: v.Kind, Depth: v.Depth, LinkedFrom: v.LinkedFrom})
	}
	return visits, nil
}

// look makes one look. Its bundle is put together beside the scan's, so that a
// crash leaves that as it was.
func (c *Command) look(ctx context.Context, o *options, p *plan, n int, visits []crawler.Again) (err error) {
	part := filepath.Join(p.dir, fmt.Sprintf("evidence.look%d", n))
	meta := p.meta
	meta.StartedAt = c.Now().UTC()
	w, err := evidence.Create(part, meta)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeoutCause(ctx, lookTime, errLookTime)
	defer stop()
	show := c.newProgress(o, p.set)
	show.again(n, 1+o.revisits, len(visits))
	options := p.options
	options.Progress = show.event
	stopped := ""
	if err := c.Stages.LookAgain(ctx, p.target, visits, options, w); err != nil {
		stopped = err.Error() // its gaps say so, too
	}
	show.close()
	err = w.Close(func(m *evidence.Meta) {
		m.FinishedAt = c.Now().UTC()
		m.Complete, m.Stopped = stopped == "", stopped
	})
	if err == nil {
		err = evidence.AddLook(filepath.Join(p.dir, "evidence"), n, part)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return nil
}
