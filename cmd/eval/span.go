package main

import (
	"regexp"
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
	if text != s.text {
		return nil
	}
	var out []labelledSpan
	for _, st := range s.statements {
		if !s.marked(st) {
			continue
		}
		for _, d := range st.Data {
			if d.ID == "cookie_identifier" {
				continue
			}
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
			from, to = s.bare(from, to)
			for _, label := range spanLabels(st) {
				if x := (labelledSpan{label, from, to}); from >= 0 && from < to && !slices.Contains(out, x) {
					out = append(out, x)
				}
			}
		}
	}
	return out
}

// bare are the borders of the corpus, which marked noun phrases with their
// determiners and adjectives, and without what follows the noun, "of" aside:
// "any other information" of "any other information about you".
func (s pieSentence) bare(from, to int) (int, int) {
	for from > 0 && slices.Contains(beforeNoun, strings.ToLower(s.Tokens[from-1])) {
		from--
	}
	for i := from + 1; i < to; i++ {
		if slices.Contains(afterNoun, strings.ToLower(s.Tokens[i])) {
			return from, i
		}
	}
	return from, to
}

var (
	beforeNoun = strings.Fields("your the any a an this that such certain these those some their other all his her its user's specific similar related additional unique general basic new same entire aggregated anonymous non-personal limited various")
	afterNoun  = strings.Fields("about from for that which you we collected viewed visited")
)

// marked reports whether the corpus marks the data of a statement. Its marks
// are those of acts, so data that a sentence about security, rights or choices
// happens to name have none, nor have "the information that we collect" where
// that only says what another act is about.
func (s pieSentence) marked(st policy.Statement) bool {
	if st.Negated {
		return true
	}
	if s.besides {
		return false
	}
	return !onlyTells(st) || slices.ContainsFunc(s.statements, func(o policy.Statement) bool { return !o.Aside })
}

// spanLabels are the labels of a statement's data: what others get or take
// themselves is shared, and what is denied but for an exception is done, too.
func spanLabels(st policy.Statement) []string {
	var out []string
	for _, party := range parties(st) {
		label := map[string]string{firstParty: "COLLECT", thirdParty: "SHARE"}[party]
		if st.Negated {
			out = append(out, "NOT_"+label)
		}
		if !st.Negated || excepted.MatchString(st.Condition) {
			out = append(out, label)
		}
	}
	return out
}

var excepted = regexp.MustCompile(`(?i)^(?:except|unless|other than)`)

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
