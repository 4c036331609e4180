package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"candor/reports"
	"candor/reports/exceptions"
	"candor/reports/plain"
)

func (c *Command) exceptionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "exceptions",
		GroupID: "bundle",
		Short:   "Findings that are not to be counted, each with reason, owner and end",
		Long:    exceptionsText,
		Example: `  candor exceptions add 3f2a9c11d0e4b7a5 --report out
  candor exceptions check out
  candor exceptions list`,
		Args: args(0, 0, "add, check or list"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.exceptionsAddCommand(), c.exceptionsCheckCommand(), c.exceptionsListCommand())
	return cmd
}

var exceptionsText = `Exceptions are findings that a team decided not to have counted. They stand in its
repository: candor.exceptions.yaml, beside candor.yaml or named with --exceptions, holds
them:

  exceptions:
    - fingerprint: 3f2a9c11d0e4b7a5   # of the finding, as scan.json has it
      reason: planned_fix
      justification: The tag goes with the new checkout, ticket 1234.
      owner: web team
      approver: privacy office
      created: 2026-11-26
      expires: 2027-01-31

    - rule: CORE-01                   # or by what it is about
      recipient: Hotjar
      page: /careers/*
      reason: processor_contract
      …

Findings are selected by fingerprint (8 to 16 digits), rule, pack, recipient
(company, product or domain), data_type, page (a pattern with *; one that begins
with / is for the path) and state. All that are given must match; each but the
first may be a list. fingerprint, rule or recipient has to be there. An
exception covers a finding only when it covers all of it: a finding about two
recipients is not covered by an exception for one.

Reasons:

` + reasonLines + `
An exception holds until the end of the day expires, UTC: at most 365 days after
created, and 30 days for a finding of critical severity. The day that counts is
that on which the scan began, so that analysing its evidence later gives the
same report. An expired exception suppresses nothing: its finding comes back,
marked. One that matches no finding is reported as unused.

Suppressed findings stay in scan.json (suppressed, suppression), are counted and
printed, and are left out of totals and exit codes.`

var reasonLines = func() string {
	var b strings.Builder
	for _, r := range exceptions.Reasons {
		fmt.Fprintf(&b, "  %-18s  %s\n", r.Name, r.Means)
	}
	return b.String()
}()

// draft is what candor exceptions add is told.
type draft struct {
	report, reason, justification, owner, approver string
	days                                           int
}

func (c *Command) exceptionsAddCommand() *cobra.Command {
	o, d := &options{}, &draft{}
	cmd := &cobra.Command{
		Use:   "add FINGERPRINT",
		Short: "Add a draft for a finding, with the dates filled in",
		Long: `Add puts a draft at the end of the exceptions file, which is begun when it is not
there; what stands in it stays as it is. Created is today. It expires after
--days: by default 90, and 30 for a critical finding or one that --report does
not tell the severity of. What is not given is left empty, and the file is not
read until it is filled in.

FINGERPRINT is that of a finding, or its id such as CORE-01.3f2a9c11.`,
		Example: `  candor exceptions add 3f2a9c11d0e4b7a5 --report out --reason planned_fix
  candor exceptions add CORE-01.3f2a9c11 --days 14 --owner 'web team'`,
		Args: args(1, 1, "one FINGERPRINT"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.exceptionsAdd(o, d, a[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&d.report, "report", "", "`FOLDER` of the report that has the finding, or its scan.json")
	fs.StringVar(&d.reason, "reason", "", "`REASON`: "+strings.Join(reasonList(), ", "))
	fs.StringVar(&d.justification, "justification", "", "`TEXT` that tells others why")
	fs.StringVar(&d.owner, "owner", "", "`NAME` of who answers for it")
	fs.StringVar(&d.approver, "approver", "", "`NAME` of who agreed to it")
	fs.Var(newOne(&d.days, parseNumber(1, exceptions.MaxDays)), "days", "`NUMBER` of days for which it holds")
	for _, name := range []string{"report", "reason", "justification", "owner", "approver", "days"} {
		ownFlag(fs, name)
	}
	o.exceptionFlags(fs)
	fs.StringVar(&o.config, "config", "", "read `FILE` instead of looking for candor.yaml")
	return cmd
}

func reasonList() []string {
	var out []string
	for _, r := range exceptions.Reasons {
		out = append(out, r.Name)
	}
	return out
}

var findingName = regexp.MustCompile(`^(?:([A-Za-z0-9_-]+)\.)?([0-9a-f]{8,16})$`)

func (c *Command) exceptionsAdd(o *options, d *draft, name string) error {
	m := findingName.FindStringSubmatch(strings.TrimSpace(name))
	if m == nil {
		return usage("%q is not a fingerprint: expected 8 to 16 hexadecimal digits, or a finding's id such as CORE-01.3f2a9c11", plain.Terminal(name, 60))
	}
	if d.reason != "" && !slices.Contains(reasonList(), d.reason) {
		return usage("--reason %q: expected %s", plain.Terminal(d.reason, 60), strings.Join(reasonList(), ", "))
	}
	today := exceptions.Day(c.Now())
	e := exceptions.Entry{Fingerprint: m[2], Reason: d.reason, Justification: d.justification, Owner: d.owner, Approver: d.approver, Created: today}
	if m[1] != "" {
		e.Rules = []string{m[1]}
	}
	days, note := exceptions.MaxCriticalDays, ""
	if d.report != "" {
		f, err := findingIn(d.report, m[2])
		if err != nil {
			return err
		}
		e.Fingerprint, e.Rules = f.Fingerprint, []string{f.Rule}
		note = f.Severity + ": " + f.Title
		if f.Severity != "critical" {
			days = 90
		}
		if f.Severity == "critical" && d.days > exceptions.MaxCriticalDays {
			return usage("--days %d: an exception for a critical finding may hold for %d days", d.days, exceptions.MaxCriticalDays)
		}
	}
	if d.days > 0 {
		days = d.days
	}
	e.Expires = today.AddDate(0, 0, days)
	return c.addException(o, exceptions.Draft(e, note))
}

func findingIn(path, fingerprint string) (reports.Finding, error) {
	read := readReport
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		read = readReportFile
	}
	rep, err := read(path)
	if err != nil {
		return reports.Finding{}, err
	}
	var found []reports.Finding
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Fingerprint, fingerprint) {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return reports.Finding{}, usage("%s has no finding with the fingerprint %s", path, fingerprint)
	case 1:
		return found[0], nil
	}
	return reports.Finding{}, usage("%s has %d findings whose fingerprint begins with %s: give more digits", path, len(found), fingerprint)
}

func (c *Command) addException(o *options, entry string) error {
	path := o.exceptions
	if path == "" || path == "none" {
		var err error
		if path, err = c.exceptionsPlace(o); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage("%w", err)
	}
	out, err := exceptions.Append(data, entry)
	if errors.Is(err, exceptions.ErrPlace) {
		fmt.Fprint(c.Stdout, entry)
		return usage("%s: %w. Put the entry above into it by hand", path, err)
	}
	if err != nil {
		return usage("%s: %w", path, err)
	}
	if err := writeFile(path, out); err != nil {
		return usage("%w", err)
	}
	fmt.Fprint(c.Stdout, entry)
	fmt.Fprintf(c.Stdout, "added to %s\n", plain.Terminal(path, 300))
	if strings.Contains(entry, `: "" # `) {
		fmt.Fprintln(c.Stdout, "It is a draft: fill in what is empty, then run 'candor exceptions check'.")
	}
	return nil
}

// writeFile puts a new file in the place of an old one in one step.
func writeFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".candor-*")
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(mode), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

func (c *Command) exceptionsCheckCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "check [FOLDER]",
		Short: "Check the exceptions file, and against a report",
		Long: `Check reads the exceptions file and says what is wrong, each fault with its line.
With a report folder (or a scan.json) it says too which exceptions match no
finding of it. The day that counts is today.

Exit codes: 0 all hold, 1 one is expired, unused or too long, 2 a fault.`,
		Example: "  candor exceptions check\n  candor exceptions check out",
		Args:    args(0, 1, "at most one FOLDER"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.exceptionsCheck(o, a)
		},
	}
	o.exceptionFlags(cmd.Flags())
	o.rulesFlag(cmd.Flags())
	cmd.Flags().StringVar(&o.config, "config", "", "read `FILE` instead of looking for candor.yaml")
	return cmd
}

func (c *Command) namedExceptions(o *options) (*exceptions.File, string, error) {
	set, _, err := c.rules(o.rules)
	if err != nil {
		return nil, "", err
	}
	path, err := c.exceptionsFile(o)
	if err != nil {
		return nil, "", err
	}
	if path == "" {
		place, err := c.exceptionsPlace(o)
		if err != nil {
			return nil, "", err
		}
		return nil, "", usage("there is no %s; 'candor exceptions add' begins one", place)
	}
	f, err := c.readExceptions(o, set)
	return f, path, err
}

func (c *Command) exceptionsCheck(o *options, folder []string) error {
	f, path, err := c.namedExceptions(o)
	if err != nil {
		return err
	}
	rep := &reports.Report{}
	if len(folder) > 0 {
		read := readReport
		if info, err := os.Stat(folder[0]); err == nil && !info.IsDir() {
			read = readReportFile
		}
		if rep, err = read(folder[0]); err != nil {
			return err
		}
	}
	exceptions.Apply(rep, f, c.Now())
	bad := 0
	for i, x := range rep.Exceptions.Items {
		why := map[string]string{
			"expired":  "expired on " + x.Expires,
			"unused":   "matches no finding of the report",
			"too_long": fmt.Sprintf("matches critical findings alone, and may hold for %d days for them; it is for %d", exceptions.MaxCriticalDays, f.Entries[i].Days()),
		}[x.Status]
		if why == "" || x.Status == "unused" && len(folder) == 0 {
			continue
		}
		bad++
		fmt.Fprintf(c.Stdout, "%s:%d: %s: %s\n", plain.Terminal(path, 300), x.Line, plain.Terminal(f.Entries[i].Covers(), 200), why)
	}
	fmt.Fprintf(c.Stdout, "%s: %s read", plain.Terminal(path, 300), countOf(len(f.Entries), "exception", "exceptions"))
	if len(folder) > 0 {
		fmt.Fprintf(c.Stdout, ", %s suppressed", countOf(rep.Exceptions.Suppressed, "finding", "findings"))
	}
	fmt.Fprintln(c.Stdout)
	if bad > 0 {
		return &exitError{code: exitFindings}
	}
	return nil
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (c *Command) exceptionsListCommand() *cobra.Command {
	o, asJSON := &options{}, false
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the exceptions with owner and expiry, the next to end first",
		Example: "  candor exceptions list\n  candor exceptions list --json",
		Args:    args(0, 0, "nothing"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			f, _, err := c.namedExceptions(o)
			if err != nil {
				return err
			}
			head, rows := exceptionRows(f, c.Now())
			if asJSON {
				return writeRowsJSON(c.Stdout, head, rows)
			}
			return writeTable(c.Stdout, head, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	o.exceptionFlags(cmd.Flags())
	o.rulesFlag(cmd.Flags())
	cmd.Flags().StringVar(&o.config, "config", "", "read `FILE` instead of looking for candor.yaml")
	return cmd
}

func exceptionRows(f *exceptions.File, now time.Time) (head []string, rows [][]string) {
	entries := slices.Clone(f.Entries)
	slices.SortStableFunc(entries, func(a, b exceptions.Entry) int { return a.Expires.Compare(b.Expires) })
	for i := range entries {
		e := &entries[i]
		left := fmt.Sprint(int(e.Expires.Sub(exceptions.Day(now)).Hours() / 24))
		if e.Expired(now) {
			left = "expired"
		}
		rows = append(rows, []string{e.Expires.Format(time.DateOnly), left, e.Reason, e.Owner, e.Approver, e.Covers(), fmt.Sprint(e.Line)})
	}
	return []string{"expires", "days left", "reason", "owner", "approver", "covers", "line"}, rows
}

// ownFlag marks a flag that is this command's alone: candor.yaml and variables
// do not set it, though another command's flag of that name may be a key.
func ownFlag(fs *pflag.FlagSet, name string) {
	f := fs.Lookup(name)
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[ownFlagMark] = []string{"true"}
}

const ownFlagMark = "candor_own"
