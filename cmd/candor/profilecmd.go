package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"candor/rules"
)

func (c *Command) profileCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "profile",
		GroupID: "setup",
		Short:   "Print the questions that an organisation answers once, as a file to fill in",
		Long: `Profile prints a profile with every question: name, own domains, regions, laws,
facts and processors. Nothing in it is guessed, and a rule whose question is not
answered does not run. Fill it in and give it with --profile FILE, or as profile
in candor.yaml.`,
		Example: `  candor profile > profile.yaml
  candor profile check profile.yaml`,
		Args: args(0, 0, "nothing, or check FILE"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			set, _, err := c.rules(o.rules)
			if err != nil {
				return err
			}
			return writeProfile(c.Stdout, set)
		},
	}
	o.rulesFlag(cmd.Flags())
	o.commonFlags(cmd.Flags())
	check := &cobra.Command{
		Use:     "check FILE",
		Short:   "Find what is wrong in a profile, and say which rules it leaves silent",
		Example: "  candor profile check profile.yaml",
		Args:    args(1, 1, "one FILE"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			set, _, err := c.rules(o.rules)
			if err != nil {
				return err
			}
			return c.checkProfile(a[0], set)
		},
	}
	o.rulesFlag(check.Flags())
	o.commonFlags(check.Flags())
	cmd.AddCommand(check)
	return cmd
}

// writeProfile writes a profile in which nothing is answered yet.
func writeProfile(w io.Writer, set *rules.Set) error {
	var b strings.Builder
	b.WriteString(`# What your organisation answers once. Nothing in it is guessed: a rule whose
# question is not answered does not run, and the report says so. Take the # from
# the lines that you answer, and leave the others.

# The organisation, as its notices name it.
# name: Example Ltd

# Other domains of yours, which count as the site itself.
# own_domains: [example-cdn.com]

# Where your visitors are: us, us-ca, us-tx, eu, uk, canada, brazil, …
# regions: [eu, us-ca]

# The laws that apply to you. When you name any, only they are asked; without
# any, the regions decide.
# laws:
`)
	for _, id := range slices.Sorted(maps.Keys(set.Packs)) {
		p := set.Packs[id]
		if len(p.AppliesIf.Regions) == 0 {
			continue
		}
		n := 0
		for _, r := range set.Rules {
			if r.Pack == id {
				n++
			}
		}
		fmt.Fprintf(&b, "#   - %-14s # %s; %s, in %s\n", id, p.Title, count(n, "rule", "rules"), strings.Join(p.AppliesIf.Regions, ", "))
	}
	b.WriteString("\n# Questions for yes (true) or no (false), each with the rules that stay silent\n# without an answer.\n# facts:\n")
	for _, f := range set.Terms.Facts {
		silent := "no rule asks this yet"
		if ids := askedBy(set, f.ID); len(ids) > 0 {
			silent = strings.Join(ids, ", ")
		}
		fmt.Fprintf(&b, "#   # %s\n#   # (%s)\n#   %s: false\n", f.Question, silent, f.ID)
	}
	b.WriteString(`
# Who works for you, by vendor id ('candor rules list vendors') or domain, as a
# processor, service_provider or joint_controller.
# processors:
#   - {vendor: stripe, role: processor}
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// askedBy are the rules, or whole packs, that need an answer to a question.
func askedBy(set *rules.Set, fact string) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(set.Packs)) {
		if slices.Contains(set.Packs[id].AppliesIf.Facts, fact) {
			out = append(out, "the pack "+id)
		}
	}
	for _, r := range set.Rules {
		if slices.Contains(r.AppliesIf.Facts, fact) {
			out = append(out, r.ID)
		}
	}
	return out
}

// checkProfile says what is wrong in a profile, or which rules do not run with it.
func (c *Command) checkProfile(file string, set *rules.Set) error {
	p, err := readProfile(file)
	if err != nil {
		return err
	}
	if err := profileIDs(file, set); err != nil {
		return err
	}
	runs, open := 0, map[string][]string{}
	answers := rules.Answers{Regions: p.Regions, Laws: p.Laws, Facts: p.Facts}
	for _, r := range set.Rules {
		ok, why := set.Applies(r, answers, c.Now())
		switch question, unanswered := strings.CutPrefix(why, notAnswered); {
		case ok:
			runs++
		case unanswered:
			open[question] = append(open[question], r.ID)
		}
	}
	fmt.Fprintf(c.Stdout, "%s: no faults; %d of %s are asked\n", file, runs, count(len(set.Rules), "rule", "rules"))
	for _, q := range slices.Sorted(maps.Keys(open)) {
		fmt.Fprintf(c.Stdout, "not answered: %s (%s: %s)\n", q, count(len(open[q]), "rule", "rules"), strings.Join(open[q], ", "))
	}
	return nil
}

// notAnswered begins the reason of a rule whose question has no answer.
const notAnswered = "Profile not answered: "

// profileIDs finds laws that are no packs, and facts that nothing asks, each with
// its line and the nearest id.
func profileIDs(file string, set *rules.Set) error {
	if file == "" {
		return nil
	}
	data, err := readBounded(file)
	if err != nil {
		return err
	}
	return textIDs(file, data, set)
}

func textIDs(file string, data []byte, set *rules.Set) error {
	root, err := parseYAML(file, data)
	if err != nil || root == nil {
		return err
	}
	packs := slices.Collect(maps.Keys(set.Packs))
	var facts []string
	for _, f := range set.Terms.Facts {
		facts = append(facts, f.ID)
	}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch key, value := root.Content[i].Value, root.Content[i+1]; {
		case key == "laws" && value.Kind == yaml.SequenceNode:
			for _, law := range value.Content {
				if !slices.Contains(packs, law.Value) {
					errs = append(errs, fmt.Errorf("%s:%d: laws: unknown pack %q%s", file, law.Line, law.Value, rules.DidYouMean(law.Value, packs)))
				}
			}
		case key == "facts" && value.Kind == yaml.MappingNode:
			for j := 0; j+1 < len(value.Content); j += 2 {
				if id := value.Content[j]; !slices.Contains(facts, id.Value) {
					errs = append(errs, fmt.Errorf("%s:%d: facts: unknown question %q%s", file, id.Line, id.Value, rules.DidYouMean(id.Value, facts)))
				}
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}
