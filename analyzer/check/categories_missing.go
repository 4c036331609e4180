package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/analyzer/flow"
	"candor/rules"
)

// categoriesMissing finds categories of data, as a law lists them, that were
// observed and that the texts do not list. Params:
//
//	categories   "Name: data type, data type | phrase, phrase": what belongs to each, and how texts call it
//	recipients   true: also kinds of third parties that were observed and that no sentence covers
//	window_days  a list that is older is of another time: its finding is for a person
//	sale         true: also a denial of sale beside recipients that use data for their own ends
//
// A category is listed when the texts say so, when they name a kind of data in it,
// or a broader term; terms that say nothing, as "personal information", list none.
func categoriesMissing(m *Matcher, r *rules.Rule) result {
	observed := m.flows(func(f *flow.Flow) bool { return f.Confidence != flow.Indirect })
	if len(observed) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "Nothing was seen being collected."}
	}
	var res result
	seen, missing, drafted, missed := 0, []string{}, []string{}, group{}
	for _, c := range readCategories(r) {
		in := slices.DeleteFunc(slices.Clone(observed), func(f *flow.Flow) bool { return !slices.Contains(c.data, f.DataTypes[0]) })
		if len(in) == 0 {
			continue
		}
		if seen++; !m.lists(c, in) {
			missing = append(missing, fmt.Sprintf("%s (observed: %s)", c.name, m.dataNames(group{flows: in}.dataTypes())))
			drafted = append(drafted, fmt.Sprintf("%s (%s)", c.name, m.dataNames(group{flows: in}.dataTypes())))
			missed.flows = append(missed.flows, in...)
		}
	}
	if len(missing) > 0 {
		f := missed.finding(r.Severity)
		f.Severity, f.Recipients = r.Severity, recipientsOf(missed.flows)
		f.Fingerprint = fingerprint(r.ID, m.in.Site, "categories")
		f.Message = fmt.Sprintf("Observed, and not found in the texts: %s.", list(shorten(missing, 6)))
		f.SuggestedText = fmt.Sprintf("We collect %s.", m.dataNames(f.DataTypes))
		if number(r, "window_days", 0) > 0 {
			f.SuggestedText = fmt.Sprintf("In the past 12 months we collected %s.", list(drafted))
		}
		m.aged(r, &f)
		m.doubt(&f)
		res.findings = append(res.findings, f)
	}
	if truth(r, "recipients") {
		res.findings = append(res.findings, m.kindsMissing(r)...)
	}
	if truth(r, "sale") {
		sold := saleDenied(m, r)
		res.findings = append(res.findings, sold.findings...)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(seen, "The texts list all %d categories that were observed.", "The texts list the one category that was observed.")}
	}
	return res
}

// category is one of a law's list.
type category struct {
	name    string
	data    []string
	phrases []string // lower case
}

func readCategories(r *rules.Rule) []category {
	var out []category
	for _, line := range texts(r, "categories") {
		name, rest, _ := strings.Cut(line, ":")
		data, phrases, _ := strings.Cut(rest, "|")
		c := category{name: strings.TrimSpace(name)}
		for _, d := range strings.Split(data, ",") {
			if d = strings.TrimSpace(d); d != "" {
				c.data = append(c.data, d)
			}
		}
		for _, p := range strings.Split(phrases, ",") {
			if p = strings.ToLower(strings.TrimSpace(p)); p != "" {
				c.phrases = append(c.phrases, p)
			}
		}
		out = append(out, c)
	}
	return out
}

// lists reports whether the texts list a category of which flows were seen.
func (m *Matcher) lists(c category, in []*flow.Flow) bool {
	for _, d := range m.read {
		text := strings.ToLower(d.Text)
		if slices.ContainsFunc(c.phrases, func(p string) bool { return strings.Contains(text, p) }) {
			return true
		}
	}
	return slices.ContainsFunc(m.statements, func(st *statement) bool {
		if st.Negated {
			return false
		}
		if overlap(st.DataTypes, c.data) {
			return true
		}
		return slices.ContainsFunc(in, func(f *flow.Flow) bool {
			level, path := m.data(st, f.DataTypes[0])
			return level == exactData || level == broaderData && len(st.DataTypes) > 0 && len(path) > 0 && path[0] != "personal_information"
		})
	})
}

// kindsMissing are kinds of third parties that get identifiers or personal data
// and none of which any sentence covers.
func (m *Matcher) kindsMissing(r *rules.Rule) []Finding {
	byKind, told := map[string][]*flow.Flow{}, map[string]bool{}
	for _, f := range m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && (slices.Contains(identifying, f.DataTypes[0]) || personal(f.DataTypes[0]))
	}) {
		kinds := m.categories(f)
		if len(kinds) == 0 || flow.Infrastructure(kinds) || m.consentTool(f.Recipient.Vendor) {
			continue
		}
		byKind[kinds[0]] = append(byKind[kinds[0]], f)
		told[kinds[0]] = told[kinds[0]] || slices.Contains(covered, m.disclosed[f.ID].Verdict)
	}
	var all []*flow.Flow
	var names []string
	for _, kind := range sorted(byKind) {
		if !told[kind] {
			all = append(all, byKind[kind]...)
			names = append(names, strings.ReplaceAll(kind, "_", " "))
		}
	}
	if len(all) == 0 {
		return nil
	}
	f := group{flows: all}.finding(r.Severity)
	f.Severity, f.Recipients, f.Fingerprint = r.Severity, recipientsOf(all), fingerprint(r.ID, m.in.Site, "recipients")
	f.Title = "The texts list no third parties of a kind that gets personal data"
	f.Message = fmt.Sprintf("Observed: %s. Not found in the texts: recipients of the %s %s.", m.describe(all), map[bool]string{true: "kind", false: "kinds"}[len(names) == 1], list(names))
	f.SuggestedText = m.suggestKinds(all)
	m.doubt(&f)
	return []Finding{f}
}

func (m *Matcher) suggestKinds(flows []*flow.Flow) string {
	var names []string
	for _, g := range byRecipient(flows) {
		names = append(names, m.vendorName(g.recipient()))
	}
	return fmt.Sprintf("We share %s with %s.", m.dataNames(group{flows: flows}.dataTypes()), list(shorten(names, 8)))
}

// aged puts a finding before a person where the list is of another time than the
// scan.
func (m *Matcher) aged(r *rules.Rule, f *Finding) {
	window := number(r, "window_days", 0)
	d := m.newest("privacy", "state")
	if window == 0 || d == nil || m.in.At.IsZero() {
		return
	}
	if day, err := time.Parse(time.DateOnly, d.LastUpdated); err == nil {
		if age := m.in.At.Sub(day).Hours() / 24; age > window || age < -1 {
			f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
			f.Message += fmt.Sprintf(" The text says that it is of %s, so its list may be of another time than the scan.", d.LastUpdated)
		}
	}
}
