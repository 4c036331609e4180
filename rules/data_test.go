package rules

import (
	"slices"
	"strings"
	"testing"
)

// mandatory are the data types that scan.json promises (design, "scan.json, version 1").
const mandatory = `ip_address user_agent device_identifier cookie_identifier advertising_identifier device_fingerprint
page_url browsing_history referrer search_query interaction_events session_recording keystrokes screen_properties time_zone
language approximate_location precise_location name email email_hash phone phone_hash postal_address zip_code date_of_birth
age gender password payment_card bank_account government_id health sexual_orientation ethnicity religion political_opinion
biometric employment education income purchase_history user_content file_upload photo social_profile inferred_profile child_data`

// TestEmbeddedData checks what the loader cannot know to want: that there is
// enough, and that what other packages rely on is there.
func TestEmbeddedData(t *testing.T) {
	s := embeddedSet(t)
	patterns := make(map[string]bool)
	hosts := 0
	used := make(map[string]bool)
	for _, v := range s.Vendors {
		hosts += len(v.Domains)
		used[v.Company] = true
		for _, c := range append(slices.Clone(v.Cookies), v.Storage...) {
			patterns[c.Name+" "+c.Domain] = true
		}
	}
	t.Logf("%d vendors, %d companies, %d hosts, %d cookie and storage patterns, %d names", len(s.Vendors), len(s.Companies), hosts, len(patterns), len(s.Names()))
	if len(s.Vendors) < 300 {
		t.Errorf("%d vendors, want at least 300", len(s.Vendors))
	}
	if len(patterns) < 1000 {
		t.Errorf("%d patterns, want at least 1000", len(patterns))
	}
	for _, category := range Categories {
		if !slices.ContainsFunc(s.Vendors, func(v *Vendor) bool { return slices.Contains(v.Categories, category) }) {
			t.Errorf("no vendor of category %q", category)
		}
	}
	for id := range strings.FieldsSeq(mandatory) {
		if d := s.Terms.DataType(id); d == nil || d.Abstract {
			t.Errorf("data type %q is missing or abstract", id)
		}
	}
	for id := range strings.FieldsSeq("service functionality security analytics advertising personalization marketing profiling payment support research social legal employment merger") {
		if s.Terms.Purpose(id) == nil {
			t.Errorf("purpose %q is missing", id)
		}
	}
	for _, v := range s.Vendors {
		if len(v.Purposes) == 0 || len(v.Domains) > 0 && len(v.Receives) == 0 {
			t.Errorf("vendor %q has no purposes or receives nothing", v.ID)
		}
	}
}

// TestEmbeddedNames keeps names that every text holds from being taken for a
// vendor: they must be marked as ambiguous.
func TestEmbeddedNames(t *testing.T) {
	for _, n := range embeddedSet(t).Names() {
		if len(n.Text) < 3 && !n.Ambiguous {
			t.Errorf("%s %q: the name %q is too short; expected it in ambiguous", n.Kind, n.ID, n.Text)
		}
		if strings.ToLower(n.Text) == n.Text && !n.Ambiguous && len(n.Text) < 5 && !strings.ContainsAny(n.Text, ".0123456789") {
			t.Errorf("%s %q: the name %q could be an ordinary word; expected it in ambiguous", n.Kind, n.ID, n.Text)
		}
	}
}
