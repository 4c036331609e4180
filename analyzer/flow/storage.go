package flow

import (
	"strings"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

type storageKey struct{ kind, origin, key string }

func (k storageKey) String() string { return k.origin + "\x00" + k.kind + "\x00" + k.key }

// storageSum is a storage key over the scan.
type storageSum struct {
	carrier
	item    StorageItem
	rank    string
	values  perState
	samples []string
	setters map[string]bool
	seen    sightings
	held    map[string]*heldCanary
	had     heldValues
}

func (b *builder) stored(s *evidence.StorageItem) {
	for _, o := range b.observers {
		o.Storage(s)
	}
	key := storageKey{s.Kind, s.Origin, s.Key}
	sum := b.storage[key]
	if sum == nil {
		if len(b.storage) >= maxCookies {
			return
		}
		sum = &storageSum{values: perState{}, setters: map[string]bool{}}
		sum.item = StorageItem{ID: shortID("s", s.Kind, s.Origin, s.Key), Kind: s.Kind, Origin: s.Origin, Key: s.Key}
		b.storage[key] = sum
	}
	visit := b.visits.at(s.Page, s.State)
	sum.seen.add(&b.visits, visit)
	sum.had.add(b.mark(s.Value), &b.visits, visit)
	sum.held = b.hold(sum.held, s.Kind+" storage "+s.Key, s.Value, visit, sum.item.ID)
	for _, p := range b.payload.Value(s.Key, s.Value) {
		b.labelIn(s.Kind+" storage", p, visit)
	}
	ids := storedIDs(s.Value)
	if len(ids) > 0 {
		hashed := short(strings.Join(ids, " "))
		if old, ok := sum.values[s.State]; !ok || hashed < old {
			sum.values[s.State] = hashed
		}
		for _, id := range ids {
			if len(sum.samples) < 8 {
				sum.samples = append(sum.samples, id)
			}
		}
	}
	if by := b.writer(&s.SetBy); by != "" && len(sum.setters) < 50 {
		sum.setters[by] = true
	}
	if rank := strings.Join([]string{s.Page, s.SetBy.Kind, s.SetBy.URL}, "\x00"); sum.rank == "" || rank < sum.rank {
		sum.rank, sum.item.SetBy = rank, s.SetBy
	}
}

// storedIDs returns the identifiers in a stored value: the value itself, or the
// members of a JSON object whose names say that they identify.
func storedIDs(value string) []string {
	var out []string
	var r payload.Reader
	for i, q := range r.Value("", value) {
		if i == 200 || len(out) == 8 {
			break
		}
		if q.Nested || !IdentifierLike(q.Value) {
			continue
		}
		if key := q.Key(); q.Name == "" || strings.HasSuffix(key, "id") || strings.Contains(key, "uuid") || strings.Contains(key, "visitor") || strings.Contains(key, "anonymous") {
			out = append(out, q.Value)
		}
	}
	return out
}

func (b *builder) storageList() []StorageItem {
	out := []StorageItem{}
	for _, key := range sortedKeys(b.storage, storageKey.String) {
		s := b.storage[key]
		k := &s.item
		// What ends with the tab identifies for no longer than a visit.
		k.Identifier = len(s.samples) > 0 && k.Kind != "session" && !s.values.constant()
		k.States, k.Pages = s.seen.sortedStates(), s.seen.addresses(&b.visits)
		b.where[k.ID] = s.seen.pages
		k.Values, k.MoreValues = s.had.value(&b.visits), s.had.more
		k.SetterVendor, k.SetterParty, k.LoadedBy = b.settled(&k.SetBy)
		host := hostOf(k.Origin)
		first := b.parties.first(host)
		_, vendor := b.parties.set.StorageFor(k.Key)
		w, by := b.owner(host, first, vendor, s.setters)
		if !w.first {
			k.Vendor = w.id
		}
		if k.Identifier && host != "" {
			b.held(w, by, first, host, k.Key, "storage", k.ID, &s.carrier, &s.seen)
		}
		b.keptCanaries(w, host, "storage", k.SetBy.URL, s.held)
		out = append(out, *k)
	}
	return out
}
