package consent

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// confirmation tells that an opt-out was taken.
var confirmation = regexp.MustCompile(`(?i)\byou(?:'ve| have| are)?(?: been| now)*(?: successfully)? opted[- ]out\b|\bopt(?:ed)?[- ]?out(?: request| preference| choice)?(?: has been| have been| was| is)? (?:confirmed|honou?red|received|complete|completed|successful|saved|recorded|processed|active)\b|\b(?:choices?|preferences?|settings?|requests?|selections?)(?: has been| have been| was| were| is| are)(?: successfully)? (?:saved|updated|received|submitted|recorded|confirmed|processed)\b`)

// confirmationJS is the same for the page's side, which has no case marker.
var confirmationJS = strings.TrimPrefix(confirmation.String(), "(?i)")

// asks waits for a layer that asks for the choice.
func (a *attempt) asks(ctx context.Context) *banner {
	until := time.Now().Add(a.limits.effect)
	for {
		frames := a.survey(ctx, a.p, true)
		if b := a.best(frames); b != nil {
			return b
		}
		if b := a.next(ctx, &banner{rule: -1}); b != nil {
			return b
		}
		// A page of its own is read as soon as it is there.
		if v := a.page(ctx); v != nil && (len(a.optOutToggles(v)) > 0 || a.optOutButton(v, nil) != nil) {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return nil
		}
		a.await(ctx, a.p, until)
	}
}

// page reads the whole page as one layer.
func (a *attempt) page(ctx context.Context) *view {
	frames := a.p.Frames()
	if len(frames) == 0 {
		return nil
	}
	var got layerAnswer
	if ask(ctx, a.p, frames[0].ID, map[string]any{"op": "page"}, &got) != nil || got.Layer == nil {
		return nil
	}
	b := &banner{frame: frames[0], rule: -1, how: "page", n: got.Layer.N}
	return a.view(b, &got)
}

// optOutRoles lets a button that opts out count as one that refuses.
func (a *attempt) optOutRoles(v *view) {
	for i := range v.Controls {
		c := &v.Controls[i]
		if c.is.role == roleAccept || c.is.role == roleClose || leaves(c.Href, v.b.frame.URL) {
			continue
		}
		if a.optsOut(c.Text) && c.is.role != roleReject && c.is.role != roleSave {
			c.is.role, c.is.length = roleReject, 500
		}
	}
}

func (a *attempt) optsOut(text string) bool {
	t := comparable(text)
	return strings.Count(t, " ")-1 <= maxControlWords && (longest(optsOut, t) > 0 || a.says(text, func(l language) []phrase { return l.optOut }))
}

// salePurposes are labels of switches of what an opt-out is about.
var salePurposes = phrases([]string{"sale", "sell", "sharing", "share", "targeted", "targeted advertising", "targeting", "advertising", "interest based", "personalized ads", "personalised ads", "cross context", "marketing", "sold"})

func (a *attempt) optOutToggles(v *view) []toggle {
	var out []toggle
	for _, t := range v.Toggles {
		label := comparable(t.Label)
		if !t.Locked && !slices.ContainsFunc(t.Asks, isPersonal) && (a.optsOut(t.Label) || longest(salePurposes, label) > 0) && len(out) < 10 {
			out = append(out, t)
		}
	}
	return out
}

// optOutButton is the button of a page that opts out; not the way that led here,
// where that is on the same page.
func (a *attempt) optOutButton(v *view, from *control) *control {
	for i := range v.Controls {
		c := &v.Controls[i]
		if c.is.role == roleReject && c.Kind == "button" && !c.Disabled && !c.is.pay && !slices.ContainsFunc(c.Asks, isPersonal) && !leaves(c.Href, v.b.frame.URL) && (from == nil || c.N != from.N) {
			return c
		}
	}
	return nil
}

// optOutPage operates the switches or the button of a page that is about opting
// out, or says what it asks for instead.
func (a *attempt) optOutPage(ctx context.Context, c *control, before []string, here string) (done bool, why string) {
	v := a.page(ctx)
	if v == nil {
		return false, "the page of the opt-out does not answer"
	}
	account := slices.ContainsFunc(v.Fields, func(f string) bool { return strings.HasPrefix(f, "password") })
	own := sameSite(here, a.p.URL())
	a.way.Account, a.way.Personal, a.way.Elsewhere = account, told(personalNames(v.Fields), 150), !own
	moved := a.p.URL() != here
	switches := a.optOutToggles(v)
	from := c
	if moved { // another document has other numbers
		from = nil
	}
	button := a.optOutButton(v, from)
	form := slices.ContainsFunc(v.Fields, isPersonal)
	reached := a.reached()
	a.way.Outcome = evidence.WayReached
	switch {
	case moved && account:
		return false, "the opt-out asks for a log-in, so an account is needed; " + reached
	case moved && !own && form:
		return false, fmt.Sprintf("the opt-out is a form on another site (%s) that asks for personal data (%s), and is not sent; %s, and no account is asked for", hostOf(a.p.URL()), a.way.Personal, reached)
	case moved && !own:
		return false, fmt.Sprintf("the opt-out is on another site (%s), which is not operated; %s", hostOf(a.p.URL()), reached)
	case len(switches) == 0 && button == nil && moved && form:
		return false, fmt.Sprintf("the opt-out is a form that asks for personal data (%s), and is not sent; %s, and no account is asked for", a.way.Personal, reached)
	case len(switches) == 0 && button == nil:
		// It may have been the opt-out itself.
		if a.confirm(ctx, nil, before, false) {
			return true, ""
		}
		if !moved {
			a.way.Outcome = evidence.WayFailed
		}
		return false, fmt.Sprintf("%q leads to no switch or button that opts out; %s", told(c.Text, 60), reached)
	}
	a.tell(ctx, v.b, v)
	for _, t := range switches {
		if failed := a.switchOne(ctx, v.b, t); failed != "" {
			a.way.Outcome = evidence.WayFailed
			return false, fmt.Sprintf("the switch %q of the opt-out cannot be changed: %s", told(t.Label, 60), failed)
		}
	}
	if len(switches) > 0 {
		button = nil
		for i := range v.Controls {
			k := &v.Controls[i]
			if (k.is.role == roleSave || k.is.role == roleReject || submits(k.Text)) && k.Kind == "button" && !k.Disabled && !k.is.pay && !slices.ContainsFunc(k.Asks, isPersonal) && !leaves(k.Href, v.b.frame.URL) {
				button = k
				break
			}
		}
	}
	if button != nil {
		if failed := a.click(ctx, v.b, button, button.is.role); failed != "" {
			a.way.Outcome = evidence.WayFailed
			return false, fmt.Sprintf("the control %q of the opt-out cannot be clicked: %s", told(button.Text, 60), failed)
		}
		a.settle(ctx, a.p)
		// Some ask once more.
		if b := a.best(a.survey(ctx, a.p, true)); b != nil {
			if last, why, err := a.decide(ctx, b, true); err == nil && why == "" {
				a.confirm(ctx, last, before, true)
				return true, ""
			}
		}
	}
	if a.confirm(ctx, v.b, before, false) {
		return true, ""
	}
	a.way.Outcome = evidence.WayOperated
	return false, "the opt-out was made, but neither the page nor a cookie, a stored value or a privacy interface says that it was taken; " + reached
}

// submits says whether a button sends what a page of switches has.
func submits(text string) bool {
	switch strings.TrimSpace(comparable(text)) {
	case "submit", "done", "update", "apply", "continue", "confirm", "send", "ok":
		return true
	}
	return false
}

// confirm waits for what tells that an opt-out was taken, and says whether
// something did. With layer, it was made in one that closed.
func (a *attempt) confirm(ctx context.Context, b *banner, before []string, layer bool) bool {
	m := a.made
	until := time.Now().Add(a.limits.sign)
	var list []evaluated
	var line string
	for {
		m.kept = a.read(ctx, m.platform)
		list = a.weigh(m.before, m.kept, wantOptOut, m.platform)
		for _, l := range a.lines(ctx, confirmationJS) {
			if !slices.Contains(before, l) {
				line = l
				break
			}
		}
		good, _ := weighed(list)
		if good || line != "" || ctx.Err() != nil || time.Now().After(until) {
			break
		}
		a.await(ctx, a.p, until)
	}
	signs := []evidence.Sign{}
	if layer {
		signs = append(signs, evidence.Sign{Kind: "banner_gone", Says: "yes"})
	}
	if line != "" {
		signs = append(signs, evidence.Sign{Kind: "confirmation", Says: "yes", Detail: told(line, 300)})
	}
	for _, e := range list {
		signs = append(signs, e.Sign)
	}
	good, against := weighed(list)
	entry := slices.ContainsFunc(list, func(e evaluated) bool {
		return e.changed && (e.Kind == "cookie" || e.Kind == "storage") && e.Says != "no"
	})
	switch {
	case against != nil:
		m.Choice.Signs = signs
		a.fail(ctx, b, a.contradicts(against.Sign))
		return true
	case good || line != "" || entry:
		m.Choice.Signs, m.Choice.Outcome = signs, evidence.ChoiceTaken
		return true
	case layer:
		m.Choice.Signs = signs
		a.fail(ctx, b, "the layer of the opt-out closed, but neither the page nor a cookie, a stored value or a privacy interface says that it was taken")
		return true
	}
	return false
}

// lines are short lines of the page that match a pattern of the page's language.
func (a *attempt) lines(ctx context.Context, pattern string) []string {
	frames := a.p.Frames()
	if len(frames) == 0 {
		return nil
	}
	var got struct{ Lines []string }
	if ask(ctx, a.p, frames[0].ID, map[string]any{"op": "says", "pattern": pattern}, &got) != nil {
		return nil
	}
	out := head(got.Lines, 20)
	for i := range out {
		out[i] = told(out[i], 400)
	}
	return out
}

// isPersonal says whether a field asks who somebody is.
func isPersonal(field string) bool {
	kind, rest, _ := strings.Cut(field, " ")
	switch kind {
	case "email", "tel", "password", "date":
		return true
	case "text", "textarea", "number":
		return personalField.MatchString(rest)
	}
	return false
}

var personalField = regexp.MustCompile(`name|mail|phone|tel\b|address|street|city|zip|postal|birth|account|customer|member|\bid\b`)

func personalNames(fields []string) string {
	var out []string
	for _, f := range fields {
		if isPersonal(f) && len(out) < 5 {
			out = append(out, strings.Join(strings.Fields(f), " "))
		}
	}
	return strings.Join(out, "; ")
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// sameSite compares by registrable domain.
func sameSite(a, b string) bool {
	return evidence.Site(hostOf(a)) == evidence.Site(hostOf(b))
}
