package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"candor/analyzer"
	"candor/rules"
)

func (c *Command) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rules",
		GroupID: "setup",
		Short:   "List, explain, test and check the rules and the knowledge of vendors",
		Long: `Rules says what is compared and why: which rules there are and which of them
apply to you, what one of them does, and whether they do what their scenarios
say. Packs of your own are added with --rules DIR, here and wherever evidence is
analysed; 'candor rules lint DIR' finds what is wrong with them.`,
		Example: `  candor rules list --profile profile.yaml
  candor rules explain CORE-01
  candor rules test --rules our-rules
  candor rules lint our-rules`,
		Args: args(0, 0, "list, explain, test or lint"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.rulesListCommand(), c.rulesExplainCommand(), c.rulesTestCommand(), c.rulesLintCommand())
	return cmd
}

var ruleKinds = []string{"rules", "vendors", "companies", "terms", "consent"}

func (c *Command) rulesListCommand() *cobra.Command {
	o := &options{}
	asJSON, pack := false, ""
	cmd := &cobra.Command{
		Use:   "list [rules|vendors|companies|terms|consent]",
		Short: "List what is loaded, and which rules apply to you",
		Long: `List shows the rules, or the vendors, companies, terms or consent platforms that
are known. Of each rule it says whether it applies to the organisation of
--profile on this day, and if not why.`,
		Example:   "  candor rules list --profile profile.yaml --pack ca-ccpa\n  candor rules list vendors --json",
		ValidArgs: ruleKinds,
		Args:      args(0, 1, "rules, vendors, companies, terms or consent"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			kind := "rules"
			if len(a) > 0 {
				kind = a[0]
			}
			if !slices.Contains(ruleKinds, kind) {
				return usage("%q cannot be listed: expected %s", kind, strings.Join(ruleKinds, ", "))
			}
			set, _, err := c.rules(o.rules)
			if err != nil {
				return err
			}
			p, err := readProfile(o.profile)
			if err != nil {
				return err
			}
			if err := profileIDs(o.profile, set); err != nil {
				return err
			}
			if pack != "" && set.Packs[pack] == nil {
				return usage("there is no pack %q%s", pack, rules.DidYouMean(pack, slices.Collect(maps.Keys(set.Packs))))
			}
			head, rows := tableOf(set, kind, pack, p, c.Now())
			if asJSON {
				return writeRowsJSON(c.Stdout, head, rows)
			}
			return writeTable(c.Stdout, head, rows)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&pack, "pack", "", "only the rules of a `PACK`, such as ca-ccpa")
	fs.StringVar(&o.profile, "profile", "", "`FILE` with what the organisation answered")
	fs.BoolVar(&asJSON, "json", false, "as JSON")
	o.rulesFlag(fs)
	o.commonFlags(fs)
	return cmd
}

func tableOf(set *rules.Set, kind, pack string, p analyzer.Profile, at time.Time) (head []string, rows [][]string) {
	if kind != "rules" {
		return knowledgeRows(set, kind)
	}
	head = []string{"id", "pack", "severity", "applies", "title", "why"}
	answers := rules.Answers{Regions: p.Regions, Laws: p.Laws, Facts: p.Facts}
	for _, r := range set.Rules {
		if pack != "" && r.Pack != pack {
			continue
		}
		applies := "yes"
		ok, why := set.Applies(r, answers, at)
		if !ok {
			applies = "no"
		}
		rows = append(rows, []string{r.ID, r.Pack, r.Severity, applies, r.Title, why})
	}
	return head, rows
}

// knowledgeRows is one table, sorted by its first column.
func knowledgeRows(set *rules.Set, kind string) (head []string, rows [][]string) {
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
	}
	return head, rows
}

func writeTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(head, "\t")))
	for _, r := range rows {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(r, "\t"), "\t"))
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
