package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// What the comparisons about choices share: where they apply, whom a choice is
// to stop, and who went on.

// statistics are categories that measure visitors for the site.
var statistics = []string{"ab_testing", "analytics", "session_replay"}

// after says in a sentence that a choice was made.
var after = map[evidence.State]string{
	evidence.StateReject: "after everything was refused", evidence.StateWithdraw: "after consent was withdrawn", evidence.StateGPC: "with Global Privacy Control on",
	evidence.StateOptOut: "after the opt-out", evidence.StateDNT: "with Do Not Track on", evidence.StateAccept: "after everything was accepted", evidence.StateNone: "without a choice",
}

// whom a choice is to stop.
type whom int

const (
	trackers whom = iota // everybody who follows visitors and is not necessary
	sharers              // recipients that use data for their own ends
)

// stops reports whether a choice is to stop a recipient.
func (m *Matcher) stops(v *flow.Vendor, who whom) bool {
	switch {
	case m.consentTool(v.ID):
		return false
	case overlap(v.Categories, adLike):
		return who == trackers || !m.processor(flow.Recipient{Vendor: v.ID})
	}
	return who == trackers && (overlap(v.Categories, statistics) || !v.Recognized)
}

// goingOn is a recipient that a choice did not stop.
type goingOn struct {
	id      string // vendor id; "" is the site itself
	sight   choice.Sight
	cookies []flow.Cookie
	flows   []*flow.Flow
	unknown bool // the knowledge base does not know it
}

// effect is what a choice did, for those whom it is to stop.
type effect struct {
	state   choice.State
	on      []goingOn // by id
	limited []goingOn // their requests say that data are to be used in a restricted way
	stopped []string  // ids
	gone    []string  // ids of those that are still asked without an identifier
}

func goes(c choice.Class) bool { return c == choice.NoEffect || c == choice.OnlyHere }

// effectOf says what a choice did.
func (m *Matcher) effectOf(s evidence.State, who whom) effect {
	out := effect{state: m.in.Choices.Of(s)}
	on := map[string]*goingOn{}
	at := func(id string) *goingOn {
		if on[id] == nil {
			on[id] = &goingOn{id: id}
		}
		return on[id]
	}
	for i := range m.in.Choices.Effects {
		e := &m.in.Choices.Effects[i]
		v := m.vendors[e.ID]
		if e.Kind != choice.Vendor || v == nil || !m.stops(v, who) {
			continue
		}
		switch x := e.At(s); x.Class {
		case choice.NoEffect, choice.OnlyHere:
			g := at(v.ID)
			g.sight, g.unknown = x, !v.Recognized
		case choice.Restricted:
			out.limited = append(out.limited, goingOn{id: v.ID, sight: x})
		case choice.Stops:
			out.stopped = append(out.stopped, v.ID)
		case choice.Gone:
			out.gone = append(out.gone, v.ID)
		}
	}
	for _, c := range m.in.Seen.Cookies {
		e := m.seenAs(choice.Cookie, c.ID)
		v := m.vendors[c.Vendor]
		switch {
		case e == nil || !goes(e.At(s).Class) || m.consentTool(c.Vendor),
			c.Purpose != "advertising" && (who == sharers || c.Purpose != "analytics"),
			who == sharers && (v == nil || !m.stops(v, who)),
			slices.ContainsFunc(out.limited, func(g goingOn) bool { return g.id == c.Vendor }):
			continue
		}
		g := at(c.Vendor)
		g.cookies = append(g.cookies, c)
	}
	still := func(id string) bool { return on[id] != nil } // by a cookie, though no request
	out.stopped, out.gone = slices.DeleteFunc(out.stopped, still), slices.DeleteFunc(out.gone, still)
	for _, id := range sorted(on) {
		g := on[id]
		g.flows = m.flows(func(f *flow.Flow) bool {
			e := m.seenAs(choice.Flow, f.ID)
			return f.Recipient.Vendor == id && e != nil && goes(e.At(s).Class)
		})
		out.on = append(out.on, *g)
	}
	return out
}

// nothing reports that there was nothing for the choice to stop.
func (e effect) nothing() bool {
	return len(e.on)+len(e.limited)+len(e.stopped)+len(e.gone) == 0
}

// short names what a quiet effect was seen with.
func (m *Matcher) sawStop(e effect) string {
	var parts []string
	if n := len(e.stopped); n > 0 {
		parts = append(parts, fmt.Sprintf("%s no longer seen: %s", countOf(n, "%d recipients were", "One recipient was"), list(shorten(m.owners(e.stopped), 6))))
	}
	if n := len(e.gone); n > 0 {
		parts = append(parts, fmt.Sprintf("requests without an identifier went to %s", list(shorten(m.owners(e.gone), 6))))
	}
	text := capital(strings.Join(parts, "; ")) + ", " + after[e.state.State] + ", on " + countOf(e.state.Compared, "%d pages that were compared", "the one page that was compared")
	if n := len(e.state.Missing); n > 0 {
		text += fmt.Sprintf(" (%s in this state)", countOf(n, "%d others did not load", "another did not load"))
	}
	return text + "."
}

func (m *Matcher) owners(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, m.owner(id))
	}
	return out
}

// finding starts a finding about a recipient that went on.
func (m *Matcher) wentOn(r *rules.Rule, s evidence.State, g goingOn) Finding {
	c, sightings := flow.Direct, g.sight.Requests+len(g.cookies)
	if !g.sight.Lasting && len(g.cookies) == 0 {
		c = flow.Strong
	}
	f := Finding{
		Outcome: Differs, Severity: capped(r.Severity, c, sightings), Confidence: string(c), States: []evidence.State{s},
		Recipients: []string{cmp.Or(g.id, m.in.Site)}, DataTypes: union(g.flows, func(f *flow.Flow) []string { return f.DataTypes }), Pages: g.pages(s, m),
		Evidence:    append(ids(g.flows), g.sight.Evidence...),
		Fingerprint: fingerprint(r.ID, cmp.Or(g.id, m.in.Site)),
	}
	for _, k := range g.cookies {
		f.Evidence = append(f.Evidence, k.ID)
	}
	if len(f.DataTypes) == 0 {
		f.DataTypes = []string{"cookie_identifier"}
	}
	switch {
	case g.sight.Requests == 0:
		f.Title = fmt.Sprintf("Cookies of %s are set %s", m.owner(g.id), after[s])
		f.Message = fmt.Sprintf("Observed %s: %s.", after[s], cookieNames(g.cookies))
		return f
	case g.sight.Class == choice.OnlyHere:
		f.Title = fmt.Sprintf("%s gets an identifier %s", m.owner(g.id), after[s])
	default:
		f.Title = fmt.Sprintf("%s still gets an identifier %s", m.owner(g.id), after[s])
	}
	f.Message = fmt.Sprintf("Observed %s, on %s: %s.", after[s], countOf(len(g.sight.Pages), "%d of the pages that were compared", "one page that was compared"), carried(g.sight))
	if b := m.without(g.id); b != "" {
		f.Message += b
	}
	if len(g.cookies) > 0 {
		f.Message += fmt.Sprintf(" Cookies that were set or sent: %s.", cookieNames(g.cookies))
	}
	if !g.sight.Lasting {
		f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
		f.Message += " None of the identifiers was seen on a second page, so whether they follow the visitor needs a person."
	}
	if g.unknown {
		f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
		f.Message += " What this recipient does is not known."
	}
	return f
}

// carried says of how many requests an identifier was seen in.
func carried(s choice.Sight) string {
	switch {
	case s.Requests == 1 && s.Identified > 0:
		return "one request, with an identifier"
	case s.Identified >= s.Requests:
		return fmt.Sprintf("%d requests, each with an identifier", s.Requests)
	}
	return fmt.Sprintf("%d requests, at least %d of them with an identifier", s.Requests, s.Identified)
}

// without says what a recipient got when no choice was made.
func (m *Matcher) without(id string) string {
	e := m.seenAs(choice.Vendor, id)
	if e == nil {
		return ""
	}
	switch x := e.At(evidence.StateNone); {
	case x.Class == choice.NotTested:
		return ""
	case x.Requests == 0:
		return " Without a choice nothing went to it."
	default:
		return fmt.Sprintf(" Without a choice there %s.", countOf(x.Requests, "were %d", "was one"))
	}
}

func (g goingOn) pages(s evidence.State, m *Matcher) []string {
	set := map[string]bool{}
	for _, p := range g.sight.Pages {
		set[p] = true
	}
	for _, c := range g.cookies {
		if e := m.seenAs(choice.Cookie, c.ID); e != nil {
			for _, p := range e.At(s).Pages {
				set[p] = true
			}
		}
	}
	return sorted(set)
}

// restricted asks a person about requests that say themselves that their data
// are to be used in a restricted way.
func (m *Matcher) restricted(r *rules.Rule, s evidence.State, limited []goingOn) Finding {
	marks, pages, who, proof := map[string]bool{}, map[string]bool{}, []string{}, []string{}
	for _, g := range limited {
		who = append(who, g.id)
		proof = append(proof, g.sight.Evidence[:min(3, len(g.sight.Evidence))]...)
		for _, x := range g.sight.Marks {
			marks[x] = true
		}
		for _, p := range g.sight.Pages {
			pages[p] = true
		}
	}
	return Finding{
		Outcome: NeedsPerson, Severity: capped(r.Severity, flow.Indirect, 1), Confidence: string(flow.Strong), States: []evidence.State{s}, Recipients: who, Pages: sorted(pages), Evidence: proof,
		Title: fmt.Sprintf("Requests go on %s and ask for restricted use", after[s]),
		Message: fmt.Sprintf("Observed %s: requests to %s that say themselves that their data are to be used in a restricted way (%s). What the recipients then do cannot be seen, and needs a person.",
			after[s], list(shorten(m.owners(who), 6)), list(shorten(sorted(marks), 6))),
		Fingerprint: fingerprint(r.ID, m.in.Site, "restricted"),
	}
}

// seenAs returns what became of a thing in each state, nil when it was not
// compared.
func (m *Matcher) seenAs(kind, id string) *choice.Effect {
	if m.effects == nil {
		m.effects = map[[2]string]*choice.Effect{}
		for i := range m.in.Choices.Effects {
			e := &m.in.Choices.Effects[i]
			m.effects[[2]string{e.Kind, e.ID}] = e
		}
	}
	return m.effects[[2]string{kind, id}]
}
