package rules

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed companies trackers terms packs consent
var embedded embed.FS

// Files are the embedded files: what Load reads, and the scenarios of the rules
// beside them.
func Files() fs.FS { return embedded }

// maxFile bounds one YAML file, in bytes. The largest embedded one is far
// below it; it keeps a folder given by a person from filling memory.
const maxFile = 1 << 20

// Default returns the embedded Set, loaded once for the whole process.
var Default = sync.OnceValues(Load)

// Load reads and checks the embedded knowledge and rules.
func Load() (*Set, error) { return LoadFS(embedded) }

// LoadFS reads and checks a folder laid out as this package is: companies,
// consent, trackers, terms and packs. A folder without its own data types or purposes
// is checked against the embedded ones. The error joins every Fault found, in the order of
// files and lines; the Set is nil when there is any.
func LoadFS(fsys fs.FS) (*Set, error) {
	files, err := readAll(fsys)
	if err != nil {
		return nil, fmt.Errorf("rules: read files: %w", err)
	}
	return load(files)
}

// load decodes and checks files. Those that come first have the right to their
// ids.
func load(files []*file) (*Set, error) {
	for i, f := range files {
		f.order = i
	}
	ld := &loader{set: &Set{
		Version:   version(files),
		Companies: make(map[string]*Company),
		Packs:     make(map[string]*Pack),
		Terms:     &Terms{},
	}}
	ld.decodeAll(files)
	ld.check()
	if err := ld.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(ld.set.Rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	ld.set.Own = ld.owns()
	ld.set.index = buildIndex(ld.set)
	ld.set.files = make(map[*Rule]*file, len(ld.set.Rules))
	for _, r := range ld.set.Rules {
		ld.set.files[r] = ld.files[r]
	}
	return ld.set, nil
}

// file is one YAML file and what it was decoded to.
type file struct {
	name   string // as in this package: "packs/core/core-01.yaml"
	shown  string // where it was read when that is elsewhere
	own    string // name of the folder of own packs that it is from; "" when it is embedded
	order  int
	data   []byte
	value  any // *Company, *ConsentPlatform, *ConsentWords, *Vendor, *Pack, *Rule or one of the terms
	faults []*Fault
}

// readAll returns the YAML files in the order of their names.
func readAll(fsys fs.FS) ([]*file, error) {
	var files []*file
	for _, pattern := range []string{"companies/*.yaml", "consent/*.yaml", "consent/words/*.yaml", "packs/*/*.yaml", "terms/*.yaml", "terms/languages/*.yaml", "trackers/*.yaml"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := readBounded(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			files = append(files, &file{name: name, data: data})
		}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	return files, nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, nil
}

func version(files []*file) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s\x00%d\x00", f.name, len(f.data))
		h.Write(f.data)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))[:12]
}

// where is the file's name as faults tell it.
func (f *file) where() string {
	if f.shown != "" {
		return f.shown
	}
	return f.name
}

// loader collects values and faults; its checks are in check.go.
type loader struct {
	set    *Set
	files  map[any]*file // value → its file
	faults []*Fault
}

// decodeAll decodes the files on all processors; the order of results is that
// of the files, so that nothing depends on timing.
func (ld *loader) decodeAll(files []*file) {
	work := make(chan *file)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range work {
				f.decode()
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()

	ld.files = make(map[any]*file, len(files))
	for _, f := range files {
		ld.faults = append(ld.faults, f.faults...)
		if f.value == nil {
			continue
		}
		ld.files[f.value] = f
		ld.add(f)
	}
}

func (ld *loader) add(f *file) {
	s := ld.set
	switch v := f.value.(type) {
	case *Company:
		if _, ok := s.Companies[v.ID]; !ok { // a second one is a fault that check reports
			s.Companies[v.ID] = v
		}
	case *Vendor:
		s.Vendors = append(s.Vendors, v)
	case *Pack:
		if _, ok := s.Packs[v.ID]; !ok { // a second one is a fault that check reports
			s.Packs[v.ID] = v
		}
	case *Rule:
		s.Rules = append(s.Rules, v)
	case *[]Fact:
		s.Terms.Facts = *v
	case *[]Principle:
		s.Terms.Principles = *v
	case *[]DataType:
		s.Terms.DataTypes = *v
	case *[]Purpose:
		s.Terms.Purposes = *v
	case *[]Recipient:
		s.Terms.Recipients = *v
	case *PolicyLinks:
		s.Terms.PolicyLinks = *v
	case *[]PageKind:
		s.Terms.PageKinds = *v
	case *[]FieldRule:
		s.Terms.Fields = *v
	case *[]LabelKind:
		s.Terms.Labels = *v
	case *[]PlaceClass:
		s.Terms.Places = *v
	case *[]Element:
		s.Terms.Elements = *v
	case *[]CookieWords:
		s.Terms.CookieWords = *v
	case *Language:
		s.Terms.Languages = append(s.Terms.Languages, v)
	case *ConsentPlatform:
		s.Platforms = append(s.Platforms, v)
	case *ConsentWords:
		s.ConsentWords = append(s.ConsentWords, v)
	}
}

// newValue returns what a file of this name is decoded to.
func newValue(name string) any {
	dir, base := path.Split(name)
	switch {
	case dir == "companies/":
		return new(Company)
	case dir == "trackers/":
		return new(Vendor)
	case strings.HasPrefix(dir, "packs/") && base == "pack.yaml":
		return new(Pack)
	case strings.HasPrefix(dir, "packs/"):
		return new(Rule)
	case dir == "terms/languages/":
		return new(Language)
	case dir == "consent/":
		return new(ConsentPlatform)
	case dir == "consent/words/":
		return new(ConsentWords)
	}
	switch base {
	case "cookie_words.yaml":
		return new([]CookieWords)
	case "data_types.yaml":
		return new([]DataType)
	case "purposes.yaml":
		return new([]Purpose)
	case "recipients.yaml":
		return new([]Recipient)
	case "policy_links.yaml":
		return new(PolicyLinks)
	case "page_kinds.yaml":
		return new([]PageKind)
	case "elements.yaml":
		return new([]Element)
	case "fields.yaml":
		return new([]FieldRule)
	case "labels.yaml":
		return new([]LabelKind)
	case "profile_facts.yaml":
		return new([]Fact)
	case "principles.yaml":
		return new([]Principle)
	case "sensitive_places.yaml":
		return new([]PlaceClass)
	}
	return nil
}

func (f *file) decode() {
	value := newValue(f.name)
	if value == nil {
		f.fault(1, "unknown file; expected cookie_words.yaml, data_types.yaml, elements.yaml, fields.yaml, labels.yaml, page_kinds.yaml, policy_links.yaml, principles.yaml, profile_facts.yaml, purposes.yaml, recipients.yaml or sensitive_places.yaml")
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(f.data))
	dec.KnownFields(true)
	err := dec.Decode(value)
	if errors.Is(err, io.EOF) {
		f.fault(1, "the file is empty; expected %s", expected(value))
		return
	}
	if err != nil {
		f.yamlFaults(err, value)
		return
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		f.fault(1, "more than one YAML document; expected one document a file")
		return
	}
	f.value = value
}
