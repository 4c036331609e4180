package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// lifetimeOver finds cookies that live longer than a number of days whatever
// the text says. Params:
//
//	days      the most that is taken as usual
//	purposes  of cookies that count; default all that are not necessary
//	vendors   categories of vendors that count: "consent" are the cookies in which a choice is kept
//	states    consent states in which they must have been seen; default all
//	note      what could not be tested, as a sentence; where nothing lives longer the rule is then not tested
func lifetimeOver(m *Matcher, r *rules.Rule) result {
	days := number(r, "days", 396)
	purposes, vendors, states := texts(r, "purposes"), texts(r, "vendors"), texts(r, "states")
	seen, over := 0, map[string][]flow.Cookie{}
	longest := -1.0
	for _, c := range m.in.Seen.Cookies {
		switch {
		case c.Session || c.LifetimeDays < 0,
			len(vendors) > 0 && !overlap(m.categoriesOf(c.Vendor), vendors),
			len(vendors) == 0 && len(purposes) == 0 && m.exempt(&c),
			len(purposes) > 0 && !slices.Contains(purposes, c.Purpose),
			len(states) > 0 && !slices.ContainsFunc(states, func(s string) bool { return slices.Contains(c.States, evidence.State(s)) }):
			continue
		}
		seen++
		longest = max(longest, c.LifetimeDays)
		if c.LifetimeDays > days+1 {
			over[c.Vendor] = append(over[c.Vendor], c)
		}
	}
	note := param(r, "note", "")
	switch {
	case seen == 0 && note != "":
		return result{outcome: NotTested, why: "No such cookie was seen. " + note}
	case seen == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No such cookie that outlives the session was seen."}
	}
	var res result
	for _, vendor := range sorted(over) {
		f := m.cookieFinding(r.Severity, vendor, over[vendor])
		f.Title = fmt.Sprintf("Cookies of %s live longer than %s", m.owner(vendor), duration(days))
		var parts []string
		for _, c := range over[vendor] {
			parts = append(parts, fmt.Sprintf("%s for %s", c.Name, duration(c.LifetimeDays)))
		}
		slices.Sort(parts)
		f.Message = fmt.Sprintf("Observed: %s. The rule asks about more than %s.", list(shorten(parts, 6)), duration(days))
		if note != "" {
			f.Message += " " + note
		}
		f.Fingerprint = fingerprint(r.ID, vendor)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) > 0 {
		return res
	}
	why := countOf(seen, "None of %d such cookies", "The one such cookie that was seen does not") + map[bool]string{true: " live", false: " lives"}[seen == 1] + fmt.Sprintf(" longer than %s: the longest is %s.", duration(days), duration(longest))
	if note != "" {
		return result{outcome: NotTested, why: why + " " + note}
	}
	return result{outcome: Matches, why: why}
}
