package policy

import "strings"

// Who acts in a sentence: we, the user, or whom the sentence before named.

var ownThings = wordSet(`site website websites sites service services app apps application applications company team servers server platform
	system systems pages page organization organisation store products software tools portal newsletter staff employees personnel`)

// findActors marks we and the user.
func (s *sentence) findActors() {
	for i := 0; i < len(s.toks); i++ {
		t := s.toks[i]
		if !t.word || s.taken(i, i+1) {
			continue
		}
		m := mention{start: i, end: i + 1, kind: mActor}
		switch t.low {
		case "we", "us", "i":
			m.id = "we"
			if t.raw == "US" {
				continue
			}
		case "you", "user", "users", "visitor", "visitors", "customer", "customers", "individuals", "consumers", "consumer", "subscribers", "members", "yourself":
			if t.low != "you" && s.dataStartsAt(i+1) {
				continue // "users name"
			}
			m.id = "user"
		case "it", "these", "such", "they":
			if n := s.pointsBack(i); n > 0 {
				m.id, m.end = "they", i+n
				break
			}
			if t.low == "they" {
				m.id = "they"
				break
			}
			if t.low != "these" {
				continue
			}
			fallthrough
		case "our", "this", "the":
			end := i + 1
			for end < len(s.toks) && end < i+4 && !ownThings[s.low(end)] {
				end++
			}
			if end >= len(s.toks) || end >= i+4 || s.crossesMark(i, end) || s.taken(i+1, end+1) || t.low == "the" && s.keptAt(i, end) {
				continue
			}
			for end+1 < len(s.toks) && ownThings[s.low(end+1)] {
				end++
			}
			m.id, m.end = "we", end+1
			if s.low(m.end) == "of" && in(s.low(m.end+1), "third", "other", "others") {
				continue
			}
		case "them":
			m.id = "they"
		default:
			if n := s.selfName(i); n > 0 {
				m.id, m.end = "we", i+n
			} else if s.withOwn(i) {
				m.id = "we"
			} else {
				continue
			}
			for strings.ContainsAny(s.toks[m.end-1].raw, "'’") && ownThings[s.low(m.end)] {
				m.end++ // "Acme's website"
			}
		}
		s.mentions = append(s.mentions, m)
		i = m.end - 1
	}
}

// withOwn reports whether a name at i is ours by what is joined to it: "Acme and
// our providers collect".
func (s *sentence) withOwn(i int) bool {
	if !s.toks[i].cap || isNotName(s.toks[i].raw) || s.low(i+1) != "and" || !in(s.low(i+2), "our", "its") {
		return false
	}
	for _, m := range s.mentions {
		if m.kind == mWho && m.start > i+2 && m.start <= i+5 {
			return true
		}
	}
	return false
}

// keptAt reports whether what "the" begins is a place of another's at which
// data are kept: "on the Acme platform we store".
func (s *sentence) keptAt(i, end int) bool {
	return in(s.low(i-1), "on", "in", "at") && keepers[s.low(end)] && end == i+2 && s.selfName(i+1) == 0 && s.holdsData(i+1)
}

// pointers are nouns that point back to whoever the last sentence named.
var pointers = wordSet("features companies parties providers partners vendors networks technologies tools plugins plug-ins widgets organizations entities advertisers firms buttons")

// pointsBack returns the length of a subject that stands for who the sentence
// before named: "it", "these features".
func (s *sentence) pointsBack(i int) int {
	if len(s.back) == 0 || i > 0 && !in(s.low(i-1), ".", ";", ",", "and") {
		return 0
	}
	if s.low(i) == "it" || s.low(i) == "they" {
		if i > 0 || s.low(i) == "it" && s.back[len(s.back)-1].Kind == "category" {
			return 0
		}
		if verbs[s.low(i+1)].lemma != "" || auxiliaries[s.low(i+1)] && s.low(i+1) != "is" {
			return 1
		}
		return 0
	}
	for n := 1; n <= 3; n++ {
		if pointers[s.low(i+n)] && !s.taken(i, i+n+1) {
			return n + 1
		}
	}
	return 0
}

func (s *sentence) crossesMark(from, to int) bool {
	for i := from; i < to; i++ {
		if !s.toks[i].word || in(s.low(i), "and", "or", "of", "to", "in", "for", "we", "you", "is", "are", "may", "that") {
			return true
		}
	}
	return false
}

// selfName returns the length of the organisation's own name at i.
func (s *sentence) selfName(i int) int {
	if !s.toks[i].cap && !strings.Contains(s.toks[i].low, ".") {
		if len(s.toks[i].low) > 4 && s.self[s.toks[i].low] && s.norm[i] != "website" {
			return 1
		}
		return 0
	}
	for n := min(5, len(s.toks)-i); n > 0; n-- {
		name := strings.ToLower(s.text[s.toks[i].start:s.toks[i+n-1].end])
		if n > 1 && s.self[strings.ReplaceAll(name, " ", "")] {
			return n // "Acme Lamps" of acmelamps.com
		}
		if s.self[name] || s.self[strings.TrimSuffix(strings.TrimSuffix(name, "'s"), "’s")] {
			return n
		}
	}
	return 0
}
