package policy

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"candor/rules"
)

// Element is a place where a text states something that notices are asked to
// state: see rules/terms/elements.yaml.
type Element struct {
	ID     string `json:"id"`
	Denied bool   `json:"denied,omitempty"` // it says that it is not so; only of elements that a denial states too
	Quote  string `json:"quote"`            // a sentence, or a heading with text under it
	Start  int    `json:"start"`            // code points in the document's text
	End    int    `json:"end"`
}

// Bounds on what is kept of a document.
const (
	maxOfElement = 20  // places of one element
	maxHits      = 400 // phrases in one sentence
	nearBlocks   = 2   // blocks after a sentence in which "near" is looked for
)

// elementReads are the kinds of statement that state an element, by the name
// that the element gives.
var elementReads = map[string]func(*Statement) bool{
	"retention_period": func(st *Statement) bool {
		days, rule := st.Keeping()
		return !st.Negated && (days > 0 || rule != "" && (!vagueKeeping.get().MatchString(rule) || firmKeeping.get().MatchString(st.Quote)))
	},
	"third_party_collection": func(st *Statement) bool {
		return st.Action == actLet || st.Actor == "third_party" && (st.Action == actCollect || st.Action == actCookies)
	},
}

// rowReads are the same of rows of cookie tables.
var rowReads = map[string]func(*CookieDeclaration) bool{
	"cookie_lifetime": func(c *CookieDeclaration) bool { return c.Lifetime != "" || c.LifetimeDays >= 0 },
	"cookie_provider": func(c *CookieDeclaration) bool { return c.Provider != "" || c.Party != "" },
}

// vagueKeeping are rules of retention that leave the time open; firmKeeping are
// words that tie it to something after all.
var (
	vagueKeeping = lazily(`(?i)necessar|needed|required|reasonabl|appropriate|retain|erforderlich|notwendig|benötig|nécessaire|necesari|wie\s+möglich`)
	firmKeeping  = lazily(`(?i)\b(?:law|laws|legal|legally|statut\w*|tax|accounting|account|contract|relationship|subscription|withdraw\w*|unsubscribe|delete|criteria)\b|gesetzlich|steuer|aufbewahrungs|vertrag|widerruf|konto|légal|compte|contrat|prescription|\blegal|cuenta|contrato|prescripción`)
)

// readElements finds what notices are asked to state: in statements and topics
// that were read, and by words.
func (r *reader) readElements() {
	if r.lex.set == nil || r.lex.set.Terms == nil || len(r.lex.set.Terms.Elements) == 0 {
		return
	}
	list := r.lex.set.Terms.Elements
	f := &elementFinder{r: r, stems: map[string]string{}, seen: map[string]map[int]bool{}, count: map[string]int{}}
	for _, e := range list {
		read := elementReads[e.Reads]
		for i := range r.doc.Statements {
			if st := &r.doc.Statements[i]; read != nil && read(st) && (!st.Negated || e.Denied) {
				f.found(e.ID, st.Negated, st.Quote, st.Start, st.End)
			}
		}
		f.rows(e.ID, rowReads[e.Reads])
		for _, t := range r.doc.Topics {
			if slices.Contains(e.Topics, t.Kind) {
				f.found(e.ID, false, t.Quote, t.Start, t.End)
			}
		}
	}
	f.words()
	order := map[string]int{}
	for i, e := range list {
		order[e.ID] = i
	}
	slices.SortStableFunc(f.out, func(a, b Element) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(order[a.ID], order[b.ID]), cmp.Compare(a.End, b.End))
	})
	r.doc.Elements = slices.CompactFunc(f.out, func(a, b Element) bool { return a.ID == b.ID && a.Start == b.Start })
}

// elementFinder finds elements by words.
type elementFinder struct {
	r      *reader
	stems  map[string]string
	seen   map[string]map[int]bool // text of a heading or lead-in → phrases in it
	blocks [][]elementSentence     // of each block
	count  map[string]int
	out    []Element
}

// elementSentence is a sentence with the phrases in it.
type elementSentence struct {
	span    span
	hits    []hit
	asks    bool // it is a question
	refuses bool // it begins with a denial: "We do not have one."
}

// hit is a phrase in a sentence.
type hit struct {
	phrase int
	denied bool
}

func (f *elementFinder) found(id string, denied bool, quote string, start, end int) {
	if f.count[id]++; f.count[id] <= maxOfElement {
		f.out = append(f.out, Element{ID: id, Denied: denied, Quote: quote, Start: start, End: end})
	}
}

// rows finds an element in the rows of cookie tables.
func (f *elementFinder) rows(id string, read func(*CookieDeclaration) bool) {
	if read == nil || len(f.r.doc.Cookies) == 0 {
		return
	}
	text := []rune(f.r.doc.Text)
	for i := range f.r.doc.Cookies {
		if c := &f.r.doc.Cookies[i]; read(c) && c.Start < c.End && c.End <= len(text) && f.count[id] < maxOfElement {
			f.found(id, false, string(text[c.Start:c.End]), c.Start, c.End)
		}
	}
}

// words looks through every block for the wordings of its language.
func (f *elementFinder) words() {
	body, n := f.r.body, 0
	f.blocks = make([][]elementSentence, len(body))
	for i, p := range body {
		b := f.r.lex.book(p.lang)
		if b == nil {
			continue
		}
		spans := []span{{0, len(p.text)}}
		if p.kind != "heading" && p.kind != "row" {
			spans = splitSentences(p.text)
		}
		for _, sp := range spans {
			if n++; n > maxSentences {
				break
			}
			text := f.r.sentenceIn(i, sp, nil).text
			words := b.words(text, f.stems)
			f.blocks[i] = append(f.blocks[i], elementSentence{
				span: span{sp.start, sp.start + len(text)}, hits: b.find(words), asks: strings.HasSuffix(text, "?"), refuses: b.refuses(words),
			})
		}
	}
	for i, p := range body {
		if b := f.r.lex.book(p.lang); b != nil {
			for k := range f.blocks[i] {
				f.sentence(b, i, k)
			}
		}
	}
}

// sentence records what a sentence states.
func (f *elementFinder) sentence(b *book, i, k int) {
	s := f.blocks[i][k]
	heading := f.r.body[i].kind == "heading"
	if len(s.hits) == 0 || s.asks && !heading || heading && !f.covers(i) {
		return
	}
	leadDenies := k == 0 && f.refused(b, f.r.body[i].lead)
	for w := range b.wordings {
		x := &b.wordings[w]
		said, denied := false, true
		for _, h := range s.hits {
			if slices.Contains(x.any, h.phrase) {
				said, denied = true, denied && h.denied
			}
		}
		if !said {
			continue
		}
		denied = denied || leadDenies || heading && f.refusedBelow(i)
		switch {
		case denied && !x.denied,
			s.has(x.without),
			len(x.with) > 0 && !f.around(b, i, k, x.with, 0),
			len(x.near) > 0 && !f.around(b, i, k, x.near, nearBlocks):
			continue
		}
		start := f.r.doc.Blocks[i].Start + f.r.runes(i, s.span.start)
		quote := f.r.body[i].text[s.span.start:s.span.end]
		f.found(x.element, denied, quote, start, start+utf8.RuneCountInString(quote))
	}
}

func (s elementSentence) has(phrases []int) bool {
	return len(phrases) > 0 && slices.ContainsFunc(s.hits, func(h hit) bool { return slices.Contains(phrases, h.phrase) })
}

// covers reports whether a heading has text under it, or lines that are taken
// for headings below it.
func (f *elementFinder) covers(i int) bool {
	return i+1 < len(f.r.body) && len(f.r.body[i+1].path) > len(f.r.body[i].path)
}

// refusedBelow reports whether the text under a heading begins with a denial.
func (f *elementFinder) refusedBelow(i int) bool {
	next := f.blocks[i+1]
	return len(next) > 0 && next[0].refuses
}

// refused reports whether what introduces a list denies its items: "We do not:".
func (f *elementFinder) refused(b *book, lead string) bool {
	return lead != "" && len(lead) <= maxLead && b.refuses(b.words(lead, f.stems))
}

// around reports whether one of some phrases stands in a sentence, in what
// introduces it, in a heading above it, or in some blocks after it below the
// same heading.
func (f *elementFinder) around(b *book, i, k int, phrases []int, after int) bool {
	p := f.r.body[i]
	if f.blocks[i][k].has(phrases) {
		return true
	}
	for _, text := range append([]string{p.lead, p.outer}, p.path...) {
		if text != "" && slices.ContainsFunc(phrases, func(n int) bool { return f.in(b, p.lang, text)[n] }) {
			return true
		}
	}
	if after == 0 {
		return false
	}
	depth := len(p.path)
	if p.kind == "heading" {
		depth++
	}
	for j := i; j <= i+after && j < len(f.r.body); j++ {
		if j > i && (len(f.r.body[j].path) < depth || f.r.body[j].lang != p.lang) {
			break
		}
		if slices.ContainsFunc(f.blocks[j], func(s elementSentence) bool { return s.has(phrases) }) {
			return true
		}
	}
	return false
}

// in returns the phrases of a heading or lead-in.
func (f *elementFinder) in(b *book, lang, text string) map[int]bool {
	key := lang + "\x00" + text
	if f.seen[key] == nil {
		f.seen[key] = map[int]bool{}
		for _, h := range b.find(b.words(text[:min(len(text), maxSentence)], f.stems)) {
			f.seen[key][h.phrase] = true
		}
	}
	return f.seen[key]
}

// book is the wordings of one language, made ready: phrases by their first word.
type book struct {
	language string
	phrases  [][]phraseWord
	first    map[string][]int // by the stem of the first word
	begins   map[string][]int // those whose first word takes any ending, by its first two letters
	marks    []int            // those that begin with "@" or "#"
	wordings []bookWording
	denials  *denialWords
}

type bookWording struct {
	element                  string
	denied                   bool
	any, with, near, without []int
}

// phraseWord is a word of a phrase.
type phraseWord struct {
	text string // a stem in English, in lower case elsewhere
	kind rune   // 0, '*' any ending, '…' up to maxGap words, '@' or '#'
}

// maxGap is how many words "…" stands for at most.
const maxGap = 6

// elementWord is a word of a sentence.
type elementWord struct {
	low, stem string
	clause    int // how many marks that part clauses stand before it
}

// book returns the wordings of a language, nil when there are none.
func (l *lexicon) book(language string) *book {
	if language == "" {
		language = "en"
	}
	l.tongueMu.Lock()
	defer l.tongueMu.Unlock()
	if b, done := l.books[language]; done {
		return b
	}
	if l.books == nil {
		l.books = map[string]*book{}
	}
	l.books[language] = newBook(l.set.Terms.Elements, language)
	return l.books[language]
}

func newBook(list []rules.Element, language string) *book {
	b := &book{language: language, first: map[string][]int{}, begins: map[string][]int{}, denials: denialsIn[language]}
	numbers := map[string]int{}
	add := func(phrases []string) []int {
		out := make([]int, 0, len(phrases))
		for _, p := range phrases {
			n, known := numbers[p]
			if !known {
				n = len(b.phrases)
				numbers[p] = n
				b.phrase(p)
			}
			out = append(out, n)
		}
		return out
	}
	for _, e := range list {
		for _, w := range e.Says[language] {
			b.wordings = append(b.wordings, bookWording{element: e.ID, denied: e.Denied, any: add(w.Any), with: add(w.With), near: add(w.Near), without: add(w.Without)})
		}
	}
	if len(b.wordings) == 0 {
		return nil
	}
	return b
}

// phrase adds a phrase under the next number.
func (b *book) phrase(text string) {
	var words []phraseWord
	for _, field := range strings.Fields(text) {
		switch {
		case field == "…":
			words = append(words, phraseWord{kind: '…'})
			continue
		case field == "@", field == "#":
			words = append(words, phraseWord{kind: rune(field[0])})
			continue
		}
		stemmed, open := strings.CutSuffix(field, "*")
		parts := b.words(stemmed, map[string]string{})
		for i, w := range parts {
			if open && i == len(parts)-1 {
				words = append(words, phraseWord{text: w.low, kind: '*'})
			} else {
				words = append(words, phraseWord{text: w.stem})
			}
		}
	}
	n := len(b.phrases)
	b.phrases = append(b.phrases, words)
	switch {
	case len(words) == 0 || words[0].kind == '…':
	case words[0].kind == '*':
		key := firstRunes(words[0].text)
		b.begins[key] = append(b.begins[key], n)
	case words[0].kind != 0:
		b.marks = append(b.marks, n)
	default:
		b.first[words[0].text] = append(b.first[words[0].text], n)
	}
}

// firstRunes are the first two letters of a word.
func firstRunes(s string) string {
	_, one := utf8.DecodeRuneInString(s)
	_, two := utf8.DecodeRuneInString(s[one:])
	return s[:one+two]
}

// words cuts a sentence into words. In French, what is written with an
// apostrophe is two: "l'autorité".
func (b *book) words(text string, stems map[string]string) []elementWord {
	toks := tokenize(text)
	out := make([]elementWord, 0, len(toks))
	clause := 0
	add := func(low string) {
		s := low
		if b.language == "en" {
			known := false
			if s, known = stems[low]; !known {
				s = stem(low)
				stems[low] = s
			}
		}
		out = append(out, elementWord{low: low, stem: s, clause: clause})
	}
	for _, t := range toks {
		if !t.word {
			if in(t.low, ",", ";", ":", "—", "(", ")", "/") {
				clause++
			}
			continue
		}
		if head, tail, ok := strings.Cut(t.low, "'"); ok && b.language != "en" && head != "" && tail != "" {
			add(head)
			add(tail)
			continue
		}
		add(t.low)
	}
	return out
}

// find returns the phrases of a sentence.
func (b *book) find(words []elementWord) []hit {
	var out []hit
	try := func(list []int, i int) {
		for _, n := range list {
			if len(out) >= maxHits {
				return
			}
			if end := fits(b.phrases[n], words, i); end > 0 {
				out = append(out, hit{phrase: n, denied: b.denied(words, i, end)})
			}
		}
	}
	for i, w := range words {
		try(b.first[w.stem], i)
		try(b.begins[firstRunes(w.low)], i)
		if len(b.marks) > 0 && (isMail(w.low) || isDigits(w.low)) {
			try(b.marks, i)
		}
	}
	return out
}

// fits returns the end of a phrase that begins at a word, 0 when it does not.
func fits(phrase []phraseWord, words []elementWord, i int) int {
	if len(phrase) == 0 {
		return i
	}
	p := phrase[0]
	if p.kind == '…' {
		for skip := 0; skip <= maxGap && i+skip <= len(words); skip++ {
			if end := fits(phrase[1:], words, i+skip); end > 0 {
				return end
			}
		}
		return 0
	}
	if i >= len(words) {
		return 0
	}
	w, ok := words[i], false
	switch p.kind {
	case '*':
		ok = strings.HasPrefix(w.low, p.text)
	case '@':
		ok = isMail(w.low)
	case '#':
		ok = isDigits(w.low)
	default:
		ok = w.stem == p.text
	}
	if !ok {
		return 0
	}
	return fits(phrase[1:], words, i+1)
}

func isMail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && at < len(s)-1
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789.") == "" }

// ReadsElement reports whether a kind of statement or of row that an element
// names is one that is read.
func ReadsElement(name string) bool { return elementReads[name] != nil || rowReads[name] != nil }
