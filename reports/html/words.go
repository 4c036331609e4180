package html

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"candor/reports/words"
)

// language says the report's words; package words holds them.
type language struct{ *words.Language }

// Languages are the codes of the languages that a report can be in.
func Languages() []string { return words.Codes() }

func (l *language) say(key string, args ...any) (string, error) { return l.Say(key, args...) }
func (l *language) must(key string, args ...any) string         { return l.Must(key, args...) }
func (l *language) word(kind, id string) string                 { return l.Word(kind, id) }
func (l *language) wordList(kind string, ids []string) string   { return l.Words(kind, ids) }
func (l *language) day(s string) string                         { return l.Day(s) }

func (l *language) seconds(ms int64) string { return l.must("seconds", l.Decimal(float64(ms)/1000, 1)) }

// entry is a word with what it means.
type entry struct{ Word, Short, Meaning string }

// verdicts, from what wants a look first to what is fine.
var verdicts = []string{"incorrect", "omitted", "not-tested", "ambiguous", "vague", "clear"}

var promiseVerdicts = []string{"broken", "not-observed", "not-testable", "kept"}

var outcomes = []string{"differs", "needs-person", "not-tested", "not-applicable", "matches"}

// glossary are the keys of the words that it explains.
var glossary = []string{"company", "consent-state", "confidence", "finding", "first-party-third-party", "flow", "gap", "promise", "recipient-vendor", "statement"}

func (b *builder) glossary() []entry {
	var out []entry
	for _, key := range glossary {
		out = append(out, entry{Word: b.lang.must("glossary." + key), Meaning: b.lang.must("glossary." + key + ".means")})
	}
	if b.lang.Code() != words.English {
		slices.SortFunc(out, func(x, y entry) int { return cmp.Compare(strings.ToLower(x.Word), strings.ToLower(y.Word)) })
	}
	return out
}

func (b *builder) entries(kind string, list []string) []entry {
	var out []entry
	for _, word := range list {
		out = append(out, b.lang.entry(kind, list, word))
	}
	return out
}

// entry is a word of a list; another word was not compared.
func (l *language) entry(kind string, list []string, word string) entry {
	if !slices.Contains(list, word) {
		return entry{Word: word, Short: l.must("not.compared")}
	}
	return entry{word, l.word(kind, word), l.must(kind + "." + word + ".means")}
}

// capital makes the first letter of words big.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return capitalUmlaut(s)
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func capitalUmlaut(s string) string {
	for small, big := range map[string]string{"ä": "Ä", "ö": "Ö", "ü": "Ü"} {
		if rest, ok := strings.CutPrefix(s, small); ok {
			return big + rest
		}
	}
	return s
}

// size says a number of bytes.
func (l *language) size(n int64) string {
	switch {
	case n >= 1<<20:
		return l.must("size.mb", l.Decimal(float64(n)/(1<<20), 1))
	case n >= 1<<10:
		return l.must("size.kb", n>>10)
	}
	return l.must("size.b", n)
}

// date says a time of RFC 3339 as people do; anything else comes back as it is.
func (l *language) date(s string) string {
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return s
	}
	return l.Time(s)
}
