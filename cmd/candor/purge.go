package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"candor/crawler/evidence"
	"candor/reports/store"
	"candor/reports/store/blob"
)

// keepFlags say where a service keeps its things, for commands beside it.
func (o *serviceOptions) keepFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.data, "data", "candor-data", "`DIR` of what the service keeps: the database and the blobs")
	fs.StringVar(&o.database, "database", "", "`URL` of its PostgreSQL database, postgres://… (default an SQLite file in --data)")
	fs.StringVar(&o.blobs, "blobs", "", "where its reports and evidence are: a folder, or `URL` s3://KEY:SECRET@HOST/BUCKET (default a folder in --data)")
	o.commonFlags(fs)
}

// openStore opens the database of a service.
func (c *Command) openStore(ctx context.Context, address string, keys *store.Keys) (*store.Store, error) {
	s, err := store.Open(ctx, address, store.Options{Now: c.Now, NewID: rand.Text, Keys: keys})
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return s, nil
}

// withKept runs something on what a service keeps.
func (c *Command) withKept(ctx context.Context, o *serviceOptions, run func(*store.Store, blob.Store) error) error {
	s, err := c.openStore(ctx, o.databaseAddress(), nil)
	if err != nil {
		return err
	}
	b, err := blob.Open(o.blobAddress())
	if err != nil {
		return &exitError{exitUsage, errors.Join(fmt.Errorf("the blobs at %s: %w", blob.Redacted(o.blobAddress()), err), s.Close())}
	}
	return errors.Join(run(s, b), s.Close())
}

func (c *Command) purgeCommand() *cobra.Command {
	o := &serviceOptions{}
	dry := false
	cmd := &cobra.Command{
		Use:     "purge",
		GroupID: "service",
		Short:   "Take away what a service keeps longer than its settings say",
		Long: `Purge does at once what a running service does every day: it takes away
screenshots, evidence, reports and results of scans that ended longer ago than
the settings of the dashboard say. The newest finished scan of a site and the one
that the next is compared with keep everything. Findings keep when they were
first and last seen, and the audit log is never purged; a purge is an entry in it.

One that is killed goes on where it was with the next.`,
		Example: `  candor purge --dry-run                       only say how much it is
  candor purge --database postgres://candor@db/candor --blobs s3://host/bucket`,
		Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, &o.options); err != nil {
				return err
			}
			return c.withKept(cmd.Context(), o, func(s *store.Store, b blob.Store) error {
				p := &purge{store: s, blobs: b, now: c.Now, actor: "candor purge"}
				if dry {
					return c.sayOverdue(cmd.Context(), p)
				}
				counts, err := p.run(cmd.Context())
				if !o.quiet {
					fmt.Fprintf(c.Stdout, "Purged: %s\n", countsInWords(counts))
				}
				return err
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&dry, "dry-run", false, "say what would go, and take nothing away")
	o.keepFlags(fs)
	return cmd
}

func (c *Command) sayOverdue(ctx context.Context, p *purge) error {
	r, err := p.store.Retention(ctx)
	if err != nil {
		return err
	}
	counts, err := p.store.Overdue(ctx, r)
	if err != nil {
		return err
	}
	buried, err := p.store.Buried(ctx, maxBuried)
	if err != nil {
		return err
	}
	for _, t := range buried { // of a purge that was killed
		counts[t.Kind]++
	}
	left, err := p.leftovers(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		counts[leftovers] = int64(len(left))
	}
	for _, a := range store.Artefacts {
		days := "for ever"
		if d := r.Days(a); d > 0 {
			days = fmt.Sprintf("%d days", d)
		}
		fmt.Fprintf(c.Stdout, "%s are kept %s\n", a, days)
	}
	fmt.Fprintf(c.Stdout, "Would be purged: %s\n", countsInWords(counts))
	return nil
}

// leftovers are blobs of attempts whose result did not count.
const leftovers store.Artefact = "leftovers"

// alerts that were said, which are kept as long as results.
const alerts store.Artefact = "alerts"

// countsInWords is "evidence of 3, reports of 1 (scans), 5 alerts".
func countsInWords(counts map[store.Artefact]int64) string {
	var parts []string
	for _, a := range append(store.Artefacts[:len(store.Artefacts):len(store.Artefacts)], leftovers) {
		if n := counts[a]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s of %d", a, n))
		}
	}
	if len(parts) > 0 {
		parts[len(parts)-1] += " (scans)"
	}
	if n := counts[alerts]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d alerts", n))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// purge takes away what is kept too long. It marks it first (a tombstone in the
// database, from when on nobody is shown it), then deletes the blobs, then the
// rows: killed at any point, the next goes on there.
type purge struct {
	store *store.Store
	blobs blob.Store
	now   func() time.Time
	actor string
}

const (
	purgeBatch = 200 // tombstones that make one entry of the audit log
	maxBuried  = 1_000_000
	purgeEvery = 24 * time.Hour
)

func (p *purge) run(ctx context.Context) (map[store.Artefact]int64, error) {
	all := map[store.Artefact]int64{}
	r, err := p.store.Retention(ctx)
	if err == nil {
		err = p.store.Bury(ctx, r)
	}
	for err == nil {
		var list []store.Tombstone
		if list, err = p.store.Buried(ctx, purgeBatch); err != nil || len(list) == 0 {
			break
		}
		for _, t := range list {
			if err := p.gone(ctx, t); err != nil {
				return all, fmt.Errorf("purge %s of the scan %s: %w", t.Kind, t.Scan, err)
			}
		}
		var counts map[store.Artefact]int64
		if counts, err = p.store.Purged(ctx, p.actor, list); err == nil {
			for a, n := range counts {
				all[a] += n
			}
		}
	}
	if err != nil {
		return all, err
	}
	left, err := p.leftovers(ctx)
	for _, prefix := range left {
		if err == nil {
			err = p.blobs.Delete(ctx, prefix)
		}
	}
	if err == nil && len(left) > 0 {
		all[leftovers] = int64(len(left))
		err = p.store.Record(ctx, p.actor, "purge", "", map[store.Artefact]int64{leftovers: int64(len(left))})
	}
	if err == nil {
		all[alerts], err = p.store.PurgeAlerts(ctx, p.actor, r)
	}
	return all, err
}

// gone deletes the blobs that a tombstone stands for. What is gone already is no
// error.
func (p *purge) gone(ctx context.Context, t store.Tombstone) error {
	switch {
	case t.Kind == store.Evidence && t.Evidence != "":
		return p.blobs.Delete(ctx, t.Evidence)
	case t.Kind == store.Reports && t.Report != "":
		return p.blobs.Delete(ctx, t.Report) // its evidence, which is in it, is kept no longer than it
	case t.Kind == store.Screenshots && t.Evidence != "":
		var names []string
		if err := p.blobs.List(ctx, t.Evidence, func(name string, _ int64) error {
			if strings.Contains(name, "/screenshots/") {
				names = append(names, name)
			}
			return nil
		}); err != nil {
			return err
		}
		return p.screenshots(ctx, t, names)
	}
	return nil
}

// screenshots takes them away and leaves in the bundle which they were, so that
// nobody takes them for lost. Both say nothing new the second time: what a purge
// that was killed took away is in its list already.
func (p *purge) screenshots(ctx context.Context, t store.Tombstone, names []string) error {
	if len(names) == 0 {
		return nil
	}
	list := evidence.Purged{At: t.BuriedAt}
	file := t.Evidence + evidence.PurgedFile
	switch was, err := p.blobs.Get(ctx, file); {
	case err == nil:
		err := errors.Join(json.NewDecoder(was).Decode(&list), was.Close())
		if err != nil {
			return err
		}
	case !errors.Is(err, blob.ErrNotFound):
		return err
	}
	for _, n := range names {
		if n = strings.TrimPrefix(n, t.Evidence); !slices.Contains(list.Files, n) {
			list.Files = append(list.Files, n)
		}
	}
	slices.Sort(list.Files)
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if err := p.blobs.Put(ctx, file, bytes.NewReader(text), int64(len(text))); err != nil {
		return err
	}
	for _, n := range names {
		if err := p.blobs.Remove(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// leftoverAge is how long after its end what a scan did not keep is left alone: a
// worker that was taken for lost may still be at it.
const leftoverAge = 24 * time.Hour

// leftovers are prefixes of blobs below which a worker that was killed put what no
// row names. What belongs to a scan that the database does not know is left alone:
// it may be another's.
func (p *purge) leftovers(ctx context.Context) ([]string, error) {
	var prefixes []string
	err := p.blobs.List(ctx, "scans/", func(name string, _ int64) error {
		parts := strings.SplitN(name, "/", 3)
		if prefix := parts[0] + "/" + parts[1] + "/"; len(parts) == 3 && (len(prefixes) == 0 || prefixes[len(prefixes)-1] != prefix) {
			prefixes = append(prefixes, prefix)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, prefix := range prefixes {
		id, attempt, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(prefix, "scans/"), "/"), ".")
		if _, err := strconv.Atoi(attempt); err != nil {
			continue
		}
		x, err := p.store.Scan(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		over := x.State != store.Queued && x.State != store.Running && p.now().Sub(x.FinishedAt) > leftoverAge
		if over && x.Report != prefix && !strings.HasPrefix(x.Evidence, prefix) {
			out = append(out, prefix)
		}
	}
	return out, nil
}

// daily does something once a day on one machine of all, beside the tick, until
// the service stops.
func (s *service) daily(ctx context.Context, what string, do func(context.Context) error) {
	mine, err := s.store.Turn(ctx, what, purgeEvery)
	if err != nil || !mine {
		if err != nil {
			s.log.Error(what, "err", err)
		}
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	s.mu.Lock()
	s.closers = append(s.closers, func() error { cancel(); <-done; return nil })
	s.mu.Unlock()
	go func() {
		defer close(done)
		defer cancel()
		if err := do(ctx); err != nil && ctx.Err() == nil {
			s.log.Error(what, "err", err)
		}
	}()
}

// purge takes away what is kept too long.
func (s *service) purge(ctx context.Context) error {
	counts, err := (&purge{store: s.store, blobs: s.blobs, now: s.c.Now, actor: "purge"}).run(ctx)
	for a, n := range counts {
		s.metrics.purged.WithLabelValues(string(a)).Add(float64(n))
	}
	if err == nil {
		s.log.Info("purge", "what", countsInWords(counts))
	}
	return err
}

// checkAudit checks that nobody changed the audit log.
func (s *service) checkAudit(ctx context.Context) error {
	c, err := s.store.KeepAuditCheck(ctx)
	if err == nil && c.Broken > 0 {
		err = fmt.Errorf("entry %d does not fit the one before it: the log was changed", c.Broken)
	}
	return err
}
