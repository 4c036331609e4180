package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// said is a clause made ready: who does what, denied or not.
type said struct {
	*part
	negated  bool
	only     bool
	data     []int // mentions
	who      []int
	aims     []int
	subject  int    // mention that acts; -1
	person   string // "we", "user", "third_party", "" when unknown
	raised   bool   // has no object of its own: shares that of the next clause
	pronoun  bool   // a pronoun stands for its data
	excused  bool   // its denial says nothing of an act
	subjects []int
}

// maxActs bounds the acts of a sentence that are read.
const maxActs = 60

// readTongue reads the clauses of a sentence and adds its statements. With a
// lead-in only what the item adds counts. It reports whether there was any.
func (r *reader) readTongue(t *tongue, at spot, s *sentence, led bool) bool {
	before := len(r.doc.Statements)
	parts := t.parts(s)
	list := make([]*said, 0, len(parts))
	for _, p := range parts {
		t.findActs(s, p)
		list = append(list, t.clause(s, p))
	}
	t.share(s, list)
	acts := 0
	for i, c := range list {
		for _, a := range c.acts {
			if acts++; acts > maxActs {
				return len(r.doc.Statements) > before
			}
			r.sayTongue(t, at, s, list, i, a, led)
		}
	}
	return len(r.doc.Statements) > before
}

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
			c.subjects = n.subjects
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

// sayTongue makes statements of one act.
func (r *reader) sayTongue(t *tongue, at spot, s *sentence, list []*said, i int, a *act, led bool) {
	c := list[i]
	if a.aim || c.role == roleExcept || c.role == roleAim || c.role == roleAsk {
		return
	}
	if c.role == roleThat && c.parent != nil && slices.ContainsFunc(list, func(o *said) bool { return o.part == c.parent && o.negated && len(o.acts) == 0 }) {
		return // "wir möchten nicht, dass …"
	}
	who, ref, ok := t.actor(s, c, a)
	if !ok {
		return
	}
	if (c.role == roleIf || c.role == roleWhen) && who != "user" {
		return
	}
	st := Statement{Actor: who, Action: a.action, Negated: c.negated, Only: c.only, Modality: t.modality(a)}
	if c.negated && (t.saysNothing(s, list, i, a, who) || who == "user") {
		return
	}
	t.objects(s, list, i, a, led, &st)
	words, except := t.condition(s, list, i, a)
	st.Condition = words
	for _, k := range c.who {
		m := s.mentions[k]
		if k == c.subject && !a.passive || ref != nil && ref == &s.mentions[k].ref || !handsOut[a.action] || t.sourceOf(s, m.start) {
			continue
		}
		st.RecipientRefs = append(st.RecipientRefs, m.ref)
	}
	st.Purposes = t.goals(s, list, i, &st)
	if led && (!t.adds(s, a, &st, c) || c.negated && a.at < s.from && !t.deniedBefore(s)) {
		return // what an item takes back is not what its lead-in denies
	}
	if ref != nil {
		st.RecipientRefs = append([]RecipientRef{*ref}, st.RecipientRefs...)
	}
	if !r.shapeTongue(t, s, c, a, &st) || at.leads && waits(st) {
		return
	}
	r.add(at, st)
	if st.Action == actCookies && a.action == actRetain && !st.Negated {
		if days := t.daysIn(s); days > 0 {
			kept := st
			kept.Action, kept.RetentionDays, kept.Purposes = actRetain, days, nil
			r.add(at, kept)
		}
	}
	if st.Negated && except != nil && handsOut[st.Action] {
		allowed := st
		allowed.Negated, allowed.Modality, allowed.Only, allowed.RecipientRefs = false, "may", true, nil
		for _, k := range except.who {
			allowed.RecipientRefs = append(allowed.RecipientRefs, s.mentions[k].ref)
		}
		if len(allowed.RecipientRefs) > 0 {
			r.add(at, allowed)
		}
	}
}

// deniedBefore reports whether a lead-in holds a denial.
func (t *tongue) deniedBefore(s *sentence) bool {
	for i := range s.from {
		if t.negators[s.low(i)] {
			return true
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

// saysNothing reports whether a denial is not one of ours: of an ability, of a
// duty, of what users may ask for, of which data are meant.
func (t *tongue) saysNothing(s *sentence, list []*said, i int, a *act, who string) bool {
	c := list[i]
	if t.joins[a.lemma] {
		return true
	}
	if c.excused || c.role == roleWhich && !a.noun || t.unable[a.modal] && who == "we" && (!a.passive || in(a.action, actUse, actCollect, actRetain)) {
		return true
	}
	for _, j := range c.toks {
		if t.asking[s.low(j)] {
			return true
		}
		if t.asks[s.low(j)] && (c.person == "user" || t.addressed(s)) {
			return true
		}
	}
	for _, o := range list[:i] {
		if o.role == roleExcept {
			continue
		}
		if o.negated && c.role == roleThat || o.excused && c.role == roleThat {
			return true
		}
		for _, j := range o.toks {
			if t.asks[s.low(j)] && (c.role == roleThat || c.role == roleAsk) {
				return true
			}
		}
		if o.person == "user" && c.role == roleThat {
			return true
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

// objects are the data of an act: those of its clause, those that a relative
// pronoun or a pronoun stands for, or nothing in particular.
func (t *tongue) objects(s *sentence, list []*said, i int, a *act, led bool, st *Statement) {
	c := list[i]
	data := c.data
	if c.role == roleWhich && c.parent != nil && (len(data) == 0 || c.person != "third_party") {
		var before []int
		for k, m := range s.mentions {
			if m.kind == mData && m.end <= c.opener && slices.Contains(c.parent.toks, m.start) {
				before = append(before, k)
			}
		}
		if len(before) > 0 {
			data = append(slices.Clone(before), data...)
		}
	}
	if len(data) == 0 && c.pronoun {
		for j := i - 1; j >= 0 && len(data) == 0; j-- {
			data = list[j].data
		}
	}
	if len(data) == 0 && a.passive && c.before != nil && !a.noun {
		for j := i - 1; j >= 0 && len(data) == 0; j-- {
			if list[j].part == c.before {
				data = list[j].data // "werden erhoben und werden gespeichert"
			}
		}
	}
	item := false
	for _, k := range data {
		item = item || s.mentions[k].start >= s.from
	}
	for _, k := range data {
		if led && item && s.mentions[k].start < s.from && a.at < s.from {
			continue
		}
		st.DataTypes = append(st.DataTypes, s.mentions[k].id)
	}
	if len(st.DataTypes) == 0 && (c.pronoun || a.noun) && (handsOut[a.action] || a.action == actRetain) {
		st.DataTypes = []string{"information"}
	}
}

// goals are the purposes of an act: of its clause, of the clauses of purpose
// that hang on it, and of the whole sentence when there is only one.
func (t *tongue) goals(s *sentence, list []*said, i int, st *Statement) []string {
	c := list[i]
	var out []string
	add := func(from []int) {
		for _, k := range from {
			m := s.mentions[k]
			if st.Negated && strings.Contains(st.Condition, s.text[s.toks[m.start].start:s.toks[m.end-1].end]) {
				continue
			}
			out = append(out, m.id)
		}
	}
	add(c.aims)
	for _, o := range list[i+1:] {
		if o.role == roleAim && (o.parent == c.part || o.parent != nil && o.parent.parent == c.part || c.raised) {
			add(o.aims)
		}
	}
	return out
}

// adds reports whether an item gives an act of its lead-in anything.
func (t *tongue) adds(s *sentence, a *act, st *Statement, c *said) bool {
	if a.at >= s.from {
		return true
	}
	for _, list := range [][]int{c.data, c.who, c.aims} {
		for _, k := range list {
			if s.mentions[k].start >= s.from {
				return true
			}
		}
	}
	return false
}

// shapeTongue makes an act's action final, or reports that it says nothing.
func (r *reader) shapeTongue(t *tongue, s *sentence, c *said, a *act, st *Statement) bool {
	st.DataTypes = r.tidy(st.DataTypes)
	third := st.Actor != "we" && st.Actor != "user"
	onlyCookies := slices.Equal(st.DataTypes, []string{"cookie_identifier"})
	vendors := t.letIn(s, c, a)
	switch {
	case st.Actor == "user":
		if len(st.DataTypes) == 0 || !handsOut[a.action] || len(st.RecipientRefs) > 0 || a.passive && len(c.data) == 0 && c.role != roleWhich {
			return false
		}
		st.Action, st.RecipientRefs = actProvide, nil
		return true
	case a.action == verbAllow:
		return t.allows(s, c, st)
	case onlyCookies && in(a.action, actUse, verbPlace, actRetain, actShare) && !ends[a.lemma] && !deletes[a.lemma]:
		if st.Negated && len(st.Purposes) > 0 {
			return false // "keine Cookies, um Sie zu identifizieren" denies no cookies
		}
		st.Action = actCookies
		if !third {
			st.RecipientRefs = nil
		}
		return true
	case len(vendors) > 0 && in(a.action, actUse, verbPlace, verbEmbed) && len(withoutEmpty(st.DataTypes)) == 0 && !third:
		st.Action, st.RecipientRefs, st.DataTypes = actLet, vendors, nil
		if !st.Negated {
			st.DataTypes = t.dataLeft(s, a)
		}
		return true
	case a.action == verbEmbed || a.action == verbPlace || a.action == verbNone:
		return false
	case a.action == actProvide:
		st.Action = actShare
	case in(a.lemma, "commercialiser", "commercializar") && !st.Negated:
		return false // products are, mostly
	}
	if handsOut[st.Action] && len(st.RecipientRefs) == 0 && st.Actor == "we" && t.toYou(s, c, a) {
		return false // what people get themselves is not handed out
	}
	if handsOut[st.Action] && (third || a.passive) && t.toUs(s, c, a) {
		st.Actor, st.Action, st.RecipientRefs = "we", actCollect, nil
	}
	return r.holdsTongue(t, s, a, st)
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

// deletes are verbs that end the keeping of data.
var deletes = wordSet("löschen vernichten entfernen supprimer effacer détruire suprimir eliminar borrar cancelar destruir Löschung löschung suppression supresión eliminación")

func withoutEmpty(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "information" || id == "cookie_identifier" || id == "usage_data" })
}

func (r *reader) holdsTongue(t *tongue, s *sentence, a *act, st *Statement) bool {
	switch st.Action {
	case actRetain:
		st.RetentionDays = t.daysIn(s)
		words := squeeze(s.firstMatch(t.keep))
		longer := t.longer(s, st)
		if longer {
			st.Negated = false
		}
		if words != "" && (!st.Negated || st.Condition == "" || longer) {
			st.Condition = words
		}
		if deletes[a.lemma] && (st.Negated || st.RetentionDays == 0 && st.Condition == "") {
			return false // a deletion that says not when
		}
		if len(st.DataTypes) == 0 && (st.RetentionDays > 0 || words != "") && (a.passive || st.Actor == "we") && a.kind != fInf {
			st.DataTypes = []string{"information"}
		}
		return len(st.DataTypes) > 0
	case actTransfer:
		if len(st.RecipientRefs) > 0 && len(s.matches(t.abroad)) == 0 {
			st.Action = actShare
		}
	case actShare, actDisclose, actSell:
		if len(st.DataTypes) == 0 && len(st.RecipientRefs) > 0 && st.Negated && st.Actor == "we" {
			st.DataTypes = []string{"information"}
		}
	}
	return len(st.DataTypes) > 0
}

// longer reports whether a denied keeping is one beyond a time: "nicht länger
// als 30 Tage" says that data are kept.
func (t *tongue) longer(s *sentence, st *Statement) bool {
	if !st.Negated {
		return false
	}
	low := strings.ToLower(s.text)
	for _, w := range []string{"länger als", "nicht länger", "über ", "plus longtemps", "au-delà", "plus de ", "más tiempo", "más de ", "más allá"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// days is the longest time span of a sentence, in whole days; 0 without any.
func (t *tongue) days(text string) int {
	low := strings.ToLower(text)
	low = t.ages.get().ReplaceAllString(low, " ")
	for _, w := range wordsIn(low) {
		if n := t.numbers[w]; n != "" {
			low = replaceWord(low, w, n)
		}
	}
	longest := 0.0
	for _, d := range durations(low) {
		longest = max(longest, d)
	}
	if longest > 0 && longest < 1 {
		return 1
	}
	return int(longest + 0.5)
}

func wordsIn(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return !wordRune(c) })
}

func replaceWord(s, w, by string) string {
	at := 0
	for {
		i := strings.Index(s[at:], w)
		if i < 0 {
			return s
		}
		i += at
		end := i + len(w)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if i > 0 && wordRune(before) || end < len(s) && wordRune(after) {
			at = end
			continue
		}
		s = s[:i] + by + s[end:]
		at = i + len(by)
	}
}

// letIn are the vendors that a clause says are used.
func (t *tongue) letIn(s *sentence, c *said, a *act) []RecipientRef {
	var out []RecipientRef
	for _, k := range c.who {
		m := s.mentions[k]
		if m.ref.Kind != "category" || vendorish[m.id] || hired[m.id] && !c.negated {
			out = append(out, m.ref)
		}
	}
	return out
}

// dataLeft are the data that a vendor's use involves, from the sentence.
func (t *tongue) dataLeft(s *sentence, a *act) []string {
	var out []string
	for _, m := range s.mentions {
		if m.kind == mData && m.start > a.at && m.id != "information" {
			out = append(out, m.id)
		}
	}
	return out
}

// allows reads "wir erlauben Dritten, Ihre Daten zu erheben".
func (t *tongue) allows(s *sentence, c *said, st *Statement) bool {
	if len(c.who) == 0 || !slices.ContainsFunc(c.acts, func(a *act) bool { return in(a.action, actCollect, actUse, verbPlace, actRetain) }) {
		return false
	}
	st.Action, st.RecipientRefs = actLet, nil
	for _, k := range c.who {
		st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
	}
	for _, a := range c.acts {
		a.aim = true // it is theirs
	}
	return len(st.DataTypes) > 0
}

// condition is the words that limit an act, and the clause of an exception.
func (t *tongue) condition(s *sentence, list []*said, i int, a *act) (words string, except *said) {
	c := list[i]
	from := -1
	text := func(toks []int) string {
		if len(toks) == 0 {
			return ""
		}
		end := len(toks)
		for end > 1 && !s.toks[toks[end-1]].word {
			end--
		}
		return squeeze(s.text[s.toks[toks[0]].start:s.toks[toks[end-1]].end])
	}
	for j, o := range list {
		if o.role == roleExcept && (o.parent == c.part || o.parent == nil || c.raised || c.before != nil) {
			return t.tail(s, list, j, text), o
		}
	}
	for _, limit := range []*pattern{t.limits, t.denial} {
		if limit == t.denial && !c.negated {
			continue
		}
		for _, m := range s.matches(limit) {
			for _, k := range c.toks {
				if s.toks[k].start >= m[0] && s.toks[k].start < m[1] {
					from = k
					break
				}
			}
			if from >= 0 && whole.get().MatchString(s.text[m[0]:m[1]]) {
				return squeeze(s.text[m[0]:m[1]]), nil
			}
			if from >= 0 {
				if toks := t.phrase(s, c, from); len(toks) > 1 {
					return text(toks), nil
				}
				return squeeze(s.text[m[0]:m[1]]), nil
			}
		}
	}
	if c.negated {
		for _, k := range c.toks {
			if t.habits[s.low(k)] {
				return s.toks[k].raw, nil
			}
		}
	}
	for j, o := range list {
		if o.role != roleIf || o.parent != nil && o.parent != c.part && !c.raised && o.parent != c.before {
			continue
		}
		if c.negated || o.opener > a.at && t.conditional(s, o) {
			return t.tail(s, list, j, text), nil
		}
	}
	if c.negated && !a.noun && len(c.aims) == 0 {
		for j, o := range list {
			if j > i && o.role == roleAim && len(o.aims) == 0 && (o.parent == c.part || c.raised) {
				return t.tail(s, list, j, text), nil
			}
		}
	}
	return "", nil
}

// whole are limits that say all that they mean.
var whole = lazily(`(?i)(?:einwilligung|zustimmung|erlaubnis|genehmigung|wissen|einverständnis|zwecken?|hinaus|consentement|accord|autorisation|permission|fins|finalités|consentimiento|autorización|permiso|conformidad|fines|finalidades|distintos|diferentes)$`)

// matches finds a pattern in a sentence, at most three times, and remembers it.
func (s *sentence) matches(p *pattern) [][]int {
	m, ok := s.found[p]
	if !ok {
		if s.found == nil {
			s.found = make(map[*pattern][][]int)
		}
		m = p.get().FindAllStringIndex(s.text, 3)
		s.found[p] = m
	}
	return m
}

// firstMatch is the first match of a pattern in a sentence.
func (s *sentence) firstMatch(p *pattern) string {
	if m := s.matches(p); len(m) > 0 {
		return s.text[m[0][0]:m[0][1]]
	}
	return ""
}

// daysIn is the longest time span of a sentence, worked out once.
func (t *tongue) daysIn(s *sentence) int {
	if s.span == nil {
		n := t.days(s.text)
		s.span = &n
	}
	return *s.span
}

// conditional tells "if" from "when".
func (t *tongue) conditional(s *sentence, o *said) bool {
	return !in(s.low(o.opener), "wenn", "lorsque", "cuando") || t.only[s.low(o.opener-1)] || t.only[s.low(o.opener-3)] || s.low(o.opener) == "nur" || s.low(o.opener) == "wenn" && t.only[s.low(o.opener)]
}

// tail is the words of a clause with those that hang on it.
func (t *tongue) tail(s *sentence, list []*said, j int, text func([]int) string) string {
	toks := slices.Clone(list[j].toks)
	for k := j + 1; k < len(list); k++ {
		if list[k].parent == list[j].part {
			toks = append(toks, list[k].toks...)
		}
	}
	slices.Sort(toks)
	// What is not one run of words ends at the first break.
	for n := 1; n < len(toks); n++ {
		if toks[n] > toks[n-1]+3 {
			toks = toks[:n]
			break
		}
	}
	if from := list[j].opener; from > 0 && t.only[s.low(from-1)] {
		toks = append([]int{from - 1}, toks...)
	}
	return text(toks)
}

// phrase is the tokens of a clause from one on, to the next mark or to the verb
// that ends the clause.
func (t *tongue) phrase(s *sentence, c *said, from int) []int {
	if from > 0 && (t.only[s.low(from-1)]) && slices.Contains(c.toks, from-1) {
		from--
	}
	var out []int
	for _, k := range c.toks {
		if k < from {
			continue
		}
		if len(out) > 0 && (!s.toks[k].word || k > out[len(out)-1]+1) {
			break
		}
		if f, v := t.verbal(s, k); t.nouns && len(out) > 1 && (f || v) {
			break
		}
		if t.nouns && len(out) > 0 && slices.ContainsFunc(c.acts, func(a *act) bool { return a.part == s.low(k) }) {
			break
		}
		out = append(out, k)
	}
	return out
}

// namedInTongue records vendors that a sentence names and no statement of it
// has: they are let in, unless the sentence denies anything.
func (r *reader) namedInTongue(t *tongue, at spot, s *sentence, before int) {
	var refs []RecipientRef
	for _, m := range s.mentions {
		if m.kind != mWho || m.ref.Kind == "category" || t.nouns && s.toks[m.end-1].end < len(s.text) && s.text[s.toks[m.end-1].end] == '-' {
			continue // "PayPal-Adresse" names no recipient
		}
		known := false
		for _, st := range r.doc.Statements[before:] {
			known = known || slices.ContainsFunc(st.RecipientRefs, func(o RecipientRef) bool { return o.Kind == m.ref.Kind && o.ID == m.ref.ID })
		}
		if !known {
			refs = append(refs, m.ref)
		}
	}
	if len(refs) == 0 {
		return
	}
	hint := false
	for i := range s.toks {
		w := s.low(i)
		if t.negators[w] {
			return
		}
		hint = hint || t.hints[w] || in(t.nominals[w], actShare, actTransfer, actUse, actCollect) ||
			slices.ContainsFunc(t.verbs[w], func(f form) bool {
				return in(f.action, actUse, actShare, actTransfer, actCollect, verbEmbed, verbPlace)
			})
	}
	if hint {
		r.add(at, Statement{Actor: "we", Action: actLet, RecipientRefs: refs})
	}
}
