package analyzer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"candor/analyzer/check"
	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
	"candor/rules"
)

// What weighs most is looked at again: other visitors go to the pages behind each
// finding of high severity or above, in the same state, and the same rule judges
// what they saw by itself. A finding is seen again when the rule finds the same,
// by its fingerprint, there too. Figures, flows and coverage are those of the
// first look alone.

// Visits are the visits to make again, at most limit of them: for each finding
// that weighs most one on which it was seen, and of one about what a choice
// changes the same address without a choice. Visits behind critical findings come
// first, among them those that stand behind most, so that a few often do for all.
func (a *Analysis) Visits(limit int) []evidence.Page {
	byID := map[string]evidence.Page{}
	for _, p := range visited(a.Pages) {
		byID[p.ID] = p
	}
	type want struct {
		visits []string // any of them will do
		weight int
	}
	var wanted []want
	for i := range a.Findings {
		if f := &a.Findings[i]; weighsMost(f) {
			w := want{a.behind(f), 1}
			if f.Severity == "critical" {
				w.weight = len(a.Findings) // one of them before all others
			}
			wanted = append(wanted, w)
		}
	}
	chosen := map[string]bool{}
	for {
		counts := map[string]int{}
		for _, w := range wanted {
			if slices.ContainsFunc(w.visits, func(id string) bool { return chosen[id] }) {
				continue
			}
			for _, id := range w.visits {
				counts[id] += w.weight
			}
		}
		best := ""
		for id, n := range counts {
			if best == "" || n > counts[best] || n == counts[best] && id < best {
				best = id
			}
		}
		if best == "" {
			break
		}
		also := a.bare(byID[best])
		if chosen[also] {
			also = ""
		}
		if len(chosen)+len(filled(best, also)) > limit {
			break
		}
		for _, id := range filled(best, also) {
			chosen[id] = true
		}
	}
	var out []evidence.Page
	for _, p := range a.Pages {
		if chosen[p.ID] {
			out = append(out, p)
		}
	}
	return out
}

func filled(ids ...string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// weighsMost says whether a finding is looked at again: it is critical or high
// and rests on what was observed.
func weighsMost(f *check.Finding) bool {
	return (f.Severity == "critical" || f.Severity == "high") && f.Confidence != string(flow.TextWeak) && len(f.Evidence) > 0
}

// state is the state in which a finding is looked at again: without a choice where
// it was seen so.
func state(f *check.Finding) evidence.State {
	if len(f.States) == 0 || slices.Contains(f.States, evidence.StateNone) {
		return evidence.StateNone
	}
	return f.States[0]
}

// bare is the visit of the same address without a choice, "" when that is the
// visit itself or there was none.
func (a *Analysis) bare(p evidence.Page) string {
	if p.State == evidence.StateNone {
		return ""
	}
	for _, other := range visited(a.Pages) {
		if other.URL == p.URL && other.State == evidence.StateNone && other.Ended != "failed" {
			return other.ID
		}
	}
	return ""
}

// behind are the ids of the visits in a finding's state on which it was seen.
func (a *Analysis) behind(f *check.Finding) []string {
	proof := map[string]bool{}
	for _, id := range f.Evidence {
		for _, e := range a.proofs(id) {
			page, _, _ := strings.Cut(e, "/")
			proof[page] = true
		}
	}
	offered := map[string]bool{} // addresses on which a choice was looked for or made
	for _, p := range a.Pages {
		if p.Kind == choice.KindChoice && proof[p.ID] {
			offered[p.URL] = true
		}
	}
	var exact, near []string
	for _, p := range visited(a.Pages) {
		if p.State != state(f) || p.Ended == "failed" {
			continue
		}
		// Flows are seen on many pages, a finding may be about some of them.
		on := slices.Contains(f.Pages, p.URL) || slices.Contains(f.Pages, p.ID)
		if proof[p.ID] && (on || len(f.Pages) == 0) {
			exact = append(exact, p.ID)
		}
		if on || offered[p.URL] {
			near = append(near, p.ID)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return near
}

// proofs are the records behind one piece of a finding's evidence.
func (a *Analysis) proofs(id string) []string {
	for i := range a.Seen.Flows {
		if a.Seen.Flows[i].ID == id {
			return a.Seen.Flows[i].Evidence
		}
	}
	for i := range a.Seen.Leaks {
		if a.Seen.Leaks[i].ID == id {
			return a.Seen.Leaks[i].Evidence
		}
	}
	for i := range a.Behaviors {
		if a.Behaviors[i].ID == id {
			return a.Behaviors[i].Evidence
		}
	}
	return []string{id}
}

// observed is what one look saw.
type observed struct {
	seen      flow.Result
	behaviors []behavior.Behavior
	choices   choice.Result
}

func observe(ctx context.Context, r *evidence.Reader, set *rules.Set, site flow.Site) (o observed, err error) {
	meta := r.Meta()
	finder := behavior.New()
	choices, err := collect(r.Choices())
	if err != nil {
		return o, err
	}
	watcher := choice.New(choices, meta.States, keyOf(meta))
	if o.seen, err = flow.Build(ctx, r, set, site, finder, watcher); err != nil {
		return o, err
	}
	o.behaviors = finder.Found()
	o.choices = watcher.Compare(&o.seen, o.behaviors)
	return o, nil
}

// look is one further look, judged by itself.
type look struct {
	found  map[string]bool // fingerprints
	loaded map[evidence.State]map[string]bool
	states choice.Result
}

// lookAgain tells of each finding that weighs most how often it was seen. in is
// what the first look was judged by.
func (a *Analysis) lookAgain(ctx context.Context, r *evidence.Reader, set *rules.Set, site flow.Site, in check.Input) error {
	var looks []look
	for n := 2; ; n++ {
		again, err := r.Look(n)
		if errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
		l, err := a.judgeLook(ctx, n, again, set, site, in)
		if err = errors.Join(err, again.Close()); err != nil {
			return err
		}
		looks = append(looks, l)
	}
	if len(looks) == 0 {
		return nil
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; weighsMost(f) && !comparesScans(set, f.Rule) {
			seen, of := a.count(f, looks)
			f.Repeat(seen, of, 1+len(looks))
		}
	}
	check.SortFindings(a.Findings)
	a.sortGaps()
	return nil
}

func (a *Analysis) judgeLook(ctx context.Context, n int, r *evidence.Reader, set *rules.Set, site flow.Site, in check.Input) (look, error) {
	l := look{found: map[string]bool{}, loaded: map[evidence.State]map[string]bool{}}
	o, err := observe(ctx, r, set, site)
	if err != nil {
		return l, err
	}
	in.Seen, in.Behaviors, in.Choices, in.Pages, in.Gaps = o.seen, o.behaviors, o.choices, nil, nil
	in.Links = map[string]check.PageLinks{}
	links := check.NewLinkReader(set)
	failed := map[string]bool{}
	for p, err := range r.Pages() {
		if err != nil {
			return l, err
		}
		if p.Kind == choice.KindChoice {
			continue
		}
		in.Links[p.ID], p.Links = links.Read(p.Links), nil
		in.Pages = append(in.Pages, p)
		if failed[p.ID] = p.Ended == "failed"; failed[p.ID] {
			continue
		}
		if l.loaded[p.State] == nil {
			l.loaded[p.State] = map[string]bool{}
		}
		l.loaded[p.State][p.URL] = true
	}
	for g, err := range r.Gaps() {
		if err != nil {
			return l, err
		}
		in.Gaps = append(in.Gaps, g)
		if g.Kind == "crash" || g.Kind == "interrupted" || g.Kind == "robots" || failed[g.Page] || strings.HasPrefix(g.What, "the state ") {
			g.What = fmt.Sprintf("look %d: %s", n, g.What)
			g.Page = "" // ids are those of the first look
			a.Gaps = append(a.Gaps, g)
		}
	}
	m := check.New(in)
	m.Disclose()
	findings, _ := m.Run()
	for i := range findings {
		l.found[findings[i].Rule+" "+findings[i].Fingerprint] = true
	}
	l.states = o.choices
	return l, nil
}

// comparesScans says whether a rule asks for an earlier scan: what is gone since
// then cannot be told from the few pages of a further look.
func comparesScans(set *rules.Set, id string) bool {
	return slices.ContainsFunc(set.Rules, func(r *rules.Rule) bool { return r.ID == id && slices.Contains(r.Needs, "earlier") })
}

// count says how often a finding was seen, of how many looks in which it could
// have been. The first look is one of them.
func (a *Analysis) count(f *check.Finding, looks []look) (seen, of int) {
	seen, of = 1, 1
	byID := map[string]evidence.Page{}
	for _, p := range a.Pages {
		byID[p.ID] = p
	}
	ids := a.behind(f)
	for _, l := range looks {
		could := slices.ContainsFunc(ids, func(id string) bool {
			p := byID[id]
			if !l.loaded[p.State][p.URL] {
				return false
			}
			return p.State == evidence.StateNone || l.states.Of(p.State).Tested && (a.bare(p) == "" || l.loaded[evidence.StateNone][p.URL])
		})
		if !could {
			continue
		}
		of++
		if l.found[f.Rule+" "+f.Fingerprint] {
			seen++
		}
	}
	return seen, of
}
