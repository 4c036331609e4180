package browser

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
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
		x := cmp.Or(r.extras[e.id], &extra{})
		e.join(x.sent, x.received)
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
	wasSent := len(sent) > 0
	for i := 0; i < len(e.hops); i++ {
		h := e.hops[i]
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
		if e.parting && i == len(e.hops)-1 && len(sent) > 0 {
			if next := h.next(); next != nil {
				e.hops = append(e.hops, next)
			}
		}
	}
	if last := e.lastHop(); e.aborted != "" && !wasSent && last.Status == 0 {
		last.Error = e.aborted
	}
}

// next is the hop that follows a redirect of which no event tells, because the
// document that asked was gone (Fetch, "HTTP-redirect fetch"). It is nil when
// the answer names no address.
func (h *hop) next() *hop {
	if !redirects(int64(h.Status)) {
		return nil
	}
	from, err := url.Parse(h.URL)
	if err != nil || h.ResponseHeaders["location"] == "" {
		return nil
	}
	to, err := from.Parse(h.ResponseHeaders["location"])
	if err != nil || !recorded(to.String()) {
		return nil
	}
	next := &hop{Request: h.Request, frame: h.frame, wall: h.wall}
	next.URL, next.Hop = bounded(to.String(), maxURL), h.Hop+1
	next.Status, next.ResponseHeaders, next.SetCookies, next.Cookies, next.Blocked = 0, nil, nil, nil, nil
	keeps := h.Status == http.StatusTemporaryRedirect || h.Status == http.StatusPermanentRedirect
	if !keeps && h.Method != http.MethodHead && (h.Method == http.MethodPost || h.Status == http.StatusSeeOther) {
		next.Method, next.PostData, next.PostBase64, next.PostBytes, next.PostCut = http.MethodGet, "", false, 0, false
	}
	return next
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
		h.Status, h.ResponseHeaders = int(ev.StatusCode), responseHeaders(ev.Headers)
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
