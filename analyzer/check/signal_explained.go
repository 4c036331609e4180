package check

import (
	"fmt"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

var (
	signalScope = newPhrase(`(?i)\b(browser|device|account|log(ged)?\s*-?in|signed\s*-?in|offline)\b`)
	signalHow   = newPhrase(`(?i)\b(enable|turn(ed)?\s+on|download|install|extension|use\s+(a|an|the)\b|set(ting)?\s+(up|a|your)|globalprivacycontrol\.org)`)
)

// signalExplained looks whether the texts say how an opt-out signal is processed:
// for which browser, device or account, and how to use one.
func signalExplained(m *Matcher, r *rules.Rule) result {
	shared := m.flows(m.shares)
	if len(shared) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: conditions["shares"].not}
	}
	var quotes []string
	for _, d := range m.read {
		for _, t := range d.Topics {
			if t.Kind == "global_privacy_control" {
				quotes = append(quotes, t.Quote)
			}
		}
	}
	all := strings.Join(quotes, " ")
	var lacks []string
	if !signalScope.MatchString(all) {
		lacks = append(lacks, "whether it holds for the browser, the device or the account")
	}
	if !signalHow.MatchString(all) {
		lacks = append(lacks, "how to use one")
	}
	f := m.siteFinding(r, r.Severity, shared)
	f.Severity, f.Confidence = r.Severity, string(flow.TextWeak)
	switch {
	case len(quotes) == 0:
		f.Message = fmt.Sprintf("Observed: %s. Not found in the texts: how an opt-out signal such as Global Privacy Control is processed.", m.describe(shared))
	case len(lacks) > 0:
		f.Outcome, f.Severity = NeedsPerson, "low"
		f.Title = "The text speaks of opt-out signals and leaves something open"
		f.Message = fmt.Sprintf("The text says: “%s” Not found near it: %s.", clip(quotes[0], 200), list(lacks))
	default:
		return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s”", clip(quotes[0], 200))}
	}
	m.doubt(&f)
	return result{findings: []Finding{f}}
}
