package crawler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// maxRestarts bounds how often a browser that died is started anew.
const maxRestarts = 3

// visitorsEnd bounds how long the end of visitors is waited for whose browser goes
// on: until then their pages may still send.
const visitorsEnd = 5 * time.Second

// savedLinks bounds the links that a page's record keeps: half of them its first,
// half its last.
const savedLinks = 200

// ErrStart says that not one start address could be visited.
var ErrStart = errors.New("no start address could be visited")

// Crawl visits the target in each of the states and writes evidence to w. It
// returns an error when nothing could be visited at all or ctx ended; whatever
// was collected by then is in the bundle. Faults of single pages are gaps, not
// errors, and so is a state that could not be reached. The caller closes w.
func Crawl(ctx context.Context, t Target, o Options, w *evidence.Writer) error {
	o = o.withDefaults(1)
	for i, s := range o.States {
		if !slices.Contains(evidence.States(), s) || slices.Contains(o.States[:i], s) {
			return fmt.Errorf("%q is not a consent state or is named twice: there are %q", s, evidence.States())
		}
	}
	o.Journey.keep(w)
	c := newCrawl(ctx, t, o, w)
	defer c.close()
	if err := c.start(ctx, t); err != nil {
		c.gap(evidence.Gap{What: "the whole site", Why: err.Error(), Kind: "crash"})
		return err
	}
	seeded := make(chan struct{})
	go func() {
		defer close(seeded)
		_ = c.frontier.Seed(ctx) // its error is ctx's, which the visits see too
	}()
	c.visitAll(ctx)
	<-seeded
	c.finishNotices(ctx)
	if err := c.finish(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if c.good == 0 {
		return fmt.Errorf("%w: %s", ErrStart, c.why())
	}
	return nil
}

func newCrawl(ctx context.Context, t Target, o Options, w *evidence.Writer) *crawl {
	c := &crawl{
		options: o, writer: w, ownDomains: t.OwnDomains, seen: map[string]bool{}, notices: newNotices(),
		route: newRoute(), slots: make(chan struct{}, o.Tabs), shared: o.Browser,
	}
	if c.shared == nil {
		c.shared, c.alone = &Browser{}, true
	}
	c.names = newNames(ctx, o, func(n evidence.Name) error { return w.AddNames(n) })
	return c
}

// why says why nothing could be visited: what the first page said or, when not
// one might be asked for, the states or the frontier.
func (c *crawl) why() string {
	if c.firstFailure != "" {
		return c.firstFailure
	}
	for _, l := range c.lanes {
		if l.untested != "" {
			return fmt.Sprintf("the state %s was not tested: %s", l.state, l.untested)
		}
	}
	for _, g := range c.frontier.Gaps() {
		return strings.TrimPrefix(g.What, "page ") + ": " + strings.TrimPrefix(g.Why, "Not visited: ")
	}
	return "there was no page to visit"
}

// crawl is one run of Crawl.
type crawl struct {
	options    Options
	writer     *evidence.Writer
	frontier   *frontier.Frontier
	ownDomains []string
	hosts      []string // of the start addresses
	lanes      []*lane  // one for each state, in the order of the options
	route      *route
	again      bool          // only pages that were visited before; no lane leads
	planned    int           // visits then
	slots      chan struct{} // one for each visit that may be under way
	shared     *Browser      // where the browser comes from
	alone      bool          // it ends with the crawl

	mu           sync.Mutex
	browser      *browser.Browser // that is used now
	restarts     int
	done         int // visits
	led          int // of them, those of the lane that leads
	good         int // visits that did not fail
	requests     int
	firstFailure string
	fault        error // of writing; ends the crawl
	seen         map[string]bool
	notices      notices
	names        *names
}

func (c *crawl) start(ctx context.Context, t Target) error {
	for _, given := range t.URLs {
		if address, err := frontier.Complete(given); err == nil { // else the frontier says what is wrong
			c.hosts = append(c.hosts, hostname(address))
		}
	}
	b, err := c.startBrowser(ctx)
	if err != nil {
		return err
	}
	c.browser = b
	info, o := b.Info(), c.options
	if err := c.writer.Update(func(m *evidence.Meta) { m.Browser, m.Options.Tabs = info, o.Tabs }); err != nil {
		return err
	}
	if c.frontier == nil {
		client, err := Client(o, c.hosts...)
		if err != nil {
			return err
		}
		c.frontier, err = frontier.New(frontier.Options{
			Start: t.URLs, OwnDomains: t.OwnDomains, Pages: o.Pages, Depth: o.Depth, RespectRobots: !o.IgnoreRobots,
			UserAgent: info.UserAgent, HostDelay: o.HostDelay, HostTabs: o.HostTabs, Client: client, Words: o.Words, Now: o.Now,
		})
		if err != nil {
			return err
		}
	}
	for _, u := range c.frontier.Start() {
		c.ownDomains = append(c.ownDomains, evidence.Site(hostname(u)))
	}
	for _, state := range o.States {
		c.lanes = append(c.lanes, &lane{crawl: c, route: c.route, state: state, begun: make(chan struct{})})
	}
	c.emit(Event{Kind: "start", URL: c.frontier.Start()[0], State: o.States[0], Message: info.Product})
	return nil
}

func (c *crawl) startBrowser(ctx context.Context) (*browser.Browser, error) {
	o := c.options
	bo := browser.Options{
		Path: o.BrowserPath, NoSandbox: o.NoSandbox, Insecure: o.Insecure, Proxy: o.Proxy, Guard: o.Guard, Flags: o.BrowserFlags, Language: o.Language,
		HostRules: hostRules(o.HostMap), Headers: o.Headers, Now: o.Now,
	}
	if o.Identify {
		bo.Suffix = "Candor/" + o.ToolVersion
	}
	return c.shared.take(ctx, bo)
}

func (c *crawl) current() *browser.Browser {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.browser
}

// restart starts the browser again after old died, once for all lanes.
func (c *crawl) restart(ctx context.Context, old *browser.Browser, why error) (*browser.Browser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.browser != old {
		return c.browser, nil
	}
	if c.restarts++; c.restarts > maxRestarts {
		return nil, fmt.Errorf("the browser died %d times: %w", c.restarts, why)
	}
	b, err := c.startBrowser(ctx)
	if err != nil {
		return nil, err
	}
	c.browser = b
	err = c.writer.AddGap(evidence.Gap{What: "the browser", Why: "it ended and was started again with an empty cookie jar: " + why.Error(), Kind: "crash"})
	return b, errors.Join(err, c.fault)
}

// visitAll lets each state visit its pages, side by side.
func (c *crawl) visitAll(ctx context.Context) {
	tabs := max(1, c.options.Tabs/len(c.lanes))
	var wg sync.WaitGroup
	for i, l := range c.lanes {
		wg.Go(func() { l.visitAll(ctx, c.lanes[:i], tabs) })
	}
	wg.Wait()
}

// slot waits for a place among the visits that are under way.
func (c *crawl) slot(ctx context.Context) (leave func(), err error) {
	select {
	case c.slots <- struct{}{}:
		return sync.OnceFunc(func() { <-c.slots }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// emit completes an event with the counts.
func (c *crawl) emit(e Event) {
	c.mu.Lock()
	e.Done, e.Requests = c.done, c.requests
	c.mu.Unlock()
	lanes := 0
	for _, l := range c.lanes {
		if !l.closed.Load() {
			lanes++
		}
	}
	e.Planned = max(c.frontier.Planned()*max(lanes, 1), e.Done)
	if c.again {
		e.Planned = max(c.planned, e.Done)
	}
	c.options.Progress(e)
}

func (c *crawl) gap(g ...evidence.Gap) {
	if err := c.writer.AddGap(g...); err != nil {
		c.fail(err)
	}
}

func (c *crawl) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault == nil {
		c.fault = err
	}
}

func (c *crawl) broken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// finish writes what belongs to no single visit.
func (c *crawl) finish(ctx context.Context) error {
	c.gap(c.names.close()...)
	if !c.again { // a further look chooses no pages
		c.gap(c.frontier.Gaps()...)
	}
	if ctx.Err() != nil {
		c.gap(evidence.Gap{What: "the rest of the site", Why: "the scan was stopped before its end", Kind: "interrupted"})
	}
	// A stopped scan still reads the jars: the browser is alive.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	for _, l := range c.lanes {
		l.finish(ctx)
	}
	c.emit(Event{Kind: "done"})
	return c.broken()
}

func (c *crawl) close() {
	c.names.stop()
	c.names.open.Wait()
	if c.alone {
		_ = c.shared.Close() // its folder is temporary
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), visitorsEnd)
	defer cancel()
	for _, l := range c.lanes {
		l.close(ctx)
	}
}
