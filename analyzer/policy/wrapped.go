package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pages that were made from a PDF or a letter put each line as it was printed
// into a block of its own. Read so, every sentence is cut in the middle, and a
// denial is cut from its verb. joinWrapped finds such runs and makes paragraphs
// and items of their lines again.

const (
	minWrapped   = 8   // lines in a row before a run can be one
	minLine      = 40  // median length, in characters, of lines that were cut by a page's width
	wrappedShare = 4   // one in so many lines goes on in lower case
	fullLine     = 0.7 // of the long lines' length, from which a line may have been cut
)

// joinWrapped joins the lines of runs of paragraphs that a page's width cut.
func joinWrapped(pieces []piece) []piece {
	var out []piece
	for i := 0; i < len(pieces); {
		end := i
		for end < len(pieces) && pieces[end].kind == "paragraph" {
			end++
		}
		if end-i >= minWrapped {
			if width := wrappedAt(pieces[i:end]); width > 0 {
				out = append(out, linesJoined(pieces[i:end], width)...)
				i = end
				continue
			}
		}
		end = max(end, i+1)
		out = append(out, pieces[i:end]...)
		i = end
	}
	return out
}

// wrappedAt is the length of the lines in a run that a page's width cut, 0 when
// its blocks are paragraphs.
func wrappedAt(run []piece) int {
	lengths := make([]int, len(run))
	for i, p := range run {
		lengths[i] = utf8.RuneCountInString(p.text)
	}
	sorted := slices.Sorted(slices.Values(lengths))
	width := sorted[len(sorted)*9/10]
	if sorted[len(sorted)/2] < minLine {
		return 0
	}
	goesOn, short := 0, 0
	for i := range run[1:] {
		if !lineOpen(run[i].text) || !startsLower(run[i+1].text) {
			continue
		}
		goesOn++
		if float64(lengths[i]) < fullLine*float64(width) {
			short++
		}
	}
	if goesOn*wrappedShare < len(run)-1 || short*3 > goesOn {
		return 0
	}
	return width
}

// lineOpen reports whether no mark at a line's end closes it.
func lineOpen(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " \"”’»)]"))
	return !strings.ContainsRune(".:;!?•", last)
}

func startsLower(s string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "\"“‘«(["))
	return unicode.IsLower(first)
}

// linesJoined makes blocks of the lines of a run.
func linesJoined(run []piece, width int) []piece {
	var out []piece
	var text strings.Builder // of the last block, which may be long
	end := func() {
		if len(out) > 0 {
			out[len(out)-1].text = text.String()
		}
		text = strings.Builder{}
	}
	lead := ""
	for i, p := range run {
		full := i > 0 && float64(utf8.RuneCountInString(run[i-1].text)) >= fullLine*float64(width)
		switch m := mdItem.get().FindStringSubmatch(p.text); {
		case numbered.get().MatchString(p.text) && lineOpen(p.text) && i+1 < len(run) && !startsLower(run[i+1].text) && !full:
			p.kind, p.level = "heading", 5
			lead = ""
		case m != nil && m[2] != "" && !startsLower(p.text):
			if n := len(out); n > 0 && out[n-1].kind != "item" {
				lead = ""
				if out[n-1].kind == "paragraph" {
					lead = lastSentence(text.String())
				}
			}
			p.kind, p.level, p.text, p.lead = "item", 1, m[2], lead
		case len(out) > 0 && out[len(out)-1].kind != "heading" && (startsLower(p.text) || full):
			if !strings.HasSuffix(run[i-1].text, "-") {
				text.WriteByte(' ')
			}
			text.WriteString(p.text)
			last := &out[len(out)-1]
			last.links = append(last.links, p.links...)
			continue
		case len(out) > 0 && out[len(out)-1].kind == "item" && !full && !lineOpen(run[i-1].text):
			lead = ""
		}
		end()
		out = append(out, p)
		text.WriteString(p.text)
	}
	end()
	return out
}
