package rules

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Element is something that a notice may be asked to state and that is no act
// on data: who is responsible, where to complain, what happens at a signal. Any
// of its topics or its wordings states it; one with All is stated when each of
// those is.
type Element struct {
	ID     string               `yaml:"id"`
	Name   string               `yaml:"name"`   // as the end of "not found in the texts: …"
	Topics []string             `yaml:"topics"` // kinds of topic of analyzer/policy that state it
	Asks   []string             `yaml:"asks"`   // questions of analyzer/policy whose answers state it
	Reads  string               `yaml:"reads"`  // a kind of statement that states it, by its name in analyzer/policy
	All    []string             `yaml:"all"`    // ids of elements without All of their own
	Denied bool                 `yaml:"denied"` // a denial states it too: "we do not sell"
	Says   map[string][]Wording `yaml:"says"`   // how texts say it, by language
}

// Wording is how a sentence states an element. A phrase is one or more words,
// matched on stems in English and in lower case elsewhere; a word that ends
// with "*" takes any ending, "…" stands for up to six words, "@" for an
// e-mail address and "#" for a number.
type Wording struct {
	Any     []string `yaml:"any"`     // one of these
	With    []string `yaml:"with"`    // and one of these in the sentence, in what introduces it or in a heading above
	Near    []string `yaml:"near"`    // and one of these there or in the blocks right after, below the same heading
	Without []string `yaml:"without"` // and none of these in the sentence
}

// Element returns the element with this id, or nil.
func (t *Terms) Element(id string) *Element {
	i := slices.IndexFunc(t.Elements, func(e Element) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &t.Elements[i]
}

// Bounds of a phrase of a wording.
const (
	maxPhraseWords = 12
	maxPhraseGaps  = 2
)

func (ld *loader) checkElements(list *[]Element) {
	ids, whole := make([]string, len(*list)), map[string]bool{}
	for i, e := range *list {
		ids[i] = e.ID
		whole[e.ID] = len(e.All) == 0
	}
	ld.checkIDs(list, ids)
	for i, e := range *list {
		if e.Name == "" {
			ld.fault(list, []any{i}, "name is missing; expected how reports call %q", e.ID)
		}
		if len(e.Topics)+len(e.Asks)+len(e.All)+len(e.Says) == 0 && e.Reads == "" {
			ld.fault(list, []any{i}, "element %q can never be found; expected topics, asks, reads, all or says", e.ID)
		}
		for j, id := range e.All {
			if single, known := whole[id]; !known || !single {
				ld.fault(list, []any{i, "all", j}, "element %q; expected the id of one in this file that has no \"all\"", id)
			}
		}
		for _, language := range slices.Sorted(maps.Keys(e.Says)) {
			wordings := e.Says[language]
			if !languageForm.MatchString(language) {
				ld.fault(list, []any{i, "says", language}, "language %q; expected a code of two letters", language)
			}
			for j, w := range wordings {
				place := []any{i, "says", language, j}
				if len(w.Any) == 0 {
					ld.fault(list, place, "a wording without \"any\"; expected at least one phrase")
				}
				for _, part := range []struct {
					key     string
					phrases []string
				}{{"any", w.Any}, {"with", w.With}, {"near", w.Near}, {"without", w.Without}} {
					for k, p := range part.phrases {
						if n := len(strings.Fields(p)); n == 0 || n > maxPhraseWords || strings.Count(p, "…") > maxPhraseGaps || len(p) > maxPhrase || !utf8.ValidString(p) || p != strings.ToLower(p) {
							ld.fault(list, append(slices.Clone(place), part.key, k), "phrase %q; expected one to %d words in lower case, with at most %d …", p, maxPhraseWords, maxPhraseGaps)
						}
					}
				}
			}
		}
	}
}
