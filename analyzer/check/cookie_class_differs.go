package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// cookieClassDiffers finds cookies that the table or the banner's own list calls
// necessary while the knowledge base knows them to be for advertising or
// analytics. A cookie of that name by another provider is left out. Params:
// stated (classes in the text; default necessary), known (purposes; default
// advertising and analytics).
func cookieClassDiffers(m *Matcher, r *rules.Rule) result {
	statedAs, known := texts(r, "stated"), texts(r, "known")
	if len(statedAs) == 0 {
		statedAs = []string{"necessary"}
	}
	if len(known) == 0 {
		known = []string{"advertising", "analytics"}
	}
	rows := declarations(m.in.Documents)
	names := newTable(rows)
	classed, met := 0, 0
	for _, row := range rows {
		if row.Purpose != "" {
			classed++
		}
	}
	if classed == 0 {
		return result{outcome: NotApplicable, why: "No table or list of cookies that says what each is for was found."}
	}
	found, said := map[string][]flow.Cookie{}, map[string][]string{}
	for _, c := range m.in.Seen.Cookies {
		row, _ := names.declaring(c.Name)
		if row == nil || row.Purpose == "" {
			continue
		}
		met++
		if c.Vendor == "" || !slices.Contains(statedAs, row.Purpose) || !slices.Contains(known, c.Purpose) || !m.sameProvider(row.Provider, &c) {
			continue
		}
		found[c.Vendor] = append(found[c.Vendor], c)
		said[c.Vendor] = append(said[c.Vendor], fmt.Sprintf("%s is listed as %s and known to be for %s", c.Name, row.Purpose, c.Purpose))
	}
	if met == 0 {
		return result{outcome: NotTested, why: "None of the cookies whose class is stated was observed."}
	}
	var res result
	for _, vendor := range sorted(found) {
		f := m.cookieFinding(r.Severity, vendor, found[vendor])
		f.Title = fmt.Sprintf("Cookies of %s are listed as necessary and known to be for %s", m.owner(vendor), list(compact(purposesOf(found[vendor]))))
		f.Message = fmt.Sprintf("In the list of cookies: %s.", list(shorten(said[vendor], 4)))
		f.Fingerprint = fingerprint(r.ID, vendor)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(met, "None of the %d observed cookies with a stated class is known to be of another.", "The one observed cookie with a stated class is not known to be of another.")}
	}
	return res
}

func purposesOf(cookies []flow.Cookie) []string {
	var out []string
	for _, c := range cookies {
		out = append(out, c.Purpose)
	}
	return out
}

// sameProvider reports whether the provider in a row of a table may be the vendor
// whose cookie was seen: the row names none, the site itself, or that vendor. A
// name that the knowledge base has for somebody else is another's.
func (m *Matcher) sameProvider(provider string, c *flow.Cookie) bool {
	provider = strings.TrimSpace(provider)
	known := m.in.Set.Vendor(c.Vendor)
	if provider == "" || known == nil {
		return provider == ""
	}
	v := flow.Vendor{ID: known.ID, Name: known.Name, Company: known.Company}
	for _, name := range append(m.callings(&v), c.Vendor) {
		if hasWord(strings.ToLower(provider), strings.ToLower(name)) {
			return true
		}
	}
	others := m.in.Set.NamesOf(provider)
	return len(others) == 0 && (strings.Contains(strings.ToLower(provider), m.in.Site) || ownWords.MatchString(provider))
}

// ownWords are how tables call the site itself.
var ownWords = newPhrase(`(?i)^(?:this\s+(?:site|website|shop)|our\s+(?:site|website)|we|us|first[- ]party|own|website|eigentümer.*|diese\s+(?:web)?seite|ce\s+site|nous|este\s+sitio|propia)$`)
