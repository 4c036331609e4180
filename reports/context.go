package reports

import "strings"

// maxContext bounds the text around a sentence, in characters on each side.
const maxContext = 240

// context puts the text around them to the statements that something points
// at, so that a sentence can be read where it stands.
func (rep *Report) context() {
	cited := map[string]bool{}
	cite := func(lists ...[]string) {
		for _, l := range lists {
			for _, id := range l {
				cited[id] = true
			}
		}
	}
	for _, f := range rep.Flows {
		cite(f.Disclosure.Statements, f.Disclosure.Candidates)
	}
	for _, p := range rep.Promises {
		cite([]string{p.Statement})
	}
	for _, f := range rep.Findings {
		cite(f.Statements)
	}
	for i := range rep.Policies {
		p := &rep.Policies[i]
		text := []rune(p.text)
		for j := range p.Statements {
			s := &p.Statements[j]
			if cited[s.ID] && 0 <= s.Start && s.Start < s.End && s.End <= len(text) {
				s.Before, s.After = around(text, s.Start, s.End)
			}
		}
	}
}

// around is what stands before and after a piece of a text, within its block
// and cut at words.
func around(text []rune, start, end int) (before, after string) {
	from, to := max(0, start-maxContext), min(len(text), end+maxContext)
	before, after = string(text[from:start]), string(text[end:to])
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	} else if from > 0 {
		if i := strings.IndexByte(before, ' '); i >= 0 {
			before = "…" + before[i+1:]
		}
	}
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	} else if to < len(text) {
		if i := strings.LastIndexByte(after, ' '); i >= 0 {
			after = after[:i] + "…"
		}
	}
	return strings.TrimSpace(before), strings.TrimSpace(after)
}
