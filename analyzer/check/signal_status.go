package check

import (
	"fmt"

	"candor/crawler/evidence"
	"candor/rules"
)

// signalStatus looks whether the site shows a visitor who sends Global Privacy
// Control that the signal was processed.
func signalStatus(m *Matcher, r *rules.Rule) result {
	if why := m.untested(evidence.StateGPC); why != "" {
		return result{outcome: NotTested, why: capital(why) + "."}
	}
	st := m.in.Choices.Of(evidence.StateGPC)
	e := m.effectOf(evidence.StateGPC, sharers)
	switch {
	case e.nothing():
		return result{outcome: NotApplicable, unseen: true, why: "No recipient that uses data for its own ends was seen, without the signal or with it."}
	case st.Choice == nil || st.Choice.Offer == nil:
		return result{outcome: NotTested, why: "What the page shows a visitor who sends the signal was not looked at."}
	case st.Choice.Offer.GPC != "":
		return result{outcome: Matches, why: fmt.Sprintf("A visitor who sends the signal is shown: “%s”", clip(st.Choice.Offer.GPC, 200))}
	}
	f := m.offerFinding(r, st.Choice, r.Severity)
	f.Outcome = NeedsPerson
	f.Title = "A visitor who sends Global Privacy Control is not shown that it was processed"
	f.Message = "No text about the signal was found on the page or in the banner's layers that were opened. It may stand elsewhere."
	return result{findings: []Finding{f}}
}
