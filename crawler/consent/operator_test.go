package consent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"candor/crawler/evidence"
)

// fakePage answers the page's side from a small model of a banner.
type fakePage struct {
	frames   []Frame
	shown    bool
	after    func(*fakePage) // what a click does
	restless bool            // it never comes to rest
	deny     int             // so many questions fail, as in a document that goes away
	mute     bool            // all of them do
	undrawn  int             // so many looks at the layer show no control yet
	text     string
	clicks   int
	cookies  []evidence.SentCookie
	changes  chan struct{}
	lookHook func()
}

func newFake() *fakePage {
	return &fakePage{frames: []Frame{{"main", "https://site.test/"}}, shown: true, text: "We use cookies for statistics and advertising.", changes: make(chan struct{}, 1)}
}

var errGone = errors.New("the frame went away")

func (p *fakePage) Frames() []Frame { return p.frames }

func (p *fakePage) layer() map[string]any {
	button := func(n int, text string) map[string]any {
		return map[string]any{"n": n, "text": text, "kind": "button", "box": evidence.Box{X: 10, Y: 500, Width: 80, Height: 20}, "inView": true, "opacity": 1, "color": "rgb(0, 0, 0)"}
	}
	return map[string]any{"n": 1, "how": "fixed", "text": p.text + "\nAccept all\nReject all", "box": evidence.Box{Y: 400, Width: 1000, Height: 200}, "controls": []any{button(2, "Accept all"), button(3, "Reject all")}}
}

func (p *fakePage) Evaluate(ctx context.Context, frame, expression string, answer any) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(p.frames) == 0 || frame != p.frames[0].ID {
		return errGone
	}
	if p.mute {
		return errors.New("no answer in time")
	}
	if p.deny > 0 {
		p.deny--
		return errGone
	}
	var want struct{ Op string }
	at := strings.LastIndex(expression, "({")
	if err := json.Unmarshal([]byte(strings.TrimSuffix(expression[at+1:], ")")), &want); err != nil {
		return err
	}
	var out any = map[string]any{}
	switch want.Op {
	case "look":
		if p.lookHook != nil {
			p.lookHook()
		}
		look := map[string]any{"age": 5000, "width": 1000, "height": 600, "rule": -1}
		if p.shown {
			look["candidates"] = []any{p.layer()}
		}
		out = look
	case "layer":
		out = map[string]any{"gone": true}
		if p.shown {
			layer := p.layer()
			if p.undrawn > 0 {
				p.undrawn--
				layer["controls"] = []any{}
			}
			out = map[string]any{"layer": layer, "width": 1000, "height": 600}
		}
	case "point":
		out = map[string]any{"x": 50, "y": 510}
	}
	data, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, answer)
}

func (p *fakePage) EvaluateInPage(ctx context.Context, frame, expression string, answer any) error {
	return errors.New("the page does not answer")
}

func (p *fakePage) Click(ctx context.Context, frame string, x, y float64) error {
	p.clicks++
	if p.after != nil {
		p.after(p)
	}
	return nil
}

func (p *fakePage) Settle(ctx context.Context) bool {
	if p.restless {
		<-ctx.Done()
		return false
	}
	return true
}

func (p *fakePage) Await(ctx context.Context) error {
	select {
	case <-p.changes:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *fakePage) Goto(ctx context.Context, address string) error { return nil }
func (p *fakePage) URL() string                                    { return "https://site.test/" }
func (p *fakePage) OffsetMS() int64                                { return 1000 }
func (p *fakePage) Picture(ctx context.Context, frame string, area *evidence.Box) ([]byte, error) {
	return []byte("picture"), ctx.Err()
}
func (p *fakePage) Cookies(ctx context.Context) ([]evidence.SentCookie, error) { return p.cookies, nil }

func quickOperator(t *testing.T, rules ...Rule) *Operator {
	t.Helper()
	o, err := New(rules, testWords())
	if err != nil {
		t.Fatal(err)
	}
	o.limits = limits{settle: 20 * time.Millisecond, quiet: 60 * time.Millisecond, platform: 100 * time.Millisecond, effect: 60 * time.Millisecond, sign: 40 * time.Millisecond, recheck: 10 * time.Millisecond, attempt: 2 * time.Second}
	return o
}

// run runs a test in a time of its own, so that the limits mean the same on every
// machine and nothing is waited for.
func run(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func hides(p *fakePage) { p.shown = false }

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name    string
		page    func(*fakePage)
		outcome string
		why     string
		clicks  int
	}{
		{"the banner goes and a cookie comes", func(p *fakePage) {
			p.after = func(p *fakePage) {
				p.shown = false
				p.cookies = []evidence.SentCookie{{Name: "cookie_consent", Value: "rejected"}}
			}
		}, "taken", "", 1},
		{"the banner goes and the cookie says otherwise", func(p *fakePage) {
			p.after = func(p *fakePage) {
				p.shown = false
				p.cookies = []evidence.SentCookie{{Name: "cookie_consent", Value: "accepted"}}
			}
		}, "not-tested", "the site's cookie cookie_consent says otherwise", 1},
		{"only the banner goes", func(p *fakePage) { p.after = hides }, "taken", "", 1},
		{"a click does nothing", func(p *fakePage) {}, "not-tested", "still shown", 1},
		{"the page never comes to rest", func(p *fakePage) { p.restless, p.after = true, hides }, "taken", "", 1},
		{"the document goes away while it is looked at", func(p *fakePage) { p.deny, p.after = 3, hides }, "taken", "", 1},
		{"the click loads the page again without a banner", func(p *fakePage) {
			p.after = func(p *fakePage) { p.shown, p.deny = false, 2 }
		}, "taken", "", 1},
		{"the frame is another one after the click", func(p *fakePage) {
			p.after = func(p *fakePage) { p.shown, p.frames = false, []Frame{{"other", "https://site.test/"}} }
		}, "taken", "", 1},
		{"the buttons are drawn late", func(p *fakePage) { p.undrawn, p.after = 3, hides }, "taken", "", 1},
		{"the buttons are never drawn", func(p *fakePage) { p.undrawn = 1000 }, "not-tested", "no control that was understood", 0},
		{"there is no banner", hides, "no-banner", "no consent banner was shown", 0},
		{"looks fail while nothing becomes of a click", func(p *fakePage) {
			p.after = func(p *fakePage) { p.deny = 5 }
		}, "not-tested", "still shown", 1},
		{"looks fail until the banner went", func(p *fakePage) {
			p.after = func(p *fakePage) { p.shown, p.deny = false, 3 }
		}, "taken", "", 1},
		{"the page does not answer any more after the click", func(p *fakePage) {
			p.after = func(p *fakePage) { p.shown, p.mute = false, true }
		}, "not-tested", "could not be seen: the page did not answer", 1},
		{"the page never answers", func(p *fakePage) { p.mute = true }, "not-tested", "whether a banner is shown could not be seen", 0},
	} {
		run(t, c.name, func(t *testing.T) {
			p := newFake()
			c.page(p)
			m, err := quickOperator(t).Choose(t.Context(), p, evidence.StateReject)
			if err != nil {
				t.Fatal(err)
			}
			if m.Choice.Outcome != c.outcome || !strings.Contains(m.Choice.Why, c.why) || p.clicks != c.clicks {
				t.Errorf("%d clicks, %s", p.clicks, describe(m))
			}
		})
	}
}

// TestChooseEnds asks that what never ends is given up with a reason, and that a
// lost window and an ended context are errors.
func TestChooseEnds(t *testing.T) {
	run(t, "a layer that always changes", func(t *testing.T) {
		p := newFake()
		p.after = func(p *fakePage) { p.text += " Once more." }
		m, err := quickOperator(t).Choose(t.Context(), p, evidence.StateReject)
		if err != nil || m.Choice.Outcome != evidence.ChoiceNotTested || p.clicks > maxSteps {
			t.Errorf("%v after %d clicks: %s", err, p.clicks, describe(m))
		}
	})
	run(t, "the attempt's time", func(t *testing.T) {
		p := newFake()
		p.lookHook = func() { time.Sleep(30 * time.Millisecond) } // a page that is slow to answer
		p.shown, p.restless = false, true
		o := quickOperator(t)
		o.limits.attempt, o.limits.quiet = 100*time.Millisecond, time.Hour
		m, err := o.Choose(t.Context(), p, evidence.StateReject)
		if err != nil || m.Choice.Outcome != evidence.ChoiceNotTested || !strings.Contains(m.Choice.Why, "given up") || len(m.Pictures) != 1 {
			t.Errorf("%v: %s", err, describe(m))
		}
	})
	run(t, "the window is lost", func(t *testing.T) {
		p := newFake()
		p.shown = false
		n := 0
		p.lookHook = func() {
			if n++; n == 2 {
				p.frames = nil
			}
		}
		m, err := quickOperator(t).Choose(t.Context(), p, evidence.StateReject)
		if !errors.Is(err, errLost) || m.Choice.Outcome != evidence.ChoiceNotTested || m.Choice.Why == "" {
			t.Errorf("%v: %s", err, describe(m))
		}
	})
	run(t, "the context ends", func(t *testing.T) {
		p := newFake()
		p.shown = false
		ctx, cancel := context.WithCancel(t.Context())
		p.lookHook = cancel
		m, err := quickOperator(t).Choose(ctx, p, evidence.StateReject)
		if !errors.Is(err, context.Canceled) || m.Choice.Outcome != evidence.ChoiceNotTested {
			t.Errorf("%v: %s", err, describe(m))
		}
	})
}

func TestHolds(t *testing.T) { synctest.Test(t, testHolds) }

func testHolds(t *testing.T) {
	made := func(p *fakePage) (*Operator, *Made) {
		p.after = hides
		o := quickOperator(t)
		m, err := o.Choose(t.Context(), p, evidence.StateReject)
		if err != nil || m.Choice.Outcome != evidence.ChoiceTaken {
			t.Fatal(err, describe(m))
		}
		return o, m
	}
	last := func(m *Made) evidence.Sign { return m.Choice.Signs[len(m.Choice.Signs)-1] }
	p := newFake()
	o, m := made(p)
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceTaken || last(m).Kind != "next_page" || last(m).Says != "yes" {
		t.Error("it holds: ", describe(m))
	}
	p = newFake()
	o, m = made(p)
	p.shown = true
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceNotTested || last(m).Says != "no" || m.Choice.Why == "" {
		t.Error("the banner is back: ", describe(m))
	}
	p = newFake()
	o, m = made(p)
	p.cookies = []evidence.SentCookie{{Name: "consent", Value: "granted"}}
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceNotTested || last(m).Says != "no" {
		t.Error("the cookie says otherwise: ", describe(m))
	}
	// Where nothing else tells, a next page that does not answer tells nothing.
	p = newFake()
	o, m = made(p)
	p.frames = nil
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceNotTested {
		t.Error("no answer: ", describe(m))
	}
	p = newFake()
	o, m = made(p)
	p.mute = true
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceNotTested || last(m).Says != "unclear" {
		t.Error("looks fail: ", describe(m))
	}
	// One look that fails does not hide that the banner is back.
	p = newFake()
	o, m = made(p)
	p.shown, p.deny = true, 2
	if o.Holds(t.Context(), p, m); m.Choice.Outcome != evidence.ChoiceNotTested || last(m).Says != "no" {
		t.Error("the banner is back, and a look failed: ", describe(m))
	}
}

func TestNew(t *testing.T) {
	good := Rule{ID: "a", Detect: []string{`#a [data-x="y;{"]`, `.b\:c`}}
	with := func(change func(*Rule)) []Rule { r := good; change(&r); return []Rule{r} }
	for _, c := range []struct {
		rules []Rule
		want  string // part of the error; "" when there is none
	}{
		{[]Rule{good}, ""},
		{[]Rule{good, good}, `consent rule "a"`},
		{with(func(r *Rule) { r.ID = "" }), "no id"},
		{with(func(r *Rule) { r.Detect = nil }), "detect"},
		{with(func(r *Rule) { r.Reject = []string{"#a[b"} }), "reject"},
		{with(func(r *Rule) { r.Reject = []string{"#a)"} }), "reject"},
		{with(func(r *Rule) { r.Save = []string{" "} }), "save"},
		{with(func(r *Rule) { r.Save = []string{"a,"} }), "save"},
		{with(func(r *Rule) { r.Signs = []RuleSign{{Kind: "cookie", Name: "c", Accept: "("}} }), `sign "c"`},
		{with(func(r *Rule) { r.Signs = []RuleSign{{Kind: "cookie"}} }), "no name"},
		{with(func(r *Rule) { r.Signs = []RuleSign{{Kind: "platform_api", Name: "a.b(1)"}} }), "no path"},
		{with(func(r *Rule) { r.Signs = []RuleSign{{Kind: "platform_api", Name: "klaro.getManager().consents.a-b"}} }), ""},
		{with(func(r *Rule) { r.Signs = []RuleSign{{Kind: "x", Name: "y"}} }), "unknown kind"},
	} {
		_, err := New(c.rules, Words{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.rules, err, c.want)
		}
	}
}

func TestUnderstand(t *testing.T) {
	o := quickOperator(t)
	for text, want := range map[string]string{
		"Accept all": roleAccept, "I agree": roleAccept, "Reject all": roleReject, "Only necessary": roleReject, "Do not agree": roleOther,
		"Accept without paying attention": roleOther, "Manage preferences": roleSettings, "SAVE MY CHOICES": roleSave, "×": roleClose, "Close": roleClose,
		"Our 755 partners": roleVendors, "Nur notwendige Cookies": roleReject, "Tout refuser": roleReject, "Agreement": roleOther, "": roleOther,
		"Please accept that this is a whole sentence which happens to be a link somewhere in a text": roleOther,
	} {
		if got := o.understand(text, "", false); got.role != want {
			t.Errorf("%q is %s, want %s", text, got.role, want)
		}
	}
	if u := o.understand("Reject and subscribe", "", false); u.role != roleReject || !u.pay {
		t.Errorf("a control that costs money: %+v", u)
	}
	if u := o.understand("Weiter für 2,99 €", "", false); !u.pay {
		t.Errorf("a control with a price: %+v", u)
	}
}

func TestColours(t *testing.T) {
	for text, want := range map[string]string{
		"rgb(255, 0, 0)": "#ff0000", "rgba(0, 0, 0, 0.5)": "#808080", "rgb(0 128 0 / 50%)": "#80c080", "color(srgb 1 0.5 0)": "#ff8000",
		"oklch(0.628 0.2577 29.23)": "#ff0000", "oklab(0 0 0)": "#000000", "transparent": "#ffffff",
	} {
		c, ok := parseColour(text)
		if got := c.over(white).hex(); !ok || got != want {
			t.Errorf("%s on white is %s (%v), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "red(", "rgb(1,2)", "rgb(a,b,c)", "color(display-p3 1 0 0)", "rgb(NaN, 0, 0)", "lab(1 2 3)"} {
		if c, ok := parseColour(text); ok {
			t.Errorf("%q was read as %v", text, c)
		}
	}
	// WCAG's own examples: black on white, and the lightest grey that is enough.
	if got := contrast(colour{}, white); got != 21 {
		t.Errorf("black on white: %v", got)
	}
	if grey, _ := parseColour("rgb(118, 118, 118)"); contrast(grey, white) != 4.54 {
		t.Errorf("#767676 on white: %v", contrast(grey, white))
	}
	if got := composed([]paint{{Color: "rgba(255, 255, 255, 0.5)", Opacity: 1}, {Color: "rgb(0, 0, 0)", Opacity: 1}}).hex(); got != "#808080" {
		t.Errorf("half white on black: %s", got)
	}
	if got := composed([]paint{{Gradient: "linear-gradient(rgb(255, 0, 0), rgb(0, 0, 255))", Opacity: 1}}).hex(); got != "#800080" {
		t.Errorf("a gradient: %s", got)
	}
}

func TestPosition(t *testing.T) {
	for want, b := range map[string]evidence.Box{
		"bottom": {X: 0, Y: 500, Width: 1000, Height: 100}, "top": {X: 0, Y: 0, Width: 1000, Height: 60}, "center": {X: 300, Y: 150, Width: 400, Height: 300},
		"full": {X: 0, Y: 0, Width: 1000, Height: 600}, "left": {X: 0, Y: 0, Width: 300, Height: 600}, "right": {X: 700, Y: 0, Width: 300, Height: 600},
		"corner": {X: 20, Y: 400, Width: 300, Height: 180},
	} {
		if got := position(b, 1000, 600); got != want {
			t.Errorf("%v is %q, want %q", b, got, want)
		}
	}
	if got := covers(evidence.Box{X: -100, Y: 500, Width: 1200, Height: 400}, 1000, 600); got != .167 {
		t.Errorf("covers %v", got)
	}
}

func TestWeigh(t *testing.T) {
	rule := Rule{ID: "p", Name: "P", Detect: []string{"#p"}, Signs: []RuleSign{
		{Kind: "cookie", Name: "p_*", Accept: "all", Reject: "none"}, {Kind: "storage", Name: "gone", Reject: "^$"}, {Kind: "platform_api", Name: "P.state()", Accept: "true", Reject: "false"},
	}}
	o := quickOperator(t, rule)
	says := func(list []evaluated, kind string) string {
		for _, e := range list {
			if e.Kind == kind {
				return e.Says
			}
		}
		return ""
	}
	now := &readings{cookies: []evidence.SentCookie{{Name: "p_1", Value: "%6eone"}}, page: signsAnswer{API: []apiValue{{Path: "P.state()", There: true, Value: "true"}}}}
	list := o.weigh(&readings{}, now, roleReject, 0)
	if says(list, "cookie") != "yes" || says(list, "storage") != "yes" || says(list, "platform_api") != "no" {
		t.Errorf("a platform's signs: %+v", list)
	}
	if _, against := weighed(list); against == nil || against.Kind != "platform_api" {
		t.Errorf("what speaks against it: %+v", against)
	}
	tcf := func(status, gdpr string, on int) *tcfAnswer {
		return &tcfAnswer{Status: status, GDPR: gdpr, Has: true, Purposes: tally{on, 10}, Vendors: tally{on, 10}}
	}
	modes := func(update, value string) []mode {
		list := []mode{{Command: "default", Values: []pair{{"ad_storage", "denied"}, {"analytics_storage", "denied"}}}}
		if update != "" {
			list = append(list, mode{Command: update, Values: []pair{{"ad_storage", value}, {"analytics_storage", value}}})
		}
		return list
	}
	for _, c := range []struct {
		name string
		now  signsAnswer
		want string
		says string
	}{
		{"tcf refused", signsAnswer{TCF: tcf("useractioncomplete", "yes", 0)}, roleReject, "yes"},
		{"tcf refused, but consent", signsAnswer{TCF: tcf("useractioncomplete", "yes", 3)}, roleReject, "no"},
		{"tcf still asks", signsAnswer{TCF: tcf("cmpuishown", "yes", 0)}, roleReject, "unclear"},
		{"tcf does not apply", signsAnswer{TCF: tcf("tcloaded", "no", 0)}, roleReject, "unclear"},
		{"tcf accepted", signsAnswer{TCF: tcf("useractioncomplete", "yes", 10)}, roleAccept, "yes"},
		{"tcf accepted, no consent", signsAnswer{TCF: tcf("useractioncomplete", "yes", 0)}, roleAccept, "no"},
		{"usp opted out", signsAnswer{USP: "1YYN"}, wantOptOut, "yes"},
		{"usp not opted out", signsAnswer{USP: "1YNN"}, wantOptOut, "no"},
		{"usp tells nothing of a refusal", signsAnswer{USP: "1YNN"}, roleReject, "unclear"},
		{"usp does not apply", signsAnswer{USP: "1---"}, wantOptOut, "unclear"},
		{"modes denied", signsAnswer{Modes: modes("update", "denied")}, roleReject, "yes"},
		{"modes granted after a refusal", signsAnswer{Modes: modes("update", "granted")}, roleReject, "no"},
		{"modes granted", signsAnswer{Modes: modes("update", "granted")}, roleAccept, "yes"},
		{"modes never updated", signsAnswer{Modes: modes("", "")}, roleAccept, "unclear"},
	} {
		list := o.weigh(&readings{}, &readings{page: c.now}, c.want, -1)
		if len(list) != 1 || list[0].Says != c.says {
			t.Errorf("%s: %+v, want %q", c.name, list, c.says)
		}
	}
	// Defaults that stand as they stood confirm nothing by themselves.
	same := &readings{page: signsAnswer{Modes: modes("", "")}}
	if good, against := weighed(o.weigh(same, same, roleReject, -1)); good || against != nil {
		t.Error("an unchanged default was taken for the choice")
	}
}

// FuzzAnswers reads what a hostile page may answer.
func FuzzAnswers(f *testing.F) {
	p := newFake()
	for _, seed := range []any{
		map[string]any{"layer": p.layer(), "roles": map[string]any{"Accept": map[string]any{"n": 2, "text": "Yes"}}, "width": 1000, "height": 600},
		map[string]any{"candidates": []any{p.layer()}, "frames": []any{map[string]any{"index": 0, "visible": true}}, "path": []int{0}},
		map[string]any{"tcf": map[string]any{"status": "useractioncomplete"}, "gpp": map[string]any{"flags": []any{map[string]any{"name": "a", "value": 1}}}, "usp": "1YYN", "modes": []any{map[string]any{"command": "update"}}},
	} {
		data, err := json.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"layer":{"n":-1,"text":"` + strings.Repeat("cookies \\u202e\\u0000", 3000) + `","box":{"x":1e308,"width":-5},"named":99,"toggles":[{"on":true}],"controls":[{"text":"Accept all","font":1e99,"back":[{"color":"rgb(1e400,0,0)"}]}]}}`))
	o, err := New(nil, testWords())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var look lookAnswer
		if json.Unmarshal(data, &look) == nil {
			look.bound()
			frames := []seenFrame{{Frame: Frame{"main", "https://site.test/"}, look: look}, {Frame: Frame{"f", "https://f.test/"}, look: look}}
			for i := range frames {
				frames[i].look.Rule = -1
				frames[i].place(frames)
			}
			o.best(frames)
		}
		var got layerAnswer
		if json.Unmarshal(data, &got) == nil && got.Layer != nil {
			got.bound()
			a := &attempt{Operator: o, p: newFake(), made: &Made{platform: -1}, want: roleReject}
			v := a.view(&banner{frame: Frame{"main", "https://site.test/"}, rule: -1}, &got)
			a.pick(v, false, map[string]bool{})
			a.noWay(v, true)
			l := a.offered(t.Context(), v)
			if len(l.Text) > 4096 || !utf8.ValidString(l.Text) || strings.ContainsRune(l.Text, '\u202e') || l.Covers < 0 || l.Covers > 1 {
				t.Errorf("not bounded: %+v", l)
			}
			for _, c := range l.Controls {
				if len(c.Text) > 300 || c.Contrast < 0 || c.Contrast > 21 || c.StandsOut < 1 || c.StandsOut > 21 {
					t.Errorf("not bounded: %+v", c)
				}
			}
			if _, err := json.Marshal(l); err != nil {
				t.Error(err)
			}
		}
		var signs signsAnswer
		if json.Unmarshal(data, &signs) == nil {
			signs.bound()
			for _, e := range o.weigh(nil, &readings{page: signs}, roleReject, -1) {
				if len(e.Detail) > 300 || !utf8.ValidString(e.Detail) {
					t.Errorf("not bounded: %+v", e)
				}
			}
		}
	})
}

// TestForgotten asks what of an opt-out's traces on a later page speaks against it.
func TestForgotten(t *testing.T) {
	cookies := func(list ...string) *readings {
		r := &readings{jar: true}
		for _, c := range list {
			name, value, _ := strings.Cut(c, "=")
			r.cookies = append(r.cookies, evidence.SentCookie{Name: name, Value: value, Domain: "site.test"})
		}
		return r
	}
	stored := &readings{jar: true, store: []pair{{"optout", "true"}}}
	for _, c := range []struct {
		name      string
		made, now *readings
		want      string // names of the signs
	}{
		{"kept", cookies("id=1", "opted_out=1"), cookies("opted_out=1", "id=2"), ""},
		{"turned round", cookies("optout=Yes"), cookies("optout=no"), "optout"},
		{"a value that changes", cookies("privacy=a1"), cookies("privacy=b2"), ""},
		{"gone", cookies("id=1", "opted_out=1"), cookies("id=1"), "opted_out"},
		{"the jar is empty", cookies("opted_out=1"), cookies(), "opted_out"},
		{"the jar was not read", cookies("opted_out=1"), &readings{}, ""},
		{"one of two is gone", cookies("opted_out=1", "privacy_saved=1"), cookies("opted_out=1"), ""},
		{"the stored value of another origin", stored, cookies(), ""},
	} {
		var got []string
		for _, e := range forgotten(&readings{}, c.made, c.now) {
			if e.Says != "no" || e.Detail == "" {
				t.Errorf("%s: %+v", c.name, e)
			}
			got = append(got, e.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}
