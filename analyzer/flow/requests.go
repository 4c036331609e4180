package flow

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
	"candor/rules"
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
	w := b.parties.at(host, pathOf(u))
	visit, early, ok := b.at(r)
	if !ok {
		return
	}
	b.count(host, u, w, r, visit)
	b.setCookies(r, host, u, visit)
	b.unread, b.origin = true, b.origins.sent(r)
	table, meant := b.spoken(w, u, r)
	if meant != nil {
		b.contacted(meant, visit)
		b.relayed(meant, table, u, r, visit)
	}
	if !w.first {
		b.contacted(w, visit)
		b.carried(w, table, u, r, visit)
	}
	if sent(r) {
		b.sentCanaries(w, meant, u, r, visit)
	}
	if !early {
		b.observed(r, u, host, w, meant)
	}
}

// pairs takes the request at hand apart, once.
func (b *builder) pairs(u *url.URL, r *evidence.Request) []payload.Pair {
	if b.unread {
		b.read, b.unread = b.payload.Read(u, r), false
	}
	return b.read
}

func (b *builder) contacted(w *party, visit int) {
	v := b.vendor(w)
	v.requests++
	v.from = addOrigin(v.from, b.origin)
	v.domains[w.domain] = true
	v.seen.add(&b.visits, visit)
}

// spoken returns the product whose parameters a request has. That is the one
// of its host; but where the host says little (it is on an own domain, of an
// unknown party, or of one that only delivers files), a request may be written as
// a product's library writes it. Where such a server takes what is meant for a
// vendor, that vendor is returned too.
func (b *builder) spoken(w *party, u *url.URL, r *evidence.Request) (table *rules.Vendor, meant *party) {
	set := b.parties.set
	if w.vendor != nil && !w.plain && !w.first || r.Type == "Document" && r.Method != "POST" || !sent(r) || !set.EndpointPath(u.Path) {
		return w.vendor, nil
	}
	pairs := b.pairs(u, r)
	v, rule := set.EndpointFor(u.Path, func(name string) (string, bool) {
		i := slices.IndexFunc(pairs, func(p payload.Pair) bool { return p.Name == name && !p.Nested })
		if i < 0 {
			return "", false
		}
		return pairs[i].Value, true
	})
	switch {
	case v == nil || w.first && b.parties.ours(v):
		return w.vendor, nil
	case rule.Relay:
		return v, b.parties.relayed(v, w.domain)
	}
	return v, nil
}

// sent reports whether a request left the browser at all.
func sent(r *evidence.Request) bool {
	return !r.FromCache && !r.FromServiceWorker && !heldBack(r.Error) && !failed(r)
}

// failed reports whether a request ended before anything of it was sent.
func failed(r *evidence.Request) bool {
	return r.Status == 0 && slices.ContainsFunc(unsent, func(e string) bool { return strings.Contains(r.Error, e) })
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
	h.host.Alias = cmp.Or(h.host.Alias, w.alias)
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

// heldBack reports whether the browser or an extension kept a request from being
// sent. What is blocked for its response, such as a tracker's empty answer to an
// image request (opaque response blocking), had been sent.
func heldBack(failure string) bool {
	return strings.Contains(failure, "ERR_BLOCKED_") && !strings.Contains(failure, "ERR_BLOCKED_BY_ORB") && !strings.Contains(failure, "ERR_BLOCKED_BY_RESPONSE")
}

// carried makes flows of what one third-party request carried. The table is the
// product whose parameters it has.
func (b *builder) carried(w *party, table *rules.Vendor, u *url.URL, r *evidence.Request, visit int) {
	if r.FromCache || r.FromServiceWorker || heldBack(r.Error) {
		return // nothing was sent by this request
	}
	see := func(data string, c Confidence, detail string) {
		if w.alias != "" {
			detail += ", to " + u.Hostname() + ", a name of the site's own that is an alias of " + w.alias
		}
		b.see(w, data, "request", c, detail, visit, r.ID)
	}
	if failed(r) {
		see(ipAddress, Indirect, "the request was tried and failed: "+r.Error)
		see(userAgent, Indirect, "the request was tried and failed: "+r.Error)
		return
	}
	see(ipAddress, Direct, "every request carries it")
	see(userAgent, Direct, "every request carries it")
	b.sentCookies(w, r, see)
	if referer := r.Headers["referer"]; referer != "" && !w.plain {
		if data, from := address(referer, b.parties.first); data != "" {
			b.telling(w, referer, visit, see)(data, Direct, "Referer header")
			b.searched(w, from, visit, see)
		}
	}
	for _, p := range b.pairs(u, r) {
		b.pair(w, table, p, b.telling(w, p.Value, visit, see))
		b.sentLabel(w, p, visit, see)
		b.repeated(w, p, visit, r.ID)
	}
	b.received(w, u, r, see)
}

// relayed makes flows of a request in a vendor's format to a server that is not
// the vendor's. That the server passes the values on is likely, and not seen.
func (b *builder) relayed(w *party, table *rules.Vendor, u *url.URL, r *evidence.Request, visit int) {
	see := func(data string, _ Confidence, detail string) {
		b.see(w, data, "request", Strong, detail+passedOn(w, u), visit, r.ID)
	}
	for _, p := range b.pairs(u, r) {
		b.pair(w, table, p, b.telling(w, p.Value, visit, see))
		b.sentLabel(w, p, visit, see)
	}
}

// telling adds to a sighting what the value says beyond its type: the address or
// title of a page about an illness is about health too.
func (b *builder) telling(w *party, value string, visit int, see func(string, Confidence, string)) func(string, Confidence, string) {
	if w.plain {
		return see
	}
	return func(data string, c Confidence, detail string) {
		see(data, c, detail)
		var more told
		switch data {
		case pageURL:
			more = b.tells(visit, value)
		case searchQuery:
			more = b.searchTells(value)
		}
		if more.data != "" {
			see(more.data, Strong, detail+": "+more.why)
		}
	}
}

// passedOn says that a server took what is meant for a vendor.
func passedOn(w *party, u *url.URL) string {
	return ", sent in the format of " + w.name + " to " + u.Hostname() + ", which may pass it on"
}

// searched finds the words a visitor searched for in a page's address.
func (b *builder) searched(w *party, page *url.URL, visit int, see func(string, Confidence, string)) {
	if page.RawQuery == "" {
		return
	}
	var p payload.Reader
	for _, q := range p.Value("", page.String()) {
		if data := meaning(q, nil); q.Nested && data != "" {
			b.telling(w, q.Value, visit, see)(data, Direct, "parameter "+q.Name+" of the page's address in the Referer header")
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

// param returns what a product's table says of a pair, or nil.
func (b *builder) param(table *rules.Vendor, p payload.Pair) *rules.Param {
	if table == nil {
		return nil
	}
	if p.Index >= 0 && p.Index < 100 {
		if rule := b.parties.set.ParamFor(table, p.Name+"["+strconv.Itoa(p.Index)+"]"); rule != nil && !rule.Broad() {
			return rule
		}
	}
	rule := b.parties.set.ParamFor(table, p.Name)
	// Names with a dollar sign are the product's own, wherever they stand:
	// "$set.$browser" is no property of the visitor.
	if i := strings.LastIndexByte(p.Name, '.'); rule != nil && rule.Broad() && i >= 0 && strings.HasPrefix(p.Name[i+1:], "$") {
		if own := b.parties.set.ParamFor(table, p.Name[i+1:]); own != nil && !own.Broad() {
			return own
		}
	}
	return rule
}

// pair makes a flow of what one named value tells.
func (b *builder) pair(w *party, table *rules.Vendor, p payload.Pair, see func(string, Confidence, string)) {
	if p.Nested {
		if data := meaning(p, nil); data != "" {
			see(data, Direct, "parameter "+p.Name+" of an address in the request")
		}
		return
	}
	rule := b.param(table, p)
	if rule != nil && rule.Split != "" {
		if parts := split(p, rule.Split); len(parts) > 0 {
			for _, part := range parts {
				b.pair(w, table, part, see)
			}
			return
		}
	}
	detail := "body"
	switch {
	case rule != nil && strings.HasSuffix(rule.Name, "]") && p.Index >= 0:
		detail = "parameter " + rule.Name
	case p.Name != "" && p.Name[0] != '(':
		detail = "parameter " + shorten(p.Name, 120)
	}
	if k := b.carrierOf(p.Value); k != nil {
		see(cookieID, Direct, detail)
		if !w.relay {
			k.sent(w.id)
		}
	}
	if data, _ := address(p.Value, b.parties.first); data != "" {
		see(b.whichAddress(data, rule, p), Direct, detail)
		return
	}
	data := meaning(p, rule)
	if data == preciseLocation && rule == nil && w.vendor != nil && slices.Contains(w.vendor.Categories, "maps") {
		return // where the map is, not where the visitor is
	}
	if data != "" {
		see(data, Direct, detail)
	}
}

// whichAddress tells the address of a page from that of the one before it. What
// the product's table says decides; then the name.
func (b *builder) whichAddress(data string, rule *rules.Param, p payload.Pair) string {
	if rule != nil && !rule.Broad() && (rule.Data == referrer || rule.Data == pageURL) {
		return rule.Data
	}
	switch key := p.Key(); {
	case isPageKey(key):
		// The home page's address is its site's: the name tells that the page was meant.
		return pageURL
	case strings.Contains(key, "ref") || key == "dr":
		return referrer
	}
	return data
}

// split reads a value that is a list of pairs by a rule's two characters.
func split(p payload.Pair, by string) []payload.Pair {
	var out []payload.Pair
	for part := range strings.SplitSeq(p.Value, by[:1]) {
		name, value, ok := strings.Cut(part, by[1:])
		if !ok || name == "" || value == "" || len(out) == 100 {
			continue
		}
		out = append(out, payload.Pair{Name: p.Name + "." + name, Value: value, Index: -1, Layer: p.Layer})
	}
	return out
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func isPageKey(key string) bool {
	switch key {
	case "dl", "url", "pageurl", "page", "location", "href", "documentlocation", "pagelocation", "pageuri", "currenturl", "loc":
		return true
	}
	return false
}

// ambient are data types that a page gives without the visitor typing anything.
// Only these are inferred from what a vendor is known to receive; what visitors
// type counts when it was seen leaving.
var ambient = map[string]bool{
	cookieID: true, advertisingID: true, deviceID: true, fingerprint: true, pageURL: true, referrer: true, interaction: true, screen: true,
	timeZone: true, language: true, approxLocation: true, "browsing_history": true, sessionRecording: true, "inferred_profile": true,
}

// received adds what the vendor is known to receive: strong where an event was
// sent, indirect where only its script or frame was loaded. That a product of
// another kind records sessions, which it may or may not, is indirect too.
func (b *builder) received(w *party, u *url.URL, r *evidence.Request, see func(string, Confidence, string)) {
	if w.vendor == nil || w.plain {
		return
	}
	c, detail := Indirect, "only a script or resource of "+w.name+" was loaded"
	if isEvent(u, r, b.payload.Sent > 0, slices.ContainsFunc(w.vendor.Categories, func(c string) bool { return slices.Contains(services, c) })) {
		c, detail = Strong, "an event was sent to "+w.name
	}
	for _, data := range w.vendor.Receives {
		switch {
		case !ambient[data]:
		case data == sessionRecording && !records(w.vendor):
			see(data, Indirect, w.name+" can record sessions, and whether it does is not told by this")
		default:
			see(data, c, detail)
		}
	}
}

// records reports whether a product is for recording sessions.
func records(v *rules.Vendor) bool {
	return len(v.Categories) > 0 && v.Categories[0] == "session_replay"
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
