package policy

// attachObjects finds the data, recipients and purposes of a predicate. It runs
// from the last to the first, so that joined verbs share what follows the last:
// "collect, use and share your e-mail address".
func (s *sentence) attachObjects(list []*predicate, i int) {
	p := list[i]
	if p.passive || p.reduced {
		s.passiveObjects(list, i)
	} else {
		s.activeObjects(list, p)
	}
	s.recipients(list, i)
	s.purposes(list, i)
	if len(p.data) == 0 && !p.passive && !p.reduced {
		if p.relative {
			p.data = s.antecedent(p)
		}
		for j := i + 1; j < len(list) && len(p.data) == 0; j++ {
			if q := list[j]; q.joined && (q.governor == i || q.governor == p.governor && p.joined) && q.head-p.at <= 12 {
				p.data, p.tools, p.vague = q.data, q.tools, q.vague
				if len(p.to) == 0 {
					p.to = q.to
				}
				if len(p.fors) == 0 {
					p.fors = q.fors
				}
			}
		}
	}
	if len(p.data) == 0 && p.joined && p.relative {
		p.data = list[p.governor].data
	}
}

func (s *sentence) activeObjects(list []*predicate, p *predicate) {
	for k, m := range s.mentions {
		if m.kind != mData || m.start <= p.at || m.start >= p.end || s.ofThose(list, p, m) || p.lemma == "send" && s.sentTo(m) {
			continue
		}
		if s.means(p.at, m) {
			p.tools = append(p.tools, k)
			continue
		}
		p.data = append(p.data, k)
	}
	switch s.low(p.at + 1) {
	case "it", "them", "this", "these", "any", "such":
		p.vague = in(s.low(p.at+2), "with", "to", "for", ",", ".", "as", "only", "in", "")
	}
}

// sentTo reports whether data are where something is sent: "to the e-mail
// address that you gave us".
func (s *sentence) sentTo(m mention) bool {
	if m.id != "email" && m.id != "phone" && m.id != "postal_address" && m.id != "contact_information" {
		return false
	}
	t := m.start
	for in(s.low(t-1), "your", "the", "an", "any", "that") {
		t--
	}
	return in(s.low(t-1), "to", "at", "using", "via")
}

// ofThose reports whether data are the object of those whom a verb's recipients
// are told by: "we send lamps to people who gave us their name", or of what is
// sent: "we do not send messages that ask for your card".
func (s *sentence) ofThose(list []*predicate, p *predicate, m mention) bool {
	for _, q := range list {
		asks := p.lemma == "send" && (q.lemma == "ask" || q.lemma == "request") && in(s.low(q.head-1), "that", "which")
		if q.at <= p.at || q.at >= m.start || q.passive || s.low(q.head-1) != "who" && !asks {
			continue
		}
		for t := q.at + 1; t <= m.start; t++ {
			if t == m.start {
				return true
			}
			if in(s.low(t), ",", ";", ")") {
				break
			}
		}
	}
	return false
}

// means reports whether data are the means of an act: "through cookies".
func (s *sentence) means(at int, m mention) bool {
	if m.id != "cookie_identifier" && m.id != "tracking_data" && m.id != "technical_information" && m.id != "session_recording" {
		return false
	}
	for i := m.start - 1; i > at && i >= m.start-5; i-- {
		if in(s.low(i), "through", "via", "using", "by", "with", "from", "use") {
			return true
		}
		if in(s.low(i), "including", "as") {
			return false
		}
	}
	return false
}

// passiveObjects takes the data before a passive; those after it when it has a
// list: "the following is collected: …".
func (s *sentence) passiveObjects(list []*predicate, i int) {
	p := list[i]
	if p.joined && p.governor >= 0 && (list[p.governor].passive || list[p.governor].reduced) {
		// Filled in from the first of the joined verbs, which comes later in
		// this backward pass: look left of it.
		p2 := *list[p.governor]
		s.leftData(list, p.governor, &p2)
		p.data = p2.data
		return
	}
	if in(s.low(p.head-1), "it", "they") && in(s.low(p.head-2), "which", "when", "how", "where", "that", "why", "what", "once", "until", "before", "after") {
		p.dropped = true // "the purpose for which it was collected"
		return
	}
	if s.describedBefore(list, i) != nil {
		p.vague = true // "it does not include your name and is not shared"
		return
	}
	s.leftData(list, i, p)
	p.data = s.followingList(p.data)
	p.vague = in(s.low(p.head-1), "it", "they", "this", "these", "them")
	if len(p.data) == 0 && p.passive && !(p.vague && handsOut[p.action]) {
		for k, m := range s.mentions {
			if m.kind == mData && m.start > p.at && m.start < p.end && !s.means(p.at, m) {
				p.data = append(p.data, k)
			}
		}
	}
}

// describedBefore returns the "include" that a passive is joined to, so that
// what is included is not taken for the passive's subject.
func (s *sentence) describedBefore(list []*predicate, i int) *predicate {
	p := list[i]
	if !p.passive || i == 0 || !s.joinedAt(p.head) && s.low(p.head-1) != "but" {
		return nil
	}
	if q := list[i-1]; q.lemma == "include" || q.lemma == "contain" {
		return q
	}
	return nil
}

func (s *sentence) leftData(list []*predicate, i int, p *predicate) {
	low := 0
	for j := i - 1; j >= 0; j-- {
		q := list[j]
		if q.reduced || q.relative || q.dropped {
			continue
		}
		low = q.at + 1
		break
	}
	for t := p.head - 1; t >= low; t-- {
		if in(s.low(t), ";", "but", "because", "while") || s.low(t) == "," && p.reduced && p.head-t > 14 {
			low = t
			break
		}
	}
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.kind != mData || m.end > p.head || m.start < low || s.means(low, m) {
			continue
		}
		p.data = append([]int{k}, p.data...)
		if p.reduced && !s.listedBefore(m) {
			break
		}
	}
}

// listedBefore reports whether a mention goes on a list: "name, e-mail and …".
func (s *sentence) listedBefore(m mention) bool {
	for i := m.start - 1; i >= 0 && i >= m.start-3; i-- {
		if in(s.low(i), ",", "and", "or", "/") {
			return true
		}
	}
	return false
}

// antecedent is the data right before a relative clause.
func (s *sentence) antecedent(p *predicate) []int {
	start := p.head
	if len(p.who) > 0 && p.hasSubj {
		start = min(start, s.mentions[p.who[0]].start)
	}
	for start > 0 && in(s.low(start-1), "that", "which") {
		start--
	}
	var data []int
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.kind != mData || m.end > start {
			continue
		}
		if start-m.end > 1 && len(data) == 0 || len(data) > 0 && s.mentions[data[0]].start-m.end > 3 {
			break
		}
		data = append([]int{k}, data...)
		if !s.listedBefore(m) {
			break
		}
	}
	return data
}

var handsOut = map[string]bool{actShare: true, actDisclose: true, actSell: true, actTransfer: true, actProvide: true}

// recipients takes who stands after "to" or "with", over relative clauses and
// participles in between.
func (s *sentence) recipients(list []*predicate, i int) {
	p := list[i]
	end := s.reach(list, i)
	opened := p.action == verbAllow || p.action == verbEmbed || p.action == actUse || in(s.low(p.at+1), "our", "third", "these", "such", "other")
	next := 0
	for k, m := range s.mentions {
		if m.start <= p.at || m.start >= end {
			continue
		}
		for t := max(next, p.at+1); t < m.start; t++ {
			switch s.low(t) {
			case "to", "with", "between", "among", "amongst":
				opened = !s.unknownInfinitive(t)
			case "from", "about", "of", "regarding":
				if m.start-t <= 3 {
					opened = false
				}
			case "behalf":
				opened = false
			}
		}
		next = m.end
		switch {
		case m.kind == mWho && opened && !s.replaced(m):
			p.to = append(p.to, k)
		case m.kind == mActor && m.id == "user" && handsOut[p.action] && (opened && in(s.low(m.start-1), "to", "with") || m.start == p.at+1):
			if len(p.to) == 0 && p.action != actProvide {
				p.dropped = p.dropped || m.start <= p.at+1 || len(p.data) == 0 || s.low(m.start-1) == "to"
			}
		}
	}
}

// unknownInfinitive reports whether "to" at a token goes with a verb that is not
// known: "to find a doctor" names no recipient.
func (s *sentence) unknownInfinitive(t int) bool {
	return s.low(t) == "to" && in(s.low(t+2), "a", "an", "the", "your", "you", "our") && !s.takenBy(t+1, mWho) &&
		!in(s.low(t+1), "all", "both", "either", "only", "any", "the", "one", "some", "each", "certain", "such")
}

// reach is how far recipients and purposes are looked for: to the next finite
// verb with a subject of its own.
func (s *sentence) reach(list []*predicate, i int) int {
	p := list[i]
	end := len(s.toks)
	for j := i + 1; j < len(list); j++ {
		q := list[j]
		if q.reduced || q.relative || q.dropped || q.joined && q.bare || q.form == 'g' {
			continue
		}
		if q.inf {
			end = q.head - 1
		} else if q.hasSubj && len(q.who) > 0 && s.mentions[q.who[0]].start > p.at {
			end = s.mentions[q.who[0]].start
		} else {
			end = q.head
		}
		break
	}
	for t := p.at + 1; t < end; t++ {
		t = s.pastTakenBack(t)
		if in(s.low(t), ";", "but", "unless", "except", "however", "nor", "although", "though", "whereas") {
			return t
		}
	}
	return end
}

// purposes takes the purposes after the verb, up to the next clause that has a
// subject of its own, and those of an infinitive that it governs.
func (s *sentence) purposes(list []*predicate, i int) {
	p := list[i]
	end := len(s.toks)
	for j := i + 1; j < len(list); j++ {
		q := list[j]
		if q.hasSubj && !q.relative && !q.reduced && !q.inf && len(q.who) > 0 && s.mentions[q.who[0]].start > p.at {
			end = s.mentions[q.who[0]].start
			break
		}
	}
	seen := false
	for k, m := range s.mentions {
		if m.kind != mFor || m.end <= p.at || m.start >= end {
			continue
		}
		for t := p.at + 1; t <= m.start && !seen; t++ {
			seen = in(s.low(t), "to", "for", "purpose", "purposes", "so", "help", "helps", "allow", "enable", "by")
		}
		if seen {
			p.fors = append(p.fors, k)
		}
	}
}
