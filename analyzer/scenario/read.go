package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor/rules"
)

// Bounds of one file.
const (
	maxFile      = 512 << 10 // bytes
	maxScenarios = 200
	maxItems     = 500   // of any list or mapping
	maxText      = 64000 // bytes of any text
	maxDepth     = 12
)

// Read reads the scenarios of a file. The error joins every fault found, each
// with file and line.
func Read(name string, data []byte) ([]*Scenario, error) {
	var list []*Scenario
	root, err := Decode(name, data, &list)
	if err != nil {
		return nil, err
	}
	var faults []error
	if len(list) > maxScenarios {
		faults = append(faults, fault(name, 1, "%d scenarios; expected at most %d", len(list), maxScenarios))
	}
	seen := map[string]bool{}
	for i, s := range list {
		node := root.Content[i]
		if s == nil {
			faults = append(faults, fault(name, node.Line, "an empty scenario; expected a mapping of keys to values"))
			continue
		}
		s.File, s.Line = name, node.Line
		c := checker{name: name, site: &s.Site}
		c.scenario(s, node)
		if seen[s.Name] {
			c.fault(node, []any{"scenario"}, "scenario %q is there twice; expected each name once", s.Name)
		}
		seen[s.Name] = true
		if s.Earlier != nil {
			c.site = s.Earlier
			c.checkSite(s.Earlier, at(node, "earlier"))
		}
		faults = append(faults, c.faults...)
	}
	return list, errors.Join(faults...)
}

// Decode decodes a YAML file into a list strictly: unknown keys, anchors, more
// than one document and what is beyond the bounds of a scenario file are faults,
// each with file and line. It returns the list's node.
func Decode(name string, data []byte, list any) (*yaml.Node, error) {
	if len(data) > maxFile {
		return nil, fault(name, 1, "the file is larger than %d bytes", maxFile)
	}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF), err == nil && len(root.Content) == 0:
		return nil, fault(name, 1, "the file is empty; expected a list of scenarios")
	case err != nil:
		return nil, yamlFault(name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fault(name, 1, "more than one YAML document; expected one")
	}
	node := root.Content[0]
	if node.Kind != yaml.SequenceNode {
		return nil, fault(name, node.Line, "expected a list of scenarios")
	}
	if faults := keys(name, node, reflect.TypeOf(list).Elem(), 0); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if err := node.Decode(list); err != nil {
		return nil, yamlFault(name, err)
	}
	return node, nil
}

func fault(name string, line int, format string, args ...any) error {
	return &rules.Fault{File: name, Line: max(line, 1), Text: fmt.Sprintf(format, args...)}
}

var lineMessage = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)

func yamlFault(name string, err error) error {
	texts := []string{err.Error()}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		texts = te.Errors
	}
	var out []error
	for _, text := range texts {
		line := 1
		if m := lineMessage.FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = m[2]
		}
		out = append(out, fault(name, line, "%s", strings.TrimPrefix(text, "yaml: ")))
	}
	return errors.Join(out...)
}

// keys finds unknown keys, and what is beyond the bounds.
func keys(name string, node *yaml.Node, t reflect.Type, depth int) []error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		return []error{fault(name, node.Line, "anchors and aliases are not read; expected the value itself")}
	case depth > maxDepth:
		return []error{fault(name, node.Line, "nested more than %d levels deep", maxDepth)}
	case len(node.Content) > 2*maxItems:
		return []error{fault(name, node.Line, "a list of more than %d items", maxItems)}
	case len(node.Value) > maxText:
		return []error{fault(name, node.Line, "a text of more than %d bytes", maxText)}
	}
	var out []error
	elem := reflect.TypeFor[any]()
	if k := t.Kind(); k == reflect.Slice || k == reflect.Map {
		elem = t.Elem()
	}
	switch node.Kind {
	case yaml.SequenceNode:
		for _, c := range node.Content {
			out = append(out, keys(name, c, elem, depth+1)...)
		}
	case yaml.MappingNode:
		fields := map[string]reflect.Type{}
		if t.Kind() == reflect.Struct {
			collect(t, fields)
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			child := elem
			if t.Kind() == reflect.Struct {
				f, ok := fields[key.Value]
				if !ok {
					out = append(out, fault(name, key.Line, "unknown key %q%s", key.Value, rules.DidYouMean(key.Value, sortedKeys(fields))))
					continue
				}
				child = f
			}
			if seen[key.Value] {
				out = append(out, fault(name, key.Line, "key %q is there twice", key.Value))
				continue
			}
			seen[key.Value] = true
			out = append(out, keys(name, node.Content[i+1], child, depth+1)...)
		}
	}
	return out
}

// collect lists the YAML keys of a struct with the types of their values.
func collect(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			collect(f.Type, into)
		case tag != "" && tag != "-":
			into[tag] = f.Type
		}
	}
}

// at returns the node at a place below another, the deepest one that exists.
func at(node *yaml.Node, place ...any) *yaml.Node {
	for _, step := range place {
		next := (*yaml.Node)(nil)
		switch step := step.(type) {
		case string:
			for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					next = node.Content[i+1]
				}
			}
		case int:
			if node.Kind == yaml.SequenceNode && step < len(node.Content) {
				next = node.Content[step]
			}
		}
		if next == nil {
			break
		}
		node = next
	}
	return node
}

// File is the scenarios of one rule.
type File struct {
	Name string // "packs/core/scenarios/core-01.yaml"
	Pack string
	Rule string // id: the file's name in capitals
	List []*Scenario
}

// Load reads all scenarios of a folder laid out as rules/ is, in the order of
// their names. The error joins every fault found; what could be read is there
// beside it.
func Load(fsys fs.FS) ([]*File, error) {
	names, err := fs.Glob(fsys, "packs/*/scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("read scenarios: %w", err)
	}
	slices.Sort(names)
	var files []*File
	var faults []error
	for _, name := range names {
		data, err := readFile(fsys, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read scenarios %s: %w", name, err))
			continue
		}
		list, err := Read(name, data)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		base := strings.TrimSuffix(path.Base(name), ".yaml")
		files = append(files, &File{Name: name, Pack: strings.Split(name, "/")[1], Rule: strings.ToUpper(base), List: list})
	}
	return files, errors.Join(faults...)
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// LoadFolder reads the scenarios of own packs. The error joins every fault found;
// what could be read is there beside it.
func LoadFolder(folder *rules.Folder) ([]*File, error) {
	var files []*File
	var faults []error
	for _, x := range folder.Files {
		parts := strings.Split(x.Path, "/")
		if len(parts) != 4 || parts[2] != "scenarios" {
			continue
		}
		list, err := Read(x.Shown, x.Data)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		files = append(files, &File{Name: x.Path, Pack: parts[1], Rule: strings.ToUpper(strings.TrimSuffix(parts[3], ".yaml")), List: list})
	}
	return files, errors.Join(faults...)
}
