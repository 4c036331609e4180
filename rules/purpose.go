package rules

import (
	"slices"
	"strings"
)

// Basis is what a cookie's purpose is known by.
type Basis string

// Bases, the surest first.
const (
	ByName   Basis = "name"   // a vendor's file lists the cookie
	ByVendor Basis = "vendor" // from what the vendor that holds it does
	Unknown  Basis = ""
)

// classOf maps what a vendor does to the class of its cookies, for those whose
// names are not known.
var classOf = []struct {
	class      string
	categories []string
}{
	{"advertising", []string{"advertising", "affiliate", "cdp", "data_broker", "email_marketing", "social"}},
	{"analytics", []string{"ab_testing", "analytics", "error_monitoring", "performance", "session_replay"}},
	{"functional", []string{"accessibility", "chat", "forms", "maps", "personalization", "reviews", "scheduling", "search", "survey", "translation", "video"}},
	{"necessary", []string{"bot_defence", "cdn", "consent", "hosting", "identity", "payment"}},
}

// serverCookies are the starts of session and request-forgery cookies of web
// servers and frameworks, from their documentation. A folder of rules without
// these products knows them too.
var serverCookies = []string{
	".AspNetCore.", "ASP.NET_SessionId", "ASPSESSIONID", "JSESSIONID", "PHPSESSID", "XSRF-TOKEN", "__Host-session", "_csrf", "connect.sid",
	"csrf-token", "csrf_token", "csrftoken", "laravel_session", "wordpress_logged_in_", "wp-settings-",
}

// CookiePurpose tells what a cookie is for: "necessary", "functional",
// "analytics", "advertising" or "unknown", and what that is known by. The rule
// is the one of CookieFor, the vendor who holds the cookie; each may be nil.
// Of the words of a name only those for a language are read: others mislead too
// often.
func CookiePurpose(name string, rule *CookieRule, vendor *Vendor) (string, Basis) {
	if rule != nil && rule.Purpose != "" {
		return rule.Purpose, ByName
	}
	if vendor != nil {
		for _, c := range classOf {
			if slices.ContainsFunc(vendor.Categories, func(have string) bool { return slices.Contains(c.categories, have) }) {
				return c.class, ByVendor
			}
		}
		return "unknown", Unknown
	}
	if slices.ContainsFunc(serverCookies, func(start string) bool { return strings.HasPrefix(name, start) }) {
		return "necessary", ByName
	}
	if namesLanguage(name) {
		return "functional", ByName
	}
	return "unknown", Unknown
}

// namesLanguage reports whether the last word of a cookie's name is one for the
// language of the page: "language", "user_lang", "currentLanguage".
func namesLanguage(name string) bool {
	end := strings.TrimRight(name, "0123456789_-.")
	start := len(end)
	for start > 0 && end[start-1] >= 'a' && end[start-1] <= 'z' {
		start--
	}
	word := end[start:]
	if start > 0 && end[start-1] >= 'A' && end[start-1] <= 'Z' {
		word = end[start-1:]
	}
	if word == "" || strings.ToUpper(end) == end {
		if i := strings.LastIndexAny(end, "_-./"); i >= 0 {
			word = end[i+1:]
		} else {
			word = end
		}
	}
	return slices.Contains([]string{"language", "lang", "locale"}, strings.ToLower(word))
}
