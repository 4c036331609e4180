package rules

import (
	"slices"
	"strings"
	"unicode"
)

// CookieWords says what words in a cookie's name tell about its purpose.
type CookieWords struct {
	Purpose string   `yaml:"purpose"` // as in CookieRule
	Words   []string `yaml:"words"`   // whole words of the name, in lower case
	Parts   []string `yaml:"parts"`   // anywhere in the name in lower case without separators
}

// Basis is what a purpose is known by.
type Basis string

// Bases, from the surest on. A purpose that is read from the words of a name is
// a guess for readers: nothing is decided by it.
const (
	ByName   Basis = "name"   // a vendor's file lists the cookie
	ByVendor Basis = "vendor" // from what the vendor that holds it does
	ByWords  Basis = "words"  // from the words of its name
	Unknown  Basis = ""
)

// maxNameWords bounds the bytes of a name that are read for words.
const maxNameWords = 128

// classOf maps what a vendor does to the class of its cookies.
var classOf = []struct {
	class      string
	categories []string
}{
	{"advertising", []string{"advertising", "affiliate", "cdp", "data_broker", "email_marketing", "social"}},
	{"analytics", []string{"ab_testing", "analytics", "error_monitoring", "performance", "session_replay"}},
	{"functional", []string{"accessibility", "chat", "forms", "maps", "personalization", "reviews", "scheduling", "search", "survey", "translation", "video"}},
	{"necessary", []string{"bot_defence", "cdn", "consent", "hosting", "identity", "payment"}},
}

// CookiePurpose tells what a cookie is for: "necessary", "functional",
// "analytics", "advertising" or "unknown", and what it is known by. The rule
// and the vendor are what is known of it, or nil: see CookieFor. A vendor that
// is known only as the holder decides before the words of the name.
func (s *Set) CookiePurpose(name string, rule *CookieRule, vendor *Vendor) (string, Basis) {
	if rule != nil && rule.Purpose != "" {
		return rule.Purpose, ByName
	}
	if vendor != nil {
		for _, c := range classOf {
			if slices.ContainsFunc(vendor.Categories, func(have string) bool { return slices.Contains(c.categories, have) }) {
				return c.class, ByVendor
			}
		}
	}
	words, squeezed := nameWords(name)
	for _, w := range s.Terms.CookieWords {
		if slices.ContainsFunc(w.Words, func(word string) bool { return words[word] }) ||
			slices.ContainsFunc(w.Parts, func(part string) bool { return strings.Contains(squeezed, part) }) {
			return w.Purpose, ByWords
		}
	}
	return "unknown", Unknown
}

// nameWords splits a name at separators, at digits and where capitals begin a
// word, and also returns it in lower case with letters only.
func nameWords(name string) (words map[string]bool, squeezed string) {
	if len(name) > maxNameWords {
		name = name[:maxNameWords]
	}
	words = make(map[string]bool)
	var all, word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words[word.String()] = true
			word.Reset()
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsLetter(r) {
			end()
			continue
		}
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			end()
		}
		lower := unicode.ToLower(r)
		word.WriteRune(lower)
		all.WriteRune(lower)
	}
	end()
	return words, all.String()
}
