package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// separateConsent finds sign-up forms without a box of its own for a consent that
// has to stand apart from the general terms. It may be asked for on a later
// screen, so a person looks. Params:
//
//	words  phrases by which the box is known
//	what   what the consent is for
func separateConsent(m *Matcher, r *rules.Rule) result {
	var sign []askingForm
	for i := range m.in.Seen.Forms {
		f := &m.in.Seen.Forms[i]
		has := func(data string) bool {
			return slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.DataType == data })
		}
		if has("password") && has("email") && !m.logIn(f) {
			sign = append(sign, askingForm{form: f, kind: m.pageKinds[f.Page], data: []string{"email"}})
		}
	}
	if len(sign) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No sign-up form was seen."}
	}
	words, what := texts(r, "words"), param(r, "what", "it")
	var bare []askingForm
	for _, a := range sign {
		if !slices.ContainsFunc(a.form.Fields, func(x flow.Field) bool { return x.Type == "checkbox" && phrasesIn(x.Label, words) }) {
			bare = append(bare, a)
		}
	}
	if len(bare) == 0 {
		return result{outcome: Matches, why: "Every sign-up form that was seen has a box of its own for " + what + "."}
	}
	f := m.formFinding(r, bare)
	f.Outcome = NeedsPerson
	f.Message = fmt.Sprintf("%s for an account and has no box of its own for %s. It may be asked for later; that needs a person.", m.formsAt(bare, "asks", "ask"), what)
	return result{findings: []Finding{f}}
}
