package crawler

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"golang.org/x/net/publicsuffix"
)

// Client returns an HTTP client that reaches hosts as the browser does: by the
// host mappings, the proxy and the certificates that o accepts. Its cookie jar
// knows the public suffix list; preset cookies without a domain are for hosts.
func Client(o Options, hosts ...string) (*http.Client, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, fmt.Errorf("cookie jar: %w", err)
	}
	for _, k := range o.Cookies {
		if k.Domain != "" {
			setCookie(jar, k, k.Domain)
			continue
		}
		for _, host := range hosts {
			setCookie(jar, k, host)
		}
	}
	t := &http.Transport{
		DialContext:         dialMapped(o.HostMap),
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: o.Insecure}, // only when the person asked for it
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     10 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	if o.Proxy != "" {
		u, err := url.Parse(o.Proxy)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		t.Proxy = http.ProxyURL(u)
	}
	return &http.Client{Transport: withHeaders{t, o.Headers}, Jar: jar, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return fmt.Errorf("more than %d redirects", len(via))
		}
		return nil
	}}, nil
}

func setCookie(jar http.CookieJar, k PresetCookie, host string) {
	host = strings.TrimPrefix(host, ".")
	cookie := &http.Cookie{Name: k.Name, Value: k.Value, Path: "/"}
	if k.Domain != "" {
		cookie.Domain = host
	}
	jar.SetCookies(&url.URL{Scheme: "https", Host: host, Path: "/"}, []*http.Cookie{cookie})
}

// browserCookies are the preset cookies as the browser takes them.
func browserCookies(presets []PresetCookie, hosts []string) []*network.CookieParam {
	var out []*network.CookieParam
	for _, k := range presets {
		if domain := strings.TrimPrefix(k.Domain, "."); domain != "" {
			if isDomain(domain) {
				domain = "." + domain // else it would be for that host alone
			}
			out = append(out, &network.CookieParam{Name: k.Name, Value: k.Value, Domain: domain, Path: "/"})
			continue
		}
		for _, host := range hosts {
			out = append(out, &network.CookieParam{Name: k.Name, Value: k.Value, Domain: host, Path: "/"})
		}
	}
	return out
}

// isDomain says whether a name may have subdomains: not an address, a single
// label or a public suffix.
func isDomain(name string) bool {
	_, err := publicsuffix.EffectiveTLDPlusOne(name)
	return err == nil && net.ParseIP(name) == nil
}

// withHeaders adds the headers that the person asked for.
type withHeaders struct {
	next    http.RoundTripper
	headers map[string]string
}

func (t withHeaders) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(t.headers) > 0 {
		r = r.Clone(r.Context())
		for k, v := range t.headers {
			r.Header.Set(k, v)
		}
	}
	return t.next.RoundTrip(r)
}

// Mapped returns where a host is reached instead of by its name, by the most
// specific mapping that fits: ok is false where none does, and an address that is
// not valid says that there is no such host.
func Mapped(mappings []HostMapping) func(host, port string) (at netip.AddrPort, ok bool) {
	mappings = bySpecificity(mappings)
	return func(host, _ string) (netip.AddrPort, bool) {
		for _, m := range mappings {
			if hostMatches(m.Pattern, host) {
				return m.Addr, true
			}
		}
		return netip.AddrPort{}, false
	}
}

// dialMapped connects to the address that a mapping gives for the host.
func dialMapped(mappings []HostMapping) func(ctx context.Context, proto, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	mapped := Mapped(mappings)
	return func(ctx context.Context, proto, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if to, ok := mapped(host, port); ok {
			if !to.IsValid() {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			addr = to.String()
		}
		return d.DialContext(ctx, proto, addr)
	}
}

func hostMatches(pattern, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if pattern == "*" || pattern == host {
		return true
	}
	suffix, ok := strings.CutPrefix(pattern, "*")
	return ok && strings.HasSuffix(host, suffix) && len(host) > len(suffix)
}

// hostRules says the mappings in the words of Chromium's --host-resolver-rules.
func hostRules(mappings []HostMapping) string {
	var rules []string
	for _, m := range bySpecificity(mappings) {
		to := "~NOTFOUND"
		if m.Addr.IsValid() {
			to = m.Addr.String()
		}
		rules = append(rules, "MAP "+m.Pattern+" "+to)
	}
	return strings.Join(rules, ", ")
}

// bySpecificity puts whole names first, then longer patterns: the first that
// matches counts.
func bySpecificity(mappings []HostMapping) []HostMapping {
	out := slices.Clone(mappings)
	slices.SortStableFunc(out, func(a, b HostMapping) int {
		if aw, bw := strings.Contains(a.Pattern, "*"), strings.Contains(b.Pattern, "*"); aw != bw {
			if bw {
				return -1
			}
			return 1
		}
		return len(b.Pattern) - len(a.Pattern)
	})
	return out
}
