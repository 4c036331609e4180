package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// takesNothing is how a text says that what is typed is not taken.
var takesNothing = newPhrase(`(?i)\b(?:never|(?:do|does|will|can|is|are)\s?(?:not|n['’]t)|cannot|nothing|no)\b[^.;]{0,40}\b(?:collect|record|captur|read|shar|sen[dt]|stor|see|access|transmit|leav)`)

// leakBeforeSubmit finds what was typed into a form, and not submitted, at
// somebody: one finding for each. What stays with the site itself is information.
// Params:
//
//	classes       forms of these sensitive classes, or that ask for such data; without it all forms
//	data          types of data whose fields make a form of that kind too
//	lookups       categories of vendors that complete or check what is typed: left out where a sentence covers them
//	works_for_us  roles in the profile that leave a recipient out; without it nobody is
//	words         phrases by which a text says that what is typed is taken before it is sent
//	own_severity  of the site's own server; "" leaves it out
func leakBeforeSubmit(m *Matcher, r *rules.Rule) result {
	typed := slices.ContainsFunc(m.in.Seen.Forms, func(f flow.Form) bool { return f.Typed != "" })
	byWho := map[string][]flow.Leak{}
	var left []string
	for _, l := range m.in.Seen.Leaks {
		switch {
		case l.Channel != "request" || !m.typedInto(r, &l):
		case l.Recipient.Party == flow.First && param(r, "own_severity", "") == "":
		case len(texts(r, "works_for_us")) > 0 && m.role(l.Recipient, texts(r, "works_for_us")),
			m.looksUp(r, &l):
			left = append(left, m.calling(l.Recipient))
		default:
			byWho[l.Recipient.Vendor] = append(byWho[l.Recipient.Vendor], l)
		}
	}
	if len(byWho) == 0 {
		switch {
		case len(left) > 0:
			return result{outcome: Matches, why: fmt.Sprintf("What was typed went before it was sent to %s only: the profile or a sentence says what for.", list(shorten(compact(left), 6)))}
		case !typed:
			return result{outcome: NotTested, why: "Nothing was typed into a form of this kind."}
		}
		return result{outcome: Matches, why: "Made-up values were typed into forms and not sent; none of them was seen leaving."}
	}
	told := m.speaking(func(s *wording) bool {
		return phrasesIn(s.quote, texts(r, "words")) && !takesNothing.MatchString(s.quote)
	})
	var res result
	for _, who := range sorted(byWho) {
		leaks := byWho[who]
		if len(told) > 0 && slices.ContainsFunc(told, func(s wording) bool {
			return m.says(s.quote, leaks[0].Recipient) || !m.saysOthers(s.quote)
		}) {
			left = append(left, m.calling(leaks[0].Recipient))
			continue
		}
		res.findings = append(res.findings, m.leaked(r, leaks))
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text says that what is typed is taken before it is sent: “%s”", clip(told[0].quote, 200))}
	}
	return res
}

// typedInto reports whether a canary was typed into a form of the kind that a
// rule asks for.
func (m *Matcher) typedInto(r *rules.Rule, l *flow.Leak) bool {
	classes, data := texts(r, "classes"), texts(r, "data")
	if len(classes)+len(data) == 0 {
		return true
	}
	for _, t := range l.Typed {
		for i := range m.in.Seen.Forms {
			f := &m.in.Seen.Forms[i]
			if f.ID != t.Form && f.Page != t.Page {
				continue
			}
			if slices.ContainsFunc(f.Classes, func(c flow.Class) bool { return slices.Contains(classes, c.Class) }) ||
				slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.DataType != "" && slices.Contains(data, x.DataType) }) {
				return true
			}
		}
	}
	return false
}

// looksUp reports whether a recipient completes or checks what is typed, and a
// sentence covers it.
func (m *Matcher) looksUp(r *rules.Rule, l *flow.Leak) bool {
	f := flow.Flow{Recipient: l.Recipient}
	if !overlap(m.categories(&f), texts(r, "lookups")) && !m.processor(l.Recipient) {
		return false
	}
	return len(m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Vendor == l.Recipient.Vendor && slices.Contains(covered, m.disclosed[f.ID].Verdict)
	})) > 0
}

// inline takes the brackets out of what stands in brackets.
var inline = strings.NewReplacer(" (", ", ", ")", "")

// howSent says of some types of data how they were sent: "e-mail addresses (as
// typed, in parameter q); names (…)".
func (m *Matcher) howSent(how map[string]string) string {
	var parts []string
	for _, data := range sorted(how) {
		parts = append(parts, m.dataName(data)+" ("+how[data]+")")
	}
	if more := len(parts) - 3; more > 0 {
		parts = append(parts[:3:3], fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, "; ")
}

func (m *Matcher) leaked(r *rules.Rule, leaks []flow.Leak) Finding {
	who := leaks[0].Recipient
	f := Finding{Outcome: Differs, Recipients: []string{who.Vendor}}
	c, sightings, how := flow.Strong, 0, map[string]string{}
	for _, l := range leaks {
		if l.Direct {
			c = flow.Direct
		}
		sightings += l.Sightings
		if !slices.Contains(f.DataTypes, l.DataType) {
			f.DataTypes = append(f.DataTypes, l.DataType)
		}
		for _, s := range l.States {
			if !slices.Contains(f.States, s) {
				f.States = append(f.States, s)
			}
		}
		f.Pages, f.Evidence = append(f.Pages, l.Pages...), append(f.Evidence, l.Evidence...)
		_, d, _ := strings.Cut(l.Detail, ", ") // the first word is what was typed
		if d = clip(inline.Replace(d), 100); how[l.DataType] == "" || len(d) < len(how[l.DataType]) {
			how[l.DataType] = d
		}
	}
	slices.Sort(f.DataTypes)
	flow.SortStates(f.States)
	f.Pages, f.Evidence, f.Confidence = compact(f.Pages), compact(f.Evidence), string(c)
	f.Severity = capped(r.Severity, c, sightings)
	name := m.vendorName(who)
	f.Title = fmt.Sprintf("%s gets %s before a form is sent", m.calling(who), m.few(f.DataTypes))
	if who.Party == flow.First {
		name, f.Severity = "the site's own server", param(r, "own_severity", "info")
		f.Title = "The site itself takes what is typed before a form is sent"
		f.Outcome = NeedsPerson
	}
	f.Message = fmt.Sprintf("Made-up values were typed into forms %s, and not sent. They were seen leaving to %s: %s.", seenOn(f.Pages, ""), name, m.howSent(how))
	switch why := m.untold(); {
	case why != "":
		f.Message += " What the text says of it was not tested: " + why + "."
	default:
		f.Message += " Not found in the text: a sentence that says that this is taken before a form is sent."
		m.doubt(&f)
	}
	return f
}
