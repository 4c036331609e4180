package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	reader "github.com/ledongthuc/pdf"

	"candor/crawler/browser"
	"candor/reports"
	"candor/reports/html"
	"candor/reports/pdf"
	"candor/reports/reporttest"
)

func options(t *testing.T) pdf.Options {
	t.Helper()
	path, err := browser.Find("")
	if errors.Is(err, browser.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pdf.Options{Find: func() (string, error) { return path, nil }, NoSandbox: os.Geteuid() == 0, Page: html.Render}
}

// printed writes a report's PDF into its folder and reads it.
func printed(t *testing.T, rep *reports.Report, o pdf.Options) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := reports.Write(dir, rep, []string{"pdf"}, pdf.Format(o)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "report.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".candor-*")); len(left) > 0 {
		t.Errorf("%v is left in the folder", left)
	}
	return data
}

// TestPrint prints a hostile report whose page also asks for what is outside.
func TestPrint(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	rep := reports.New(reporttest.Hostile())
	rep.StartedAt, rep.Site.Host = "2026-11-20T09:30:00Z", `<img src="`+server.URL+`/head.png">host`+"\u202e"
	o := options(t)
	o.Page = func(w io.Writer, rep *reports.Report) error {
		var b bytes.Buffer
		if err := html.Render(&b, rep); err != nil {
			return err
		}
		if !strings.Contains(b.String(), `http-equiv="Content-Security-Policy"`) {
			t.Error("the page has no Content-Security-Policy")
		}
		// Without the policy nothing but the browser's flags keeps it from the network.
		page := strings.Replace(b.String(), `http-equiv="Content-Security-Policy"`, "", 1)
		_, err := fmt.Fprintf(w, `%s<img src="%s/page.png"><img src="http://localhost:1/x.png"><script src="http://outside.test/x.js"></script>`, page, server.URL)
		return err
	}
	data := printed(t, rep, o)
	if n := asked.Load(); n != 0 {
		t.Errorf("printing asked for %d things outside", n)
	}
	for what, want := range map[string]string{
		"tags": "/StructTreeRoot", "an outline": "/Outlines", "a language": "/Lang", "the scan's time": "/CreationDate (D:20261120093000", "A4": "/MediaBox [0 0 595.9",
	} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the file lacks %s (%s)", what, want)
		}
	}
	for _, bad := range []string{"/JavaScript", "/JS ", "/Launch", "/EmbeddedFile", "(javascript:", "(data:", "(file:"} {
		if bytes.Contains(data, []byte(bad)) {
			t.Errorf("the file holds %s", bad)
		}
	}
	r, err := reader.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Page(1).GetPlainText(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Candor: <img src=", "⟨U+202E⟩", "scan of 2026-11-20 09:30:00 UTC", fmt.Sprintf("page 1 of %d", r.NumPage())} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("the first page lacks %q:\n%s", want, text)
		}
	}
}

// The page over several sites is printed with its outline; names that attack are
// text in it and at the top of each page.
func TestOrganisation(t *testing.T) {
	org := reporttest.Organisation(t, 3)
	org.Names = []string{`<img src=x onerror=alert(1)>` + "\u202e"}
	org.Sites[0].Host = reporttest.Attack
	o := options(t)
	o.Language = "de"
	var b bytes.Buffer
	if err := pdf.Organisation(t.Context(), t.TempDir(), &b, org, html.OrganisationIn("de"), o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/StructTreeRoot", "/Outlines", "/CreationDate (D:" + strings.NewReplacer("-", "", "T", "", ":", "", "Z", "").Replace(org.To)} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("the file lacks %s", want)
		}
	}
	for _, bad := range []string{"/JavaScript", "/JS ", "/Launch", "/EmbeddedFile", "(javascript:", "(data:", "(file:"} {
		if bytes.Contains(b.Bytes(), []byte(bad)) {
			t.Errorf("the file holds %s", bad)
		}
	}
	r, err := reader.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Page(1).GetPlainText(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Candor: <img src=x onerror=alert(1)>⟨U+202E⟩", "Prüfungen vom " + org.From[:10] + " bis " + org.To[:10], fmt.Sprintf("Seite 1 von %d", r.NumPage())} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("the first page lacks %q:\n%s", want, text)
		}
	}
}

// The same report on the same paper gives the same bytes.
func TestPaper(t *testing.T) {
	o := options(t)
	o.Paper = "Letter"
	o.Page = func(w io.Writer, _ *reports.Report) error {
		_, err := io.WriteString(w, `<!doctype html><html lang="en"><title>x</title><h1>One</h1><p>Two`)
		return err
	}
	rep := reports.New(reporttest.Shop())
	a, b := printed(t, rep, o), printed(t, rep, o)
	if !bytes.Contains(a, []byte("/MediaBox [0 0 612 792]")) {
		t.Errorf("the page is %s", regexp.MustCompile(`/MediaBox \[[^]]*\]`).Find(a))
	}
	if !bytes.Equal(a, b) {
		t.Error("the same report gives another file")
	}
}

func TestFaults(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	none := func() (string, error) { return "", browser.ErrNotFound }
	for name, c := range map[string]struct {
		o    pdf.Options
		want string
	}{
		"no browser": {pdf.Options{Find: none, Page: html.Render}, "no Chromium or Chrome was found"},
		"paper":      {pdf.Options{Find: none, Page: html.Render, Paper: "A5"}, "expected one of A4, Letter"},
		"page":       {pdf.Options{Find: none, Page: func(io.Writer, *reports.Report) error { return io.ErrClosedPipe }}, io.ErrClosedPipe.Error()},
	} {
		err := reports.Write(t.TempDir(), rep, []string{"pdf"}, pdf.Format(c.o))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
