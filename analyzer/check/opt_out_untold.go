package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// tellsOfAdvertising reports whether a sentence says that data reach, or cookies
// are placed for, those who advertise.
func (m *Matcher) tellsOfAdvertising(st *policy.Statement) bool {
	out := slices.Contains(sharing, st.Action) || st.Action == "place_cookies"
	return out && slices.Contains(st.Purposes, "advertising") || (out || st.Action == "collect") && slices.ContainsFunc(st.RecipientRefs, m.ofOwnEnds)
}

// optOutUntold looks whether a site that shares for advertising says so and says
// how to opt out. A denial says nothing of what is done.
func optOutUntold(m *Matcher, r *rules.Rule) result {
	shared := m.flows(m.shares)
	if len(shared) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: conditions["shares"].not}
	}
	said, where := "", ""
	for _, d := range m.read {
		for _, a := range policy.Answers(d, m.in.Set) {
			for _, p := range a.Passages {
				if a.ID == "sale" && said == "" && !strings.HasPrefix(p.Says, "not ") {
					said = p.Quote
				}
			}
		}
		for i := range d.Statements {
			if st := &d.Statements[i]; said == "" && !st.Negated && m.tellsOfAdvertising(st) {
				said = st.Quote
			}
		}
		for _, c := range d.Choices {
			if c.Kind == "opt_out" && where == "" && !otherOptOut.MatchString(c.Quote) {
				where = "of the choice: “" + clip(c.Quote, 160) + "”"
			}
		}
	}
	if link := m.linked(optOutLinks); where == "" && link != nil {
		where = "there is a link “" + clip(link.Text, 80) + "”."
	}
	if st := m.in.Choices.Of(evidence.StateOptOut); where == "" && st.Choice != nil && st.Choice.Outcome != evidence.ChoiceNoBanner {
		where = "a way to opt out was found on the site."
	}
	var lacks []string
	if said == "" {
		lacks = append(lacks, "whether data are sold or used for targeted advertising")
	}
	if where == "" {
		lacks = append(lacks, "how to opt out of it")
	}
	if len(lacks) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s” And %s", clip(said, 160), where)}
	}
	f := m.siteFinding(r, r.Severity, shared)
	f.Message = fmt.Sprintf("Observed: %s. Not found: %s.", m.describe(shared), list(lacks))
	if said != "" {
		f.Message += fmt.Sprintf(" The text says: “%s”", clip(said, 160))
		i := slices.IndexFunc(m.statements, func(st *statement) bool { return st.Quote == said })
		if i >= 0 {
			f.Statements = []string{m.statements[i].ID}
		}
	}
	m.doubt(&f)
	return result{findings: []Finding{f}}
}
