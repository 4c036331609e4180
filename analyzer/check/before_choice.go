package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// beforeChoice finds tracking that is not necessary in visits in which no
// choice was made.
func beforeChoice(m *Matcher, r *rules.Rule) result {
	early := group{}
	for _, c := range m.in.Seen.Cookies {
		if slices.Contains(c.States, evidence.StateNone) && (c.Purpose == "analytics" || c.Purpose == "advertising") && !m.consentTool(c.Vendor) {
			early.flows = append(early.flows, cookieFlow(m, &c))
		}
	}
	early.flows = append(early.flows, m.flows(func(f *flow.Flow) bool {
		return f.Channel == "request" && f.Confidence != flow.Indirect && slices.Contains(f.States, evidence.StateNone) &&
			slices.Contains(identifying, f.DataTypes[0]) && overlap(m.categories(f), append([]string{"analytics", "session_replay"}, adLike...))
	})...)
	if len(early.flows) == 0 {
		return result{outcome: Matches, why: "No cookie or identifier with a known purpose of analytics or advertising was seen before a choice."}
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
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return result{findings: []Finding{f}}
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
