package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/crawler/evidence"

	"candor/analyzer/flow"
)

// fold makes one finding of those of a rule that are about the same, by their
// fingerprint: the most severe one speaks, the lists hold what all of them do.
func fold(findings []Finding) []Finding {
	var out []Finding
	at := map[string]int{}
	for _, f := range findings {
		i, ok := at[f.Fingerprint]
		if !ok {
			at[f.Fingerprint] = len(out)
			out = append(out, f)
			continue
		}
		kept := out[i]
		if severityRank[f.Severity] < severityRank[kept.Severity] {
			kept, f = f, kept
		}
		kept.Recipients, kept.DataTypes = joined(kept.Recipients, f.Recipients), joined(kept.DataTypes, f.DataTypes)
		kept.Pages, kept.Evidence = joined(kept.Pages, f.Pages), joined(kept.Evidence, f.Evidence)
		kept.Pages, kept.Evidence = kept.Pages[:min(len(kept.Pages), maxShown)], kept.Evidence[:min(len(kept.Evidence), maxShown)]
		kept.Statements, kept.States = joined(kept.Statements, f.Statements), joined[evidence.State](kept.States, f.States)
		flow.SortStates(kept.States)
		out[i] = kept
	}
	return out
}

// twins makes one finding of those that rules of several packs make of the same
// things in the same words: the rule of the pack core speaks, else the first by
// its id. Its finding names the others, and they tell where theirs went.
func twins(findings []Finding, outcomes []RuleOutcome) []Finding {
	findings = slices.Clone(findings)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(notCore(a.Pack), notCore(b.Pack)), strings.Compare(a.Rule, b.Rule))
	})
	var out []Finding
	for _, f := range findings {
		i := slices.IndexFunc(out, func(o Finding) bool {
			return o.Rule != f.Rule && o.Title == f.Title && o.Message == f.Message && o.Outcome == f.Outcome && o.Severity == f.Severity &&
				slices.Equal(o.Recipients, f.Recipients) && slices.Equal(o.DataTypes, f.DataTypes) && slices.Equal(o.Pages, f.Pages) && slices.Equal(o.States, f.States)
		})
		if i < 0 {
			out = append(out, f)
			continue
		}
		out[i].Also = joined(out[i].Also, []string{f.Rule})
		for k := range outcomes {
			if outcomes[k].ID == f.Rule {
				outcomes[k].Why = strings.TrimSuffix(outcomes[k].Why, ".") + fmt.Sprintf("; %s says the same, and it is listed there.", out[i].Rule)
			}
		}
	}
	for i := range out {
		if n := len(out[i].Also); n > 0 {
			out[i].Message += " " + list(out[i].Also) + map[bool]string{true: " asks the same.", false: " ask the same."}[n == 1]
		}
	}
	return out
}

func notCore(pack string) int {
	if pack == "core" {
		return 0
	}
	return 1
}

// joined adds what is not there yet.
func joined[T comparable](list, more []T) []T {
	list = slices.Clone(list)
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// SortFindings orders findings by severity, outcome (what differs first), rule
// and id.
func SortFindings(findings []Finding) {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(severityRank[a.Severity], severityRank[b.Severity]), cmp.Compare(outcomeRank[a.Outcome], outcomeRank[b.Outcome]),
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.ID, b.ID))
	})
}
