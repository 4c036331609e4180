package reports

import (
	"strings"
	"testing"

	"candor/analyzer"
	"candor/crawler/evidence"
)

func TestRedactedAddresses(t *testing.T) {
	r := newRedactor(evidence.Meta{RedactionKey: "k"})
	mail := r.Mark("sam@example.com")
	for in, want := range map[string]string{
		"https://a.test/": "https://a.test/",
		"https://a.test/search?q=rain+jacket&page=2":                    "https://a.test/search?q=rain+jacket&page=2",
		"https://a.test/@brand/news":                                    "https://a.test/@brand/news",
		"https://a.test/thanks?order=7&email=sam%40example.com":         "https://a.test/thanks?order=7&email=" + mail,
		"https://a.test/u/sam@example.com/basket":                       "https://a.test/u/" + mail + "/basket",
		"https://sam:secret@a.test/":                                    "https://a.test/",
		"https://a.test/?sam@example.com":                               "https://a.test/?" + mail,
		"https://a.test/#mail=sam@example.com":                          "https://a.test/#mail=" + mail,
		"https://a.test/npm/carousel@1.2.0/x.js":                        "https://a.test/npm/carousel@1.2.0/x.js",
		"https://a.test/#section-2":                                     "https://a.test/#section-2",
		"https://a.test/p?phone=%2B44+20+7946+0123":                     "https://a.test/p?phone=" + r.Mark("+44 20 7946 0123"),
		"https://a.test/p?cid=5f2b8c1e-93d4-4a7b-8e21-6c0d9f3a1b57&x=1": "https://a.test/p?cid=" + r.Mark("5f2b8c1e-93d4-4a7b-8e21-6c0d9f3a1b57") + "&x=1",
		"https://a.test/p?e=d41d8cd98f00b204e9800998ecf8427e":           "https://a.test/p?e=" + r.Mark("d41d8cd98f00b204e9800998ecf8427e"),
		"https://a.test/%zz?mail=sam@example.com":                       "https://a.test/%zz?" + r.Mark("?mail=sam@example.com"),
	} {
		if got := r.address(in); got != want {
			t.Errorf("address(%q) = %q, want %q", in, got, want)
		}
	}
	if other := newRedactor(evidence.Meta{RedactionKey: "another"}).Mark("sam@example.com"); other == mail {
		t.Error("another key gives the same hash")
	}
}

// No part of a report shows what stands in the address of a page.
func TestRedactedReport(t *testing.T) {
	const address = "https://a.test/thanks?email=sam%40example.com"
	rep := New(&analyzer.Analysis{
		Meta:  evidence.Meta{RedactionKey: "k"},
		Pages: []evidence.Page{{ID: "p0001.none", URL: address, FinalURL: address, Ended: "quiet"}},
		Gaps:  []evidence.Gap{{What: "content of " + address, Why: "it took too long", Page: "p0001.none"}},
	})
	var b strings.Builder
	if err := rep.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if data := b.String(); strings.Contains(data, "example.com") || !strings.Contains(data, "content of https://a.test/thanks?email=~") {
		t.Errorf("%s", data)
	}
}
