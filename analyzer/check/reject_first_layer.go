package check

import (
	"fmt"

	"candor/analyzer/flow"
	"candor/rules"
)

// rejectFirstLayer finds a first layer that accepts everything and does not
// refuse it.
func rejectFirstLayer(m *Matcher, r *rules.Rule) result {
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	first := &o.Layers[0]
	accept, reject, others := controls(first, "accept"), controls(first, "reject"), controls(first, "other")
	switch {
	case len(accept) == 0:
		return result{outcome: NotApplicable, why: "The first layer of the banner has no control that accepts everything."}
	case len(reject) > 0:
		return result{outcome: Matches, why: fmt.Sprintf("The first layer has %s beside %s.", said(reject[0]), said(accept[0]))}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Title = "Everything can be accepted on the first layer of the banner, and not refused there"
	f.Message = fmt.Sprintf("The first layer has %s. No control that refuses everything was found on it.", said(accept[0]))
	if o.RejectClicks > 0 {
		f.Message += fmt.Sprintf(" Refusing takes %s.", countOf(o.RejectClicks, "%d clicks", "one click"))
	} else {
		f.Message += " No way to refuse everything was found on the layers behind it either."
	}
	if len(controls(first, "close")) > 0 {
		f.Message += " A control that closes the banner is there; what closing means was not judged."
	}
	if len(others) > 0 {
		f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
		f.Message += fmt.Sprintf(" What %s does was not told from its words.", said(others[0]))
	}
	byLooks(&f, c)
	return result{findings: []Finding{f}}
}
