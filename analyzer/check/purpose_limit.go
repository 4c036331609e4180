package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// purposeLimit finds uses beyond the limit that a sentence puts on them: "we use
// your e-mail address only to send you orders", "we do not use what you view for
// advertising". One finding for each sentence. Params:
//
//	observed  ids of purposes that count when they are observed
func purposeLimit(m *Matcher, r *rules.Rule) result {
	observed := texts(r, "observed")
	limits := 0
	var res result
	for _, st := range m.statements {
		if len(st.Purposes) == 0 || len(st.DataTypes) == 0 || !(st.Only && !st.Negated || st.Negated && (st.Action == "use" || st.Action == "collect")) || scoped(st) != "" || notPractice(st.Action) ||
			st.Actor != "we" && st.Actor != "" {
			continue
		}
		limits++
		g := group{flows: m.flows(func(f *flow.Flow) bool { return m.beyondLimit(st, f, observed) })}
		if len(g.flows) == 0 {
			continue
		}
		f := g.finding(r.Severity)
		f.Recipients = union(g.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
		f.Statements = []string{st.ID}
		uses := m.purposeNames(slices.DeleteFunc(union(g.flows, func(f *flow.Flow) []string { return f.Purposes }), func(p string) bool { return !slices.Contains(observed, p) }))
		f.Title = fmt.Sprintf("%s %s used for %s, beyond the purpose that the text allows", capital(m.few(f.DataTypes)), isAre(f.DataTypes), uses)
		f.Message = fmt.Sprintf("The text says: “%s” Observed: %s, whose products are for %s.", clip(st.Quote, 200), m.describe(g.flows), uses)
		f.Fingerprint = fingerprint(r.ID, m.in.Site, squeezed(st.Quote))
		if consentWords.MatchString(st.Condition) {
			f.Outcome = NeedsPerson
			f.Message += fmt.Sprintf(" The sentence has a condition (“%s”), which a person has to weigh.", st.Condition)
		}
		res.findings = append(res.findings, f)
	}
	switch {
	case len(res.findings) > 0:
		return res
	case limits == 0:
		return result{outcome: NotApplicable, why: "No sentence limits what data are used for."}
	}
	return result{outcome: Matches, why: fmt.Sprintf("No use beyond %s was seen.", countOf(limits, "the %d limits that the text states", "the one limit that the text states"))}
}

func isAre(list []string) string {
	if len(list) == 1 {
		return "is"
	}
	return "are"
}

// beyondLimit reports whether a flow is of the data of a limit and for another
// purpose than it allows.
func (m *Matcher) beyondLimit(st *statement, f *flow.Flow, observed []string) bool {
	if f.Recipient.Party != flow.Third || f.Channel != "request" || f.Confidence == flow.Indirect || m.processor(f.Recipient) || !overlap(m.categories(f), adLike) || !overlap(f.Purposes, observed) {
		return false
	}
	level, path := m.data(st, f.DataTypes[0])
	if level < broaderData || level == broaderData && m.tooBroad(st, cover{st: st, data: level, path: path, recipient: anyRecipient}, f) || !m.concerns(st, f) || !onPlace(st, f.Pages) {
		return false
	}
	if st.Negated {
		return slices.ContainsFunc(st.Purposes, func(p string) bool { return slices.Contains(f.Purposes, p) && slices.Contains(observed, p) })
	}
	return !overlap(st.Purposes, observed) && !slices.Contains(st.Purposes, "marketing") && !slices.Contains(st.Purposes, "personalization")
}
