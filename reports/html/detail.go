package html

import (
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

// Bounds of what is shown of one finding.
const (
	maxFull    = 120 // findings with all that an engineer asks
	detailPics = 3
	detailList = 6
)

// detail is what an engineer asks of a finding: where exactly, what sent it,
// what loaded that, what is stated around the sentence, and how to see it again.
type detail struct {
	Rule      reports.Rule
	Seen      []reports.Sighting
	Loaders   []reports.Loader
	Things    []thingSeen
	Pictures  []picture
	Quotes    []inContext
	Near      []inContext // nearest sentences, where none covers it
	Reproduce string
	More      string // further conditions of the scan that the command leaves out
}

// thingSeen is a cookie, a key, a field or a behaviour behind a finding.
// Text is in the page's language, Said what the analysis wrote in English.
type thingSeen struct{ Kind, Name, Text, Href, Said string }

type picture struct{ File, Title, State string }

// inContext is a sentence with what stands around it.
type inContext struct {
	quote
	Before, After string
}

func (b *builder) detail(f reports.Finding) *detail {
	d := &detail{Rule: b.rules[f.Rule], Seen: b.sightings(b.requestsOf(f)), Quotes: b.contexts(f.Statements)}
	for _, id := range f.Evidence {
		b.addThing(d, id)
		if i, ok := b.flowAt[id]; ok {
			for _, l := range b.rep.Flows[i].LoadedBy {
				if len(d.Loaders) < detailList && !slices.ContainsFunc(d.Loaders, func(x reports.Loader) bool { return x.Container == l.Container && x.Manager == l.Manager }) {
					d.Loaders = append(d.Loaders, l)
				}
			}
			if len(d.Quotes) == 0 && len(d.Near) == 0 {
				d.Near = b.contexts(b.rep.Flows[i].Disclosure.Candidates)
			}
		}
	}
	for _, v := range b.rep.Behaviors {
		if len(d.Things) < detailList && slices.ContainsFunc(v.Evidence, func(id string) bool { return slices.Contains(f.Evidence, id) }) && slices.Contains(f.Recipients, v.Vendor) {
			d.Things = append(d.Things, thingSeen{Kind: b.lang.must("thing.behaviour"), Name: b.lang.Human(v.Kind), Said: v.Detail})
		}
	}
	for _, l := range b.rep.Labels {
		if len(d.Things) < detailList && slices.Contains(f.Evidence, l.Key) {
			d.Things = append(d.Things, thingSeen{Kind: b.lang.must("thing.label"), Name: l.Key, Text: l.Source})
		}
	}
	for _, p := range b.rep.Pages {
		file := plain.LocalFile(p.Screenshot)
		if file == "" || len(d.Pictures) == detailPics || !slices.Contains(f.Pages, p.URL) || len(f.States) > 0 && !slices.Contains(f.States, p.State) {
			continue
		}
		if !slices.ContainsFunc(d.Pictures, func(x picture) bool { return x.Title == p.URL }) {
			d.Pictures = append(d.Pictures, picture{File: file, Title: p.URL, State: p.State})
		}
	}
	d.Reproduce = reports.Reproduce(b.rep, f)
	if c := b.rep.Conditions; c.HostMap || c.Proxy || c.ExtraHeaders > 0 || c.PresetCookies > 0 || c.Journey != "" {
		d.More = b.lang.must("again.more")
	}
	return d
}

// addThing says what an id of the evidence stands for, where it is no request.
func (b *builder) addThing(d *detail, id string) {
	if len(d.Things) == detailList {
		return
	}
	if i, ok := b.placed.cookies[id]; ok {
		c := b.rep.Cookies[i]
		life := b.lang.must("lives.session")
		if !c.Session {
			life = b.lang.Lifetime(c.LifetimeDays)
		}
		setter := "setter.unknown"
		if c.SetBy.Kind == "http" || c.SetBy.Kind == "script" {
			setter = "setter.by." + c.SetBy.Kind
		}
		text := b.lang.must("thing.cookie.text", c.Domain, life, b.lang.must(setter))
		if c.SetBy.URL != "" {
			text += " " + plain.Middle(c.SetBy.URL, 90)
		}
		d.Things = append(d.Things, thingSeen{b.lang.must("thing.cookie"), c.Name, text, link2(b.cookies[id]), ""})
	}
	if i, ok := b.placed.storage[id]; ok {
		s := b.rep.Storage[i]
		d.Things = append(d.Things, thingSeen{b.lang.must("thing.key"), s.Key, b.lang.must("thing.key.text", b.lang.Human(s.Kind), s.Origin), link2(b.storage[id]), ""})
	}
	if i, ok := b.placed.forms[id]; ok {
		f := b.rep.Forms[i]
		var fields []string
		for _, x := range f.Fields {
			if x.DataType != "" && len(fields) < detailList {
				fields = append(fields, or(x.Label, x.Name)+" ("+b.lang.Human(x.DataType)+")")
			}
		}
		d.Things = append(d.Things, thingSeen{b.lang.must("thing.form"), or(f.Heading, f.Action), b.lang.must("thing.form.text", strings.Join(fields, ", ")), link2(b.forms[id]), ""})
	}
}

func link2(anchor string) string {
	if anchor == "" {
		return ""
	}
	return "#" + anchor
}

func (b *builder) contexts(ids []string) []inContext {
	var out []inContext
	for _, q := range b.quotes(ids) {
		s := b.statements[q.ID].s
		out = append(out, inContext{quote: q, Before: s.Before, After: s.After})
	}
	return out
}

// placed are the places of things in the report, by id.
type placed struct{ cookies, storage, forms map[string]int }

func newPlaced(r *reports.Report) placed {
	p := placed{map[string]int{}, map[string]int{}, map[string]int{}}
	for i, c := range r.Cookies {
		p.cookies[c.ID] = i
	}
	for i, s := range r.Storage {
		p.storage[s.ID] = i
	}
	for i, f := range r.Forms {
		p.forms[f.ID] = i
	}
	return p
}
