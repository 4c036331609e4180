package frontier

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestNormalize(t *testing.T) {
	for _, tt := range []struct{ base, ref, want string }{
		{"", "HTTPS://EXAMPLE.test", "https://example.test/"},
		{"", "https://example.test:443/a", "https://example.test/a"},
		{"", "http://example.test:80/a", "http://example.test/a"},
		{"", "http://example.test:8080/a", "http://example.test:8080/a"},
		{"", "https://user:secret@example.test/", "https://example.test/"},
		{"", "https://example.test/a#frag", "https://example.test/a"},
		{"", "https://example.test/#!/page", "https://example.test/"},
		{"", "https://example.test/a/./b/../c", "https://example.test/a/c"},
		{"", `https:\\example.test\a`, "https://example.test/a"},
		{"", " https://example.test/a\tb\n", "https://example.test/ab"},
		{"", "https://bücher.test/", "https://xn--bcher-kva.test/"},
		{"", "http://0x7f.1/", "http://127.0.0.1/"},
		{"", "http://[::1]:80/", "http://[::1]/"},
		{"https://example.test/a/b", "c", "https://example.test/a/c"},
		{"https://example.test/a/b", "//other.test/c", "https://other.test/c"},
		{"https://example.test/a/b?x=1", "?y=2", "https://example.test/a/b?y=2"},
		{"https://example.test/a", "", "https://example.test/a"},
		{"", "https://example.test/?utm_source=x&id=1&gclid=2&UTM_Medium=3&fbclid=4", "https://example.test/?id=1"},
		{"", "https://example.test/?b=2&a=1", "https://example.test/?b=2&a=1"}, // the order that the site wrote
		{"", "https://example.test/a;jsessionid=AB12?x=1", "https://example.test/a?x=1"},
		{"", "https://example.test/a;v=1;jsessionid=AB12/b", "https://example.test/a;v=1/b"},
		{"", "https://example.test/?PHPSESSID=abc", "https://example.test/"},
		{"", "https://example.test/?sid=a1b2c3d4e5f6a7b8c9", "https://example.test/"},
		{"", "https://example.test/?sid=5", "https://example.test/?sid=5"},       // near miss: a story's id
		{"", "https://example.test/?utmost=1", "https://example.test/?utmost=1"}, // near miss
		{"", "https://example.test/?s=shoes", "https://example.test/?s=shoes"},   // near miss: a search
		{"", "https://example.test/100%/x", "https://example.test/100%25/x"},     // a lone percent sign
		{"", "https://example.test/a?", "https://example.test/a"},                // an empty query
		{"", "https://example.test/a%20b?q=%C3%A4", "https://example.test/a%20b?q=%C3%A4"},
	} {
		got, err := Normalize(tt.base, tt.ref)
		if err != nil || got != tt.want {
			t.Errorf("Normalize(%q, %q) = %q, %v; want %q", tt.base, tt.ref, got, err, tt.want)
		}
	}
	for _, ref := range []string{"mailto:a@b.test", "tel:+1", "javascript:void(0)", "data:text/html,x", "blob:https://a.test/1", "file:///etc/passwd", "ftp://a.test/", "https://", "http://a b/", "::", "https://a.test/" + strings.Repeat("x", 2001)} {
		if got, err := Normalize("https://a.test/", ref); err == nil && !strings.HasPrefix(got, "https://a.test/") {
			t.Errorf("Normalize(%.40q) = %q, want an error", ref, got)
		}
	}
	if _, err := Normalize("", "mailto:a@b.test"); !errors.Is(err, errScheme) {
		t.Errorf("mailto: %v", err)
	}
}

func TestKey(t *testing.T) {
	same := [][2]string{
		{"http://a.test/x", "https://a.test/x/"},
		{"https://a.test/", "https://a.test/index.html"},
		{"https://a.test/dir/", "https://a.test/dir/Default.aspx"},
		{"https://a.test/?a=1&b=2", "https://a.test/?b=2&a=1"},
		{"https://a.test/%7euser", "https://a.test/~user"},
		{"https://a.test/%c3%a4", "https://a.test/%C3%A4"},
		{"https://a.test/x?utm_source=m", "https://a.test/x"},
		{"https://a.test./x", "https://a.test/x"},
	}
	for _, s := range same {
		if a, b := Key(s[0]), Key(s[1]); a != b || a == "" {
			t.Errorf("Key(%q) = %q, Key(%q) = %q; want the same", s[0], a, s[1], b)
		}
	}
	differ := [][2]string{
		{"https://a.test/x", "https://a.test/X"},
		{"https://a.test/x", "https://www.a.test/x"},
		{"https://a.test/x", "https://a.test:8443/x"},
		{"https://a.test/?a=1", "https://a.test/?a=2"},
		{"https://a.test/a%2Fb", "https://a.test/a/b"},
		{"https://a.test/index", "https://a.test/"},
	}
	for _, s := range differ {
		if a, b := Key(s[0]), Key(s[1]); a == b {
			t.Errorf("Key(%q) and Key(%q) are both %q", s[0], s[1], a)
		}
	}
	if Key("mailto:x@y") != "" {
		t.Error("a mail address has a key")
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := parse(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestChangesSomething(t *testing.T) {
	for _, tt := range []struct {
		address, text string
		want          bool
	}{
		{"/logout", "", true},
		{"/account/log-out.php", "", true},
		{"/x", "Log out", true},
		{"/x", " Abmelden ", true},
		{"/cart/add/5", "", true},
		{"/shop?add-to-cart=12", "", true},
		{"/posts/5/delete", "", true},
		{"/p?action=delete&id=4", "", true},
		{"/newsletter/unsubscribe", "", true},
		{"/wishlist?do=add", "", true},
		{"/blog/how-to-delete-cookies", "How to delete cookies", false},
		{"/login", "Log in", false},
		{"/cart", "Cart", false},
		{"/address/add", "", false},
		{"/help/logout-problems", "Trouble logging out?", false},
		{"/search?q=delete", "", false},
	} {
		if got := changesSomething(mustURL(t, "https://a.test"+tt.address), tt.text); got != tt.want {
			t.Errorf("changesSomething(%q, %q) = %t", tt.address, tt.text, got)
		}
	}
}

func TestTrapped(t *testing.T) {
	for _, tt := range []struct {
		path, want string
	}{
		{"/a/b/a/b", "repeat"},
		{"/x/a/b/c/a/b/c/y", "repeat"},
		{"/a/a/a", "repeat"},
		{"/a/a", ""},
		{"/news/news/2", ""},
		{"/a/b/c/a/b", ""},
		{"/1/2/3/4/5/6/7/8/9/10/11/12", ""},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13", "12 segments"},
		{"/events/2099/05/12", "calendar"},
		{"/events/2027/05/12", ""},
		{"/events/1901/05", "calendar"},
		{"/history/1901", ""}, // a year alone is a topic
		{"/cal?month=2099-01", "calendar"},
		{"/cal?month=2026-01", ""},
		{"/shop?id=2099", ""},
		{"/" + strings.Repeat("z", 201), "200 bytes"},
	} {
		got := trapped(mustURL(t, "https://a.test"+tt.path), 2026)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("trapped(%.40q) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestDated(t *testing.T) {
	for address, want := range map[string]bool{
		"/e/2026/05/12": true, "/e/2026-05": true, "/e/2026/05/12/": true, "/list?page=3": true, "/list/page/3": true, "/blog/page-3/": true, "/l?offset=40": true, "/c?date=2026-05-01": true,
		"/e/2026/05/12/the-title": false, "/list?page=about": false, "/2026": false, "/pages/3": false, "/c?id=20260501": false, "/page": false,
	} {
		if got := dated(mustURL(t, "https://a.test"+address)); got != want {
			t.Errorf("dated(%q) = %t", address, got)
		}
	}
}

func TestShape(t *testing.T) {
	same := [][2]string{
		{"/p/red-running-shoes", "/p/blue-winter-hats"},
		{"/p/12", "/p/13"},
		{"/p/sku4711", "/p/abc9999"},
		{"/x/5f2b6c7d8e9f0a1b", "/x/0a1b2c3d4e5f6a7b"},
		{"/e/2026-05-12", "/e/2026-06-01"},
		{"/s?q=a&p=1", "/s?q=b&p=2"},
		{"/a/red-running-shoes.html", "/a/an-other-thing.html"},
	}
	for _, s := range same {
		if a, b := shapeOf(mustURL(t, "https://a.test"+s[0])), shapeOf(mustURL(t, "https://a.test"+s[1])); a != b {
			t.Errorf("shapes of %q and %q differ: %q, %q", s[0], s[1], a, b)
		}
	}
	differ := [][2]string{
		{"/about", "/contact"}, {"/about-us", "/contact-us"}, {"/p/12", "/q/12"}, {"/p/12", "/p/12/reviews"}, {"/s?q=a", "/s"}, {"/web2", "/about"}, {"/p/1.html", "/p/1.php"},
	}
	for _, s := range differ {
		if a, b := shapeOf(mustURL(t, "https://a.test"+s[0])), shapeOf(mustURL(t, "https://a.test"+s[1])); a == b {
			t.Errorf("%q and %q have one shape %q", s[0], s[1], a)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"https://example.test/a?b=c#d", "//x", "?q", "..", "http://[::1]:0/", "https://a.test/%zz%41%", "https://a.test/a;jsessionid=1;x/../b", "http://a.test:99999/", "https://xn--a.test/",
		"https://a.test/?utm_source=%GG&&=&a", "\x00https://a.test", "https://ａ.test/", "http://a.test\\@b.test/", "https://a.test/?sid=a1b2c3d4e5f6a7b8c9",
	} {
		f.Add("https://base.test/dir/page?x=1", s)
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		got, err := Normalize(base, ref)
		if err != nil {
			return
		}
		again, err := Normalize("", got)
		if err != nil || again != got {
			t.Fatalf("Normalize(%q) = %q, and of that %q, %v", ref, got, again, err)
		}
		u, err := url.Parse(got)
		if err != nil || u.User != nil || u.Fragment != "" || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(got) > maxURL {
			t.Fatalf("Normalize(%q) = %q", ref, got)
		}
		if Key(got) == "" || Key(got) != Key(again) {
			t.Fatalf("Key(%q) = %q", got, Key(got))
		}
		trapped(u, 2026)
		dated(u)
		shapeOf(u)
		folderOf(u)
		changesSomething(u, ref)
		describe(u, ref)
		if full, err := Complete(ref); err == nil {
			if _, err := Normalize("", full); err != nil {
				t.Fatalf("Complete(%q) = %q, which does not parse: %v", ref, full, err)
			}
		}
	})
}
