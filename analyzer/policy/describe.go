package policy

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// languageNames are for faults.
var languageNames = map[string]string{
	"de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch", "pt": "Portuguese", "pl": "Polish",
	"sv": "Swedish", "da": "Danish", "cs": "Czech", "ru": "Russian", "ja": "Japanese", "zh": "Chinese", "ko": "Korean", "tr": "Turkish",
	"fi": "Finnish", "nb": "Norwegian", "hu": "Hungarian", "ro": "Romanian", "ar": "Arabic", "he": "Hebrew", "el": "Greek", "uk": "Ukrainian",
}

// describe works out language, date, title and kind of the document.
func (r *reader) describe() {
	d := r.doc
	if d.Text == "" {
		return
	}
	declared := primary(r.declared)
	if declared == "" {
		declared = primary(r.in.Language)
	}
	d.Language = detect(d.Text, declared)
	r.languages()
	if d.LastUpdated = lastUpdated(r.body, d.Language); d.LastUpdated == "" {
		d.LastUpdated = dateAround(r.markup, r.body, d.Language)
	}
	r.markup = ""
	if d.Title == "" {
		for _, p := range r.body {
			if p.kind == "heading" {
				d.Title = p.text
				break
			}
		}
	}
	if d.Kind == "" {
		d.Kind = r.kind()
	}
	if len(strings.Fields(d.Text)) < 60 {
		r.fault("the text is very short (%d words); it may not be the notice itself", len(strings.Fields(d.Text)))
	}
}

func primary(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_,;"); i >= 0 {
		tag = tag[:i]
	}
	if len(tag) != 2 && len(tag) != 3 {
		return ""
	}
	return tag
}

// undetermined is the language of a text that is in none that is known here.
const undetermined = "und"

// detect names the language of a text: by its frequent words, by its script, or
// as the page declares it.
func detect(text, declared string) string {
	sample := text
	if len(sample) > 4_000 {
		sample = strings.ToValidUTF8(sample[len(sample)/3:][:min(4_000, len(sample)-len(sample)/3)], "")
	}
	if code := commonWords(sample); code != "" {
		return code
	}
	if code := byScript(sample); code != "" {
		return code
	}
	switch {
	case declared != "":
		return declared
	case len(strings.Fields(sample)) < 40:
		return "en" // too short to tell, and too short to hide anything
	}
	return undetermined
}

var scripts = []struct {
	table *unicode.RangeTable
	code  string
}{
	{unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Hangul, "ko"}, {unicode.Han, "zh"}, {unicode.Cyrillic, "ru"}, {unicode.Greek, "el"},
	{unicode.Hebrew, "he"}, {unicode.Arabic, "ar"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi"},
}

// byScript names a language by letters that few others use, when a third of a
// text is in them.
func byScript(text string) string {
	counts := make(map[string]int)
	letters, ukrainian := 0, 0
	for _, c := range text {
		if c < unicode.MaxLatin1 || !unicode.IsLetter(c) {
			if unicode.IsLetter(c) {
				letters++
			}
			continue
		}
		letters++
		if strings.ContainsRune("іїєґІЇЄҐ", c) {
			ukrainian++
		}
		for _, s := range scripts {
			if unicode.Is(s.table, c) {
				counts[s.code]++
				break
			}
		}
	}
	if counts["ja"] > 0 {
		counts["ja"] += counts["zh"] // Japanese is written in both
		counts["zh"] = 0
	}
	for _, s := range scripts {
		if counts[s.code]*3 > letters {
			if s.code == "ru" && ukrainian*50 > letters {
				return "uk"
			}
			return s.code
		}
	}
	return ""
}

// languages marks blocks that are in another language than the document's, and
// says what is not read.
func (r *reader) languages() {
	other := make(map[string]int)
	main := r.doc.Language
	current := main // of the last block that tells
	for i := range r.body {
		p := &r.body[i]
		p.lang = current
		if p.kind == "heading" && p.level <= 2 && len(p.text) <= 120 {
			p.lang = main
			if current != main && i+1 < len(r.body) && len(r.body[i+1].text) > 120 && commonWords(r.body[i+1].text[:min(len(r.body[i+1].text), 600)]) == current {
				p.lang = current
			}
		}
		if len(p.text) > 120 && p.kind != "row" {
			if code := commonWords(p.text[:min(len(p.text), 600)]); code != "" {
				p.lang = code
				current = code
			}
		} else if current != main && speaksMore(p.text, main, current) {
			p.lang, current = main, main
		}
		if !Reads(r.lex.set, p.lang) {
			other[p.lang] += len(p.text)
		}
	}
	if !Reads(r.lex.set, main) {
		r.doc.Unread = []string{main}
		r.fault("statements are read in %s; this text is %s", r.readsIn(), languageName(main))
		return
	}
	names := []string{}
	for _, code := range slices.Sorted(maps.Keys(other)) {
		if n := other[code]; n > 1000 && n*20 > len(r.doc.Text) {
			r.doc.Unread = append(r.doc.Unread, code)
			names = append(names, languageName(code))
		}
	}
	if len(names) > 0 {
		r.fault("statements are read in %s; parts of this text are %s", r.readsIn(), strings.Join(names, " and "))
	}
}

// speaksMore reports whether a text has more of the frequent words of one
// language than of another.
func speaksMore(text, one, other string) bool {
	n := 0
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if stopWords[one][w] {
			n++
		}
		if stopWords[other][w] {
			n--
		}
	}
	return n > 1
}

// languageName is how a language is called in sentences.
func languageName(code string) string {
	switch name := languageNames[code]; {
	case code == undetermined:
		return "in a language that was not recognized"
	case name == "":
		return "in the language \"" + code + "\""
	default:
		return name
	}
}

// readsIn names the languages in which statements are read.
func (r *reader) readsIn() string {
	names := []string{"English"}
	for _, code := range slices.Sorted(maps.Keys(grammars)) {
		if Reads(r.lex.set, code) {
			names = append(names, languageName(code))
		}
	}
	if len(names) == 1 {
		return "English only"
	}
	slices.Sort(names)
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " only"
}

// stopWords are frequent words that few other languages share.
var stopWords = map[string]map[string]bool{
	"en": wordSet("the and of to your you we our or is that this for with may are"),
	"de": wordSet("der die das und wir ihre sie nicht von mit für auf werden ist den dem zu oder einer"),
	"fr": wordSet("les des vous nous votre vos et le la pour dans est que par une sur être ou"),
	"es": wordSet("los las que nosotros sus usted el para con una por del y como su se datos"),
	"it": wordSet("di che per gli della dei nel con una sono il i dati alla del suoi"),
	"nl": wordSet("het een van wij uw wordt voor met niet zijn deze op te en om"),
	"pt": wordSet("os as que para com uma seus você nós não por dos da do dados ou"),
	"pl": wordSet("i w na do nie że się jest oraz lub przez dla które danych są od po"),
	"sv": wordSet("och att som för på med är av till inte kan vi din dina eller om du"),
	"da": wordSet("og at som for på med er af til ikke kan vi dine eller om du vores din"),
	"nb": wordSet("og å som for på med er av til ikke kan vi dine eller om du våre din"),
	"fi": wordSet("ja on että tai jos ei voi sekä kun tietoja voimme ovat joka sinun myös"),
	"cs": wordSet("a v na se je že nebo pro jsou vaše vás údajů jsme podle které jako"),
	"hu": wordSet("a az és hogy nem vagy is egy adatok meg ha amely szerint által az ön"),
	"ro": wordSet("și în de la pe cu care sau nu este pentru datelor dvs din prin ale"),
	"tr": wordSet("ve bir bu için ile veya olarak kişisel verilerin da de gibi ya olan"),
}

// readable orders the languages, so that equal counts give the same answer.
var readable = []string{"en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "hu", "ro", "tr"}

// commonWords names a language by its most frequent words, or "" when they do
// not tell. It is for single blocks, where statistics of letters cost too much.
func commonWords(text string) string {
	counts := make(map[string]int)
	words := strings.Fields(strings.ToLower(text[:min(len(text), 4_000)]))
	for _, w := range words {
		for code, set := range stopWords {
			if set[w] {
				counts[code]++
			}
		}
	}
	best, second := "", ""
	for _, code := range readable {
		switch {
		case best == "" || counts[code] > counts[best]:
			best, second = code, best
		case second == "" || counts[code] > counts[second]:
			second = code
		}
	}
	if counts[best] < 4 || counts[best] < counts[second]+1+counts[second]/10 || counts[best]*10 < len(words) {
		return ""
	}
	return best
}

// kind tells a notice by its title and first heading: those below may only be
// parts of it.
func (r *reader) kind() string {
	head := strings.ToLower(r.doc.Title)
	for _, p := range r.body[:min(len(r.body), 8)] {
		if p.kind == "heading" {
			head += " \n " + strings.ToLower(p.text)
			break
		}
	}
	if title := strings.ToLower(r.doc.Title); strings.Contains(title, "applicants") || strings.Contains(title, "candidates") {
		return "applicants"
	}
	if r.lex.set != nil && r.lex.set.Terms != nil {
		for _, k := range r.lex.set.Terms.PolicyLinks.Kinds {
			for _, t := range k.Texts {
				if len(t) > 5 && strings.Contains(head, t) && t != "cookies" {
					return k.Kind
				}
			}
		}
	}
	return "privacy"
}
