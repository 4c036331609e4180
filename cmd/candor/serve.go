package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
	"candor/reports/alert"
	"candor/reports/store"
	"candor/reports/web"
)

// serviceOptions are those of serve and worker, beside those of a scan.
type serviceOptions struct {
	options
	data            string
	database        string
	blobs           string
	workers         int
	longest         time.Duration
	allow           []netip.Prefix
	tell            []netip.Prefix // where alerts may go although it is not public
	listen          string
	public          string // address by which people reach the dashboard
	metrics         string // address of the figures; "" is none
	grace           time.Duration
	secretsKeyFile  string
	proxies         []netip.Prefix // before the dashboard
	browserNetworks []netip.Prefix // from where browsers that run elsewhere come to the guard

	oidcName, oidcIssuer, oidcClient, oidcClaim string
	oidcGrants                                  []web.Grant

	clockwork clockwork
}

func (o *serviceOptions) databaseAddress() string {
	if o.database != "" {
		return o.database
	}
	return filepath.Join(o.data, "candor.db")
}

func (o *serviceOptions) blobAddress() string {
	if o.blobs != "" {
		return o.blobs
	}
	return filepath.Join(o.data, "blobs")
}

func (o *serviceOptions) workDir() string { return filepath.Join(o.data, "work") }

// placeFlags say where the database is.
func (o *serviceOptions) placeFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.data, "data", "candor-data", "`DIR` of what this machine keeps: the database, the blobs, scans at work")
	fs.StringVar(&o.database, "database", "", "`URL` of a PostgreSQL database that several machines share, postgres://… (default an SQLite file in --data)")
}

// shareFlags are those of every machine of a service.
func (o *serviceOptions) shareFlags(fs *pflag.FlagSet) {
	o.longest, o.grace = time.Hour, 10*time.Second
	o.placeFlags(fs)
	fs.StringVar(&o.blobs, "blobs", "", "where reports and evidence are kept: a folder, or `URL` s3://KEY:SECRET@HOST/BUCKET (default a folder in --data)")
	o.workers = 1
	fs.Var(newOne(&o.workers, parseNumber(0, 64)), "workers", "`NUMBER` of scans at a time on this machine; 0 only queues them")
	fs.Var(newOne(&o.longest, parseDuration(time.Second, 24*time.Hour)), "scan-limit", "longest `TIME` for one scan of the service")
	fs.Var(newOne(&o.grace, parseDuration(0, time.Hour)), "grace", "`TIME` for which a stop lets running scans go on before they are handed back")
	fs.StringVar(&o.metrics, "metrics", "", "`ADDR:PORT` of /metrics (Prometheus), /healthz and /readyz without a log-in, such as 127.0.0.1:9464 (default none; the dashboard has them too, /metrics for a token)")
	fs.StringVar(&o.secretsKeyFile, "secrets-key-file", "", "`FILE` with the keys that seal addresses of alerts in the database, 32 bytes in hex or base64 a line: the first seals, all open; or the variable "+secretsKey+" (default with SQLite a file that is made in --data)")
	fs.Var(newList(&o.browserNetworks, ",", parsePrefix), "browser-network", "`RANGE` from which browsers elsewhere (--browser ws://…) come to this machine's guard (repeatable; default the address that answers)")
	fs.Var(newList(&o.allow, ",", parsePrefix), "allow-network", "`RANGE` of addresses that scans may reach although it is not public, such as 10.0.0.0/8 (repeatable)")
	fs.Var(newList(&o.tell, ",", parsePrefix), "alert-network", "`RANGE` of addresses that alerts may be sent to although it is not public, such as that of the mail server (repeatable)")
}

// deskFlags are those of the dashboard.
func (o *serviceOptions) deskFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.listen, "listen", "127.0.0.1:8600", "`ADDR:PORT` of the dashboard")
	fs.StringVar(&o.public, "public-url", "", "`URL` by which people reach the dashboard; with https:// cookies are kept to it")
	fs.Var(newList(&o.proxies, ",", parsePrefix), "trusted-proxies", "`RANGE` of the reverse proxy before the dashboard, such as 10.0.0.0/8: its X-Forwarded-For or Forwarded says who logs in (repeatable; default nobody is believed)")
	fs.StringVar(&o.oidcIssuer, "oidc-issuer", "", "`URL` of an OpenID provider to log in with; its client's secret is the variable "+oidcSecret)
	fs.StringVar(&o.oidcClient, "oidc-client", "", "`ID` of this dashboard at the provider")
	fs.StringVar(&o.oidcName, "oidc-name", "single sign-on", "`NAME` of the provider on the log-in page")
	fs.Var(newList(&o.oidcGrants, "\n", web.ParseGrant), "oidc-group", "`GROUP=ROLE@ORGANISATION` or GROUP=admin: what a group of the provider may do; with any, the provider decides at each log-in who may do what (repeatable)")
	fs.StringVar(&o.oidcClaim, "oidc-groups-claim", "groups", "`NAME` of the claim that lists somebody's groups")
}

// Variables that are in no file.
const (
	adminPassword = "CANDOR_ADMIN_PASSWORD"
	oidcSecret    = "CANDOR_OIDC_SECRET"
)

// scanFlags are those of the scans that a service makes.
func (o *serviceOptions) scanFlags(fs *pflag.FlagSet) {
	o.crawlFlags(fs)
	o.networkFlags(fs)
	o.rulesFlag(fs)
	o.commonFlags(fs)
	o.minCoverage = 0.5
	for _, name := range []string{"proxy", "journey", "scan-timeout"} { // of one scan alone
		if f := fs.Lookup(name); f != nil {
			f.Hidden = true
		}
	}
}

func parsePrefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("expected a range such as 10.0.0.0/8")
	}
	return p.Masked(), nil
}

func (c *Command) serveCommand() *cobra.Command {
	o := &serviceOptions{clockwork: usualClockwork}
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: "service",
		Short:   "Scan many sites by schedule, with a dashboard",
		Long: `Serve is what a privacy team leaves running: schedules, a queue of scans, their
history and a dashboard. On one machine it needs nothing else: the database is a
file in --data, the reports a folder beside it.

The first start makes an administrator, "admin". The password is the variable
CANDOR_ADMIN_PASSWORD, or one that is made up and shown once.

Scans go through a guard: sites that resolve to private, loopback, link-local or
metadata addresses are refused, redirects and parts of pages too, unless
--allow-network names the range.

Browsers may run elsewhere: --browser ws://HOST:PORT,ws://HOST:PORT spreads scans
over them. They come back through this machine's guard, so they must reach it, and
be started with --force-webrtc-ip-handling-policy and
--webrtc-ip-handling-policy=disable_non_proxied_udp; one that could go around the
guard is refused. While none answers, scans wait in line and say why.

Several machines share the work when they share a database and blobs:

  candor serve  --database postgres://candor@db/candor --blobs s3://host/bucket
  candor worker --database postgres://candor@db/candor --blobs s3://host/bucket

Ctrl-C stops in order: running scans have --grace to end; then they are handed
back, which is no attempt, and taken up again.

/healthz and /readyz say whether it runs and has what it needs. /metrics has
figures for Prometheus: for an administrator's token on the dashboard, without one on
the address of --metrics. Spans go to the OpenTelemetry collector that the
variable OTEL_EXPORTER_OTLP_ENDPOINT names.`,
		Example: `  candor serve
  candor serve --listen :8600 --public-url https://candor.example.com --workers 2
  candor serve --demo testdata/web             with a made-up organisation, offline`,
		Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, &o.options); err != nil {
				return err
			}
			return c.serve(cmd.Context(), o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.deskFlags(fs)
	o.shareFlags(fs)
	o.scanFlags(fs)
	return cmd
}

func (c *Command) workerCommand() *cobra.Command {
	o := &serviceOptions{clockwork: usualClockwork}
	cmd := &cobra.Command{
		Use:     "worker",
		GroupID: "service",
		Short:   "Add a machine to those that scan for a service",
		Long: `Worker takes scans from the queue of a service on another machine. Both are
given the same --database (PostgreSQL) and --blobs.`,
		Example: `  candor worker --database postgres://candor@db/candor --blobs s3://host/bucket --workers 2`,
		Args:    args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, &o.options); err != nil {
				return err
			}
			if !strings.HasPrefix(o.database, "postgres") || o.blobs == "" {
				return usage("candor worker needs --database postgres://… and --blobs, the same as the service's")
			}
			return c.work(cmd.Context(), o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.shareFlags(fs)
	o.scanFlags(fs)
	return cmd
}

// work scans until the context ends.
func (c *Command) work(ctx context.Context, o *serviceOptions) error {
	return c.withService(ctx, o, func(ctx context.Context, s *service) error {
		s.log.Info("waiting for scans", "worker", s.name, "at_a_time", o.workers)
		<-ctx.Done()
		return nil
	})
}

// withService runs something beside this machine's part of the fleet, which it
// starts before and stops after.
func (c *Command) withService(ctx context.Context, o *serviceOptions, run func(context.Context, *service) error) (err error) {
	if err := os.MkdirAll(o.workDir(), 0o700); err != nil {
		return usage("--data: %w", err)
	}
	if o.workers > 0 {
		if _, err := c.Stages.FindBrowser(o.browser, o.noSandbox); err != nil {
			return usage("%w\nRun 'candor doctor' to see what else is needed", err)
		}
	}
	s, err := c.openService(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	// The fleet ends by Stop, in order, not by the signal that ends the rest.
	whole := context.WithoutCancel(ctx)
	if err := s.fleet.Start(whole); err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	defer func() {
		stop, cancel := context.WithTimeout(whole, o.grace)
		defer cancel()
		s.log.Info("stopping; running scans may go on, then they are handed back", "grace", o.grace)
		err = errors.Join(err, s.fleet.Stop(stop))
	}()
	defer s.alerts.Start(whole)()
	defer s.lookOut(whole)()
	return run(ctx, s)
}

func (c *Command) serve(ctx context.Context, o *serviceOptions) error {
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return usage("--listen: %w", err)
	}
	defer listener.Close()
	return c.withService(ctx, o, func(ctx context.Context, s *service) error {
		password, err := s.firstStart(ctx)
		if err != nil {
			return err
		}
		address := o.public
		if address == "" {
			address = "http://" + listener.Addr().String()
		}
		if err := s.keepAddress(ctx, address); err != nil {
			return err
		}
		h, err := s.dashboard(ctx, address)
		if err != nil {
			return err
		}
		if !o.quiet {
			fmt.Fprintf(c.Stdout, "The dashboard is at %s/\n", strings.TrimSuffix(address, "/"))
			if password != "" {
				fmt.Fprintf(c.Stdout, "Log in as admin with the password %s (shown this once)\n", password)
			}
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, BaseContext: func(net.Listener) context.Context { return ctx }}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		select {
		case err := <-served:
			return fmt.Errorf("the dashboard ended: %w", err)
		case <-ctx.Done():
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(end); err != nil {
			return server.Close()
		}
		return nil
	})
}

// keepAddress keeps the dashboard's address for the links of alerts. One that
// nobody named does not take the place of one that somebody did.
func (s *service) keepAddress(ctx context.Context, address string) error {
	if s.o.public == "" {
		was, err := s.store.PublicURL(ctx)
		if err != nil || was != "" && !strings.HasPrefix(was, "http://127.0.0.1:") {
			return err
		}
	}
	return s.store.SetPublicURL(ctx, address)
}

// dashboard is the service's pages and API.
func (s *service) dashboard(ctx context.Context, address string) (http.Handler, error) {
	secure := strings.HasPrefix(address, "https://")
	o := web.Options{
		Store: s.store, Blobs: s.blobs, Rules: s.set, Version: toolVersion(), Secure: secure, Proxies: s.o.proxies, Now: s.c.Now, Log: s.log, Added: s.added,
		CheckSite: s.checkSite, CheckProfile: s.checkProfile, Broader: broader(s.set),
		Parts: s.parts, Metrics: s.metrics.handler(s.log), Watch: s.metrics.request, Tracer: s.tracer, Test: s.testAlert,
	}
	if s.o.oidcIssuer != "" {
		p, err := web.OpenProvider(ctx, web.ProviderOptions{
			Name: s.o.oidcName, Issuer: s.o.oidcIssuer, ClientID: s.o.oidcClient, Secret: s.c.environ()[oidcSecret], Secure: secure,
			Redirect: strings.TrimSuffix(address, "/") + "/login/oidc/callback", Grants: s.o.oidcGrants, Claim: s.o.oidcClaim,
		})
		if err != nil {
			return nil, usage("--oidc-issuer: %w", err)
		}
		o.OIDC = p
	}
	return web.New(o)
}

// testAlert sends a destination something to see whether it arrives.
func (s *service) testAlert(ctx context.Context, d store.Destination) error {
	base, err := s.store.PublicURL(ctx)
	if err != nil {
		return err
	}
	return s.alerts.Send(ctx, d, alert.Message{Base: base, Test: true})
}

// checkSite completes an address that somebody wants scanned, and refuses what
// the guard would.
func (s *service) checkSite(ctx context.Context, address string) (full, host string, err error) {
	full, err = frontier.Complete(address)
	if err != nil {
		return "", "", err
	}
	u, err := url.Parse(full)
	if err != nil {
		return "", "", err
	}
	if err := s.guard.Check(ctx, u.Hostname()); err != nil {
		return "", "", err
	}
	return full, evidence.Site(u.Hostname()), nil
}

// checkProfile says what is wrong with a profile's text, as candor profile check
// does of a file.
func (s *service) checkProfile(text string) error {
	if _, err := parseProfile("profile", []byte(text)); err != nil {
		return err
	}
	return textIDs("profile", []byte(text), s.set)
}

// firstStart makes what a new database needs: an administrator, whose password it
// returns when it made one up, and an organisation; with --demo its site, a
// schedule and a scan.
func (s *service) firstStart(ctx context.Context) (password string, err error) {
	people, err := s.store.People(ctx)
	if err != nil || len(people) > 0 {
		return "", err
	}
	given := s.c.environ()[adminPassword]
	if password = given; password == "" {
		password = rand.Text()
	}
	if _, err := s.store.AddPerson(ctx, "first start", store.Person{Name: "admin", Role: store.Admin}, password); err != nil {
		return "", &exitError{exitUsage, err}
	}
	if given != "" {
		password = ""
	}
	if s.demo == nil {
		_, err := s.store.AddOrganisation(ctx, "first start", "Our organisation")
		return password, err
	}
	return password, s.firstDemo(ctx)
}

// firstDemo adds the demo organisation, scheduled and in line.
func (s *service) firstDemo(ctx context.Context) error {
	profile, err := os.ReadFile(profileIn(s.o.demo))
	if err != nil {
		return fmt.Errorf("the demo's profile: %w", err)
	}
	p, err := parseProfile("profile", profile)
	if err != nil {
		return err
	}
	org, err := s.store.AddOrganisation(ctx, "first start", p.Name)
	if err != nil {
		return err
	}
	urls, err := demoURLs(s.o.demo, nil)
	if err != nil {
		return err
	}
	for _, u := range urls {
		full, host, err := s.checkSite(ctx, u)
		if err != nil {
			return err
		}
		site, err := s.store.AddSite(ctx, "first start", store.Site{Organisation: org.ID, URL: full, Host: host, Name: p.Name, Profile: string(profile)})
		if err != nil {
			return err
		}
		if _, err := s.store.AddSchedule(ctx, "first start", store.Schedule{Site: site.ID, Expression: "30 3 * * *", Zone: "UTC", Jitter: 30 * time.Minute}); err != nil {
			return err
		}
		x, err := s.store.Queue(ctx, "first start", store.Scan{Site: site.ID, Reason: "person", Priority: 1})
		if err != nil {
			return err
		}
		s.added(ctx, x)
	}
	return nil
}
