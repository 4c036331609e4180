package policy

import "strings"

// predicate is a verb of the sentence with what belongs to it.
type predicate struct {
	verb
	at       int  // token of the verb
	head     int  // first token of its group: auxiliaries, adverbs, negators
	passive  bool // "is collected"
	reduced  bool // "information collected from you"
	inf      bool // "to collect"
	relative bool // "information that we collect"
	bare     bool // no auxiliary of its own
	hasSubj  bool // a subject of its own
	negated  bool
	dropped  bool // embedded in a choice or a hypothesis that asserts nothing
	modality string
	governor int   // predicate that it depends on or is joined to; -1
	joined   bool  // by and, or, a comma
	row      int   // auxiliary of the row that it is in, when that begins with an unknown verb
	who      []int // mentions that are its subject; nil is an implied "we" in passives
	data     []int // objects
	vague    bool  // its object is a pronoun
	to       []int // recipients
	tools    []int // cookies and the like that are its means
	fors     []int // purposes
	end      int   // token where its part of the sentence ends
}

// predicates finds the verbs of a sentence and attaches subjects, objects,
// recipients and polarity.
func (s *sentence) predicates() []*predicate {
	var list []*predicate
	for i := 0; i < len(s.toks); i++ {
		if p := s.predicateAt(i); p != nil {
			p.governor = -1
			list = append(list, p)
		}
	}
	for i := range list {
		s.attachSubject(list, i)
	}
	for i := range list {
		s.bound(list, i)
	}
	for i := len(list) - 1; i >= 0; i-- {
		s.attachObjects(list, i)
	}
	s.inclusions(list)
	for i := range list {
		s.polarity(list, i)
	}
	return list
}

// predicateAt returns the verb at a token, or nil when the word is a noun there.
func (s *sentence) predicateAt(i int) *predicate {
	t := s.toks[i]
	v, ok := verbs[t.low]
	if !ok {
		v, ok = s.makesAvailable(i)
	}
	if !ok || !t.word || s.takenBy(i, mData) || s.takenBy(i, mWho) || s.inName(i) {
		return nil
	}
	if v.lemma == "process" && v.form == 'd' && t.low != "processed" || t.low == "sets" && !s.endsBefore(i, mWho) || s.doNotTrack(i) ||
		v.lemma == "hold" && in(s.low(i+1), "responsible", "liable", "accountable", "harmless") {
		return nil
	}
	if t.low == "shared" && in(s.low(i+1), "object", "objects") {
		return nil // "local shared objects" are cookies
	}
	if v.action == verbPlace && v.form == 'd' && !s.placeable() {
		return nil // "when your device is set to …", "a limited set of data"
	}
	if t.low == "access" && in(s.low(i+1), "control", "controls", "right", "rights", "restriction", "restrictions", "management", "privileges", "code", "codes", "point", "points", "log", "logs", "levels", "procedures") ||
		in(t.low, "log", "logs") && in(s.low(i-1), "access", "audit", "error") {
		return nil // "encryption and access controls"
	}
	p := &predicate{verb: v, at: i, head: i, bare: true}
	if t.low == "access" && s.low(i+1) == "to" {
		return s.haveAccess(p)
	}
	be, have := false, false
	for j := i - 1; j >= 0; j-- {
		w := s.low(j)
		switch {
		case auxiliaries[w]:
			p.bare = false
			be = be || beForms[w]
			have = have || haveForms[w]
			if modals[w] {
				p.modality = strings.TrimSuffix(w, "n't")
			}
		case adverb(w) || w == "not" || w == "never":
		case w == "," && s.asideBefore(j) > 0:
			j = s.asideBefore(j)
		default:
			j = -1
			continue
		}
		if j < 0 {
			break
		}
		p.head = j
	}
	prev := s.low(p.head - 1)
	p.inf = prev == "to" && v.form == 'b'
	if p.head == i && v.noun && !p.inf && (nounBefore[prev] || s.joinedAt(i) && s.onlySubjectMatter(i)) {
		return nil
	}
	if p.endures() {
		p.passive = true // "the cookie expires": what stands before it is what is kept
		return p
	}
	if p.form == 'd' && p.lemma == t.low && !be && !have && s.low(i+1) != "by" && (!p.bare || s.endsBefore(p.head, mWho)) {
		p.form = 'b' // "partners may set cookies", "partners set cookies": the past of "set" looks the same
	}
	switch p.form {
	case 'd':
		p.passive = be
		if !be && !have && !s.actorEndsAt(p.head) {
			p.reduced = s.endsBefore(p.head, mData) || s.endsBefore(p.head, mWho)
			if !p.reduced && !s.joinedAt(p.head) {
				p.reduced = true
			}
		}
	case 'g':
		if in(prev, "us", "our") && in(s.low(i+1), "your", "the", "this", "such", "any", "personal", "information", "data", "it", "these") {
			break // "you agree to us sharing your data"
		}
		if !be && nounBefore[prev] && !in(prev, "by", "in", "for", "from", "with", "on", "upon", "through", "of", "about") {
			return nil
		}
		if s.low(i+1) == "of" || !be && p.head == i && in(prev, ",", "and", "or") && s.nounFollows(i) {
			return nil
		}
	case 's':
		if v.noun && (in(prev, "and", "or", ",") && s.endsBefore(p.head-1, mData)) {
			return nil
		}
	}
	return p
}

// nounFollows reports whether a bare noun stands after a word in -ing, which is
// part of its name: "calling and forwarding numbers".
func (s *sentence) nounFollows(i int) bool {
	w := s.low(i + 1)
	if w == "" || !s.toks[i+1].word || adverb(w) || auxiliaries[w] || verbs[w].lemma != "" || oblique[w] {
		return false
	}
	if s.takenBy(i+1, mData) || s.takenBy(i+1, mWho) || s.takenBy(i+1, mActor) {
		return false
	}
	return s.norm[i+1] != w && !strings.HasSuffix(w, "'s") // a plural, as no article stands before it
}

// placeable reports whether a sentence names what is put on devices or pages.
func (s *sentence) placeable() bool {
	for _, m := range s.mentions {
		if m.kind == mWho || m.kind == mData && (m.id == "cookie_identifier" || m.id == "tracking_data") {
			return true
		}
	}
	return false
}

// makesAvailable reads "make your photos available to", "are made available".
func (s *sentence) makesAvailable(i int) (verb, bool) {
	form := map[string]byte{"make": 'b', "makes": 's', "made": 'd', "making": 'g'}[s.low(i)]
	if form == 0 {
		return verb{}, false
	}
	for t := i + 1; t < len(s.toks) && t < i+9 && (s.toks[t].word || s.low(t) == ","); t++ {
		if s.low(t) == "available" {
			return verb{lemma: "make", action: actShare, form: form}, true
		}
		if auxiliaries[s.low(t)] || verbs[s.low(t)].lemma != "" && !s.takenBy(t, mData) {
			break
		}
	}
	return verb{}, false
}

// endures reports whether a verb's subject is what is kept.
func (p *predicate) endures() bool { return p.lemma == "expire" || p.lemma == "remain" }

// doNotTrack reports whether a verb is part of the name of a browser's signal.
func (s *sentence) doNotTrack(i int) bool {
	if s.low(i) != "track" || s.low(i-1) != "not" || s.low(i-2) != "do" {
		return false
	}
	return s.toks[i].cap || !s.actorEndsAt(i-2) && !s.endsBefore(i-2, mWho)
}

// haveAccess reads "have access to your data", with "no" as its negator.
func (s *sentence) haveAccess(p *predicate) *predicate {
	for t := p.at - 1; t >= 0 && t >= p.at-4; t-- {
		w := s.low(t)
		switch {
		case haveForms[w] || in(w, "having", "gain", "gains", "get", "obtain", "obtains", "given", "give"):
			if in(w, "given", "give") {
				return nil
			}
			p.head, p.bare, p.form, p.noun = t, true, 'b', false
			for p.head > 0 && (auxiliaries[s.low(p.head-1)] || negators[s.low(p.head-1)] || adverb(s.low(p.head-1))) {
				p.head--
				p.bare = false
				if modals[s.low(p.head)] {
					p.modality = s.low(p.head)
				}
			}
			p.inf = s.low(p.head-1) == "to"
			return p
		case !in(w, "no", "any", "limited", "direct", "full", "the", "not", "never"):
			return nil
		}
	}
	return nil
}

// asideBefore finds the start of an aside that ends with the comma at j, as in
// "we may, from time to time, collect".
func (s *sentence) asideBefore(j int) int {
	for k := j - 1; k > 0 && k >= j-7; k-- {
		if s.low(k) == "," {
			if auxiliaries[s.low(k-1)] || negators[s.low(k-1)] {
				return k
			}
			return 0
		}
	}
	return 0
}

func (s *sentence) takenBy(i int, kind byte) bool {
	for _, m := range s.mentions {
		if m.kind == kind && m.start <= i && i < m.end {
			return true
		}
	}
	return false
}

// endsBefore reports whether a mention of a kind ends at token i, a closing
// bracket aside.
func (s *sentence) endsBefore(i int, kind byte) bool {
	for _, m := range s.mentions {
		if m.kind == kind && (m.end == i || m.end == i-1 && in(s.low(i-1), ")", "\"", "that")) {
			return true
		}
	}
	return false
}

func (s *sentence) actorEndsAt(i int) bool { return s.endsBefore(i, mActor) }

func (s *sentence) joinedAt(i int) bool {
	return in(s.low(i-1), "and", "or", ",", "/", "nor", "then", "&")
}

// bound sets where a predicate's part of the sentence ends.
func (s *sentence) bound(list []*predicate, i int) {
	p := list[i]
	p.end = len(s.toks)
	if p.form == 'g' && p.bare {
		if k := s.actorAfter(p.at); k >= 0 {
			p.end = s.mentions[k].start
		}
	}
	for j := i + 1; j < len(list); j++ {
		q := list[j]
		if q.dropped && !q.inf || q.reduced || q.relative {
			continue
		}
		at := q.head
		switch {
		case q.joined && q.governor == i:
			at = q.head - 1
		case q.inf:
			at = q.head - 1
		case q.hasSubj && len(q.who) > 0 && !q.passive:
			at = s.mentions[q.who[0]].start
		case q.passive:
			at = s.passiveStart(p.at, q.head)
		}
		if at > p.at {
			p.end = min(p.end, at)
			break
		}
	}
	for k := p.at + 1; k < p.end; k++ {
		k = s.pastTakenBack(k)
		if s.low(k) == ";" && s.listGoesOn(k) {
			continue
		}
		if in(s.low(k), ";", "but", "however", "unless", "except", "although", "though", "while", "whereas", "because", "if", "when", "nor", "whenever", "where", "until") ||
			s.low(k) == "without" || s.low(k) == "beyond" && s.dataSoon(k) || s.low(k) == "other" && s.low(k+1) == "than" {
			p.end = k
			return
		}
	}
}

// dataSoon reports whether data stand right after a token, "your" and its like aside.
func (s *sentence) dataSoon(k int) bool {
	for t := k + 1; t <= k+2; t++ {
		if s.takenBy(t, mData) {
			return true
		}
	}
	return false
}

// pastTakenBack passes over what is taken back in between: "your name, but not
// your age, with advertisers".
func (s *sentence) pastTakenBack(k int) int {
	if s.low(k) == "but" && (s.low(k-1) == "nobody" || s.low(k-1) == "one" && s.low(k-2) == "no") {
		return k + 1 // "nobody but our partners"
	}
	if s.low(k) != "but" || !in(s.low(k+1), "not", "never") {
		return k
	}
	for t := k + 2; t < len(s.toks) && t < k+8; t++ {
		if s.low(t) == "," && in(s.low(t+1), "with", "to") {
			return t
		}
		if verbs[s.low(t)].lemma != "" && !s.takenBy(t, mData) {
			return k
		}
	}
	return k
}

// passiveStart is where the subject of a passive begins: the first data after
// the last break before it.
func (s *sentence) passiveStart(from, head int) int {
	at := head
	if in(s.low(head-1), "it", "they", "this", "these", "which", "that") {
		return head - 1
	}
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.kind == mData && m.start > from && m.end <= head {
			at = m.start
		}
	}
	for at > from+1 && !in(s.low(at-1), ",", "and", ";", "or", "but", "how", "what", "why", "when", "whether", "if", "because", "where") && at > head-12 {
		at--
	}
	return at
}
