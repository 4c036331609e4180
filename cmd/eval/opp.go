package main

import (
	"fmt"
	"sort"
)

type oppSegment struct {
	Policy   string
	Site     string
	Seg      int
	Text     string
	Majority []string
	Union    []string
}

type oppPractice struct {
	Policy    string
	Seg       int
	Annotator string
	Category  string
	Attrs     []struct{ Attr, Value, Text string }
}

func (p oppPractice) attr(name string) string {
	for _, a := range p.Attrs {
		if a.Attr == name {
			return a.Value
		}
	}
	return ""
}

func (p oppPractice) text(name string) string {
	for _, a := range p.Attrs {
		if a.Attr == name {
			return a.Text
		}
	}
	return ""
}

type oppPolicy struct {
	*segmented
	segs      []oppSegment
	practices [][]oppPractice // by segment
}

// policiesOfOPP reads the annotated policies once.
func (m *measurement) policiesOfOPP() ([]*oppPolicy, error) {
	if m.opp != nil {
		return m.opp, nil
	}
	segs, err := lines[oppSegment](m, "opp115_segments.jsonl")
	if err != nil {
		return nil, err
	}
	practices, err := lines[oppPractice](m, "opp115_practices.jsonl")
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*oppPolicy)
	var ids []string
	for _, s := range segs {
		p := byID[s.Policy]
		if p == nil {
			p = &oppPolicy{}
			byID[s.Policy] = p
			ids = append(ids, s.Policy)
		}
		p.segs = append(p.segs, s)
	}
	index := make(map[string]int)
	for id, p := range byID {
		for i, s := range p.segs {
			index[fmt.Sprint(id, "/", s.Seg)] = i
		}
		p.practices = make([][]oppPractice, len(p.segs))
	}
	for _, x := range practices {
		if i, ok := index[fmt.Sprint(x.Policy, "/", x.Seg)]; ok {
			p := byID[x.Policy]
			p.practices[i] = append(p.practices[i], x)
		}
	}
	sort.Strings(ids)
	out := []*oppPolicy{}
	for _, id := range ids {
		p := byID[id]
		var texts []string
		for _, s := range p.segs {
			texts = append(texts, s.Text)
		}
		p.segmented = readSegments(m.set, id, "https://www."+p.segs[0].Site+"/privacy", texts, "\n\n")
		out = append(out, p)
	}
	m.opp = out
	return out, nil
}

// agreed counts how many annotators gave something in a segment.
func (p *oppPolicy) agreed(i int, f func(oppPractice) []tuple) map[tuple]int {
	seen := make(map[tuple]map[string]bool)
	for _, x := range p.practices[i] {
		for _, t := range f(x) {
			if seen[t] == nil {
				seen[t] = make(map[string]bool)
			}
			seen[t][x.Annotator] = true
		}
	}
	out := make(map[tuple]int)
	for t, by := range seen {
		out[t] = len(by)
	}
	return out
}
