package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
	"candor/reports/plain"
	"candor/reports/store"
)

// timetable is what candor schedule is told.
type timetable struct {
	serviceOptions
	zone         string
	jitter       time.Duration
	paused       bool
	add          bool   // the site too
	organisation string // of the site that is added
}

// actor is who the audit log says changed something from a terminal.
const actor = "candor schedule"

func (c *Command) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schedule",
		GroupID: "service",
		Short:   "When a service scans its sites",
		Long: `Schedule says when a service scans its sites, from a terminal or a script. It
works on the database of the service, which may run meanwhile: what changes
holds from its next tick on, within seconds.

A schedule is cron's five fields (minute, hour, day, month, weekday), or @daily
and the like, in a time zone. --jitter spreads scans: each schedule draws a part
of it once and keeps it.`,
		Example: `  candor schedule list
  candor schedule add https://www.example.com/ '30 3 * * 1' --zone Europe/Berlin
  candor schedule run www.example.com`,
		Args: args(0, 0, "add, list, pause, resume, remove or run"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.scheduleAddCommand(), c.scheduleListCommand(),
		c.scheduleChangeCommand("pause", "Let a schedule rest: it queues no scans", "rests", func(ctx context.Context, s *store.Store, id string) error {
			return s.PauseSchedule(ctx, actor, id, true)
		}),
		c.scheduleChangeCommand("resume", "End a schedule's rest", "goes on", func(ctx context.Context, s *store.Store, id string) error {
			return s.PauseSchedule(ctx, actor, id, false)
		}),
		c.scheduleChangeCommand("remove", "Remove a schedule; the site and its scans stay", "was removed", func(ctx context.Context, s *store.Store, id string) error { return s.DeleteSchedule(ctx, actor, id) }),
		c.scheduleRunCommand())
	return cmd
}

// planned runs something on the service's database.
func (c *Command) planned(cmd *cobra.Command, p *timetable, run func(ctx context.Context, s *store.Store) error) error {
	if err := c.configure(cmd, &p.options); err != nil {
		return err
	}
	address := p.databaseAddress()
	if !strings.HasPrefix(address, "postgres") {
		if _, err := os.Stat(strings.TrimPrefix(address, "sqlite:")); errors.Is(err, fs.ErrNotExist) {
			return usage("there is no database at %s\nStart 'candor serve' first, which makes it, or name it with --data DIR or --database URL", address)
		}
	}
	s, err := c.openStore(cmd.Context(), address, nil)
	if err != nil {
		return err
	}
	return errors.Join(run(cmd.Context(), s), s.Close())
}

func (p *timetable) flags(fs *pflag.FlagSet) {
	fs.SortFlags = false
	p.placeFlags(fs)
	fs.StringVar(&p.config, "config", "", "read `FILE` instead of looking for candor.yaml")
}

func (c *Command) scheduleAddCommand() *cobra.Command {
	p := &timetable{}
	cmd := &cobra.Command{
		Use:   "add SITE EXPRESSION",
		Short: "Have a site scanned again and again",
		Long: `Add has a site scanned by a schedule, and prints the next three times. SITE is
its address, host or id. One that the service does not have is added with
--new-site. Scans of a service refuse addresses that are not public.`,
		Example: `  candor schedule add www.example.com @daily --jitter 2h
  candor schedule add https://www.example.com/ '30 3 * * 1-5' --zone Europe/Berlin
  candor schedule add https://shop.example.com/ @weekly --new-site --organisation Example`,
		Args: args(2, 2, "SITE and EXPRESSION; quote the expression: '30 3 * * 1'"),
		RunE: func(cmd *cobra.Command, a []string) error {
			return c.planned(cmd, p, func(ctx context.Context, s *store.Store) error { return c.scheduleAdd(ctx, s, p, a[0], a[1]) })
		},
	}
	fs := cmd.Flags()
	p.flags(fs)
	p.zone = "UTC"
	fs.StringVar(&p.zone, "zone", "UTC", "`ZONE` in which the expression is read, such as Europe/Berlin")
	fs.Var(newOne(&p.jitter, parseDuration(0, 24*time.Hour)), "jitter", "`TIME` over which scans are spread: each comes up to this much later, by the same each time")
	fs.BoolVar(&p.paused, "paused", false, "add it at rest")
	fs.BoolVar(&p.add, "new-site", false, "add the site too when the service does not have it")
	fs.StringVar(&p.organisation, "organisation", "", "`NAME` of the organisation of a new site, when there are several; added when there is none of it")
	for _, name := range []string{"zone", "jitter", "paused", "new-site", "organisation"} {
		ownFlag(fs, name)
	}
	return cmd
}

func (c *Command) scheduleAdd(ctx context.Context, s *store.Store, p *timetable, name, expression string) error {
	x := store.Schedule{Expression: strings.TrimSpace(expression), Zone: p.zone, Jitter: p.jitter, Paused: p.paused}
	if err := x.Check(c.Now()); err != nil { // before a site is added
		return &exitError{exitUsage, err}
	}
	site, err := c.siteNamed(ctx, s, name)
	if errors.Is(err, store.ErrNotFound) && p.add {
		site, err = c.newSite(ctx, s, p.organisation, name)
	}
	if err != nil {
		return err
	}
	x.Site = site.ID
	if x, err = s.AddSchedule(ctx, actor, x); err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "%s  %s is scanned by %q, %s\n", x.ID, plain.Visible(site.URL), x.Expression, x.Zone)
	if x.Paused {
		fmt.Fprintf(c.Stdout, "It rests until 'candor schedule resume %s'\n", x.ID)
		return nil
	}
	times := x.Times(c.Now(), 3)
	zone, err := time.LoadLocation(x.Zone)
	if err != nil {
		return err
	}
	for i, t := range times {
		fmt.Fprintf(c.Stdout, "%-5s %s\n", []string{"next", "then", "then"}[i], t.In(zone).Format("Mon 2 Jan 2006 15:04:05 -0700"))
	}
	return nil
}

// siteNamed finds a site by its id, address or host.
func (c *Command) siteNamed(ctx context.Context, s *store.Store, name string) (store.Site, error) {
	sites, err := s.Sites(ctx, "")
	if err != nil {
		return store.Site{}, err
	}
	full := name
	if u, err := frontier.Complete(name); err == nil {
		full = u
	}
	var found []store.Site
	for _, x := range sites {
		u, err := url.Parse(x.URL)
		if x.ID == name || x.URL == full || err == nil && strings.EqualFold(u.Hostname(), name) {
			found = append(found, x)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return store.Site{}, &exitError{exitUsage, fmt.Errorf("the service has no site %s%w\nAdd it with --new-site, or in the dashboard%s", plain.Visible(name), unsaid{store.ErrNotFound}, known(sites))}
	}
	return store.Site{}, usage("%s is %d sites: name one by its id%s", plain.Visible(name), len(found), known(found))
}

// unsaid is an error that callers look for and nobody reads.
type unsaid struct{ error }

func (unsaid) Error() string   { return "" }
func (u unsaid) Unwrap() error { return u.error }

// known lists sites, a few.
func known(sites []store.Site) string {
	const most = 10
	var b strings.Builder
	for i, x := range sites {
		if i == most {
			fmt.Fprintf(&b, "\n  … and %d more", len(sites)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %s  %s", x.ID, plain.Visible(x.URL))
	}
	if b.Len() == 0 {
		return ""
	}
	return ". It has:" + b.String()
}

// newSite adds a site to the organisation of a name, or to the only one.
func (c *Command) newSite(ctx context.Context, s *store.Store, organisation, name string) (store.Site, error) {
	full, err := frontier.Complete(name)
	if err != nil {
		return store.Site{}, &exitError{exitUsage, err}
	}
	u, err := url.Parse(full)
	if err != nil {
		return store.Site{}, usage("the address %s cannot be read", plain.Visible(name))
	}
	all, err := s.Organisations(ctx)
	if err != nil {
		return store.Site{}, err
	}
	i := slices.IndexFunc(all, func(o store.Organisation) bool { return o.Name == organisation || organisation == "" && len(all) == 1 })
	var org store.Organisation
	switch {
	case i >= 0:
		org = all[i]
	case organisation == "":
		return store.Site{}, usage("the service has %d organisations: say which one with --organisation NAME", len(all))
	default:
		if org, err = s.AddOrganisation(ctx, actor, organisation); err != nil {
			return store.Site{}, err
		}
	}
	host := evidence.Site(u.Hostname())
	return s.AddSite(ctx, actor, store.Site{Organisation: org.ID, URL: full, Host: host, Name: u.Hostname()})
}

func (c *Command) scheduleListCommand() *cobra.Command {
	p := &timetable{}
	cmd := &cobra.Command{
		Use:   "list [SITE]",
		Short: "List the schedules of a service, or of one site, by what comes next",
		Example: `  candor schedule list
  candor schedule list www.example.com --database postgres://candor@db/candor`,
		Args: args(0, 1, "one SITE at most"),
		RunE: func(cmd *cobra.Command, a []string) error {
			return c.planned(cmd, p, func(ctx context.Context, s *store.Store) error { return c.scheduleList(ctx, s, a) })
		},
	}
	p.flags(cmd.Flags())
	return cmd
}

func (c *Command) scheduleList(ctx context.Context, s *store.Store, a []string) error {
	of := ""
	if len(a) > 0 {
		site, err := c.siteNamed(ctx, s, a[0])
		if err != nil {
			return err
		}
		of = site.ID
	}
	list, err := s.Schedules(ctx, of)
	if err != nil {
		return err
	}
	sites, err := s.Sites(ctx, "")
	if err != nil {
		return err
	}
	addresses := map[string]store.Site{}
	for _, x := range sites {
		addresses[x.ID] = x
	}
	if len(list) == 0 {
		fmt.Fprintln(c.Stdout, "No schedules. 'candor schedule add SITE EXPRESSION' adds one")
		return nil
	}
	w := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNEXT (UTC)\tSITE\tSCHEDULE\tZONE\tJITTER\tLAST (UTC)")
	for _, x := range list {
		next := x.NextAt.Format("2006-01-02 15:04")
		if x.Paused || addresses[x.Site].Paused {
			next = "at rest"
		}
		last := "-"
		if !x.LastAt.IsZero() {
			last = x.LastAt.Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, next, plain.Visible(addresses[x.Site].URL), x.Expression, x.Zone, x.Jitter, last)
	}
	return w.Flush()
}

// scheduleChangeCommand is a sub-command that does something to one schedule.
func (c *Command) scheduleChangeCommand(verb, short, done string, do func(ctx context.Context, s *store.Store, id string) error) *cobra.Command {
	p := &timetable{}
	cmd := &cobra.Command{
		Use:     verb + " ID",
		Short:   short,
		Example: fmt.Sprintf("  candor schedule %s 4Q5XGJ2N…     the ids are in 'candor schedule list'", verb),
		Args:    args(1, 1, "one ID of a schedule"),
		RunE: func(cmd *cobra.Command, a []string) error {
			return c.planned(cmd, p, func(ctx context.Context, s *store.Store) error {
				err := do(ctx, s, a[0])
				if errors.Is(err, store.ErrNotFound) {
					return usage("there is no schedule %s\n'candor schedule list' has the ids", plain.Visible(a[0]))
				}
				if err == nil {
					fmt.Fprintf(c.Stdout, "%s %s\n", a[0], done)
				}
				return err
			})
		},
	}
	p.flags(cmd.Flags())
	return cmd
}

func (c *Command) scheduleRunCommand() *cobra.Command {
	p := &timetable{}
	cmd := &cobra.Command{
		Use:   "run SITE",
		Short: "Have a site scanned now, by the service that runs",
		Long: `Run puts a scan of a site in line, first. A service or a worker that runs takes it
with its next tick; otherwise it waits. SITE is its address, host or id, or the id
of one of its schedules.`,
		Example: `  candor schedule run www.example.com`,
		Args:    args(1, 1, "one SITE"),
		RunE: func(cmd *cobra.Command, a []string) error {
			return c.planned(cmd, p, func(ctx context.Context, s *store.Store) error { return c.scheduleRun(ctx, s, a[0]) })
		},
	}
	p.flags(cmd.Flags())
	return cmd
}

func (c *Command) scheduleRun(ctx context.Context, s *store.Store, name string) error {
	list, err := s.Schedules(ctx, "")
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(list, func(x store.Schedule) bool { return x.ID == name }); i >= 0 {
		name = list[i].Site
	}
	site, err := c.siteNamed(ctx, s, name)
	if err != nil {
		return err
	}
	x, err := s.Queue(ctx, actor, store.Scan{Site: site.ID, Reason: "person", Priority: 1})
	if errors.Is(err, store.ErrBusy) {
		return usage("a scan of %s waits or runs already; the dashboard shows how far it is", plain.Visible(site.URL))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "%s  a scan of %s is in line\n", x.ID, plain.Visible(site.URL))
	return nil
}
