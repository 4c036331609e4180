package policy

import (
	"slices"
	"unicode/utf8"

	"candor/rules"
)

// Named is a place of a text that names a kind of data.
type Named struct {
	ID         string // of the term; "" in a statement's list of data for a member that the terms lack
	Start, End int    // code points of the text
}

// NamedData finds the kinds of data that an English text names, in order,
// whether or not anything is said to happen with them.
func NamedData(text string, set *rules.Set) []Named {
	lex := lexiconFor(set)
	var out []Named
	runes, at := 0, 0
	count := func(to int) int {
		runes += utf8.RuneCountInString(text[at:to])
		at = to
		return runes
	}
	for _, sp := range splitSentences(text) {
		s := lex.sentence(text[sp.start:sp.end], 0, nil)
		for _, m := range s.mentions {
			if m.kind == mData {
				out = append(out, Named{ID: m.id, Start: count(sp.start + s.toks[m.start].start), End: count(sp.start + s.toks[m.end-1].end)})
			}
		}
	}
	return out
}

// placeData says of the statements from a number on, all of one sentence, where
// the sentence names their data.
func (r *reader) placeData(s *sentence, from int) {
	if from >= len(r.doc.Statements) {
		return
	}
	type place struct {
		Named
		at, toks span
	}
	var all []place
	start := r.doc.Statements[from].Start
	runes, at := start, 0
	count := func(to int) int {
		runes += utf8.RuneCountInString(s.text[at:to])
		at = to
		return runes
	}
	for _, m := range s.mentions {
		if m.kind == mData {
			in := span{s.toks[m.start].start, s.toks[m.end-1].end}
			all = append(all, place{Named{ID: m.id, Start: count(in.start), End: count(in.end)}, in, span{m.start, m.end}})
		}
	}
	for i := from; i < len(r.doc.Statements); i++ {
		st := &r.doc.Statements[i]
		var known []span
		for _, n := range all {
			// Read with what introduces it, data may be cut in another way.
			within := func(o span) bool { return n.at.start < o.end && o.start < n.at.end }
			if slices.ContainsFunc(st.places, within) || st.places == nil && slices.Contains(st.DataTypes, n.ID) {
				st.Data = append(st.Data, n.Named)
				known = append(known, n.toks)
			}
		}
		for _, x := range s.listed(known) {
			runes, at = start, 0
			st.Data = append(st.Data, Named{Start: count(s.toks[x.start].start), End: count(s.toks[x.end-1].end)})
		}
		slices.SortStableFunc(st.Data, func(a, b Named) int { return a.Start - b.Start })
	}
}

// retained are words that say that data are kept for some time.
var retained = lazily(`(?i)\b(?:is|are|be|been)\s+retained\b[^.;,]*|\b(?:will|may)\s+(?:also\s+)?retain\b`)

// Keeping says how long a statement about retention keeps data: the time that
// it states, or the words of its rule. Both are empty when it says neither.
func (st Statement) Keeping() (days int, rule string) {
	if st.Action != actRetain && (st.Action != actCookies || st.RetentionDays == 0) {
		return 0, ""
	}
	rule = criterion(st.Condition)
	if rule == "" && st.RetentionDays == 0 && !st.Negated {
		rule = squeeze(retained.get().FindString(st.Quote)) // it says that they are kept, and not how long
	}
	return st.RetentionDays, rule
}
