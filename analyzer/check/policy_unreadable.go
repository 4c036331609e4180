package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// policyUnreadable finds sites without a privacy policy that people can reach
// and read. A policy in a language that this version does not read is found.
func policyUnreadable(m *Matcher, r *rules.Rule) result {
	var privacy *policy.Document
	for _, d := range m.in.Documents {
		if d.Kind == "privacy" && (privacy == nil || d.Words > privacy.Words) {
			privacy = d
		}
	}
	least := int(number(r, "min_words", 200))
	f := Finding{
		Outcome: Differs, Confidence: string(flow.Direct), Recipients: []string{m.in.Site},
		Pages: collectingPages(m.in.Seen.Forms), Fingerprint: fingerprint(r.ID, m.in.Site),
	}
	if len(f.Pages) == 0 && len(m.in.Pages) > 0 {
		f.Pages = []string{m.in.Pages[0].URL}
	}
	switch {
	case privacy == nil && m.in.Recorded:
		return result{outcome: NotTested, why: "No privacy policy was given with the recording, and none was looked for."}
	case privacy == nil:
		f.Message = "No privacy policy was found: neither by links on the visited pages, nor at the usual addresses."
		if reasons := m.policyGaps(); len(reasons) > 0 {
			f.Outcome = NeedsPerson
			f.Message += " It could not be looked for everywhere: " + list(shorten(reasons, 3)) + "."
		}
	case privacy.Words < least:
		f.Message = fmt.Sprintf("The privacy policy at %s has %s of text that can be read.", privacy.URL, countOf(privacy.Words, "%d words", "one word"))
		if len(privacy.Faults) > 0 {
			f.Message += " " + capital(list(shorten(privacy.Faults, 3))) + "."
		}
	default:
		why := fmt.Sprintf("Found and read: %s.", privacy.URL)
		if gap := unreadable(privacy, m.in.Set); gap != "" {
			why = capital(gap) + ". It was found and has text."
		}
		return result{outcome: Matches, why: why}
	}
	return result{findings: []Finding{f}}
}

func (m *Matcher) policyGaps() []string {
	var out []string
	for _, g := range m.in.Gaps {
		if g.Kind == "policy" && g.Why != "" && !slices.Contains(out, g.Why) {
			out = append(out, g.Why)
		}
	}
	return out
}

// collecting returns the forms that ask for data other than search words.
func collecting(forms []flow.Form) []flow.Form {
	return slices.DeleteFunc(slices.Clone(forms), func(f flow.Form) bool {
		return !slices.ContainsFunc(f.Fields, func(field flow.Field) bool { return field.DataType != "" && field.DataType != "search_query" })
	})
}

func collectingPages(forms []flow.Form) []string {
	set := map[string]bool{}
	for _, f := range collecting(forms) {
		set[f.Page] = true
	}
	return sorted(set)
}
