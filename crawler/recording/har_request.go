package recording

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"candor/crawler/evidence"
)

// hop is an entry of a HAR file as a request, with what places it.
type hop struct {
	evidence.Request
	number    int // in the file, from 1
	started   time.Time
	ended     time.Time
	pageref   string
	dest      string // Sec-Fetch-Dest
	prefetch  bool   // Sec-Purpose
	gpc       bool
	redirect  string // where the answer led, absolute
	upgrade   bool   // the browser went to https by itself: nothing was sent
	sent      []harCookie
	mime      string
	language  string
	modified  string
	body      []byte // of a document
	userAgent string
	accept    string // Accept-Language
}

// inner is what address says of what never leaves the browser.
const inner = "inner"

// address says what is wrong with a request's address; "" is nothing.
func address(s string) string {
	u, err := url.Parse(s)
	found := bounded(s, 80)
	switch {
	case err != nil:
		return fmt.Sprintf("expected an absolute http(s) URL, found %q", found)
	case slices.Contains([]string{"data", "blob", "about", "chrome", "chrome-extension", "chrome-untrusted", "devtools", "moz-extension", "resource", "safari-web-extension", "webkit-masked-url", "file", "filesystem", "javascript"}, u.Scheme):
		return inner
	case hostOf(u) == "":
		return fmt.Sprintf("expected an absolute http(s) URL, found %q", found)
	}
	return ""
}

func lowerHost(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// hop reads an entry. Its request's address is known to be absolute.
func (a *archive) hop(e *harEntry, n int, started time.Time) *hop {
	q, p := e.Request, &e.Response
	h := &hop{number: n, started: started, pageref: string(e.Pageref)}
	h.ended = started.Add(time.Duration(min(max(float64(e.Time), 0), 1e9)) * time.Millisecond)
	h.URL, h.Method = a.short(q.URL, maxURL), strings.ToUpper(bounded(string(q.Method), 20))
	h.Target = evidence.Target{Type: "page"}
	a.requestHeaders(h, q)
	h.mime = mimeOf(p)
	h.Type = resourceType(string(e.Type), h)
	h.Keepalive = h.Type == "Ping"
	h.Initiator = a.initiator(e)
	h.sent = q.Cookies
	if len(h.sent) == 0 {
		h.sent = cookieHeader(q.Headers)
	}
	if q.Post != nil {
		a.post(h, q.Post)
	}
	a.response(h, p)
	a.answeredBy(h, e)
	for _, m := range e.Messages {
		if !a.message(h, m) {
			break
		}
	}
	if len(h.sent) > 0 || len(h.SetCookies) > 0 {
		a.cookies = true
	}
	if strings.Contains(h.Error, "ERR_BLOCKED_BY_CLIENT") {
		a.blocked++
	}
	return h
}

func (a *archive) requestHeaders(h *hop, q *harRequest) {
	h.Headers = map[string]string{}
	for _, p := range q.Headers {
		name := strings.ToLower(string(p.Name))
		if strings.HasPrefix(name, ":") || name == "cookie" || name == "" || len(h.Headers) >= maxHeaders {
			continue
		}
		h.Headers[bounded(name, 100)] = a.short(string(p.Value), 2000)
	}
	h.dest = strings.ToLower(h.Headers["sec-fetch-dest"])
	h.prefetch = strings.Contains(h.Headers["sec-purpose"]+h.Headers["purpose"], "prefetch")
	h.gpc = h.Headers["sec-gpc"] == "1"
	h.userAgent, h.accept = h.Headers["user-agent"], h.Headers["accept-language"]
}

// kept are the headers of an answer that say something of privacy or security,
// as in crawler/browser.
var kept = []string{
	"cache-control", "clear-site-data", "content-security-policy", "content-type", "last-modified", "location",
	"permissions-policy", "referrer-policy", "server", "strict-transport-security", "x-robots-tag",
}

func (a *archive) response(h *hop, p *harResponse) {
	if status := p.Status.whole(); status >= 100 && status < 600 {
		h.Status = int(status)
	}
	h.MIMEType, h.Protocol = h.mime, strings.ToLower(bounded(string(p.HTTPVersion), 20))
	h.Error = bounded(string(p.Error), 300)
	h.FromServiceWorker = bool(p.ServiceWorker || p.ByWorker)
	h.Bytes = max(p.TransferSize.whole(), 0)
	if h.Bytes == 0 {
		h.Bytes = max(p.HeadersSize.whole(), 0) + max(p.BodySize.whole(), 0)
	}
	h.BodyBytes = max(p.Content.Size.whole(), 0)
	h.ResponseHeaders = map[string]string{}
	for _, pair := range p.Headers {
		name := strings.ToLower(string(pair.Name))
		switch {
		case name == "set-cookie":
			// Some recorders put several lines into one header.
			for line := range strings.SplitSeq(string(pair.Value), "\n") {
				if line = strings.TrimSpace(line); line != "" && len(h.SetCookies) < maxLines {
					h.SetCookies = append(h.SetCookies, a.short(line, 8<<10))
				}
			}
		case name == "non-authoritative-reason":
			h.upgrade = true
		case name == "content-language":
			h.language = bounded(string(pair.Value), 40)
		}
		if slices.Contains(kept, name) {
			h.ResponseHeaders[name] = a.short(string(pair.Value), 1000)
		}
	}
	h.modified = h.ResponseHeaders["last-modified"]
	if len(p.Cookies) > len(h.SetCookies) {
		h.SetCookies = nil // joined by commas, or taken out of the headers
		for _, c := range p.Cookies {
			if line := setCookie(c); line != "" && len(h.SetCookies) < maxLines {
				h.SetCookies = append(h.SetCookies, a.short(line, 8<<10))
			}
		}
	}
	if h.Status >= 300 && h.Status < 400 && p.RedirectURL != "" {
		if base, err := url.Parse(h.URL); err == nil {
			if to, err := base.Parse(string(p.RedirectURL)); err == nil {
				h.redirect = to.String()
			}
		}
	}
	if isDocument(h) && h.Status >= 200 && h.Status < 300 {
		h.body = content(&p.Content)
		if a.bodies += len(h.body); a.bodies > maxBodies {
			h.body = nil
			a.cut++
		}
	}
}

// content is the body of an answer, nil when it is not there or too large.
func content(c *harContent) []byte {
	var s string
	if len(c.Text) > 2*maxNotice || json.Unmarshal(c.Text, &s) != nil || s == "" {
		return nil
	}
	body := []byte(s)
	if strings.EqualFold(string(c.Encoding), "base64") {
		var err error
		if body, err = base64.StdEncoding.DecodeString(s); err != nil {
			return nil
		}
	}
	if len(body) > maxNotice {
		return nil
	}
	return body
}

func mimeOf(p *harResponse) string {
	kind := string(p.Content.MIMEType)
	for _, h := range p.Headers {
		if strings.EqualFold(string(h.Name), "content-type") && h.Value != "" {
			kind = string(h.Value)
		}
	}
	kind, _, _ = strings.Cut(kind, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind == "x-unknown" {
		return ""
	}
	return bounded(kind, 100)
}

// isDocument reports whether an answer is a text that a person reads.
func isDocument(h *hop) bool {
	return h.Type == "Document" && slices.Contains([]string{"text/html", "application/xhtml+xml", "application/pdf", "text/plain"}, h.mime)
}

// answeredBy says where an answer came from when it was not the network.
func (a *archive) answeredBy(h *hop, e *harEntry) {
	switch strings.ToLower(string(e.FetchType)) {
	case "memory cache", "disk cache":
		h.FromCache = true
	case "service worker":
		h.FromServiceWorker = true
	}
	// Firefox writes cache.afterRequest for what it did not ask the network for.
	firefox := a.isFirefox && len(e.Cache.After) > 0 && h.Status != http.StatusNotModified
	h.FromCache = h.FromCache || bool(e.FromCache || e.Response.Disk) || firefox
}

// resourceTypes turns the names of developer tools into those of CDP.
var resourceTypes = map[string]string{
	"document": "Document", "stylesheet": "Stylesheet", "image": "Image", "media": "Media", "font": "Font", "script": "Script", "texttrack": "TextTrack",
	"xhr": "XHR", "fetch": "Fetch", "prefetch": "Prefetch", "eventsource": "EventSource", "websocket": "WebSocket", "manifest": "Manifest",
	"signed-exchange": "SignedExchange", "signedexchange": "SignedExchange", "ping": "Ping", "csp-violation-report": "CSPViolationReport",
	"cspviolationreport": "CSPViolationReport", "preflight": "Preflight", "webtransport": "WebTransport", "wasm": "Other", "other": "Other",
}

// destinations are the request destinations of Fetch, as Sec-Fetch-Dest says them.
var destinations = map[string]string{
	"document": "Document", "iframe": "Document", "frame": "Document", "embed": "Document", "object": "Document", "script": "Script", "worker": "Script",
	"sharedworker": "Script", "serviceworker": "Script", "audioworklet": "Script", "paintworklet": "Script", "style": "Stylesheet", "image": "Image",
	"font": "Font", "audio": "Media", "video": "Media", "track": "TextTrack", "manifest": "Manifest", "report": "CSPViolationReport",
	"empty": "Fetch", "websocket": "WebSocket",
}

// resourceType is what was asked for: as the recorder says, else as the request
// and its answer tell.
func resourceType(said string, h *hop) string {
	if t := resourceTypes[strings.ToLower(said)]; t != "" {
		return t
	}
	switch {
	case strings.HasPrefix(h.URL, "ws:"), strings.HasPrefix(h.URL, "wss:"):
		return "WebSocket"
	case strings.HasPrefix(h.Headers["content-type"], "text/ping"):
		return "Ping"
	case h.Method == http.MethodOptions && h.Headers["access-control-request-method"] != "":
		return "Preflight"
	}
	if t := destinations[h.dest]; t != "" {
		return t
	}
	kind, _, _ := strings.Cut(h.mime, "/")
	switch {
	case h.mime == "text/html", h.mime == "application/xhtml+xml", h.mime == "application/pdf":
		if strings.EqualFold(h.Headers["x-requested-with"], "XMLHttpRequest") {
			return "XHR"
		}
		return "Document"
	case strings.Contains(h.mime, "javascript"), strings.Contains(h.mime, "ecmascript"):
		return "Script"
	case h.mime == "text/css":
		return "Stylesheet"
	case kind == "image":
		return "Image"
	case kind == "font", strings.Contains(h.mime, "font"):
		return "Font"
	case kind == "audio", kind == "video":
		return "Media"
	case h.mime == "text/event-stream":
		return "EventSource"
	case strings.Contains(h.mime, "json"):
		return "XHR"
	}
	return "Other"
}

// cookieHeader reads Cookie headers (RFC 6265, 5.4).
func cookieHeader(headers []harPair) []harCookie {
	var out []harCookie
	for _, h := range headers {
		if !strings.EqualFold(string(h.Name), "cookie") {
			continue
		}
		for pair := range strings.SplitSeq(string(h.Value), ";") {
			name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
			if ok && name != "" && len(out) < 300 {
				out = append(out, harCookie{Name: text(name), Value: text(value)})
			}
		}
	}
	return out
}

// setCookie writes a cookie of an answer as a Set-Cookie line.
func setCookie(c harCookie) string {
	if c.Name == "" || strings.ContainsAny(string(c.Name+c.Value+c.Path+c.Domain+c.SameSite), "\r\n;") {
		return ""
	}
	line := string(c.Name + "=" + c.Value)
	for _, p := range []struct {
		name  string
		value text
	}{{"; Path=", c.Path}, {"; Domain=", c.Domain}, {"; SameSite=", c.SameSite}} {
		if p.value != "" {
			line += p.name + string(p.value)
		}
	}
	if at, ok := expiry(c); ok {
		line += "; Expires=" + at.Format(http.TimeFormat)
	}
	if c.HTTPOnly {
		line += "; HttpOnly"
	}
	if c.Secure {
		line += "; Secure"
	}
	return line
}

// expiry is when a cookie ends. Chrome writes the second before 1970 for one
// that ends with the session.
func expiry(c harCookie) (time.Time, bool) {
	at, ok := moment(string(c.Expires))
	return at, ok && at.Year() >= 1970
}

// post keeps what was posted.
func (a *archive) post(h *hop, p *harPost) {
	body := []byte(p.Text)
	if strings.EqualFold(string(p.Encoding), "base64") {
		if raw, err := base64.StdEncoding.DecodeString(string(p.Text)); err == nil {
			body = raw
		}
	}
	if h.Headers["content-type"] == "" && p.MIMEType != "" {
		h.Headers["content-type"] = a.short(string(p.MIMEType), 2000)
	}
	if len(body) == 0 && len(p.Params) > 0 {
		body = params(p.Params, h.Headers["content-type"])
	}
	if len(body) > 0 && strings.ContainsRune(string(body[:min(len(body), 4096)]), utf8.RuneError) && h.Headers["content-encoding"] != "" {
		a.unreadable++
	}
	setBody(&h.Request, body)
}

// setBody keeps a body within its bound, as crawler/browser does.
func setBody(q *evidence.Request, body []byte) {
	q.PostBytes = len(body)
	plain := utf8.Valid(body)
	if len(body) > maxPostData {
		q.PostCut = true
		if plain {
			body = []byte(bounded(string(body), maxPostData))
		} else {
			body = body[:maxPostData]
		}
	}
	if plain {
		q.PostData = string(body)
		return
	}
	q.PostData, q.PostBase64 = base64.StdEncoding.EncodeToString(body), true
}

// params writes posted parameters as the body that they were.
func params(list []harParam, contentType string) []byte {
	_, boundary, multipart := strings.Cut(contentType, "boundary=")
	var b strings.Builder
	for i, p := range list {
		if b.Len() > maxPostData {
			break
		}
		value := p.Value
		if p.FileName != "" {
			value = p.FileName
		}
		if multipart {
			fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q", strings.Trim(boundary, `"`), p.Name)
			if p.FileName != "" {
				fmt.Fprintf(&b, "; filename=%q", p.FileName)
			}
			fmt.Fprintf(&b, "\r\n\r\n%s\r\n", p.Value)
			continue
		}
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escaped(string(p.Name)) + "=" + escaped(string(value)))
	}
	if multipart {
		fmt.Fprintf(&b, "--%s--\r\n", strings.Trim(boundary, `"`))
	}
	return []byte(b.String())
}

// escaped writes a parameter for a query. Recorders disagree on whether they
// decode parameters: one with an escape was not.
func escaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil && plain != s {
		return s
	}
	return url.QueryEscape(s)
}

// message adds a WebSocket message and reports whether there is room for more.
func (a *archive) message(h *hop, m harFrame) bool {
	if len(h.Messages) >= maxMessages {
		a.cut++
		return false
	}
	opcode := int(m.Opcode.whole())
	if opcode == 0 {
		opcode = 1
	}
	if opcode > 2 {
		return true // close, ping and pong carry nothing of the page
	}
	data := bounded(string(m.Data), maxMessage)
	h.Messages = append(h.Messages, evidence.SocketMessage{
		Sent: m.Type == "send" || m.Type == "request", Opcode: opcode, Data: data, Cut: len(data) < len(m.Data),
		OffsetMS: int64(float64(m.Time) * 1000), // since 1970; arrange makes it since the visit began
	})
	return true
}

// Initiators as CDP writes them: lines and columns count from 0.
type cdpInitiator struct {
	Type  text      `json:"type"`
	URL   text      `json:"url"`
	Line  number    `json:"lineNumber"`
	Stack *cdpStack `json:"stack"`
}

type cdpStack struct {
	Frames many[cdpFrame] `json:"callFrames"`
	Parent *cdpStack      `json:"parent"`
}

type cdpFrame struct {
	Function text   `json:"functionName"`
	URL      text   `json:"url"`
	Line     number `json:"lineNumber"`
	Column   number `json:"columnNumber"`
}

// initiator says what caused a request; the zero value is "not recorded".
func (a *archive) initiator(e *harEntry) evidence.Initiator {
	raw := []byte(e.Initiator)
	if e.Detail != "" {
		raw = []byte(e.Detail)
	}
	var i cdpInitiator
	var plain string
	switch {
	case len(raw) == 0:
		return evidence.Initiator{}
	case json.Unmarshal(raw, &plain) == nil: // chrome-har: the address alone
		return evidence.Initiator{URL: bounded(plain, maxURL)}
	}
	_ = decode(raw, &i) // what can be read of it
	out := evidence.Initiator{Type: bounded(string(i.Type), 40), URL: bounded(string(i.URL), maxURL)}
	if out.URL != "" {
		out.Line = int(i.Line.whole()) + 1
	}
	for stack := i.Stack; stack != nil; stack = stack.Parent {
		for _, f := range stack.Frames {
			if len(out.Stack) >= maxStack {
				return out
			}
			out.Stack = append(out.Stack, evidence.StackFrame{
				Function: bounded(string(f.Function), 200), URL: bounded(string(f.URL), maxURL), Line: int(f.Line.whole()) + 1, Column: int(f.Column.whole()) + 1,
			})
		}
	}
	return out
}

// ofExtension reports whether an extension of the browser made a request: it
// is not the site's.
func (a *archive) ofExtension(e *harEntry) bool {
	i := a.initiator(e)
	if len(i.Stack) > 0 {
		return isExtension(i.Stack[0].URL)
	}
	return isExtension(i.URL)
}

func isExtension(address string) bool {
	scheme, _, ok := strings.Cut(address, "://")
	return ok && strings.HasSuffix(scheme, "extension")
}
