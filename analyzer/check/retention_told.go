package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// forEver is a text that keeps data without an end.
var forEver = newPhrase(`(?i)\bindefinite(ly)?\b|\bas long as we (want|wish|like|choose)\b|\bwithout (a )?(time )?limit\b|\bfor ?ever\b|\bpermanently (keep|store|retain)\b|\bunbefristet\b|\bindéfiniment\b|\bindefinidamente\b`)

// cookiesOnly is a sentence on the lifetime of cookies.
var cookiesOnly = newPhrase(`(?i)\bcookies?\b`)

// retentionTold looks whether the notices say how long data are kept, and finds
// sentences that keep them without an end. Params: kinds (of notices), only_if_seen.
func retentionTold(m *Matcher, r *rules.Rule) result {
	docs, why := m.noticesOf(texts(r, "kinds"))
	if why != "" {
		return result{outcome: NotTested, why: why}
	}
	on, seen, unseen := m.occasion(param(r, "only_if_seen", ""))
	if unseen != "" {
		return result{outcome: NotApplicable, unseen: true, why: unseen}
	}
	if seen != "" {
		seen += " "
	}
	f := on.finding(m, r)
	f.Severity, f.Confidence = r.Severity, string(flow.TextWeak)
	for _, st := range m.statements {
		if st.Negated || !slices.Contains(docs, st.doc) || !forEver.MatchString(st.Quote) || st.Action != "retain" && st.Action != "collect" && st.Action != "use" {
			continue
		}
		f.Title = "The text keeps data without an end"
		f.Message = fmt.Sprintf("%sThe text says: “%s”", seen, m.quote(st.ID))
		f.Statements, f.Fingerprint = []string{st.ID}, fingerprint(r.ID, m.in.Site, "forever")
		return result{findings: []Finding{f}}
	}
	place, state := m.element("retention_period", docs)
	if state != stated {
		if other, told := m.element("retention", docs); told == stated {
			place, state = other, told
		}
	}
	quote := place.Quote
	if state == stated && cookiesOnly.MatchString(quote) {
		for _, st := range m.statements {
			if days, rule := st.Keeping(); !st.Negated && slices.Contains(docs, st.doc) && (days > 0 || rule != "") && !cookiesOnly.MatchString(st.Quote) {
				quote = st.Quote
				break
			}
		}
	}
	switch {
	case state == stated && cookiesOnly.MatchString(quote):
		f.Outcome, f.Severity = NeedsPerson, capped(r.Severity, flow.TextWeak, 1)
		f.Title = "The texts say how long cookies are kept, and not how long other data are"
		f.Message = fmt.Sprintf("%sThe text says: “%s” Not found in the texts: how long other data are kept, and for what. %s", seen, clip(quote, 200), readTexts(docs))
		m.doubt(&f)
		return result{findings: []Finding{f}}
	case state == stated:
		return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s”", clip(quote, 200))}
	case state == notRead:
		return result{outcome: NotTested, why: "The texts are in languages in which this version does not look for how long data are kept."}
	}
	f.Message = fmt.Sprintf("%sNot found in the texts: how long data are kept, for what, and when they are deleted. %s", seen, readTexts(docs))
	m.doubt(&f)
	return result{findings: []Finding{f}}
}
