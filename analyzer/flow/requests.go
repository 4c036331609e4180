package flow

import (
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// hostSum counts the requests to one host.
type hostSum struct {
	host Host
	seen sightings
}

func (s *hostSum) value(v *visits) Host {
	out := s.host
	out.Pages, out.States, out.Example = s.seen.addresses(v), s.seen.sortedStates(), s.seen.first[0].id
	return out
}

func (b *builder) request(r *evidence.Request) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "" {
		return
	}
	w := b.parties.at(host, u.Path)
	visit := b.visits.at(r.Page, r.State)
	b.count(host, u, w, r, visit)
	b.setCookies(r, host, u, visit)
	if w.first {
		return
	}
	v := b.vendor(w)
	v.requests++
	v.domains[w.domain] = true
	v.seen.add(&b.visits, visit)
	b.carried(w, u, r, visit)
}

func (b *builder) count(host string, u *url.URL, w *party, r *evidence.Request, visit int) {
	h := b.hosts[host]
	if h == nil {
		if len(b.hosts) >= maxHosts {
			host = w.domain
			h = b.hosts[host]
		}
		if h == nil {
			h = &hostSum{host: Host{Host: host, Types: map[string]int{}, Methods: map[string]int{}}}
			b.hosts[host] = h
		}
	}
	// One host may serve several products: the summary names the first by id.
	if recipient := w.recipient(); h.host.Vendor == "" || recipient.Vendor < h.host.Vendor {
		h.host.Vendor, h.host.Party = recipient.Vendor, recipient.Party
	}
	h.host.Requests++
	h.host.Types[r.Type]++
	h.host.Methods[r.Method]++
	h.host.Bytes += r.Bytes
	if u.Scheme == "http" || u.Scheme == "ws" {
		h.host.Insecure++
	}
	if r.Error != "" {
		h.host.Failed++
	}
	h.seen.add(&b.visits, visit)
	h.seen.evidence(&b.visits, visit, r.ID)
}

// unsent are network errors after which nothing of the request had left.
var unsent = []string{
	"ERR_NAME_", "ERR_DNS_", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_TIMED_OUT", "ERR_CONNECTION_FAILED", "ERR_INTERNET_DISCONNECTED",
	"ERR_ADDRESS_", "ERR_CERT_", "ERR_SSL_", "ERR_TUNNEL_", "ERR_PROXY_", "ERR_UNSAFE_PORT", "ERR_ICANN_",
}

// carried makes flows of what one third-party request carried.
func (b *builder) carried(w *party, u *url.URL, r *evidence.Request, visit int) {
	if r.FromCache || r.FromServiceWorker || strings.Contains(r.Error, "ERR_BLOCKED_") {
		return // nothing was sent by this request
	}
	see := func(data string, c Confidence, detail string) {
		b.see(w, data, "request", c, detail, visit, r.ID)
	}
	if r.Status == 0 && slices.ContainsFunc(unsent, func(e string) bool { return strings.Contains(r.Error, e) }) {
		see(ipAddress, Indirect, "the request was tried and failed: "+r.Error)
		see(userAgent, Indirect, "the request was tried and failed: "+r.Error)
		return
	}
	see(ipAddress, Direct, "every request carries it")
	see(userAgent, Direct, "every request carries it")
	b.sentCookies(w, r, see)
	if referer := r.Headers["referer"]; referer != "" && !w.plain {
		if data, from := address(referer, b.parties.first); data != "" {
			see(data, Direct, "Referer header")
			b.searched(from, see)
		}
	}
	pairs := b.payload.read(u, r)
	for _, p := range pairs {
		b.pair(w, p, see)
	}
	b.received(w, u, r, see)
}

// searched finds the words a visitor searched for in a page's address.
func (b *builder) searched(page *url.URL, see func(string, Confidence, string)) {
	if page.RawQuery == "" {
		return
	}
	var p payload
	p.form(page.RawQuery, true, 1)
	for _, q := range p.pairs {
		if data := meaning(q, ""); data != "" {
			see(data, Direct, "parameter "+q.name+" of the page's address in the Referer header")
		}
	}
}

func (b *builder) sentCookies(w *party, r *evidence.Request, see func(string, Confidence, string)) {
	for _, c := range r.Cookies {
		if !IdentifierLike(c.Value) || b.constant(c.Name, c.Domain) {
			continue
		}
		see(cookieID, Direct, "cookie "+c.Name)
		if k := b.carrierOf(c.Value); k != nil {
			k.sent(w.id)
		}
	}
}

func (b *builder) pair(w *party, p pair, see func(string, Confidence, string)) {
	if p.nested {
		if data := meaning(p, ""); data != "" {
			see(data, Direct, "parameter "+p.name+" of an address in the request")
		}
		return
	}
	detail := "parameter " + p.name
	if p.name == "" {
		detail = "body"
	}
	if k := b.carrierOf(p.value); k != nil {
		see(cookieID, Direct, detail)
		k.sent(w.id)
	}
	known := ""
	if w.vendor != nil {
		known = b.parties.set.ParamFor(w.vendor, p.name)
	}
	if data, _ := address(p.value, b.parties.first); data != "" {
		switch key := p.key(); {
		case data == pageURL && (known == referrer || strings.Contains(key, "ref") || key == "dr"):
			data = referrer
		case data == referrer && (known == pageURL || isPageKey(key)):
			// The home page's address is its site's: the name tells that the page was meant.
			data = pageURL
		}
		see(data, Direct, detail)
		return
	}
	if data := meaning(p, known); data != "" {
		see(data, Direct, detail)
	}
}

func isPageKey(key string) bool {
	switch key {
	case "dl", "url", "pageurl", "page", "location", "href", "documentlocation", "pagelocation", "loc":
		return true
	}
	return false
}

// ambient are data types that a page gives without the visitor typing anything.
// Only these are inferred from what a vendor is known to receive; what visitors
// type counts when it was seen leaving.
var ambient = map[string]bool{
	cookieID: true, advertisingID: true, deviceID: true, fingerprint: true, pageURL: true, referrer: true, interaction: true, screen: true,
	timeZone: true, language: true, approxLocation: true, "browsing_history": true, "session_recording": true, "inferred_profile": true,
}

// received adds what the vendor is known to receive: strong where an event was
// sent, indirect where only its script or frame was loaded.
func (b *builder) received(w *party, u *url.URL, r *evidence.Request, see func(string, Confidence, string)) {
	if w.vendor == nil || w.plain {
		return
	}
	c, detail := Indirect, "only a script or resource of "+w.name+" was loaded"
	if isEvent(u, r, b.payload.ws, slices.ContainsFunc(w.vendor.Categories, func(c string) bool { return slices.Contains(services, c) })) {
		c, detail = Strong, "an event was sent to "+w.name
	}
	for _, data := range w.vendor.Receives {
		if ambient[data] {
			see(data, c, detail)
		}
	}
}

// services are categories whose answers are content: a GET with parameters asks
// for it and reports nothing.
var services = []string{"maps", "video", "translation", "search", "reviews", "forms", "chat", "payment", "consent", "tag_manager"}

// isEvent tells a report of something from the loading of a file. Message says
// that a WebSocket message was sent, service that the vendor answers queries.
func isEvent(u *url.URL, r *evidence.Request, message, service bool) bool {
	switch r.Type {
	case "Ping", "CSPViolationReport":
		return true
	case "WebSocket":
		return message
	case "Script", "Stylesheet", "Font", "Document", "Manifest", "Media", "Preflight":
		return r.Keepalive || r.Method == "POST"
	}
	return r.Method == "POST" || r.Method == "PUT" || r.Keepalive || !service && strings.Contains(u.RawQuery, "=")
}
