package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// formAsks finds forms by what they ask for. Params:
//
//	data         types of data; a form that asks for none of them is not looked at (default: any but search words)
//	kinds        kinds of page, and classes of sensitive places, on which forms are looked at (default: all)
//	about        what the form's heading, its page's address or title hold; not: what rules it out
//	unsettled    what its heading, address, title or fields hold where a person must tell what it is for
//	notice       true: finds forms without a link to a notice near
//	never        types that are too much in any number; together, at_least: that many of these types, required, are too much
//	severity_on  severity by kind of page
//	note         what a finding says at its end
//
// Without notice, never and together every form that is looked at is found.
func formAsks(m *Matcher, r *rules.Rule) result {
	asked := m.formsFor(r)
	if len(asked) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: param(r, "none", "No form of the kind was seen.")}
	}
	if param(r, "notice", false) {
		return m.withoutNotice(r, asked)
	}
	var found, open []askingForm
	for _, a := range asked {
		a.too = m.tooMuch(r, a.form)
		switch {
		case len(a.too) == 0 && (r.Params["never"] != nil || r.Params["together"] != nil):
		case a.unsettled != "":
			open = append(open, a)
		default:
			found = append(found, a)
		}
	}
	var res result
	if len(found) > 0 {
		f := m.formFinding(r, found)
		f.Message = fmt.Sprintf("%s for %s.", m.formsAt(found, "asks", "ask"), m.dataNames(f.DataTypes)) + noted(r)
		res.findings = append(res.findings, f)
	}
	if len(open) > 0 {
		f := m.formFinding(r, open)
		f.Outcome, f.Severity, f.Fingerprint = NeedsPerson, capped(f.Severity, flow.Indirect, 1), fingerprint(r.ID, m.in.Site, "unsettled")
		f.Message = fmt.Sprintf("%s for %s. It may also serve other requests (“%s”); whether this is asked for the one at hand needs a person.", m.formsAt(open, "asks", "ask"), m.dataNames(f.DataTypes), open[0].unsettled) + noted(r)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(len(asked), "%d forms were looked at, and none asks for more.", "One form was looked at, and it does not ask for more.")}
	}
	return res
}

// noted is what a rule's findings say at their end.
func noted(r *rules.Rule) string {
	if note := strings.TrimSpace(param(r, "note", "")); note != "" {
		return " " + note
	}
	return ""
}

// askingForm is a form that a rule looks at.
type askingForm struct {
	form      *flow.Form
	kind      string   // of its page
	data      []string // types that it asks for and the rule speaks of
	too       []string // of those, what is too much
	unsettled string
}

func (m *Matcher) formsFor(r *rules.Rule) []askingForm {
	data, kinds, about, not, unsettled := texts(r, "data"), texts(r, "kinds"), texts(r, "about"), texts(r, "not"), texts(r, "unsettled")
	titles := map[string]string{}
	for _, p := range m.in.Pages {
		titles[p.URL] = p.Title
	}
	var out []askingForm
	for i := range m.in.Seen.Forms {
		f := &m.in.Seen.Forms[i]
		a := askingForm{form: f, kind: m.pageKinds[f.Page]}
		for _, field := range f.Fields {
			if field.DataType != "" && field.DataType != "search_query" && (data == nil || slices.Contains(data, field.DataType)) && !slices.Contains(a.data, field.DataType) {
				a.data = append(a.data, field.DataType)
			}
		}
		where := plainWords(f.Heading + " / " + pathWords(f.Page) + " / " + titles[f.Page])
		switch {
		case len(a.data) == 0,
			kinds != nil && !slices.Contains(kinds, a.kind) && !slices.ContainsFunc(f.Classes, func(c flow.Class) bool { return slices.Contains(kinds, c.Class) }),
			about != nil && phraseOf(where, about) == "",
			phraseOf(where, not) != "",
			m.logIn(f):
			continue
		}
		for _, field := range f.Fields {
			where += plainWords(field.Label + " / " + strings.Join(field.Options, " / "))
		}
		a.unsettled = phraseOf(where, unsettled)
		out = append(out, a)
	}
	return out
}

// logIn reports whether a form only lets known people in.
func (m *Matcher) logIn(f *flow.Form) bool {
	password := false
	for _, field := range f.Fields {
		switch field.DataType {
		case "password":
			password = true
		case "", "email", "username", "phone":
		default:
			return false
		}
	}
	return password && (m.pageKinds[f.Page] == "login" || slices.ContainsFunc(f.Classes, func(c flow.Class) bool { return c.Class == "login" }) || holdsWords(plainWords(f.Heading), []string{" log in", " login", " sign in"}))
}

func pathWords(address string) string {
	_, rest, _ := strings.Cut(address, "//")
	_, path, _ := strings.Cut(rest, "/")
	return path
}

// phraseOf returns the first of the phrases that the words hold.
func phraseOf(words string, list []string) string {
	for _, p := range list {
		if w := plainWords(p); w != "" && strings.Contains(words, w) {
			return p
		}
	}
	return ""
}

// tooMuch returns what a form asks for that a rule says is too much.
func (m *Matcher) tooMuch(r *rules.Rule, f *flow.Form) []string {
	never, together := texts(r, "never"), texts(r, "together")
	if never == nil && together == nil {
		var all []string
		for _, field := range f.Fields {
			if field.DataType != "" {
				all = append(all, field.DataType)
			}
		}
		return compact(all)
	}
	var out, needed []string
	for _, field := range f.Fields {
		switch {
		case slices.Contains(never, field.DataType):
			out = append(out, field.DataType)
		case field.Required && slices.Contains(together, field.DataType):
			needed = append(needed, field.DataType)
		}
	}
	if needed = compact(needed); together != nil && len(needed) >= int(number(r, "at_least", 1)) {
		out = append(out, needed...)
	}
	return compact(out)
}

func (m *Matcher) formFinding(r *rules.Rule, forms []askingForm) Finding {
	f := m.siteFinding(r, "", nil)
	var seen []flow.Form
	on := param(r, "severity_on", map[string]any{})
	for _, a := range forms {
		severity, _ := on[a.kind].(string)
		if severity == "" {
			severity = r.Severity
		}
		if f.Severity == "" || severityRank[severity] < severityRank[f.Severity] {
			f.Severity = severity
		}
		data := a.too
		if len(data) == 0 {
			data = a.data
		}
		f.DataTypes = append(f.DataTypes, data...)
		f.Pages = append(f.Pages, a.form.Page)
		f.Evidence = append(f.Evidence, a.form.ID)
		seen = append(seen, *a.form)
	}
	f.States = m.statesOfForms(seen)
	f.DataTypes, f.Pages, f.Evidence = compact(f.DataTypes), compact(f.Pages), compact(f.Evidence)
	return f
}

// formsAt begins a sentence about forms.
func (m *Matcher) formsAt(forms []askingForm, one, many string) string {
	pages := map[string]bool{}
	for _, a := range forms {
		pages[a.form.Page] = true
	}
	if len(forms) == 1 {
		return fmt.Sprintf("The form%s on %s %s", headed(forms[0].form), forms[0].form.Page, one)
	}
	return fmt.Sprintf("%d forms on %s %s", len(forms), countOf(len(pages), "%d pages", sorted(pages)[0]), many)
}

func headed(f *flow.Form) string {
	if f.Heading == "" {
		return ""
	}
	return " “" + clip(f.Heading, 60) + "”"
}

// withoutNotice finds the forms without a link to a notice near. Where the page
// links one elsewhere, how far away it stands is for a person: the evidence
// tells what is inside and right after a form.
func (m *Matcher) withoutNotice(r *rules.Rule, asked []askingForm) result {
	linked := map[string]bool{} // pages with a link to a notice
	read := map[string]bool{}
	for i := range m.in.Pages {
		p := &m.in.Pages[i]
		if m.in.Links[p.ID].Seen > 0 {
			read[p.URL] = true
		}
		if seen, hidden := m.linksOf(p, privacyLinks); len(seen)+len(hidden) > 0 {
			linked[p.URL] = true
		}
	}
	var none, away []askingForm
	for _, a := range asked {
		switch {
		case a.form.PolicyLinkNear != "":
		case read[a.form.Page] && !linked[a.form.Page]:
			none = append(none, a)
		default:
			away = append(away, a)
		}
	}
	var res result
	if len(none) > 0 {
		f := m.formFinding(r, none)
		f.Message = fmt.Sprintf("%s for %s, and no link to a notice was found on the page.", m.formsAt(none, "asks", "ask"), m.dataNames(f.DataTypes))
		res.findings = append(res.findings, f)
	}
	if len(away) > 0 {
		f := m.formFinding(r, away)
		f.Outcome, f.Fingerprint = NeedsPerson, fingerprint(r.ID, m.in.Site, "away")
		f.Title = "Forms ask for personal data, and the notice is linked elsewhere on the page"
		where := "The page links a notice elsewhere"
		if !linked[away[0].form.Page] {
			where, f.Title = "Whether the page links a notice elsewhere was not recorded", r.Title
		}
		f.Message = fmt.Sprintf("%s for %s, and no link to a notice was found in the form or right after it. %s; whether it stands near enough needs a person.", m.formsAt(away, "asks", "ask"), m.dataNames(f.DataTypes), where)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: countOf(len(asked), "All %d forms that ask for personal data have a link to a notice near.", "The one form that asks for personal data has a link to a notice near.")}
	}
	return res
}
