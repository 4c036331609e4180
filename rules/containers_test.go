package rules

import (
	"net/url"
	"strings"
	"testing"
)

func TestContainerFor(t *testing.T) {
	s := embeddedSet(t)
	for _, tt := range []struct{ address, vendor, id string }{
		{"https://www.googletagmanager.com/gtm.js?id=GTM-ABC123", "google-tag-manager", "GTM-ABC123"},
		{"https://www.googletagmanager.com/gtm.js?l=dl&id=GTM-ABC123&gtm_auth=x", "google-tag-manager", "GTM-ABC123"},
		{"https://metrics.shop.example/gtm.js?id=GTM-ABC123", "google-tag-manager", "GTM-ABC123"},
		{"https://www.googletagmanager.com/gtag/js?id=G-FH7K2M9Q", "google-tag", "G-FH7K2M9Q"},
		{"https://www.googletagmanager.com/gtag/js?id=AW-1234567&l=dataLayer", "google-tag", "AW-1234567"},
		{"https://www.googletagmanager.com/gtag/destination?id=AW-1234567&cx=c", "google-tag", "AW-1234567"},
		{"https://tags.tiqcdn.com/utag/acme/main/prod/utag.js", "tealium", "acme/main/prod"},
		{"https://assets.adobedtm.com/2f1a/9c0e/launch-EN3c7f.min.js", "adobe-launch", "launch-EN3c7f"},
		{"https://cdn.segment.com/analytics.js/v1/wK3yF0/analytics.min.js", "twilio-segment", "wK3yF0"},
		{"https://nexus.ensighten.com/acme/prod/Bootstrap.js", "ensighten", "acme/prod"},
		{"https://acme.containers.piwik.pro/5b1e-22.js", "piwik-pro", "5b1e-22"},
		{"https://cdn.matomo.cloud/acme.matomo.cloud/container_Xy12.js", "matomo", "container_Xy12"},

		{"https://www.googletagmanager.com/gtm.js", "", ""},
		{"https://www.googletagmanager.com/gtm.js?id=abc", "", ""},
		{"https://www.googletagmanager.com/ns.html?id=GTM-ABC123", "", ""},
		{"https://shop.example/not-gtm.js.html?id=GTM-ABC123", "", ""},
		{"https://tags.tiqcdn.com/utag/acme/utag.js", "", ""},
		{"https://shop.example/launch-party.min.js", "", ""},
		{"https://www.googletagmanager.com/gtm.js?id=GTM-" + strings.Repeat("X", 200), "", ""},
	} {
		u, err := url.Parse(tt.address)
		if err != nil {
			t.Fatal(err)
		}
		v, id := s.ContainerFor(u)
		got := ""
		if v != nil {
			got = v.ID
		}
		if got != tt.vendor || id != tt.id {
			t.Errorf("%.80s: %q in %q, want %q in %q", tt.address, id, got, tt.id, tt.vendor)
		}
	}
}

func TestParseContainer(t *testing.T) {
	for pattern, want := range map[Container]bool{
		"*/gtm.js?id={GTM-*}": true, "tags.tiqcdn.com/utag/{*}/utag.js": true, "assets.adobedtm.com/*/{launch-*}.min.js": true,
		"*/gtm.js?id=GTM-*": false, "*/gtm.js": false, "*?id={*}": false, "{*}": false, "*/{*}.js": false, "gtm.js?id={GTM-*}": false,
		"*/gtm.js?={GTM-*}": false, "*/gtm.js?id={}": false, "*/gtm.js?id=x{GTM-*}": false, "*/gtm.js?id={GTM-{*}}": false,
	} {
		if _, ok := parseContainer(nil, pattern); ok != want {
			t.Errorf("%q is taken: %v, want %v", pattern, ok, want)
		}
	}
}
