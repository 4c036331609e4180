package policy

import (
	"sort"
	"strings"
)

// mention is a span of tokens that means something.
type mention struct {
	start, end int // tokens
	kind       byte
	id         string // data type, purpose, category, vendor or company
	ref        RecipientRef
}

// Kinds of mention.
const (
	mData  = 'd'
	mWho   = 'r' // a recipient: category or name
	mFor   = 'p' // a purpose
	mActor = 'a' // we or user
)

// sentence is one sentence made ready for reading.
type sentence struct {
	text     string
	toks     []token
	norm     []string
	mentions []mention // by start
	from     int       // tokens before it are the lead-in's
	self     map[string]bool
	back     []RecipientRef       // whom the sentence before named
	found    map[*pattern][][]int // what patterns found, once for all acts: see matches
	span     *int                 // days, worked out once
}

func (l *lexicon) sentence(text string, from int, self map[string]bool, back ...RecipientRef) *sentence {
	s := &sentence{text: text, toks: tokenize(text), self: self, back: back}
	for s.from < len(s.toks) && s.toks[s.from].start < from {
		s.from++
	}
	s.dropScareQuotes()
	s.openLists()
	s.norm = norms(s.toks)
	l.findNames(s)
	l.findRecipients(s)
	s.findGroups()
	l.findData(s)
	s.findActors()
	s.sort()
	l.findUnknown(s)
	s.dropOnlyNamed()
	l.findPurposes(s)
	s.sort()
	return s
}

// dropScareQuotes takes the marks off a verb in quotes: we do not “sell” data.
func (s *sentence) dropScareQuotes() {
	quote := func(i int) bool { return in(s.low(i), "\"", "'") }
	kept := s.toks[:0]
	for i := 0; i < len(s.toks); i++ {
		if quote(i) && i+2 < len(s.toks) {
			if end := i + 2; verbs[s.low(i+1)].lemma != "" && (quote(end) || in(s.low(end), ",", ".") && quote(end+1)) {
				kept = append(kept, s.toks[i+1])
				if !quote(end) {
					kept = append(kept, s.toks[end])
					end++
				}
				i = end
				continue
			}
		}
		kept = append(kept, s.toks[i])
	}
	s.toks = kept
}

// openLists turns "but not limited to" and its like into commas: they open a
// list and neither end a clause nor deny anything.
func (s *sentence) openLists() {
	for i := range s.toks {
		n := 0
		switch {
		case s.low(i) == "but" && s.low(i+1) == "not" && s.low(i+2) == "limited":
			n = 4
		case s.low(i) == "but" && in(s.low(i+1), "is", "are") && s.low(i+2) == "not" && s.low(i+3) == "limited":
			n = 5
		case s.low(i) == "without" && s.low(i+1) == "limitation":
			n = 2
		case s.low(i) == "not" && s.low(i+1) == "limited" && s.low(i+2) == "to":
			n = 3
		}
		for k := i; k < i+n && k < len(s.toks); k++ {
			s.toks[k].low, s.toks[k].norm = ",", ","
		}
	}
}

func (s *sentence) sort() {
	sort.SliceStable(s.mentions, func(i, j int) bool { return s.mentions[i].start < s.mentions[j].start })
}

func (s *sentence) taken(start, end int) bool {
	for _, m := range s.mentions {
		if m.start < end && start < m.end && m.kind != mFor {
			return true
		}
	}
	return false
}

// low returns the word at i in lower case, "" outside the sentence.
func (s *sentence) low(i int) string {
	if i < 0 || i >= len(s.toks) {
		return ""
	}
	return s.toks[i].low
}

func (l *lexicon) findNames(s *sentence) {
	words := lows(s.toks)
	for i := 0; i < len(words); i++ {
		entries, n := l.names.longest(words, i)
		if n == 0 {
			continue
		}
		e := entries[0]
		first := s.toks[i]
		lowerName := e.text != "" && e.text[0] >= 'a' && e.text[0] <= 'z'
		if !first.cap && !lowerName && !strings.Contains(first.low, ".") {
			continue
		}
		if e.ambiguous && !s.nameContext(i, i+n) || s.self[strings.ToLower(e.text)] || s.self[strings.ToLower(withoutForm(e.text))] {
			continue
		}
		if n == 1 && e.kind == "company" && isNotName(e.text) {
			continue
		}
		s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mWho, id: e.id,
			ref: RecipientRef{Kind: e.kind, ID: e.id, Text: s.text[first.start:s.toks[i+n-1].end]}})
		i += n - 1
	}
}

// nameContext reports whether a capitalised ordinary word stands where a
// vendor's name would: in a list of names, after words that introduce vendors,
// or before "Inc.".
func (s *sentence) nameContext(start, end int) bool {
	if !s.toks[start].cap {
		return false
	}
	if start == 0 && end == len(s.toks) {
		return true // an item of a list, a heading
	}
	if end < len(s.toks) && (len(s.toks[end].raw) == 1 && s.toks[end].word || s.low(end) == "/") {
		return false // "Block D", "ZIP/postal code"
	}
	next := end
	if s.low(next) == "," {
		next++
	}
	if nameTails[s.low(next)] {
		return true
	}
	if start == 0 {
		return s.actsLikeVendor(end)
	}
	if s.low(end) == "(" {
		return false
	}
	switch s.low(start - 1) {
	case "use", "uses", "using", "with", "by", "as", "including", "like", "via", "through", "from", "to":
		return true
	case ",", "and", "or", "/":
		for _, m := range s.mentions {
			if m.kind == mWho && m.end <= start && start-m.end <= 2 {
				return true
			}
		}
		if in(s.low(start-2), "provider", "processor", "partner", "vendor", "host", "supplier", "agency", "processors", "providers", "partners", "vendors") {
			return true // "our payment provider, Stripe"
		}
		if p := start - 2; p >= 0 && s.toks[p].cap && !isNotName(s.toks[p].raw) {
			return true
		}
	}
	return false
}

// actsLikeVendor reports whether what follows the first word of a sentence is
// what vendors do: "Stripe collects …", "Segment may set …".
func (s *sentence) actsLikeVendor(i int) bool {
	if in(s.low(i), "may", "will", "can", "also") {
		return in(s.low(i+1), "collect", "collects", "receive", "receives", "process", "processes", "set", "sets", "store", "stores", "use", "uses")
	}
	return in(s.low(i), "collects", "receives", "processes", "stores", "records", "uses")
}

func (l *lexicon) findRecipients(s *sentence) {
	for i := 0; i < len(s.norm); i++ {
		entries, n := l.recipients.longest(s.norm, i)
		if n == 0 {
			continue
		}
		e := entries[0]
		if e.id == "" || s.taken(i, i+n) || s.verbHere(i, n) {
			if e.id == "" {
				i += n - 1
			}
			continue
		}
		if n == 1 && s.low(i) == "other" {
			continue // the phrase is "others"
		}
		if n == 1 && (s.low(i) == "others" || s.low(i) == "anyone") && !in(s.low(i-1), "with", "to", "and", "or", "by", "allow", "let") {
			continue
		}
		if s.isSelf(i, n) {
			i += n - 1
			continue
		}
		if n == 1 && s.low(i) == "social" || s.adjective(i, n) {
			continue
		}
		s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mWho, id: e.id,
			ref: RecipientRef{Kind: "category", ID: e.id, Text: s.text[s.toks[i].start:s.toks[i+n-1].end]}})
		i += n - 1
	}
}

// verbHere tells "we partner with" from "our partner".
func (s *sentence) verbHere(i, n int) bool {
	return n == 1 && in(s.low(i), "partner", "contract", "agent") && in(s.low(i-1), "we", "to", "may", "will", "not") && !in(s.low(i-2), "disclosed", "provided", "shared")
}

// dataInside reports whether data begin inside words that mean no data and go
// on beyond them: "your browser" of "your browser type".
func (l *lexicon) dataInside(s *sentence, i, n int) bool {
	for j := i + 1; j < i+n; j++ {
		if entries, m := l.data.longestLoose(s.norm, j); m > 1 && j+m > i+n && entries[0].id != "" {
			return true
		}
	}
	return false
}

func (l *lexicon) findData(s *sentence) {
	weak := []int{}
	for i := 0; i < len(s.norm); i++ {
		entries, n := l.data.longestLoose(s.norm, i)
		if n == 0 || entries[0].id == "" && l.dataInside(s, i, n) {
			continue
		}
		e := entries[0]
		if e.id == "" || s.taken(i, i+n) {
			if e.id == "" {
				i += n - 1
			}
			continue
		}
		if e.text == "expiration date" && !s.mentionsAny("card", "cards") {
			continue
		}
		if n == 1 && s.misread(i, e.id) {
			continue
		}
		if n == 1 && weakData[s.norm[i]] {
			weak = append(weak, len(s.mentions))
		}
		s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mData, id: e.id})
		i += n - 1
	}
	for j := len(weak) - 1; j >= 0; j-- {
		k := weak[j]
		if !s.amongData(k) {
			s.mentions = append(s.mentions[:k], s.mentions[k+1:]...)
		}
	}
}

// misread drops single words that are verbs or belong to something else here.
func (s *sentence) misread(i int, id string) bool {
	prev, next := s.low(i-1), s.low(i+1)
	switch {
	case in(prev, "to", "may", "will", "please", "can", "must", "should", "not") && !in(s.low(i), "cookies", "information", "data"):
		return prev != "to" || !in(s.low(i-2), "limited", "access", "respect", "regard", "related", "relating", "addition")
	case in(prev, "we", "you", "they") && id != "information":
		return true
	case (id == "phone" && in(s.norm[i], "phone", "telephone")) && in(prev, "your", "the", "a", "mobile") && in(s.low(i-2), "on", "from", "to", "by", "via", "through", "using", "in", "or", "of", "your", "with"):
		return true // a device
	case id == "password":
		return s.aboutPasswords()
	case in(s.low(i), "emails", "texts") && !in(prev, "your", "the", "of", "these"):
		return true // messages
	case id == "health" && in(next, "of", "and", "check"):
		return true
	case id == "information":
		if in(prev, "more", "further", "contact", "important", "company", "product", "confidential", "following:") ||
			in(next, "security", "protection", "controller", "officer", "practices", "contained", "commissioner", "processing") {
			return true
		}
		return in(next, "on", "regarding", "concerning") && !in(s.low(i+2), "you", "your", "how", "the")
	case id == "email" || id == "phone":
		return in(prev, "by", "via", "an", "this", "these", "promotional", "marketing", "our", "send", "us", "every", "each", "receive", "in") || in(next, "us", "you", "at", ":")
	case id == "postal_address":
		return in(prev, "this", "our", "web", "site", "following") || in(next, "the", "this", "these", "below", ":")
	case id == "location" || id == "approximate_location":
		return in(prev, "our", "store", "office", "retail", "other", "these", "secure", "this", "multiple", "central", "another")
	}
	return false
}

// passwordCare are words of sentences that tell users what to do with their
// password, or of a form to sign in.
var passwordCare = wordSet("confidential confidentiality secret forgot forget forgotten responsible responsibility responsibilities reset unauthorized unauthorised guess strong sharing logout safeguard safeguarding")

// aboutPasswords reports whether a sentence is about the care for a password,
// and not about what is done with it.
func (s *sentence) aboutPasswords() bool {
	for _, t := range s.toks {
		if passwordCare[t.low] {
			return true
		}
	}
	return false
}

// amongData reports whether a weak word stands in a list with other data, or
// right after a word that gives it to the user.
func (s *sentence) amongData(k int) bool {
	m := s.mentions[k]
	if in(s.low(m.start-1), "your", "user's", "visitor's", "their", "child's") && !in(s.low(m.start), "country", "region", "state", "browser", "school", "camera", "carrier", "post", "comments", "review") {
		return true
	}
	if raw := strings.ToLower(s.rawAt(m.start - 1)); strings.HasSuffix(raw, "'s") || strings.HasSuffix(raw, "’s") || strings.HasSuffix(raw, "s'") || strings.HasSuffix(raw, "s’") {
		return true // "children's gender"
	}
	for j, o := range s.mentions {
		if j == k || o.kind != mData || o.id == "information" {
			continue
		}
		from, to := m.end, o.start
		if o.end <= m.start {
			from, to = o.end, m.start
		}
		if to-from > 5 || to < from {
			continue
		}
		for t := from; t < to; t++ {
			if in(s.low(t), ",", "and", "or", "/", ";", "as", "including", "(", "&") {
				return true
			}
		}
	}
	// The object of a collecting verb: "we collect your name", "such as gender,".
	return in(s.low(m.start-1), "collect", "collects", "gather", "as", "including", ":", "ask")
}

var ownThings = wordSet(`site website websites sites service services app apps application applications company team servers server platform
	system systems pages page organization organisation store products software tools portal newsletter staff employees personnel`)

// findActors marks we and the user.
func (s *sentence) findActors() {
	for i := 0; i < len(s.toks); i++ {
		t := s.toks[i]
		if !t.word || s.taken(i, i+1) {
			continue
		}
		m := mention{start: i, end: i + 1, kind: mActor}
		switch t.low {
		case "we", "us", "i":
			m.id = "we"
			if t.raw == "US" {
				continue
			}
		case "you", "user", "users", "visitor", "visitors", "customer", "customers", "individuals", "consumers", "consumer", "subscribers", "members", "yourself":
			if t.low != "you" && s.dataStartsAt(i+1) {
				continue // "users name"
			}
			m.id = "user"
		case "it", "these", "such", "they":
			if n := s.pointsBack(i); n > 0 {
				m.id, m.end = "they", i+n
				break
			}
			if t.low == "they" {
				m.id = "they"
				break
			}
			if t.low != "these" {
				continue
			}
			fallthrough
		case "our", "this", "the":
			end := i + 1
			for end < len(s.toks) && end < i+4 && !ownThings[s.low(end)] {
				end++
			}
			if end >= len(s.toks) || end >= i+4 || s.crossesMark(i, end) || s.taken(i+1, end+1) {
				continue
			}
			for end+1 < len(s.toks) && ownThings[s.low(end+1)] {
				end++
			}
			m.id, m.end = "we", end+1
			if s.low(m.end) == "of" && in(s.low(m.end+1), "third", "other", "others") {
				continue
			}
		case "them":
			m.id = "they"
		default:
			if n := s.selfName(i); n > 0 {
				m.id, m.end = "we", i+n
				for strings.ContainsAny(s.toks[m.end-1].raw, "'’") && ownThings[s.low(m.end)] {
					m.end++ // "Acme's website"
				}
			} else {
				continue
			}
		}
		s.mentions = append(s.mentions, m)
		i = m.end - 1
	}
}

func (s *sentence) dataStartsAt(i int) bool {
	for _, m := range s.mentions {
		if m.kind == mData && m.start == i {
			return true
		}
	}
	return false
}

// pointers are nouns that point back to whoever the last sentence named.
var pointers = wordSet("features companies parties providers partners vendors networks technologies tools plugins plug-ins widgets organizations entities advertisers firms buttons")

// pointsBack returns the length of a subject that stands for who the sentence
// before named: "it", "these features".
func (s *sentence) pointsBack(i int) int {
	if len(s.back) == 0 || i > 0 && !in(s.low(i-1), ".", ";", ",", "and") {
		return 0
	}
	if s.low(i) == "it" || s.low(i) == "they" {
		if i > 0 || s.low(i) == "it" && s.back[len(s.back)-1].Kind == "category" {
			return 0
		}
		if verbs[s.low(i+1)].lemma != "" || auxiliaries[s.low(i+1)] && s.low(i+1) != "is" {
			return 1
		}
		return 0
	}
	for n := 1; n <= 3; n++ {
		if pointers[s.low(i+n)] && !s.taken(i, i+n+1) {
			return n + 1
		}
	}
	return 0
}

func (s *sentence) crossesMark(from, to int) bool {
	for i := from; i < to; i++ {
		if !s.toks[i].word || in(s.low(i), "and", "or", "of", "to", "in", "for", "we", "you", "is", "are", "may", "that") {
			return true
		}
	}
	return false
}

// selfName returns the length of the organisation's own name at i.
func (s *sentence) selfName(i int) int {
	if !s.toks[i].cap && !strings.Contains(s.toks[i].low, ".") {
		if len(s.toks[i].low) > 4 && s.self[s.toks[i].low] && s.norm[i] != "website" {
			return 1
		}
		return 0
	}
	for n := min(5, len(s.toks)-i); n > 0; n-- {
		name := strings.ToLower(s.text[s.toks[i].start:s.toks[i+n-1].end])
		if n > 1 && s.self[strings.ReplaceAll(name, " ", "")] {
			return n // "Acme Lamps" of acmelamps.com
		}
		if s.self[name] || s.self[strings.TrimSuffix(strings.TrimSuffix(name, "'s"), "’s")] {
			return n
		}
	}
	return 0
}

// findUnknown marks capitalised names that the knowledge base lacks where a
// text introduces vendors: "such as Acme Metrics and Foo", "provided by Bar Inc".
func (l *lexicon) findUnknown(s *sentence) {
	for i := 1; i < len(s.toks); i++ {
		open := false
		switch s.low(i - 1) {
		case ",", "and", "or", "nor", "&", "/":
			open = s.afterName(i-1) && s.properName(i) > 0
		case "as", "including", "like", "e.g", "namely", "by", "with", "from":
			open = s.vendorTalk(i - 1)
		}
		if !open {
			continue
		}
		for i < len(s.toks) {
			n := s.properName(i)
			if n == 0 {
				break
			}
			if !s.taken(i, i+n) {
				s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mWho,
					ref: RecipientRef{Kind: "named", Text: s.text[s.toks[i].start:s.toks[i+n-1].end]}})
			}
			i += n
			for in(s.low(i), ",", "and", "or", "&", "/") {
				i++
			}
		}
	}
}

// afterName reports whether a company's name ends before a comma or "and".
func (s *sentence) afterName(at int) bool {
	for at > 0 && in(s.low(at-1), ",", "and", "or", ")") {
		at--
	}
	for _, m := range s.mentions {
		if m.kind == mWho && m.ref.Kind != "category" && m.end == at {
			return true
		}
	}
	return false
}

// vendorTalk reports whether a recipient stands shortly before the
// introducing word, so that the names after it are recipients too.
func (s *sentence) vendorTalk(at int) bool {
	if s.low(at) == "by" {
		return in(s.low(at-1), "provided", "operated", "offered", "hosted", "powered", "run")
	}
	if s.low(at) == "with" || s.low(at) == "from" {
		return in(s.low(at-1), "partner", "work", "contract", "information", "data", "share", "shared", "integrate", "partnered") && s.properName(at+1) > 0 && !s.taken(at+1, at+2)
	}
	for _, m := range s.mentions {
		if m.kind == mWho && m.end <= at && at-m.end <= 4 {
			return true
		}
	}
	return false
}

// properName returns the length in tokens of a capitalised name at i.
func (s *sentence) properName(i int) int {
	n := 0
	for i+n < len(s.toks) && n < 4 {
		t := s.toks[i+n]
		if !t.word || !t.cap || t.low == "i" {
			break
		}
		n++
	}
	for n > 0 && isNotName(s.toks[i+n-1].raw) {
		n--
	}
	if n == 0 || isNotName(s.toks[i].raw) || s.norm[i] == "policy" {
		return 0
	}
	return n
}

func (l *lexicon) findPurposes(s *sentence) {
	words := stems(s.toks)
	for i := 0; i < len(words); i++ {
		entries, n := l.purposes.longest(words, i)
		if n == 0 {
			continue
		}
		if n == 1 && entries[0].id == "profiling" && s.low(i) != "profiling" {
			continue // "profile" has the same stem
		}
		inWho := false
		for _, m := range s.mentions {
			if m.kind == mWho && m.start < i+n && i < m.end {
				inWho = true
			}
		}
		if !inWho {
			s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mFor, id: entries[0].id})
		}
		i += n - 1
	}
}

func in(s string, set ...string) bool {
	for _, x := range set {
		if s == x {
			return true
		}
	}
	return false
}
