package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestSubsumes(t *testing.T) {
	s, err := LoadFS(folder(map[string]string{"terms/data_types.yaml": `
- {id: personal, abstract: true}
- {id: contact, parents: [personal], abstract: true}
- {id: identifier, parents: [personal], abstract: true}
- {id: online, parents: [identifier], abstract: true}
- {id: email, parents: [online, contact]}
- {id: ip_address, parents: [online]}
`}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ broad, narrow, path string }{
		{"personal", "email", "personal contact email"}, // the shorter of two ways
		{"identifier", "email", "identifier online email"},
		{"email", "email", "email"},
		{"contact", "ip_address", ""},
		{"email", "contact", ""},
		{"personal", "unknown", ""},
		{"unknown", "email", ""},
	} {
		path, ok := s.Terms.Subsumes(test.broad, test.narrow)
		if got := strings.Join(path, " "); got != test.path || ok != (test.path != "") {
			t.Errorf("Subsumes(%q, %q) = %q, %v; want %q", test.broad, test.narrow, got, ok, test.path)
		}
	}
	if d := s.Terms.DataType("email"); d == nil || !slices.Equal(d.Parents, []string{"online", "contact"}) {
		t.Errorf("DataType(email) = %+v", d)
	}
	if s.Terms.DataType("emai") != nil || s.Terms.Purpose("analytic") != nil || s.Terms.Recipient("x") != nil {
		t.Error("a term was found that is not there")
	}
	if p := s.Terms.Purpose("analytics"); p == nil || p.Name != "Analytics" {
		t.Errorf("Purpose(analytics) = %+v", p)
	}
}
