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
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what is written into a bundle and taken from one, which may come
// from anywhere.
const (
	maxLine    = 8 << 20   // bytes of one JSON line
	maxRecords = 5_000_000 // lines of one stream
	maxDocs    = 1000      // notices
	maxMeta    = 1 << 20   // bytes of meta.json
	maxBlob    = 64 << 20  // bytes of any other file that is read whole
)

// ErrSchema says that a folder holds no bundle that this version reads.
var ErrSchema = errors.New("unknown schema")

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

// Reader reads a bundle. It holds no record but, while they are read,
// the notices; each sequence reads its file anew.
// It is safe for use by several goroutines.
type Reader struct {
	root    *os.Root
	meta    Meta
	closed  bool // it has a manifest
	records int  // bound of one stream
	whole   func() (map[string]bool, error)
}

// Open opens a bundle: the folder itself, or a report folder that holds it
// under "evidence". The reader never leaves that folder, symbolic links
// included, and reads regular files only.
func Open(dir string) (*Reader, error) {
	if _, err := os.Stat(filepath.Join(dir, metaFile)); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "evidence")); err == nil {
			dir = filepath.Join(dir, "evidence")
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	r, err := opened(root)
	if err != nil {
		return nil, fmt.Errorf("open bundle %s: %w", dir, err)
	}
	return r, nil
}

// opened reads the description of a bundle in a folder, which it closes where it
// fails.
func opened(root *os.Root) (*Reader, error) {
	r := &Reader{root: root, records: maxRecords}
	r.whole = sync.OnceValues(r.wholePages)
	if err := r.open(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return r, nil
}

func (r *Reader) open() error {
	data, err := r.readFile(metaFile, maxMeta)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder holds no scan: it has no %s: %w", metaFile, fs.ErrNotExist)
	} else if err != nil {
		return err
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("read %s: %w", metaFile, err)
	}
	if err := checkSchema(head.Schema); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &r.meta); err != nil {
		return fmt.Errorf("read %s: %w", metaFile, err)
	}
	_, err = r.root.Lstat(manifestFile)
	if r.closed = err == nil; !r.closed {
		r.meta.Complete = false
	}
	return nil
}

// checkSchema says what to do about a bundle of another version.
func checkSchema(got string) error {
	if got == Schema {
		return nil
	}
	family, version, _ := strings.Cut(Schema, "/")
	if other, v, ok := strings.Cut(got, "/"); ok && other == family {
		n, err := strconv.Atoi(v)
		if mine, _ := strconv.Atoi(version); err == nil && n > mine {
			return fmt.Errorf("%w: the bundle is of format %q, this version of Candor reads %q: use the version that wrote it, or a newer one", ErrSchema, got, Schema)
		}
	}
	return fmt.Errorf("%w: %s names the format %.60q, this version of Candor reads %q: name the folder of a scan", ErrSchema, metaFile, got, Schema)
}

// Close releases the folder.
func (r *Reader) Close() error { return r.root.Close() }

// Meta returns the scan's description. A bundle that was not closed is not
// complete, whatever its description says.
func (r *Reader) Meta() Meta { return r.meta }

// The records of each kind, in the order in which they were written. A line
// that cannot be read ends the sequence with an error. Of a bundle that was not
// closed, because the scan crashed, the last line may be cut: it is left out,
// and so is what a visit wrote whose page never came.

// Pages yields the visits.
func (r *Reader) Pages() iter.Seq2[Page, error] { return read[Page](r, pagesFile) }

// Requests yields every hop of every request.
func (r *Reader) Requests() iter.Seq2[Request, error] {
	return ofPages(r, requestsFile, func(v *Request) string { return v.Page })
}

// Cookies yields the cookies of the jar, each when it was first seen or changed.
func (r *Reader) Cookies() iter.Seq2[Cookie, error] {
	return ofPages(r, cookiesFile, func(v *Cookie) string { return v.Page })
}

// Storage yields the entries of storage areas.
func (r *Reader) Storage() iter.Seq2[StorageItem, error] {
	return ofPages(r, storageFile, func(v *StorageItem) string { return v.Page })
}

// Forms yields forms with their fields.
func (r *Reader) Forms() iter.Seq2[Form, error] {
	return ofPages(r, formsFile, func(v *Form) string { return v.Page })
}

// Canaries yields what was typed into fields.
func (r *Reader) Canaries() iter.Seq2[Canary, error] {
	return ofPages(r, canariesFile, func(v *Canary) string { return v.Page })
}

// Labels yields what pages told their tags.
func (r *Reader) Labels() iter.Seq2[Label, error] {
	return ofPages(r, labelsFile, func(v *Label) string { return v.Page })
}

// Calls yields what scripts called, summed up.
func (r *Reader) Calls() iter.Seq2[Call, error] {
	return ofPages(r, callsFile, func(v *Call) string { return v.Page })
}

// Names yields what DNS says of the site's own hosts.
func (r *Reader) Names() iter.Seq2[Name, error] { return read[Name](r, namesFile) }

// Choices yields what was tried to bring visitors into their states.
func (r *Reader) Choices() iter.Seq2[Choice, error] { return read[Choice](r, choicesFile) }

// Documents yields the notices. One that was written again, because more links
// to it became known, is yielded once, as it was written last.
func (r *Reader) Documents() iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		var docs []Document
		at := map[string]int{}
		for d, err := range read[Document](r, documentsFile) {
			if err != nil {
				yield(d, err)
				return
			}
			if i, ok := at[d.ID]; ok {
				docs[i] = d
				continue
			}
			if len(docs) >= maxDocs {
				yield(Document{}, fmt.Errorf("read %s: there are more than %d notices", documentsFile, maxDocs))
				return
			}
			at[d.ID] = len(docs)
			docs = append(docs, d)
		}
		for _, d := range docs {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Gaps yields what could not be observed.
func (r *Reader) Gaps() iter.Seq2[Gap, error] { return read[Gap](r, gapsFile) }

// ReadFile returns a blob, at most 64 MiB.
func (r *Reader) ReadFile(name string) ([]byte, error) { return r.readFile(name, maxBlob) }

func (r *Reader) readFile(name string, limit int64) ([]byte, error) {
	f, info, err := r.file(name)
	if err != nil {
		return nil, fmt.Errorf("read %.200s: %w", name, err)
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, fmt.Errorf("read %.200s: the file is larger than %d MB", name, limit>>20)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read %.200s: %w", name, err)
	}
	return data, nil
}

// file opens a regular file: a named pipe would be waited for without end.
func (r *Reader) file(name string) (*os.File, fs.FileInfo, error) {
	local := filepath.FromSlash(name)
	info, err := r.root.Stat(local)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is no regular file")
	}
	f, err := r.root.Open(local)
	return f, info, err
}

// SignatureFile is the name under which a detached signature of the manifest
// may lie in a bundle. The manifest does not name it.
const SignatureFile = manifestFile + ".sig"

// Manifest returns the bytes of the manifest, as they are signed. A bundle that
// was not closed has none.
func (r *Reader) Manifest() ([]byte, error) { return r.ReadFile(manifestFile) }

// Root is the SHA-256 of the manifest, which has the hashes of all other files:
// with it a later change of any file is told, the manifest's own included. It is
// empty for a bundle that was not closed.
func (r *Reader) Root() (string, error) {
	data, err := r.Manifest()
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("hash the manifest: %w", err)
	}
	return hash(data), nil
}

// PurgedFile is the name of what a purge leaves in a bundle: when it took
// screenshots away, and which.
const PurgedFile = "purged.json"

// Purged is what was taken away of a bundle because it was kept long enough. What
// it was stays in the manifest, with its hash.
type Purged struct {
	At    time.Time `json:"at"`
	Files []string  `json:"files"` // paths below screenshots/
}

// Purged returns what a purge says that it took away; the zero Purged when there
// was none.
func (r *Reader) Purged() (Purged, error) {
	data, err := r.ReadFile(PurgedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Purged{}, nil
	}
	var p Purged
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return Purged{}, fmt.Errorf("%s: %w", PurgedFile, err)
	}
	return p, nil
}

// Verify compares every file with the manifest and reports each one that is
// missing, differs or was added, joined, in the order of their names. Screenshots
// that were purged are not missing. A bundle without a manifest was never closed.
func (r *Reader) Verify() error {
	data, err := r.ReadFile(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("verify: the bundle was not closed, so there are no hashes to compare with: %w", err)
	} else if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("verify: %s: %w", manifestFile, err)
	}
	purged, err := r.Purged()
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	faults := map[string]error{}
	listed := map[string]bool{manifestFile: true, SignatureFile: true, PurgedFile: true}
	for _, f := range m.Files {
		if listed[f.Path] {
			faults[f.Path] = errors.New("the manifest names it twice, or names itself")
			continue
		}
		listed[f.Path] = true
		err := r.verifyFile(f)
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(f.Path, "screenshots/") && slices.Contains(purged.Files, f.Path) {
			err = nil
		}
		if err != nil {
			faults[f.Path] = err
		}
	}
	for _, name := range append(slices.Clone(streams), metaFile) {
		if _, err := r.root.Lstat(name); !listed[name] && !(mayLack(name) && errors.Is(err, fs.ErrNotExist)) {
			faults[name] = errors.New("the manifest does not name it")
		}
	}
	err = fs.WalkDir(r.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			faults[name] = err
		case d.Type()&fs.ModeSymlink != 0:
			faults[name] = errors.New("it is a symbolic link")
		case !d.IsDir() && !listed[name]:
			faults[name] = errors.New("the manifest does not name it: it was added later")
		}
		return nil
	})
	errs := []error{err}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		errs = append(errs, fmt.Errorf("verify %.200s: %w", name, faults[name]))
	}
	return errors.Join(errs...)
}

func (r *Reader) verifyFile(want ManifestFile) error {
	if !fs.ValidPath(want.Path) {
		return errors.New("the manifest names a path that is not inside the bundle")
	}
	f, info, err := r.file(want.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it is missing: %w", fs.ErrNotExist)
	} else if err != nil {
		return err
	}
	defer f.Close()
	if info.Size() != want.Bytes {
		return fmt.Errorf("content differs from the manifest: %d bytes, not %d", info.Size(), want.Bytes)
	}
	sum, size, err := hashStream(f)
	if err != nil {
		return err
	}
	if sum != want.SHA256 || size != want.Bytes {
		return errors.New("content differs from the manifest")
	}
	return nil
}

// wholePages are the ids of the pages that were written to their end.
func (r *Reader) wholePages() (map[string]bool, error) {
	ids := map[string]bool{}
	for p, err := range r.Pages() {
		if err != nil {
			return nil, err
		}
		ids[p.ID] = true
	}
	return ids, nil
}

// ofPages reads a stream and leaves out what belongs to a page that a crash
// kept from being written.
func ofPages[T any](r *Reader, name string, page func(*T) string) iter.Seq2[T, error] {
	if r.closed {
		return read[T](r, name)
	}
	return func(yield func(T, error) bool) {
		whole, err := r.whole()
		if err != nil {
			var zero T
			yield(zero, err)
			return
		}
		for v, err := range read[T](r, name) {
			if err == nil && !whole[page(&v)] {
				continue
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

func read[T any](r *Reader, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		f, _, err := r.file(name)
		if errors.Is(err, fs.ErrNotExist) && mayLack(name) {
			return
		}
		if err != nil {
			var zero T
			yield(zero, fmt.Errorf("read %s: %w", name, err))
			return
		}
		defer f.Close()
		for v, err := range records[T](f, r.closed, r.records) {
			if err != nil {
				err = fmt.Errorf("read %s: %w", name, err)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// records decodes one JSON value a line, at most limit of them.
func records[T any](f io.Reader, closed bool, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		fault := func(err error) {
			var zero T
			yield(zero, fmt.Errorf("line %d: %w", n, err))
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(make([]byte, 0, 64<<10), maxLine)
		sc.Split(wholeLines(closed))
		d := newDecoder(reflect.TypeFor[T]())
		for sc.Scan() {
			if n++; n > limit {
				fault(fmt.Errorf("there are more than %d records", limit))
				return
			}
			var v T
			if err := d.decode(sc.Bytes(), &v); err != nil {
				fault(err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		n++
		switch err := sc.Err(); {
		case err == nil:
		case errors.Is(err, bufio.ErrTooLong):
			fault(fmt.Errorf("it is longer than %d MB", maxLine>>20))
		case errors.Is(err, io.ErrUnexpectedEOF):
			fault(errors.New("the file ends in the middle of it"))
		default:
			fault(err)
		}
	}
}

// wholeLines splits at newlines. A last line without one is an error in a
// closed bundle and dropped in another.
func wholeLines(closed bool) bufio.SplitFunc {
	return func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			if closed {
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
