package check

import (
	"fmt"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// optOutWay looks whether the opt-outs that pages and notices name can be used:
// their pages open, a click does something, no account is asked for. Each that
// cannot is a finding; where another one was used, it weighs less.
func optOutWay(m *Matcher, r *rules.Rule) result {
	c := m.in.Choices.Of(evidence.StateOptOut).Choice
	switch {
	case c == nil:
		return result{outcome: NotTested, why: "No opt-out was tried: the state optout was not visited."}
	case len(c.Ways) == 0 && c.Outcome == evidence.ChoiceNoBanner:
		return result{outcome: NotApplicable, why: "Neither the start page nor a notice that was read names an opt-out."}
	case len(c.Ways) == 0:
		return result{outcome: NotTested, why: capital(c.Why) + "."}
	}
	var res result
	used, operated, open, untested := 0, 0, 0, 0
	for i := range c.Ways {
		w := &c.Ways[i]
		switch {
		case w.Outcome == evidence.WayFailed, w.Account:
			res.findings = append(res.findings, m.wayFinding(r, c, w))
		case w.Outcome == evidence.WayTaken:
			used++
		case w.Outcome == evidence.WayOperated:
			operated++
		case w.Outcome == evidence.WayReached:
			open++
		default:
			untested++
		}
	}
	switch {
	case len(res.findings) > 0:
		return res
	case used == 0 && open == 0:
		return result{outcome: NotTested, why: capital(c.Why) + "."}
	}
	why := countOf(len(c.Ways), "%d ways to opt out are named", "One way to opt out is named") + ": " + list([]string{fmt.Sprintf("%d taken", used), fmt.Sprintf("%d used without a sign that it took", operated), fmt.Sprintf("%d opened and not used", open), fmt.Sprintf("%d not tried", untested)}) + "."
	return result{outcome: Matches, why: why}
}

func (m *Matcher) wayFinding(r *rules.Rule, c *evidence.Choice, w *evidence.ChoiceWay) Finding {
	f := Finding{
		Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}, States: []evidence.State{c.State},
		Pages: []string{w.On}, Evidence: []string{c.Page}, Fingerprint: fingerprint(r.ID, w.Address, w.Text),
	}
	name := "The opt-out “" + clip(w.Text, 80) + "”"
	f.Title = name + " cannot be used"
	where := "The page " + clip(w.On, 200) + " names it"
	if w.Notice {
		where = "The notice " + clip(w.On, 200) + " names it"
	}
	if w.Sentence != "" {
		where += ": “" + clip(w.Sentence, 300) + "”"
	}
	f.Message = where + ". " + capital(w.Why)
	if w.Account && w.Outcome != evidence.WayFailed {
		f.Outcome, f.Severity, f.Confidence = NeedsPerson, capped(r.Severity, flow.Indirect, 1), string(flow.Strong)
		f.Title = name + " asks for a log-in"
		f.Message += " Whether visitors without an account have another way needs a person."
	}
	if c.Outcome == evidence.ChoiceTaken {
		f.Severity = capped(f.Severity, flow.Indirect, 1)
		f.Message += " Another opt-out of the site was used, and the site took it."
	}
	return f
}
