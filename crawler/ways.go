package crawler

import (
	"context"
	"slices"

	"candor/crawler/browser"
	"candor/crawler/consent"
	"candor/crawler/evidence"
)

// maxAside bounds the ways to opt out that are looked at without being used.
const maxAside = 8

// ownNotices are the notices of the site that may name a way to opt out; none
// for other states.
func (c *crawl) ownNotices(s evidence.State) []string {
	if s != evidence.StateOptOut {
		return nil
	}
	var out []string
	for _, n := range c.frontier.Notices() {
		if !n.OffSite && !n.PDF && !slices.Contains(out, n.URL) {
			out = append(out, n.URL)
		}
	}
	return out
}

// waysOut looks at the opt-outs that the choice names and did not use: whether
// their pages open, and what they ask for. Nothing is done to them, and what
// others' pages load is no evidence about the site: of these visits only what
// the choice tells is kept.
func (l *lane) waysOut(ctx context.Context, b *browser.Browser, choice *evidence.Choice) {
	var visitor *browser.Visitor
	looked := 0
	for i := range choice.Ways {
		w := &choice.Ways[i]
		if w.Outcome != "" {
			continue
		}
		w.Outcome = evidence.WayNotTested
		if looked++; looked > maxAside {
			w.Why = "There were more ways to opt out than are looked at."
			continue
		}
		if visitor == nil {
			v, err := b.NewContext(ctx, l.state)
			if err != nil {
				w.Why = "It could not be looked at: " + err.Error()
				continue
			}
			defer func() { _ = v.Close(context.WithoutCancel(ctx)) }() // with the browser at the latest
			visitor = v.NewVisitor(ctx)
			defer visitor.Close()
		}
		l.wayOut(ctx, visitor, choice.Page, w)
	}
}

func (l *lane) wayOut(ctx context.Context, visitor *browser.Visitor, page string, w *evidence.ChoiceWay) {
	c := l.crawl
	if ok, err := c.frontier.Allowed(ctx, w.Address); err == nil && !ok {
		w.Why = "robots.txt does not allow to open it."
		return
	}
	leave, err := c.enter(ctx, hostname(w.Address))
	if err != nil {
		w.Why = "The scan was stopped before it."
		return
	}
	defer leave()
	res, err := visitor.Visit(ctx, browser.Visit{ID: page, URL: w.Address, Budget: c.options.PageTimeout})
	switch {
	case err != nil:
		w.Why = "It could not be looked at: " + err.Error()
		return
	case slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool { return g.Kind == "bot_wall" }):
		w.Why = "A bot wall or CAPTCHA stands before its page."
		return
	case res.Page.Failure != "":
		w.Outcome, w.Why = evidence.WayFailed, "Its page does not open: "+res.Page.Failure+"."
		return
	}
	w.Outcome, w.Steps, w.Why = evidence.WayReached, 1, "Another opt-out was used."
	if w.Elsewhere {
		w.Why = "It is on another site, and was only looked at."
	}
	w.Personal, w.Account = consent.Personal(res.Forms)
}

// own leaves out what a page of another site loaded, to which an opt-out led: it
// is that site's, not this one's.
func (l *lane) own(res *browser.Result) {
	if l.state != evidence.StateOptOut {
		return
	}
	res.Requests = slices.DeleteFunc(res.Requests, func(r evidence.Request) bool {
		return r.MainFrame && r.FrameURL != "" && r.Type != "Document" && !l.crawl.frontier.InScope(r.FrameURL)
	})
}
