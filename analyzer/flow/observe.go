package flow

import (
	"net/url"
	"strings"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
	"candor/rules"
)

// Observer is shown the evidence while Build reads it, so that nothing is read
// or taken apart twice. Start comes first, then every page, every cookie, every
// storage entry, every call and every request, in this order; within a kind, the order is
// that of the bundle. What an observer is given is its own to read until the
// call returns, and never to change.
type Observer interface {
	Start(Who)
	Page(*evidence.Page)
	Cookie(*evidence.Cookie)
	Storage(*evidence.StorageItem)
	Call(*evidence.Call)
	Request(*Exchange)
}

// Who tells who is behind addresses, as flows do.
type Who struct{ parties *parties }

// Party is who is behind an address.
type Party struct {
	Recipient
	Name  string
	Known *rules.Vendor // nil when it is not recognised, and for an own domain
	Alias string        // the vendor's name that a host of the site's own is an alias of; "" otherwise
	Plain bool          // infrastructure: delivers files and gets what every request carries
}

// Third reports whether it is another party than the site.
func (p Party) Third() bool { return p.Party == Third }

// At returns who is behind an absolute address; the zero Party when it has no
// host.
func (w Who) At(address string) Party {
	p := w.parties.byAddress(address)
	if p == nil {
		return Party{}
	}
	return p.value()
}

// Host returns who is behind a host, whatever its path.
func (w Who) Host(host string) Party {
	if host == "" {
		return Party{}
	}
	return w.parties.at(host, "/").value()
}

// First reports whether a host is on one of the site's own domains.
func (w Who) First(host string) bool { return w.parties.first(host) }

// Site returns a host's registrable domain.
func (w Who) Site(host string) string { return w.parties.siteOf(host) }

func (p *party) value() Party {
	return Party{Recipient: p.recipient(), Name: p.name, Known: p.vendor, Alias: p.alias, Plain: p.plain}
}

// Exchange is a request with what is known of it.
type Exchange struct {
	*evidence.Request
	Address *url.URL
	Host    string // lower case, without port
	To      Party  // who is behind the host
	Meant   Party  // the vendor in whose format it goes to another's server; zero when there is none
	Script  string // the script that sent it; "" when none did, or is not known
	Sent    bool   // it left the browser

	b *builder
}

// Pairs returns the named values that the request carries, taken apart once.
func (x *Exchange) Pairs() []payload.Pair { return x.b.pairs(x.Address, x.Request) }

// Tells reports whether the request carries what tells one visitor or page from
// others: an identifier that is kept in the browser, a value that is shaped like
// one, or the address of a page of the site. What says which, for a reader.
func (x *Exchange) Tells() (what []string) {
	b := x.b
	for _, c := range x.Cookies {
		if IdentifierLike(c.Value) && !b.constant(c.Name, c.Domain) {
			what = append(what, "an identifier in a cookie")
			break
		}
	}
	id, page := false, false
	for _, p := range x.Pairs() {
		if p.Nested {
			continue
		}
		if !page {
			if data, _ := address(p.Value, b.parties.first); data != "" {
				page = true
				what = append(what, "the page's address")
			}
		}
		if !id && (b.carrierOf(p.Value) != nil || meaning(p, b.param(x.To.Known, p)) == cookieID) {
			id = true
			what = append(what, "an identifier")
		}
	}
	return what
}

// Identified is a value in a request that tells one visitor from others.
type Identified struct {
	Value string
	Kept  bool // it is kept in the browser, or is a person's own, such as a hashed e-mail address
}

// maxIdentified bounds the identifiers of one request.
const maxIdentified = 16

// personalIDs are data types whose values tell one person from others.
var personalIDs = map[string]bool{email: true, emailHash: true, phone: true, phoneHash: true}

// Identifiers returns the values in the request that tell one visitor from
// others, at most maxIdentified of them: cookies and parameters whose values look
// unique and are not known to be the same for every visitor.
func (x *Exchange) Identifiers() []Identified {
	b := x.b
	var out []Identified
	add := func(value string, kept bool) {
		if len(out) < maxIdentified {
			out = append(out, Identified{value, kept})
		}
	}
	for _, c := range x.Cookies {
		if IdentifierLike(c.Value) && !b.constant(c.Name, c.Domain) {
			add(c.Value, true)
		}
	}
	table := x.Meant.Known
	if x.To.Third() {
		table = x.To.Known
	}
	for _, p := range x.Pairs() {
		if p.Nested {
			continue
		}
		if b.carrierOf(p.Value) != nil {
			add(p.Value, true)
			continue
		}
		switch data := meaning(p, b.param(table, p)); {
		case personalIDs[data]:
			add(p.Value, true)
		case identifiers[data] && (IdentifierLike(p.Value) || len(p.Value) >= minIdentifier && strings.ContainsAny(p.Value, "0123456789")):
			// What the product's table or a telling name says is an identifier may look
			// like a time: a third of Google's client ids do.
			add(p.Value, false)
		}
	}
	return out
}

func (b *builder) observed(r *evidence.Request, u *url.URL, host string, w, meant *party) {
	if len(b.observers) == 0 {
		return
	}
	to := w
	if w.first && meant != nil {
		to = meant
	}
	x := Exchange{Request: r, Address: u, Host: host, To: w.value(), Script: b.responsible(r, to), Sent: sent(r), b: b}
	if meant != nil {
		x.Meant = meant.value()
	}
	for _, o := range b.observers {
		o.Request(&x)
	}
}

// Keeper returns whose an identifier in a cookie or storage key is: of the vendor
// that its name is known of, else of a third party that wrote it, else of the
// domain that it is kept on.
func (w Who) Keeper(domain string, named *rules.Vendor, setter string) Party {
	p := w.parties
	first := p.first(domain)
	if named != nil && !(first && p.ours(named)) {
		return p.home(named).value()
	}
	if first {
		if by := w.At(setter); by.Third() && !by.Plain {
			return by
		}
	}
	return w.Host(domain)
}

// CookieOwner is Keeper for a cookie.
func (w Who) CookieOwner(c *evidence.Cookie) Party {
	domain := strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	site := w.parties.site.Primary
	if w.parties.first(domain) {
		site = w.parties.siteOf(domain)
	}
	_, named := w.parties.set.CookieFor(c.Name, domain, site)
	return w.Keeper(domain, named, c.SetBy.URL)
}

// StorageOwner is Keeper for an entry of a storage area.
func (w Who) StorageOwner(s *evidence.StorageItem) Party {
	_, named := w.parties.set.StorageFor(s.Key)
	return w.Keeper(hostOf(s.Origin), named, s.SetBy.URL)
}

// Spellings returns how a kept identifier may be written in a request: whole,
// unescaped, and by the parts of it that look unique.
func Spellings(value string) []string { return spellings(value) }

// Identifiers returns the identifiers in a stored value: the value itself, or the
// members of a JSON object whose names say that they identify.
func Identifiers(value string) []string { return storedIDs(value) }

// Find calls yes with each spelling that a sent value may hold, until it returns
// true.
func Find(value string, yes func(spelling string) bool) bool {
	if len(value) < minIdentifier || len(value) > maxValue {
		return false
	}
	if yes(value) {
		return true
	}
	if id := findUUID(value); id != "" && yes(id) {
		return true
	}
	last := "" // token, which is asked for together with the one after it first
	for t := range tokens(value) {
		if len(last) >= minIdentifier && (yes(last+"."+t) || yes(last)) {
			return true
		}
		last = t
	}
	return len(last) >= minIdentifier && yes(last)
}
