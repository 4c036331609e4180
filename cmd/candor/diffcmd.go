package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"candor/reports"
	"candor/reports/markdown"
)

// difference are the options that only candor diff has.
type difference struct {
	format string
}

func (c *Command) diffCommand() *cobra.Command {
	o, d := &options{}, &difference{format: "text"}
	cmd := &cobra.Command{
		Use:     "diff OLD… NEW",
		GroupID: "bundle",
		Short:   "What was added, removed or changed between two scans",
		Long: `Diff compares two scans of a site: recipients, kinds of data, flows, cookies,
storage keys, labels, forms, behaviours, what the choices do, texts and what
they say, promises and findings. Recipients are compared by company, so that a
vendor's new host is no new recipient; sentences by what they mean and then by
their words.

What was not seen again is gone only where the new scan visited again, in full
and in the same states, every page where it had been seen. With several OLD
scans it is gone too when two scans in a row did not see it. Otherwise it is
"not seen", with the reason.

Each of them is a report folder, a scan.json, or a folder of evidence. Evidence
that was analysed with other rules than this version's is analysed again.

A staging site has other host names than production:

  candor diff prod staging --map-site staging.example=www.example.com

takes the one for the other in addresses, first-party hosts and the domains of
cookies. (--host-map of a scan is for network addresses.)

Exit codes: 1 when a new finding is at or above --fail-on, 3 when the new scan
is incomplete, or less than --min-coverage of the earlier scan's visits were
made again in full; else 0. Findings that exceptions leave out do not count.`,
		Example: `  candor diff last-month this-month
  candor diff prod.json staging/scan.json --map-site staging.example=www.example.com --fail-on high
  candor diff jan feb mar --format md`,
		Args: args(2, 50, "OLD and NEW, each a report folder, a scan.json or evidence"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.diff(cmd.Context(), o, d, a)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.Var(newOne(&d.format, parseDiffFormat), "format", "`FORMAT` to print: text, json or md")
	ownFlag(fs, "format")
	o.siteFlags(fs)
	o.exceptionFlags(fs)
	o.gateFlags(fs)
	o.rulesFlag(fs)
	o.commonFlags(fs)
	completions(cmd, diffFormats)
	return cmd
}

var diffFormats = []string{"text", "json", "md"}

func parseDiffFormat(s string) (string, error) { return parseFormat(diffFormats)(s) }

func (c *Command) diff(ctx context.Context, o *options, d *difference, paths []string) error {
	last := len(paths) - 1
	if o.rules == nil {
		o.rules = keptFolders(paths[last])
	}
	set, _, err := c.rules(o.rules)
	if err != nil {
		return err
	}
	o.baselines, o.newOnly = paths[:last], true
	held, err := c.against(ctx, o, set)
	if err != nil {
		return err
	}
	rep, err := c.readScan(ctx, paths[last], set)
	if err != nil {
		return err
	}
	rep.Changes = reports.Changes{} // of an earlier comparison
	if err := held.apply(rep); err != nil {
		return err
	}
	switch d.format {
	case "json":
		enc := json.NewEncoder(c.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(rep.Changes)
	case "md":
		err = markdown.Difference(c.Stdout, rep)
	default:
		if !o.quiet {
			_, err = fmt.Fprint(c.Stdout, reports.DifferenceText(rep, columnsOf(c.Stdout)))
		}
	}
	if err != nil {
		return fmt.Errorf("write the difference: %w", err)
	}
	err = c.judge(o, rep, nil)
	var ee *exitError
	if errors.As(err, &ee) && ee.code == exitFindings && ee.err == nil {
		return &exitError{exitFindings, fmt.Errorf("there are new findings of severity %s or above", o.failOn)}
	}
	return err
}
