package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// ownAccount are words by which a text sends people to a place on the site to
// change their data.
var ownAccount = newPhrase(`(?i)\b(account|profile)\s+(settings|page|information|preferences)\b|\b(log(ging)?|sign(ing)?)\s+in\s*(to|into)\b|\b(in|through|via|on|from)\s+your\s+(online\s+)?(account|profile)\b|\bmy account\b`)

// reviewProcess compares the places on the site where people see and change their
// data with what the texts say of them. A site without such a place, whose text
// offers none, is left alone.
func reviewProcess(m *Matcher, r *rules.Rule) result {
	var pages, proof []string
	add := func(page, id string) {
		if !slices.Contains(pages, page) {
			pages, proof = append(pages, page), append(proof, id)
		}
	}
	for i := range m.in.Pages {
		p := &m.in.Pages[i]
		if p.Ended == "failed" {
			continue
		}
		if p.Kind == "account" {
			add(p.URL, p.ID)
		}
		if seen, hidden := m.linksOf(p, reviewLinks); len(seen)+len(hidden) > 0 {
			add(append(seen, hidden...)[0].URL, p.ID)
		}
	}
	for _, f := range m.in.Seen.Forms {
		if slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.DataType == "password" }) {
			add(f.Page, f.ID)
		}
	}
	slices.Sort(pages)
	told := m.topic("rights")
	var sent *policy.Topic
	for _, d := range m.read {
		for i := range d.Topics {
			if t := &d.Topics[i]; sent == nil && t.Kind == "rights" && ownAccount.MatchString(t.Quote) {
				sent = t
			}
		}
	}
	f := m.siteFinding(r, r.Severity, nil)
	f.Pages, f.Evidence = pages, proof
	switch {
	case len(pages) > 0 && told == nil:
		f.Confidence = string(flow.Strong)
		f.Message = fmt.Sprintf("Seen: %s, where visitors have an account or can ask for their data. Not found in the texts: how they review and change their data.", countOf(len(pages), "%d pages such as "+pages[0], pages[0]))
		m.doubt(&f)
	case len(pages) == 0 && sent != nil:
		f.Outcome, f.Confidence, f.States = NeedsPerson, string(flow.TextWeak), []evidence.State{}
		f.Title = "The text speaks of an account, and none was found on the site"
		f.Message = fmt.Sprintf("The text says: “%s” No page of an account, and no link to one, was seen on the pages that were visited.", clip(sent.Quote, 200))
	case len(pages) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No account, profile or form for requests was seen, and the text speaks of none."}
	default:
		return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s”", clip(told.Quote, 200))}
	}
	return result{findings: []Finding{f}}
}
