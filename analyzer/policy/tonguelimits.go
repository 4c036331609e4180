package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// deniedBefore reports whether a lead-in holds a denial.
func (t *tongue) deniedBefore(s *sentence) bool {
	for i := range s.from {
		if t.negators[s.low(i)] {
			return true
		}
	}
	return false
}

// saysNothing reports whether a denial is not one of ours: of an ability, of a
// duty, of what users may ask for, of which data are meant.
func (t *tongue) saysNothing(s *sentence, list []*said, i int, a *act, who string) bool {
	c := list[i]
	if t.joins[a.lemma] {
		return true
	}
	if c.excused || c.role == roleWhich && !a.noun || t.unable[a.modal] && who == "we" && (!a.passive || in(a.action, actUse, actCollect, actRetain)) {
		return true
	}
	for _, j := range c.toks {
		if t.asking[s.low(j)] {
			return true
		}
		if t.asks[s.low(j)] && (c.person == "user" || t.addressed(s)) {
			return true
		}
	}
	for _, o := range list[:i] {
		if o.role == roleExcept {
			continue
		}
		if o.negated && c.role == roleThat || o.excused && c.role == roleThat {
			return true
		}
		for _, j := range o.toks {
			if t.asks[s.low(j)] && (c.role == roleThat || c.role == roleAsk) {
				return true
			}
		}
		if o.person == "user" && c.role == roleThat {
			return true
		}
	}
	return false
}

// longer reports whether a denied keeping is one beyond a time: "nicht länger
// als 30 Tage" says that data are kept.
func (t *tongue) longer(s *sentence, st *Statement) bool {
	if !st.Negated {
		return false
	}
	low := strings.ToLower(s.text)
	for _, w := range []string{"länger als", "nicht länger", "über ", "plus longtemps", "au-delà", "plus de ", "más tiempo", "más de ", "más allá"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// days is the longest time span of a sentence, in whole days; 0 without any.
func (t *tongue) days(text string) int {
	low := strings.ToLower(text)
	low = t.ages.get().ReplaceAllString(low, " ")
	for _, w := range wordsIn(low) {
		if n := t.numbers[w]; n != "" {
			low = replaceWord(low, w, n)
		}
	}
	longest := 0.0
	for _, d := range durations(low) {
		longest = max(longest, d)
	}
	if longest > 0 && longest < 1 {
		return 1
	}
	return int(longest + 0.5)
}

func wordsIn(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return !wordRune(c) })
}

func replaceWord(s, w, by string) string {
	at := 0
	for {
		i := strings.Index(s[at:], w)
		if i < 0 {
			return s
		}
		i += at
		end := i + len(w)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if i > 0 && wordRune(before) || end < len(s) && wordRune(after) {
			at = end
			continue
		}
		s = s[:i] + by + s[end:]
		at = i + len(by)
	}
}

// condition is the words that limit an act, and the clause of an exception.
func (t *tongue) condition(s *sentence, list []*said, i int, a *act) (words string, except *said) {
	c := list[i]
	from := -1
	text := func(toks []int) string {
		if len(toks) == 0 {
			return ""
		}
		end := len(toks)
		for end > 1 && !s.toks[toks[end-1]].word {
			end--
		}
		return squeeze(s.text[s.toks[toks[0]].start:s.toks[toks[end-1]].end])
	}
	for j, o := range list {
		if o.role == roleExcept && (o.parent == c.part || o.parent == nil || c.raised || c.before != nil) {
			return t.tail(s, list, j, text), o
		}
	}
	for _, limit := range []*pattern{t.limits, t.denial} {
		if limit == t.denial && !c.negated {
			continue
		}
		for _, m := range s.matches(limit) {
			for _, k := range c.toks {
				if s.toks[k].start >= m[0] && s.toks[k].start < m[1] {
					from = k
					break
				}
			}
			if from >= 0 && whole.get().MatchString(s.text[m[0]:m[1]]) {
				return squeeze(s.text[m[0]:m[1]]), nil
			}
			if from >= 0 {
				if toks := t.phrase(s, c, from); len(toks) > 1 {
					return text(toks), nil
				}
				return squeeze(s.text[m[0]:m[1]]), nil
			}
		}
	}
	if c.negated {
		for _, k := range c.toks {
			if t.habits[s.low(k)] {
				return s.toks[k].raw, nil
			}
		}
	}
	for j, o := range list {
		if o.role != roleIf || o.parent != nil && o.parent != c.part && !c.raised && o.parent != c.before {
			continue
		}
		if c.negated || o.opener > a.at && t.conditional(s, o) {
			return t.tail(s, list, j, text), nil
		}
	}
	if c.negated && !a.noun && len(c.aims) == 0 {
		for j, o := range list {
			if j > i && o.role == roleAim && len(o.aims) == 0 && (o.parent == c.part || c.raised) {
				return t.tail(s, list, j, text), nil
			}
		}
	}
	return "", nil
}

// whole are limits that say all that they mean.
var whole = lazily(`(?i)(?:einwilligung|zustimmung|erlaubnis|genehmigung|wissen|einverständnis|zwecken?|hinaus|consentement|accord|autorisation|permission|fins|finalités|consentimiento|autorización|permiso|conformidad|fines|finalidades|distintos|diferentes)$`)

// matches finds a pattern in a sentence, at most three times, and remembers it.
func (s *sentence) matches(p *pattern) [][]int {
	m, ok := s.found[p]
	if !ok {
		if s.found == nil {
			s.found = make(map[*pattern][][]int)
		}
		m = p.get().FindAllStringIndex(s.text, 3)
		s.found[p] = m
	}
	return m
}

// firstMatch is the first match of a pattern in a sentence.
func (s *sentence) firstMatch(p *pattern) string {
	if m := s.matches(p); len(m) > 0 {
		return s.text[m[0][0]:m[0][1]]
	}
	return ""
}

// daysIn is the longest time span of a sentence, worked out once.
func (t *tongue) daysIn(s *sentence) int {
	if s.span == nil {
		n := t.days(s.text)
		s.span = &n
	}
	return *s.span
}

// conditional tells "if" from "when".
func (t *tongue) conditional(s *sentence, o *said) bool {
	return !in(s.low(o.opener), "wenn", "lorsque", "cuando") || t.only[s.low(o.opener-1)] || t.only[s.low(o.opener-3)] || s.low(o.opener) == "nur" || s.low(o.opener) == "wenn" && t.only[s.low(o.opener)]
}

// tail is the words of a clause with those that hang on it.
func (t *tongue) tail(s *sentence, list []*said, j int, text func([]int) string) string {
	toks := slices.Clone(list[j].toks)
	for k := j + 1; k < len(list); k++ {
		if list[k].parent == list[j].part {
			toks = append(toks, list[k].toks...)
		}
	}
	slices.Sort(toks)
	// What is not one run of words ends at the first break.
	for n := 1; n < len(toks); n++ {
		if toks[n] > toks[n-1]+3 {
			toks = toks[:n]
			break
		}
	}
	if from := list[j].opener; from > 0 && t.only[s.low(from-1)] {
		toks = append([]int{from - 1}, toks...)
	}
	return text(toks)
}

// phrase is the tokens of a clause from one on, to the next mark or to the verb
// that ends the clause.
func (t *tongue) phrase(s *sentence, c *said, from int) []int {
	if from > 0 && (t.only[s.low(from-1)]) && slices.Contains(c.toks, from-1) {
		from--
	}
	var out []int
	for _, k := range c.toks {
		if k < from {
			continue
		}
		if len(out) > 0 && (!s.toks[k].word || k > out[len(out)-1]+1) {
			break
		}
		if f, v := t.verbal(s, k); t.nouns && len(out) > 1 && (f || v) {
			break
		}
		if t.nouns && len(out) > 0 && slices.ContainsFunc(c.acts, func(a *act) bool { return a.part == s.low(k) }) {
			break
		}
		out = append(out, k)
	}
	return out
}
