package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// elementMissing finds what the notices of a site do not state although they are
// asked to. Params: elements (ids of rules/terms/elements.yaml or of
// policy.QuestionIDs, each of which must be there), kinds (of notices that are
// looked in; without it all), any (one of the elements is enough), ask (a
// person looks at what is missing), only_if_seen (see occasions), in_language (a
// language in which one of the notices has to be).
func elementMissing(m *Matcher, r *rules.Rule) result {
	docs, why := m.noticesOf(texts(r, "kinds"))
	if why != "" {
		return result{outcome: NotTested, why: why}
	}
	on, seen, unseen := m.occasion(param(r, "only_if_seen", ""))
	if unseen != "" {
		if short := m.short([]string{"requests", "cookies", "forms", "labels"}); short != "" {
			return result{outcome: NotTested, why: short + ". " + unseen}
		}
		return result{outcome: NotApplicable, why: unseen}
	}
	var missing, unknown []string
	there := map[string]string{}
	for _, id := range texts(r, "elements") {
		switch place, state := m.element(id, docs); state {
		case stated:
			there[id] = place.Quote
		case notRead:
			unknown = append(unknown, m.elementName(id))
		default:
			missing = append(missing, m.elementName(id))
		}
	}
	if code := param(r, "in_language", ""); code != "" && !slices.ContainsFunc(docs, func(d *policy.Document) bool { return d.Language == code }) {
		missing = append(missing, "a notice in "+inLanguage(code))
	}
	switch {
	case param(r, "any", false) && len(there) > 0, len(missing)+len(unknown) == 0:
		return result{outcome: Matches, why: stateds(there)}
	case len(missing) == 0:
		return result{outcome: NotTested, why: fmt.Sprintf("The texts are in languages in which this version does not look for %s.", list(unknown))}
	}
	f := on.finding(m, r)
	f.Severity, f.Confidence = capped(r.Severity, flow.TextWeak, 1), string(flow.TextWeak)
	f.Message = fmt.Sprintf("Not found in the texts: %s. %s", list(missing), readTexts(docs))
	if seen != "" {
		f.Message = seen + " " + f.Message
	}
	if param(r, "ask", false) {
		f.Outcome = NeedsPerson
	}
	m.doubt(&f)
	return result{findings: []Finding{f}}
}

// found says whether an element is in the texts.
type found int

const (
	absent found = iota
	stated
	notRead // no text is in a language in which it is looked for
)

// element looks for an element in notices: by its own id, by the answers to
// questions, or by all of its parts.
func (m *Matcher) element(id string, docs []*policy.Document) (policy.Element, found) {
	e := m.in.Set.Terms.Element(id)
	if e == nil {
		if slices.Contains(policy.QuestionIDs(), id) {
			return m.answered([]string{id}, docs)
		}
		return policy.Element{}, notRead
	}
	if len(e.All) > 0 {
		first, out := policy.Element{}, stated
		for _, part := range e.All {
			place, state := m.element(part, docs)
			if state != stated {
				return policy.Element{}, state
			}
			if first.Quote == "" {
				first = place
			}
		}
		return first, out
	}
	for _, d := range docs {
		for _, x := range d.Elements {
			if x.ID == id {
				return x, stated
			}
		}
	}
	if place, state := m.answered(e.Asks, docs); state == stated {
		return place, stated
	}
	for _, d := range docs {
		if m.looksFor(e, d.Language) {
			return policy.Element{}, absent
		}
	}
	return policy.Element{}, notRead
}

// looksFor reports whether an element is looked for in texts of a language.
func (m *Matcher) looksFor(e *rules.Element, language string) bool {
	if language == "" {
		language = "en"
	}
	return len(e.Says[language]) > 0 || (len(e.Topics)+len(e.Asks) > 0 || e.Reads != "") && policy.Reads(m.in.Set, language)
}

// answered looks for an answer to one of some questions.
func (m *Matcher) answered(questions []string, docs []*policy.Document) (policy.Element, found) {
	if len(questions) == 0 {
		return policy.Element{}, absent
	}
	state := notRead
	for _, d := range docs {
		if m.answers == nil {
			m.answers = map[string][]policy.Answer{}
		}
		if m.answers[d.ID] == nil {
			m.answers[d.ID] = policy.Answers(d, m.in.Set)
		}
		if policy.Reads(m.in.Set, d.Language) || d.Language == "" {
			state = absent
		}
		for _, a := range m.answers[d.ID] {
			if slices.Contains(questions, a.ID) && a.Found {
				p := a.Passages[0]
				return policy.Element{ID: a.ID, Quote: p.Quote, Start: p.Start, End: p.End}, stated
			}
		}
	}
	return policy.Element{}, state
}

// elementName is how an element is called in sentences.
func (m *Matcher) elementName(id string) string {
	if e := m.in.Set.Terms.Element(id); e != nil {
		return e.Name
	}
	return strings.ReplaceAll(id, "_", " ")
}

// noticesOf returns the notices of some kinds whose text is there, or why there
// are none. Elements may be found in languages whose sentences are not read.
func (m *Matcher) noticesOf(kinds []string) (out []*policy.Document, why string) {
	var obstacles []string
	for _, d := range m.in.Documents {
		if len(kinds) > 0 && !slices.Contains(kinds, d.Kind) {
			continue
		}
		switch {
		case d.Obstacle != "", d.Words == 0:
			obstacles = append(obstacles, unreadable(d, m.in.Set))
		default:
			out = append(out, d)
		}
	}
	switch {
	case len(out) > 0:
		return out, ""
	case len(obstacles) > 0:
		return nil, capital(strings.Join(shorten(obstacles, 3), "; ")) + "."
	case len(kinds) > 0:
		return nil, fmt.Sprintf("No %s notice was found.", strings.Join(kinds, " or "))
	}
	return nil, "No policy was found."
}

// readTexts names the notices that were looked in.
func readTexts(docs []*policy.Document) string {
	var names []string
	for _, d := range docs {
		name := d.URL
		if name == "" {
			name = d.ID
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return "Looked in: " + list(shorten(names, 4)) + "."
}

func stateds(there map[string]string) string {
	ids := sorted(there)
	if len(ids) == 0 {
		return "Nothing was asked for."
	}
	return fmt.Sprintf("Found in the texts: “%s”%s", clip(there[ids[0]], 160), countedOr(len(ids)-1, " and %d more.", " and one more."))
}

// KnowsElement reports whether notices can be asked for what has this id.
func KnowsElement(set *rules.Set, id string) bool {
	return set.Terms.Element(id) != nil || slices.Contains(policy.QuestionIDs(), id)
}
