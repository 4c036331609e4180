package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// prominentStatement asks whether visitors are told in a prominent place that what
// they do is collected for advertising: in the banner, by a link on the page, or at
// the top of a notice. Params:
//
//	texts, addresses, not  of a link that says so: "About our ads"
//	words                  phrases by which a banner says so
//	top                    how many sentences are the top of a notice
func prominentStatement(m *Matcher, r *rules.Rule) result {
	behind := m.behavioural()
	if len(behind) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No identifier was seen going to an advertising company: advertising by the page's subject, and a site's own recommendations, are outside it."}
	}
	_, offer, none := m.offered()
	if offer != nil && phrasesIn(offer.Layers[0].Text, texts(r, "words")) {
		return result{outcome: Matches, why: fmt.Sprintf("The banner says so: “%s”", clip(offer.Layers[0].Text, 200))}
	}
	if l := m.linked(wordsOf(r)); l != nil {
		return result{outcome: Matches, why: fmt.Sprintf("A link on the pages says so: “%s”", clip(l.Text, 80))}
	}
	deep := m.speaking(func(s *wording) bool { return !s.deny && advertises.MatchString(s.quote) })
	for _, s := range deep {
		if place := m.placeInText(s); place >= 0 && place < int(number(r, "top", 8)) {
			return result{outcome: Matches, why: fmt.Sprintf("The top of a notice says so: “%s”", clip(s.quote, 200))}
		}
	}
	g := group{flows: behind}
	f := g.finding(r.Severity)
	f.Recipients = union(behind, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	f.Title = "Collection for advertising is not told in a prominent place"
	f.Message = fmt.Sprintf("Observed: %s.", m.describe(behind))
	switch {
	case offer != nil:
		f.Message += fmt.Sprintf(" The banner says: “%s”", clip(offer.Layers[0].Text, 160))
	case none.outcome == NotTested:
		f.Outcome = NeedsPerson
		f.Message += " Whether a banner says so was not tested."
	default:
		f.Message += " No banner was found."
	}
	switch why := m.untold(); {
	case len(deep) > 0:
		f.Message += " Only a sentence further down says so: " + f.quoted(deep)
	case why != "":
		f.Message += " What the text says of it was not tested: " + why + "."
	default:
		f.Message += " Not found in the text either: a sentence that says so."
		m.doubt(&f)
	}
	if !m.linksRead() {
		f.Outcome = NeedsPerson
		f.Message += " The links of the pages were not recorded."
	}
	return result{findings: []Finding{f}}
}

// advertises is how a sentence says that data are collected for advertising.
var advertises = newPhrase(`(?i)\b(?:advertis|ads\b|retarget|remarket|werbung|werbe|publicit|publicidad|anuncios|pubblicit)`)

// placeInText is how many sentences stand before one in its notice.
func (m *Matcher) placeInText(s wording) int {
	n := 0
	for _, x := range m.sentences() {
		if x.doc != s.doc {
			continue
		}
		if x.block == s.block && x.quote == s.quote {
			return n
		}
		if !slices.Contains([]string{"heading"}, s.doc.Blocks[x.block].Kind) {
			n++
		}
	}
	return -1
}
