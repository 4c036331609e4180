package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/policy"
)

// TestAnswers asks the notice of one shop in three languages: the same
// questions are answered in each, and what is not said is not found.
func TestAnswers(t *testing.T) {
	want := map[string]string{ // question → what the first passage says
		"data": "Name, E-mail address, Postal address", "recipients": "Stripe", "recipient_kinds": "Advertising partners", "not_shared": "not: Phone number → third parties",
		"purposes": "Providing the service", "sale": "shared for advertising: Usage data → advertising partners", "tracking": "cookie _ga, analytics, 2", "retention": ": 14 days",
		"choices": "opt out", "withdrawal": "", "rights": "", "contact": "", "effective_date": "2025-03-01",
	}
	for _, lang := range []string{"de", "fr", "es"} {
		raw, err := os.ReadFile("../check/testdata/languages/" + lang + ".html")
		if err != nil {
			t.Fatal(err)
		}
		doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", MIMEType: "text/html; charset=utf-8", Raw: raw}, set(t))
		text := []rune(doc.Text)
		var ids []string
		for _, a := range policy.Answers(doc, set(t)) {
			ids = append(ids, a.ID)
			says, expected := want[a.ID]
			if a.NotRead != "" {
				t.Errorf("%s: %s: not read: %s", lang, a.ID, a.NotRead)
			}
			if a.Found != expected || a.Found != (len(a.Passages) > 0) || a.Question == "" || a.Left != 0 {
				t.Errorf("%s: %s is found %v, want %v: %+v", lang, a.ID, a.Found, expected, a.Passages)
				continue
			}
			if expected && !strings.Contains(a.Passages[0].Says, says) {
				t.Errorf("%s: %s says %q, want %q", lang, a.ID, a.Passages[0].Says, says)
			}
			for _, p := range a.Passages {
				if a.ID != "effective_date" && string(text[p.Start:p.End]) != p.Quote {
					t.Errorf("%s: %s quotes %q, its place holds %q", lang, a.ID, p.Quote, string(text[p.Start:p.End]))
				}
			}
		}
		if !slices.Equal(ids, policy.QuestionIDs()) {
			t.Errorf("answers are %q, want %q", ids, policy.QuestionIDs())
		}
		linked := false
		for _, c := range doc.Choices {
			linked = linked || len(c.Links) == 1 && strings.HasPrefix(c.Links[0].Address, "https://shop.test/")
		}
		if !linked {
			t.Errorf("%s: no choice carries its link: %+v", lang, doc.Choices)
		}
	}
	empty := policy.Read(policy.Input{ID: "d01"}, set(t))
	for _, a := range policy.Answers(empty, set(t)) {
		if a.Found || a.Passages == nil || a.NotRead != "no text was found" {
			t.Errorf("an empty text answers %s: %+v", a.ID, a)
		}
	}
}
