package policy

import "strings"

// condition returns the words that limit a predicate, "" when there are none,
// and the token at which an exception begins, or -1.
func (s *sentence) condition(p *predicate) (words string, exception int) {
	from, to := -1, -1
	exception = -1
	for t := 0; t < len(s.toks) && from < 0; t++ {
		switch {
		case s.excepts(p, t):
			from = t
			if t >= p.at && !in(s.low(t), "unless", "beyond") && !(s.low(t) == "except" && in(s.low(t+1), "as", "where", "when", "if", "in")) {
				exception = t
			}
		case p.negated && habits[s.low(t)] && t >= p.head-8 && t < p.at+12:
			from, to = t, t+1
		case s.limits(p, t), p.negated && t > p.at && s.limitsDenial(p, t):
			from = t
		case s.low(t) == "if" && (p.negated && (t > p.at || t == 0) || t > p.at && t < p.end+2):
			from = t
		}
	}
	if from < 0 && p.negated && len(p.fors) == 0 {
		from = s.purposeOf(p)
	}
	if from < 0 {
		return "", -1
	}
	if to < 0 {
		to = s.clauseEnd(from, p)
	}
	return squeeze(s.text[s.toks[from].start:s.toks[to-1].end]), exception
}

// habits are words with which a text denies only what it does as a rule, or on
// purpose.
var habits = wordSet("knowingly intentionally directly automatically generally typically normally ordinarily actively usually routinely permanently customarily systematically explicitly")

// excepts reports whether an exception begins at a token.
func (s *sentence) excepts(p *predicate, t int) bool {
	w, next := s.low(t), s.low(t+1)
	switch {
	case w == "beyond" && p.negated && t > p.at && s.dataSoon(t):
		return true
	case in(w, "unless", "except", "excluding"), w == "other" && next == "than", w == "apart" && next == "from" && !in(s.low(t+2), "that", "this", "these"),
		w == "with" && next == "the" && in(s.low(t+2), "exception", "exceptions"):
		return w != "unless" && t >= p.at || t > p.at || t+25 > p.at
	}
	return false
}

// limits reports whether words begin at a token that limit any act.
func (s *sentence) limits(p *predicate, t int) bool {
	w, next := s.low(t), s.low(t+1)
	switch w {
	case "without":
		return s.consentAfter(t)
	case "beyond":
		return next == "what"
	case "longer":
		return next == "than"
	case "more":
		return next == "than" && in(s.low(t+2), "is", "necessary", "needed")
	case "only", "solely", "exclusively":
		return t > p.at-4 && in(next, "if", "when", "where", "with", "after", "as", "in", "upon", "for", "to")
	case "until":
		return t > p.at
	case "for":
		return in(next, "any", "purposes") && s.otherPurpose(t)
	}
	return false
}

// limitsDenial reports whether words begin at a token after a denied verb that
// leave it open elsewhere: by a channel, on a thing, in a manner.
func (s *sentence) limitsDenial(p *predicate, t int) bool {
	w, next, third := s.low(t), s.low(t+1), s.low(t+2)
	switch w {
	case "without":
		return true
	case "before", "prior":
		return s.consentAfter(t)
	case "after", "once":
		return p.action == actRetain
	case "as":
		return in(next, "described", "permitted", "required", "set", "necessary", "needed", "stated", "otherwise")
	case "more":
		return s.moreThan(t)
	case "through", "via", "by":
		return t < p.end && s.low(t-1) != "used" && in(next, "our", "email", "telephone", "phone", "unsolicited", "mail", "cookies", "means", "text", "this", "these", "using")
	case "in", "on", "within", "with":
		if w == "in" && (in(next, "ways", "way") || in(third, "way", "ways", "manner")) {
			return true
		}
		return t < p.end && in(next, "this", "these", "such") && in(third, "process", "cookies", "cookie", "form", "page", "section", "case", "cases", "pixels", "logs", "feature")
	}
	return false
}

// asking are verbs whose infinitive is what they ask for, not a purpose.
var asking = wordSet("ask request require solicit allow permit let")

// purposeOf finds the purpose of a denied act that the terms do not know: "we
// do not use it to identify you" denies nothing but that.
func (s *sentence) purposeOf(p *predicate) int {
	if asking[p.lemma] {
		return -1
	}
	for t := p.at + 1; t < len(s.toks) && t < p.end+4; t++ {
		w, next := s.low(t), s.low(t+1)
		if in(w, ";", "but", "and", "we") && t > p.end {
			return -1
		}
		if w != "to" || !s.toks[t].word || s.whoAt(t+1) {
			continue
		}
		if in(next, "the", "our", "any", "third", "other", "others", "you", "your", "us", "anyone", "anybody", "such", "a", "an", "these", "those", "unaffiliated", "them", "it", "which", "whom", "non", "outside", "another", "external", "either", "all", "be") || next == "" || !s.toks[t+1].word || s.toks[t+1].cap {
			continue
		}
		return t
	}
	return -1
}

// whoAt reports whether a recipient stands at a token or shortly after it.
func (s *sentence) whoAt(t int) bool {
	for _, m := range s.mentions {
		if m.kind == mWho && m.start >= t && m.start <= t+1 {
			return true
		}
	}
	return false
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
		if in(s.low(u), "consent", "permission", "authorization", "authorisation", "approval", "asking", "notice", "agreement", "agree", "notifying", "informing", "telling", "opt") {
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
	if t := s.toNobody(p); t > 0 && s.nobodyBut(t) {
		return true
	}
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
	low := " " + scopeMarks.Replace(strings.ToLower(words)) + " "
	for _, w := range childWords {
		if strings.Contains(low, w) {
			return "children"
		}
	}
	for _, s := range scopes {
		for _, w := range s.words {
			if strings.Contains(low, w) && (s.scope != "app" || appOnly(words)) {
				return s.scope
			}
		}
	}
	return ""
}

// scopeMarks are marks that may stand beside a scope's words.
var scopeMarks = strings.NewReplacer(",", " ", ":", " ", ";", " ", ".", " ", "(", " ", ")", " ", "’", "'")

var scopes = []struct {
	scope string
	words []string
}{
	{"california", []string{"california", "ccpa", "cpra"}},
	{"applicants", []string{"applicant", "candidates", "job application", "recruitment", "recruiting", "apply for a job", "apply for a position", "applying for a job", "applying for a position", "apply to work", "apply for employment", "apply for a role"}},
	{"employees", []string{"employees", "personnel", "workforce"}},
	{"eu", []string{"european economic area", "european union", " eea ", " eu ", "gdpr", "residents of the eu", "united kingdom"}},
	{"us_states", []string{"nevada", "virginia", "colorado", "connecticut", "utah", "texas", "oregon", "state privacy", "state-specific"}},
	{"app", []string{"mobile app", "our app ", "our apps ", "this app ", "the app ", "mobile application", "in-app", "this application"}},
}
