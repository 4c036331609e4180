package flow

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The expressions that tests of bytes stand for.
var (
	timestampShape = regexp.MustCompile(`^(1[4-9]\d{8}|1[4-9]\d{11}|(19|20)\d{2}[01]\d[0-3]\d(\d{2}){0,3})$`)
	sizeShape      = regexp.MustCompile(`^\d+[xX]\d+$`)
	hashShape      = regexp.MustCompile(`^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$`)
	hash64Shape    = regexp.MustCompile(`^[A-Za-z0-9+/_-]{43}=?$`)
)

func FuzzShapes(f *testing.F) {
	for _, v := range []string{
		"", "1761998400", "1361998400", "1761998400123", "17619984001234", "20261101", "20262101", "20261141", "2026110112", "202611011230", "20261101123059", "2026110112305",
		"1366x768", "1366X768", "x768", "1366x", "1x2x3", "GA1.1.842736519.1761998400", "0b5f2f0e-8c1b-4d6e-9f3a-2f1d0c9b8a7e", "a-b-c-d-e", "abc-0b5f2f0e-8c1b-4d6e-9f3a-2f1d0c9b8a7e0",
		"8f14e45fceea167a5a36dedd4bea2543", "8F14E45FCEEA167A5A36DEDD4BEA2543", "8f14e45fceea167a5a36dedd4bea254g", strings.Repeat("a1", 20), strings.Repeat("Zz9", 14) + "_", strings.Repeat("Zz9", 14) + "+=",
		"CPzHq4APzHq4AAHABBENDgCgAP_AAAAAAAYgF5wAQ", "cpzHq4APzHq4AAHABBENDgCg", "CSzHq4APzHq4AAHABBENDgCg", "CPzHq4APzHq4AAHAB.ENDgCg", "CPzHq4", "CONSENT+1", "Akzept", "aCCept", "preferenceſ", "non-neceſſary", "marKeting", "marketin", "é consent",
		"jo@example.test", "@example.test", "a/b", "Europe/Berlin", "Europa/Berlin", "Zulu/x", "52.5200,13.4050", "-33.8688, 151.2093", ",13.4050", "/a/app.JS", "/a/pic.jpeg", "/a.b/c", "/a.json.", "/x.woff2", "/x.jſ",
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		parts := strings.FieldsFunc(v, func(r rune) bool { return r > unicode.MaxASCII || !isWordByte(byte(r)) })
		if got := slices.Collect(tokens(v)); !slices.Equal(got, parts) {
			t.Errorf("tokens(%q) = %q, want %q", v, got, parts)
		}
		for _, p := range append(parts, v) {
			if got, want := timestamp(p), timestampShape.MatchString(p); got != want {
				t.Errorf("timestamp(%q) = %t", p, got)
			}
			if got, want := size(p), sizeShape.MatchString(p); got != want {
				t.Errorf("size(%q) = %t", p, got)
			}
		}
		if got, want := consenting(v), consentString.MatchString(v); got != want {
			t.Errorf("consenting(%q) = %t", v, got)
		}
		if got, want := findUUID(v), uuidPattern.FindString(v); got != want {
			t.Errorf("findUUID(%q) = %q, want %q", v, got, want)
		}
		if got, want := hashLike(v), hashShape.MatchString(v) || hash64Shape.MatchString(v); got != want {
			t.Errorf("hashLike(%q) = %t", v, got)
		}
		if got, want := isFile(v), fileValue.MatchString(v); got != want {
			t.Errorf("isFile(%q) = %t", v, got)
		}
		want := ""
		switch {
		case len(v) > 254:
		case emailValue.MatchString(v):
			want = email
		case zoneValue.MatchString(v):
			want = timeZone
		case exactPair.MatchString(v) && place(v) != "":
			want = preciseLocation
		}
		if got := byValue(v); got != want {
			t.Errorf("byValue(%q) = %q, want %q", v, got, want)
		}
	})
}
