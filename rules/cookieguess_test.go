package rules

import (
	"strings"
	"testing"
)

func TestGuessCookie(t *testing.T) {
	s := embeddedSet(t)
	third, session, server := CookieTraits{Third: true}, CookieTraits{Session: true}, CookieTraits{Session: true, HTTPOnly: true}
	for _, test := range []struct {
		name    string
		traits  CookieTraits
		purpose string
		why     string // a part of it
	}{
		{"teahouse_cart_id", session, "necessary", "“cart”"},
		{"TeahouseSessionKey", session, "necessary", "“session”"},
		{"tea.firstVisit.ts", CookieTraits{}, "analytics", "“visit”"},
		{"myteareferrer2", CookieTraits{}, "analytics", "“referrer”"},
		{"tea_gclid", CookieTraits{}, "advertising", "“gclid”"},
		{"shopCurrency", CookieTraits{}, "functional", "“currency”"},
		{"pot_ab_test", CookieTraits{}, "analytics", "“ab”"},
		{"tea-lb-affinity", session, "necessary", "“lb”"},
		{"XTeaCsrf", session, "necessary", "“csrf”"},

		{"leads_of_tea", CookieTraits{}, "", ""}, // "ads" within a word
		{"TEAHOUSE", CookieTraits{}, "", ""},     // no word that it knows
		{"langley_club", CookieTraits{}, "", ""}, // "lang" within a word
		{"cto_teapot", CookieTraits{}, "advertising", "Criteo"},
		{"cto_teapot_opt_out", CookieTraits{}, "necessary", "“opt out”"}, // a refusal, whoever keeps it
		{"criteo_language_teapot", CookieTraits{}, "advertising", "Criteo"},
		{"zz9", third, "advertising", "another site"},
		{"zz9", CookieTraits{Third: true, Session: true}, "", ""},
		{"zz9", server, "necessary", "only the server"},
		{"zz9", CookieTraits{HTTPOnly: true}, "", ""},
		{"", third, "advertising", "another site"},
		{strings.Repeat("x", 4000) + "_cart", CookieTraits{}, "", ""}, // past what is looked at
	} {
		g := s.GuessCookie(test.name, test.traits)
		if g.Purpose != test.purpose || !strings.Contains(g.Why, test.why) || (g.Why == "") != (g.Purpose == "") {
			t.Errorf("%.40s %+v: %q because %q, want %q because of %q", test.name, test.traits, g.Purpose, g.Why, test.purpose, test.why)
		}
	}
}

// A family is a beginning that no other product's cookies share.
func TestCookieFamilies(t *testing.T) {
	f := newFamilies([]*Vendor{
		{ID: "kettle", Name: "Kettle", Cookies: []CookieRule{{Name: "ket_a", Purpose: "analytics"}, {Name: "ket_b*", Purpose: "analytics"}, {Name: "ket_c", Purpose: "necessary"}, {Name: "common_a", Purpose: "analytics"}, {Name: "once_a", Purpose: "analytics"}}},
		{ID: "tea-pot", Name: "Tea Pot", Cookies: []CookieRule{{Name: "common_b", Purpose: "analytics"}, {Name: "teapot_x", Purpose: "functional"}, {Name: "even_a", Purpose: "functional"}, {Name: "even_b", Purpose: "necessary"}, {Name: "own_a", Purpose: "necessary", Domain: "teapot.test"}, {Name: "own_b", Purpose: "necessary", Domain: "teapot.test"}}},
	})
	for name, want := range map[string]string{"ket_new": "analytics", "KET_new": "analytics", "teapot_new": "functional", "common_c": "", "once_b": "", "even_c": "", "own_c": "", "ketnew": "", "": ""} {
		if g := f.guess(name); g.Purpose != want {
			t.Errorf("%s: %q because %q, want %q", name, g.Purpose, g.Why, want)
		}
	}
}

func FuzzGuessCookie(f *testing.F) {
	s := embeddedSet(f)
	for _, name := range []string{"_ga", "teaCartID", "\xff_\u0130", "a__b", strings.Repeat("Session", 60)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		g := s.GuessCookie(name, CookieTraits{})
		if g != s.GuessCookie(name, CookieTraits{}) || (g.Purpose == "") != (g.Why == "") {
			t.Errorf("%q: %+v", name, g)
		}
	})
}
