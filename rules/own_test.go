package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/rules"
)

const ownRule = "id: ACME-01\npack: acme\ntitle: T\ncheck: c\nseverity: low\nwhy: W\n"

// tree writes files into a new folder of a name.
func tree(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	for path, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadWithOwnPacks(t *testing.T) {
	plain, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	pack := map[string]string{"pack.yaml": "id: acme\ntitle: Acme\n", "acme-01.yaml": ownRule, "scenarios/acme-01.yaml": "- {}\n"}
	under := func(prefix string) map[string]string {
		out := map[string]string{}
		for name, text := range pack {
			out[prefix+name] = text
		}
		return out
	}
	versions := map[string]bool{plain.Version: true}
	for _, files := range []map[string]string{pack, under("acme/"), under("packs/acme/")} {
		f, err := rules.OpenFolder(tree(t, "ours", files))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Files) != 3 || f.Files[2].Path != "packs/acme/scenarios/acme-01.yaml" || f.Name != "ours" {
			t.Errorf("files %+v of %s", f.Files, f.Name)
		}
		set, err := rules.LoadWith(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Rules) != len(plain.Rules)+1 || len(set.Own) != 1 || set.Own[0] != (rules.Own{Pack: "acme", Title: "Acme", Folder: "ours", Rules: 1}) {
			t.Errorf("%d rules, own %+v", len(set.Rules), set.Own)
		}
		if set.Version == plain.Version {
			t.Errorf("the version %s does not cover them", set.Version)
		}
		versions[set.Version] = true
	}
	if len(versions) != 2 {
		t.Errorf("where a pack lies changes the version: %v", versions)
	}
}

// Faults of own packs name the file as the person gave it.
func TestOwnPacksFaults(t *testing.T) {
	open := func(dir string) error {
		f, err := rules.OpenFolder(dir)
		if err == nil {
			_, err = rules.LoadWith(f)
		}
		return err
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no pack", map[string]string{"a.yaml": "x"}, "it holds no pack"},
		{"another's pack", map[string]string{"core/pack.yaml": "id: core\ntitle: Mine\n"}, `core/pack.yaml:1: id "core" is already that of packs/core/pack.yaml`},
		{"another's rule", map[string]string{"pack.yaml": "id: acme\ntitle: T\n", "core-01.yaml": strings.ReplaceAll(ownRule, "ACME", "CORE")}, `core-01.yaml:1: id "CORE-01" is already that of packs/core/core-01.yaml`},
		{"twice", map[string]string{"a/pack.yaml": "id: a\ntitle: T\n", "a/acme-01.yaml": strings.ReplaceAll(ownRule, "pack: acme", "pack: a"), "b/pack.yaml": "id: b\ntitle: T\n", "b/acme-01.yaml": strings.ReplaceAll(ownRule, "pack: acme", "pack: b")},
			`b/acme-01.yaml:1: id "ACME-01" is already that of `},
		{"wrong folder", map[string]string{"a/pack.yaml": "id: b\ntitle: T\n"}, `a/pack.yaml:1: id "b" is not the file's folder`},
		{"unknown key", map[string]string{"pack.yaml": "id: acme\ntitle: T\n", "acme-01.yaml": ownRule + "sevrity: low\n"}, `acme-01.yaml:7: unknown key "sevrity"`},
		{"no id", map[string]string{"pack.yaml": "title: T\n"}, `pack.yaml:1: id`},
		{"days", map[string]string{"pack.yaml": "id: acme\ntitle: T\n", "acme-01.yaml": ownRule + "valid_from: 2026-02-01\nvalid_to: 2026-01-01\n"}, `acme-01.yaml:8: valid_to "2026-01-01" is before`},
	} {
		dir := tree(t, "ours", tt.files)
		if err := open(dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		} else if !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v does not name the folder", tt.name, err)
		}
	}
	if err := open(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a folder that is not there is no fault")
	}
	a, b := tree(t, "same", map[string]string{"pack.yaml": "id: a\ntitle: T\n"}), tree(t, "same", map[string]string{"pack.yaml": "id: b\ntitle: T\n"})
	var folders []*rules.Folder
	for _, dir := range []string{a, b} {
		f, err := rules.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, f)
	}
	if _, err := rules.LoadWith(folders...); err == nil || !strings.Contains(err.Error(), `two rules folders are called "same"`) {
		t.Errorf("%v", err)
	}
}

// What lies outside the folder is not read.
func TestOwnPacksStayInside(t *testing.T) {
	outside := tree(t, "outside", map[string]string{"secret.yaml": ownRule})
	dir := tree(t, "ours", map[string]string{"pack.yaml": "id: acme\ntitle: T\n"})
	if err := os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(dir, "acme-01.yaml")); err != nil {
		t.Fatal(err)
	}
	if f, err := rules.OpenFolder(dir); err == nil {
		t.Errorf("a link out of the folder was followed: %+v", f.Files)
	}
}
