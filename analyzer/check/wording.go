package check

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
)

// What comparisons find by the words of a text alone: sentences that the reader
// makes no statement of.

// wording is a sentence of a notice.
type wording struct {
	doc   *policy.Document
	id    string // of the first statement that it is, "" when it is none
	quote string
	head  string // the headings above it, joined by " › "
	block int
	deny  bool // it says that something does not happen
}

// maxSaid bounds the sentences of all notices.
const maxSaid = 20000

var (
	denying  = newPhrase(`(?i)\b(?:do|does|did|will|would|shall|can|could|is|are|was|were)\s?(?:not|n't|n’t)\b|\b(?:cannot|can't|can’t|never|neither|none|without|no longer)\b|\bno\s+\w+|\b(?:nicht|niemals|kein\p{L}*|weder|ohne)\b|\b(?:ne|n['’])\s?\p{L}+\s+(?:pas|jamais|aucun\p{L}*)|\b(?:no|nunca|jamás|ningun\p{L}*|sin)\b`)
	endsMark = newPhrase(`[.!?…](?:["”»)\]]*)\s+`)
)

// sentences are those of the notices that could be read, in the order of the
// texts. Cells of tables and headings are sentences too.
func (m *Matcher) sentences() []wording {
	if m.wordings != nil {
		return m.wordings
	}
	m.wordings = []wording{}
	for _, d := range m.read {
		ids := map[string]string{}
		for i := range d.Statements {
			key := squeezed(d.Statements[i].Quote)
			if ids[key] == "" {
				ids[key] = d.Statements[i].ID
			}
		}
		text := []rune(d.Text)
		for i, b := range d.Blocks {
			if b.Start < 0 || b.End > len(text) || b.Start >= b.End || len(m.wordings) >= maxSaid {
				continue
			}
			for _, s := range split(string(text[b.Start:b.End])) {
				m.wordings = append(m.wordings, wording{doc: d, id: ids[squeezed(s)], quote: s, head: strings.Join(b.Path, " › "), block: i, deny: denying.MatchString(s)})
			}
		}
	}
	return m.wordings
}

// split takes a block apart into sentences.
func split(text string) []string {
	var out []string
	rest := text
	for rest != "" {
		at := endsMark.compiled().FindStringIndex(rest)
		one := rest
		if at != nil {
			one, rest = rest[:at[1]], rest[at[1]:]
			if n := len(out); n > 0 && len(one) < 8 {
				out[n-1] += one // "e.g. "
				continue
			}
		} else {
			rest = ""
		}
		out = append(out, one)
	}
	for i := range out {
		out[i] = strings.Join(strings.Fields(out[i]), " ")
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func squeezed(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// speaking are the sentences that a test holds for.
func (m *Matcher) speaking(ok func(*wording) bool) []wording {
	var out []wording
	all := m.sentences()
	for i := range all {
		if ok(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// quoted notes sentences in a finding and writes the first of them.
func (f *Finding) quoted(list []wording) string {
	for _, s := range list {
		if s.id != "" && !slices.Contains(f.Statements, s.id) && len(f.Statements) < maxStatements {
			f.Statements = append(f.Statements, s.id)
		}
	}
	return "“" + clip(list[0].quote, 200) + "”"
}

// says reports whether a text names a recipient or its company.
func (m *Matcher) says(text string, who flow.Recipient) bool {
	list, ok := m.calls[who.Vendor]
	if !ok {
		v := m.in.Set.Vendor(who.Vendor)
		for _, n := range m.in.Set.Names() {
			if v != nil && len(n.Text) > 2 && (n.Kind == "vendor" && n.ID == v.ID || n.Kind == "company" && m.sameRoot(n.ID, v.Company)) {
				list = append(list, n)
			}
		}
		m.calls[who.Vendor] = list
	}
	low := ""
	for _, n := range list {
		// A name that is an ordinary word too counts as it is written.
		if n.Ambiguous && strings.Contains(text, n.Text) {
			return true
		}
		if low == "" {
			low = strings.ToLower(text)
		}
		if !n.Ambiguous && strings.Contains(low, strings.ToLower(n.Text)) {
			return true
		}
	}
	return len(list) == 0 && who.Domain != "" && strings.Contains(strings.ToLower(text), who.Domain)
}

// saysOthers reports whether a text names anybody that the knowledge base knows.
func (m *Matcher) saysOthers(text string) bool {
	low := strings.ToLower(text)
	for _, n := range m.in.Set.Names() {
		if !n.Ambiguous && len(n.Text) > 3 && strings.Contains(low, strings.ToLower(n.Text)) {
			return true
		}
	}
	return false
}
