package main

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor/analyzer/policy"
)

// recipients: who receives, by name and by category. The same sentence stands
// in many of these policies and was labelled by others there: a reading is right
// when anybody labelled it so, and a label is wanted unless most copies of its
// sentence lack it. Which companies receive is asked of a policy, and its labels
// often mark one of the sentences that name one, so a name that the policy's
// labels have is right in each; precision by passage is printed beside it.
func recipients(m *measurement) error {
	apps, err := m.policiesOfApps()
	if err != nil {
		return err
	}
	names, kinds, here := newTally(), newTally(), newTally()
	written, copies := writings(apps), recipientLabels(apps)
	for _, g := range apps {
		var own []string
		for _, p := range g.passages {
			own = append(own, p.recipients()...)
		}
		for i, p := range g.passages {
			gold, anybody := p.recipients(), p.recipients()
			for _, s := range sentencesOf(p.Passage) {
				for _, c := range copies[s] {
					anybody = append(anybody, c...)
				}
			}
			got := g.receivers(i)
			got = slices.DeleteFunc(got, func(r policy.RecipientRef) bool {
				return !strings.Contains(strings.ToLower(p.Passage), strings.ToLower(r.Text)) // of the sentence that introduces the list
			})
			got = slices.CompactFunc(got, func(a, b policy.RecipientRef) bool { return strings.EqualFold(a.Text, b.Text) })
			for _, r := range got {
				read := func(x string) bool { return hit(x, strings.ToLower(r.Text)) }
				c, right := names, slices.ContainsFunc(anybody, read)
				switch {
				case r.Kind == "category":
					c = kinds
				case right:
					here.right(g.id)
				default:
					here.wrong(g.id)
					right = slices.ContainsFunc(own, read)
				}
				if right {
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
				if written.proper(p.Passage, x) {
					c = names
				}
				if !found && !lonely(p.Passage, x, copies) {
					c.missed(g.id)
					m.mistake("recipient", g.id, "MISSED %q <- %s %.400s", x, p.Type, p.Passage)
				}
			}
		}
	}
	m.figure("recipient", "names-precision", names, precision)
	m.figure("recipient", "names-precision-passages", here, precision)
	m.figure("recipient", "names-recall", names, recall)
	m.figure("recipient", "categories-precision", kinds, precision)
	m.figure("recipient", "categories-recall", kinds, recall)
	return nil
}

// hit reports whether a label and a reading share words: one holds the other,
// or what is left of a label that leaves words out.
func hit(label, read string) bool {
	for _, part := range strings.Split(label, " [...] ") {
		if strings.Contains(part, read) || strings.Contains(read, part) {
			return true
		}
	}
	return false
}

// recipients are the labels of who receives in a passage.
func (p gdprPassage) recipients() []string {
	var out []string
	for _, a := range p.Annotations {
		if a.Label == "Data Recipients" && a.Performed {
			out = append(out, strings.ToLower(strings.ReplaceAll(a.Text, "\u00a0", " ")))
		}
	}
	return out
}

// recipientLabels are the labels of each copy of a sentence.
func recipientLabels(apps []*gdprPolicy) map[string][][]string {
	out := map[string][][]string{}
	for _, g := range apps {
		for _, p := range g.passages {
			gold := p.recipients()
			for _, s := range sentencesOf(p.Passage) {
				in := slices.DeleteFunc(slices.Clone(gold), func(x string) bool { return !strings.Contains(s, bareSentence(x)) })
				out[s] = append(out[s], in)
			}
		}
	}
	return out
}

// lonely reports whether most of the copies of a label's sentence have no such
// label.
func lonely(passage, label string, copies map[string][][]string) bool {
	for _, s := range sentencesOf(passage) {
		if !strings.Contains(s, bareSentence(label)) {
			continue
		}
		same := 0
		for _, c := range copies[s] {
			if slices.ContainsFunc(c, func(x string) bool { return hit(x, label) }) {
				same++
			}
		}
		return same*2 < len(copies[s])
	}
	return false
}

// receivers are who a passage says get data.
func (g *gdprPolicy) receivers(i int) []policy.RecipientRef {
	if k, ok := g.row[i]; ok {
		i = k
	}
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

// writing counts how often policies write words with a capital inside of
// sentences, less how often without.
type writing map[string]int

func writings(apps []*gdprPolicy) writing {
	out := writing{}
	for _, g := range apps {
		for _, p := range g.passages {
			out.add(p.Passage)
		}
	}
	return out
}

func (w writing) add(text string) {
	begins := true
	for _, word := range strings.Fields(text) {
		bare := strings.Trim(word, ",.;:()\"'“”‘’")
		if c, n := utf8.DecodeRuneInString(bare); n > 0 && !strings.ContainsAny(bare, "./@") {
			switch {
			case unicode.IsLower(c):
				w[strings.ToLower(bare)]--
			case unicode.IsUpper(c) && !begins:
				w[strings.ToLower(bare)]++
			}
		}
		begins = strings.HasSuffix(word, ".")
	}
}

// proper reports whether a span is written as a name: with a capital, and not
// only here, as what contracts define ("Your Personal Data") is.
func (w writing) proper(passage, span string) bool {
	i := strings.Index(strings.ToLower(passage), span)
	if i < 0 || i+len(span) > len(passage) {
		return false
	}
	for k, word := range strings.Fields(passage[i : i+len(span)]) {
		low := strings.ToLower(strings.Trim(word, ",.;:()\"'“”‘’"))
		if word[0] >= 'A' && word[0] <= 'Z' && (i > 0 || k > 0 || len(span) == len(passage)) && w[low] >= 0 && !slices.Contains(notProper, low) {
			return true
		}
	}
	return false
}

// notProper are words that policies define, so that most write them with a capital.
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
	written := writing{}
	for _, p := range opp {
		for _, s := range p.segs {
			written.add(s.Text)
		}
	}
	seen := map[string]bool{}
	for _, x := range list {
		p := index[x.Policy]
		if p == nil {
			continue
		}
		i := slices.IndexFunc(p.segs, func(s oppSegment) bool { return s.Seg == x.Seg })
		for _, name := range x.Names {
			key := x.Policy + "/" + name
			if i < 0 || seen[key] || !known[strings.ToLower(name)] || !written.proper(p.segs[i].Text, strings.ToLower(name)) {
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
