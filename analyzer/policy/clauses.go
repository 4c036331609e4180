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
	if !ok || !t.word || s.takenBy(i, mData) || s.takenBy(i, mWho) {
		return nil
	}
	if v.lemma == "process" && v.form == 'd' && t.low != "processed" || t.low == "sets" || s.doNotTrack(i) ||
		v.lemma == "hold" && in(s.low(i+1), "responsible", "liable", "accountable", "harmless") {
		return nil
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
	if p.head == i && v.noun && nounBefore[prev] && !p.inf {
		return nil
	}
	if p.endures() {
		p.passive = true // "the cookie expires": what stands before it is what is kept
		return p
	}
	switch v.form {
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
		if s.low(i+1) == "of" {
			return nil
		}
	case 's':
		if v.noun && (in(prev, "and", "or", ",") && s.endsBefore(p.head-1, mData)) {
			return nil
		}
	}
	return p
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

var oblique = wordSet("to with from by about for of among through via on in between against at upon regarding into under within")

// attachSubject finds who acts.
func (s *sentence) attachSubject(list []*predicate, i int) {
	p := list[i]
	at := p.head - 1
	if p.inf {
		s.infinitive(list, i)
		return
	}
	if p.bare || p.form == 'g' || s.low(p.head) != "" {
		if g := s.joinedTo(list, i); g >= 0 && !(p.passive && !p.bare && list[g].reduced) {
			p.governor, p.joined = g, true
			q := list[g]
			p.who, p.hasSubj = q.who, false
			p.inf = p.inf || q.inf
			p.relative = q.relative
			if p.form == 'd' && p.bare {
				p.passive, p.reduced = q.passive, q.reduced
			}
			return
		}
	}
	if p.passive || p.reduced {
		s.agent(p)
		return
	}
	if p.form == 'b' && p.bare && s.joinedAt(p.head) && s.rowOfVerbs(p) {
		return
	}
	if in(s.low(at), "that", "which", "who") {
		p.relative = true
		m := s.mentionEnding(at, mWho)
		if m < 0 && s.low(at-1) == "," {
			m = s.mentionEnding(at-1, mWho) // "Hotjar, which records"
		}
		if m >= 0 {
			p.who, p.hasSubj = s.withOthers(m), true
			return
		}
		if s.mentionEnding(at, mData) >= 0 || s.mentionEnding(at-1, mData) >= 0 {
			p.dropped = true // "information that identifies you"
			return
		}
		if s.low(at) != "that" || at > 0 && !verbTail(s.low(at-1)) && s.toks[at-1].word && s.mentionEnding(at, mActor) < 0 {
			p.dropped = true // "a person that has access to your device"
			return
		}
	}
	low := 0
	for _, q := range list[:i] {
		low = max(low, q.at+1)
	}
	if p.form == 'g' && p.bare {
		if m := s.mentionEnding(p.head, mActor); m >= 0 && s.low(at) == "us" {
			p.who, p.hasSubj = []int{m}, true
			return
		} else if s.low(at) == "our" {
			return // nobody else: ours
		}
		low = 0
	}
	m := s.nearestActor(at, low)
	if m < 0 && p.form == 'g' {
		m = s.actorAfter(p.at)
		if m < 0 || s.mentions[m].id == "" {
			m = s.nearestActor(at, 0)
		}
	}
	if m < 0 {
		if p.form == 'b' && p.bare || p.form == 's' || p.form == 'd' {
			p.dropped = true
		}
		return
	}
	p.who, p.hasSubj = s.withOthers(m), true
	if s.mentions[m].end == p.head && s.dataEndsNear(s.mentions[p.who[0]].start) {
		p.relative = true
	}
}

// verbTail are words after which "that" begins a clause of its own.
func verbTail(w string) bool {
	return verbs[w].lemma != "" || in(w, "ensure", "ensures", "agree", "know", "understand", "believe", "note", "so", "acknowledge", "provided", "state", "means", "mean", "is", "guarantee", "require", "confirm", "all")
}

// dataEndsNear reports whether data stand right before a token, a relative
// pronoun or bracket aside: "the information (that) we collect".
func (s *sentence) dataEndsNear(i int) bool {
	for i > 0 && in(s.low(i-1), "that", "which") {
		i--
	}
	return s.mentionEnding(i, mData) >= 0
}

func (s *sentence) mentionEnding(i int, kind byte) int {
	for k, m := range s.mentions {
		if m.kind == kind && m.end == i {
			return k
		}
	}
	return -1
}

// joinedTo returns the predicate that the i-th is coordinated with, or -1.
func (s *sentence) joinedTo(list []*predicate, i int) int {
	p := list[i]
	if !s.joinedAt(p.head) && s.low(p.head-1) != "but" {
		return -1
	}
	for j := i - 1; j >= 0; j-- {
		q := list[j]
		if q.dropped && !q.inf {
			continue
		}
		if s.hardBreak(q.at, p.head) {
			return -1
		}
		same := q.form == p.form || !p.bare || q.joined || (q.form == 'b' && p.form == 'b')
		if q.relative && q.reduced || !same || q.reduced && p.form != 'd' || (q.relative && s.low(p.head-1) == ",") {
			continue
		}
		if p.form == 's' && q.form == 'b' {
			continue
		}
		return j
	}
	return -1
}

// rowOfVerbs attaches a verb to the auxiliary of a row that begins with a verb
// that is not known: "we will not connect to them, share data, or post".
func (s *sentence) rowOfVerbs(p *predicate) bool {
	for t := p.head - 2; t > 0 && t > p.head-16; t-- {
		w := s.low(t)
		if in(w, ";", "but", "that", "which", "who", "if", "when", "because") {
			return false
		}
		if !modals[w] && !in(w, "do", "does", "did", "don't", "doesn't", "didn't") {
			continue
		}
		m := s.nearestActor(t-1, 0)
		if m < 0 || s.mentions[m].end != t {
			return false
		}
		p.who, p.hasSubj, p.bare = s.withOthers(m), true, false
		p.row = t
		if modals[w] {
			p.modality = strings.TrimSuffix(w, "n't")
		}
		return true
	}
	return false
}

func (s *sentence) hardBreak(from, to int) bool {
	for i := from; i < to; i++ {
		if in(s.low(i), ";") {
			return true
		}
	}
	return false
}

// nearestActor looks left from a token for who acts; names that hang on a
// preposition are passed over.
func (s *sentence) nearestActor(at, low int) int {
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.end > at+1 || m.kind != mActor && m.kind != mWho {
			continue
		}
		if m.start < low {
			break
		}
		if s.hangs(m) || s.low(m.start) == "us" || s.low(m.start) == "them" {
			continue
		}
		if s.hardBreak(m.end, at) || s.tooFar(m.end, at) {
			return -1
		}
		return k
	}
	return -1
}

// tooFar stops a search that would cross into another clause. A clause that
// ends with a comma is an aside: "we, when you visit us, collect".
func (s *sentence) tooFar(from, to int) bool {
	opened := false
	for i := from; i < to; i++ {
		switch s.low(i) {
		case ":", "because", "while", "although", "whereas":
			return true
		case "when", "if", "where", "whenever", "unless", "whose":
			opened = true
		case ",", ")":
			opened = false
		}
	}
	return opened
}

// hangs reports whether a mention is the object of a preposition.
func (s *sentence) hangs(m mention) bool {
	for i := m.start - 1; i >= 0 && i >= m.start-4; i-- {
		w := s.low(i)
		if oblique[w] {
			return true
		}
		if !in(w, "our", "the", "any", "other", "such", "these", "those", "your", "certain", "some", "selected", "trusted", "a", "an", "following", "all", "authorized", "unaffiliated", "different", "various", "these", "own") {
			return false
		}
	}
	return false
}

func (s *sentence) actorAfter(i int) int {
	for k, m := range s.mentions {
		if m.start > i && m.kind == mActor && m.end == m.start+1 && !s.hangs(m) && m.id != "they" && s.low(m.start) != "us" {
			return k
		}
	}
	return -1
}

// withOthers adds the mentions that are joined to a subject: "we and our partners".
func (s *sentence) withOthers(m int) []int {
	who := []int{m}
	for k := m - 1; k >= 0; k-- {
		o := s.mentions[k]
		if o.kind != mActor && o.kind != mWho {
			continue
		}
		next := s.mentions[who[0]]
		gap := next.start - o.end
		if gap < 1 || gap > 4 {
			break
		}
		ok := false
		for i := o.end; i < next.start; i++ {
			w := s.low(i)
			if in(w, "and", "or", "/", "nor") || w == "," && len(who) > 1 {
				ok = true
			} else if w == "," {
				continue
			} else if !in(w, "our", "the", "any", "other", "its", "their", "certain", "third", "party", "trusted", "selected") {
				ok = false
				break
			}
		}
		if !ok {
			break
		}
		who = append([]int{k}, who...)
	}
	return who
}

// agent finds "by …" after a passive.
func (s *sentence) agent(p *predicate) {
	for i := p.at + 1; i < len(s.toks) && i <= p.at+6; i++ {
		if s.low(i) == "by" {
			for k, m := range s.mentions {
				if m.start > i && m.start <= i+4 && (m.kind == mActor || m.kind == mWho) {
					p.who, p.hasSubj = []int{k}, true
					return
				}
			}
		}
		if !adverb(s.low(i)) && s.low(i) != "by" && s.low(i) != "or" && s.low(i) != "and" && verbs[s.low(i)].lemma == "" {
			return
		}
	}
}

// infinitive finds who does what follows "to": the object of a verb that lets
// or hires, else the subject of the governing verb.
func (s *sentence) infinitive(list []*predicate, i int) {
	p := list[i]
	to := p.head - 1
	low := 0
	for j := i - 1; j >= 0; j-- {
		q := list[j]
		if q.dropped && !q.inf || q.reduced {
			continue
		}
		if s.hardBreak(q.at, to) {
			break
		}
		p.governor = j
		low = q.at + 1
		break
	}
	near := -1
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.end <= to && m.start >= low && (m.kind == mActor || m.kind == mWho) && !s.hangs(m) {
			near = k
			break
		}
	}
	if near >= 0 && s.mentions[near].id == "user" && s.mentions[near].end == to && in(s.low(s.mentions[near].start-1), "require", "requires", "invite", "want", "need", "ask", "asks", "asking", "request", "encourage") {
		p.who, p.hasSubj, p.governor = []int{near}, true, -1
		return
	}
	if p.governor >= 0 {
		q := list[p.governor]
		if near >= 0 && (q.action == verbAllow || q.lemma == "use" || q.lemma == "engage" || q.lemma == "hire" || q.lemma == "ask" || q.lemma == "request" || q.action == actShare || q.action == verbEmbed) {
			if s.mentions[near].kind == mWho || s.mentions[near].id == "user" && (q.action == verbAllow || asking[q.lemma]) {
				p.who, p.hasSubj = []int{near}, true
				return
			}
		}
		if q.action == verbAllow && near < 0 {
			// "allows you to …" and the like are found above; "allow us to" is we.
			if w := s.low(to - 1); w == "us" {
				p.who = []int{s.mentionEnding(to, mActor)}
				return
			}
		}
		p.who = q.who
		return
	}
	if near >= 0 {
		p.who = s.withOthers(near)
	}
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
		if in(s.low(k), ";", "but", "however", "unless", "except", "although", "though", "while", "whereas", "because", "if", "when", "nor", "whenever", "where", "until") ||
			s.low(k) == "without" || s.low(k) == "other" && s.low(k+1) == "than" {
			p.end = k
			return
		}
	}
}

// pastTakenBack passes over what is taken back in between: "your name, but not
// your age, with advertisers".
func (s *sentence) pastTakenBack(k int) int {
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
