package crawler

import (
	"context"
	"slices"
	"strings"
	"sync"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// Again is a page to look at once more, as an earlier crawl visited it.
type Again struct {
	Page       string // id of that visit: "p0007.reject"
	URL        string
	State      evidence.State
	Kind       string
	Depth      int
	LinkedFrom string
}

// LookAgain visits pages of an earlier crawl once more for each of looks, each
// time with other visitors, each brought into its state anew, and writes evidence
// as Crawl does. The looks are made side by side in one browser; Options.Tabs and
// the pauses of a host are those of all together, and with several looks Tabs is
// by default what it is with several states. No further pages are looked for and
// no notices kept. t and o are those of that crawl. A page that is not visited
// again is a gap. There is an error for each look, nil for one that came to its
// end: that of a browser that does not start, of a bundle that cannot be written,
// or ctx's.
func LookAgain(ctx context.Context, t Target, visits []Again, o Options, looks ...*evidence.Writer) []error {
	errs := make([]error, len(looks))
	var states []evidence.State
	for _, s := range evidence.States() {
		if slices.ContainsFunc(visits, func(v Again) bool { return v.State == s }) {
			states = append(states, s)
		}
	}
	o.States = states
	o = o.withDefaults(len(looks))
	if o.Browser == nil {
		o.Browser = &Browser{}
		defer o.Browser.Close() // its folder is temporary
	}
	told := newTally(len(looks), o.Progress)
	var first *crawl
	var all sync.WaitGroup
	for i, w := range looks {
		o := o
		o.Progress = func(e Event) { told.event(i, e) }
		o.Journey.keep(w)
		c := newCrawl(ctx, t, o, w)
		defer c.close()
		c.again, c.planned = true, len(visits)
		if first != nil {
			c.frontier, c.slots = first.frontier, first.slots
		}
		err := w.Update(func(m *evidence.Meta) { m.States = o.States })
		if err == nil {
			err = c.start(ctx, t)
		}
		if err != nil {
			c.gap(evidence.Gap{What: "the whole look", Why: err.Error(), Kind: "crash"})
			errs[i] = err
			continue
		}
		if first == nil {
			first = c
		}
		all.Go(func() { errs[i] = c.visitAgain(ctx, visits) })
	}
	all.Wait()
	told.done()
	return errs
}

// visitAgain makes one look.
func (c *crawl) visitAgain(ctx context.Context, visits []Again) error {
	for _, l := range c.lanes {
		l.route = newRoute()
		for _, v := range visits {
			if v.State == l.state {
				c.plan(ctx, l.route, v)
			}
		}
		l.route.end()
	}
	c.visitAll(ctx)
	if err := c.finish(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// tally makes the steps of looks that go side by side those of one crawl, which
// starts with the first and is done when all are.
type tally struct {
	mu    sync.Mutex
	begun bool
	looks []Event // the last step of each
	tell  func(Event)
}

func newTally(looks int, tell func(Event)) *tally {
	return &tally{looks: make([]Event, looks), tell: tell}
}

func (t *tally) event(look int, e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looks[look] = e
	if e.Kind == "done" || e.Kind == "start" && t.begun {
		return
	}
	t.begun = true
	t.tell(t.summed(e))
}

func (t *tally) summed(e Event) Event {
	e.Done, e.Planned, e.Requests = 0, 0, 0
	for _, x := range t.looks {
		e.Done, e.Planned, e.Requests = e.Done+x.Done, e.Planned+x.Planned, e.Requests+x.Requests
	}
	return e
}

// done says that all looks are over.
func (t *tally) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun {
		t.tell(t.summed(Event{Kind: "done"}))
	}
}

// plan puts a visit on a route, unless robots.txt has come to forbid it. Asking
// also tells the pause that the host wants between visits.
func (c *crawl) plan(ctx context.Context, r *route, v Again) {
	if ok, err := c.frontier.Allowed(ctx, v.URL); err == nil && !ok {
		c.gap(evidence.Gap{What: "page " + v.URL, Why: "Not visited: robots.txt does not allow it any more.", Kind: "robots", State: v.State})
		return
	}
	id, _, _ := strings.Cut(v.Page, ".")
	item := frontier.Item{ID: id, URL: v.URL, Kind: v.Kind, Depth: v.Depth, LinkedFrom: v.LinkedFrom}
	r.add(item)
	r.visited(item, false)
}
