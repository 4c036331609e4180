package check_test

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/check"
	"candor/analyzer/policy"
	"candor/rules"
)

// mutations are notices of which one sentence at a time is deleted, denied,
// made general or limited. What comes of it is written as "VERDICT" of the flow,
// "promise VERDICT" of the sentence, both with a comma, or "none".
type mutations struct {
	Policy string `yaml:"policy"`
	HTML   bool   `yaml:"html"`
	Facts  []fact `yaml:"facts"`
}

type fact struct {
	Sentence string            `yaml:"sentence"`
	Seen     *seen             `yaml:"seen"`
	Cookies  []cookie          `yaml:"cookies"`
	Forms    []form            `yaml:"forms"`
	Is       string            `yaml:"is"`
	Deleted  string            `yaml:"deleted"`
	Negated  map[string]string `yaml:"negated"`
	General  map[string]string `yaml:"general"`
	Limited  map[string]string `yaml:"limited"`
}

const leastFacts = 40

func TestMutations(t *testing.T) {
	files, err := filepath.Glob("testdata/mutations/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mutations: %v", err)
	}
	set := knowledge(t)
	facts := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var m mutations
		dec := yaml.NewDecoder(bytes.NewReader(data))
		dec.KnownFields(true)
		if err := dec.Decode(&m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, f := range m.Facts {
			facts++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml")+"/"+f.Sentence, func(t *testing.T) { m.test(t, set, f) })
		}
	}
	if facts < leastFacts {
		t.Errorf("%d facts, want at least %d", facts, leastFacts)
	}
}

func (m *mutations) test(t *testing.T, set *rules.Set, f fact) {
	if strings.Count(m.Policy, f.Sentence) != 1 {
		t.Fatalf("the sentence stands %d times in the policy", strings.Count(m.Policy, f.Sentence))
	}
	expect := func(how, sentence, want string) {
		t.Helper()
		want = strings.TrimSuffix(want, ", list") // what introduces a list makes no promise itself
		if got, read := m.outcome(set, f, sentence); got != want {
			t.Errorf("%s: %q\n is %q, want %q; read: %s", how, sentence, got, want, read)
		}
	}
	expect("as written", f.Sentence, f.Is)
	if f.Deleted != "" {
		expect("deleted", "", f.Deleted)
	}
	for how, list := range map[string]map[string]string{"negated": f.Negated, "general": f.General, "limited": f.Limited} {
		for _, sentence := range slices.Sorted(maps.Keys(list)) {
			want := list[sentence]
			if how == "negated" && want == "incorrect" {
				want += ", promise broken" // a denial that was read is a promise
			}
			expect(how, sentence, want)
		}
	}
}

// outcome reads the policy with a sentence in another's place.
func (m *mutations) outcome(set *rules.Set, f fact, sentence string) (got, read string) {
	text, mime := strings.Replace(m.Policy, f.Sentence, sentence, 1), "text/markdown; charset=utf-8"
	if m.HTML {
		mime = "text/html; charset=utf-8"
	}
	s := story{Cookies: f.Cookies, Forms: f.Forms}
	if f.Seen != nil {
		s.Seen = []seen{*f.Seen}
	}
	in := s.input(set)
	doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", Kind: "privacy", MIMEType: mime, Language: "en", Raw: []byte(text)}, set)
	in.Documents = []*policy.Document{doc}
	c := check.New(in)
	var parts []string
	if f.Seen != nil {
		parts = append(parts, string(c.Disclose()["f1"].Verdict))
	}
	if f.Seen != nil {
		read = "\n  " + c.Disclose()["f1"].Why
	}
	bare := strings.TrimPrefix(sentence, "- ")
	own := func(st policy.Statement) bool {
		return bare != "" && strings.Contains(st.Quote, bare) || bare != "" && strings.Contains(bare, st.Quote)
	}
	verdict := map[string]bool{}
	for _, p := range c.Promises() {
		i := slices.IndexFunc(doc.Statements, func(st policy.Statement) bool { return st.ID == p.Statement })
		if own(doc.Statements[i]) {
			verdict[p.Verdict] = true
		}
	}
	for _, v := range []string{"broken", "not-testable", "not-observed", "kept"} {
		if verdict[v] {
			parts = append(parts, "promise "+v)
			break
		}
	}
	for _, st := range doc.Statements {
		if own(st) {
			read += "\n  " + st.Actor + " " + map[bool]string{true: "not "}[st.Negated] + st.Action + " " + strings.Join(st.DataTypes, ",") + " → " + strings.Join(st.Recipients, ",") + " if " + st.Condition + " scope " + st.Scope
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "none"), read
}
