package policy_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/policy"
	"candor/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// knowledge is the embedded rule set, loaded once.
var knowledge = sync.OnceValues(rules.Load)

func set(t testing.TB) *rules.Set {
	t.Helper()
	s, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// story is a sentence or a small document and everything that it says. Each
// file in testdata/stories is a list of them. What it says is written as say
// writes it; an empty list is a near miss: a sentence that says nothing.
type story struct {
	Story string   `yaml:"story"`
	Text  string   `yaml:"text"` // plain text
	HTML  string   `yaml:"html"`
	Kind  string   `yaml:"kind"`
	URL   string   `yaml:"url"`
	Lang  string   `yaml:"lang"` // as the page declares it; default en
	Says  []string `yaml:"says"`
	// Where a story has them: who receives ("vendor Stripe", "category our
	// advertisers") and which choices people have, by kind, wherever it is said.
	Receives []string `yaml:"receives"`
	Choices  []string `yaml:"choices"`
	Speaks   []string `yaml:"speaks"` // of which topics, in order
	Quote    []string `yaml:"quotes"` // of the statements, where they matter
}

func (s story) input() policy.Input {
	in := policy.Input{ID: "d01", URL: s.URL, Kind: s.Kind, MIMEType: "text/plain; charset=utf-8", Raw: []byte(s.Text), Language: "en"}
	if s.Lang != "" {
		in.Language = s.Lang
	}
	if s.HTML != "" {
		in.MIMEType, in.Raw = "text/html; charset=utf-8", []byte(s.HTML)
	}
	return in
}

// say writes a statement in one line: who, what, which data, to whom, for
// what, and what limits it.
func say(st policy.Statement) string {
	var b strings.Builder
	b.WriteString(st.Actor)
	if st.Negated {
		b.WriteString(" not")
	}
	b.WriteString(" " + st.Action)
	part := func(word string, list []string) {
		if len(list) > 0 {
			b.WriteString(word + strings.Join(list, ", "))
		}
	}
	part(" ", st.DataTypes)
	part(" to ", st.Recipients)
	part(" for ", st.Purposes)
	if st.Only {
		b.WriteString("; only")
	}
	if st.RetentionDays > 0 {
		fmt.Fprintf(&b, "; %d days", st.RetentionDays)
	}
	if st.Condition != "" {
		b.WriteString("; if " + st.Condition)
	}
	if st.Scope != "" {
		b.WriteString("; scope " + st.Scope)
	}
	return b.String()
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var stories []story
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&stories); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, s := range stories {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml")+"/"+s.Story, func(t *testing.T) {
				doc := policy.Read(s.input(), set(t))
				checkOffsets(t, doc)
				var said, quotes []string
				for _, st := range doc.Statements {
					said, quotes = append(said, say(st)), append(quotes, st.Quote)
				}
				var receives, choices []string
				for _, x := range doc.Recipients {
					receives = append(receives, x.Kind+" "+x.Text)
				}
				for _, x := range doc.Choices {
					choices = append(choices, x.Kind)
				}
				if s.Receives != nil && !slices.Equal(receives, s.Receives) {
					t.Errorf("%s%s\nreceives %q\nwant %q", s.Text, s.HTML, receives, s.Receives)
				}
				if s.Choices != nil && !slices.Equal(choices, s.Choices) {
					t.Errorf("%s%s\nchoices %q\nwant %q", s.Text, s.HTML, choices, s.Choices)
				}
				var speaks []string
				for _, x := range doc.Topics {
					speaks = append(speaks, x.Kind)
				}
				if s.Speaks != nil && !slices.Equal(speaks, s.Speaks) {
					t.Errorf("%s%s\nspeaks of %q\nwant %q", s.Text, s.HTML, speaks, s.Speaks)
				}
				if s.Says == nil && (s.Receives != nil || s.Choices != nil || s.Speaks != nil) {
					return
				}
				if !slices.Equal(said, s.Says) {
					t.Errorf("%s%s\nsays\n  %s\nwant\n  %s", s.Text, s.HTML, strings.Join(said, "\n  "), strings.Join(s.Says, "\n  "))
				}
				if s.Quote != nil && !slices.Equal(quotes, s.Quote) {
					t.Errorf("quotes\n  %s\nwant\n  %s", strings.Join(quotes, "\n  "), strings.Join(s.Quote, "\n  "))
				}
			})
		}
	}
}

// checkOffsets holds what every document must: places lie in the text, quotes
// are what stands there, blocks follow each other.
func checkOffsets(t testing.TB, doc *policy.Document) {
	t.Helper()
	text := []rune(doc.Text)
	at := 0
	for i, b := range doc.Blocks {
		if b.Start < at || b.End <= b.Start || b.End > len(text) {
			t.Fatalf("block %d lies at %d to %d, after %d, in a text of %d", i, b.Start, b.End, at, len(text))
		}
		at = b.End
	}
	ids := make(map[string]bool)
	for _, st := range doc.Statements {
		if st.Start < 0 || st.End > len(text) || st.Start >= st.End {
			t.Fatalf("statement %s lies at %d to %d in a text of %d", st.ID, st.Start, st.End, len(text))
		}
		if got := string(text[st.Start:st.End]); got != st.Quote {
			t.Fatalf("statement %s quotes %q, its place holds %q", st.ID, st.Quote, got)
		}
		if ids[st.ID] || st.ID == "" {
			t.Fatalf("statement id %q is there twice or empty", st.ID)
		}
		ids[st.ID] = true
		if st.Actor == "" || st.Action == "" || st.DataTypes == nil || st.Recipients == nil || st.Purposes == nil {
			t.Fatalf("statement %s is not complete: %+v", st.ID, st)
		}
	}
	for _, e := range doc.Elements {
		if e.Start < 0 || e.End > len(text) || e.Start >= e.End || string(text[e.Start:e.End]) != e.Quote || e.ID == "" {
			t.Fatalf("element %s is not quoted at %d to %d", e.ID, e.Start, e.End)
		}
	}
	for _, x := range doc.Recipients {
		if x.Start < 0 || x.End > len(text) || string(text[x.Start:x.End]) != x.Quote || x.Text == "" {
			t.Fatalf("recipient %q is not quoted at %d to %d", x.Text, x.Start, x.End)
		}
	}
	for _, x := range doc.Choices {
		if x.Start < 0 || x.End > len(text) || string(text[x.Start:x.End]) != x.Quote || x.Kind == "" {
			t.Fatalf("choice %q is not quoted at %d to %d", x.Quote, x.Start, x.End)
		}
	}
	for _, c := range doc.Cookies {
		if c.Start < 0 || c.End > len(text) || c.Start > c.End || c.Name == "" {
			t.Fatalf("cookie %q lies at %d to %d in a text of %d", c.Name, c.Start, c.End, len(text))
		}
	}
}
