package main

import (
	"reflect"
	"testing"

	"candor/crawler/consent"
	"candor/rules"
)

// TestConsentRules checks that nothing of a platform or a language is lost on
// its way to the crawler.
func TestConsentRules(t *testing.T) {
	set := &rules.Set{
		Platforms: []*rules.ConsentPlatform{{
			ID: "a", Name: "A", Vendor: "v", Frame: "frame", SecondFrame: "second", Detect: []string{"d"}, Accept: []string{"a"}, Reject: []string{"r"},
			Settings: []string{"s"}, RejectAll: []string{"ra"}, AcceptAll: []string{"aa"}, Toggles: []string{"t"}, Save: []string{"sv"},
			Reopen: []string{"re"}, Vendors: []string{"ve"}, NoReject: "none",
			Signs: []rules.ConsentSign{{Cookie: "c", Accept: "1"}, {Storage: "s", Reject: "0"}, {API: "x.y", Accept: "t", Reject: "f"}},
		}},
		ConsentWords: []*rules.ConsentWords{{
			Language: "en", Topic: []string{"t"}, Accept: []string{"a"}, Reject: []string{"r"}, Settings: []string{"s"}, Save: []string{"sv"},
			Close: []string{"c"}, Reopen: []string{"re"}, OptOut: []string{"o"}, Not: []string{"n"}, Pay: []string{"p"},
		}},
	}
	wantRules := []consent.Rule{{
		ID: "a", Name: "A", Frame: "frame", Frame2: "second", Detect: []string{"d"}, Accept: []string{"a"}, Reject: []string{"r"},
		Settings: []string{"s"}, Reject2: []string{"ra"}, Accept2: []string{"aa"}, Toggles: []string{"t"}, Save: []string{"sv"}, NoReject: "none",
		Reopen: []string{"re"}, Vendors: []string{"ve"},
		Signs: []consent.RuleSign{{Kind: "cookie", Name: "c", Accept: "1"}, {Kind: "storage", Name: "s", Reject: "0"}, {Kind: "platform_api", Name: "x.y", Accept: "t", Reject: "f"}},
	}}
	if got := consentRules(set); !reflect.DeepEqual(got, wantRules) {
		t.Errorf("rules\n%+v\nwant\n%+v", got, wantRules)
	}
	wantWords := consent.Words{Languages: []consent.Language{{
		Code: "en", Topic: []string{"t"}, Accept: []string{"a"}, Reject: []string{"r"}, Settings: []string{"s"}, Save: []string{"sv"},
		Close: []string{"c"}, Reopen: []string{"re"}, OptOut: []string{"o"}, Not: []string{"n"}, Pay: []string{"p"},
	}}}
	if got := consentWords(set); !reflect.DeepEqual(got, wantWords) {
		t.Errorf("words\n%+v\nwant\n%+v", got, wantWords)
	}
	// A field that nobody fills would be lost in silence.
	for _, v := range []any{wantRules[0], wantRules[0].Signs[2], wantWords.Languages[0]} {
		for i, r := 0, reflect.ValueOf(v); i < r.NumField(); i++ {
			if r.Field(i).IsZero() {
				t.Errorf("%T.%s is not part of this test", v, r.Type().Field(i).Name)
			}
		}
	}
}

// TestConsentOperator checks that the operator takes all that the rules hold.
func TestConsentOperator(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := consent.New(consentRules(set), consentWords(set)); err != nil {
		t.Fatal(err)
	}
}
