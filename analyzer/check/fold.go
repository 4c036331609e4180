package check

import (
	"cmp"
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
