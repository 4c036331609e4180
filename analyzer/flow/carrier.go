package flow

import (
	"net/url"
	"slices"
	"strings"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

// carrier holds an identifier: a cookie or a storage key.
type carrier struct {
	to map[string]bool // ids of the parties that its value was sent to
}

func (k *carrier) sent(id string) {
	if k.to == nil {
		k.to = map[string]bool{}
	}
	k.to[id] = true
}

// Bounds of the values that requests are searched for.
const (
	maxValues    = 50000
	maxValueText = 512
)

// remember makes a value findable in requests: whole, and by the tokens in it
// that look unique, because libraries send the core of what they store
// ("GA1.1.123.456" is sent as "123.456", one member of an object that is stored
// as base64 is sent alone).
func (b *builder) remember(value string, k *carrier) {
	for _, v := range spellings(value) {
		if _, taken := b.values[v]; !taken && len(b.values) < maxValues {
			b.values[v] = k
		}
	}
}

func spellings(value string) []string {
	if len(value) > maxIdentifier {
		return nil
	}
	out := []string{}
	for _, v := range []string{value, unescaped(value)} {
		if len(v) >= minIdentifier && len(v) <= maxValueText {
			out = append(out, v)
		}
	}
	parts := slices.Collect(tokens(value))
	for i, t := range parts {
		if !identifierToken(t) {
			continue
		}
		out = append(out, t)
		if i+1 < len(parts) && len(parts[i+1]) >= minIdentifier {
			out = append(out, t+"."+parts[i+1])
		}
	}
	if findUUID(value) != "" {
		out = append(out, uuidPattern.FindAllString(value, 4)...)
	}
	return append(out, members(value)...)
}

// members are the identifiers in a JSON object, which may be stored as base64.
func members(value string) []string {
	var r payload.Reader
	var out []string
	for i, q := range r.Value("", unescaped(value)) {
		if i == 50 || len(out) == 8 {
			break
		}
		if q.Name != "" && !q.Nested && q.Value != value && len(q.Value) <= maxValueText && IdentifierLike(q.Value) {
			out = append(out, q.Value)
		}
	}
	return out
}

// carrierOf finds the cookie or key whose identifier a sent value holds.
func (b *builder) carrierOf(value string) *carrier {
	if len(b.values) == 0 || len(value) < minIdentifier || len(value) > maxValue {
		return nil
	}
	if k := b.values[value]; k != nil {
		return k
	}
	if id := findUUID(value); id != "" {
		if k := b.values[id]; k != nil {
			return k
		}
	}
	for t := range tokens(value) {
		if len(t) >= minIdentifier {
			if k := b.values[t]; k != nil {
				return k
			}
		}
	}
	return nil
}

func unescaped(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// perState keeps one value for each consent state, as a hash of two parts.
type perState map[evidence.State]string

// constant reports whether two visitors, that is two states, got the same
// value: then it identifies nobody.
func (p perState) constant() bool {
	if len(p) < 2 {
		return false
	}
	first, set := "", false
	for _, v := range p {
		if set && v != first {
			return false
		}
		first, set = v, true
	}
	return true
}

// short keeps a value comparable in little memory.
func short(value string) string {
	if len(value) <= 64 {
		return strings.Clone(value)
	}
	return shortID("v", value)
}
