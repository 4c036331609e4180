package policy

import (
	"slices"
	"strings"
)

// ids of the mentions of a kind from a token on, each once, in order.
func (s *sentence) ids(kind byte, from int) []string {
	var out []string
	for _, m := range s.mentions {
		if m.kind == kind && m.start >= from && m.id != "" && !slices.Contains(out, m.id) {
			out = append(out, m.id)
		}
	}
	return out
}

func (s *sentence) refs(from int) []RecipientRef {
	var out []RecipientRef
	for _, m := range s.mentions {
		if m.kind == mWho && m.start >= from {
			out = append(out, m.ref)
		}
	}
	return out
}

// actor names who a mention is.
func (s *sentence) actor(k int) (name string, ref *RecipientRef) {
	m := s.mentions[k]
	switch {
	case m.kind == mActor && m.id == "they":
		return "third_party", nil
	case m.kind == mActor:
		return m.id, nil
	case m.ref.Kind == "category" && m.ref.ID == "affiliates":
		return "third_party", &m.ref
	case m.ref.Kind == "category":
		return "third_party", &m.ref
	}
	return m.ref.Text, &m.ref
}

// emit turns the predicates of a sentence into statements. With a lead-in only
// what the item itself adds counts. It reports whether there was any.
func (r *reader) emit(at spot, s *sentence, led bool) bool {
	before := len(r.doc.Statements)
	list := s.predicates()
	for _, p := range list {
		if p.dropped {
			continue
		}
		r.emitPredicate(at, s, list, p, led)
	}
	r.nominal(at, s, list, before)
	r.servedBy(at, s, list, before)
	return len(r.doc.Statements) > before
}

func (r *reader) emitPredicate(at spot, s *sentence, list []*predicate, p *predicate, led bool) {
	if p.at < len(s.toks) { // the sentence ends in the spot's text
		at.act = max(0, s.toks[p.at].start-(len(s.text)-len(at.text))+1)
	}
	words, exception := s.condition(p)
	st := Statement{Negated: p.negated, Modality: p.modality, Condition: words, Only: s.only(p), Aside: p.relative || p.reduced}
	data := p.data
	var denied []int
	if !p.negated {
		data, denied = s.takenBack(p)
	}
	for _, k := range data {
		if led && s.mentions[k].start < s.from && p.at < s.from && r.itemHasData(s) {
			continue
		}
		st.takes(at, s, k)
	}
	for _, k := range p.to {
		if exception < 0 || s.mentions[k].start < exception {
			st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
		}
	}
	for _, k := range p.fors {
		if m := s.mentions[k]; p.negated && strings.Contains(words, s.text[s.toks[m.start].start:s.toks[m.end-1].end]) {
			continue // "unless a court orders it" is no purpose that is denied
		}
		st.Purposes = append(st.Purposes, s.mentions[k].id)
	}
	if led && !addsToLead(s, p) {
		return
	}
	who := p.who
	if len(who) == 0 {
		who = []int{-1}
	}
	for _, k := range who {
		one := st
		one.Actor = "we"
		var ref *RecipientRef
		if k >= 0 && k < len(s.mentions) {
			one.Actor, ref = s.actor(k)
		}
		if k >= 0 && k < len(s.mentions) && s.mentions[k].id == "they" && len(s.mentions[k].ref.Text) == 0 {
			one.RecipientRefs = append(one.RecipientRefs, s.back...)
		}
		if r.shape(at, s, list, p, &one, ref) && !(at.leads && waits(one)) {
			r.add(at, one)
			if one.Action == actCookies && p.action == actRetain && !one.Negated {
				r.keptCookies(at, s, one)
			}
			r.exception(at, s, p, one, exception)
			r.without(at, s, one, denied)
		}
	}
}

// takes adds a mention to what a statement is about. Its place is known when it
// stands in the spot's text, with which the sentence ends.
func (st *Statement) takes(at spot, s *sentence, k int) {
	m := s.mentions[k]
	st.DataTypes = append(st.DataTypes, m.id)
	lead := len(s.text) - len(at.text)
	if from := s.toks[m.start].start - lead; from >= 0 {
		st.places = append(st.places, span{from, s.toks[m.end-1].end - lead})
	}
}

// keptCookies adds how long cookies that "are stored" are kept.
func (r *reader) keptCookies(at spot, s *sentence, st Statement) {
	if days := retentionDays(s.text); days > 0 {
		st.Action, st.RetentionDays, st.Purposes = actRetain, days, nil
		r.add(at, st)
	}
}

// without adds the denial of what "but not your address" takes back.
func (r *reader) without(at spot, s *sentence, st Statement, denied []int) {
	if len(denied) == 0 || st.Actor == "user" {
		return
	}
	st.Negated, st.Condition, st.Only, st.DataTypes, st.places = true, "", false, nil, nil
	for _, k := range denied {
		st.takes(at, s, k)
	}
	r.add(at, st)
}

// waits reports whether the sentence before a list leaves to its items what the
// statement is about: "we collect the following information:".
func waits(st Statement) bool {
	if len(st.DataTypes) == 1 && st.DataTypes[0] == "information" {
		return st.Action != actRetain || st.Condition == "" && st.RetentionDays == 0
	}
	return handsOut[st.Action] && len(st.RecipientRefs) == 0 && len(st.Purposes) == 0
}

func (r *reader) itemHasData(s *sentence) bool {
	for _, m := range s.mentions {
		if m.kind == mData && m.start >= s.from {
			return true
		}
	}
	return false
}

// addsToLead reports whether the item gives the predicate anything, or holds it.
func addsToLead(s *sentence, p *predicate) bool {
	if p.at >= s.from {
		return true
	}
	for _, list := range [][]int{p.data, p.to, p.fors} {
		for _, k := range list {
			if s.mentions[k].start >= s.from {
				return true
			}
		}
	}
	return false
}

// shape makes a predicate's action final, or reports that it says nothing.
func (r *reader) shape(at spot, s *sentence, list []*predicate, p *predicate, st *Statement, ref *RecipientRef) bool {
	st.Action = p.action
	third := ref != nil || st.Actor == "third_party"
	cookies := s.placesCookies(p)
	vendor := s.embeds(p)
	switch {
	case st.Actor == "user":
		return userProvides(s, p, st)
	case p.passive && in(s.low(p.head-1), "that", "which") && slices.Equal(st.DataTypes, []string{"cookie_identifier"}):
		return false // what cookies are, not what happens
	case (p.passive || p.relative || p.reduced) && s.definesCookies():
		return false
	case cookies:
		if p.negated && s.meansTo(list, p) {
			return false // "we do not use cookies to identify you" does not deny cookies
		}
		st.Action = actCookies
		st.RecipientRefs = nil
	case p.lemma == "include" && p.form == 'g':
		return false // "third parties, including X" says who they are
	case p.action == verbAllow:
		return r.lets(at, s, list, p, st)
	case vendor && (p.action == actUse || p.action == verbEmbed || p.action == verbPlace) && len(st.DataTypes) == 0,
		vendor && p.action != actUse && (p.action == verbEmbed || p.action == verbPlace):
		st.Action = actLet
		st.RecipientRefs = s.embedded(p)
		if !p.negated {
			for _, k := range s.dataAfter(p) {
				st.takes(at, s, k)
			}
		}
	case p.action == verbPlace && ref != nil && !p.negated && in(s.low(p.at+1), "some", "them", "theirs"):
		// "our partners set some too": cookies, as the sentence before said
		st.Actor, st.Action, st.RecipientRefs = "we", actLet, []RecipientRef{*ref}
		return true
	case p.action == verbEmbed || p.action == verbPlace:
		return false
	case p.action == actSell && s.sellsBusiness(p):
		return false
	case s.paid(p):
		if p.negated || !s.inExchange(p) {
			return false
		}
		st.Action = actSell
	case p.lemma == "contain":
		return false
	case p.action == actProvide || p.lemma == "provide" && third && s.low(p.at+1) == "us":
		if !third && !p.passive && len(st.RecipientRefs) == 0 {
			return false // "we upload your e-mail address to Google" does hand it out
		}
		st.Action = actShare
	}
	if !third && handsOut[st.Action] {
		s.givenTo(p, st)
		if s.givenToReader(p, st) {
			return false
		}
		if s.givenByReader(p, st) {
			st.Actor, st.Action = "user", actProvide
			return !st.Negated && len(st.DataTypes) > 0
		}
	}
	if third && ref != nil {
		st.RecipientRefs = append([]RecipientRef{*ref}, st.RecipientRefs...)
	}
	if third && handsOut[st.Action] && s.toUs(p) {
		st.Actor, st.Action = "we", actCollect
		st.RecipientRefs = nil
	}
	return r.holds(s, p, st, third)
}

// definesCookies reports whether a sentence says what cookies are: "cookies are
// small files that are commonly used to …".
func (s *sentence) definesCookies() bool {
	for _, m := range s.mentions {
		if m.kind != mData {
			continue
		}
		return m.id == "cookie_identifier" && m.start <= 1 && in(s.low(m.end), "are", "is") &&
			in(s.low(m.end+1), "file", "files", "small", "text", "a", "piece", "pieces", "tiny", "bits", "data", "strings", "simple", "alphanumeric")
	}
	return false
}

// kept completes a statement about how long data are kept.
func (s *sentence) kept(p *predicate, st *Statement) bool {
	st.RetentionDays = retentionDays(s.text)
	if p.negated && (strings.Contains(st.Condition, "longer") || strings.Contains(st.Condition, "beyond") || strings.Contains(st.Condition, "more than")) {
		st.Negated = false
	}
	words := criterion(s.text)
	if words != "" && (!p.negated || st.Condition == "") {
		st.Condition = words
	}
	if p.endures() && s.mentionsAny("consent", "policy", "agreement") {
		return false // what remains valid is no data
	}
	if p.endures() && slices.Equal(st.DataTypes, []string{"cookie_identifier"}) {
		return false // the life of cookies is read by cookieLife
	}
	if ends[p.lemma] && (p.negated || st.RetentionDays == 0 && (st.Condition == "" || p.inf)) {
		return false // a deletion that says not when
	}
	if len(st.DataTypes) == 0 && s.keepsSomething(p) && (st.RetentionDays > 0 || strings.Contains(words, "long as") || strings.Contains(words, "no longer") || strings.HasPrefix(words, "until") || words == "immediately") {
		st.DataTypes = []string{"information"} // "it is stored until …", "records are deleted after …"
	}
	return len(st.DataTypes) > 0 && (p.lemma != "maintain" || st.Actor == "we")
}

// keepsSomething reports whether a verb of keeping has an object that may be
// data: not the reader, not a time, not nothing.
func (s *sentence) keepsSomething(p *predicate) bool {
	if in(p.lemma, "maintain", "save", "preserve", "remain", "expire") || p.inf || p.relative || p.reduced {
		return false
	}
	if p.passive {
		return true
	}
	return p.hasSubj && p.at+1 < len(s.toks) && s.toks[p.at+1].word && !in(s.low(p.at+1), "you", "in", "up", "for", "until", "track", "secure", "safe", "confidential", "our", "to", "on", "as")
}

// ends are verbs that end the keeping of data, or say when it ends.
var ends = wordSet("delete erase remove purge destroy discard expire remain")

// holds decides whether a statement says enough to be one.
func (r *reader) holds(s *sentence, p *predicate, st *Statement, third bool) bool {
	st.DataTypes = r.tidy(st.DataTypes)
	switch st.Action {
	case actCookies, actLet:
		return true
	case actRetain:
		return s.kept(p, st)
	case actProtect:
		if len(st.DataTypes) == 0 && p.lemma == "encrypt" && !p.negated {
			st.DataTypes = []string{"information"} // "everything that you send us is encrypted"
		}
		return len(st.DataTypes) > 0
	case actTransfer:
		if len(st.RecipientRefs) > 0 && !abroad(s.text) {
			st.Action = actShare
		}
		return len(st.DataTypes) > 0
	case actShare, actDisclose, actSell:
		if len(st.DataTypes) == 0 && (p.vague || p.passive && p.vague) && len(st.RecipientRefs) > 0 {
			st.DataTypes = []string{"information"}
		}
		return len(st.DataTypes) > 0 && !(p.lemma == "provide" && len(st.RecipientRefs) == 0 && !p.negated && !third)
	}
	return len(st.DataTypes) > 0
}

func abroad(text string) bool {
	low := strings.ToLower(text)
	for _, w := range []string{"outside", "to the united states", "other countries", "another country", "third countr", "internationally", "across borders", "to countries", "abroad", "overseas", "to the us", "to the u.s"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// userProvides reads "information that you provide to us". Users who share
// with each other, or are told what they may do, give no statement.
func userProvides(s *sentence, p *predicate, st *Statement) bool {
	if p.negated || len(st.DataTypes) == 0 {
		return false
	}
	switch p.action {
	case actProvide, actShare, actDisclose:
	default:
		return false
	}
	if len(st.RecipientRefs) > 0 && !s.toUs(p) {
		return false
	}
	st.Action, st.RecipientRefs = actProvide, nil
	return true
}

// toUs reports whether we are who gets: "provide us with", "share with us".
func (s *sentence) toUs(p *predicate) bool {
	for t := p.at + 1; t < len(s.toks) && t < p.at+16; t++ {
		if s.low(t) == "us" && (t == p.at+1 || in(s.low(t-1), "to", "with")) {
			return true
		}
	}
	return false
}

// exception adds the positive side of "we do not share it except with service
// providers": a denial with an exception says who does get the data.
func (r *reader) exception(at spot, s *sentence, p *predicate, st Statement, from int) {
	if from < 0 || !st.Negated || !handsOut[st.Action] {
		return
	}
	var refs []RecipientRef
	for _, m := range s.mentions {
		if m.kind == mWho && m.start > from {
			refs = append(refs, m.ref)
		}
	}
	if len(refs) == 0 {
		return
	}
	st.Negated, st.RecipientRefs, st.Modality, st.Only = false, refs, "may", true
	r.add(at, st)
}

// nominal reads "the collection of your data by …" and "our use of …" in
// sentences that no verb gave a statement.
func (r *reader) nominal(at spot, s *sentence, list []*predicate, before int) {
	if len(r.doc.Statements) > before {
		return
	}
	for _, p := range list {
		if p.negated || p.dropped && p.action != verbAllow {
			return
		}
	}
	for i, t := range s.toks {
		action, ok := nominals[t.low]
		if !ok || s.low(i+1) != "of" || !in(s.low(i-1), "our", "the", "and", "or", ",", "involve", "includes") {
			continue
		}
		if s.onlySubjectMatter(i) {
			continue
		}
		if in(s.low(i-1), "and", "or", ",") && s.low(i-2) != "collection" && s.low(i-2) != "our" {
			continue
		}
		for k, m := range s.mentions {
			if m.kind != mData || m.start <= i || m.start > i+5 {
				continue
			}
			if negatedBefore(s, i) || m.id == "cookie_identifier" && action != actUse {
				return
			}
			st := Statement{Actor: "we", Action: action}
			st.takes(at, s, k)
			if m.id == "cookie_identifier" {
				st.Action = actCookies
			}
			for _, o := range s.mentions[k+1:] {
				if o.kind == mWho && o.start-m.end <= 4 && in(s.low(o.start-1), "by", "to", "with", "third") {
					if s.low(o.start-1) == "by" {
						st.Actor = "third_party"
					}
					st.RecipientRefs = append(st.RecipientRefs, o.ref)
				}
			}
			if s.low(i-1) == "the" && st.Actor == "we" && st.Action != actCookies && s.low(i-2) != "involves" {
				return
			}
			r.add(at, st)
			return
		}
	}
}

// onlySubjectMatter reports whether a noun of an act is what something else is
// about: "complaints regarding the collection or disclosure of your data".
func (s *sentence) onlySubjectMatter(i int) bool {
	for t := i - 1; t >= 0 && t > i-9; t-- {
		if in(s.low(t), "regarding", "concerning", "complaint", "complaints", "questions", "dispute", "disputes") {
			return true
		}
	}
	return false
}

func negatedBefore(s *sentence, i int) bool {
	for t := 0; t < i; t++ {
		if negators[s.low(t)] || in(s.low(t), "no", "without", "opt", "if", "stop", "object", "withdraw", "restrict") {
			return true
		}
	}
	return false
}
