package consentstring

import "strings"

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// bits are read from the left. After their end they are zero, and short is set.
type bits struct {
	six   []byte // values of the base64url digits
	at    int
	short bool
}

// newBits takes a text in base64url. GPP strings fill up to a digit and not to
// whole bytes, which encoding/base64 refuses.
func newBits(s string) (*bits, bool) {
	s = strings.TrimRight(s, "=")
	b := &bits{six: make([]byte, len(s))}
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return nil, false
		}
		b.six[i] = byte(d)
	}
	return b, len(s) > 0
}

func (b *bits) bit() bool {
	if b.at >= 6*len(b.six) {
		b.short = true
		return false
	}
	set := b.six[b.at/6]&(0x20>>(b.at%6)) != 0
	b.at++
	return set
}

// int reads a number of at most 36 bits.
func (b *bits) int(n int) int {
	out := 0
	for range n {
		out <<= 1
		if b.bit() {
			out |= 1
		}
	}
	return out
}

// set reads a field of bits and returns the numbers of those that are set, from 1.
func (b *bits) set(n int) []int {
	var out []int
	for i := range n {
		if b.bit() {
			out = append(out, i+1)
		}
	}
	return out
}

// vendors reads a list of vendors: a field of bits, or ranges.
func (b *bits) vendors() []int {
	most := b.int(16)
	if !b.bit() {
		return b.set(min(most, 6*len(b.six)))
	}
	var out []int
	for range b.int(12) {
		several := b.bit()
		first := b.int(16)
		last := first
		if several {
			last = b.int(16)
		}
		if b.short || first < 1 || last < first || last > most || len(out)+last-first >= 1<<16 {
			b.short = true
			return nil
		}
		for v := first; v <= last; v++ {
			out = append(out, v)
		}
	}
	return out
}

// fibonacci reads a number in Fibonacci coding, which ends with two ones.
func (b *bits) fibonacci() int {
	out, last := 0, false
	for this, next := 1, 2; next < 1<<20; this, next = next, this+next {
		one := b.bit()
		if one && last || b.short {
			return out
		}
		if one {
			out += this
		}
		last = one
	}
	b.short = true
	return 0
}
