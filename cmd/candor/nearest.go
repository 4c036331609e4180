package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// nearest returns the word that is fewest edits away from got, when it is near
// enough to be what was meant.
func nearest(got string, words []string) (string, bool) {
	got = strings.ReplaceAll(strings.ToLower(got), "_", "-")
	best, found := len(got)/3+2, ""
	for _, w := range words {
		if d := edits(got, w); d < best {
			best, found = d, w
		}
	}
	return found, found != ""
}

// edits is the Levenshtein distance, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// didYouMean proposes a flag for an unknown one.
func didYouMean(message string, flags *pflag.FlagSet) string {
	name, ok := strings.CutPrefix(message, "unknown flag: --")
	if !ok {
		return ""
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near, ok := nearest(name, names); ok {
		return fmt.Sprintf("; did you mean --%s?", near)
	}
	return ""
}
