package check

import (
	"fmt"
	"strings"
)

// Looks is how often a finding was seen: once by the scan itself, and again by
// each further look at a page behind it.
type Looks struct {
	Seen int    `json:"seen"` // looks in which the same rule found the same
	Of   int    `json:"of"`   // looks that reached a page behind it, the scan's own among them
	Why  string `json:"why"`  // in words
}

// Repeat notes how often a finding was seen, of all looks that were made. One
// that was not seen again is no more than a sighting that was not repeated: its
// severity is capped at medium.
func (f *Finding) Repeat(seen, of, all int) {
	l := &Looks{Seen: seen, Of: of}
	f.Looks = l
	switch missed := all - of; {
	case of == 1:
		l.Why = "It was not looked at again: no further look reached the pages behind it."
	case seen == 1:
		l.Why = fmt.Sprintf("Seen 1 of %d times: %s at the pages behind it did not show it.", of, countOf(of-1, "%d further looks", "a further look"))
		if severityRank[f.Severity] < severityRank["medium"] {
			l.Why += " Its severity is therefore held at medium; it would be " + f.Severity + "."
			f.Severity = "medium"
		}
	default:
		l.Why = fmt.Sprintf("Seen %d of %d times.", seen, of)
		if missed > 0 {
			l.Why += " " + countOf(missed, "%d further looks", "One further look") + " did not reach the pages behind it."
		}
	}
	if f.Message != "" {
		f.Message = strings.TrimSpace(f.Message) + " "
	}
	f.Message += l.Why
}
