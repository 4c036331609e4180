package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Edits change what a copy of a bundle holds. A function that is nil leaves its
// kind of record as it is.
type Edits struct {
	Meta     func(*Meta)
	Page     func(*Page)
	Request  func(*Request)
	Cookie   func(*Cookie)
	Storage  func(*StorageItem)
	Form     func(*Form)
	Canary   func(*Canary)
	Label    func(*Label)
	Call     func(*Call)
	Choice   func(*Choice)
	Document func(*Document) // hashes of changed blobs are filled in after it
	Gap      func(*Gap)
	Blob     func(name string, data []byte) (changed []byte, keep bool)
	Added    []Gap // written after the others
}

// Copy writes the bundle anew into dir, which must not exist or be empty, with
// changed records and a manifest of its own. Only what the manifest lists is
// copied, so a bundle that was not closed cannot be. The records of each kind
// keep their order, further looks are copied with the same edits, and opinions
// stay as they are: they quote published sentences only. Records of a bundle of an earlier version are written in this
// version's format.
func (r *Reader) Copy(ctx context.Context, dir string, e Edits) (err error) {
	m, err := r.manifest()
	if err != nil {
		return fmt.Errorf("copy bundle: %w", err)
	}
	meta := r.Meta()
	if e.Meta != nil {
		e.Meta(&meta)
	}
	w, err := Create(dir, meta)
	if err != nil {
		return fmt.Errorf("copy bundle: %w", err)
	}
	var opinions []Opinion
	whole := false
	defer func() {
		err = errors.Join(err, w.Close(func(m *Meta) { m.Complete = whole && meta.Complete }))
		if err == nil {
			err = errors.Join(AddOpinions(dir, opinions), r.copyLooks(ctx, dir, e))
		}
	}()
	for o, err := range r.Opinions() {
		if err != nil {
			return fmt.Errorf("copy bundle: %w", err)
		}
		opinions = append(opinions, o)
	}
	sums, err := r.copyBlobs(ctx, w, m, e.Blob)
	if err != nil {
		return fmt.Errorf("copy bundle: %w", err)
	}
	document := func(d *Document) {
		if e.Document != nil {
			e.Document(d)
		}
		if sum := sums[d.Raw]; sum != "" && d.RawSHA256 != "" {
			d.RawSHA256 = sum
		}
	}
	err = errors.Join(
		copyStream(ctx, w, requestsFile, r.Requests(), e.Request), copyStream(ctx, w, cookiesFile, r.Cookies(), e.Cookie),
		copyStream(ctx, w, storageFile, r.Storage(), e.Storage), copyStream(ctx, w, formsFile, r.Forms(), e.Form),
		copyStream(ctx, w, canariesFile, r.Canaries(), e.Canary), copyStream(ctx, w, labelsFile, r.Labels(), e.Label),
		copyStream(ctx, w, callsFile, r.Calls(), e.Call), copyStream(ctx, w, namesFile, r.Names(), nil),
		copyStream(ctx, w, choicesFile, r.Choices(), e.Choice), copyStream(ctx, w, documentsFile, r.Documents(), document),
		copyStream(ctx, w, gapsFile, r.Gaps(), e.Gap), w.AddGap(e.Added...),
		copyStream(ctx, w, pagesFile, r.Pages(), e.Page))
	if err != nil {
		return fmt.Errorf("copy bundle: %w", err)
	}
	whole = true
	return nil
}

func (r *Reader) manifest() (Manifest, error) {
	var m Manifest
	data, err := r.ReadFile(manifestFile)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, err)
	}
	return m, nil
}

// copyBlobs returns the hashes of the blobs by their paths.
func (r *Reader) copyBlobs(ctx context.Context, w *Writer, m Manifest, edit func(string, []byte) ([]byte, bool)) (map[string]string, error) {
	sums := map[string]string{}
	for _, f := range m.Files {
		if f.Path == metaFile || f.Path == opinionsFile || slices.Contains(streams, f.Path) || ofLook(f.Path) {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		data, err := r.ReadFile(f.Path)
		if err != nil {
			return nil, err
		}
		if edit != nil {
			var keep bool
			if data, keep = edit(f.Path, data); !keep {
				continue
			}
		}
		if sums[f.Path], err = w.AddBlob(f.Path, data); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// copied is how many records are written at a time.
const copied = 256

func copyStream[T any](ctx context.Context, w *Writer, name string, from iter.Seq2[T, error], edit func(*T)) error {
	var some []T
	flush := func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		var lost []Gap
		err := errors.Join(add(w, &lost, name, some), add(w, nil, gapsFile, lost))
		some = some[:0]
		return err
	}
	for v, err := range from {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if edit != nil {
			edit(&v)
		}
		if some = append(some, v); len(some) == copied {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
