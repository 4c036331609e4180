package webtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

// Text makes a tree of sites of txtar text.
func Text(text string) (fs.FS, error) {
	fsys, err := txtar.FS(txtar.Parse([]byte(text)))
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	return fsys, nil
}

// MustText is Text for constants; it panics at a fault.
func MustText(text string) fs.FS {
	fsys, err := Text(text)
	if err != nil {
		panic(err)
	}
	return fsys
}

// File reads a txtar file.
func File(name string) (fs.FS, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	return Text(string(data))
}

// Overlay joins trees: a file is the first tree's that has it, and folders are merged.
func Overlay(trees ...fs.FS) fs.FS { return overlay(trees) }

type overlay []fs.FS

func (o overlay) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	var dirs []fs.FS
	for _, t := range o {
		info, err := fs.Stat(t, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case info.IsDir():
			dirs = append(dirs, t)
		case len(dirs) == 0:
			return t.Open(name)
		}
	}
	if len(dirs) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if len(dirs) == 1 {
		return dirs[0].Open(name)
	}
	byName := map[string]fs.DirEntry{}
	for _, t := range dirs {
		entries, err := fs.ReadDir(t, name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if byName[e.Name()] == nil {
				byName[e.Name()] = e
			}
		}
	}
	d := &dir{node: node{name: path.Base(name), dir: true}}
	for _, e := range byName {
		d.entries = append(d.entries, e)
	}
	slices.SortFunc(d.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return d, nil
}

// Mount shows files of base under other names: new name → name in base.
func Mount(base fs.FS, files map[string]string) fs.FS {
	m := &mount{base: base, files: map[string]string{}, dirs: map[string]map[string]bool{".": {}}}
	for to, from := range files {
		m.files[to] = from
		for name := to; name != "."; name = path.Dir(name) {
			d := path.Dir(name)
			if m.dirs[d] == nil {
				m.dirs[d] = map[string]bool{}
			}
			m.dirs[d][name] = true
		}
	}
	return m
}

type mount struct {
	base  fs.FS
	files map[string]string
	dirs  map[string]map[string]bool // folder → full names in it
}

func (m *mount) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if from, ok := m.files[name]; ok {
		data, err := fs.ReadFile(m.base, from)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return &file{node: node{name: path.Base(name), size: int64(len(data))}, Reader: bytes.NewReader(data)}, nil
	}
	names, ok := m.dirs[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	d := &dir{node: node{name: path.Base(name), dir: true}}
	for n := range names {
		e := node{name: path.Base(n)}
		if from, ok := m.files[n]; ok {
			info, err := fs.Stat(m.base, from)
			if err != nil {
				return nil, &fs.PathError{Op: "open", Path: name, Err: err}
			}
			e.size = info.Size()
		} else {
			e.dir = true
		}
		d.entries = append(d.entries, e)
	}
	slices.SortFunc(d.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return d, nil
}

// Pages gives every NAME.html of a folder a host of its own, https://NAME.test/.
// A host's characters other than letters, digits and "-" become "-".
func Pages(folder fs.FS) (fs.FS, error) {
	names, err := fs.Glob(folder, "*.html")
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	files := map[string]string{}
	for _, n := range names {
		host := strings.Map(func(c rune) rune {
			if c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' {
				return c
			}
			return '-'
		}, strings.ToLower(strings.TrimSuffix(n, ".html")))
		to := host + ".test/index.html"
		if files[to] != "" {
			return nil, fmt.Errorf("webtest: %s and %s would have the same host", files[to], n)
		}
		files[to] = n
	}
	return Mount(folder, files), nil
}

// NPM is the tree of a folder with site.txtar and node_modules: the libraries
// stand under "_npm", for the directive "file". It fails, saying what to run,
// when the libraries are not installed.
func NPM(folder string) (fs.FS, error) {
	site, err := File(path.Join(folder, "site.txtar"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path.Join(folder, "node_modules")); err != nil {
		return nil, fmt.Errorf("webtest: the vendors' libraries are missing, run \"npm ci --ignore-scripts\" in %s: %w", folder, err)
	}
	root, err := os.OpenRoot(path.Join(folder, "node_modules"))
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	return Overlay(site, under{"_npm", root.FS()}), nil
}

// under shows a tree in a folder.
type under struct {
	name string
	fs.FS
}

func (u under) Open(name string) (fs.File, error) {
	if rest, ok := strings.CutPrefix(name, u.name+"/"); ok {
		return u.FS.Open(rest)
	}
	switch name {
	case u.name:
		entries, err := fs.ReadDir(u.FS, ".")
		return &dir{node: node{name: u.name, dir: true}, entries: entries}, err
	case ".":
		return &dir{node: node{name: ".", dir: true}, entries: []fs.DirEntry{node{name: u.name, dir: true}}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// node is a name in a made-up tree: its own FileInfo and DirEntry.
type node struct {
	name string
	size int64
	dir  bool
}

func (n node) Name() string               { return n.name }
func (n node) Size() int64                { return n.size }
func (n node) ModTime() time.Time         { return time.Time{} }
func (n node) IsDir() bool                { return n.dir }
func (n node) Sys() any                   { return nil }
func (n node) Type() fs.FileMode          { return n.Mode().Type() }
func (n node) Info() (fs.FileInfo, error) { return n, nil }
func (n node) Stat() (fs.FileInfo, error) { return n, nil }
func (n node) Close() error               { return nil }

func (n node) Mode() fs.FileMode {
	if n.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type file struct {
	node
	*bytes.Reader
}

func (f *file) Size() int64 { return f.node.size }

type dir struct {
	node
	entries []fs.DirEntry
	at      int
}

func (d *dir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

func (d *dir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.entries[d.at:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 && len(rest) > n {
		rest = rest[:n]
	}
	d.at += len(rest)
	return slices.Clone(rest), nil
}
