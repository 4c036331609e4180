package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// scriptsAtFields finds companies that a page with very sensitive fields has no
// need of: any script on a page can read what is typed there. One finding for each
// kind of field. Params:
//
//	data       types of data of the fields
//	strangers  categories of vendors that have no business there
//	strangers_of  the same by type of data
//	severity   by type of data
func scriptsAtFields(m *Matcher, r *rules.Rule) result {
	data := texts(r, "data")
	byData := map[string][]flow.Form{}
	for _, f := range m.in.Seen.Forms {
		if f.FramedBy != "" {
			continue // scripts of the page cannot read it
		}
		for _, x := range f.Fields {
			if slices.Contains(data, x.DataType) && !slices.ContainsFunc(byData[x.DataType], func(o flow.Form) bool { return o.ID == f.ID }) {
				byData[x.DataType] = append(byData[x.DataType], f)
			}
		}
	}
	if len(byData) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: fmt.Sprintf("No field for %s was seen.", m.dataNames(data))}
	}
	var res result
	table := param(r, "severity", map[string]any{})
	for _, d := range sorted(byData) {
		strangers := texts(r, "strangers")
		if own := stringsOf(param(r, "strangers_of", map[string]any{})[d]); len(own) > 0 {
			strangers = own
		}
		who := m.scriptsAt(byData[d], strangers)
		if len(who) == 0 {
			continue
		}
		f := Finding{Outcome: Differs, Confidence: string(flow.Strong), Severity: r.Severity, DataTypes: []string{d}, Fingerprint: fingerprint(r.ID, m.in.Site, d)}
		if s, _ := table[d].(string); s != "" {
			f.Severity = s
		}
		var names []string
		seen := 0
		for _, v := range who {
			names, f.Recipients = append(names, v.Name), append(f.Recipients, v.ID)
			seen += v.Requests
		}
		for _, form := range byData[d] {
			if slices.ContainsFunc(who, func(v *flow.Vendor) bool { return slices.Contains(v.Pages, form.Page) }) {
				f.Pages, f.Evidence = append(f.Pages, form.Page), append(f.Evidence, form.ID)
			}
		}
		f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
		f.States, f.Severity = m.statesOf(f.Pages), capped(f.Severity, flow.Strong, seen)
		f.Title = fmt.Sprintf("%s on a page with a field for %s", list(shorten(names, 3)), m.dataName(d))
		f.Message = fmt.Sprintf("Observed %s: a field for %s, and requests to %s, which the field does not need. A script of any of them could read what is typed; that it does is another matter.",
			seenOn(f.Pages, ""), m.dataName(d), list(shorten(names, 6)))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("Pages with fields for %s have no requests to companies that these fields do not need.", m.dataNames(sorted(byData)))}
	}
	return res
}
