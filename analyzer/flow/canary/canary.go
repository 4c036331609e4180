// Package canary finds made-up values that were typed into fields in what a
// browser sent and kept, plain and encoded.
//
// A value is looked for as it was typed and in the spellings that collectors
// make of it first (trimmed, lower case, a telephone number's digits, a date in
// its common orders), each of them as it is, in base64 and base64url at every
// alignment, in hexadecimal, percent-encoded, and hashed by MD5, SHA-1, SHA-256
// and SHA-512 (written in hexadecimal, base64 or base64url), and in every two of
// these one after the other. Containers around it (JSON, forms, gzip, deflate,
// base64 of these, percent-encoding three times over) are taken apart by package
// payload. The layers and hashes follow Senol et al., "Leaky Forms" (USENIX
// Security 2022).
//
// What it cannot find: a hash with a secret or a salt, encryption, and two
// values that were joined before they were hashed.
//
// The spellings are computed once for a scan. A text is then read once, eight
// bytes at a time, whatever the number of spellings. Everything that is searched
// is hostile: its size and the number of hits are bounded.
package canary

import (
	"cmp"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// Bounds of one scan and of one text.
const (
	maxCanaries = 64      // different values
	maxValue    = 300     // bytes of one
	maxTyped    = 50      // places where one was typed that are remembered
	maxHits     = 200     // of one request
	minNeedle   = 8       // bytes of a spelling that is found inside a text
	minWhole    = 4       // bytes of one that a whole value must equal
	maxText     = 4 << 20 // bytes of one text
)

// Typed is a place where a canary was typed.
type Typed struct {
	Page  string // id of the visit
	Form  string // id of the form
	Field string
}

// Set is the canaries of a scan, ready to be searched for. It is immutable and
// safe for use by several goroutines.
type Set struct {
	canaries []canary
	needles  map[uint64][]needle // by their first eight bytes
	filter   []uint64            // bits of the hashes of those bytes
	whole    map[string]needle   // spellings too short to be found inside a text
}

type canary struct {
	kind, value string
	typed       []Typed
}

// needle is one spelling of one canary.
type needle struct {
	text   string
	canary int
	chain  []string // innermost first: "lower case", "SHA-256", "base64"
	hashed bool
}

// Hit is a canary in a text.
type Hit struct {
	Kind   string   // of the canary: "email"
	Chain  []string // how it was spelled and encoded, innermost first; "as typed" when not at all
	Hashed bool     // the chain has a hash
	Whole  bool     // a short value that equals a whole one: it may be chance
	Where  string   // "parameter ud[em]", "header x-user", "address", "body", "cookie c"
	Via    string   // what it was unpacked from: "body, gzip"; "" for the address and a plain body

	canary int
}

// Text says what was found in the words of a report: "email, SHA-256 of lower
// case, in parameter ud[em]".
func (h *Hit) Text() string {
	out := h.Kind + ", " + chainText(h.Chain) + ", in " + h.Where
	if h.Via != "" {
		out += " (" + h.Via + ")"
	}
	return out
}

func chainText(chain []string) string {
	out := ""
	for _, step := range chain {
		if out == "" {
			out = step
		} else {
			out = step + " of " + out
		}
	}
	return out
}

// New makes the canaries of a scan ready. Values of fewer than four bytes are
// left out: they are found everywhere.
func New(list []evidence.Canary) *Set {
	s := &Set{needles: map[uint64][]needle{}, whole: map[string]needle{}}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b evidence.Canary) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value), strings.Compare(a.Page, b.Page), strings.Compare(a.Form, b.Form), strings.Compare(a.Field, b.Field))
	})
	index := map[[2]string]int{}
	for _, c := range sorted {
		if len(c.Value) < minWhole || len(c.Value) > maxValue || c.Kind == "" {
			continue
		}
		key := [2]string{c.Kind, c.Value}
		i, ok := index[key]
		if !ok {
			if i = len(s.canaries); i == maxCanaries {
				continue
			}
			index[key] = i
			s.canaries = append(s.canaries, canary{kind: c.Kind, value: c.Value})
		}
		if t := &s.canaries[i].typed; len(*t) < maxTyped {
			*t = append(*t, Typed{c.Page, c.Form, c.Field})
		}
	}
	for i := range s.canaries {
		s.spell(i)
	}
	s.index()
	return s
}

// Empty reports whether nothing was typed.
func (s *Set) Empty() bool { return s == nil || len(s.canaries) == 0 }

// Typed returns where the canary of a hit was typed, at most 50 places.
func (s *Set) Typed(h *Hit) []Typed { return s.canaries[h.canary].typed }

// Value returns the canary of a hit.
func (s *Set) Value(h *Hit) string { return s.canaries[h.canary].value }

// Needles returns how many spellings are searched for.
func (s *Set) Needles() int {
	n := len(s.whole)
	for _, list := range s.needles {
		n += len(list)
	}
	return n
}
