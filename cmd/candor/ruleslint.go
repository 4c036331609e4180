package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"candor/analyzer/check"
	"candor/analyzer/scenario"
	"candor/rules"
)

func (c *Command) rulesLintCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "lint [DIR]",
		Aliases: []string{"check"},
		Short:   "Find what is wrong in a folder of packs, in one laid out like rules/, or in what is embedded",
		Long: `Lint reads the YAML under DIR and reports every fault with its file and line and
what was expected: unknown keys, checks, parameters and data types, a select that
does not hold, a template that names what is not there, missing scenarios, words
that no report says. DIR is a folder of packs of your own, or one laid out like
rules/ (companies, consent, trackers, terms, packs). Without DIR it looks at what
is embedded, and at the packs of --rules or candor.yaml.`,
		Example: `  candor rules lint
  candor rules lint our-rules
  candor rules lint ./rules`,
		Args: args(0, 1, "one DIR"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if len(a) == 0 { // a folder that is named is looked at by itself
				if err := c.configure(cmd, o); err != nil {
					return err
				}
			}
			set, err := c.lint(o.rules, a)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			fmt.Fprintf(c.Stdout, "%d rules, %d vendors, %d companies, %d data types, %d consent platforms: no faults (%s)\n",
				len(set.Rules), len(set.Vendors), len(set.Companies), len(set.Terms.DataTypes), len(set.Platforms), set.Version)
			return nil
		},
	}
	o.rulesFlag(cmd.Flags())
	o.commonFlags(cmd.Flags())
	return cmd
}

// lint joins every fault found.
func (c *Command) lint(dirs, a []string) (*rules.Set, error) {
	if len(a) == 1 && knowledgeFolder(a[0]) {
		fsys := os.DirFS(a[0])
		set, err := rules.LoadFS(fsys)
		if err != nil {
			return nil, err
		}
		files, err := scenario.Load(fsys)
		return set, errors.Join(err, lintFaults(set, files))
	}
	if len(a) == 1 {
		dirs = []string{a[0]}
	}
	var folders []*rules.Folder
	for _, dir := range dirs {
		f, err := rules.OpenFolder(dir)
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	set, err := rules.LoadWith(folders...)
	if err != nil {
		return nil, err
	}
	if len(a) == 0 {
		files, err := scenariosOf(folders)
		return set, errors.Join(err, lintFaults(set, files))
	}
	files, err := scenario.LoadFolder(folders[0])
	return set, errors.Join(err, lintFaults(set, files, folders[0].Packs...))
}

// lintFaults are those of the rules of some packs, or of all, with the keys and
// scenarios that are missing.
func lintFaults(set *rules.Set, files []*scenario.File, packs ...string) error {
	var errs []error
	for _, f := range check.Lint(set, packs...) {
		errs = append(errs, f)
	}
	of := only(set, func(r *rules.Rule) bool { return len(packs) == 0 || slices.Contains(packs, r.Pack) })
	for _, m := range scenario.Missing(of, files) {
		errs = append(errs, errors.New(m))
	}
	return errors.Join(errs...)
}

// knowledgeFolder reports whether a folder is laid out like rules/, and not one
// of packs alone. What is no folder is one too, so that its reader says so.
func knowledgeFolder(dir string) bool {
	for _, part := range []string{"companies", "trackers", "terms", "consent"} {
		if info, err := os.Stat(filepath.Join(dir, part)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}
