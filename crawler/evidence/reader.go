package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Bounds of what a reader takes from a bundle, which may come from anywhere.
const (
	maxLine = 8 << 20  // bytes of one JSON line
	maxBlob = 64 << 20 // bytes of one file
)

// Manifest lists the files of a closed bundle with their hashes.
type Manifest struct {
	Schema string         `json:"schema"`
	Files  []ManifestFile `json:"files"`
}

// ManifestFile is one file of a bundle.
type ManifestFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Reader reads a bundle. It holds no record; each sequence reads its file anew.
// It is safe for use by several goroutines.
type Reader struct {
	root *os.Root
	meta Meta
}

// Open opens a bundle: the folder itself, or a report folder that holds it
// under "evidence". The reader never leaves that folder, symbolic links
// included.
func Open(dir string) (*Reader, error) {
	if _, err := os.Stat(filepath.Join(dir, metaFile)); errors.Is(err, fs.ErrNotExist) {
		dir = filepath.Join(dir, "evidence")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	r := &Reader{root: root}
	data, err := r.ReadFile(metaFile)
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("open bundle: %s holds no scan: %w", dir, err)
	}
	if err := json.Unmarshal(data, &r.meta); err != nil {
		root.Close()
		return nil, fmt.Errorf("open bundle: %s: %w", metaFile, err)
	}
	if r.meta.Schema != Schema {
		root.Close()
		return nil, fmt.Errorf("open bundle: schema is %q, this version reads %q", r.meta.Schema, Schema)
	}
	return r, nil
}

// Close releases the folder.
func (r *Reader) Close() error { return r.root.Close() }

// Meta returns the scan's description.
func (r *Reader) Meta() Meta { return r.meta }

// The records of each kind, in the order in which they were written. A line
// that cannot be read ends the sequence with an error, except the last line of
// an incomplete bundle, which a crash may have cut: it is left out.

// Pages yields the visits.
func (r *Reader) Pages() iter.Seq2[Page, error] { return read[Page](r, pagesFile) }

// Requests yields every hop of every request.
func (r *Reader) Requests() iter.Seq2[Request, error] { return read[Request](r, requestsFile) }

// Cookies yields the cookies of the jar, each when it was first seen or changed.
func (r *Reader) Cookies() iter.Seq2[Cookie, error] { return read[Cookie](r, cookiesFile) }

// Storage yields the entries of storage areas.
func (r *Reader) Storage() iter.Seq2[StorageItem, error] { return read[StorageItem](r, storageFile) }

// Forms yields forms with their fields.
func (r *Reader) Forms() iter.Seq2[Form, error] { return read[Form](r, formsFile) }

// Documents yields the notices.
func (r *Reader) Documents() iter.Seq2[Document, error] { return read[Document](r, documentsFile) }

// Gaps yields what could not be observed.
func (r *Reader) Gaps() iter.Seq2[Gap, error] { return read[Gap](r, gapsFile) }

// ReadFile returns a blob, at most 64 MiB.
func (r *Reader) ReadFile(name string) ([]byte, error) {
	f, err := r.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBlob+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxBlob {
		return nil, fmt.Errorf("read %s: larger than %d bytes", name, maxBlob)
	}
	return data, nil
}

// Verify compares every file with the manifest and reports each one that is
// missing or differs, joined. A bundle without a manifest was never closed.
func (r *Reader) Verify() error {
	data, err := r.ReadFile(manifestFile)
	if err != nil {
		return fmt.Errorf("verify: the bundle was not closed: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("verify: %s: %w", manifestFile, err)
	}
	var errs []error
	for _, f := range m.Files {
		if err := r.verifyFile(f); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *Reader) verifyFile(want ManifestFile) error {
	f, err := r.root.Open(filepath.FromSlash(want.Path))
	if err != nil {
		return fmt.Errorf("verify %s: %w", want.Path, err)
	}
	defer f.Close()
	sum, size, err := hashStream(f)
	if err != nil {
		return fmt.Errorf("verify %s: %w", want.Path, err)
	}
	if sum != want.SHA256 || size != want.Bytes {
		return fmt.Errorf("verify %s: content differs from the manifest", want.Path)
	}
	return nil
}

func read[T any](r *Reader, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		f, err := r.root.Open(name)
		if err != nil {
			yield(zero, fmt.Errorf("read %s: %w", name, err))
			return
		}
		defer f.Close()
		sc := bufio.NewScanner(f)
		sc.Buffer(make([]byte, 0, 64<<10), maxLine)
		sc.Split(wholeLines(r.meta.Complete))
		for n := 1; sc.Scan(); n++ {
			var v T
			if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
				yield(zero, fmt.Errorf("read %s: line %d: %w", name, n, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := sc.Err(); err != nil {
			yield(zero, fmt.Errorf("read %s: %w", name, err))
		}
	}
}

// wholeLines splits at newlines. A last line without one is an error in a
// complete bundle and dropped in an incomplete one.
func wholeLines(complete bool) bufio.SplitFunc {
	return func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			if complete {
				return 0, nil, io.ErrUnexpectedEOF
			}
			return len(data), nil, nil
		}
		return 0, nil, nil
	}
}

func hashFile(name string) (string, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	return hashStream(f)
}

func hashStream(f io.Reader) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}
