package rules

import (
	"slices"
	"strings"
)

// Nearest returns the one of the names that a mistyped word most likely means, ""
// when none is near: at most a third of its letters differ, two of them swapped
// counting once. Of equally near ones it is the first in the alphabet.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word)
	best, least := "", len([]rune(word))/3+1
	for _, n := range slices.Sorted(slices.Values(names)) {
		if d := distance([]rune(word), []rune(strings.ToLower(n))); d < least {
			best, least = n, d
		}
	}
	return best
}

// DidYouMean is the end of a sentence about an unknown word: "; did you mean
// \"x\"?", or the list of what was expected when nothing is near and it is short.
func DidYouMean(word string, names []string) string {
	if n := Nearest(word, names); n != "" {
		return "; did you mean \"" + n + "\"?"
	}
	if len(names) == 0 || len(names) > 40 {
		return ""
	}
	return "; expected one of " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
}

// maxDistance bounds the words that are compared, in letters.
const maxDistance = 64

// distance is the optimal string alignment distance: letters that are put in,
// left out, changed or swapped with their neighbour.
func distance(a, b []rune) int {
	if len(a) > maxDistance || len(b) > maxDistance {
		return maxDistance
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, now := rows[0], rows[1], rows[2]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = last, now, before
	}
	return rows[1][len(b)]
}

// near is the end of a sentence that names the nearest id, "" without one.
func near(word string, ids map[string]bool) string {
	names := make([]string, 0, len(ids))
	for id := range ids {
		names = append(names, id)
	}
	if n := Nearest(word, names); n != "" {
		return "; did you mean \"" + n + "\"?"
	}
	return ""
}
