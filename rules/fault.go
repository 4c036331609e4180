package rules

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Fault is one thing wrong in a file: where, and what was expected.
type Fault struct {
	File string
	Line int // from 1
	Text string

	Missing bool // a key is missing that the program can do without, and a reader cannot
}

func (f *Fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

func (f *file) fault(line int, format string, args ...any) {
	f.faults = append(f.faults, &Fault{File: f.where(), Line: max(line, 1), Text: fmt.Sprintf(format, args...)})
}

// fault records what is wrong at a place in the file that a value came from.
// The place is a path of mapping keys and list indexes. Lines are looked up
// only here: faults are rare and keeping every node would cost each load.
func (ld *loader) fault(value any, place []any, format string, args ...any) {
	f := ld.files[value]
	ld.faults = append(ld.faults, &Fault{File: f.where(), Line: f.line(place), Text: fmt.Sprintf(format, args...)})
}

// Fault is something wrong in a rule that its reader could not know: at a place
// in its file, a path of mapping keys and list indexes. A rule that was read from
// no file has the name that its file would have.
func (s *Set) Fault(r *Rule, place []any, format string, args ...any) *Fault {
	f := s.files[r]
	if f == nil {
		return &Fault{File: "packs/" + r.Pack + "/" + strings.ToLower(r.ID) + ".yaml", Line: 1, Text: fmt.Sprintf(format, args...)}
	}
	return &Fault{File: f.where(), Line: f.line(place), Text: fmt.Sprintf(format, args...)}
}

// err joins the faults, sorted by file and line.
func (ld *loader) err() error {
	sort.SliceStable(ld.faults, func(i, j int) bool {
		a, b := ld.faults[i], ld.faults[j]
		if a.File != b.File {
			return a.File < b.File
		}
		return a.Line < b.Line
	})
	errs := make([]error, len(ld.faults))
	for i, f := range ld.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// line returns the line of the deepest node on the path that exists.
func (f *file) line(place []any) int {
	var root yaml.Node
	if yaml.Unmarshal(f.data, &root) != nil || len(root.Content) == 0 {
		return 1
	}
	node, line := root.Content[0], 1
	for _, step := range place {
		if node = child(node, step, &line); node == nil {
			break
		}
	}
	return max(line, 1)
}

func child(node *yaml.Node, step any, line *int) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	switch step := step.(type) {
	case string:
		if node.Kind != yaml.MappingNode {
			return nil
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				*line = node.Content[i].Line
				return node.Content[i+1]
			}
		}
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			*line = node.Content[step].Line
			return node.Content[step]
		}
	}
	return nil
}

var (
	lineMessage  = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^field (.+) not found in type rules\.(\w+)$`)
	wrongType    = regexp.MustCompile("(?s)^cannot unmarshal (\\S+)(?: `.*`)? into (.+)$")
)

// yamlFaults turns the parser's errors into faults that say what was expected.
func (f *file) yamlFaults(err error, value any) {
	texts := []string{err.Error()}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		texts = te.Errors
	}
	for _, text := range texts {
		line := 1
		if m := lineMessage.FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = m[2]
		}
		if m := unknownField.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("unknown key %q", m[1])
			if keys := keysOf(reflect.TypeOf(value), m[2], 0); len(keys) > 0 {
				text += "; expected one of " + strings.Join(keys, ", ")
				if n := Nearest(m[1], keys); n != "" {
					text += "; did you mean \"" + n + "\"?"
				}
			}
		} else if m := wrongType.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("expected %s, found %s", goKind(m[2]), yamlKind(m[1]))
		}
		f.fault(line, "%s", text)
	}
}

// keysOf finds the struct of that name within t and returns its YAML keys.
func keysOf(t reflect.Type, name string, depth int) []string {
	if depth > 8 {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keysOf(t.Elem(), name, depth+1)
	case reflect.Struct:
		var keys []string
		for i := range t.NumField() {
			if t.Name() == name {
				keys = append(keys, t.Field(i).Tag.Get("yaml"))
			} else if keys = keysOf(t.Field(i).Type, name, depth+1); len(keys) > 0 {
				return keys
			}
		}
		return keys
	}
	return nil
}

func expected(value any) string {
	if reflect.TypeOf(value).Elem().Kind() == reflect.Slice {
		return "a list"
	}
	return "a mapping of keys to values"
}

func goKind(t string) string {
	switch {
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case strings.HasPrefix(t, "map"), strings.HasPrefix(t, "rules."):
		return "a mapping"
	case t == "bool":
		return "true or false"
	case t == "string":
		return "a text"
	}
	return t
}

func yamlKind(tag string) string {
	switch tag {
	case "!!seq":
		return "a list"
	case "!!map":
		return "a mapping"
	case "!!bool":
		return "true or false"
	case "!!str":
		return "a text"
	}
	return strings.TrimPrefix(tag, "!!")
}

// UnmarshalYAML reads a host alone, or a mapping with host, exact and paths.
func (h *HostRule) UnmarshalYAML(node *yaml.Node) error {
	switch node.Kind {
	case yaml.ScalarNode:
		*h = HostRule{Host: node.Value}
		return nil
	case yaml.MappingNode:
	default:
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: expected a host, or a mapping with host, exact and paths", node.Line)}}
	}
	// The strict setting of the outer decoder does not reach into this method.
	for i := 0; i+1 < len(node.Content); i += 2 {
		switch key := node.Content[i]; key.Value {
		case "host", "exact", "paths":
		default:
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: field %s not found in type rules.HostRule", key.Line, key.Value)}}
		}
	}
	type plain HostRule
	return node.Decode((*plain)(h))
}
