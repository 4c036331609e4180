package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

var (
	applicantWords = newPhrase(`(?i)\bapplicants?\b|\bcandidates?\b|\bjob applications?\b|\brecruit(?:ing|ment)\b|bewerb|candidat|recrutement|selección`)
	leftOut        = newPhrase(`(?i)\b(?:not|n['’]t|nor)\b[^.;]{0,60}\b(?:appl(?:y|ies)|cover|extend|concern|address)|gilt nicht|ne s['’]applique pas|no se aplica`)
)

// applicantsTold asks whether people who apply for work are told what happens
// with what they enter: a notice for them, or a part of another that speaks of
// them, reached from the form. One that the recruiting service keeps is taken,
// and said. Params:
//
//	period  true: whether the texts say how long an application is kept, instead
func applicantsTold(m *Matcher, r *rules.Rule) result {
	forms := m.applications()
	if len(forms) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No form by which people apply for work was seen."}
	}
	docs, why := m.noticesOf(nil)
	if why != "" && len(m.in.Documents) > 0 {
		return result{outcome: NotTested, why: why}
	}
	if truth(r, "period") {
		return m.periodForApplicants(r, forms, docs)
	}
	var bare []askingForm
	hosted := ""
	for _, a := range forms {
		if link := a.form.PolicyLinkNear; link != "" && m.foreign(link) {
			hosted = link
			continue
		}
		bare = append(bare, a)
	}
	if len(bare) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The forms link a notice that the recruiting service keeps: %s. It was not read.", hosted)}
	}
	own, part, out := m.forApplicants(docs)
	switch {
	case own != nil && slices.ContainsFunc(bare, func(a askingForm) bool { return !linksTo(a.form, own) }):
		f := m.formFinding(r, bare)
		f.Severity = capped(r.Severity, flow.Indirect, 1)
		f.Title = "The notice for applicants is not linked at the form"
		f.Message = fmt.Sprintf("%s for %s. There is a notice for applicants at %s, and no link to it was found near the form or on its page.", m.formsAt(bare, "asks", "ask"), m.dataNames(f.DataTypes), own.URL)
		return result{findings: []Finding{f}}
	case own != nil:
		return result{outcome: Matches, why: "A notice for applicants is linked: " + own.URL + "."}
	case part != "" && out == "":
		return result{outcome: Matches, why: "The text speaks of applicants: “" + clip(part, 160) + "”"}
	}
	f := m.formFinding(r, bare)
	f.Message = fmt.Sprintf("%s for %s. Not found: a notice for applicants, or a part of another that speaks of them.", m.formsAt(bare, "asks", "ask"), m.dataNames(f.DataTypes))
	if out != "" {
		f.Message = fmt.Sprintf("%s for %s. The text leaves applicants out: “%s” A notice for them was not found.", m.formsAt(bare, "asks", "ask"), m.dataNames(f.DataTypes), clip(out, 200))
	}
	m.doubt(&f)
	return result{findings: []Finding{f}}
}

// applications are the forms on career pages that ask for personal data.
func (m *Matcher) applications() []askingForm {
	forms := m.formsFor(&rules.Rule{Params: map[string]any{"kinds": []any{"careers"}}})
	return slices.DeleteFunc(forms, func(a askingForm) bool {
		return !slices.ContainsFunc(a.data, func(d string) bool { return d != "email" && personal(d) }) // a job alert asks for an address alone
	})
}

// foreign reports whether an address is not the organisation's own.
func (m *Matcher) foreign(address string) bool {
	host := hostOf(address)
	for _, p := range m.in.Pages {
		if hostOf(p.URL) == host {
			return false
		}
	}
	return host != "" && host != m.in.Site && !strings.HasSuffix(host, "."+m.in.Site)
}

// forApplicants finds a notice for applicants, what another says of them, and the
// sentence that leaves them out.
func (m *Matcher) forApplicants(docs []*policy.Document) (own *policy.Document, part, out string) {
	for _, d := range docs {
		if d.Kind == "applicants" {
			return d, "", ""
		}
		for _, e := range d.Elements {
			switch {
			case e.ID != "applicant_notice" || !applicantWords.MatchString(e.Quote):
			case leftOut.MatchString(e.Quote):
				out = e.Quote
			case part == "":
				part = e.Quote
			}
		}
	}
	for _, st := range m.statements {
		if part == "" && st.scope == "applicants" && !st.Negated {
			part = st.Quote
		}
	}
	return nil, part, out
}

func linksTo(f *flow.Form, d *policy.Document) bool {
	return f.PolicyLinkNear == d.URL || slices.Contains(d.LinkedFrom, f.Page)
}

// periodForApplicants asks how long applications are kept.
func (m *Matcher) periodForApplicants(r *rules.Rule, forms []askingForm, docs []*policy.Document) result {
	for _, st := range m.statements {
		if (st.Action == "retain" || st.RetentionDays > 0) && (st.scope == "applicants" || applicantWords.MatchString(st.Quote)) {
			return result{outcome: Matches, why: "The text says: “" + clip(st.Quote, 200) + "”"}
		}
	}
	for _, d := range docs {
		for _, e := range d.Elements {
			if e.ID == "retention_period" && (d.Kind == "applicants" || applicantWords.MatchString(e.Quote)) {
				return result{outcome: Matches, why: "The text says: “" + clip(e.Quote, 200) + "”"}
			}
		}
	}
	if len(docs) == 0 {
		return result{outcome: NotTested, why: "No policy was found."}
	}
	f := m.formFinding(r, forms)
	f.Confidence = string(flow.TextWeak)
	f.Message = fmt.Sprintf("%s for %s. Not found in the texts: how long an application is kept when nobody is hired. %s", m.formsAt(forms, "asks", "ask"), m.dataNames(f.DataTypes), readTexts(docs))
	m.doubt(&f)
	return result{findings: []Finding{f}}
}
