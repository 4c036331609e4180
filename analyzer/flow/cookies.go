package flow

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
	"candor/rules"
)

// maxCookies bounds how many cookies, keys and forms are told apart.
const maxCookies = 20000

type cookieKey struct{ name, domain, path string }

// cookieSum is a cookie over the scan. Its flags are those of the record with
// the smallest rank, so that the order of records does not matter.
type cookieSum struct {
	carrier
	cookie   Cookie
	rank     string
	values   perState
	samples  []string // identifier-like values, one for each state
	setDays  float64  // longest lifetime as set; -1 when not seen
	jarDays  float64  // longest lifetime as stored; -1 when not seen
	lasting  bool     // not a session cookie somewhere
	idLike   bool
	setters  map[string]bool // addresses of the setters
	seen     sightings
	held     map[string]*heldCanary
	had      heldValues
	jarStays bool // seen in the jar, not only in a Set-Cookie line
}

func (b *builder) cookieAt(key cookieKey) *cookieSum {
	c := b.cookies[key]
	if c == nil {
		if len(b.cookies) >= maxCookies {
			return nil
		}
		c = &cookieSum{values: perState{}, setDays: -1, jarDays: -1, setters: map[string]bool{}}
		c.cookie = Cookie{ID: shortID("c", key.name, key.domain, key.path), Name: key.name, Domain: key.domain, Path: key.path}
		b.cookies[key] = c
	}
	return c
}

// cookie takes a record of the jar.
func (b *builder) cookie(j *evidence.Cookie) {
	for _, o := range b.observers {
		o.Cookie(j)
	}
	domain := strings.ToLower(strings.TrimPrefix(j.Domain, "."))
	c := b.cookieAt(cookieKey{j.Name, domain, j.Path})
	if c == nil {
		return
	}
	visit := b.visits.at(j.Page, j.State)
	c.seen.add(&b.visits, visit)
	c.jarStays = true
	if !j.Session {
		c.lasting = true
		if j.LifetimeSec > 0 {
			c.setDays = max(c.setDays, days(time.Duration(min(j.LifetimeSec, 1e9))*time.Second))
		}
		if started := b.visits.list[visit].started; !j.Expires.IsZero() && !started.IsZero() {
			c.jarDays = max(c.jarDays, days(j.Expires.Sub(started)))
		}
	}
	c.value(j.Value, j.State)
	c.had.add(b.mark(j.Value), &b.visits, visit)
	c.held = b.hold(c.held, "cookie "+j.Name, j.Value, visit, c.cookie.ID)
	for _, p := range b.payload.Value(j.Name, unescaped(j.Value)) {
		b.labelIn("cookie", p, visit)
	}
	c.setter(b.writer(&j.SetBy))
	known := "0"
	if j.SetBy.Kind == "" || j.SetBy.Kind == "unknown" {
		known = "2"
	}
	if rank := strings.Join([]string{known, j.Page, j.SetBy.Kind, j.SetBy.URL}, "\x00"); c.rank == "" || rank < c.rank {
		c.rank = rank
		c.cookie.SetBy, c.cookie.HTTPOnly, c.cookie.Secure = j.SetBy, j.HTTPOnly, j.Secure
		c.cookie.SameSite, c.cookie.Partitioned = j.SameSite, j.PartitionKey != ""
	}
}

func (c *cookieSum) value(value string, state evidence.State) {
	if len(value) > maxIdentifier {
		value = value[:maxIdentifier]
	}
	hashed := short(value)
	if old, ok := c.values[state]; !ok || hashed < old {
		c.values[state] = hashed
	}
	if IdentifierLike(value) {
		c.idLike = true
		if len(c.samples) < 8 && !slices.Contains(c.samples, value) {
			c.samples = append(c.samples, value)
		}
	}
}

func (c *cookieSum) setter(address string) {
	if address != "" && len(c.setters) < 50 {
		c.setters[address] = true
	}
}

// days keeps minutes apart: cookies live for 30 of them.
func days(d time.Duration) float64 { return math.Round(d.Hours()/24*1e4) / 1e4 }

// setCookies takes the Set-Cookie lines of a response: they know the lifetime
// as set, and cookies that were gone when the jar was read.
func (b *builder) setCookies(r *evidence.Request, host string, u *url.URL, visit int) {
	for i, line := range r.SetCookies {
		if i == 100 {
			return
		}
		h, err := http.ParseSetCookie(line)
		if err != nil || refused(r, h.Name) {
			continue
		}
		b.setCookie(r, h, host, u, visit)
	}
}

// refused reports whether the browser did not store a cookie of this response.
func refused(r *evidence.Request, name string) bool {
	return slices.ContainsFunc(r.Blocked, func(k evidence.BlockedCookie) bool { return k.Direction == "response" && k.Name == name })
}

func (b *builder) setCookie(r *evidence.Request, h *http.Cookie, host string, u *url.URL, visit int) {
	lasting, life := false, 0.0
	switch {
	case h.MaxAge < 0:
		return // a deletion
	case h.MaxAge > 0:
		lasting, life = true, days(time.Duration(min(h.MaxAge, 1e9))*time.Second)
	case !h.Expires.IsZero():
		started := b.visits.list[visit].started
		if started.IsZero() {
			started = h.Expires
		}
		d := h.Expires.Sub(started.Add(time.Duration(r.OffsetMS) * time.Millisecond))
		if d < 0 {
			return
		}
		lasting, life = true, days(d)
	}
	domain, path := strings.ToLower(strings.TrimPrefix(h.Domain, ".")), h.Path
	if domain == "" {
		domain = host
	}
	if !strings.HasPrefix(path, "/") {
		path = defaultPath(u.Path)
	}
	c := b.cookieAt(cookieKey{h.Name, domain, path})
	if c == nil {
		return
	}
	c.seen.add(&b.visits, visit)
	if lasting {
		c.lasting = true
		c.setDays = max(c.setDays, life)
	}
	c.value(h.Value, r.State)
	c.had.add(b.mark(h.Value), &b.visits, visit)
	c.setter(r.URL)
	if rank := strings.Join([]string{"1", r.Page, r.ID}, "\x00"); c.rank == "" || rank < c.rank {
		c.rank = rank
		c.cookie.SetBy = evidence.Setter{Kind: "http", URL: r.URL, Request: r.ID, Initiators: r.Initiator.Stack}
		c.cookie.HTTPOnly, c.cookie.Secure, c.cookie.SameSite, c.cookie.Partitioned = h.HttpOnly, h.Secure, sameSite(h.SameSite), h.Partitioned
	}
}

// defaultPath is RFC 6265, 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 && path[0] == '/' {
		return path[:i]
	}
	return "/"
}

func sameSite(s http.SameSite) string {
	switch s {
	case http.SameSiteLaxMode:
		return "Lax"
	case http.SameSiteStrictMode:
		return "Strict"
	case http.SameSiteNoneMode:
		return "None"
	}
	return ""
}

// constant reports whether a sent cookie is known to be the same for every
// visitor.
func (b *builder) constant(name, domain string) bool {
	c := b.cookies[cookieKey{name, strings.ToLower(strings.TrimPrefix(domain, ".")), "/"}]
	return c != nil && c.values.constant()
}

// learnValues makes the identifiers of cookies and storage findable.
func (b *builder) learnValues() {
	for _, key := range sortedKeys(b.cookies, func(k cookieKey) string { return k.name + "\x00" + k.domain + "\x00" + k.path }) {
		c := b.cookies[key]
		if c.idLike && !c.values.constant() {
			slices.Sort(c.samples)
			for _, v := range c.samples {
				b.remember(v, &c.carrier)
			}
		}
	}
	for _, key := range sortedKeys(b.storage, storageKey.String) {
		s := b.storage[key]
		if !s.values.constant() {
			slices.Sort(s.samples)
			for _, v := range s.samples {
				b.remember(v, &s.carrier)
			}
		}
	}
}

func sortedKeys[K comparable, V any](m map[K]V, text func(K) string) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b K) int { return strings.Compare(text(a), text(b)) })
	return out
}

// cookieList finishes the cookies and adds the flows that they are.
func (b *builder) cookieList() []Cookie {
	out := []Cookie{}
	for _, key := range sortedKeys(b.cookies, func(k cookieKey) string { return k.domain + "\x00" + k.name + "\x00" + k.path }) {
		out = append(out, b.finish(b.cookies[key]))
	}
	return out
}

func (b *builder) finish(c *cookieSum) Cookie {
	k := &c.cookie
	k.Session = !c.lasting
	switch {
	case c.setDays >= 0:
		k.LifetimeDays = c.setDays
	case c.jarDays >= 0:
		k.LifetimeDays = c.jarDays
	case c.lasting:
		k.LifetimeDays = -1
	}
	if c.setDays >= 0 && c.jarDays > 0 && c.setDays-c.jarDays > 1 {
		k.CappedDays = c.jarDays
	}
	k.SetterVendor, k.SetterParty, k.LoadedBy = b.settled(&k.SetBy)
	k.Identifier = c.idLike && c.lasting && !c.values.constant()
	k.States, k.Pages = c.seen.sortedStates(), c.seen.addresses(&b.visits)
	b.where[k.ID] = c.seen.pages
	k.Values, k.MoreValues = c.had.value(&b.visits), c.had.more

	first := b.parties.first(k.Domain)
	rule, vendor := b.parties.set.CookieFor(k.Name, k.Domain, b.siteFor(k.Domain, first))
	w, by := b.owner(k.Domain, first, vendor, c.setters)
	k.Party = Third
	if first {
		k.Party = First
	}
	if !w.first {
		k.Vendor = w.id
	}
	if rule == nil {
		rule = b.parties.set.CookieNamed(k.Name)
	}
	var basis rules.Basis
	if k.Purpose, basis = rules.CookiePurpose(k.Name, rule, w.vendor); basis == rules.Unknown {
		guess := b.parties.set.GuessCookie(k.Name, rules.CookieTraits{Third: !first, Session: k.Session, HTTPOnly: k.HTTPOnly})
		k.PurposeGuess, k.GuessedBy = guess.Purpose, guess.Why
	}
	if k.Identifier {
		b.held(w, by, first, k.Domain, k.Name, "cookie", k.ID, &c.carrier, &c.seen)
	}
	b.keptCanaries(w, k.Domain, "cookie", k.SetBy.URL, c.held)
	return *k
}

func (b *builder) siteFor(domain string, first bool) string {
	if first {
		return b.parties.siteOf(domain)
	}
	return b.parties.site.Primary
}

// owner says whose a cookie or key is: by the knowledge of its name, else by a
// third party that wrote it, else by its domain. By tells which it was.
func (b *builder) owner(domain string, first bool, named *rules.Vendor, setters map[string]bool) (w *party, by string) {
	if named != nil && !(first && b.parties.ours(named)) {
		w = b.parties.home(named)
		// A request shows the domain that was really contacted.
		if v := b.vendors[named.ID]; v != nil {
			w = v.party
		}
		return w, "name"
	}
	if first {
		for _, address := range keys(setters) {
			u, err := url.Parse(address)
			if err != nil || u.Hostname() == "" {
				continue
			}
			if s := b.parties.at(strings.ToLower(u.Hostname()), pathOf(u)); !s.first {
				return s, "setter"
			}
		}
	}
	return b.parties.at(domain, "/"), "domain"
}

// held adds the flow of an identifier that is kept in a cookie or key. What a
// third party's script keeps on the site's own domain reaches that party:
// strong when the value was also seen in a request to it, else indirect.
func (b *builder) held(w *party, by string, first bool, domain, name, channel, id string, k *carrier, seen *sightings) {
	c, detail := Strong, fmt.Sprintf("%s %s", channel, name)
	if first && !w.first {
		switch {
		case k.to[w.id]:
			detail += ", whose value was sent to " + w.name
		case by == "name" && b.vendors[w.id] == nil:
			// Nothing went to the vendor: the site's own server may use its library.
			w = b.parties.self(b.parties.siteOf(domain))
		default:
			c = Indirect
			detail += ", kept by a script of " + w.name
		}
	}
	v := b.vendors[w.id]
	if !w.first {
		v = b.vendor(w)
		v.domains[w.domain] = true
	}
	for word, set := range seen.pages {
		for bit := range 64 {
			if set&(1<<bit) == 0 {
				continue
			}
			visit := word*64 + bit
			b.see(w, cookieID, channel, c, detail, visit, id)
			if v != nil {
				v.seen.add(&b.visits, visit)
			}
		}
	}
}
