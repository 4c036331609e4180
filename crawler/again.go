package crawler

import (
	"context"
	"slices"
	"strings"

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

// LookAgain visits pages of an earlier crawl once more, with other visitors, each
// brought into its state anew, and writes evidence to w as Crawl does. It looks
// for no further pages and keeps no notices. t and o are those of that crawl. A
// page that is not visited again is a gap; the error is that of a browser that
// does not start, of a bundle that cannot be written, or ctx's.
func LookAgain(ctx context.Context, t Target, visits []Again, o Options, w *evidence.Writer) error {
	var states []evidence.State
	for _, s := range evidence.States() {
		if slices.ContainsFunc(visits, func(v Again) bool { return v.State == s }) {
			states = append(states, s)
		}
	}
	o.States = states
	o = o.withDefaults()
	o.Journey.keep(w)
	c := newCrawl(ctx, t, o, w)
	c.again, c.planned = true, len(visits)
	defer c.close()
	err := w.Update(func(m *evidence.Meta) { m.States = o.States })
	if err == nil {
		err = c.start(ctx, t)
	}
	if err != nil {
		c.gap(evidence.Gap{What: "the whole look", Why: err.Error(), Kind: "crash"})
		return err
	}
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
