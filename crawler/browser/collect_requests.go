package browser

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/network"

	"candor/crawler/evidence"
)

// entry is one request with all hops of its redirects. What the network stack
// says of a hop ("extra info") comes in events of its own, in the order of the
// hops but at any time; it is joined at the end of the visit.
type entry struct {
	id        string
	hops      []*hop
	session   *session
	reqID     network.RequestID
	mainFrame bool
	farewell  bool // known from interception alone
}

type extra struct {
	sent     []*network.EventRequestWillBeSentExtraInfo
	received []*network.EventResponseReceivedExtraInfo
}

type hop struct {
	evidence.Request
	wall     time.Time
	noExtra  bool // served without the network: no extra info comes
	security *network.SecurityDetails
}

func (e *entry) lastHop() *hop { return e.hops[len(e.hops)-1] }

// networkEvent files one event of the Network domain.
func (r *record) networkEvent(o *observed, method string, params jsonv2.Value) {
	switch method {
	case network.RequestWillBeSent.Method:
		file(params, func(ev *network.EventRequestWillBeSent) { r.willBeSent(o, ev) })
	case network.RequestWillBeSentExtraInfo.Method:
		file(params, r.sentExtra)
	case network.ResponseReceived.Method:
		file(params, func(ev *network.EventResponseReceived) { r.responseReceived(o, ev) })
	case network.ResponseReceivedExtraInfo.Method:
		file(params, r.receivedExtra)
	case network.DataReceived.Method:
		file(params, func(ev *network.EventDataReceived) { r.dataReceived(ev) })
	case network.LoadingFinished.Method:
		file(params, func(ev *network.EventLoadingFinished) { r.finished(ev.RequestID, int64(ev.EncodedDataLength), "") })
	case network.LoadingFailed.Method:
		file(params, func(ev *network.EventLoadingFailed) {
			text := ev.ErrorText
			if ev.BlockedReason != "" {
				text += " (" + string(ev.BlockedReason) + ")"
			}
			r.finished(ev.RequestID, -1, text)
		})
	case network.RequestServedFromCache.Method:
		file(params, func(ev *network.EventRequestServedFromCache) {
			r.with(ev.RequestID, func(e *entry) { e.lastHop().FromCache = true })
		})
	case network.WebSocketCreated.Method:
		file(params, func(ev *network.EventWebSocketCreated) { r.socketCreated(o, ev) })
	case network.WebSocketWillSendHandshakeRequest.Method:
		file(params, func(ev *network.EventWebSocketWillSendHandshakeRequest) {
			r.with(ev.RequestID, func(e *entry) {
				if ev.Request != nil {
					e.lastHop().Headers = requestHeaders(ev.Request.Headers)
				}
			})
		})
	case network.WebSocketHandshakeResponseReceived.Method:
		file(params, func(ev *network.EventWebSocketHandshakeResponseReceived) {
			r.with(ev.RequestID, func(e *entry) {
				if ev.Response != nil {
					e.lastHop().Status = int(ev.Response.Status)
				}
			})
		})
	case network.WebSocketFrameSent.Method:
		r.socketFrame(params, true)
	case network.WebSocketFrameReceived.Method:
		r.socketFrame(params, false)
	case network.WebTransportCreated.Method:
		file(params, func(ev *network.EventWebTransportCreated) {
			r.add(o, ev.TransportID, &hop{Request: evidence.Request{URL: bounded(ev.URL, maxURL), Method: "CONNECT", Type: "WebTransport", Initiator: initiator(ev.Initiator)}})
		})
	}
}

func file[E any](params jsonv2.Value, then func(*E)) {
	ev := new(E)
	if decode(params, ev) == nil {
		then(ev)
	}
}

// with calls do for a known request, under the lock.
func (r *record) with(id network.RequestID, do func(*entry)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.byID[string(id)]; e != nil {
		do(e)
	}
}

func (r *record) willBeSent(o *observed, ev *network.EventRequestWillBeSent) {
	if ev.Request == nil || !recorded(ev.Request.URL) {
		return
	}
	h := &hop{wall: time.UnixMicro(int64(float64(ev.WallTime) * 1e6))}
	h.Request = evidence.Request{
		URL: bounded(ev.Request.URL+ev.Request.URLFragment, maxURL), Method: ev.Request.Method, Type: string(ev.Type),
		FrameURL: bounded(ev.DocumentURL, maxURL), Headers: requestHeaders(ev.Request.Headers),
		Keepalive: ev.Type == network.ResourceTypePing, Initiator: initiator(ev.Initiator),
		MainFrame: ev.FrameID == r.frame && o.info.Type == "page",
	}
	if mixed := string(ev.Request.MixedContentType); mixed != "none" {
		h.MixedContent = mixed
	}
	h.setPostData(ev.Request)
	if ev.RedirectResponse != nil {
		r.mu.Lock()
		if e := r.byID[string(ev.RequestID)]; e != nil {
			r.redirected(o, e, h, ev)
		}
		r.mu.Unlock()
		return
	}
	e := r.add(o, ev.RequestID, h)
	if e != nil && ev.Request.HasPostData && h.PostData == "" {
		// Read without the generated result, which takes every body for base64.
		command := cdp.Command[network.GetRequestPostDataParams, textBody]{Method: network.GetRequestPostData.Method}
		sendThen(o.session, command, network.GetRequestPostDataParams{RequestID: ev.RequestID}, func(res textBody, err error) {
			if err == nil {
				r.mu.Lock()
				h.setBody(res.bytes())
				r.mu.Unlock()
			}
		})
	}
}

// redirected adds a hop. The caller holds r.mu.
func (r *record) redirected(o *observed, e *entry, h *hop, ev *network.EventRequestWillBeSent) {
	last := e.lastHop()
	r.place(o, h)
	r.active()
	if upgraded(ev.RedirectResponse) {
		// The browser itself went from http to https (HSTS): the first address
		// was never asked.
		h.Hop = last.Hop
		e.hops[len(e.hops)-1] = h
		return
	}
	last.setResponse(ev.RedirectResponse)
	last.noExtra = !ev.RedirectHasExtraInfo
	h.Hop = last.Hop + 1
	e.hops = append(e.hops, h)
}

func upgraded(p *network.Response) bool {
	for name := range p.Headers {
		if strings.EqualFold(name, "Non-Authoritative-Reason") {
			return true
		}
	}
	return false
}

// recorded leaves out what never leaves the browser.
func recorded(url string) bool {
	for _, scheme := range []string{"data:", "blob:", "chrome:", "chrome-extension:", "chrome-untrusted:", "devtools:", "about:"} {
		if strings.HasPrefix(url, scheme) {
			return false
		}
	}
	return true
}

func (r *record) place(o *observed, h *hop) {
	h.OffsetMS = r.now().Sub(r.started).Milliseconds()
	h.Target = o.target()
}

func (r *record) add(o *observed, id network.RequestID, h *hop) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enter(o, id, h)
}

// enter files a new request, unless it is known already. The caller holds r.mu.
func (r *record) enter(o *observed, id network.RequestID, h *hop) *entry {
	r.place(o, h)
	if e := r.byID[string(id)]; e != nil {
		if e.farewell { // interception was first; its own event tells more
			e.farewell, e.hops[0] = false, h
			delete(r.farewells, e.id)
			return e
		}
		return nil // a frame that moved to its own process is reported twice
	}
	if r.hold.ids[string(id)] {
		return nil // it never left
	}
	if len(r.entries) >= maxRequests {
		r.skipped++
		return nil
	}
	e := &entry{id: string(id), session: o.session, reqID: id, hops: []*hop{h}, mainFrame: h.MainFrame && h.Type == string(network.ResourceTypeDocument)}
	r.entries = append(r.entries, e)
	r.byID[e.id] = e
	if r.matters(h) {
		r.open[e.id] = time.Now()
		r.active()
	}
	return e
}

// matters says whether the visit waits for a request. Streams and beacons have
// no end that matters, and a poll is waited for three times.
func (r *record) matters(h *hop) bool {
	if h.MainFrame && h.Type == string(network.ResourceTypeDocument) {
		return true
	}
	switch network.ResourceType(h.Type) {
	case network.ResourceTypeWebSocket, network.ResourceTypeEventSource, network.ResourceTypePing, network.ResourceTypeMedia,
		network.ResourceTypeCSPViolationReport, network.ResourceTypePrefetch, network.ResourceTypePreflight, "WebTransport":
		return false
	}
	address, _, _ := strings.Cut(h.URL, "?")
	r.repeated[address]++
	return r.repeated[address] <= 3
}

// Extra info may come before the request or the response that it belongs to.

func (r *record) sentExtra(ev *network.EventRequestWillBeSentExtraInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.extraOf(ev.RequestID); x != nil {
		x.sent = append(x.sent, ev)
	}
}

func (r *record) receivedExtra(ev *network.EventResponseReceivedExtraInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.extraOf(ev.RequestID); x != nil {
		x.received = append(x.received, ev)
	}
}

func (r *record) extraOf(id network.RequestID) *extra {
	x := r.extras[string(id)]
	if x == nil && len(r.extras) < maxRequests {
		x = &extra{}
		r.extras[string(id)] = x
	}
	return x
}

func (r *record) responseReceived(o *observed, ev *network.EventResponseReceived) {
	if o.info.Type == "service_worker" && ev.Response != nil && string(ev.RequestID) == string(o.info.TargetID) {
		// The worker's own script was asked for before there was a target; its
		// answer is reported.
		r.add(o, ev.RequestID, &hop{wall: r.now(), Request: evidence.Request{
			URL: bounded(ev.Response.URL, maxURL), Method: "GET", Type: string(ev.Type), FrameURL: bounded(o.info.URL, maxURL),
			Headers: requestHeaders(ev.Response.RequestHeaders), Initiator: evidence.Initiator{Type: "script"},
		}})
	}
	r.with(ev.RequestID, func(e *entry) {
		h := e.lastHop()
		h.setResponse(ev.Response)
		h.noExtra = !ev.HasExtraInfo
		if ev.Type != "" {
			h.Type = string(ev.Type)
		}
		if _, waiting := r.open[e.id]; waiting {
			r.active()
		}
	})
}

func (r *record) dataReceived(ev *network.EventDataReceived) {
	r.with(ev.RequestID, func(e *entry) {
		h := e.lastHop()
		h.Bytes += max(ev.EncodedDataLength, ev.DataLength)
		h.BodyBytes += ev.DataLength
		limit := int64(maxBody)
		if e.mainFrame {
			limit = maxDocument
		}
		if h.Bytes > limit && r.tooLarge == "" {
			r.tooLarge = h.URL
			r.wake()
		}
	})
}

func (r *record) finished(id network.RequestID, bytes int64, failure string) {
	r.with(id, func(e *entry) {
		h := e.lastHop()
		if bytes > 0 {
			h.Bytes = bytes
		}
		// A body that the page never read is no failure of the request.
		if h.Error = failure; h.Status != 0 && strings.HasPrefix(failure, "net::ERR_ABORTED") {
			h.Error = ""
		}
		if e.mainFrame && r.documents == 0 && failure != "" && !strings.HasPrefix(failure, "net::ERR_ABORTED") {
			r.failed = failure
			r.wake()
		}
		if _, ok := r.open[e.id]; ok {
			delete(r.open, e.id)
			r.active()
		}
	})
}

func (r *record) socketCreated(o *observed, ev *network.EventWebSocketCreated) {
	r.add(o, ev.RequestID, &hop{Request: evidence.Request{
		URL: bounded(ev.URL, maxURL), Method: "GET", Type: string(network.ResourceTypeWebSocket), FrameURL: r.mainURL(), Initiator: initiator(ev.Initiator),
	}})
}

// socketFrame reads the event by itself: the generated type takes the text of
// a frame for base64.
func (r *record) socketFrame(params jsonv2.Value, sent bool) {
	var ev struct {
		RequestID string `json:"requestId"`
		Response  struct {
			Opcode      float64 `json:"opcode"`
			PayloadData string  `json:"payloadData"`
		} `json:"response"`
	}
	if rawDecode(params, &ev) != nil {
		return
	}
	r.with(network.RequestID(ev.RequestID), func(e *entry) {
		h := e.lastHop()
		if len(h.Messages) >= maxMessages {
			r.bounds["WebSocket messages"] = true
			return
		}
		data := bounded(ev.Response.PayloadData, maxMessage)
		h.Messages = append(h.Messages, evidence.SocketMessage{
			Sent: sent, Opcode: int(ev.Response.Opcode), Data: data, Cut: len(data) < len(ev.Response.PayloadData),
			OffsetMS: r.now().Sub(r.started).Milliseconds(),
		})
	})
}

func (h *hop) setPostData(q *network.Request) {
	var body []byte
	for _, part := range q.PostDataEntries {
		if part != nil {
			body = append(body, part.Bytes...)
		}
	}
	if len(body) > 0 {
		h.setBody(body)
	}
}

// textBody is a body as the browser sends it: text, or base64 that says so.
type textBody struct {
	Body          string `json:"body"`
	PostData      string `json:"postData"`
	Base64Encoded bool   `json:"base64Encoded"`
}

func (t textBody) bytes() []byte {
	text := t.Body + t.PostData // one of the two is there
	if t.Base64Encoded {
		if data, err := base64.StdEncoding.DecodeString(text); err == nil {
			return data
		}
	}
	return []byte(text)
}

func (h *hop) setBody(body []byte) {
	h.PostBytes = len(body)
	if len(body) > maxPostData {
		body, h.PostCut = body[:maxPostData], true
	}
	if utf8.Valid(body) {
		h.PostData = string(body)
		return
	}
	h.PostData, h.PostBase64 = base64.StdEncoding.EncodeToString(body), true
}

func (h *hop) setResponse(p *network.Response) {
	if p == nil {
		return
	}
	h.Status, h.MIMEType, h.Protocol = int(p.Status), bounded(p.MimeType, 100), p.Protocol
	h.RemoteIP = strings.Trim(p.RemoteIPAddress, "[]")
	h.FromCache = h.FromCache || p.FromDiskCache || p.FromPrefetchCache
	h.FromServiceWorker = p.FromServiceWorker
	h.ResponseHeaders = responseHeaders(p.Headers)
	h.security = p.SecurityDetails
}

func initiator(i *network.Initiator) evidence.Initiator {
	if i == nil {
		return evidence.Initiator{}
	}
	out := evidence.Initiator{Type: string(i.Type), URL: bounded(i.URL, maxURL), Stack: flatten(i.Stack, maxStack)}
	if i.URL != "" {
		out.Line = int(i.LineNumber) + 1
	}
	return out
}

// kept are the response headers that say something of privacy or security.
var kept = []string{
	"cache-control", "cf-mitigated", "clear-site-data", "content-security-policy", "content-type", "last-modified", "location",
	"permissions-policy", "referrer-policy", "retry-after", "server", "strict-transport-security", "x-datadome", "x-robots-tag",
}

func responseHeaders(h network.Headers) map[string]string {
	out := map[string]string{}
	for name, value := range h {
		if name = strings.ToLower(name); slices.Contains(kept, name) {
			out[name] = bounded(fmt.Sprint(value), 1000)
		}
	}
	return out
}

func requestHeaders(h network.Headers) map[string]string {
	out := map[string]string{}
	for name, value := range h {
		if name = strings.ToLower(name); name != "cookie" && len(out) < 60 {
			out[bounded(name, 100)] = bounded(fmt.Sprint(value), 2000)
		}
	}
	return out
}

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
