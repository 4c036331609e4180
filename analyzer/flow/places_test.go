package flow

import (
	"fmt"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

func described(classes []Class) string {
	var out []string
	for _, c := range classes {
		var signals []string
		for _, s := range c.Signals {
			signals = append(signals, s.Source+" "+s.Text)
		}
		out = append(out, c.Class+" ("+strings.Join(signals, ", ")+")")
	}
	return strings.Join(out, "; ")
}

// TestPlaces classes pages by what they say, with the evidence for each class.
// The near misses are pages that have a word of a class and are none.
func TestPlaces(t *testing.T) {
	at := func(address, title string) evidence.Page { return evidence.Page{URL: address, Title: title} }
	form := func(heading, submit string, fields ...evidence.Field) evidence.Form {
		return evidence.Form{Heading: heading, Submit: submit, Visible: true, Fields: fields}
	}
	tests := []struct {
		name string
		page evidence.Page
		form []evidence.Form
		want string // of the page
		also string // of its first form
	}{
		{"an illness by address and title", at("https://www.clinic.test/conditions/depression", "Depression treatment | Clinic"), nil, "health (address conditions, title depression)", ""},
		{"by title and schema.org", evidence.Page{URL: "https://www.a.test/p/12", Title: "Living with diabetes", SchemaTypes: []string{"https://schema.org/MedicalWebPage", "WebPage"}}, nil, "health (schema.org MedicalWebPage, title diabetes)", ""},
		{"by address and heading", evidence.Page{URL: "https://www.a.test/erectile-dysfunction", Title: "Start here", Headings: []string{"Erectile dysfunction: what helps"}}, nil, "health (address erectile dysfunction, heading erectile dysfunction)", ""},
		{"German", at("https://www.praxis.test/behandlung/", "Unsere Behandlungen für Patienten"), nil, "health (address behandlung, title patienten)", ""},
		{"a host that names it", at("https://pharmacy.shop.test/order", "Order your prescription"), nil, "health (address pharmacy, title prescription)", ""},
		{"by the fields of its form", at("https://www.white-smile.test/appointments/dental", "Request an appointment"),
			[]evidence.Form{form("", "Send", evidence.Field{Type: "textarea", Label: "Reason for your visit", Visible: true})},
			"health (address dental, field health)", "health (address dental, field health)"},
		{"orientation", at("https://www.date.test/gay-dating/berlin", "Gay dating in Berlin"), nil, "sexual_orientation (address gay dating, title gay dating)", ""},
		{"children", at("https://www.play.test/kids/games", "Games for kids"), nil, "children (address kids games, title games for kids)", ""},
		{"careers", at("https://www.shop.test/careers/buyer-12", "Buyer"),
			[]evidence.Form{form("Apply for this job", "Send", evidence.Field{Type: "file", Label: "Upload CV", Visible: true})},
			"careers (address careers, field upload cv, heading apply for this job)", "careers (address careers, field upload cv, heading apply for this job)"},
		{"credit", at("https://www.bank.test/loans/personal", "Personal loan: apply in minutes"), nil, "credit (address loans, title personal loan)", ""},
		{"housing", evidence.Page{URL: "https://www.homes.test/listing/77", Title: "Apartments for rent in Lyon", SchemaTypes: []string{"Apartment"}}, nil, "housing (schema.org Apartment, title apartments for rent)", ""},
		{"insurance", at("https://www.insure.test/car-insurance/quote", "Car insurance quote"), nil, "insurance (address insurance quote, title insurance quote)", ""},
		{"finance", at("https://www.bank.test/online-banking", "Online banking"), nil, "finance (address online banking, title online banking)", ""},
		{"log-in", at("https://www.shop.test/login", "Welcome back"),
			[]evidence.Form{form("Log in", "Sign in", evidence.Field{Name: "pw", Type: "password", Label: "Password", Visible: true})},
			"login (address login, field password, heading log in, heading sign in)", "login (address login, field password, heading log in, heading sign in)"},
		{"checkout", at("https://www.shop.test/checkout/payment", "Secure checkout"), nil, "checkout (address checkout, title secure checkout)", ""},
		{"two classes", at("https://www.insure.test/health-insurance/diabetes", "Health insurance with diabetes"), nil,
			"health (address diabetes, title diabetes); insurance (address health insurance, title health insurance)", ""},

		{"terms and conditions of a pharmacy", at("https://www.shop.test/terms-and-conditions", "Terms | Pharmacy"), nil, "", ""},
		{"one word in the address only", at("https://www.shop.test/health", "About us"), nil, "", ""},
		{"one word in the title only", at("https://www.shop.test/about", "Our patients' stories"), nil, "", ""},
		{"health and safety", at("https://www.shop.test/health-and-safety", "Health and safety policy"), nil, "", ""},
		{"patience", at("https://www.shop.test/blog/patience", "Patience pays"), nil, "", ""},
		{"sunglasses", at("https://www.shop.test/prescription-sunglasses", "Prescription sunglasses"), nil, "", ""},
		{"children's clothes", at("https://www.shop.test/kids/jackets", "Kids' jackets | Shop"), nil, "", ""},
		{"interest", at("https://www.shop.test/points-of-interest", "Points of interest"), nil, "", ""},
		{"car rental", at("https://www.cars.test/car-rentals", "Car rentals in Nice"), nil, "", ""},
		{"check out our sale", at("https://www.shop.test/blog/check-out-our-sale", "Check out our sale"), nil, "", ""},
		{"jobs of a printer", at("https://www.print.test/print-jobs", "Print jobs"), nil, "", ""},
		{"a log-in in the head of every page", at("https://www.shop.test/boots", "Boots"),
			[]evidence.Form{form("Log in", "Sign in", evidence.Field{Type: "password", Label: "Password", Visible: true})},
			"", "login (field password, heading log in, heading sign in)"},
		{"a newsletter", at("https://www.shop.test/", "Shop"), []evidence.Form{form("Newsletter", "Subscribe", evidence.Field{Type: "email", Label: "E-mail", Visible: true})}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := embeddedBuilder(t)
			tt.page.ID, tt.page.State = "p0001.none", evidence.StateNone
			b.visits.add(visit{id: tt.page.ID, url: tt.page.URL, state: tt.page.State, own: b.places.page(&tt.page)})
			for i := range tt.form {
				f := &tt.form[i]
				f.ID, f.Page, f.State = fmt.Sprintf("p0001.none/f%02d", i), tt.page.ID, tt.page.State
				b.form(f)
			}
			b.classify()
			got := ""
			for _, p := range b.placeList() {
				got += described(p.Classes)
			}
			if got != tt.want {
				t.Errorf("page: %s\nwant  %s", got, tt.want)
			}
			for _, f := range b.forms {
				if got := described(f.Classes); got != tt.also {
					t.Errorf("form: %s\nwant  %s", got, tt.also)
				}
			}
		})
	}
}

// FuzzPlaces classes hostile pages.
func FuzzPlaces(f *testing.F) {
	f.Add("https://clinic.test/depression", "Depression", "Symptoms", "MedicalCondition")
	f.Add("%zz", "\xff", "", "///")
	b := embeddedBuilder(f)
	f.Fuzz(func(t *testing.T, address, title, heading, schema string) {
		own := b.places.page(&evidence.Page{URL: address, Title: title, Headings: []string{heading}, SchemaTypes: []string{schema}})
		for _, c := range b.places.classesOf(own, nil) {
			if len(c.Signals) < 2 || len(c.Signals) > maxSignals {
				t.Errorf("%s by %d signals", c.Class, len(c.Signals))
			}
		}
		b.searchTells(title)
	})
}
