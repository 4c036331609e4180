package policy

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxColumns = 40
	maxRows    = 5_000
)

// grid is an HTML table with its spans resolved.
type grid struct {
	caption string
	head    []string   // joined heads of each column; nil when there are none
	rows    [][]string // body rows
}

// table reads a table: a data table becomes rows with their column heads, a
// table used for layout is walked as plain blocks.
func (w *walker) table(n *html.Node, depth int) {
	w.flush()
	if layoutTable(n) {
		oldKind, oldLevel := w.kind, w.level
		w.kind, w.level = "", 0
		w.children(n, depth)
		w.flush()
		w.kind, w.level = oldKind, oldLevel
		return
	}
	w.tables++
	g := readGrid(n)
	if g.caption != "" {
		w.out = append(w.out, piece{kind: "paragraph", text: g.caption})
	}
	if g.head != nil {
		w.out = append(w.out, piece{kind: "row", text: joinCells(g.head), cells: g.head, columns: g.head, table: w.tables, header: true})
	}
	for _, row := range g.rows {
		w.out = append(w.out, piece{kind: "row", text: joinCells(row), cells: row, columns: g.head, table: w.tables})
	}
}

func joinCells(cells []string) string {
	var full []string
	for _, c := range cells {
		if c != "" {
			full = append(full, c)
		}
	}
	return strings.Join(full, " | ")
}

// layoutTable tells tables that place text from tables that hold data.
func layoutTable(n *html.Node) bool {
	if role := attr(n, "role"); role == "presentation" || role == "none" {
		return true
	}
	heads, rows, widest, longest := 0, 0, 0, 0
	nested := false
	for d := range n.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		switch d.DataAtom {
		case atom.Table:
			nested = true
		case atom.Th:
			heads++
		case atom.Tr:
			rows++
			cells := 0
			for c := d.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells++
				}
			}
			widest = max(widest, cells)
		case atom.Td:
			longest = max(longest, len(textOf(d)))
		case atom.H1, atom.H2:
			return true
		}
	}
	switch {
	case nested && longest > 1500, widest < 2:
		return true
	case heads > 0:
		return false
	}
	return rows < 2 || longest > 3000
}

func readGrid(n *html.Node) grid {
	var g grid
	type cell struct {
		text string
		head bool
	}
	var rows [][]cell
	var inHead []bool
	carried := make(map[int]struct {
		cell
		left int
	})
	var visit func(n *html.Node, head bool, depth int)
	visit = func(n *html.Node, head bool, depth int) {
		for c := n.FirstChild; c != nil && len(rows) < maxRows && depth < 40; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			switch c.DataAtom {
			case atom.Caption:
				g.caption = squeeze(textOf(c))
			case atom.Thead:
				visit(c, true, depth+1)
			case atom.Tbody, atom.Tfoot:
				visit(c, false, depth+1)
			case atom.Tr:
				var row []cell
				put := func(x cell) {
					if len(row) < maxColumns {
						row = append(row, x)
					}
				}
				carry := func() {
					for {
						k, ok := carried[len(row)]
						if !ok || len(row) >= maxColumns {
							return
						}
						if k.left--; k.left <= 0 {
							delete(carried, len(row))
						} else {
							carried[len(row)] = k
						}
						put(k.cell)
					}
				}
				for d := c.FirstChild; d != nil; d = d.NextSibling {
					if d.DataAtom != atom.Td && d.DataAtom != atom.Th {
						continue
					}
					carry()
					x := cell{cellText(d), d.DataAtom == atom.Th}
					down, across := spanOf(d, "rowspan"), spanOf(d, "colspan")
					for range across {
						if down > 1 {
							carried[len(row)] = struct {
								cell
								left int
							}{x, down - 1}
						}
						put(x)
					}
				}
				carry()
				if len(row) > 0 {
					rows = append(rows, row)
					inHead = append(inHead, head)
				}
			}
		}
	}
	visit(n, false, 0)
	// Head rows: those of thead, else leading rows of th alone, else a first row
	// of short cells without a full stop.
	heads := 0
	for heads < len(rows) && heads < 3 {
		all := true
		for _, c := range rows[heads] {
			all = all && c.head
		}
		if !inHead[heads] && !all {
			break
		}
		heads++
	}
	if heads == len(rows) {
		heads = min(heads, 1)
	}
	texts := make([][]string, len(rows))
	for i, row := range rows {
		for _, c := range row {
			texts[i] = append(texts[i], c.text)
		}
	}
	if heads == 0 && len(texts) > 1 && headRow(texts[0]) {
		heads = 1
	}
	if heads > 0 {
		g.head = texts[heads-1]
		for i := heads - 2; i >= 0; i-- {
			for j, t := range texts[i] {
				if j < len(g.head) && t != "" && t != g.head[j] && len(t)+len(g.head[j]) < 160 {
					g.head[j] = t + " " + g.head[j]
				}
			}
		}
	}
	g.rows = texts[heads:]
	return g
}

func headRow(cells []string) bool {
	if len(cells) < 2 {
		return false
	}
	for _, c := range cells {
		if c == "" || len(c) > 60 || strings.HasSuffix(c, ".") || strings.ContainsAny(c, "_;") {
			return false
		}
	}
	return columnRoles(cells).known > 0
}

// cellText is the text of a cell. Lines and items are joined by commas, so that
// several names in one cell stay apart.
func cellText(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		for c := n.FirstChild; c != nil && depth < maxDepth; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type != html.ElementNode || droppedAtoms[c.DataAtom]:
			case c.DataAtom == atom.Br || c.DataAtom == atom.P || c.DataAtom == atom.Div || c.DataAtom == atom.Li || c.DataAtom == atom.Tr || c.DataAtom == atom.Td:
				b.WriteString(" ")
				walk(c, depth+1)
				b.WriteString(lineBreak)
			default:
				walk(c, depth+1)
			}
		}
	}
	walk(n, 0)
	lines := strings.Split(b.String(), lineBreak)
	var out []string
	for _, l := range lines {
		if l = squeeze(l); l != "" {
			out = append(out, l)
		}
	}
	return joinLines(out)
}

const lineBreak = "\x1e"

// joinLines joins the lines of a cell: short ones as a list, prose as prose.
func joinLines(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			if prev := lines[i-1]; strings.ContainsAny(prev[len(prev)-1:], ".,;:!?") {
				b.WriteByte(' ')
			} else {
				b.WriteString(", ")
			}
		}
		b.WriteString(l)
	}
	return b.String()
}

func spanOf(n *html.Node, key string) int {
	v, err := strconv.Atoi(attr(n, key))
	if err != nil || v < 1 {
		return 1
	}
	return min(v, 1000)
}
