package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AppliesIf says to whom a pack or a rule speaks. What is empty asks nothing.
type AppliesIf struct {
	Regions []string `yaml:"regions"` // one of them is among the profile's
	Facts   []string `yaml:"facts"`   // the profile answers each with yes: ids of terms/profile_facts.yaml
}

// Fact is a question that an organisation answers once, with yes or no.
type Fact struct {
	ID       string `yaml:"id"`
	Question string `yaml:"question"`
}

// Answers are what an organisation's profile says of where and to whom it
// speaks. What is missing is not answered; nothing is guessed.
type Answers struct {
	Regions []string // "us", "us-ca", "eu", …
	Laws    []string // ids of the packs that apply; when there are any they decide, and regions do not
	Facts   map[string]bool
}

// Applies reports whether a rule applies to an organisation on a day, and if not
// why, as a sentence.
func (s *Set) Applies(r *Rule, a Answers, at time.Time) (ok bool, why string) {
	day := at.UTC().Format(time.DateOnly)
	switch {
	case at.IsZero():
	case r.ValidFrom != "" && day < r.ValidFrom:
		return false, fmt.Sprintf("It holds from %s, and the scan was on %s.", r.ValidFrom, day)
	case r.ValidTo != "" && day > r.ValidTo:
		return false, fmt.Sprintf("It held until %s, and the scan was on %s.", r.ValidTo, day)
	}
	if p := s.Packs[r.Pack]; p != nil {
		if len(p.AppliesIf.Regions) > 0 {
			if ok, why := a.law(r.Pack, p.AppliesIf.Regions); !ok {
				return false, why
			}
		}
		if ok, why := s.facts(p.AppliesIf.Facts, a); !ok {
			return false, why
		}
	}
	if regions := r.AppliesIf.Regions; len(regions) > 0 && !a.among(regions) {
		if len(a.Regions) == 0 {
			return false, "Profile not answered: regions."
		}
		return false, "The profile names no region in which this applies."
	}
	return s.facts(r.AppliesIf.Facts, a)
}

// law decides by the laws that the profile names; without any, by its regions.
func (a Answers) law(pack string, regions []string) (ok bool, why string) {
	switch {
	case slices.Contains(a.Laws, pack):
		return true, ""
	case len(a.Laws) > 0:
		return false, fmt.Sprintf("The profile does not name %s among the laws that apply.", pack)
	case len(a.Regions) == 0:
		return false, "Profile not answered: regions, or laws that apply."
	case !a.among(regions):
		return false, "The profile names no region in which this applies."
	}
	return true, ""
}

func (a Answers) among(regions []string) bool {
	return slices.ContainsFunc(a.Regions, func(r string) bool { return slices.Contains(regions, strings.ToLower(r)) })
}

func (s *Set) facts(ids []string, a Answers) (ok bool, why string) {
	for _, id := range ids {
		yes, answered := a.Facts[id]
		question := s.Terms.Question(id)
		switch {
		case !answered:
			return false, "Profile not answered: " + question
		case !yes:
			return false, "The profile answers no: " + question
		}
	}
	return true, ""
}

// Question is what a fact asks, or its id where it is not known.
func (t *Terms) Question(id string) string {
	for _, f := range t.Facts {
		if f.ID == id {
			return f.Question
		}
	}
	return id
}
