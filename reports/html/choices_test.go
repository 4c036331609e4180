package html

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"candor/analyzer"
	"candor/reports/reporttest"
)

// What choices do stands in the report: the states with the sentences that
// promise them, the matrix in words, before and after, and how it is offered.
func TestChoices(t *testing.T) {
	_, doc := render(t, reporttest.Shop())
	one := func(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
	for sel, wants := range map[string][]string{
		".states": {"Everything refusedTaken1 still got an identifier, 2 no more, 1 for a person; compared on 6 pages",
			"“You can refuse all cookies that are not needed in our cookie banner.”", "Broken differs. Observed after everything was refused: Meta Pixel still got identifiers",
			"Consent withdrawnNot tested The control that shows the choice again did nothing.", "“You can change your mind at any time.”", "2.9 s: click (save) “Save”", "Sign: cookie OptanonConsent says yes"},
		".by-state tbody tr:nth-child(1)": {"Meta Pixel", "before a choice", "still there", "as before", "not tested"},
		"#choice-1":                       {"No choice made", "5eed00000001", "and 1 more", "_fbp", "cookie"},
		"#choices":                        {"The site itself", "lantern_cart"},
		".key-list":                       {"It still gets an identifier, or is still set, on the same pages.", "This is not a pass."},
		"#coverage":                       {"Consent withdrawnnot tested: The control that shows the choice again did nothing.", "1 address did not load in this state"},
	} {
		text := one(doc.Find(sel))
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q in %s", sel, want, text)
			}
		}
	}
	offer := one(doc.Find("#offer").NextAll())
	for _, want := range []string{"1 click to accept everything; 2 clicks to refuse everything", "of the platform onetrust; it came after 1.8 s", "cannot be used until a choice is made", "“Cookie settings”; not found on /checkout",
		"Google, Hotjar Ltd", "covers 31 % of the window", "Let me choosesettingslink90 × 18 px2.8 : 11.0 : 112 pxyes", "“Necessary” locked on, “Marketing” on, “Statistics” off"} {
		if !strings.Contains(offer, want) {
			t.Errorf("the offer lacks %q in %s", want, offer)
		}
	}
	if src := doc.Find(".layer-shot img").AttrOr("src", ""); src != "evidence/screenshots/k0001.none-layer1.jpg" {
		t.Errorf("the picture of the first layer is %q", src)
	}
	if n := doc.Find("#choices .by-state td").Length(); n != 4*4 {
		t.Errorf("%d cells, want 16", n)
	}
	doc.Find("#choices .by-state td").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" || s.AttrOr("data-state", "") == "" {
			t.Error("a cell of the matrix has no text")
		}
	})
	_, doc = render(t, &analyzer.Analysis{})
	for _, sel := range []string{"#choices", "a[href='#choices']", "#coverage h3:contains('Consent states')"} {
		if doc.Find(sel).Length() > 0 {
			t.Errorf("an empty report has %s", sel)
		}
	}
}
