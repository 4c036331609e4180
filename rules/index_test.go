package rules

import (
	"net/url"
	"strings"
	"testing"
)

func embeddedSet(tb testing.TB) *Set {
	tb.Helper()
	s, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestVendorForEmbedded(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct{ host, path, want string }{
		{"www.google-analytics.com", "/g/collect?v=2&tid=G-1", "google-analytics"},
		{"region1.google-analytics.com", "/g/collect", "google-analytics"},
		{"REGION1.Google-Analytics.com.", "/g/collect", "google-analytics"},
		{"www.google-analytics.com:443", "/analytics.js", "google-analytics"},
		{"analytics.google.com", "/g/collect", "google-analytics"},
		{"stats.g.doubleclick.net", "/g/collect", "google-analytics"},
		{"notgoogle-analytics.com", "/g/collect", ""},
		{"google-analytics.com.evil.example", "/g/collect", ""},
		{"www.googletagmanager.com", "/gtm.js?id=GTM-1", "google-tag-manager"},
		{"www.googletagmanager.com", "/ns.html?id=GTM-1", "google-tag-manager"},
		{"www.googletagmanager.com", "/gtag/js", "google-tag"},
		{"www.googletagmanager.com", "/gtag/js?id=AW-123&l=dataLayer", "google-ads"},
		{"www.googletagmanager.com", "/gtag/js?id=DC-123", "google-display"},
		{"www.google.com", "/recaptcha/api.js", "google-recaptcha"},
		{"www.google.com", "/recaptchas", ""},
		{"www.google.com", "/maps/embed", "google-maps"},
		{"www.google.com", "/pagead/1p-user-list/123/", "google-ads"},
		{"www.google.de", "/pagead/1p-user-list/123/", "google-ads"},
		{"www.google.co.uk", "/ads/ga-audiences", "google-analytics"},
		{"www.google.com", "/ccm/collect", "google-ads"},
		{"www.google.com", "/search", ""},
		{"maps.googleapis.com", "/maps/api/js", "google-maps"},
		{"fonts.googleapis.com", "/css2", "google-fonts"},
		{"ajax.googleapis.com", "/ajax/libs/jquery/3/jquery.js", "google-hosted-libraries"},
		{"googleads.g.doubleclick.net", "/pagead/viewthroughconversion/1/", "google-ads"},
		{"ad.doubleclick.net", "/ddm/activity/", "google-display"},
		{"www.youtube.com", "/embed/x", "youtube"},
		{"www.youtube-nocookie.com", "/embed/x", "youtube"},
		{"www.facebook.com", "/tr/?id=1&ev=PageView", "meta-pixel"},
		{"www.facebook.com", "/tr", "meta-pixel"},
		{"www.facebook.com", "/travel", "facebook"},
		{"connect.facebook.net", "/en_US/fbevents.js", "meta-pixel"},
		{"connect.facebook.net", "/signals/config/1", "meta-pixel"},
		{"connect.facebook.net", "/de_DE/sdk.js", "facebook"},
		{"notfacebook.com", "/tr", ""},
		{"bat.bing.com", "/action/0", "microsoft-advertising"},
		{"www.bing.com", "/maps", "bing"},
		{"px.ads.linkedin.com", "/collect", "linkedin-insight"},
		{"www.linkedin.com", "/px/li_sync", "linkedin-insight"},
		{"platform.linkedin.com", "/in.js", "linkedin"},
		{"t.co", "/i/adsct", "x-ads"},
		{"t.co", "/abc", "x"},
		{"notx.com", "/", ""},
		{"analytics.tiktok.com", "/api/v2/pixel", "tiktok-pixel"},
		{"www.tiktok.com", "/embed", "tiktok"},
		{"ct.pinterest.com", "/v3/", "pinterest-tag"},
		{"tr.snapchat.com", "/p", "snap-pixel"},
		{"alb.reddit.com", "/rp.gif", "reddit-pixel"},
		{"js.hs-scripts.com", "/1.js", "hubspot"},
		{"static.klaviyo.com", "/onsite/js/klaviyo.js", "klaviyo"},
		{"cdn.segment.com", "/analytics.js/v1/x/analytics.min.js", "twilio-segment"},
		{"static.criteo.net", "/js/ld/ld.js", "criteo"},
		{"", "/", ""},
		{"com", "/", ""},
		{"192.0.2.1", "/", ""},
		{"[2001:db8::1]:443", "/", ""},
		{"unknown.example", "/tr", ""},
	} {
		got := ""
		if v := s.VendorFor(test.host, test.path); v != nil {
			got = v.ID
		}
		if got != test.want {
			t.Errorf("VendorFor(%q, %q) = %q, want %q", test.host, test.path, got, test.want)
		}
	}
}

func TestVendorForOrder(t *testing.T) {
	vendor := func(id, domains string) string {
		return "id: " + id + "\nname: V\ncompany: acme\ncategories: [cdn]\ndomains: [" + domains + "]\nsources: [{name: S, date: \"2026-11\"}]\n"
	}
	s, err := LoadFS(folder(map[string]string{
		"trackers/wide.yaml":  vendor("wide", "a.example, shop.*"),
		"trackers/sub.yaml":   vendor("sub", "{host: b.a.example, paths: [/x, /sdk*]}"),
		"trackers/deep.yaml":  vendor("deep", "{host: b.a.example, paths: [/x/y]}"),
		"trackers/exact.yaml": vendor("exact", "{host: a.example, exact: true}"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ host, path, want string }{
		{"a.example", "/", "exact"},
		{"c.a.example", "/", "wide"},
		{"b.a.example", "/", "wide"},
		{"b.a.example", "", "wide"},
		{"b.a.example", "/x", "sub"},
		{"b.a.example", "/x/z", "sub"},
		{"b.a.example", "/xx", "wide"},
		{"b.a.example", "/x/y/z", "deep"},
		{"b.a.example", "/sdk2", "sub"},
		{"d.b.a.example", "/x", "sub"},
		{"www.shop.co.uk", "/", "wide"},
		{"shop.de", "/", "wide"},
		{"myshop.de", "/", ""},
		{"shop.evil.de", "/", ""},
	} {
		got := ""
		if v := s.VendorFor(test.host, test.path); v != nil {
			got = v.ID
		}
		if got != test.want {
			t.Errorf("VendorFor(%q, %q) = %q, want %q", test.host, test.path, got, test.want)
		}
	}
}

func TestCookieForEmbedded(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct{ name, domain, site, want string }{
		{"_ga", ".shop.example", "shop.example", "google-analytics"},
		{"_ga_ABC123", "www.shop.example", "shop.example", "google-analytics"},
		{"_gab", "shop.example", "shop.example", ""},
		{"_ga", "other.example", "shop.example", ""}, // a third party's cookie of the same name
		{"_gcl_au", "shop.example", "shop.example", "google-ads"},
		{"_fbp", "shop.example", "shop.example", "meta-pixel"},
		{"fr", ".facebook.com", "shop.example", "meta-pixel"},
		{"fr", "shop.example", "shop.example", ""},
		{"IDE", ".doubleclick.net", "shop.example", "google-display"},
		{"NID", ".google.com", "shop.example", "google-sign-in"},
		{"MUID", ".bing.com", "shop.example", "microsoft-advertising"},
		{"_uetsid", "shop.example", "shop.example", "microsoft-advertising"},
		{"li_sugr", ".linkedin.com", "shop.example", "linkedin-insight"},
		{"hubspotutk", "shop.example", "shop.example", "hubspot"},
		{"visitor_id12345-hash", "shop.example", "shop.example", "salesforce-account-engagement"},
		{"ajs_anonymous_id", "", "", "twilio-segment"},
		{"", "", "", ""},
	} {
		got := ""
		rule, v := s.CookieFor(test.name, test.domain, test.site)
		if v != nil {
			got = v.ID
		}
		if got != test.want || (rule == nil) != (v == nil) {
			t.Errorf("CookieFor(%q, %q, %q) = %v, %q, want %q", test.name, test.domain, test.site, rule, got, test.want)
		}
	}
}

func TestNameIndex(t *testing.T) {
	var x nameIndex
	a, b := &Vendor{ID: "a"}, &Vendor{ID: "b"}
	for _, r := range []struct {
		v    *Vendor
		name string
	}{{a, "ab*"}, {a, "abc*z"}, {b, "abcd"}, {b, "*_end"}, {b, "ab*"}, {a, "x**y"}, {a, "xx*"}} {
		x.add(r.v, &CookieRule{Name: r.name})
	}
	always := func(named) bool { return true }
	for _, test := range []struct{ name, rule, vendor string }{
		{"abcd", "abcd", "b"},
		{"abcdz", "abc*z", "a"},
		{"abcde", "ab*", "a"},
		{"ab", "ab*", "a"},
		{"a", "", ""},
		{"the_end", "*_end", "b"},
		{"_end", "*_end", "b"},
		{"the_end2", "", ""},
		{"ab_end", "ab*", "a"}, // a start goes before an end
		{"Abcd", "", ""},       // names are case-sensitive (RFC 6265, section 5.3)
		{strings.Repeat("a", 5000) + "_end", "*_end", "b"},
	} {
		rule, vendor := "", ""
		if r, v := x.find(test.name, always, func(n named) bool { return false }); r != nil {
			rule, vendor = r.Name, v.ID
		}
		if rule != test.rule || vendor != test.vendor {
			t.Errorf("find(%.20q) = %q of %q, want %q of %q", test.name, rule, vendor, test.rule, test.vendor)
		}
	}
	if r, v := x.find("ab1", always, func(n named) bool { return n.vendor == b }); r == nil || v != b {
		t.Errorf("the preferred vendor did not go first: %v", v)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"abc", "abc", true}, {"abc", "abcd", false}, {"abc", "ab", false},
		{"a*", "a", true}, {"a*c", "abc", true}, {"a*c", "ab", false}, {"a*c", "acac", true},
		{"*b*", "abc", true}, {"*b*", "ac", false}, {"a**", "ab", true}, {"", "", true}, {"*", "", true},
		{"a*a*a*a*b", strings.Repeat("a", 200), false},
	} {
		if got := match(test.pattern, test.name); got != test.want {
			t.Errorf("match(%q, %.20q) = %v", test.pattern, test.name, got)
		}
	}
}

func TestParamFor(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct{ vendor, name, want string }{
		{"google-analytics", "cid", "cookie_identifier"},
		{"google-analytics", "dl", "page_url"},
		{"google-analytics", "ep.method", "interaction_events"},
		{"google-analytics", "ep", ""},
		{"meta-pixel", "ud[em]", "email_hash"},
		{"meta-pixel", "cd[value]", "purchase_history"},
		{"meta-pixel", "cd[anything]", "interaction_events"},
		{"meta-pixel", "id", ""}, // the advertiser's number says nothing of the visitor
		{"google-fonts", "family", ""},
	} {
		got := ""
		if p := s.ParamFor(s.Vendor(test.vendor), test.name); p != nil {
			got = p.Data
		}
		if got != test.want {
			t.Errorf("ParamFor(%s, %q) = %q, want %q", test.vendor, test.name, got, test.want)
		}
	}
	if got := s.ParamFor(nil, "cid"); got != nil {
		t.Errorf("ParamFor(nil) = %+v", got)
	}
}

func TestParamForNested(t *testing.T) {
	s, err := LoadFS(folder(map[string]string{"trackers/v.yaml": "id: v\nname: V\ncompany: acme\ncategories: [analytics]\ndomains: [v.example]\n" +
		"params:\n  - {name: \"ep.*\", data: identifier}\n  - {name: id, data: ip_address}\n  - {name: \"e[5]\", data: ip_address}\n  - {name: a.b, data: identifier}\nsources: [{name: S, date: \"2026-11\"}]\n"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, want string }{
		{"id", "id"}, {"user.id", "id"}, {"batch.user.id", "id"}, {"userid", ""}, {"id.x", ""},
		{"ep.id", "ep.*"}, // a name of the site's own choice, not the product's id
		{"x.ep.anything", "ep.*"}, {"ep", ""}, {"e[5]", "e[5]"}, {"e[4]", ""}, {"z.a.b", "a.b"}, {"a.c.b", ""}, {"", ""}, {".", ""},
	} {
		got := ""
		if p := s.ParamFor(s.Vendor("v"), test.name); p != nil {
			got = p.Name
		}
		if got != test.want {
			t.Errorf("ParamFor(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestEndpointFor(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct{ path, query, want string }{
		{"/g/collect", "v=2&tid=G-ABC", "google-analytics relay"},
		{"/metrics/g/collect/", "v=2&tid=G-ABC", "google-analytics relay"},
		{"/g/collect", "v=2&tid=UA-1", ""},
		{"/g/collect", "tid=G-ABC", ""},
		{"/xg/collect", "v=2&tid=G-ABC", ""},
		{"/b/ss/shop/1/JS-2/s1", "AQB=1", "adobe-analytics relay"},
		{"/stats/matomo.php", "idsite=1", "matomo"},
		{"/matomo.php", "", ""},
		{"/com.snowplowanalytics.snowplow/tp2", "", "snowplow"},
		{"/api/event", "n=pageview&u=x&d=y", "plausible"},
		{"/api/event", "n=fair", ""},
		{"/", "v=2&tid=G-ABC", ""},
	} {
		query, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		v, rule := s.EndpointFor(test.path, func(name string) (string, bool) { return query.Get(name), query.Has(name) })
		got := ""
		if v != nil {
			got = v.ID
			if rule.Relay {
				got += " relay"
			}
		}
		if got != test.want {
			t.Errorf("EndpointFor(%s, %s) = %q, want %q", test.path, test.query, got, test.want)
		}
		if got != "" && !s.EndpointPath(test.path) {
			t.Errorf("EndpointPath(%s) = false", test.path)
		}
	}
}

func TestCompanies(t *testing.T) {
	s := embeddedSet(t)
	for _, test := range []struct{ domain, want string }{
		{"google.com", "google"}, {"google-analytics.com", "google"}, {"linkedin.com", "linkedin"},
		{"licdn.com", "linkedin"}, {"doubleclick.net", "google"}, {"facebook.com", "meta"}, {"shop.example", ""},
	} {
		got := ""
		if c := s.CompanyForDomain(test.domain); c != nil {
			got = c.ID
		}
		if got != test.want {
			t.Errorf("CompanyForDomain(%q) = %q, want %q", test.domain, got, test.want)
		}
	}
	if c := s.RootCompany("linkedin"); c == nil || c.ID != "microsoft" {
		t.Errorf("RootCompany(linkedin) = %v", c)
	}
	if c := s.RootCompany("no-such"); c != nil {
		t.Errorf("RootCompany(no-such) = %v", c)
	}
	if c := s.CompanyOf(s.Vendor("youtube")); c == nil || c.ID != "google" {
		t.Errorf("CompanyOf(youtube) = %v", c)
	}
	if s.CompanyOf(nil) != nil || s.Vendor("no-such") != nil {
		t.Error("look-ups of nothing found something")
	}
	circle := &Set{Companies: map[string]*Company{"a": {ID: "a", Parent: "b"}, "b": {ID: "b", Parent: "a"}}}
	if c := circle.RootCompany("a"); c == nil {
		t.Error("RootCompany in a circle = nil")
	}
}

func TestNames(t *testing.T) {
	s := embeddedSet(t)
	has := make(map[Name]bool)
	for i, n := range s.Names() {
		has[n] = true
		if n.Text == "" || n.ID == "" || i > 0 && s.Names()[i-1].Text > n.Text {
			t.Fatalf("name %d is %+v after %+v", i, n, s.Names()[max(0, i-1)])
		}
	}
	for _, n := range []Name{
		{"Google LLC", "company", "google", false},
		{"Google", "company", "google", false},
		{"Google Analytics", "vendor", "google-analytics", false},
		{"Meta", "company", "meta", true},
		{"Facebook Pixel", "vendor", "meta-pixel", false},
		{"Segment", "vendor", "twilio-segment", true},
		{"Branch", "vendor", "branch", true},
		{"AppNexus", "vendor", "xandr", false},
		{"X", "vendor", "x", true},
	} {
		if !has[n] {
			t.Errorf("no name %+v", n)
		}
	}
}

func TestLifetimeDays(t *testing.T) {
	for _, test := range []struct {
		in   string
		days float64
		ok   bool
	}{
		{"session", 0, true}, {"30m", 30.0 / 1440, true}, {"1d", 1, true}, {"2w", 14, true}, {"12mo", 365, true},
		{"2y", 730, true}, {"24h", 1, true}, {"10s", 10.0 / 86400, true}, {"1.5d", 1.5, true},
		{"", 0, false}, {"d", 0, false}, {"1", 0, false}, {"-1d", 0, false}, {"0d", 0, false}, {"1 d", 0, false},
		{"1e9d", 0, false}, {"NaNd", 0, false}, {"persistent", 0, false}, {"1.2.3d", 0, false},
	} {
		days, ok := LifetimeDays(test.in)
		if ok != test.ok || days-test.days > 1e-9 || test.days-days > 1e-9 {
			t.Errorf("LifetimeDays(%q) = %v, %v", test.in, days, ok)
		}
	}
}

func FuzzVendorFor(f *testing.F) {
	f.Add("www.google.co.uk", "/ads/ga-audiences?x=1")
	f.Add("..", "//")
	f.Add("[::1]:80", "")
	f.Add("a."+strings.Repeat("b.", 200)+"google-analytics.com", "/tr")
	f.Add("\xff\x00.com", "?#")
	s := embeddedSet(f)
	f.Fuzz(func(t *testing.T, host, path string) {
		v := s.VendorFor(host, path)
		if v == nil {
			return
		}
		for _, h := range v.Domains {
			known := strings.TrimSuffix(h.Host, ".*")
			if strings.Contains(cleanHost(host), known) {
				return
			}
		}
		t.Errorf("VendorFor(%q, %q) = %s, which has no such host", host, path, v.ID)
	})
}

func BenchmarkVendorFor(b *testing.B) {
	s := embeddedSet(b)
	for _, host := range []string{"www.google-analytics.com", "cdn.a.b.unknown.example"} {
		b.Run(host, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.VendorFor(host, "/g/collect?v=2")
			}
		})
	}
}

func BenchmarkCookieFor(b *testing.B) {
	s := embeddedSet(b)
	b.ReportAllocs()
	for b.Loop() {
		s.CookieFor("_ga_ABCDEFG123", ".shop.example", "shop.example")
	}
}
