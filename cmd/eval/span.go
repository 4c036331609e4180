package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"candor/analyzer/policy"
)

// spans: which words are data that are collected, shared, not collected or not
// shared. An overlap counts a span that shares a word with one of the same
// label; exact counts those that begin and end at the same words.
func spans(m *measurement) error {
	pies, err := m.sentences()
	if err != nil {
		return err
	}
	labels := []string{"COLLECT", "SHARE", "NOT_COLLECT", "NOT_SHARE"}
	overlap, exact := map[string]*tally{}, newTally()
	var each []*tally
	for _, l := range labels {
		overlap[l] = newTally()
		each = append(each, overlap[l])
	}
	for _, s := range pies {
		got := s.predicted()
		var gold []labelledSpan
		for _, x := range s.Spans {
			gold = append(gold, labelledSpan{x.Label, x.Start, x.End})
		}
		for _, g := range got {
			if slices.Contains(gold, g) {
				exact.right(s.id())
			} else {
				exact.wrong(s.id())
			}
			if slices.ContainsFunc(gold, g.touches) {
				overlap[g.label].right(s.id())
			} else {
				overlap[g.label].wrong(s.id())
				m.mistake("span", s.id(), "FALSE %s %q <- %s", g.label, s.Tokens[g.start:g.end], strings.Join(s.Tokens, " "))
			}
		}
		for _, g := range gold {
			if !slices.Contains(got, g) {
				exact.missed(s.id())
			}
			if !slices.ContainsFunc(got, g.touches) {
				overlap[g.label].missed(s.id())
				m.mistake("span", s.id(), "MISSED %s %q <- %s", g.label, s.Tokens[g.start:g.end], strings.Join(s.Tokens, " "))
			}
		}
	}
	m.mean("span", "overlap-F1", each, f1)
	m.figure("span", "exact-F1", exact, f1)
	for i, l := range labels {
		m.figure("span", "overlap-F1-"+strings.ToLower(l), each[i], f1)
	}
	return nil
}

type labelledSpan struct {
	label      string
	start, end int // tokens
}

func (s labelledSpan) touches(o labelledSpan) bool {
	return s.label == o.label && s.start < o.end && o.start < s.end
}

// predicted are the spans of the data of the statements, in tokens.
func (s pieSentence) predicted() []labelledSpan {
	text, starts := spaced(s.Tokens)
	if text != s.read.Text {
		return nil // the reader laid the text out in another way
	}
	var out []labelledSpan
	for _, st := range s.read.Statements {
		label := spanLabel(st)
		for _, d := range st.Data {
			from, to := -1, -1
			for i, at := range starts {
				end := at + utf8.RuneCountInString(s.Tokens[i])
				if from < 0 && end > d.Start {
					from = i
				}
				if at < d.End {
					to = i + 1
				}
			}
			for from > 0 && slices.Contains(determiners, strings.ToLower(s.Tokens[from-1])) {
				from-- // the annotators marked whole noun phrases
			}
			if x := (labelledSpan{label, from, to}); label != "" && from >= 0 && from < to && !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// determiners begin a noun phrase.
var determiners = strings.Fields("your the any a an this such certain these some their other all his her user's")

func spanLabel(st policy.Statement) string {
	label := ""
	switch st.Action {
	case "collect", "use", "retain", "provide", "place_cookies":
		label = "COLLECT"
	case "share", "disclose", "sell", "transfer", "let_collect":
		label = "SHARE"
	default:
		return ""
	}
	if st.Negated {
		return "NOT_" + label
	}
	return label
}

// spaced joins tokens as detokenize does, and says where each begins, in code
// points.
func spaced(tokens []string) (string, []int) {
	text := detokenize(tokens)
	starts := make([]int, len(tokens))
	at, runes := 0, 0
	for i, t := range tokens {
		k := strings.Index(text[at:], t)
		if k < 0 {
			return "", nil
		}
		runes += utf8.RuneCountInString(text[at : at+k])
		starts[i] = runes
		runes += utf8.RuneCountInString(t)
		at += k + len(t)
	}
	return text, starts
}
