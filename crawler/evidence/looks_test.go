package evidence

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lookBundle is a closed bundle of one page.
func lookBundle(t *testing.T, secret string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "part")
	w, err := Create(dir, Meta{ScanID: "again"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddBlob("screenshots/p0001.none.jpg", []byte("picture")); err != nil {
		t.Fatal(err)
	}
	if err := w.AddPage(Page{ID: "p0001.none", URL: "https://a.test/", Failure: secret}, nil, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(func(m *Meta) { m.Complete = true }); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLooks(t *testing.T) {
	dir := bundleWithGap(t)
	if err := AddLook(dir, 2, lookBundle(t, "")); err != nil {
		t.Fatal(err)
	}
	if err := AddLook(dir, 2, lookBundle(t, "")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the same look twice: %v", err)
	}
	for _, n := range []int{0, 1, MaxLooks + 1} {
		if err := AddLook(dir, n, lookBundle(t, "")); err == nil {
			t.Errorf("look %d was added", n)
		}
	}
	if err := verify(t, dir); err != nil {
		t.Error(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for p := range r.Pages() {
		t.Errorf("the look's page counts as the scan's: %+v", p)
	}
	look, err := r.Look(2)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	n := 0
	for p, err := range look.Pages() {
		if n++; err != nil || p.ID != "p0001.none" {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if n != 1 || look.Meta().ScanID != "again" {
		t.Errorf("%d pages of %+v", n, look.Meta())
	}
	if _, err := r.Look(3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look that was not made: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "look2", pagesFile), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := verify(t, dir); err == nil || !strings.Contains(err.Error(), "look2/pages.jsonl") {
		t.Errorf("a changed look verifies: %v", err)
	}
}

// A bundle from elsewhere leads out of its folder no more than its files do.
func TestLookIsNoLink(t *testing.T) {
	dir, other := bundleWithGap(t), lookBundle(t, "")
	if err := os.Symlink(other, filepath.Join(dir, "look2")); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if look, err := r.Look(2); err == nil {
		look.Close()
		t.Error("a link out of the bundle was followed")
	}
}

func TestCopyOfLooks(t *testing.T) {
	dir := bundleWithGap(t)
	for n := 2; n < 4; n++ {
		if err := AddLook(dir, n, lookBundle(t, "secret")); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	to := filepath.Join(t.TempDir(), "copy")
	err = r.Copy(context.Background(), to, Edits{
		Page:  func(p *Page) { p.Failure = "" },
		Blob:  func(string, []byte) ([]byte, bool) { return nil, false },
		Added: []Gap{{What: "values", Why: "they were taken out"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(t, to); err != nil {
		t.Error(err)
	}
	for _, look := range []string{"look2", "look3"} {
		data, err := os.ReadFile(filepath.Join(to, look, pagesFile))
		if err != nil || strings.Contains(string(data), "secret") || !strings.Contains(string(data), "p0001.none") {
			t.Errorf("%s: %s, %v", look, data, err)
		}
		if gaps, err := os.ReadFile(filepath.Join(to, look, gapsFile)); err != nil || len(gaps) > 0 {
			t.Errorf("%s: gaps %s, %v", look, gaps, err)
		}
		if _, err := os.Stat(filepath.Join(to, look, "screenshots")); err == nil {
			t.Errorf("%s: the picture is still there", look)
		}
	}
	if left, err := filepath.Glob(to + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left beside it: %v, %v", left, err)
	}
}
