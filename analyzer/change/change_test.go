package change_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer/change"
)

func TestHosts(t *testing.T) {
	h := change.Hosts{{"staging.example", "www.example.com"}, {"*.staging.example", "*.example.com"}}
	for from, want := range map[string]string{
		"https://staging.example/a?b=1":        "https://www.example.com/a?b=1",
		"https://staging.example:8443/a":       "https://www.example.com/a",
		"https://shop.staging.example/a":       "https://shop.example.com/a",
		"https://notstaging.example/a":         "https://notstaging.example/a",
		"https://www.example.com/a":            "https://www.example.com/a",
		"staging.example":                      "staging.example", // not an address
		"https://staging.example.evil.test/":   "https://staging.example.evil.test/",
		"https://user:p@staging.example/a#b":   "https://user:p@www.example.com/a#b",
		"http://[::1]:8080/a":                  "http://[::1]:8080/a",
		"https://\x00staging.example/unparsed": "https://\x00staging.example/unparsed",
	} {
		if got := h.Address(from); got != want {
			t.Errorf("Address(%q) = %q, want %q", from, got, want)
		}
	}
	for from, want := range map[string]string{
		"https://staging.example?x=~abc": "www.example.com/", "http://WWW.example.com/a/b?c#d": "www.example.com/a/b", "not an address?q": "not an address",
	} {
		if got := h.PageKey(from); got != want {
			t.Errorf("PageKey(%q) = %q, want %q", from, got, want)
		}
	}
}

// A company's new product brings a new purpose, and its new host nothing.
func TestPractices(t *testing.T) {
	home := []change.Visit{{"shop.test/", "none"}}
	before := change.Scan{Visits: home, Recipients: []change.Recipient{
		{Key: "google llc", Name: "Google LLC", Data: []string{"ip_address", "page_url"}, Purposes: []string{"analytics"}, Visits: home},
		{Key: "fonts.test", Name: "fonts.test", Data: []string{"ip_address"}, Visits: home},
	}}
	got := change.Practices(before, []change.Recipient{
		{Key: "tok.test", Name: "tok.test", Data: []string{"email"}, Purposes: []string{}, Visits: []change.Visit{{"shop.test/new", "none"}}},
		{Key: "google llc", Name: "Google LLC", Data: []string{"page_url", "ip_address"}, Purposes: []string{"advertising", "analytics"}, Visits: home},
	})
	type row struct {
		Key            string
		Whole, OnNew   bool
		Data, Purposes []string
	}
	var rows []row
	for _, p := range got {
		rows = append(rows, row{p.Recipient.Key, p.Whole, p.OnNew, p.Data, p.Purposes})
	}
	want := []row{
		{"google llc", false, false, []string{}, []string{"advertising"}},
		{"tok.test", true, true, []string{"email"}, []string{}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if again := change.Practices(before, before.Recipients); len(again) != 0 {
		t.Errorf("a scan differs from itself: %+v", again)
	}
}
