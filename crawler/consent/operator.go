package consent

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// limits bound an attempt. A page that ends none of its waits costs the sum of
// them, never more than attempt.
type limits struct {
	settle   time.Duration // for a page to come to rest after something was done to it
	quiet    time.Duration // for a banner where nothing speaks for a consent platform: a timer of some seconds is common
	platform time.Duration // for the banner of a platform that is at work: its configuration and texts come over the network first
	effect   time.Duration // for what a click does: platforms fade out and save first
	sign     time.Duration // for the platform to write down the choice
	recheck  time.Duration // between two looks, when nothing in the tree told of a change
	attempt  time.Duration // for all of it
}

var usualLimits = limits{
	settle: 5 * time.Second, quiet: 3 * time.Second, platform: 10 * time.Second, effect: 4 * time.Second, sign: 3 * time.Second,
	recheck: 250 * time.Millisecond, attempt: 75 * time.Second,
}

const (
	// maxSteps bounds the clicks of one choice, without those on toggles: a
	// banner of three layers with a question at its end takes five.
	maxSteps = 8
	// maxSwitched bounds the toggles that are changed one by one.
	maxSwitched = 40
	// maxWayBack bounds the controls that are told of.
	maxWayBack = 10
)

var (
	errLost   = errors.New("the window went away")
	errSilent = errors.New("whether a banner is shown could not be seen: the page did not answer")
)

// Operator finds and operates consent banners. It keeps no state between
// attempts and may be used by several at the same time.
type Operator struct {
	rules     []Rule
	signs     [][]ruleSign
	mainRules []int // of banners in the page itself
	roots     []string
	languages []language
	limits    limits
}

type ruleSign struct {
	RuleSign
	name           *regexp.Regexp // nil of a platform_api
	accept, reject *regexp.Regexp
}

// New checks rules and words. The error names the rule.
func New(rules []Rule, words Words) (*Operator, error) {
	o := &Operator{rules: slices.Clone(rules), limits: usualLimits, languages: languages(words)}
	seen := map[string]bool{}
	o.roots = []string{"__tcfapi", "__gpp", "__uspapi", "__cmp"}
	for i, r := range o.rules {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("consent rule %q: %w", r.ID, fmt.Errorf(format, args...))
		}
		if r.ID == "" {
			return nil, fmt.Errorf("consent rule %d has no id", i+1)
		}
		if seen[r.ID] {
			return nil, fail("the id is not the only one")
		}
		seen[r.ID] = true
		if len(r.Detect) == 0 {
			return nil, fail("detect has no selector")
		}
		for _, l := range []struct {
			name string
			list []string
		}{{"detect", r.Detect}, {"accept", r.Accept}, {"reject", r.Reject}, {"settings", r.Settings}, {"reject2", r.Reject2}, {"accept2", r.Accept2}, {"toggles", r.Toggles}, {"save", r.Save}, {"reopen", r.Reopen}, {"vendors", r.Vendors}} {
			for _, s := range l.list {
				if why := badSelector(s); why != "" {
					return nil, fail("%s: the selector %q %s", l.name, s, why)
				}
			}
		}
		if r.Frame == "" {
			o.mainRules = append(o.mainRules, i)
		}
		var signs []ruleSign
		for _, s := range r.Signs {
			k := ruleSign{RuleSign: s}
			var err error
			switch s.Kind {
			case "cookie", "storage":
				if s.Name == "" {
					return nil, fail("a sign has no name")
				}
				k.name = wildcard(s.Name)
			case "platform_api":
				root, _, _ := strings.Cut(strings.ReplaceAll(s.Name, "()", ""), ".")
				if !apiPath.MatchString(s.Name) {
					return nil, fail("a sign: %q is no path from window", s.Name)
				}
				if !slices.Contains(o.roots, root) {
					o.roots = append(o.roots, root)
				}
			default:
				return nil, fail("a sign has the unknown kind %q", s.Kind)
			}
			for _, e := range []struct {
				text string
				to   **regexp.Regexp
			}{{s.Accept, &k.accept}, {s.Reject, &k.reject}} {
				if e.text == "" {
					continue
				}
				if *e.to, err = regexp.Compile(e.text); err != nil {
					return nil, fail("sign %q: %w", s.Name, err)
				}
			}
			signs = append(signs, k)
		}
		o.signs = append(o.signs, signs)
	}
	return o, nil
}

var apiPath = regexp.MustCompile(`^[A-Za-z_$][\w$-]*(\(\))?(\.[A-Za-z_$][\w$-]*(\(\))?)*$`)

// wildcard makes a pattern of a name in which "*" stands for any run of characters.
func wildcard(name string) *regexp.Regexp {
	return regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, `.*`) + `$`)
}

// badSelector finds what can be told of a selector without a page: the page
// ignores what it does not understand.
func badSelector(s string) string {
	if strings.TrimSpace(s) == "" {
		return "is empty"
	}
	var open []rune
	var quote rune
	pairs := map[rune]rune{')': '(', ']': '['}
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '(' || r == '[':
			open = append(open, r)
		case r == ')' || r == ']':
			if len(open) == 0 || open[len(open)-1] != pairs[r] {
				return "closes a bracket that is not open"
			}
			open = open[:len(open)-1]
		case r == '{' || r == '}' || r == ';':
			return "is no selector but has a declaration"
		}
	}
	switch {
	case quote != 0:
		return "has a quote that is not closed"
	case len(open) > 0:
		return "has a bracket that is not closed"
	case strings.HasPrefix(strings.TrimSpace(s), ",") || strings.HasSuffix(strings.TrimSpace(s), ","):
		return "begins or ends with a comma"
	}
	return ""
}

// inFrame says whether a frame with this address shows a layer of the banner.
func (r *Rule) inFrame(url string) bool {
	return r.Frame != "" && strings.Contains(url, r.Frame) || r.Frame2 != "" && strings.Contains(url, r.Frame2)
}

// frameRules are the rules of banners that live in a frame with this address.
func (o *Operator) frameRules(url string) []int {
	var out []int
	for i, r := range o.rules {
		if r.inFrame(url) {
			out = append(out, i)
		}
	}
	return out
}

// attempt is one attempt to bring a visitor into a state.
type attempt struct {
	*Operator
	p    Page
	made *Made
	want string // roleAccept or roleReject

	silent bool // what became of the banner is not known, because the page did not answer

	// Of an opt-out, the way that is tried, and how many steps there were before.
	way   *evidence.ChoiceWay
	since int
}

// Choose brings the visitor of a window into a state: it makes the choice, or
// only looks at how it is offered. What came of it is in the answer; the error
// says that the window was lost or ctx ended.
func (o *Operator) Choose(ctx context.Context, p Page, state evidence.State) (*Made, error) {
	m := &Made{Choice: evidence.Choice{State: state}, platform: -1}
	limit := o.limits.attempt
	if until, ok := ctx.Deadline(); ok { // and time to tell of it
		limit = min(limit, time.Until(until)-o.limits.settle)
	}
	work, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a := &attempt{Operator: o, p: p, made: m}
	var err error
	switch state {
	case evidence.StateNone, evidence.StateGPC, evidence.StateDNT:
		err = a.observe(work)
	case evidence.StateAccept:
		err = a.choose(work, roleAccept)
	case evidence.StateReject:
		err = a.choose(work, roleReject)
	case evidence.StateWithdraw:
		err = a.withdraw(work)
	case evidence.StateOptOut:
		err = a.optOut(work)
	default:
		return nil, fmt.Errorf("consent: the state %q is not known", state)
	}
	switch {
	case ctx.Err() != nil:
		m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNotTested, "the choice was not finished in the time that there was"
		return m, ctx.Err()
	case errors.Is(err, errLost):
		m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNotTested, "the choice was not finished: "+err.Error()
		return m, err
	case errors.Is(err, errSilent):
		a.fail(ctx, nil, err.Error())
	case err != nil || m.Choice.Outcome == "": // the attempt's own time is over
		a.fail(ctx, nil, fmt.Sprintf("the choice was given up after %s", limit.Round(time.Second)))
	}
	return m, nil
}

// fail ends an attempt as not tested, with a picture.
func (a *attempt) fail(ctx context.Context, b *banner, why string) {
	m := a.made
	m.Choice.Outcome, m.Choice.Why, m.open = evidence.ChoiceNotTested, told(why, 500), false
	if picture := a.pictureOf(ctx, b); picture != nil && !slices.ContainsFunc(m.Pictures, func(p Picture) bool { return p.Layer < 0 }) {
		m.Pictures = append(m.Pictures, Picture{Layer: -1, JPEG: picture})
	}
}

func (a *attempt) step(s evidence.ChoiceStep) {
	if len(a.made.Choice.Steps) < 100 {
		s.OffsetMS = a.p.OffsetMS()
		s.Text, s.Target, s.Failure = told(s.Text, 200), told(s.Target, 500), told(s.Failure, 300)
		a.made.Choice.Steps = append(a.made.Choice.Steps, s)
	}
}

// observe looks at how the choice is offered and leaves it alone.
func (a *attempt) observe(ctx context.Context) error {
	m := a.made
	signal := m.Choice.State != evidence.StateNone
	m.before = a.read(ctx, -1)
	b, platform, err := a.find(ctx, a.p)
	switch {
	case errors.Is(err, errLost):
		return err
	case signal: // it went with every request, whatever the page shows
		m.Choice.Outcome = evidence.ChoiceSent
	case b == nil && err != nil:
		return err
	case b == nil:
		m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNoBanner, a.noBanner(platform)
	}
	if b != nil {
		a.found(b)
		if !signal {
			m.Choice.Outcome = evidence.ChoiceOffered
		}
		switch l, answered := a.layer(ctx, b, false); {
		case l != nil:
			a.tell(ctx, b, l)
			if !signal {
				a.deeper(ctx, b, l)
			}
		case !answered && !signal:
			m.Choice.Why = a.unanswered("what the banner offers")
		}
	}
	if signal {
		m.Choice.Signs = append(m.Choice.Signs, a.signalSigns(ctx)...)
	}
	a.tellSignal(ctx)
	return nil
}

func (o *Operator) noBanner(platform bool) string {
	if platform {
		return fmt.Sprintf("no consent banner was shown within %s after the page was quiet, though a consent platform's script is in the page", o.limits.platform.Round(time.Second))
	}
	return fmt.Sprintf("no consent banner was shown within %s after the page was quiet, and no consent platform's script is in the page", o.limits.quiet.Round(time.Second))
}

func (a *attempt) found(b *banner) {
	c := &a.made.Choice
	c.LateMS, a.made.age = b.late, b.age
	c.Found = "looks"
	if b.rule >= 0 {
		c.Found, c.Platform, a.made.platform = "rule", a.rules[b.rule].ID, b.rule
	}
	if b.at != nil {
		c.Frame = told(b.frame.URL, 2000)
	}
}

// choose finds the banner and accepts or refuses everything.
func (a *attempt) choose(ctx context.Context, want string) error {
	m := a.made
	a.want, m.want = want, want
	b, platform, err := a.find(ctx, a.p)
	if err != nil && b == nil {
		return err
	}
	if b == nil {
		m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNoBanner, a.noBanner(platform)
		return nil
	}
	a.found(b)
	m.before = a.read(ctx, b.rule)
	last, why, err := a.decide(ctx, b, false)
	if err != nil {
		return err
	}
	return a.conclude(ctx, last, why)
}

// conclude asks whether the choice took.
func (a *attempt) conclude(ctx context.Context, b *banner, why string) error {
	if why != "" {
		sign := evidence.Sign{Kind: "banner_gone", Says: "no"}
		if a.silent {
			sign.Says = "unclear"
		}
		a.made.Choice.Signs = append(a.made.Choice.Signs, sign)
		a.fail(ctx, b, why)
		return ctx.Err()
	}
	a.took(ctx, b)
	return nil
}
