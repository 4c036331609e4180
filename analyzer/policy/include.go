package policy

import (
	"slices"
	"strings"
)

// Texts say in one sentence that they collect information and in the next, or
// in the rest of the same, which: "the information we collect may include …",
// "these include …", "for example, …". And they take some of it back: "your
// name, but not your address".

var including = wordSet("include includes including comprise comprises consist consists contain contains encompasses encompass")

// inclusions gives the data after "include" to the act that its subject names:
// "the information that we collect from you may include your name".
func (s *sentence) inclusions(list []*predicate) {
	for i := range s.toks {
		if !s.includes(i) {
			continue
		}
		var p *predicate
		own := -1
		for j, q := range list {
			if q.at == i {
				own = j
			}
			if q.at < i && q.lemma != "include" && q.lemma != "contain" {
				p = q
			}
		}
		if p == nil || !(p.relative || p.reduced || p.passive) || p.dropped || p.action == verbAllow || !s.onlyAsides(p.at, i) {
			continue
		}
		more := s.dataFrom(i + 1)
		if len(more) == 0 {
			continue
		}
		for _, k := range more {
			if !slices.Contains(p.data, k) {
				p.data = append(p.data, k)
			}
		}
		if own >= 0 {
			list[own].dropped = true
		}
	}
}

// includes reports whether a token says what something is made of. A form of
// "be" does so only right before data: "the data collected are your name".
func (s *sentence) includes(i int) bool {
	if including[s.low(i)] && s.low(i) != "including" {
		return s.low(i-1) != "not" && s.low(i-2) != "not"
	}
	if !in(s.low(i), "are", "is") {
		return false
	}
	for _, m := range s.mentions {
		if m.kind == mData && m.start > i && m.start <= i+3 {
			next := s.low(m.end)
			return !auxiliaries[next] && (in(next, ",", "and", ".", "", ":", "(", ";") || in(s.low(i+1), "your", "the", "name", ":"))
		}
	}
	return false
}

// onlyAsides reports whether nothing that could be another subject lies
// between two tokens.
func (s *sentence) onlyAsides(from, to int) bool {
	for t := from + 1; t < to; t++ {
		if in(s.low(t), ";", "we", "but", "because", "if", "they") {
			return false
		}
	}
	return to-from < 25
}

// dataFrom are the data from a token to the end of its clause.
func (s *sentence) dataFrom(from int) []int {
	end := len(s.toks)
	for t := from; t < end; t++ {
		if s.low(t) == ";" && !s.listGoesOn(t) || in(s.low(t), "but", "and") && in(s.low(t+1), "we", "is", "are", "will", "may", "does", "do") {
			end = t
		}
	}
	var out []int
	for k, m := range s.mentions {
		if m.kind == mData && m.start >= from && m.end <= end {
			out = append(out, k)
		}
	}
	return out
}

// listGoesOn reports whether a semicolon stands between the items of a list of
// data, and not between clauses: "your name; the pages that you visit; and …".
func (s *sentence) listGoesOn(semicolon int) bool {
	from := semicolon + 1
	for in(s.low(from), "and", "or", ",", "(") {
		from++
	}
	end := from
	for end < len(s.toks) && s.low(end) != ";" {
		end++
	}
	if verbs[s.low(from)].lemma != "" && !s.takenBy(from, mData) || in(s.low(from), "to", "for", "if", "when", "by") {
		return false
	}
	data, hangs := false, false
	for t := from; t < end; t++ {
		switch w := s.low(t); {
		case s.takenBy(t, mData):
			data = true
		case in(w, "that", "which", "who", "whom", "whose", "where", "how", "whether"):
			hangs = true
		case s.takenBy(t, mActor) && s.low(t) != "our":
			if !data {
				return false // a subject
			}
			hangs = true // "the pages you visit"
		case auxiliaries[w] && !hangs:
			return false
		case in(w, ":", "but", "however"):
			return data
		}
	}
	return data
}

// fromPrior reads "this may include your name" and "for example, your name"
// by what the sentence before it says.
func (r *reader) fromPrior(at spot, s *sentence) bool {
	if len(r.prior) == 0 || r.priorPath != strings.Join(r.body[at.block].path, "\n") {
		return false
	}
	from := -1
	switch {
	case in(s.low(0), "for") && in(s.low(1), "example", "instance"), in(s.low(0), "e.g", "examples", "including"):
		from = 1
	case in(s.low(0), "this", "these", "such", "it", "they", "the", "that", "some", "examples", "included", "among"):
		for t := 1; t < len(s.toks) && t < 14 && from < 0; t++ {
			if s.includes(t) && s.genericBefore(t) {
				from = t + 1
			}
			if s.low(t) == "we" {
				break
			}
		}
	}
	if from < 0 {
		return false
	}
	var said Statement
	for _, k := range s.dataFrom(from) {
		said.takes(at, s, k)
	}
	ids := r.tidy(said.DataTypes)
	if len(ids) == 0 || len(ids) == 1 && ids[0] == "information" {
		return false
	}
	before := len(r.doc.Statements)
	for _, st := range r.prior {
		if st.Negated || st.Action == actCookies || st.Action == actProtect || st.Action == actLet && len(st.DataTypes) == 0 {
			continue
		}
		if in(s.low(0), "it", "they", "that", "the") && !slices.ContainsFunc(st.DataTypes, func(id string) bool { return r.lex.abstract[id] }) {
			continue
		}
		one := st
		one.DataTypes, one.places, one.Data = ids, said.places, nil
		r.add(at, one)
	}
	return len(r.doc.Statements) > before
}

// opensWithList reports whether what a sentence says first is what something
// includes: "this data may include your name and the time of your visit".
func (s *sentence) opensWithList() bool {
	for t := 1; t < len(s.toks) && t < 6; t++ {
		if including[s.low(t)] && s.low(t) != "including" {
			return in(s.low(0), "this", "these", "such")
		}
	}
	return false
}

// listOfPrior reads an item below "personal information may include:", which
// stands after a sentence that says what is done with personal information.
func (r *reader) listOfPrior(at spot, s *sentence) bool {
	for t := 1; t < s.from; t++ {
		if !s.includes(t) || !s.genericBefore(t) || len(s.ids(mData, s.from)) == 0 {
			continue
		}
		const lead = "This includes "
		if said, ok := r.introduced[at.lead]; ok { // not what the item before said
			r.prior = said
		}
		return r.fromPrior(at, r.lex.sentence(lead+at.text, len(lead), at.self))
	}
	return false
}

// genericBefore reports whether all data before a token are broad terms, so
// that what follows can be what they stand for.
func (s *sentence) genericBefore(t int) bool {
	for _, m := range s.mentions {
		if m.start >= t {
			break
		}
		if m.kind == mWho || m.kind == mActor && m.id == "we" {
			return false
		}
	}
	return true
}

// pointedAt is whom "they" and "these companies" may stand for.
func (r *reader) pointedAt(at spot) []RecipientRef {
	if r.priorPath != strings.Join(r.body[at.block].path, "\n") {
		return nil
	}
	return r.priorRefs
}

// remember keeps what a sentence said for the next one.
func (r *reader) remember(at spot, before int) {
	path := strings.Join(r.body[at.block].path, "\n")
	if path != r.priorPath {
		r.prior, r.priorRefs = nil, nil
	}
	r.priorPath = path
	if at.leads {
		defer func() {
			if r.introduced == nil {
				r.introduced = make(map[string][]Statement)
			}
			r.introduced[at.text] = r.prior
		}()
	}
	if len(r.doc.Statements) == before {
		return
	}
	r.prior = append([]Statement(nil), r.doc.Statements[before:]...)
	r.priorRefs = nil
	for _, st := range r.prior {
		if !st.Negated {
			r.priorRefs = uniqRefs(append(r.priorRefs, st.RecipientRefs...))
		}
	}
}

// takenBack are the data after "but not": what the act does not reach. What is
// only left out of a term ("not including your name") is neither.
func (s *sentence) takenBack(p *predicate) (kept, denied []int) {
	const (
		taken = iota
		notTaken
		leftOut
	)
	state, bracket := taken, false
	at := p.at + 1
	for _, k := range p.data {
		m := s.mentions[k]
		for t := at; t < m.start; t++ {
			w, next := s.low(t), s.low(t+1)
			switch {
			case w == "not" && in(next, "including", "include") && s.low(t+2) != "limited", w == "excluding":
				state, bracket = leftOut, s.low(t-1) == "("
			case in(w, "not", "never") && in(s.low(t-1), "but", "(") && !in(next, "limited", "only", "just", "including") && m.start-t <= 4:
				state, bracket = notTaken, s.low(t-1) == "("
			case state != taken && (bracket && w == ")" || w == "but"):
				state = taken
			}
		}
		at = max(at, m.end)
		switch state {
		case taken:
			kept = append(kept, k)
		case notTaken:
			denied = append(denied, k)
		}
	}
	if s.low(p.end) == "but" && in(s.low(p.end+1), "not", "never") && !in(s.low(p.end+2), "limited", "only") {
		at := p.end + 2
		for k, m := range s.mentions {
			if m.kind != mData || m.start < at || m.start > at+3 {
				continue
			}
			denied = append(denied, k)
			at = m.end
		}
	}
	return kept, denied
}
