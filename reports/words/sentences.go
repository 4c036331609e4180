package words

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a text that is translated: what is longer stays as it is.
const (
	maxText  = 4000
	maxSteps = 400 // sentences that are tried
)

// book is how a language says sentences that the analysis wrote in English.
type book struct {
	sentences  []sentence
	terms      map[string]string // English, in small letters → the language
	beginnings map[string]string // of the parts of a list
}

// sentence is a pattern with places. What a place holds is said by its kind:
//
//	{x}        as it is: a name, an address, a quote
//	{x|n}      a figure
//	{x|rule}   the id of a rule
//	{x|term}   a term, which must be known
//	{x|list}   "a, b and c" of terms and names
//	{x|known}  the same of terms only
//	{x|semis}  the same, parted by semicolons
//	{x|pairs}  "a and b to X; c to Y"
//	{x|text}   sentences, which must be known
//	{x|parts}  the same, parted by commas
//	{x|maybe}  sentences, or as it is
//	{x|maybes} the same, parted by semicolons
type sentence struct {
	En, De  string
	pattern *regexp.Regexp
	first   string // literal beginning
	places  []place
}

type place struct {
	name, kind string
	quoted     bool // stands within “”
}

var placed = regexp.MustCompile(`\{(\w+)(?:\|(\w+))?\}`)

func readBook(code string) (*book, error) {
	data, err := files.ReadFile("sentences/" + code + ".yaml")
	if err != nil {
		return nil, err
	}
	var file struct {
		Terms      map[string]string   `yaml:"terms"`
		Beginnings map[string]string   `yaml:"beginnings"`
		Sentences  []map[string]string `yaml:"sentences"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	b := &book{terms: file.Terms, beginnings: file.Beginnings}
	for _, x := range file.Sentences {
		s, err := newSentence(x[English], x[code])
		if err != nil {
			return nil, err
		}
		b.sentences = append(b.sentences, s)
	}
	return b, nil
}

func newSentence(en, to string) (sentence, error) {
	s := sentence{En: en, De: to}
	if en == "" || to == "" {
		return s, fmt.Errorf("sentence %q has no translation", en)
	}
	var expr strings.Builder
	expr.WriteString(`(?s)^`)
	at := 0
	for _, m := range placed.FindAllStringSubmatchIndex(en, -1) {
		p := place{name: en[m[2]:m[3]], quoted: strings.HasSuffix(en[:m[0]], "“")}
		if m[4] >= 0 {
			p.kind = en[m[4]:m[5]]
		}
		expr.WriteString(regexp.QuoteMeta(en[at:m[0]]))
		switch p.kind {
		case "n":
			expr.WriteString(`(\d+)`)
		case "rule":
			expr.WriteString(`([A-Z]+-\d+)`)
		default:
			expr.WriteString(`(.+?)`)
		}
		if len(s.places) == 0 {
			s.first = en[:m[0]]
		}
		s.places = append(s.places, p)
		at = m[1]
	}
	if len(s.places) == 0 {
		s.first = en
	}
	expr.WriteString(regexp.QuoteMeta(en[at:]))
	if at == len(en) { // what ends with a place is the end of the text
		expr.WriteString(`$`)
	} else {
		expr.WriteString(`(?:\s+|$)`)
	}
	var err error
	if s.pattern, err = regexp.Compile(expr.String()); err != nil {
		return s, fmt.Errorf("sentence %q: %w", en, err)
	}
	return s, nil
}

// Sentences is a text of the analysis in the language, and whether all of it
// could be said. Names, addresses and quotes stay as they are.
func (l *Language) Sentences(text string) (string, bool) {
	if l.sentences == nil || text == "" {
		return text, true
	}
	if len(text) > maxText {
		return text, false
	}
	steps := 0
	whole := strings.TrimSpace(text)
	if out, ok := l.sentences.say(l, whole, &steps); ok {
		return out, true
	}
	if out, ok := l.sentences.known(l, whole); ok {
		return out, true
	}
	return text, false
}

// say finds the sentences that a text is made of, the first that fit.
func (b *book) say(l *Language, text string, steps *int) (string, bool) {
	if text == "" {
		return "", true
	}
	for i := range b.sentences {
		s := &b.sentences[i]
		if !strings.HasPrefix(text, s.first) {
			continue
		}
		if *steps++; *steps > maxSteps {
			return "", false
		}
		m := s.pattern.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		said, ok := b.fill(l, s, text, m, steps)
		if !ok {
			continue
		}
		rest, ok := b.say(l, strings.TrimSpace(text[m[1]:]), steps)
		if !ok {
			continue
		}
		if rest != "" {
			said += " " + rest
		}
		return said, true
	}
	return "", false
}

// begins is where a further sentence begins: a place that is no quote does not
// reach beyond it.
var begins = regexp.MustCompile(`[.?!]”? [A-Z]`)

func (b *book) fill(l *Language, s *sentence, text string, m []int, steps *int) (string, bool) {
	values := map[string]string{}
	for i, p := range s.places {
		v := text[m[2*i+2]:m[2*i+3]]
		if p.quoted {
			values[p.name] = v
			continue
		}
		if p.kind != "text" && p.kind != "maybe" && begins.MatchString(v) {
			return "", false
		}
		said, ok := b.place(l, p.kind, v, steps)
		if !ok {
			return "", false
		}
		values[p.name] = said
	}
	return placed.ReplaceAllStringFunc(s.De, func(at string) string { return values[strings.Trim(at, "{}")] }), true
}

func (b *book) place(l *Language, kind, v string, steps *int) (string, bool) {
	switch kind {
	case "term":
		return b.term(v)
	case "known":
		return b.known(l, v)
	case "list":
		return b.list(l, v)
	case "semis":
		return b.each(v, "; ", func(x string) (string, bool) { return b.list(l, x) })
	case "pairs":
		return b.each(v, "; ", func(x string) (string, bool) {
			data, who, ok := strings.Cut(x, " to ")
			data, known := b.list(l, data)
			return data + " " + l.Must("to") + " " + who, ok && known && !phrase(who)
		})
	case "maybes":
		return b.each(v, "; ", func(x string) (string, bool) { return b.place(l, "maybe", x, steps) })
	case "text":
		return b.say(l, v, steps)
	case "parts":
		return b.each(v, ", ", func(x string) (string, bool) { return b.say(l, x, steps) })
	case "maybe":
		if t, ok := b.say(l, v, steps); ok {
			return t, true
		}
		return v, true
	}
	return v, kind != "" || !phrase(v)
}

// phrase tells English words from names, figures and addresses: with a phrase in
// its place a sentence would be half English.
func phrase(s string) bool { return lowerWords.MatchString(s) }

var lowerWords = regexp.MustCompile(`^[a-z]+ [a-z]+`)

// each says the parts of a text, all or none.
func (b *book) each(text, sep string, say func(string) (string, bool)) (string, bool) {
	parts := strings.Split(text, sep)
	for i, p := range parts {
		var ok bool
		if parts[i], ok = say(p); !ok {
			return "", false
		}
	}
	return strings.Join(parts, sep), true
}

func (b *book) term(s string) (string, bool) {
	if t, ok := b.terms[s]; ok {
		return t, true
	}
	t, ok := b.terms[strings.ToLower(s)]
	return t, ok
}

// known says a text that is a list of terms only.
func (b *book) known(l *Language, text string) (string, bool) {
	parts, and := b.split(text)
	for _, p := range parts {
		if _, ok := b.term(p); !ok {
			return "", false
		}
	}
	return b.join(l, parts, and)
}

// list says a list of terms and names, "a, b and c" or "a, b and 2 more", part by
// part; a part that is no term is a name.
func (b *book) list(l *Language, s string) (string, bool) {
	if t, ok := b.term(s); ok {
		return t, true
	}
	parts, and := b.split(s)
	return b.join(l, parts, and)
}

func (b *book) join(l *Language, parts []string, and bool) (string, bool) {
	out := make([]string, len(parts))
	for i, p := range parts {
		if out[i] = b.part(l, p); out[i] == p && phrase(p) {
			return "", false
		}
	}
	if n := len(out); and && n > 1 {
		return strings.Join(out[:n-1], ", ") + " " + l.Must("and") + " " + out[n-1], true
	}
	return strings.Join(out, ", "), true
}

// split parts a list at commas and its last part at an "and", not within
// brackets. An "and" may belong to a term: where both sides are terms comes first.
func (b *book) split(s string) (parts []string, and bool) {
	depth, from := 0, 0
	var ands []int
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')':
			depth--
		case depth > 0:
		case strings.HasPrefix(s[i:], ", "):
			parts = append(parts, s[from:i])
			from, i, ands = i+2, i+1, nil
		case strings.HasPrefix(s[i:], " and "):
			ands = append(ands, i)
		}
	}
	last := s[from:]
	if _, ok := b.term(last); ok || len(ands) == 0 {
		return append(parts, last), false
	}
	at := ands[len(ands)-1]
	for _, i := range ands {
		_, before := b.term(s[from:i])
		_, after := b.term(s[i+len(" and "):])
		if before && after {
			at = i
		}
	}
	return append(parts, s[from:at], s[at+len(" and "):]), true
}

var further = regexp.MustCompile(`^(\d+) more$`)

// part is one of a list: a term, a term with a name in brackets, or a name.
func (b *book) part(l *Language, p string) string {
	if t, ok := b.term(p); ok {
		return t
	}
	if m := further.FindStringSubmatch(p); m != nil {
		return l.Must("more.bare", m[1])
	}
	for en, to := range b.beginnings {
		if rest, ok := strings.CutPrefix(p, en); ok {
			p = to + rest
			break
		}
	}
	before, in, ok := strings.Cut(p, " (")
	if !ok || !strings.HasSuffix(in, ")") {
		return p
	}
	in = in[:len(in)-1]
	if t, ok := b.term(in); ok {
		in = t
	} else if data, ok := strings.CutPrefix(in, "observed: "); ok {
		if said, ok := b.list(l, data); ok {
			in = l.Must("observed", said)
		}
	}
	return b.part(l, before) + " (" + in + ")"
}
