package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a piece of a text, in bytes.
type span struct{ start, end int }

// abbreviations never end a sentence by their full stop.
var abbreviations = wordSet("e.g i.e eg ie vs cf al approx dept est fig no nos art arts sec sect para par vol ver v pt st mr mrs ms dr prof sen rep gov gen hon rev jr sr u.s u.k d.c jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun ca n.y p.o attn ext tel bzw z.b d.h u.a ggf abs nr lit str usw evtl inkl vgl s.a p.ex cad n.b sra sr dra ud uds pág núm")

// maybeEnds may or may not end one: they do before a word that usually starts a sentence.
var maybeEnds = wordSet("inc ltd llc corp co etc plc gmbh bv nv sa ag kg s.a s.l s.r.l l.p lp a.m p.m usa")

// starters are words that a sentence starts with after such an abbreviation.
var starters = wordSet("we our you your the this these those it they if when for in to by as please however any all such use no information personal")

func wordSet(s string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// splitSentences finds the sentences of a block. The spans are trimmed, in
// order and do not overlap.
func splitSentences(text string) []span {
	var out []span
	start := 0
	add := func(end int) {
		s, e := start, end
		for s < e && text[s] == ' ' {
			s++
		}
		for e > s && text[e-1] == ' ' {
			e--
		}
		if e > s {
			out = append(out, span{s, e})
		}
		start = end
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '.', '!', '?':
			if end, ok := sentenceEnd(text, i, start); ok {
				add(end)
				i = end - 1
			}
		case ';':
			// Long legal enumerations within one paragraph stay together: clauses are cut later.
		}
	}
	add(len(text))
	return out
}

// lastSentence is the last sentence of a block, which may introduce what follows.
func lastSentence(text string) string {
	spans := splitSentences(text)
	if len(spans) == 0 {
		return ""
	}
	last := spans[len(spans)-1]
	return text[last.start:last.end]
}

// sentenceEnd decides whether the mark at i ends a sentence, and where: quotes
// and brackets that close right after it belong to it.
func sentenceEnd(text string, i, start int) (int, bool) {
	end := i + 1
	for end < len(text) && (text[end] == '.' || text[end] == '!' || text[end] == '?') {
		end++
	}
	for end < len(text) {
		c, size := utf8.DecodeRuneInString(text[end:])
		if c != '"' && c != '\'' && c != ')' && c != ']' && c != '”' && c != '’' && c != '»' {
			break
		}
		end += size
	}
	if end >= len(text) {
		return len(text), true
	}
	next, _ := utf8.DecodeRuneInString(text[end:])
	if next != ' ' {
		// "end.Next" without a space, as joined markup leaves it; not "example.com" or "4.2".
		if text[i] != '.' || end != i+1 || !unicode.IsUpper(next) || !lowerWordBefore(text, i) {
			return 0, false
		}
		return end, true
	}
	rest := strings.TrimLeft(text[end:], " ")
	first, size := utf8.DecodeRuneInString(rest)
	for rest != "" && (first == '"' || first == '“' || first == '(' || first == '‘' || first == '«' || first == '•') {
		rest = strings.TrimLeft(rest[size:], " ")
		first, size = utf8.DecodeRuneInString(rest)
	}
	if text[i] != '.' {
		return end, unicode.IsUpper(first) || unicode.IsDigit(first) || !unicode.IsLetter(first)
	}
	if unicode.IsLower(first) {
		return 0, false
	}
	word := lastWord(text[start:i])
	lower := strings.ToLower(word)
	switch {
	case abbreviations[lower]:
		return 0, false
	case maybeEnds[lower]:
		return end, starters[strings.ToLower(firstWord(rest))]
	case utf8.RuneCountInString(word) == 1 && (unicode.IsUpper([]rune(word)[0]) || unicode.IsDigit([]rune(word)[0])) && len(strings.TrimSpace(text[start:i])) <= 3:
		return 0, false // "1. Scope", "A. Identifiers"
	case utf8.RuneCountInString(word) == 1 && unicode.IsUpper([]rune(word)[0]) && word != "I":
		return 0, false // an initial
	case utf8.RuneCountInString(word) == 1 && unicode.IsLower([]rune(word)[0]) && oneLetter(rest):
		return 0, false // "z. B.", "d. h."
	case isNumber(word) && len(strings.TrimSpace(text[start:i])) <= 6:
		return 0, false // "4.2. Cookies"
	}
	return end, true
}

// oneLetter reports whether a text begins with a letter and a full stop.
func oneLetter(s string) bool {
	c, size := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(c) && size < len(s) && s[size] == '.'
}

func lowerWordBefore(text string, i int) bool {
	w := lastWord(text[:i])
	if len(w) < 3 || strings.ContainsAny(w, "./@:") {
		return false
	}
	for _, c := range w {
		if !unicode.IsLower(c) {
			return false
		}
	}
	return true
}

func lastWord(s string) string {
	i := strings.LastIndexAny(s, " (\"“/")
	if i < 0 {
		return s
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return s[i+size:]
}

func firstWord(s string) string {
	i := strings.IndexFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && c != '\'' })
	if i < 0 {
		return s
	}
	return s[:i]
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == ""
}
