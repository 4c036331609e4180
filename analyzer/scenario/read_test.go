package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/analyzer/scenario"
	"candor/rules"
)

func kind(k behavior.Kind) func(behavior.Behavior) bool {
	return func(b behavior.Behavior) bool { return b.Kind == k }
}

func vendor(id string) func(flow.Vendor) bool {
	return func(v flow.Vendor) bool { return v.ID == id }
}

// Each fault is told with file and line.
func TestReadTellsWhereItIsWrong(t *testing.T) {
	const head = "- scenario: a\n  story: s\n  outcome: matches\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "x.yaml:1: the file is empty"},
		{"no list", "scenario: a\n", "x.yaml:1: expected a list"},
		{"no yaml", "- a: [\n", "x.yaml:"},
		{"unknown key", head + "  senbs: []\n", `x.yaml:4: unknown key "senbs"; did you mean "sends"?`},
		{"unknown key below", head + "  pages:\n    - /\n    - {path: /a, kin: home}\n", `x.yaml:6: unknown key "kin"; did you mean "kind"?`},
		{"unknown key of a list", head + "  sends: [{urls: x}]\n", `did you mean "url"?`},
		{"unknown key of an earlier scan", head + "  earlier: {notice: []}\n", `did you mean "notices"?`},
		{"wrong type", head + "  sends: {url: x}\n", "x.yaml:4: cannot unmarshal"},
		{"twice", head + "  outcome: differs\n", `x.yaml:4: key "outcome" is there twice`},
		{"anchor", "- &a {scenario: a, story: s, outcome: matches}\n- *a\n", "x.yaml:1: anchors and aliases are not read"},
		{"two documents", head + "---\n- {}\n", "more than one YAML document"},
		{"no name", "- story: s\n  outcome: matches\n", "x.yaml:1: scenario is missing"},
		{"no slug", "- scenario: A b\n  story: s\n  outcome: matches\n", `x.yaml:1: scenario "A b"; expected lower-case letters`},
		{"the same name", head + head, `x.yaml:4: scenario "a" is there twice`},
		{"no story", "- scenario: a\n  outcome: matches\n", "story is missing"},
		{"outcome", "- scenario: a\n  story: s\n  outcome: match\n", `x.yaml:3: outcome "match"; expected one of differs, matches`},
		{"finding", "- scenario: a\n  story: s\n  outcome: differs\n  findings: [hi differs x]\n", `x.yaml:4: finding "hi differs x"; expected a severity`},
		{"findings of a match", head + "  findings: [high differs x]\n", "x.yaml:4: findings with the outcome matches"},
		{"state", head + "  states: {nne: offered}\n", `x.yaml:4: state "nne"; did you mean "none"?`},
		{"choice", head + "  states: {none: offerd}\n", `did you mean "offered"?`},
		{"foreign state", head + "  sends: [{url: 'https://a.test/', in: [accept]}]\n", `x.yaml:4: state "accept" is not among the site's states; expected one of none`},
		{"foreign path", head + "  sends:\n    - {url: 'https://a.test/', on: [/x]}\n", `x.yaml:5: "/x" is not among the site's pages; expected one of /, /lamps`},
		{"address", head + "  sends: [{url: /a}]\n", `url "/a"; expected an address`},
		{"site", head + "  site: lantern.test\n", `x.yaml:4: site "lantern.test"; expected a scheme`},
		{"day", head + "  at: soon\n", `x.yaml:4: day "soon"`},
		{"no pages", head + "  pages: []\n", "x.yaml:4: no pages"},
		{"page twice", head + "  pages: [/, /]\n", `path "/" is there twice`},
		{"form", head + "  forms: [{page: /}]\n", "fields is missing"},
		{"notice", head + "  notices: [{kind: privat, says: [a]}]\n", `kind "privat"; did you mean "privacy"?`},
		{"silent notice", head + "  notices: [{kind: privacy}]\n", "says is missing"},
		{"control", head + "  offer: {controls: ['agree: Yes']}\n", `control "agree: Yes"; expected`},
		{"look of a control", head + "  offer: {controls: ['accept big: Yes']}\n", `"big"; expected link, out`},
		{"toggle", head + "  offer: {toggles: [Marketing]}\n", `toggle "Marketing"; expected`},
		{"depth", "- " + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "\n", "nested more than"},
		{"length", "- scenario: a\n  story: " + strings.Repeat("a", 70000) + "\n", "a text of more than"},
		{"size", head + strings.Repeat("# much\n", 100000), "the file is larger than"},
	} {
		list, err := scenario.Read("x.yaml", []byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %q", tt.name, list, err, tt.want)
		}
	}
	if list, err := scenario.Read("x.yaml", []byte(head)); err != nil || len(list) != 1 || list[0].Line != 1 {
		t.Errorf("%v, %v; want one scenario", list, err)
	}
}

func TestMissing(t *testing.T) {
	rule := func(id string, names ...string) *rules.Rule {
		return &rules.Rule{ID: id, Pack: "p", Scenarios: names}
	}
	story := func(name string, o check.Outcome) *scenario.Scenario {
		return &scenario.Scenario{Name: name, Outcome: string(o), Line: 7}
	}
	file := func(id string, list ...*scenario.Scenario) *scenario.File {
		return &scenario.File{Name: "packs/p/scenarios/" + strings.ToLower(id) + ".yaml", Pack: "p", Rule: id, List: list}
	}
	set := &rules.Set{Rules: []*rules.Rule{
		rule("A-01", "fires", "quiet"), rule("A-02", "fires", "quit"), rule("A-03", "fires"), rule("A-04", "fires"), rule("A-05"), rule("A-06"),
	}}
	got := scenario.Missing(set, []*scenario.File{
		file("A-01", story("fires", check.NeedsPerson), story("quiet", check.NotApplicable)),
		file("A-02", story("fires", check.Differs), story("quiet", check.Matches)),
		file("A-03", story("fires", check.NotTested)),
		file("A-05", story("fires", check.Differs)),
		file("B-01", story("fires", check.Differs)),
	})
	want := []string{
		"packs/p/a-05.yaml: scenarios is missing; packs/p/scenarios/a-05.yaml has fires",
		"packs/p/scenarios/b-01.yaml: no rule B-01 in the pack p",
		`packs/p/scenarios/a-02.yaml: scenario "quit", which packs/p/a-02.yaml names, is missing; did you mean "quiet"?`,
		`packs/p/scenarios/a-02.yaml:7: packs/p/a-02.yaml does not name the scenario "quiet"`,
		"packs/p/scenarios/a-03.yaml: no scenario makes the rule fire (differs or needs-person)",
		"packs/p/scenarios/a-03.yaml: no near miss keeps the rule quiet (matches, not-applicable, or findings: [])",
		"packs/p/scenarios/a-04.yaml: the file is missing; packs/p/a-04.yaml names fires",
	}
	if !slices.Equal(got, want) {
		t.Errorf("missing:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte("- scenario: a\n  story: s\n  outcome: matches\n"))
	f.Add([]byte("- {pages: [/, {path: x}], sends: [{}], earlier: {forms: [{}]}}\n- null\n"))
	f.Add([]byte("- &a [*a]\n"))
	f.Add([]byte("- offer: {controls: ['accept 1x2 contrast: x'], toggles: [on]}\n  at: 0000-00-00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := scenario.Read("x.yaml", data)
		if err != nil && list != nil {
			for _, s := range list {
				if s != nil && s.File != "x.yaml" {
					t.Fatalf("a scenario without its place: %+v", s)
				}
			}
		}
		if err == nil {
			for _, s := range list {
				if s.Story == "" || s.Name == "" || s.Line < 1 {
					t.Fatalf("an empty scenario was taken: %+v", s)
				}
			}
		}
	})
}
