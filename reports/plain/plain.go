// Package plain makes outside text harmless for the places where reports put
// it: a page, a terminal, a spreadsheet cell, a link.
//
// It guarantees that what comes out holds no control character, no character
// that changes the direction of text and no invalid UTF-8, and is no longer
// than asked for. What was there stays visible as its code point, because a
// hidden character in a cookie's name is itself worth seeing. Escaping for a
// format (HTML, JSON, CSV quotes) stays the format's own work.
package plain

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s with line breaks and tabs as spaces, and every other
// control, format or direction character as its code point: "⟨U+202E⟩".
// Invalid bytes become U+FFFD.
func Visible(s string) string {
	if !needsWork(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case hidden(r):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func needsWork(s string) bool {
	if !utf8.ValidString(s) {
		return true
	}
	return strings.ContainsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' || r == '\r' || hidden(r) })
}

// hidden reports characters that a reader cannot see or that change how others
// are shown. U+200C and U+200D are ordinary spelling in several scripts and
// stay; so does the soft hyphen.
func hidden(r rune) bool {
	switch {
	case r == 0x200C, r == 0x200D, r == 0x00AD:
		return false
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r):
		return true
	case r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF: // not characters, and in no XML
		return true
	case r == 0x2028, r == 0x2029, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0:
		return true
	}
	return false
}

// Cut shortens s to at most n characters, the last of which is then "…".
// n below 1 counts as 1.
func Cut(s string, n int) string {
	n = max(n, 1)
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	count := 0
	for i := range s {
		if count == n-1 {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// Middle shortens s to at most n characters by leaving out its middle, so that
// both ends of an address stay readable. n below 3 counts as 3.
func Middle(s string, n int) string {
	n = max(n, 3)
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	tail := (n - 1) / 3
	head := n - 1 - tail
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// Link returns an address that is safe to follow, or "" when s is not an
// absolute http or https address with a host, is longer than 4,000 bytes or
// carries hidden characters.
func Link(s string) string {
	if len(s) > 4000 || Visible(s) != s {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	u.User = nil
	return u.String()
}

// LocalFile returns a slash-separated path inside the report's folder made of
// plain characters, or "" when s is anything else.
func LocalFile(s string) string {
	if s == "" || len(s) > 300 || s[0] == '/' {
		return ""
	}
	for _, part := range strings.Split(s, "/") {
		if part == "" || part == "." || part == ".." {
			return ""
		}
	}
	for _, r := range s {
		ok := r == '/' || r == '.' || r == '-' || r == '_' ||
			(r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !ok {
			return ""
		}
	}
	return s
}

// Fragment returns the address of a document that shows the quote: a text
// fragment (WICG Scroll To Text Fragment), by its first and last words when
// the quote is long. It returns "" when the address is no link, and the plain
// link when there is no quote.
func Fragment(address, quote string) string {
	link := Link(address)
	words := strings.Fields(quote)
	if link == "" || len(words) == 0 {
		return link
	}
	text := encode(strings.Join(words, " "))
	if len(words) > 12 {
		text = encode(strings.Join(words[:5], " ")) + "," + encode(strings.Join(words[len(words)-5:], " "))
	}
	if !strings.Contains(link, "#") {
		link += "#"
	}
	return link + ":~:text=" + text
}

// encode percent-encodes what has a meaning in a text directive: "-", "," and
// "&", and everything that an address may not hold.
func encode(s string) string {
	return strings.NewReplacer("-", "%2D", "&", "%26").Replace(url.PathEscape(strings.ToValidUTF8(s, "")))
}

// Redact returns an address without what may identify a person: user names
// are left out, and values of the query and of a fragment become "…" while
// their names stay. What does not parse is cut at its first "?" or "#".
func Redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		head, _, cut := strings.Cut(s, "?")
		head, _, cut2 := strings.Cut(head, "#")
		if cut || cut2 {
			head += "?…"
		}
		return head
	}
	u.User = nil
	fragment := u.Fragment != "" || u.RawFragment != ""
	query := u.RawQuery
	u.Fragment, u.RawFragment, u.RawQuery, u.ForceQuery = "", "", "", false
	out := u.String()
	if query != "" {
		out += "?" + redactQuery(query)
	}
	if fragment {
		out += "#…"
	}
	return out
}

func redactQuery(query string) string {
	parts := strings.Split(query, "&")
	const most = 40
	cut := len(parts) > most
	if cut {
		parts = parts[:most]
	}
	for i, p := range parts {
		name, value, has := strings.Cut(p, "=")
		switch {
		case has && value != "":
			parts[i] = name + "=…"
		case !has && name != "":
			// A bare word may itself be the value.
			parts[i] = "…"
		}
	}
	if cut {
		parts = append(parts, "…")
	}
	return strings.Join(parts, "&")
}

// Cell returns s for a cell of a spreadsheet: visible characters only, and an
// apostrophe before what a spreadsheet would take for a formula (OWASP, CSV
// Injection).
func Cell(s string) string {
	lead := s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0]))
	s = Visible(s)
	if lead || (s != "" && strings.ContainsRune("=+-@|%＝＋－＠", firstRune(strings.TrimLeft(s, " \u00a0\u3000")))) {
		return "'" + s
	}
	return s
}

func firstRune(s string) rune {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return 0x10FFFF
	}
	return r
}

// Terminal returns s for a terminal: visible characters only, at most n of
// them. No escape sequence survives.
func Terminal(s string, n int) string { return Cut(Visible(s), n) }
