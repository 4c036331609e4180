package browser

import "testing"

func TestAsServed(t *testing.T) {
	for _, c := range []struct {
		name, text, label, served string
		exact                     bool
	}{
		{"ASCII", "plain", "windows-1252", "plain", true},
		{"UTF-8", "café", "UTF-8", "café", true},
		{"UTF-8 with a mark", "café", "UTF-8", "\xef\xbb\xbfcafé", true},
		{"windows-1252", "café – “x”\u0081", "windows-1252", "caf\xe9 \x96 \x93x\x94\x81", true},
		{"ISO-8859-2", "žluť", "ISO-8859-2", "\xbelu\xbb", true},
		{"Shift_JIS", "プライバシー", "Shift_JIS", "\x83v\x83\x89\x83C\x83o\x83V\x81[", true},
		{"UTF-16LE", "hé", "UTF-16LE", "\xff\xfeh\x00\xe9\x00", true},
		{"bytes that are not UTF-8", "caf\uFFFD", "UTF-8", "caf\xe9", false},
		{"a length that does not fit", "café", "windows-1252", "caf\xe9 and more", false},
		{"an unknown charset", "café", "x-none", "caf\xe9", false},
	} {
		got, exact := asServed([]byte(c.text), c.label, int64(len(c.served)))
		want := c.served
		if !c.exact {
			want = c.text
		}
		if exact != c.exact || string(got) != want {
			t.Errorf("%s: %q, %v; want %q, %v", c.name, got, exact, want, c.exact)
		}
	}
}
