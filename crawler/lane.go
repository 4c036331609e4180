package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// lane is the visits in one state: a visitor of its own, with an own jar and
// storage. The first lane whose state could be reached leads: it takes its pages
// from the frontier. The others visit the same ones in the same order.
type lane struct {
	crawl    *crawl
	route    *route // of all lanes; of a further look, its own
	state    evidence.State
	leads    bool
	untested string        // why its pages are not visited; "" when they are
	reached  bool          // the state was, at first; does not change once begun is closed
	begun    chan struct{} // closed when that is known
	closed   atomic.Bool   // no visit follows
	asides   sync.WaitGroup

	mu      sync.Mutex
	browser *browser.Browser // of the context
	context *browser.Context
	begins  int // visitors that were made, one for each start of the browser

	turn sync.Mutex
	at   int // on the route

	records  sync.Mutex
	choice   *evidence.Choice
	lastPage string
}

// visitAll reaches the state and visits the pages. before are the lanes that
// lead rather than this one.
func (l *lane) visitAll(ctx context.Context, before []*lane, tabs int) {
	c := l.crawl
	defer l.closed.Store(true)
	err := l.reach(ctx)
	if err != nil && l.untested == "" {
		l.untested = err.Error()
	}
	l.reached = l.untested == ""
	close(l.begun)
	defer l.asides.Wait()
	if !l.reached {
		if ctx.Err() == nil {
			c.gap(evidence.Gap{What: "the state " + string(l.state), Why: "it was not tested: " + l.untested, Kind: "other", State: l.state})
		}
		return
	}
	l.leads = !c.again && !slices.ContainsFunc(before, (*lane).arrived)
	var wg sync.WaitGroup
	for range tabs {
		wg.Go(func() { l.tab(ctx) })
	}
	wg.Wait()
	if l.leads {
		c.route.end()
	}
}

// arrived waits until it is known whether the state was reached, and says so.
func (l *lane) arrived() bool {
	<-l.begun // each lane closes it, whatever happens
	return l.reached
}

// reach makes a visitor and brings it into the state.
func (l *lane) reach(ctx context.Context) error {
	b := l.crawl.current()
	for {
		err := l.begin(ctx, b)
		if err == nil || ctx.Err() != nil || b.Lost() == nil {
			return err
		}
		if b, err = l.crawl.restart(ctx, b, err); err != nil {
			return err
		}
	}
}

// begin makes a visitor in a browser, makes its choice and takes its journey.
func (l *lane) begin(ctx context.Context, b *browser.Browser) error {
	o := l.crawl.options
	v, err := b.NewContext(ctx, l.state)
	if err != nil {
		return err
	}
	if err := v.SetCookies(ctx, browserCookies(o.Cookies, l.crawl.hosts)); err != nil {
		return errors.Join(err, v.Close(ctx))
	}
	if o.Fill != nil {
		v.FillForms(o.Fill.filling())
	}
	l.mu.Lock()
	l.browser, l.context = b, v
	l.begins++
	begins := l.begins
	l.mu.Unlock()
	if err := l.choose(ctx, b, begins); err != nil {
		return err
	}
	if l.untested != "" {
		return nil
	}
	return l.journey(ctx, begins)
}

func (l *lane) present() *browser.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.context
}

// renew gives the visitor to go on with after one failed, once for all tabs:
// of a browser that died a new one, in the same state.
func (l *lane) renew(ctx context.Context, old *browser.Context, why error) (*browser.Context, error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.mu.Lock()
	b, v := l.browser, l.context
	l.mu.Unlock()
	if v != old || b.Lost() == nil { // it was renewed, or only the window failed
		return v, nil
	}
	if _, err := l.crawl.restart(ctx, b, why); err != nil {
		return nil, err
	}
	if err := l.reach(ctx); err != nil {
		return nil, err
	}
	if l.untested != "" {
		return nil, fmt.Errorf("the state could not be reached again: %s", l.untested)
	}
	return l.present(), nil
}

// next waits for the next page and for its turn. leave gives the turn back.
func (l *lane) next(ctx context.Context) (item frontier.Item, leave func(), err error) {
	c := l.crawl
	if l.leads {
		if item, err = c.frontier.Next(ctx); err != nil {
			return item, nil, err
		}
		c.route.add(item)
		if leave, err = c.slot(ctx); err != nil {
			leave = func() {} // ctx ended: the visit says so
		}
		return item, leave, nil
	}
	// The turn is kept while waiting for a place: of two tabs that wait, the one
	// with the earlier page goes first.
	l.turn.Lock()
	defer l.turn.Unlock()
	item, l.at, err = l.route.follow(ctx, l.at)
	if err != nil {
		return item, nil, err
	}
	leave, err = c.enter(ctx, hostname(item.URL))
	return item, leave, err
}

// enter waits for a host's turn and for a place among the visits.
func (c *crawl) enter(ctx context.Context, host string) (leave func(), err error) {
	turn, err := c.frontier.Enter(ctx, host)
	if err != nil {
		return nil, err
	}
	slot, err := c.slot(ctx)
	if err != nil {
		turn()
		return nil, err
	}
	return func() { slot(); turn() }, nil
}

func (l *lane) tab(ctx context.Context) {
	c := l.crawl
	visits := l.present()
	visitor := visits.NewVisitor(ctx)
	defer func() { visitor.Close() }()
	for {
		item, leave, err := l.next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				c.gap(evidence.Gap{What: "further pages", Why: err.Error(), Kind: "other", State: l.state})
			}
			return
		}
		c.emit(Event{Kind: "page-start", Page: l.pageID(item), URL: item.URL, State: l.state})
		res, err := visitor.Visit(ctx, l.order(item))
		if err != nil && ctx.Err() == nil {
			// The browser died, or gave no window: start it anew and try once more.
			leave() // to reach the state again takes visits too
			visitor.Close()
			if visits, err = l.renew(ctx, visits, err); err == nil {
				visitor = visits.NewVisitor(ctx)
				res, err = visitor.Visit(ctx, l.order(item))
			} else {
				visitor = closedVisitor
			}
		}
		l.record(item, res, err)
		leave()
		if c.broken() != nil {
			return
		}
	}
}

// closedVisitor stands for a browser that could not be started again.
var closedVisitor = browser.Closed(errors.New("the browser could not be started again"))

func (l *lane) pageID(item frontier.Item) string { return item.ID + "." + string(l.state) }

func (l *lane) order(item frontier.Item) browser.Visit {
	v := browser.Visit{ID: l.pageID(item), URL: item.URL, Budget: l.crawl.options.PageTimeout, Document: l.leads && (item.Notice != "" || item.Start), Inspect: l.inspect(item.URL)}
	if strings.HasPrefix(item.LinkedFrom, "http") {
		v.Referrer = item.LinkedFrom
	}
	return v
}

// record writes what a visit saw and tells the frontier.
func (l *lane) record(item frontier.Item, res *browser.Result, err error) {
	c, id := l.crawl, l.pageID(item)
	if res == nil {
		res = &browser.Result{Page: evidence.Page{ID: id, URL: item.URL, State: l.state, StartedAt: c.options.Now().UTC()}}
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
	if l.leads {
		c.frontier.Done(item, frontier.Visited{FinalURL: p.FinalURL, Canonical: p.Canonical, Links: p.Links, Failed: failed})
	}
	l.write(res)
	if l.leads {
		l.notice(item, res, failed)
		c.route.visited(item, failed)
	}
	l.tell(item, res, failed)
}

// ends shortens a list in its middle: the links of a page's foot, notices among
// them, are its last.
func ends[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return slices.Concat(list[:n/2], list[len(list)-n/2:])
}

// write writes what a visit saw.
func (l *lane) write(res *browser.Result) {
	c, p := l.crawl, &res.Page
	p.Links = ends(p.Links, savedLinks)
	for _, err := range []error{
		c.writer.AddCanaries(res.Canaries...), c.writer.AddLabels(res.Labels...), c.writer.AddCalls(res.Calls...),
		c.writer.AddPage(*p, res.Requests, res.Cookies, res.Storage, res.Forms, res.Gaps),
	} {
		if err != nil {
			c.fail(err)
		}
	}
}

// notice keeps the document of a page that may be a notice.
func (l *lane) notice(item frontier.Item, res *browser.Result, failed bool) {
	c, p := l.crawl, &res.Page
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
}

func isHTML(mimeType string) bool {
	return mimeType == "" || mimeType == "text/html" || mimeType == "application/xhtml+xml"
}

// tell counts a visit and says that it is over.
func (l *lane) tell(item frontier.Item, res *browser.Result, failed bool) {
	c, p := l.crawl, &res.Page
	l.records.Lock()
	l.lastPage = p.ID
	l.records.Unlock()
	c.mu.Lock()
	c.done++
	c.requests += len(res.Requests)
	if l.leads {
		c.led++
	}
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
		c.emit(Event{Kind: "gap", Page: p.ID, URL: item.URL, State: p.State, Message: g.What + ": " + g.Why})
	}
	c.emit(Event{Kind: "page-done", Page: p.ID, URL: item.URL, State: p.State, Hosts: hosts, Message: p.Failure})
}

// finish writes what belongs to no single visit of the state.
func (l *lane) finish(ctx context.Context) {
	c := l.crawl
	l.records.Lock()
	choice, last := l.choice, l.lastPage
	l.records.Unlock()
	if choice != nil {
		if choice.Offer != nil { // side by side visits come in no order
			slices.Sort(choice.Offer.WayBack)
			slices.Sort(choice.Offer.WayBackMissing)
		}
		if err := c.writer.AddChoices(*choice); err != nil {
			c.fail(err)
		}
	}
	l.mu.Lock()
	b, v := l.browser, l.context
	l.mu.Unlock()
	if b == nil || b.Lost() != nil || last == "" {
		return
	}
	cookies, err := v.Rest(ctx, last)
	if err != nil {
		c.gap(evidence.Gap{What: "cookies at the end", Why: err.Error(), Kind: "other", State: l.state})
	} else if err := c.writer.AddCookies(cookies...); err != nil {
		c.fail(err)
	}
}

// close ends the state's visitor; the browser goes on.
func (l *lane) close(ctx context.Context) {
	l.mu.Lock()
	b, v := l.browser, l.context
	l.mu.Unlock()
	if b != nil && b.Lost() == nil {
		_ = v.Close(ctx) // with the browser at the latest
	}
}
