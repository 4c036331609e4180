package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Renderer makes one file of a report.
type Renderer struct {
	Name   string // of the format: "html"
	File   string // in the report's folder: "index.html"
	Render func(w io.Writer, rep *Report) error

	// RenderIn is called instead of Render where a format needs the folder that
	// the file is for; nil otherwise.
	RenderIn func(dir string, w io.Writer, rep *Report) error
}

func (r Renderer) render(dir string, w io.Writer, rep *Report) error {
	if r.RenderIn != nil {
		return r.RenderIn(dir, w, rep)
	}
	return r.Render(w, rep)
}

// ErrFormat is wrapped by the error for a format that there is not.
var ErrFormat = errors.New("unknown format")

// builtin formats need no package of their own.
func builtin() []Renderer {
	return []Renderer{
		{Name: "json", File: "scan.json", Render: func(w io.Writer, rep *Report) error { return rep.WriteJSON(w) }},
	}
}

// Formats lists the names that Write takes with these renderers, sorted.
func Formats(more ...Renderer) []string {
	var names []string
	for _, r := range append(builtin(), more...) {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// CheckFormats reports the first name that Write would not take.
func CheckFormats(formats []string, more ...Renderer) error {
	known := Formats(more...)
	for _, name := range formats {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w %q; there are %s", ErrFormat, name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Write writes the report's files into dir: each of the formats, and the text
// of each policy. The built-in format is json; others are handed in, one
// with several files as several renderers of one name.
// A file is replaced in one step, and nothing is written when a format is not
// known. Files of an earlier report that are not written anew stay.
func Write(dir string, rep *Report, formats []string, more ...Renderer) error {
	if err := CheckFormats(formats, more...); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for _, p := range rep.Policies {
		if p.TextFile == "" || p.text == "" {
			continue
		}
		if err := replace(filepath.Join(dir, filepath.FromSlash(p.TextFile)), []byte(p.text)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	rep.beside = Files(formats, more...)
	defer func() { rep.beside = nil }()
	for _, r := range append(builtin(), more...) {
		if !slices.Contains(formats, r.Name) {
			continue
		}
		var buf bytes.Buffer
		if err := r.render(dir, &buf, rep); err != nil {
			return fmt.Errorf("write report: %s: %w", r.File, err)
		}
		if err := replace(filepath.Join(dir, r.File), buf.Bytes()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// WriteJSON writes scan.json.
func (rep *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(rep); err != nil {
		return fmt.Errorf("write scan.json: %w", err)
	}
	return nil
}

// textFile is where a policy's text is put. Ids come from saved evidence,
// which may come from anywhere: only plain ones become a file name.
func textFile(id string) string {
	if id == "" || len(id) > 64 || strings.Trim(id, ".") == "" {
		return ""
	}
	for _, r := range id {
		if !(r == '.' || r == '-' || r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')) {
			return ""
		}
	}
	return "policies/" + id + ".txt"
}

// replace writes a file beside the old one and then takes its place.
func replace(file string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".candor-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
