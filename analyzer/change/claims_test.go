package change_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/change"
)

type says struct {
	Text      string   `yaml:"text"`
	Does      string   `yaml:"does"`
	Not       bool     `yaml:"not"`
	Only      bool     `yaml:"only"`
	Data      []string `yaml:"data"`
	To        []string `yaml:"to"`
	For       []string `yaml:"for"`
	Condition string   `yaml:"if"`
	Scope     string   `yaml:"scope"`
	Days      int      `yaml:"days"`
	Choice    []string `yaml:"choice"`
	Under     string   `yaml:"under"`
}

func claims(list []says) []change.Claim {
	var out []change.Claim
	for i, s := range list {
		out = append(out, change.Claim{
			ID: fmt.Sprintf("s%d", i+1), Actor: "we", Action: s.Does, Negated: s.Not, Only: s.Only, Data: s.Data, Recipients: s.To, Purposes: s.For,
			Condition: s.Condition, Scope: s.Scope, RetentionDays: s.Days, Choice: s.Choice, Heading: s.Under, Quote: s.Text,
		})
	}
	return out
}

type wanted []string

func (w *wanted) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Value == "none" {
		*w = wanted{}
		return nil
	}
	return n.Decode((*[]string)(w))
}

func stories(t *testing.T, file string, to any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(to); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// broader knows one broader term and the one for all.
func broader(broad, narrow string) bool {
	return broad == narrow || broad == "information" || broad == "contact" && narrow == "email"
}

func TestClaimStories(t *testing.T) {
	var all []struct {
		Story  string `yaml:"story"`
		Before []says `yaml:"before"`
		After  []says `yaml:"after"`
		Want   wanted `yaml:"want"`
	}
	stories(t, "testdata/claims.yaml", &all)
	for _, s := range all {
		t.Run(s.Story, func(t *testing.T) {
			if s.Want == nil {
				t.Fatal("the story expects nothing")
			}
			got, _ := change.Claims(claims(s.Before), claims(s.After), broader)
			if len(got) != len(s.Want) {
				t.Errorf("%d changes, want %d", len(got), len(s.Want))
			}
			for i, c := range got {
				head := fmt.Sprintf("%s %s", cmp.Or(string(c.Direction), "same"), c.Kind)
				t.Logf("%s: %s", head, c.Why)
				if i >= len(s.Want) {
					continue
				}
				wantHead, wantWhy, _ := strings.Cut(s.Want[i], ": ")
				if head != wantHead || !strings.Contains(c.Why, wantWhy) {
					t.Errorf("change %d is %q (%s), want %q", i+1, head, c.Why, s.Want[i])
				}
			}
			if again, _ := change.Claims(claims(s.After), claims(s.After), broader); len(again) != 0 {
				t.Errorf("a text differs from itself: %+v", again)
			}
		})
	}
}

// A text of a thousand claims in which every tenth changed.
func BenchmarkClaims(b *testing.B) {
	var before, after []change.Claim
	for i := range 1000 {
		c := change.Claim{ID: fmt.Sprint(i), Actor: "we", Action: "share", Data: []string{fmt.Sprintf("d%d", i%40)}, Recipients: []string{fmt.Sprintf("vendor %d", i)},
			Quote: fmt.Sprintf("We share kind %d of what we know about you with vendor number %d, who helps us with task %d.", i%40, i, i%7)}
		before = append(before, c)
		if i%10 == 0 {
			c.Negated, c.Quote = true, strings.Replace(c.Quote, "We share", "We do not share", 1)
		}
		after = append(after, c)
	}
	for b.Loop() {
		if got, _ := change.Claims(before, after, nil); len(got) != 100 {
			b.Fatalf("%d changes", len(got))
		}
	}
}
