package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// collectionPoints finds places of the site where data are asked for and that the
// text does not speak of: a chat, a quiz, a newsletter. One finding for the site.
// A general "when you use our site" is enough for technical data only. Params:
//
//	points   name of a place → phrases by which a form, its page or its heading is known
//	said     name of a place → phrases by which a text speaks of it, beside those
//	vendors  name of a place → categories of vendors that are one
func collectionPoints(m *Matcher, r *rules.Rule) result {
	found := m.points(r)
	if len(found) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No place was seen where the site asks for data that a person types."}
	}
	said := param(r, "said", map[string]any{})
	known := param(r, "points", map[string]any{})
	f := Finding{Outcome: Differs, Confidence: string(flow.Strong), Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	var parts, told, missing []string
	for _, name := range sorted(found) {
		words := append(stringsOf(known[name]), stringsOf(said[name])...)
		if len(m.speaking(func(s *wording) bool { return phrasesIn(s.quote+" "+s.head, words) })) > 0 {
			told = append(told, name)
			continue
		}
		p := found[name]
		p.pages, p.data = compact(p.pages), compact(p.data)
		missing = append(missing, name)
		parts = append(parts, fmt.Sprintf("%s (%s, on %s)", name, m.few(p.data), firstOf(p.pages)))
		f.Pages, f.Evidence, f.DataTypes = append(f.Pages, p.pages...), append(f.Evidence, p.evidence...), append(f.DataTypes, p.data...)
	}
	if len(parts) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text speaks of every place where the site was seen to ask for data: %s.", list(told))}
	}
	f.Pages, f.Evidence, f.DataTypes = compact(f.Pages), compact(f.Evidence), compact(f.DataTypes)
	f.States = m.statesOf(f.Pages)
	f.Severity = capped(r.Severity, flow.Strong, len(f.Evidence)+1)
	f.Title = fmt.Sprintf("Data are asked for in %s, of which the text does not speak", list(shorten(missing, 3)))
	f.Message = fmt.Sprintf("Observed: %s. Not found in the text: a sentence that speaks of %s.", list(shorten(parts, 4)), ofThese(len(parts)))
	m.doubt(&f)
	return result{findings: []Finding{f}}
}

func ofThese(n int) string {
	if n == 1 {
		return "this place"
	}
	return "these places"
}

// points are the places where data are asked for, by name.
func (m *Matcher) points(r *rules.Rule) map[string]*collected {
	out := map[string]*collected{}
	at := func(name string) *collected {
		if out[name] == nil {
			out[name] = &collected{}
		}
		return out[name]
	}
	known, vendors := param(r, "points", map[string]any{}), param(r, "vendors", map[string]any{})
	titles := map[string]string{}
	for _, p := range m.in.Pages {
		titles[p.URL] = p.Title
	}
	for i := range m.in.Seen.Forms {
		f := &m.in.Seen.Forms[i]
		var data []string
		for _, x := range f.Fields {
			if x.DataType != "" && personal(x.DataType) && x.DataType != "password" {
				data = append(data, x.DataType)
			}
		}
		if len(data) == 0 {
			continue
		}
		// What the form says of itself comes before what its page says.
		for _, text := range []string{f.Heading + " " + lastPart(f.Action), titles[f.Page] + " " + lastPart(f.Page)} {
			if name := pointIn(text, known); name != "" {
				c := at(name)
				c.pages, c.evidence, c.data = append(c.pages, f.Page), append(c.evidence, f.ID), append(c.data, data...)
				break
			}
		}
	}
	for _, name := range sorted(vendors) {
		for _, f := range m.flows(func(f *flow.Flow) bool {
			return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && overlap(m.categories(f), stringsOf(vendors[name])) && !slices.Contains(bare, f.DataTypes[0])
		}) {
			c := at(name)
			c.pages, c.evidence, c.data = append(c.pages, f.Pages...), append(c.evidence, f.ID), append(c.data, f.DataTypes[0])
		}
	}
	return out
}

// lastPart are the words of an address's path.
func lastPart(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return path
}

func pointIn(text string, known map[string]any) string {
	for _, name := range sorted(known) {
		if phrasesIn(text, stringsOf(known[name])) {
			return name
		}
	}
	return ""
}

func stringsOf(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
