package check

import (
	"fmt"
	"slices"
	"time"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// policyDate compares the date that the notice gives itself with the day of the
// scan. Params: max_age_days (older is found; 0 for any age), ahead_days (further
// in the future is found; default 30), changes (true: how changes are made known
// must be said too). A date may stand in a picture, so one that is not found is
// for a person. Supplements without a date are left alone.
func policyDate(m *Matcher, r *rules.Rule) result {
	d := m.newest("privacy")
	if d == nil {
		d = m.newest("state")
	}
	if d == nil {
		return result{outcome: NotTested, why: "No privacy policy was read."}
	}
	var res result
	drafts := map[string]string{
		"date":    "Last updated: [date of the last review].",
		"changes": "We will post changes on this page, and will tell you by e-mail or by a notice on the site before material ones take effect.",
	}
	add := func(what, title, message string, outcome Outcome) {
		f := m.siteFinding(r, r.Severity, nil, what)
		f.Outcome, f.Title, f.Message, f.Confidence = outcome, title, message, string(flow.TextWeak)
		f.Pages, f.Evidence, f.SuggestedText = []string{d.URL}, []string{d.ID}, drafts[what]
		res.findings = append(res.findings, f)
	}
	quiet := ""
	day, err := time.Parse(time.DateOnly, d.LastUpdated)
	age := int(m.in.At.Sub(day).Hours() / 24)
	switch oldest, ahead := int(number(r, "max_age_days", 0)), int(number(r, "ahead_days", 30)); {
	case d.LastUpdated == "":
		add("date", "No date was found in the privacy policy", fmt.Sprintf("Not found in the text at %s: when it became effective or was last updated. A date may stand in a picture.", d.URL), NeedsPerson)
	case err != nil:
		add("date", "The date of the privacy policy could not be read", fmt.Sprintf("The text at %s gives its date as %s.", d.URL, d.LastUpdated), NeedsPerson)
	case m.in.At.IsZero():
		return result{outcome: NotTested, why: "The day of the scan is not known."}
	case age < -ahead:
		add("date", "The privacy policy is dated in the future", fmt.Sprintf("The text at %s is dated %s, %d days after the scan on %s.", d.URL, d.LastUpdated, -age, m.in.At.Format(time.DateOnly)), Differs)
	case oldest > 0 && age > oldest:
		add("date", r.Title, fmt.Sprintf("The text at %s is dated %s, %d days before the scan on %s.", d.URL, d.LastUpdated, age, m.in.At.Format(time.DateOnly)), Differs)
	default:
		quiet = fmt.Sprintf("The text at %s is dated %s.", d.URL, d.LastUpdated)
	}
	if truth(r, "changes") {
		if x := m.topic("changes"); x != nil {
			quiet += fmt.Sprintf(" It says how changes are made known: “%s”", clip(x.Quote, 160))
		} else {
			add("changes", "The texts do not say how changes of the policy are made known", "Not found in the texts: how changes of the policy are made known.", Differs)
			m.doubt(&res.findings[len(res.findings)-1])
		}
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: quiet}
	}
	return res
}

// newest returns the notice of one of some kinds that was read and has the latest
// date, the longest where none has any.
func (m *Matcher) newest(kinds ...string) *policy.Document {
	var best *policy.Document
	for _, d := range m.read {
		switch {
		case !slices.Contains(kinds, d.Kind):
		case best == nil, d.LastUpdated > best.LastUpdated, d.LastUpdated == best.LastUpdated && d.Words > best.Words:
			best = d
		}
	}
	return best
}

// topic returns the first place where a text that was read speaks of something.
func (m *Matcher) topic(kinds ...string) *policy.Topic {
	for _, d := range m.read {
		for i := range d.Topics {
			if slices.Contains(kinds, d.Topics[i].Kind) {
				return &d.Topics[i]
			}
		}
	}
	return nil
}
