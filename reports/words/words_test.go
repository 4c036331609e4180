package words

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/rules"
)

func get(t testing.TB, code string) *Language {
	t.Helper()
	l, err := For(code)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var figure = regexp.MustCompile(`%(\[\d\])?[a-z%]`)

// figures are a text's places, as fmt sees them: what stands first in English
// is 1.
func figures(text string) []string {
	var out []string
	n := 0
	for _, m := range figure.FindAllString(text, -1) {
		if m == "%%" {
			continue
		}
		n++
		if m[1] != '[' {
			m = "%[" + string(rune('0'+n)) + "]" + m[1:]
		}
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

var tags = regexp.MustCompile(`</?\w+[^>]*>`)

// Every language has the same keys with the same places and the same markup,
// and no text is empty. Ids beside those of English may have words.
func TestSameKeys(t *testing.T) {
	if codes := Codes(); !slices.Equal(codes, []string{"de", "en"}) {
		t.Fatalf("languages %v", codes)
	}
	en := get(t, English).words
	for _, code := range Codes() {
		l := get(t, code)
		for key, text := range en {
			other, ok := l.words[key]
			switch {
			case !ok:
				t.Errorf("%s lacks %q", code, key)
			case strings.TrimSpace(other) == "":
				t.Errorf("%s: %q is empty", code, key)
			case !slices.Equal(figures(other), figures(text)):
				t.Errorf("%s: %q has the places %v, in English %v", code, key, figures(other), figures(text))
			case !slices.Equal(tags.FindAllString(other, -1), tags.FindAllString(text, -1)):
				t.Errorf("%s: %q has other markup than in English", code, key)
			}
		}
		for key, text := range l.words {
			if _, ok := en[key]; !ok && !strings.HasPrefix(key, "id.") {
				t.Errorf("%s has %q, which English lacks", code, key)
			}
			if text == "" {
				t.Errorf("%s: %q is empty", code, key)
			}
		}
	}
}

// A key stands once in a file; the decoder takes no second one.
func TestKeysOnce(t *testing.T) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var n yaml.Node
		if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No key is there for nothing: each is named in a template or in code, whole or
// by the beginning that an id is put to.
func TestNoKeyUnused(t *testing.T) {
	var source strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".tmpl"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		source.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z][\w.-]*)"`).FindAllStringSubmatch(source.String(), -1) {
		named[m[1]] = true
	}
	// beginnings that code puts an id to, with what it puts
	put := []string{
		"ask.", "ask.link.", "badge.", "behavior.", "change.", "channel.", "class.", "glossary.", "plain.", "draft.col.", "draft.kind.", "draft.still.", "kind.", "month.", "outcome.", "owner.", "promise.", "promise.badge.", "reason.",
		"severity.", "state.", "status.", "sure.", "time.", "topic.", "took.", "verdict.", "said.", "after.", "party.one.", "setter.by.", "org.gap.", "orgtopic.", "way.", "md.failing", "md.clean", "md.reason.", "md.topic.", "md.change.", "md.direction.", "md.promise.", "md.confidence.",
	}
	for key := range get(t, English).words {
		base := strings.TrimSuffix(key, ".one")
		if named[base] || slices.ContainsFunc(put, func(p string) bool { return strings.HasPrefix(key, p) }) {
			continue
		}
		t.Errorf("%q is used nowhere", key)
	}
}

// nearly is how much of what people add to may wait for its translation: it is
// said in English until then.
func nearly(t *testing.T, code, what string, missing []string, all int) {
	t.Helper()
	if len(missing)*20 > all {
		t.Errorf("%s lacks the %s of %d in %d: %v", code, what, len(missing), all, missing)
	} else if len(missing) > 0 {
		t.Logf("%s lacks the %s of %v", code, what, missing)
	}
}

// What data, purposes, categories and sensitive places are called is known in
// every language.
func TestIdsHaveWords(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range set.Terms.DataTypes {
		ids = append(ids, d.ID)
	}
	for _, p := range set.Terms.Purposes {
		ids = append(ids, p.ID)
	}
	for _, p := range set.Terms.Places {
		ids = append(ids, p.Class)
	}
	ids = append(ids, rules.Categories...)
	for _, code := range Codes() {
		var missing []string
		for _, id := range ids {
			if code != English && !get(t, code).Has("id."+id) {
				missing = append(missing, id)
			}
		}
		nearly(t, code, "words", missing, len(ids))
	}
}

// Every rule has all of its words in every language.
func TestRulesHaveWords(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range Codes() {
		if code == English {
			continue
		}
		l := get(t, code)
		for _, r := range set.Rules {
			if w, _ := l.Rule(r.ID); w.Title == "" || w.Why == "" || w.Remediation == "" && r.Remediation != "" {
				t.Errorf("%s lacks words of %s: rules/packs/%s/words/%s.yaml", code, r.ID, r.Pack, code)
			}
		}
		for id := range l.rules {
			if !slices.ContainsFunc(set.Rules, func(r *rules.Rule) bool { return r.ID == id }) {
				t.Errorf("%s has words for %s, which is no rule", code, id)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	de := get(t, "de")
	for in, want := range map[string]string{
		"":                   "",
		"Seen 3 of 3 times.": "In 3 von 3 Durchgängen gesehen.",
		"Not found in the text: no sentence covers IP address going to Pinterest (Save button and embeds) (Pinterest, Inc.). Nearest: statement d02.s0005, which names the data but not this recipient.": "Im Text nicht gefunden: Kein Satz erfasst diesen Datenfluss: IP-Adresse an Pinterest (Save button and embeds) (Pinterest, Inc.). Am nächsten kommt Aussage d02.s0005, die die Daten nennt, aber nicht diesen Empfänger.",
		"The text says: “We do not share your email address with third parties.” Observed: e-mail address and search queries going to Google Analytics (Google LLC). Seen 3 of 3 times.":                 "Der Text sagt: „We do not share your email address with third parties.“ Beobachtet bei Google Analytics (Google LLC): E-Mail-Adresse und Suchanfragen. In 3 von 3 Durchgängen gesehen.",
	} {
		if got, ok := de.Sentences(in); got != want || !ok {
			t.Errorf("%q is said %q (%v), want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"A sentence that nobody knows.", "Seen 3 of 3 times. A sentence that nobody knows.", strings.Repeat("Seen 3 of 3 times. ", 1000)} {
		if got, ok := de.Sentences(in); ok || got != in {
			t.Errorf("%.60q is said %.60q", in, got)
		}
	}
	if got, ok := get(t, English).Sentences("anything"); !ok || got != "anything" {
		t.Errorf("in English %q", got)
	}
}

// Each pattern says itself, with names in its places, and keeps them.
func TestEachSentence(t *testing.T) {
	de := get(t, "de")
	for _, s := range de.sentences.sentences {
		en := placed.ReplaceAllStringFunc(s.En, func(at string) string {
			switch {
			case strings.HasSuffix(at, "|n}"):
				return "7"
			case strings.HasSuffix(at, "|term}"), strings.HasSuffix(at, "|known}"):
				return "e-mail address"
			case strings.HasSuffix(at, "|text}"):
				return "Seen 3 of 3 times."
			case strings.HasSuffix(at, "|parts}"):
				return "1 differs, 2 match"
			case strings.HasSuffix(at, "|rule}"):
				return "CORE-01"
			case strings.HasSuffix(at, "|pairs}"):
				return "name to Zebra"
			}
			return "Zebra"
		})
		got, ok := de.Sentences(en)
		if !ok {
			t.Errorf("%q is not said", en)
		}
		if strings.Count(got, "{") > 0 || strings.Contains(s.De, "Zebra") {
			t.Errorf("%q is said %q", en, got)
		}
		have := map[string]bool{}
		for _, m := range placed.FindAllStringSubmatch(s.De, -1) {
			have[m[1]] = true
		}
		for _, p := range s.places {
			if !have[p.name] {
				t.Errorf("%q lacks {%s}", s.De, p.name)
			}
			delete(have, p.name)
		}
		if len(have) > 0 {
			t.Errorf("%q has places that English lacks: %v", s.De, have)
		}
	}
}

func TestDatesAndNumbers(t *testing.T) {
	for code, want := range map[string][]string{
		"en": {"1 March 2026", "1 March 2026, 08:05 UTC", "1.5", "under a minute", "30 minutes", "1 day", "13 months", "2 years", "–"},
		"de": {"1. März 2026", "1. März 2026, 08:05 UTC", "1,5", "unter einer Minute", "30 Minuten", "1 Tag", "13 Monate", "2 Jahre", "–"},
	} {
		l := get(t, code)
		got := []string{l.Day("2026-03-01T08:05:00Z"), l.Time("2026-03-01T08:05:00Z"), l.Decimal(1.5, 1), l.Lifetime(0.0001), l.Lifetime(1.0 / 48), "", l.Lifetime(395), l.Lifetime(730.5), l.Lifetime(0)}
		got[5] = l.Must("time.days.one")
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if _, err := For("xx"); err == nil || !strings.Contains(err.Error(), "expected de or en") {
		t.Errorf("a language that there is not: %v", err)
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"Seen 3 of 3 times.", "The text says: “a” Observed: b going to c.", "a, b and c", "Observed: a, and b.", "not: x, and y (z), and , and ", "Observed: (", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := get(t, "de").Sentences(s)
		if !ok && got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

// verdicts are what no report says of a site, in both languages: that is for a
// person to say. The sentence that says so names them.
var verdicts = regexp.MustCompile(`(?i)\b(violat|illegal|unlawful|(non-?)?complian|certif(y|ied|ication)|breach|versto(ß|ss)|verstöß|\pL*widrig|rechtskonform|dsgvo-konform|zertifizier)`)

func TestNoVerdicts(t *testing.T) {
	files := []string{"en.yaml", "de.yaml", filepath.Join("sentences", "de.yaml")}
	packs, err := filepath.Glob(filepath.Join("..", "..", "rules", "packs", "*", "words", "de.yaml"))
	if err != nil || len(packs) < 10 {
		t.Fatal(packs, err)
	}
	for _, name := range append(files, packs...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			notice := strings.Contains(line, "not a finding that a law") || strings.Contains(line, "keine Feststellung, dass gegen ein Gesetz")
			if !notice && verdicts.MatchString(line) {
				t.Errorf("%s:%d: %s", name, number, strings.TrimSpace(line))
			}
		}
	}
}
