package consent

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor/crawler/evidence"
)

// Bounds of the ways to opt out that are looked at.
const (
	maxWays       = 12 // of a site
	maxPageWays   = 3  // that a page names
	maxNoticeWays = 8  // that a notice names
	maxNotices    = 2
)

// otherThings are what an opt-out may be about beside tracking, sale and
// advertising in the browser.
var otherThings = regexp.MustCompile(`(?i)\be-?mails?\b|newsletter|\bsms\b|\btext messages?\b|\bphone\b|\bcalls?\b|\bpostal\b|\bmailing|unsubscrib|arbitrat|class action`)

// pointing are texts of links that mean what their sentence says.
var pointing = regexp.MustCompile(`(?i)^(click |please |visit )?(here|this (link|page|form|site|tool)|link|form|page|opt[- ]?out (page|form|tool)|preference cent(er|re)|web ?form|settings|portal|hier|ici|aquí|qui)\b|^(https?://|www\.)\S+$|cent(er|re)$|tool$|portal$`)

// way is a control or link by which visitors are told to opt out.
type way struct {
	control
	sentence string // that says so, where its own text does not
	length   int    // of the phrase that says so
}

// ways are the opt-outs that the present page names, those that say it in most
// words first. A notice also names them in sentences: "To opt out, click here".
func (a *attempt) ways(ctx context.Context, notice bool) ([]way, error) {
	all, err := a.pageControls(ctx, a.p, notice)
	if err != nil {
		return nil, err
	}
	var found []way
	for _, c := range all {
		if u, err := url.Parse(c.Href); err == nil && (u.Scheme == "mailto" || u.Scheme == "tel") {
			continue
		}
		w := way{control: c, length: a.optOutWords(c.Text)}
		if notice {
			if c.Kind == "link" && !leaves(c.Href, a.p.URL()) {
				continue // a line of its table of contents
			}
			named := w.length > 0
			before, after, _ := strings.Cut(c.Near, "\x00")
			w.sentence = sentence(before, c.Text, after)
			if !named && c.Kind == "link" && pointing.MatchString(strings.TrimSpace(c.Text)) && longestOf(a.languages, w.sentence) > 0 {
				w.length = 1
			}
			if otherThings.MatchString(w.sentence) && !named {
				continue
			}
			if named {
				w.sentence = ""
			}
		}
		if w.length > 0 && !otherThings.MatchString(c.Text) && !slices.ContainsFunc(found, func(o way) bool { return o.Text == c.Text && o.Href == c.Href }) {
			found = append(found, w)
		}
	}
	slices.SortStableFunc(found, func(x, y way) int { return y.length - x.length })
	if notice {
		return head(found, maxNoticeWays), nil
	}
	return head(found, maxPageWays), nil
}

// optOutWords is the length of the longest phrase of a control's text that says
// that it opts out; 0 when none does.
func (a *attempt) optOutWords(text string) int {
	if strings.Count(comparable(text), " ")-1 > maxControlWords {
		return 0
	}
	return longestOf(a.languages, text)
}

func longestOf(languages []language, text string) int {
	t, n := comparable(text), 0
	for _, l := range languages {
		n = max(n, longest(l.optOut, t))
	}
	return n
}

// sentence is the sentence that a link stands in.
func sentence(before, text, after string) string {
	const ends = ".!?\n"
	for i := len(before) - 1; i > 0; i-- {
		if strings.IndexByte(ends, before[i-1]) >= 0 && (before[i] == ' ' || before[i] == '\n') {
			before = before[i:]
			break
		}
	}
	for i := 0; i < len(after); i++ {
		if strings.IndexByte(ends, after[i]) >= 0 && (i+1 == len(after) || after[i+1] == ' ' || after[i+1] == '\n') {
			after = after[:i+1]
			break
		}
	}
	if r, _ := utf8.DecodeRuneInString(after); !unicode.IsPunct(r) {
		after = " " + after
	}
	return told(strings.Join(strings.Fields(before+" "+text+after), " "), 300)
}

// optOut follows the site's own opt-out paths: those of the start page, then
// those that its notices name. What the others come to is the caller's to see,
// as are those on other sites, which are not operated: they stay without an
// outcome. Forms that ask who somebody is are not filled.
func (a *attempt) optOut(ctx context.Context) error {
	m := a.made
	a.want, m.want = roleReject, wantOptOut
	a.settle(ctx, a.p)
	start := a.p.URL()
	m.before = a.read(ctx, -1)
	why, err := a.waysOf(ctx, start, false)
	if err != nil {
		return err
	}
	read := 0
	if p, ok := a.p.(Noticed); ok {
		for _, address := range head(p.Notices(), maxNotices) {
			if m.Choice.Outcome == evidence.ChoiceNotTested || ctx.Err() != nil || !sameSite(start, address) || !leaves(address, start) {
				continue
			}
			if err := a.p.Goto(ctx, address); err != nil {
				continue // its own visit tells
			}
			read++
			further, err := a.waysOf(ctx, a.p.URL(), true)
			if err != nil {
				return a.unlessTaken(err)
			}
			if further != "" {
				why = further
			}
		}
	}
	switch {
	case m.Choice.Outcome != "":
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case len(m.Choice.Ways) == 0 && why == "":
		m.Choice.Outcome, m.Choice.Why = evidence.ChoiceNoBanner, "no opt-out link or control, such as \"Do Not Sell or Share My Personal Information\", was found on the start page"
		if read > 0 {
			m.Choice.Why += ", and none in the notices"
		}
		return nil
	case why == "":
		why = fmt.Sprintf("the opt-out is on another site (%s), which is not operated", hostOf(m.Choice.Ways[0].Address))
	}
	m.Choice.Found = "looks"
	a.fail(ctx, nil, why)
	return ctx.Err()
}

// unlessTaken returns an error unless the opt-out was taken before it.
func (a *attempt) unlessTaken(err error) error {
	if a.made.Choice.Outcome == evidence.ChoiceTaken {
		return nil
	}
	return err
}

// waysOf tries the ways that a page names until one is taken, and keeps all of
// them. why says what stood in the way of the last that was tried.
func (a *attempt) waysOf(ctx context.Context, page string, notice bool) (why string, err error) {
	m := a.made
	list, err := a.ways(ctx, notice)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && len(a.p.Frames()) == 0:
		return "", errLost
	case err != nil:
		return fmt.Sprintf("whether %s names an opt-out could not be seen: %s", told(page, 200), err), nil
	}
	for i := range list {
		w := &list[i]
		if len(m.Choice.Ways) == maxWays || slices.ContainsFunc(m.Choice.Ways, func(o evidence.ChoiceWay) bool { return w.Href != "" && o.Address == w.Href }) {
			continue
		}
		link := leaves(w.Href, page)
		m.Choice.Ways = append(m.Choice.Ways, evidence.ChoiceWay{Text: told(w.Text, 200), On: told(page, 2000), Notice: notice, Sentence: w.sentence})
		a.way = &m.Choice.Ways[len(m.Choice.Ways)-1]
		if link {
			a.way.Address, a.way.Elsewhere = w.Href, !sameSite(page, w.Href)
		}
		switch {
		case link && (a.way.Elsewhere || m.Choice.Outcome != ""):
			continue // to be looked at aside
		case m.Choice.Outcome != "":
			a.way.Outcome, a.way.Why = evidence.WayNotTested, "Another opt-out was used before it."
			continue
		case !link && a.p.URL() != page:
			a.way.Outcome, a.way.Why = evidence.WayNotTested, "The page had been left to try another one."
			continue
		}
		m.Choice.Found = "looks"
		if why, err = a.tryWay(ctx, &w.control); err != nil {
			return why, err
		}
	}
	return why, nil
}

// tryWay follows one way and keeps what came of it.
func (a *attempt) tryWay(ctx context.Context, c *control) (why string, err error) {
	m := a.made
	a.since = len(m.Choice.Steps)
	a.way.Outcome = evidence.WayFailed
	done, why := a.follow(ctx, c)
	if ctx.Err() != nil {
		a.way.Outcome, a.way.Why = evidence.WayNotTested, "It was not finished in the time that there was."
		return why, ctx.Err()
	}
	a.way.Steps = a.stepsTaken()
	if !done {
		a.way.Why = told(why, 300)
		return why, nil
	}
	a.way.Outcome, a.way.Why = evidence.WayTaken, ""
	if m.Choice.Outcome != evidence.ChoiceTaken {
		a.way.Outcome, a.way.Why = evidence.WayOperated, told(m.Choice.Why, 300)
	}
	return "", nil
}

// stepsTaken counts the clicks and pages of the way that is tried.
func (a *attempt) stepsTaken() int {
	n := 0
	for _, s := range a.made.Choice.Steps[a.since:] {
		if s.Do == "click" || s.Do == "goto" {
			n++
		}
	}
	return n
}

func (a *attempt) reached() string {
	if n := a.stepsTaken(); n != 1 {
		return fmt.Sprintf("it is reached in %d steps", n)
	}
	return "it is reached in 1 step"
}

// follow tries one way to opt out. done says that the outcome is in the choice;
// why says what stood in the way.
func (a *attempt) follow(ctx context.Context, c *control) (done bool, why string) {
	before := a.lines(ctx, confirmationJS)
	here := a.p.URL()
	frames := a.p.Frames()
	if len(frames) == 0 {
		return false, errLost.Error()
	}
	main := &banner{frame: frames[0], rule: -1}
	if leaves(c.Href, here) {
		step := evidence.ChoiceStep{Do: "goto", Role: "optout", Text: c.Text, Target: c.Href}
		if u, err := url.Parse(c.Href); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return false, fmt.Sprintf("the opt-out %q is a link that no page stands behind: %s", told(c.Text, 60), told(c.Href, 100))
		}
		if err := a.p.Goto(ctx, c.Href); err != nil {
			step.Failure = err.Error()
			a.step(step)
			return false, fmt.Sprintf("the page of the opt-out %q could not be opened: %s", told(c.Text, 60), err)
		}
		a.step(step)
		if status := a.status(ctx); status >= 400 {
			return false, fmt.Sprintf("the page of the opt-out %q answers with status %d", told(c.Text, 60), status)
		}
		before = a.lines(ctx, confirmationJS)
	} else if failed := a.click(ctx, main, c, "optout"); failed != "" {
		return false, fmt.Sprintf("the opt-out %q cannot be clicked: %s", told(c.Text, 60), failed)
	}
	a.settle(ctx, a.p)

	if b := a.asks(ctx); b != nil {
		a.found(b)
		last, why, err := a.decide(ctx, b, true)
		if err != nil {
			return false, "the choice was given up"
		}
		if why != "" {
			return false, "the opt-out opens a layer, and " + why
		}
		a.confirm(ctx, last, before, true)
		return true, ""
	}
	return a.optOutPage(ctx, c, before, here)
}

// status is the HTTP status of the page (Navigation Timing); 0 when it is not known.
func (a *attempt) status(ctx context.Context) int {
	frames := a.p.Frames()
	if len(frames) == 0 {
		return 0
	}
	var status int
	if a.p.Evaluate(ctx, frames[0].ID, `performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0`, &status) != nil {
		return 0
	}
	return status
}

// Personal names the fields of forms that ask who somebody is, and says whether
// one of them is for a password. What visitors do not see is left out.
func Personal(forms []evidence.Form) (names string, password bool) {
	var fields []string
	for _, f := range forms {
		for _, x := range f.Fields {
			if !x.Visible {
				continue
			}
			password = password || x.Type == "password"
			fields = append(fields, x.Type+" "+strings.ToLower(cmp.Or(x.Label, x.Placeholder, x.Name)))
		}
	}
	return told(personalNames(head(fields, 200)), 150), password
}
