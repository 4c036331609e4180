package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// openFindings rolls up what other rules found. It runs after them. Params: rules
// (their ids).
func openFindings(m *Matcher, r *rules.Rule) result {
	var open []Finding
	var quiet, untested []string
	for _, id := range texts(r, "rules") {
		found := slices.DeleteFunc(slices.Clone(m.found[id]), func(f Finding) bool { return f.Outcome != Differs })
		switch o := m.outcome[id]; {
		case len(found) > 0:
			open = append(open, found...)
		case o == Matches || o == NotApplicable || o == NeedsPerson:
			quiet = append(quiet, id)
		default:
			untested = append(untested, id)
		}
	}
	if len(open) == 0 {
		switch {
		case len(quiet) == 0:
			return result{outcome: NotTested, why: fmt.Sprintf("None of %s was tested.", list(untested))}
		case len(untested) > 0:
			return result{outcome: NotTested, why: fmt.Sprintf("Not tested: %s. Nothing differs by %s.", list(untested), list(quiet))}
		}
		return result{outcome: Matches, why: fmt.Sprintf("Nothing differs by %s.", list(quiet))}
	}
	f := Finding{Outcome: Differs, Severity: r.Severity, Confidence: open[0].Confidence, Title: r.Title, Fingerprint: fingerprint(r.ID, m.in.Site)}
	worst, by := "info", []string{}
	sets := [4]map[string]bool{{}, {}, {}, {}}
	for _, o := range open {
		if severityRank[o.Severity] < severityRank[worst] {
			worst = o.Severity
		}
		if rank := func(c string) int { return confidenceRank[flow.Confidence(c)] }; rank(o.Confidence) < rank(f.Confidence) {
			f.Confidence = o.Confidence
		}
		if !slices.Contains(by, o.Rule) {
			by = append(by, o.Rule)
		}
		for i, values := range [4][]string{o.Recipients, o.DataTypes, o.Pages, o.Statements} {
			for _, v := range values {
				sets[i][v] = true
			}
		}
		f.Evidence = append(f.Evidence, o.ID)
		for _, s := range o.States {
			if !slices.Contains(f.States, s) {
				f.States = append(f.States, s)
			}
		}
	}
	f.Recipients, f.DataTypes, f.Pages, f.Statements = sorted(sets[0]), sorted(sets[1]), sorted(sets[2]), sorted(sets[3])
	f.States = inOrder(f.States)
	if severityRank[worst] > severityRank[f.Severity] {
		f.Severity = worst
	}
	slices.Sort(by)
	f.Message = fmt.Sprintf("What the texts say differs from what was observed in %s: see %s. The first: %s", countOf(len(open), "%d findings", "one finding"), list(by), open[0].Message)
	return result{findings: []Finding{f}}
}

func inOrder(states []evidence.State) []evidence.State {
	var out []evidence.State
	for _, s := range evidence.States() {
		if slices.Contains(states, s) {
			out = append(out, s)
		}
	}
	return out
}
