package canary

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

// prefix is the first eight bytes of a text as a number.
func prefix(s string) uint64 { return binary.LittleEndian.Uint64([]byte(s[:8])) }

// The filter is a set of bits large enough that few texts pass it by chance.
const filterBits = 20

func slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> (64 - filterBits) }

// index orders the spellings that begin alike, longest first, and fills the
// filter.
func (s *Set) index() {
	s.filter = make([]uint64, 1<<filterBits/64)
	for key, list := range s.needles {
		slices.SortStableFunc(list, func(a, b needle) int { return cmp.Compare(len(b.text), len(a.text)) })
		bit := slot(key)
		s.filter[bit/64] |= 1 << (bit % 64)
	}
}

// find calls found for each spelling in a text, from left to right. Where one
// ends the next may begin. It stops when found returns false.
func (s *Set) find(text string, found func(*needle) bool) {
	if len(text) > maxText {
		text = text[:maxText]
	}
	if len(text) < minNeedle {
		return
	}
	key := prefix(text)
	for i := 0; ; {
		if bit := slot(key); s.filter[bit/64]&(1<<(bit%64)) != 0 {
			if n := s.at(text[i:], key); n != nil {
				if !found(n) {
					return
				}
				if i += len(n.text); i+minNeedle > len(text) {
					return
				}
				key = prefix(text[i:])
				continue
			}
		}
		if i++; i+minNeedle > len(text) {
			return
		}
		key = key>>8 | uint64(text[i+minNeedle-1])<<56
	}
}

// at returns the longest spelling that a text begins with, or nil.
func (s *Set) at(text string, key uint64) *needle {
	list := s.needles[key]
	for i := range list {
		if strings.HasPrefix(text, list[i].text) {
			return &list[i]
		}
	}
	return nil
}

// search collects the hits of one request or stored value. A spelling in the
// same place counts once.
type search struct {
	set  *Set
	hits []Hit
	seen map[place]bool
}

type place struct {
	text       string
	canary     int
	where, via string
}

func (s *search) text(text, where, via string) {
	s.set.find(text, func(n *needle) bool { return s.hit(n, where, via, false) })
}

// value searches a named value: the whole of it too.
func (s *search) value(text, where, via string) {
	if n, ok := s.set.whole[text]; ok {
		s.hit(&n, where, via, !n.hashed)
	}
	s.texts(text, where, via)
}

// texts searches a text, and again without the escapes that it has.
func (s *search) texts(text, where, via string) {
	for range 4 {
		s.text(text, where, via)
		if strings.Contains(text, "+") && !strings.Contains(text, " ") { // as forms write spaces
			s.text(payload.Unescape(strings.ReplaceAll(text, "+", " ")), where, via)
		}
		plain := unescaped(text)
		if plain == text {
			return
		}
		text = plain
	}
}

func (s *search) hit(n *needle, where, via string, whole bool) bool {
	if len(s.hits) >= maxHits {
		return false
	}
	key := place{n.text, n.canary, where, via}
	if s.seen[key] {
		return true
	}
	s.seen[key] = true
	s.hits = append(s.hits, Hit{Kind: s.set.canaries[n.canary].kind, Chain: n.chain, Hashed: n.hashed, Whole: whole, Where: where, Via: via, canary: n.canary})
	return true
}

func (s *Set) start() *search { return &search{set: s, seen: map[place]bool{}} }

// Request finds the canaries in what a request sent: its address, headers,
// cookies, body and WebSocket messages. The reader must have read the request;
// its pairs and layers say in which parameter a canary stood. Hits are sorted by
// kind, place and chain.
func (s *Set) Request(r *evidence.Request, pairs []payload.Pair, layers []payload.Layer) []Hit {
	if s.Empty() {
		return nil
	}
	q := s.start()
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		q.value(r.Headers[name], "header "+name, "")
	}
	for _, c := range r.Cookies {
		q.value(c.Value, "cookie "+c.Name, "")
	}
	q.payload(pairs, layers)
	return q.done()
}

// Stored finds the canaries in a value that a page kept: a cookie's or one of a
// storage area.
func (s *Set) Stored(name, value string, r *payload.Reader) []Hit {
	if s.Empty() {
		return nil
	}
	q := s.start()
	q.payload(r.Value("", value), r.Layers())
	for i := range q.hits {
		if q.hits[i].Where == "value" {
			q.hits[i].Where = name
		} else {
			q.hits[i].Where = name + ", " + q.hits[i].Where
		}
	}
	q.texts(name, "the name of "+name, "")
	return q.done()
}

// payload searches named values, then the texts that they stood in for what no
// pair held: the rest of large bodies, binary ones, paths. There the canaries
// that a pair gave, hashed or readable, are not told again.
func (s *search) payload(pairs []payload.Pair, layers []payload.Layer) {
	before := len(s.hits)
	for i := range pairs {
		p := &pairs[i]
		where, via := "body", ""
		if p.Layer < len(layers) {
			where = layers[p.Layer].Via
			if where != "address" && where != "body" && where != "value" {
				via = where
			}
		}
		if p.Name == "" {
			via = ""
		} else {
			where = "parameter " + p.Name
		}
		if p.Nested {
			where += " of an address"
		}
		s.value(p.Value, where, via)
		s.texts(p.Name, "the name of a parameter", via)
	}
	type told struct {
		canary int
		hashed bool
	}
	known := map[told]bool{}
	for _, h := range s.hits[before:] {
		known[told{h.canary, h.Hashed}] = true
	}
	for _, l := range layers {
		rest := s.set.start()
		rest.texts(l.Text, l.Via, "")
		for _, h := range rest.hits {
			if !known[told{h.canary, h.Hashed}] && len(s.hits) < maxHits {
				s.hits = append(s.hits, h)
			}
		}
	}
}

func (s *search) done() []Hit {
	slices.SortStableFunc(s.hits, func(a, b Hit) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Where, b.Where), slices.Compare(a.Chain, b.Chain), cmp.Compare(a.canary, b.canary))
	})
	return s.hits
}

// unescaped takes off one layer of percent-encoding, of JSON's escapes or of
// HTML's, the first that the text has.
func unescaped(text string) string {
	if strings.Contains(text, "%") {
		if out := payload.Unescape(text); out != text {
			return out
		}
	}
	if strings.Contains(text, `\`) {
		if out := jsonEscapes.Replace(text); out != text {
			return out
		}
	}
	if strings.Contains(text, "&#") {
		return htmlEscapes.Replace(text)
	}
	return text
}

// The escapes of the characters that canaries have.
var (
	jsonEscapes = strings.NewReplacer(escapes(`\u%04x`, `\u%04X`, "\\/", "/", `\"`, `"`, `\\`, `\`)...)
	htmlEscapes = strings.NewReplacer(escapes("&#%d;", "&#x%X;", "&#x%x;")...)
)

// escapes returns pairs for a replacer: each printable ASCII character that is
// no letter or digit, in the given forms. Arguments without a percent sign are
// pairs of their own.
func escapes(forms ...string) []string {
	var out []string
	for i := 0; i < len(forms); i++ {
		if !strings.Contains(forms[i], "%") {
			out = append(out, forms[i], forms[i+1])
			i++
			continue
		}
		for c := ' '; c < 127; c++ {
			if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
				out = append(out, fmt.Sprintf(forms[i], c), string(c))
			}
		}
	}
	return out
}

// Without returns a text without the canaries in it, however they are spelled,
// and whether there was one.
func (s *Set) Without(text string) (rest string, found bool) {
	if s.Empty() {
		return text, false
	}
	if _, ok := s.whole[text]; ok {
		return "", true
	}
	for range 4 {
		var parts []string
		s.find(text, func(n *needle) bool { parts = append(parts, n.text); return len(parts) < maxHits })
		for _, p := range parts {
			text = strings.ReplaceAll(text, p, "")
		}
		found = found || len(parts) > 0
		plain := unescaped(text)
		if plain == text {
			break
		}
		text = plain
	}
	return text, found
}
