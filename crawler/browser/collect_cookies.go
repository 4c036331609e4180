package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"

	"candor/crawler/evidence"
)

type cookieKey struct{ name, domain, path, partition string }

// cookies reads the jar and returns what is new or changed since the last
// visit, with who set it. With several windows a cookie that another visit set
// is left to that visit; when last is true nothing is left.
func (c *Context) cookies(ctx context.Context, pageID string, requests []evidence.Request, writes []*write, walls map[string]time.Time, last bool) ([]evidence.Cookie, error) {
	res, err := invoke(ctx, c.browser.conn.root, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		return nil, fmt.Errorf("read cookies: %w", err)
	}
	found := setters(requests, writes, walls)
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []evidence.Cookie
	for _, k := range res.Cookies {
		if k == nil {
			continue
		}
		key := cookieKey{name: k.Name, domain: k.Domain, path: k.Path}
		if k.PartitionKey != nil {
			key.partition = k.PartitionKey.TopLevelSite
		}
		old, known := c.jar[key]
		if known && old == k.Value {
			continue
		}
		s, ok := found.of(k)
		if !ok && !last {
			continue
		}
		if known && s.Kind == "unknown" {
			c.jar[key] = k.Value // refreshed by somebody who is known already
			continue
		}
		c.jar[key] = k.Value
		e := evidence.Cookie{
			Page: pageID, State: c.state, Name: bounded(k.Name, 300), Value: bounded(k.Value, 4096),
			Domain: strings.TrimPrefix(k.Domain, "."), HostOnly: !strings.HasPrefix(k.Domain, "."), Path: bounded(k.Path, 300),
			Session: k.Session, HTTPOnly: k.HTTPOnly, Secure: k.Secure, SameSite: string(k.SameSite), PartitionKey: key.partition,
			SetBy: s.Setter, LifetimeSec: s.lifetime,
		}
		if !k.Session && k.Expires > 0 {
			e.Expires = time.Unix(int64(k.Expires), 0).UTC()
		}
		out = append(out, e)
	}
	return out, nil
}

// A found setter, with the lifetime in seconds that it asked for.
type setting struct {
	evidence.Setter
	host     string
	lifetime int64
}

type settings map[string][]setting // by cookie name

// setters lists who set which cookie in a visit: every Set-Cookie line of every
// response, and every write by a script.
func setters(requests []evidence.Request, writes []*write, walls map[string]time.Time) settings {
	out := settings{}
	for i := range requests {
		q := &requests[i]
		for _, line := range q.SetCookies {
			name, _, _ := strings.Cut(line, "=")
			host := hostOf(q.URL)
			out.add(strings.TrimSpace(name), setting{
				Setter: evidence.Setter{Kind: "http", URL: q.URL, Request: q.ID, Initiators: q.Initiator.Stack},
				host:   declaredDomain(line, host), lifetime: lifetime(line, walls[q.ID]),
			})
		}
	}
	stacks := map[string]*write{} // the first write of a key has its stack
	for _, w := range writes {
		if w.kind != "cookie" && w.kind != "cookiestore" {
			continue
		}
		if len(w.stack) > 0 && stacks[w.key] == nil {
			stacks[w.key] = w
		}
		set := w.setter()
		if first := stacks[w.key]; len(w.stack) == 0 && first != nil && first.frame == w.frame {
			set = first.setter()
		}
		out.add(w.key, setting{Setter: set, host: declaredDomain(w.value, hostOf(w.origin)), lifetime: lifetime(w.value, w.at)})
	}
	return out
}

func (s settings) add(name string, v setting) {
	if len(s[name]) < 50 {
		s[name] = append(s[name], v)
	}
}

// of finds who set a cookie: the last one whose domain fits, because a later
// write replaces an earlier one, unless it only refreshed the same cookie.
func (s settings) of(k *network.Cookie) (setting, bool) {
	domain := strings.TrimPrefix(k.Domain, ".")
	for _, v := range s[k.Name] {
		if v.host == domain || v.host == "" || strings.HasSuffix(v.host, "."+domain) {
			return v, true
		}
	}
	return setting{Setter: evidence.Setter{Kind: "unknown"}}, false
}

// declaredDomain is the Domain attribute of a cookie line (RFC 6265, 5.2.3),
// or the host that sent it.
func declaredDomain(line, host string) string {
	if c, err := http.ParseSetCookie(line); err == nil && c.Domain != "" {
		return strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	}
	return host
}

// lifetime is what a cookie line asks for, in seconds; Max-Age has precedence
// over Expires (RFC 6265, 5.3). 0 means a session cookie or one that ends at
// once.
func lifetime(line string, set time.Time) int64 {
	c, err := http.ParseSetCookie(line)
	if err != nil {
		return 0
	}
	switch {
	case c.MaxAge > 0:
		return int64(c.MaxAge)
	case c.MaxAge < 0 || c.Expires.IsZero():
		return 0
	}
	return max(0, int64(c.Expires.Sub(set).Seconds()))
}

// ParseCookie turns "NAME=VALUE" with a domain into what the browser takes.
func ParseCookie(name, value, domain, fallback string) (*network.CookieParam, error) {
	if domain == "" {
		u, err := url.Parse(fallback)
		if err != nil {
			return nil, fmt.Errorf("cookie %s: %w", name, err)
		}
		domain = u.Hostname()
	}
	return &network.CookieParam{Name: name, Value: value, Domain: domain, Path: "/"}, nil
}
