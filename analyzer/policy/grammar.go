package policy

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"candor/rules"
)

// grammar is what the clause reader must know of a language other than English:
// its verbs, its small words, and how its endings fall away. What words mean is
// in rules/terms/languages; how clauses are read is in tongues.go, once for all.
type grammar struct {
	code     string
	norm     func(string) string // a word without its ending
	elisions bool                // "l'adresse" is two words
	nouns    bool                // nouns are written with a capital

	verbs    map[string][]form
	nominals map[string]string // noun → action, where a light verb makes it an act
	light    map[string]bool   // "erfolgt", "procédons"

	we, user map[string]bool // pronouns as subjects
	own      map[string]bool // what is ours as a subject: "Website", "site"
	ours     map[string]bool // words before it: "unsere", "notre", "diese"
	pronouns map[string]bool // that stand for data as objects

	beAux    map[string]bool // with a participle: a passive
	haveAux  map[string]bool // with a participle: active
	modals   map[string]string
	unable   map[string]bool // modals that, denied, are no promise
	reflex   string          // "se recopilan"
	purpose  map[string]bool // "um", "pour", "para"
	and      map[string]bool // joins clauses
	bridge   map[string]bool // articles, adjectives, possessives inside a noun's group
	from     map[string]bool // prepositions of an agent or a source
	oblique  map[string]bool // prepositions: what hangs on them is no subject
	openers  map[string]byte // first words of a clause → its role
	relative map[string]bool

	negators map[string]bool
	half     string          // "ne": denies only with one of negators, else "only" with que
	that     string          // "que"
	notNeg   map[string]bool // after a negator it denies nothing: "nur", "seulement"
	only     map[string]bool
	joint    map[string]bool // joins denied clauses: "noch", "ni"

	ruled   map[string]bool // said of an act, it denies it: "ausgeschlossen"
	excuses map[string]bool // denied, they say nothing of an act: "verpflichtet"
	asks    map[string]bool // what users may ask for is not told: "verlangen", "demander"
	asking  map[string]bool // we ask users to: "bitten"
	habits  map[string]bool // only as a rule, or on purpose: "wissentlich"
	limits  *pattern        // words that limit an act
	denial  *pattern        // words that limit a denial alone
	keep    *pattern        // how long, without a number
	ages    *pattern
	numbers map[string]string
	abroad  *pattern

	introduces map[string]bool // words before a vendor's name
	hints      map[string]bool // words of sentences that name a vendor as one: "Anbieter"
	joins      map[string]bool // verbs and nouns of joining data: denied, they deny no use
	places     map[string]bool // "Server" of "Server von Google", which is no agent
	possessive map[string]bool
	ownOnly    map[string]bool // "unsere E-Mail", "eine E-Mail" are no data
	weak       map[string]bool // normalised words that name data only among data
	scopes     []scopeWords
	choices    []choiceWords
	topics     []choiceWords
	speaks     *pattern // sentences that say what people may do
	columns    []columnWord
	finite     func(g *grammar, s *sentence, i int) bool // of verbs that are not known here
}

type scopeWords struct {
	scope string
	words []string
}

// choiceWords are the words of a kind of choice or topic. A sentence is looked
// at with the pattern only when it holds one of any.
type choiceWords struct {
	kind    string
	any     []string
	pattern *pattern
}

func anyOf(words string) []string {
	out := strings.Fields(words)
	for i, w := range out {
		out[i] = strings.ReplaceAll(w, "_", " ")
	}
	return out
}

func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

type columnWord struct {
	role  int
	words []string
}

// form is one form of a verb.
type form struct {
	lemma, action string
	kind          byte   // one of the kinds below
	part          string // separable part that must stand in the clause: "weiter"
}

// Kinds of form.
const (
	fWe     = '1' // we
	fThey   = '3' // third person
	fYou    = '2' // the reader
	fPart   = 'p' // participle
	fInf    = 'i' // infinitive
	fPlural = 'w' // German: infinitive, we and they
)

// grammars by language. They are built when they are first used.
var grammars = map[string]func() *grammar{
	"de": sync.OnceValue(german), "fr": sync.OnceValue(french), "es": sync.OnceValue(spanish),
}

// Reads reports whether statements are read in a language with a rule set.
func Reads(set *rules.Set, language string) bool {
	if language == "en" {
		return true
	}
	return grammars[language] != nil && set != nil && set.Terms != nil && set.Terms.Language(language) != nil
}

// tongue is a grammar with the surface forms of the terms.
type tongue struct {
	*grammar
	lex                        *lexicon
	data, recipients, purposes *trie
}

// tongue returns what is needed to read a language, nil when it is not read.
func (l *lexicon) tongue(code string) *tongue {
	if code == "" || code == "en" || !Reads(l.set, code) {
		return nil
	}
	l.tongueMu.Lock()
	defer l.tongueMu.Unlock()
	if t := l.tongues[code]; t != nil {
		return t
	}
	t := &tongue{grammar: grammars[code](), lex: l, data: &trie{}, recipients: &trie{}, purposes: &trie{}}
	forms := l.set.Terms.Language(code)
	fill := func(into *trie, phrases map[string][]string, kind string) {
		for id, list := range phrases {
			for _, p := range list {
				into.add(t.norms(t.tokens(p)), entry{id: id, kind: kind, text: p})
			}
		}
	}
	fill(t.data, forms.DataTypes, "")
	fill(t.recipients, forms.Recipients, "category")
	fill(t.purposes, forms.Purposes, "")
	fill(t.data, map[string][]string{"": forms.NotData}, "")
	fill(t.recipients, map[string][]string{"": forms.NotRecipients}, "")
	for _, tr := range []*trie{t.data, t.recipients, t.purposes} {
		tr.sort()
	}
	if l.tongues == nil {
		l.tongues = make(map[string]*tongue)
	}
	l.tongues[code] = t
	return t
}

// elided are the words that lose a vowel before another.
var elided = lazily(`(?i)(?:^|[^\p{L}])(?:l|d|n|m|t|s|j|c|qu|lorsqu|puisqu|jusqu|quelqu)['’]`)

// tokens cuts a sentence into words. Elisions are cut off; places stay those of
// the text.
func (g *grammar) tokens(text string) []token {
	if g.elisions && strings.ContainsAny(text, "'’") {
		b := []byte(text)
		for _, m := range elided.get().FindAllStringIndex(text, -1) {
			end := m[1]
			n := 1
			if b[end-1] != '\'' {
				n = len("’")
			}
			for i := end - n; i < end; i++ {
				b[i] = ' '
			}
		}
		toks := tokenize(string(b))
		for i := range toks {
			toks[i].raw = text[toks[i].start:toks[i].end]
			if end := toks[i].end; end >= len(text) || text[end] != '\'' && !strings.HasPrefix(text[end:], "’") {
				continue
			}
			switch toks[i].low {
			case "n":
				toks[i].low = "ne"
			case "qu":
				toks[i].low = "que"
			case "lorsqu", "puisqu", "jusqu":
				toks[i].low += "e"
			}
		}
		return toks
	}
	return tokenize(text)
}

func (g *grammar) norms(toks []token) []string {
	out := make([]string, len(toks))
	for i, t := range toks {
		if !t.word {
			out[i] = t.low
			continue
		}
		out[i] = g.norm(fold(t.low))
	}
	return out
}

var folded = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "á", "a", "ã", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "í", "i", "ì", "i",
	"ô", "o", "ö", "o", "ó", "o", "ò", "o", "û", "u", "ü", "u", "ú", "u", "ù", "u", "ç", "c", "ñ", "n", "ß", "ss", "œ", "oe", "æ", "ae")

// fold takes off accents and umlauts.
func fold(w string) string {
	for _, c := range w {
		if c > unicode.MaxASCII {
			return folded.Replace(w)
		}
	}
	return w
}

// sentence makes a sentence ready: its words and what they mention.
func (t *tongue) sentence(text string, from int, self map[string]bool, back ...RecipientRef) *sentence {
	s := &sentence{text: text, toks: t.tokens(text), self: self, back: back}
	for s.from < len(s.toks) && s.toks[s.from].start < from {
		s.from++
	}
	s.norm = t.norms(s.toks)
	t.lex.findNames(s)
	t.findOrdinary(s)
	t.find(s, t.recipients, mWho)
	t.find(s, t.data, mData)
	t.dropWeak(s)
	t.find(s, t.purposes, mFor)
	s.mentions = slices.DeleteFunc(s.mentions, func(m mention) bool {
		return m.kind == mData && m.end-m.start == 1 && t.weak[s.norm[m.start]] && s.insidePurpose(m) // "Abwicklung Ihrer Bestellung"
	})
	s.sort()
	return s
}

// insidePurpose reports whether a mention is part of the words of a purpose.
func (s *sentence) insidePurpose(m mention) bool {
	for _, o := range s.mentions {
		if o.kind == mFor && o.start <= m.start && m.end <= o.end && o.end-o.start > m.end-m.start {
			return true
		}
	}
	return false
}

// find marks the phrases of a trie.
func (t *tongue) find(s *sentence, in *trie, kind byte) {
	for i := 0; i < len(s.norm); i++ {
		entries, n := in.longest(s.norm, i)
		if n == 0 {
			continue
		}
		e := entries[0]
		if t.further(s, in, i, n) {
			continue // "vos données" of "vos données personnelles"
		}
		if e.id == "" {
			i += n - 1
			continue
		}
		if kind == mFor && t.inside(s, i, n) || kind != mFor && s.taken(i, i+n) || !t.fits(s, i, n, kind, e.id) {
			continue
		}
		m := mention{start: i, end: i + n, kind: kind, id: e.id}
		if kind == mWho {
			m.ref = RecipientRef{Kind: "category", ID: e.id, Text: s.text[s.toks[i].start:s.toks[i+n-1].end]}
		}
		s.mentions = append(s.mentions, m)
		i += n - 1
	}
}

// further reports whether a phrase with a meaning begins inside another and goes
// on beyond it.
func (t *tongue) further(s *sentence, in *trie, i, n int) bool {
	for j := i + 1; j < i+n; j++ {
		if entries, m := in.longest(s.norm, j); m > 1 && j+m > i+n && entries[0].id != "" {
			return true
		}
	}
	return false
}

// inside reports whether a purpose's words are a recipient's, or only part of
// what names data: "adresse de livraison".
func (t *tongue) inside(s *sentence, i, n int) bool {
	for _, m := range s.mentions {
		if m.kind == mWho && m.start < i+n && i < m.end || m.kind == mData && m.start <= i && i+n <= m.end && m.end-m.start > n {
			return true
		}
	}
	return false
}

// fits refuses words that mean something else where they stand.
func (t *tongue) fits(s *sentence, i, n int, kind byte, id string) bool {
	if n > 1 {
		return true
	}
	if t.nouns && !s.toks[i].cap && kind != mFor {
		return false
	}
	if kind == mData && in(id, "email", "phone", "postal_address", "name", "location", "approximate_location") && t.ownOnly[s.low(i-1)] {
		return false
	}
	return true
}

// dropWeak drops words that name data only in a list of data or after a
// possessive.
func (t *tongue) dropWeak(s *sentence) {
	s.sort()
	for k := len(s.mentions) - 1; k >= 0; k-- {
		m := s.mentions[k]
		if m.kind != mData || m.end-m.start != 1 || !t.weak[s.norm[m.start]] || t.possessive[s.low(m.start-1)] || t.amongData(s, k) {
			continue
		}
		s.mentions = append(s.mentions[:k], s.mentions[k+1:]...)
	}
}

func (t *tongue) amongData(s *sentence, k int) bool {
	m := s.mentions[k]
	if len(s.toks) <= 3 {
		return true // an item of a list, a cell
	}
	for j, o := range s.mentions {
		if j == k || o.kind != mData || o.id == "information" {
			continue
		}
		from, to := m.end, o.start
		if o.end <= m.start {
			from, to = o.end, m.start
		}
		if to-from > 4 || to < from {
			continue
		}
		apart := false
		for x := from; x < to; x++ {
			_, v := t.verbal(s, x)
			apart = apart || v
		}
		for x := from; x < to && !apart; x++ {
			if t.and[s.low(x)] || in(s.low(x), ",", "/", "(", "&", ";") {
				return true
			}
		}
	}
	return false
}

// findOrdinary marks names that are ordinary words too where a name stands:
// after a word that introduces one, or before a verb of what vendors do.
func (t *tongue) findOrdinary(s *sentence) {
	words := lows(s.toks)
	for i := 0; i < len(words); i++ {
		if !s.toks[i].cap || s.taken(i, i+1) {
			continue
		}
		entries, n := t.lex.names.longest(words, i)
		if n == 0 || !entries[0].ambiguous || len(entries[0].text) < 3 || s.taken(i, i+n) || s.toks[i].raw != firstWord(entries[0].text) {
			continue
		}
		e := entries[0]
		acts := slices.ContainsFunc(t.verbs[s.low(i+n)], func(f form) bool { return f.kind == fThey })
		if i == 0 && !acts || i > 0 && !t.introduces[s.low(i-1)] && !acts || s.self[strings.ToLower(e.text)] {
			continue
		}
		s.mentions = append(s.mentions, mention{start: i, end: i + n, kind: mWho, id: e.id,
			ref: RecipientRef{Kind: e.kind, ID: e.id, Text: s.text[s.toks[i].start:s.toks[i+n-1].end]}})
		i += n - 1
	}
}
