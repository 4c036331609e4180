package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// exemptionExceeded looks, where a text says that the audience is measured
// without consent, whether what measures keeps within such an exemption:
// cookies' lifetime, nobody else who gets identifiers, and a way to object.
// Params: days (most of a cookie's lifetime), claim and objection (elements of
// the texts).
func exemptionExceeded(m *Matcher, r *rules.Rule) result {
	docs, why := m.noticesOf(nil)
	if why != "" {
		return result{outcome: NotTested, why: why}
	}
	claim, state := m.element(param(r, "claim", "audience_exemption"), docs)
	switch state {
	case absent:
		return result{outcome: NotApplicable, why: "The text does not say that measuring the audience needs no consent."}
	case notRead:
		return result{outcome: NotTested, why: "The texts are in languages in which this version does not look for such a sentence."}
	}
	days := number(r, "days", 396)
	var reasons []string
	f := Finding{Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}, States: []evidence.State{evidence.StateNone}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	who, sightings := map[string]bool{}, 0
	for _, c := range m.in.Seen.Cookies {
		if c.Purpose != "analytics" || !slices.Contains(c.States, evidence.StateNone) {
			continue
		}
		who[c.Vendor] = true
		switch {
		case c.LifetimeDays > days+1:
			reasons = append(reasons, fmt.Sprintf("the cookie %s lives for %s", c.Name, duration(c.LifetimeDays)))
		case c.Party == flow.Third:
			reasons = append(reasons, fmt.Sprintf("the cookie %s is of another domain, %s, and can follow visitors over sites", c.Name, c.Domain))
		default:
			continue
		}
		f.Evidence, f.Pages, sightings = append(f.Evidence, c.ID), append(f.Pages, c.Pages...), sightings+len(c.Pages)
	}
	shared := m.flows(func(x *flow.Flow) bool {
		return x.Channel == "request" && x.Recipient.Party == flow.Third && x.Confidence != flow.Indirect && slices.Contains(x.States, evidence.StateNone) &&
			slices.Contains(identifying, x.DataTypes[0]) && overlap(m.categories(x), adLike)
	})
	for _, g := range byRecipient(shared) {
		reasons = append(reasons, fmt.Sprintf("identifiers go to %s, which uses data for its own ends", m.vendorName(g.recipient())))
		f.Evidence, f.Pages, sightings = append(f.Evidence, ids(g.flows)...), append(f.Pages, union(g.flows, func(x *flow.Flow) []string { return x.Pages })...), sightings+g.sightings()
		who[g.recipient().Vendor] = true
	}
	measured, _ := m.identified(statistics, "")
	if len(who)+len(measured.flows) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No measurement of the audience was seen before a choice."}
	}
	weak := len(reasons) == 0
	if _, s := m.element(param(r, "objection", "statistics_objection"), docs); s == absent {
		reasons = append(reasons, "a way to object to the measurement was not found in the texts")
	}
	if len(reasons) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text says: “%s” Nothing was seen that goes beyond it.", clip(claim.Quote, 160))}
	}
	delete(who, "")
	if len(who) > 0 {
		f.Recipients = sorted(who)
	}
	f.Severity = capped(r.Severity, flow.Direct, sightings)
	if weak {
		f.Severity, f.Confidence = capped(r.Severity, flow.TextWeak, 1), string(flow.TextWeak)
		m.doubt(&f)
	}
	f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
	f.Title = "Measurement that the text says needs no consent goes further"
	f.Message = fmt.Sprintf("The text says: “%s” Observed before a choice: %s.", clip(claim.Quote, 160), list(shorten(reasons, 6)))
	return result{findings: []Finding{f}}
}
