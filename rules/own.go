package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a folder of own packs.
const (
	maxOwnFiles = 2000
	maxOwnPacks = 100
)

// Folder is the packs of an organisation: their rules and scenarios, read whole.
type Folder struct {
	Name  string // of the folder, without the way to it
	Packs []string
	Files []FolderFile // by Path
}

// FolderFile is a file of own packs.
type FolderFile struct {
	Path  string // as in rules/: "packs/acme/acme-01.yaml", "packs/acme/scenarios/acme-01.yaml"
	Shown string // where it was read, as faults tell it
	Data  []byte
}

// OpenFolder reads the packs in a folder: a folder of one pack, with its
// pack.yaml, or one that holds packs/PACK or PACK folders. Symbolic links are not
// followed out of it.
func OpenFolder(dir string) (*Folder, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("rules folder %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("rules folder %s: %w", dir, err)
	}
	defer root.Close()
	f := &Folder{Name: filepath.Base(full)}
	fsys := root.FS()
	places, err := packFolders(fsys)
	if err != nil {
		return nil, fmt.Errorf("rules folder %s: %w", dir, err)
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("rules folder %s: it holds no pack; expected pack.yaml with rules beside it, or folders with one", dir)
	}
	for _, place := range places {
		if err := f.addPack(fsys, dir, place); err != nil {
			return nil, fmt.Errorf("rules folder %s: %w", dir, err)
		}
	}
	slices.SortFunc(f.Files, func(a, b FolderFile) int { return strings.Compare(a.Path, b.Path) })
	return f, nil
}

// packFolders are the folders with a pack.yaml.
func packFolders(fsys fs.FS) ([]string, error) {
	var out []string
	for _, pattern := range []string{"pack.yaml", "*/pack.yaml", "packs/*/pack.yaml"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			out = append(out, path.Dir(n))
		}
		if len(out) > 0 {
			break
		}
	}
	if len(out) > maxOwnPacks {
		return nil, fmt.Errorf("%d packs; expected at most %d", len(out), maxOwnPacks)
	}
	return out, nil
}

func (f *Folder) addPack(fsys fs.FS, dir, place string) error {
	data, err := readBounded(fsys, path.Join(place, "pack.yaml"))
	if err != nil {
		return fmt.Errorf("%s: %w", path.Join(place, "pack.yaml"), err)
	}
	id := path.Base(place)
	if place == "." { // the folder itself: it may be called as it likes
		var head struct {
			ID string `yaml:"id"`
		}
		_ = yaml.Unmarshal(data, &head) // what is wrong with it, its reader says
		if id = head.ID; !idForm.MatchString(id) {
			id = f.Name
		}
	}
	if slices.Contains(f.Packs, id) {
		return fmt.Errorf("%s: the pack %q is there twice", path.Join(place, "pack.yaml"), id)
	}
	f.Packs = append(f.Packs, id)
	for _, pattern := range []string{"*.yaml", "scenarios/*.yaml"} {
		names, err := fs.Glob(fsys, path.Join(place, pattern))
		if err != nil {
			return err
		}
		for _, n := range names {
			if len(f.Files) == maxOwnFiles {
				return fmt.Errorf("more than %d files", maxOwnFiles)
			}
			if info, err := fs.Stat(fsys, n); err == nil && !info.Mode().IsRegular() {
				return fmt.Errorf("%s: it is no regular file", n)
			}
			data, err := readBounded(fsys, n)
			if err != nil {
				return fmt.Errorf("%s: %w", n, err)
			}
			inside := n
			if place != "." {
				inside = strings.TrimPrefix(n, place+"/")
			}
			f.Files = append(f.Files, FolderFile{Path: path.Join("packs", id, inside), Shown: filepath.Join(dir, filepath.FromSlash(n)), Data: data})
		}
	}
	return nil
}

// Own is a pack that came from a folder beside the embedded ones.
type Own struct {
	Pack   string
	Title  string
	Folder string // its name, without the way to it
	Rules  int
}

// LoadWith reads and checks the embedded knowledge and rules, with packs of the
// organisation's own. An id that an embedded pack or rule has, or two folders
// share, is a fault. The Version covers them.
func LoadWith(folders ...*Folder) (*Set, error) {
	files, err := readAll(embedded)
	if err != nil {
		return nil, fmt.Errorf("rules: read files: %w", err)
	}
	names := map[string]bool{}
	var errs []error
	for _, d := range folders {
		if names[d.Name] {
			errs = append(errs, fmt.Errorf("two rules folders are called %q; expected folders of different names", d.Name))
		}
		names[d.Name] = true
		for _, own := range d.Files {
			if !strings.Contains(own.Path, "/scenarios/") {
				files = append(files, &file{name: own.Path, shown: own.Shown, data: own.Data, own: d.Name})
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return load(files)
}

// owns lists the own packs, by id.
func (ld *loader) owns() []Own {
	var out []Own
	for id, p := range ld.set.Packs {
		f := ld.files[p]
		if f.own == "" {
			continue
		}
		o := Own{Pack: id, Title: p.Title, Folder: f.own}
		for _, r := range ld.set.Rules {
			if r.Pack == id {
				o.Rules++
			}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Own) int { return strings.Compare(a.Pack, b.Pack) })
	return out
}
