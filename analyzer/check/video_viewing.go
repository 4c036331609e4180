package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// videoViewing finds third parties that get the address of a page with a player
// together with an identifier of the viewer, on a site where viewers have
// accounts. A person looks: what the law calls a provider and a viewer is not for
// a scan to say. Params:
//
//	recipients   categories of vendors
//	titles       types of data that tell what was watched
//	identifiers  types of data that tell who
func videoViewing(m *Matcher, r *rules.Rule) result {
	players := map[string]bool{}
	for i := range m.in.Seen.Vendors {
		if v := &m.in.Seen.Vendors[i]; slices.Contains(v.Categories, "video") {
			for _, p := range v.Pages {
				players[p] = true
			}
		}
	}
	for _, p := range m.in.Pages {
		if slices.Contains(p.SchemaTypes, "VideoObject") {
			players[p.URL] = true
		}
	}
	if len(players) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No page with a video was seen."}
	}
	if !m.hasAccounts() {
		return result{outcome: NotApplicable, why: "No log-in or sign-up was seen, so that viewers are no subscribers of the site."}
	}
	titles, identifiers, recipients := texts(r, "titles"), texts(r, "identifiers"), texts(r, "recipients")
	got := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence != flow.Indirect && overlap(m.categories(f), recipients) && !m.processor(f.Recipient) &&
			(slices.Contains(titles, f.DataTypes[0]) || slices.Contains(identifiers, f.DataTypes[0])) && slices.ContainsFunc(f.Pages, func(p string) bool { return players[p] })
	})
	var res result
	for _, g := range byRecipient(got) {
		data := g.dataTypes()
		if !overlap(data, titles) || !overlap(data, identifiers) {
			continue
		}
		f := g.finding(r.Severity)
		f.Outcome = NeedsPerson
		f.Pages = slices.DeleteFunc(f.Pages, func(p string) bool { return !players[p] })
		f.Title = fmt.Sprintf("%s gets pages with videos together with an identifier", m.calling(g.recipient()))
		f.Message = fmt.Sprintf("On %s with a video, %s gets %s. The site has accounts for viewers. Whether they agreed to this separately needs a person.",
			countOf(len(f.Pages), "%d pages", "a page"), m.vendorName(g.recipient()), m.dataNames(data))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("On %s with a video nobody of this kind was seen to get both what was watched and who watches.", countOf(len(players), "%d pages", "the page"))}
	}
	return res
}

// hasAccounts reports whether visitors can log in or sign up.
func (m *Matcher) hasAccounts() bool {
	for _, f := range m.in.Seen.Forms {
		if slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.DataType == "password" }) {
			return true
		}
	}
	return false
}
