package flow

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
	"candor/rules"
)

// Bounds of the labels of a scan.
const (
	maxLabels   = 2000
	maxNames    = 50000 // names whose kind is remembered
	maxLabel    = 512   // bytes of a value that may be a label
	minDistinct = 6     // characters of a value that is recognised under any name
	maxShown    = 32    // characters of a value that is shown as it is
	maxValuesOf = 200   // different values of one label
	maxListed   = 4     // of them in a report
)

// ConsentString is the kind of labels that hold a visitor's choices.
const ConsentString = "consent_string"

// Label is a key with which a page or a tag segments, scores or infers
// something of a visitor, or a consent string.
type Label struct {
	ID     string           `json:"id"`
	Source string           `json:"source"` // "dataLayer", …, "cookie", "local storage", "session storage", "request"
	Key    string           `json:"key"`
	Value  string           `json:"value_redacted"` // of several values the first few, in order
	Kind   string           `json:"kind"`           // of rules/terms/labels.yaml, or ConsentString
	SentTo []string         `json:"sent_to"`        // ids of the parties to whom the key or value went
	Pages  []string         `json:"pages"`
	States []evidence.State `json:"states"`
}

type labelKey struct{ source, key, kind string }

type labelSum struct {
	labelKey
	values map[string]bool // redacted
	raw    map[string]bool // in lower case, to be found in requests
	sentTo map[string]bool
	seen   sightings
}

// labelWords knows labels by the words of their keys.
type labelWords struct {
	kinds []labelKind
	known map[string]*labelKind // name → kind, nil when it is none
}

type labelKind struct {
	rule   *rules.LabelKind
	words  []string // " word " with single spaces
	not    []string
	values *regexp.Regexp
}

func labelKinds(t *rules.Terms) []labelKind {
	var kinds []labelKind
	for i := range t.Labels {
		k := &t.Labels[i]
		kinds = append(kinds, labelKind{rule: k, words: phrases(k.Words), not: phrases(k.Not), values: k.ValuePattern()})
	}
	return kinds
}

// phrases writes phrases as they are found in a row of words, apart and run
// together.
func phrases(list []string) []string {
	var out []string
	for _, w := range list {
		parts := nameWords(w)
		if len(parts) == 0 {
			continue
		}
		out = append(out, " "+strings.Join(parts, " ")+" ")
		if joined := strings.Join(parts, ""); len(parts) > 1 && len(joined) > 4 {
			out = append(out, " "+joined+" ")
		}
	}
	return out
}

// holds reports whether a row of words has one of the phrases.
func holds(row string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(row, p) })
}

// kind returns the kind of label that a key is, or nil. The last three parts of
// a path count.
func (l *labelWords) kind(name string) *labelKind {
	if len(l.kinds) == 0 || name == "" || len(name) > maxLabel {
		return nil
	}
	if k, ok := l.known[name]; ok {
		return k
	}
	parts := strings.Split(name, ".")
	row := " " + strings.Join(nameWords(strings.Join(parts[max(0, len(parts)-3):], " ")), " ") + " "
	var found *labelKind
	for i := range l.kinds {
		if k := &l.kinds[i]; holds(row, k.words) && !holds(row, k.not) {
			found = k
			break
		}
	}
	if len(l.known) < maxNames {
		l.known[strings.Clone(name)] = found
	}
	return found
}

func (k *labelKind) data() []string {
	if len(k.rule.Data) == 0 {
		return []string{inferredProfile}
	}
	return k.rule.Data
}

// fits reports whether a value can be a label: not nothing, not a setting's
// address, not code.
func (k *labelKind) fits(value string) bool {
	if blank(value) || len(value) > maxLabel || strings.Contains(value, "://") || strings.ContainsAny(value, "{}<>;") {
		return false
	}
	return k.values == nil || k.values.MatchString(value)
}

// noteLabel records a label and returns it, nil when it is none.
func (b *builder) noteLabel(source, key, value, kind string, visit int) *labelSum {
	k := labelKey{source, shorten(key, 120), kind}
	l := b.labels[k]
	if l == nil {
		if len(b.labels) >= maxLabels {
			return nil
		}
		l = &labelSum{labelKey: k, values: map[string]bool{}, raw: map[string]bool{}, sentTo: map[string]bool{}}
		b.labels[k] = l
	}
	if len(l.raw) < maxValuesOf {
		l.values[redacted(value)], l.raw[strings.ToLower(value)] = true, true
	}
	l.seen.add(&b.visits, visit)
	return l
}

// consentSources are sources whose entries are a visitor's choices.
var consentSources = map[string]bool{"tcf": true, "gpp": true, "usp": true}

// label takes an entry of a page's object.
func (b *builder) label(l *evidence.Label) {
	visit := b.visits.at(l.Page, l.State)
	if consentSources[l.Source] {
		if l.Value != "" {
			b.noteLabel(l.Source, l.Key, l.Value, ConsentString, visit)
		}
		return
	}
	for _, p := range b.payload.Value(l.Key, l.Value) {
		b.labelIn(l.Source, p, visit)
	}
}

// labelIn notes a label in what is kept, so that it is found when it is sent.
func (b *builder) labelIn(source string, p payload.Pair, visit int) {
	if p.Nested {
		return
	}
	k := b.labelled.kind(p.Name)
	if k == nil || !k.fits(p.Value) {
		return
	}
	l := b.noteLabel(source, p.Name, p.Value, k.rule.Kind, visit)
	if l == nil {
		return
	}
	key := p.Key()
	b.labelKeys[key] = append1(b.labelKeys[key], l)
	if distinct(p.Value) {
		value := strings.ToLower(p.Value)
		b.labelValues[value] = append1(b.labelValues[value], l)
	}
}

// append1 adds an item that is not in a short list yet.
func append1(list []*labelSum, l *labelSum) []*labelSum {
	if slices.Contains(list, l) || len(list) == 20 {
		return list
	}
	return append(list, l)
}

// distinct reports whether a value is recognised without its key: long enough,
// and no number, date or word of every page.
func distinct(value string) bool {
	if len([]rune(value)) < minDistinct || !strings.ContainsFunc(value, unicode.IsLetter) {
		return false
	}
	switch strings.ToLower(value) {
	case "default", "standard", "unknown", "customer", "visitor", "anonymous", "website", "desktop", "mobile", "control", "returning", "regular", "homepage", "logged-in", "logged_in":
		return false
	}
	return true
}

// sentLabel looks for labels in a parameter: by the words of its own name, and
// by the keys and values of labels that the page keeps.
func (b *builder) sentLabel(w *party, p payload.Pair, visit int, see func(string, Confidence, string)) {
	if p.Nested || p.Name == "" {
		return
	}
	value := strings.ToLower(p.Value)
	kept := b.labelValues[value]
	for _, l := range b.labelKeys[p.Key()] {
		if l.raw[value] {
			kept = append1(kept, l)
		}
	}
	for _, l := range kept {
		l.sentTo[w.id] = true
		kind := b.labelled.kind(l.key)
		if kind == nil {
			continue
		}
		for _, data := range kind.data() {
			see(data, Direct, fmt.Sprintf("%s %s of the page's %s, in parameter %s", strings.ToLower(kind.rule.Name), l.key, l.source, shorten(p.Name, 120)))
		}
	}
	k := b.labelled.kind(p.Name)
	if k == nil || !k.fits(p.Value) {
		return
	}
	if l := b.noteLabel("request", p.Name, p.Value, k.rule.Kind, visit); l != nil {
		l.sentTo[w.id] = true
	}
	for _, data := range k.data() {
		see(data, Direct, "parameter "+shorten(p.Name, 120)+" ("+strings.ToLower(k.rule.Name)+")")
	}
}

// redacted writes a label's value for a report. Words and small numbers are the
// label itself; what may identify a person is described.
func redacted(value string) string {
	value = strings.TrimSpace(value)
	n := len([]rune(value))
	switch {
	case strings.Contains(value, "@"):
		return fmt.Sprintf("(%d characters with an @)", n)
	case hashLike(value):
		return "(a hash)"
	case IdentifierLike(value):
		return fmt.Sprintf("(%d characters that look unique)", n)
	case n > maxShown:
		if parts := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '|' }); len(parts) > 2 {
			return fmt.Sprintf("(a list of %d)", len(parts))
		}
		return fmt.Sprintf("(%d characters)", n)
	}
	return value
}

// listed writes the first few of sorted values.
func listed(values []string) string {
	if more := len(values) - maxListed; more > 0 {
		return strings.Join(values[:maxListed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(values, ", ")
}

func (b *builder) labelList() []Label {
	out := []Label{}
	for _, l := range b.labels {
		out = append(out, Label{
			ID: shortID("k", l.source, l.key, l.kind), Source: l.source, Key: l.key, Value: listed(keys(l.values)), Kind: l.kind,
			SentTo: keys(l.sentTo), Pages: l.seen.addresses(&b.visits), States: l.seen.sortedStates(),
		})
	}
	slices.SortFunc(out, func(a, b Label) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Source, b.Source), strings.Compare(a.Key, b.Key))
	})
	return out
}
