package policy

import "strings"

// Texts limit cookies to necessary ones in sentences whose subject is a name
// that nothing tells, or the cookies themselves: "Lantern GmbH only uses
// strictly necessary cookies", "all cookies on this page are essential".

var (
	necessaryOnly = lazily(`(?i)\b(?:only|solely|exclusively)\s+(?:\w+\s+){0,3}(?:(?:strictly|technically|absolutely)\s+)?(?:necessary|essential|required)\s+(?:\w+\s+){0,2}cookies\b|` +
		`\b(?:only|solely|exclusively)\s+(?:\w+\s+){0,2}cookies\s+(?:that|which)\s+are\s+(?:\w+\s+)?(?:necessary|essential|required)\b|` +
		`\b(?:necessary|essential)\s+cookies\s*,?\s+(?:only|exclusively|and\s+(?:no\s+others?|nothing\s+else))\b|` +
		`\bcookies\s+(?:\w+\s+){0,6}(?:are|is)\s+(?:limited|restricted)\s+to\b.{0,40}\b(?:necessary|essential)\b|` +
		`\ball\s+(?:of\s+)?(?:the\s+|our\s+)?cookies\s+(?:\w+\s+){0,6}are\s+(?:(?:strictly|technically|absolutely)\s+)?(?:necessary|essential)\b`)
	// notOurLimit are words of sentences that speak of a choice, of a case, or of others.
	notOurLimit = lazily(`(?i)\b(?:if|when|unless|until|where|should)\b|\byou\s+(?:may|can|could|choose|accept|allow|select|consent|click)|\b(?:accept|allow|choose|select|click|reject|refuse|button|consent|opt|not\s+only|setting|settings|third[- ]part(?:y|ies)|partners?)\b`)
)

// cookieLimit reads such a sentence. One that names another company says
// nothing of the site.
func (r *reader) cookieLimit(at spot, s *sentence) bool {
	if !strings.Contains(at.text, "ookies") || !necessaryOnly.get().MatchString(at.text) || notOurLimit.get().MatchString(at.text) || s.namesAnother() {
		return false
	}
	r.add(at, Statement{Actor: "we", Action: actCookies, DataTypes: []string{"cookie_identifier"}, Only: true})
	return true
}

// namesAnother reports whether a sentence names somebody that is known to be
// another company.
func (s *sentence) namesAnother() bool {
	for _, m := range s.mentions {
		if m.kind == mWho && (m.ref.Kind == "vendor" || m.ref.Kind == "company") {
			return true
		}
	}
	return false
}
