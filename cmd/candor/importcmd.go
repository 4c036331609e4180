package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"candor/crawler/evidence"
	"candor/crawler/recording"
)

func (c *Command) importCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "import FILE",
		GroupID: "scan",
		Short:   "Match a recording of another tool with a policy",
		Long: `Import makes evidence of a recording instead of a visit, matches it with the
site's notices and writes the same report folder as a scan. FILE is, told by
its content,

  a HAR file of a browser's developer tools (HAR 1.2; Chrome, Firefox, Safari)
  inspection.json of Website Evidence Collector or Blacklight collector
  a site's JSON file of Tracker Radar Collector

What such a file cannot tell is listed as a gap and is never a pass. A broken
entry is a gap that names its number; the rest is kept. The evidence can be
analysed again with 'candor analyze'.

Notices come from --policy, and from the recording when it holds the page of
one with its body. Chrome exports a HAR without cookies unless "Allow to
generate HAR with sensitive data" is on in its settings.`,
		Example: `  candor import www.example.com.har --policy https://www.example.com/privacy
  candor import shop.har --policy privacy.html --policy cookies.html --state accept
  candor import inspection.json --policy privacy.pdf --profile profile.yaml --out report
  candor import session.har --url https://www.example.com/    the site that is meant, of several`,
		Args: args(1, 1, "one FILE: a HAR file, or another collector's JSON"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			if err := c.canPrint(o); err != nil {
				return err
			}
			return c.importFile(cmd.Context(), o, a[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.importFlags(fs)
	o.outputFlags(fs, "report `DIR`, new or empty (default candor-report-HOST-DATE-TIME)", c.formats())
	o.printFlags(fs)
	o.judgeFlags(fs)
	o.redactFlags(fs)
	o.networkFlags(fs)
	o.secondReaderFlags(fs)
	o.commonFlags(fs)
	completions(cmd, c.formats())
	return cmd
}

func (c *Command) importFile(ctx context.Context, o *options, file string) error {
	profile, err := readProfile(o.profile)
	if err != nil {
		return err
	}
	if _, _, err := c.asks(o); err != nil {
		return err
	}
	set, folders, err := c.rules(o.rules)
	if err != nil {
		return err
	}
	if err := profileIDs(o.profile, set); err != nil {
		return err
	}
	held, err := c.against(ctx, o, set)
	if err != nil {
		return err
	}
	rec, err := c.Stages.Import(ctx, file, recording.Options{
		URL: o.site, State: o.state, OwnDomains: profile.OwnDomains, Notices: crawlerWords(set.Terms).Notices,
	})
	switch {
	case ctx.Err() != nil:
		return &exitError{exitIncomplete, fmt.Errorf("nothing was written: %w", context.Cause(ctx))}
	case err != nil:
		return usage("%s: %w", file, err)
	}
	dir := o.out
	if dir == "" {
		dir = defaultOut(rec.URLs[0], c.Now().UTC())
	}
	lost, err := c.giveNotices(ctx, o, rec)
	if err != nil {
		return err
	}
	if err := freshDir(dir); err != nil {
		return err
	}
	if err := errors.Join(keepProfile(o.profile, dir), keepRules(folders, dir)); err != nil {
		return err
	}
	bundle := filepath.Join(dir, "evidence")
	if err := c.writeRecording(o, bundle, rec, profile.OwnDomains, lost); err != nil {
		return err
	}
	rep, err := c.analyseAndWrite(context.WithoutCancel(ctx), ctx, o, bundle, dir, set, profile, held)
	if err != nil {
		return err
	}
	if err := c.redact(context.WithoutCancel(ctx), o, bundle, set, rep); err != nil {
		return err
	}
	c.summarise(o, rep, dir)
	var incomplete error
	for _, g := range lost {
		incomplete = errors.Join(incomplete, fmt.Errorf("%s: %s", g.What, g.Why))
	}
	if incomplete != nil {
		c.complain(incomplete)
	}
	return c.judge(o, rep, incomplete)
}

// giveNotices adds the notices that were named. An address that cannot be
// fetched is a gap; a file that is not there is wrong use.
func (c *Command) giveNotices(ctx context.Context, o *options, rec *recording.Recording) ([]evidence.Gap, error) {
	var lost []evidence.Gap
	for _, where := range o.policies {
		got, err := o.named(ctx, where)
		switch {
		case errors.Is(err, errFetch) && ctx.Err() == nil:
			lost = append(lost, evidence.Gap{What: "notice " + where, Why: err.Error(), Kind: "policy"})
			continue
		case err != nil:
			return nil, err
		}
		address := shareable(got.url)
		rec.AddNotice(evidence.Document{
			URL: address, FinalURL: address, MIMEType: got.mimeType, Language: got.language, Status: got.status, LastModified: got.modified,
			FetchedAt: c.Now().UTC(), LinkedFrom: []evidence.DocLink{},
		}, got.data)
	}
	return lost, nil
}

// shareable leaves the folders of a file out of its address, since reports are
// passed on.
func shareable(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "file" {
		return address
	}
	return (&url.URL{Scheme: "file", Path: "/" + path.Base(u.Path)}).String()
}

// writeRecording writes the bundle and closes it.
func (c *Command) writeRecording(o *options, bundle string, rec *recording.Recording, ownDomains []string, lost []evidence.Gap) (err error) {
	now := c.Now().UTC()
	meta := evidence.Meta{Tool: evidence.Tool{Name: "candor", Version: toolVersion(), Commit: revision()}, OwnDomains: ownDomains}
	rec.Describe(&meta)
	meta.Options.Redact, meta.RegionLabel = o.redacts(), o.region
	meta.ScanID = scanName(meta.URLs[0], now)
	if meta.StartedAt.IsZero() {
		meta.StartedAt = now
	}
	if meta.RedactionKey, err = c.key(); err != nil {
		return err
	}
	w, err := evidence.Create(bundle, meta)
	if err != nil {
		return err
	}
	stopped := "crash"
	defer func() {
		err = errors.Join(err, w.Close(func(m *evidence.Meta) {
			m.FinishedAt = rec.FinishedAt
			m.Complete, m.Stopped = stopped == "", stopped
		}))
	}()
	if err := rec.Write(w); err != nil {
		return err
	}
	if err := w.AddGap(lost...); err != nil {
		return err
	}
	stopped = rec.Stopped
	return nil
}
