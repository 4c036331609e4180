package flow

import (
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// maxHeldValues bounds how many values of one cookie or key are told apart.
const maxHeldValues = 20

// Held is one value that a cookie or a key had, with where. Equal marks are
// equal values, in other cookies and keys of the scan too.
type Held struct {
	Mark   string           `json:"mark"` // see evidence.Marker
	States []evidence.State `json:"states"`
	Pages  []string         `json:"pages"`
}

// heldValues are the values of a cookie or key, in order of their marks. Of more
// than the bound those with the smallest marks stay, whatever their order.
type heldValues struct {
	list []heldValue
	more bool
}

type heldValue struct {
	mark string
	seen sightings
}

func (h *heldValues) add(mark string, v *visits, visit int) {
	i, found := slices.BinarySearchFunc(h.list, mark, func(x heldValue, mark string) int { return strings.Compare(x.mark, mark) })
	if !found {
		h.more = h.more || len(h.list) == maxHeldValues
		if i == maxHeldValues {
			return
		}
		h.list = slices.Insert(h.list, i, heldValue{mark: mark})
		if len(h.list) > maxHeldValues {
			h.list = h.list[:maxHeldValues]
		}
	}
	h.list[i].seen.add(v, visit)
}

func (h *heldValues) value(v *visits) []Held {
	out := make([]Held, 0, len(h.list))
	for i := range h.list {
		out = append(out, Held{Mark: h.list[i].mark, States: h.list[i].seen.sortedStates(), Pages: h.list[i].seen.addresses(v)})
	}
	return out
}

// maxMarks bounds the values whose marks are remembered.
const maxMarks = 5000

// mark returns the mark of a value.
func (b *builder) mark(value string) string {
	m, ok := b.marks[value]
	if !ok {
		m = b.marker.Mark(value)
		if len(b.marks) < maxMarks && len(value) <= maxIdentifier {
			b.marks[strings.Clone(value)] = m
		}
	}
	return m
}
