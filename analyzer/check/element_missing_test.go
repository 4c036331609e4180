package check_test

import (
	"strings"
	"testing"

	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// lone is the project's knowledge with one rule only.
func lone(t testing.TB, r rules.Rule) *rules.Set {
	set := *knowledge(t)
	if r.ID == "" {
		r.ID, r.Pack, r.Title, r.Severity = "TEST-01", "test", "A test", "high"
	}
	set.Rules = []*rules.Rule{&r}
	return &set
}

// notices reads Markdown texts: kind → text.
func notices(set *rules.Set, language string, texts map[string]string) []*policy.Document {
	var out []*policy.Document
	for _, kind := range []string{"privacy", "cookie", "applicants"} {
		if text, ok := texts[kind]; ok {
			out = append(out, policy.Read(policy.Input{ID: "d-" + kind, URL: "https://shop.test/" + kind, Kind: kind, MIMEType: "text/markdown", Language: language, Raw: []byte(text)}, set))
		}
	}
	return out
}

func TestElementMissing(t *testing.T) {
	const officer = "Our data protection officer answers at dpo@shop.test. "
	list := func(ids ...any) []any { return ids }
	for _, test := range []struct {
		name     string
		params   map[string]any
		texts    map[string]string
		language string
		forms    bool
		outcome  check.Outcome
		severity string
		says     string // part of the message or reason
	}{
		{name: "all there", params: map[string]any{"elements": list("dpo_contact")}, texts: map[string]string{"privacy": officer}, outcome: check.Matches, says: officer[:20]},
		{name: "one is missing", params: map[string]any{"elements": list("dpo_contact", "complaint_authority", "withdrawal")}, texts: map[string]string{"privacy": officer},
			outcome: check.Differs, severity: "medium", says: "Not found in the texts: that people can complain to an authority and withdrawal. Looked in: https://shop.test/privacy."},
		{name: "any is enough", params: map[string]any{"elements": list("dpo_contact", "complaint_authority"), "any": true}, texts: map[string]string{"privacy": officer}, outcome: check.Matches},
		{name: "none of any", params: map[string]any{"elements": list("complaint_authority", "joint_control"), "any": true}, texts: map[string]string{"privacy": officer}, outcome: check.Differs, severity: "medium"},
		{name: "in the other notice", params: map[string]any{"elements": list("dpo_contact")}, texts: map[string]string{"privacy": "We sell lamps.", "cookie": officer}, outcome: check.Matches},
		{name: "in the wrong notice", params: map[string]any{"elements": list("dpo_contact"), "kinds": list("cookie")}, texts: map[string]string{"privacy": officer, "cookie": "We set cookies on our site."}, outcome: check.Differs, severity: "medium"},
		{name: "no such notice", params: map[string]any{"elements": list("dpo_contact"), "kinds": list("cookie")}, texts: map[string]string{"privacy": officer}, outcome: check.NotTested, says: "No cookie notice was found."},
		{name: "no notice", params: map[string]any{"elements": list("dpo_contact")}, outcome: check.NotTested, says: "No policy was found."},
		{name: "a denial is no contact", params: map[string]any{"elements": list("dpo_contact")}, texts: map[string]string{"privacy": "We do not have a data protection officer. Write to us by email."}, outcome: check.Differs, severity: "medium"},
		{name: "a person looks", params: map[string]any{"elements": list("joint_control"), "ask": true}, texts: map[string]string{"privacy": officer}, outcome: check.NeedsPerson, severity: "medium"},
		{name: "a language that is not read", params: map[string]any{"elements": list("dpo_contact")}, language: "nl",
			texts: map[string]string{"privacy": "Wij zijn een winkel voor lampen en wij gebruiken uw gegevens niet voor andere doelen dan het leveren van uw bestelling aan het adres dat u ons hebt gegeven."}, outcome: check.NotTested, says: "are in languages in which this version does not look"},
		{name: "Portuguese is looked through for some", params: map[string]any{"elements": list("encarregado")}, language: "pt",
			texts: map[string]string{"privacy": "O nosso encarregado pode ser contatado pelo e-mail dados@loja.test, e você encontra os seus direitos nesta página."}, outcome: check.Matches},
		{name: "the parts of a whole", params: map[string]any{"elements": list("rights_list")}, texts: map[string]string{"privacy": "You may ask us for access to your data, to correct them and to delete them."}, outcome: check.Matches},
		{name: "a part is missing", params: map[string]any{"elements": list("rights_list")}, texts: map[string]string{"privacy": "You may ask us for access to your data, and to correct them."}, outcome: check.Differs, severity: "medium"},
		{name: "an answer", params: map[string]any{"elements": list("source_of_data", "third_parties_told")}, texts: map[string]string{"privacy": "You give us your name when you order. We share your address with our shipping partners."}, outcome: check.Matches},
		{name: "nothing to wait for", params: map[string]any{"elements": list("optional_fields"), "only_if_seen": "forms"}, texts: map[string]string{"privacy": officer}, outcome: check.NotApplicable, says: "no form that asks for personal data"},
		{name: "what it waits for", params: map[string]any{"elements": list("optional_fields"), "only_if_seen": "forms"}, texts: map[string]string{"privacy": officer}, forms: true, outcome: check.Differs, severity: "medium", says: "Observed: a form that asks for personal data. Not found in the texts:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := lone(t, rules.Rule{ID: "TEST-01", Pack: "test", Title: "A test", Severity: "high", Check: "element_missing", Params: test.params})
			language := test.language
			if language == "" {
				language = "en"
			}
			in := check.Input{Site: "shop.test", Set: set, Documents: notices(set, language, test.texts)}
			if test.forms {
				in.Seen.Forms = []flow.Form{{ID: "p1/f1", Page: "https://shop.test/join", Fields: []flow.Field{{Name: "mail", DataType: "email"}}}}
			}
			findings, outcomes := check.New(in).Run()
			got := outcomes[0]
			text := got.Why
			if len(findings) > 0 {
				text = findings[0].Message
				checkWording(t, findings[0])
				if findings[0].Severity != test.severity || findings[0].Confidence != "text-weak" {
					t.Errorf("severity %s, confidence %s", findings[0].Severity, findings[0].Confidence)
				}
			}
			if got.Outcome != test.outcome || !strings.Contains(text, test.says) || (len(findings) > 0) != (test.severity != "") {
				t.Errorf("%s: %s\nwant %s: %s", got.Outcome, text, test.outcome, test.says)
			}
		})
	}
}

// TestElementsOfRules keeps the elements and occasions that rules name together
// with those that are known.
func TestElementsOfRules(t *testing.T) {
	set := knowledge(t)
	for _, r := range set.Rules {
		if r.Check != "element_missing" {
			continue
		}
		list, _ := r.Params["elements"].([]any)
		if len(list) == 0 {
			t.Errorf("%s names no elements", r.ID)
		}
		for _, id := range list {
			if name, _ := id.(string); !check.KnowsElement(set, name) {
				t.Errorf("%s: no element %q", r.ID, id)
			}
		}
		if name, _ := r.Params["only_if_seen"].(string); name != "" && !check.KnowsOccasion(name) {
			t.Errorf("%s: no occasion %q", r.ID, name)
		}
	}
}
