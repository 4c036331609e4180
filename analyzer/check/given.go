package check

import (
	"fmt"
	"slices"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// What rules may ask for in only_if: something that must have been seen before
// the comparison says anything.

// conditions are the words of only_if: each returns the flows that were seen and,
// when there are none, why the rule does not apply.
var conditions = map[string]struct {
	holds func(*Matcher, *flow.Flow) bool
	not   string
}{
	// Data that identify or describe visitors, by forms or identifiers.
	"collects": {func(m *Matcher, f *flow.Flow) bool {
		return f.Confidence != flow.Indirect && (slices.Contains(identifying, f.DataTypes[0]) || personal(f.DataTypes[0]))
	}, "No identifier or personal data was seen being collected."},
	// Such data at recipients that use them for their own ends.
	"shares": {(*Matcher).shares, "No identifier or personal data was seen going to a recipient that uses data for its own ends."},
	// The same from a page of a sensitive kind, or of sensitive data.
	"shares_sensitive": {func(m *Matcher, f *flow.Flow) bool { return m.shares(f) && m.sensitive(f) }, "No sensitive data, and nothing from a page of a sensitive kind, was seen going to a recipient that uses data for its own ends."},
	// Health data, or anything of weight from a page or form about health.
	"health": {(*Matcher).aboutHealth, "No health data, and nothing from a page about health, was seen being collected."},
	// Identifiers that are kept, on pages for children.
	"child_identifiers": {func(m *Matcher, f *flow.Flow) bool {
		return slices.Contains(identifying, f.DataTypes[0]) && f.Confidence != flow.Indirect && len(m.onChildPages(f)) > 0
	}, "No identifier was seen on a page for children."},
}

// given reports whether what a rule asks for in only_if was seen, with the flows
// that show it. Without only_if it is given.
func (m *Matcher) given(r *rules.Rule) (seen []*flow.Flow, no *result) {
	name := param(r, "only_if", "")
	if name == "" {
		return nil, nil
	}
	c, ok := conditions[name]
	if !ok {
		return nil, &result{outcome: NotTested, why: fmt.Sprintf("This version does not know the condition %q.", name)}
	}
	seen = m.flows(func(f *flow.Flow) bool { return c.holds(m, f) })
	if len(seen) == 0 {
		return nil, &result{outcome: NotApplicable, unseen: true, why: c.not}
	}
	return seen, nil
}

// aboutHealth reports whether a flow tells something of somebody's health.
func (m *Matcher) aboutHealth(f *flow.Flow) bool {
	return f.Confidence != flow.Indirect && (f.DataTypes[0] == "health" || slices.Contains(f.Places, "health") && !slices.Contains(bare, f.DataTypes[0]))
}

// shares reports whether a flow is what sale or sharing may be: identifiers or
// personal data that were seen going to a recipient that uses data for its own
// ends. Processors that the profile names are none, nor are requests that ask for
// restricted use themselves.
func (m *Matcher) shares(f *flow.Flow) bool {
	v := m.vendors[f.Recipient.Vendor]
	if v == nil || f.Recipient.Party != flow.Third || f.Confidence == flow.Indirect || m.processor(f.Recipient) || !m.stops(v, sharers) {
		return false
	}
	if e := m.seenAs(choice.Vendor, v.ID); e != nil && e.At(evidence.StateNone).Class == choice.Restricted {
		return false
	}
	return slices.Contains(identifying, f.DataTypes[0]) || personal(f.DataTypes[0])
}

// sensitive reports whether a flow tells something sensitive: by its data, or by
// the pages from which it went.
func (m *Matcher) sensitive(f *flow.Flow) bool {
	is := func(data string) bool {
		d := m.in.Set.Terms.DataType(data)
		return d != nil && d.Sensitive
	}
	return is(f.DataTypes[0]) || slices.ContainsFunc(f.Places, func(class string) bool {
		c := m.in.Set.Terms.Place(class)
		return c != nil && is(c.Data)
	})
}

// recipientsOf are the ids of the flows' recipients.
func recipientsOf(flows []*flow.Flow) []string {
	return union(flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
}

// siteFinding starts a finding about the site as a whole, with the flows behind
// it, if any.
func (m *Matcher) siteFinding(r *rules.Rule, severity string, flows []*flow.Flow, about ...string) Finding {
	f := Finding{Outcome: Differs, Severity: severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}}
	if len(flows) > 0 {
		f = group{flows: flows}.finding(severity)
		f.Recipients = recipientsOf(flows)
	}
	f.Fingerprint = fingerprint(append([]string{r.ID, m.in.Site}, about...)...)
	return f
}
