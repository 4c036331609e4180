package rules

import (
	"slices"
	"sort"
	"strings"
)

// DataType returns the data type with this id, or nil.
func (t *Terms) DataType(id string) *DataType {
	i := sort.Search(len(t.DataTypes), func(i int) bool { return t.DataTypes[i].ID >= id })
	if i == len(t.DataTypes) || t.DataTypes[i].ID != id {
		return nil
	}
	return &t.DataTypes[i]
}

// Purpose returns the purpose with this id, or nil.
func (t *Terms) Purpose(id string) *Purpose {
	i, ok := slices.BinarySearchFunc(t.Purposes, id, func(p Purpose, id string) int { return strings.Compare(p.ID, id) })
	if !ok {
		return nil
	}
	return &t.Purposes[i]
}

// Recipient returns the category of recipients with this id, or nil.
func (t *Terms) Recipient(id string) *Recipient {
	i, ok := slices.BinarySearchFunc(t.Recipients, id, func(r Recipient, id string) int { return strings.Compare(r.ID, id) })
	if !ok {
		return nil
	}
	return &t.Recipients[i]
}

// Subsumes reports whether the broad term covers the narrow one. The path is
// the shortest chain of terms from broad to narrow, both included; among equal
// ones that of the parents listed first. A term covers itself.
func (t *Terms) Subsumes(broad, narrow string) (path []string, ok bool) {
	if t.DataType(broad) == nil || t.DataType(narrow) == nil {
		return nil, false
	}
	type reached struct {
		id   string
		from int // the narrower term it was reached from; -1 for the narrowest
	}
	queue := append(make([]reached, 0, 16), reached{narrow, -1})
	for i := 0; i < len(queue); i++ {
		if queue[i].id == broad {
			for at := i; at >= 0; at = queue[at].from {
				path = append(path, queue[at].id)
			}
			return path, true
		}
		for _, p := range t.DataType(queue[i].id).Parents {
			if !slices.ContainsFunc(queue, func(r reached) bool { return r.id == p }) {
				queue = append(queue, reached{p, i})
			}
		}
	}
	return nil, false
}

// checkTerms checks the lists of terms and sorts those that are looked up by id.
func (ld *loader) checkTerms(refs termIDs) {
	t := ld.set.Terms
	for _, f := range ld.sortedFiles() {
		switch v := f.value.(type) {
		case *[]DataType:
			ids := make([]string, len(*v))
			for i, d := range *v {
				ids[i] = d.ID
			}
			ld.checkIDs(v, ids)
			ld.checkGraph(v)
		case *[]Purpose:
			ids := make([]string, len(*v))
			for i, p := range *v {
				ids[i] = p.ID
			}
			ld.checkIDs(v, ids)
		case *[]Recipient:
			ids := make([]string, len(*v))
			for i, r := range *v {
				ids[i] = r.ID
				for j, c := range r.Categories {
					if !slices.Contains(Categories, c) {
						ld.fault(v, []any{i, "categories", j}, "unknown category %q; expected one of %s", c, strings.Join(Categories, ", "))
					}
				}
			}
			ld.checkIDs(v, ids)
		case *[]LabelKind:
			ld.checkLabels(v, refs)
		case *[]PlaceClass:
			ld.checkPlaces(v, refs)
		case *[]Element:
			ld.checkElements(v)
		case *[]CookieWords:
			ld.checkCookieWords(v)
		case *Language:
			ld.checkLanguage(v, refs)
		case *[]FieldRule:
			for i, r := range *v {
				if t.DataTypes != nil && !slices.ContainsFunc(t.DataTypes, func(d DataType) bool { return d.ID == r.Data }) {
					ld.fault(v, []any{i, "data"}, "unknown data type %q; expected an id of terms/data_types.yaml", r.Data)
				}
			}
		}
	}
	// Sorted copies: the decoded lists keep the order that faults point into.
	t.DataTypes = slices.Clone(t.DataTypes)
	slices.SortStableFunc(t.DataTypes, func(a, b DataType) int { return strings.Compare(a.ID, b.ID) })
	t.Purposes = slices.Clone(t.Purposes)
	slices.SortStableFunc(t.Purposes, func(a, b Purpose) int { return strings.Compare(a.ID, b.ID) })
	t.Recipients = slices.Clone(t.Recipients)
	slices.SortStableFunc(t.Recipients, func(a, b Recipient) int { return strings.Compare(a.ID, b.ID) })
}

// checkIDs finds missing, malformed and repeated ids in a list.
func (ld *loader) checkIDs(list any, ids []string) {
	seen := make(map[string]bool)
	for i, id := range ids {
		switch {
		case id == "":
			ld.fault(list, []any{i}, "id is missing; expected lower-case words joined by _")
		case !idForm.MatchString(id):
			ld.fault(list, []any{i, "id"}, "id %q; expected lower-case words joined by _", id)
		case seen[id]:
			ld.fault(list, []any{i, "id"}, "id %q is listed twice; expected each id once", id)
		}
		seen[id] = true
	}
}

// checkGraph finds unknown parents and circles.
func (ld *loader) checkGraph(list *[]DataType) {
	byID := make(map[string]*DataType)
	for i := range *list {
		byID[(*list)[i].ID] = &(*list)[i]
	}
	const walking, done = 1, 2
	state := make(map[string]int)
	var circle func(id string) bool
	circle = func(id string) bool {
		switch state[id] {
		case walking:
			return true
		case done:
			return false
		}
		state[id] = walking
		found := false
		if d := byID[id]; d != nil {
			for _, p := range d.Parents {
				found = circle(p) || found
			}
		}
		state[id] = done
		return found
	}
	for i, d := range *list {
		for j, p := range d.Parents {
			if byID[p] == nil {
				ld.fault(list, []any{i, "parents", j}, "unknown parent %q; expected the id of a data type in this file", p)
			}
		}
		if circle(d.ID) {
			ld.fault(list, []any{i, "parents"}, "the parents of %q lead in a circle; expected none", d.ID)
		}
	}
}
