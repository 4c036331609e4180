package policy

import "strings"

// Names of companies in a sentence: those of the knowledge base, told from
// ordinary words, and those that it lacks.

func (l *lexicon) findNames(s *sentence) {
	words := lows(s.toks)
	loud := s.loud()
	for i := 0; i < len(words); i++ {
		entries, n := l.names.longest(words, i)
		if n == 0 {
			continue
		}
		e := entries[0]
		if e.ambiguous && (loud || s.partOfName(i+n)) {
			continue
		}
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

// loud reports whether a sentence is written in capitals, so that they tell no
// names.
func (s *sentence) loud() bool {
	capitals, letters := 0, 0
	for i := 0; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c >= 'A' && c <= 'Z':
			capitals++
			letters++
		case c >= 'a' && c <= 'z':
			letters++
		}
	}
	return letters > 40 && capitals*10 > letters*6
}

// ownProducts are words that companies put behind their names.
var ownProducts = wordSet("payments payment checkout connect billing terminal analytics insights ads ad advertising advertiser audience pixel tag platform api apis sdk cloud services service technologies technology software labs media group network networks marketing solutions systems international holdings data exchange marketplace business for and or of by")

// partOfName reports whether an ordinary word that is a company's name too goes
// on to another capitalised word that is none of what companies sell: "Smart
// Albums" is a part of an app, "Stripe Checkout" is Stripe's.
func (s *sentence) partOfName(end int) bool {
	if end >= len(s.toks) || !s.toks[end].word || !s.toks[end].cap {
		return false
	}
	low := s.low(end)
	return !nameTails[low] && !ownProducts[low] && !isNotName(s.toks[end].raw)
}

// nameContext reports whether a capitalised ordinary word stands where a
// vendor's name would: in a list of names, after words that introduce vendors,
// or before "Inc.".
func (s *sentence) nameContext(start, end int) bool {
	if !s.toks[start].cap {
		return false
	}
	if start == 0 && (end == len(s.toks) || s.possessive(end-1) && s.policyLine(mention{start: start, end: end})) {
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

// findUnknown marks capitalised names that the knowledge base lacks where a
// text introduces vendors: "such as Acme Metrics and Foo", "provided by Bar Inc".
func (l *lexicon) findUnknown(s *sentence) {
	if s.loud() {
		return
	}
	for i := 1; i < len(s.toks); i++ {
		open := false
		switch s.low(i - 1) {
		case ",", "and", "or", "nor", "&", "/":
			open = s.afterName(i-1) && s.properName(i) > 0
		case "as", "including", "like", "e.g", "namely", "by", "with", "from":
			open = s.vendorTalk(i - 1)
		case "on", "in", "the", "of", "at":
			open = s.holdsData(i)
		case "include", "includes", "are", "is":
			open = s.partnersAre(i-1) && s.properName(i) > 0
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

// keepers are nouns of what keeps data, behind or before the name of whose it is.
var keepers = wordSet("infrastructure server servers cloud platform database databases storage datacenter datacentre datacenters datacentres")

// holdsData reports whether a name is whose machines data are kept on: "on the
// Acme platform we store", "stored on the servers of Acme".
func (s *sentence) holdsData(i int) bool {
	n := s.properName(i)
	if n == 0 || !s.mentionsAny("store", "stores", "stored", "keep", "kept", "hosted", "held", "saved") {
		return false
	}
	before := i - 1
	if s.low(before) == "the" {
		before--
	}
	switch s.low(before) {
	case "on", "in", "at":
		return keepers[s.low(i+n)] && !in(s.low(i), "cloud", "server", "google", "apple", "android")
	case "of":
		return keepers[s.low(before-1)]
	}
	return false
}

// partnersAre reports whether a verb at a place tells who the recipients right
// before it are: "our partners include Acme Metrics".
func (s *sentence) partnersAre(at int) bool {
	for _, m := range s.mentions {
		if m.kind == mWho && m.ref.Kind == "category" && m.end == at && m.start <= 4 {
			return true
		}
	}
	return false
}

// ownParts are what a text's own product has: names behind "such as" are then
// those of its parts.
var ownParts = wordSet("features feature functions function functionality functionalities modes mode games game sections section areas area options settings pages screens modules tabs rooms channels levels")

// vendorTalk reports whether a recipient stands shortly before the
// introducing word, so that the names after it are recipients too.
func (s *sentence) vendorTalk(at int) bool {
	if s.low(at) == "by" {
		return in(s.low(at-1), "provided", "operated", "offered", "hosted", "powered", "run", "stored", "processed", "collected", "handled", "received", "managed", "supplied", "administered") && s.properName(at+1) > 0
	}
	if s.low(at) == "with" || s.low(at) == "from" {
		return in(s.low(at-1), "partner", "work", "contract", "information", "data", "share", "shared", "integrate", "partnered") && s.properName(at+1) > 0 && !s.taken(at+1, at+2)
	}
	before := at - 1
	if in(s.low(before), "such", ",") {
		before--
	}
	if ownParts[s.low(before)] {
		return false
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
