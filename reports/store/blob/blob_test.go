package blob

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// TestStores runs the same tests on a folder and on an S3-compatible server.
func TestStores(t *testing.T) {
	t.Run("folder", func(t *testing.T) { conform(t, t.TempDir()) })
	t.Run("S3", func(t *testing.T) {
		mem := s3mem.New()
		if err := mem.CreateBucket("candor"); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(gofakes3.New(mem).Server())
		t.Cleanup(srv.Close)
		conform(t, "s3://key:secret@"+strings.TrimPrefix(srv.URL, "http://")+"/candor/team?insecure=1&region=eu-1")
	})
}

func conform(t *testing.T, address string) {
	ctx := t.Context()
	s, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>", "shots/p0001.none.png": "PNG", "scan.json": "{}"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := PutDir(ctx, s, "scans/s1/", dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, "scans/s10/index.html", strings.NewReader("other"), 5); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, "scans/s1/scan.json", strings.NewReader("{1}"), 3); err != nil { // again, over the first
		t.Fatal(err)
	}
	var names []string
	if err := s.List(ctx, "scans/s1/", func(name string, size int64) error {
		names = append(names, name)
		if size == 0 {
			t.Errorf("%s has no size", name)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"scans/s1/index.html", "scans/s1/scan.json", "scans/s1/shots/p0001.none.png"}; !slices.Equal(names, want) {
		t.Errorf("listed %v, want %v", names, want)
	}
	back := t.TempDir()
	if err := GetDir(ctx, s, "scans/s1/", back); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(back, "scan.json")); err != nil || string(got) != "{1}" {
		t.Errorf("scan.json is %q, %v", got, err)
	}
	for range 2 { // the second time it is not there
		if err := s.Remove(ctx, "scans/s1/shots/p0001.none.png"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get(ctx, "scans/s1/shots/p0001.none.png"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed file: %v", err)
	}
	if err := s.Delete(ctx, "scans/s1/"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "scans/s1/index.html"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted file: %v", err)
	}
	if err := GetDir(ctx, s, "scans/s1/", t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted folder: %v", err)
	}
	r, err := s.Get(ctx, "scans/s10/index.html")
	if err != nil {
		t.Fatal("deleting one scan took another away:", err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "other" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a//", `a\b`, "a b", "a\x00", "a/.", "é", "a?b", strings.Repeat("a", 900)} {
		if err := s.Put(t.Context(), name, strings.NewReader("x"), 1); err == nil {
			t.Errorf("%q was taken as a name", name)
		}
		if err := s.Remove(t.Context(), name); err == nil {
			t.Errorf("%q was removed", name)
		}
		if err := s.Delete(t.Context(), name+"/"); err == nil {
			t.Errorf("%q was deleted", name+"/")
		}
	}
}

func TestBadAddresses(t *testing.T) {
	for _, address := range []string{"s3://", "s3://host", "gs://bucket/x", "s3://key:sec\x7fret@host/b", "s3://host/b/../c"} {
		if _, err := Open(address); err == nil || strings.Contains(err.Error(), "ret@") {
			t.Errorf("Open(%q) = %v", address, err)
		}
	}
}

// A file that could not be read to its end is not there.
func TestWhole(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "a/b", io.MultiReader(strings.NewReader("half"), broken{}), 8); err == nil {
		t.Error("a broken reader was taken")
	}
	if _, err := s.Get(t.Context(), "a/b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a file is there: %v", err)
	}
	if err := s.List(t.Context(), "a/", func(name string, _ int64) error { t.Errorf("listed %s", name); return nil }); err != nil {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }
