package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// CookieWords are words in the names of cookies that make a purpose likely.
type CookieWords struct {
	ID      string   `yaml:"id"`
	About   string   `yaml:"about"` // what such a cookie is about, in the words of a report
	Purpose string   `yaml:"purpose"`
	Sure    bool     `yaml:"sure"` // goes before what the vendor's other cookies are for
	Words   []string `yaml:"words"`
	Ends    []string `yaml:"ends"`
	Parts   []string `yaml:"parts"`
}

// CookieTraits are what was seen of a cookie beside its name.
type CookieTraits struct {
	Third    bool // of another site than the visited one
	Session  bool // it ends with the browser's session
	HTTPOnly bool // scripts cannot read it
}

// CookieGuess is what a cookie may be for when no file lists it. It is a guess:
// people may be shown it as one, nothing is to be concluded from it.
type CookieGuess struct {
	Purpose string // as of CookiePurpose; "" when nothing makes one likely
	Why     string // "its name has “basket”"
}

// maxGuessed bounds the name that is looked at, in bytes. Browsers take names of
// up to 4096.
const maxGuessed = 256

// GuessCookie tells what a cookie may be for that CookiePurpose does not know:
// by words that leave no doubt, by the product that its name begins with, by
// other words, and at last by how it is kept.
func (s *Set) GuessCookie(name string, traits CookieTraits) CookieGuess {
	if len(name) > maxGuessed {
		name = name[:maxGuessed]
	}
	n := newCookieName(name)
	if g := s.index.words.guess(&n, true); g.Purpose != "" {
		return g
	}
	if g := s.index.families.guess(name); g.Purpose != "" {
		return g
	}
	if g := s.index.words.guess(&n, false); g.Purpose != "" {
		return g
	}
	switch {
	case traits.Third && !traits.Session:
		return CookieGuess{"advertising", "another site keeps it beyond the visit"}
	case !traits.Third && traits.Session && traits.HTTPOnly:
		return CookieGuess{"necessary", "it ends with the visit and only the server reads it"}
	}
	return CookieGuess{}
}

// cookieName is a name cut up.
type cookieName struct {
	words  string // in lower case, each between spaces: " first visit ts "
	joined string // letters and digits alone, in lower case
}

// newCookieName cuts a name at signs, digits and where a capital follows a small
// letter. "JSESSIONID" and "sessionid" are one word each.
func newCookieName(name string) cookieName {
	var words, joined strings.Builder
	words.WriteByte(' ')
	before := ' '
	for _, c := range name {
		letter, digit := unicode.IsLetter(c), unicode.IsDigit(c)
		if before != ' ' && (!letter || unicode.IsUpper(c) && unicode.IsLower(before)) {
			words.WriteByte(' ')
			before = ' '
		}
		if letter {
			words.WriteRune(unicode.ToLower(c))
			before = c
		}
		if letter || digit {
			joined.WriteRune(unicode.ToLower(c))
		}
	}
	if before != ' ' {
		words.WriteByte(' ')
	}
	return cookieName{words.String(), joined.String()}
}

// wordGuesser is the lists of words, in the order of their file.
type wordGuesser []CookieWords

func (w wordGuesser) guess(n *cookieName, sure bool) CookieGuess {
	for i := range w {
		if l := &w[i]; l.Sure == sure {
			if word := l.in(n); word != "" {
				return CookieGuess{l.Purpose, fmt.Sprintf("its name has “%s”: %s", word, l.About)}
			}
		}
	}
	return CookieGuess{}
}

// in returns the word of the list that a name has.
func (l *CookieWords) in(n *cookieName) string {
	for _, w := range l.Words {
		if strings.Contains(n.words, " "+w+" ") {
			return w
		}
	}
	for _, w := range l.Ends {
		if strings.HasSuffix(n.words, " "+w+" ") {
			return w
		}
	}
	for _, p := range l.Parts {
		if strings.Contains(n.joined, p) {
			return p
		}
	}
	return ""
}

// families are the products whose cookies share a beginning of their names:
// "cto_", "_pk_", "criteo_".
type families map[string]family

type family struct {
	vendor  string // name of the product
	purpose string // what most of its cookies are for
}

// newFamilies takes beginnings up to and with a sign, with three letters or
// more, that are those of one product's cookies only: of two or more of them,
// or the product's own name.
func newFamilies(vendors []*Vendor) families {
	type count struct {
		vendor *Vendor
		of     map[string]int
		n      int
		shared bool
	}
	counts := map[string]*count{}
	for _, v := range vendors {
		for _, c := range v.Cookies {
			if c.Domain != "" || c.Purpose == "" {
				continue
			}
			start := familyStart(c.Name)
			if start == "" {
				continue
			}
			k := counts[start]
			if k == nil {
				k = &count{vendor: v, of: map[string]int{}}
				counts[start] = k
			}
			k.shared = k.shared || k.vendor != v
			k.of[c.Purpose]++
			k.n++
		}
	}
	out := families{}
	for start, k := range counts {
		if k.shared || k.n < 2 && !strings.HasPrefix(bareName(k.vendor.ID), bareName(start)) {
			continue
		}
		for _, class := range classes {
			if 2*k.of[class] > k.n {
				out[start] = family{k.vendor.Name, class}
			}
		}
	}
	return out
}

// familyStart is the beginning of a name up to its first sign after three
// letters, in lower case; "" without one.
func familyStart(name string) string {
	letters := 0
	for i, c := range name {
		switch {
		case c == '*':
			return ""
		case unicode.IsLetter(c):
			letters++
		case letters >= 3 && strings.ContainsRune("_-.:", c):
			return strings.ToLower(name[:i+1])
		}
	}
	return ""
}

func bareName(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, s)
}

func (f families) guess(name string) CookieGuess {
	k, ok := f[familyStart(name)]
	if !ok {
		return CookieGuess{}
	}
	return CookieGuess{k.purpose, fmt.Sprintf("it is named like the cookies of %s", k.vendor)}
}

func (ld *loader) checkCookieWords(list *[]CookieWords) {
	ids := make([]string, len(*list))
	for i, l := range *list {
		ids[i] = l.ID
		if !slices.Contains(classes, l.Purpose) {
			ld.fault(list, []any{i, "purpose"}, "unknown purpose %q; expected one of %s", l.Purpose, strings.Join(classes, ", "))
		}
		if l.About == "" {
			ld.fault(list, []any{i}, "about is missing; expected what such a cookie is about")
		}
		for _, words := range [][]string{l.Words, l.Ends, l.Parts} {
			for _, w := range words {
				if w == "" || w != strings.ToLower(w) {
					ld.fault(list, []any{i}, "word %q; expected lower case", w)
				}
			}
		}
	}
	ld.checkIDs(list, ids)
}
