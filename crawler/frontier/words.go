package frontier

import (
	"net/url"
	"strings"
)

// Words are what the frontier must know of language.
type Words struct {
	PageKinds []KindWords // in order of priority
	Notices   []KindWords // links to notices; Kind is "privacy", "cookie", …
	WellKnown []string    // paths that are tried for notices
}

// KindWords tells a kind of link by its address and text.
type KindWords struct {
	Kind  string
	Texts []string // lower-case link texts or parts of them
	Paths []string // parts of addresses
	Not   []string // texts that rule it out
}

// The kinds that the frontier gives by itself.
const (
	KindHome   = "home"   // a start address, or the root of its host
	KindPolicy = "policy" // a notice
	KindOther  = "page"   // none of the kinds of the words
)

// KindPrivacy is the kind of notice that is looked for hardest.
const KindPrivacy = "privacy"

// kindPhrases are KindWords as plain texts.
type kindPhrases struct {
	kind              string
	texts, paths, not []string
}

func compile(words []KindWords) []kindPhrases {
	out := make([]kindPhrases, 0, len(words))
	for _, w := range words {
		k := kindPhrases{kind: w.Kind}
		k.texts = plainTexts(w.Texts)
		k.paths = plainTexts(w.Paths)
		k.not = plainTexts(w.Not)
		out = append(out, k)
	}
	return out
}

func plainTexts(in []string) []string {
	var out []string
	for _, s := range in {
		if t := plainText(splitCamel(strings.ReplaceAll(s, "%20", " "))); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// linkText is what a link says about its target, prepared for matching.
type linkText struct {
	text     string   // plain
	segments []string // plain, last first
	joined   string   // plain path, in order
	host     string   // plain first label of the host, when the path is its root
	query    string   // plain
}

func describe(u *url.URL, text string) linkText {
	d := linkText{text: plainText(text), segments: pathTexts(u)}
	if isAddress(text) {
		d.text = ""
	}
	for i := len(d.segments) - 1; i >= 0; i-- {
		if d.joined != "" {
			d.joined += " "
		}
		d.joined += d.segments[i]
	}
	if label, rest, ok := strings.Cut(u.Hostname(), "."); ok && strings.Contains(rest, ".") && isRoot(u) {
		d.host = plainText(label) // of "privacy.example.com/news" it tells nothing
	}
	d.query = plainText(u.RawQuery)
	return d
}

// isAddress says whether a link's text is only an address, which tells no more
// than the link's target.
func isAddress(text string) bool {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, " \t\n") {
		return false
	}
	return strings.Contains(text, "://") || strings.HasPrefix(text, "www.") || strings.Contains(text, ".") && strings.Contains(text, "/")
}

// textScore is 0 to 100: how well the words name this link by its text. The
// second value is the length of the phrase that did.
func (k kindPhrases) textScore(d linkText) (int, int) {
	best, length := 0, 0
	for _, p := range k.texts {
		score := 0
		switch covers(d.text, p) {
		case coverExact:
			score = 100
		case coverPrefix:
			score = 70 + 20*len(p)/len(d.text)
		case coverPart:
			score = 55 + 30*len(p)/len(d.text)
		}
		if len(d.text) > 80 { // a sentence or a teaser that mentions the words
			score /= 2
		}
		if score > best || score == best && score > 0 && len(p) > length {
			best, length = score, len(p)
		}
	}
	return best, length
}

// pathScore is 0 to 60: how well the words name this link by its address.
func (k kindPhrases) pathScore(d linkText) (int, int) {
	best, length := 0, 0
	for _, p := range k.paths {
		if score := pathScore(d, p); score > best || score == best && score > 0 && len(p) > length {
			best, length = score, len(p)
		}
	}
	return best, length
}

func pathScore(d linkText, phrase string) int {
	solid := strings.ReplaceAll(phrase, " ", "")
	best := 0
	for i, s := range d.segments {
		score := 0
		switch c := covers(s, phrase); {
		case c == coverExact || s == solid:
			score = 60
		case len(phrase) < 4: // "job" is no part of "job-lot"
		case c == coverPrefix:
			score = 45
		case c == coverPart:
			score = 40
		case c == coverInside && len(phrase) >= 6, len(solid) >= 8 && strings.Contains(s, solid):
			score = 30
		}
		if i > 0 {
			score = score * 2 / 3
		}
		best = max(best, score)
	}
	if strings.Contains(phrase, " ") && covers(d.joined, phrase) >= coverPart { // "legal/privacy"
		best = max(best, 45)
	}
	if d.host == phrase {
		best = max(best, 40)
	}
	if len(phrase) >= 5 && covers(d.query, phrase) >= coverPart {
		best = max(best, 25)
	}
	return best
}

// ruledOut says whether a text names something that is not meant.
func (k kindPhrases) ruledOut(text string) bool {
	for _, n := range k.not {
		if covers(text, n) >= coverPart {
			return true
		}
	}
	return false
}

// pageKind returns the kind of page a link promises, its rank in the order of
// priority and how sure that is, 0 to 160. Ties go to the earlier kind.
func pageKind(kinds []kindPhrases, d linkText) (kind string, rank, score int) {
	kind, rank = KindOther, len(kinds)
	for i, k := range kinds {
		if k.ruledOut(d.text) {
			continue
		}
		text, _ := k.textScore(d)
		where, _ := k.pathScore(d)
		if s := text + where; s >= minKind && s > score {
			kind, rank, score = k.kind, i, s
		}
	}
	return kind, rank, score
}

// minKind is the least score that makes a page one of a kind.
const minKind = 40
