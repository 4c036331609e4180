package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"candor/analyzer/check"
	"candor/analyzer/scenario"
	"candor/rules"
)

func (c *Command) rulesExplainCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a rule compares, on what basis, and how to silence it",
		Long: `Explain shows one rule: what it compares and with which parameters, to whom it
applies, what it needs, the texts behind it with how far they were verified, and
its scenarios as stories, those that make it fire and those that keep it quiet.`,
		Example: "  candor rules explain CORE-01\n  candor rules explain ACME-01 --rules our-rules",
		Args:    args(1, 1, "one ID of a rule, such as CORE-01"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			set, folders, err := c.rules(o.rules)
			if err != nil {
				return err
			}
			r, err := ruleNamed(set, a[0])
			if err != nil {
				return err
			}
			files, err := scenariosOf(folders)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			return explain(c.Stdout, set, r, files)
		},
	}
	o.rulesFlag(cmd.Flags())
	o.commonFlags(cmd.Flags())
	return cmd
}

// ruleNamed finds a rule by its id in any case.
func ruleNamed(set *rules.Set, id string) (*rules.Rule, error) {
	var ids []string
	for _, r := range set.Rules {
		if strings.EqualFold(r.ID, id) {
			return r, nil
		}
		ids = append(ids, r.ID)
	}
	hint := "; 'candor rules list' shows them"
	if near := rules.Nearest(id, ids); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return nil, usage("there is no rule %q%s", id, hint)
}

// scenariosOf are those of the embedded rules and of own packs.
func scenariosOf(folders []*rules.Folder) ([]*scenario.File, error) {
	files, err := scenario.Load(rules.Files())
	for _, f := range folders {
		if err != nil {
			break
		}
		var more []*scenario.File
		more, err = scenario.LoadFolder(f)
		files = append(files, more...)
	}
	return files, err
}

// statuses say how far the text behind a rule was verified.
var statuses = map[string]string{
	"text_seen": "the text was read", "paragraph_unverified": "the text was read, the paragraph's number was not checked", "unverified": "not verified",
}

// explained is what the template of an explanation sees.
type explained struct {
	Rule    *rules.Rule
	Pack    *rules.Pack
	Own     string // name of the folder of own packs
	Looks   string // at what the comparison looks
	Takes   []string
	Params  string
	Caps    []string
	Regions []string
	Facts   []string
	Stories []*scenario.Scenario
	Names   []string // that a select knows
}

var explanation = template.Must(template.New("explain").Funcs(template.FuncMap{
	"wrap": wrap, "join": func(s []string) string { return strings.Join(s, ", ") }, "status": func(s string) string { return statuses[s] },
	"trim": strings.TrimSpace, "told": told,
}).Parse(`{{.Rule.ID}}  {{.Rule.Title}}
{{with .Pack}}
Pack         {{.ID}}: {{.Title}}{{end}}{{with .Own}} (own, of {{.}}){{end}}
Severity     {{.Rule.Severity}}{{range .Caps}}, {{.}}{{end}}
{{- with .Rule.Owner}}
Ask          {{.}}{{end}}
Applies to   {{with .Regions}}organisations in one of {{join .}}{{else}}every organisation{{end}}{{range .Facts}}
             where the profile says yes to: {{.}}{{end}}
{{- if or .Rule.ValidFrom .Rule.ValidTo}}
In force    {{with .Rule.ValidFrom}} from {{.}}{{end}}{{with .Rule.ValidTo}} until {{.}}{{end}}{{end}}
{{- with .Rule.Needs}}
Needs        {{join .}}; without it, it is not tested{{end}}

Why
{{wrap .Rule.Why}}
{{with .Rule.Remediation}}
What to do
{{wrap .}}
{{end}}{{with .Rule.SuggestedText}}
Suggested text
{{wrap .}}
{{end}}
How it looks
  {{.Rule.Check}}{{with .Looks}}, over each {{.}}{{end}}
{{- range .Takes}}
  {{.}}{{end}}
{{- with .Rule.Select}}
  only where: {{trim .}}{{else}}{{with .Names}}
  a select can name: {{join .}}{{end}}{{end}}

Basis
{{- range .Rule.Basis}}
  {{.Text}} ({{status .Status}}, {{.Date}}){{else}}
  none is given{{end}}

Scenarios
{{- range .Stories}}
  {{told .}}{{else}}
  none{{end}}

To silence it
  one finding   an entry with its fingerprint in candor.exceptions.yaml, with reason, owner and the day it expires
  the rule      an entry with rule: {{.Rule.ID}} there, or a profile to which it does not apply
`))

func explain(w io.Writer, set *rules.Set, r *rules.Rule, files []*scenario.File) error {
	e := explained{Rule: r, Pack: set.Packs[r.Pack]}
	for _, o := range set.Own {
		if o.Pack == r.Pack {
			e.Own = o.Folder
		}
	}
	subject, takes, _ := check.Describe(r.Check)
	e.Looks, e.Names = subject, check.SelectNames(subject)
	for _, name := range slices.Sorted(maps.Keys(takes)) {
		if v, ok := r.Params[name]; ok {
			e.Takes = append(e.Takes, fmt.Sprintf("%s: %s", name, flat(v)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Caps)) {
		e.Caps = append(e.Caps, fmt.Sprintf("at most %s when %s", r.Caps[name], name))
	}
	e.Regions = r.AppliesIf.Regions
	facts := slices.Clone(r.AppliesIf.Facts)
	if p := e.Pack; p != nil {
		if len(e.Regions) == 0 {
			e.Regions = p.AppliesIf.Regions
		}
		facts = append(slices.Clone(p.AppliesIf.Facts), facts...)
	}
	for _, id := range facts {
		e.Facts = append(e.Facts, set.Terms.Question(id))
	}
	for _, f := range files {
		if f.Rule == r.ID {
			e.Stories = f.List
		}
	}
	return explanation.Execute(w, e)
}

// told is a scenario as a story: what happens, and what comes of it.
func told(s *scenario.Scenario) string {
	how := "quiet  "
	if s.Fires() {
		how = "fires  "
	}
	out := fmt.Sprintf("%s%s: %s → %s", how, s.Name, s.Story, s.Outcome)
	if len(s.Findings) > 0 {
		out += " (" + strings.Join(s.Findings, "; ") + ")"
	}
	return out
}

// flat writes a value of YAML in one line.
func flat(v any) string {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	n.Style = yaml.FlowStyle
	data, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.Join(strings.Fields(string(data)), " ")
}

// wrap breaks a text into indented lines of at most 100 characters.
func wrap(text string) string {
	var b strings.Builder
	width := 0
	for _, w := range strings.Fields(text) {
		if width > 0 && width+1+len([]rune(w)) > 98 {
			b.WriteString("\n")
			width = 0
		}
		if width == 0 {
			b.WriteString("  ")
		} else {
			b.WriteString(" ")
		}
		b.WriteString(w)
		width += 1 + len([]rune(w))
	}
	return b.String()
}
