package behavior

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// syncs finds identifiers of one party that are sent to another.
//
// An identifier is a value that outlives the session, has at least eight
// characters and is shaped like one; it is one party's when it stands in a
// cookie of that party's domain, or in a cookie or local storage of the site
// that the party's script wrote or that is known to be its. Sending it to a
// domain of another company is syncing: Englehardt and Narayanan, "Online
// Tracking: A 1-million-site Measurement" (CCS 2016), and Papadogiannakis,
// Kourtellis and Markatos, "Cookie Synchronization: Everything You Always
// Wanted to Know But Were Afraid to Ask" (WWW 2019). What parties keep on the
// site's own domain is passed on too: Chen, Ilia, Polychronakis and Kapravelos,
// "Cookie Swap Party" (WWW 2021).
//
// Not counted, because it need not be a sync: what the site itself keeps as
// well, what stands in the address of a page, what the owner's own script is
// loaded with (account numbers), what the receiver has in a cookie of its own
// domain, and what both keep on the site's domain.
//
// Misses: identifiers that are hashed or encrypted on the way, those that
// change with each page, and syncing between servers.
type syncs struct {
	values map[string]*synced // by how the identifier, or a part of it, is written
	sent   map[sentKey]*sentTo
	shown  map[string]bool // what stands in addresses of pages
}

// synced is an identifier, or the part of one, with those that keep it.
type synced struct {
	keepers []keeper
	config  map[string]bool // parties whose scripts are loaded with it
}

// keeper is a party that keeps an identifier.
type keeper struct {
	party flow.Party
	where string // "the cookie uid"
	own   bool   // on a domain of its own
}

type sentKey struct{ spelling, vendor, script string }

// sentTo is an identifier on its way to one party.
type sentTo struct {
	to    flow.Party
	pages map[string]sighting
}

// Bounds of what is looked for and kept.
const (
	maxSynced   = 50000
	maxKeepers  = 8
	maxSent     = 5000
	maxShown    = 20000
	minSpelling = 8
	minDigits   = 9 // of a spelling that is a plain number
)

func newSyncs() *syncs {
	return &syncs{values: map[string]*synced{}, sent: map[sentKey]*sentTo{}, shown: map[string]bool{}}
}

func (d *syncs) page(_ *scan, p *evidence.Page) {
	for _, address := range []string{p.URL, p.FinalURL} {
		for _, part := range strings.FieldsFunc(address, func(r rune) bool { return strings.ContainsRune("/?&=#;,%", r) }) {
			if len(part) >= minSpelling && len(d.shown) < maxShown {
				for _, s := range append(flow.Spellings(part), part) {
					d.shown[strings.Clone(s)] = true
				}
			}
		}
	}
}

func (d *syncs) cookie(s *scan, c *evidence.Cookie) {
	if c.Session || !flow.IdentifierLike(c.Value) || strings.Contains(c.Value, "://") {
		return
	}
	owner := s.who.CookieOwner(c)
	d.keep(c.Value, keeper{owner, "the cookie " + c.Name, owner.Third() && !s.who.First(strings.TrimPrefix(c.Domain, "."))})
}

func (d *syncs) stored(s *scan, k *evidence.StorageItem) {
	if k.Kind != "local" {
		return
	}
	owner := s.who.StorageOwner(k)
	for _, id := range flow.Identifiers(k.Value) {
		if !strings.Contains(id, "://") {
			d.keep(id, keeper{owner, "local storage under " + k.Key, false})
		}
	}
}

// keep notes that a party keeps an identifier.
func (d *syncs) keep(value string, by keeper) {
	if by.party.Vendor == "" {
		return
	}
	for _, sp := range flow.Spellings(value) {
		if len(sp) < minSpelling || len(sp) < minDigits && !strings.ContainsFunc(sp, func(r rune) bool { return r < '0' || r > '9' }) {
			continue
		}
		id := d.values[sp]
		if id == nil {
			if len(d.values) >= maxSynced {
				return
			}
			id = &synced{}
			d.values[strings.Clone(sp)] = id
		}
		same := func(k keeper) bool {
			return k.party.Vendor == by.party.Vendor && k.where == by.where && k.own == by.own
		}
		if len(id.keepers) < maxKeepers && !slices.ContainsFunc(id.keepers, same) {
			id.keepers = append(id.keepers, by)
		}
	}
}

func (d *syncs) request(s *scan, x *flow.Exchange) {
	if len(d.values) == 0 || !x.To.Third() {
		return
	}
	file := x.Type == "Script" || x.Type == "Stylesheet"
	sent := x.Sent && !x.To.Plain
	if !file && !sent {
		return
	}
	look := func(value string) {
		flow.Find(value, func(sp string) bool {
			id := d.values[sp]
			if id == nil || d.shown[sp] {
				return false
			}
			if file && slices.ContainsFunc(id.keepers, func(k keeper) bool { return k.party.Vendor == x.To.Vendor }) {
				if id.config == nil {
					id.config = map[string]bool{}
				}
				id.config[x.To.Vendor] = true
			}
			return sent && d.send(sp, id, x)
		})
	}
	for _, p := range x.Pairs() {
		look(p.Value)
	}
	for part := range strings.SplitSeq(x.Address.Path, "/") {
		look(part)
	}
	if referer := x.Headers["referer"]; referer != "" && s.who.At(referer).Third() {
		look(referer)
	}
}

// send notes that a party gets an identifier of another, and reports whether it
// is another's.
func (d *syncs) send(spelling string, id *synced, x *flow.Exchange) bool {
	if _, ok := id.from(x.To); !ok {
		return false
	}
	key := sentKey{strings.Clone(spelling), x.To.Vendor, x.Script}
	t := d.sent[key]
	if t == nil {
		if len(d.sent) >= maxSent {
			return true
		}
		t = &sentTo{to: x.To, pages: map[string]sighting{}}
		d.sent[key] = t
	}
	at, ok := t.pages[x.Page]
	if !ok {
		at = sighting{page: x.Page, state: x.State, evidence: x.ID, script: x.Script}
	}
	at.evidence = min(at.evidence, x.ID)
	at.times++
	t.pages[x.Page] = at
	return true
}

// from returns whose identifier it is that a party gets, if it is another's.
func (id *synced) from(to flow.Party) (keeper, bool) {
	var best keeper
	found := false
	for _, k := range id.keepers {
		switch {
		case k.party.Party == flow.First:
			return keeper{}, false // the site's own number
		case same(k.party, to):
			if !k.own {
				continue
			}
			return keeper{}, false // a cookie of the receiver's own domain
		}
		if !found || k.own && !best.own || k.own == best.own && (k.party.Vendor < best.party.Vendor || k.party.Vendor == best.party.Vendor && k.where < best.where) {
			best, found = k, true
		}
	}
	if found && !best.own && slices.ContainsFunc(id.keepers, func(k keeper) bool { return same(k.party, to) }) {
		return keeper{}, false // both keep it on the site's domain: whose it is cannot be told
	}
	return best, found
}

// same reports whether two parties are one company, or one domain.
func same(a, b flow.Party) bool {
	return a.Vendor == b.Vendor || a.Domain == b.Domain || a.Entity != "" && a.Entity == b.Entity
}

func (d *syncs) end(s *scan) {
	for key, t := range d.sent {
		id := d.values[key.spelling]
		from, ok := id.from(t.to)
		if !ok || id.config[from.party.Vendor] {
			continue
		}
		detail, c := "an identifier of "+from.party.Name+", which it keeps in "+from.where+", was sent to "+t.to.Domain, flow.Direct
		if !from.own {
			c = flow.Strong
		}
		for _, x := range t.pages {
			x.kind, x.vendor, x.detail, x.confidence = CookieSync, key.vendor, detail, c
			s.saw(x)
		}
	}
}
