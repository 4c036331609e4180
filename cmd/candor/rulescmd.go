package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"candor/rules"
)

func (c *Command) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rules",
		GroupID: "setup",
		Short:   "List and check the rules and the knowledge of vendors",
		Example: `  candor rules list
  candor rules list vendors
  candor rules check rules`,
		Args: args(0, 0, "list or check"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.rulesListCommand(), c.rulesCheckCommand())
	return cmd
}

var ruleKinds = []string{"rules", "vendors", "companies", "terms", "consent"}

func (c *Command) rulesListCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:       "list [rules|vendors|companies|terms|consent]",
		Short:     "List what is loaded",
		Example:   "  candor rules list\n  candor rules list vendors --json",
		ValidArgs: ruleKinds,
		Args:      args(0, 1, "rules, vendors, companies, terms or consent"),
		RunE: func(_ *cobra.Command, a []string) error {
			kind := "rules"
			if len(a) > 0 {
				kind = a[0]
			}
			if !slices.Contains(ruleKinds, kind) {
				return usage("%q cannot be listed: expected %s", kind, strings.Join(ruleKinds, ", "))
			}
			set, err := c.Stages.Rules()
			if err != nil {
				return fmt.Errorf("load the embedded knowledge: %w", err)
			}
			head, rows := ruleRows(set, kind)
			if asJSON {
				return writeRowsJSON(c.Stdout, head, rows)
			}
			return writeTable(c.Stdout, head, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// ruleRows is one table, sorted by its first column.
func ruleRows(set *rules.Set, kind string) (head []string, rows [][]string) {
	switch kind {
	case "vendors":
		head = []string{"id", "name", "company", "categories"}
		for _, v := range set.Vendors {
			company := v.Company
			if k := set.CompanyOf(v); k != nil {
				company = k.Name
			}
			rows = append(rows, []string{v.ID, v.Name, company, strings.Join(v.Categories, ", ")})
		}
	case "companies":
		head = []string{"id", "name", "parent", "country"}
		for _, id := range slices.Sorted(maps.Keys(set.Companies)) {
			k := set.Companies[id]
			rows = append(rows, []string{k.ID, k.Name, k.Parent, k.Country})
		}
	case "terms":
		head = []string{"id", "name", "broader"}
		for _, d := range set.Terms.DataTypes {
			rows = append(rows, []string{d.ID, d.Name, strings.Join(d.Parents, ", ")})
		}
	case "consent":
		head = []string{"id", "name", "vendor", "refused in", "tested with"}
		for _, p := range set.Platforms {
			rows = append(rows, []string{p.ID, p.Name, p.Vendor, p.Rejection(), strings.Join(p.Tested, ", ")})
		}
	default:
		head = []string{"id", "pack", "severity", "title"}
		for _, r := range set.Rules {
			rows = append(rows, []string{r.ID, r.Pack, r.Severity, r.Title})
		}
	}
	return head, rows
}

func writeTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(head, "\t")))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	return t.Flush()
}

func writeRowsJSON(w io.Writer, head []string, rows [][]string) error {
	out := make([]map[string]string, 0, len(rows))
	for _, r := range rows {
		m := map[string]string{}
		for i, name := range head {
			m[name] = r[i]
		}
		out = append(out, m)
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (c *Command) rulesCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check the files of a folder laid out like rules/, or what is embedded",
		Long: `Check loads the YAML under DIR (companies, consent, trackers, terms, packs) and reports
every fault with its file and line and what was expected. Without DIR it checks
what is embedded.`,
		Example: `  candor rules check
  candor rules check ./rules`,
		Args: args(0, 1, "one DIR"),
		RunE: func(_ *cobra.Command, a []string) error {
			set, err := c.checkRules(a)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			fmt.Fprintf(c.Stdout, "%d rules, %d vendors, %d companies, %d data types, %d consent platforms: no faults (%s)\n",
				len(set.Rules), len(set.Vendors), len(set.Companies), len(set.Terms.DataTypes), len(set.Platforms), set.Version)
			return nil
		},
	}
}

func (c *Command) checkRules(a []string) (*rules.Set, error) {
	if len(a) == 0 {
		return c.Stages.Rules()
	}
	info, err := os.Stat(a[0])
	if err == nil && !info.IsDir() {
		err = errors.New(a[0] + " is not a folder; expected one laid out like rules/")
	}
	if err != nil {
		return nil, err
	}
	return rules.LoadFS(os.DirFS(a[0]))
}
