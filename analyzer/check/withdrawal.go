package check

import (
	"fmt"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// withdrawal looks whether consent can be withdrawn as it was given: a way back
// on every page, no more clicks, and an effect.
func withdrawal(m *Matcher, r *rules.Rule) result {
	var res result
	add := func(f Finding) { res.findings = append(res.findings, f) }
	if f, ok := m.wayBack(r); ok {
		add(f)
	}
	const s = evidence.StateWithdraw
	e := m.effectOf(s, trackers)
	for _, g := range e.on {
		add(m.wentOn(r, s, g))
	}
	if len(e.limited) > 0 {
		add(m.restricted(r, s, e.limited))
	}
	made := m.changed()
	switch {
	case len(res.findings) > 0:
		if !e.state.Tested {
			res.why = fmt.Sprintf("%s Whether a withdrawal has an effect was not tested: %s", countOf(len(res.findings), "%d findings.", "One finding."), e.state.Why)
		}
		return res
	case made == nil && !e.state.Tested:
		return result{outcome: NotTested, why: "No choice was made that could be taken back. " + e.state.Why}
	case !e.state.Tested:
		return result{outcome: NotTested, why: "A way back was seen on the pages. Whether a withdrawal has an effect was not tested: " + e.state.Why}
	case e.nothing():
		return result{outcome: NotApplicable, unseen: true, why: "Nobody was seen whom a withdrawal is to stop."}
	}
	return result{outcome: Matches, why: m.sawStop(e)}
}

// changed returns a choice that was made and whose offer says how to come back
// to it, nil when there is none.
func (m *Matcher) changed() *evidence.Choice {
	for _, s := range []evidence.State{evidence.StateAccept, evidence.StateReject, evidence.StateWithdraw} {
		if st := m.in.Choices.Of(s); st.Tested && st.Choice != nil && st.Choice.Offer != nil {
			return st.Choice
		}
	}
	return nil
}

// wayBack reports pages on which no control was seen that shows the choice again.
func (m *Matcher) wayBack(r *rules.Rule) (Finding, bool) {
	c := m.changed()
	if c == nil {
		return Finding{}, false
	}
	f := Finding{
		Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Strong), Recipients: []string{m.in.Site}, States: []evidence.State{c.State},
		Evidence: []string{c.Page}, Pages: c.Offer.WayBackMissing, Fingerprint: fingerprint(r.ID, m.in.Site, "way back"),
	}
	switch {
	case len(c.Offer.WayBack) == 0:
		f.Title = "No way back to the choice was seen"
		f.Message = fmt.Sprintf("The choice was made, and no control was found afterwards that shows it again, on %s.", lookedAt(c.Offer, m))
	case len(c.Offer.WayBackMissing) > 0:
		f.Severity = capped(r.Severity, flow.Indirect, 1)
		f.Title = "Some pages have no way back to the choice"
		f.Message = fmt.Sprintf("“%s” shows the choice again. It was not found on %s.", clip(c.Offer.WayBack[0], 60), countOf(len(c.Offer.WayBackMissing), "%d pages", "one page"))
	default:
		return Finding{}, false
	}
	if c.Found == "looks" {
		f.Outcome = NeedsPerson
		f.Message += " The banner is of no platform that is known, so a control that looks otherwise may have been missed."
	}
	return f, true
}

// lookedAt says how many pages were searched for a way back.
func lookedAt(o *evidence.Offer, m *Matcher) string {
	if len(o.WayBackMissing) == 0 {
		return m.visits()
	}
	return countOf(len(o.WayBackMissing), "%d pages", "the one page that was looked at")
}
