package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// vendorUnexplained finds services of some kind of which the texts do not say
// what they should: an automated assessment, a chat that another company keeps.
// What a service shows inside its own window is not seen, so a person looks.
// Params:
//
//	vendors     ids of the services
//	categories  or categories of vendors
//	besides     categories that are left out
//	elements    of notices, one of which is enough
//	words       phrases, in any language, one of which is enough
//	what        what was not found in the text
//	note        what a finding says at its end
func vendorUnexplained(m *Matcher, r *rules.Rule) result {
	vendors, categories, besides := texts(r, "vendors"), texts(r, "categories"), texts(r, "besides")
	var seen []*flow.Vendor
	for i := range m.in.Seen.Vendors {
		v := &m.in.Seen.Vendors[i]
		if v.Party == flow.Third && (slices.Contains(vendors, v.ID) || overlap(v.Categories, categories)) && !overlap(v.Categories, besides) {
			seen = append(seen, v)
		}
	}
	if len(seen) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No service of the kind was seen."}
	}
	docs, why := m.noticesOf(nil)
	if why != "" && len(m.in.Documents) > 0 {
		return result{outcome: NotTested, why: why}
	}
	for _, id := range texts(r, "elements") {
		if place, state := m.element(id, docs); state == stated {
			return result{outcome: Matches, why: "The text says: “" + clip(place.Quote, 200) + "”"}
		}
	}
	words := texts(r, "words")
	if said := m.speaking(func(s *wording) bool { return !s.deny && phrasesIn(s.quote, words) }); len(words) > 0 && len(said) > 0 {
		return result{outcome: Matches, why: "The text says: “" + clip(said[0].quote, 200) + "”"}
	}
	var res result
	for _, v := range seen {
		name := m.vendorName(flow.Recipient{Vendor: v.ID, Entity: v.Entity})
		f := Finding{
			Outcome: NeedsPerson, Severity: r.Severity, Confidence: string(flow.Strong), Recipients: []string{v.ID}, Pages: slices.Clone(v.Pages), States: slices.Clone(v.States),
			Title: fmt.Sprintf("%s is used, and the text does not say %s", v.Name, param(r, "what", "what it does")),
		}
		f.Message = fmt.Sprintf("%s was seen on %s. Not found in the text: %s.", name, countOf(len(v.Pages), "%d pages", "one page"), param(r, "what", "what it does"))
		if note := param(r, "note", ""); note != "" {
			f.Message += " " + note
		}
		m.doubt(&f)
		res.findings = append(res.findings, f)
	}
	return res
}
