package browser

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chromedp/cdproto/network"

	"candor/crawler/evidence"
)

// What one hop of a request and its answer carry, as evidence.

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
