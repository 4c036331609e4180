package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"candor/analyzer/flow/canary"
	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
	"candor/rules"
)

// Build reads the evidence, each stream once, and returns what was seen.
//
// The order of the records within a stream does not change the result, up to
// the bounds of the package. It fails only when the evidence cannot be read or
// ctx ends. Observers are shown the evidence as it is read.
//
// What was seen in the visit that made a choice belongs to the state that the
// visitor was in at that moment: see moments. What came after a choice that the
// site did not take belongs to none, and is left out.
func Build(ctx context.Context, r *evidence.Reader, set *rules.Set, site Site, observers ...Observer) (Result, error) {
	b := newBuilder(set, site)
	b.observers, b.marker = observers, r.Meta().Marker()
	for _, o := range observers {
		o.Start(Who{b.parties})
	}
	// Requests come last: they are searched for the values of the others, and told
	// by the kind of page that they were sent from.
	err := step(ctx, nil, "choices", r.Choices(), b.moments.learn)
	err = b.pages(ctx, err, r)
	err = step(ctx, err, "names", r.Names(), b.parties.learnName)
	err = step(ctx, err, "canaries", r.Canaries(), b.typedValue)
	b.learnCanaries()
	err = step(ctx, err, "labels", r.Labels(), func(l *evidence.Label) {
		if b.moments.place(l.Page, &l.State) {
			b.label(l)
		}
	})
	err = step(ctx, err, "cookies", r.Cookies(), func(c *evidence.Cookie) {
		if b.moments.place(c.Page, &c.State) {
			b.cookie(c)
		}
	})
	err = step(ctx, err, "storage", r.Storage(), func(s *evidence.StorageItem) {
		if b.moments.place(s.Page, &s.State) {
			b.stored(s)
		}
	})
	if len(b.observers) > 0 {
		err = step(ctx, err, "calls", r.Calls(), func(c *evidence.Call) {
			if !b.moments.place(c.Page, &c.State) || b.moments.early(c.Page, c.OffsetMS) {
				return
			}
			for _, o := range b.observers {
				o.Call(c)
			}
		})
	}
	if err == nil {
		b.learnValues()
	}
	err = step(ctx, err, "forms", r.Forms(), func(f *evidence.Form) {
		if b.moments.place(f.Page, &f.State) {
			b.form(f)
		}
	})
	b.classify()
	b.parties.settled = true
	err = step(ctx, err, "requests", r.Requests(), b.request)
	if err != nil {
		return Result{}, fmt.Errorf("build flows: %w", err)
	}
	return b.result(), nil
}

// step feeds one stream to a function, unless an earlier step failed.
func step[T any](ctx context.Context, err error, name string, seq func(func(T, error) bool), take func(*T)) error {
	if err != nil {
		return err
	}
	n := 0
	for v, err := range seq {
		if err != nil {
			return err
		}
		if n++; n%256 == 0 && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", name, ctx.Err())
		}
		take(&v)
	}
	return ctx.Err()
}

type builder struct {
	parties *parties
	visits  visits
	moments moments
	payload payload.Reader

	observers []Observer
	marker    evidence.Marker
	marks     map[string]string // of values, bounded: many answers set the same cookie to the same value
	origins   origins
	origin    int // of the request at hand; -1 when there is none

	hosts   map[string]*hostSum
	vendors map[string]*vendorSum
	flows   map[flowKey]*flowSum
	cookies map[cookieKey]*cookieSum
	storage map[storageKey]*storageSum
	forms   map[formKey]*Form
	values  map[string]*carrier // identifier value → the cookie or key that holds it
	repeats map[repeatKey]*repeat
	leaks   map[leakKey]*leakSum
	labels  map[labelKey]*labelSum

	labelled    labelWords
	labelKeys   map[string][]*labelSum // labels that the pages keep, by the last part of their key
	labelValues map[string][]*labelSum // … and by their value

	canaries  *canary.Set
	typed     []evidence.Canary // until they are in canaries
	read      []payload.Pair    // of the request at hand
	unread    bool              // it was not taken apart yet
	told      map[string]told   // what texts of the visit at hand tell
	toldVisit int
	fields    fieldWords
	places    placeWords

	where map[string][]uint64 // id of a flow, cookie or key → set of visits
}

func newBuilder(set *rules.Set, site Site) *builder {
	w := wordsOf(set.Terms)
	return &builder{
		where: map[string][]uint64{}, marks: map[string]string{},
		parties: newParties(set, site), origins: newOrigins(), origin: -1,
		hosts: map[string]*hostSum{}, vendors: map[string]*vendorSum{}, flows: map[flowKey]*flowSum{},
		cookies: map[cookieKey]*cookieSum{}, storage: map[storageKey]*storageSum{}, forms: map[formKey]*Form{},
		values: map[string]*carrier{}, repeats: map[repeatKey]*repeat{}, leaks: map[leakKey]*leakSum{},
		labels: map[labelKey]*labelSum{}, labelled: labelWords{kinds: w.labels, known: map[string]*labelKind{}}, labelKeys: map[string][]*labelSum{}, labelValues: map[string][]*labelSum{}, unread: true, fields: w.fields, places: w.places,
	}
}

// pages numbers the visits. Where a start address led to another site, that
// site is the scanned one too, unless the knowledge base knows it as a vendor.
func (b *builder) pages(ctx context.Context, err error, r *evidence.Reader) error {
	return step(ctx, err, "pages", r.Pages(), func(p *evidence.Page) {
		for i, m := range b.moments.of[p.ID].before {
			b.visits.add(visit{id: momentID(p.ID, i), url: p.URL, state: m.state, started: p.StartedAt, own: b.places.page(p)})
		}
		if !b.moments.place(p.ID, &p.State) {
			return
		}
		for _, o := range b.observers {
			o.Page(p)
		}
		b.visits.add(visit{id: p.ID, url: p.URL, state: p.State, started: p.StartedAt, own: b.places.page(p)})
		for _, address := range []string{p.URL, p.FinalURL} {
			if host := hostOf(address); host != "" && len(b.parties.pages) < maxHosts {
				b.parties.pages[host] = true
			}
		}
		start := p.Depth == 0 && p.LinkedFrom == "" && strings.HasPrefix(p.FinalURL, "http")
		if host := hostOf(p.FinalURL); start && host != "" && b.parties.set.VendorFor(host, "/") == nil {
			b.parties.addOwn(evidence.Site(host))
		}
	})
}

type flowKey struct{ vendor, data, channel string }

type flowSum struct {
	key        flowKey
	party      *party
	domains    map[string]int
	purposes   map[string]bool
	confidence Confidence
	detail     string
	from       map[int]bool // stacks
	seen       sightings
}

// strength orders the confidences, from 1 up; 0 is none of them.
func (c Confidence) strength() int {
	switch c {
	case Direct:
		return 4
	case Strong:
		return 3
	case Indirect:
		return 2
	case TextWeak:
		return 1
	}
	return 0
}

// see records one sighting of a data type. Evidence and detail are those of the
// strongest confidence.
func (b *builder) see(w *party, data, channel string, c Confidence, detail string, visit int, id string) *flowSum {
	key := flowKey{w.id, data, channel}
	f := b.flows[key]
	if f == nil {
		f = &flowSum{key: key, party: w, confidence: c, detail: detail, domains: map[string]int{}, purposes: map[string]bool{}}
		b.flows[key] = f
	}
	f.domains[w.domain]++
	f.from = addOrigin(f.from, b.origin)
	f.seen.add(&b.visits, visit)
	switch diff := c.strength() - f.confidence.strength(); {
	case diff < 0:
		return f
	case diff > 0:
		f.confidence, f.detail, f.seen.first = c, detail, nil
	case detail < f.detail:
		f.detail = detail
	}
	if id != "" {
		f.seen.evidence(&b.visits, visit, id)
	}
	return f
}

// seeAll records what was seen in several places as sightings of a data type.
func (b *builder) seeAll(w *party, data, channel string, c Confidence, detail string, seen *sightings) {
	for word, set := range seen.pages {
		for ; set != 0; set &= set - 1 {
			visit := word*64 + bits.TrailingZeros64(set)
			b.see(w, data, channel, c, detail, visit, seen.idOf(b.visits.list[visit].id))
		}
	}
}

type vendorSum struct {
	party    *party
	domains  map[string]bool
	requests int
	from     map[int]bool // stacks
	seen     sightings
}

func (b *builder) vendor(w *party) *vendorSum {
	v := b.vendors[w.id]
	if v == nil {
		v = &vendorSum{party: w, domains: map[string]bool{}}
		b.vendors[w.id] = v
	} else if w.before(v.party) {
		v.party = w
	}
	return v
}

// shortID is a stable id: a letter and ten hexadecimal digits over the parts.
func shortID(letter string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return letter + "-" + hex.EncodeToString(sum[:5])
}

func (b *builder) result() Result {
	b.origin = -1
	b.persistent()
	cookies, storage := b.cookieList(), b.storageList() // these may add flows and vendors
	res := Result{Cookies: cookies, Storage: storage, Vendors: []Vendor{}, Hosts: []Host{}, Forms: []Form{}, Flows: []Flow{}}
	for _, id := range slices.Sorted(maps.Keys(b.vendors)) {
		res.Vendors = append(res.Vendors, b.vendors[id].value(b))
	}
	for _, name := range slices.Sorted(maps.Keys(b.hosts)) {
		res.Hosts = append(res.Hosts, b.hosts[name].value(&b.visits))
	}
	for _, f := range b.forms {
		res.Forms = append(res.Forms, *f)
	}
	slices.SortFunc(res.Forms, func(a, b Form) int { return strings.Compare(a.ID, b.ID) })
	for _, f := range b.flows {
		res.Flows = append(res.Flows, f.value(b))
	}
	res.Leaks, res.Labels, res.Places = b.leakList(), b.labelList(), b.placeList()
	slices.SortFunc(res.Flows, func(a, b Flow) int { return strings.Compare(a.ID, b.ID) })
	res.visits, res.where = &b.visits, b.where
	return res
}

func (f *flowSum) value(b *builder) Flow {
	v := &b.visits
	recipient := f.party.recipient()
	recipient.Domain = most(f.domains)
	purposes := map[string]bool{}
	maps.Copy(purposes, f.purposes)
	if f.party.vendor != nil {
		for _, p := range f.party.vendor.Purposes {
			purposes[p] = true
		}
	}
	id := shortID("f", f.key.vendor, f.key.data, f.key.channel)
	b.where[id] = f.seen.pages
	return Flow{
		ID:        id,
		DataTypes: []string{f.key.data}, Recipient: recipient, Purposes: keys(purposes),
		Channel: f.key.channel, Confidence: f.confidence, Detail: f.detail, Sightings: f.seen.count,
		States: f.seen.sortedStates(), Pages: f.seen.addresses(v), Evidence: f.seen.ids(), Places: f.seen.classes(v),
		LoadedBy: b.loaders(f.from),
	}
}

func (s *vendorSum) value(b *builder) Vendor {
	v := &b.visits
	out := Vendor{
		ID: s.party.id, Name: s.party.name, Entity: s.party.entity, Company: s.party.company, Recognized: s.party.recognized,
		Party: s.party.recipient().Party, Categories: []string{}, Domains: keys(s.domains), Requests: s.requests,
		Pages: s.seen.addresses(v), States: s.seen.sortedStates(), LoadedBy: b.loaders(s.from),
	}
	if s.party.vendor != nil {
		out.Categories = append(out.Categories, s.party.vendor.Categories...)
	}
	return out
}

// keys returns the members of a set, sorted, never nil.
func keys(set map[string]bool) []string {
	return slices.AppendSeq(make([]string, 0, len(set)), slices.Values(slices.Sorted(maps.Keys(set))))
}

// most returns the key with the highest count, the smallest of equals.
func most(counts map[string]int) string {
	best := ""
	for k, n := range counts {
		if best == "" || n > counts[best] || n == counts[best] && k < best {
			best = k
		}
	}
	return best
}
