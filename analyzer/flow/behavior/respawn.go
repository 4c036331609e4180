package behavior

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// respawns finds identifiers that come back after they were deleted, and those
// that are not kept at all but made anew of the device.
//
// Soltani et al., "Flash Cookies and Privacy" (2009), and Acar et al., "The Web
// Never Forgets" (CCS 2014), delete cookies and look whether the same value
// returns. Candor deletes nothing: it tells when a page (a banner's refusal, an
// opt-out) deleted a cookie before its time and a later page of the same visitor
// has it again with the same identifier. Where that identifier is also kept in
// another place, that place is named.
//
// Each consent state is a fresh visitor with empty storage. An identifier that a
// fingerprinting script writes with the same value in two of them was derived,
// not stored (Fouad et al., "My Cookie is a phoenix", PoPETs 2022).
//
// Misses: what comes back within the page that deleted it, what the server
// remembers under another name, and deletions that a person would make and no
// page does. Contents of IndexedDB and of caches are not read.
type respawns struct {
	revived map[string][]revival
	places  map[string][]string // identifier → other places that keep it
	written map[writtenKey]map[evidence.State]sighting
}

type revival struct {
	sighting
	value, cookie string
}

// writtenKey is an identifier under its name.
type writtenKey struct{ vendor, script, name, value string }

// Bounds.
const (
	maxRevivals = 1000
	maxPlaces   = 20000
	maxWritten  = 20000
)

func newRespawns() *respawns {
	return &respawns{revived: map[string][]revival{}, places: map[string][]string{}, written: map[writtenKey]map[evidence.State]sighting{}}
}

func (d *respawns) cookie(s *scan, c *evidence.Cookie) {
	if !flow.IdentifierLike(c.Value) {
		return
	}
	where := "the cookie " + c.Name
	for _, sp := range flow.Spellings(c.Value) {
		d.kept(sp, where)
	}
	owner := s.who.CookieOwner(c)
	x := sighting{kind: EvercookieRespawn, vendor: owner.Vendor, script: c.SetBy.URL, page: c.Page, state: c.State, evidence: c.SetBy.Request}
	if x.evidence == "" {
		x.evidence = c.Page
	}
	if c.Revived && len(d.revived) < maxRevivals {
		d.revived[c.Name] = append(d.revived[c.Name], revival{x, c.Value, where})
	}
	if !c.Session && c.SetBy.Kind == "script" {
		d.write(where, c.Value, x)
	}
}

func (d *respawns) stored(s *scan, k *evidence.StorageItem) {
	if k.Kind != "local" {
		return
	}
	where := "local storage under " + k.Key
	for _, id := range flow.Identifiers(k.Value) {
		for _, sp := range flow.Spellings(id) {
			d.kept(sp, where)
		}
		d.write(where, id, sighting{kind: EvercookieRespawn, vendor: s.who.StorageOwner(k).Vendor, script: k.SetBy.URL, page: k.Page, state: k.State, evidence: k.Page})
	}
}

func (d *respawns) kept(value, where string) {
	known, ok := d.places[value]
	if !ok && len(d.places) >= maxPlaces || len(known) >= 10 || slices.Contains(known, where) {
		return
	}
	d.places[strings.Clone(value)] = append(known, where)
}

func (d *respawns) write(where, value string, x sighting) {
	if x.script == "" {
		return
	}
	key := writtenKey{x.vendor, x.script, where, strings.Clone(value)}
	states := d.written[key]
	if states == nil {
		if len(d.written) >= maxWritten {
			return
		}
		states = map[evidence.State]sighting{}
		d.written[key] = states
	}
	if old, ok := states[x.state]; !ok || x.page < old.page {
		states[x.state] = x
	}
}

func (d *respawns) last(s *scan) {
	for _, again := range d.revived {
		for _, r := range again {
			r.detail, r.confidence = r.cookie+" came back with the same value after it had been deleted", flow.Strong
			if others := d.others(r); len(others) > 0 {
				r.detail += "; the value is also kept in " + list(others)
				r.confidence = flow.Direct
			}
			s.saw(r.sighting)
		}
	}
	for key, states := range d.written {
		if len(states) < 2 || !s.fingerprints(key.script) {
			continue
		}
		for _, x := range states {
			x.detail = "a script that fingerprints the device writes the same identifier into " + key.name + " for visitors that have nothing stored"
			x.confidence = flow.Strong
			s.saw(x)
		}
	}
}

// others are the places beside the cookie that keep its value.
func (d *respawns) others(r revival) []string {
	var out []string
	for _, sp := range flow.Spellings(r.value) {
		for _, where := range d.places[sp] {
			if where != r.cookie && !slices.Contains(out, where) {
				out = append(out, where)
			}
		}
	}
	slices.Sort(out)
	return out[:min(3, len(out))]
}

// fingerprints reports whether fingerprinting by a script was found.
func (s *scan) fingerprints(script string) bool {
	for key := range s.found {
		if key.script == script && strings.HasSuffix(string(key.kind), "_fingerprinting") {
			return true
		}
	}
	return false
}
