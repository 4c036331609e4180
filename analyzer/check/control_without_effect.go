package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// controlWithoutEffect finds controls that the texts offer and that stop nobody,
// or not all.
func controlWithoutEffect(m *Matcher, r *rules.Rule) result {
	byState := map[evidence.State][]control{}
	var untested []string
	for _, c := range m.controls() {
		if c.none {
			continue
		}
		byState[c.state] = append(byState[c.state], c)
	}
	if len(byState) == 0 {
		return result{outcome: NotApplicable, why: "The texts promise no control that a scan can use."}
	}
	var res result
	tested, quiet := 0, []string{}
	for _, s := range evidence.States() {
		for _, who := range []whom{trackers, sharers} {
			cs := slices.DeleteFunc(slices.Clone(byState[s]), func(c control) bool { return c.who != who })
			if len(cs) == 0 {
				continue
			}
			e := m.effectOf(s, who)
			if !e.state.Tested {
				untested = append(untested, e.state.Why)
				continue
			}
			tested++
			if len(e.on) == 0 {
				if !e.nothing() {
					quiet = append(quiet, m.sawStop(e))
				}
				continue
			}
			res.findings = append(res.findings, m.controlFinding(r, cs, e))
		}
	}
	slices.Sort(untested)
	untested = slices.Compact(untested)
	switch {
	case len(res.findings) > 0:
		return res
	case tested == 0:
		return result{outcome: NotTested, why: strings.Join(untested, " ")}
	case len(untested) > 0:
		return result{outcome: NotTested, why: strings.TrimSpace(strings.Join(quiet, " ") + " Not tested: " + strings.Join(untested, " "))}
	case len(quiet) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "Nobody was seen whom a promised control is to stop."}
	}
	return result{outcome: Matches, why: strings.Join(quiet, " ")}
}

// controlFinding is about one control with all that it did not stop.
func (m *Matcher) controlFinding(r *rules.Rule, cs []control, e effect) Finding {
	best, sightings := flow.Strong, 0
	f := Finding{Outcome: NeedsPerson, States: []evidence.State{e.state.State}, Fingerprint: fingerprint(r.ID, m.in.Site, string(e.state.State), fmt.Sprint(cs[0].who))}
	pages := map[string]bool{}
	for _, g := range e.on {
		one := m.wentOn(r, e.state.State, g)
		if one.Outcome == Differs {
			f.Outcome = Differs
		}
		if one.Confidence == string(flow.Direct) {
			best = flow.Direct
		}
		sightings = max(sightings, g.sight.Requests+len(g.cookies))
		f.Recipients = append(f.Recipients, one.Recipients...)
		f.Evidence = append(f.Evidence, one.Evidence[:min(4, len(one.Evidence))]...)
		for _, d := range one.DataTypes {
			if !slices.Contains(f.DataTypes, d) {
				f.DataTypes = append(f.DataTypes, d)
			}
		}
		for _, p := range one.Pages {
			pages[p] = true
		}
	}
	slices.Sort(f.DataTypes)
	f.Pages, f.Confidence, f.Severity = sorted(pages), string(best), capped(r.Severity, best, sightings)
	if f.Outcome == NeedsPerson {
		f.Severity = capped(f.Severity, flow.Indirect, 1)
	}
	for _, c := range cs {
		f.Statements = append(f.Statements, c.id)
	}
	f.Title = fmt.Sprintf("A choice that the text offers does not stop %s", countOf(len(e.on), "%d recipients", m.owner(e.on[0].id)))
	f.Message = fmt.Sprintf("The text says: “%s” %s", clip(cs[0].quote, 200), m.stillSeen(e))
	return f
}
