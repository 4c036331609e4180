package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/format"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The walls of the house, as README and the design describe them.

const repo = "../.."

// listed is what go list says of a package.
type listed struct {
	ImportPath, Doc string
	Standard        bool
	Imports, Deps   []string
	Module          *struct {
		Path, Dir string
		Main      bool
	}
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = repo
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, &stderr)
	}
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// walls say what the packages below a path may depend on, of the house's own.
var walls = []struct {
	below string
	may   []string
}{
	{"candor/crawler/evidence", []string{"candor/crawler/evidence"}},
	{"candor/crawler", []string{"candor/crawler"}},
	{"candor/rules", []string{"candor/rules"}},
	{"candor/analyzer", []string{"candor/analyzer", "candor/rules", "candor/crawler/evidence"}},
	{"candor/reports", []string{"candor/reports", "candor/analyzer", "candor/rules", "candor/crawler/evidence"}},
	{"candor/cmd", []string{"candor"}},
}

func below(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func belowAny(p string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return below(p, d) })
}

// faultsOf lists the dependencies of p that the walls forbid.
func faultsOf(p listed) []string {
	for _, w := range walls {
		if !below(p.ImportPath, w.below) {
			continue
		}
		var faults []string
		for _, d := range p.Deps {
			if below(d, "candor") && !belowAny(d, w.may) {
				faults = append(faults, p.ImportPath+" depends on "+d)
			}
		}
		return faults
	}
	return []string{p.ImportPath + " is in none of the house's folders"}
}

func TestImportDirections(t *testing.T) {
	pkgs := goList(t, "./...")
	if len(pkgs) < 8 {
		t.Fatalf("go list found %d packages only", len(pkgs))
	}
	for _, p := range pkgs {
		for _, f := range faultsOf(p) {
			t.Error(f)
		}
		for _, d := range p.Imports {
			if below(d, "candor/crawler/webtest") && !below(p.ImportPath, "candor/crawler/webtest") && !below(p.ImportPath, "candor/cmd") {
				t.Errorf("%s imports %s, which is for tests and cmd", p.ImportPath, d)
			}
			if below(d, "candor/cmd") {
				t.Errorf("%s imports %s", p.ImportPath, d)
			}
		}
	}
}

// TestWallsStand proves that the check sees a hole.
func TestWallsStand(t *testing.T) {
	for _, p := range []listed{
		{ImportPath: "candor/crawler/browser", Deps: []string{"fmt", "candor/rules"}},
		{ImportPath: "candor/crawler/evidence", Deps: []string{"candor/crawler"}},
		{ImportPath: "candor/rules", Deps: []string{"candor/crawler/evidence"}},
		{ImportPath: "candor/analyzer/flow", Deps: []string{"candor/crawler/frontier"}},
		{ImportPath: "candor/analyzer/check", Deps: []string{"candor/reports"}},
		{ImportPath: "candor/reports/html", Deps: []string{"candor/crawler"}},
		{ImportPath: "candor/util"},
	} {
		if len(faultsOf(p)) != 1 {
			t.Errorf("%s with %v: %v, want one fault", p.ImportPath, p.Deps, faultsOf(p))
		}
	}
}

func TestEvidenceDependsOnTheStandardLibraryOnly(t *testing.T) {
	for _, p := range goList(t, "-deps", "./crawler/evidence") {
		if p.Standard || p.ImportPath == "candor/crawler/evidence" || p.ImportPath == "golang.org/x/net/publicsuffix" {
			continue
		}
		t.Errorf("crawler/evidence depends on %s", p.ImportPath)
	}
}

func TestTopLevel(t *testing.T) {
	allowed := strings.Fields("cmd crawler analyzer rules reports testdata .ci .github .gitignore go.mod go.sum README.md CONTRIBUTING.md LICENSE NOTICE Makefile " +
		".git bin coverage.out")
	entries, err := os.ReadDir(repo)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) && !strings.HasPrefix(e.Name(), "candor-report-") {
			t.Errorf("%s is at the top level; allowed are %v", e.Name(), allowed)
		}
	}
}

var openEnd = regexp.MustCompile(`(?m)//.*\b(TODO|FIXME|XXX)\b`)

func TestFiles(t *testing.T) {
	vague := []string{"util", "utils", "common", "models", "helpers", "misc", "shared", "lib"}
	err := filepath.WalkDir(repo, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "testdata", "bin"}, d.Name()) {
				return fs.SkipDir
			}
			if slices.Contains(vague, d.Name()) {
				t.Errorf("%s: a package is named for its responsibility", name)
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		src, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if out, err := format.Source(src); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(out, src) {
			t.Errorf("%s: not formatted by gofmt", name)
		}
		if m := openEnd.Find(src); m != nil && !strings.HasSuffix(name, "house_test.go") {
			t.Errorf("%s: %s: finish it or write an issue", name, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// licences that dependencies may have, each by words that only its text has.
// The order matters: the Mozilla licence mentions the GNU ones.
var licences = []struct{ name, words string }{
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"", "GNU GENERAL PUBLIC LICENSE"},
	{"", "GNU AFFERO GENERAL PUBLIC LICENSE"},
	{"", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"", "NonCommercial"},
	{"", "Non-Commercial"},
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"ISC", "Permission to use, copy, modify, and distribute this software"},
	{"public domain", "SQLite Is Public Domain"},
	{"a picture's, which is not built in", "https://commons.wikimedia.org/wiki/File:Memory_infra_logo.png"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
}

// licenceOf names the licence of a text; "" is one that is not allowed or not
// known.
func licenceOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range licences {
		if strings.Contains(text, l.words) || strings.Contains(strings.ReplaceAll(text, ",", ""), l.words) {
			return l.name
		}
	}
	return ""
}

func TestLicenceOf(t *testing.T) {
	for text, want := range map[string]string{
		"                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007": "",
		"Mozilla Public License Version 2.0\n … the GNU GENERAL PUBLIC LICENSE …":                        "MPL-2.0",
		"Apache License\n   Version 2.0, January 2004":                                                   "Apache-2.0",
		"Creative Commons Attribution-NonCommercial-ShareAlike 4.0":                                      "",
		"All rights reserved.": "",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("licenceOf(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLicencesOfDependencies(t *testing.T) {
	dirs := map[string]string{}
	for _, p := range goList(t, "-deps", "-test", "./...", "tool") {
		if p.Module != nil && !p.Module.Main {
			dirs[p.Module.Path] = p.Module.Dir
		}
	}
	if len(dirs) < 10 {
		t.Fatalf("go list found %d modules only", len(dirs))
	}
	for module, dir := range dirs {
		if dir == "" {
			t.Errorf("%s: not in the module cache", module)
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Errorf("%s: %v", module, err)
			continue
		}
		found := 0
		for _, e := range entries {
			name := strings.ToUpper(e.Name())
			if e.IsDir() || !(strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING")) {
				continue
			}
			found++
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Errorf("%s: %v", module, err)
			} else if licenceOf(string(text)) == "" {
				t.Errorf("%s: the licence in %s is not one of those that the project takes", module, e.Name())
			}
		}
		if found == 0 {
			t.Errorf("%s: no licence file", module)
		}
	}
}
