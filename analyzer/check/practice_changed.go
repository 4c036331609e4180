package check

import (
	"fmt"

	"candor/rules"
)

// practiceChanged finds companies that get more than at an earlier scan, while
// every notice is word for word what it was. What the text already says is no
// change for its readers; what it covers by broader words is for a person. A
// vendor's new host is no new company.
func practiceChanged(m *Matcher, r *rules.Rule) result {
	if len(m.in.Earlier.Texts) == 0 {
		return result{outcome: NotApplicable, why: "The earlier scan found no text that could have stayed the same."}
	}
	more := m.additions()
	if len(more) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("No company gets more than at the scan of %s.", m.since())}
	}
	if !m.sameTexts() {
		return result{outcome: NotApplicable, why: fmt.Sprintf("The texts changed too since the scan of %s; whether they say what is new is for other rules.", m.since())}
	}
	var res result
	for _, a := range more {
		verdict := m.told(a)
		if verdict == Clear {
			continue
		}
		f := a.group.finding(r.Severity)
		name := m.calling(a.group.recipient())
		if !unsaid(verdict) || a.OnNew {
			f.Outcome = NeedsPerson
		}
		f.Title = fmt.Sprintf("%s gets more than before, and the text did not change", name)
		what := "gets what it did not get then"
		if a.Whole {
			f.Title = fmt.Sprintf("%s is new, and the text did not change", name)
			what = "was not seen then, and gets this now"
		}
		f.Message = fmt.Sprintf("Since the scan of %s: %s %s: %s. The texts are word for word what they were.", m.since(), m.vendorName(a.group.recipient()), what, m.what(a))
		switch {
		case a.OnNew:
			f.Message += " It was seen only where the earlier scan did not look in full, so it may have been there before."
		case !unsaid(verdict):
			f.Message += " Broader words of the text cover it."
		}
		f.Statements = m.stated(a.group.flows, Vague, Ambiguous, Incorrect)
		f.SuggestedText = m.suggest(a.group)
		f.Fingerprint = fingerprint(r.ID, a.Recipient.Key)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "What companies get that they did not get before is stated by name."}
	}
	return res
}
