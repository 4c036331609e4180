package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"candor/analyzer"
	"candor/analyzer/flow"
	"candor/crawler"
	"candor/crawler/consent"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
	"candor/reports"
	"candor/rules"
)

// Why a scan ended before it was whole, as the bundle says it.
var (
	errInterrupted = errors.New("interrupted")
	errTimeLimit   = errors.New("time limit")
)

func (c *Command) scanCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "scan URL…",
		GroupID: "scan",
		Short:   "Visit a site, read its policies, match, write a report folder",
		Long: `Scan visits pages of a site in a real browser, different kinds of page first,
records requests, cookies, storage and forms, finds and reads the privacy
policy, and writes a folder with

  index.html   the report; open it in any browser, it needs no network
  scan.json    the same as data
  evidence/    what was observed, with a manifest of hashes

The site is visited in several consent states side by side, each with a fresh
visitor: without a choice, after refusing and after accepting in its banner, and
with Global Privacy Control. So the report tells whether a choice has an effect.
A state that cannot be reached is not tested, with the reason and a picture.
--states none visits once. On request: withdraw (accept, then withdraw), optout
("Do Not Sell or Share") and dnt.

The pages behind critical and high findings are then visited again, in the same
state by fresh visitors: --revisits says how often. The report says of each such
finding how often it was seen; one that was not seen again counts as medium.

Forms are filled in with made-up values, to see what leaves before anybody
submits them, and nothing is submitted; --fill-forms=false types nothing.

--journey takes the browser somewhere first: behind a log-in, to a search, a
cart. Its file has steps, and values of the environment are written nowhere:

  steps:
    - goto: https://www.example.com/login
    - fill: {field: "#email", value: "${env:SHOP_USER}"}
    - fill: {field: "text=Password", value: "${env:SHOP_PASSWORD}"}
    - submit: "#login"
    - wait_for: "text=My orders"

A target is a CSS selector, or text= with the words of a label, button or link.
The steps are goto, click, fill, select {field, option}, press (a key), wait_for
(a target, or url= with a part of the address), scroll (top, bottom or a
target), submit and screenshot. The pages are then visited with the cookies and
storage that the journey left. Each step
may take --timeout. One that fails is a gap, and the scan goes on.

` + secondReaderHelp + `

Ctrl-C ends a scan in order: what was collected is analysed and reported as
incomplete. A second Ctrl-C leaves at once.`,
		Example: `  candor scan https://www.example.com/
  candor scan example.com --pages 50 --tabs 4 --out report
  candor scan example.com --fail-on high --quiet        in a build: exit code 1 on findings
  candor scan --host-map '*=127.0.0.1:8443' --insecure https://www.example.test/
  candor scan --demo testdata/web                       a made-up organisation, offline`,
		RunE: func(cmd *cobra.Command, urls []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.scan(cmd.Context(), o, urls)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.outputFlags(fs, "report `DIR`, new or empty (default candor-report-HOST-DATE-TIME)", c.formats())
	o.crawlFlags(fs)
	o.judgeFlags(fs)
	o.redactFlags(fs)
	o.networkFlags(fs)
	o.secondReaderFlags(fs)
	o.commonFlags(fs)
	completions(cmd, c.formats())
	return cmd
}

// plan is everything a scan needs, checked before anything is written.
type plan struct {
	target  crawler.Target
	options crawler.Options
	meta    evidence.Meta
	dir     string
	profile analyzer.Profile
	set     *rules.Set
	rules   []*rules.Folder // of own packs
	held    *against
	server  *demoServer // nil without --demo
}

func (c *Command) scan(ctx context.Context, o *options, urls []string) error {
	rep, crawlErr, err := c.scanTo(ctx, o, urls)
	if err != nil {
		return err
	}
	c.summarise(o, rep, o.out)
	if crawlErr != nil {
		c.complain(crawlErr)
	}
	return c.judge(o, rep, crawlErr)
}

// scanTo scans into the folder o.out, and names it there. The first error is the
// crawl's, which the report survives; the second ends the command.
func (c *Command) scanTo(ctx context.Context, o *options, urls []string) (rep *reports.Report, crawlErr, err error) {
	p, err := c.plan(ctx, o, urls)
	if err != nil {
		return nil, nil, err
	}
	defer p.server.Close()
	o.out = p.dir
	if err := freshDir(p.dir); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(keepProfile(o.profile, p.dir), keepRules(p.rules, p.dir)); err != nil {
		return nil, nil, err
	}
	if c.looksAgain(o) { // in the same browser, by other visitors
		p.options.Browser = &crawler.Browser{}
		defer p.options.Browser.Close() // its folder is temporary
	}
	crawling, end := span(ctx, "crawl")
	crawlErr, err = c.crawl(crawling, o, p)
	if end(err); err != nil {
		return nil, nil, err
	}
	if o.event != nil && ctx.Err() != nil { // a service's, handed back: nobody would read a report on a part of it
		return nil, nil, context.Cause(ctx)
	}
	if crawlErr == nil {
		looking, end := span(ctx, "second looks")
		err := c.lookAgain(looking, o, p)
		if end(err); err != nil {
			return nil, nil, err
		}
	}
	if p.options.Browser != nil {
		_ = p.options.Browser.Close() // its work is done
	}
	// A signal ends the visits and the asking, not the report on them.
	asking := ctx
	ctx = context.WithoutCancel(ctx)
	bundle := filepath.Join(p.dir, "evidence")
	if rep, err = c.analyseAndWrite(ctx, asking, o, bundle, p.dir, p.set, p.profile, p.held); err != nil {
		return nil, nil, err
	}
	redacting, end := span(ctx, "redaction")
	err = c.redact(redacting, o, bundle, p.set, rep)
	end(err)
	return rep, crawlErr, err
}

func (c *Command) plan(ctx context.Context, o *options, urls []string) (*plan, error) {
	var err error
	switch {
	case o.demo != "":
		if urls, err = demoURLs(o.demo, urls); err != nil {
			return nil, err
		}
		o.profile = cmp.Or(o.profile, profileIn(o.demo))
	case len(urls) == 0:
		return nil, usage("candor scan needs the address of a site, such as https://www.example.com/\nRun 'candor scan --help' for examples")
	}
	if _, _, err := c.asks(o); err != nil {
		return nil, err
	}
	p := &plan{}
	for _, u := range urls {
		full, err := frontier.Complete(u)
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		if !slices.Contains(p.target.URLs, full) {
			p.target.URLs = append(p.target.URLs, full)
		}
	}
	if p.profile, err = readProfile(o.profile); err != nil {
		return nil, err
	}
	p.target.OwnDomains = p.profile.OwnDomains
	if err := c.canPrint(o); err != nil {
		return nil, err
	}
	if _, err := c.Stages.FindBrowser(o.browser, o.noSandbox); err != nil {
		return nil, usage("%w\nRun 'candor doctor' to see what else is needed", err)
	}
	if p.set, p.rules, err = c.rules(o.rules); err != nil {
		return nil, err
	}
	if err := profileIDs(o.profile, p.set); err != nil {
		return nil, err
	}
	if p.held, err = c.against(ctx, o, p.set); err != nil {
		return nil, err
	}
	now := c.Now().UTC()
	if p.dir = o.out; p.dir == "" {
		p.dir = defaultOut(p.target.URLs[0], now)
	}
	if o.demo != "" {
		if p.server, err = c.Stages.Serve(o.demo); err != nil {
			return nil, usage("--demo %s: %w", o.demo, err)
		}
	}
	p.options = c.crawlOptions(o, p, now)
	if p.options.Chooser, err = consent.New(consentRules(p.set), consentWords(p.set)); err != nil {
		return nil, fmt.Errorf("load the embedded knowledge: %w", err)
	}
	if o.journey != "" {
		if p.options.Journey, err = readJourney(o.journey, c.environ()); err != nil {
			return nil, err
		}
	}
	p.meta = newMeta(p, now)
	p.meta.Options.Redact = o.redacts()
	p.meta.RulesVersion, p.meta.RegionLabel = p.set.Version, o.region
	if p.meta.ConfigSHA256, err = configHash(p.meta, o.profile); err != nil {
		return nil, err
	}
	p.meta.RedactionKey, err = c.key()
	return p, err
}

// configHash is the SHA-256 of what shapes a scan: options, addresses, states
// and the profile.
func configHash(m evidence.Meta, profile string) (string, error) {
	shape := struct {
		URLs, OwnDomains []string
		States           []evidence.State
		Options          evidence.Settings
		Profile          string
	}{m.URLs, m.OwnDomains, m.States, m.Options, ""}
	if profile != "" {
		data, err := readBounded(profile)
		if err != nil {
			return "", err
		}
		shape.Profile = string(data)
	}
	data, err := json.Marshal(shape)
	if err != nil {
		return "", fmt.Errorf("hash the options: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// key makes a random key of 128 bits.
func (c *Command) key() (string, error) {
	if c.Random == nil {
		return "", nil
	}
	var b [16]byte
	if _, err := io.ReadFull(c.Random, b[:]); err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

func (c *Command) crawlOptions(o *options, p *plan, now time.Time) crawler.Options {
	co := crawler.Options{
		Pages: o.pages, Depth: o.depth, Tabs: o.tabs, States: o.states,
		PageTimeout: o.timeout, IgnoreRobots: o.ownSite, Identify: o.identify,
		HostMap: o.hostMap, DNS: o.dns, Insecure: o.insecure,
		BrowserPath: o.browser, NoSandbox: o.noSandbox, Proxy: o.proxy, Guard: o.guard, BrowserFlags: o.chromium,
		Headers: o.headerMap(), Cookies: o.cookies, Language: "en-US,en", ToolVersion: toolVersion(),
		Words: crawlerWords(p.set.Terms), Now: c.Now,
	}
	if o.fillForms {
		co.Fill = &crawler.Fill{Seed: scanName(p.target.URLs[0], now), Kind: flow.FieldType(p.set.Terms)}
	}
	if p.server != nil {
		co.HostMap = append(slices.Clone(o.hostMap), crawler.HostMapping{Pattern: "*", Addr: p.server.Addr})
		co.Insecure = true
		if !co.DNS.IsValid() {
			co.DNS = p.server.DNS
		}
	}
	return co
}

// newMeta describes the scan at its start; the crawler adds the browser.
func newMeta(p *plan, now time.Time) evidence.Meta {
	o := p.options
	s := evidence.Settings{
		Pages: o.Pages, Depth: o.Depth, Tabs: o.Tabs, RespectRobots: !o.IgnoreRobots, Insecure: o.Insecure,
		PageTimeoutMS: o.PageTimeout.Milliseconds(), Proxy: o.Proxy != "", FillForms: o.Fill != nil,
	}
	if o.Journey != nil {
		s.Journey = o.Journey.File
	}
	for _, m := range o.HostMap {
		s.HostMap = append(s.HostMap, m.Pattern+"="+m.Addr.String())
	}
	for name := range o.Headers {
		s.ExtraHeaders = append(s.ExtraHeaders, name)
	}
	slices.Sort(s.ExtraHeaders)
	for _, k := range o.Cookies {
		s.PresetCookies = append(s.PresetCookies, k.Name)
	}
	return evidence.Meta{
		ScanID:     scanName(p.target.URLs[0], now),
		Tool:       evidence.Tool{Name: "candor", Version: o.ToolVersion, Commit: revision()},
		URLs:       p.target.URLs,
		OwnDomains: p.target.OwnDomains,
		States:     o.States,
		Options:    s,
		StartedAt:  now,
	}
}

// crawl writes the bundle and closes it whatever happens. The first error is
// the crawl's, which the report survives; the second ends the command.
func (c *Command) crawl(ctx context.Context, o *options, p *plan) (crawlErr, err error) {
	w, err := evidence.Create(filepath.Join(p.dir, "evidence"), p.meta)
	if err != nil {
		return nil, err
	}
	if o.scanTimeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, o.scanTimeout, errTimeLimit)
		defer stop()
	}
	show := c.newProgress(o, p.set)
	p.options.Progress = show.event
	if o.event != nil {
		p.options.Progress = func(e crawler.Event) { show.event(e); o.event(e) }
	}
	stopped := "crash"
	defer func() {
		show.close()
		err = errors.Join(err, w.Close(func(m *evidence.Meta) {
			m.FinishedAt = c.Now().UTC()
			m.Complete, m.Stopped = stopped == "", stopped
		}))
	}()
	crawlErr = c.Stages.Crawl(ctx, p.target, p.options, w)
	if o.refused != nil {
		if err := w.AddGap(o.refused()...); err != nil {
			return crawlErr, err
		}
	}
	stopped = ""
	switch cause := context.Cause(ctx); {
	case cause != nil:
		stopped, crawlErr = cause.Error(), fmt.Errorf("the scan ended early: %w", cause)
	case crawlErr != nil:
		stopped = crawlErr.Error()
	}
	return crawlErr, nil
}

// analyseAndWrite makes the report of a bundle in dir. When a second reader
// answered, the bundle is analysed again with what it said, so that the report
// is the one that the bundle gives later. The end of asking ends the asking
// alone.
func (c *Command) analyseAndWrite(ctx, asking context.Context, o *options, bundle, dir string, set *rules.Set, p analyzer.Profile, held *against) (rep *reports.Report, err error) {
	r, err := evidence.Open(bundle)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	analysing, end := span(ctx, "analysis")
	a, err := c.Stages.Analyze(analysing, r, set, p, held.options()...)
	end(err)
	if err == nil {
		var more bool
		if more, err = c.secondOpinions(asking, o, bundle, a); more {
			a, err = c.Stages.Analyze(ctx, r, set, p, held.options()...)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("analyse %s (the evidence is kept): %w", bundle, err)
	}
	_, end = span(ctx, "report")
	defer func() { end(err) }()
	rep = reports.New(a)
	if err := rep.Trace(r); err != nil {
		return nil, err
	}
	if err := held.apply(rep); err != nil {
		return nil, err
	}
	if o.redacts() == "" { // else the evidence is written anew later
		if rep.Bundle.Root, err = r.Root(); err != nil {
			return nil, err
		}
	}
	if o.score {
		rep.AskForScore()
	}
	if err := reports.Write(dir, rep, o.formats, c.renderers(o)...); err != nil {
		return nil, err
	}
	return rep, nil
}

func (c *Command) summarise(o *options, rep *reports.Report, dir string) {
	if !o.quiet {
		fmt.Fprint(c.Stdout, reports.Summary(rep, dir, columnsOf(c.Stdout)))
	}
}

// judge turns a report into an exit code. Findings weigh more than gaps: both
// keep a scan from passing as clean.
func (c *Command) judge(o *options, rep *reports.Report, crawlErr error) error {
	if atOrAbove(rep, o.failOn) {
		return &exitError{code: exitFindings}
	}
	if why := incomplete(rep, o.minCoverage); why != "" {
		if crawlErr != nil {
			return &exitError{code: exitIncomplete} // was said already
		}
		return &exitError{exitIncomplete, errors.New("the scan is incomplete: " + why)}
	}
	if crawlErr != nil {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// gate hands the same judgement to the formats that pipelines read.
func (c *Command) gate(o *options) reports.Gate {
	return reports.Gate{
		FailOn: o.failOn,
		Fails:  func(rep *reports.Report, f reports.Finding) bool { return fails(rep, f, o.failOn) },
		Exit: func(rep *reports.Report) (int, string) {
			err := c.judge(o, rep, nil)
			var ee *exitError
			switch {
			case !errors.As(err, &ee):
				return exitOK, ""
			case ee.code == exitFindings:
				return ee.code, "there are findings of severity " + o.failOn + " or above"
			}
			return ee.code, ee.Error()
		},
	}
}

func atOrAbove(rep *reports.Report, severity string) bool {
	return slices.ContainsFunc(rep.Findings, func(f reports.Finding) bool { return fails(rep, f, severity) })
}

// fails reports whether a finding counts and is of a severity or above; of
// "none" nothing is.
func fails(rep *reports.Report, f reports.Finding, severity string) bool {
	limit, rank := slices.Index(rules.Severities, severity), slices.Index(rules.Severities, f.Severity)
	return rep.Open(f) && rank >= 0 && rank <= limit
}

// incomplete says why a scan cannot pass as whole; "" when it can.
func incomplete(rep *reports.Report, least float64) string {
	c := rep.Coverage
	all := c.PagesVisited + c.PagesFailed
	switch {
	case c.PagesVisited == 0:
		return "no page could be visited"
	case !c.Complete && c.Stopped != "":
		return c.Stopped
	case !c.Complete:
		return "the bundle was not closed"
	case float64(c.PagesVisited) < least*float64(all):
		return fmt.Sprintf("%d of %d pages could be visited, and --min-coverage is %g", c.PagesVisited, all, least)
	}
	for _, start := range rep.Site.URLs {
		visits := slices.DeleteFunc(slices.Clone(rep.Pages), func(p reports.Page) bool { return p.URL != start })
		if len(visits) > 0 && !slices.ContainsFunc(visits, func(p reports.Page) bool { return p.Ended != "failed" }) {
			return "the start page could not be visited"
		}
	}
	return notRepeated(rep, least)
}
