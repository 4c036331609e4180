package flow

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
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
	timestampToken = regexp.MustCompile(`^(1[4-9]\d{8}|1[4-9]\d{11}|(19|20)\d{2}[01]\d[0-3]\d(\d{2}){0,3})$`)
	sizeToken      = regexp.MustCompile(`^\d+[xX]\d+$`)
	consentString  = regexp.MustCompile(`(?i)consent|accept|necessary|marketing|preferences|^C[O-R][A-Za-z0-9_-]{20,}`)
	hexToken       = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	uuidPattern    = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
)

// IdentifierLike reports whether a value looks unique to a visitor: it holds a
// token of at least eight characters that is no time, date, size, plain word
// or consent string.
func IdentifierLike(value string) bool {
	if len(value) < minIdentifier || len(value) > maxIdentifier {
		return false
	}
	unique := slices.ContainsFunc(tokens(value), identifierToken) || strings.Count(value, "-") >= 4 && uuidPattern.MatchString(value)
	return unique && !consentString.MatchString(value)
}

// tokens splits a value at everything that is no letter or digit.
func tokens(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r > unicode.MaxASCII || !isWordByte(byte(r)) })
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func identifierToken(t string) bool {
	if len(t) < minIdentifier || timestampToken.MatchString(t) || sizeToken.MatchString(t) {
		return false
	}
	var digits, lower, upper, changes int
	distinct := map[byte]bool{}
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
		distinct[c] = true
	}
	if len(distinct) < 4 {
		return false
	}
	letters := lower + upper
	switch {
	case letters == 0:
		return true
	case digits == 0:
		// Words and CamelCase names have few changes for their length.
		return lower > 0 && upper > 0 && len(t) >= 12 && changes*3 >= len(t)
	case hexToken.MatchString(t):
		return true
	default:
		return changes >= 3
	}
}
