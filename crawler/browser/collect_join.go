package browser

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/network"

	"candor/crawler/evidence"
)

// What the network stack says of hops, joined at the end of a visit.

// finish joins the parts and numbers the requests in the order in which they
// began.
func (r *record) finish(pageID string, state evidence.State) []evidence.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]evidence.Request, 0, len(r.entries))
	for _, e := range r.entries {
		if x := r.extras[e.id]; x != nil {
			e.join(x.sent, x.received)
		}
		chain := ""
		for _, h := range e.hops {
			q := &h.Request
			q.ID = fmt.Sprintf("%s/r%04d", pageID, len(out)+1)
			if chain == "" {
				chain = q.ID
			}
			q.Chain, q.Page, q.State = chain, pageID, state
			if len(q.SetCookies) == maxSetCookies || len(q.Blocked) == maxSetCookies {
				r.bounds["cookies of one response"] = true
			}
			out = append(out, *q)
		}
	}
	return out
}

// join gives each hop that went over the network its extra info, in order.
func (e *entry) join(sent []*network.EventRequestWillBeSentExtraInfo, received []*network.EventResponseReceivedExtraInfo) {
	for _, h := range e.hops {
		if h.noExtra {
			continue
		}
		if len(sent) > 0 {
			h.setSent(sent[0])
			sent = sent[1:]
		}
		if len(received) > 0 {
			if e.farewell {
				h.SetCookies = nil // interception saw the same lines
			}
			h.setReceived(received[0])
			received = received[1:]
		}
	}
}

func (h *hop) setSent(ev *network.EventRequestWillBeSentExtraInfo) {
	if len(ev.Headers) > 0 {
		h.Headers = requestHeaders(ev.Headers)
	}
	for _, a := range ev.AssociatedCookies {
		if a == nil || a.Cookie == nil {
			continue
		}
		if len(a.BlockedReasons) == 0 {
			h.Cookies = append(h.Cookies, evidence.SentCookie{Name: bounded(a.Cookie.Name, 300), Value: bounded(a.Cookie.Value, 4096), Domain: strings.TrimPrefix(a.Cookie.Domain, ".")})
			continue
		}
		b := evidence.BlockedCookie{Name: bounded(a.Cookie.Name, 300), Domain: strings.TrimPrefix(a.Cookie.Domain, "."), Direction: "request"}
		for _, reason := range a.BlockedReasons {
			// A cookie of another path or host was not meant for this request.
			if reason != network.CookieBlockedReasonNotOnPath && reason != network.CookieBlockedReasonDomainMismatch {
				b.Reasons = append(b.Reasons, string(reason))
			}
		}
		if len(b.Reasons) > 0 && len(h.Blocked) < maxSetCookies {
			h.Blocked = append(h.Blocked, b)
		}
	}
}

// addSetCookies takes Set-Cookie lines, which may be joined by newlines.
func (h *hop) addSetCookies(lines string) {
	for _, line := range strings.Split(lines, "\n") {
		if line != "" && len(h.SetCookies) < maxSetCookies {
			h.SetCookies = append(h.SetCookies, bounded(line, maxCookieLine))
		}
	}
}

func (h *hop) setReceived(ev *network.EventResponseReceivedExtraInfo) {
	if h.Status == 0 {
		h.Status = int(ev.StatusCode)
	}
	for name, value := range ev.Headers {
		if strings.EqualFold(name, "set-cookie") {
			h.addSetCookies(fmt.Sprint(value))
		}
	}
	for _, c := range ev.BlockedCookies {
		if c == nil || len(h.Blocked) >= maxSetCookies {
			continue
		}
		b := evidence.BlockedCookie{Direction: "response", Line: bounded(c.CookieLine, 500)}
		b.Name, _, _ = strings.Cut(b.Line, "=")
		if c.Cookie != nil {
			b.Name, b.Domain = c.Cookie.Name, strings.TrimPrefix(c.Cookie.Domain, ".")
		}
		for _, reason := range c.BlockedReasons {
			b.Reasons = append(b.Reasons, string(reason))
		}
		h.Blocked = append(h.Blocked, b)
	}
}
