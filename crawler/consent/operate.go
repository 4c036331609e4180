package consent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// view is a layer of a banner as it is now.
type view struct {
	layer
	b             *banner
	vendors       []string
	width, height float64
	lang          string
	born          float64
}

func (v *view) signature() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %g %d %d\n%s", v.b.frame.ID, v.born, v.N, len(v.Toggles), v.Text)
	for _, c := range v.Controls {
		fmt.Fprintf(&s, "\n%s %s", c.is.role, c.Text)
	}
	return s.String()
}

// ruleRoles are the roles of what a rule's lists of selectors find, the first
// layer's before the second's.
var ruleRoles = []struct{ part, role string }{
	{"Accept", roleAccept}, {"Reject", roleReject}, {"Settings", roleSettings}, {"Accept2", roleAccept}, {"Reject2", roleReject}, {"Save", roleSave},
}

// layer reads the layer that a banner shows now; later says that it may be
// another one than that which was found. nil means that there is none, or with
// answered false that the page did not answer though it was asked again: then
// nothing is known of the banner.
func (a *attempt) layer(ctx context.Context, b *banner, later bool) (v *view, answered bool) {
	answered = a.answers(ctx, func() bool {
		v, answered = a.look(ctx, b, later)
		return answered
	})
	return v, answered
}

// answers asks until the page answers, within bounds: a look that failed tells
// nothing of what is there.
func (a *attempt) answers(ctx context.Context, look func() bool) bool {
	until := time.Now().Add(a.limits.settle)
	for !look() {
		if ctx.Err() != nil || time.Now().After(until) {
			return false
		}
		a.await(ctx, a.p, until)
	}
	return true
}

// has says whether a frame is in the page. Of a page without frames, which is
// between two documents or lost, that is not known.
func has(p Page, frame string) (there, known bool) {
	frames := p.Frames()
	return slices.ContainsFunc(frames, func(f Frame) bool { return f.ID == frame }), len(frames) > 0
}

// look is one look at a layer, which may fail.
func (a *attempt) look(ctx context.Context, b *banner, later bool) (v *view, answered bool) {
	if b.rule >= 0 {
		return a.ruleLayer(ctx, b, later)
	}
	if later {
		if next := a.next(ctx, b); next != nil {
			b = next
		}
	}
	var got layerAnswer
	if ask(ctx, a.p, b.frame.ID, map[string]any{"op": "layer", "n": b.n, "how": b.how}, &got) != nil {
		there, known := has(a.p, b.frame.ID)
		return nil, known && !there
	}
	if got.Gone || got.Layer == nil {
		return nil, true
	}
	return a.view(b, &got), true
}

func (a *attempt) ruleLayer(ctx context.Context, b *banner, later bool) (v *view, answered bool) {
	r := a.rules[b.rule]
	frames := head(a.p.Frames(), 1)
	answered = len(frames) > 0
	var seen []seenFrame
	if r.Frame != "" || r.Frame2 != "" {
		seen = a.survey(ctx, a.p, false)
		if r.Frame != "" {
			frames = nil
		}
		for _, f := range seen {
			if r.inFrame(f.URL) && f.shown {
				frames = append(frames, f.Frame)
			}
		}
		for _, f := range head(a.p.Frames(), maxFrames) {
			if r.inFrame(f.URL) && !slices.ContainsFunc(seen, func(s seenFrame) bool { return s.ID == f.ID }) {
				answered = false
			}
		}
	}
	for _, f := range frames {
		want := map[string]any{"op": "layer", "rule": r, "second": later, "how": "rule", "n": -1}
		if f.ID == b.frame.ID {
			want["n"] = b.n
		}
		var got layerAnswer
		if ask(ctx, a.p, f.ID, want, &got) != nil {
			if there, known := has(a.p, f.ID); there || !known {
				answered = false
			}
			continue
		}
		if got.Gone || got.Layer == nil {
			continue
		}
		now := *b
		now.frame, now.n = f, got.Layer.N
		for _, s := range seen {
			if s.ID == f.ID {
				now.at = s.at
			}
		}
		return a.view(&now, &got), true
	}
	return nil, answered
}

// next finds the layer that a banner without a rule shows now.
func (a *attempt) next(ctx context.Context, b *banner) *banner {
	frames := a.survey(ctx, a.p, true)
	var found *banner
	var top int
	var area float64
	for i := range frames {
		f := &frames[i]
		if !f.shown {
			continue
		}
		for k := range f.look.Candidates {
			c := &f.look.Candidates[k]
			points, lang := a.score(c, f)
			if points < wanted {
				if points = a.preferences(c); points < wanted {
					continue
				}
			}
			if c.OnTop && f.onTop {
				points += 3
			}
			if len(c.Toggles) > 0 && slices.ContainsFunc(c.Controls, func(k control) bool { return k.is.role == roleSave }) {
				points += 6
			}
			if size := c.Box.Width * c.Box.Height; found == nil || points > top || points == top && size < area {
				found, top, area = &banner{frame: f.Frame, rule: -1, n: c.N, how: c.How, lang: lang, late: b.late, at: f.at}, points, size
			}
		}
	}
	return found
}

// preferences scores a layer that may speak of purposes only: it has toggles, and
// controls that save or refuse.
func (a *attempt) preferences(c *layer) int {
	if len(c.Toggles) == 0 || c.How == "flow-top" || c.How == "flow-bottom" {
		return 0
	}
	points := 0
	for i := range c.Controls {
		c.Controls[i].is = a.understand(c.Controls[i].Text, c.Controls[i].Label, c.Controls[i].Kind == "link")
		switch c.Controls[i].is.role {
		case roleSave, roleReject, roleAccept:
			points = wanted
		}
	}
	for _, f := range c.Fields {
		if !strings.Contains(f, "search") {
			return 0
		}
	}
	return points
}

// view gives the controls of a layer their roles: those that a rule names first,
// then by their words.
func (a *attempt) view(b *banner, got *layerAnswer) *view {
	v := &view{layer: *got.Layer, b: b, vendors: got.Vendors, born: got.Born, width: got.Width, height: got.Height}
	for i := range v.Controls {
		c := &v.Controls[i]
		c.is = a.understand(c.Text, c.Label, c.Kind == "link")
	}
	for _, r := range ruleRoles {
		c, ok := got.Roles[r.part]
		if !ok {
			continue
		}
		pay := a.understand(c.Text, c.Label, false).pay
		at := slices.IndexFunc(v.Controls, func(k control) bool { return k.N == c.N })
		if at < 0 {
			at = slices.IndexFunc(v.Controls, func(k control) bool { return k.By == "" && k.Text == c.Text && overlap(k.Box, c.Box) })
		}
		lang := ""
		if at < 0 {
			v.Controls = append(v.Controls, c)
			at = len(v.Controls) - 1
		} else if v.Controls[at].By != "" {
			continue // an earlier list has it
		} else {
			lang = v.Controls[at].is.language
		}
		v.Controls[at] = c
		v.Controls[at].is = understood{role: r.role, language: lang, length: 1000, pay: pay}
	}
	if a.made.want == wantOptOut {
		a.optOutRoles(v)
	}
	v.lang = a.languageOf(&v.layer)
	return v
}

func overlap(a, b evidence.Box) bool {
	return a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height
}

// decide accepts or refuses everything on a banner, through its layers. It
// returns the banner as it was last, and why it is still there; "" when it went.
func (a *attempt) decide(ctx context.Context, b *banner, reopened bool) (last *banner, why string, err error) {
	v, answered := a.layer(ctx, b, reopened)
	switch {
	case !answered:
		return b, a.unanswered("what the banner offers"), ctx.Err()
	case v == nil:
		return b, "the banner went away by itself before the choice was made", ctx.Err()
	}
	tried := map[string]bool{}
	second, chose := reopened, false
	v = a.drawn(ctx, v, second, tried)
	a.tell(ctx, v.b, v)
	for range maxSteps {
		if err := ctx.Err(); err != nil {
			return v.b, "", err
		}
		c := a.pick(v, second, tried)
		if c == nil && chose {
			// A panel that stays open after its "Deny all" wants to be closed.
			if c = a.closer(v, tried); c != nil {
				a.made.strict = true
			}
		}
		if c == nil {
			if why == "" {
				why = a.noWay(v, second)
			}
			return v.b, why, nil
		}
		tried[c.is.role+" "+c.Text] = true
		if c.is.role == roleSave || a.switches(v, c) {
			if failed := a.switchAll(ctx, v); failed != "" {
				return v.b, failed, ctx.Err()
			}
		}
		if failed := a.click(ctx, v.b, c, c.is.role); failed != "" {
			why = fmt.Sprintf("the control %q cannot be clicked: %s", told(c.Text, 60), failed)
			continue
		}
		chose = chose || c.is.role == a.want || c.is.role == roleSave
		next, gone, answered := a.after(ctx, v, c.is.role == roleSettings)
		switch {
		case !answered:
			return v.b, a.unanswered(fmt.Sprintf("whether the banner went after a click on %q", told(c.Text, 60))), ctx.Err()
		case gone && c.is.role == roleSettings:
			return v.b, fmt.Sprintf("the banner closed when its settings were opened with %q, and no second layer was shown", told(c.Text, 60)), ctx.Err()
		case gone:
			return v.b, "", ctx.Err()
		case next == nil:
			why = fmt.Sprintf("the banner was still shown %s after a click on %q", a.limits.effect, told(c.Text, 60))
		default:
			if c.is.role == roleSettings {
				second, why = true, ""
				next = a.drawn(ctx, next, second, tried)
				a.tell(ctx, next.b, next)
			} else {
				why = fmt.Sprintf("the banner was still shown after a click on %q: it had changed, or came back", told(c.Text, 60))
			}
			v = next
		}
	}
	return v.b, fmt.Sprintf("the banner was still shown after %d clicks", maxSteps), ctx.Err()
}

// drawn gives a layer that has nothing to choose with the time to show it: the
// controls of components come one after the other.
func (a *attempt) drawn(ctx context.Context, v *view, second bool, tried map[string]bool) *view {
	until := time.Now().Add(a.limits.effect)
	for a.pick(v, second, tried) == nil && ctx.Err() == nil && time.Now().Before(until) {
		a.await(ctx, a.p, until)
		now, _ := a.layer(ctx, v.b, second)
		if now == nil {
			break // it went, or does not answer: what it showed stands
		}
		v = now
	}
	return v
}

// switches says whether a control takes the toggles as they stand though a rule
// calls it one that refuses or accepts.
func (a *attempt) switches(v *view, c *control) bool {
	return len(v.Toggles) > 0 && c.is.role != roleSettings && a.understandText(c.Text).role == roleSave
}

// pick chooses the next control; nil when there is none.
func (a *attempt) pick(v *view, second bool, tried map[string]bool) *control {
	order := []string{a.want, roleSave, roleSettings}
	for _, role := range order {
		if role == roleSettings && second {
			continue
		}
		if role == roleSave && len(a.toSwitch(v)) == 0 && !(len(v.Toggles) > 0) {
			continue
		}
		var found *control
		for i := range v.Controls {
			c := &v.Controls[i]
			if c.is.role != role || c.Disabled || tried[role+" "+c.Text] || a.want == roleReject && c.is.pay || leaves(c.Href, v.b.frame.URL) {
				continue
			}
			if found == nil || c.is.length > found.is.length {
				found = c
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// closer is a control that closes a layer, or keeps what it shows.
func (a *attempt) closer(v *view, tried map[string]bool) *control {
	for i := range v.Controls {
		if c := &v.Controls[i]; (c.is.role == roleClose || c.is.role == roleSave) && !c.Disabled && !tried[c.is.role+" "+c.Text] && !leaves(c.Href, v.b.frame.URL) {
			return c
		}
	}
	return nil
}

// noWay says why there is nothing to click.
func (a *attempt) noWay(v *view, second bool) string {
	verb := "refuses everything"
	if a.want == roleAccept {
		verb = "accepts everything"
	}
	pay, away := false, ""
	var there []string
	for _, c := range v.Controls {
		if c.is.role == a.want && c.is.pay {
			pay = true
		}
		if c.is.role == a.want && leaves(c.Href, v.b.frame.URL) {
			away = c.Text
		}
		if c.Text != "" && len(there) < 6 {
			there = append(there, fmt.Sprintf("%q", told(c.Text, 40)))
		}
	}
	where := "the banner"
	if second {
		where = "the banner's second layer"
	}
	if b := v.b.rule; a.want == roleReject && b >= 0 && a.rules[b].NoReject != "" && !pay {
		return fmt.Sprintf("%s of %s cannot be refused: %s", where, a.rules[b].Name, a.rules[b].NoReject)
	}
	switch {
	case pay:
		return where + " offers to refuse only for money"
	case away != "":
		return fmt.Sprintf("%s has only a link to another page that %s: %q", where, verb, told(away, 60))
	case len(there) == 0:
		return fmt.Sprintf("%s has no control that was understood", where)
	}
	return fmt.Sprintf("%s has no control that %s; it has %s", where, verb, strings.Join(there, ", "))
}

// click presses the mouse on a control, after what moves came to rest and it was
// scrolled into view. It returns why that failed.
func (a *attempt) click(ctx context.Context, b *banner, c *control, role string) string {
	return a.press(ctx, b, c.N, false, evidence.ChoiceStep{Do: "click", Role: role, Text: c.Text, Target: c.By})
}

func (a *attempt) press(ctx context.Context, b *banner, n int, isToggle bool, s evidence.ChoiceStep) string {
	var at pointAnswer
	err := ask(ctx, a.p, b.frame.ID, map[string]any{"op": "point", "n": n, "toggle": isToggle}, &at)
	if err == nil && at.Wrong == "" {
		if at.Scrolled {
			a.step(evidence.ChoiceStep{Do: "scroll", Role: s.Role, Text: s.Text})
		}
		err = a.p.Click(ctx, b.frame.ID, at.X, at.Y)
	}
	switch {
	case err != nil:
		s.Failure = "the page did not take it: " + err.Error()
	case at.Wrong != "":
		s.Failure = at.Wrong
	}
	a.step(s)
	return s.Failure
}

// unanswered says that something is not known, and marks the sign of the banner
// as unclear.
func (a *attempt) unanswered(what string) string {
	a.silent = true
	return what + " could not be seen: the page did not answer"
}

// after waits for what a click does: the banner goes, or shows another layer.
// next is that layer, nil when nothing changed. With answered false it is not
// known.
func (a *attempt) after(ctx context.Context, v *view, opens bool) (next *view, gone, answered bool) {
	until := time.Now().Add(a.limits.effect)
	before := v.signature()
	for {
		now, answered := a.layer(ctx, v.b, true)
		switch {
		case ctx.Err() != nil:
			return nil, false, true // the caller sees it
		case !answered:
			return nil, false, false
		case now == nil && !opens || now != nil && now.signature() != before:
			// What follows the click is waited for: a layer that fades, a page that is loaded again.
			a.settle(ctx, a.p)
			if now, answered = a.layer(ctx, v.b, true); !answered {
				return nil, false, ctx.Err() != nil
			}
			if now == nil && !opens {
				shown, answered := a.shown(ctx)
				return nil, answered && !shown, answered || ctx.Err() != nil
			}
			if now != nil && now.signature() != before && (!opens || now.born != v.born || now.N != v.N || len(now.Controls) != len(v.Controls) || len(now.Toggles) != len(v.Toggles)) {
				return now, false, true
			}
		}
		if time.Now().After(until) {
			if now != nil && now.signature() != before {
				return now, false, true
			}
			return nil, now == nil, true
		}
		a.await(ctx, a.p, until)
	}
}

// shown says whether any consent banner is in sight.
func (a *attempt) shown(ctx context.Context) (shown, answered bool) {
	answered = a.answers(ctx, func() bool {
		frames := a.survey(ctx, a.p, true)
		shown = a.best(frames) != nil
		return shown || surveyed(a.p, frames)
	})
	return shown, answered
}

// surveyed says whether the page itself is among what was seen of its frames.
func surveyed(p Page, seen []seenFrame) bool {
	frames := p.Frames()
	return len(frames) > 0 && len(seen) > 0 && seen[0].ID == frames[0].ID
}

// toSwitch are the toggles that do not stand as the choice wants them.
func (a *attempt) toSwitch(v *view) []toggle {
	list := v.Toggles
	if v.Named > 0 {
		list = list[:v.Named]
	}
	var out []toggle
	for _, t := range list {
		if !t.Locked && t.On != a.wantOn(t) && (!t.Radio || a.wantOn(t)) {
			out = append(out, t)
		}
	}
	return out
}

// wantOn says how a toggle has to stand. One that says "do not sell" refuses
// when it is on; of radio buttons that which refuses is wanted.
func (a *attempt) wantOn(t toggle) bool {
	on := a.want == roleAccept
	if t.Radio {
		return a.radioMeans(t) == a.want
	}
	if a.says(t.Label, func(l language) []phrase { return l.optOut }) || longest(optsOut, comparable(t.Label)) > 0 {
		return !on
	}
	return on
}

// optsOut begin the label of a toggle that refuses when it is on.
var optsOut = phrases([]string{"opt out", "opt me out", "do not sell", "do not share", "don t sell", "do not use", "stop selling", "object to"})

func (a *attempt) radioMeans(t toggle) string {
	for _, s := range []string{t.Label, t.Value} {
		switch role := a.understandText(s).role; role {
		case roleAccept, roleReject:
			return role
		}
		switch strings.TrimSpace(comparable(s)) {
		case "no", "off", "0", "false", "nein", "non", "nee", "nej", "nie", "não", "deny", "denied", "opt out", "out", "disagree", "object", "inactive":
			return roleReject
		case "yes", "on", "1", "true", "ja", "oui", "si", "sí", "sì", "tak", "sim", "allow", "granted", "opt in", "in", "agree", "active":
			return roleAccept
		}
	}
	return ""
}

// switchAll brings all toggles where the choice wants them.
func (a *attempt) switchAll(ctx context.Context, v *view) string {
	list := a.toSwitch(v)
	if len(list) > maxSwitched {
		return fmt.Sprintf("%d switches would have to be changed one by one, more than the %d that are", len(list), maxSwitched)
	}
	for _, t := range list {
		if failed := a.switchOne(ctx, v.b, t); failed != "" {
			return fmt.Sprintf("the switch %q cannot be changed: %s", told(t.Label, 60), failed)
		}
	}
	return ""
}

func (a *attempt) switchOne(ctx context.Context, b *banner, t toggle) string {
	const silent = "the page did not answer how it stands"
	// An earlier switch may have changed this one too.
	switch done, answered := a.stands(ctx, b, t); {
	case !answered:
		return silent
	case done:
		return ""
	}
	if failed := a.press(ctx, b, t.N, true, evidence.ChoiceStep{Do: "toggle", Role: "toggle", Text: t.Label}); failed != "" {
		return failed
	}
	until := time.Now().Add(a.limits.effect / 4)
	for {
		switch done, answered := a.stands(ctx, b, t); {
		case !answered:
			return silent
		case done:
			return ""
		case ctx.Err() != nil || time.Now().After(until):
			return "a click on it changed nothing"
		}
		a.await(ctx, a.p, until)
	}
}

// stands says whether a toggle is as it is wanted, or went away.
func (a *attempt) stands(ctx context.Context, b *banner, t toggle) (done, answered bool) {
	answered = a.answers(ctx, func() bool {
		var got struct {
			States []struct{ There, On bool }
		}
		if ask(ctx, a.p, b.frame.ID, map[string]any{"op": "toggled", "list": []int{t.N}}, &got) != nil || len(got.States) != 1 {
			there, known := has(a.p, b.frame.ID)
			done = true
			return known && !there
		}
		done = !got.States[0].There || got.States[0].On == a.wantOn(t)
		return true
	})
	return done, answered
}
