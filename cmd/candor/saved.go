package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/plain"
)

func (c *Command) analyzeCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "analyze BUNDLE",
		GroupID: "bundle",
		Short:   "Analyse saved evidence again, without network",
		Long: `Analyze reads the evidence of an earlier scan, matches it again with this
version's rules and writes a new report. The same evidence with the same rules
and profile gives the same bytes. The profile is the one that the scan left in
the folder, unless --profile names another, and so are packs of your own, unless
--rules names others. Only --second-reader needs a network.

` + secondReaderHelp + `
Later runs find it there, without a network.

BUNDLE is a report folder or the evidence folder inside one.`,
		Example: `  candor analyze candor-report-www.example.com-20261124-081500
  candor analyze old-report --profile profile.yaml --out with-profile`,
		Args: args(1, 1, "one BUNDLE, a report folder"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			if err := c.canPrint(o); err != nil {
				return err
			}
			return c.analyze(cmd.Context(), o, a[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.outputFlags(fs, "report `DIR`, new or empty (default candor-report-HOST-DATE-TIME)", c.formats())
	o.printFlags(fs)
	o.judgeFlags(fs)
	o.secondReaderFlags(fs)
	o.commonFlags(fs)
	completions(cmd, c.formats())
	return cmd
}

func (c *Command) analyze(ctx context.Context, o *options, bundle string) error {
	o.profile = cmp.Or(o.profile, keptProfile(bundle))
	profile, err := readProfile(o.profile)
	if err != nil {
		return err
	}
	if _, _, err := c.asks(o); err != nil {
		return err
	}
	meta, err := bundleMeta(bundle)
	if err != nil {
		return err
	}
	if o.rules == nil {
		o.rules = keptFolders(bundle)
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
	dir := o.out
	if dir == "" {
		address := ""
		if len(meta.URLs) > 0 {
			address = meta.URLs[0]
		}
		dir = defaultOut(address, c.Now().UTC())
	}
	if err := freshDir(dir); err != nil {
		return err
	}
	if err := errors.Join(keepProfile(o.profile, dir), keepRules(folders, dir)); err != nil {
		return err
	}
	rep, err := c.analyseAndWrite(ctx, ctx, o, bundle, dir, set, profile, held)
	if err != nil {
		return err
	}
	c.summarise(o, rep, dir)
	return c.judge(o, rep, nil)
}

// bundleMeta checks that a folder holds a scan.
func bundleMeta(dir string) (evidence.Meta, error) {
	r, err := evidence.Open(dir)
	if err != nil {
		return evidence.Meta{}, &exitError{exitUsage, err}
	}
	defer r.Close()
	return r.Meta(), nil
}

func (c *Command) reportCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "report FOLDER…",
		GroupID: "bundle",
		Short:   "Render a saved scan in other formats, or several sites as one page",
		Long: `Report renders the scan.json of a report folder again, as it is. It does not
analyse: 'candor analyze' does. Files that are there already are left alone;
name another folder with --out. The exit codes are those of a scan.

Several folders make one page over their sites, index.html and organisation.json
in a new folder, or the FILE.html that --out names, and on request a PDF of it: the answer over all of them,
what to do first and where, sites by questions, which company is on which site,
each site's trend, and what is missing. The newest scan of a site is its state,
older ones are its trend. It leads to the sites' own reports, so keep it where
they can be reached from it. A folder that cannot be read is a gap in the page.
Exit codes: 1 a site's newest scan has findings at or above --fail-on, 3 a site
could not be scanned, or its scan is incomplete. At most 500 folders.`,
		Example: `  candor report out --format csv
  candor report out --format sarif,junit --fail-on high
  candor report out --format pdf --paper Letter
  candor report out --format draft,draft-md
  candor report out --format html --out for-the-board
  candor report out --format html --out with-a-score --score
  candor report scans/* --out organisation.html
  candor report scans/* --out organisation.html --format html,json,pdf
  candor report shop-june shop-october careers-october --out all --fail-on critical`,
		Args: args(1, reports.MaxOrganisationScans, "a FOLDER that holds a scan.json, or several"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			if err := c.canPrint(o); err != nil {
				return err
			}
			if len(a) > 1 {
				return c.organisation(o, a)
			}
			return c.report(o, a[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.outputFlags(fs, "write into `DIR` (default the folder itself; of several, candor-organisation-DATE-TIME), or of several a FILE.html", c.formats())
	o.printFlags(fs)
	o.gateFlags(fs)
	o.commonFlags(fs)
	completions(cmd, c.formats())
	return cmd
}

func (c *Command) report(o *options, folder string) error {
	rep, err := readReport(folder)
	if err != nil {
		return err
	}
	dir := o.out
	if dir == "" {
		dir = folder
		for _, name := range reports.Files(o.formats, c.renderers(o)...) {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return usage("%s exists and is left as it is; choose other formats with --format, or another folder with --out", filepath.Join(dir, name))
			}
		}
	} else if err := freshDir(dir); err != nil {
		return err
	}
	if o.score {
		rep.AskForScore()
	}
	if err := reports.Write(dir, rep, o.formats, c.renderers(o)...); err != nil {
		return err
	}
	for _, name := range reports.Files(o.formats, c.renderers(o)...) {
		if !o.quiet {
			fmt.Fprintln(c.Stdout, filepath.Join(dir, name))
		}
	}
	return c.judge(o, rep, nil)
}

// readReport reads the scan.json of a report folder.
func readReport(folder string) (*reports.Report, error) {
	rep, err := readReportFile(filepath.Join(folder, "scan.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("%s holds no scan.json; 'candor analyze %s' makes one of the evidence", folder, folder)
	}
	return rep, err
}

func readReportFile(file string) (*reports.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	defer f.Close()
	rep, err := reports.ReadJSON(f)
	if err != nil {
		return nil, usage("%s: %w", f.Name(), err)
	}
	return rep, nil
}

func (c *Command) verifyCommand() *cobra.Command {
	var key, signature string
	cmd := &cobra.Command{
		Use:     "verify BUNDLE",
		GroupID: "bundle",
		Short:   "Check saved evidence against its manifest of hashes",
		Long: `Verify compares every file of the evidence with the SHA-256 in its manifest, and
prints the SHA-256 of the manifest itself, which reports of it carry: a manifest
that somebody wrote anew has another.

--key checks a signature of the manifest too, in the format of SSH (PROTOCOL.sshsig).
It is made with a key of your own, and lies beside the manifest:

  ssh-keygen -Y sign -n candor-evidence -f ~/.ssh/id_ed25519 evidence/manifest.json

Exit codes: 0 every file is as it was written, 1 a file differs or is missing,
or the signature is not of the manifest by that key,
3 the files are as written but the scan was incomplete.`,
		Example: `  candor verify candor-report-www.example.com-20261124-081500
  candor verify report --key ~/.ssh/id_ed25519.pub`,
		Args: args(1, 1, "one BUNDLE, a report folder"),
		RunE: func(_ *cobra.Command, a []string) error { return c.verify(a[0], key, signature) },
	}
	cmd.Flags().StringVar(&key, "key", "", "`FILE` with the public SSH key that must have signed the manifest")
	cmd.Flags().StringVar(&signature, "signature", "", "`FILE` of the signature (default "+evidence.SignatureFile+" in the evidence)")
	return cmd
}

func (c *Command) verify(bundle, key, signature string) error {
	if signature != "" && key == "" {
		return usage("--signature needs --key: a signature says nothing without the key that it is to be of")
	}
	r, err := evidence.Open(bundle)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	defer r.Close()
	if err := r.Verify(); err != nil {
		return &exitError{exitFindings, err}
	}
	m := r.Meta()
	fmt.Fprintf(c.Stdout, "%s: every file is as it was written (scan %s of %s)\n",
		plain.Terminal(bundle, 300), plain.Terminal(m.ScanID, 100), m.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	purged, err := r.Purged()
	if err != nil {
		return err
	}
	if n := len(purged.Files); n > 0 {
		fmt.Fprintf(c.Stdout, "%d screenshots were purged on %s, since they were kept long enough\n", n, purged.At.UTC().Format(time.DateOnly))
	}
	root, err := r.Root()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "SHA-256 of the manifest: %s\n", root)
	if key != "" {
		who, err := signedBy(r, key, signature)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.Stdout, "The manifest is signed by the key %s\n", who)
	}
	switch {
	case m.Redacted != "":
		fmt.Fprintln(c.Stdout, "The evidence is redacted: keyed hashes stand for the values of cookies, storage, bodies and messages, and there are no screenshots.")
	case m.Options.Redact != "":
		fmt.Fprintln(c.Stdout, "The scan was asked to redact its evidence (--redact "+plain.Terminal(m.Options.Redact, 20)+") and did not come to it: the evidence holds its values.")
	}
	if !m.Complete {
		return &exitError{exitIncomplete, fmt.Errorf("the scan was incomplete: %s", m.Stopped)}
	}
	return nil
}
