package web

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// TestAskedFor: a trusted proxy says for whom it asks; what it does not vouch for
// is not believed.
func TestAskedFor(t *testing.T) {
	s := &server{Options: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	for _, c := range []struct{ remote, forwardedFor, forwarded, want string }{
		{"10.0.0.1:4000", "203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1:4000", "198.51.100.1, 203.0.113.9", "", "203.0.113.9"},           // the first was made up
		{"10.0.0.1:4000", "198.51.100.1, 203.0.113.9, 10.0.0.2", "", "203.0.113.9"}, // two proxies of ours
		{"10.0.0.1:4000", "203.0.113.9:5555", "", "203.0.113.9"},
		{"10.0.0.1:4000", "::ffff:203.0.113.9", "", "203.0.113.9"},
		{"[fd00::1]:4000", "2001:db8::9", "", "2001:db8::9"},
		{"[::ffff:10.0.0.1]:4000", "203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1:4000", "nonsense, 203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1:4000", "203.0.113.9, nonsense", "", ""},
		{"10.0.0.1:4000", "10.0.0.7", "", "10.0.0.7"},
		{"10.0.0.1:4000", "", `for=198.51.100.1;proto=https, For="[2001:db8::9]:4711";by=10.0.0.1`, "2001:db8::9"},
		{"10.0.0.1:4000", "", "for=203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:4000", "", "for=unknown", ""},
		{"10.0.0.1:4000", "203.0.113.9", "for=198.51.100.1", "203.0.113.9"},
		{"10.0.0.1:4000", "", "", ""},
		{"203.0.113.5:4000", "198.51.100.1", "for=198.51.100.1", ""}, // no proxy of ours
		{"@", "198.51.100.1", "", ""},
		{"10.0.0.1:4000", strings.Repeat("10.0.0.9,", 1000) + "10.0.0.8", "", "10.0.0.9"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwardedFor != "" {
			r.Header.Set("X-Forwarded-For", c.forwardedFor)
		}
		if c.forwarded != "" {
			r.Header.Set("Forwarded", c.forwarded)
		}
		got, ok := s.askedFor(r)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%+v: %v, %v", c, got, ok)
		}
	}
}
