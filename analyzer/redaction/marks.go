package redaction

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"candor/analyzer/flow"
)

// marks writes what stands for values. Equal values, and equal parts of values
// that look unique, have equal marks, and a mark is of its value's shape as far as
// the analysis tells by shapes: what looks unique to a visitor still does, what
// does not still does not, and e-mail addresses and hashes are still told.
type marks struct{ key []byte }

// sum is n pseudo-random bytes of a value.
func (m marks) sum(value string, n int) []byte {
	var out []byte
	for i := uint32(0); len(out) < n; i++ {
		h := hmac.New(sha256.New, m.key)
		h.Write(binary.BigEndian.AppendUint32(nil, i))
		h.Write([]byte(value))
		out = h.Sum(out)
	}
	return out[:n]
}

// letters is a mark that looks like a word: letters from a to p, which are never
// taken for an identifier.
func (m marks) letters(value string, n int) string {
	out := m.sum(value, n)
	for i, c := range out {
		out[i] = 'a' + c&15
	}
	return string(out)
}

// unique is a mark that looks unique: hexadecimal, with a letter and a digit.
func (m marks) unique(value string) string {
	return hex.EncodeToString(m.sum(value, 7)) + "e7"
}

// Lengths of marks in letters: 64 bits of a whole text, 48 of a word.
const (
	wholeLetters = 16
	wordLetters  = 12
	mostWords    = 40 // of a text whose words are marked one by one
)

var (
	mailAddress = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s@<>"(),:;]{1,200}@[^\s@<>"(),:;]{1,200}$`) }) // large: made when it is first needed
	uuid        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	word        = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9A-Za-z\x80-\x{10FFFF}]+`)
)

// blank are values that are none.
var blank = map[string]bool{"": true, "0": true, "1": true, "true": true, "false": true, "null": true, "undefined": true, "none": true, "(binary)": true}

// of returns what stands for a value. Empty values and the words for yes and no
// are left.
func (m marks) of(value string) string {
	trimmed := strings.TrimSpace(value)
	switch {
	case blank[strings.ToLower(trimmed)]:
		return value
	case mailAddress().MatchString(trimmed):
		return m.letters(trimmed, wholeLetters) + "@redacted.invalid"
	case hexDigest.MatchString(trimmed) && len(trimmed)%2 == 0 && len(trimmed) <= 128:
		out := hex.EncodeToString(m.sum(trimmed, len(trimmed)/2))
		return out[:len(out)-2] + "e7"
	case !utf8.ValidString(trimmed):
		return "~" + m.letters(trimmed, wholeLetters)
	}
	words := word.FindAllStringIndex(trimmed, mostWords+1)
	if len(words) == 0 || len(words) > mostWords {
		return "~" + m.letters(trimmed, wholeLetters)
	}
	unique := flow.IdentifierLike(trimmed)
	var out strings.Builder
	out.WriteByte('~')
	at := 0
	for _, w := range words {
		out.WriteString(trimmed[at:w[0]])
		out.WriteString(m.word(trimmed[w[0]:w[1]], unique))
		at = w[1]
	}
	out.WriteString(trimmed[at:])
	return out.String()
}

// word is the mark of a part of a value. What looks unique does so only where the
// whole value does.
func (m marks) word(part string, unique bool) string {
	switch {
	case !unique || !flow.IdentifierLike(part):
		return m.letters(part, wordLetters)
	case uuid.MatchString(part):
		s := hex.EncodeToString(m.sum(strings.ToLower(part), 16))
		return "e7" + s[2:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	}
	return m.unique(part)
}
