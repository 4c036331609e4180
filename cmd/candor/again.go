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

// Bounds of a further look. Looks are made side by side, and their time is that of
// all together.
const (
	lookVisits = 20
	lookTime   = 5 * time.Minute
)

// errLookTime ends a look that takes too long.
var errLookTime = errors.New("the time for further looks was over")

func (c *Command) looksAgain(o *options) bool { return o.revisits > 0 && c.Stages.LookAgain != nil }

// lookAgain visits the pages behind what weighs most again, as often as the
// options say, and adds what was seen to the bundle. The end of ctx ends the
// looking; what was seen by then stays.
func (c *Command) lookAgain(ctx context.Context, o *options, p *plan) error {
	if !c.looksAgain(o) {
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
	return c.look(ctx, o, p, visits)
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

// look makes the looks. The bundle of each is put together beside the scan's, so
// that a crash leaves that as it was.
func (c *Command) look(ctx context.Context, o *options, p *plan, visits []crawler.Again) (err error) {
	meta := p.meta
	meta.StartedAt = c.Now().UTC()
	var parts []string
	var looks []*evidence.Writer
	defer func() {
		for i, w := range looks { // of those in the bundle nothing is left to close or remove
			err = errors.Join(err, w.Close(nil), os.RemoveAll(parts[i]))
		}
	}()
	for n := range o.revisits {
		part := filepath.Join(p.dir, fmt.Sprintf("evidence.look%d", n+2))
		w, err := evidence.Create(part, meta)
		if err != nil {
			return errors.Join(err, os.RemoveAll(part))
		}
		parts, looks = append(parts, part), append(looks, w)
	}
	ctx, stop := context.WithTimeoutCause(ctx, lookTime*time.Duration(o.revisits), errLookTime)
	defer stop()
	show := c.newProgress(o, p.set)
	show.again(o.revisits, len(visits))
	if o.doing != nil {
		o.doing("Looking again at what was found")
		defer o.doing(analysing)
	}
	options := p.options
	options.Progress = show.event
	ended := c.Stages.LookAgain(ctx, p.target, visits, options, looks...)
	show.close()
	for i, w := range looks {
		stopped := ""
		if ended[i] != nil {
			stopped = ended[i].Error() // its gaps say so, too
		}
		closed := w.Close(func(m *evidence.Meta) {
			m.FinishedAt = c.Now().UTC()
			m.Complete, m.Stopped = stopped == "", stopped
		})
		if closed == nil {
			closed = evidence.AddLook(filepath.Join(p.dir, "evidence"), i+2, parts[i])
		}
		err = errors.Join(err, closed)
	}
	return err
}
