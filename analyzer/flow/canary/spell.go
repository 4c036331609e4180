package canary

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// spelling is a text with how it came about.
type spelling struct {
	text   string
	chain  []string
	hashed bool
}

func (s spelling) then(text, step string) spelling {
	chain := s.chain
	if len(chain) == 1 && chain[0] == asTyped {
		chain = nil
	}
	return spelling{text, append(append(make([]string, 0, len(chain)+1), chain...), step), s.hashed}
}

const asTyped = "as typed"

// variants are the spellings that collectors make of a value before they encode
// it. The value as it was typed comes first.
func variants(kind, value string) []spelling {
	out := []spelling{{text: value, chain: []string{asTyped}}}
	add := func(text, step string) {
		for _, s := range out {
			if s.text == text {
				return
			}
		}
		if len(text) >= minWhole {
			out = append(out, spelling{text: text, chain: []string{step}})
		}
	}
	trimmed := strings.TrimSpace(value)
	lower := strings.ToLower(trimmed)
	add(trimmed, "trimmed")
	add(lower, "lower case")
	add(strings.ToUpper(trimmed), "upper case")
	switch kind {
	case "phone":
		digits := keep(value, unicode.IsDigit)
		add(digits, "digits")
		add("+"+digits, "digits with a plus sign")
		add("00"+digits, "digits after 00")
		add(strings.TrimLeft(digits, "0"), "digits without leading zeros")
		if len(digits) == 11 && digits[0] == '1' {
			add(digits[1:], "digits without the country code")
		}
	case "date_of_birth":
		for _, in := range []string{"2006-01-02", "01/02/2006", "02.01.2006", "02/01/2006", "20060102"} {
			day, err := time.Parse(in, trimmed)
			if err != nil {
				continue
			}
			for _, format := range []struct{ layout, step string }{
				{"2006-01-02", "year-month-day"}, {"20060102", "yyyymmdd"}, {"01/02/2006", "month/day/year"}, {"02/01/2006", "day/month/year"},
				{"02.01.2006", "day.month.year"}, {"01-02-2006", "month-day-year"}, {"01022006", "mmddyyyy"}, {"02012006", "ddmmyyyy"},
			} {
				add(day.Format(format.layout), format.step)
			}
			break
		}
	case "name", "postal_address", "user_content":
		add(keep(lower, func(r rune) bool { return !unicode.IsSpace(r) }), "lower case without spaces")
		add(keep(lower, unicode.IsLetter), "lower-case letters")
		if kind == "name" {
			first, rest, _ := strings.Cut(trimmed, " ")
			add(first, "first word")
			add(strings.ToLower(first), "first word, lower case")
			add(rest, "last words")
			add(strings.ToLower(rest), "last words, lower case")
		}
	case "email":
		local, _, _ := strings.Cut(lower, "@")
		if len(local) >= minNeedle {
			add(local, "the part before @")
		}
	}
	return out
}

func keep(s string, ok func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return -1
	}, s)
}

// encode returns the texts that one step makes of a spelling and that another
// step may go on with.
func encode(s spelling) []spelling {
	raw := []byte(s.text)
	inHex := hex.EncodeToString(raw)
	out := []spelling{
		s.then(base64.StdEncoding.EncodeToString(raw), "base64"),
		s.then(inHex, "hex"),
		s.then(strings.ToUpper(inHex), "hex"),
	}
	if text := base64.RawStdEncoding.EncodeToString(raw); text != out[0].text {
		out = append(out, s.then(text, "base64"))
	}
	if text := base64.RawURLEncoding.EncodeToString(raw); strings.ContainsAny(text, "-_") {
		out = append(out, s.then(text, "base64url"))
	}
	for _, h := range hashes(raw) {
		hashed := s
		hashed.hashed = true
		inHex := hex.EncodeToString(h.sum)
		out = append(out, hashed.then(inHex, h.name), hashed.then(strings.ToUpper(inHex), h.name), hashed.then(base64.StdEncoding.EncodeToString(h.sum), h.name+" (in base64)"))
		out = append(out, hashed.then(base64.RawURLEncoding.EncodeToString(h.sum), h.name+" (in base64url)"))
	}
	return out
}

type hash struct {
	name string
	sum  []byte
}

func hashes(raw []byte) []hash {
	m, s1, s256, s512 := md5.Sum(raw), sha1.Sum(raw), sha256.Sum256(raw), sha512.Sum512(raw)
	return []hash{{"MD5", m[:]}, {"SHA-1", s1[:]}, {"SHA-256", s256[:]}, {"SHA-512", s512[:]}}
}

// spell adds all spellings of a canary: up to two encodings on each variant.
func (s *Set) spell(i int) {
	c := &s.canaries[i]
	seen := map[string]bool{}
	put := func(x spelling) {
		if seen[x.text] {
			return
		}
		seen[x.text] = true
		n := needle{x.text, i, x.chain, x.hashed}
		switch {
		case len(x.text) >= minNeedle:
			key := prefix(x.text)
			s.needles[key] = append(s.needles[key], n)
		case len(x.text) >= minWhole:
			if _, taken := s.whole[x.text]; !taken {
				s.whole[x.text] = n
			}
		}
	}
	all := variants(c.kind, c.value)
	for _, v := range all {
		put(v)
	}
	// Simple spellings go before longer ones of the same text.
	for _, v := range all {
		final(v, put)
	}
	for _, v := range all {
		for _, once := range encode(v) {
			final(once, put)
		}
		// Alone it is taken off the text that is searched.
		if text := url.QueryEscape(v.text); text != v.text {
			final(v.then(text, "percent-encoding"), put)
		}
	}
}

// final puts everything that a last step makes of a spelling: in the middle of
// a longer text too, where it is base64.
func final(s spelling, put func(spelling)) {
	raw := []byte(s.text)
	for _, x := range encode(s) {
		put(x)
	}
	for shift := range 3 {
		put(s.then(aligned(base64.StdEncoding, raw, shift), "base64"))
		put(s.then(aligned(base64.URLEncoding, raw, shift), "base64url"))
	}
	for _, h := range hashes(raw) {
		hashed := s
		hashed.hashed = true
		put(hashed.then(base64.RawStdEncoding.EncodeToString(h.sum), h.name+" (in base64)"))
		put(hashed.then(base64.RawURLEncoding.EncodeToString(h.sum), h.name+" (in base64url)"))
	}
}

// aligned returns the characters that a text gives in base64 whatever stands
// around it, when shift bytes more than a multiple of three come before it.
func aligned(enc *base64.Encoding, raw []byte, shift int) string {
	text := enc.EncodeToString(append(make([]byte, shift, shift+len(raw)), raw...))
	start := (shift*8 + 5) / 6
	end := (shift + len(raw)) * 8 / 6
	if end <= start {
		return ""
	}
	return text[start:end]
}
