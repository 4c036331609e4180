package rules

import (
	"strings"
	"testing"
)

const (
	platformHead = "id: acme-banner\nname: Acme\n"
	platformTail = "sources: [{name: Acme, date: \"2026-11\"}]\n"
	fullPlatform = platformHead + // lines begin at 3
		"vendor: acme-tag\ndetect: [\"#acme\"]\naccept: [\"#acme .yes\"]\nreject: [\"#acme .no\"]\nreopen: [\".acme-again\"]\n" +
		"signs:\n  - {cookie: acme, accept: \"^1$\", reject: \"^0$\"}\n" + platformTail
	fullWords = "language: en\nname: English\ntopic: [cookies]\naccept: [accept]\nreject: [reject]\nsettings: [settings]\n" +
		"save: [save]\nclose: [close]\nreopen: [cookie settings]\nopt_out: [do not sell]\n\"not\": [newsletter]\npay: [pay]\n"
)

func TestConsentFaults(t *testing.T) {
	const platform, words = "consent/acme-banner.yaml", "consent/words/en.yaml"
	change := func(old, new string) string {
		if !strings.Contains(fullPlatform, old) {
			t.Fatalf("%q is not in the platform", old)
		}
		return strings.Replace(fullPlatform, old, new, 1)
	}
	say := func(old, new string) string { return strings.Replace(fullWords, old, new, 1) }
	for _, test := range []struct{ what, file, text, want string }{
		{"sound", platform, fullPlatform, ""},
		{"sound words", words, fullWords, ""},
		{"no reject, with a reason", platform, change("reject: [\"#acme .no\"]", "no_reject: it only informs"), ""},
		{"told by words", platform, change("accept: [\"#acme .yes\"]\nreject: [\"#acme .no\"]", "by_words: each site orders them as it likes"), ""},
		{"second layer", platform, change("reject: [\"#acme .no\"]", "settings: [\".s\"]\nreject_all: [\".n\"]"), ""},
		{"switches", platform, change("reject: [\"#acme .no\"]", "toggles: [\"input.on\"]\nsave: [\".save\"]"), ""},

		{"unknown key", platform, change("detect", "detects"), platform + `:4: unknown key "detects"; expected one of id, name, vendor`},
		{"not the file's name", platform, change("acme-banner", "acme"), platform + `:1: id "acme" is not the file's name`},
		{"unknown vendor", platform, change("acme-tag", "acme-tags"), platform + `:3: unknown vendor "acme-tags"`},
		{"vendor of the same id", "consent/acme-tag.yaml", strings.Replace(change("vendor: acme-tag\n", ""), "acme-banner", "acme-tag", 1), `consent/acme-tag.yaml:1: vendor is missing; expected "acme-tag"`},
		{"nothing to find it by", platform, change("detect: [\"#acme\"]\n", ""), platform + `:1: detect is missing`},
		{"no way to accept", platform, change("accept: [\"#acme .yes\"]\n", ""), platform + `:1: accept is missing`},
		{"no way to refuse", platform, change("reject: [\"#acme .no\"]\n", ""), platform + `:1: no way to refuse; expected reject, settings with reject_all`},
		{"a way and a reason", platform, change("reopen:", "no_reject: none\nreopen:"), platform + `:7: no_reject, and there is a way to refuse`},
		{"layer that nothing opens", platform, change("reopen:", "reject_all: [\".n\"]\nreopen:"), platform + `:1: settings is missing`},
		{"no way back", platform, change("reopen: [\".acme-again\"]\n", ""), platform + `:1: reopen is missing`},
		{"broken selector", platform, change("#acme .no", "#acme >"), platform + `:6: selector "#acme >": `},
		{"selector of the parser alone", platform, change("#acme .no", "button:contains('No')"), platform + `:6: selector "button:contains('No')": browsers do not know :contains`},
		{"selector twice", platform, change("[\"#acme .no\"]", "[\".n\", \".n\"]"), platform + `:6: selector ".n" is listed twice`},
		{"long selector", platform, change("#acme .no", strings.Repeat("a", maxSelector+1)), platform + `:6: selector "aaa`},
		{"many selectors", platform, change("[\"#acme .no\"]", "[.a"+strings.Repeat(", .b", maxSelectors)+"]"), platform + `:6: `},
		{"short frame", platform, change("reopen:", "frame: cmp\nreopen:"), platform + `:7: frame "cmp"; expected a part`},
		{"sign of two kinds", platform, change("{cookie: acme,", "{cookie: acme, storage: acme,"), platform + `:9: sign of no kind or of several`},
		{"sign that tells nothing", platform, change("accept: \"^1$\", reject: \"^0$\"", "accept: \"\""), platform + `:9: sign that tells nothing`},
		{"sign that tells the same", platform, change("^0$", "^1$"), platform + `:9: accept and reject are the same`},
		{"broken pattern", platform, change("^1$", "("), platform + `:9: accept "("; expected a pattern (RE2)`},
		{"function with arguments", platform, change("cookie: acme", "api: \"acme.get('x')\""), platform + `:9: api "acme.get('x')"; expected a path`},
		{"cookie name of stars", platform, change("cookie: acme", "cookie: \"**\""), platform + `:9: cookie "**"; expected a name`},
		{"no signs", platform, change("signs:\n  - {cookie: acme, accept: \"^1$\", reject: \"^0$\"}\n", ""), platform + `:1: signs is missing`},
		{"package without a version", platform, change("reopen:", "tested: [acme]\nreopen:"), platform + `:7: tested "acme"; expected a package and its version`},
		{"no source", platform, change(platformTail, ""), platform + `:1: sources is missing`},

		{"language of another name", words, say("en", "de"), words + `:1: language "de"; expected "en"`},
		{"list without phrases", words, say("close: [close]\n", ""), words + `:1: close is missing`},
		{"upper case", words, say("[accept]", "[Accept]"), words + `:4: phrase "Accept": expected lower case`},
		{"blanks", words, say("[accept]", "[accept  all]"), words + `:4: phrase "accept  all": expected single blanks`},
		{"phrase of two roles", words, say("[reject]", "[accept]"), words + `:5: phrase "accept" is already that of accept`},
		{"phrase twice", words, say("[reject]", "[reject, reject]"), words + `:5: phrase "reject" is listed twice`},
	} {
		t.Run(test.what, func(t *testing.T) {
			s, err := LoadFS(folder(map[string]string{test.file: test.text}))
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "":
				if len(s.Platforms)+len(s.ConsentWords) != 1 {
					t.Errorf("loaded %d platforms, %d languages", len(s.Platforms), len(s.ConsentWords))
				}
			case err == nil || !strings.HasPrefix(err.Error(), test.want):
				t.Errorf("err = %v\nwant  %s", err, test.want)
			}
		})
	}
}

// TestConsentData checks what the loader cannot know to want.
func TestConsentData(t *testing.T) {
	s := embeddedSet(t)
	ways, tested := map[string]int{}, 0
	for _, p := range s.Platforms {
		ways[p.Rejection()]++
		if len(p.Tested) > 0 {
			tested++
		}
	}
	t.Logf("%d platforms (%v), %d of them tested, %d languages", len(s.Platforms), ways, tested, len(s.ConsentWords))
	if len(s.Platforms) < 50 {
		t.Errorf("%d platforms, want at least 50", len(s.Platforms))
	}
	if len(s.ConsentWords) < 10 {
		t.Errorf("%d languages, want at least 10", len(s.ConsentWords))
	}
	for _, w := range s.ConsentWords {
		for _, list := range w.lists() {
			if want := 2; len(list.list) < want {
				t.Errorf("%s: %d phrases in %s, want at least %d", w.Language, len(list.list), list.key, want)
			}
		}
	}
}
