package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// personalInAddress finds third parties that get an e-mail address, a name, a
// health matter or the like because it stands in the address or title of a page:
// one finding for each. Params:
//
//	recipients  categories of vendors; without it everybody
//	data        types of data that count
func personalInAddress(m *Matcher, r *rules.Rule) result {
	data, wanted := texts(r, "data"), texts(r, "recipients")
	pages := m.in.Pages
	if len(pages) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No page was visited."}
	}
	var res result
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && slices.Contains(data, f.DataTypes[0]) && inAddress(f) &&
			(len(wanted) == 0 || overlap(m.categories(f), wanted))
	})) {
		f := g.finding(r.Severity)
		// The page's own address shows it beside the request, so one request is no single sighting.
		f.Severity = capped(r.Severity, g.confidence(), g.sightings()+1)
		f.Title = fmt.Sprintf("%s gets %s in the address of a page", m.calling(g.recipient()), m.few(f.DataTypes))
		f.Message = fmt.Sprintf("Observed %s: the page's address or title holds %s, and %s gets them.%s", seenOn(f.Pages, ""), m.dataNames(f.DataTypes), m.vendorName(g.recipient()), details(g))
		if slices.ContainsFunc(g.flows, told) && !slices.ContainsFunc(g.flows, func(f *flow.Flow) bool { return !told(f) }) {
			f.Outcome = NeedsPerson
			f.Message += " That the words are about the visitor needs a person."
		}
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "No personal data were seen going to a third party in the address or title of a page."}
	}
	return res
}

// inAddress reports whether a flow's data stood in a page's address or title.
func inAddress(f *flow.Flow) bool {
	return told(f) && strings.Contains(f.Detail, "the page is of the class") ||
		strings.Contains(f.Detail, "of an address in the request") || strings.Contains(f.Detail, "of the page's address in the Referer header")
}
