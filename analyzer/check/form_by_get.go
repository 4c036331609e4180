package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// formByGet finds forms whose fields would stand in the address of the next page:
// method GET with fields for personal data. A search box is none. One finding for
// the site. Params:
//
//	ignore  types of data that do not count
func formByGet(m *Matcher, r *rules.Rule) result {
	forms, ignore := collecting(m.in.Seen.Forms), texts(r, "ignore")
	another := false
	f := Finding{Outcome: Differs, Confidence: string(flow.Strong), Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	for _, form := range forms {
		if form.Method != "get" && form.Method != "GET" || form.FramedBy != "" { // what lies in another's frame does as its script says
			continue
		}
		var data []string
		for _, x := range form.Fields {
			if x.DataType != "" && personal(x.DataType) && !slices.Contains(ignore, x.DataType) {
				data = append(data, x.DataType)
			}
		}
		if len(data) > 0 {
			another = another || form.Action != "" && addressOf(form.Action) != addressOf(form.Page)
			f.Pages, f.Evidence, f.DataTypes = append(f.Pages, form.Page), append(f.Evidence, form.ID), append(f.DataTypes, data...)
		}
	}
	switch {
	case len(f.Evidence) > 0:
	case len(forms) == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No form that collects data was seen."}
	default:
		return result{outcome: Matches, why: countOf(len(forms), "None of the %d forms that collect data puts personal data into an address.", "The one form that collects data does not put personal data into an address.")}
	}
	f.Pages, f.Evidence, f.DataTypes = compact(f.Pages), compact(f.Evidence), compact(f.DataTypes)
	f.States, f.Severity = m.statesOf(f.Pages), capped(r.Severity, flow.Strong, len(f.Evidence))
	f.Title = fmt.Sprintf("A form would put %s into the address of the next page", m.few(f.DataTypes))
	f.Message = fmt.Sprintf("Observed on %s: %s with the method GET and fields for %s. What is typed would stand in the address, in histories and logs, and go to every tag on the next page.", firstOf(f.Pages), countOf(len(f.Evidence), "%d forms", "a form"), m.dataNames(f.DataTypes))
	if !another {
		// What names neither an address nor a method is often sent by a script.
		f.Outcome, f.Severity = NeedsPerson, "low"
		f.Message += " The form names no address of its own, so a script may send it in another way; that needs a person."
	}
	return result{findings: []Finding{f}}
}

// addressOf is an address without its query and fragment.
func addressOf(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	return strings.TrimSuffix(address, "/")
}
