package html

import (
	"cmp"
	"fmt"
	"slices"
)

// verdictBars are the parts of one stacked bar: X and Width in per cent.
func (b *builder) verdictBars() []bar {
	total := 0
	for _, e := range verdicts {
		total += b.rep.Summary.ByVerdict[e]
	}
	var out []bar
	at := 0
	for _, e := range verdicts {
		n := b.rep.Summary.ByVerdict[e]
		if n == 0 && e == "not-tested" {
			continue
		}
		out = append(out, bar{e, b.lang.word("verdict", e), b.lang.must("verdict." + e + ".means"), n, percent(at, total), percent(n, total)})
		at += n
	}
	return out
}

// categoryBars count the third-party recipients of each category.
func (b *builder) categoryBars() []bar {
	n := map[string]int{}
	for _, v := range b.rep.Vendors {
		if v.Party != "third" {
			continue
		}
		for _, c := range v.Categories {
			n[c]++
		}
		if !v.Recognized {
			n["not_recognised"]++
		}
	}
	return rows(n, 12)
}

// outcomeBars count the rules' outcomes.
func (b *builder) outcomeBars() []bar {
	n := map[string]int{}
	for _, r := range b.rep.Rules {
		n[r.Outcome]++
	}
	var out []bar
	for _, e := range outcomes {
		if n[e] > 0 {
			out = append(out, bar{Word: e, Short: b.lang.word("outcome", e), Meaning: b.lang.must("outcome." + e + ".means"), Count: n[e]})
		}
	}
	return out
}

// rows are the largest counts, as bars that are measured against the first.
func rows(n map[string]int, most int) []bar {
	var out []bar
	for word, count := range n {
		out = append(out, bar{Word: word, Count: count})
	}
	slices.SortFunc(out, func(x, y bar) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Word, y.Word)) })
	out = out[:min(most, len(out))]
	for i := range out {
		out[i].Width = percent(out[i].Count, out[0].Count)
	}
	return out
}

func percent(n, of int) string {
	if of == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", 100*float64(n)/float64(of))
}

// matrix shows which recipient gets which type of data, and what the texts say.
type matrix struct {
	Columns []string
	Rows    []matrixRow
	RowsCut int
	ColsCut int
}

type matrixRow struct {
	Name  string
	Cells []cell
}

// cell is empty, a verdict on what was seen, or "stated" only.
type cell struct{ Word, Flow string }

func (b *builder) matrix() matrix {
	cells := map[[2]string]cell{}
	perType, perVendor := map[string]int{}, map[string]int{}
	for _, f := range b.rep.Flows {
		if f.Recipient.Party != "third" {
			continue
		}
		for _, d := range f.DataTypes {
			key := [2]string{f.Recipient.Vendor, d}
			old, ok := cells[key]
			if !ok {
				perType[d]++
				perVendor[f.Recipient.Vendor]++
			}
			if !ok || worry(f.Disclosure.Verdict) < worry(old.Word) {
				cells[key] = cell{f.Disclosure.Verdict, b.flows[f.ID]}
			}
		}
	}
	for key := range b.stated() {
		if _, seen := cells[key]; !seen && perVendor[key[0]] > 0 && perType[key[1]] > 0 {
			cells[key] = cell{Word: "stated"}
		}
	}
	worstType, worstVendor := map[string]int{}, map[string]int{}
	for key, c := range cells {
		worse(worstVendor, key[0], c.Word)
		worse(worstType, key[1], c.Word)
	}
	types, vendors := ranked(perType), ranked(perVendor)
	slices.SortStableFunc(types, func(x, y string) int { return cmp.Compare(worstType[x], worstType[y]) })
	slices.SortStableFunc(vendors, func(x, y string) int { return cmp.Compare(worstVendor[x], worstVendor[y]) })
	m := matrix{RowsCut: left(len(vendors), matrixRows), ColsCut: left(len(types), matrixColumns)}
	m.Columns = types[:min(len(types), matrixColumns)]
	for _, v := range vendors[:min(len(vendors), matrixRows)] {
		row := matrixRow{Name: b.name(v)}
		for _, d := range m.Columns {
			row.Cells = append(row.Cells, cells[[2]string{v, d}])
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// worse keeps the place of the verdict that wants a look first.
func worse(places map[string]int, id, word string) {
	if old, ok := places[id]; !ok || worry(word) < old {
		places[id] = worry(word)
	}
}

// stated are the pairs of vendor and data type that a sentence states.
func (b *builder) stated() map[[2]string]bool {
	out := map[[2]string]bool{}
	for _, d := range b.rep.Policies {
		for _, s := range d.Statements {
			if s.Negated {
				continue
			}
			for _, id := range s.RecipientIDs {
				const vendor = "vendor:"
				if len(id) > len(vendor) && id[:len(vendor)] == vendor {
					for _, t := range s.DataTypes {
						out[[2]string{id[len(vendor):], t}] = true
					}
				}
			}
		}
	}
	return out
}

// statedOnly names the vendors that the texts say receive something and that
// were not seen.
func (b *builder) statedOnly() []string {
	var out []string
	for _, d := range b.rep.Policies {
		for _, s := range d.Statements {
			if s.Negated {
				continue
			}
			for i, id := range s.RecipientIDs {
				if kindOf(id) != "vendor" || i >= len(s.Recipients) {
					continue
				}
				if _, seen := b.vendors[id[len("vendor:"):]]; !seen && !slices.Contains(out, s.Recipients[i]) && len(out) < 30 {
					out = append(out, s.Recipients[i])
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func kindOf(id string) string {
	for i, r := range id {
		if r == ':' {
			return id[:i]
		}
	}
	return ""
}

func ranked(n map[string]int) []string {
	var out []string
	for k := range n {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y string) int { return cmp.Or(cmp.Compare(n[y], n[x]), cmp.Compare(x, y)) })
	return out
}

// worry is the place of a verdict; the first wants a look first.
func worry(word string) int {
	for i, e := range verdicts {
		if e == word {
			return i
		}
	}
	return len(verdicts)
}
