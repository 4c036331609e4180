package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ledongthuc/pdf"
)

// maxPDFText bounds the text that is taken from one PDF, in bytes.
const maxPDFText = 4 << 20

// pdfText extracts the text of a PDF, page after page. The library may panic or
// loop on hostile files: it runs in a goroutine of its own, its panics are
// caught, and it is left behind after pdfTime. What it had read until then is
// kept only when it ended by itself.
func pdfText(raw []byte) (text string, faults []string) {
	type result struct {
		text   string
		faults []string
	}
	ctx, cancel := context.WithTimeout(context.Background(), pdfTime)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.faults = append(r.faults, "the PDF is damaged and could not be read to its end")
			}
			done <- r
		}()
		r.text, r.faults = readPDF(ctx, raw)
	}()
	select {
	case r := <-done:
		return r.text, r.faults
	case <-ctx.Done():
		return "", []string{fmt.Sprintf("reading the PDF took longer than %s and was given up", pdfTime)}
	}
}

func readPDF(ctx context.Context, raw []byte) (string, []string) {
	file, err := pdf.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		if errors.Is(err, pdf.ErrInvalidPassword) || strings.Contains(err.Error(), "encrypt") {
			return "", []string{"the PDF is encrypted and was not read"}
		}
		return "", []string{"the PDF could not be opened: " + squeeze(err.Error())}
	}
	var faults []string
	pages := file.NumPage()
	if pages > maxPDFPages {
		faults = append(faults, fmt.Sprintf("only the first %d of %d pages were read", maxPDFPages, pages))
		pages = maxPDFPages
	}
	var all [][]string
	size, broken := 0, 0
	for i := 1; i <= pages && size < maxPDFText && ctx.Err() == nil; i++ {
		lines, err := pdfPage(file, i)
		if err != nil {
			broken++
			continue
		}
		for _, l := range lines {
			size += len(l)
		}
		all = append(all, lines)
	}
	if broken > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d pages of the PDF could not be read", broken, pages))
	}
	text := joinPages(all)
	if strings.TrimSpace(text) == "" {
		faults = append(faults, "the PDF holds no text; it may be a scan")
	}
	return text, faults
}

func pdfPage(file *pdf.Reader, number int) (lines []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("page %d: %v", number, p)
		}
	}()
	page := file.Page(number)
	if page.V.IsNull() {
		return nil, nil
	}
	content := page.Content()
	return pdfLines(content.Text), nil
}

// pdfLines puts the characters of a page into lines by their base line, and
// into words by the gaps between them. A larger step down is an empty line.
func pdfLines(chars []pdf.Text) []string {
	var lines []string
	var line strings.Builder
	var lastX, lastY, lastSize, bottom float64
	gap := wordGap(chars)
	end := func() {
		if t := squeeze(line.String()); t != "" {
			lines = append(lines, t)
		}
		line.Reset()
	}
	for i, c := range chars {
		size := c.FontSize
		if size <= 0 {
			size = 10
		}
		if i > 0 {
			step := lastY - c.Y
			switch {
			case step > 0.4*size || step < -0.4*size || c.X < lastX-2*size:
				end()
				if step > 1.7*max(size, lastSize) || step < -size && bottom != 0 {
					lines = append(lines, "")
				}
			case c.X-lastX > gap(chars[i-1])*size:
				line.WriteByte(' ')
			}
		}
		line.WriteString(c.S)
		lastX, lastY, lastSize = c.X+advance(c, size), c.Y, size
		bottom = c.Y
	}
	end()
	return lines
}

// wordGap returns how far, in sizes of the font, the next character must stand
// from a character's end to begin a word. The library knows no widths of
// composite fonts, which browsers write: theirs are guessed, so the gap has to
// be wide where the text has spaces of its own.
func wordGap(chars []pdf.Text) func(pdf.Text) float64 {
	unknown, spaces := 0, 0
	for _, c := range chars {
		if c.W <= 0 {
			unknown++
			if c.S == " " || c.S == "\u00a0" {
				spaces++
			}
		}
	}
	spaced := spaces*20 >= unknown
	return func(c pdf.Text) float64 {
		switch {
		case c.W > 0:
			return 0.18
		case spaced:
			return 1.2
		}
		return 0.25
	}
}

// advance is a character's width: as the font says, or a guess from its shape.
func advance(c pdf.Text, size float64) float64 {
	if c.W > 0 {
		return c.W
	}
	width := 0.0
	for _, r := range c.S {
		switch {
		case strings.ContainsRune("ijl.,:;'’!|", r):
			width += 0.28
		case strings.ContainsRune("frt()[]-/ ", r):
			width += 0.36
		case strings.ContainsRune("mwMW@%—", r):
			width += 0.88
		case r >= 'A' && r <= 'Z':
			width += 0.68
		default:
			width += 0.55
		}
	}
	return width * size
}

// joinPages joins pages, without the lines that stand at the edge of most of
// them: running heads, page numbers.
func joinPages(pages [][]string) string {
	seen := make(map[string]int)
	key := func(l string) string {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '0'
			}
			return c
		}, l)
	}
	edge := func(lines []string, i int) bool { return len(lines) > 6 && (i < 2 || i >= len(lines)-2) }
	for _, lines := range pages {
		for i, l := range lines {
			if edge(lines, i) {
				seen[key(l)]++
			}
		}
	}
	var b strings.Builder
	for _, lines := range pages {
		for i, l := range lines {
			if l != "" && edge(lines, i) && len(pages) > 2 && seen[key(l)] > len(pages)/2 {
				continue
			}
			b.WriteString(l)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
