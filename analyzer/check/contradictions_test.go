package check_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/check"
	"candor/analyzer/policy"
)

// pairing is a scene of texts that are read together.
type pairing struct {
	Story string `yaml:"story"`
	Texts []struct {
		Kind  string `yaml:"kind"`
		Title string `yaml:"title"`
		Text  string `yaml:"text"`
	} `yaml:"texts"`
	Pairs    []string            `yaml:"pairs"` // all of them
	Apart    map[check.Apart]int `yaml:"apart"`
	Severity string              `yaml:"severity"` // of all findings
}

func TestContradictions(t *testing.T) {
	data, err := os.ReadFile("testdata/contradictions/pairs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []pairing
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&list); err != nil {
		t.Fatal(err)
	}
	set := knowledge(t)
	for _, p := range list {
		t.Run(p.Story, func(t *testing.T) {
			in := (&story{}).input(set)
			in.Documents = nil
			for i, x := range p.Texts {
				text := x.Text
				if x.Title != "" {
					text = "# " + x.Title + "\n\n" + text
				}
				in.Documents = append(in.Documents, policy.Read(policy.Input{ID: fmt.Sprintf("d%02d", i+1), URL: fmt.Sprintf("https://shop.test/%d", i+1), Kind: x.Kind,
					MIMEType: "text/markdown; charset=utf-8", Language: "en", Raw: []byte(text)}, set))
			}
			m := check.New(in)
			pairs, apart := m.Contradictions()
			quote := map[string]string{}
			for _, d := range in.Documents {
				for _, st := range d.Statements {
					quote[st.ID] = st.Quote
					t.Logf("%s: %s not=%v %s %v → %v if %q for %v scope %q", st.ID, st.Actor, st.Negated, st.Action, st.DataTypes, st.Recipients, st.Condition, st.Purposes, st.Scope)
				}
			}
			for i, c := range pairs {
				if i >= len(p.Pairs) {
					t.Errorf("%q beside %q: %s", quote[c.Denial], quote[c.Statement], c.Why)
					continue
				}
				denial, statement, _ := strings.Cut(p.Pairs[i], " | ")
				if !strings.Contains(quote[c.Denial], denial) || !strings.Contains(quote[c.Statement], statement) {
					t.Errorf("%q beside %q, want %s", quote[c.Denial], quote[c.Statement], p.Pairs[i])
				}
			}
			if len(pairs) < len(p.Pairs) {
				t.Errorf("%d pairs, want %q", len(pairs), p.Pairs)
			}
			if !maps.Equal(apart, p.Apart) && len(apart)+len(p.Apart) > 0 {
				t.Errorf("set apart: %v, want %v", apart, p.Apart)
			}
			findings, outcomes := m.Run()
			n := 0
			for _, f := range findings {
				if f.Rule != "CORE-23" && f.Rule != "CORE-17" {
					continue
				}
				n++
				checkWording(t, f)
				if f.Severity != p.Severity || f.Outcome != check.NeedsPerson || len(f.Statements) != 2 || strings.Count(f.Message, "“") != 2 {
					t.Errorf("finding %+v", f)
				}
			}
			differ := 0
			for _, o := range outcomes {
				if (o.ID == "CORE-23" || o.ID == "CORE-17") && o.Outcome == check.NeedsPerson {
					differ++
				}
			}
			if n != len(pairs) || (differ == 0) != (n == 0) {
				t.Errorf("%d findings of %d pairs, %d outcomes", n, len(pairs), differ)
			}
		})
	}
}
