package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/analyzer/policy"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
	"candor/rules"
)

// realPages are pages that real sites serve, beside the checkout; none of them
// may enter the project.
func realPages(t *testing.T) fs.FS {
	t.Helper()
	dir := os.Getenv("CANDOR_EVAL_DIR")
	if dir == "" {
		dir = filepath.Join(repo, "..", "shared", "eval")
	}
	if _, err := os.Stat(filepath.Join(dir, "pages")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the real pages are missing on the build machine: ", err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	return os.DirFS(filepath.Join(dir, "pages"))
}

// TestRealPages serves notices of real sites under one host each, with all
// their scripts, frames and broken markup, and crawls and reads them. Nothing
// that they refer to is there.
func TestRealPages(t *testing.T) {
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("SKIPPED, nothing was tested: no Chromium or Chrome on this machine")
	}
	pages := realPages(t)
	names, err := fs.Glob(pages, "*.html")
	if err != nil || len(names) < 50 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	files, file := map[string]string{}, map[string]string{}
	var starts []string
	for _, n := range names {
		path, kind := "privacy-policy", "privacy"
		if strings.Contains(n, "trackers") {
			path, kind = "cookie-policy", "cookie"
		}
		host := strings.TrimSuffix(n, ".html") + ".test"
		files[host+"/"+path+".html"] = n
		url := "http://" + host + "/" + path // some send a visitor from https to http
		file[url] = kind + " " + n
		starts = append(starts, url)
	}
	server := webtest.Start(t, webtest.Mount(pages, files))
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "evidence")
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "real pages", URLs: starts})
	if err != nil {
		t.Fatal(err)
	}
	err = crawler.Crawl(t.Context(), crawler.Target{URLs: starts}, crawler.Options{
		Pages: len(starts), Tabs: 3, HostDelay: -1, PageTimeout: 30 * time.Second, NoSandbox: os.Geteuid() == 0, Insecure: true,
		HostMap: []crawler.HostMapping{{Pattern: "*", Addr: server.Addr()}}, DNS: server.NamesAddr(), Words: crawlerWords(set.Terms),
	}, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(func(m *evidence.Meta) { m.Complete = true }); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	// On a busy machine a page may not answer in time: then a gap must say so.
	told := map[string]bool{}
	for g, err := range r.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		what, url, _ := strings.Cut(g.What, " of ")
		told[what+" "+url] = true
	}
	visited, words := map[string]int{}, map[string]int{}
	for p, err := range r.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		visited[p.URL]++
		words[p.URL] = p.TextWords
		if p.Ended == "failed" || p.Status != 200 {
			t.Errorf("%s ended %q with status %d: %s", p.URL, p.Ended, p.Status, p.Failure)
		}
		if p.Screenshot == "" && !told["picture "+p.URL] || p.TextWords == 0 && !told["content "+p.URL] {
			t.Errorf("%s: screenshot %q, %d words", p.URL, p.Screenshot, p.TextWords)
		}
	}
	found := map[string]bool{}
	for d, err := range r.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		kind, name, ok := strings.Cut(file[d.URL], " ")
		if !ok {
			continue // a page that one of them links to
		}
		found[d.URL] = true
		if d.Kind != kind {
			t.Errorf("%s is a %s notice, want %s", d.URL, d.Kind, kind)
		}
		raw, dom := blobOf(t, r, d.Raw), blobOf(t, r, d.DOM)
		served, err := fs.ReadFile(pages, name)
		if err != nil || !bytes.Equal(raw, served) && !told["bytes "+d.URL] {
			t.Errorf("%s: %d bytes are kept of %d: %v", d.URL, len(raw), len(served), err)
		}
		in := policy.Input{ID: d.ID, URL: d.FinalURL, Kind: d.Kind, MIMEType: d.MIMEType, Language: d.Language, Raw: raw, DOM: dom}
		for _, f := range d.Frames {
			in.Frames = append(in.Frames, blobOf(t, r, f.DOM))
		}
		doc := policy.Read(in, set)
		gold, err := fs.ReadFile(pages, strings.TrimSuffix(name, ".html")+".txt")
		if err != nil {
			t.Fatal(err)
		}
		// What a person marked may be a newer and longer text than the page's.
		want := min(len(strings.Fields(string(gold))), words[d.URL])
		if doc.Words == 0 || doc.Words < want*3/4 || doc.Language == "en" && len(doc.Statements) == 0 {
			t.Errorf("%s: %d words and %d statements are read (%s); the page shows %d, a person marked %d", name, doc.Words, len(doc.Statements), doc.Language, words[d.URL], len(strings.Fields(string(gold))))
		}
	}
	if len(told) > len(starts)/4 {
		t.Logf("%d gaps: %v", len(told), slices.Sorted(maps.Keys(told)))
	}
	for _, url := range starts {
		if visited[url] != 1 || !found[url] {
			t.Errorf("%s (%s): %d records, notice %v", url, file[url], visited[url], found[url])
		}
	}
}

func blobOf(t *testing.T, r *evidence.Reader, name string) []byte {
	t.Helper()
	if name == "" {
		return nil
	}
	data, err := r.ReadFile(name)
	if err != nil {
		t.Error(err)
	}
	return data
}
