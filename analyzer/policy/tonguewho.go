package policy

import (
	"slices"
	"strings"
)

// clause collects what a clause holds.
func (t *tongue) clause(s *sentence, p *part) *said {
	c := &said{part: p, subject: -1}
	has := make(map[int]bool, len(p.toks))
	for _, i := range p.toks {
		has[i] = true
	}
	for k, m := range s.mentions {
		if !has[m.start] {
			continue
		}
		switch m.kind {
		case mData:
			c.data = append(c.data, k)
		case mWho:
			c.who = append(c.who, k)
		case mFor:
			c.aims = append(c.aims, k)
		}
	}
	c.negated = t.negatedPart(s, p)
	if slices.ContainsFunc(p.acts, func(a *act) bool { return a.noun }) && slices.ContainsFunc(p.toks, func(i int) bool { return t.ruled[s.low(i)] }) {
		c.negated = true // "ein Verkauf ist ausgeschlossen"
	}
	for n, i := range p.toks {
		w := s.low(i)
		c.pronoun = c.pronoun || t.pronouns[w] && !(t.nouns && s.toks[i].raw == "Sie" && i > 0)
		c.excused = c.excused || t.excuses[w] && !t.ruled[w]
		if t.only[w] && !t.notOnly(s, i) || t.half != "" && w == t.that && n > 0 && t.halfBefore(s, i) {
			c.only = true
		}
	}
	t.person(s, c, has)
	return c
}

// notOnly reports whether "only" at a token is part of "not only".
func (t *tongue) notOnly(s *sentence, i int) bool {
	return t.negators[s.low(i-1)] || in(s.low(i-1), "non", "pas", "no", "nicht")
}

// negatedPart reports whether a clause is denied.
func (t *tongue) negatedPart(s *sentence, p *part) bool {
	half := t.half == ""
	for _, i := range p.toks {
		half = half || s.low(i) == t.half && !strings.HasSuffix(s.low(i+1), "ant")
	}
	for n, i := range p.toks {
		w := s.low(i)
		if !t.negators[w] {
			continue
		}
		next := s.low(i + 1)
		switch {
		case w == "nicht" && t.attribute(s, i+1), w == "noch" && !t.holds(s, "weder"):
			continue
		case t.notNeg[next] || t.notNeg[w+" "+next]:
			continue
		case !half && !t.joint[w] && !in(w, "aucun", "aucune", "jamais"):
			continue // French "pas", "plus" without "ne"
		case t.joint[w] && !half && n > 0:
			continue
		case w == "plus" && t.half != "" && (t.bridge[s.low(i-1)] || s.low(i-1) == "de" || in(next, "de", "d", "que", "longtemps", "tard", "ample")):
			continue
		case w == "no" && in(next, "obstante", "solo", "sólo", "solamente", "únicamente", "más"):
			continue
		}
		return true
	}
	return false
}

// holds reports whether a sentence holds a word.
func (t *tongue) holds(s *sentence, word string) bool {
	return slices.ContainsFunc(s.toks, func(k token) bool { return k.low == word })
}

// attribute reports whether an adjective stands at a token before its noun:
// "nicht sichtbare Grafiken".
func (t *tongue) attribute(s *sentence, i int) bool {
	if i+1 >= len(s.toks) || s.toks[i].cap || !s.toks[i+1].cap || !s.toks[i].word {
		return false
	}
	w := s.low(i)
	if t.bridge[w] || t.possessive[w] || t.oblique[w] || t.negators[w] || t.only[w] || len(t.verbs[w]) > 0 {
		return false
	}
	return strings.HasSuffix(w, "e") || strings.HasSuffix(w, "en") || strings.HasSuffix(w, "er") || strings.HasSuffix(w, "es") || strings.HasSuffix(w, "em")
}

// person works out who acts in a clause.
func (t *tongue) person(s *sentence, c *said, has map[int]bool) {
	for _, i := range c.toks {
		w := s.low(i)
		switch {
		case t.nouns && s.toks[i].raw == "Sie" || t.user[w] && !(t.nouns && w == "sie") && !(t.code == "fr" && w == "vous"):
			if c.person == "" {
				c.person = "user"
			}
		case t.we[w] && t.code == "de":
			c.person = "we"
		}
		for _, f := range t.verbs[w] {
			switch f.kind {
			case fWe:
				c.person = "we"
			case fYou:
				if c.person != "we" {
					c.person = "user"
				}
			}
		}
		if t.code != "de" && t.first(s, i) {
			c.person = "we"
		}
		if t.code == "fr" && c.person == "" && strings.HasSuffix(w, "ez") && t.finite(t.grammar, s, i) {
			c.person = "user" // "vous" alone may be an object
		}
		if m := t.modals[w]; m == "1" {
			c.person = "we"
		} else if m == "2" && c.person != "we" {
			c.person = "user"
		}
	}
	if c.person == "we" {
		return
	}
	for _, i := range c.toks {
		if f, _ := t.verbal(s, i+1); f && t.nouns && s.toks[i].raw == "Sie" && c.person == "user" {
			return // "Sie geben"
		}
	}
	if i := t.ownSubject(s, c); i >= 0 && c.person != "user" {
		c.person = "we"
		return
	}
	verb := len(s.toks)
	for _, i := range c.toks {
		if f, _ := t.verbal(s, i); f {
			verb = i
			break
		}
	}
	for _, k := range c.who {
		m := s.mentions[k]
		if t.hangsOn(s, m.start) || !t.nouns && m.start > verb {
			continue
		}
		if c.person == "user" && t.nouns && m.start > verb {
			continue
		}
		c.subject, c.person = k, "third_party"
		break
	}
	if c.subject < 0 && c.role == roleWhich && c.person == "" && c.parent != nil && in(s.low(c.opener), "qui", "que", "die", "der", "welche", "das", "lo") {
		for k, m := range s.mentions {
			if m.kind == mWho && m.end <= c.opener && c.opener-m.end <= 1 {
				c.subject, c.person = k, "third_party"
			}
		}
	}
}

// first reports whether a verb that is not known is in the first person plural.
func (t *tongue) first(s *sentence, i int) bool {
	w := s.low(i)
	switch t.code {
	case "fr":
		return strings.HasSuffix(w, "ons") && t.finite(t.grammar, s, i)
	case "es":
		return strings.HasSuffix(w, "mos") && t.finite(t.grammar, s, i)
	}
	return false
}

// ownSubject finds "unsere Website", "notre site" or the organisation's name as
// a subject.
func (t *tongue) ownSubject(s *sentence, c *said) int {
	for _, i := range c.toks {
		if n := s.selfName(i); n > 0 && !t.hangsOn(s, i) {
			return i
		}
		if !t.ours[s.low(i)] || t.hangsOn(s, i) {
			continue
		}
		for j := i + 1; j <= i+2; j++ {
			if t.own[s.low(j)] && !s.takenBy(j, mData) && (j == i+1 || !in(s.low(i), "die", "das", "le", "la", "el")) {
				return i
			}
		}
	}
	return -1
}

// hangsOn reports whether a preposition stands before a token, its articles
// aside.
func (t *tongue) hangsOn(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-4; j-- {
		w := s.low(j)
		if t.oblique[w] || t.from[w] {
			return true
		}
		if !t.bridge[w] {
			for _, m := range s.mentions {
				if m.kind == mWho && m.end == j && (t.and[w] || w == ",") {
					return t.hangsOn(s, m.start) // in a row with one that hangs
				}
			}
			return false
		}
	}
	return false
}

// actor names who acts.
func (t *tongue) actor(s *sentence, c *said, a *act) (name string, ref *RecipientRef, ok bool) {
	if a.passive {
		for _, k := range c.who {
			if m := s.mentions[k]; m.start > a.at-14 && t.agentOf(s, m.start) {
				if m.ref.Kind == "category" {
					return "third_party", &s.mentions[k].ref, true
				}
				return m.ref.Text, &s.mentions[k].ref, true
			}
		}
		if t.byUser(s, c) || a.action == actProvide {
			return "user", nil, true
		}
		return "we", nil, true
	}
	switch {
	case c.person == "we" || c.person == "user":
		return c.person, nil, true
	case c.subject >= 0:
		m := &s.mentions[c.subject]
		if m.ref.Kind == "category" {
			return "third_party", &m.ref, true
		}
		return m.ref.Text, &m.ref, true
	}
	return "", nil, false
}

// agentOf reports whether a preposition of an agent stands right before.
func (t *tongue) agentOf(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-4; j-- {
		w := s.low(j)
		if in(w, "von", "vom", "durch", "par", "por") {
			return !t.places[s.low(j-1)]
		}
		if !t.bridge[w] {
			return false
		}
	}
	return false
}

func (t *tongue) byUser(s *sentence, c *said) bool {
	for _, i := range c.toks {
		if in(s.low(i), "von", "par", "por") && (s.toks[min(i+1, len(s.toks)-1)].raw == "Ihnen" && t.given(c) || in(s.low(i+1), "vous", "usted")) {
			return true
		}
	}
	return false
}

// given reports whether the acts of a clause are acts of giving.
func (t *tongue) given(c *said) bool {
	return slices.ContainsFunc(c.acts, func(a *act) bool { return handsOut[a.action] })
}

// sourceOf reports whether data come from who stands at a token.
func (t *tongue) sourceOf(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		w := s.low(j)
		if in(w, "von", "vom", "durch", "par", "por", "depuis", "desde") {
			return !t.places[s.low(j-1)]
		}
		if !t.bridge[w] {
			return false
		}
	}
	return false
}

// addressed reports whether a sentence speaks to the reader.
func (t *tongue) addressed(s *sentence) bool {
	for i, k := range s.toks {
		if k.raw == "Sie" || t.user[s.low(i)] && !t.nouns {
			return true
		}
	}
	return false
}

// toUs reports whether we are who gets: "an uns übermittelt", "nous sont
// transmises", "nos comunica".
func (t *tongue) toUs(s *sentence, c *said, a *act) bool {
	for _, i := range c.toks {
		switch w := s.low(i); {
		case t.code == "de" && w == "uns":
			return i < a.at && s.low(i-1) != "von" && s.low(i-1) != "durch" && s.low(i-1) != "bei"
		case t.code == "fr" && w == "nous":
			return i < a.at && c.person != "we" && s.low(i-1) != "par" || s.low(i-1) == "à"
		case t.code == "es" && w == "nos":
			return i < a.at && c.person != "we"
		}
	}
	return false
}

// toYou reports whether the reader is who gets: "wir senden Ihnen", "vous seront
// envoyées", "le enviamos".
func (t *tongue) toYou(s *sentence, c *said, a *act) bool {
	for _, i := range c.toks {
		switch w := s.low(i); {
		case t.code == "de" && s.toks[i].raw == "Ihnen":
			return s.low(i-1) != "von" && s.low(i-1) != "mit"
		case t.code == "fr" && w == "vous", t.code == "es" && in(w, "le", "les", "te"):
			if i < a.at && a.at-i <= 3 {
				return true
			}
		}
	}
	return false
}
