package html

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// The report's own words stand in one file a language: words/en.yaml is the
// one that others translate. What sites, texts and rules say is not translated.
//
//go:embed words/*.yaml
var wordFiles embed.FS

// language says the report's words.
type language struct {
	code  string
	words map[string]string
}

// languages are read once, when the first report is rendered.
var languages = sync.OnceValues(func() (map[string]*language, error) {
	out := map[string]*language{}
	names, err := fs.Glob(wordFiles, "words/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := wordFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		l := &language{code: strings.TrimSuffix(path.Base(name), ".yaml")}
		if err := yaml.Unmarshal(data, &l.words); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[l.code] = l
	}
	return out, nil
})

// Languages are the codes of the languages that a report can be in.
func Languages() []string {
	names, _ := fs.Glob(wordFiles, "words/*.yaml")
	out := []string{}
	for _, n := range names {
		out = append(out, strings.TrimSuffix(path.Base(n), ".yaml"))
	}
	slices.Sort(out)
	return out
}

// say is a phrase with its figures and names put in. Where the first figure is
// 1, KEY.one is said if there is one.
func (l *language) say(key string, args ...any) (string, error) {
	if len(args) > 0 {
		if n, ok := args[0].(int); ok && n == 1 {
			if text, ok := l.words[key+".one"]; ok {
				return format(text, args), nil
			}
		}
	}
	text, ok := l.words[key]
	if !ok {
		return "", fmt.Errorf("language %s has no words for %q", l.code, key)
	}
	return format(text, args), nil
}

// format leaves out arguments that the text has no place for.
func format(text string, args []any) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return fmt.Sprintf(text, args[:min(len(args), strings.Count(text, "%"))]...)
}

// must is say for keys that the package itself names; a test asks for each.
func (l *language) must(key string, args ...any) string {
	text, err := l.say(key, args...)
	if err != nil {
		return key
	}
	return text
}

// word is what a word of the design is called, or the word in plain letters.
func (l *language) word(kind, id string) string {
	if text, ok := l.words[kind+"."+id]; ok {
		return text
	}
	return human(id)
}

// wordList names several, parted by commas.
func (l *language) wordList(kind string, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = l.word(kind, id)
	}
	return strings.Join(out, ", ")
}

func (l *language) funcs() template.FuncMap {
	return template.FuncMap{"say": l.say, "word": l.word, "wordlist": l.wordList, "day": l.day}
}

// day is the date of a time of RFC 3339; anything else comes back as it is.
func (l *language) day(s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC().Format(l.must("lang.date"))
	}
	return s
}
