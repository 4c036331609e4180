package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// closedBundle has three pages, a notice and its file.
func closedBundle(t *testing.T) string {
	t.Helper()
	w, dir := create(t)
	for n := 1; n <= 3; n++ {
		must(t, newVisit(n).add(w))
	}
	if _, err := w.AddBlob("documents/d01.raw", []byte("notice")); err != nil {
		t.Fatal(err)
	}
	must(t, w.AddDocument(Document{ID: "d01", Raw: "documents/d01.raw"}))
	if _, err := w.AddBlob("screenshots/p0001.none.jpg", []byte("picture")); err != nil {
		t.Fatal(err)
	}
	must(t, w.Close(func(m *Meta) { m.Complete = true }))
	return dir
}

func edit(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, change(data), 0o600))
}

func TestVerifyNamesTheFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string // in the error's lines, in order; none for a sound bundle
	}{
		{"sound", func(*testing.T, string) {}, nil},
		{"a byte changed", func(t *testing.T, dir string) {
			edit(t, dir+"/requests.jsonl", func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, []string{"verify requests.jsonl: content differs from the manifest"}},
		{"a byte added", func(t *testing.T, dir string) {
			edit(t, dir+"/documents/d01.raw", func(b []byte) []byte { return append(b, '!') })
		}, []string{"verify documents/d01.raw: content differs from the manifest: 7 bytes, not 6"}},
		{"a byte cut", func(t *testing.T, dir string) {
			edit(t, dir+"/meta.json", func(b []byte) []byte { return b[:len(b)-1] })
		}, []string{"verify meta.json: content differs"}},
		{"a file missing", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/documents/d01.raw")) },
			[]string{"verify documents/d01.raw: it is missing"}},
		{"a screenshot missing", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/screenshots/p0001.none.jpg")) },
			[]string{"verify screenshots/p0001.none.jpg: it is missing"}},
		{"a screenshot purged", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/screenshots/p0001.none.jpg"))
			must(t, os.WriteFile(dir+"/purged.json", []byte(`{"at":"2026-11-26T00:00:00Z","files":["screenshots/p0001.none.jpg"]}`), 0o600))
		}, nil},
		{"a screenshot that was purged and is another", func(t *testing.T, dir string) {
			edit(t, dir+"/screenshots/p0001.none.jpg", func([]byte) []byte { return []byte("another") })
			must(t, os.WriteFile(dir+"/purged.json", []byte(`{"files":["screenshots/p0001.none.jpg"]}`), 0o600))
		}, []string{"verify screenshots/p0001.none.jpg: content differs"}},
		{"evidence said to be purged", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/documents/d01.raw"))
			must(t, os.WriteFile(dir+"/purged.json", []byte(`{"files":["documents/d01.raw"]}`), 0o600))
		}, []string{"verify documents/d01.raw: it is missing"}},
		{"a list of what was purged that cannot be read", func(t *testing.T, dir string) { must(t, os.WriteFile(dir+"/purged.json", []byte(`{`), 0o600)) },
			[]string{"verify: purged.json: "}},
		{"a file added", func(t *testing.T, dir string) { must(t, os.WriteFile(dir+"/documents/d02.raw", nil, 0o600)) },
			[]string{"verify documents/d02.raw: the manifest does not name it"}},
		{"two faults", func(t *testing.T, dir string) {
			edit(t, dir+"/pages.jsonl", func(b []byte) []byte { return append(b, "{}\n"...) })
			must(t, os.Remove(dir+"/cookies.jsonl"))
		}, []string{"verify cookies.jsonl: it is missing", "verify pages.jsonl: content differs"}},
		{"the manifest forgets a stream", func(t *testing.T, dir string) {
			edit(t, dir+"/manifest.json", func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"gaps.jsonl"`), []byte(`"documents/../gaps.jsonl"`), 1)
			})
		}, []string{"verify documents/../gaps.jsonl: ", "verify gaps.jsonl: the manifest does not name it"}},
		{"the manifest names a file twice", func(t *testing.T, dir string) {
			edit(t, dir+"/manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"gaps.jsonl"`), []byte(`"meta.json"`), 1) })
		}, []string{"verify gaps.jsonl: ", "verify meta.json: the manifest names it twice"}},
		{"the manifest leaves the folder", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Dir(dir)+"/outside", nil, 0o600))
			edit(t, dir+"/manifest.json", func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"documents/d01.raw"`), []byte(`"../outside"`), 1)
			})
		}, []string{"verify ../outside: the manifest names a path that is not inside", "verify documents/d01.raw: the manifest does not name it"}},
		{"a link out of the folder", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Dir(dir)+"/outside", []byte("notice"), 0o600))
			must(t, os.Remove(dir+"/documents/d01.raw"))
			must(t, os.Symlink("../../outside", dir+"/documents/d01.raw"))
		}, []string{"verify documents/d01.raw: "}},
		{"a link inside", func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/documents/d01.raw", dir+"/documents/real"))
			must(t, os.Symlink("real", dir+"/documents/d01.raw"))
		}, []string{"verify documents/d01.raw: it is a symbolic link", "verify documents/real: the manifest does not name it"}},
		{"no manifest", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/manifest.json")) },
			[]string{"verify: the bundle was not closed"}},
		{"a manifest that is no JSON", func(t *testing.T, dir string) {
			must(t, os.WriteFile(dir+"/manifest.json", []byte("{"), 0o600))
		}, []string{"verify: manifest.json: unexpected end of JSON input"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := closedBundle(t)
			r := open(t, dir)
			c.change(t, dir)
			err := r.Verify()
			if len(c.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("nothing was found")
			}
			rest := err.Error()
			for _, w := range c.want {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Fatalf("%q is not in its place in:\n%v", w, err)
				}
				rest = after
			}
			if lines := strings.Count(err.Error(), "\n") + 1; lines != len(c.want) {
				t.Errorf("more is named than differs:\n%v", err)
			}
		})
	}
}

// A crash may end a file anywhere: at every byte the bundle stays readable up
// to the last whole page, and says that it is incomplete.
func TestCrashAtEveryByte(t *testing.T) {
	small := func(n string) visit {
		id := "p000" + n + ".none"
		return visit{page: Page{ID: id}, requests: []Request{{ID: id + "/r0001", Page: id}, {ID: id + "/r0002", Page: id}}, cookies: []Cookie{{Page: id, Name: "c"}}}
	}
	w, dir := create(t)
	must(t, small("1").add(w))
	sizes := map[string]int64{}
	for _, name := range streams {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		sizes[name] = info.Size()
	}
	must(t, small("2").add(w))
	second := map[string][]byte{}
	for _, name := range streams {
		data, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		second[name] = data
	}
	// AddPage writes the streams one after the other, the page last.
	order := []string{requestsFile, cookiesFile, pagesFile}
	for at, name := range order {
		for n := sizes[name]; n <= int64(len(second[name])); n++ {
			for i, other := range order {
				size := int64(len(second[other]))
				if i == at {
					size = n
				} else if i > at {
					size = sizes[other]
				}
				must(t, os.WriteFile(filepath.Join(dir, other), second[other][:size], 0o600))
			}
			want := 1
			if name == pagesFile && n == int64(len(second[name])) {
				want = 2
			}
			r := open(t, dir)
			if r.Meta().Complete {
				t.Fatal("it is called complete")
			}
			if got := len(all(t, r.Pages())); got != want {
				t.Fatalf("cut at byte %d of %s: %d pages, want %d", n, name, got, want)
			}
			if q, c := len(all(t, r.Requests())), len(all(t, r.Cookies())); q != 2*want || c != want {
				t.Fatalf("cut at byte %d of %s: %d requests and %d cookies of %d whole pages", n, name, q, c, want)
			}
			must(t, r.Close())
		}
	}
}

// A bundle that was closed has no such excuse: then something was cut later.
func TestCutAfterTheEnd(t *testing.T) {
	dir := closedBundle(t)
	edit(t, dir+"/requests.jsonl", func(b []byte) []byte { return b[:len(b)-5] })
	r := open(t, dir)
	n, err := firstError(r.Requests())
	if n != 5 || err == nil || err.Error() != "read requests.jsonl: line 6: the file ends in the middle of it" {
		t.Errorf("%d requests, %v", n, err)
	}
	must(t, os.Remove(dir+"/manifest.json"))
	if open(t, dir).Meta().Complete {
		t.Error("a bundle without manifest is called complete")
	}
}

func TestHostileBundles(t *testing.T) {
	deep := strings.Repeat(`{"links":[`, 6000)
	for _, c := range []struct {
		name, file, content string
		records             int
		want                string // in the error of reading pages; "" when all is read
	}{
		{"empty", pagesFile, "", 0, ""},
		{"unknown fields", pagesFile, `{"id":"p1","later":{"a":[1]}}` + "\n", 1, ""},
		{"no JSON", pagesFile, "{\"id\":\"p1\"}\nhello\n", 1, "read pages.jsonl: line 2: invalid character 'h'"},
		{"an empty line", pagesFile, "{\"id\":\"p1\"}\n\n", 1, "read pages.jsonl: line 2: unexpected end of JSON input"},
		{"another type", pagesFile, `{"id":7}` + "\n", 0, "line 1: json: cannot unmarshal number into Go struct field Page.id"},
		{"a number that does not fit", pagesFile, `{"depth":1e400}` + "\n", 0, "line 1: json: cannot unmarshal number"},
		{"deep", pagesFile, deep + "\n", 0, "line 1: "},
		{"deep and closed", pagesFile, `{"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}\n", 0, "exceeded max depth"},
		{"a huge line", pagesFile, `{"title":"` + strings.Repeat("x", maxLine) + `"}` + "\n", 0, "read pages.jsonl: line 1: it is longer than 8 MB"},
		{"zeros", pagesFile, strings.Repeat("\x00", 100) + "\n", 0, "line 1: invalid character"},
		{"more records than the bound", pagesFile, strings.Repeat("{}\n", 12), 10, "line 11: there are more than 10 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := closedBundle(t)
			must(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600))
			r := open(t, dir)
			r.records = 10
			n, err := firstError(r.Pages())
			if n != c.records || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d records, %.300v", n, err)
			}
		})
	}
}

// Notices are held while they are read, so their number is bounded.
func TestTooManyNotices(t *testing.T) {
	dir := closedBundle(t)
	var b strings.Builder
	for i := range maxDocs + 1 {
		b.WriteString(`{"id":"d` + strconv.Itoa(i) + "\"}\n")
	}
	must(t, os.WriteFile(filepath.Join(dir, documentsFile), []byte(b.String()), 0o600))
	if n, err := firstError(open(t, dir).Documents()); n != 0 || err == nil || err.Error() != "read documents.jsonl: there are more than 1000 notices" {
		t.Errorf("%d notices, %v", n, err)
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	newer := `{"schema":"candor.evidence/2","urls":{"shape":"unknown"}}`
	for _, c := range []struct {
		name, meta string
		want       string
		is         error
	}{
		{"a newer version", newer, `the bundle is of format "candor.evidence/2", this version of Candor reads "candor.evidence/1": use the version that wrote it, or a newer one`, ErrSchema},
		{"an unknown version", `{"schema":"candor.evidence/x"}`, "name the folder of a scan", ErrSchema},
		{"another thing", `{"schema":"candor.scan/1"}`, `meta.json names the format "candor.scan/1", this version of Candor reads "candor.evidence/1": name the folder of a scan`, ErrSchema},
		{"no schema", `{}`, "name the folder of a scan", ErrSchema},
		{"a long schema", `{"schema":` + strconv.Quote(strings.Repeat("x", 5000)) + `}`, "name the folder of a scan", ErrSchema},
		{"no JSON", `<html>`, "read meta.json: invalid character '<'", nil},
		{"another type", `{"schema":"candor.evidence/1","urls":7}`, "read meta.json: json: cannot unmarshal number", nil},
		{"huge", strings.Repeat(" ", maxMeta+1), "read meta.json: the file is larger than 1 MB", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, metaFile), []byte(c.meta), 0o600))
			_, err := Open(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) || len(err.Error()) > 500 {
				t.Errorf("got %.600v", err)
			}
			if err != nil && !strings.Contains(err.Error(), dir) {
				t.Errorf("the folder is not named: %v", err)
			}
		})
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "holds no scan") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestReadFileStaysInside(t *testing.T) {
	dir := closedBundle(t)
	secret := filepath.Join(filepath.Dir(dir), "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	must(t, os.Symlink(secret, filepath.Join(dir, "documents", "absolute")))
	must(t, os.Symlink("../../secret", filepath.Join(dir, "documents", "relative")))
	must(t, os.Symlink("..", filepath.Join(dir, "up")))
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	big, err := os.Create(filepath.Join(dir, "documents", "big"))
	must(t, err)
	must(t, big.Truncate(maxBlob+1))
	must(t, big.Close())
	r := open(t, dir)
	for _, name := range []string{"../secret", "documents/../../secret", secret, "documents/absolute", "documents/relative", "up/secret", "loop", "documents", "documents/big", "", ".", "a\x00b", "none"} {
		if data, err := r.ReadFile(name); err == nil || len(data) > 0 {
			t.Errorf("%q: %d bytes, %v", name, len(data), err)
		}
	}
	if _, err := r.ReadFile("documents/big"); err == nil || !strings.Contains(err.Error(), "larger than 64 MB") {
		t.Errorf("a huge file: %v", err)
	}
	if data, err := r.ReadFile("documents/d01.raw"); err != nil || string(data) != "notice" {
		t.Errorf("%q, %v", data, err)
	}
}

// FuzzRecords reads a stream as each kind of record. What is read must be
// readable again after it is written.
func FuzzRecords(f *testing.F) {
	for _, v := range []any{filled[Page](1), filled[Request](2), filled[Cookie](3), filled[StorageItem](4), filled[Form](5), filled[Document](6), filled[Gap](7), filled[Call](8), filled[Opinion](9)} {
		line, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(line, '\n'), true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, closed bool) {
		again[Page](t, data, closed)
		again[Request](t, data, closed)
		again[Cookie](t, data, closed)
		again[StorageItem](t, data, closed)
		again[Form](t, data, closed)
		again[Document](t, data, closed)
		again[Gap](t, data, closed)
		again[Call](t, data, closed)
		again[Opinion](t, data, closed)
	})
}

func again[T any](t *testing.T, data []byte, closed bool) {
	for v, err := range records[T](bytes.NewReader(data), closed, 50) {
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("an error without a line: %v", err)
			}
			return
		}
		line, err := json.Marshal(v)
		if err != nil {
			continue // such as a year after 9999, which the writer refuses too
		}
		for w, err := range records[T](bytes.NewReader(append(line, '\n')), true, 50) {
			one, _ := json.Marshal(v)
			two, _ := json.Marshal(w)
			if err != nil || !bytes.Equal(one, two) {
				t.Errorf("%s came back as %s, %v", one, two, err)
			}
		}
	}
}

// FuzzOpen opens a bundle whose description, manifest and pages are anything.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"schema":"candor.evidence/1","complete":true}`), []byte(`{"files":[{"path":"pages.jsonl","bytes":3}]}`), []byte("{}\n"))
	f.Add([]byte(`{"schema":"candor.evidence/2"}`), []byte(`{"files":[{"path":"../x"},{"path":"/etc/passwd"},{"path":""}]}`), []byte("{"))
	f.Fuzz(func(t *testing.T, meta, manifest, pages []byte) {
		dir := t.TempDir()
		for name, data := range map[string][]byte{metaFile: meta, manifestFile: manifest, pagesFile: pages} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Open(dir)
		if err != nil {
			return
		}
		defer r.Close()
		if r.Meta().Schema != Schema {
			t.Errorf("schema %q was taken", r.Meta().Schema)
		}
		if err := r.Verify(); err == nil {
			t.Error("a bundle without most of its files was verified")
		}
		for p, err := range r.Pages() {
			if err != nil && !reflect.DeepEqual(p, Page{}) {
				t.Errorf("a record with an error: %+v", p)
			}
		}
	})
}
