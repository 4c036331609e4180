// Package words holds the words of reports that are Candor's own: one file a
// language, with the same keys in each, which en.yaml shows.
//
// What sites and texts say is never translated. Sentences that the analysis
// wrote into scan.json are English; a language says those that it knows by
// sentences/CODE.yaml, and what rules say by the packs' own CODE.yaml. What has
// no translation stays English and is marked as such by who renders it.
package words

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml sentences/*.yaml
var files embed.FS

// Language says the report's words. It is safe for use by several goroutines.
type Language struct {
	code      string
	words     map[string]string
	sentences *book
	rules     map[string]Rule
}

// all are read once, when the first report is rendered.
var all = sync.OnceValues(func() (map[string]*Language, error) {
	out := map[string]*Language{}
	for _, code := range Codes() {
		l, err := read(code)
		if err != nil {
			return nil, fmt.Errorf("words of the language %s: %w", code, err)
		}
		out[code] = l
	}
	return out, nil
})

func read(code string) (*Language, error) {
	l := &Language{code: code}
	data, err := files.ReadFile(code + ".yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(data, &l.words); err != nil {
		return nil, err
	}
	if code == English {
		return l, nil
	}
	if l.sentences, err = readBook(code); err != nil {
		return nil, err
	}
	l.rules, err = readRules(code)
	return l, err
}

// English is the code of the language that is always there.
const English = "en"

// Codes are the codes of the languages that there are, in order.
func Codes() []string {
	names, _ := fs.Glob(files, "*.yaml") // the pattern is a good one
	out := []string{}
	for _, n := range names {
		out = append(out, strings.TrimSuffix(path.Base(n), ".yaml"))
	}
	slices.Sort(out)
	return out
}

// For is the language of a code: one of Codes.
func For(code string) (*Language, error) {
	langs, err := all()
	if err != nil {
		return nil, err
	}
	l := langs[code]
	if l == nil {
		return nil, fmt.Errorf("there is no language %q: expected %s", code, strings.Join(Codes(), " or "))
	}
	return l, nil
}

// Code is the language's code, as the lang attribute has it.
func (l *Language) Code() string { return l.code }

// Has reports whether there are words of a key.
func (l *Language) Has(key string) bool { _, ok := l.words[key]; return ok }

// Say is a phrase with its figures and names put in. Where the first figure is
// 1, KEY.one is said if there is one.
func (l *Language) Say(key string, args ...any) (string, error) {
	text, err := l.phrase(key, args)
	if err != nil {
		return "", err
	}
	return format(text, args), nil
}

// Phrase is a phrase without its figures: for who puts them in.
func (l *Language) Phrase(key string, args ...any) (string, error) { return l.phrase(key, args) }

func (l *Language) phrase(key string, args []any) (string, error) {
	if len(args) > 0 {
		if n, ok := args[0].(int); ok && n == 1 {
			if text, ok := l.words[key+".one"]; ok {
				return text, nil
			}
		}
	}
	text, ok := l.words[key]
	if !ok {
		return "", fmt.Errorf("language %s has no words for %q", l.code, key)
	}
	return text, nil
}

// format leaves out arguments that the text has no place for.
func format(text string, args []any) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return fmt.Sprintf(text, Fit(text, args)...)
}

// Fit are the arguments that a text has places for. A text that names its
// places (%[2]s) gets all of them.
func Fit(text string, args []any) []any {
	if strings.Contains(text, "%[") {
		return args
	}
	return args[:min(len(args), strings.Count(text, "%")-2*strings.Count(text, "%%"))]
}

// Must is Say for keys that code itself names; tests ask for each.
func (l *Language) Must(key string, args ...any) string {
	text, err := l.Say(key, args...)
	if err != nil {
		return key
	}
	return text
}

// Word is what a word of the design is called, or the word in plain letters.
func (l *Language) Word(kind, id string) string {
	if text, ok := l.words[kind+"."+id]; ok {
		return text
	}
	if text, ok := l.words["id."+id]; ok {
		return text
	}
	return human(id)
}

// Words names several, parted by commas.
func (l *Language) Words(kind string, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = l.Word(kind, id)
	}
	return strings.Join(out, ", ")
}

// And joins names as a sentence does.
func (l *Language) And(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " " + l.Must("and") + " " + names[n-1]
	}
	return strings.Join(names, "")
}

// Day is the date of a time of RFC 3339; anything else comes back as it is.
func (l *Language) Day(s string) string { return l.date(s, "lang.date") }

// Time is the date and the time, in UTC.
func (l *Language) Time(s string) string { return l.date(s, "lang.time") }

func (l *Language) date(s, layout string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	text := t.UTC().Format(l.Must(layout))
	if month, ok := l.words["month."+strconv.Itoa(int(t.UTC().Month()))]; ok {
		text = strings.Replace(text, t.UTC().Month().String(), month, 1)
	}
	return text
}

// Decimal is a number with so many digits after the mark.
func (l *Language) Decimal(v float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', digits, 64), ".", l.Must("lang.mark"), 1)
}

// Lifetime says a number of days as people do; nothing where it is not known.
func (l *Language) Lifetime(days float64) string {
	say := func(n float64, unit string) string {
		text := strings.TrimSuffix(l.Decimal(n, 1), l.Must("lang.mark")+"0")
		if text == "1" {
			return l.Must("time." + unit + ".one")
		}
		return l.Must("time."+unit, text)
	}
	switch minutes := days * 24 * 60; {
	case days <= 0:
		return "–"
	case minutes < 1:
		return l.Must("time.under")
	case minutes < 120:
		return say(float64(int(minutes+0.5)), "minutes")
	case days < 2:
		return say(float64(int(days*24+0.5)), "hours")
	case days < 90:
		return say(float64(int(days+0.5)), "days")
	case days < 700:
		return say(float64(int(days/30.44+0.5)), "months")
	}
	return say(days/365.25, "years")
}

// spelled are the words of ids that are not simply lower-case words.
var spelled = map[string]string{
	"ip": "IP", "dns": "DNS", "calls": "what scripts called", "canaries": "made-up values in forms", "choices": "choices in a banner", "cname": "CNAME", "webgl": "WebGL", "url": "URL", "id": "ID", "cdn": "CDN", "cdp": "CDP", "crm": "CRM", "ab": "A/B", "gpc": "GPC", "zip": "ZIP", "http": "HTTP",
}

// human makes words of an id: "ip_address" becomes "IP address".
func human(id string) string {
	if !strings.ContainsAny(id, "_-") && spelled[id] == "" {
		return id
	}
	parts := strings.FieldsFunc(id, func(r rune) bool { return r == '_' || r == '-' })
	for i, p := range parts {
		if s, ok := spelled[p]; ok {
			parts[i] = s
		}
	}
	return strings.Join(parts, " ")
}

// Human is what an id is called in the language: its words, or the id in plain
// letters.
func (l *Language) Human(id string) string {
	if text, ok := l.words["id."+id]; ok {
		return text
	}
	return human(id)
}
