package flow_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// TestTellingPages checks what the address and title of a sensitive page make of
// a request: the data type that they are, and the classes on its flows.
func TestTellingPages(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	const ga = "https://www.google-analytics.com/g/collect?v=2&tid=G-ABCDEF&en=page_view"
	illness := evidence.Page{URL: "https://www.shop.test/conditions/depression", Title: "Depression: where to get help"}
	tests := []struct {
		name    string
		page    evidence.Page
		request string
		referer string
		want    string // "data: detail" of the sensitive flow
		places  []string
	}{
		{"the address", illness, ga + "&dl=" + url.QueryEscape(illness.URL), "", "health: parameter dl: the page is of the class health and this names “conditions”", []string{"health"}},
		{"the title", illness, ga + "&dt=" + url.QueryEscape(illness.Title), "", "health: parameter dt: the page is of the class health and this names “depression”", []string{"health"}},
		{"the referrer", illness, "https://t.stranger.test/x.gif", illness.URL, "health: Referer header: the page is of the class health and this names “conditions”", []string{"health"}},
		{"the referrer, to fonts", illness, "https://fonts.googleapis.com/css2", illness.URL, "", []string{"health"}},
		{"a search for it", evidence.Page{URL: "https://www.shop.test/s"}, ga + "&dl=" + url.QueryEscape("https://www.shop.test/s?q=back+pain"), "", "health: parameter q of an address in the request: the search says “back pain”", nil},
		{"another search", evidence.Page{URL: "https://www.shop.test/s"}, ga + "&dl=" + url.QueryEscape("https://www.shop.test/s?q=red+boots"), "", "", nil},
		{"only an event", illness, ga, "", "", []string{"health"}},
		{"the home page from there", illness, ga + "&dl=" + url.QueryEscape("https://www.shop.test/"), "", "", []string{"health"}},
		{"a page with one signal", evidence.Page{URL: illness.URL, Title: "Welcome"}, ga + "&dl=" + url.QueryEscape(illness.URL), "", "", nil},
		{"a log-in page tells nothing of a person", evidence.Page{URL: "https://www.shop.test/login", Title: "Log in"}, ga + "&dl=" + url.QueryEscape("https://www.shop.test/login"), "", "", []string{"login"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			tt.page.ID, tt.page.State, tt.page.FinalURL, tt.page.Status = "p0001.none", evidence.StateNone, tt.page.URL, 200
			s.pages = []evidence.Page{tt.page}
			s.request("p0001.none", tt.request, func(r *evidence.Request) {
				if tt.referer != "" {
					r.Headers = map[string]string{"referer": tt.referer}
				}
			})
			r := s.write(t)
			res, err := flow.Build(context.Background(), r, set, flow.NewSite([]string{"https://www.shop.test/"}, nil))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range res.Flows {
				if d := set.Terms.DataType(f.DataTypes[0]); d.Sensitive {
					got += f.DataTypes[0] + ": " + f.Detail
					if f.Confidence != flow.Strong {
						t.Errorf("%s is %s", f.DataTypes[0], f.Confidence)
					}
				}
				if !slices.Equal(f.Places, tt.places) && len(f.Places)+len(tt.places) > 0 {
					t.Errorf("places of %s = %q, want %q", f.DataTypes[0], f.Places, tt.places)
				}
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.places != nil && (len(res.Places) != 1 || res.Places[0].Page != tt.page.URL || !strings.Contains(res.Places[0].Classes[0].Class, tt.places[0])) {
				t.Errorf("places = %+v", res.Places)
			}
		})
	}
}
