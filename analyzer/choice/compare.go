package choice

import (
	"maps"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
)

// Compare says what came of the states and of everything that was seen in them.
func (w *Watcher) Compare(seen *flow.Result, behaviors []behavior.Behavior) Result {
	c := comparer{w: w, seen: seen, shared: map[hash]bool{}, vendors: map[string]*Effect{}}
	res := Result{States: []State{}, Effects: []Effect{}}
	for _, s := range sortedStates(w.asked) {
		st := State{State: s, Choice: w.choices[s], Pages: len(w.loaded[s]), Compared: len(c.compared(s))}
		st.judge()
		if st.Tested {
			for _, u := range slices.Sorted(maps.Keys(w.loaded[evidence.StateNone])) {
				if !w.loaded[s][u] && len(st.Missing) < maxListed {
					st.Missing = append(st.Missing, u)
				}
			}
		}
		res.States = append(res.States, st)
	}
	if len(res.States) < 2 { // nothing to compare with
		return res
	}
	res.Told = w.toldList()
	c.states = res.States
	c.constants()
	for _, v := range seen.Vendors {
		if v.Party == flow.Third {
			res.Effects = append(res.Effects, c.vendor(&v))
		}
	}
	vendors := slices.Clone(res.Effects)
	for i := range vendors {
		c.vendors[vendors[i].ID] = &vendors[i]
	}
	for i := range seen.Flows {
		f := &seen.Flows[i]
		if f.Recipient.Party != flow.Third {
			continue
		}
		e := c.flow(f)
		res.Effects = append(res.Effects, e)
		if f.Channel == "request" && person[f.DataTypes[0]] && f.Confidence != flow.Indirect {
			raise(res.Effects[:len(vendors)], &e, f)
		}
	}
	for i := range seen.Cookies {
		res.Effects = append(res.Effects, c.cookie(&seen.Cookies[i]))
	}
	for i := range seen.Storage {
		res.Effects = append(res.Effects, c.storage(&seen.Storage[i]))
	}
	for i := range behaviors {
		res.Effects = append(res.Effects, c.behavior(&behaviors[i]))
	}
	return res
}

// raise makes a recipient that gets what names a person one that tells visitors
// apart: what was typed is the same in every state, and so no identifier there.
func raise(vendors []Effect, e *Effect, f *flow.Flow) {
	i := slices.IndexFunc(vendors, func(v Effect) bool { return v.ID == e.Vendor })
	if i < 0 {
		return
	}
	for k := range vendors[i].In {
		x, got := &vendors[i].In[k], e.In[k]
		if x.Class != NoIdentifier && x.Class != Gone && x.Class != Stops || got.Class != NoEffect && got.Class != OnlyHere && got.Class != BeforeChoice {
			continue
		}
		x.Class, x.Lasting, x.Identified = got.Class, true, max(x.Identified, len(got.Pages))
		for _, id := range f.Evidence {
			if strings.Contains(id, "."+string(x.State)+"/") && len(x.Evidence) < maxEvidence && !slices.Contains(x.Evidence, id) {
				x.Evidence = append([]string{id}, x.Evidence...)
			}
		}
	}
}

type comparer struct {
	w       *Watcher
	seen    *flow.Result
	states  []State
	vendors map[string]*Effect
	shared  map[hash]bool // hashes that two states have: they identify nobody
}

// base are the states that others are compared with.
var base = []evidence.State{evidence.StateNone, evidence.StateAccept}

// compared are the addresses that loaded in a state and in one that it is
// compared with.
func (c *comparer) compared(s evidence.State) map[string]bool {
	out := map[string]bool{}
	for u := range c.w.loaded[s] {
		for _, b := range base {
			if b != s && c.w.loaded[b][u] {
				out[u] = true
			}
		}
	}
	return out
}

// constants learns which identifiers are none, because two fresh visitors have
// them.
func (c *comparer) constants() {
	for _, v := range c.w.vendors {
		in := map[hash]evidence.State{}
		for state, pages := range v.in {
			for _, p := range pages {
				for _, id := range p.ids {
					if other, ok := in[id.hash]; ok && other != state {
						c.shared[id.hash] = true
					}
					in[id.hash] = state
				}
			}
		}
	}
}

// things is what an effect of any kind was seen with.
type things struct {
	in        map[evidence.State]map[string]*page
	necessary bool
	tracks    bool                        // of tracking, even without an identifier
	remains   func(s evidence.State) bool // it was there before the choice, and nothing shows it after
	bare      func(s evidence.State) bool // its vendor is still asked, without an identifier
}

func (c *comparer) vendor(v *flow.Vendor) Effect {
	e := Effect{Kind: Vendor, ID: v.ID, Name: v.Name, Vendor: v.ID, Party: v.Party}
	t := things{tracks: tracking(v.Categories)}
	if x := c.w.vendors[v.ID]; x != nil {
		t.in, t.necessary = x.in, x.necessary
	}
	c.fill(&e, &t)
	return e
}

// tracking are categories of products that follow visitors.
func tracking(categories []string) bool {
	return slices.ContainsFunc(categories, func(c string) bool {
		return slices.Contains([]string{"advertising", "affiliate", "analytics", "cdp", "data_broker", "session_replay", "social"}, c)
	})
}

// fill works out the class of a thing in each state.
func (c *comparer) fill(e *Effect, t *things) {
	for i := range c.states {
		st := &c.states[i]
		x := Sight{State: st.State, Pages: []string{}, Marks: []string{}, Hashes: []string{}, Evidence: []string{}}
		if !st.Tested {
			x.Class = NotTested
			e.In = append(e.In, x)
			continue
		}
		pages := c.w.loaded[st.State]
		if st.State != evidence.StateNone {
			pages = c.compared(st.State)
		}
		c.see(&x, t.in[st.State], pages)
		x.Class = c.class(t, &x)
		e.In = append(e.In, x)
	}
}

// see sums up what was seen on some pages.
func (c *comparer) see(x *Sight, in map[string]*page, pages map[string]bool) {
	marks, on := map[string]bool{}, map[hash]int{}
	for _, u := range slices.Sorted(maps.Keys(in)) {
		p := in[u]
		if !pages[u] {
			continue
		}
		x.Pages = append(x.Pages, u)
		x.Requests += p.requests
		most := 0
		for _, id := range p.ids {
			if c.shared[id.hash] {
				continue
			}
			most = max(most, int(id.n))
			if on[id.hash]++; id.kept || on[id.hash] > 1 {
				x.Lasting = true
			}
		}
		x.Identified += most
		for _, m := range p.marks {
			marks[m] = true
		}
		if p.first != "" && len(x.Evidence) < maxEvidence {
			x.Evidence = append(x.Evidence, p.first)
		}
	}
	for _, h := range bounded(slices.Sorted(maps.Keys(on))) {
		x.Hashes = append(x.Hashes, h.String())
	}
	x.Marks = append(x.Marks, slices.Sorted(maps.Keys(marks))...)
	x.Marks = x.Marks[:min(len(x.Marks), maxMarks)]
}

func bounded[T any](list []T) []T { return list[:min(len(list), maxListed)] }

// before reports whether a thing was seen without a choice or after acceptance,
// on pages that loaded in another state too; identified says that it then had an
// identifier.
func (c *comparer) before(t *things, s evidence.State) (there, identified bool) {
	for _, b := range base {
		if b == s || !c.tested(b) {
			continue
		}
		for u, p := range t.in[b] {
			if !c.w.loaded[s][u] {
				continue
			}
			there = true
			for _, id := range p.ids {
				identified = identified || !c.shared[id.hash]
			}
		}
	}
	return there, identified
}

func (c *comparer) tested(s evidence.State) bool {
	return slices.ContainsFunc(c.states, func(st State) bool { return st.State == s && st.Tested })
}

func (c *comparer) class(t *things, x *Sight) Class {
	there := len(x.Pages) > 0
	identified := x.Identified > 0
	switch x.State {
	case evidence.StateNone:
		switch {
		case !there:
			return NotSeen
		case t.necessary:
			return Necessary
		case identified || t.tracks:
			return BeforeChoice
		}
		return NoIdentifier
	case evidence.StateAccept:
		switch {
		case !there && t.remains != nil && t.remains(x.State):
			return AsBefore
		case !there:
			return NotSeen
		case t.necessary:
			return Necessary
		case c.seenIn(t, evidence.StateNone, x.State):
			return AsBefore
		}
		return AfterAccept
	}
	was, had := c.before(t, x.State)
	if there {
		switch {
		case t.necessary:
			return Necessary
		case identified && !was:
			return OnlyHere
		case identified:
			return NoEffect
		case len(x.Marks) > 0:
			return Restricted
		case had:
			return Gone
		}
		return NoIdentifier
	}
	switch {
	case !was:
		return NotSeen
	case t.remains != nil && t.remains(x.State):
		return Remains
	case t.bare != nil && t.bare(x.State):
		return Gone
	}
	return Stops
}

// seenIn reports whether a thing was seen in one state on a page that loaded in
// another.
func (c *comparer) seenIn(t *things, in, other evidence.State) bool {
	for u := range t.in[in] {
		if c.w.loaded[other][u] {
			return true
		}
	}
	return false
}

// placed makes pages of the visits in which something was seen, each with the
// identifiers that it is: itself.
func (c *comparer) placed(seen []flow.Sighted, self string) map[evidence.State]map[string]*page {
	out := map[evidence.State]map[string]*page{}
	for _, v := range seen {
		if _, compared := c.w.visits[v.Visit]; compared {
			c.put(out, v.State, v.URL, self)
		}
	}
	return out
}

func (c *comparer) put(in map[evidence.State]map[string]*page, s evidence.State, url, self string) {
	if in[s] == nil {
		in[s] = map[string]*page{}
	}
	p := in[s][url]
	if p == nil {
		p = &page{}
		in[s][url] = p
	}
	if self != "" && len(p.ids) == 0 {
		p.carry(c.w.hash("\x00"+self), true)
	}
}

// made adds the visits that made a choice in which something was first seen that
// was not seen without a choice: it came after the click. Where the choice went
// through acceptance that is not known.
func (c *comparer) made(in map[evidence.State]map[string]*page, seen []flow.Sighted, self string) (left map[evidence.State]bool) {
	left = map[evidence.State]bool{}
	for _, v := range seen {
		if _, compared := c.w.visits[v.Visit]; compared || whole(v.State) || strings.Contains(v.Visit, "/before") {
			continue
		}
		if (v.State == evidence.StateReject || v.State == evidence.StateAccept) && len(in[evidence.StateNone]) == 0 {
			c.put(in, v.State, v.URL, self)
		} else {
			left[v.State] = true
		}
	}
	return left
}

func (c *comparer) flow(f *flow.Flow) Effect {
	e := Effect{Kind: Flow, ID: f.ID, Name: f.DataTypes[0], Vendor: f.Recipient.Vendor, Party: f.Recipient.Party}
	seen, _ := c.seen.Where(f.ID)
	self := ""
	if (telling[f.DataTypes[0]] || person[f.DataTypes[0]]) && f.Confidence != flow.Indirect {
		self = f.ID
	}
	v := c.vendors[f.Recipient.Vendor]
	t := things{in: c.placed(seen, self), necessary: c.necessary(f.Recipient.Vendor)}
	t.bare = func(s evidence.State) bool {
		at := sightOf(v, s)
		return self != "" && at.Requests > 0 && at.Identified == 0
	}
	c.fill(&e, &t)
	for i := range e.In {
		// What all of its vendor's requests say of themselves holds for the flow.
		if at := sightOf(v, e.In[i].State); at.Class == Restricted && (e.In[i].Class == NoEffect || e.In[i].Class == OnlyHere) {
			e.In[i].Class, e.In[i].Marks = Restricted, at.Marks
		}
		e.In[i].Hashes = []string{}
	}
	return e
}

// person are data types that name or describe a person; telling are those that
// tell one visitor from others in any way.
var (
	person = map[string]bool{
		"email": true, "email_hash": true, "phone": true, "phone_hash": true, "name": true, "postal_address": true, "date_of_birth": true, "government_id": true,
	}
	telling = map[string]bool{"cookie_identifier": true, "advertising_identifier": true, "device_identifier": true, "device_fingerprint": true}
)

func sightOf(e *Effect, s evidence.State) Sight {
	if e == nil {
		return Sight{}
	}
	return e.At(s)
}

func (c *comparer) necessary(vendor string) bool {
	v := c.w.vendors[vendor]
	return v != nil && v.necessary
}

func (c *comparer) cookie(k *flow.Cookie) Effect {
	e := Effect{Kind: Cookie, ID: k.ID, Name: k.Name, Vendor: k.Vendor, Party: k.Party}
	self := ""
	if k.Identifier {
		self = k.ID
	}
	seen, _ := c.seen.Where(k.ID)
	t := things{in: c.placed(seen, self), tracks: k.Purpose == "analytics" || k.Purpose == "advertising", necessary: k.Purpose == "necessary" || c.necessary(k.Vendor)}
	// The site's cookies go to every host of its name, whoever stands behind it:
	// only there that a cookie's own vendor gets it, it is still in use.
	for _, to := range slices.Compact([]string{"", k.Vendor}) {
		for s, pages := range c.w.sent[sentCookie{k.Name, k.Domain, to}] {
			for u := range pages {
				c.put(t.in, s, u, self)
			}
		}
	}
	left := c.made(t.in, seen, self)
	t.remains = func(s evidence.State) bool { return left[s] }
	c.fill(&e, &t)
	plain(&e)
	return e
}

func (c *comparer) storage(k *flow.StorageItem) Effect {
	e := Effect{Kind: Storage, ID: k.ID, Name: k.Key, Vendor: k.Vendor, Party: flow.First}
	self := ""
	if k.Identifier {
		self = k.ID
	}
	seen, _ := c.seen.Where(k.ID)
	t := things{in: c.placed(seen, self), necessary: c.necessary(k.Vendor)}
	left := c.made(t.in, seen, self)
	t.remains = func(s evidence.State) bool { return left[s] }
	c.fill(&e, &t)
	plain(&e)
	return e
}

func (c *comparer) behavior(b *behavior.Behavior) Effect {
	e := Effect{Kind: Behavior, ID: b.ID, Name: string(b.Kind), Vendor: b.Vendor, Party: flow.Third}
	t := things{in: c.placed(b.Seen, b.ID), tracks: true, necessary: c.necessary(b.Vendor)}
	c.fill(&e, &t)
	plain(&e)
	return e
}

// plain leaves out what only vendors have: the hashes are ids here.
func plain(e *Effect) {
	for i := range e.In {
		e.In[i].Hashes, e.In[i].Identified = []string{}, 0
	}
}
