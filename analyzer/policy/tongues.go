package policy

import (
	"slices"
	"strings"
)

// said is a clause made ready: who does what, denied or not.
type said struct {
	*part
	negated bool
	only    bool
	data    []int // mentions
	who     []int
	aims    []int
	subject int    // mention that acts; -1
	person  string // "we", "user", "third_party", "" when unknown
	raised  bool   // has no object of its own: shares that of the next clause
	pronoun bool   // a pronoun stands for its data
	excused bool   // its denial says nothing of an act
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
