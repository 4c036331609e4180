package change

import (
	"cmp"
	"slices"
)

// Practice is what a company receives now and did not before.
type Practice struct {
	Recipient Recipient
	Whole     bool     // the company is new
	Data      []string // kinds of data that are new
	Purposes  []string // purposes that are new

	// OnNew: it was seen only where the earlier scan did not look, so it may
	// have been there before.
	OnNew bool
}

// Practices returns what is new in now, by company. What a company no longer
// receives is not in it.
func Practices(before Scan, now []Recipient) []Practice {
	known := map[string]Recipient{}
	for _, r := range before.Recipients {
		known[r.Key] = r
	}
	visited := map[Visit]bool{}
	for _, v := range before.Visits {
		visited[v] = true
	}
	var out []Practice
	for _, r := range now {
		old, ok := known[r.Key]
		p := Practice{Recipient: r, Whole: !ok, Data: Missing(r.Data, old.Data), Purposes: Missing(r.Purposes, old.Purposes)}
		if ok && len(p.Data)+len(p.Purposes) == 0 {
			continue
		}
		p.OnNew = !slices.ContainsFunc(r.Visits, func(v Visit) bool { return visited[v] })
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Practice) int {
		return cmp.Or(cmp.Compare(a.Recipient.Key, b.Recipient.Key), cmp.Compare(a.Recipient.Name, b.Recipient.Name))
	})
	return out
}

// Times returns every page in every state.
func Times(pages, states []string) []Visit {
	out := make([]Visit, 0, len(pages)*len(states))
	for _, p := range pages {
		for _, s := range states {
			out = append(out, Visit{p, s})
		}
	}
	return out
}
