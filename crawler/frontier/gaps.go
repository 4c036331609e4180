package frontier

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// gapBook collects what could not be looked at, grouped so that a refusal of
// thousands of addresses is one gap. The frontier's lock guards it.
type gapBook struct {
	faults  []evidence.Gap
	refusal map[string]*gapGroup // by host
	bounds  map[string]*gapGroup // by reason
	notices []evidence.Gap       // refused notices, each by itself
	seen    map[string]bool
}

type gapGroup struct {
	count    int
	examples []string
	kind     string
	clause   string
}

func newGapBook() gapBook {
	return gapBook{refusal: map[string]*gapGroup{}, bounds: map[string]*gapGroup{}, seen: map[string]bool{}}
}

func (g *gapBook) fault(gap evidence.Gap) {
	if id := gap.What + "\n" + gap.Why; !g.seen[id] && len(g.faults) < maxFaults {
		g.seen[id] = true
		g.faults = append(g.faults, gap)
	}
}

func (g *gapGroup) add(example string, n int) {
	g.count += n
	if len(g.examples) < maxExamples && !slices.Contains(g.examples, example) {
		g.examples = append(g.examples, example)
	}
}

// refused counts an address that robots.txt keeps us from.
func (g *gapBook) refused(o *originState, address, notice string) {
	if g.seen["refused "+address] || len(g.seen) > 100_000 {
		return
	}
	g.seen["refused "+address] = true
	group := g.refusal[o.name]
	if group == nil {
		group = &gapGroup{kind: o.kind, clause: o.clause}
		g.refusal[o.name] = group
	}
	group.add(address, 1)
	if notice != "" && len(g.notices) < maxFaults {
		g.notices = append(g.notices, evidence.Gap{
			What: notice + " notice " + address, Kind: "robots",
			Why: "The " + notice + " notice was not read because robots.txt does not allow it. If the site is yours, scan it with --own-site.",
		})
	}
}

// bound counts what a bound left out; trap what belongs to a trap.
func (g *gapBook) bound(reason, example string, n int) {
	group := g.bounds[reason]
	if group == nil {
		group = &gapGroup{}
		g.bounds[reason] = group
	}
	group.add(example, n)
}

func (g *gapBook) trap(reason, example string) {
	if len(example) > 200 {
		example = example[:200] + "…"
	}
	g.bound(reason, example, 1)
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (g *gapBook) list() []evidence.Gap {
	out := slices.Clone(g.faults)
	slices.SortStableFunc(out, func(a, b evidence.Gap) int { return strings.Compare(a.What, b.What) })
	for _, name := range slices.Sorted(maps.Keys(g.refusal)) {
		r := g.refusal[name]
		what := fmt.Sprintf("%d addresses of %s", r.count, name)
		if r.count == 1 {
			what = "page " + r.examples[0]
		}
		why, hint := "robots.txt does not allow it", " If the site is yours, scan it with --own-site."
		switch {
		case r.kind == "dns" || r.kind == "refused":
			why, hint = r.clause, ""
		case r.clause != "":
			why = "robots.txt could not be read (" + r.clause + "), which means that nothing may be visited (RFC 9309)"
		}
		if r.count > 1 {
			why += ", for example " + strings.Join(r.examples, ", ")
		}
		out = append(out, evidence.Gap{What: what, Kind: r.kind, Why: "Not visited: " + why + "." + hint})
	}
	out = append(out, g.notices...)
	for _, reason := range slices.Sorted(maps.Keys(g.bounds)) {
		b := g.bounds[reason]
		out = append(out, evidence.Gap{
			What: reason, Kind: "bound",
			Why: fmt.Sprintf("%s left out as %s, for example %s.", number(b.count, "address was", "addresses were"), reason, strings.Join(b.examples, ", ")),
		})
	}
	return out
}
