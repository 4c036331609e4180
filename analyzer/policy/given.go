package policy

// Acts of giving in which nobody else gets data: the reader is who gives, or
// who gets.

// readers are words for those whom a notice speaks to.
var readers = wordSet("you users customers visitors members subscribers consumers individuals user customer visitor member friend friends recipients")

// givenByReader reports whether the reader gives what a sentence says is given,
// though it does not name them: "you may be asked to send us", "an address must
// be supplied", "what is entered on the form".
func (s *sentence) givenByReader(p *predicate, st *Statement) bool {
	if !p.passive && !p.reduced {
		return s.low(p.at+1) == "us"
	}
	if len(st.RecipientRefs) > 0 {
		return false
	}
	return in(p.lemma, "submit", "enter", "upload") || in(p.lemma, "supply", "give", "provide") && in(p.modality, "must", "should")
}

// givenToReader reports whether what is given goes to the reader, or is said of
// nobody's data: "you are given the option", "we send customers information
// about our lamps", "questions should be sent to the desk", "the trust of
// providing us with data".
func (s *sentence) givenToReader(p *predicate, st *Statement) bool {
	if !in(p.lemma, "send", "give", "provide", "supply", "forward", "transmit") || len(st.RecipientRefs) > 0 {
		return false
	}
	if p.passive {
		return readers[s.low(p.head-1)] || p.lemma == "send" && in(p.modality, "must", "should")
	}
	t := p.at + 1
	if s.low(t) == "us" && p.lemma == "provide" {
		return true
	}
	for in(s.low(t), "your", "our", "the", "all", "registered") {
		t++
	}
	if !readers[s.low(t)] {
		return false
	}
	for _, id := range st.DataTypes {
		if id != "information" {
			return false
		}
	}
	return true
}

// givenTo adds who is given something when they are the subject: "partners may
// be provided with your address".
func (s *sentence) givenTo(p *predicate, st *Statement) {
	if !p.passive || len(st.RecipientRefs) > 0 || !in(p.lemma, "give", "provide", "supply", "send") {
		return
	}
	if k := s.mentionEnding(p.head, mWho); k >= 0 {
		st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
	}
}
