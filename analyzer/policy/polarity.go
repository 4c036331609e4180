package policy

// polarity decides whether a predicate is denied, whether it asserts anything
// at all, and under which condition. What looks like a denial but may not be
// one asserts nothing: a false denial is a false alarm.
func (s *sentence) polarity(list []*predicate, i int) {
	p := list[i]
	s.hypothetical(p)
	neg, own := s.ownNegation(p)
	switch {
	case own:
		p.negated = neg
		if neg && p.action == actCollect && s.nobodyDoes(p) {
			p.action = actShare // "nobody gets to see it"
		}
	case p.inf && p.governor >= 0 && !list[p.governor].joined || p.inf && p.governor >= 0:
		q := list[p.governor]
		p.negated = q.negated
		if s.low(p.head-2) == "not" {
			p.negated, p.dropped = true, p.dropped || !s.promised(p)
		} else if neg, ok := s.distantNegation(p, q.at+1); ok {
			p.negated = neg
		}
		if q.dropped && q.negated {
			p.dropped = true
		}
	case p.inf:
		if in(s.low(p.head-2), "not", "never") {
			p.negated, p.dropped = true, p.dropped || !s.promised(p)
		} else if neg, ok := s.distantNegation(p, 0); ok {
			p.negated = neg
		}
	case p.joined:
		q := list[p.governor]
		inherits := p.bare && s.low(p.head-1) != "but" && s.low(p.head-2) != "but"
		p.negated = q.negated && inherits
		if inherits {
			p.dropped = p.dropped || q.dropped && q.negated
			if p.modality == "" {
				p.modality = q.modality
			}
		}
	}
	if p.negated && (s.choice(p) || s.unable(p)) {
		p.dropped = true
	}
	if !p.negated && p.action == actProtect && s.unable(p) {
		p.dropped = true // "we cannot guarantee that it is encrypted"
	}
	if p.actorIs(s, "user") && s.adviceOrSupposition(p) {
		p.dropped = true
	}
	first := p
	for first.joined && first.bare {
		first = list[first.governor]
	}
	if !p.inf && (s.told(p) || s.told(first)) {
		p.dropped = true
	}
	if p.form == 'g' && !p.negated && in(s.low(p.head-1), "stop", "cease", "avoid", "without") {
		p.dropped = true // "the right to request that we stop selling"
	}
	if s.leftToYou(p) {
		p.dropped = true
	}
	if p.inf && in(s.low(p.head-2), "right", "rights") && !in(s.low(p.head-4), "reserve", "reserves") && !in(s.low(p.head-3), "reserve", "reserves") {
		p.dropped = true // "the right to request a copy" is the reader's
	}
	if (p.reduced || p.passive) && s.notToHave(p.head) {
		p.dropped = true // "your preference not to have data about you collected"
	}
	if (p.relative || p.reduced) && s.askedFor(p.head) {
		p.dropped = true
	}
	if p.negated && (s.describes(p) || s.abilityTo(p)) {
		p.dropped = true
	}
	if p.negated && (p.actorIs(s, "user") || s.imperative(p) || s.embeddedQuestion(p)) {
		p.dropped = true
	}
}

// notToHave reports whether what stands at a token is what people choose not to
// have done.
func (s *sentence) notToHave(at int) bool {
	for t := at - 1; t > 1 && t > at-14; t-- {
		if s.low(t) == "have" && s.low(t-1) == "to" && s.low(t-2) == "not" {
			return true
		}
		if in(s.low(t), ";", "we") {
			return false
		}
	}
	return false
}

// describes reports whether a denial only tells of which data the text speaks:
// "information that is not shared", "cookies do not hold personal data".
func (s *sentence) describes(p *predicate) bool {
	if s.low(p.head-1) == "that" && (p.passive || p.relative && !p.hasSubj) {
		return true
	}
	if p.passive || p.inf || p.reduced || p.hasSubj {
		return false
	}
	for _, m := range s.mentions {
		if m.kind == mData && m.end == p.head && m.id == "cookie_identifier" {
			return true
		}
	}
	return s.low(p.head-2) == "just" && s.low(p.head-1) == "because"
}

// abilityTo reports whether a denied sentence speaks of an ability or a right
// to act: "no warranty in relation to our ability to protect it".
func (s *sentence) abilityTo(p *predicate) bool {
	for t := p.head - 1; t >= 0 && t > p.head-10; t-- {
		if in(s.low(t), "ability", "right", "rights", "opportunity", "responsibility", "obligation", "duty", "warranties") && !s.hardBreak(t, p.head) {
			return s.low(p.head-1) == "to" || p.joined || s.low(p.head-1) == ","
		}
	}
	return false
}

// imperative reports whether a denial tells the reader what not to do: "do not
// disclose your password".
func (s *sentence) imperative(p *predicate) bool {
	if p.hasSubj || p.passive || p.reduced || p.inf || p.joined {
		return false
	}
	if p.form == 'g' && s.low(p.head) == "not" {
		return true // "this includes not sharing your password"
	}
	return p.head < p.at && in(s.low(p.head), "do", "don't", "never", "please") && (p.head == s.from || p.head == 0 || in(s.low(p.head-1), "please", ",", ":", "and"))
}

// adviceOrSupposition reports whether what users do is only supposed, or what
// they need not do: "if you find out that your daughter has given us data",
// "read it before providing data", "we do not require you to give your name".
func (s *sentence) adviceOrSupposition(p *predicate) bool {
	if p.form == 'g' && in(s.low(p.head-1), "before", "avoid", "avoiding") {
		return true
	}
	for t := p.head - 1; t >= 0 && t > p.head-16; t-- {
		switch w := s.low(t); {
		case w == ";":
			return false
		case p.inf && in(w, "require", "required", "ask", "asking", "need", "oblige", "obliged") && negatedBefore(s, t):
			return true
		case in(w, "aware", "learn", "discover", "find", "notice", "realize", "realise", "believe", "suspect", "concerned"):
			for u := t - 1; u >= 0 && u > t-12; u-- {
				if s.low(u) == "if" || s.low(u) == "when" || s.low(u) == "case" {
					return true
				}
			}
		}
	}
	return false
}

// telling are verbs that announce what a text is about.
var telling = wordSet("describe describes described explain explains outline outlines understand learn know care inform informs informing tell tells detail details disclose discloses see summarize summarizes cover covers govern governs about concerning regarding on of out explaining describing questions concerns")

// told reports whether an act is only announced: "this policy explains how we
// share your data", "you care about how it is used".
func (s *sentence) told(p *predicate) bool {
	start := p.head
	if len(p.who) > 0 && p.hasSubj {
		start = min(start, s.mentions[p.who[0]].start)
	}
	if p.passive && len(p.data) > 0 {
		start = min(start, s.mentions[p.data[0]].start)
	}
	for t := start - 1; t >= 0 && t > start-5; t-- {
		w := s.low(t)
		if in(w, ",", ";", ":") {
			return false
		}
		if w == "which" && s.low(t-1) == "in" && in(s.low(t-2), "ways", "way", "manner") {
			w, t = "how", t-2
		}
		if !in(w, "how", "why", "whether") {
			continue
		}
		for u := t - 1; u >= 0 && u > t-5; u-- {
			if telling[s.low(u)] {
				return true
			}
		}
		if in(s.low(t-1), "and", "or") || s.low(t-1) == "the" && in(s.low(t-2), "and", "or") {
			for u := t - 5; u >= 0 && u > t-20; u-- {
				if describing[s.low(u)] {
					return true // "it explains which data we collect and how we use them"
				}
			}
		}
	}
	return false
}

// describing are verbs of texts that announce one thing and another.
var describing = wordSet("describes explains outlines details summarizes summarises sets describing explaining outlining")

// askedFor reports whether what stands at a token is what people may ask for:
// "you can request a list of the data that we shared". It presupposes an act,
// but which one the request is about is left to the answer.
func (s *sentence) askedFor(at int) bool {
	for t := at - 1; t >= 0 && at-t < 30; t-- {
		w := s.low(t)
		if w == ";" || w == ":" {
			return false
		}
		if !in(w, "request", "requests", "obtain", "receive", "right", "rights", "entitled", "ask", "requesting", "know") {
			continue
		}
		if in(w, "right", "rights") && s.low(t+1) == "to" && in(s.low(t+2), "request", "know", "access", "obtain", "ask", "receive") {
			return true // "access: the right to request a copy of what we hold"
		}
		for u := t - 1; u >= 0 && t-u < 12; u-- {
			if in(s.low(u), "we", ";") {
				break
			}
			if in(s.low(u), "you", "user", "users", "consumers", "customers", "individuals", "residents", "resident", "consumer", "visitors", "permits") {
				return true
			}
		}
	}
	return false
}

// embeddedQuestion reports whether a denial stands in "why access cannot be
// provided" and its like.
func (s *sentence) embeddedQuestion(p *predicate) bool {
	start := p.head
	if p.passive && len(p.data) > 0 {
		start = min(start, s.mentions[p.data[0]].start)
	}
	for t := start - 1; t >= 0 && t > start-4; t-- {
		if in(s.low(t), "why", "whether", "how", "what") {
			return t > 0 || s.low(t) != "what" // "what we do not collect:" is a heading
		}
		if in(s.low(t), ",", ";") {
			return false
		}
	}
	return false
}

func (p *predicate) actorIs(s *sentence, id string) bool {
	for _, k := range p.who {
		if m := s.mentions[k]; m.kind == mActor && m.id == id {
			return true
		}
	}
	return false
}

// ownNegation looks in the verb's group and at the words that deny from
// outside: "no data are shared", "nor do we", "neither … nor".
func (s *sentence) ownNegation(p *predicate) (negated, found bool) {
	for t := p.head; t < p.at; t++ {
		w := s.low(t)
		if w == "no" && (s.low(t+1) == "longer" || p.lemma == "access") {
			return true, true
		}
		if !negators[w] {
			continue
		}
		if in(s.low(t+1), "only", "just", "merely", "simply", "necessarily", "solely", "always", "all", "limited") {
			return false, true
		}
		return true, true
	}
	if p.row > 0 {
		return negators[s.low(p.row)] || negators[s.low(p.row+1)] && s.low(p.row+2) != "only", true
	}
	if p.modality != "" && s.low(p.at+1) == "not" {
		return true, true
	}
	if s.forbidden(p) || s.turned(p) {
		return true, true
	}
	if in(s.low(p.at+1), "neither", "no", "none") && s.low(p.at+2) != "later" && s.low(p.at+2) != "more" && !(p.form == 'g' && p.bare) && !p.joined {
		return true, true
	}
	if len(p.who) > 0 && p.hasSubj && !p.passive && !p.reduced {
		start := s.mentions[p.who[0]].start
		for t := max(0, start-3); t < start; t++ {
			if in(s.low(t), "neither", "nor", "none") || s.low(t) == "no" && start-t <= 2 && s.mentions[p.who[0]].kind == mWho {
				return true, true
			}
		}
		if p.circumstance(s, start) {
			return true, true
		}
	}
	if p.passive && len(p.data) > 0 {
		first := s.mentions[s.afterLabel(p)].start
		for t := max(0, first-3); t < first; t++ {
			if in(s.low(t), "none", "neither") || s.low(t) == "no" && !s.verbBetween(t, first) {
				return true, true
			}
		}
	}
	if p.passive && p.circumstance(s, p.head) {
		return true, true
	}
	if p.reduced && p.bare && s.inverted(p) {
		p.reduced, p.passive = false, true
		return true, true
	}
	return false, false
}

// afterLabel is the first data of a passive's subject, what stands before a
// colon aside: "bank data: no account number is kept".
func (s *sentence) afterLabel(p *predicate) int {
	for t := p.head - 1; t > 0; t-- {
		if s.low(t) != ":" {
			continue
		}
		for _, k := range p.data {
			if s.mentions[k].start > t {
				return k
			}
		}
	}
	return p.data[0]
}

// inverted reads "at no point is your location recorded".
func (s *sentence) inverted(p *predicate) bool {
	for t := p.head - 1; t > 0 && t > p.head-9; t-- {
		if in(s.low(t), ",", ";") {
			return false
		}
		if beForms[s.low(t)] {
			return p.circumstance(s, t) || s.low(t-1) == "never" || s.low(t-1) == "nor"
		}
	}
	return false
}

// forbids are verbs that deny what follows "from" or "to".
var (
	forbids = wordSet("prohibit prohibits prohibited forbid forbids forbidden restricted refrain refrains refraining barred precluded prevented abstain")
	refuses = wordSet("refuse refuses refused decline declines")
)

// forbidden reads "are prohibited from using", "refrain from selling", "refuse
// to sell".
func (s *sentence) forbidden(p *predicate) bool {
	if p.form == 'g' && s.low(p.head-1) == "from" {
		for t := p.head - 2; t >= 0 && t > p.head-6; t-- {
			if forbids[s.low(t)] {
				return true
			}
		}
	}
	return p.inf && (refuses[s.low(p.head-2)] || in(s.low(p.head-2), "forbidden"))
}

func (s *sentence) verbBetween(from, to int) bool {
	for t := from; t < to; t++ {
		if auxiliaries[s.low(t)] {
			return true
		}
	}
	return false
}

// circumstance finds "at no time", "under no circumstances", "in no event".
func (p *predicate) circumstance(s *sentence, before int) bool {
	for t := max(1, before-6); t < before; t++ {
		if s.low(t) == "no" && in(s.low(t-1), "at", "under", "in") && in(s.low(t+1), "time", "circumstances", "circumstance", "event", "case", "point") {
			return true
		}
	}
	return false
}

// intends are verbs through which a negation reaches the infinitive; any other
// negated verb before it ("not able to", "not required to") says nothing about
// the act.
var intends = wordSet("practice policy intention intend plan seek attempt wish want try allow permit authorize authorise let enable use request ask knowingly intentionally")

// distantNegation looks for a denied verb between the subject and "to".
func (s *sentence) distantNegation(p *predicate, low int) (negated, found bool) {
	if len(p.who) > 0 {
		low = max(low, s.mentions[p.who[len(p.who)-1]].end)
	}
	not := false
	for t := max(low, p.head-12); t < p.head-1; t++ {
		w := s.low(t)
		if in(w, ",", ";") {
			not = false
		}
		if negators[w] && s.low(t+1) != "only" {
			not, found = true, true
			continue
		}
		if not && intends[w] {
			return true, true
		}
	}
	if not {
		p.dropped = true
		return true, true
	}
	return false, false
}

// promised reports whether "not to" hangs on a promise of ours.
func (s *sentence) promised(p *predicate) bool {
	for t := p.head - 3; t >= 0 && t > p.head-8; t-- {
		if in(s.low(t), "agree", "agreed", "promise", "commit", "committed", "pledge", "undertake", "undertakes") || in(s.low(t), "policy", "practice") && in(s.low(t-1), "our", "company") {
			return !s.choiceBefore(t)
		}
	}
	return false
}

var choosing = wordSet(`ask request want wish prefer like tell direct instruct demand choose elect opt-out opt right object inform notify
	asked requested requesting asking choosing opting rather stop prevent prohibit request; desire`)

// choice reports whether a denial is what the user may ask for: "you may
// request that we not share".
func (s *sentence) choice(p *predicate) bool { return s.choiceBefore(p.head) }

func (s *sentence) choiceBefore(at int) bool {
	for t := at - 1; t >= 0 && at-t < 16; t-- {
		w := s.low(t)
		if in(w, ";", "but", "however") {
			return false
		}
		if !choosing[w] {
			continue
		}
		if w == "right" && s.low(t-1) == "the" && in(s.low(t-2), "reserve", "reserves") {
			continue
		}
		for u := t - 1; u >= 0 && t-u < 8; u-- {
			if in(s.low(u), "you", "user", "users", "consumers", "customers", "individuals", "residents", "consumer") {
				return true
			}
		}
		if in(w, "opt", "right", "ask", "request", "tell") && (t == 0 || in(s.low(t-1), "to", "please", "can", "may", ")", ",", "or", "by")) {
			return true
		}
	}
	return false
}

// unable finds "may not be able to", "does not mean that", "not responsible for".
func (s *sentence) unable(p *predicate) bool {
	for t := p.at; t > 0 && t > p.at-14; t-- {
		if in(s.low(t), "able", "unable", "responsible", "liable", "guarantee", "promise", "ensure", "warrant", "hesitate", "mean", "imply", "obligated", "obliged", "required", "possible", "apply", "applies", "control", "prevent", "limit", "restrict", "affect") {
			back, assures := 4, in(s.low(t), "guarantee", "ensure", "warrant")
			if assures && in(s.low(t-1), "or", "nor") {
				back = 16 // "we cannot vouch for what you send us or guarantee that"
			}
			for u := max(0, t-back); u < t; u++ {
				if negators[s.low(u)] || assures && s.low(u) == "no" {
					return true
				}
			}
		}
	}
	return false
}

// hypothetical drops what stands in an if-clause: it asserts nothing. When- and
// as-clauses presuppose the act and stay, but a denial in them goes.
func (s *sentence) hypothetical(p *predicate) {
	start := p.head
	if len(p.who) > 0 && p.hasSubj && s.mentions[p.who[0]].start < start {
		start = s.mentions[p.who[0]].start
	}
	back := 5
	if p.inf {
		start, back = p.head, 12
	}
	for t := start - 1; t >= 0 && t >= start-back; t-- {
		w := s.low(t)
		if in(w, ",", ";", "then", ")") {
			return
		}
		if in(w, "if", "whether", "unless", "should") {
			if p.actorIs(s, "user") && w == "if" && !s.negatedGroup(p) {
				return
			}
			p.dropped = true
			return
		}
		if w == "when" && in(s.low(t-1), "know", "indicate", "indicates", "notify", "notified", "alert", "alerts", "warn", "warns", "tell", "tells", "you", "see") {
			p.dropped = true // "set your browser to tell you when a cookie is sent"
			return
		}
		if in(w, "when", "where", "whenever", "once") && s.negatedGroup(p) {
			p.dropped = true
			return
		}
		if in(w, "which", "what") && s.asked(t) {
			p.dropped = true
			return
		}
	}
}

// asked reports whether a question at t is one that the user may ask: "you may
// ask us which information we have collected" tells of no collection.
func (s *sentence) asked(t int) bool {
	for u := t - 1; u >= 0 && u >= t-4; u-- {
		if in(s.low(u), "ask", "know", "request", "learn", "confirm") {
			return true
		}
	}
	return false
}

func (s *sentence) negatedGroup(p *predicate) bool {
	for t := p.head; t < p.at; t++ {
		if negators[s.low(t)] {
			return true
		}
	}
	return false
}
