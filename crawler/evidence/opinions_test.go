package evidence

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func opinionsOf(t *testing.T, dir string) []Opinion {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []Opinion
	for o, err := range r.Opinions() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func verify(t *testing.T, dir string) error {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Verify()
}

// bundleWithGap is a bundle with a gap in it and nothing else.
func bundleWithGap(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w, err := Create(dir, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddGap(Gap{What: "x", Why: "y"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpinionsAreAddedToAClosedBundle(t *testing.T) {
	dir := bundleWithGap(t)
	if got := opinionsOf(t, dir); len(got) != 0 {
		t.Fatalf("a new bundle holds %v", got)
	}
	a := Opinion{About: "a", Question: "Is it so?", Sentence: "<b>We</b> sell.", Model: "m", Endpoint: "http://127.0.0.1/v1", AskedAt: began, Failure: "no answer within 1s"}
	b := Opinion{About: "b", Question: "Is it so?", Sentence: "We keep.", Model: "m", Endpoint: "http://127.0.0.1/v1", AskedAt: began, Says: "no", Text: "It does not say."}
	if err := AddOpinions(dir, []Opinion{b, a}); err != nil {
		t.Fatal(err)
	}
	if got := opinionsOf(t, dir); !slices.Equal(got, []Opinion{a, b}) {
		t.Errorf("got %+v", got)
	}
	a.Failure, a.Says = "", "yes"
	if err := AddOpinions(dir, []Opinion{a}); err != nil {
		t.Fatal(err)
	}
	if got := opinionsOf(t, dir); !slices.Equal(got, []Opinion{a, b}) {
		t.Errorf("after a second answer: %+v", got)
	}
	if err := verify(t, dir); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, opinionsFile))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), `"yes"`, `"no"`, 1)
	if err := os.WriteFile(filepath.Join(dir, opinionsFile), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := verify(t, dir); err == nil || !strings.Contains(err.Error(), opinionsFile) {
		t.Errorf("a changed opinion: %v", err)
	}
}

// TestAddedOpinionsHideNoChange: a file that was changed before opinions were
// added is told afterwards too.
func TestAddedOpinionsHideNoChange(t *testing.T) {
	dir := bundleWithGap(t)
	if err := os.WriteFile(filepath.Join(dir, gapsFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := AddOpinions(dir, []Opinion{{About: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := verify(t, dir); err == nil || !strings.Contains(err.Error(), gapsFile) {
		t.Errorf("got %v", err)
	}
}

// TestAddOpinionsFollowsNoLink: a bundle from outside may hold links to files of
// the person's.
func TestAddOpinionsFollowsNoLink(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{opinionsFile, opinionsFile + ".tmp", manifestFile + ".tmp"} {
		dir := bundleWithGap(t)
		if err := os.Symlink(own, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		_ = AddOpinions(dir, []Opinion{{About: "a"}}) // may refuse
		if got, err := os.ReadFile(own); err != nil || string(got) != "mine" {
			t.Errorf("through %s: %q, %v", name, got, err)
		}
	}
}

func TestACopyKeepsOpinions(t *testing.T) {
	from, to := bundleWithGap(t), filepath.Join(t.TempDir(), "copy")
	if err := AddOpinions(from, []Opinion{{About: "a", Model: "m", Says: "yes"}}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Copy(t.Context(), to, Edits{}); err != nil {
		t.Fatal(err)
	}
	if got := opinionsOf(t, to); len(got) != 1 || got[0].Says != "yes" {
		t.Errorf("got %+v", got)
	}
	if err := verify(t, to); err != nil {
		t.Error(err)
	}
}

func TestOpinionsOfACrashedBundle(t *testing.T) {
	dir := bundleWithGap(t)
	if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil {
		t.Fatal(err)
	}
	if err := AddOpinions(dir, []Opinion{{About: "a"}}); err != nil {
		t.Fatal(err)
	}
	if got := opinionsOf(t, dir); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err == nil {
		t.Error("a bundle that was not closed has a manifest now")
	}
}
