package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// MaxLooks bounds how often pages are looked at, the scan itself included.
const MaxLooks = 9

// What a scan saw when it looked at some of its pages again is a bundle of its
// own in the scan's, in the folder look2, look3 and so on: other visitors saw it,
// and it counts as no further page. Ids name the page and state as in the scan.

func lookDir(n int) string { return fmt.Sprintf("look%d", n) }

// ofLook says whether a path of a manifest belongs to a further look.
func ofLook(name string) bool {
	for n := 2; n <= MaxLooks; n++ {
		if strings.HasPrefix(name, lookDir(n)+"/") {
			return true
		}
	}
	return false
}

// Look opens what was seen at the nth look, the scan itself being the first.
// Where there was none the error is fs.ErrNotExist.
func (r *Reader) Look(n int) (*Reader, error) {
	if n < 2 || n > MaxLooks {
		return nil, fmt.Errorf("look %d: %w", n, fs.ErrNotExist)
	}
	root, err := r.root.OpenRoot(lookDir(n))
	if err != nil {
		return nil, fmt.Errorf("look %d: %w", n, err)
	}
	look, err := opened(root)
	if err != nil {
		return nil, fmt.Errorf("look %d: %w", n, err)
	}
	return look, nil
}

// AddLook moves a closed bundle, in a folder of the same file system, into the
// bundle in dir as its nth look. Its files are named in the manifest; nothing
// else in the bundle changes.
func AddLook(dir string, n int, from string) error {
	r, err := Open(dir)
	if err != nil {
		return fmt.Errorf("add look %d: %w", n, err)
	}
	defer r.Close()
	if err := r.addLook(n, from); err != nil {
		return fmt.Errorf("add look %d: %w", n, err)
	}
	return nil
}

func (r *Reader) addLook(n int, from string) error {
	if n < 2 || n > MaxLooks {
		return fmt.Errorf("there are at most %d looks", MaxLooks)
	}
	name := lookDir(n)
	if _, err := r.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist)
	}
	if err := os.Rename(from, filepath.Join(r.root.Name(), name)); err != nil {
		return err
	}
	look, err := r.Look(n)
	if err != nil || !r.closed {
		return err
	}
	defer look.Close()
	m, err := look.manifest()
	if err != nil {
		return err
	}
	own, err := look.ReadFile(manifestFile)
	if err != nil {
		return err
	}
	files := append(m.Files, ManifestFile{Path: manifestFile, SHA256: hash(own), Bytes: int64(len(own))})
	for i := range files {
		files[i].Path = path.Join(name, files[i].Path)
	}
	return r.list(files...)
}

// copyLooks copies the further looks into the copy of the bundle in dir.
func (r *Reader) copyLooks(ctx context.Context, dir string, e Edits) error {
	e.Added = nil // once is enough
	for n := 2; ; n++ {
		look, err := r.Look(n)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		part := filepath.Clean(dir) + "." + lookDir(n)
		err = errors.Join(look.Copy(ctx, part, e), look.Close())
		if err == nil {
			err = AddLook(dir, n, part)
		}
		if err != nil {
			return errors.Join(err, os.RemoveAll(part))
		}
	}
}
