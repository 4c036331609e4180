package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// doNotTrack compares what the texts say of Do Not Track with what the signal
// does, and asks for a sentence where others follow visitors and there is none.
func doNotTrack(m *Matcher, r *rules.Rule) result {
	speaks := false
	for _, d := range m.read {
		speaks = speaks || slices.ContainsFunc(d.Topics, func(t policy.Topic) bool { return t.Kind == "do_not_track" })
	}
	if !speaks {
		var who []string
		for i := range m.in.Seen.Vendors {
			if v := &m.in.Seen.Vendors[i]; v.Party == flow.Third && v.Recognized && m.stops(v, trackers) {
				who = append(who, v.ID)
			}
		}
		if len(who) == 0 {
			return result{outcome: NotApplicable, unseen: true, why: "Nobody was seen who follows visitors over time."}
		}
		f := Finding{
			Outcome: Differs, Severity: param(r, "missing_severity", "medium"), Confidence: string(flow.TextWeak), Recipients: who, Fingerprint: fingerprint(r.ID, m.in.Site, "missing"),
			Title:   "The texts do not say how Do Not Track is answered",
			Message: fmt.Sprintf("Seen: %s, which may follow visitors over time. No sentence about Do Not Track was found in the texts.", list(shorten(m.owners(who), 6))),
		}
		m.doubt(&f)
		return result{findings: []Finding{f}}
	}
	var res result
	tested := false
	for _, c := range m.controls() {
		if c.state != evidence.StateDNT || c.none {
			continue
		}
		e := m.effectOf(c.state, c.who)
		tested = tested || e.state.Tested
		if len(e.on) > 0 && e.state.Tested {
			f := m.controlFinding(r, []control{c}, e)
			res.findings = append(res.findings, f)
			break
		}
		if !e.state.Tested {
			res.outcome, res.why = NotTested, e.state.Why
		}
	}
	switch {
	case len(res.findings) > 0 || res.outcome == NotTested && !tested:
		return res
	case tested:
		return result{outcome: Matches, why: "The texts say that Do Not Track is honoured, and nobody was seen going on with it."}
	}
	return result{outcome: Matches, why: "The texts speak of Do Not Track."}
}
