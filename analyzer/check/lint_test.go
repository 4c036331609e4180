package check_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"candor/analyzer/check"
	"candor/rules"
)

const fine = `id: OWN-01
pack: own
title: A title
check: recipient_at_place
params: {kinds: [careers]}
severity: high
owner: legal
basis: [{text: Our own policy, status: text_seen, date: 2026-11}]
why: Because.
remediation: Take it off.
scenarios: [a]
`

// ruleSet loads one rule.
func ruleSet(t *testing.T, text string) *rules.Set {
	t.Helper()
	set, err := rules.LoadFS(fstest.MapFS{"packs/own/own-01.yaml": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Each fault of a rule is told with its file, line and key.
func TestLint(t *testing.T) {
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(fine) }
	for _, tt := range []struct{ name, rule, want string }{
		{"unknown check", change("recipient_at_place", "recipient_in_place"), `:4: unknown check "recipient_in_place"; did you mean "recipient_at_place"?`},
		{"unknown parameter", change("{kinds: [careers]}", "{kind: [careers]}"), `:5: unknown parameter "kind"; did you mean "kinds"?`},
		{"no parameters", change("recipient_at_place", "sale_denied"), `:5: unknown parameter "kinds"; this check takes none`},
		{"list", change("[careers]", "careers"), ":5: kinds: expected a list of texts, found careers"},
		{"list of numbers", change("[careers]", "[1]"), ":5: kinds: expected a list of texts"},
		{"truth", change("{kinds: [careers]}", "{before_choice: 1}"), ":5: before_choice: expected true or false, found 1"},
		{"text", change("{kinds: [careers]}", "{note: [a]}"), ":5: note: expected a text"},
		{"severities", change("{kinds: [careers]}", "{severity: {other: hig}}"), ":5: severity: severity hig of other; expected one of critical"},
		{"no severities", change("{kinds: [careers]}", "{severity: high}"), ":5: severity: expected a severity for each group, found high"},
		{"number", change("recipient_at_place", "cookie_lifetime", "{kinds: [careers]}", "{days: long}"), ":5: days: expected a number, found long"},
		{"one severity", change("recipient_at_place", "unencrypted", "{kinds: [careers]}", "{mixed_severity: big}"), ":5: mixed_severity: severity big"},
		{"select on nothing", change("recipient_at_place", "cookie_wall", "params: {kinds: [careers]}", "select: 'true'"), ":5: select: this check looks at nothing"},
		{"unknown name", fine + "select: vendr == 'a'\n", `:12: select: column 1: unknown name "vendr" of a flow; did you mean "vendor"?`},
		{"name of another subject", fine + "select: lifetime_days > 3\n", `:12: select: column 1: unknown name "lifetime_days" of a flow`},
		{"wrong types", fine + "select: sightings == 'a'\n", ":12: select: column 11: invalid operation: == (mismatched types int and string)"},
		{"no truth", fine + "select: sightings\n", ":12: select: expected bool, but got int"},
		{"no expression", fine + "select: 'vendor =='\n", ":12: select: column"},
		{"clock", fine + "select: now().Year() > 2000\n", `:12: select: column 1: unknown name "now"`},
		{"huge", fine + "select: len(1..100000000) > 1\n", ":12: select: ranges such as 1..9"},
		{"nested loops", fine + "select: 'any(pages, any(states, # == \"none\"))'\n", ":12: select: a loop inside a loop"},
		{"long", fine + "select: \"" + strings.Repeat("recognized and ", 200) + "recognized\"\n", ":12: select: the expression has"},
		{"many nodes", fine + "select: \"" + strings.Repeat("1<2 and ", 90) + "true\"\n", ":12: select: column"},
		{"repeat", fine + "select: repeat('a', 1000000) == vendor\n", `unknown name "repeat"`},
		{"template field", fine + "suggested_text: We use {{.Recipient}}.\n", ":12: suggested_text: unknown field .Recipient; expected one of .Recipients"},
		{"template", fine + "suggested_text: \"We use {{.Recipients\"\n", ":12: suggested_text: unclosed action"},
		{"template loop", fine + "suggested_text: \"{{range 100}}a{{end}}\"\n", "is not allowed; expected fields, if, else and with"},
		{"template function", fine + "suggested_text: \"{{printf .Site}}\"\n", `function "printf" is not allowed`},
		{"template of a template", fine + "suggested_text: \"{{define \\\"a\\\"}}b{{end}}{{template \\\"a\\\"}}\"\n", "a template defines another one"},
		{"word", change("Because.", "This is a violation of law."), `:9: why says "violation"`},
		{"word in quotes", change("Because.", "They say “we are certified”."), ""},
		{"owner", change("owner: legal\n", ""), ":1: owner is missing; expected one of marketing"},
		{"remediation", change("remediation: Take it off.\n", ""), "remediation is missing"},
		{"basis", change("basis: [{text: Our own policy, status: text_seen, date: 2026-11}]\n", ""), "basis is missing"},
		{"scenarios", change("scenarios: [a]\n", ""), "scenarios is missing; expected the names of its stories in scenarios/own-01.yaml"},
		{"nothing", fine, ""},
		{"select", fine + "select: 'vendor in [\"a\", \"b\"] and any(pages, # contains \"/apply\") and not processor and lower(entity) startsWith \"g\"'\n", ""},
		{"template that holds", fine + "suggested_text: \"{{with .Purposes}}For {{.}}, w{{else}}W{{end}}e share {{.DataTypes}} with {{.Recipients}}{{if and .Entity (ne .Site .Entity)}}, {{.Entity}}{{end}}.\"\n", ""},
	} {
		var got []string
		for _, f := range check.Lint(ruleSet(t, tt.rule)) {
			got = append(got, f.Error())
		}
		switch all := strings.Join(got, "\n"); {
		case tt.want == "" && len(got) > 0, tt.want != "" && (len(got) != 1 || !strings.HasPrefix(all, "packs/own/own-01.yaml:") || !strings.Contains(all, tt.want)):
			t.Errorf("%s: %s\nwant %q", tt.name, all, tt.want)
		}
	}
}

// The embedded rules have no faults.
func TestEmbeddedRulesAreFine(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range check.Lint(set) {
		t.Error(f)
	}
	for _, p := range set.Packs {
		if w := check.ForbiddenWord(p.Title + " " + p.About); w != "" {
			t.Errorf("the pack %s says %q", p.ID, w)
		}
	}
}

func TestForbiddenWord(t *testing.T) {
	for text, want := range map[string]string{
		"This is Illegal.": "Illegal", "non-compliant": "non-compliant", "a breach": "breach", "certified": "certified", "It says “we are compliant” itself.": "",
		"the certificate of the server": "", "uncertain": "", "violations": "violations", "unlawfully": "unlawfully", "\"in breach\" they say": "",
	} {
		if got := check.ForbiddenWord(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Every subject has names, and each comparison that has a subject one of them.
func TestDescribe(t *testing.T) {
	for _, name := range check.Checks() {
		subject, _, ok := check.Describe(name)
		if !ok || subject != "" && len(check.SelectNames(subject)) == 0 {
			t.Errorf("%s looks at %q, of which nothing is known", name, subject)
		}
	}
	if _, _, ok := check.Describe("nothing"); ok {
		t.Error("a comparison that does not exist is described")
	}
	if names := check.SelectNames("cookie"); !slices.Contains(names, "lifetime_days") {
		t.Errorf("names of a cookie: %q", names)
	}
}

// The README of the packs lists what a select can name.
func TestReadmeListsSelectNames(t *testing.T) {
	data, err := os.ReadFile("../../rules/packs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"flow", "vendor", "cookie", "storage", "form", "label", "behavior", "page"} {
		row := "| " + subject + " | `" + strings.Join(check.SelectNames(subject), " ") + "` |"
		if !strings.Contains(string(data), row) {
			t.Errorf("rules/packs/README.md lacks the row\n%s", row)
		}
	}
}
