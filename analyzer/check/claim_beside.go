package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// claimBeside finds a claim in the texts, titles or headings of the site that
// stands beside recipients which do not fit to it: a seal for health data beside
// advertising tags. One finding for the site. Params:
//
//	words       phrases that are the claim
//	not         phrases that make it somebody else's: a hosting vendor's seal
//	recipients  categories of vendors
//	note        what the finding says at its end
func claimBeside(m *Matcher, r *rules.Rule) result {
	words, not := texts(r, "words"), texts(r, "not")
	claims := m.speaking(func(s *wording) bool { return !s.deny && phrasesIn(s.quote, words) && !phrasesIn(s.quote, not) })
	var pages []string
	for _, p := range m.in.Pages {
		for _, text := range append([]string{p.Title}, p.Headings...) {
			if p.Ended != "failed" && phrasesIn(text, words) && !phrasesIn(text, not) {
				claims = append(claims, wording{quote: text})
				pages = append(pages, p.URL)
			}
		}
	}
	for _, d := range m.read {
		if slices.ContainsFunc(claims, func(s wording) bool { return s.doc == d }) {
			pages = append(pages, d.URL)
		}
	}
	if len(claims) == 0 {
		return result{outcome: NotApplicable, why: "No such claim was found in the texts, titles and headings. Words in pictures, such as seals, are not read."}
	}
	flows := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence != flow.Indirect && overlap(m.categories(f), texts(r, "recipients")) && !slices.Contains(bare, f.DataTypes[0]) &&
			!m.role(f.Recipient, []string{"business_associate"})
	})
	if len(flows) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The claim “%s” stands beside no recipient of this kind.", clip(claims[0].quote, 160))}
	}
	f := group{flows: flows}.finding(r.Severity)
	f.Recipients = union(flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	f.Title = r.Title
	f.Message = fmt.Sprintf("On %s: %s. Observed: %s.", firstOf(compact(pages)), f.quoted(claims), m.describe(flows))
	if note := param(r, "note", ""); note != "" {
		f.Message += " " + note
	}
	return result{findings: []Finding{f}}
}
