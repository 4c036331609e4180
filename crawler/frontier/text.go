package frontier

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

// maxText bounds the link text that is looked at, in bytes.
const maxText = 300

// plainText lower-cases a text and turns everything that is neither letter nor
// number into single spaces, so that "Privacy & Cookies »" is "privacy cookies".
func plainText(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if r == unicode.ReplacementChar {
			r = ' '
		}
		if r == '\'' || r == '’' { // "don't" stays one word
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// How far a phrase covers a text.
type coverage int

const (
	coverNone   coverage = iota
	coverInside          // inside a word: "policy" in "mypolicypage"
	coverPart            // whole words somewhere, or the start of a compound
	coverPrefix          // whole words at the start
	coverExact
)

// covers compares two plain texts.
func covers(text, phrase string) coverage {
	if phrase == "" || text == "" {
		return coverNone
	}
	if text == phrase {
		return coverExact
	}
	i := strings.Index(text, phrase)
	if i < 0 {
		return coverNone
	}
	if unspaced(phrase) { // scripts without spaces between words
		if i == 0 {
			return coverPrefix
		}
		return coverPart
	}
	best := coverInside
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return best
		}
		i += from
		starts := i == 0 || text[i-1] == ' '
		ends := i+len(phrase) == len(text) || text[i+len(phrase)] == ' '
		switch {
		case starts && ends && i == 0:
			return coverPrefix
		case starts && ends:
			best = coverPart
		case starts && len(phrase) >= 8: // "datenschutz" in "datenschutzinformation"
			best = max(best, coverPart)
		}
		from = i + len(phrase)
	}
}

func unspaced(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Hangul) {
			return true
		}
	}
	return false
}

// pathTexts returns the path segments of an address as plain texts, without
// extension, last one first.
func pathTexts(u *url.URL) []string {
	p := strings.Trim(u.Path, "/")
	if p == "" {
		return nil
	}
	segments := strings.Split(p, "/")
	out := make([]string, 0, len(segments))
	for i := len(segments) - 1; i >= 0; i-- {
		s := segments[i]
		if ext := path.Ext(s); ext != "" && len(ext) <= 6 {
			s = strings.TrimSuffix(s, ext)
		}
		if t := plainText(splitCamel(s)); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// splitCamel writes "PrivacyPolicy" as "Privacy Policy".
func splitCamel(s string) string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}
