package frontier

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// maxURL is the longest address that is followed, in bytes.
const maxURL = 2000

// parser follows the WHATWG URL standard, which browsers follow: backslashes,
// tabs, default ports, dot segments, IDNA and odd IPv4 forms come out alike.
var parser = whatwg.NewParser(whatwg.WithPercentEncodeSinglePercentSign())

var (
	errScheme = errors.New("only http and https addresses can be visited")
	errLong   = fmt.Errorf("the address is longer than %d bytes", maxURL)
)

// trackingParams are query parameters that name a campaign or a click and do
// not change the page. Visiting without them also keeps the site's own
// statistics clean.
var trackingParams = setOf(
	"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "igshid",
	"yclid", "ysclid", "epik", "rdt_cid", "sccid", "irclickid", "mc_cid", "mc_eid", "_hsenc", "_hsmi", "hsctatracking",
	"__hssc", "__hstc", "__hsfp", "mkt_tok", "_ga", "_gl", "_gac", "s_kwcid", "ef_id", "vero_id", "oly_enc_id", "oly_anon_id",
	"wickedid", "srsltid", "_branch_match_id", "piwik_campaign", "mtm_campaign", "pk_campaign", "pk_kwd")

// sessionParams are query parameters that carry a session. The short ones also
// mean other things ("sid=5" is a story), so their value must look like a token.
var (
	sessionParams      = setOf("phpsessid", "jsessionid", "aspsessionid", "asp.net_sessionid", "sessionid", "session_id", "sessid", "cfid", "cftoken", "oscsid", "zenid")
	shortSessionParams = setOf("sid", "s", "session", "token", "osid")
)

// indexPages are file names that stand for their folder.
var indexPages = setOf("index.html", "index.htm", "index.php", "index.asp", "index.aspx", "index.jsp", "default.asp", "default.aspx", "default.htm", "default.html")

func setOf(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// Complete turns what a person types into an address: "example.com" means
// https://example.com/. Credentials and the fragment are dropped. The error
// says what to write instead.
func Complete(given string) (string, error) {
	s := strings.TrimSpace(given)
	if s == "" {
		return "", errors.New("the address is empty: write one such as https://www.example.com/")
	}
	if !hasScheme(s) {
		s = "https://" + strings.TrimPrefix(s, "//")
	}
	u, err := parse(nil, s)
	switch {
	case errors.Is(err, errScheme):
		scheme, _, _ := strings.Cut(s, ":")
		return "", fmt.Errorf("%q starts with %s: — %w: write https://… or http://…", given, strings.ToLower(scheme), errScheme)
	case errors.Is(err, errLong):
		return "", fmt.Errorf("%.60q…: %w", given, errLong)
	case err != nil:
		return "", fmt.Errorf("%q is not an address: write one such as https://www.example.com/", given)
	}
	if !plausibleHost(u.Hostname()) {
		return "", fmt.Errorf("%q names no host: write one such as https://www.example.com/", given)
	}
	return u.String(), nil
}

// hasScheme tells "https://x" and "mailto:x" from "example.com:8080/path".
func hasScheme(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "./?#[@ ") {
		return false
	}
	if strings.HasPrefix(rest, "//") {
		return true
	}
	return rest == "" || rest[0] < '0' || rest[0] > '9' // "localhost:8080" has a port
}

// plausibleHost refuses what the parser takes as a host but a person did not
// mean: "example", typed without its end. "localhost" and addresses are fine.
func plausibleHost(host string) bool {
	if host == "localhost" || strings.Contains(host, ".") {
		return strings.Trim(host, ".") != ""
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Normalize returns the address as it is visited: parsed as browsers do,
// relative to base when that is not empty, without credentials, fragment,
// tracking parameters and session ids. Only http and https addresses of at
// most 2,000 bytes have one.
func Normalize(base, ref string) (string, error) {
	var b *url.URL
	if base != "" {
		var err error
		if b, err = parse(nil, base); err != nil {
			return "", fmt.Errorf("normalise %.80q: base: %w", ref, err)
		}
	}
	u, err := parse(b, ref)
	if err != nil {
		return "", fmt.Errorf("normalise %.80q: %w", ref, err)
	}
	return u.String(), nil
}

// parse is Normalize on parsed values.
func parse(base *url.URL, ref string) (*url.URL, error) {
	if len(ref) > maxURL {
		return nil, errLong
	}
	var (
		w   *whatwg.Url
		err error
	)
	if base == nil {
		w, err = parser.Parse(ref)
	} else {
		w, err = parser.ParseRef(base.String(), ref)
	}
	if err != nil {
		return nil, err
	}
	if s := w.Scheme(); s != "http" && s != "https" {
		return nil, errScheme
	}
	u, err := url.Parse(w.Href(true))
	if err != nil {
		return nil, err
	}
	if u.Host == "" {
		return nil, errors.New("no host")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	dropSession(u)
	u.RawQuery = cleanQuery(u.RawQuery)
	u.ForceQuery = false
	if u.Path == "" {
		u.Path = "/"
	}
	if len(u.String()) > maxURL {
		return nil, errLong
	}
	return u, nil
}

// dropSession removes ";jsessionid=…" and the like from the path.
func dropSession(u *url.URL) {
	p := u.EscapedPath()
	segments := strings.Split(p, "/")
	changed := false
	for i, s := range segments {
		name, params, ok := strings.Cut(s, ";")
		if !ok {
			continue
		}
		kept := []string{name}
		for param := range strings.SplitSeq(params, ";") {
			key, _, _ := strings.Cut(param, "=")
			if !sessionParams[strings.ToLower(key)] {
				kept = append(kept, param)
			}
		}
		if joined := strings.Join(kept, ";"); joined != s {
			segments[i], changed = joined, true
		}
	}
	if !changed {
		return
	}
	p = strings.Join(segments, "/")
	if decoded, err := url.PathUnescape(p); err == nil {
		u.Path, u.RawPath = decoded, p
	}
}

// cleanQuery removes tracking parameters and session ids and keeps the rest
// as it was written, order included.
func cleanQuery(q string) string {
	if q == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(q, "&") {
		name, value, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		name = strings.ToLower(name)
		if part == "" || trackingParams[name] || strings.HasPrefix(name, "utm_") || sessionParams[name] ||
			strings.HasPrefix(name, "aspsessionid") || shortSessionParams[name] && looksLikeToken(value) {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "&")
}

// looksLikeToken says whether a value is a random id: at least 16 letters and
// digits, with both.
func looksLikeToken(v string) bool {
	if len(v) < 16 {
		return false
	}
	digits, letters := false, false
	for _, r := range v {
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			letters = true
		case r != '-' && r != '_':
			return false
		}
	}
	return digits && letters
}

// Key returns what two addresses of the same page share: a normalised address
// without scheme, index page, closing slash and order of parameters. It is ""
// for what cannot be visited.
func Key(address string) string {
	u, err := parse(nil, address)
	if err != nil {
		return ""
	}
	return keyOf(u)
}

func keyOf(u *url.URL) string {
	p := u.EscapedPath()
	if dir, file := path.Split(p); indexPages[strings.ToLower(file)] {
		p = dir
	}
	p = canonicalEscapes(strings.TrimRight(p, "/"))
	key := strings.TrimSuffix(u.Host, ".") + p
	if u.RawQuery != "" {
		parts := strings.Split(canonicalEscapes(u.RawQuery), "&")
		slices.Sort(parts)
		key += "?" + strings.Join(parts, "&")
	}
	return key
}

// canonicalEscapes decodes percent-encoded unreserved characters and writes
// the other escapes in upper case (RFC 3986, 6.2.2).
func canonicalEscapes(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	const hexDigits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) {
			out = append(out, s[i])
			continue
		}
		hi, lo := unhex(s[i+1]), unhex(s[i+2])
		if hi < 0 || lo < 0 {
			out = append(out, s[i])
			continue
		}
		c := byte(hi<<4 | lo)
		if unreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hexDigits[hi], hexDigits[lo])
		}
		i += 2
	}
	return string(out)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
