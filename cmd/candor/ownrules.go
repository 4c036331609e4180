package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor/analyzer/check"
	"candor/rules"
)

// keptRules is the folder of a report that holds a copy of the own packs.
const keptRules = "rules"

// rules loads the knowledge with packs of the organisation's own. What is wrong
// with them is told before anything else is done, with file and line.
func (c *Command) rules(dirs []string) (*rules.Set, []*rules.Folder, error) {
	if len(dirs) == 0 {
		set, err := c.Stages.Rules()
		if err != nil {
			return nil, nil, fmt.Errorf("load the embedded knowledge: %w", err)
		}
		return set, nil, nil
	}
	var folders []*rules.Folder
	var errs []error
	for _, dir := range dirs {
		f, err := rules.OpenFolder(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		folders = append(folders, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	set, err := rules.LoadWith(folders...)
	if err == nil {
		err = ownFaults(set, ownPacks(folders))
	}
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	return set, folders, nil
}

func ownPacks(folders []*rules.Folder) []string {
	var out []string
	for _, f := range folders {
		out = append(out, f.Packs...)
	}
	return out
}

// ownFaults are those of some packs that keep a rule from running; that a key is
// missing which only readers miss is for lint to say.
func ownFaults(set *rules.Set, packs []string) error {
	var errs []error
	for _, f := range check.Lint(set, packs...) {
		if !f.Missing {
			errs = append(errs, f)
		}
	}
	return errors.Join(errs...)
}

// keepRules puts a copy of the own packs into a report's folder, so that the
// evidence can be analysed again with them.
func keepRules(folders []*rules.Folder, dir string) error {
	for _, f := range folders {
		for _, x := range f.Files {
			file := filepath.Join(dir, keptRules, f.Name, filepath.FromSlash(x.Path))
			err := os.MkdirAll(filepath.Dir(file), 0o755)
			if err == nil {
				err = os.WriteFile(file, x.Data, 0o644)
			}
			if err != nil {
				return fmt.Errorf("keep the rules: %w", err)
			}
		}
	}
	return nil
}

// keptFolders finds the copies that a scan left: bundle is the report's folder or
// the evidence in it.
func keptFolders(bundle string) []string {
	if filepath.Base(filepath.Clean(bundle)) == "evidence" {
		bundle = filepath.Join(bundle, "..")
	}
	places, err := filepath.Glob(filepath.Join(escapeGlob(bundle), keptRules, "*", "packs"))
	if err != nil {
		return nil
	}
	var out []string
	for _, p := range places {
		out = append(out, filepath.Dir(p))
	}
	slices.Sort(out)
	return out
}

// escapeGlob makes a path stand for itself in a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
