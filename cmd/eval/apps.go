package main

import (
	"fmt"
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
	read *policy.Document
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
	for i := range list {
		list[i].read = policy.Read(policy.Input{ID: "d", MIMEType: "text/plain", Language: "en", Raw: []byte(detokenize(list[i].Tokens))}, m.set)
	}
	m.pie = list
	return list, nil
}

func detokenize(tokens []string) string {
	s := strings.Join(tokens, " ")
	return strings.NewReplacer(" ,", ",", " .", ".", " ;", ";", " :", ":", "( ", "(", " )", ")", " 's", "'s", " n't", "n't", " ’s", "’s", " ?", "?").Replace(s)
}

type gdprPassage struct {
	Policy      string
	I           int
	Type        string
	Context     []struct{ Text, Type string }
	Passage     string
	Annotations []struct {
		Label, Text string
		Performed   bool
		Start       int
	}
}

type gdprPolicy struct {
	*segmented
	passages []gdprPassage
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
			out = append(out, &gdprPolicy{})
		}
		g := out[len(out)-1]
		g.passages = append(g.passages, p)
	}
	for _, g := range out {
		var b strings.Builder
		var texts []string
		list := false
		for _, p := range g.passages {
			texts = append(texts, p.Passage)
			if item := p.Type == "list_item"; item != list {
				b.WriteString(map[bool]string{true: "<ul>", false: "</ul>"}[item])
				list = item
			}
			tag := map[string]string{"headline": "h2", "list_item": "li"}[p.Type]
			if tag == "" {
				tag = "p"
			}
			fmt.Fprintf(&b, "<%s>%s</%s>\n", tag, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(p.Passage), tag)
		}
		doc := policy.Read(policy.Input{ID: g.passages[0].Policy, MIMEType: "text/html; charset=utf-8", Raw: []byte("<main>" + b.String() + "</main>")}, m.set)
		g.segmented = assign(g.passages[0].Policy, doc, texts)
	}
	m.gdpr = out
	return out, nil
}
