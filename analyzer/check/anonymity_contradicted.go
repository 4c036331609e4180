package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// Claims that what is collected or shared tells nobody apart.
var (
	anonymous = newPhrase(`(?i)\b(?:anonym(?:ous|ously|i[sz]ed|ized|ity)?|non-?\s?(?:identifiable|personal(?:ly)?|pii)|de-?identified|aggregate[ds]?|(?:does|do|can|cannot|will|is|are)\s?(?:not|n['’]t)\s+(?:\w+\s+){0,3}(?:identify|identifiable|linked to)|not personally identif\w+)\b|\banonym\p{L}*|\bagrégé\p{L}*|\banónim\p{L}*|\bagregad\p{L}*|\baggregiert\p{L}*`)
	// What is anonymous later, elsewhere or on request is no claim about the flow.
	laterAnonymous = newPhrase(`(?i)\b(?:may|can|might|could|will)\s+(?:\w+\s+){0,3}(?:anonymi[sz]e|aggregate|de-?identify|use|create|browse|visit|remain|stay)\b|\b(?:anonymi[sz]e|delete|erase)\b|\bip\b|\banonymi[sz]ed? ip\b|\bip[- ]?(?:address|masking|anonymi)|\b(?:browse|visit|use|remain|stay)\s+(?:\w+\s+){0,5}anonymous|\bafter\b|\bonce\b|\bstore[sd]? in anonymi|\bpseudonym`)
)

// anonymityContradicted finds identifiers that last and that go to those of whom
// a text says that what they get is anonymous, aggregate or not identifiable: one
// finding for each recipient. Params:
//
//	data  types of data that tell visitors apart
func anonymityContradicted(m *Matcher, r *rules.Rule) result {
	data := texts(r, "data")
	claims := []*statement{}
	for _, st := range m.statements {
		if !st.Negated && anonymous.MatchString(st.Quote) && !laterAnonymous.MatchString(st.Quote) && scoped(st) == "" && !notPractice(st.Action) && (needsRecipient(st.Action) || len(refs(st)) > 0 || st.Actor == "third_party") {
			claims = append(claims, st)
		}
	}
	if len(claims) == 0 {
		return result{outcome: NotApplicable, why: "The text does not say of anybody who gets data that they are anonymous or aggregate."}
	}
	var res result
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence != flow.Indirect && slices.Contains(data, f.DataTypes[0])
	})) {
		about := m.claimsOf(claims, g)
		if len(about) == 0 {
			continue
		}
		lasting := group{}
		for _, f := range g.flows {
			if f.DataTypes[0] != "cookie_identifier" || m.lasts(f) {
				lasting.flows = append(lasting.flows, f)
			}
		}
		if len(lasting.flows) == 0 {
			continue
		}
		f := lasting.finding(r.Severity)
		for _, st := range about[:min(len(about), maxStatements)] {
			f.Statements = append(f.Statements, st.ID)
		}
		f.Title = fmt.Sprintf("The text calls it anonymous: %s gets %s", m.calling(g.recipient()), m.few(f.DataTypes))
		f.Message = fmt.Sprintf("The text says: “%s” %s Such a value tells one visitor from another and stays with them.", clip(about[0].Quote, 200), m.gets(lasting))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("Nobody of whom the text says so was seen to get an identifier that lasts: “%s”", clip(claims[0].Quote, 200))}
	}
	return res
}

// claimsOf are the claims that speak of a recipient: by name, company or kind, or
// of third parties in general.
func (m *Matcher) claimsOf(claims []*statement, g group) []*statement {
	var out []*statement
	for _, st := range claims {
		level, _ := m.recipient(st, g.flows[0])
		switch {
		case level >= kindRecipient, level == anyRecipient && needsRecipient(st.Action) && !m.processor(g.recipient()):
			out = append(out, st)
		}
	}
	return out
}

// lasts reports whether an identifier that was sent is one that outlives the
// session: a cookie or key of the recipient, or of the site that it read.
func (m *Matcher) lasts(f *flow.Flow) bool {
	return slices.ContainsFunc(m.in.Seen.Cookies, func(c flow.Cookie) bool {
		return c.Vendor == f.Recipient.Vendor && c.Identifier && !c.Session && (c.LifetimeDays > 1 || c.LifetimeDays < 0)
	}) || slices.ContainsFunc(m.in.Seen.Storage, func(k flow.StorageItem) bool {
		return k.Vendor == f.Recipient.Vendor && k.Identifier && k.Kind != "session"
	})
}
