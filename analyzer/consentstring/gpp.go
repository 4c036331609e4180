package consentstring

import "strings"

// maxSections bounds the sections of a GPP string; IAB has given out fewer numbers.
const maxSections = 64

// layout is where a US section has its opt-outs: how many notices of two bits
// stand before them, and which opt-outs follow, of two bits each.
type layout struct {
	name    string
	notices int
	asks    string // s sale, h sharing, a targeted advertising
}

// layouts are the US sections whose fields are known, by their number.
var layouts = map[int]layout{
	7:  {"usnat", 6, "sha"},
	8:  {"usca", 3, "sh"},
	9:  {"usva", 3, "sa"},
	10: {"usco", 3, "sa"},
	11: {"usut", 4, "sa"},
	12: {"usct", 3, "sa"},
	18: {"usia", 4, "sa"},
}

// gpp reads a GPP string: a header that lists its sections, and those.
func gpp(s string) (String, bool) {
	parts := strings.Split(s, "~")
	ids, ok := sections(parts[0])
	if !ok || len(ids) != len(parts)-1 {
		return String{}, false
	}
	out := String{Kind: KindGPP}
	for i, id := range ids {
		text := parts[i+1]
		switch l, known := layouts[id]; {
		case id == 2:
			if out.TCF, ok = tcf(text); !ok {
				return String{}, false
			}
		case id == 6 && len(text) == 4:
			if o, ok := usPrivacy(text); ok {
				out.OptOuts = append(out.OptOuts, o)
			}
		case known:
			o, ok := l.read(text)
			if !ok {
				return String{}, false
			}
			out.OptOuts = append(out.OptOuts, o)
		}
	}
	return out, true
}

// sections reads the numbers of the sections from a header.
func sections(header string) ([]int, bool) {
	b, ok := newBits(header)
	if !ok || b.int(6) != 3 || b.int(6) != 1 {
		return nil, false
	}
	var ids []int
	last := 0
	for range b.int(12) {
		several := b.bit()
		first := last + b.fibonacci()
		last = first
		if several {
			last += b.fibonacci()
		}
		if b.short || len(ids)+last-first >= maxSections {
			return nil, false
		}
		for id := first; id <= last; id++ {
			ids = append(ids, id)
		}
	}
	return ids, true
}

func (l layout) read(text string) (OptOut, bool) {
	core, _, _ := strings.Cut(text, ".")
	b, ok := newBits(core)
	if !ok {
		return OptOut{}, false
	}
	b.int(6)
	b.int(2 * l.notices)
	o := OptOut{Section: l.name}
	for _, c := range l.asks {
		a := Answer(b.int(2))
		if a > NotOptedOut {
			return OptOut{}, false
		}
		switch c {
		case 's':
			o.Sale = a
		case 'h':
			o.Sharing = a
		case 'a':
			o.Advertising = a
		}
	}
	return o, !b.short
}
