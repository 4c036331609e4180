package policy

// Lists of data name kinds that the terms lack: "your name, shoe size and IP
// address". Such a member has a place and no term, so that it is seen that
// something else was named.

// maxMember bounds a member of a list that is not known, in words.
const maxMember = 4

// notInMember are words that no noun phrase in a list of data holds.
var notInMember = wordSet(`to with from by about for through via on in between at upon into under within as if when while that which who whom
	where how what why whether because so than but not no and or nor of per we you they it us them i our-own there here please etc more
	similar-ly such so-called including include includes like e.g i.e example only also then don't
	however pursuant certain after before over during without next`)

// noData are nouns of what carries data, or of what is done with them.
var noData = wordSet(`technology technologies tool tools software service services product products website websites site sites app apps
	application applications choice choices purpose purposes way ways country countries jurisdiction jurisdictions term terms policy
	policies sweepstake sweepstakes contest contests activity offer offers feature features company companies partner partners device`)

// listed are the members of lists around known data that are no data by the
// terms, as spans of tokens, in order.
func (s *sentence) listed(known []span) []span {
	var out []span
	taken := func(x span) bool {
		for _, o := range out {
			if x.start < o.end && o.start < x.end {
				return true
			}
		}
		return false
	}
	for _, k := range known {
		for at := k.end; ; {
			from := s.pastSeparator(at)
			if from == at {
				break
			}
			x := s.member(from)
			if x.end == 0 || taken(x) {
				break
			}
			out = append(out, x)
			at = x.end
		}
		for at := k.start; ; {
			end := s.beforeSeparator(at)
			if end == at {
				break
			}
			from := end - 1
			for from > 0 && from > end-maxMember && s.memberWord(from-1) {
				from--
			}
			x := s.member(from)
			if x.end != end || taken(x) || !s.opensMember(from) {
				break
			}
			out = append(out, x)
			at = x.start
		}
	}
	return out
}

// pastSeparator is where the next member of a list begins, or the token itself.
func (s *sentence) pastSeparator(at int) int {
	t := at
	for in(s.low(t), ",", ";", "and", "or", "/", "&") {
		t++
	}
	return t
}

// beforeSeparator is where the member before a token ends, its determiner aside.
func (s *sentence) beforeSeparator(at int) int {
	t := at
	for t > 0 && in(s.low(t-1), "your", "the", "a", "an", "any", "other", "certain", "their") {
		t--
	}
	end := t
	for end > 0 && in(s.low(end-1), ",", ";", "and", "or", "/", "&") {
		end--
	}
	if end == t || end == 0 {
		return at
	}
	return end
}

// opensMember reports whether a list may begin before a token.
func (s *sentence) opensMember(at int) bool {
	return at == 0 || in(s.low(at-1), ",", ";", "and", "or", "/", "&", "as", "including", "includes", "include", "like", ":", "(") || verbs[s.low(at-1)].action == actCollect
}

func (s *sentence) memberWord(t int) bool {
	tok := s.toks[t]
	return tok.word && !notInMember[tok.low] && !auxiliaries[tok.low] && !adverb(tok.low) && !s.taken(t, t+1) && (verbs[tok.low].lemma == "" || verbs[tok.low].noun && nounBefore[s.low(t-1)])
}

// member is the noun phrase that is a member of a list from a token on; its end
// is 0 when there is none.
func (s *sentence) member(from int) span {
	t := from
	for t < len(s.toks) && t-from <= maxMember && s.memberWord(t) {
		t++
	}
	n := t - from
	if n == 0 || n > maxMember || n == 1 && (nounBefore[s.low(from)] || len(s.low(from)) < 3) || nounBefore[s.low(t-1)] || noData[s.low(t-1)] {
		return span{}
	}
	if t < len(s.toks) && !in(s.low(t), ",", ";", ".", "and", "or", "/", "&", ")", "(", "that", "you", "about", "of", "for", "from", "when", "to", "associated", "on", "such", "in") {
		return span{}
	}
	return span{from, t}
}
