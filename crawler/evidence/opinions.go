package evidence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const opinionsFile = "opinions.jsonl"

// maxOpinions bounds the answers that a bundle keeps.
const maxOpinions = 10_000

// Opinion is what a second reader, a language model, answered to a question
// about one sentence of a notice. It is a guess from outside and decides
// nothing.
type Opinion struct {
	About    string    `json:"about"`    // id of question and sentence; a later answer of the same model replaces an earlier
	Question string    `json:"question"` // in words
	Heading  string    `json:"heading,omitempty"`
	Sentence string    `json:"sentence"`
	Model    string    `json:"model"`    // as it was asked for
	Endpoint string    `json:"endpoint"` // scheme, host and path that the sentence was sent to
	AskedAt  time.Time `json:"asked_at,omitzero"`
	Says     string    `json:"says,omitempty"` // "yes", "no" or "unclear"; "" when there is no answer
	Text     string    `json:"text,omitempty"` // the model's reason, bounded, without control characters
	Failure  string    `json:"failure,omitempty"`
}

// Opinions yields what second readers answered, each question to each model
// once, as it was answered last. Most bundles hold none.
func (r *Reader) Opinions() iter.Seq2[Opinion, error] {
	return func(yield func(Opinion, error) bool) {
		var all []Opinion
		at := map[[2]string]int{}
		for o, err := range read[Opinion](r, opinionsFile) {
			if err == nil && len(all) >= maxOpinions {
				err = fmt.Errorf("read %s: there are more than %d answers", opinionsFile, maxOpinions)
			}
			if err != nil {
				yield(Opinion{}, err)
				return
			}
			key := [2]string{o.About, o.Model}
			if i, ok := at[key]; ok {
				all[i] = o
				continue
			}
			at[key] = len(all)
			all = append(all, o)
		}
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// AddOpinions adds answers to the bundle in dir, which may be closed: nothing
// else in it changes, and its manifest names the file with its new hash. An
// answer to a question that the bundle holds already replaces the earlier one.
// Two programs must not add to one bundle at a time.
func AddOpinions(dir string, added []Opinion) error {
	if len(added) == 0 {
		return nil
	}
	r, err := Open(dir)
	if err != nil {
		return fmt.Errorf("add opinions: %w", err)
	}
	defer r.Close()
	if err := r.addOpinions(added); err != nil {
		return fmt.Errorf("add opinions: %w", err)
	}
	return nil
}

func (r *Reader) addOpinions(added []Opinion) error {
	all := []Opinion{}
	for o, err := range r.Opinions() {
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	for _, o := range added {
		if i := slices.IndexFunc(all, func(have Opinion) bool { return have.About == o.About && have.Model == o.Model }); i >= 0 {
			all[i] = o
		} else {
			all = append(all, o)
		}
	}
	if len(all) > maxOpinions {
		return fmt.Errorf("there would be more than %d answers", maxOpinions)
	}
	slices.SortFunc(all, func(a, b Opinion) int { return cmp.Or(cmp.Compare(a.About, b.About), cmp.Compare(a.Model, b.Model)) })
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, o := range all {
		if err := enc.Encode(o); err != nil {
			return err
		}
	}
	if err := r.replace(opinionsFile, lines.Bytes()); err != nil || !r.closed {
		return err
	}
	return r.list(ManifestFile{Path: opinionsFile, SHA256: hash(lines.Bytes()), Bytes: int64(lines.Len())})
}

// list writes files into the manifest in place of earlier entries. The hashes
// of all others stay as they were, so that a change of theirs is still told.
func (r *Reader) list(files ...ManifestFile) error {
	m, err := r.manifest()
	if err != nil {
		return err
	}
	for _, f := range files {
		m.Files = slices.DeleteFunc(m.Files, func(have ManifestFile) bool { return have.Path == f.Path })
	}
	m.Files = append(m.Files, files...)
	slices.SortStableFunc(m.Files, func(a, b ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return r.replace(manifestFile, append(data, '\n'))
}

// replace writes a file of the bundle in one step and never through a link.
func (r *Reader) replace(name string, data []byte) error {
	tmp := filepath.FromSlash(name + ".tmp")
	if err := r.root.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := r.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return r.root.Rename(tmp, name)
}
