package policy

import "strings"

// A text names companies without saying that they get anything: whose policy
// the reader may look at, with whose account one may sign in, which tool wrote
// the text. Such names are taken out before a sentence is read.

var (
	// accountWords after a name say that it is whose account or identifier
	// something is.
	accountWords = wordSet("account accounts login logins id ids profile profiles credentials handle username password")
	// ownTexts after a name are what the company itself publishes.
	ownTexts = wordSet("policy policies terms statement notice tos")
	// signsIn are verbs of entering by somebody's account.
	signsIn = wordSet("log login signin sign signing logging register registering connect")
	// madeWith are verbs of how a text or site was made.
	madeWith = wordSet("created generated written drafted built designed developed")
)

// dropOnlyNamed removes the names that are only mentioned.
func (s *sentence) dropOnlyNamed() {
	kept := s.mentions[:0:0]
	for _, m := range s.mentions {
		if m.kind != mWho || m.ref.Kind == "category" || !s.onlyNamed(m) {
			kept = append(kept, m)
		}
	}
	s.mentions = kept
}

func (s *sentence) onlyNamed(m mention) bool {
	return in(s.low(m.end-1), "login", "account") || s.ownPage(m.end) || s.storeOrOfficer(m.end) || s.ownedAccount(m.end) || s.publishes(m) || s.signInBefore(m) || s.madeTheText(m) || s.pointedTo(m) || s.cardBrand(m) || s.channel(m) || s.goesThere(m)
}

// ownedAccount reports whether a row of names goes on to an account: "your
// Twitter or Facebook account", "an Apple ID".
func (s *sentence) ownedAccount(at int) bool {
	for t := at; t < len(s.toks) && t < at+7; t++ {
		if accountWords[s.low(t)] {
			return s.low(t) != "login" || s.low(t+1) != "provider"
		}
		if !in(s.low(t), "or", "and", ",", "/", "other", "social", "media", "network", "advertising") && !s.toks[t].cap {
			return false
		}
	}
	return false
}

// ownPage reports whether a name goes on to where the company's users look
// after themselves: "the Facebook settings page", "Google permissions".
func (s *sentence) ownPage(at int) bool {
	return in(s.low(at), "settings", "permissions", "preferences", "homepage") || in(s.low(at), "ad", "ads", "privacy", "network", "help") && in(s.low(at+1), "settings", "preferences", "center", "centre", "page")
}

// storeOrOfficer reports whether a name goes on to where apps are had, or to a
// line of an address: "Apple App Store", "Acme Data Protection Officer".
func (s *sentence) storeOrOfficer(at int) bool {
	switch {
	case in(s.low(at), "play", "app") && s.low(at+1) == "store", s.low(at) == "store":
		return true
	}
	return s.low(at) == "data" && s.low(at+1) == "protection" && s.low(at+2) == "officer" || s.low(at) == "privacy" && in(s.low(at+1), "officer", "team")
}

// publishes reports whether a name says whose text something is: "Google's
// privacy policy", "the Google Terms of Service".
func (s *sentence) publishes(m mention) bool {
	for t := m.end; t < len(s.toks) && t < m.end+5; t++ {
		if ownTexts[s.low(t)] {
			return !s.policyLine(m)
		}
		if !in(s.low(t), "privacy", "&", "and", "cookie", "cookies", "data", "own", "analytics", "advertising", "ads", "’", "'", "s") {
			return false
		}
	}
	return false
}

// policyLine reports whether a whole line is the name of a company's notice,
// "Acme's Privacy Policy": it stands in a list of those who get data.
func (s *sentence) policyLine(m mention) bool {
	last := len(s.toks) - 1
	if m.start > 0 || last < m.end || last > m.end+3 || !ownTexts[s.low(last)] {
		return false
	}
	for t := m.end; t < last; t++ {
		if !in(s.low(t), "privacy", "data", "cookie", "'", "s") {
			return false
		}
	}
	return s.low(m.end) != "terms"
}

// signInBefore reports whether one signs in by a name: "log in via services
// like Facebook".
func (s *sentence) signInBefore(m mention) bool {
	by := false
	for t := m.start - 1; t >= 0 && t > m.start-24; t-- {
		w := s.low(t)
		if w == ";" || w == "we" || handsOut[verbs[w].action] || nominals[w] != "" {
			return false
		}
		by = by || in(w, "via", "through", "with", "using", "like", "as", "example")
		if by && signsIn[w] && (in(s.low(t+1), "in", "up", "on") || in(w, "login", "signin", "register", "registering")) {
			return true
		}
	}
	return false
}

// madeTheText reports whether a name is what a text was made with.
func (s *sentence) madeTheText(m mention) bool {
	for t := m.start - 1; t > 0 && t > m.start-4; t-- {
		if in(s.low(t), "using", "by", "with") && madeWith[s.low(t-1)] {
			return true
		}
	}
	return false
}

// pointedTo reports whether the reader is only told where to read more about
// what a name does: "for more information on how Google Analytics collects
// data, see …".
func (s *sentence) pointedTo(m mention) bool {
	for t := m.start - 1; t > 0 && t > m.start-4; t-- {
		if s.low(t) == "understand" && in(s.low(t-1), "to", "better") && t == m.start-1 {
			return true // "to understand Google's use of data, see …"
		}
		if s.low(t) != "how" {
			continue
		}
		for u := t - 1; u >= 0 && u > t-5; u-- {
			if in(s.low(u), "information", "learn", "more", "details", "about", "understand", "see") {
				return true
			}
		}
	}
	return false
}

// ways are by which people are written to.
var ways = wordSet("sms email e-mail mail post phone telephone text texts messenger rcs mms fax push call calls")

// channel reports whether a name is a way by which people are written to: "we
// send you messages by SMS, WhatsApp or e-mail".
func (s *sentence) channel(m mention) bool {
	beside := ways[s.low(m.end+1)] && in(s.low(m.end), ",", "or", "and", "/") || m.start > 1 && in(s.low(m.start-1), ",", "or", "and", "/") && ways[s.low(m.start-2)]
	if !beside {
		return false
	}
	for t := m.start - 1; t >= 0 && t > m.start-10; t-- {
		if in(s.low(t), "by", "via", "through", "on", "using", "over") {
			return true
		}
		if !ways[s.low(t)] && !in(s.low(t), ",", "or", "and", "/") && !s.toks[t].cap {
			return false
		}
	}
	return false
}

// goesTo are verbs of what people are let do at a name.
var goesTo = wordSet("access visit log sign connect link register reach")

// goesThere reports whether people are only let go to a name: "our app lets you
// access services such as Facebook".
func (s *sentence) goesThere(m mention) bool {
	for t := m.start - 1; t > 1 && t > m.start-10; t-- {
		w := s.low(t)
		if w == ";" || w == "we" || handsOut[verbs[w].action] {
			return false
		}
		if goesTo[w] && (s.low(t-1) == "to" && in(s.low(t-2), "you", "users", "visitors") || in(s.low(t-1), "you", "can") && in(s.low(t-2), "lets", "let", "you")) {
			return true
		}
	}
	return false
}

// cardBrand reports whether a name is a brand behind the card industry's rules.
func (s *sentence) cardBrand(m mention) bool {
	low := strings.ToLower(s.text)
	return strings.Contains(low, "pci") && strings.Contains(low, "standard") && in(strings.ToLower(m.ref.Text), "visa", "mastercard", "american express", "discover", "amex")
}
