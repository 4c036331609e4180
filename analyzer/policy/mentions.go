package policy

import "sort"

// mention is a span of tokens that means something.
type mention struct {
	start, end int // tokens
	kind       byte
	id         string // data type, purpose, category, vendor or company
	ref        RecipientRef
}

// Kinds of mention.
const (
	mData  = 'd'
	mWho   = 'r' // a recipient: category or name
	mFor   = 'p' // a purpose
	mActor = 'a' // we or user
)

// sentence is one sentence made ready for reading.
type sentence struct {
	text     string
	toks     []token
	norm     []string
	mentions []mention // by start
	from     int       // tokens before it are the lead-in's
	self     map[string]bool
	back     []RecipientRef       // whom the sentence before named
	found    map[*pattern][][]int // what patterns found, once for all acts: see matches
	span     *int                 // days, worked out once
}

func (l *lexicon) sentence(text string, from int, self map[string]bool, back ...RecipientRef) *sentence {
	s := &sentence{text: text, toks: tokenize(text), self: self, back: back}
	for s.from < len(s.toks) && s.toks[s.from].start < from {
		s.from++
	}
	s.dropScareQuotes()
	s.openLists()
	s.norm = norms(s.toks)
	l.findNames(s)
	l.findRecipients(s)
	s.findGroups()
	l.findData(s)
	s.findActors()
	s.sort()
	l.findUnknown(s)
	s.dropOnlyNamed()
	l.findPurposes(s)
	s.sort()
	return s
}

// dropScareQuotes takes the marks off a verb in quotes: we do not “sell” data.
func (s *sentence) dropScareQuotes() {
	quote := func(i int) bool { return in(s.low(i), "\"", "'") }
	kept := s.toks[:0]
	for i := 0; i < len(s.toks); i++ {
		if quote(i) && i+2 < len(s.toks) {
			if end := i + 2; verbs[s.low(i+1)].lemma != "" && (quote(end) || in(s.low(end), ",", ".") && quote(end+1)) {
				kept = append(kept, s.toks[i+1])
				if !quote(end) {
					kept = append(kept, s.toks[end])
					end++
				}
				i = end
				continue
			}
		}
		kept = append(kept, s.toks[i])
	}
	s.toks = kept
}

// openLists turns "but not limited to" and its like into commas: they open a
// list and neither end a clause nor deny anything.
func (s *sentence) openLists() {
	for i := range s.toks {
		n := 0
		switch {
		case s.low(i) == "but" && s.low(i+1) == "not" && s.low(i+2) == "limited":
			n = 4
		case s.low(i) == "but" && in(s.low(i+1), "is", "are") && s.low(i+2) == "not" && s.low(i+3) == "limited":
			n = 5
		case s.low(i) == "without" && s.low(i+1) == "limitation":
			n = 2
		case s.low(i) == "not" && s.low(i+1) == "limited" && s.low(i+2) == "to":
			n = 3
		}
		for k := i; k < i+n && k < len(s.toks); k++ {
			s.toks[k].low, s.toks[k].norm = ",", ","
		}
	}
}

func (s *sentence) sort() {
	sort.SliceStable(s.mentions, func(i, j int) bool { return s.mentions[i].start < s.mentions[j].start })
}

func (s *sentence) taken(start, end int) bool {
	for _, m := range s.mentions {
		if m.start < end && start < m.end && m.kind != mFor {
			return true
		}
	}
	return false
}

// low returns the word at i in lower case, "" outside the sentence.
func (s *sentence) low(i int) string {
	if i < 0 || i >= len(s.toks) {
		return ""
	}
	return s.toks[i].low
}

// handedToStaff reports whether staff at a token are whom data are handed to:
// "we share it with our partners and employees". By themselves they act for
// their employer.
func (s *sentence) handedToStaff(at int) bool {
	for t := at - 1; t > 0 && t > at-14; t-- {
		switch w := s.low(t); {
		case w == "to" || w == "with":
			for u := t - 1; u >= 0 && s.low(u) != ";"; u-- {
				if v := verbs[s.low(u)]; handsOut[v.action] && !s.takenBy(u, mWho) {
					return true
				}
			}
			return false
		case beforeReceivers[w] || s.takenBy(t, mWho):
		default:
			return false
		}
	}
	return false
}

func (l *lexicon) findRecipients(s *sentence) {
	for i := 0; i < len(s.norm); i++ {
		entries, n := l.recipients.longest(s.norm, i)
		if n == 0 {
			continue
		}
		e := entries[0]
		if e.id == "" || s.taken(i, i+n) || s.verbHere(i, n) {
			if e.id == "" {
				i += n - 1
			}
			continue
		}
		if n == 1 && s.low(i) == "other" {
			continue // the phrase is "others"
		}
		if n == 1 && (s.low(i) == "others" || s.low(i) == "anyone") && !in(s.low(i-1), "with", "to", "and", "or", "by", "allow", "let") {
			continue
		}
		if s.isSelf(i, n) || e.id == "staff" && !s.handedToStaff(i) {
			i += n - 1
			continue
		}
		if n == 1 && s.low(i) == "social" || s.adjective(i, n) {
			continue
		}
		s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mWho, id: e.id,
			ref: RecipientRef{Kind: "category", ID: e.id, Text: s.text[s.toks[i].start:s.toks[i+n-1].end]}})
		i += n - 1
	}
}

// verbHere tells "we partner with" from "our partner".
func (s *sentence) verbHere(i, n int) bool {
	return n == 1 && in(s.low(i), "partner", "contract", "agent") && in(s.low(i-1), "we", "to", "may", "will", "not") && !in(s.low(i-2), "disclosed", "provided", "shared")
}

func (l *lexicon) findPurposes(s *sentence) {
	words := stems(s.toks)
	for i := 0; i < len(words); i++ {
		entries, n := l.purposes.longest(words, i)
		if n == 0 {
			continue
		}
		if n == 1 && entries[0].id == "profiling" && s.low(i) != "profiling" {
			continue // "profile" has the same stem
		}
		inWho := false
		for _, m := range s.mentions {
			if m.kind == mWho && m.start < i+n && i < m.end {
				inWho = true
			}
		}
		if !inWho {
			s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mFor, id: entries[0].id})
		}
		i += n - 1
	}
}

func in(s string, set ...string) bool {
	for _, x := range set {
		if s == x {
			return true
		}
	}
	return false
}
