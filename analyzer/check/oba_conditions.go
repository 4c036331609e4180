package check

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// obaConditions looks at the conditions under which behavioural advertising may
// rest on an opt-out: it is told with a choice, the opt-out is there and takes
// effect at once, and sensitive pages are left out. Personalisation by the site
// itself is not asked about. Params: told (element of the texts), places
// (classes of sensitive places).
func obaConditions(m *Matcher, r *rules.Rule) result {
	o, seen := m.identified(adLike, "advertising, social or data")
	if seen == "" {
		return result{outcome: NotApplicable, unseen: true, why: "No advertising recipient was seen to get an identifier."}
	}
	var fails, untested []string
	observed := false
	docs, why := m.noticesOf(nil)
	if why != "" {
		untested = append(untested, "whether it is told ("+lowerFirst(why[:len(why)-1])+")")
	} else {
		switch _, state := m.element(param(r, "told", "oba_told"), docs); state {
		case absent:
			fails = append(fails, "not found in the texts: "+m.elementName(param(r, "told", "oba_told")))
		case notRead:
			untested = append(untested, "whether it is told (the language of the texts is not read)")
		}
	}
	switch s, on := m.optedOut(); {
	case s == "":
		untested = append(untested, "whether the opt-out takes effect (no opt-out was used)")
	case s == "none":
		fails, observed = append(fails, "no way to opt out was found on the site"), true
	case len(on) > 0:
		fails, observed = append(fails, fmt.Sprintf("identifiers still go to %s %s", list(shorten(m.owners(on), 5)), after[evidence.State(s)])), true
	}
	wanted := texts(r, "places")
	var places []string
	for _, f := range o.flows {
		for _, p := range f.Places {
			if slices.Contains(wanted, p) && !slices.Contains(places, p) {
				places = append(places, p)
			}
		}
	}
	if len(places) > 0 {
		var names []string
		for _, p := range compact(places) {
			name := p
			if c := m.in.Set.Terms.Place(p); c != nil {
				name = inSentence(cmp.Or(c.Name, p))
			}
			names = append(names, name)
		}
		fails, observed = append(fails, "they go from pages of the kind "+list(names)), true
	}
	switch {
	case len(fails) == 0 && len(untested) > 0:
		return result{outcome: NotTested, why: seen + " Not tested: " + list(untested) + "."}
	case len(fails) == 0:
		return result{outcome: Matches, why: seen + " It is told, and the opt-out takes effect."}
	}
	f := o.finding(m, r)
	g := group{flows: o.flows}
	f.Severity, f.Confidence = capped(r.Severity, g.confidence(), g.sightings()), string(g.confidence())
	if !observed {
		f.Severity, f.Confidence = capped(r.Severity, flow.TextWeak, 1), string(flow.TextWeak)
		m.doubt(&f)
	}
	f.Title = "Behavioural advertising lacks a condition of resting on an opt-out"
	f.Message = fmt.Sprintf("%s %s.", seen, capital(list(fails))) + f.Message
	if len(untested) > 0 {
		f.Message += " Not tested: " + list(untested) + "."
	}
	return result{findings: []Finding{f}}
}

// optedOut returns a state in which an opt-out was used, and the sharers that
// went on in it; "none" when a way was looked for and not found, "" when nothing
// was tested.
func (m *Matcher) optedOut() (state string, on []string) {
	looked := false
	for _, s := range []evidence.State{evidence.StateOptOut, evidence.StateReject} {
		st := m.in.Choices.Of(s)
		if st.Tested && st.Compared > 0 {
			for _, g := range m.effectOf(s, sharers).on {
				on = append(on, g.id)
			}
			return string(s), on
		}
		looked = looked || st.Choice != nil && st.Choice.Outcome == evidence.ChoiceNoBanner && s == evidence.StateOptOut
	}
	if looked && !slices.ContainsFunc(m.in.Choices.States, func(s choice.State) bool { return s.Tested && s.State == evidence.StateReject }) {
		return "none", nil
	}
	return "", nil
}
