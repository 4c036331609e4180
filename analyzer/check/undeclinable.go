package check

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
	"candor/rules"
)

// undeclinable finds ways to recognise visitors that a choice does not end:
// behaviors of some kinds in visits in which tracking was refused. Params: kinds
// (of behavior), states (in which it was refused), spared (categories of vendors
// that are left out, as defence against fraud).
func undeclinable(m *Matcher, r *rules.Rule) result {
	kinds, spared := texts(r, "kinds"), texts(r, "spared")
	var states []evidence.State
	why := "none was visited"
	for _, s := range texts(r, "states") {
		if w := m.untested(evidence.State(s)); w != "" {
			why = w
			continue
		}
		states = append(states, evidence.State(s))
	}
	if len(states) == 0 {
		return result{outcome: NotTested, why: "No visit after a refusal: " + why + "."}
	}
	byParty := map[string][]behavior.Behavior{}
	for _, b := range m.in.Behaviors {
		if slices.Contains(kinds, string(b.Kind)) && !overlap(m.categoriesOf(b.Vendor), spared) &&
			slices.ContainsFunc(b.States, func(s evidence.State) bool { return slices.Contains(states, s) }) {
			byParty[b.Vendor] = append(byParty[b.Vendor], b)
		}
	}
	var res result
	for _, party := range sorted(byParty) {
		f := Finding{Outcome: Differs, Recipients: []string{cmp.Or(party, m.in.Site)}, DataTypes: []string{"device_fingerprint"}, Fingerprint: fingerprint(r.ID, cmp.Or(party, m.in.Site))}
		best, sightings := flow.TextWeak, 0
		var names []string
		for _, b := range byParty[party] {
			if confidenceRank[b.Confidence] < confidenceRank[best] {
				best = b.Confidence
			}
			sightings += b.Sightings
			names = append(names, b.Detail)
			f.Pages, f.Evidence = append(f.Pages, b.Pages...), append(f.Evidence, b.Evidence...)
			for _, s := range b.States {
				if slices.Contains(states, s) && !slices.Contains(f.States, s) {
					f.States = append(f.States, s)
				}
			}
		}
		flow.SortStates(f.States)
		f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
		f.Severity, f.Confidence = capped(r.Severity, best, sightings), string(best)
		f.Title = fmt.Sprintf("%s recognises devices %s", m.owner(party), after[f.States[0]])
		f.Message = fmt.Sprintf("Observed %s: %s. People cannot decline this by their browser or the site's choice.", after[f.States[0]], list(shorten(names, 3)))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("No way to recognise devices that a choice does not end was seen %s.", after[states[0]])}
	}
	return res
}
