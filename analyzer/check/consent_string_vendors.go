package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/consentstring"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// withoutBit reports the vendors that got identifiers in a state in which the TCF
// string that the site keeps, or else each that it sends, gives them neither
// consent nor a legitimate interest. Vendors whose number in IAB's list is not
// known are left out, and so are requests that ask for restricted use themselves.
func (m *Matcher) withoutBit(r *rules.Rule, s evidence.State) (Finding, bool) {
	told := m.tcfStrings(s)
	if m.untested(s) != "" || len(told) == 0 {
		return Finding{}, false
	}
	f := Finding{
		Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Strong), States: []evidence.State{s},
		Fingerprint: fingerprint(r.ID, m.in.Site, "vendors "+string(s)),
	}
	var named []string
	for i := range m.in.Choices.Effects {
		e := &m.in.Choices.Effects[i]
		if e.Kind != choice.Vendor {
			continue
		}
		v, at := m.in.Set.Vendor(e.Vendor), e.At(s)
		if v == nil || len(v.IAB) == 0 || at.Identified == 0 || slices.ContainsFunc(told, func(t choice.Told) bool { return allows(t.Meaning.TCF, v.IAB) }) {
			continue
		}
		f.Recipients, f.Pages, f.Evidence = append(f.Recipients, v.ID), append(f.Pages, at.Pages...), append(f.Evidence, at.Evidence...)
		named = append(named, fmt.Sprintf("%s (%s)", m.owner(v.ID), numbered(v.IAB)))
	}
	if len(named) == 0 {
		return Finding{}, false
	}
	f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
	f.Title = countOf(len(named), "%d recipients get", "A recipient gets") + " identifiers that the TCF string does not allow"
	f.Message = fmt.Sprintf("Observed %s: requests with an identifier to %s. The string in %s says: %s; these are not among its vendors, neither with consent nor with legitimate interest. Special purposes of the TCF, such as security, ask for neither.",
		after[s], list(shorten(named, 6)), told[0].Where, told[0].Meaning.Says())
	return f, true
}

// tcfStrings are the TCF strings that are kept in a state, or those that are sent
// where none is kept. Some pages have a string from before the choice: one that
// allows a vendor is enough.
func (m *Matcher) tcfStrings(s evidence.State) []choice.Told {
	var kept, sent []choice.Told
	for _, t := range m.in.Choices.Told {
		switch {
		case t.State != s || t.Meaning.TCF == nil:
		case strings.HasPrefix(t.Where, "the parameter "):
			sent = append(sent, t)
		default:
			kept = append(kept, t)
		}
	}
	if len(kept) > 0 {
		return kept
	}
	return sent
}

func allows(t *consentstring.TCF, numbers []int) bool {
	return slices.ContainsFunc(numbers, func(n int) bool { return slices.Contains(t.Vendors, n) || slices.Contains(t.VendorInterests, n) })
}

func numbered(list []int) string {
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n))
	}
	return "IAB number " + strings.Join(out, " or ")
}
