package policy_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/policy"
)

// elementStory is a small text, what it states of what notices are asked to
// state, and what it does not state although it holds the words. Elements that
// neither list names do not matter.
type elementStory struct {
	Story  string   `yaml:"story"`
	Text   string   `yaml:"text"` // Markdown
	Lang   string   `yaml:"lang"` // default en
	States []string `yaml:"states"`
	Denies []string `yaml:"denies"` // of those, the ones that it denies
	Silent []string `yaml:"silent"`
	Quotes string   `yaml:"quotes"` // of the first of states, the quote
}

func TestElements(t *testing.T) {
	data, err := os.ReadFile("testdata/elements.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var stories []elementStory
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&stories); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, s := range stories {
		t.Run(s.Story, func(t *testing.T) {
			lang := s.Lang
			if lang == "" {
				lang = "en"
			}
			doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/markdown; charset=utf-8", Language: lang, Raw: []byte(s.Text)}, set(t))
			if doc.Language != lang {
				t.Fatalf("the text was taken for %q", doc.Language)
			}
			found := map[string]policy.Element{}
			for _, e := range doc.Elements {
				if _, known := found[e.ID]; !known {
					found[e.ID] = e
				}
			}
			for _, id := range s.States {
				e, ok := found[id]
				if !ok {
					t.Errorf("%q does not state %s", s.Text, id)
				}
				if ok && e.Denied != slices.Contains(s.Denies, id) {
					t.Errorf("%s is denied: %v in %q", id, e.Denied, e.Quote)
				}
				told[id] = true
			}
			for _, id := range s.Silent {
				if e, ok := found[id]; ok {
					t.Errorf("%q states %s", e.Quote, id)
				}
				if set(t).Terms.Element(id) == nil {
					t.Errorf("there is no element %q", id)
				}
			}
			if s.Quotes != "" && found[s.States[0]].Quote != s.Quotes {
				t.Errorf("%s is quoted as %q, want %q", s.States[0], found[s.States[0]].Quote, s.Quotes)
			}
			checkOffsets(t, doc)
		})
	}
	for _, e := range set(t).Terms.Elements {
		if len(e.All) == 0 && !told[e.ID] {
			t.Errorf("no story states %s", e.ID)
		}
	}
}

// TestElementsRefer keeps the topics, questions and kinds of statement that
// elements name together with those that are read.
func TestElementsRefer(t *testing.T) {
	for _, e := range set(t).Terms.Elements {
		for _, k := range e.Topics {
			if !slices.Contains(policy.TopicKinds(), k) {
				t.Errorf("%s: no topic %q", e.ID, k)
			}
		}
		for _, q := range e.Asks {
			if !slices.Contains(policy.QuestionIDs(), q) {
				t.Errorf("%s: no question %q", e.ID, q)
			}
		}
		if e.Reads != "" && !policy.ReadsElement(e.Reads) {
			t.Errorf("%s: no kind of statement %q", e.ID, e.Reads)
		}
		if slices.Contains(policy.QuestionIDs(), e.ID) {
			t.Errorf("%s is a question too", e.ID)
		}
	}
}

// TestElementsBounded reads a text that repeats one element without end.
func TestElementsBounded(t *testing.T) {
	text := strings.Repeat("Write to our data protection officer at dpo@shop.test.\n\n", 3000)
	doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/markdown", Raw: []byte(text)}, set(t))
	n := 0
	for _, e := range doc.Elements {
		if e.ID == "dpo_contact" {
			n++
		}
	}
	if n == 0 || n > 20 {
		t.Errorf("%d places of one element", n)
	}
}
