package crawler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor/crawler/browser"
	"candor/crawler/consent"
	"candor/crawler/evidence"
)

// choiceTime bounds the visit in which a choice is made, beyond what its pages
// may take: the chooser has its own bound, which is lower.
const choiceTime = 90 * time.Second

// Chooser brings a page into a consent state: consent.Operator.
type Chooser interface {
	Choose(context.Context, consent.Page, evidence.State) (*consent.Made, error)
	Holds(context.Context, consent.Page, *consent.Made)
	WayBack(context.Context, consent.Page) ([]string, error)
}

// maxMissing bounds the pages that are named for having no way back.
const maxMissing = 50

// page is a held page as package consent wants it.
type page struct {
	*browser.Held
	notices []string
}

// Notices are the site's own notices, as far as they are known.
func (p page) Notices() []string { return p.notices }

func (p page) Frames() []consent.Frame {
	var out []consent.Frame
	for _, f := range p.Held.Frames() {
		out = append(out, consent.Frame(f))
	}
	return out
}

// clicked says whether a state is reached by doing something to the page.
func clicked(s evidence.State) bool {
	return s != evidence.StateNone && s != evidence.StateGPC && s != evidence.StateDNT
}

// choose makes the choice of the lane's state on the start page. A choice that
// was not taken leaves the lane untested. Of a state that is a signal or no
// choice the offer is looked at aside, by a visitor of its own, so that the pages
// need not wait. The error tells that the browser is lost or ctx ended.
func (l *lane) choose(ctx context.Context, b *browser.Browser, begins int) error {
	l.untested = ""
	switch {
	case clicked(l.state):
		choice, err := l.attempt(ctx, l.present(), begins)
		if choice.Outcome != evidence.ChoiceTaken {
			l.untested = choice.Why
		}
		if err == nil {
			l.waysOut(ctx, b, choice)
		}
		return err
	case begins == 1:
		l.asides.Go(func() {
			l.crawl.chosen()
			v, err := b.NewContext(ctx, l.state)
			if err == nil {
				_, err = l.attempt(ctx, v, begins)
				_ = v.Close(context.WithoutCancel(ctx)) // with the browser at the latest
			}
			if err != nil && ctx.Err() == nil {
				l.crawl.gap(evidence.Gap{What: "how a choice is offered", Why: err.Error(), Kind: "crash", State: l.state})
			}
		})
	}
	return nil
}

// chosen waits until the states for which something has to be done to the page
// are reached or given up: their pages wait for that.
func (c *crawl) chosen() {
	for _, l := range c.lanes {
		if clicked(l.state) {
			l.arrived()
		}
	}
}

// attempt works on the start page as a visitor, and keeps what came of it.
func (l *lane) attempt(ctx context.Context, v *browser.Context, begins int) (choice *evidence.Choice, err error) {
	c := l.crawl
	id, start := fmt.Sprintf("k%04d.%s", begins, l.state), c.frontier.Start()[0]
	choice = &evidence.Choice{Page: id, State: l.state, Outcome: evidence.ChoiceNotTested}
	defer func() {
		l.records.Lock()
		defer l.records.Unlock()
		l.choice = choice
	}()
	if c.options.Chooser == nil {
		choice.Why = "Candor was not told how banners work"
		if l.state != evidence.StateNone && !clicked(l.state) {
			choice.Outcome, choice.Why = evidence.ChoiceSent, ""
		}
		return choice, nil
	}
	leave, err := c.enter(ctx, hostname(start))
	if err != nil {
		choice.Why = "the scan was stopped before it"
		return choice, err
	}
	defer leave()
	c.emit(Event{Kind: "page-start", Page: id, URL: start, State: l.state})
	visitor := v.NewVisitor(ctx)
	defer visitor.Close()
	var made *consent.Made
	res, lost := visitor.Hold(ctx, browser.Visit{ID: id, URL: start, Budget: 2*c.options.PageTimeout + choiceTime}, func(ctx context.Context, h *browser.Held) (err error) {
		made, err = l.work(ctx, h)
		return err
	})
	switch {
	case made != nil:
		choice = &made.Choice
		choice.Page, choice.State = id, l.state
		l.pictures(id, choice, made.Pictures)
	case res != nil && res.Page.Failure != "":
		choice.Why = "the start page could not be visited: " + res.Page.Failure
	case lost != nil:
		choice.Why = "it could not be finished: " + lost.Error()
	}
	if res != nil {
		l.own(res)
		l.write(res)
		for _, g := range res.Gaps {
			c.emit(Event{Kind: "gap", Page: id, URL: start, State: l.state, Message: g.What + ": " + g.Why})
		}
		if clicked(l.state) {
			l.records.Lock()
			l.lastPage = id
			l.records.Unlock()
		}
	}
	c.emit(Event{Kind: "choice", Page: id, URL: start, State: l.state, Message: choice.Outcome + reason(choice.Why)})
	if c.current().Lost() != nil || ctx.Err() != nil {
		return choice, lost
	}
	return choice, nil
}

// work makes the choice on a held page, and asks on another one whether it holds.
func (l *lane) work(ctx context.Context, h *browser.Held) (*consent.Made, error) {
	chooser := l.crawl.options.Chooser
	made, err := chooser.Choose(ctx, page{h, l.crawl.ownNotices(l.state)}, l.state)
	if err != nil || made == nil || made.Choice.Outcome != evidence.ChoiceTaken {
		return made, err
	}
	if err := h.Goto(ctx, l.crawl.another(ctx, h)); err != nil {
		made.Choice.Outcome, made.Choice.Why = evidence.ChoiceNotTested, "whether it holds could not be seen: "+err.Error()
		return made, nil
	}
	chooser.Holds(ctx, page{Held: h}, made)
	return made, nil
}

func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// another is the address of a further page of the site that the present one
// links to, or "" for the present one: to see whether a choice holds.
func (c *crawl) another(ctx context.Context, h *browser.Held) string {
	frames := h.Frames()
	if len(frames) == 0 {
		return ""
	}
	var links []string
	const same = `[...document.links].filter((a) => a.origin === location.origin && a.pathname !== location.pathname && !a.download && !a.search && !/\.[a-z0-9]{2,4}$|log-?(out|in)|sign-?(out|in)/i.test(a.pathname)).slice(0, 20).map((a) => a.origin + a.pathname)`
	if err := h.Evaluate(ctx, frames[0].ID, same, &links); err != nil {
		return ""
	}
	for _, address := range links {
		if ok, err := c.frontier.Allowed(ctx, address); err == nil && ok {
			return address
		}
	}
	return ""
}

// pictures writes the pictures of a banner and tells where they are.
func (l *lane) pictures(id string, choice *evidence.Choice, pictures []consent.Picture) {
	for _, p := range pictures {
		name := fmt.Sprintf("screenshots/%s-layer%d.jpg", id, p.Layer+1)
		if p.Layer < 0 {
			name = fmt.Sprintf("screenshots/%s-failed.jpg", id)
		}
		if _, err := l.crawl.writer.AddBlob(name, p.JPEG); err != nil {
			l.crawl.fail(err)
			continue
		}
		switch {
		case p.Layer < 0:
			choice.Screenshot = name
		case choice.Offer != nil && p.Layer < len(choice.Offer.Layers):
			choice.Offer.Layers[p.Layer].Screenshot = name
		}
	}
}

// inspect looks on a page for a way to change one's mind, after a choice was
// made; it is nil for other states.
func (l *lane) inspect(address string) func(context.Context, *browser.Held) {
	chooser := l.crawl.options.Chooser
	if chooser == nil || !clicked(l.state) {
		return nil
	}
	return func(ctx context.Context, h *browser.Held) {
		texts, err := chooser.WayBack(ctx, page{Held: h})
		if err != nil {
			return // the page does not answer, which its visit tells
		}
		l.records.Lock()
		defer l.records.Unlock()
		if l.choice == nil || l.choice.Offer == nil {
			return
		}
		offer := l.choice.Offer
		if len(texts) == 0 && len(offer.WayBackMissing) < maxMissing {
			offer.WayBackMissing = append(offer.WayBackMissing, address)
		}
		for _, t := range texts {
			if !slices.Contains(offer.WayBack, t) && len(offer.WayBack) < maxMissing {
				offer.WayBack = append(offer.WayBack, t)
			}
		}
	}
}
