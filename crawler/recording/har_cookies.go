package recording

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// What HAR tells of cookies: those that a response set, which the analyzer
// reads from the Set-Cookie lines themselves, and those that were sent, which
// were in the jar. A sent cookie takes its flags and lifetime from the response
// that set it, else from what Chrome writes beside it; else they are unknown.

type cookieKey struct{ name, domain, path string }

// written is a cookie that a response of the recording set.
type written struct {
	cookieKey
	evidence.Cookie
}

// jar makes cookies of what was sent.
func (a *archive) jar(sheets []*sheet) {
	hosts := sharedCookies(sheets)
	all := allWritten(sheets)
	set := map[string][]*written{} // by name, up to the request
	seen := map[[4]string]bool{}   // name, domain, path and value
	total := 0
	for i, s := range sheets {
		v := a.visits[i]
		for j, h := range s.hops {
			q := &v.requests[j]
			u, err := url.Parse(h.URL)
			if err != nil {
				continue
			}
			for n, c := range h.sent {
				if n == 300 || c.Name == "" {
					break
				}
				k := a.sentCookie(c, u, set[string(c.Name)], all[string(c.Name)], hosts)
				q.Cookies = append(q.Cookies, evidence.SentCookie{Name: k.Name, Value: k.Value, Domain: k.Domain})
				key := [4]string{k.Name, k.Domain, k.Path, k.Value}
				if seen[key] || h.FromCache {
					continue
				}
				if total++; total > maxCookies {
					continue
				}
				seen[key] = true
				v.cookies = append(v.cookies, k)
			}
			for _, line := range h.SetCookies {
				if w := writtenBy(line, h, u); w != nil && len(set[w.name]) < 200 {
					set[w.name] = append(slices.DeleteFunc(set[w.name], func(o *written) bool { return o.cookieKey == w.cookieKey }), w)
				}
			}
		}
	}
	if total > maxCookies {
		a.gap("bound", "further cookies", "only the first 20,000 were kept")
	}
}

// sentCookie is what is known of a cookie that went with a request.
func (a *archive) sentCookie(c harCookie, u *url.URL, set, all []*written, shared map[[2]string]map[string]bool) evidence.Cookie {
	name, value := a.short(string(c.Name), 300), a.short(string(c.Value), 4096)
	to := hostOf(u)
	k := evidence.Cookie{Name: name, Value: value, SetBy: evidence.Setter{Kind: "unknown"}}
	if w := setter(set, value, to, u.Path); w != nil {
		k = w.Cookie
		k.Value = value
		if value != w.Value {
			k.SetBy = evidence.Setter{Kind: "unknown"} // changed since, as scripts do
		}
		return k
	}
	// A response that set it again later tells whose it is, not who set it first.
	if w := setter(all, value, to, u.Path); w != nil && w.Value == value && c.Domain == "" {
		k = w.Cookie
		k.SetBy = evidence.Setter{Kind: "unknown"}
		return k
	}
	k.Domain, k.HostOnly = to, true
	switch site := evidence.Site(to); {
	case c.Domain != "":
		k.Domain, k.HostOnly = lowerHost(strings.TrimPrefix(bounded(string(c.Domain), 253), ".")), !strings.HasPrefix(string(c.Domain), ".")
	case len(shared[[2]string{site, name + "\x00" + value}]) > 1:
		// Sent alike to several hosts of a site: it is the whole site's.
		k.Domain, k.HostOnly = site, false
	}
	k.Path = cmp.Or(bounded(string(c.Path), 1024), "/")
	k.HTTPOnly, k.Secure, k.SameSite = bool(c.HTTPOnly), bool(c.Secure), bounded(string(c.SameSite), 20)
	if at, ok := expiry(c); ok {
		k.Expires = at
	} else if _, dated := moment(string(c.Expires)); dated {
		k.Session = true
	}
	return k
}

// setter finds the response that set a sent cookie: the same value goes first,
// then the last one.
func setter(set []*written, value, to, path string) *written {
	var best *written
	for _, w := range set {
		if !covers(w.Domain, w.HostOnly, to) || !onPath(w.Path, path) {
			continue
		}
		if best == nil || best.Value != value || w.Value == value {
			best = w
		}
	}
	return best
}

// covers is the domain-match of RFC 6265, 5.1.3.
func covers(domain string, hostOnly bool, to string) bool {
	return domain == to || !hostOnly && strings.HasSuffix(to, "."+domain)
}

// onPath is the path-match of RFC 6265, 5.1.4.
func onPath(path, request string) bool {
	if request == "" {
		request = "/"
	}
	return request == path || strings.HasPrefix(request, path) && (strings.HasSuffix(path, "/") || request[len(path)] == '/')
}

func writtenBy(line string, h *hop, u *url.URL) *written {
	c, err := http.ParseSetCookie(line)
	if err != nil {
		return nil
	}
	k := evidence.Cookie{
		Name: bounded(c.Name, 300), Value: bounded(c.Value, 4096), Domain: lowerHost(strings.TrimPrefix(c.Domain, ".")), Path: c.Path,
		HTTPOnly: c.HttpOnly, Secure: c.Secure, SetBy: evidence.Setter{Kind: "http", URL: h.URL, Request: h.ID, Initiators: h.Initiator.Stack},
	}
	if k.Domain == "" {
		k.Domain, k.HostOnly = hostOf(u), true
	}
	if !strings.HasPrefix(k.Path, "/") {
		k.Path = defaultPath(u.Path)
	}
	k.SameSite = map[http.SameSite]string{http.SameSiteLaxMode: "Lax", http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None"}[c.SameSite]
	if c.Partitioned {
		k.PartitionKey = "unknown"
	}
	switch {
	case c.MaxAge < 0:
		return nil
	case c.MaxAge > 0:
		k.LifetimeSec = int64(min(c.MaxAge, 1e9))
		k.Expires = h.started.Add(time.Duration(k.LifetimeSec) * time.Second)
	case !c.Expires.IsZero():
		if k.LifetimeSec = int64(c.Expires.Sub(h.started).Seconds()); k.LifetimeSec < 0 || c.Expires.Year() > 9999 {
			return nil
		}
		k.Expires = c.Expires.UTC()
	default:
		k.Session = true
	}
	return &written{cookieKey{k.Name, k.Domain, k.Path}, k}
}

// defaultPath is RFC 6265, 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 && path[0] == '/' {
		return path[:i]
	}
	return "/"
}

// allWritten are the cookies that responses set, by name.
func allWritten(sheets []*sheet) map[string][]*written {
	out := map[string][]*written{}
	for _, s := range sheets {
		for _, h := range s.hops {
			u, err := url.Parse(h.URL)
			if err != nil {
				continue
			}
			for _, line := range h.SetCookies {
				if w := writtenBy(line, h, u); w != nil && len(out[w.name]) < 200 {
					out[w.name] = append(out[w.name], w)
				}
			}
		}
	}
	return out
}

// sharedCookies says to which hosts of a site a cookie of unknown domain was
// sent: site, name and value → hosts.
func sharedCookies(sheets []*sheet) map[[2]string]map[string]bool {
	out := map[[2]string]map[string]bool{}
	for _, s := range sheets {
		for _, h := range s.hops {
			to := host(h.URL)
			for n, c := range h.sent {
				if n == 300 {
					break
				}
				if c.Domain != "" {
					continue
				}
				key := [2]string{evidence.Site(to), bounded(string(c.Name), 300) + "\x00" + bounded(string(c.Value), 4096)}
				if out[key] == nil {
					out[key] = map[string]bool{}
				}
				out[key][to] = true
			}
		}
	}
	return out
}
