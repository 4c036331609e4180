package exceptions

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"candor/reports/plain"
)

// Known are the words that values may have; a nil list takes any.
type Known struct {
	Rules, Packs, DataTypes, States []string

	// Nearest returns the word that was meant, if one is near enough.
	Nearest func(got string, words []string) (string, bool)
}

// keys of an entry, in the order in which Draft writes them.
var keys = []string{"fingerprint", "rule", "pack", "recipient", "data_type", "page", "state", "reason", "justification", "owner", "approver", "created", "expires"}

var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{8,16}$`)

// reader reads one file.
type reader struct {
	name  string
	known Known
	today time.Time
	errs  []error
}

// Read reads a file. Today is the present day: an entry that was created later
// is a fault, because it could put off its end at will. The error joins all
// faults, each as "file:line: what was expected"; then the file is nil. No
// fault depends on the day on which a scan was made.
func Read(name string, data []byte, known Known, today time.Time) (*File, error) {
	r := &reader{name: name, known: known, today: today.UTC()}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, MaxFile)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", name, plain.Visible(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	f := &File{Name: name}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return f, nil
	}
	r.root(f, doc.Content[0])
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return f, nil
}

const maxFaults = 50

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	if len(r.errs) < maxFaults {
		r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.name, max(n.Line, 1), plain.Visible(fmt.Sprintf(format, args...))))
	}
}

func (r *reader) root(f *File, root *yaml.Node) {
	if root.Kind != yaml.MappingNode {
		r.fault(root, "expected the key exceptions with a list")
		return
	}
	var list *yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value != "exceptions":
			r.fault(key, "unknown key %q; %s", plain.Cut(key.Value, 60), r.hint(key.Value, []string{"exceptions"}))
		case list != nil:
			r.fault(key, "exceptions is there twice")
		case value.Tag == "!!null":
			list = &yaml.Node{Kind: yaml.SequenceNode}
		case value.Kind != yaml.SequenceNode:
			r.fault(value, "expected a list of exceptions")
			return
		default:
			list = value
		}
	}
	if list == nil {
		return
	}
	if len(list.Content) > maxEntries {
		r.fault(list, "%d exceptions; at most %d are read", len(list.Content), maxEntries)
		return
	}
	for _, n := range list.Content {
		f.Entries = append(f.Entries, r.entry(n))
	}
}

func (r *reader) hint(got string, words []string) string {
	if r.known.Nearest != nil && len(got) <= 100 {
		if near, ok := r.known.Nearest(got, words); ok {
			return fmt.Sprintf("did you mean %q?", near)
		}
	}
	if len(words) > 20 {
		return "it is none of this version's"
	}
	return "expected one of " + strings.Join(words, ", ")
}

func (r *reader) entry(n *yaml.Node) Entry {
	e := Entry{Line: n.Line}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "expected keys with values: fingerprint, or rule, recipient …, and reason, justification, owner, approver, created, expires")
		return e
	}
	at := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || !slices.Contains(keys, key.Value):
			r.fault(key, "unknown key %q; %s", plain.Cut(key.Value, 60), r.hint(key.Value, keys))
		case at[key.Value] != nil:
			r.fault(key, "%s is there twice", key.Value)
		default:
			at[key.Value] = value
		}
	}
	e.Fingerprint = strings.ToLower(r.text(at, "fingerprint"))
	if e.Fingerprint != "" && !fingerprintForm.MatchString(e.Fingerprint) {
		r.fault(at["fingerprint"], "fingerprint %q; expected 8 to 16 hexadecimal digits, as scan.json has it", plain.Cut(e.Fingerprint, 40))
	}
	words := map[string][]string{"rule": r.known.Rules, "pack": r.known.Packs, "data_type": r.known.DataTypes, "state": r.known.States}
	for _, k := range e.lists() {
		*k.to = r.values(at, k.name, words[k.name])
	}
	for i, p := range e.Pages {
		if strings.Trim(p, "*/") == "" || strings.ContainsAny(p, " \t") {
			r.fault(at["page"], "page %q; expected a pattern that narrows, such as /careers/* or https://www.example.com/*", plain.Cut(e.Pages[i], 60))
		}
	}
	if at["fingerprint"] == nil && at["rule"] == nil && at["recipient"] == nil || len(r.errs) == 0 && e.Fingerprint == "" && len(e.Rules)+len(e.Recipients) == 0 {
		r.fault(n, "which findings? Expected fingerprint, rule or recipient; pack, data_type, page and state narrow these")
	}
	r.reasons(&e, n, at)
	r.dates(&e, n, at)
	return e
}

func (r *reader) reasons(e *Entry, n *yaml.Node, at map[string]*yaml.Node) {
	e.Reason, e.Justification, e.Owner, e.Approver = r.text(at, "reason"), r.text(at, "justification"), r.text(at, "owner"), r.text(at, "approver")
	if e.Reason != "" && !slices.Contains(ReasonNames(), e.Reason) {
		r.fault(at["reason"], "reason %q; %s", plain.Cut(e.Reason, 60), r.hint(e.Reason, ReasonNames()))
	}
	for _, k := range []struct{ name, value, expected string }{
		{"reason", e.Reason, "one of " + strings.Join(ReasonNames(), ", ")},
		{"justification", e.Justification, "a sentence that tells others why"},
		{"owner", e.Owner, "who answers for it"},
		{"approver", e.Approver, "who agreed to it"},
	} {
		if k.value == "" {
			r.fault(place(n, at[k.name]), "%s is missing; expected %s", k.name, k.expected)
		}
	}
}

func place(entry, value *yaml.Node) *yaml.Node {
	if value != nil {
		return value
	}
	return entry
}

func (r *reader) dates(e *Entry, n *yaml.Node, at map[string]*yaml.Node) {
	e.Created, e.Expires = r.date(n, at, "created"), r.date(n, at, "expires")
	if e.Created.IsZero() || e.Expires.IsZero() {
		return
	}
	switch {
	case e.Created.After(r.today):
		r.fault(at["created"], "created %s lies in the future", e.Created.Format(day))
	case e.Expires.Before(e.Created):
		r.fault(at["expires"], "expires %s is before created %s", e.Expires.Format(day), e.Created.Format(day))
	case e.Days() > MaxDays:
		r.fault(at["expires"], "expires %s is %d days after created; at most %d are allowed, until %s", e.Expires.Format(day), e.Days(), MaxDays, e.Created.AddDate(0, 0, MaxDays).Format(day))
	}
}

func (r *reader) date(n *yaml.Node, at map[string]*yaml.Node, key string) time.Time {
	text := r.text(at, key)
	if text == "" {
		r.fault(place(n, at[key]), "%s is missing; expected a day such as 2026-11-26", key)
		return time.Time{}
	}
	t, err := time.Parse(day, text)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		r.fault(at[key], "%s %q; expected a day such as 2026-11-26", key, plain.Cut(text, 40))
		return time.Time{}
	}
	return t
}

// text is the value of a key that has one; "" when it is not there.
func (r *reader) text(at map[string]*yaml.Node, key string) string {
	n := at[key]
	if n == nil || n.Tag == "!!null" {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.fault(n, "%s: expected one value", key)
		return ""
	}
	return r.bounded(n, key)
}

func (r *reader) bounded(n *yaml.Node, key string) string {
	s := strings.TrimSpace(n.Value)
	if utf8.RuneCountInString(s) > maxText {
		r.fault(n, "%s is longer than %d characters", key, maxText)
		return ""
	}
	return s
}

// values are those of a key that may have one or a list of them.
func (r *reader) values(at map[string]*yaml.Node, key string, words []string) []string {
	n := at[key]
	if n == nil {
		return nil
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	if len(nodes) == 0 || len(nodes) > maxValues {
		r.fault(n, "%s: expected one value, or a list of up to %d", key, maxValues)
		return nil
	}
	var out []string
	for _, v := range nodes {
		if v.Kind != yaml.ScalarNode || v.Tag == "!!null" || strings.TrimSpace(v.Value) == "" {
			r.fault(v, "%s: expected a value, or a list of values", key)
			continue
		}
		s := r.bounded(v, key)
		if words != nil && !slices.ContainsFunc(words, func(w string) bool { return w == s || key == "rule" && strings.EqualFold(w, s) }) {
			r.fault(v, "%s %q; %s", key, plain.Cut(s, 60), r.hint(s, words))
			continue
		}
		out = append(out, s)
	}
	return out
}
