package flow_test

import (
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

// TestLabels follows labels from where pages keep them to who gets them.
func TestLabels(t *testing.T) {
	layer := func(source, key, value string) evidence.Label {
		return evidence.Label{Page: "p0001.none", State: evidence.StateNone, Source: source, Key: key, Value: value}
	}
	tests := []struct {
		name   string
		make   func(*scan)
		labels []string // kind source key value → who
		flows  []string // of inferred profiles
	}{
		{"data layer, sent under another name", func(s *scan) {
			s.labels = append(s.labels, layer("dataLayer", "user.segment", "Young-Family"))
			s.request("p0001.none", "https://pixel.test/tr?cd5=young-family", nil)
		}, []string{"segment dataLayer user.segment Young-Family → pixel"}, []string{"pixel inferred_profile request direct"}},
		{"a short value counts only with its key", func(s *scan) {
			s.labels = append(s.labels, layer("utag_data", "visitor_segment", "vip"))
			s.request("p0001.none", "https://pixel.test/tr?cd5=vip", nil)
			s.request("p0001.none", "https://stranger.test/x?visitor_segment=vip", nil)
		}, []string{"segment request visitor_segment vip → stranger.test", "segment utag_data visitor_segment vip → stranger.test"}, []string{"stranger.test inferred_profile request direct"}},
		{"in storage", func(s *scan) {
			s.storage = append(s.storage, evidence.StorageItem{Page: "p0001.none", State: evidence.StateNone, Kind: "local", Origin: "https://www.shop.test", Key: "visitor_segment", Value: "bargain-hunter"})
			s.request("p0001.none", "https://pixel.test/tr?z=bargain-hunter", nil)
		}, []string{"segment local storage visitor_segment bargain-hunter → pixel"}, []string{"pixel inferred_profile request direct"}},
		{"in JSON in storage", func(s *scan) {
			s.storage = append(s.storage, evidence.StorageItem{Page: "p0001.none", State: evidence.StateNone, Kind: "session", Origin: "https://www.shop.test", Key: "crm", Value: `{"lead_score":72,"theme":"dark"}`})
		}, []string{"lead_score session storage crm.lead_score 72 →"}, nil},
		{"many values", func(s *scan) {
			for _, v := range []string{"0.2", "0.3", "0.4", "0.5", "0.6", "0.7"} {
				s.labels = append(s.labels, layer("dataLayer", "lead_score", v))
			}
			s.request("p0001.none", "https://pixel.test/tr?lead_score=0.6", nil)
		}, []string{"lead_score dataLayer lead_score 0.2, 0.3, 0.4, 0.5 and 2 more → pixel", "lead_score request lead_score 0.6 → pixel"}, []string{"pixel inferred_profile request direct"}},
		{"in a cookie, not sent", func(s *scan) {
			s.cookies = append(s.cookies, evidence.Cookie{Page: "p0001.none", State: evidence.StateNone, Name: "segment", Value: "lapsed", Domain: "www.shop.test", Path: "/"})
		}, []string{"segment cookie segment lapsed →"}, nil},
		{"in a request alone", func(s *scan) {
			s.request("p0001.none", "https://stranger.test/x", func(r *evidence.Request) { r.Method, r.PostData = "POST", `{"lead":{"score":0.62}}` })
		}, []string{"lead_score request lead.score 0.62 → stranger.test"}, []string{"stranger.test inferred_profile request direct"}},
		{"consent strings", func(s *scan) {
			s.labels = append(s.labels, layer("usp", "uspString", "1YNN"), layer("tcf", "tcString", ""))
			s.request("p0001.none", "https://pixel.test/tr?us_privacy=1YNN", nil)
		}, []string{"consent_string usp uspString 1YNN →"}, nil},
		{"near misses", func(s *scan) {
			s.labels = append(s.labels, layer("dataLayer", "event", "segment"), layer("dataLayer", "segment_key", "Xy7kQ2mN"), layer("dataLayer", "segment", "undefined"), layer("dataLayer", "segment", "https://www.shop.test/"))
			s.request("p0001.none", "https://pixel.test/tr?ev=segment&t=segmentation", nil)
		}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			s.page("p0001.none", evidence.StateNone)
			tt.make(&s)
			res := s.build(t)
			var got []string
			for _, l := range res.Labels {
				got = append(got, strings.TrimSpace(strings.Join([]string{l.Kind, l.Source, l.Key, l.Value, "→", strings.Join(l.SentTo, " ")}, " ")))
				if !slices.Equal(l.Pages, []string{"https://www.shop.test/p0001"}) {
					t.Errorf("pages = %q", l.Pages)
				}
			}
			if !slices.Equal(got, tt.labels) {
				t.Errorf("labels\n got  %q\n want %q", got, tt.labels)
			}
			var flows []string
			for _, f := range lines(res) {
				if strings.Contains(f, "inferred_profile") {
					flows = append(flows, f)
				}
			}
			if !slices.Equal(flows, tt.flows) {
				t.Errorf("flows = %q, want %q", flows, tt.flows)
			}
		})
	}
}
