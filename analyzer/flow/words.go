package flow

import (
	"sync"

	"candor/rules"
)

// termWords are the words of the terms as they are looked for in names and
// texts. They are only read.
type termWords struct {
	labels []labelKind
	fields fieldWords
	places placeWords
}

// maxTermWords bounds for how many sets of terms the words are kept.
const maxTermWords = 4

var (
	wordsMu    sync.Mutex
	knownWords = make(map[*rules.Terms]termWords)
)

// wordsOf returns the words of terms, made once. At most a few sets live in a
// process; a test that makes many does not grow it without bound.
func wordsOf(t *rules.Terms) termWords {
	wordsMu.Lock()
	defer wordsMu.Unlock()
	w, ok := knownWords[t]
	if !ok {
		if len(knownWords) >= maxTermWords {
			clear(knownWords)
		}
		w = termWords{labelKinds(t), newFieldWords(t), newPlaceWords(t)}
		knownWords[t] = w
	}
	return w
}
