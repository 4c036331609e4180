package browser

import (
	"slices"
	"strings"
	"time"

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
	farewell  bool   // known from interception alone
	parting   bool   // begun while the page was left
	aborted   string // the browser's word for a request whose document was left
}

type extra struct {
	sent     []*network.EventRequestWillBeSentExtraInfo
	received []*network.EventResponseReceivedExtraInfo
}

type hop struct {
	evidence.Request
	frame    cdp.FrameID // that asked; "" where no frame is told
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
					h := e.lastHop()
					h.Headers = requestHeaders(ev.Request.Headers)
					h.Target = r.targetFrom(o, h.Headers["origin"], h.Headers["origin"]+"/") // no event names its frame
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
	h.frame = ev.FrameID
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
	h.Target = r.targetOf(o, h.frame)
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
	if e.parting = r.leaving; e.parting {
		// Its answer may have come before the news of it.
		if x := r.extras[e.id]; x == nil || !slices.ContainsFunc(x.received, final) {
			r.farewells[e.id] = true
		}
	}
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
	if final(ev) {
		r.farewellEnded(string(ev.RequestID))
	}
}

func final(ev *network.EventResponseReceivedExtraInfo) bool { return !redirects(ev.StatusCode) }

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
		// The document that waits for it went away; the request goes on or it never
		// began, which the network stack tells. XMLHttpRequest never goes on.
		if r.leaving && strings.HasPrefix(failure, "net::ERR_ABORTED") {
			if e.aborted = failure; h.Type == string(network.ResourceTypeXHR) {
				r.farewellEnded(e.id)
			}
			return
		}
		r.farewellEnded(e.id)
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
