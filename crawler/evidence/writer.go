package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// The streams of a bundle: one file of JSON lines for each kind of record.
const (
	pagesFile     = "pages.jsonl"
	requestsFile  = "requests.jsonl"
	cookiesFile   = "cookies.jsonl"
	storageFile   = "storage.jsonl"
	formsFile     = "forms.jsonl"
	documentsFile = "documents.jsonl"
	gapsFile      = "gaps.jsonl"
	canariesFile  = "canaries.jsonl"
	labelsFile    = "labels.jsonl"
	callsFile     = "calls.jsonl"
	namesFile     = "dns.jsonl"
	choicesFile   = "choices.jsonl"
	metaFile      = "meta.json"
	manifestFile  = "manifest.json"
)

var streams = []string{pagesFile, requestsFile, cookiesFile, storageFile, formsFile, documentsFile, gapsFile, canariesFile, labelsFile, callsFile, namesFile, choicesFile}

// later are streams that bundles of earlier versions lack.
var later = []string{canariesFile, labelsFile, callsFile, namesFile, choicesFile}

// mayLack reports whether a bundle may be without a stream: opinions are in
// none until somebody asks for them.
func mayLack(name string) bool { return name == opinionsFile || slices.Contains(later, name) }

// ErrNotEmpty is returned by Create when the folder already holds something.
var ErrNotEmpty = errors.New("folder is not empty")

// ErrTooLarge is returned by AddBlob for a file that no reader would take.
var ErrTooLarge = fmt.Errorf("larger than the %d MB that a file of a bundle may have", maxBlob>>20)

// Writer writes a bundle as the scan goes. Its methods may be called from
// several goroutines; the records of one call stay together.
type Writer struct {
	dir string

	mu     sync.Mutex
	meta   Meta
	files  map[string]*stream
	blobs  map[string]string // path → SHA-256
	hidden *strings.Replacer // secrets and what is written instead; nil without one
	pairs  []string
	closed bool
}

type stream struct {
	file *os.File
	buf  *bufio.Writer
}

// Create starts a bundle in dir, which must not exist or be empty, and writes
// meta with Complete set to false.
func Create(dir string, meta Meta) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create bundle: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("create bundle: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("create bundle in %s: %w", dir, ErrNotEmpty)
	}
	meta.Complete = false
	w := &Writer{dir: dir, meta: meta, files: map[string]*stream{}, blobs: map[string]string{}}
	for _, name := range streams {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create bundle: %w", err), w.closeFiles())
		}
		w.files[name] = &stream{file: f, buf: bufio.NewWriterSize(f, 64<<10)}
	}
	if err := w.writeMeta(); err != nil {
		return nil, errors.Join(err, w.closeFiles())
	}
	return w, nil
}

// Dir returns the bundle's folder.
func (w *Writer) Dir() string { return w.dir }

// Redact keeps a secret out of what is written from now on: as it is, escaped as
// in addresses, in JSON and in HTML, and in base64; shown is written instead.
// Hashed, encrypted or compressed it is not found, and not in pictures. One of
// fewer than four characters is left, because it would be found everywhere.
func (w *Writer) Redact(secret, shown string) {
	if len(secret) < 4 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range spellings(secret) {
		w.pairs = append(w.pairs, s, shown)
	}
	w.hidden = strings.NewReplacer(w.pairs...)
}

// spellings are the ways in which a secret may stand in a file, longest first.
func spellings(secret string) []string {
	out := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)}
	raw := []byte(secret)
	for shift := range 3 {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			text := enc.EncodeToString(append(make([]byte, shift, shift+len(raw)), raw...))
			if from, to := (shift*8+5)/6, (shift+len(raw))*8/6; to-from >= 6 {
				out = append(out, text[from:to]) // whatever stands around it
			}
		}
	}
	for _, s := range slices.Clone(out) { // in JSON, and in JSON within it
		for range 2 {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s) // a text has no fault
			s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
			out = append(out, s)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// Update changes the bundle's meta data, for what is known only once the
// browser runs.
func (w *Writer) Update(change func(*Meta)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.meta)
	return w.writeMeta()
}

// AddPage writes what one visit saw and flushes it, so that a crash later
// loses nothing of it. The page's record comes last: a page that is listed has
// all its evidence. A record that is too large or that JSON cannot hold is left
// out, with a gap.
func (w *Writer) AddPage(p Page, requests []Request, cookies []Cookie, storage []StorageItem, forms []Form, gaps []Gap) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []Gap
	err := errors.Join(
		add(w, &lost, requestsFile, requests), add(w, &lost, cookiesFile, cookies), add(w, &lost, storageFile, storage),
		add(w, &lost, formsFile, forms), add(w, nil, gapsFile, gaps))
	for i := range lost {
		lost[i].Page, lost[i].State = p.ID, p.State
	}
	if err = errors.Join(err, add(w, nil, gapsFile, lost)); err == nil {
		err = add(w, nil, pagesFile, []Page{p})
	}
	if err != nil {
		return fmt.Errorf("write page %s: %w", p.ID, err)
	}
	return nil
}

// AddDocument writes a notice. Its blobs must have been added by AddBlob. The
// same notice may be written again, with the same id, when more of it is known.
func (w *Writer) AddDocument(d Document) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return add(w, nil, documentsFile, []Document{d})
}

// AddCookies writes cookies that belong to no single visit.
func (w *Writer) AddCookies(c ...Cookie) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []Gap
	return errors.Join(add(w, &lost, cookiesFile, c), add(w, nil, gapsFile, lost))
}

// AddCanaries writes what was typed into fields. Those of a visit come before
// its page.
func (w *Writer) AddCanaries(c ...Canary) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []Gap
	return errors.Join(add(w, &lost, canariesFile, c), add(w, nil, gapsFile, lost))
}

// AddLabels writes what pages told their tags. Those of a visit come before its
// page.
func (w *Writer) AddLabels(l ...Label) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []Gap
	return errors.Join(add(w, &lost, labelsFile, l), add(w, nil, gapsFile, lost))
}

// AddCalls writes what scripts called. Those of a visit come before its page.
func (w *Writer) AddCalls(c ...Call) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []Gap
	return errors.Join(add(w, &lost, callsFile, c), add(w, nil, gapsFile, lost))
}

// AddNames writes what DNS says of hosts.
func (w *Writer) AddNames(n ...Name) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return add(w, nil, namesFile, n)
}

// AddChoices writes what was tried to bring visitors into their states.
func (w *Writer) AddChoices(c ...Choice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return add(w, nil, choicesFile, c)
}

// AddGap writes what could not be observed.
func (w *Writer) AddGap(g ...Gap) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return add(w, nil, gapsFile, g)
}

// AddBlob writes a file such as "screenshots/p0001.none.jpg" and returns its
// SHA-256. The path must be local to the bundle, slash-separated and new, or
// have the same bytes; data larger than 64 MiB is ErrTooLarge.
func (w *Writer) AddBlob(name string, data []byte) (string, error) {
	if !fs.ValidPath(name) || !strings.Contains(name, "/") {
		return "", fmt.Errorf("write blob: %q is not a path inside a folder of the bundle", name)
	}
	if len(data) > maxBlob {
		return "", fmt.Errorf("write blob %s: %w", name, ErrTooLarge)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hidden != nil && path.Ext(name) != ".jpg" {
		data = []byte(w.hidden.Replace(string(data)))
	}
	sum := hash(data)
	if w.closed {
		return "", fmt.Errorf("write blob %s: %w", name, os.ErrClosed)
	}
	if old, ok := w.blobs[name]; ok {
		if old == sum {
			return sum, nil
		}
		return "", fmt.Errorf("write blob %s: %w", name, fs.ErrExist)
	}
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return "", fmt.Errorf("write blob %s: %w", name, err)
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		return "", fmt.Errorf("write blob %s: %w", name, err)
	}
	w.blobs[name] = sum
	return sum, nil
}

// Close ends the bundle: finish sets the last fields of its meta data
// (FinishedAt, Complete, Stopped), then the manifest of hashes is written.
// Closing twice does nothing.
func (w *Writer) Close(finish func(*Meta)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	if finish != nil {
		finish(&w.meta)
	}
	if err := errors.Join(w.closeFiles(), w.writeMeta()); err != nil {
		return fmt.Errorf("close bundle: %w", err)
	}
	m := Manifest{Schema: Schema}
	for _, name := range append(slices.Clone(streams), metaFile) {
		sum, size, err := hashFile(filepath.Join(w.dir, name))
		if err != nil {
			return fmt.Errorf("close bundle: %w", err)
		}
		m.Files = append(m.Files, ManifestFile{Path: name, SHA256: sum, Bytes: size})
	}
	for name, sum := range w.blobs {
		info, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("close bundle: %w", err)
		}
		m.Files = append(m.Files, ManifestFile{Path: name, SHA256: sum, Bytes: info.Size()})
	}
	slices.SortFunc(m.Files, func(a, b ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	return writeJSON(filepath.Join(w.dir, manifestFile), m)
}

// add appends records to a stream and flushes it. What cannot be written as a
// line that a reader takes is noted in lost; without lost it is an error. The
// caller holds w.mu.
func add[T any](w *Writer, lost *[]Gap, name string, records []T) error {
	if w.closed {
		return fmt.Errorf("write %s: %w", name, os.ErrClosed)
	}
	if len(records) == 0 {
		return nil
	}
	s := w.files[name]
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		line.Reset()
		err := enc.Encode(r)
		if err == nil && line.Len() >= maxLine {
			err = fmt.Errorf("it has %d MB, and a record may have %d", line.Len()>>20, maxLine>>20)
		}
		switch {
		case err == nil:
			if w.hidden != nil {
				text := w.hidden.Replace(line.String())
				line.Reset()
				line.WriteString(text)
			}
			if _, err := s.buf.Write(line.Bytes()); err != nil {
				return fmt.Errorf("write %s: %w", name, err)
			}
		case lost == nil:
			return fmt.Errorf("write %s: %w", name, err)
		default:
			*lost = append(*lost, Gap{What: "a record of " + strings.TrimSuffix(name, ".jsonl"), Why: "it could not be kept: " + err.Error(), Kind: "bound"})
		}
	}
	if err := s.buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (w *Writer) writeMeta() error {
	w.meta.Schema = Schema
	return writeJSON(filepath.Join(w.dir, metaFile), w.meta)
}

func (w *Writer) closeFiles() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		s := w.files[name]
		errs = append(errs, s.buf.Flush(), s.file.Close())
	}
	return errors.Join(errs...)
}

// writeJSON replaces a file in one step, so that a crash leaves the old one.
func writeJSON(file string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path.Base(file), err)
	}
	tmp := file + ".tmp"
	if err := os.WriteFile(tmp, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path.Base(file), err)
	}
	if err := os.Rename(tmp, file); err != nil {
		return fmt.Errorf("write %s: %w", path.Base(file), err)
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
