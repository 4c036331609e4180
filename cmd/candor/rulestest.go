package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"candor/analyzer/scenario"
	"candor/reports/plain"
	"candor/rules"
)

func (c *Command) rulesTestCommand() *cobra.Command {
	o := &options{}
	verbose := false
	cmd := &cobra.Command{
		Use:   "test [DIR|ID|PACK…]",
		Short: "Play the scenarios of rules and compare what comes of them",
		Long: `Test plays the scenarios of rules: small sites in a few lines of YAML, written as
evidence and analysed whole, without a browser or a network. It prints what comes
out other than expected, and the exit code is 1. DIR is a folder of packs of your
own; ID is a rule, PACK all rules of a pack; without any of them every scenario
is played. rules/packs/README.md describes how scenarios are written.`,
		Example: `  candor rules test
  candor rules test our-rules --verbose
  candor rules test CCPA-02 EPRIV-01`,
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.testRules(cmd.Context(), o, a, verbose)
		},
	}
	cmd.Flags().BoolVar(&verbose, "verbose", false, "a line for each scenario")
	o.rulesFlag(cmd.Flags())
	o.commonFlags(cmd.Flags())
	return cmd
}

func (c *Command) testRules(ctx context.Context, o *options, a []string, verbose bool) error {
	var names []string
	packs := map[string]bool{}
	for _, arg := range a {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			f, err := rules.OpenFolder(arg)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			for _, p := range f.Packs {
				packs[p] = true
			}
			if !slices.ContainsFunc(o.rules, func(other string) bool { return sameFolder(arg, other) }) {
				o.rules = append(o.rules, arg)
			}
			continue
		}
		names = append(names, arg)
	}
	set, folders, err := c.rules(o.rules)
	if err != nil {
		return err
	}
	picked := map[string]bool{}
	for _, n := range names {
		if set.Packs[n] != nil {
			packs[n] = true
			continue
		}
		r, err := ruleNamed(set, n)
		if err != nil {
			return err
		}
		picked[r.ID] = true
	}
	files, err := scenariosOf(folders)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	wants := func(r *rules.Rule) bool { return len(a) == 0 || picked[r.ID] || packs[r.Pack] }
	return c.play(ctx, set, files, wants, verbose)
}

func sameFolder(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// play plays the scenarios of the rules that are wanted.
func (c *Command) play(ctx context.Context, set *rules.Set, files []*scenario.File, wants func(*rules.Rule) bool, verbose bool) error {
	played, failed, of := 0, 0, 0
	for _, r := range set.Rules {
		if !wants(r) {
			continue
		}
		i := slices.IndexFunc(files, func(f *scenario.File) bool { return f.Rule == r.ID && f.Pack == r.Pack })
		if i < 0 {
			continue
		}
		of++
		for _, s := range files[i].List {
			if ctx.Err() != nil {
				return &exitError{exitIncomplete, context.Cause(ctx)}
			}
			res, err := s.Run(ctx, set, r.ID)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", s.File, s.Line, err)
			}
			played++
			switch {
			case len(res.Differences) > 0:
				failed++
				fmt.Fprintf(c.Stdout, "differs  %s %s: %s\n         %s:%d\n", r.ID, s.Name, plain.Visible(s.Story), s.File, s.Line)
				for _, d := range res.Differences {
					fmt.Fprintf(c.Stdout, "         %s\n", plain.Visible(d))
				}
			case verbose:
				fmt.Fprintf(c.Stdout, "as told  %s %s: %s → %s\n", r.ID, s.Name, plain.Visible(s.Story), s.Outcome)
			}
		}
	}
	missing := scenario.Missing(only(set, wants), filesOf(files, set, wants))
	for _, m := range missing {
		fmt.Fprintf(c.Stdout, "missing  %s\n", m)
	}
	fmt.Fprintf(c.Stdout, "%s of %s: %d came out as told, %d otherwise", count(played, "scenario", "scenarios"), count(of, "rule", "rules"), played-failed, failed)
	if len(missing) > 0 {
		fmt.Fprintf(c.Stdout, "; %s missing", count(len(missing), "thing is", "things are"))
	}
	fmt.Fprintln(c.Stdout)
	if failed+len(missing) > 0 {
		return &exitError{code: exitFindings}
	}
	if played == 0 {
		return &exitError{exitUsage, errors.New("there is no scenario to play: expected scenarios/ID.yaml beside the rules")}
	}
	return nil
}

// only is a set of the wanted rules.
func only(set *rules.Set, wants func(*rules.Rule) bool) *rules.Set {
	out := &rules.Set{}
	for _, r := range set.Rules {
		if wants(r) {
			out.Rules = append(out.Rules, r)
		}
	}
	return out
}

// filesOf are the scenario files of wanted rules, and those of their packs that
// belong to no rule.
func filesOf(files []*scenario.File, set *rules.Set, wants func(*rules.Rule) bool) []*scenario.File {
	var out []*scenario.File
	for _, f := range files {
		i := slices.IndexFunc(set.Rules, func(r *rules.Rule) bool { return r.ID == f.Rule })
		if i >= 0 && wants(set.Rules[i]) || i < 0 && wants(&rules.Rule{ID: f.Rule, Pack: f.Pack}) {
			out = append(out, f)
		}
	}
	return out
}
