package check

import (
	"fmt"
	"math"

	"candor/crawler/evidence"
	"candor/rules"
)

// offerAsymmetry compares how the two choices are offered: by looks where both
// are on the first layer (params min_contrast, min_area, stands_out), and by
// clicks where param clicks is set.
func offerAsymmetry(m *Matcher, r *rules.Rule) result {
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
