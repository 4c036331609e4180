package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/change"
	"candor/reports/plain"
)

// thing is something that a scan saw and another may have seen too.
type thing struct {
	topic, key, name string
	recipient        string // company
	kind             string // of evidence: see Import
	data             []string
	where            []block
	ids              []string
	attrs            []attr
}

// attr is something of a thing that may change. Where both sides have a rank, a
// higher one is weaker for the visitor.
type attr struct {
	name, value string
	rank        float64
	list        []string // what value joins, where it is one of several
	aside       bool     // told, not compared
}

// things compares what was seen.
func (d *difference) things() []Change {
	now, before := d.now.things(), d.before.things()
	var older []map[string]*thing
	for _, v := range d.older {
		older = append(older, v.things())
	}
	fresh, lost := map[string]bool{}, map[string]bool{} // companies
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(now)) {
		t := now[key]
		if old, ok := before[key]; ok {
			if c, differs := d.altered(old, t); differs {
				out = append(out, c)
			}
			continue
		}
		if t.topic == "recipient" {
			fresh[change.Company(t.recipient, "")] = true
		}
		out = append(out, d.came(t, older, key))
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		t := before[key]
		if _, ok := now[key]; ok {
			continue
		}
		if t.topic == "recipient" {
			lost[change.Company(t.recipient, "")] = true
		}
		out = append(out, d.went(t, d.before, ""))
	}
	out = append(out, d.unseenTwice(now, before, older, lost)...)
	// The data of a company that came or went are told with it.
	return slices.DeleteFunc(out, func(c Change) bool {
		company := change.Company(c.Recipient, "")
		if c.Topic == "choice" && c.Kind != "changed" {
			return true
		}
		return c.Topic == "flow" && (c.Kind == "new" || c.Kind == "seen_again") && fresh[company] || c.Topic == "flow" && (c.Kind == "gone" || c.Kind == "not_seen_again") && lost[company]
	})
}

// unseenTwice finds what the scan before the last one saw and the two since
// then did not: what was left open after the first time is gone after the
// second.
func (d *difference) unseenTwice(now, before map[string]*thing, older []map[string]*thing, lost map[string]bool) []Change {
	if len(older) == 0 {
		return nil
	}
	last := d.older[len(d.older)-1]
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(older[len(older)-1])) {
		t := older[len(older)-1][key]
		if now[key] != nil || before[key] != nil || d.unsure(t, last, d.before) == "" { // then it was told before
			continue
		}
		if t.topic == "recipient" {
			lost[change.Company(t.recipient, "")] = true
		}
		out = append(out, d.went(t, last, fmt.Sprintf("Two scans in a row did not see it: that of %s and this one.", day(d.before.rep.StartedAt))))
	}
	return out
}

func newChange(t *thing, kind string) Change {
	c := Change{Topic: t.topic, Kind: kind, Key: t.key, Name: t.name, Recipient: t.recipient, DataTypes: change.Sorted(t.data), Old: []string{}, New: []string{}, Edits: []Edit{}}
	c.Pages, c.States = where(t.where)
	return c
}

// came tells of something that the last scan did not see.
func (d *difference) came(t *thing, older []map[string]*thing, key string) Change {
	c := newChange(t, "new")
	c.New, c.After = ids(t.ids), t.says()
	for i := len(older) - 1; i >= 0; i-- {
		if older[i][key] != nil {
			c.Kind, c.Why = "seen_again", fmt.Sprintf("The scan of %s saw it, the one of %s did not.", day(d.older[i].rep.StartedAt), day(d.before.rep.StartedAt))
			return c
		}
	}
	looked := false
	d.now.visits(t.where, func(at change.Visit) bool {
		looked = d.before.full[at]
		return !looked
	})
	switch why := d.before.recorded(t.kind); {
	case why != "":
		c.OnNew, c.Why = true, "It may have been there before: of the earlier scan, "+why+"."
	case !looked && len(t.where) > 0:
		c.OnNew, c.Why = true, "It may have been there before: it was seen only where the earlier scan did not look in full."
	default:
		c.Why = "The earlier scan looked where it was seen now, and did not see it."
	}
	return c
}

// unsure says why a thing that another scan did not see may still be there, ""
// when it is gone.
func (d *difference) unsure(t *thing, saw, then *view) string {
	return cmp.Or(then.recorded(t.kind), saw.lacks(t.where, then))
}

// went tells of something that this scan did not see; sure says why it is gone,
// where that is known otherwise than by what was looked at.
func (d *difference) went(t *thing, saw *view, sure string) Change {
	c := newChange(t, "gone")
	c.Old, c.Before = ids(t.ids), t.says()
	if sure != "" {
		c.Why = sure
		return c
	}
	if why := d.unsure(t, saw, d.now); why != "" {
		c.Kind, c.Why = "not_seen_again", "It may still be there: "+why+"."
		return c
	}
	c.Why = "Every visit on which it was seen was made again in full, and it was not there."
	return c
}

// altered tells what of a thing is not what it was.
func (d *difference) altered(old, now *thing) (Change, bool) {
	was := map[string]attr{}
	for _, a := range old.attrs {
		was[a.name] = a
	}
	var before, after []string
	direction := ""
	for _, a := range now.attrs {
		o, ok := was[a.name]
		if !ok || a.aside || o.value == a.value || a.list != nil && len(change.Missing(a.list, o.list)) == 0 && d.unsure(old, d.before, d.now) != "" {
			continue // of a list that only shrank the rest may still be there
		}
		before, after = append(before, a.name+": "+cmp.Or(o.value, "none")), append(after, a.name+": "+cmp.Or(a.value, "none"))
		if o.rank > 0 && a.rank > 0 && o.rank != a.rank && direction != "weaker" {
			direction = "stronger"
			if a.rank > o.rank {
				direction = "weaker"
			}
		}
	}
	if len(after) == 0 {
		return Change{}, false
	}
	c := newChange(now, "changed")
	c.Direction, c.Old, c.New = direction, ids(old.ids), ids(now.ids)
	c.Before, c.After = clip(strings.Join(before, "; ")), clip(strings.Join(after, "; "))
	c.Why = "Both scans saw it, and it differs."
	return c, true
}

// says is what a thing is, in the words of its attributes.
func (t *thing) says() string {
	var out []string
	for _, a := range t.attrs {
		if a.value != "" {
			out = append(out, a.name+": "+a.value)
		}
	}
	return clip(strings.Join(out, "; "))
}

// maxText bounds before, after and quotes, in characters.
const maxText = 600

func clip(s string) string { return plain.Cut(plain.Visible(s), maxText) }

// maxIDs bounds the ids of a change.
const maxIDs = 20

func ids(list []string) []string {
	out := change.Sorted(list)
	return append([]string{}, out[:min(len(out), maxIDs)]...)
}

// bag collects the things of a view by key; those with one key are one.
type bag struct {
	all  map[string]*thing
	sets map[*thing]map[string]map[string]bool // attribute → its values
}

func (b *bag) add(t thing, lists map[string][]string) {
	key := t.topic + "\x00" + t.key
	have := b.all[key]
	if have == nil {
		t.name = plain.Cut(plain.Visible(t.name), 200)
		have = &t
		b.all[key] = have
		b.sets[have] = map[string]map[string]bool{}
	} else {
		have.where, have.ids, have.data = append(have.where, t.where...), append(have.ids, t.ids...), append(have.data, t.data...)
		for i, a := range t.attrs { // of several the weakest counts
			if a.rank > have.attrs[i].rank {
				have.attrs[i] = a
			}
		}
	}
	for name, values := range lists {
		set := b.sets[have][name]
		if set == nil {
			set = map[string]bool{}
			b.sets[have][name] = set
		}
		for _, v := range values {
			set[v] = true
		}
	}
}

// done writes the lists as attributes.
func (b *bag) done() map[string]*thing {
	for t, lists := range b.sets {
		for _, name := range slices.Sorted(maps.Keys(lists)) {
			values := append([]string{}, slices.Sorted(maps.Keys(lists[name]))...)
			t.attrs = append(t.attrs, attr{name: name, value: strings.Join(values, ", "), list: values, aside: name == goesTo})
		}
	}
	return b.all
}

// things are what a scan saw, by topic and key.
func (v *view) things() map[string]*thing {
	b := &bag{all: map[string]*thing{}, sets: map[*thing]map[string]map[string]bool{}}
	v.recipients(b)
	v.flows(b)
	v.choices(b)
	v.stored(b)
	v.people(b)
	return b.done()
}

func (v *view) recipients(b *bag) {
	data := map[string][]string{}
	for _, f := range v.rep.Flows {
		data[f.Recipient.Vendor] = append(data[f.Recipient.Vendor], f.DataTypes...)
	}
	for _, x := range v.rep.Vendors {
		if x.Party != "third" {
			continue
		}
		company := v.company(x.ID)
		b.add(thing{
			topic: "recipient", key: company, name: v.called(company), recipient: v.called(company), kind: "requests", data: data[x.ID],
			where: []block{{x.Pages, x.States}}, ids: []string{x.ID},
		}, map[string][]string{"products": {cmp.Or(x.Name, x.ID)}, "named in the texts": {yes(x.NamedInPolicy)}})
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// verdictRank orders verdicts: a higher one is worse.
var verdictRank = map[string]float64{"clear": 1, "vague": 2, "ambiguous": 3, "omitted": 4, "incorrect": 5}

// goesTo is told of a kind of data; each recipient is a flow, which is compared.
const goesTo = "goes to"

func (v *view) flows(b *bag) {
	for _, f := range v.rep.Flows {
		if f.Recipient.Party != "third" {
			continue
		}
		company := change.Company(f.Recipient.Entity, v.hosts.Host(f.Recipient.Vendor))
		name := cmp.Or(f.Recipient.Entity, v.names[company], company)
		for _, data := range f.DataTypes {
			b.add(thing{topic: "data_type", key: data, name: data, kind: "requests", data: []string{data}, where: []block{{f.Pages, f.States}}, ids: []string{f.ID}}, map[string][]string{goesTo: {name}})
			b.add(thing{
				topic: "flow", key: company + " | " + data, name: data + " → " + name, recipient: name, kind: "requests", data: []string{data},
				where: []block{{f.Pages, f.States}}, ids: []string{f.ID}, attrs: []attr{{name: "verdict", value: f.Disclosure.Verdict, rank: verdictRank[f.Disclosure.Verdict]}},
			}, map[string][]string{"purposes": f.Purposes})
		}
	}
}

// classGroups say what a choice does to a recipient, in three words.
var classGroups = map[string]attr{
	"before_choice": identified, "no_effect": identified, "only_here": identified, "remains": identified,
	"restricted": {value: "asked to restrict its use", rank: 2},
	"stops":      unidentified, "identifier_gone": unidentified, "no_identifier": unidentified, "necessary": unidentified,
}

var (
	identified   = attr{value: "gets an identifier", rank: 3}
	unidentified = attr{value: "gets no identifier", rank: 1}
)

// choices are what the consent states do to each recipient, and how the choice
// is offered. What was not seen or not tested in a state says nothing of it, so
// that only what both scans tested can differ.
func (v *view) choices(b *bag) {
	tested := map[string]bool{}
	for _, c := range v.rep.Choices {
		tested[c.State] = c.Tested
		o := c.Offer
		if c.State == "none" && (c.Outcome == "offered" || c.Outcome == "no-banner") {
			attrs := []attr{{name: "a banner is shown", value: yes(c.Outcome == "offered")}}
			if c.Outcome == "offered" {
				attrs = append(attrs, attr{name: "to refuse", value: clicks(o.RejectClicks), rank: rankClicks(o.RejectClicks)}, attr{name: "to accept", value: clicks(o.AcceptClicks)}, attr{name: "the page waits for a choice", value: yes(o.Wall)})
			}
			b.add(thing{topic: "choice", key: "banner", name: "how the choice is offered", attrs: attrs}, nil)
		}
		if c.State != "none" {
			b.add(thing{topic: "choice", key: "state " + c.State, name: "the state " + c.State, attrs: []attr{{name: "tested", value: yes(c.Tested)}}}, nil)
		}
	}
	for _, e := range v.rep.Effects {
		if e.Kind != "vendor" || e.Party != "third" {
			continue
		}
		for _, s := range e.States {
			group, ok := classGroups[s.Class]
			if !ok || s.State == "accept" || !tested[s.State] {
				continue
			}
			group.name = "in the state " + s.State
			company := v.company(cmp.Or(e.Vendor, e.ID))
			b.add(thing{
				topic: "choice", key: company + " | " + s.State, name: v.called(company) + " in the state " + s.State, recipient: v.called(company), kind: "requests",
				where: []block{{s.Pages, []string{s.State}}}, ids: []string{e.ID}, attrs: []attr{group},
			}, nil)
		}
	}
}

// rankClicks: no way at all is worse than any number of clicks.
func rankClicks(n int) float64 {
	if n == 0 {
		return math.MaxInt32
	}
	return float64(n)
}

// variable are the parts of cookie names and keys that are made for a visitor,
// an account or a session: staging and production have others.
var variable = regexp.MustCompile(`[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,}){0,4}|[0-9]{3,}|[A-Z0-9]{6,}`)

func stem(name string) string { return variable.ReplaceAllString(plain.Cut(name, 200), "*") }

// holder is whose a cookie or key is: the site's own, or a company's.
func (v *view) holder(party, vendor, place string) string {
	if party == "first" {
		return "own"
	}
	return v.company(cmp.Or(vendor, place))
}

func (v *view) stored(b *bag) {
	for _, c := range v.rep.Cookies {
		holder := v.holder(c.Party, c.Vendor, strings.TrimPrefix(c.Domain, "."))
		life := attr{name: "lifetime", value: lifetime(c.LifetimeDays), rank: math.Max(c.LifetimeDays, 0) + 1}
		b.add(thing{
			topic: "cookie", key: holder + " | " + stem(c.Name), name: c.Name, recipient: v.party(c.Party, c.SetterVendor, c.Vendor), kind: "cookies",
			where: []block{{c.Pages, c.States}}, ids: []string{c.ID}, attrs: []attr{life},
		}, map[string][]string{
			"purpose": {c.Purpose}, "domain": {v.hosts.Host(strings.TrimPrefix(c.Domain, "."))}, "in the texts' table": {yes(c.Declared)}, "identifier": {yes(c.Identifier)},
		})
	}
	for _, s := range v.rep.Storage {
		owner := v.company(s.Vendor)
		if v.vendors[s.Vendor].Party == "first" || s.Vendor == "" {
			owner = "own"
		}
		b.add(thing{
			topic: "storage", key: s.Kind + " | " + owner + " | " + stem(s.Key), name: s.Key, recipient: v.party("", s.SetterVendor, s.Vendor), kind: "storage",
			where: []block{{s.Pages, s.States}}, ids: []string{s.ID},
		}, map[string][]string{"kind": {s.Kind}, "identifier": {yes(s.Identifier)}})
	}
}

// party is the company behind something, "" for the site itself.
func (v *view) party(party string, vendors ...string) string {
	for _, id := range vendors {
		if x, ok := v.vendors[id]; ok && x.Party == "third" {
			return v.called(v.company(id))
		}
	}
	return ""
}

func lifetime(days float64) string {
	switch {
	case days == 0:
		return "session"
	case days < 0:
		return "not known"
	case days < 1:
		return "less than a day"
	}
	return plural(int(math.Round(math.Min(days, 1e6))), "day", "days")
}

func (v *view) people(b *bag) {
	for _, l := range v.rep.Labels {
		var to []string
		for _, id := range l.SentTo {
			to = append(to, v.called(v.company(id)))
		}
		b.add(thing{topic: "label", key: l.Source + " | " + l.Key, name: l.Key, kind: "labels", where: []block{{l.Pages, l.States}}},
			map[string][]string{"kind": {l.Kind}, "sent to": to, "in": {l.Source}})
	}
	for _, f := range v.rep.Forms {
		var fields, data []string
		for _, x := range f.Fields {
			fields = append(fields, cmp.Or(x.DataType, x.Name, x.Label))
			if x.DataType != "" {
				data = append(data, x.DataType)
			}
		}
		to := v.page(cmp.Or(f.Action, f.Page))
		b.add(thing{
			topic: "form", key: strings.ToLower(f.Method) + " | " + to, name: cmp.Or(f.Heading, "the form that goes to "+to), recipient: v.party("", f.ActionVendor), kind: "forms", data: data,
			where: []block{{[]string{f.Page}, []string{f.State}}}, ids: []string{f.ID},
		}, map[string][]string{"asks for": fields, "ticked in advance": f.Prechecked})
	}
	for _, x := range v.rep.Behaviors {
		who := v.party("", x.Vendor)
		key := change.Company(who, "")
		if who == "" {
			key = v.page(x.Script)
		}
		words := english().Word("behavior", x.Kind)
		name := words
		if who != "" {
			name += ": " + who
		}
		b.add(thing{topic: "behavior", key: x.Kind + " | " + key, name: name, recipient: who, kind: "calls", where: []block{{x.Pages, x.States}}, ids: []string{x.ID}}, nil)
	}
}
