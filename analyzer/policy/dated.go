package policy

import (
	"strings"
)

// A page may say when its text was changed outside of the text: in the header
// above it, in a line of its own below the title, or in its data for search
// engines.

var (
	noticeWords = lazily(`(?i)privacy|cookie|data\s+protection|datenschutz|confidentialit|privacidad|données|datos`)
	timeOfDay   = lazily(`\b\d{1,2}[:.]\d\d\s*(?:am|pm|uhr|h\b)?|(?i)comments?\b`)
	modified    = lazily(`(?i)"dateModified"\s*:\s*"(\d{4}-\d\d-\d\d)|(?:property|name|itemprop)\s*=\s*"(?:article:modified_time|dateModified|last-modified|dcterms\.modified)"\s+content\s*=\s*"(\d{4}-\d\d-\d\d)`)
)

// Bounds of where a date outside of the text is looked for.
const (
	maxAbove   = 30  // blocks above the text
	maxBelow   = 3   // blocks below a title
	maxLine    = 120 // bytes of a line that gives the date
	maxLoneDay = 34  // bytes of a line that is a date and no more

	maxMarkup = 2 << 20   // bytes of a page that is looked through
	maxData   = 256 << 10 // bytes at its beginning in which its data are looked for
)

// dateAround is a date that a page gives its text outside of it; "" when there
// is none. What pages say of when other texts of theirs were changed stands
// elsewhere, with times of day.
func dateAround(markup string, body []piece, language string) string {
	if d := loneDate(body, language); d != "" || markup == "" || len(markup) > maxMarkup {
		return d
	}
	if len(body) > 0 {
		blocks := flatPieces(markup)
		at := -1
		for i, b := range blocks {
			if b.text == body[0].text || len(b.text) > 20 && strings.HasPrefix(body[0].text, b.text) {
				at = i
				break
			}
		}
		for i := at; at >= 0 && i >= 0 && i > at-maxAbove; i-- {
			text := blocks[i].text
			if len(text) > maxLine || !years.get().MatchString(text) || timeOfDay.get().MatchString(text) {
				continue
			}
			if m := dateWords.get().FindStringIndex(text); m != nil {
				if d := parseDate(text[m[0]:], language); d != "" {
					return d
				}
			}
			if i > 0 && len(text) <= maxLoneDay && noticeWords.get().MatchString(blocks[i-1].text) && onlyDate(text, language) {
				return parseDate(text, language)
			}
		}
	}
	for _, m := range modified.get().FindAllStringSubmatch(markup[:min(len(markup), maxData)], 1) {
		if d := parseDate(m[1]+m[2], language); d != "" {
			return d
		}
	}
	return ""
}

// loneDate is a date that stands in a line of its own right below the title.
func loneDate(body []piece, language string) string {
	for i := range body[:min(len(body), 4)] {
		if body[i].kind != "heading" || !noticeWords.get().MatchString(body[i].text) {
			continue
		}
		for k := i + 1; k < len(body) && k <= i+maxBelow; k++ {
			if text := body[k].text; len(text) <= maxLoneDay && onlyDate(text, language) {
				return parseDate(text, language)
			}
		}
	}
	return ""
}

// onlyDate reports whether a line is a date and no more: at most one word
// beside day, month and year.
func onlyDate(text, language string) bool {
	if parseDate(text, language) == "" || timeOfDay.get().MatchString(text) {
		return false
	}
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == ',' })
	other := 0
	for _, w := range words {
		w = strings.ToLower(strings.Trim(w, ".():"))
		if months[w] == 0 && !strings.ContainsAny(w, "0123456789") && !in(w, "de", "del", "of", "the", "le", "den", "am") {
			other++
		}
	}
	return other == 0
}
