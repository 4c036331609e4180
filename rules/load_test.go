package rules

import "testing"

func TestLoadEmbedded(t *testing.T) {
	s, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if v := s.VendorFor("www.google-analytics.com", "/g/collect"); v == nil || v.ID != "google-analytics" {
		t.Errorf("VendorFor(www.google-analytics.com) = %v", v)
	}
}
