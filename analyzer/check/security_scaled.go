package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// securityScaled asks whether what is collected is safeguarded by how sensitive it
// is: forms whose data would go without encryption, worse where they are sensitive,
// and scripts of advertising and recording companies on pages with sensitive
// fields. One finding for the site. Params:
//
//	sensitive           types of data that count as sensitive, beside those that are by the terms
//	sensitive_severity  of a sensitive form without encryption
//	scripts_severity    of scripts on pages with sensitive fields alone
//	strangers           categories of vendors that have no business there
func securityScaled(m *Matcher, r *rules.Rule) result {
	forms := collecting(m.in.Seen.Forms)
	if len(forms) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No form that collects data was seen."}
	}
	weighty := func(f flow.Form) bool {
		return slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.Sensitive || slices.Contains(texts(r, "sensitive"), x.DataType) })
	}
	f := Finding{Outcome: Differs, Confidence: string(flow.Strong), Recipients: []string{m.in.Site}, Severity: r.Severity, Fingerprint: fingerprint(r.ID, m.in.Site)}
	var parts []string
	var plain, plainSensitive []flow.Form
	for _, form := range m.plainForms() {
		if weighty(form) {
			plainSensitive = append(plainSensitive, form)
		} else {
			plain = append(plain, form)
		}
	}
	add := func(list []flow.Form) {
		for _, form := range list {
			f.Pages, f.Evidence = append(f.Pages, form.Page), append(f.Evidence, form.ID)
			for _, x := range form.Fields {
				if x.DataType != "" {
					f.DataTypes = append(f.DataTypes, x.DataType)
				}
			}
		}
	}
	if len(plainSensitive) > 0 {
		add(plainSensitive)
		f.Severity = param(r, "sensitive_severity", "critical")
		parts = append(parts, fmt.Sprintf("%s without encryption, as on %s", countOf(len(plainSensitive), "%d forms would send sensitive data", "a form would send sensitive data"), plainSensitive[0].Page))
	}
	if len(plain) > 0 {
		add(plain)
		parts = append(parts, fmt.Sprintf("%s without encryption, as on %s", countOf(len(plain), "%d forms would send data", "a form would send data"), plain[0].Page))
	}
	sensitive := slices.DeleteFunc(slices.Clone(forms), func(form flow.Form) bool { return !weighty(form) || form.FramedBy != "" })
	if who := m.scriptsAt(sensitive, texts(r, "strangers")); len(who) > 0 {
		add(sensitive)
		if len(plain)+len(plainSensitive) == 0 {
			f.Severity = param(r, "scripts_severity", "high")
		}
		var names []string
		for _, v := range who {
			names = append(names, v.Name)
			f.Recipients = append(f.Recipients, v.ID)
		}
		parts = append(parts, fmt.Sprintf("pages with sensitive fields, such as %s, have requests to %s", sensitive[0].Page, list(shorten(names, 5))))
	}
	if len(parts) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("%s encrypted, and no page with sensitive fields has requests to advertising or recording companies.", countOf(len(forms), "All %d forms that collect data are", "The one form that collects data is"))}
	}
	f.Pages, f.Evidence, f.DataTypes, f.Recipients = compact(f.Pages), compact(f.Evidence), compact(f.DataTypes), compact(f.Recipients)
	f.States = m.statesOf(f.Pages)
	f.Severity = capped(f.Severity, flow.Strong, len(f.Evidence)+len(f.Recipients)-1)
	f.Title = "Safeguards do not follow how sensitive the data are"
	if len(plainSensitive) == 0 && len(plain) > 0 && len(parts) == 1 {
		f.Title = "Collected data would go without encryption"
	}
	f.Message = "Observed: " + strings.Join(parts, "; ") + "."
	if claims := m.speaking(func(s *wording) bool { return !s.deny && s.id != "" && secured.MatchString(s.quote) }); len(claims) > 0 {
		f.Message += " The text says: " + f.quoted(claims)
	}
	return result{findings: []Finding{f}}
}

var secured = newPhrase(`(?i)\b(?:encrypt|TLS|SSL|https|secure(?:d|ly)? (?:connection|transmi\w+|socket)|verschlüssel|chiffr|cifrad)`)

// scriptsAt are vendors of some categories that were contacted on the pages of
// forms, by id. Those that the profile lists as working for the organisation are
// left out.
func (m *Matcher) scriptsAt(forms []flow.Form, categories []string) []*flow.Vendor {
	var out []*flow.Vendor
	for i := range m.in.Seen.Vendors {
		v := &m.in.Seen.Vendors[i]
		if v.Party != flow.Third || !overlap(v.Categories, categories) || m.processor(flow.Recipient{Vendor: v.ID}) {
			continue
		}
		if slices.ContainsFunc(forms, func(f flow.Form) bool { return slices.Contains(v.Pages, f.Page) }) {
			out = append(out, v)
		}
	}
	return out
}
