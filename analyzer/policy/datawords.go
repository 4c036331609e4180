package policy

import "strings"

// Words for data in a sentence, told from the same words used otherwise.

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
		if n == 1 && s.misread(i, e.id) || s.namesService(i+n) {
			continue
		}
		if e.id == "address_book" && s.contactsOfNobody(i, n) {
			continue
		}
		if strings.HasPrefix(e.text, "server log") && in(s.low(i+n), "your", "the", "which", "certain", "information", "data", "each", "every") {
			continue // "our server logs your address"
		}
		if carriers[e.text] && s.handedTo(i) {
			i += n - 1
			continue
		}
		if n == 1 && weakData[s.norm[i]] || placeWords[e.text] {
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

// placeWords name data only in a list of data: "any country of residence".
var placeWords = map[string]bool{"state or country": true, "country of residence": true, "geographic area": true}

// carriers are words for data that name companies, too.
var carriers = map[string]bool{"internet service provider": true, "ISP": true, "network provider": true, "mobile network": true, "mobile carrier": true, "wireless carrier": true, "carrier": true, "operating system": true}

// handedTo reports whether a word is one of those that get data or act: "shared
// with operating systems and carriers", "charged by your wireless carrier".
func (s *sentence) handedTo(at int) bool {
	for t := at - 1; t >= 0 && t > at-10; t-- {
		switch w := s.low(t); {
		case w == "by":
			return t < at-1
		case w == "with":
			for u := t - 1; u >= 0; u-- {
				if handsOut[verbs[s.low(u)].action] {
					return !in(s.low(t-1), "together", "along", "connection", "associated", "combined")
				}
			}
			return false
		case in(w, "your", "the", "our", "their", "a", "user", "users", "'", "s", "or", "and", ",", "/") && !(in(w, "your", "the", "our", "their", "a") && !in(s.low(t-1), "with", "by", ",", "and", "or")):
		case s.takenBy(t, mWho) || in(w, "carrier", "carriers", "wireless", "mobile", "operating", "system", "systems", "network"):
		default:
			return false
		}
	}
	return false
}

// contactsOfNobody reports whether "contacts" are no entries of an address book:
// "your contact information", or those with whom something is shared.
func (s *sentence) contactsOfNobody(i, n int) bool {
	last := i + n - 1
	if s.norm[last] != "contact" {
		return false
	}
	given := i
	if n == 1 {
		given-- // the word is looked at again without its "your"
	}
	return s.low(last) != "contacts" || s.low(given) == "your" && in(s.low(given-1), "with", "to", "by", "among", "between", "and", "or")
}

// namesService reports whether words for data only tell what others do: "session
// recording services", "e-mail service providers".
func (s *sentence) namesService(end int) bool {
	if in(s.low(end), "providers", "vendors") {
		return true
	}
	return in(s.low(end), "service", "services") && (s.low(end) == "services" || in(s.low(end+1), "provider", "providers")) && !in(s.low(end+1), "and", "information", "data", "usage")
}

// misread drops single words that are verbs or belong to something else here.
func (s *sentence) misread(i int, id string) bool {
	prev, next := s.low(i-1), s.low(i+1)
	switch {
	case in(prev, "to", "may", "will", "please", "can", "must", "should", "not") && !in(s.low(i), "cookies", "information", "data"):
		return prev != "to" || !in(s.low(i-2), "limited", "access", "respect", "regard", "related", "relating", "addition")
	case in(prev, "we", "you", "they") && id != "information":
		return true
	case id == "phone" && in(s.norm[i], "phone", "telephone") && (s.possessive(i) || in(next, "book", "manufacturer", "model", "settings", "camera") || in(next, "and", "or") && in(s.norm[min(i+2, len(s.norm)-1)], "tablet", "computer") ||
		in(prev, "your", "the", "a", "mobile", "their", "his", "her") && in(s.low(i-2), "on", "from", "to", "by", "via", "through", "using", "in", "or", "of", "your", "with")):
		return true // a device
	case id == "password":
		return s.aboutPasswords() || in(s.low(i-2), "change", "reset", "choose", "protect") && in(prev, "your", "the", "a", "this")
	case in(s.low(i), "emails", "texts") && !in(prev, "your", "the", "of", "these"):
		return true // messages
	case id == "health" && in(next, "of", "and", "check"):
		return true
	case id == "information":
		if in(prev, "more", "further", "contact", "important", "company", "product", "confidential", "following:") ||
			in(next, "security", "protection", "controller", "officer", "practices", "contained", "commissioner", "processing") {
			return true
		}
		return in(next, "on", "regarding", "concerning") && !in(s.low(i+2), "you", "your", "how", "the") && !(next == "on" && s.low(i+2) == "to")
	case id == "email" && (prev == "as" && s.mentionsAny("means") || in(s.low(i-2), "a", "an") && s.toks[i-1].cap):
		return true // a way to tell somebody, a message
	case id == "email" || id == "phone":
		return in(prev, "by", "via", "an", "this", "these", "promotional", "marketing", "our", "send", "us", "every", "each", "receive", "in") || in(next, "us", "you", "at", ":")
	case id == "postal_address":
		return in(prev, "this", "our", "web", "site", "following", "unique", "numerical", "numeric") || in(next, "the", "this", "these", "below", ":")
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
	for i, t := range s.toks {
		if passwordCare[t.low] && !(t.low == "secret" && in(s.norm[min(i+1, len(s.norm)-1)], "question", "answer")) {
			return true
		}
	}
	return false
}

// possessive reports whether a word stands with a possessive 's.
func (s *sentence) possessive(i int) bool {
	raw := strings.ToLower(s.rawAt(i))
	return strings.HasSuffix(raw, "'s") || strings.HasSuffix(raw, "’s") || strings.HasSuffix(raw, "s'") || strings.HasSuffix(raw, "s’")
}

// amongData reports whether a weak word stands in a list with other data, or
// right after a word that gives it to the user.
func (s *sentence) amongData(k int) bool {
	m := s.mentions[k]
	if in(s.low(m.start-1), "your", "user's", "visitor's", "their", "child's") && !in(s.low(m.start), "country", "region", "state", "browser", "school", "camera", "carrier", "post", "comments", "review") {
		return true
	}
	if s.possessive(m.start - 1) {
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
	if in(s.low(m.start-1), "your", "their") && in(s.low(m.start-2), "collect", "collects", "gather", "ask", "know", "record", "store", "for") && (s.low(m.start-2) != "for" || s.low(m.start-3) == "ask") {
		return true
	}
	if m.id == "identifiers" && verbs[s.low(m.start-1)].lemma != "" {
		return true // "we have disclosed identifiers to …", as notices for California say
	}
	return in(s.low(m.start-1), "collect", "collects", "gather", "as", "including", ":", "ask")
}

func (s *sentence) dataStartsAt(i int) bool {
	for _, m := range s.mentions {
		if m.kind == mData && m.start == i {
			return true
		}
	}
	return false
}
