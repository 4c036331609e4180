package policy

import "strings"

// Who does what a verb says: its subject, the agent of a passive, the subject of
// an infinitive.

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
		others := in(s.low(at), "sites", "websites") && in(s.low(at-1), "party", "other", "external", "linked", "outside")
		if p.form == 'b' && p.bare || p.form == 's' || p.form == 'd' || others {
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
		if w == "of" && in(s.low(i-1), "some", "many", "most", "all", "each", "any", "one", "several", "none", "both") {
			return false // "some of our apps"
		}
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
		if gap < 1 || gap > 4 || next.kind == mActor && s.hangs(o) {
			break // "we share it with advertisers, and we ask …"
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
		if q.action == verbAllow && s.low(to-1) == "us" {
			// "allows you to …" and the like are found above; "allow us to" is we.
			if us := s.mentionEnding(to, mActor); us >= 0 {
				p.who = []int{us}
				return
			}
		}
		if m := s.mentionEnding(q.head, mWho); m >= 0 && q.action == verbAllow && q.passive && !s.hangs(s.mentions[m]) {
			p.who, p.hasSubj = s.withOthers(m), true // "our providers are not allowed to sell …"
			return
		}
		p.who = q.who
		return
	}
	if near >= 0 {
		p.who = s.withOthers(near)
	}
}
