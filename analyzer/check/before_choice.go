package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// beforeChoice finds tracking that is not necessary in visits in which no
// choice was made. Params:
//
//	purposes    of cookies that count; default analytics and advertising
//	recipients  categories of vendors that count; default those that track or measure
//	measures    vendors whose measurement of the audience a law may exempt: left out where the
//	            text says that it runs without consent and its cookies are the site's own and live at most exempt_days
//	exempt_days default 396, thirteen months
//	elsewhere   regions in which another rule asks this: not asked where the profile names no others
//	elements    what the text has to say of it; a finding says what of it was not found
//	ask         findings are for a person
func beforeChoice(m *Matcher, r *rules.Rule) result {
	if there := texts(r, "elsewhere"); len(m.in.Profile.Regions) > 0 && !slices.ContainsFunc(m.in.Profile.Regions, func(x string) bool { return !slices.Contains(there, strings.ToLower(x)) }) {
		return result{outcome: NotApplicable, why: "In the regions that the profile names another rule asks this."}
	}
	early, exempted := m.early(r)
	untold := m.absentElements(texts(r, "elements"))
	if len(early.flows) == 0 {
		why := "No cookie or identifier with a known purpose of analytics or advertising was seen before a choice."
		if len(texts(r, "purposes"))+len(texts(r, "recipients")) > 0 {
			why = "Nothing of this kind was seen before a choice."
		}
		if len(exempted) > 0 {
			why += fmt.Sprintf(" Left out as measurement that the text says needs no consent: %s.", list(shorten(m.owners(exempted), 6)))
		}
		return result{outcome: Matches, why: why}
	}
	f := early.finding(r.Severity)
	f.States = []evidence.State{evidence.StateNone}
	f.Recipients = union(early.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	names := []string{}
	for _, g := range byRecipient(early.flows) {
		names = append(names, m.vendorName(g.recipient()))
	}
	slices.Sort(names)
	f.Message = fmt.Sprintf("Before any choice was made, cookies for analytics or advertising were set for, or identifiers or events went to, %s.", list(shorten(slices.Compact(names), 8)))
	if len(untold) > 0 {
		f.Message += fmt.Sprintf(" Not found in the texts: %s.", list(untold))
	}
	if truth(r, "ask") {
		f.Outcome = NeedsPerson
	}
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return result{findings: []Finding{f}}
}

var trackingCategories = append([]string{"analytics", "session_replay"}, adLike...)

// early is what was set or sent before a choice, and the vendors whose
// measurement was left out.
func (m *Matcher) early(r *rules.Rule) (early group, exempted []string) {
	purposes, categories := texts(r, "purposes"), texts(r, "recipients")
	if len(purposes) == 0 {
		purposes = []string{"analytics", "advertising"}
	}
	if len(categories) == 0 {
		categories = trackingCategories
	}
	out := map[string]bool{}
	for _, v := range texts(r, "measures") {
		if m.measuresOnly(v, number(r, "exempt_days", 396)) {
			out[v] = true
		}
	}
	left := map[string]bool{}
	keep := func(vendor string) bool {
		if out[vendor] {
			left[vendor] = true
		}
		return !out[vendor]
	}
	for _, c := range m.in.Seen.Cookies {
		if slices.Contains(c.States, evidence.StateNone) && slices.Contains(purposes, c.Purpose) && !m.consentTool(c.Vendor) && keep(c.Vendor) {
			early.flows = append(early.flows, cookieFlow(m, &c))
		}
	}
	early.flows = append(early.flows, m.flows(func(f *flow.Flow) bool {
		return f.Channel == "request" && f.Confidence != flow.Indirect && slices.Contains(f.States, evidence.StateNone) &&
			slices.Contains(identifying, f.DataTypes[0]) && overlap(m.categories(f), categories) && !m.consentTool(f.Recipient.Vendor) && keep(f.Recipient.Vendor)
	})...)
	return early, sorted(left)
}

// measuresOnly reports whether the text says that measurement runs without
// consent and a vendor's cookies are the site's own and short-lived.
func (m *Matcher) measuresOnly(vendor string, days float64) bool {
	if _, state := m.element("audience_exemption", m.in.Documents); state != stated {
		return false
	}
	return !slices.ContainsFunc(m.in.Seen.Cookies, func(c flow.Cookie) bool {
		return c.Vendor == vendor && (c.Party != flow.First || c.LifetimeDays > days || c.LifetimeDays < 0 || c.Purpose == "advertising")
	})
}

// absentElements names the elements that the readable notices do not state;
// nothing where there are none.
func (m *Matcher) absentElements(ids []string) []string {
	docs, why := m.noticesOf(nil)
	if why != "" {
		return nil
	}
	var out []string
	for _, id := range ids {
		if _, state := m.element(id, docs); state == absent {
			out = append(out, m.elementName(id))
		}
	}
	return out
}

// cookieFlow gives a cookie the shape of a flow, for grouping.
func cookieFlow(m *Matcher, c *flow.Cookie) *flow.Flow {
	r := flow.Recipient{Vendor: c.Vendor, Domain: c.Domain, Party: c.Party}
	if v := m.vendors[c.Vendor]; v != nil {
		r.Entity = v.Entity
	}
	if r.Vendor == "" {
		r.Vendor, r.Domain = m.in.Site, m.in.Site
	}
	return &flow.Flow{ID: c.ID, DataTypes: []string{"cookie_identifier"}, Recipient: r, Confidence: flow.Direct, Sightings: len(c.Pages), Pages: c.Pages, States: c.States}
}
