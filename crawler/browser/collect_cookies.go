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

// jarred is a cookie as a visit left it.
type jarred struct {
	value   string
	expires time.Time // zero for a session cookie
	gone    bool      // deleted since, before its time
}

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
	c.missed(res.Cookies)
	for _, k := range res.Cookies {
		if k == nil {
			continue
		}
		key := keyOf(k)
		old, known := c.jar[key]
		if known && old.value == k.Value && !old.gone {
			continue
		}
		now := jarred{value: k.Value}
		if !k.Session && k.Expires > 0 {
			now.expires = time.Unix(int64(k.Expires), 0).UTC()
		}
		s, ok := found.of(k)
		if !ok && !last {
			continue
		}
		if known && s.Kind == "unknown" {
			c.jar[key] = now // refreshed by somebody who is known already
			continue
		}
		c.jar[key] = now
		e := evidence.Cookie{
			Page: pageID, State: c.state, Name: bounded(k.Name, 300), Value: bounded(k.Value, 4096),
			Domain: strings.TrimPrefix(k.Domain, "."), HostOnly: !strings.HasPrefix(k.Domain, "."), Path: bounded(k.Path, 300),
			Session: k.Session, HTTPOnly: k.HTTPOnly, Secure: k.Secure, SameSite: string(k.SameSite), PartitionKey: key.partition,
			SetBy: s.Setter, LifetimeSec: s.lifetime, Expires: now.expires, Revived: old.gone && old.value == k.Value,
		}
		out = append(out, e)
	}
	return out, nil
}

func keyOf(k *network.Cookie) cookieKey {
	key := cookieKey{name: k.Name, domain: k.Domain, path: k.Path}
	if k.PartitionKey != nil {
		key.partition = k.PartitionKey.TopLevelSite
	}
	return key
}

// missed marks what was in the jar, has not expired and is no longer there.
func (c *Context) missed(jar []*network.Cookie) {
	there := make(map[cookieKey]bool, len(jar))
	for _, k := range jar {
		if k != nil {
			there[keyOf(k)] = true
		}
	}
	now := c.browser.options.Now()
	for key, old := range c.jar {
		if !there[key] && !old.gone && (old.expires.IsZero() || old.expires.After(now)) {
			old.gone = true
			c.jar[key] = old
		}
	}
}

// setting is one write of a cookie, with the lifetime in seconds that it asked
// for.
type setting struct {
	evidence.Setter
	host     string
	value    string
	lifetime int64
	deletes  bool
}

// newSetting reads a cookie line that came from a host at a time.
func newSetting(by evidence.Setter, line, host string, at time.Time) setting {
	s := setting{Setter: by, host: host}
	_, value, _ := strings.Cut(line, "=")
	value, _, _ = strings.Cut(value, ";")
	s.value = strings.TrimSpace(value)
	c, err := http.ParseSetCookie(line)
	if err != nil {
		return s
	}
	if c.Domain != "" { // RFC 6265, 5.2.3
		s.host = strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	}
	// Max-Age has precedence over Expires (RFC 6265, 5.3).
	switch {
	case c.MaxAge > 0:
		s.lifetime = int64(c.MaxAge)
	case c.MaxAge < 0:
		s.deletes = true
	case !c.Expires.IsZero():
		s.lifetime = max(0, int64(c.Expires.Sub(at).Seconds()))
		s.deletes = !c.Expires.After(at)
	}
	return s
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
			by := evidence.Setter{Kind: "http", URL: q.URL, Request: q.ID, Initiators: q.Initiator.Stack}
			out.add(strings.TrimSpace(name), newSetting(by, line, host, walls[q.ID]))
		}
	}
	for _, w := range writes {
		if w.kind == "cookie" || w.kind == "cookiestore" {
			out.add(w.key, newSetting(w.setter(), w.value, hostOf(w.origin), w.at))
		}
	}
	return out
}

func (s settings) add(name string, v setting) {
	if len(s[name]) < 50 {
		s[name] = append(s[name], v)
	}
}

// of finds who set a cookie: the first whose value it has, with the lifetime of
// the last that wrote this value again; or else the last that wrote any.
func (s settings) of(k *network.Cookie) (setting, bool) {
	domain := strings.TrimPrefix(k.Domain, ".")
	var first, last *setting
	for i := range s[k.Name] {
		v := &s[k.Name][i]
		if v.deletes || v.host != domain && v.host != "" && !strings.HasSuffix(v.host, "."+domain) {
			continue
		}
		last = v
		if v.value != k.Value {
			continue
		}
		if first == nil {
			first = v
		} else {
			first.lifetime = v.lifetime
		}
	}
	switch {
	case first != nil:
		return *first, true
	case last != nil:
		return *last, true
	}
	return setting{Setter: evidence.Setter{Kind: "unknown"}}, false
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
