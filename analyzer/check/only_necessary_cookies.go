package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// onlyNecessaryCookies finds cookies and storage keys of another purpose where
// the text allows necessary ones only.
func onlyNecessaryCookies(m *Matcher, r *rules.Rule) result {
	limits := 0
	outside, rule := map[string][]flow.Cookie{}, map[string][]*statement{} // by vendor
	for _, st := range m.statements {
		if st.limit == noLimit || scoped(st) != "" || st.Actor != "we" && st.Actor != "" {
			continue
		}
		limits++
		for _, c := range m.outside(st) {
			if !slices.Contains(rule[c.Vendor], st) {
				rule[c.Vendor] = append(rule[c.Vendor], st)
			}
			if !slices.ContainsFunc(outside[c.Vendor], func(o flow.Cookie) bool { return o.ID == c.ID }) {
				outside[c.Vendor] = append(outside[c.Vendor], c)
			}
		}
	}
	if limits == 0 {
		return result{outcome: NotApplicable, why: "The text does not limit cookies to necessary ones."}
	}
	var res result
	for _, vendor := range sorted(outside) {
		f := m.cookieFinding(r.Severity, vendor, outside[vendor])
		for _, st := range rule[vendor] {
			f.Statements = append(f.Statements, st.ID)
		}
		if !slices.ContainsFunc(rule[vendor], func(st *statement) bool { return st.when != withoutConsent }) {
			f.States = slices.DeleteFunc(f.States, agreed)
			when := "before a choice"
			if !slices.Contains(f.States, evidence.StateNone) {
				when = "without consent"
			}
			f.Title = fmt.Sprintf("Cookies of %s are set %s, which the text rules out", m.owner(vendor), when)
		} else {
			f.Title = fmt.Sprintf("Cookies of %s are set, beyond those that the text allows", m.owner(vendor))
		}
		f.Message = fmt.Sprintf("The text says: “%s” Observed: %s.", m.quote(f.Statements[0]), cookieNames(outside[vendor]))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("None of the %d observed cookies is known to have another purpose.", len(m.in.Seen.Cookies))}
	}
	return res
}

// agreed reports whether a visitor of a state has agreed at some time.
func agreed(s evidence.State) bool { return s == evidence.StateAccept || s == evidence.StateWithdraw }

// owner is how the company behind cookies is called; "" is the site itself.
func (m *Matcher) owner(vendor string) string {
	if vendor == "" {
		return m.in.Site
	}
	return m.calling(flow.Recipient{Vendor: vendor})
}

// cookieFinding starts a finding about the cookies of one vendor, or of the
// site itself when vendor is "".
func (m *Matcher) cookieFinding(severity, vendor string, cookies []flow.Cookie) Finding {
	pages, ids, states := map[string]bool{}, []string{}, []evidence.State{}
	sightings := 0
	for _, c := range cookies {
		ids = append(ids, c.ID)
		sightings += len(c.Pages)
		for _, p := range c.Pages {
			pages[p] = true
		}
		for _, s := range c.States {
			if !slices.Contains(states, s) {
				states = append(states, s)
			}
		}
	}
	slices.Sort(ids)
	flow.SortStates(states)
	if vendor == "" {
		vendor = m.in.Site
	}
	return Finding{
		// The cookie itself was seen in the jar or in an answer.
		Outcome: Differs, Severity: capped(severity, flow.Direct, sightings), Confidence: string(flow.Direct),
		Recipients: []string{vendor}, DataTypes: []string{"cookie_identifier"}, Pages: sorted(pages), States: states, Evidence: ids,
	}
}
