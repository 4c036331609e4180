package policy

import (
	"slices"
	"strings"
)

// maxLead bounds the words that a list's items may take over, in bytes.
const maxLead = 1_000

// read reads a sentence. When it has no verb of its own it takes that of what
// introduces it, the nearest first, or else of its heading.
func (r *reader) read(at spot, own *sentence, leads []string) {
	text := at.text
	if strings.HasSuffix(text, "?") || !strings.ContainsAny(text, " ") && len(leads) == 0 {
		return
	}
	contained := selfContained(own)
	if !contained {
		for _, lead := range leads {
			if lead == "" || len(lead) > maxLead || strings.HasSuffix(lead, "?") {
				continue
			}
			joined := strings.TrimRight(lead, ":;,. –—-") + " "
			s := r.lex.sentence(joined+lowerFirst(text), len(joined), at.self)
			at := at
			at.lead = lead
			if r.emit(at, s, true) || r.listOfPrior(at, s) {
				return
			}
		}
	}
	if said := r.emit(at, own, false); said && own.opensWithList() {
		r.fromPrior(at, own)
		return
	} else if said || r.cookieLife(at, own) || r.cookieLimit(at, own) || r.fromPrior(at, own) {
		return
	}
	if !contained && !r.underDenial(at, own) && !(len(leads) > 0 && othersMay(leads[0])) {
		r.fromHeading(at, own)
	}
}

// othersMay reports whether a list's lead-in says what somebody else may do, so
// that a heading about what we do says nothing of its items: "your administrator
// may be able to:" below "Information we share".
func othersMay(lead string) bool {
	words := strings.Fields(strings.ToLower(lead))
	for i, w := range words {
		if i > 0 && modals[w] {
			return otherPeople[strings.Trim(words[i-1], ",;()")]
		}
	}
	return false
}

var otherPeople = wordSet("you administrator administrators user users member members owner owners parent parents guardian guardians they employer employers host hosts moderator moderators organizer organizers")

// underDenial reads an item that begins with a verb below a heading that
// denies: "What we will never do" over "sell your data".
func (r *reader) underDenial(at spot, own *sentence) bool {
	b := r.body[at.block]
	if b.kind != "item" || len(b.path) == 0 || len(own.toks) == 0 {
		return false
	}
	head := strings.ToLower(strings.TrimRight(b.path[len(b.path)-1], " :.…?!"))
	if v := verbs[own.low(0)]; v.form != 'b' || !neverHead.get().MatchString(head) || strings.HasSuffix(b.path[len(b.path)-1], "?") {
		return false
	}
	const lead = "We do not "
	return r.emit(at, r.lex.sentence(lead+lowerFirst(at.text), len(lead), at.self), true)
}

// neverHead is a heading of what is not done.
var neverHead = lazily(`^(?:\d+[.)]?\s+)?(?:(?:what|things)\s+(?:that\s+)?)?(?:we|our\s+\w+)\s+(?:do\s+not|don't|will\s+not|won't|will\s+never|never|would\s+never)(?:\s+do(?:\s+with\s+.{1,40})?)?$`)

var lives = wordSet("expire expires last lasts remain remains stay stays live lives valid active persist persists")

// cookieLife reads how long cookies in general live: "our cookies expire after
// 13 months". A sentence about one cookie or one vendor's says nothing of others.
func (r *reader) cookieLife(at spot, s *sentence) bool {
	days := retentionDays(s.text)
	if days == 0 || strings.Contains(s.text, "_") || slices.ContainsFunc(s.mentions, func(m mention) bool { return m.kind == mWho }) {
		return false
	}
	for _, m := range s.mentions {
		if m.kind != mData || m.id != "cookie_identifier" || m.start > 4 || in(s.low(m.start-1), "this", "that") {
			continue
		}
		for t := m.end; t < len(s.toks) && t < m.end+8; t++ {
			if lives[s.low(t)] && !negatedBefore(s, t) {
				r.add(at, Statement{Actor: "we", Action: actCookies, DataTypes: []string{m.id}, RetentionDays: days})
				return true
			}
		}
	}
	return false
}

// lowerFirst joins an item to its lead-in; names and abbreviations stay.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		word := strings.ToLower(firstWord(s))
		if v, ok := verbs[word]; ok && v.form == 'b' || in(word, "to", "for", "with", "your", "the", "when", "as", "by", "information", "our", "any", "other", "if", "third", "service") {
			return strings.ToLower(s[:1]) + s[1:]
		}
	}
	return s
}

// selfContained reports whether a sentence has a subject and a finite verb, so
// that it needs no lead-in.
func selfContained(s *sentence) bool {
	for _, p := range s.predicates() {
		if (p.hasSubj || p.passive) && !p.inf && !p.relative && !p.reduced && p.form != 'g' && !s.subordinate(p) {
			return true
		}
	}
	for i := range s.toks {
		if (auxiliaries[s.low(i)] || modals[s.low(i)]) && i > 0 && s.actorEndsAt(i) {
			return true
		}
	}
	return false
}

// subordinate reports whether a predicate stands in a clause that hangs on
// another: "when the law asks for it".
func (s *sentence) subordinate(p *predicate) bool {
	start := p.head
	if len(p.who) > 0 && p.hasSubj {
		start = min(start, s.mentions[p.who[0]].start)
	}
	for t := start - 1; t >= 0 && t >= start-4; t-- {
		switch s.low(t) {
		case "when", "if", "where", "whenever", "that", "which", "who", "because", "as", "while", "once", "until", "unless", "whom", "how", "what":
			return true
		case ",", ";", ".":
			return false
		}
	}
	return false
}

// fromHeading gives bare data below "Information we collect" what the heading says.
func (r *reader) fromHeading(at spot, s *sentence) {
	b := r.body[at.block]
	if b.kind == "paragraph" && len(s.toks) > 40 || len(b.path) == 0 {
		return
	}
	data := s.ids(mData, 0)
	if len(data) == 0 || len(data) == 1 && data[0] == "information" {
		return
	}
	for i := len(b.path) - 1; i >= 0 && i >= len(b.path)-2; i-- {
		head := strings.TrimSuffix(b.path[i], "?")
		st, ok := r.headingSays(head, at.self)
		if !ok {
			continue
		}
		st.DataTypes = data
		st.RecipientRefs = append(st.RecipientRefs, s.refs(0)...)
		st.Purposes = append(st.Purposes, s.ids(mFor, 0)...)
		r.add(at, st)
		return
	}
}

// headingSays reads a heading as a default action: "What we do not share".
func (r *reader) headingSays(head string, self map[string]bool) (Statement, bool) {
	s := r.lex.sentence(head, 0, self)
	for _, p := range s.predicates() {
		switch p.action {
		case actCollect, actShare, actDisclose, actSell, actUse, actRetain:
		default:
			continue
		}
		if p.dropped && p.negated || p.passive && p.negated && len(p.data) == 0 {
			continue
		}
		if p.noun && !p.hasSubj && !p.inf && !p.relative {
			continue
		}
		actor := "we"
		if len(p.who) > 0 {
			actor, _ = s.actor(p.who[0])
		}
		if actor == "user" {
			return Statement{Actor: "user", Action: actProvide}, true
		}
		return Statement{Actor: actor, Action: p.action, Negated: p.negated}, true
	}
	low := strings.ToLower(head)
	for _, w := range []string{"collection of", "data collected", "information collected", "data collection", "categories of personal", "collected information", "types of data", "types of personal data", "personal data we", "data we process", "information you provide", "what data", "automatically collected", "information collected automatically"} {
		if strings.Contains(low, w) {
			return Statement{Actor: "we", Action: actCollect}, !strings.Contains(low, " not ")
		}
	}
	return Statement{}, false
}
