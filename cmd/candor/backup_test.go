package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"candor/reports/store"
	"candor/reports/store/blob"
	"candor/reports/store/storetest"
)

type nopCloser struct{ *bytes.Buffer }

func (nopCloser) Close() error { return nil }

// rowsOf are all rows of a database, but for the audit log, which each backup and
// restore adds to.
func rowsOf(t *testing.T, address string) string {
	t.Helper()
	s, err := store.Open(t.Context(), address, store.Options{Keys: storetest.Keys(t), Now: time.Now, NewID: func() string { return "x" }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var lines []string
	parts := map[string]*bytes.Buffer{}
	if err := s.Dump(t.Context(), func(table string) (io.WriteCloser, error) {
		parts[table] = &bytes.Buffer{}
		return nopCloser{parts[table]}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for table, b := range parts {
		if table != "audit" {
			for line := range strings.Lines(b.String()) {
				lines = append(lines, table+" "+line)
			}
		}
	}
	if _, broken, err := s.CheckAudit(t.Context()); err != nil || broken != 0 {
		t.Errorf("the audit log breaks at %d, %v", broken, err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// TestBackup: what a service keeps goes from SQLite to PostgreSQL and back, the
// same rows and blobs, while the service is open.
func TestBackup(t *testing.T) {
	a := newAttic(t) // its store stays open
	if _, err := a.store.AddPerson(t.Context(), "test", store.Person{Name: "Åda \"<&>\"\n", Role: store.Admin}, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	want := rowsOf(t, "candor-data/candor.db")
	if !strings.Contains(want, "fernhill.test") {
		t.Fatalf("the rows are %s", want)
	}
	postgres := storetest.Postgres(t).Database(t)
	run := func(args ...string) {
		t.Helper()
		if code := a.run(args...); code != exitOK {
			t.Fatalf("%v: exit code %d, says %s", args, code, a.stderr)
		}
	}
	run("backup", "one.tar.zst")
	run("restore", "one.tar.zst", "--database", postgres, "--blobs", "blobs2")
	if got := rowsOf(t, postgres); got != want {
		t.Errorf("PostgreSQL holds\n%s\nwant\n%s", got, want)
	}
	run("backup", "two.tar.zst", "--database", postgres, "--blobs", "blobs2")
	run("restore", "two.tar.zst", "--data", "data3")
	if got := rowsOf(t, "data3/candor.db"); got != want {
		t.Errorf("SQLite holds\n%s\nwant\n%s", got, want)
	}
	b, err := blob.Open("data3/blobs")
	if err != nil {
		t.Fatal(err)
	}
	a.blobs = b
	if got, want := a.files(t), 12; len(strings.Split(got, ", ")) != want {
		t.Errorf("blobs: %s", got)
	}
	if info, err := os.Stat("two.tar.zst"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the backup: %v, %v", info.Mode(), err)
	}
	if code := a.run("restore", "one.tar.zst", "--data", "data3"); code != exitUsage || !strings.Contains(a.stderr.String(), "the database is not empty; --force replaces") {
		t.Errorf("over what is there: exit code %d, says %s", code, a.stderr)
	}
	run("restore", "one.tar.zst", "--data", "data3", "--force")
	if got := rowsOf(t, "data3/candor.db"); got != want {
		t.Errorf("with --force SQLite holds\n%s\nwant\n%s", got, want)
	}
	run("backup", "small.tar.zst", "--no-blobs")
	run("restore", "small.tar.zst", "--data", "data4")
	if left, err := os.ReadDir("data4/blobs"); err != nil || len(left) != 0 {
		t.Errorf("--no-blobs: %v, %v", left, err)
	}
	if code := a.run("backup", "one.tar.zst"); code != exitUsage || !strings.Contains(a.stderr.String(), "is there already") {
		t.Errorf("over a file: exit code %d", code)
	}
	if parts, err := filepath.Glob(".part-*"); err != nil || len(parts) != 0 {
		t.Errorf("left behind: %v, %v", parts, err)
	}
}

// archive writes a file as a backup is written.
func archive(t *testing.T, members ...*tar.Header) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "bad.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range members {
		h.Size = int64(len(h.Uname)) // the content of a test's member
		text := h.Uname
		h.Uname = ""
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestBadBackup: what is damaged or was made to do harm is refused before anything
// changes.
func TestBadBackup(t *testing.T) {
	a := newAttic(t)
	if code := a.run("backup", "good.tar.zst"); code != exitOK {
		t.Fatalf("%s", a.stderr)
	}
	good, err := os.ReadFile("good.tar.zst")
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) string {
		name := filepath.Join(t.TempDir(), "x.tar.zst")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	file := func(name, text string) *tar.Header {
		return &tar.Header{Name: name, Mode: 0o600, Uname: text}
	}
	for name, c := range map[string]struct{ file, says string }{
		"a bit flipped":   {write(flipped), "damaged"},
		"its end missing": {write(good[:len(good)-200]), "damaged"},
		"empty":           {write(nil), "no manifest"},
		"no archive":      {write([]byte("PK\x03\x04 something else")), "damaged"},
		"not there":       {"none.tar.zst", "no such file"},
		"out of a folder": {archive(t, file("blobs/scans/../../../x", "x")), "no part of a backup"},
		"absolute":        {archive(t, file("/etc/passwd", "x")), "no part of a backup"},
		"a table's name":  {archive(t, file("tables/a;drop.jsonl", "x")), "no part of a backup"},
		"a symbolic link": {archive(t, &tar.Header{Name: "blobs/scans/a/b", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "no part of a backup"},
		"no manifest":     {archive(t, file("tables/sites.jsonl", "[]\n")), "no manifest"},
		"another part":    {archive(t, file("tables/sites.jsonl", "[]\n"), file("manifest.json", `{"format":1,"members":[{"name":"tables/sites.jsonl","size":3,"sha256":"00"}]}`)), "not what the manifest says"},
		"another format":  {archive(t, file("manifest.json", `{"format":2}`)), "format 2"},
		"a newer version": {archive(t, file("manifest.json", `{"format":1,"schema":9999}`)), "restore it with a newer version"},
	} {
		t.Run(name, func(t *testing.T) {
			a.stderr = &lockedBuffer{}
			a.Command.Stderr = a.stderr
			data := filepath.Join(t.TempDir(), "data")
			if code := a.run("restore", c.file, "--data", data); code != exitUsage || !strings.Contains(a.stderr.String(), c.says) {
				t.Errorf("exit code %d, says %s", code, a.stderr)
			}
			if left, _ := filepath.Glob(filepath.Join(data, "blobs", "*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
