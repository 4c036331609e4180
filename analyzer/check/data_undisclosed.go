package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// dataUndisclosed finds recipients that the text mentions and that were seen to
// get data which it does not say they get: a label or an e-mail address sent to
// a tool that "collects the pages that you view". Recipients that no sentence
// covers are recipientUndisclosed's.
func dataUndisclosed(m *Matcher, r *rules.Rule) result {
	mentioned := 0
	var res result
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third })) {
		if !slices.ContainsFunc(g.flows, func(f *flow.Flow) bool { return slices.Contains(covered, m.disclosed[f.ID].Verdict) }) {
			continue
		}
		mentioned++
		beyond, sensitive := group{}, false
		for _, f := range g.flows {
			if m.disclosed[f.ID].Verdict != Omitted || !personal(f.DataTypes[0]) || f.Confidence != flow.Direct && f.Channel != "form" && !told(f) {
				continue
			}
			beyond.flows = append(beyond.flows, f)
			d := m.in.Set.Terms.DataType(f.DataTypes[0])
			sensitive = sensitive || d != nil && d.Sensitive
		}
		if len(beyond.flows) == 0 {
			continue
		}
		severity := r.Severity
		if sensitive {
			severity = param(r, "sensitive_severity", "high")
		}
		f := beyond.finding(severity)
		f.Title = fmt.Sprintf("%s gets %s, which the text does not say", m.calling(g.recipient()), m.few(f.DataTypes))
		f.Message = fmt.Sprintf("%s The text mentions this recipient, but no sentence says that it gets this.", m.gets(beyond)) + details(beyond)
		f.SuggestedText = m.suggest(beyond)
		m.doubt(&f)
		res.findings = append(res.findings, f)
	}
	switch {
	case len(res.findings) > 0:
		return res
	case mentioned == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No recipient that the text mentions was contacted."}
	}
	return result{outcome: Matches, why: "No recipient that the text mentions was seen to get personal data beyond what the text says."}
}

// told reports whether the page itself told of a person what a request carried,
// by its address or title: a page of the class health that names an illness.
// Vendors' habits are no such sign.
func told(f *flow.Flow) bool {
	return f.Confidence == flow.Strong && f.Channel == "request" && personal(f.DataTypes[0]) &&
		!slices.Contains([]string{"approximate_location", "inferred_profile", "session_recording"}, f.DataTypes[0])
}

// details says where the data were seen: "Seen as parameter up.segment."
func details(g group) string {
	var out []string
	for _, f := range g.flows {
		if f.Detail != "" && !slices.Contains(out, f.Detail) && f.Channel == "request" {
			out = append(out, clip(f.Detail, 80))
		}
	}
	if len(out) == 0 {
		return ""
	}
	slices.Sort(out)
	return " Seen in: " + strings.Join(shorten(out, 3), "; ") + "."
}
