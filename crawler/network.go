package crawler

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Client returns an HTTP client that reaches hosts as the browser does: by the
// host mappings, the proxy and the certificates that o accepts. Its cookie jar
// knows the public suffix list.
func Client(o Options) (*http.Client, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, fmt.Errorf("cookie jar: %w", err)
	}
	for _, k := range o.Cookies {
		if k.Domain != "" {
			jar.SetCookies(&url.URL{Scheme: "https", Host: k.Domain, Path: "/"}, []*http.Cookie{{Name: k.Name, Value: k.Value, Domain: k.Domain, Path: "/"}})
		}
	}
	t := &http.Transport{
		DialContext:         dialMapped(bySpecificity(o.HostMap)),
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

// dialMapped connects to the address that a mapping gives for the host.
func dialMapped(mappings []HostMapping) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		for _, m := range mappings {
			if hostMatches(m.Pattern, host) {
				addr = m.Addr.String()
				break
			}
		}
		return d.DialContext(ctx, network, addr)
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
		rules = append(rules, "MAP "+m.Pattern+" "+m.Addr.String())
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
