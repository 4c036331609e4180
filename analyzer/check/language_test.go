package check_test

import (
	"fmt"
	"os"
	"testing"

	"candor/analyzer/check"
	"candor/analyzer/policy"
	"candor/rules"
)

// TestLanguages reads the notice of one shop in three languages and compares it
// with what was seen: it must say the same in each.
func TestLanguages(t *testing.T) {
	set, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]check.Verdict{
		"f1": check.Clear,     // the card number to Stripe
		"f2": check.Clear,     // the IP address to Google Analytics
		"f3": check.Incorrect, // the phone number to Meta
		"f4": check.Vague,     // pages to an advertising partner
		"f5": check.Omitted,   // a recording of the session
		"f6": check.Clear,     // what the shop itself collects
		"f7": check.Omitted,   // the date of birth is not spoken of
	}
	for _, lang := range []string{"de", "fr", "es"} {
		raw, err := os.ReadFile("testdata/languages/" + lang + ".html")
		if err != nil {
			t.Fatal(err)
		}
		doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", MIMEType: "text/html; charset=utf-8", Raw: raw}, set)
		if doc.Language != lang || doc.LastUpdated != "2025-03-01" || doc.Kind != "privacy" || len(doc.Unread) > 0 || len(doc.Faults) > 0 {
			t.Errorf("%s: read as %q, of %q, kind %q, not read %q, faults %q", lang, doc.Language, doc.LastUpdated, doc.Kind, doc.Unread, doc.Faults)
		}
		cookies := ""
		for _, c := range doc.Cookies {
			cookies += fmt.Sprintf("%s %s %v; ", c.Provider, c.Purpose, c.LifetimeDays)
		}
		shop := map[string]string{"de": "Laternenladen", "fr": "La Lanterne", "es": "El Farol"}[lang]
		if w := "Google analytics 730; " + shop + " necessary 0; "; cookies != w {
			t.Errorf("%s: cookies %q, want %q", lang, cookies, w)
		}
		s := story{Seen: []seen{
			{Data: "payment_card", To: "stripe"}, {Data: "ip_address", To: "google-analytics"}, {Data: "phone", To: "meta-pixel"},
			{Data: "page_url", To: "criteo"}, {Data: "session_recording", To: "hotjar"}, {Data: "email", To: "us"}, {Data: "date_of_birth", To: "us"},
		}}
		in := s.input(set)
		in.Documents = []*policy.Document{doc}
		m := check.New(in)
		for id, d := range m.Disclose() {
			if d.Verdict != want[id] {
				t.Errorf("%s: %s is %s, want %s: %s", lang, id, d.Verdict, want[id], d.Why)
			}
		}
		sold, phone := "", ""
		for _, p := range m.Promises() {
			for _, st := range doc.Statements {
				if st.ID == p.Statement && st.Action == "sell" {
					sold = p.Verdict
				} else if st.ID == p.Statement && st.Negated {
					phone = p.Verdict
				}
			}
		}
		if sold == "" || phone != "broken" {
			t.Errorf("%s: the promise not to sell is %q, the one of phone numbers %q, want one and broken", lang, sold, phone)
		}
		if t.Failed() {
			for _, st := range doc.Statements {
				t.Logf("%s %s %v %s %v to %v for %v days %d if %q: %s", st.ID, st.Actor, st.Negated, st.Action, st.DataTypes, st.Recipients, st.Purposes, st.RetentionDays, st.Condition, st.Quote)
			}
		}
	}
}
