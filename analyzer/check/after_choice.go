package check

import (
	"candor/crawler/evidence"
	"candor/rules"
)

// afterChoice finds recipients that go on in a state in which a choice was made
// that is to stop them. Params: state, stops ("tracking" or "sharing").
func afterChoice(m *Matcher, r *rules.Rule) result {
	s, who := evidence.State(param(r, "state", "reject")), trackers
	if param(r, "stops", "tracking") == "sharing" {
		who = sharers
	}
	if why := m.untested(s); why != "" {
		return result{outcome: NotTested, why: capital(why) + "."}
	}
	e := m.effectOf(s, who)
	switch {
	case e.state.Compared == 0:
		return result{outcome: NotTested, why: "No page loaded both in the state " + string(s) + " and without a choice."}
	case e.nothing():
		return result{outcome: NotApplicable, unseen: true, why: "Nobody was seen, without the choice or with it, whom the choice is to stop."}
	}
	var res result
	for _, g := range e.on {
		f := m.wentOn(r, s, g)
		res.findings = append(res.findings, f)
	}
	if len(e.limited) > 0 {
		f := m.restricted(r, s, e.limited)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: m.sawStop(e)}
	}
	return res
}
