// Package blob keeps what is too large for a database: bundles of evidence and
// written reports, as files under names; in a folder, or in S3-compatible
// storage when several machines share them.
//
// A file is there whole or not at all. Names are paths with slashes of letters,
// digits and "-_.~+" in each part, so that none leaves the folder or means something else in
// an address. It is safe for use by several goroutines.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ErrNotFound says that there is no such file.
var ErrNotFound = errors.New("not found")

// Store keeps files.
type Store interface {
	// Put writes a file of size bytes, over one of that name.
	Put(ctx context.Context, name string, r io.Reader, size int64) error
	// Get opens a file; it is ErrNotFound when it is not there.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List calls each for every file below a prefix that ends with a slash, in the
	// order of names, with its size in bytes.
	List(ctx context.Context, prefix string, each func(name string, size int64) error) error
	// Remove takes a file away; one that is not there is no error.
	Remove(ctx context.Context, name string) error
	// Delete takes away every file below a prefix that ends with a slash.
	Delete(ctx context.Context, prefix string) error
	// Check writes, reads and deletes a small file, and says what does not work.
	Check(ctx context.Context) error
}

// Open opens the store at an address: the path of a folder, or
// s3://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=R][&insecure=1]. Without
// key and secret they are taken from the environment as AWS's tools do.
func Open(address string) (Store, error) {
	if !strings.Contains(address, "://") {
		return openFolder(address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" {
		return nil, fmt.Errorf("blobs %q: expected a folder, or s3://HOST/BUCKET", Redacted(address))
	}
	return openS3(u)
}

// Redacted is an address without its secret.
func Redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "s3://…"
	}
	return u.Redacted()
}

// Valid reports whether a name is one that every store takes.
func Valid(name string) bool {
	if len(name) > 800 || !fs.ValidPath(name) || name == "." {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.Trim(part, ".") == "" || strings.ContainsFunc(part, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.~+", r))
		}) {
			return false
		}
	}
	return true
}

func checkName(name string) error {
	if !Valid(name) {
		return fmt.Errorf("%q is no name of a blob", name)
	}
	return nil
}

func checkPrefix(prefix string) error {
	if !strings.HasSuffix(prefix, "/") || !Valid(strings.TrimSuffix(prefix, "/")) {
		return fmt.Errorf("%q is no prefix of blobs", prefix)
	}
	return nil
}

// PutDir writes every file of a folder below a prefix.
func PutDir(ctx context.Context, s Store, prefix, dir string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return s.Put(ctx, prefix+filepath.ToSlash(rel), f, info.Size())
	})
}

// GetDir writes every file below a prefix into a folder, which must be empty or
// new.
func GetDir(ctx context.Context, s Store, prefix, dir string) error {
	found := false
	err := s.List(ctx, prefix, func(name string, _ int64) error {
		found = true
		return GetFile(ctx, s, name, filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, prefix))))
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", prefix, ErrNotFound)
	}
	return err
}

// GetFile writes one file; it is ErrNotFound when it is not there.
func GetFile(ctx context.Context, s Store, name, file string) error {
	r, err := s.Get(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	return writeWhole(file, r)
}

// writeWhole writes a file beside its place and moves it there when it is whole.
func writeWhole(file string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".part-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Reach says what keeps a store from being read, without writing.
func Reach(ctx context.Context, s Store) error {
	r, err := s.Get(ctx, "check/there")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.Close()
}

// check is Check for every store.
func check(ctx context.Context, s Store) error {
	name, text := "check/candor", "candor"
	if err := s.Put(ctx, name, strings.NewReader(text), int64(len(text))); err != nil {
		return fmt.Errorf("a file cannot be written: %w", err)
	}
	r, err := s.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("a file cannot be read: %w", err)
	}
	defer r.Close()
	if got, err := io.ReadAll(io.LimitReader(r, 100)); err != nil || string(got) != text {
		return fmt.Errorf("a file reads as %q, not as it was written: %w", got, err)
	}
	if err := s.Delete(ctx, path.Dir(name)+"/"); err != nil {
		return fmt.Errorf("a file cannot be deleted: %w", err)
	}
	return nil
}
