package policy

import (
	"slices"
	"strings"
)

// findActs finds the verbs of a clause and whether they are passive.
func (t *tongue) findActs(s *sentence, p *part) {
	be, have, modal := false, false, ""
	for _, i := range p.toks {
		w := s.low(i)
		be, have = be || t.beAux[w], have || t.haveAux[w]
		if t.modals[w] != "" {
			modal = w
		}
	}
	has := func(word string) int {
		for _, i := range p.toks {
			if s.low(i) == word {
				return i
			}
		}
		return -1
	}
	light := false
	for _, i := range p.toks {
		light = light || t.light[s.low(i)]
	}
	for n, i := range p.toks {
		w := s.low(i)
		if s.takenBy(i, mData) || s.takenBy(i, mWho) {
			continue
		}
		if action, ok := t.nominals[w]; ok && light && (!t.nouns || s.toks[i].cap) {
			p.acts = append(p.acts, &act{form: form{lemma: w, action: action}, at: i, noun: true, passive: true})
			continue
		}
		if t.nouns && s.toks[i].cap && i > 0 || t.code == "fr" && s.nounAfter(i, t) && !t.partitive(s, i) {
			continue
		}
		forms := t.verbs[w]
		if be && t.nouns && has("wir") < 0 {
			forms = partFirst(forms) // "werden übertragen": the participle, unless we do it
		}
		for _, f := range forms {
			a := &act{form: f, at: i, modal: modal}
			switch f.kind {
			case fPart:
				if !be && !have || !t.nouns && !t.auxiliaryBefore(s, i) {
					continue
				}
				if in(a.modal, "werden", "wird") {
					a.modal = ""
				}
				a.passive = be && !t.perfect(s, p, i)
			case fThey:
				a.passive = t.reflex != "" && t.reflexive(s, i)
			case fInf, fPlural:
				a.aim = t.aimed(s, p, n)
				if t.reflex != "" && (t.reflexive(s, i) || strings.HasSuffix(w, "se")) {
					a.passive = true
				}
				if be && t.code == "de" && f.kind == fPlural && modal == "" && has("werden") < 0 && has("wird") < 0 {
					continue // "sind zu speichern" and the like are left out
				}
			}
			if f.part != "" && f.part != "zu" && has(f.part) <= i {
				continue
			}
			if f.kind == fThey && t.twice(p, i) {
				continue
			}
			if !slices.ContainsFunc(p.acts, func(o *act) bool { return o.at == i }) {
				p.acts = append(p.acts, a)
			}
		}
	}
	if len(p.acts) > 0 && p.role == roleAim {
		for _, a := range p.acts {
			a.aim = true
		}
	}
}

// partFirst puts participles before the other readings of a form.
func partFirst(forms []form) []form {
	if len(forms) < 2 || !slices.ContainsFunc(forms, func(f form) bool { return f.kind == fPart }) {
		return forms
	}
	out := slices.Clone(forms)
	slices.SortStableFunc(out, func(a, b form) int {
		rank := func(f form) int {
			if f.kind == fPart {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	return out
}

// auxiliaryBefore reports whether a participle has its auxiliary before it, so
// that it is no attribute: "les données collectées ne sont pas vendues".
func (t *tongue) auxiliaryBefore(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-9; j-- {
		w := s.low(j)
		if t.beAux[w] || t.haveAux[w] {
			return true
		}
		part := slices.ContainsFunc(t.verbs[w], func(f form) bool { return f.kind == fPart })
		if s.takenBy(j, mData) || s.takenBy(j, mWho) || !part && (t.relative[w] || in(w, ";", ":", "(", ")")) || w == "," && !slices.ContainsFunc(t.verbs[s.low(j-1)], func(f form) bool { return f.kind == fPart }) && s.low(j-2) != "," {
			return false
		}
	}
	return false
}

// partitive lets "de" before an infinitive stand: "nous évitons de collecter".
func (t *tongue) partitive(s *sentence, i int) bool {
	for _, f := range t.verbs[s.low(i)] {
		if f.kind == fInf && in(s.low(i-1), "de", "d") {
			return true
		}
	}
	return false
}

// perfect reports whether a participle belongs to "have": "wir haben … erhoben".
func (t *tongue) perfect(s *sentence, p *part, at int) bool {
	if t.code == "de" {
		have, be := false, false
		for _, i := range p.toks {
			have = have || t.haveAux[s.low(i)]
			be = be || t.beAux[s.low(i)]
		}
		return have && !be
	}
	for j := at - 1; j >= 0 && j >= at-4; j-- {
		if t.beAux[s.low(j)] {
			return false
		}
		if t.haveAux[s.low(j)] {
			return true
		}
	}
	return false
}

// reflexive reports whether the reflexive pronoun stands before a verb.
func (t *tongue) reflexive(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		if s.low(j) == t.reflex {
			return true
		}
		if t.modals[s.low(j)] == "" && !in(s.low(j), "le", "les", "nos", "y", "ni", "o") && len(t.verbs[s.low(j)]) == 0 {
			return false
		}
	}
	return false
}

// twice reports whether a form that is a participle too was taken as one.
func (t *tongue) twice(p *part, i int) bool {
	return slices.ContainsFunc(p.acts, func(a *act) bool { return a.at == i })
}

// aimed reports whether an infinitive says what something is for.
func (t *tongue) aimed(s *sentence, p *part, n int) bool {
	for k := n - 1; k >= 0 && k >= n-5; k-- {
		w := s.low(p.toks[k])
		if t.purpose[w] || in(w, "de", "d") && k > 0 && in(s.low(p.toks[k-1]), "but", "vue", "fins", "objectif", "finalité", "fin", "objeto", "objetivo", "finalidad") {
			return true
		}
		if t.modals[w] != "" || t.and[w] || !s.toks[p.toks[k]].word {
			return false
		}
	}
	return false
}

// share gives clauses what they have in common with the next or the last one:
// a subject, an object, a denial, a passive.
func (t *tongue) share(s *sentence, list []*said) {
	at := func(p *part) *said {
		for _, c := range list {
			if c.part == p {
				return c
			}
		}
		return nil
	}
	for i, c := range list {
		if len(c.acts) > 0 && len(c.data) == 0 && len(c.who) == 0 && !c.pronoun && i+1 < len(list) && list[i+1].before == c.part && t.conjoins(s, list[i+1]) {
			c.raised = true
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if c.raised {
			n := list[i+1]
			c.data, c.who, c.aims, c.only = n.data, n.who, n.aims, c.only || n.only
			switch {
			case n.negated && !c.negated && n.person != "user":
				c.negated = true
			case c.negated && !n.negated:
				n.negated = true
			}
		}
	}
	for _, c := range list {
		prev := at(c.before)
		if prev == nil {
			continue
		}
		if t.conjoins(s, c) && len(prev.who) == 0 && len(c.data) == 0 && !c.pronoun && t.given(prev) && t.given(c) {
			prev.who = c.who // "no se cederán ni venderán a terceros"
		}
		if t.conjoins(s, c) && len(prev.acts) > 0 && len(c.acts) > 0 && len(c.data) == 0 && !c.pronoun && prev.person == "" && !t.passive(prev) {
			// "Ihre Daten verkaufen oder vermieten wir nicht"
			prev.person, prev.subject, c.data = c.person, c.subject, prev.data
			prev.negated = prev.negated || c.negated
		}
		if c.person == "" && !t.passive(c) && len(c.acts) > 0 {
			c.person, c.subject = prev.person, prev.subject
		}
		if t.reflex != "" && t.passive(prev) && !t.passive(c) && c.person == "" {
			for _, a := range c.acts {
				a.passive = true
			}
		}
	}
}

// conjoins reports whether a clause begins with a conjunction.
func (t *tongue) conjoins(s *sentence, c *said) bool {
	if len(c.toks) == 0 {
		return false
	}
	w := s.low(c.toks[0])
	return t.and[w] && !in(w, "aber", "mais", "pero", "sondern", "sino") || t.joint[w] || t.negators[w] || s.low(c.toks[0]-1) == ","
}

func (t *tongue) passive(c *said) bool {
	return slices.ContainsFunc(c.acts, func(a *act) bool { return a.passive })
}

func (t *tongue) modality(a *act) string {
	switch {
	case a.modal == "":
		return ""
	case in(a.modal, "müssen", "muss", "dürfen", "darf", "doit", "doivent", "devons", "debemos", "debe", "deben"):
		return "must"
	case in(a.modal, "werden", "wird"):
		return "will"
	}
	return "may"
}
