package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// savedLinks bounds the links that a page's record keeps.
const savedLinks = 200

// ErrStart says that not one start address could be visited.
var ErrStart = errors.New("no start address could be visited")

// Crawl visits the target and writes evidence to w. It returns an error when
// nothing could be visited at all or ctx ended; whatever was collected by then
// is in the bundle. Faults of single pages are gaps, not errors. The caller
// closes w.
func Crawl(ctx context.Context, t Target, o Options, w *evidence.Writer) error {
	o = o.withDefaults()
	for _, s := range o.States {
		if s != evidence.StateNone {
			return fmt.Errorf("consent state %q is not operated by this version: use %q", s, evidence.StateNone)
		}
	}
	if o.Journey != nil {
		for _, s := range o.Journey.Secrets {
			w.Redact(s.Value, "${env:"+s.Name+"}")
		}
	}
	c := &crawl{options: o, writer: w, ownDomains: t.OwnDomains, seen: map[string]bool{}, notices: newNotices()}
	c.names = newNames(ctx, o, func(n evidence.Name) error { return w.AddNames(n) })
	defer c.close()
	if err := c.start(ctx, t); err != nil {
		c.gap(evidence.Gap{What: "the whole site", Why: err.Error(), Kind: "crash"})
		return err
	}
	c.journey(ctx)
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

// why says why nothing could be visited: what the first page said or, when not
// one might be asked for, the frontier.
func (c *crawl) why() string {
	if c.firstFailure != "" {
		return c.firstFailure
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

	mu           sync.Mutex
	run          *run // the browser that is used now
	restarts     int
	done         int
	good         int
	requests     int
	firstFailure string
	fault        error // of writing; ends the crawl
	seen         map[string]bool
	notices      notices
	names        *names
	lastPage     string
}

// run is one start of the browser with its visitor.
type run struct {
	browser *browser.Browser
	context *browser.Context
}

func (c *crawl) start(ctx context.Context, t Target) error {
	for _, given := range t.URLs {
		if address, err := frontier.Complete(given); err == nil { // else the frontier says what is wrong
			c.hosts = append(c.hosts, hostname(address))
		}
	}
	r, err := c.startBrowser(ctx)
	if err != nil {
		return err
	}
	c.run = r
	info := r.browser.Info()
	if err := c.writer.Update(func(m *evidence.Meta) { m.Browser = info }); err != nil {
		return err
	}
	client, err := Client(c.options, c.hosts...)
	if err != nil {
		return err
	}
	o := c.options
	delay := o.HostDelay
	c.frontier, err = frontier.New(frontier.Options{
		Start: t.URLs, OwnDomains: t.OwnDomains, Pages: o.Pages, Depth: o.Depth, RespectRobots: !o.IgnoreRobots,
		UserAgent: info.UserAgent, HostDelay: delay, HostTabs: o.HostTabs, Client: client, Words: o.Words, Now: o.Now,
	})
	if err != nil {
		return err
	}
	for _, u := range c.frontier.Start() {
		c.ownDomains = append(c.ownDomains, evidence.Site(hostname(u)))
	}
	c.emit(Event{Kind: "start", URL: c.frontier.Start()[0], Message: info.Product})
	return nil
}

func (c *crawl) startBrowser(ctx context.Context) (*run, error) {
	o := c.options
	bo := browser.Options{
		Path: o.BrowserPath, NoSandbox: o.NoSandbox, Insecure: o.Insecure, Proxy: o.Proxy, Language: o.Language,
		HostRules: hostRules(o.HostMap), Headers: o.Headers, Now: o.Now,
	}
	if o.Identify {
		bo.Suffix = "Candor/" + o.ToolVersion
	}
	b, err := browser.Start(ctx, bo)
	if err != nil {
		return nil, err
	}
	v, err := b.NewContext(ctx, o.States[0])
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if err := v.SetCookies(ctx, browserCookies(o.Cookies, c.hosts)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if o.Fill != nil {
		v.FillForms(o.Fill.filling())
	}
	return &run{browser: b, context: v}, nil
}

// visitAll lets each tab take pages from the frontier until none is left.
func (c *crawl) visitAll(ctx context.Context) {
	var wg sync.WaitGroup
	for range c.options.Tabs {
		wg.Go(func() { c.tab(ctx) })
	}
	wg.Wait()
}

func (c *crawl) tab(ctx context.Context) {
	r := c.current()
	visitor := r.context.NewVisitor(ctx)
	defer func() { visitor.Close() }()
	for {
		item, err := c.frontier.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				c.gap(evidence.Gap{What: "further pages", Why: err.Error(), Kind: "other"})
			}
			return
		}
		c.emit(Event{Kind: "page-start", Page: c.pageID(item), URL: item.URL})
		res, err := visitor.Visit(ctx, c.order(item))
		if err != nil && ctx.Err() == nil {
			// The browser died, or gave no window: start it anew and try once more.
			visitor.Close()
			if r, err = c.renew(ctx, r, err); err == nil {
				visitor = r.context.NewVisitor(ctx)
				res, err = visitor.Visit(ctx, c.order(item))
			} else {
				visitor = closedVisitor
			}
		}
		c.record(item, res, err)
		if c.broken() != nil {
			return
		}
	}
}

// closedVisitor stands for a browser that could not be started again.
var closedVisitor = browser.Closed(errors.New("the browser could not be started again"))

func (c *crawl) pageID(item frontier.Item) string {
	return item.ID + "." + string(c.options.States[0])
}

func (c *crawl) order(item frontier.Item) browser.Visit {
	v := browser.Visit{ID: c.pageID(item), URL: item.URL, Budget: c.options.PageTimeout, Document: item.Notice != "" || item.Start}
	if strings.HasPrefix(item.LinkedFrom, "http") {
		v.Referrer = item.LinkedFrom
	}
	return v
}

func (c *crawl) current() *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run
}

// renew starts the browser again after old died, once for all tabs.
func (c *crawl) renew(ctx context.Context, old *run, why error) (*run, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != old {
		return c.run, nil
	}
	if old.browser.Lost() == nil {
		return old, nil // only the window failed
	}
	if c.restarts++; c.restarts > maxRestarts {
		return nil, fmt.Errorf("the browser died %d times: %w", c.restarts, why)
	}
	_ = old.browser.Close() // it is dead already
	r, err := c.startBrowser(ctx)
	if err != nil {
		return nil, err
	}
	c.run = r
	again := "it ended and was started again with an empty cookie jar: "
	if c.options.Journey != nil {
		again = "it ended and was started again with an empty cookie jar, without the journey: "
	}
	err = c.writer.AddGap(evidence.Gap{What: "the browser", Why: again + why.Error(), Kind: "crash"})
	return r, errors.Join(err, c.fault)
}

// record writes what a visit saw and tells the frontier.
func (c *crawl) record(item frontier.Item, res *browser.Result, err error) {
	id := c.pageID(item)
	if res == nil {
		res = &browser.Result{Page: evidence.Page{ID: id, URL: item.URL, State: c.options.States[0], StartedAt: c.options.Now().UTC()}}
	}
	p := &res.Page
	p.Kind, p.Depth, p.LinkedFrom = item.Kind, item.Depth, item.LinkedFrom
	if err != nil {
		p.Ended, p.Failure = "failed", err.Error()
		kind := "crash"
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			kind, p.Failure = "interrupted", "the scan was stopped during this visit"
			// What the stop looked like to the page says nothing about the page.
			res.Gaps = slices.DeleteFunc(res.Gaps, func(g evidence.Gap) bool { return g.What == "page "+item.URL })
		}
		res.Gaps = append(res.Gaps, evidence.Gap{What: "page " + item.URL, Why: p.Failure, Kind: kind, Page: id, State: p.State})
	}
	if len(res.Screenshot) > 0 {
		name := "screenshots/" + id + ".jpg"
		if _, err := c.writer.AddBlob(name, res.Screenshot); err != nil {
			c.fail(err)
		} else {
			p.Screenshot = name
		}
	}
	failed := p.Ended == "failed"
	if !failed && p.Screenshot == "" {
		res.Gaps = append(res.Gaps, evidence.Gap{What: "picture of " + item.URL, Why: "the page gave none in time", Kind: "other", Page: id, State: p.State})
	}
	if !failed && item.Notice == "" && !isHTML(p.MIMEType) {
		res.Gaps = append(res.Gaps, evidence.Gap{
			What: "page " + item.URL, Why: fmt.Sprintf("the server sent no HTML page but %.80s", p.MIMEType), Kind: "not_html", Page: id, State: p.State,
		})
	}
	c.frontier.Done(item, frontier.Visited{FinalURL: p.FinalURL, Canonical: p.Canonical, Links: p.Links, Failed: failed})
	if len(p.Links) > savedLinks {
		p.Links = p.Links[:savedLinks]
	}
	if err := c.writer.AddCanaries(res.Canaries...); err != nil {
		c.fail(err)
	}
	if err := c.writer.AddLabels(res.Labels...); err != nil {
		c.fail(err)
	}
	if err := c.writer.AddCalls(res.Calls...); err != nil {
		c.fail(err)
	}
	if err := c.writer.AddPage(*p, res.Requests, res.Cookies, res.Storage, res.Forms, res.Gaps); err != nil {
		c.fail(err)
	}
	if item.Notice == "" && !failed {
		item.Notice = c.frontier.Named(item, p.Title)
	}
	switch {
	case item.Notice == "":
	case p.MIMEType == "application/pdf" || len(p.Downloads) > 0 || !failed && len(res.Raw) == 0 && res.DOM == "":
		// The browser shows it in a viewer, offers to save it or was too busy to
		// give it: no text to read.
		c.mu.Lock()
		c.notices.files[frontier.Key(item.URL)] = true
		c.mu.Unlock()
	case !failed:
		c.addVisited(item, res)
	}
	c.tell(item, res, failed)
}

func isHTML(mimeType string) bool {
	return mimeType == "" || mimeType == "text/html" || mimeType == "application/xhtml+xml"
}

// tell counts a visit and says that it is over.
func (c *crawl) tell(item frontier.Item, res *browser.Result, failed bool) {
	p := &res.Page
	c.mu.Lock()
	c.done++
	c.requests += len(res.Requests)
	c.lastPage = p.ID
	if !failed {
		c.good++
	} else if c.firstFailure == "" {
		c.firstFailure = p.Failure
	}
	var hosts []string
	for i := range res.Requests {
		host := hostname(res.Requests[i].URL)
		if host == "" || c.seen[host] {
			continue
		}
		c.seen[host] = true
		if slices.Contains(c.ownDomains, evidence.Site(host)) {
			c.names.ask(host)
		} else {
			hosts = append(hosts, host)
		}
	}
	c.mu.Unlock()
	for _, g := range res.Gaps {
		c.emit(Event{Kind: "gap", Page: p.ID, URL: item.URL, Message: g.What + ": " + g.Why})
	}
	c.emit(Event{Kind: "page-done", Page: p.ID, URL: item.URL, State: p.State, Hosts: hosts, Message: p.Failure})
}

// emit completes an event with the counts.
func (c *crawl) emit(e Event) {
	c.mu.Lock()
	e.Done, e.Requests = c.done, c.requests
	c.mu.Unlock()
	if e.State == "" {
		e.State = c.options.States[0]
	}
	e.Planned = max(c.frontier.Planned(), e.Done)
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
	c.gap(c.frontier.Gaps()...)
	if ctx.Err() != nil {
		c.gap(evidence.Gap{What: "the rest of the site", Why: "the scan was stopped before its end", Kind: "interrupted"})
	}
	// A stopped scan still reads the jar: the browser is alive.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if r := c.current(); r.browser.Lost() == nil && c.lastPage != "" {
		cookies, err := r.context.Rest(ctx, c.lastPage)
		if err != nil {
			c.gap(evidence.Gap{What: "cookies at the end", Why: err.Error(), Kind: "other"})
		} else if err := c.writer.AddCookies(cookies...); err != nil {
			c.fail(err)
		}
	}
	c.emit(Event{Kind: "done"})
	return c.broken()
}

func (c *crawl) close() {
	c.names.stop()
	c.names.open.Wait()
	if r := c.current(); r != nil {
		_ = r.browser.Close() // its folder is temporary
	}
}
