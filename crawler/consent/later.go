package consent

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"candor/crawler/evidence"
)

var signalWords = regexp.MustCompile(`(?i)global privacy control|\bGPC\b|opt-?out (preference )?signal|opt-?out request (was )?honou?red`)

// tellSignal looks for what the page tells of an opt-out signal.
func (a *attempt) tellSignal(ctx context.Context) {
	frames := a.p.Frames()
	if len(frames) == 0 {
		return
	}
	offer := a.made.Choice.Offer
	if offer != nil && offer.GPC != "" {
		return
	}
	var got struct{ Lines []string }
	if ask(ctx, a.p, frames[0].ID, map[string]any{"op": "says", "pattern": `global privacy control|\bGPC\b|opt-?out (preference )?signal|opt-?out request (was )?honou?red`}, &got) != nil || len(got.Lines) == 0 {
		return
	}
	if offer == nil {
		offer = &evidence.Offer{Layers: []evidence.OfferLayer{}, WayBack: []string{}, WayBackMissing: []string{}, Vendors: []string{}}
		a.made.Choice.Offer = offer
	}
	offer.GPC = told(got.Lines[0], 300)
}

// Holds asks on another page whether a choice that was taken still holds: the
// banner is not shown again, and what keeps the choice still says so. It adds
// the sign next_page, and may turn "taken" into "not-tested".
func (o *Operator) Holds(ctx context.Context, p Page, m *Made) {
	if m.Choice.Outcome != evidence.ChoiceTaken {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, o.limits.attempt)
	defer cancel()
	a := &attempt{Operator: o, p: p, made: m, want: m.want}
	sign := evidence.Sign{Kind: "next_page", Says: "yes", Detail: told(p.URL(), 300)}
	var b *banner
	answered := true
	if m.want == wantOptOut { // a banner that asks for something else may well be there
		a.settle(ctx, p)
	} else {
		b, answered = a.again(ctx)
	}
	now := a.read(ctx, m.platform)
	list := a.weigh(m.before, now, m.want, m.platform)
	if m.want == wantOptOut && m.before != nil && m.kept != nil {
		list = append(list, forgotten(m.before, m.kept, now)...)
	}
	_, against := weighed(list)
	switch {
	case b != nil:
		sign.Says = "no"
		m.Choice.Signs = append(m.Choice.Signs, sign)
		a.fail(ctx, b, "the choice was made, but the banner was shown again on the next page")
		return
	case against != nil:
		sign.Says = "no"
		m.Choice.Signs = append(m.Choice.Signs, sign)
		a.fail(ctx, nil, fmt.Sprintf("the choice was made, but on the next page the site's %s says otherwise: %s", signName(against.Sign), told(against.Detail, 150)))
		return
	case ctx.Err() != nil || len(p.Frames()) == 0 || !answered:
		sign.Says, sign.Detail = "unclear", "the next page did not answer"
		if m.open {
			m.Choice.Signs = append(m.Choice.Signs, sign)
			m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNotTested, "the banner closed, but the next page did not answer, and nothing else tells whether the choice was kept"
			return
		}
	}
	m.Choice.Signs = append(m.Choice.Signs, sign)
}

// again waits whether the banner is shown on another page, somewhat longer than
// it took to come on the first. With answered false the page did not answer at
// the end of that.
func (a *attempt) again(ctx context.Context) (b *banner, answered bool) {
	a.settle(ctx, a.p)
	enough := a.made.age*1.25 + 500
	until := time.Now().Add(a.limits.platform)
	for {
		frames := a.survey(ctx, a.p, true)
		b, answered = a.best(frames), surveyed(a.p, frames)
		last := answered && frames[0].look.Age >= enough || len(a.p.Frames()) == 0 || time.Now().After(until)
		if b == nil && last && a.pierce(ctx, a.p) > 0 {
			b = a.best(a.survey(ctx, a.p, true))
		}
		if b != nil || ctx.Err() != nil || last {
			return b, answered
		}
		a.await(ctx, a.p, until)
	}
}

// WayBack are the texts of the controls on the present page that show the choice
// again.
func (o *Operator) WayBack(ctx context.Context, p Page) ([]string, error) {
	frames := p.Frames()
	if len(frames) == 0 {
		return nil, errLost
	}
	list, err := o.waysBack(ctx, p, -1)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, c := range list {
		if text := told(c.Text, 200); len(out) < maxWayBack && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out, nil
}

// waysBack are the controls that show the choice again: those of the platform's
// rule first, then those whose words say so.
func (o *Operator) waysBack(ctx context.Context, p Page, rule int) ([]control, error) {
	frames := p.Frames()
	if len(frames) == 0 {
		return nil, errLost
	}
	lists := [][]string{} // of all rules in one question: it is asked on every page
	for i, r := range o.rules {
		if (rule < 0 || i == rule) && len(r.Reopen) > 0 {
			lists = append(lists, r.Reopen)
		}
	}
	var out []control
	if len(lists) > 0 {
		var got struct{ Found []*control }
		if err := ask(ctx, p, frames[0].ID, map[string]any{"op": "rules", "lists": lists}, &got); err != nil {
			return nil, fmt.Errorf("look for a way back: %w", err)
		}
		for _, c := range head(got.Found, len(lists)) {
			if c == nil {
				continue
			}
			c.bound()
			c.By = "rule"
			if c.Text == "" {
				c.Text = "(a control without text)"
			}
			out = append(out, *c)
		}
	}
	all, err := o.pageControls(ctx, p, false)
	if err != nil {
		return nil, fmt.Errorf("look for a way back: %w", err)
	}
	for _, c := range all {
		if o.says(c.Text, func(l language) []phrase { return l.reopen }) && !slices.ContainsFunc(out, func(k control) bool { return k.N == c.N }) {
			out = append(out, c)
		}
	}
	return out, nil
}

// pageControls are the controls of the page itself; with near, each with the text
// around it.
func (o *Operator) pageControls(ctx context.Context, p Page, near bool) ([]control, error) {
	frames := p.Frames()
	if len(frames) == 0 {
		return nil, errLost
	}
	var got struct{ Controls []control }
	if err := ask(ctx, p, frames[0].ID, map[string]any{"op": "controls", "near": near}, &got); err != nil {
		return nil, err
	}
	got.Controls = head(got.Controls, 4000)
	for i := range got.Controls {
		got.Controls[i].bound()
	}
	return got.Controls, nil
}

// withdraw accepts everything, then shows the choice again and refuses.
func (a *attempt) withdraw(ctx context.Context) error {
	m := a.made
	if err := a.choose(ctx, roleAccept); err != nil || m.Choice.Outcome == evidence.ChoiceNoBanner {
		return err
	}
	if m.Choice.Outcome != evidence.ChoiceTaken {
		m.Choice.Why = told("accepting, which has to come before withdrawing, did not work: "+m.Choice.Why, 500)
		return nil
	}
	// The banner is gone since everything was accepted, and stays so.
	m.Choice.Outcome, m.Choice.Signs, m.open, m.strict = "", nil, false, true
	a.want, m.want = roleReject, roleReject
	m.before = a.read(ctx, m.platform)
	b, why, err := a.reopen(ctx)
	if err != nil {
		return err
	}
	if b == nil {
		a.fail(ctx, nil, why)
		return ctx.Err()
	}
	last, why, err := a.decide(ctx, b, true)
	if err != nil {
		return err
	}
	return a.conclude(ctx, last, why)
}

// reopen uses the way back to the choice. Where the page as it is now has none,
// it is loaded again once: some widgets come only with the next page.
func (a *attempt) reopen(ctx context.Context) (b *banner, why string, err error) {
	why = "after everything was accepted, no control on the page shows the choice again"
	for round := range 2 {
		if round == 1 {
			if err := a.p.Goto(ctx, ""); err != nil {
				return nil, why + "; the page could not be loaded again: " + err.Error(), ctx.Err()
			}
			a.step(evidence.ChoiceStep{Do: "reload"})
			a.settle(ctx, a.p)
		}
		list, err := a.waysBack(ctx, a.p, a.made.platform)
		if err != nil {
			if errors.Is(err, errLost) || ctx.Err() != nil {
				return nil, why, errors.Join(err, ctx.Err())
			}
			continue
		}
		for i := range head(list, 3) {
			c := &list[i]
			main := &banner{frame: a.p.Frames()[0], rule: -1}
			if failed := a.click(ctx, main, c, "reopen"); failed != "" {
				why = fmt.Sprintf("the control %q, which shows the choice again, cannot be clicked: %s", told(c.Text, 60), failed)
				continue
			}
			if b := a.comes(ctx); b != nil {
				return b, "", nil
			}
			why = fmt.Sprintf("a click on %q did not show the choice again within %s", told(c.Text, 60), a.limits.effect)
			if ctx.Err() != nil {
				return nil, why, ctx.Err()
			}
			if moved := a.p.Frames(); len(moved) == 0 || moved[0].URL != main.frame.URL {
				break // it led to another page, where the other controls are not
			}
		}
	}
	return nil, why, ctx.Err()
}

// comes waits for a layer that a click asked for.
func (a *attempt) comes(ctx context.Context) *banner {
	until := time.Now().Add(a.limits.effect)
	a.settle(ctx, a.p)
	for {
		if i := a.made.platform; i >= 0 {
			b := &banner{rule: i, n: -1, how: "rule"}
			if v, _ := a.ruleLayer(ctx, b, true); v != nil {
				return v.b
			}
		}
		if b := a.next(ctx, &banner{rule: -1}); b != nil {
			return b
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return nil
		}
		a.await(ctx, a.p, until)
	}
}
