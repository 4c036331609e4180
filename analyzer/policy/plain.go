package policy

import (
	"strings"
	"unicode"
)

var (
	mdHeading = lazily(`^ {0,3}(#{1,6})\s+(.+?)\s*#*\s*$`)
	mdItem    = lazily(`^(\s*)(?:[-*+•·▪◦●○–]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)])\s+(.*)$`)
	mdRule    = lazily(`^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$`)
	mdLink    = lazily(`!?\[([^\]\n]{0,300})\]\([^()\s]*(?:\([^()]*\)[^()\s]*)?(?:\s+"[^"]*")?\)`)
	mdMarks   = lazily(`\*\*|__|\x60`)
	mdStress  = lazily(`(^|\s)[*_]([^*_\s][^*_\n]{0,300})[*_]($|[\s.,;:])`)
	numbered  = lazily(`^(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|[A-Z]\.)\s+\S`)
)

// plainPieces reads plain text and Markdown: headings by marks, underlines, or
// short lines that stand alone; items; tables with bars; paragraphs.
func plainPieces(text string) []piece {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	p := &plainReader{lines: strings.Split(strings.ReplaceAll(text, "\f", "\n"), "\n")}
	for p.at < len(p.lines) && len(p.out) <= maxBlocks {
		p.line()
	}
	p.end()
	return p.out
}

type plainReader struct {
	lines  []string
	at     int
	out    []piece
	para   []string
	item   bool
	level  int
	lead   string
	tables int
}

func (p *plainReader) line() {
	line := p.lines[p.at]
	trim := strings.TrimSpace(line)
	next := ""
	if p.at+1 < len(p.lines) {
		next = strings.TrimSpace(p.lines[p.at+1])
	}
	switch {
	case trim == "":
		p.end()
		p.at++
		return
	case len(p.para) == 0 && underline(next) && len(trim) < 200:
		level := 1
		if next[0] == '-' {
			level = 2
		}
		p.heading(trim, level)
		p.at += 2
		return
	case strings.Contains(line, "|") && mdRule.get().MatchString(next) && strings.Contains(next, "|"):
		p.end()
		p.table()
		return
	}
	if m := mdHeading.get().FindStringSubmatch(line); m != nil {
		p.heading(m[2], len(m[1]))
	} else if m := mdItem.get().FindStringSubmatch(line); m != nil && m[2] != "" {
		p.begin(len(m[1])/2+1, m[2])
	} else if len(p.para) == 0 && p.alone(trim, next) {
		p.heading(trim, 3)
	} else {
		p.para = append(p.para, trim)
	}
	p.at++
}

func underline(s string) bool {
	return len(s) >= 3 && (strings.Trim(s, "=") == "" || strings.Trim(s, "-") == "")
}

// alone reports whether a line looks like a heading: short, capitalised, with
// no full stop, and an empty line or a capital after it.
func (p *plainReader) alone(s, next string) bool {
	if len(s) > 90 || len(strings.Fields(s)) > 12 || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ",") || strings.HasSuffix(s, ";") || strings.HasSuffix(s, ":") {
		return false
	}
	first := []rune(s)[0]
	if !unicode.IsUpper(first) && !unicode.IsDigit(first) {
		return strings.HasPrefix(s, "**") && strings.HasSuffix(s, "**")
	}
	before := p.at == 0 || strings.TrimSpace(p.lines[p.at-1]) == ""
	if !before && !numbered.get().MatchString(s) {
		return false
	}
	return next == "" || numbered.get().MatchString(s) && unicode.IsUpper([]rune(next)[0])
}

func (p *plainReader) heading(s string, level int) {
	p.end()
	p.lead = ""
	p.add(piece{kind: "heading", level: level, text: s})
}

// begin starts an item. Its lead-in is the paragraph before the first item.
func (p *plainReader) begin(level int, s string) {
	wasItem := p.item
	p.end()
	if !wasItem {
		p.lead = ""
		if n := len(p.out); n > 0 && p.out[n-1].kind == "paragraph" {
			p.lead = lastSentence(p.out[n-1].text)
		} else if n > 0 && p.out[n-1].kind == "item" {
			p.lead = p.out[n-1].lead
		}
	}
	p.item, p.level = true, min(level, 6)
	p.para = append(p.para, s)
}

func (p *plainReader) end() {
	if len(p.para) == 0 {
		return
	}
	text := strings.Join(p.para, " ")
	p.para = nil
	if p.item {
		p.add(piece{kind: "item", level: p.level, text: text, lead: p.lead})
	} else {
		p.add(piece{kind: "paragraph", text: text})
	}
	p.item = false
}

func (p *plainReader) add(x piece) {
	if len(x.text) < maxMarked {
		for _, m := range mdLink.get().FindAllStringSubmatch(x.text, maxBlockLinks) {
			_, target, _ := strings.Cut(m[0], "](")
			if target, _, _ = strings.Cut(strings.TrimSuffix(target, ")"), " "); !strings.HasPrefix(m[0], "!") && target != "" && len(target) <= maxAddress {
				x.links = append(x.links, Link{Address: target, Text: withoutMarks(m[1])})
			}
		}
	}
	x.text = withoutMarks(x.text)
	if x.text != "" {
		p.out = append(p.out, x)
	}
}

// maxMarked bounds a piece whose marks of emphasis and links are taken off.
const maxMarked = 64 << 10

func withoutMarks(s string) string {
	if len(s) < maxMarked {
		s = mdMarks.get().ReplaceAllString(mdLink.get().ReplaceAllString(s, "$1"), "")
		s = mdStress.get().ReplaceAllString(s, "$1$2$3")
	}
	return squeeze(s)
}

func (p *plainReader) table() {
	p.tables++
	head := barCells(p.lines[p.at])
	p.out = append(p.out, piece{kind: "row", text: joinCells(head), cells: head, columns: head, table: p.tables, header: true})
	for p.at += 2; p.at < len(p.lines) && strings.Contains(p.lines[p.at], "|"); p.at++ {
		cells := barCells(p.lines[p.at])
		p.out = append(p.out, piece{kind: "row", text: joinCells(cells), cells: cells, columns: head, table: p.tables})
	}
}

func barCells(line string) []string {
	line = strings.Trim(strings.TrimSpace(line), "|")
	cells := strings.Split(line, "|")
	if len(cells) > maxColumns {
		cells = cells[:maxColumns]
	}
	for i, c := range cells {
		cells[i] = withoutMarks(c)
	}
	return cells
}
