package scenario

import (
	"fmt"
	"slices"
	"strings"

	"candor/rules"
)

// Missing lists what the scenarios of rules lack, each with the file where it
// belongs: a rule that names scenarios has them, no others, one that makes it
// fire, and a near miss that keeps it quiet. Rules that name none are not looked
// at.
func Missing(set *rules.Set, files []*File) []string {
	byRule := map[string]*File{}
	var out []string
	for _, f := range files {
		byRule[f.Rule] = f
		if r := ruleOf(set, f.Rule); r == nil || r.Pack != f.Pack {
			out = append(out, fmt.Sprintf("%s: no rule %s in the pack %s", f.Name, f.Rule, f.Pack))
		} else if len(r.Scenarios) == 0 {
			out = append(out, fmt.Sprintf("packs/%s/%s.yaml: scenarios is missing; %s has %s", r.Pack, strings.ToLower(r.ID), f.Name, strings.Join(f.names(), ", ")))
		}
	}
	for _, r := range set.Rules {
		if len(r.Scenarios) > 0 {
			out = append(out, missing(r, byRule[r.ID])...)
		}
	}
	return out
}

func ruleOf(set *rules.Set, id string) *rules.Rule {
	i := slices.IndexFunc(set.Rules, func(r *rules.Rule) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return set.Rules[i]
}

func (f *File) names() []string {
	var out []string
	for _, s := range f.List {
		out = append(out, s.Name)
	}
	return out
}

func missing(r *rules.Rule, f *File) (out []string) {
	rule := fmt.Sprintf("packs/%s/%s.yaml", r.Pack, strings.ToLower(r.ID))
	file := fmt.Sprintf("packs/%s/scenarios/%s.yaml", r.Pack, strings.ToLower(r.ID))
	if f == nil {
		return []string{file + ": the file is missing; " + rule + " names " + strings.Join(r.Scenarios, ", ")}
	}
	names := f.names()
	for _, n := range r.Scenarios {
		if !slices.Contains(names, n) {
			out = append(out, fmt.Sprintf("%s: scenario %q, which %s names, is missing%s", file, n, rule, rules.DidYouMean(n, names)))
		}
	}
	for _, s := range f.List {
		if !slices.Contains(r.Scenarios, s.Name) {
			out = append(out, fmt.Sprintf("%s:%d: %s does not name the scenario %q", file, s.Line, rule, s.Name))
		}
	}
	if !slices.ContainsFunc(f.List, (*Scenario).Fires) {
		out = append(out, file+": no scenario makes the rule fire (differs or needs-person)")
	}
	if !slices.ContainsFunc(f.List, (*Scenario).Quiet) {
		out = append(out, file+": no near miss keeps the rule quiet (matches, not-applicable, or findings: [])")
	}
	return out
}
