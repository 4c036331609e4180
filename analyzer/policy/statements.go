package policy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// readStatements reads every sentence of every block.
func (r *reader) readStatements() {
	self := r.selfNames()
	n := 0
	heads := make(map[string]*Statement) // heading → what it says, the default of bare lists below it
	prior := ""
	for i, p := range r.body {
		if n >= maxSentences {
			r.fault("only the first %d sentences were read", maxSentences)
			break
		}
		if p.kind == "row" {
			n++
			r.row(i, self)
			continue
		}
		if p.lang != "" && p.lang != "en" {
			n++
			r.namedIn(i, self)
			continue
		}
		if p.kind == "heading" {
			continue
		}
		for k, sp := range splitSentences(p.text) {
			n++
			s := r.sentenceIn(i, sp, self)
			lead := ""
			if k == 0 {
				if lead = p.lead; lead == "" && p.kind == "item" {
					lead = prior
				}
				if p.kind == "definition" && i > 0 && r.body[i-1].kind == "term" {
					lead = r.body[i-1].text + ":"
				}
			}
			r.read(s, lead, heads)
		}
		prior = ""
		if p.kind == "paragraph" && strings.HasSuffix(p.text, ":") {
			sp := splitSentences(p.text)
			prior = p.text[sp[len(sp)-1].start:]
		}
	}
	for i := range r.doc.Statements {
		r.doc.Statements[i].ID = fmt.Sprintf("%s.s%04d", r.doc.ID, i+1)
	}
}

// spot is a sentence in its block.
type spot struct {
	block int
	span  span
	text  string
	self  map[string]bool
}

func (r *reader) sentenceIn(block int, sp span, self map[string]bool) spot {
	text := r.body[block].text[sp.start:sp.end]
	if len(text) > maxSentence {
		text = strings.ToValidUTF8(text[:maxSentence], "")
		sp.end = sp.start + len(text)
	}
	return spot{block, sp, text, self}
}

// read reads a sentence, with its lead-in when it has no verb of its own.
func (r *reader) read(at spot, lead string, heads map[string]*Statement) {
	text := at.text
	if strings.HasSuffix(text, "?") || !strings.ContainsAny(text, " ") && lead == "" {
		return
	}
	if len(lead) > 0 && len(lead) < 1000 && !strings.HasSuffix(lead, "?") {
		own := r.lex.sentence(text, 0, at.self)
		if !selfContained(own) {
			joined := strings.TrimRight(lead, ":;,. –—-") + " "
			s := r.lex.sentence(joined+lowerFirst(text), len(joined), at.self)
			if r.emit(at, s, true) {
				return
			}
		}
	}
	s := r.lex.sentence(text, 0, at.self)
	if r.emit(at, s, false) || len(heads) > 1_000_000 {
		return
	}
	if !selfContained(s) {
		r.fromHeading(at, s)
	}
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
		if (p.hasSubj || p.passive) && !p.inf && !p.relative && !p.reduced && p.form != 'g' {
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
	return len(r.doc.Statements) > before
}

func (r *reader) emitPredicate(at spot, s *sentence, list []*predicate, p *predicate, led bool) {
	words, exception := s.condition(p)
	st := Statement{Negated: p.negated, Modality: p.modality, Condition: words, Only: s.only(p)}
	for _, k := range p.data {
		if led && s.mentions[k].start < s.from && p.at < s.from && r.itemHasData(s) {
			continue
		}
		st.DataTypes = append(st.DataTypes, s.mentions[k].id)
	}
	for _, k := range p.to {
		if exception < 0 || s.mentions[k].start < exception {
			st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
		}
	}
	for _, k := range p.fors {
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
		if r.shape(s, list, p, &one, ref) {
			r.add(at, one)
			r.exception(at, s, p, one, exception)
		}
	}
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
func (r *reader) shape(s *sentence, list []*predicate, p *predicate, st *Statement, ref *RecipientRef) bool {
	st.Action = p.action
	third := ref != nil || st.Actor == "third_party"
	cookies := s.placesCookies(p)
	vendor := s.embeds(p)
	switch {
	case st.Actor == "user":
		return userProvides(s, p, st)
	case cookies:
		if p.negated && s.meansTo(list, p) {
			return false // "we do not use cookies to identify you" does not deny cookies
		}
		st.Action = actCookies
		st.RecipientRefs = nil
	case p.action == verbAllow:
		return r.lets(s, list, p, st)
	case vendor && (p.action == actUse || p.action == verbEmbed || p.action == verbPlace) && len(st.DataTypes) == 0,
		vendor && p.action != actUse && (p.action == verbEmbed || p.action == verbPlace):
		st.Action = actLet
		st.RecipientRefs = s.embedded(p)
		if !p.negated {
			st.DataTypes = s.dataAfter(p)
		}
	case p.action == verbEmbed || p.action == verbPlace:
		return false
	case p.action == actProvide || p.lemma == "provide" && third && s.low(p.at+1) == "us":
		if !third && !p.passive {
			return false
		}
		st.Action = actShare
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

// holds decides whether a statement says enough to be one.
func (r *reader) holds(s *sentence, p *predicate, st *Statement, third bool) bool {
	st.DataTypes = r.tidy(st.DataTypes)
	switch st.Action {
	case actCookies, actLet:
		return true
	case actRetain:
		st.RetentionDays = retentionDays(s.text)
		if p.negated && (strings.Contains(st.Condition, "longer") || strings.Contains(st.Condition, "beyond") || strings.Contains(st.Condition, "more than")) {
			st.Negated = false
		}
		if p.lemma == "delete" || p.lemma == "erase" {
			if st.RetentionDays == 0 || p.negated {
				return false
			}
		}
		if st.Condition == "" {
			st.Condition = criterion(s.text)
		}
		return len(st.DataTypes) > 0 && (p.lemma != "maintain" || st.Actor == "we")
	case actProtect:
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

// tidy drops repeats and, beside narrower terms, the plain "information".
func (r *reader) tidy(ids []string) []string {
	var out []string
	for _, id := range ids {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) > 1 {
		out = slices.DeleteFunc(out, func(id string) bool { return id == "information" })
	}
	return out
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

// placesCookies reports whether a verb's object is cookies: "we use cookies",
// "cookies are set", also "our site uses session cookies and web beacons".
func (s *sentence) placesCookies(p *predicate) bool {
	switch p.action {
	case actUse, verbPlace, actRetain, actShare, actCollect, verbEmbed:
	default:
		return false
	}
	if p.action == actCollect || p.action == actShare && p.lemma != "send" || p.lemma == "process" || p.lemma == "work" || p.lemma == "include" {
		return false
	}
	if p.passive {
		return len(p.data) > 0 && s.mentions[p.data[0]].id == "cookie_identifier" && p.at-s.mentions[p.data[len(p.data)-1]].end < 8
	}
	for _, m := range s.mentions {
		if m.start > p.at && (m.kind == mData || m.kind == mWho) {
			return m.kind == mData && m.id == "cookie_identifier" && m.start-p.at <= 7 && m.start < p.end+1
		}
	}
	return false
}

// meansTo reports whether an infinitive hangs on the predicate.
func (s *sentence) meansTo(list []*predicate, p *predicate) bool {
	for t := p.at + 1; t < len(s.toks) && t < p.at+14; t++ {
		if in(s.low(t), "to", "for", "that", "which") && t > p.at+1 {
			return true
		}
	}
	return len(list) > 1 && list[len(list)-1].inf && list[len(list)-1].at > p.at
}

// vendorish are categories whose use on a site lets them collect.
var vendorish = map[string]bool{
	"analytics_providers": true, "advertising_partners": true, "advertising_networks": true, "social_networks": true, "data_brokers": true,
}

// embeds reports whether the first thing after the verb, or before a passive,
// is a vendor: "we use Hotjar", "Google Analytics is used".
func (s *sentence) embeds(p *predicate) bool { return len(s.embedded(p)) > 0 }

func (s *sentence) embedded(p *predicate) []RecipientRef {
	var out []RecipientRef
	want := func(m mention) bool {
		return m.kind == mWho && (m.ref.Kind != "category" || vendorish[m.id])
	}
	if p.passive || p.reduced {
		for _, m := range s.mentions {
			if want(m) && m.end <= p.head && p.head-m.end < 12 && !s.hangs(m) {
				out = append(out, m.ref)
			}
		}
		return out
	}
	for _, m := range s.mentions {
		if m.start <= p.at || m.start >= p.end {
			continue
		}
		if m.kind == mData && len(out) == 0 && m.id != "cookie_identifier" {
			return nil
		}
		if want(m) {
			out = append(out, m.ref)
		}
	}
	return out
}

// dataAfter are the data that a vendor's use involves, from the rest of the sentence.
func (s *sentence) dataAfter(p *predicate) []string {
	var out []string
	for _, m := range s.mentions {
		if m.kind == mData && m.start > p.at && m.id != "information" {
			out = append(out, m.id)
		}
	}
	return out
}

// lets reads "we allow third parties to collect".
func (r *reader) lets(s *sentence, list []*predicate, p *predicate, st *Statement) bool {
	for _, q := range list {
		if !q.inf || q.at < p.at || len(q.who) == 0 || s.mentions[q.who[0]].kind != mWho {
			continue
		}
		switch q.action {
		case actCollect, actUse, verbPlace, actRetain:
		default:
			continue
		}
		st.Action = actLet
		st.RecipientRefs = nil
		for _, k := range s.withOthers(q.who[0]) {
			if s.mentions[k].kind == mWho {
				st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
			}
		}
		st.DataTypes = nil
		for _, k := range q.data {
			st.DataTypes = append(st.DataTypes, s.mentions[k].id)
		}
		st.DataTypes = r.tidy(st.DataTypes)
		q.dropped = true
		for _, k := range q.fors {
			st.Purposes = append(st.Purposes, s.mentions[k].id)
		}
		return len(st.DataTypes) > 0 || q.action == verbPlace
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
			st := Statement{Actor: "we", Action: action, DataTypes: []string{m.id}}
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

func negatedBefore(s *sentence, i int) bool {
	for t := 0; t < i; t++ {
		if negators[s.low(t)] || in(s.low(t), "no", "without", "opt", "if", "stop", "object", "withdraw", "restrict") {
			return true
		}
	}
	return false
}

// add completes a statement and appends it, joined to an equal one of the same
// sentence.
func (r *reader) add(at spot, st Statement) {
	b := r.body[at.block]
	block := r.doc.Blocks[at.block]
	st.Quote = at.text
	st.Start = block.Start + utf8.RuneCountInString(b.text[:at.span.start])
	st.End = st.Start + utf8.RuneCountInString(at.text)
	st.Heading = strings.Join(b.path, " › ")
	st.Document, st.URL = r.doc.ID, r.doc.URL
	st.Scope = r.scope(at, st)
	st.DataTypes = r.tidy(st.DataTypes)
	st.Purposes = uniq(st.Purposes)
	st.RecipientRefs = uniqRefs(st.RecipientRefs)
	st.Recipients = []string{}
	for _, ref := range st.RecipientRefs {
		name := ref.Text
		if ref.Kind == "category" {
			name = ref.ID
		} else if v := r.lex.set.Vendor(ref.ID); ref.Kind == "vendor" && v != nil {
			name = v.Name
		} else if c := r.lex.set.Company(ref.ID); ref.Kind == "company" && c != nil {
			name = c.Name
		}
		if !slices.Contains(st.Recipients, name) {
			st.Recipients = append(st.Recipients, name)
		}
	}
	if st.DataTypes == nil {
		st.DataTypes = []string{}
	}
	if st.Purposes == nil {
		st.Purposes = []string{}
	}
	for i := len(r.doc.Statements) - 1; i >= 0; i-- {
		o := &r.doc.Statements[i]
		if o.Start != st.Start {
			break
		}
		if o.Actor == st.Actor && o.Action == st.Action && o.Negated == st.Negated && o.Condition == st.Condition {
			o.DataTypes = r.tidy(append(o.DataTypes, st.DataTypes...))
			o.Purposes = append([]string{}, uniq(append(o.Purposes, st.Purposes...))...)
			o.RecipientRefs = uniqRefs(append(o.RecipientRefs, st.RecipientRefs...))
			for _, n := range st.Recipients {
				if !slices.Contains(o.Recipients, n) {
					o.Recipients = append(o.Recipients, n)
				}
			}
			return
		}
	}
	r.doc.Statements = append(r.doc.Statements, st)
}

func (r *reader) scope(at spot, st Statement) string {
	if s := scopeOf(at.text); s != "" && (s == "children" || s != "us_states") {
		return s
	}
	path := r.body[at.block].path
	for i := len(path) - 1; i >= 0; i-- {
		if i == 0 && len(path) > 1 {
			break // the document's own title
		}
		if s := scopeOf(path[i]); s != "" {
			return s
		}
	}
	switch r.doc.Kind {
	case "children":
		return "children"
	case "applicants":
		return "applicants"
	}
	return ""
}

func uniq(ids []string) []string {
	var out []string
	for _, id := range ids {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func uniqRefs(refs []RecipientRef) []RecipientRef {
	var out []RecipientRef
	for _, ref := range refs {
		same := func(o RecipientRef) bool {
			return o.Kind == ref.Kind && o.ID == ref.ID && (o.ID != "" || o.Text == ref.Text)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, ref)
		}
	}
	return out
}

// namedIn reads a sentence in a language that is not read: vendors that it
// names are recorded as let in when the sentence does not deny anything.
func (r *reader) namedIn(block int, self map[string]bool) {
	p := r.body[block]
	if p.kind == "heading" {
		return
	}
	for _, sp := range splitSentences(p.text) {
		at := r.sentenceIn(block, sp, self)
		s := &sentence{text: at.text, toks: tokenize(at.text), self: self}
		s.norm = norms(s.toks)
		r.lex.findNames(s)
		if refs := s.refs(0); len(refs) > 0 {
			denied := false
			for i := range s.toks {
				denied = denied || in(s.low(i), "nicht", "kein", "keine", "keinen", "weder", "pas", "aucun", "aucune", "ni", "no", "ningún", "ninguna", "tampoco", "non", "nessun", "geen", "niet", "não", "nie")
			}
			if !denied {
				r.add(at, Statement{Actor: "we", Action: actLet, RecipientRefs: refs})
			}
		}
	}
}

// selfNames are the ways in which the text names the organisation: from the
// host, the title, and definitions such as Acme Inc. ("we").
func (r *reader) selfNames() map[string]bool {
	names := make(map[string]bool)
	add := func(s string) {
		s = strings.ToLower(strings.Trim(squeeze(s), " ,.()\"'“”"))
		if len(s) > 2 && len(s) < 50 && !isNotName(s) && r.lex.data.next[singular(s)] == nil {
			names[s] = true
		}
	}
	if u, err := url.Parse(r.doc.URL); err == nil && u.Hostname() != "" {
		if site, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
			add(site)
			label, _, _ := strings.Cut(site, ".")
			add(label)
			add(strings.ReplaceAll(label, "-", " "))
		}
	}
	for _, p := range r.body[:min(len(r.body), 40)] {
		for _, mark := range []string{"(“we”", "(\"we\"", "(“we,”", "(\"we,\"", "(“we”,", "(we,", "(“us”", "(\"us\"", "(the “company”", "(the \"company\"", "(“company”", "(hereinafter", "(collectively"} {
			if i := strings.Index(strings.ToLower(p.text), mark); i > 0 && i < len(p.text) {
				add(nameBefore(p.text[:i]))
			}
		}
	}
	return names
}

// nameBefore is the run of capitalised words at the end of a text.
func nameBefore(s string) string {
	words := strings.Fields(s)
	i := len(words)
	for i > 0 && len(words)-i < 5 {
		w := strings.Trim(words[i-1], ",.\"“”")
		if w == "" || w[0] < 'A' || w[0] > 'Z' {
			break
		}
		i--
	}
	out := strings.Join(words[i:], " ")
	for _, tail := range []string{", Inc.", " Inc.", ", LLC", " LLC", " Ltd.", " Ltd", " GmbH", " Inc", ", Ltd."} {
		out = strings.TrimSuffix(strings.TrimSuffix(out, ","), tail)
	}
	return out
}
