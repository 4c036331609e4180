package markdown

import (
	"strings"

	"candor/reports/plain"
)

// apart is put where two characters must not stand together in one text: it
// shows nothing, and keeps what forges look for after rendering (mentions,
// references, addresses, emoji) from being found.
const apart = "<!-- -->"

// text is outside text as text of a line: no markup, no link, no mention.
func text(s string, most int) string { return escape(s, most, `\`) }

// element is outside text within an element, where Markdown is not read and a
// backslash would be shown.
func element(s string, most int) string { return escape(s, most, "") }

func escape(s string, most int, mark string) string {
	s = plain.Cut(plain.Visible(s), most)
	var b strings.Builder
	b.Grow(len(s) + 16)
	hex, before := 0, ' '
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;" + apart)
		case strings.ContainsRune("@#!$%~^:", r):
			b.WriteString(mark + string(r) + apart)
		case r == '.' && ends(s[:i], "www"), r == '-' && ends(s[:i], "gh"):
			b.WriteString(apart + mark + string(r))
		case strings.ContainsRune("\\`*_{}[]|", r), strings.ContainsRune("-+=", r) && !wordly(before), strings.ContainsRune(".)", r) && before >= '0' && before <= '9':
			b.WriteString(mark + string(r)) // lines of a list, headings and rules begin so
		default:
			b.WriteRune(r)
		}
		if hex++; !isHex(r) {
			hex = 0
		}
		if hex == 6 { // a commit's name has seven
			b.WriteString(apart)
			hex = 0
		}
		before = r
	}
	return b.String()
}

// wordly reports whether a character stands within words.
func wordly(r rune) bool { return r > ' ' && !strings.ContainsRune("-+=", r) }

func ends(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[len(s)-len(word):], word)
}

func isHex(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F'
}

// code is outside text as it is, for names and addresses: in a span of code
// nothing is markup, and forges look for nothing. Not for cells of a table, which
// end at a bar even there.
func code(s string, most int) string {
	s = plain.Middle(plain.Visible(s), most)
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + " " + s + " " + fence
}
