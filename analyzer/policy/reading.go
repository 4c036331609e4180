package policy

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reading is how hard a text is to read: figures, no judgement.
type Reading struct {
	Words     int     `json:"words"`     // of its sentences; headings and tables are left out
	Sentences int     `json:"sentences"` // items of lists among them
	Minutes   int     `json:"minutes"`   // at 238 words a minute (Brysbaert, Journal of Memory and Language 109, 2019)
	Formula   string  `json:"formula"`   // of Ease; "" where the text is too short or in another language
	Ease      float64 `json:"ease"`      // higher is easier; about 60 is plain prose, below 30 what graduates read
	Hedges    int     `json:"hedges"`    // words that leave open whether, when or what
}

// wordsAMinute is the mean silent reading rate for prose (Brysbaert 2019, of
// English; other languages differ by less than people do).
const wordsAMinute = 238

// minEase is how many words a text needs for a figure of its ease.
const minEase = 100

// eases are the formulas of reading ease, with words a sentence and syllables a
// word. They are linear and made for texts of one language each:
// Flesch, Journal of Applied Psychology 32 (1948); Amstad, Wie verständlich
// sind unsere Zeitungen? (Zürich 1978); Kandel and Moles, Cahiers d'Études de
// Radio-Télévision 19 (1958); Fernández Huerta, Consigna 214 (1959), in the
// reading of words a sentence.
var eases = map[string]struct {
	formula                  string
	base, sentence, syllable float64
}{
	"en": {"Flesch reading ease", 206.835, 1.015, 84.6},
	"de": {"Amstad", 180, 1, 58.5},
	"fr": {"Kandel-Moles", 207, 1.015, 73.6},
	"es": {"Fernández Huerta", 206.84, 1.02, 60},
}

// hedges are words of condition, generalisation, modality and indefinite number,
// the kinds of vagueness that Reidenberg et al. (Journal of Legal Studies 45,
// 2016) count in notices.
var hedges = map[string][]string{
	"en": {"may", "might", "could", "can", "possibly", "likely", "generally", "typically", "usually", "normally", "often", "sometimes", "primarily", "mostly", "certain", "some", "various",
		"from time to time", "as needed", "as necessary", "as appropriate", "where appropriate", "among other things", "including but not limited to", "reasonably"},
	"de": {"kann", "können", "könnte", "könnten", "möglicherweise", "gegebenenfalls", "ggf", "unter umständen", "in der regel", "üblicherweise", "normalerweise", "grundsätzlich", "häufig", "manchmal", "gelegentlich", "bestimmte", "bestimmten", "einige", "verschiedene", "verschiedenen", "eventuell", "etwaige", "insbesondere", "unter anderem", "von zeit zu zeit", "soweit erforderlich"},
	"fr": {"peut", "peuvent", "pouvons", "pourrait", "pourraient", "pourrions", "éventuellement", "susceptible", "susceptibles", "généralement", "habituellement", "normalement", "souvent", "parfois", "principalement", "certains", "certaines", "quelques", "divers", "diverses", "notamment", "le cas échéant", "de temps à autre", "entre autres", "si nécessaire"},
	"es": {"puede", "pueden", "podemos", "podría", "podrían", "podríamos", "posiblemente", "eventualmente", "generalmente", "habitualmente", "normalmente", "frecuentemente", "a veces", "principalmente", "ciertos", "ciertas", "determinados", "determinadas", "algunos", "algunas", "diversos", "diversas", "en su caso", "de vez en cuando", "entre otros", "cuando sea necesario", "en particular"},
}

// reading counts words, sentences, syllables and hedges of the blocks that are
// in the document's language.
func (r *reader) reading() Reading {
	var out Reading
	language := r.doc.Language
	ease, known := eases[language]
	phrases := make(map[string][][]string)
	for _, h := range hedges[language] {
		words := strings.Fields(h)
		phrases[words[0]] = append(phrases[words[0]], words)
	}
	syllables := 0
	for _, p := range r.body {
		if p.kind == "heading" || p.kind == "row" || p.kind == "term" || p.lang != language {
			continue
		}
		for _, sp := range splitSentences(p.text) {
			words := wordsIn(strings.ToLower(p.text[sp.start:sp.end]))
			if len(words) == 0 || len(words) < 3 && p.kind != "item" {
				continue
			}
			out.Sentences++
			out.Words += len(words)
			for i, w := range words {
				if known {
					syllables += syllablesOf(w, language)
				}
				for _, phrase := range phrases[w] {
					if startsWith(words[i:], phrase) {
						out.Hedges++
						break
					}
				}
			}
		}
	}
	out.Minutes = (out.Words + wordsAMinute/2) / wordsAMinute
	if known && out.Words >= minEase {
		out.Formula = ease.formula
		score := ease.base - ease.sentence*float64(out.Words)/float64(out.Sentences) - ease.syllable*float64(syllables)/float64(out.Words)
		out.Ease = math.Round(score*10) / 10
	}
	return out
}

func startsWith(words, phrase []string) bool {
	if len(words) < len(phrase) {
		return false
	}
	for i, w := range phrase {
		if words[i] != w {
			return false
		}
	}
	return true
}

const vowelLetters = "aeiouyäöüáàâéèêëíìîïóòôúùûœæ"

// syllablesOf counts a word's groups of vowels, with what each language does at
// the end of words and with vowels side by side. A word without vowels, such as
// a number, is one.
func syllablesOf(w, language string) int {
	n, run := 0, 0
	var last rune
	for _, c := range w {
		vowel := strings.ContainsRune(vowelLetters, c)
		switch {
		case !vowel:
			run = -1
			if !unicode.IsLetter(c) {
				last, run = 0, 0
				continue
			}
		case !strings.ContainsRune(vowelLetters, last) || last == 0:
			n++
		case language == "es" && (strings.ContainsRune("íú", c) || strings.ContainsRune("íú", last) || strings.ContainsRune("aeoáéó", c) && strings.ContainsRune("aeoáéó", last)):
			n++ // a hiatus: "país", "creamos"
		case language == "fr" && last == 'é' && c != 'e':
			n++ // "création"
		case language == "de" && (run >= 2 || last == 'i' && strings.ContainsRune("aou", c) || last == 'e' && (c == 'a' || c == 'o')):
			n++ // "schauen", "Region", "Ideal"
			run = 0
		}
		last = c
		run++
	}
	switch language {
	case "en":
		if strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") || strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "ted") && !strings.HasSuffix(w, "ded") || strings.HasSuffix(w, "es") && !strings.HasSuffix(w, "ies") && !strings.HasSuffix(w, "ses") && !strings.HasSuffix(w, "ces") && !strings.HasSuffix(w, "ges") && !strings.HasSuffix(w, "shes") && !strings.HasSuffix(w, "ches") {
			n--
		}
	case "fr":
		for _, tail := range []string{"e", "es", "ent"} {
			stem, ok := strings.CutSuffix(w, tail)
			if ok && (tail != "ent" || len(w) > 5 && !strings.HasSuffix(w, "ment")) && stem != "" && !strings.ContainsRune(vowelLetters, lastRune(stem)) {
				n--
				break
			}
		}
	}
	return max(n, 1)
}

func lastRune(s string) rune {
	c, _ := utf8.DecodeLastRuneInString(s)
	return c
}
