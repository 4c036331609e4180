package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
)

// token is a word or a mark of a sentence.
type token struct {
	start, end int    // bytes in the sentence
	raw        string // as written
	low        string // lower case, without a possessive 's
	norm       string // singular
	word       bool
	cap        bool // starts with a capital
}

// tokenize cuts a sentence into words and marks. Hyphens join nothing:
// "third-party" is two words, as "third party" is; "e-mail" is one.
func tokenize(s string) []token {
	toks := make([]token, 0, len(s)/5)
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case wordRune(c):
			end := wordEnd(s, i)
			toks = append(toks, newToken(s, i, end))
			i = end
		case c == ' ', c == '-' && i > 0 && i+1 < len(s) && s[i-1] != ' ' && s[i+1] != ' ':
			i += size
		default:
			toks = append(toks, token{start: i, end: i + size, raw: s[i : i+size], low: mark(c), norm: mark(c)})
			i += size
		}
	}
	return toks
}

func wordRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || c == '_'
}

// rawAt returns a word as it is written, "" outside the sentence.
func (s *sentence) rawAt(i int) string {
	if i < 0 || i >= len(s.toks) {
		return ""
	}
	return s.toks[i].raw
}

// mark folds the variants of a mark.
func mark(c rune) string {
	switch c {
	case '–', '—', '―':
		return "—"
	case '“', '”', '"', '«', '»', '„':
		return "\""
	case '‘', '’', '\'', '`':
		return "'"
	case '•', '·':
		return ";"
	}
	return string(c)
}

func wordEnd(s string, i int) int {
	if strings.HasPrefix(s[i:], "http://") || strings.HasPrefix(s[i:], "https://") || strings.HasPrefix(s[i:], "www.") {
		end := strings.IndexAny(s[i:], " \"<>()")
		if end < 0 {
			end = len(s) - i
		}
		return i + len(strings.TrimRight(s[i:i+end], ".,;:!?"))
	}
	start := i
	for i < len(s) {
		c, size := utf8.DecodeRuneInString(s[i:])
		if wordRune(c) {
			i += size
			continue
		}
		next, nsize := utf8.DecodeRuneInString(s[i+size:])
		joins := c == '.' || c == '\'' || c == '’' || c == '&' || c == '@' || c == '-' && i-start == 1 && (s[start] == 'e' || s[start] == 'E')
		if !joins || nsize == 0 || !wordRune(next) {
			break
		}
		if c == '.' && unicode.IsUpper(next) && i-start > 3 {
			break // "data.We" is two sentences that lost their space
		}
		i += size
	}
	return i
}

func newToken(s string, start, end int) token {
	raw := s[start:end]
	first, _ := utf8.DecodeRuneInString(raw)
	t := token{start: start, end: end, raw: raw, word: true, cap: unicode.IsUpper(first)}
	t.low = strings.ReplaceAll(strings.ToLower(raw), "’", "'")
	if cut, ok := strings.CutSuffix(t.low, "'s"); ok && t.low != "driver's" {
		t.low = cut
	}
	if len(t.low) > 2 && t.low[0] == 'e' && t.low[1] == '-' {
		t.low = "e" + t.low[2:]
	}
	if t.low == "3rd" {
		t.low = "third"
	}
	t.norm = singular(t.low)
	return t
}

// singular takes off the plural of an English noun, and folds British spelling.
func singular(w string) string {
	n := len(w)
	switch {
	case w == "ids":
		w = "id"
	case n < 4 || w[n-1] != 's' || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
	case strings.HasSuffix(w, "'s"):
		w = w[:n-2]
	case strings.HasSuffix(w, "ies") && n > 4 && w != "cookies" && w != "movies":
		w = w[:n-3] + "y"
	case strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "xes"):
		w = w[:n-2]
	default:
		w = w[:n-1]
	}
	if strings.HasSuffix(w, "isation") {
		w = w[:len(w)-7] + "ization"
	}
	return w
}

// stem is the snowball stem, in which verbs and nouns of purpose meet.
func stem(w string) string {
	for _, keep := range []string{"personaliz", "personalis", "customiz", "customis", "marketing", "operating", "accounting"} {
		if strings.HasPrefix(w, keep) {
			return strings.Replace(keep, "is", "iz", 1) // the stemmer makes "personal", "custom", "market" and "account" of them
		}
	}
	if len(w) < 4 {
		return w
	}
	return english.Stem(w, false)
}
