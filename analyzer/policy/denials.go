package policy

import "slices"

// denialWords are how a language denies that something is so, as far as finding
// elements needs it.
type denialWords struct {
	deny    map[string]bool // "not", "keine"
	unless  map[string]bool // a word right after one of deny with which it denies nothing: "not only", "zögern Sie nicht"
	around  map[string]bool // a word within two of one of deny, with the same effect
	lacking map[string]bool // after a thing and one of deny: "has not been appointed"
	ifs     map[string]bool // first words of a condition
}

// Reach of a denial, in words.
const (
	deniesAhead = 8 // from a denial to the thing
	deniesAfter = 5 // from the thing to a denial
	lacksWithin = 4 // from that denial to the word that says what lacks
	refusesIn   = 4 // from a sentence's beginning
)

var denialsIn = map[string]*denialWords{
	"en": {
		deny:    wordSet("not no never nor neither without none cannot can't don't doesn't didn't won't isn't aren't haven't hasn't"),
		unless:  wordSet("only limited later longer matter less more charge cost fee undue delay affecting prejudice detriment limitation necessarily just exceeding"),
		around:  wordSet("hesitate"),
		lacking: wordSet("appointed designated named required obliged available necessary needed applicable have has exist offered provided used made"),
		ifs:     wordSet("if where when unless should"),
	},
	"de": {
		deny:    wordSet("nicht nie niemals kein keine keinen keinem keiner keines weder noch ohne"),
		unless:  wordSet("nur ausschließlich allein lediglich zwingend länger unangemessene dass"),
		around:  wordSet("zögern scheuen"),
		lacking: wordSet("bestellt benannt ernannt erforderlich notwendig verpflichtet vorhanden statt"),
		ifs:     wordSet("wenn falls sofern soweit sollten"),
	},
	"fr": {
		deny:    wordSet("pas jamais aucun aucune aucunement nullement ni sans"),
		unless:  wordSet("seulement uniquement nécessairement préjudice limitation frais délai"),
		around:  wordSet("hésitez hésiter"),
		lacking: wordSet("désigné nommé requis obligatoire nécessaire disponible tenu tenus"),
		ifs:     wordSet("si lorsque"),
	},
	"es": {
		deny:    wordSet("no nunca jamás tampoco ningún ninguna ninguno ni sin"),
		unless:  wordSet("solo sólo solamente únicamente necesariamente perjuicio limitación coste dilación obstante"),
		around:  wordSet("dude duden dudes"),
		lacking: wordSet("designado nombrado requerido obligatorio necesario disponible obligados"),
		ifs:     wordSet("si cuando"),
	},
	"pt": {
		deny:    wordSet("não nunca jamais nenhum nenhuma nem sem"),
		unless:  wordSet("só somente apenas necessariamente prejuízo custo limitação"),
		around:  wordSet("hesite hesitem"),
		lacking: wordSet("nomeado indicado designado exigido obrigatório necessário disponível"),
		ifs:     wordSet("se quando caso"),
	},
}

// denied reports whether a sentence denies what stands at words from i to end.
func (b *book) denied(words []elementWord, i, end int) bool {
	if b.denials == nil {
		return false
	}
	for k := i - 1; k >= 0 && k >= i-deniesAhead && words[k].clause == words[i].clause; k-- {
		if b.denies(words, k) {
			return true
		}
	}
	for k := end; k < len(words) && k < end+deniesAfter && words[k].clause == words[end-1].clause; k++ {
		if !b.denies(words, k) {
			continue
		}
		return slices.ContainsFunc(words[max(end, k-1):min(len(words), k+1+lacksWithin)], func(w elementWord) bool { return b.denials.lacking[w.low] })
	}
	return false
}

// denies reports whether a word denies something.
func (b *book) denies(words []elementWord, k int) bool {
	d := b.denials
	if !d.deny[words[k].low] || k+1 < len(words) && d.unless[words[k+1].low] {
		return false
	}
	return !slices.ContainsFunc(words[max(0, k-2):min(len(words), k+3)], func(w elementWord) bool { return d.around[w.low] })
}

// refuses reports whether a sentence begins with a denial: "We do not have one."
func (b *book) refuses(words []elementWord) bool {
	if b.denials == nil || len(words) == 0 || b.denials.ifs[words[0].low] {
		return false
	}
	for k := range min(len(words), refusesIn) {
		if b.denies(words, k) {
			return true
		}
	}
	return false
}
