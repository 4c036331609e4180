package check

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// unencrypted finds forms that would send data over http and encrypted pages
// that load parts over http.
func unencrypted(m *Matcher, r *rules.Rule) result {
	forms := collecting(m.in.Seen.Forms)
	var res result
	plain := map[string][]flow.Form{}
	for _, f := range m.plainForms() {
		to := f.ActionVendor
		if to == "" {
			to = m.in.Site
		}
		plain[to] = append(plain[to], f)
	}
	for _, to := range sorted(plain) {
		res.findings = append(res.findings, m.plainForm(r, to, plain[to]))
	}
	if mixed := m.mixedPages(); len(mixed) > 0 {
		f := Finding{
			Outcome: Differs, Severity: capped(param(r, "mixed_severity", "medium"), flow.Direct, len(mixed)), Confidence: string(flow.Direct),
			Title: "Encrypted pages that load parts over http", Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site, "mixed"),
		}
		for _, p := range mixed {
			f.Pages = append(f.Pages, p.URL)
			f.Evidence = append(f.Evidence, p.ID)
			if !slices.Contains(f.States, p.State) {
				f.States = append(f.States, p.State)
			}
		}
		f.Pages = compact(f.Pages)
		flow.SortStates(f.States)
		f.Message = fmt.Sprintf("%s over http, as %s on %s.", countOf(len(f.Pages), "%d encrypted pages load parts", "An encrypted page loads parts"), clip(mixed[0].Mixed[0], 120), mixed[0].URL)
		res.findings = append(res.findings, f)
	}
	switch {
	case len(res.findings) > 0:
		return res
	case len(forms) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No form that collects data and no http part of an encrypted page was seen."}
	}
	return result{outcome: Matches, why: countOf(len(forms), "All %d forms that collect data post over https.", "The one form that collects data posts over https.")}
}

func (m *Matcher) plainForm(r *rules.Rule, to string, forms []flow.Form) Finding {
	f := Finding{Outcome: Differs, Confidence: string(flow.Strong), Recipients: []string{to}}
	data := map[string]bool{}
	for _, form := range forms {
		f.Pages = append(f.Pages, form.Page)
		f.Evidence = append(f.Evidence, form.ID)
		for _, field := range form.Fields {
			if field.DataType != "" {
				data[field.DataType] = true
			}
		}
	}
	f.DataTypes, f.Pages = sorted(data), compact(f.Pages)
	f.States = m.statesOfForms(forms)
	sightings := len(forms)
	for _, seen := range m.in.Seen.Flows {
		if seen.Channel == "form" && slices.ContainsFunc(forms, func(form flow.Form) bool { return slices.Contains(seen.Evidence, form.ID) }) {
			sightings = max(sightings, seen.Sightings)
		}
	}
	f.Severity = capped(r.Severity, flow.Strong, sightings)
	f.Title = fmt.Sprintf("A form would send %s over http", cmp.Or(m.few(f.DataTypes), "what it asks for"))
	f.Message = fmt.Sprintf("Observed %s: %s for %s and would send them over http, without encryption, to %s.", seenOn(f.Pages, ""), countOf(len(forms), "%d forms ask", "a form asks"), cmp.Or(m.dataNames(f.DataTypes), "what is typed"), clip(forms[0].Action, 120))
	for _, st := range m.statements {
		if st.scope == "" && securityClaim(st) {
			f.Statements = append(f.Statements, st.ID)
		}
	}
	if len(f.Statements) > 0 {
		f.Message += fmt.Sprintf(" The text says: “%s”", m.quote(f.Statements[0]))
	}
	return f
}

// statesOfForms are the states in which forms were seen: a form stands for its
// like in all states, and what it asks for was noted in each.
func (m *Matcher) statesOfForms(forms []flow.Form) []evidence.State {
	var out []evidence.State
	for _, f := range forms {
		out = joined(out, []evidence.State{f.State})
		for i := range m.in.Seen.Flows {
			if x := &m.in.Seen.Flows[i]; x.Channel == "form" && slices.Contains(x.Evidence, f.ID) {
				out = joined(out, x.States)
			}
		}
	}
	return inOrder(out)
}

// plainForms are the forms that ask for data and would send it over http.
func (m *Matcher) plainForms() []flow.Form {
	return slices.DeleteFunc(collecting(m.in.Seen.Forms), func(f flow.Form) bool { return f.Secure })
}

func (m *Matcher) mixedPages() []evidence.Page {
	return slices.DeleteFunc(slices.Clone(m.in.Pages), func(p evidence.Page) bool { return len(p.Mixed) == 0 })
}

func compact(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
