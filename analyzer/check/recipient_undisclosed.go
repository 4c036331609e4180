package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// covered are the verdicts of flows that some sentence says happen. A denial
// discloses nobody.
var covered = []Verdict{Clear, Vague, Ambiguous}

// recipientUndisclosed finds recipients of identifiers or personal data that no
// sentence covers, neither by name nor by company nor by kind. Recipients that
// only deliver files count when they get an identifier.
func recipientUndisclosed(m *Matcher, r *rules.Rule) result {
	third := m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third })
	if len(third) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No third party was contacted."}
	}
	var res result
	for _, g := range byRecipient(third) {
		if slices.ContainsFunc(g.flows, func(f *flow.Flow) bool { return slices.Contains(covered, m.disclosed[f.ID].Verdict) }) {
			continue
		}
		weighty, denied := group{}, false
		for _, f := range g.flows {
			switch {
			case m.sharingDenied(f):
				denied = true // another rule's finding
			case !slices.Contains(technical, f.DataTypes[0]):
				weighty.flows = append(weighty.flows, f)
			}
		}
		v := m.vendors[g.recipient().Vendor]
		switch {
		case len(weighty.flows) > 0:
			f := weighty.finding(m.weight(r, g))
			f.Title = fmt.Sprintf("%s is not in the text: it gets %s", m.calling(g.recipient()), m.few(f.DataTypes))
			if onlyForms(weighty.flows) {
				f.Title = fmt.Sprintf("%s is not in the text: a form would send it %s", m.calling(g.recipient()), m.few(f.DataTypes))
			}
			f.Message = m.gets(weighty) + " No sentence in the text covers it: neither its name, nor its company, nor its kind."
			f.SuggestedText = m.suggest(weighty)
			m.doubt(&f)
			res.findings = append(res.findings, f)
		case !denied && (v == nil || !v.Recognized):
			f := g.finding("low")
			f.Outcome = NeedsPerson
			f.Title = fmt.Sprintf("Requests go to %s, which is not in the text", m.calling(g.recipient()))
			f.Message = fmt.Sprintf("Requests go to %s, which the knowledge base does not know and the text does not mention. They carried no identifier: %s.", g.recipient().Domain, m.dataNames(f.DataTypes))
			m.doubt(&f)
			res.findings = append(res.findings, f)
		}
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "Every recipient of identifiers or personal data is covered by a sentence."}
	}
	return res
}

// sharingDenied reports whether the text says that this recipient does not get
// this at all. A limit on cookies says nothing about recipients.
func (m *Matcher) sharingDenied(f *flow.Flow) bool {
	d := m.disclosed[f.ID]
	return d.Verdict == Incorrect && slices.ContainsFunc(m.about(f.DataTypes[0]), func(st *statement) bool {
		return st.limit == noLimit && slices.Contains(d.Statements, st.ID)
	})
}

// gets says what a recipient gets and how that is known.
func (m *Matcher) gets(g group) string {
	by, pages, forms := map[flow.Confidence][]string{}, []string{}, []string{}
	for _, f := range g.flows {
		c := f.Confidence
		if told(f) {
			pages = append(pages, f.DataTypes[0])
			continue
		}
		if f.Channel == "form" {
			forms = append(forms, f.DataTypes[0])
			continue
		}
		by[c] = append(by[c], f.DataTypes[0])
	}
	for c := range by {
		by[c] = compact(by[c])
	}
	var parts []string
	if d := by[flow.Direct]; len(d) > 0 {
		parts = append(parts, m.dataNames(d)+" (seen leaving)")
	}
	if d := without(compact(forms), by[flow.Direct]); len(d) > 0 {
		parts = append(parts, m.dataNames(d)+" (asked for by a form that would send it there)")
	}
	if d := without(compact(pages), by[flow.Direct]); len(d) > 0 {
		parts = append(parts, m.dataNames(d)+" (told by the page's address or title)")
	}
	if d := without(by[flow.Strong], by[flow.Direct]); len(d) > 0 {
		parts = append(parts, m.dataNames(d)+" (known of the address that was called)")
	}
	if d := without(without(by[flow.Indirect], by[flow.Strong]), by[flow.Direct]); len(d) > 0 {
		parts = append(parts, m.dataNames(d)+" (possible: only its script was seen)")
	}
	return m.vendorName(g.recipient()) + " gets " + strings.Join(parts, "; ") + "."
}

// onlyForms reports whether flows are what forms would send, and nothing was seen
// leaving.
func onlyForms(flows []*flow.Flow) bool {
	return !slices.ContainsFunc(flows, func(f *flow.Flow) bool { return f.Channel != "form" })
}

func without(list, taken []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(taken, s) })
}

// weight is the severity for a recipient's kind.
func (m *Matcher) weight(r *rules.Rule, g group) string {
	table := param(r, "severity", map[string]any{})
	categories := m.categories(g.flows[0])
	if flow.Infrastructure(categories) {
		categories = []string{"infrastructure"}
	}
	return cmp.Or(worst(table, categories), worst(table, []string{"other"}), r.Severity)
}

// suggest drafts a sentence that would disclose the flows.
func (m *Matcher) suggest(g group) string {
	what, who := m.dataNames(g.dataTypes()), m.vendorName(g.recipient())
	if purposes := union(g.flows, func(f *flow.Flow) []string { return f.Purposes }); len(purposes) > 0 {
		return fmt.Sprintf("We share %s with %s for %s.", what, who, m.purposePhrase(purposes))
	}
	return fmt.Sprintf("We share %s with %s for [state the purpose].", what, who)
}
