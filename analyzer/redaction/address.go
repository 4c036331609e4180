package redaction

import (
	"net/url"
	"regexp"
	"strings"

	"candor/analyzer/flow"
)

var (
	longNumber = regexp.MustCompile(`^\+?[\d ().-]{9,}$`) // telephone numbers and the like
	hexDigest  = regexp.MustCompile(`^[0-9a-fA-F]{32,}$`)
	mailInPath = regexp.MustCompile(`[^@]@[^@]+\.[A-Za-z]{2,24}\b`) // no "/@name", a public page, and no "/library@1.2.0"
)

// Personal says whether a value may identify a person or a device.
func Personal(value string) bool {
	return strings.Contains(value, "@") || hexDigest.MatchString(value) || longNumber.MatchString(value) || flow.IdentifierLike(value)
}

// Unparsed is the name under which Address hands over all that stands behind the
// path of an address that does not parse.
const Unparsed = "(unparsed)"

// Address rewrites the values in an address: those of the query and of the
// fragment, and parts of the path that hold an e-mail address. User names are
// left out. value is given the name of a parameter, "" where there is none, and
// its value, and returns what stands for it.
func Address(s string, value func(name, plain string) string) string {
	if !strings.ContainsAny(s, "?#@%") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		if i := strings.IndexAny(s, "?#"); i >= 0 {
			return s[:i] + "?" + url.QueryEscape(value(Unparsed, s[i:]))
		}
		return s
	}
	u.User = nil
	if strings.Contains(u.Path, "@") {
		parts := strings.Split(u.Path, "/")
		for i, p := range parts {
			if mailInPath.MatchString(p) {
				parts[i] = value("", p)
			}
		}
		u.Path, u.RawPath = strings.Join(parts, "/"), ""
	}
	u.RawQuery = pairs(u.RawQuery, value)
	if f := pairs(u.EscapedFragment(), value); f != u.EscapedFragment() {
		u.Fragment, u.RawFragment = f, f
	}
	return u.String()
}

// pairs rewrites the values of a query; a bare word is a value.
func pairs(query string, rewrite func(name, plain string) string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, has := strings.Cut(p, "=")
		if !has {
			name, value = "", p
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		out := rewrite(unescaped(name), plain)
		if out == plain {
			continue
		}
		if parts[i] = escape(out); has {
			parts[i] = name + "=" + escape(out)
		}
	}
	return strings.Join(parts, "&")
}

// escape leaves the tilde of a mark as it is.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%7E", "~") }

func unescaped(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}
