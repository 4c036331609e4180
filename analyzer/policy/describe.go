package policy

import (
	"strings"

	"github.com/abadojack/whatlanggo"
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
	d.LastUpdated = lastUpdated(r.body, d.Language)
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

// detect names the language of a text. What the page declares decides only
// when the words do not.
func detect(text, declared string) string {
	sample := text
	if len(sample) > 4_000 {
		sample = strings.ToValidUTF8(sample[len(sample)/3:][:min(4_000, len(sample)-len(sample)/3)], "")
	}
	info := whatlanggo.Detect(sample)
	code := info.Lang.Iso6391()
	if len(text) < 80 && declared != "" || code == "" || !info.IsReliable() && declared != "" && len(text) < 400 {
		return declared
	}
	return code
}

// languages marks blocks that are in another language than the document's, and
// says what is not read.
func (r *reader) languages() {
	other := make(map[string]int)
	main := r.doc.Language
	for i := range r.body {
		p := &r.body[i]
		p.lang = main
		if len(p.text) > 120 && p.kind != "row" {
			if code := commonWords(p.text); code != "" {
				p.lang = code
			}
		}
		if p.lang != "en" {
			other[p.lang] += len(p.text)
		}
	}
	if main != "en" {
		name := languageNames[main]
		if name == "" {
			name = "in the language \"" + main + "\""
		}
		r.fault("statements are read in English only; this text is %s", name)
		return
	}
	sum := 0
	for _, n := range other {
		sum += n
	}
	if sum > 1000 && sum*20 > len(r.doc.Text) {
		r.fault("statements are read in English only; parts of this text are in another language")
	}
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
}

// commonWords names a language by its most frequent words, or "" when they do
// not tell. It is for single blocks, where statistics of letters cost too much.
func commonWords(text string) string {
	counts := make(map[string]int)
	words := strings.Fields(strings.ToLower(text[:min(len(text), 600)]))
	for _, w := range words {
		for code, set := range stopWords {
			if set[w] {
				counts[code]++
			}
		}
	}
	best, second := "", ""
	for _, code := range []string{"en", "de", "fr", "es", "it", "nl", "pt"} {
		switch {
		case best == "" || counts[code] > counts[best]:
			best, second = code, best
		case second == "" || counts[code] > counts[second]:
			second = code
		}
	}
	if counts[best] < 4 || counts[best] < counts[second]+2 || counts[best]*10 < len(words) {
		return ""
	}
	return best
}

// kind tells a notice by its title and first headings.
func (r *reader) kind() string {
	head := strings.ToLower(r.doc.Title)
	for i, p := range r.body {
		if p.kind == "heading" && i < 8 {
			head += " \n " + strings.ToLower(p.text)
		}
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
