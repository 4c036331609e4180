package check

import (
	"fmt"
	"strings"

	"candor/crawler/evidence"
	"candor/rules"
)

// saleWords are words by which a banner says that it covers sale or sharing.
var saleWords = newPhrase(`(?i)\b(sale|sell|selling|sold)\b|\bdo not share\b|\bshar(e|ing)\b[^.;]{0,60}\b(personal|information|data|third)|\btargeted advertis|\bcross-context\b|\bprivacy choices\b`)

// cookieControlsOnly finds sites whose only way out is a cookie banner that does
// not speak of sale or sharing.
func cookieControlsOnly(m *Matcher, r *rules.Rule) result {
	shared := m.flows(m.shares)
	if len(shared) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: conditions["shares"].not}
	}
	if link := m.linked(optOutLinks); link != nil {
		return result{outcome: Matches, why: fmt.Sprintf("There is a link “%s”.", clip(link.Text, 80))}
	}
	opt := m.in.Choices.Of(evidence.StateOptOut)
	if opt.Choice != nil && opt.Choice.Outcome != evidence.ChoiceNoBanner {
		return result{outcome: Matches, why: "A way to opt out was found." + withReason(opt)}
	}
	if opt.Choice == nil && !m.linksRead() {
		return result{outcome: NotTested, why: "No opt-out was looked for: the state optout was not visited, and the links of pages were not recorded."}
	}
	c, o, no := m.offered()
	if no != nil {
		return *no
	}
	for _, l := range o.Layers {
		text := l.Text
		for _, x := range l.Controls {
			text += ". " + x.Text
		}
		for _, x := range l.Toggles {
			text += ". " + x.Label
		}
		if found := saleWords.FindStringSubmatch(text); found != nil {
			return result{outcome: Matches, why: fmt.Sprintf("The banner speaks of it: “%s”.", strings.TrimSpace(found[0]))}
		}
	}
	f := m.siteFinding(r, r.Severity, shared)
	f.Evidence = append([]string{c.Page}, f.Evidence...)
	f.Severity = r.Severity
	f.Message = fmt.Sprintf("Observed: %s. The one control that was found is a cookie banner, and it does not speak of sale, sharing or targeted advertising.", m.describe(shared))
	if c.Found == "looks" {
		f.Outcome = NeedsPerson
		byLooks(&f, c)
	}
	return result{findings: []Finding{f}}
}
