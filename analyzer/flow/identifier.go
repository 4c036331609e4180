package flow

import (
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What tells an identifier from a setting follows the published tests for
// identifying cookies: a value of at least eight characters that lives longer
// than the session and differs between two visitors (Englehardt et al.,
// "Cookies That Give You Away", WWW 2015; Acar et al., "The Web Never Forgets",
// CCS 2014). A scan has few visitors to compare, so the value's shape decides,
// and a value that is the same in two consent states, which are two fresh
// visitors, is ruled out.

const (
	minIdentifier = 8
	maxIdentifier = 1024
)

var (
	consentString = regexp.MustCompile(`(?i)consent|accept|necessary|marketing|preferences|^C[O-R][A-Za-z0-9_-]{20,}`)
	uuidPattern   = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
)

// IdentifierLike reports whether a value looks unique to a visitor: it holds a
// token of at least eight characters that is no time, date, size, plain word
// or consent string.
func IdentifierLike(value string) bool {
	if len(value) < minIdentifier || len(value) > maxIdentifier {
		return false
	}
	return unique(value) && !consenting(value)
}

func unique(value string) bool {
	for t := range tokens(value) {
		if identifierToken(t) {
			return true
		}
	}
	return findUUID(value) != ""
}

// tokens yields the parts of a value between all that is no ASCII letter or digit.
func tokens(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := range len(value) {
			if isWordByte(value[i]) {
				continue
			}
			if i > start && !yield(value[start:i]) {
				return
			}
			start = i + 1
		}
		if start < len(value) {
			yield(value[start:])
		}
	}
}

// findUUID is uuidPattern.FindString. Every value of every request is asked for
// one, and few have the four hyphens.
func findUUID(value string) string {
	if strings.Count(value, "-") < 4 {
		return ""
	}
	return uuidPattern.FindString(value)
}

// consenting is consentString.MatchString, without the expression's cost for
// what is plain ASCII.
func consenting(value string) bool {
	for i := range len(value) {
		var words []string
		switch c := value[i]; {
		case c >= utf8.RuneSelf:
			return consentString.MatchString(value)
		case c|0x20 == 'c':
			words = []string{"consent"}
		case c|0x20 == 'a':
			words = []string{"accept"}
		case c|0x20 == 'n':
			words = []string{"necessary"}
		case c|0x20 == 'm':
			words = []string{"marketing"}
		case c|0x20 == 'p':
			words = []string{"preferences"}
		}
		for _, w := range words {
			if len(value)-i >= len(w) && strings.EqualFold(value[i:i+len(w)], w) {
				return true
			}
		}
	}
	if len(value) < 22 || value[0]|0x20 != 'c' || value[1]|0x20 < 'o' || value[1]|0x20 > 'r' {
		return false
	}
	for i := range 20 {
		if c := value[2+i]; !isWordByte(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// timestamp reports whether digits are a time in seconds or milliseconds of the
// years 2014 to 2033, or a date, with or without the time of day.
func timestamp(t string) bool {
	switch len(t) {
	case 8, 10, 12, 13, 14:
	default:
		return false
	}
	for i := range len(t) {
		if t[i] < '0' || t[i] > '9' {
			return false
		}
	}
	if (len(t) == 10 || len(t) == 13) && t[0] == '1' && t[1] >= '4' {
		return true
	}
	return len(t) != 13 && (t[:2] == "19" || t[:2] == "20") && t[4] <= '1' && t[6] <= '3'
}

// size reports whether a token is two numbers with an x between them.
func size(t string) bool {
	at := -1
	for i := range len(t) {
		switch c := t[i]; {
		case c >= '0' && c <= '9':
		case c|0x20 == 'x' && at < 0:
			at = i
		default:
			return false
		}
	}
	return at > 0 && at < len(t)-1
}

// identifierToken judges a token, which is of ASCII letters and digits.
func identifierToken(t string) bool {
	if len(t) < minIdentifier || timestamp(t) || size(t) {
		return false
	}
	var digits, lower, upper, changes, different int
	var distinct [128]bool
	hex := true
	last := 0
	for i := range len(t) {
		c, kind := t[i], 0
		switch {
		case c >= '0' && c <= '9':
			digits, kind = digits+1, 1
		case c >= 'a' && c <= 'z':
			lower, kind = lower+1, 2
		default:
			upper, kind = upper+1, 3
		}
		if last != 0 && kind != last {
			changes++
		}
		last = kind
		if hex = hex && (c <= '9' || c|0x20 <= 'f'); !distinct[c&127] {
			distinct[c&127] = true
			different++
		}
	}
	if different < 4 {
		return false
	}
	letters := lower + upper
	switch {
	case letters == 0:
		return true
	case digits == 0:
		// Words and CamelCase names have few changes for their length.
		return lower > 0 && upper > 0 && len(t) >= 12 && changes*3 >= len(t)
	case hex:
		return true
	default:
		return changes >= 3
	}
}
