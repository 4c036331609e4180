package plain

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text", "plain text"},
		{"line\nbreak\ttab", "line break tab"},
		{"a\x1b[31mred", "a⟨U+001B⟩[31mred"},
		{"exe\u202egpj", "exe⟨U+202E⟩gpj"},
		{"zero\u200bwidth", "zero⟨U+200B⟩width"},
		{"\u2066isolate\u2069", "⟨U+2066⟩isolate⟨U+2069⟩"},
		{"bad\xff\xfebytes", "bad\uFFFD\uFFFDbytes"},
		{"Grüße, 日本語, العربية", "Grüße, 日本語, العربية"},
		{"می\u200cخواهم", "می\u200cخواهم"}, // a joiner that the language needs
		{"line\u2028separator", "line⟨U+2028⟩separator"},
	} {
		if got := Visible(c.in); got != c.want {
			t.Errorf("Visible(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"}, {"exactly", 7, "exactly"}, {"too long", 4, "too…"},
		{"ééééé", 3, "éé…"}, {"x", 0, "x"}, {"xy", 0, "…"},
	} {
		if got := Cut(c.in, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
	if got := Middle("https://example.test/a/very/long/path", 20); got != "https://examp…g/path" || utf8.RuneCountInString(got) != 20 {
		t.Errorf("Middle = %q", got)
	}
}

func TestLink(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"https://shop.test/p?a=1#x", "https://shop.test/p?a=1#x"},
		{"http://shop.test", "http://shop.test"},
		{"https://user:secret@shop.test/", "https://shop.test/"},
		{"javascript:alert(1)", ""},
		{"JaVaScRiPt:alert(1)", ""},
		{" javascript:alert(1)", ""},
		{"java\nscript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"//shop.test/", ""},
		{"/privacy", ""},
		{"https:///nohost", ""},
		{"https://shop.test/\u202egpj", ""},
		{"https://shop.test/" + strings.Repeat("a", 5000), ""},
		{"", ""},
	} {
		if got := Link(c.in); got != c.want {
			t.Errorf("Link(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestLocalFile(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"evidence/screenshots/p0001.none.jpg", "evidence/screenshots/p0001.none.jpg"},
		{"../secret", ""}, {"/etc/passwd", ""}, {"a//b", ""}, {"a/./b", ""}, {"javascript:x", ""}, {"a b", ""}, {"", ""}, {`a\b`, ""},
	} {
		if got := LocalFile(c.in); got != c.want {
			t.Errorf("LocalFile(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFragment(t *testing.T) {
	for _, c := range []struct{ address, quote, want string }{
		{"https://shop.test/privacy", "We never sell data.", "https://shop.test/privacy#:~:text=We%20never%20sell%20data."},
		{"https://shop.test/privacy#s2", "a-b, c & d", "https://shop.test/privacy#s2:~:text=a%2Db%2C%20c%20&%20d"},
		{"https://shop.test/privacy", "one two three four five six seven eight nine ten eleven twelve thirteen", "https://shop.test/privacy#:~:text=one%20two%20three%20four%20five,nine%20ten%20eleven%20twelve%20thirteen"},
		{"https://shop.test/privacy", "  ", "https://shop.test/privacy"},
		{"javascript:alert(1)", "x", ""},
	} {
		want := strings.ReplaceAll(c.want, "&", "%26")
		if got := Fragment(c.address, c.quote); got != want {
			t.Errorf("Fragment(%q, %q) = %q, want %q", c.address, c.quote, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"https://t.test/collect?cid=123&em=a%40b.c", "https://t.test/collect?cid=…&em=…"},
		{"https://u:p@t.test/x", "https://t.test/x"},
		{"https://t.test/x#token=1", "https://t.test/x#…"},
		{"https://t.test/x?secret", "https://t.test/x?…"},
		{"https://t.test/x?a=&b", "https://t.test/x?a=&…"},
		{"https://t.test/%zz?mail=me", "https://t.test/%zz?…"},
		{"https://t.test/x", "https://t.test/x"},
	} {
		if got := Redact(c.in); got != c.want {
			t.Errorf("Redact(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCell(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"}, {"a=b", "a=b"}, {"", ""}, {"_ga", "_ga"},
		{"=cmd()", "'=cmd()"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"  =1", "'  =1"},
		{"\t=1", "' =1"}, {"\r=1", "' =1"}, {"＝1", "'＝1"}, {"|calc", "'|calc"},
	} {
		if got := Cell(c.in); got != c.want {
			t.Errorf("Cell(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "=cmd()", "\x1b]0;title\x07", "exe\u202egpj", "\xff\xfe", "https://u:p@h/?a=b#c", "javascript:alert(1)", "https://[::1]/%zz?x", strings.Repeat("é", 50)} {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n %= 10_000
		for name, got := range map[string]string{"Visible": Visible(s), "Cell": Cell(s), "Terminal": Terminal(s, n)} {
			if !utf8.ValidString(got) {
				t.Errorf("%s(%q) is not UTF-8", name, s)
			}
			if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
				t.Errorf("%s(%q) = %q holds a control character", name, s, got)
			}
		}
		if Visible(Visible(s)) != Visible(s) {
			t.Errorf("Visible is not stable on %q", s)
		}
		if got := utf8.RuneCountInString(Cut(s, n)); got > max(n, 1) {
			t.Errorf("Cut(%q, %d) has %d characters", s, n, got)
		}
		if c := Cell(s); c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
			t.Errorf("Cell(%q) = %q starts a formula", s, c)
		}
		for _, link := range []string{Link(s), Fragment(s, s)} {
			if link == "" {
				continue
			}
			u, err := url.Parse(link)
			if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
				t.Errorf("link %q of %q is not a plain web address (%v)", link, s, err)
			}
		}
		Redact(s)
		Middle(s, n)
		LocalFile(s)
	})
}
