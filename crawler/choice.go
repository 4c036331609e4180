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

// choiceTime bounds the visit in which a choice is made, beyond what one page
// may take: a banner has layers, and what was chosen is looked at again on the
// next page.
const choiceTime = 40 * time.Second

// Chooser brings a page into a consent state: consent.Operator.
type Chooser interface {
	Choose(context.Context, consent.Page, evidence.State) (*consent.Made, error)
	Holds(context.Context, consent.Page, *consent.Made)
	WayBack(context.Context, consent.Page) ([]string, error)
}

// maxMissing bounds the pages that are named for having no way back.
const maxMissing = 50

// page is a held page as package consent wants it.
type page struct{ *browser.Held }

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

// choose opens the start page and makes the choice of the lane's state there; of
// a state that is a signal or no choice it only looks at what is offered. A
// choice that was not taken leaves the lane untested. The error tells that the
// browser is lost or ctx ended.
func (l *lane) choose(ctx context.Context, begins int) error {
	c := l.crawl
	l.untested = ""
	id, start := fmt.Sprintf("k%04d.%s", begins, l.state), c.frontier.Start()[0]
	choice := &evidence.Choice{Page: id, State: l.state, Outcome: evidence.ChoiceNotTested}
	defer func() {
		if clicked(l.state) && choice.Outcome != evidence.ChoiceTaken {
			l.untested = choice.Why
		}
		l.records.Lock()
		l.choice = choice
		l.records.Unlock()
	}()
	switch {
	case c.options.Chooser != nil:
	case clicked(l.state):
		choice.Why = "Candor was not told how banners work"
		return nil
	default:
		if l.state != evidence.StateNone {
			choice.Outcome = evidence.ChoiceSent
		} else {
			choice.Why = "the offer was not looked at"
		}
		return nil
	}
	leave, err := c.enter(ctx, hostname(start))
	if err != nil {
		choice.Why = "the scan was stopped before it"
		return err
	}
	defer leave()
	c.emit(Event{Kind: "page-start", Page: id, URL: start, State: l.state})
	visitor := l.present().NewVisitor(ctx)
	defer visitor.Close()
	var made *consent.Made
	res, lost := visitor.Hold(ctx, browser.Visit{ID: id, URL: start, Budget: c.options.PageTimeout + choiceTime}, func(ctx context.Context, h *browser.Held) error {
		var err error
		if made, err = c.options.Chooser.Choose(ctx, page{h}, l.state); err != nil || made == nil || made.Choice.Outcome != evidence.ChoiceTaken {
			return err
		}
		if err := h.Goto(ctx, c.another(ctx, h)); err != nil {
			made.Choice.Outcome, made.Choice.Why = evidence.ChoiceNotTested, "whether it holds could not be seen: "+err.Error()
			return nil
		}
		c.options.Chooser.Holds(ctx, page{h}, made)
		return nil
	})
	switch {
	case made != nil:
		*choice = made.Choice
		choice.Page, choice.State = id, l.state
		l.pictures(id, choice, made.Pictures)
	case res != nil && res.Page.Failure != "":
		choice.Why = "the start page could not be visited: " + res.Page.Failure
	case lost != nil:
		choice.Why = "it could not be finished: " + lost.Error()
	}
	if res != nil {
		l.write(res)
		for _, g := range res.Gaps {
			c.emit(Event{Kind: "gap", Page: id, URL: start, State: l.state, Message: g.What + ": " + g.Why})
		}
		l.records.Lock()
		l.lastPage = id
		l.records.Unlock()
	}
	c.emit(Event{Kind: "choice", Page: id, URL: start, State: l.state, Message: choice.Outcome + reason(choice.Why)})
	if b := c.current(); b.Lost() != nil || ctx.Err() != nil {
		return lost
	}
	return nil
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
		texts, err := chooser.WayBack(ctx, page{h})
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
