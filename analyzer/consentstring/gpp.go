package consentstring

import "strings"

// maxSections bounds the sections of a GPP string; IAB has given out fewer numbers.
const maxSections = 64

// layout is where a US section has its opt-outs: how many fields of two bits
// stand before them (notices, and what is told of an agreement), and which
// opt-outs follow, of two bits each.
type layout struct {
	name   string
	before int
	asks   string // s sale, h sharing, a targeted advertising
	draft  bool   // published for comment, with a header that IAB's own library leaves out
}

// layouts are the US sections by their number, as of Sections/US-States and
// US-National of the specification in November 2026. Strings that
// @iabgpp/cmpapi 3.2.0, which is IAB Tech Lab's own, writes for each are in the tests.
var layouts = map[int]layout{
	7:  {name: "usnat", before: 6, asks: "sha"},
	8:  {name: "usca", before: 3, asks: "sh"},
	9:  {name: "usva", before: 3, asks: "sa"},
	10: {name: "usco", before: 3, asks: "sa"},
	11: {name: "usut", before: 4, asks: "sa"},
	12: {name: "usct", before: 3, asks: "sa"},
	13: {name: "usfl", before: 3, asks: "sa"},
	14: {name: "usmt", before: 3, asks: "sa"},
	15: {name: "usor", before: 3, asks: "sa"},
	16: {name: "ustx", before: 3, asks: "sa"},
	17: {name: "usde", before: 3, asks: "sa"},
	18: {name: "usia", before: 4, asks: "sa"},
	19: {name: "usne", before: 3, asks: "sa"},
	20: {name: "usnh", before: 3, asks: "sa"},
	21: {name: "usnj", before: 3, asks: "sa"},
	22: {name: "ustn", before: 3, asks: "sa"},
	23: {name: "usmn", before: 3, asks: "sa"},
	24: {name: "usmd", before: 5, asks: "sa", draft: true},
	25: {name: "usin", before: 5, asks: "sa", draft: true},
	26: {name: "usky", before: 5, asks: "sa", draft: true},
	27: {name: "usri", before: 5, asks: "sa", draft: true},
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
			o, ok := l.read(id, text)
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

func (l layout) read(id int, text string) (OptOut, bool) {
	core, _, _ := strings.Cut(text, ".")
	b, ok := newBits(core)
	if !ok {
		return OptOut{}, false
	}
	o := OptOut{Section: l.name}
	if version := b.int(6); l.draft && version == id {
		return o, true // the header of the draft: what follows it is not settled
	}
	b.int(2 * l.before)
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
