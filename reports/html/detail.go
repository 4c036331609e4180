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
	Crops     []crop // parts of pictures: the forms and banners behind it
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

// crop is a part of a picture, drawn by the viewBox of an SVG: no second file is
// needed, and what takes the picture away takes the crop away. One that is a file
// of its own has no box.
type crop struct {
	File, What, Title, State string
	Box                      reports.Crop
}

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
	b.addCrops(d, f)
	for _, p := range b.rep.Pages {
		file := plain.LocalFile(p.Screenshot)
		if file == "" || len(d.Pictures) == detailPics || !slices.Contains(f.Pages, p.URL) || len(f.States) > 0 && !slices.Contains(f.States, p.State) {
			continue
		}
		if !slices.ContainsFunc(d.Pictures, func(x picture) bool { return x.Title == p.URL }) && !slices.ContainsFunc(d.Crops, func(x crop) bool { return x.File == file }) {
			d.Pictures = append(d.Pictures, picture{File: file, Title: p.URL, State: p.State})
		}
	}
	d.Reproduce = reports.Reproduce(b.rep, f)
	if c := b.rep.Conditions; c.HostMap || c.Proxy || c.ExtraHeaders > 0 || c.PresetCookies > 0 || c.Journey != "" {
		d.More = b.lang.must("again.more")
	}
	return d
}

// addCrops adds what the finding's forms and banners look like: those that it
// names, or else the forms on its pages that ask for its data.
func (b *builder) addCrops(d *detail, f reports.Finding) {
	form := func(x reports.Form) {
		file := plain.LocalFile(x.Picture.File)
		if file != "" && x.Picture.Shows() && len(d.Crops) < detailPics {
			d.Crops = append(d.Crops, crop{File: file, What: or(x.Heading, x.Action), Title: x.Page, Box: x.Picture})
		}
	}
	named := false
	for _, id := range f.Evidence {
		if i, ok := b.placed.forms[id]; ok {
			named = true
			form(b.rep.Forms[i])
		}
		for _, c := range b.rep.Choices {
			if c.Page != id {
				continue
			}
			for _, l := range c.Offer.Layers {
				if file := plain.LocalFile(l.Screenshot); file != "" && len(d.Crops) < detailPics {
					d.Crops = append(d.Crops, crop{File: file, Title: b.rep.Site.URL, State: c.State})
				}
			}
		}
	}
	if named {
		return
	}
	for _, x := range b.rep.Forms {
		asks := func(y reports.Field) bool { return y.DataType != "" && slices.Contains(f.DataTypes, y.DataType) }
		if slices.Contains(f.Pages, x.Page) && slices.ContainsFunc(x.Fields, asks) {
			form(x)
		}
	}
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
