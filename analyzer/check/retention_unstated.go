package check

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// retentionUnstated asks whether the texts say how long data are kept, and whether
// what the browser keeps stays within it. A criterion alone ("as long as
// necessary") is no period. Params:
//
//	kinds  of notice that are looked in; without it all
func retentionUnstated(m *Matcher, r *rules.Rule) result {
	kinds := texts(r, "kinds")
	periods, criteria, rows, limits := []wording{}, []wording{}, 0, []*statement{}
	for _, st := range m.statements {
		if len(kinds) > 0 && !slices.Contains(kinds, st.doc.Kind) || slices.Contains(elsewhere, st.scope) || st.Negated {
			continue
		}
		days, rule := st.Keeping()
		switch {
		case days > 0:
			periods = append(periods, wording{doc: st.doc, id: st.ID, quote: st.Quote})
			if cookieWord.MatchString(st.Quote) {
				limits = append(limits, st)
			}
		case rule != "":
			criteria = append(criteria, wording{doc: st.doc, id: st.ID, quote: st.Quote})
		}
	}
	for _, row := range declarations(m.in.Documents) {
		if row.LifetimeDays >= 0 {
			rows++
		}
	}
	longest := m.longest()
	if len(longest) == 0 && len(collecting(m.in.Seen.Forms)) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "Nothing was seen that keeps data: no identifier in a cookie and no form that asks for data."}
	}
	for _, st := range limits {
		if p := m.lifetimePromise(st); p.Verdict == broken {
			f := m.retentionFinding(r, slices.DeleteFunc(m.longest(), func(c flow.Cookie) bool { return !beyond(&c, st) }))
			f.Confidence = string(flow.Direct)
			f.Title = "Cookies live longer than a sentence of the text says"
			f.Message = fmt.Sprintf("The text says: “%s” %s", clip(st.Quote, 200), p.Why)
			f.Statements = []string{st.ID}
			return result{findings: []Finding{f}}
		}
	}
	switch {
	case len(periods) > 0:
		return result{outcome: Matches, why: fmt.Sprintf("The text states %s: “%s”", countOf(len(periods), "%d periods", "a period"), clip(periods[0].quote, 200))}
	case len(criteria) > 0:
		f := m.retentionFinding(r, longest)
		f.Title = "The text gives a criterion for keeping data, and no period"
		f.Message = "The text says: " + f.quoted(criteria) + " Not found in the text: a period for any kind of data." + m.keptFor(longest)
		m.doubt(&f)
		if rows > 0 {
			f.Outcome, f.Severity = NeedsPerson, "low"
			f.Message += " Its cookie table states lifetimes of cookies; how long the rest is kept needs a person."
		}
		return result{findings: []Finding{f}}
	}
	f := m.retentionFinding(r, longest)
	f.Title = "The text does not say how long data are kept"
	f.Message = "Not found in the text: how long data are kept, as a period or a criterion." + m.keptFor(longest)
	if rows > 0 {
		f.Message += " Its cookie table states lifetimes of cookies only."
	}
	m.doubt(&f)
	return result{findings: []Finding{f}}
}

// longest are the cookies with an identifier that live longest, the longest first.
func (m *Matcher) longest() []flow.Cookie {
	out := slices.DeleteFunc(slices.Clone(m.in.Seen.Cookies), func(c flow.Cookie) bool {
		return !c.Identifier || c.Session || c.LifetimeDays <= 0 || m.consentTool(c.Vendor)
	})
	slices.SortStableFunc(out, func(a, b flow.Cookie) int {
		return cmp.Or(cmp.Compare(b.LifetimeDays, a.LifetimeDays), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), 5)]
}

func (m *Matcher) keptFor(longest []flow.Cookie) string {
	if len(longest) == 0 {
		return ""
	}
	var names []string
	for _, c := range longest[:min(3, len(longest))] {
		names = append(names, fmt.Sprintf("%s for %s", c.Name, duration(c.LifetimeDays)))
	}
	return " Observed: the browser is told to keep " + list(names) + "."
}

func (m *Matcher) retentionFinding(r *rules.Rule, longest []flow.Cookie) Finding {
	f := Finding{Outcome: Differs, Severity: r.Severity, Confidence: string(flow.TextWeak), Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	for _, c := range longest {
		f.Evidence, f.Pages, f.States = append(f.Evidence, c.ID), append(f.Pages, c.Pages...), append(f.States, c.States...)
	}
	f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
	flow.SortStates(f.States)
	f.States = slices.Compact(f.States)
	return f
}
