package main

import (
	"slices"
	"strings"

	"candor/analyzer/policy"
)

// recipients: who receives, by name and by category.
func recipients(m *measurement) error {
	apps, err := m.policiesOfApps()
	if err != nil {
		return err
	}
	names, kinds := newTally(), newTally()
	for _, g := range apps {
		for i, p := range g.passages {
			var gold []string
			for _, a := range p.Annotations {
				if a.Label == "Data Recipients" && a.Performed {
					gold = append(gold, strings.ToLower(strings.ReplaceAll(a.Text, "\u00a0", " ")))
				}
			}
			got := g.receivers(i)
			got = slices.DeleteFunc(got, func(r policy.RecipientRef) bool {
				return !strings.Contains(strings.ToLower(p.Passage), strings.ToLower(r.Text)) // of the sentence that introduces the list
			})
			got = slices.CompactFunc(got, func(a, b policy.RecipientRef) bool { return strings.EqualFold(a.Text, b.Text) })
			hit := func(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }
			for _, r := range got {
				c := names
				if r.Kind == "category" {
					c = kinds
				}
				if slices.ContainsFunc(gold, func(x string) bool { return hit(x, strings.ToLower(r.Text)) }) {
					c.right(g.id)
				} else {
					c.wrong(g.id)
					m.mistake("recipient", g.id, "FALSE %s %q <- %.400s", r.Kind, r.Text, p.Passage)
				}
			}
			for _, x := range gold {
				by := got
				if k := g.introduces(i, x); k >= 0 {
					by = g.receivers(k) // marked in the items, too
				}
				found := slices.ContainsFunc(by, func(r policy.RecipientRef) bool { return hit(x, strings.ToLower(r.Text)) })
				c := kinds
				if proper(p.Passage, x) {
					c = names
				}
				if !found {
					c.missed(g.id)
					m.mistake("recipient", g.id, "MISSED %q <- %s %.400s", x, p.Type, p.Passage)
				}
			}
		}
	}
	m.figure("recipient", "names-precision", names, precision)
	m.figure("recipient", "names-recall", names, recall)
	m.figure("recipient", "categories-precision", kinds, precision)
	m.figure("recipient", "categories-recall", kinds, recall)
	return nil
}

// receivers are who a passage says get data.
func (g *gdprPolicy) receivers(i int) []policy.RecipientRef {
	out := slices.Clone(g.recipients[i])
	for _, st := range g.statements[i] {
		if !st.Negated {
			out = append(out, st.RecipientRefs...)
		}
	}
	slices.SortStableFunc(out, func(a, b policy.RecipientRef) int {
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	})
	return out
}

// introduces finds the passage before a list that holds a span which an item
// was marked with, -1 when the item holds it itself or none does.
func (g *gdprPolicy) introduces(i int, span string) int {
	for k := i; k >= 0; k-- {
		if strings.Contains(strings.ToLower(g.passages[k].Passage), span) {
			if k == i {
				return -1
			}
			return k
		}
		if g.passages[k].Type != "list_item" {
			break
		}
	}
	return -1
}

// proper reports whether a span is written as a name.
func proper(passage, span string) bool {
	i := strings.Index(strings.ToLower(passage), span)
	if i < 0 || i+len(span) > len(passage) {
		return false
	}
	for k, w := range strings.Fields(passage[i : i+len(span)]) {
		if w[0] >= 'A' && w[0] <= 'Z' && (i > 0 || k > 0) && !slices.Contains(notProper, strings.ToLower(strings.Trim(w, ",."))) {
			return true
		}
	}
	return false
}

// notProper are words that begin with a capital but name nobody.
var notProper = strings.Fields("third third-party service company we i parties providers affiliates our user users application")

// namedCompanies: which of the names that people marked in other policies are
// read as recipients. The marks are not complete, so only recall is counted;
// many mark a kind of recipient or a word with a capital, so only those count
// that the knowledge base has.
func namedCompanies(m *measurement) error {
	type marked struct {
		Policy string
		Seg    int
		Span   string
		Names  []string
	}
	list, err := lines[marked](m, "opp115_named_companies.jsonl")
	if err != nil {
		return err
	}
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	index := map[string]*oppPolicy{}
	for _, p := range opp {
		index[p.id] = p
	}
	known := map[string]bool{}
	for _, n := range m.set.Names() {
		known[strings.ToLower(n.Text)] = true
	}
	names := newTally()
	seen := map[string]bool{}
	for _, x := range list {
		p := index[x.Policy]
		if p == nil {
			continue
		}
		i := slices.IndexFunc(p.segs, func(s oppSegment) bool { return s.Seg == x.Seg })
		for _, name := range x.Names {
			key := x.Policy + "/" + name
			if i < 0 || seen[key] || !known[strings.ToLower(name)] || !proper(p.segs[i].Text, strings.ToLower(name)) {
				continue
			}
			seen[key] = true
			found := false
			for _, r := range append(slices.Clone(p.recipients[i]), refsOf(p.statements[i])...) {
				a, b := strings.ToLower(r.Text), strings.ToLower(name)
				found = found || r.Kind != "category" && (strings.Contains(a, b) || strings.Contains(b, a))
			}
			if found {
				names.right(p.id)
			} else {
				names.missed(p.id)
				m.mistake("recipient", p.id, "MISSED NAME %q <- %.300s", name, p.segs[i].Text)
			}
		}
	}
	m.figure("recipient", "known-names-recall", names, recall)
	return nil
}

func refsOf(list []policy.Statement) []policy.RecipientRef {
	var out []policy.RecipientRef
	for _, st := range list {
		out = append(out, st.RecipientRefs...)
	}
	return out
}
