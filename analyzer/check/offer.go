package check

import (
	"cmp"
	"fmt"
	"math"
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

// rejectFirstLayer finds a first layer that accepts everything and does not
// refuse it.
func rejectFirstLayer(m *Matcher, r *rules.Rule) result {
	sure, open := m.reach(r)
	if !sure && !open {
		return noReach()
	}
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
	whereabouts(&f, r, open)
	return result{findings: []Finding{f}}
}

var necessaryWords = newPhrase(`(?i)\b(strictly\s+)?(necessary|essential|required|always\s+active|technical(ly)?)\b|notwendig|erforderlich|essen[tz]iell|nécessaire|essentiel|indispensable|necesari|esencial|necessari|tecnic|noodzakelijk|niezbędn|nødvendig|nödvändig`)

// preticked finds switches that are on by default and are not for what is
// necessary.
func preticked(m *Matcher, r *rules.Rule) result {
	sure, open := m.reach(r)
	if !sure && !open {
		return noReach()
	}
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	toggles, on := 0, []string{}
	for _, l := range o.Layers {
		for _, t := range l.Toggles {
			toggles++
			if t.On && !t.Locked && !necessaryWords.MatchString(t.Label) {
				on = append(on, "“"+cmp.Or(clip(t.Label, 60), "without a label")+"”")
			}
		}
	}
	switch {
	case toggles == 0:
		return result{outcome: NotApplicable, why: "No switch or check box was seen on the layers of the banner that were opened."}
	case len(on) == 0:
		return result{outcome: Matches, why: fmt.Sprintf("None of the %s on by default.", countOf(toggles, "%d switches and check boxes that can be changed is", "switches that can be changed is"))}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Title = fmt.Sprintf("%s in the banner on by default", countOf(len(on), "%d choices are", "One choice is"))
	f.Message = fmt.Sprintf("As the banner is shown, these are on and can be changed: %s.", list(shorten(on, 8)))
	byLooks(&f, c)
	whereabouts(&f, r, open)
	return result{findings: []Finding{f}}
}

// offerAsymmetry compares how the two choices are offered: by looks where both
// are on the first layer (params min_contrast, min_area, stands_out), and by
// clicks where param clicks is set.
func offerAsymmetry(m *Matcher, r *rules.Rule) result {
	sure, open := m.reach(r)
	if !sure && !open {
		return noReach()
	}
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	first := &o.Layers[0]
	accept, reject := controls(first, "accept"), controls(first, "reject")
	var res result
	if param(r, "clicks", false) && o.AcceptClicks > 0 && (o.RejectClicks > o.AcceptClicks || o.RejectClicks == 0) {
		f := m.offerFinding(r, c, r.Severity)
		f.Title = "Refusing takes more clicks than accepting"
		f.Message = fmt.Sprintf("Accepting everything takes %s, refusing everything %s.", countOf(o.AcceptClicks, "%d clicks", "one click"), countOf(o.RejectClicks, "%d clicks", "one click"))
		if o.RejectClicks == 0 {
			f.Title = "Everything can be accepted, and no way to refuse it was found"
			f.Message = fmt.Sprintf("Accepting everything takes %s. No way to refuse everything was found on the layers that were opened.", countOf(o.AcceptClicks, "%d clicks", "one click"))
		}
		f.Fingerprint = fingerprint(r.ID, m.in.Site, "clicks")
		byLooks(&f, c)
		whereabouts(&f, r, open)
		res.findings = append(res.findings, f)
	}
	if len(accept) > 0 && len(reject) > 0 {
		if how := asymmetries(r, accept[0], reject[0]); len(how) > 0 {
			f := m.offerFinding(r, c, param(r, "looks_severity", "medium"))
			f.Outcome = NeedsPerson
			f.Title = "The control that refuses is less visible than the one that accepts"
			f.Message = fmt.Sprintf("On the first layer, %s beside %s: %s. Other windows and themes may show it otherwise.", said(reject[0]), said(accept[0]), list(how))
			f.Fingerprint = fingerprint(r.ID, m.in.Site, "looks")
			byLooks(&f, c)
			whereabouts(&f, r, open)
			res.findings = append(res.findings, f)
		}
	}
	switch {
	case len(res.findings) > 0:
		return res
	case len(accept) == 0:
		return result{outcome: NotApplicable, why: "The first layer of the banner has no control that accepts everything."}
	case len(reject) == 0:
		return result{outcome: NotApplicable, why: "The first layer of the banner has no control that refuses everything, so there are not two to compare."}
	}
	return result{outcome: Matches, why: fmt.Sprintf("%s and %s take %d and %d clicks and are shown alike.", capital(said(accept[0])), said(reject[0]), o.AcceptClicks, o.RejectClicks)}
}

// asymmetries says in what the control that refuses is less visible.
func asymmetries(r *rules.Rule, accept, reject evidence.OfferControl) []string {
	var out []string
	contrast, area, stands := number(r, "min_contrast", 3), number(r, "min_area", 0.5), number(r, "stands_out", 3)
	if reject.Contrast > 0 && reject.Contrast < contrast && accept.Contrast >= contrast {
		out = append(out, fmt.Sprintf("the contrast of its text is %s, and %s", ratio(reject.Contrast), ratio(accept.Contrast)))
	}
	if a, b := reject.Box.Width*reject.Box.Height, accept.Box.Width*accept.Box.Height; a > 0 && b > 0 && a < area*b {
		out = append(out, fmt.Sprintf("its area is %d %% of the other's", int(math.Round(100*a/b))))
	}
	if reject.Kind == "link" && accept.Kind == "button" {
		out = append(out, "it is a link, and the other a button")
	}
	if !reject.InView && accept.InView {
		out = append(out, "it is seen only after scrolling")
	}
	if accept.StandsOut >= stands && reject.StandsOut > 0 && reject.StandsOut < stands && accept.StandsOut > reject.StandsOut {
		out = append(out, fmt.Sprintf("its surface has a contrast of %s to the banner, and the other's %s", ratio(reject.StandsOut), ratio(accept.StandsOut)))
	}
	if reject.FontPX > 0 && reject.FontPX < 0.75*accept.FontPX {
		out = append(out, fmt.Sprintf("its text is %g px high, and the other's %g px", math.Round(reject.FontPX), math.Round(accept.FontPX)))
	}
	return out
}

func ratio(v float64) string { return fmt.Sprintf("%.1f : 1", v) }

// cookieWall finds pages that cannot be used until a choice is made, and of it
// those that offer no refusal.
func cookieWall(m *Matcher, r *rules.Rule) result {
	sure, open := m.reach(r)
	if !sure && !open {
		return noReach()
	}
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	if !o.Wall {
		return result{outcome: Matches, why: "The page can be used while the banner is shown."}
	}
	if o.RejectClicks > 0 && o.RejectClicks <= max(o.AcceptClicks, 1) {
		return result{outcome: Matches, why: "The page cannot be used until a choice is made, and refusing takes no more clicks than accepting."}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Outcome = NeedsPerson
	f.Title = "The page cannot be used until a choice is made"
	f.Message = "The banner keeps the page from being used or scrolled"
	if o.RejectClicks == 0 {
		f.Message += ", and no way to refuse everything was found. Whether there is another way in needs a person."
	} else {
		f.Message += fmt.Sprintf(", and refusing takes %s, accepting %s.", countOf(o.RejectClicks, "%d clicks", "one click"), countOf(o.AcceptClicks, "%d clicks", "one click"))
	}
	byLooks(&f, c)
	whereabouts(&f, r, open)
	return result{findings: []Finding{f}}
}
