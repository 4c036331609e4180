package check

import (
	"cmp"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// offered returns how the choice is offered; without a banner that was looked at,
// the result of a rule that wants one.
func (m *Matcher) offered() (*evidence.Choice, *evidence.Offer, *result) {
	if c, o := m.in.Choices.Offer(); o != nil {
		return c, o, nil
	}
	for _, st := range m.in.Choices.States {
		if st.Choice != nil && st.Choice.Outcome == evidence.ChoiceNoBanner {
			return nil, nil, &result{outcome: NotApplicable, why: "No consent banner was found: " + cmp.Or(st.Why, st.Choice.Why, "none was seen")}
		}
	}
	for _, st := range m.in.Choices.States {
		if st.Choice != nil && st.Choice.Why != "" {
			return nil, nil, &result{outcome: NotTested, why: "How the choice is offered was not seen: " + st.Choice.Why}
		}
	}
	return nil, nil, &result{outcome: NotTested, why: "No consent banner was looked for."}
}

// offerFinding starts a finding about the banner. One that was found by its looks
// may have been misread.
func (m *Matcher) offerFinding(r *rules.Rule, c *evidence.Choice, severity string) Finding {
	f := Finding{
		Outcome: Differs, Severity: severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}, States: []evidence.State{c.State},
		Evidence: []string{c.Page}, Fingerprint: fingerprint(r.ID, m.in.Site),
	}
	for _, p := range m.in.Pages {
		if p.Depth == 0 && p.Ended != "failed" && !slices.Contains(f.Pages, p.URL) {
			f.Pages = append(f.Pages, p.URL)
		}
	}
	if c.Found == "looks" {
		f.Outcome, f.Severity, f.Confidence = NeedsPerson, capped(severity, flow.Indirect, 1), string(flow.Strong)
	}
	return f
}

// byLooks says in a message that a banner was found by its looks.
func byLooks(f *Finding, c *evidence.Choice) {
	if c.Found == "looks" {
		f.Message += " The banner is of no platform that is known, and was read by its words and looks."
	}
}

// controls returns the controls of a role.
func controls(l *evidence.OfferLayer, role string) []evidence.OfferControl {
	var out []evidence.OfferControl
	for _, c := range l.Controls {
		if c.Role == role {
			out = append(out, c)
		}
	}
	return out
}

func said(c evidence.OfferControl) string { return "“" + clip(c.Text, 60) + "”" }
