package payload

import (
	"strings"
	"unicode/utf16"
)

// lzStart reports whether a value begins as LZ-string's base64 of a JSON object
// or list of objects does: its first characters are always literals.
func lzStart(s string) bool { return strings.HasPrefix(s, "N4Ig") || strings.HasPrefix(s, "NobwRA") }

const lzAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// bitReader reads LZ-string's bit stream: six bits a character, numbers with
// their lowest bit first.
type bitReader struct {
	text string
	at   int
	left uint
	ok   bool
}

func (b *bitReader) number(bits int) int {
	out := 0
	for i := range bits {
		if b.left == 0 {
			b.left, b.at = 6, b.at+1
		}
		if b.at >= len(b.text) {
			b.ok = false
			return 0
		}
		b.left--
		digit := strings.IndexByte(lzAlphabet, b.text[b.at])
		if digit < 0 {
			b.ok = false
			return 0
		}
		out |= (digit >> b.left & 1) << i
	}
	return out
}

// span is a word of the dictionary: each is a part of what was written so far.
type span struct{ at, size int }

// lzString expands what LZ-string's compressToBase64 made: LZ78 over UTF-16
// code units with a width of codes that grows. It gives up beyond limit code
// units.
func lzString(s string, limit int) (string, bool) {
	in := &bitReader{text: strings.ReplaceAll(s, " ", "+"), left: 6, ok: true}
	// The codes 0 and 1 announce a literal of 8 and of 16 bits, 2 the end.
	first := in.number(2)
	if first > 1 {
		return "", false
	}
	out := []uint16{uint16(in.number(8 << first))}
	last := span{0, 1}
	words := []span{{}, {}, {}, last}
	width, room := 3, 4
	add := func(w span) {
		words = append(words, w)
		if room--; room == 0 {
			room = 1 << width
			width++
		}
	}
	for in.ok && len(out) < limit && width < 24 {
		code := in.number(width)
		next := span{at: len(out)}
		switch {
		case !in.ok:
			return "", false
		case code == 2:
			return string(utf16.Decode(out)), true
		case code < 2:
			out = append(out, uint16(in.number(8<<code)))
			next.size = 1
			add(next)
		case code <= len(words):
			// The word that is about to be made is the last one and its first unit again.
			w := span{last.at, last.size + 1}
			if code < len(words) {
				w = words[code]
			}
			if len(out)+w.size > limit {
				return "", false
			}
			for i := range w.size {
				out = append(out, out[w.at+i])
			}
			next.size = w.size
		default:
			return "", false
		}
		add(span{last.at, last.size + 1})
		last = next
	}
	return "", false
}
