package policy

import "slices"

// What turns an act round from outside the verb's own group: "nobody gets to
// see …", "we are not in the business of …", "shared with nobody".

// turned reports whether words outside a verb's group deny it.
func (s *sentence) turned(p *predicate) bool {
	if t := s.toNobody(p); s.nobodyDoes(p) || t > 0 && !s.nobodyBut(t) {
		return true
	}
	return p.form == 'g' && (s.gaveUp(p) || s.notOurBusiness(p) || s.notWhatWeDo(p))
}

// nobodyDoes reads "nobody outside our company gets to see your messages".
func (s *sentence) nobodyDoes(p *predicate) bool {
	for t := p.head - 1; t >= 0 && t > p.head-9; t-- {
		w := s.low(t)
		if in(w, ",", ";", ":", "but", "that", "which") || auxiliaries[w] && t < p.head-3 {
			return false
		}
		if w == "nobody" || w == "one" && s.low(t-1) == "no" {
			p.dropped = p.dropped || s.low(t-1) == "that" || s.low(t-2) == "that" // "made anonymous so that nobody gets it"
			return !s.nobodyBut(t)
		}
	}
	return false
}

// toNobody returns the token of "nobody" in "shared with nobody", 0 for none.
func (s *sentence) toNobody(p *predicate) int {
	for t := p.at + 1; t < len(s.toks) && t < p.at+20; t++ {
		w := s.low(t)
		if in(w, ";", "but", "unless") || t > p.at+1 && verbs[w].lemma != "" && !s.takenBy(t, mData) {
			return 0
		}
		if in(w, "to", "with") && (s.low(t+1) == "nobody" || s.low(t+1) == "no" && s.low(t+2) == "one") {
			return t + 1
		}
	}
	return 0
}

// nobodyBut reports whether "nobody" at a token leaves somebody: "nobody but
// our payment provider".
func (s *sentence) nobodyBut(t int) bool {
	if s.low(t) == "no" {
		t++
	}
	return in(s.low(t+1), "but", "except", "besides") || in(s.low(t+1), "other", "else") && in(s.low(t+2), "than", "but", "except")
}

// gaveUp reads "we stopped using …". "The right to ask that we stop selling" is
// a choice, which polarity knows.
func (s *sentence) gaveUp(p *predicate) bool {
	return in(s.low(p.head-1), "stopped", "ceased", "discontinued", "quit", "abandoned")
}

// notOurBusiness reads "we are not in the business of selling …".
func (s *sentence) notOurBusiness(p *predicate) bool {
	return s.low(p.head-1) == "of" && in(s.low(p.head-2), "business", "habit", "practice") && s.low(p.head-3) == "the" && s.low(p.head-4) == "in" &&
		(negators[s.low(p.head-5)] || negators[s.low(p.head-6)])
}

// notWhatWeDo reads "trading in your data is not something we do".
func (s *sentence) notWhatWeDo(p *predicate) bool {
	t := s.saidOf(p)
	if t < 0 {
		return false
	}
	if !negators[s.low(t)] {
		t++
	}
	return negators[s.low(t)] && in(s.low(t+1), "something", "anything", "what", "a", "part")
}

// leftToYou reports whether an act is the reader's, who need not do it: "giving
// your phone number is optional".
func (s *sentence) leftToYou(p *predicate) bool {
	t := s.saidOf(p)
	return t >= 0 && in(s.low(t+1), "optional", "voluntary", "mandatory", "required", "necessary", "up", "entirely", "purely", "completely", "your")
}

// saidOf is the "is" of a sentence that says something of an act, "giving your
// name is …", or -1.
func (s *sentence) saidOf(p *predicate) int {
	if p.form != 'g' || !p.bare || p.at > 0 && !in(s.low(p.at-1), ",", ";", ":", "but", "and", "or", "nor") {
		return -1
	}
	for t := p.at + 1; t < len(s.toks)-1 && t < p.at+12; t++ {
		if beForms[s.low(t)] {
			return t
		}
	}
	return -1
}

// replaced reports whether what a mention names is what something else is used
// in the place of: "Plausible instead of Google Analytics".
func (s *sentence) replaced(m mention) bool {
	t := m.start - 1
	for in(s.low(t), "a", "an", "the", "our", "your", "any") {
		t--
	}
	pair := s.low(t-1) + " " + s.low(t)
	return pair == "instead of" || pair == "rather than" || pair == "place of" && s.low(t-2) == "in"
}

// inName reports whether a word that may be a verb is part of a company's name:
// "Lampwick Trading LLC".
func (s *sentence) inName(i int) bool {
	return s.toks[i].cap && i > 0 && s.toks[i-1].cap && legalForms[s.low(i+1)]
}

var legalForms = wordSet("ltd limited llc inc incorporated corp corporation plc gmbh ag bv nv sa sas sarl srl spa oy ab group holdings company co")

// followingList are the data after the colon of a sentence whose own word for
// them is "the following data".
func (s *sentence) followingList(data []int) []int {
	if len(data) != 1 {
		return data
	}
	m := s.mentions[data[0]]
	if m.id != "information" && m.id != "personal_information" {
		return data
	}
	if s.low(m.start-1) != "following" && s.low(m.start) != "following" && s.low(m.start-2) != "following" {
		return data
	}
	colon := slices.IndexFunc(s.toks[m.end:], func(t token) bool { return t.low == ":" })
	if colon < 0 {
		return data
	}
	var out []int
	for k, o := range s.mentions {
		if o.kind == mData && o.start > m.end+colon {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return data
	}
	return out
}
