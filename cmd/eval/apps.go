package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/policy"
)

type pieSentence struct {
	Doc, Sent int
	Tokens    []string
	Spans     []struct {
		Start, End int
		Label      string
	}
	text       string // as read, "" when the reader laid it out in another way
	statements []policy.Statement
	besides    bool // it speaks of security, rights, choices and the like
}

func (s pieSentence) id() string { return fmt.Sprint("sentence block ", s.Sent/60) }

func (m *measurement) sentences() ([]pieSentence, error) {
	if m.pie != nil {
		return m.pie, nil
	}
	list, err := lines[pieSentence](m, "piextract.jsonl")
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(list); {
		end := i + 1
		for end < len(list) && list[end].Doc == list[i].Doc && list[end].Sent/150 == list[i].Sent/150 {
			end++
		}
		m.readNeighbours(list[i:end])
		i = end
	}
	m.pie = list
	return list, nil
}

// readNeighbours reads sentences in the order of their document, a paragraph
// each: who "the company" is, and what "these include" goes on with, stands in
// those before. Where documents begin and end the file does not say.
func (m *measurement) readNeighbours(list []pieSentence) {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "<p>%s</p>\n", escaped.Replace(detokenize(s.Tokens)))
	}
	doc := policy.Read(policy.Input{ID: "d", MIMEType: "text/html; charset=utf-8", Language: "en", Raw: []byte("<main>" + b.String() + "</main>")}, m.set)
	text := []rune(doc.Text)
	k, at := 0, 0
	for i := range list {
		s := &list[i]
		want := detokenize(s.Tokens)
		n := k
		for n < len(doc.Blocks) && string(text[doc.Blocks[n].Start:doc.Blocks[n].End]) != want {
			n++
		}
		if n == len(doc.Blocks) {
			continue
		}
		block := doc.Blocks[n]
		k, s.text = n+1, want
		within := func(start int) bool { return start >= block.Start && start < block.End }
		s.besides = slices.ContainsFunc(doc.Topics, func(x policy.Topic) bool { return within(x.Start) && besides(x.Kind) }) ||
			slices.ContainsFunc(doc.Choices, func(x policy.Choice) bool { return within(x.Start) })
		for ; at < len(doc.Statements) && doc.Statements[at].Start < block.End; at++ {
			st := doc.Statements[at]
			if st.Start < block.Start {
				continue
			}
			st.Data = slices.Clone(st.Data)
			for j := range st.Data {
				st.Data[j].Start -= block.Start
				st.Data[j].End -= block.Start
			}
			s.statements = append(s.statements, st)
		}
	}
}

// escaped is text as it stands in HTML.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;")

// detokenize undoes the spaces of the corpus, also those around hyphens.
func detokenize(tokens []string) string {
	s := strings.Join(tokens, " ")
	s = hyphen.ReplaceAllString(s, "$1-")
	return strings.NewReplacer(" ,", ",", " .", ".", " ;", ";", " :", ":", "( ", "(", " )", ")", " 's", "'s", " n't", "n't", " ’s", "’s", " ?", "?").Replace(s)
}

var hyphen = regexp.MustCompile(`(\pL) - \b`)

type gdprPassage struct {
	Policy      string
	I           int
	Type        string
	Context     []struct{ Text, Type string }
	Passage     string
	Annotations []gdprLabel
}

type gdprLabel struct {
	Label, Text string
	Performed   bool
	Start       int
}

// words are what a label was put on. In the file quotation marks end some of
// them early, at the bracket of 'Internet Protocol ("IP") address', and what was left
// out between two parts is marked.
func (a gdprLabel) words() string {
	text := strings.ReplaceAll(a.Text, " [...]", "")
	if strings.HasSuffix(text, `Protocol (\`) {
		return strings.TrimSuffix(text, `(\`) + "address"
	}
	return text
}

type gdprPolicy struct {
	*segmented
	passages []gdprPassage
	row      map[int]int // the first cell of the row, of its other cells: a row is read as one
}

// policiesOfApps reads the annotated policies of apps once.
func (m *measurement) policiesOfApps() ([]*gdprPolicy, error) {
	if m.gdpr != nil {
		return m.gdpr, nil
	}
	passages, err := lines[gdprPassage](m, "gdpr200_passages.jsonl")
	if err != nil {
		return nil, err
	}
	out := []*gdprPolicy{}
	for _, p := range passages {
		if n := len(out); n == 0 || out[n-1].passages[0].Policy != p.Policy {
			out = append(out, &gdprPolicy{row: map[int]int{}})
		}
		g := out[len(out)-1]
		g.passages = append(g.passages, p)
	}
	for _, g := range out {
		var b strings.Builder
		var texts []string
		for i, p := range g.passages {
			texts = append(texts, p.Passage)
			if p.Type == "table_cell" && p.head("table_row_header") != "" && i > 0 && g.passages[i-1].Type == p.Type {
				first := i - 1
				if k, ok := g.row[first]; ok {
					first = k
				}
				g.row[i] = first
				texts[first] += " | " + p.Passage
			}
		}
		for i := 0; i < len(g.passages); {
			i = g.writeBlock(&b, i)
		}
		doc := policy.Read(policy.Input{ID: g.passages[0].Policy, MIMEType: "text/html; charset=utf-8", Raw: []byte("<main>" + b.String() + "</main>")}, m.set)
		g.segmented = assign(g.passages[0].Policy, doc, texts)
	}
	m.gdpr = out
	return out, nil
}

// writeBlock writes the passage at a place, or the list or the table that
// begins there, as HTML. It returns the place after it.
func (g *gdprPolicy) writeBlock(b *strings.Builder, i int) int {
	p := g.passages[i]
	switch {
	case p.Type == "headline":
		fmt.Fprintf(b, "<h2>%s</h2>\n", escaped.Replace(p.Passage))
	case p.Type == "list_item":
		b.WriteString("<ul>")
		for ; i < len(g.passages) && g.passages[i].Type == p.Type; i++ {
			fmt.Fprintf(b, "<li>%s</li>\n", escaped.Replace(g.passages[i].Passage))
		}
		b.WriteString("</ul>")
		return i
	case strings.HasPrefix(p.Type, "table_"):
		end := i + 1
		for end < len(g.passages) && strings.HasPrefix(g.passages[end].Type, "table_") {
			end++
		}
		writeTable(b, g.passages[i:end])
		return end
	default:
		fmt.Fprintf(b, "<p>%s</p>\n", escaped.Replace(p.Passage))
	}
	return i + 1
}

// writeTable writes cells as the table that they were cut out of: each names
// the head of its column, and all but a row's first the first.
func writeTable(b *strings.Builder, cells []gdprPassage) {
	var heads []string
	for _, p := range cells {
		if h := p.head("table_column_header"); h != "" && !slices.Contains(heads, h) {
			heads = append(heads, h)
		}
	}
	fmt.Fprint(b, "<table><tr>")
	for _, h := range heads {
		fmt.Fprintf(b, "<th>%s</th>", escaped.Replace(h))
	}
	at := 0
	for _, p := range cells {
		if p.Type != "table_cell" {
			continue // one of the heads
		}
		if p.head("table_row_header") == "" {
			fmt.Fprint(b, "</tr>\n<tr>")
			at = 0
		}
		for ; at < len(heads)-1 && heads[at] != p.head("table_column_header"); at++ {
			fmt.Fprint(b, "<td></td>")
		}
		fmt.Fprintf(b, "<td>%s</td>", escaped.Replace(p.Passage))
		at++
	}
	fmt.Fprint(b, "</tr></table>\n")
}

// head is the text of a passage's context of a kind.
func (p gdprPassage) head(kind string) string {
	for _, c := range p.Context {
		if c.Type == kind {
			return c.Text
		}
	}
	return ""
}
