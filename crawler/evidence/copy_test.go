package evidence

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCopy(t *testing.T) {
	w, dir := create(t)
	sum, err := w.AddBlob("notices/d01.html", []byte("one two"))
	_, shotErr := w.AddBlob("screenshots/p0001.none.jpg", []byte("picture"))
	must(t, errors.Join(err, shotErr, newVisit(1).add(w), newVisit(2).add(w), w.AddGap(Gap{What: "a", Why: "b"}),
		w.AddDocument(Document{ID: "d01", Raw: "notices/d01.html", RawSHA256: sum}), w.AddCanaries(filled[Canary](3)), w.AddCalls(filled[Call](4)), w.AddNames(filled[Name](5))))
	open1, err := Open(dir)
	must(t, err)
	if err := open1.Copy(context.Background(), filepath.Join(t.TempDir(), "no"), Edits{}); err == nil {
		t.Error("a bundle that was not closed was copied")
	}
	must(t, errors.Join(open1.Close(), w.Close(func(m *Meta) { m.Complete = true })))
	r := open(t, dir)

	// Without edits the copy is the same.
	plain := filepath.Join(t.TempDir(), "copy")
	must(t, r.Copy(context.Background(), plain, Edits{}))
	must(t, open(t, plain).Verify())
	for _, name := range append([]string{metaFile, manifestFile, "notices/d01.html"}, streams...) {
		want, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		got, err := os.ReadFile(filepath.Join(plain, name))
		must(t, err)
		if string(got) != string(want) {
			t.Errorf("%s differs:\n%s\nnot\n%s", name, got, want)
		}
	}

	changed := filepath.Join(t.TempDir(), "changed")
	must(t, r.Copy(context.Background(), changed, Edits{
		Meta:   func(m *Meta) { m.Redacted = "all" },
		Cookie: func(c *Cookie) { c.Value = "x" },
		Blob: func(name string, data []byte) ([]byte, bool) {
			return []byte(strings.ReplaceAll(string(data), "two", "three")), strings.HasPrefix(name, "notices/")
		},
		Added: []Gap{{What: "pictures", Why: "left out", Kind: "redacted"}},
	}))
	c := open(t, changed)
	must(t, c.Verify())
	for _, k := range all(t, c.Cookies()) {
		if k.Value != "x" {
			t.Errorf("cookie %+v", k)
		}
	}
	doc := all(t, c.Documents())[0]
	data, err := c.ReadFile(doc.Raw)
	must(t, err)
	if string(data) != "one three" || doc.RawSHA256 != hash(data) {
		t.Errorf("notice %q with the hash %s", data, doc.RawSHA256)
	}
	if _, err := c.ReadFile("screenshots/p0001.none.jpg"); err == nil {
		t.Error("a blob that was left out is there")
	}
	gaps := all(t, c.Gaps())
	if len(gaps) == 0 || gaps[len(gaps)-1].Kind != "redacted" || c.Meta().Redacted != "all" || !c.Meta().Complete {
		t.Errorf("gaps %+v, meta %+v", gaps, c.Meta())
	}

	ctx, stop := context.WithCancel(context.Background())
	stop()
	ended := filepath.Join(t.TempDir(), "ended")
	if err := r.Copy(ctx, ended, Edits{}); !errors.Is(err, context.Canceled) || open(t, ended).Meta().Complete {
		t.Errorf("a copy that was ended: %v", err)
	}
}
