// Package html renders a report as one self-contained page.
//
// The page works without scripts and without a network: its Content Security
// Policy allows its own style and its own small filter script by hash, images
// from its own folder, and nothing else. Everything that a site, a cookie, a
// policy or a vendor says is escaped by html/template, after control and
// direction characters were made visible; only http and https addresses become
// links.
//
// Lists are bounded (see limits.go), so that a page with 1,000 findings stays
// under 2 MB; what is left out is said, and is in scan.json.
package html

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"

	"candor/reports"
	"candor/reports/words"
)

//go:embed style.css
var style string

//go:embed filter.js
var script string

//go:embed *.tmpl
var files embed.FS

//go:embed brief.css
var briefStyle string

var styles = style + choicesStyle + briefStyle

// page is parsed when it is first needed: candor --help makes no report.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page.tmpl").Funcs(funcs).Funcs((&speaker{language: &language{}}).funcs()).ParseFS(files, "*.tmpl"))
})

// Format is the renderer to hand to reports.Write: "html", index.html.
func Format() reports.Renderer {
	return reports.Renderer{Name: "html", File: "index.html", Render: Render}
}

// FormatIn is Format in a language: one of Languages, or "" for English.
func FormatIn(code string) reports.Renderer {
	f := Format()
	f.Render = RenderIn(code)
	return f
}

// Render writes the page in English. The same report gives the same bytes.
func Render(w io.Writer, rep *reports.Report) error { return RenderIn(words.English)(w, rep) }

// RenderIn writes the page with its own words in a language: one of Languages,
// or "" for English.
// What sites, texts and rules say stays as it is, and is marked.
func RenderIn(code string) func(io.Writer, *reports.Report) error {
	return func(w io.Writer, rep *reports.Report) error {
		said, err := words.For(cmp.Or(code, words.English))
		if err != nil {
			return fmt.Errorf("render html: %w", err)
		}
		lang := &language{said}
		v, err := newView(rep, lang)
		if err != nil {
			return fmt.Errorf("render html: %w", err)
		}
		t, err := page().Clone()
		if err != nil {
			return fmt.Errorf("render html: %w", err)
		}
		if err := t.Funcs(newSpeaker(lang, t, v.R).funcs()).Execute(w, v); err != nil {
			return fmt.Errorf("render html: %w", err)
		}
		return nil
	}
}

// policy is the Content-Security-Policy of a page with this style.
func policy(styles string) string {
	return "default-src 'none'; img-src data: 'self'; style-src " + source(styles) + "; script-src " + source(script) +
		"; base-uri 'none'; form-action 'none'"
}

func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
