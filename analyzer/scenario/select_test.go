package scenario_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/check"
	"candor/analyzer/scenario"
	"candor/rules"
)

const twoPixels = `- scenario: a
  story: two pixels, two cookies and two forms
  states: {none: offered, reject: taken}
  profile: {name: Lantern Ltd, processors: {criteo: processor}}
  pages: [/, {path: /jobs, kind: careers}]
  sends:
    - {url: "https://www.facebook.com/tr?id=1&ev=PageView&fbp=fb.1.1761998400123.$ID", in: [none, reject]}
    - {url: "https://bat.bing.com/action/0?ti=1&mid=$ID&evt=pageLoad", in: [none, reject], on: [/jobs]}
  cookies:
    - {name: _fbp, value: "fb.1.1761998400123.$ID", days: 400}
    - {name: _uetvid, value: "$ID", days: 390}
  forms:
    - {page: /, fields: [{name: phone, label: Phone, type: tel}]}
    - {page: /jobs, fields: [{name: dob, label: Date of birth}]}
  notices:
    - says:
      - We collect your e-mail address when you order.
      - "| Name | Provider | Duration |"
      - "| _fbp | Meta | 30 days |"
      - "| _uetvid | Microsoft | 30 days |"
  outcome: differs
`

// play runs one rule of its own on the site above.
func play(t *testing.T, r *rules.Rule) ([]check.Finding, check.RuleOutcome) {
	t.Helper()
	set, _ := load(t)
	own := *set
	own.Rules = []*rules.Rule{r}
	r.ID, r.Pack, r.Title, r.Severity = "OWN-01", "own", "Own", "high"
	list, err := scenario.Read("x.yaml", []byte(twoPixels))
	if err != nil {
		t.Fatal(err)
	}
	a, err := list[0].Analyze(context.Background(), &own)
	if err != nil {
		t.Fatal(err)
	}
	return a.Findings, a.Rules[0]
}

func recipients(list []check.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, strings.Join(f.Recipients, "+"))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// A comparison sees what its rule selects, and nothing else.
func TestSelectNarrows(t *testing.T) {
	for _, tt := range []struct{ check, sel, want string }{
		{"recipient_undisclosed", "", "meta-pixel microsoft-advertising"},
		{"recipient_undisclosed", `vendor == "meta-pixel"`, "meta-pixel"},
		{"recipient_undisclosed", `any(pages, # endsWith "/jobs") and none(pages, # endsWith ".test/")`, "microsoft-advertising"},
		{"recipient_undisclosed", `"advertising" in categories and verdict == "omitted" and not processor and party == "third"`, "meta-pixel microsoft-advertising"},
		{"recipient_undisclosed", `sightings > 1000`, ""},
		{"after_choice", "", "meta-pixel microsoft-advertising"},
		{"after_choice", `entity startsWith "Microsoft" and not named_in_policy`, ""},
		{"after_choice", `entity startsWith "Microsoft"`, "microsoft-advertising"},
		{"cookie_lifetime", "", "meta-pixel microsoft-advertising"},
		{"cookie_lifetime", `lifetime_days > 395 and declared`, "meta-pixel"},
		{"cookie_lifetime", `name matches "^_uet" or session`, "microsoft-advertising"},
		{"form_undisclosed", `"phone" in data_types`, "lantern-shop.test"},
		{"form_undisclosed", `sensitive and fields > 7`, ""},
	} {
		r := &rules.Rule{Check: tt.check, Select: tt.sel}
		if tt.check == "after_choice" {
			r.Params = map[string]any{"state": "reject"}
		}
		found, o := play(t, r)
		if got := recipients(found); got != tt.want {
			t.Errorf("%s where %s: %q, want %q; %s", tt.check, tt.sel, got, tt.want, o.Why)
		}
		for _, f := range found {
			if tt.check == "form_undisclosed" && strings.Contains(f.Message, "date of birth") {
				t.Errorf("%s where %s still sees the other form: %s", tt.check, tt.sel, f.Message)
			}
		}
	}
}

// What lint would have said makes the rule not tested.
func TestSelectThatDoesNotHold(t *testing.T) {
	for _, sel := range []string{"vendr == 1", `domain matches vendor + "("`} {
		found, o := play(t, &rules.Rule{Check: "recipient_undisclosed", Select: sel})
		if len(found) > 0 || o.Outcome != check.NotTested || !strings.HasPrefix(o.Why, "Select: ") {
			t.Errorf("%s: %v %s %s", sel, found, o.Outcome, o.Why)
		}
	}
}

// Caps lower a severity and never raise it.
func TestCaps(t *testing.T) {
	for _, tt := range []struct {
		caps map[string]string
		want string
	}{
		{nil, "high"},
		{map[string]string{"strong": "low", "direct": "low"}, "low"},
		{map[string]string{"direct": "critical", "strong": "critical"}, "high"},
		{map[string]string{"text-weak": "info"}, "high"},
	} {
		found, _ := play(t, &rules.Rule{Check: "recipient_undisclosed", Select: `vendor == "meta-pixel"`, Caps: tt.caps})
		if len(found) != 1 || found[0].Severity != tt.want {
			t.Errorf("caps %v: %+v, want %s", tt.caps, found, tt.want)
		}
	}
	once := `vendor == "microsoft-advertising"`
	found, _ := play(t, &rules.Rule{Check: "recipient_undisclosed", Select: once, Caps: map[string]string{"single": "info"}})
	if len(found) != 1 || found[0].Severity == "info" {
		t.Errorf("seen in two states, and capped as seen once: %+v", found)
	}
}

// A rule's template takes the place of what the comparison drafts.
func TestSuggestedText(t *testing.T) {
	found, _ := play(t, &rules.Rule{
		Check: "recipient_undisclosed", Select: `vendor == "microsoft-advertising"`,
		SuggestedText: "{{.Entity}} shares {{.DataTypes}} with {{.Recipients}} for {{.Purposes}} on {{.Site}} ({{.Pages}}).\n",
	})
	const want = "Lantern Ltd shares advertising identifiers, cookie identifiers and device identifiers with Microsoft Advertising (Microsoft Corporation) for advertising and profiling on lantern-shop.test (2 pages, https://www.lantern-shop.test/ among them)."
	if len(found) != 1 || found[0].SuggestedText != want {
		t.Errorf("got  %q\nwant %q", found[0].SuggestedText, want)
	}
	found, _ = play(t, &rules.Rule{Check: "recipient_undisclosed", Select: `vendor == "microsoft-advertising"`, SuggestedText: "{{.Nobody}}"})
	if len(found) != 1 || !strings.HasPrefix(found[0].SuggestedText, "We share ") {
		t.Errorf("a template that fails: %+v", found)
	}
}
