package rules

import (
	"strings"
	"testing"
)

func TestCookiePurpose(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct {
		name, domain, site string
		purpose            string
		basis              Basis
	}{
		{"_ga", ".shop.test", "shop.test", "analytics", ByName},
		{"IDE", ".doubleclick.net", "shop.test", "advertising", ByName},
		{"test_cookie", ".doubleclick.net", "shop.test", "advertising", ByName}, // an ad server's own technical cookie
		{"test_cookie", "www.shop.test", "shop.test", "unknown", Unknown},       // a site's own is not
		{"lidc", ".linkedin.com", "shop.test", "advertising", ByName},
		{"zz9", ".criteo.com", "shop.test", "advertising", ByVendor},
		{"zz9", ".userway.org", "shop.test", "functional", ByVendor},
		{"zz9", ".stranger.test", "shop.test", "unknown", Unknown},
		{"JSESSIONID", "www.shop.test", "shop.test", "necessary", ByName},
		{".AspNetCore.Antiforgery.x", "www.shop.test", "shop.test", "necessary", ByName},
		{"session_of_ads", "www.shop.test", "shop.test", "unknown", Unknown}, // words are not read
		{"_ga", ".stranger.test", "shop.test", "analytics", ByName},          // on another's domain it still measures
		{"__cf_bm", ".stranger.test", "shop.test", "necessary", ByName},
		{"fr", ".stranger.test", "shop.test", "unknown", Unknown}, // too short to tell anything
		{"_y", ".stranger.test", "shop.test", "unknown", Unknown},
		{"language", "www.shop.test", "shop.test", "functional", ByName},
		{"currentLanguage", "www.shop.test", "shop.test", "functional", ByName},
		{"shop_lang", "www.shop.test", "shop.test", "functional", ByName},
		{"SHOP_LOCALE", "www.shop.test", "shop.test", "functional", ByName},
		{"slang", "www.shop.test", "shop.test", "unknown", Unknown},
		{"langley", "www.shop.test", "shop.test", "unknown", Unknown},
	} {
		rule, vendor := s.CookieFor(test.name, test.domain, test.site)
		if rule == nil {
			rule = s.CookieNamed(test.name)
		}
		if vendor == nil {
			vendor = s.VendorFor(strings.TrimPrefix(test.domain, "."), "/")
		}
		if purpose, basis := CookiePurpose(test.name, rule, vendor); purpose != test.purpose || basis != test.basis {
			t.Errorf("%s on %s: %s by %q, want %s by %q", test.name, test.domain, purpose, basis, test.purpose, test.basis)
		}
	}
	if purpose, _ := CookiePurpose("csrftoken", nil, nil); purpose != "necessary" {
		t.Errorf("csrftoken without knowledge: %s, want necessary", purpose)
	}
}
