package rules

import (
	"slices"
	"strings"
)

// Principle is a question that a report answers from flows, sentences and the
// outcomes of rules.
type Principle struct {
	ID       string   `yaml:"id"`
	Question string   `yaml:"question"`
	Ask      []string `yaml:"ask"`     // who in the organisation can answer: see Owners
	Seen     string   `yaml:"seen"`    // what is counted: see PrincipleViews
	Answers  []string `yaml:"answers"` // ids of questions asked of the texts
	Rules    []string `yaml:"rules"`   // whose outcomes say whether the two differ
	Packs    []string `yaml:"packs"`   // all rules of them
}

// PrincipleViews are what a principle can count.
var PrincipleViews = []string{"applicants", "changes", "choices", "items", "labels", "lifetimes", "places", "safeguards", "secondary", "sensitive", "uses"}

func (ld *loader) checkPrinciples(list *[]Principle) {
	seen := map[string]bool{}
	for i, p := range *list {
		switch {
		case !idForm.MatchString(p.ID):
			ld.fault(list, []any{i, "id"}, "id %q; expected lower-case letters, digits and single hyphens", p.ID)
		case seen[p.ID]:
			ld.fault(list, []any{i, "id"}, "%q is listed twice; expected each id once", p.ID)
		case !strings.HasSuffix(p.Question, "?"):
			ld.fault(list, []any{i}, "question %q; expected a question", p.Question)
		case !slices.Contains(PrincipleViews, p.Seen):
			ld.fault(list, []any{i, "seen"}, "%q is nothing that is counted; expected one of %s", p.Seen, strings.Join(PrincipleViews, ", "))
		case len(p.Ask) == 0:
			ld.fault(list, []any{i}, "ask is missing; expected who should be asked, of %s", strings.Join(Owners, ", "))
		case len(p.Rules)+len(p.Packs) == 0:
			ld.fault(list, []any{i}, "rules and packs are missing; expected whose outcomes answer it")
		}
		seen[p.ID] = true
		for j, who := range p.Ask {
			if !slices.Contains(Owners, who) {
				ld.fault(list, []any{i, "ask", j}, "%q; expected one of %s", who, strings.Join(Owners, ", "))
			}
		}
	}
}
