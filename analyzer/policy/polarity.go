package policy

import "strings"

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
	if (p.relative || p.reduced) && s.askedFor(p.head) {
		p.dropped = true
	}
	if p.negated && (p.actorIs(s, "user") || s.imperative(p) || s.embeddedQuestion(p)) {
		p.dropped = true
	}
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
			return true
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
	if s.forbidden(p) {
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
		first := s.mentions[p.data[0]].start
		for t := max(0, first-3); t < first; t++ {
			if in(s.low(t), "none", "neither") || s.low(t) == "no" && !s.verbBetween(t, first) {
				return true, true
			}
		}
	}
	if p.passive && p.circumstance(s, p.head) {
		return true, true
	}
	return false, false
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
		if in(s.low(t), "agree", "agreed", "promise", "commit", "committed", "pledge", "undertake", "undertakes") {
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
		if in(s.low(t), "able", "unable", "responsible", "liable", "guarantee", "ensure", "warrant", "hesitate", "mean", "imply", "obligated", "obliged", "required", "possible", "apply", "applies", "control", "prevent", "limit", "restrict", "affect") {
			for u := max(0, t-4); u < t; u++ {
				if negators[s.low(u)] {
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

// condition returns the words that limit a predicate, "" when there are none,
// and the token at which an exception begins, or -1.
func (s *sentence) condition(p *predicate) (words string, exception int) {
	exception = -1
	from, to := -1, -1
	for t := 0; t < len(s.toks) && from < 0; t++ {
		w, next := s.low(t), s.low(t+1)
		switch {
		case in(w, "unless", "except", "excluding"), w == "other" && next == "than", w == "apart" && next == "from" && !in(s.low(t+2), "that", "this", "these"), w == "with" && next == "the" && in(s.low(t+2), "exception", "exceptions"):
			if w == "unless" || t < p.at {
				if t > p.at || t+25 > p.at {
					from = t
				}
			} else {
				from, exception = t, t
			}
			if w == "except" && in(next, "as", "where", "when", "if", "in") {
				exception = -1
			}
		case w == "without" && s.consentAfter(t), w == "beyond" && next == "what", w == "longer" && next == "than", w == "more" && next == "than" && in(s.low(t+2), "is", "necessary", "needed"):
			from = t
		case in(w, "only", "solely", "exclusively") && t > p.at-4 && in(next, "if", "when", "where", "with", "after", "as", "in", "upon", "for", "to"):
			from = t
		case w == "until" && t > p.at:
			from = t
		case w == "for" && in(next, "any", "purposes") && s.otherPurpose(t):
			from = t
		case p.negated && in(w, "knowingly", "intentionally", "directly", "automatically", "generally", "typically", "normally", "ordinarily", "actively", "usually", "routinely", "permanently", "customarily", "systematically") && t >= p.head-8 && t < p.at+12:
			from, to = t, t+1
		case p.negated && t > p.at && p.action == actRetain && in(w, "after", "once"):
			from = t
		case p.negated && t > p.at && w == "in" && (in(next, "ways", "way") || in(s.low(t+2), "way", "ways", "manner")), p.negated && w == "more" && s.moreThan(t):
			from = t
		case p.negated && t > p.at && t < p.end && in(w, "through", "via", "by") && in(next, "our", "email", "telephone", "phone", "unsolicited", "mail", "cookies", "means", "text", "this", "these", "using") && s.low(t-1) != "used":
			from = t
		case p.negated && t > p.at && t < p.end && in(w, "in", "on", "within", "with") && in(next, "this", "these", "such") && in(s.low(t+2), "process", "cookies", "cookie", "form", "page", "section", "case", "cases", "pixels", "logs", "feature"):
			from = t
		case w == "if" && (t > p.at || t == 0) && p.negated:
			from = t
		case w == "if" && t > p.at && t < p.end+2:
			from = t
		case w == "as" && in(next, "described", "permitted", "required", "set", "necessary", "needed", "stated", "otherwise") && t > p.at && p.negated:
			from = t
		}
	}
	if from < 0 {
		return "", -1
	}
	if to < 0 {
		to = s.clauseEnd(from, p)
	}
	return squeeze(s.text[s.toks[from].start:s.toks[to-1].end]), exception
}

// moreThan reports whether "more … than is necessary" begins at a token.
func (s *sentence) moreThan(t int) bool {
	for u := t + 1; u < t+7; u++ {
		if s.low(u) == "than" && in(s.low(u+1), "is", "necessary", "needed", "reasonably", "required", "we", "what") {
			return true
		}
	}
	return false
}

func (s *sentence) consentAfter(t int) bool {
	for u := t + 1; u < len(s.toks) && u < t+9; u++ {
		if in(s.low(u), "consent", "permission", "authorization", "authorisation", "approval", "asking", "notice", "agreement", "notifying", "informing", "telling", "opt") {
			return true
		}
	}
	return false
}

func (s *sentence) otherPurpose(t int) bool {
	for u := t + 1; u < len(s.toks) && u < t+5; u++ {
		if s.low(u) == "other" {
			for v := u + 1; v < len(s.toks) && v < u+3; v++ {
				if in(s.low(v), "purpose", "purposes", "reason", "reasons", "use") {
					return true
				}
			}
		}
		if s.low(u) == "than" {
			return true
		}
	}
	return false
}

// clauseEnd is where the words of a condition end.
func (s *sentence) clauseEnd(from int, p *predicate) int {
	end := len(s.toks)
	for t := from + 1; t < end; t++ {
		if s.low(t) == ";" || from < p.at && s.low(t) == "," && t < p.at {
			return t
		}
	}
	for end > from+1 && !s.toks[end-1].word {
		end--
	}
	return end
}

// only reports whether a predicate is limited by "only" and its like.
func (s *sentence) only(p *predicate) bool {
	for t := max(0, p.head-2); t < len(s.toks) && t < p.at+30; t++ {
		if !in(s.low(t), "only", "solely", "strictly", "exclusively") || s.low(t-1) == "not" || s.low(t-1) == "but" && s.low(t-2) == "not" {
			continue
		}
		if t < p.at || in(s.low(t+1), "for", "with", "to", "if", "when", "as", "the", "in", "by", "those", "where", "that", "your") {
			return true
		}
	}
	return false
}

// children's words, in a sentence or a heading.
var childWords = []string{"child", "children", "minor", "minors", "under 13", "under the age", "under thirteen", "under 16", "under sixteen", "under eighteen", "under 18", "years of age", "coppa", "kids"}

// scopeOf names the group of people or the place that words limit a statement to.
func scopeOf(words string) string {
	low := " " + strings.ToLower(words) + " "
	for _, w := range childWords {
		if strings.Contains(low, w) {
			return "children"
		}
	}
	for _, s := range scopes {
		for _, w := range s.words {
			if strings.Contains(low, w) {
				return s.scope
			}
		}
	}
	return ""
}

var scopes = []struct {
	scope string
	words []string
}{
	{"california", []string{"california", "ccpa", "cpra"}},
	{"applicants", []string{"applicant", "candidates", "job application", "recruitment", "recruiting"}},
	{"employees", []string{"employees", "personnel", "workforce"}},
	{"eu", []string{"european economic area", "european union", " eea ", " eu ", "gdpr", "residents of the eu", "united kingdom"}},
	{"us_states", []string{"nevada", "virginia", "colorado", "connecticut", "utah", "texas", "oregon", "state privacy", "state-specific"}},
	{"app", []string{"mobile app", "our app ", "this app ", "the app ", "mobile application", "in-app", "this application"}},
}
