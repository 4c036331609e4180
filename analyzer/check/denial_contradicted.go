package check

import (
	"fmt"
	"maps"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// denialContradicted finds recipients of what the text says is not shared.
// Denials of selling are not contradicted by sharing: they are saleDenied's.
func denialContradicted(m *Matcher, r *rules.Rule) result {
	denials := m.deniedSharing()
	if len(denials) == 0 {
		return result{outcome: NotApplicable, why: "The text denies no sharing or selling."}
	}
	contradicted := map[string]hit{}
	for _, st := range denials {
		for _, f := range m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third }) {
			if _, ok := m.contradicts(st, f); ok {
				add(contradicted, f, st)
			}
		}
	}
	var res result
	for _, id := range slices.Sorted(maps.Keys(contradicted)) {
		h := contradicted[id]
		f := h.finding(r.Severity)
		f.Statements = h.statements
		f.Title = fmt.Sprintf("%s gets %s, which the text rules out", m.calling(h.recipient()), m.few(f.DataTypes))
		f.Message = fmt.Sprintf("The text says: %s Observed: %s going to %s.", m.quotes(h.needed()), m.dataNames(f.DataTypes), m.vendorName(h.recipient()))
		if onlyForms(h.flows) {
			f.Title = fmt.Sprintf("A form would send %s to %s, which the text rules out", m.few(f.DataTypes), m.calling(h.recipient()))
			f.Message = fmt.Sprintf("The text says: %s Observed: a form that asks for %s and would send them to %s.", m.quotes(h.needed()), m.dataNames(f.DataTypes), m.vendorName(h.recipient()))
		}
		if other := slices.DeleteFunc(m.stated(h.flows, Ambiguous), func(id string) bool { return slices.Contains(h.statements, id) }); len(other) > 0 {
			f.Message += " Another sentence says that it does happen: " + m.quotes(other[:1])
		}
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(len(denials), "None of the %d denials is contradicted by what was observed.", "The one denial is not contradicted by what was observed.")}
	}
	return res
}

// deniedSharing are the denials of sharing, selling and of letting others in.
func (m *Matcher) deniedSharing() []*statement {
	return slices.DeleteFunc(slices.Clone(m.denials), func(st *statement) bool {
		return st.limit != noLimit || !slices.Contains(sharing, st.Action) && !(st.Action == "use" && len(refs(st)) > 0)
	})
}

// hit is a recipient with the sentences that its flows differ from.
type hit struct {
	group
	statements []string
	denies     map[string]string // data type → the first statement that denies it
}

// needed are the fewest statements that name all the data, in their order.
func (h hit) needed() []string {
	var out []string
	for _, id := range h.statements {
		for _, st := range h.denies {
			if st == id && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

func add(to map[string]hit, f *flow.Flow, st *statement) {
	h := to[f.Recipient.Vendor]
	if !slices.Contains(h.flows, f) {
		h.flows = append(h.flows, f)
	}
	if !slices.Contains(h.statements, st.ID) {
		h.statements = append(h.statements, st.ID)
	}
	if h.denies == nil {
		h.denies = map[string]string{}
	}
	if data := f.DataTypes[0]; h.denies[data] == "" {
		h.denies[data] = st.ID
	}
	to[f.Recipient.Vendor] = h
}
