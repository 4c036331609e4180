package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// teenWords tell of pages for young people.
var teenWords = []string{" teen", " teens", " teenagers", " students", " for students", " high school", " youth"}

// minorsSharing finds recipients that use data for their own ends and get
// identifiers, without a choice, on pages that ask for an age or are for young
// people. Whether an age only keeps the young out cannot be seen.
func minorsSharing(m *Matcher, r *rules.Rule) result {
	shared := m.flows(func(f *flow.Flow) bool { return m.shares(f) && slices.Contains(f.States, evidence.StateNone) })
	if len(shared) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "Without a choice, " + lowerFirst(conditions["shares"].not)}
	}
	young, asks := map[string]bool{}, map[string]bool{}
	for p := range m.childPages().pages {
		young[p] = !m.childPages().guessed
	}
	for _, p := range m.in.Pages {
		if holdsWords(plainWords(pathWords(p.URL)+" / "+p.Title)+" ", teenWords) {
			young[p.URL] = true
		}
	}
	for _, f := range m.in.Seen.Forms {
		if ageField(&f) != nil {
			asks[f.Page] = true
		}
	}
	at := func(pages map[string]bool) []*flow.Flow {
		return slices.DeleteFunc(slices.Clone(shared), func(f *flow.Flow) bool {
			return !slices.ContainsFunc(f.Pages, func(p string) bool { return pages[p] })
		})
	}
	var res result
	if flows := at(young); len(flows) > 0 {
		f := m.siteFinding(r, r.Severity, flows, "young")
		f.Pages = slices.DeleteFunc(f.Pages, func(p string) bool { return !young[p] })
		f.Message = fmt.Sprintf("Observed without a choice, on pages for young people: %s. The profile says that the organisation knows of visitors under 16.", m.describe(flows))
		res.findings = append(res.findings, f)
	}
	if flows := at(asks); len(flows) > 0 {
		f := m.siteFinding(r, r.Severity, flows, "age")
		f.Outcome, f.Severity = NeedsPerson, capped(r.Severity, flow.Indirect, 1)
		f.Pages = slices.DeleteFunc(f.Pages, func(p string) bool { return !asks[p] })
		f.Title = "A page that asks for an age shares identifiers without an opt-in"
		f.Message = fmt.Sprintf("Observed without a choice, on pages whose form asks for an age or a date of birth: %s. Whether people under 16 are let in, or only kept out, needs a person.", m.describe(flows))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: NotTested, why: "No page that asks for an age, or is for young people, was seen to share identifiers; elsewhere it cannot be told who is under 16."}
	}
	return res
}

// ageField returns the field of a form in which visitors give their own age.
func ageField(f *flow.Form) *flow.Field {
	for i := range f.Fields {
		x := &f.Fields[i]
		if (x.DataType == "age" || x.DataType == "date_of_birth") && !holdsWords(plainWords(x.Label+" / "+x.Name)+" ", []string{" child", " kid", " son ", " daughter", " baby", " guest", " passenger"}) {
			return x
		}
	}
	return nil
}
