package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// cookieTableDrift finds cookies that no table declares, and rows of which no
// cookie was observed.
func cookieTableDrift(m *Matcher, r *rules.Rule) result {
	rows := declarations(m.in.Documents)
	if len(rows) == 0 {
		return result{outcome: NotApplicable, why: "The text holds no cookie table."}
	}
	names := newTable(rows)
	missing, met := map[string][]flow.Cookie{}, map[string]bool{}
	for _, c := range m.in.Seen.Cookies {
		if row, name := names.declaring(c.Name); row != nil {
			met[name] = true
			continue
		}
		missing[c.Vendor] = append(missing[c.Vendor], c)
	}
	var res result
	for _, vendor := range sorted(missing) {
		f := m.cookieFinding(r.Severity, vendor, missing[vendor])
		f.DataTypes = nil
		f.Title = fmt.Sprintf("Cookies of %s are not in the cookie table", m.owner(vendor))
		f.Message = fmt.Sprintf("Observed, but not found in the cookie table: %s.", cookieNames(missing[vendor]))
		f.SuggestedText = m.tableRows(missing[vendor])
		res.findings = append(res.findings, f)
	}
	if ghosts := ghosts(rows, met); len(ghosts) > 0 && m.short([]string{"cookies"}) == "" {
		res.findings = append(res.findings, Finding{
			Outcome: NeedsPerson, Severity: param(r, "ghost_severity", "info"), Confidence: string(flow.TextWeak), Title: "Rows of the cookie table that were not observed",
			Message:     fmt.Sprintf("Listed in the cookie table, but not observed on the visited pages: %s. They may belong to pages behind a log-in, or be out of date.", list(shorten(ghosts, 10))),
			Recipients:  []string{m.in.Site},
			States:      []evidence.State{},
			Fingerprint: fingerprint(r.ID, m.in.Site, "not observed"),
		})
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "Every observed cookie is in the table, and every row was observed."}
	}
	return res
}

func ghosts(rows []declaration, met map[string]bool) []string {
	out := []string{}
	for _, row := range rows {
		if slices.ContainsFunc(row.names, func(n declared) bool { return met[n.text] }) {
			continue
		}
		if name := row.names[0].text; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func shorten(names []string, n int) []string {
	if more := len(names) - n; more > 0 {
		return append(names[:n:n], fmt.Sprintf("%d more", more))
	}
	return names
}

// tableRows drafts the missing rows.
func (m *Matcher) tableRows(cookies []flow.Cookie) string {
	out := ""
	for i, c := range cookies {
		if i == 20 {
			break
		}
		provider := m.in.Site
		if v := m.vendors[c.Vendor]; v != nil {
			provider = v.Name
		}
		purpose := c.Purpose
		if purpose == "" || purpose == "unknown" {
			purpose = "[state the purpose]"
		}
		out += fmt.Sprintf("%s | %s | %s | %s\n", c.Name, provider, purpose, duration(c.LifetimeDays))
	}
	return out
}
