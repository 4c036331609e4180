package check

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"candor/analyzer/flow"
	"candor/rules"
)

// cookieLifetime finds cookies that live longer than their row of the table
// says.
func cookieLifetime(m *Matcher, r *rules.Rule) result {
	rows := declarations(m.in.Documents)
	names, stated, seen := newTable(rows), 0, 0
	longer, words := map[string][]flow.Cookie{}, map[string][]string{}
	for _, row := range rows {
		if row.LifetimeDays >= 0 {
			stated++
		}
	}
	if stated == 0 {
		return result{outcome: NotApplicable, why: "The text states no cookie's lifetime."}
	}
	for _, c := range m.in.Seen.Cookies {
		row, _ := names.declaring(c.Name)
		if row == nil || row.LifetimeDays < 0 || c.LifetimeDays < 0 {
			continue
		}
		seen++
		if !c.Session && tooLong(c.LifetimeDays, row.LifetimeDays, number(r, "factor", 1.05), number(r, "days", 1)) {
			longer[c.Vendor] = append(longer[c.Vendor], c)
			words[c.Vendor] = append(words[c.Vendor], fmt.Sprintf("the cookie %s is set for %s, the text says %s", c.Name, duration(c.LifetimeDays), lifetimeText(row)))
		}
	}
	if seen == 0 {
		return result{outcome: NotTested, why: "None of the cookies whose lifetime is stated was observed."}
	}
	var res result
	for _, vendor := range sorted(longer) {
		f := m.cookieFinding(r.Severity, vendor, longer[vendor])
		f.Title = fmt.Sprintf("Cookies of %s live longer than the text says", m.owner(vendor))
		if len(longer[vendor]) == 1 {
			f.Title = fmt.Sprintf("The cookie %s lives longer than the text says", longer[vendor][0].Name)
		}
		f.Message = capital(list(words[vendor])) + "."
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(seen, "All %d observed cookies with a stated lifetime keep within it.", "The one observed cookie with a stated lifetime keeps within it.")}
	}
	return res
}

// tooLong compares days: observed against stated × factor + slack.
func tooLong(observed, stated, factor, slack float64) bool { return observed > stated*factor+slack }

func lifetimeText(row *declaration) string {
	if row.Lifetime != "" {
		return "“" + clip(row.Lifetime, 40) + "”"
	}
	return duration(row.LifetimeDays)
}

// duration writes days as people say them.
func duration(days float64) string {
	switch {
	case days < 0:
		return "a time that is not known"
	case days == 0:
		return "the session"
	case days < 1.0/24:
		return strconv.FormatFloat(days*1440, 'f', 0, 64) + " minutes"
	case days < 2:
		return strconv.FormatFloat(days*24, 'f', 0, 64) + " hours"
	}
	return strconv.FormatFloat(days, 'f', 0, 64) + " days"
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
