package reports

import (
	"math"
	"strings"
	"testing"

	"candor/analyzer"
	"candor/analyzer/flow"
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

// A form is shown as a part of its visit's picture, but never what a person may
// have typed, nor what lies outside the picture.
func TestFormPictures(t *testing.T) {
	at := func(x, y, w, h, of float64) *evidence.Shown {
		return &evidence.Shown{Box: evidence.Box{X: x, Y: y, Width: w, Height: h}, Width: 1366, Height: of}
	}
	a := &analyzer.Analysis{
		Pages: []evidence.Page{
			{ID: "p0001.none", URL: "https://a.test/", Screenshot: "screenshots/p0001.none.jpg"}, {ID: "p0002.none", URL: "https://a.test/two"},
			{ID: "j0001.none", URL: "https://a.test/login", Screenshot: "screenshots/j0001.none.jpg", Steps: []evidence.Step{{Do: "fill", Target: "#mail", Value: "sam@example.com"}}},
		},
	}
	good := Crop{File: "evidence/screenshots/p0001.none.jpg", Of: Size{1366, 681}, X: 8, Y: 41, Width: 300, Height: 640}
	for _, c := range []struct {
		visit string
		at    *evidence.Shown
		want  Crop
	}{
		{"p0001.none", at(8, 40.6, 300, 640.4, 681), good},
		{"p0001.none", nil, Crop{}},
		{"p0002.none", at(8, 40, 300, 200, 681), Crop{}}, // no picture
		{"p0009.none", at(8, 40, 300, 200, 681), Crop{}}, // no visit
		{"j0001.none", at(8, 40, 300, 200, 681), Crop{}},
		{"p0001.none", at(-8, 40, 300, 200, 681), Crop{}},
		{"p0001.none", at(8, 40, 0, 200, 681), Crop{}},
		{"p0001.none", at(8, 600, 300, 200, 681), Crop{}},
		{"p0001.none", at(8, 40, math.NaN(), 200, 681), Crop{}},
		{"p0001.none", at(8, 40, 300, 200, math.Inf(1)), Crop{}},
		{"p0001.none", at(8, 1e300, 300, 200, 1e301), Crop{}},
	} {
		a.Seen.Forms = []flow.Form{{ID: "p0001.none/f01", Page: "https://a.test/", ShownAt: c.visit, Shown: c.at}}
		if got := New(a).Forms[0].Picture; got != c.want {
			t.Errorf("%s %+v: %+v, want %+v", c.visit, c.at, got, c.want)
		}
	}
	a.Seen.Forms[0].ShownAt, a.Seen.Forms[0].Shown = "p0001.none", at(8, 41, 300, 640, 681)
	a.Meta.Options.Redact = "all"
	if got := New(a).Forms[0].Picture; got != (Crop{}) {
		t.Errorf("of redacted evidence: %+v", got)
	}
	// A saved report may say anything.
	for _, c := range []Crop{{Of: good.Of, Width: 1, Height: 1}, {File: "x", Of: Size{math.MaxInt, math.MaxInt}, X: math.MaxInt - 1, Width: 2, Height: 1}, {File: "x", Of: good.Of, X: 1366, Width: 1, Height: 1}} {
		if c.Shows() {
			t.Errorf("%+v shows something", c)
		}
	}
}

// The steps of a journey are told without what was typed, and a form says where
// it was filled in.
func TestStepsAndTyping(t *testing.T) {
	a := &analyzer.Analysis{
		Meta: evidence.Meta{RedactionKey: "k"},
		Pages: []evidence.Page{
			{ID: "j0001.none", URL: "https://a.test/login", Kind: "journey", Ended: "quiet", Steps: []evidence.Step{
				{Line: 2, Do: "goto", Target: "https://a.test/login?for=sam%40example.com", URL: "https://a.test/login"},
				{Line: 3, Do: "fill", Target: "#email", Value: "sam@example.com"},
				{Line: 4, Do: "fill", Target: "#password", Value: "${env:PASSWORD}"},
				{Line: 5, Do: "press", Target: "#password", Value: "Enter", Failure: "nothing has the focus"},
				{Line: 6, Do: "screenshot", Value: "orders", Screenshot: "screenshots/j0001.none-05.jpg"},
			}},
			{ID: "p0001.none", URL: "https://a.test/", Ended: "quiet"},
		},
		Seen: flow.Result{Forms: []flow.Form{{ID: "p0002.none/f01", Page: "https://a.test/two", Typed: "p0001.none"}}},
	}
	rep := New(a)
	mark := newRedactor(a.Meta).Mark("sam@example.com")
	steps := rep.Pages[0].Steps
	if len(steps) != 5 || steps[1].Value != mark || steps[2].Value != "${env:PASSWORD}" || steps[3].Value != "Enter" || steps[3].Failure == "" || steps[4].Screenshot != "evidence/screenshots/j0001.none-05.jpg" {
		t.Errorf("steps %+v", steps)
	}
	if steps[0].Target != "https://a.test/login?for="+mark || len(rep.Pages[1].Steps) != 0 || rep.Pages[1].Steps == nil {
		t.Errorf("steps %+v and %+v", steps[0], rep.Pages[1].Steps)
	}
	if rep.Forms[0].Typed != "https://a.test/" {
		t.Errorf("typed on %q", rep.Forms[0].Typed)
	}
	a.Meta.Options.Redact = "all"
	if s := New(a).Pages[0].Steps[4].Screenshot; s != "" {
		t.Errorf("the screenshot %q will not be there", s)
	}
}
