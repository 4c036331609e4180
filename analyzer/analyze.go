package analyzer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"candor/analyzer/change"
	"candor/analyzer/check"
	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// Option tells an analysis more than the bundle holds.
type Option func(*check.Input)

// WithEarlier gives an earlier scan of the same site, for the rules that ask
// what changed. Without one they are not tested.
func WithEarlier(s change.Scan) Option {
	return func(in *check.Input) { in.Earlier = &s }
}

// Analyze makes an Analysis of a bundle. It reads each stream of the evidence
// once and keeps no request, so that memory follows the number of pages,
// vendors, cookies and forms.
//
// A notice that cannot be read from the bundle is a gap, not an error. Analyze
// fails when a stream cannot be read or ctx ends.
func Analyze(ctx context.Context, r *evidence.Reader, set *rules.Set, p Profile, opts ...Option) (*Analysis, error) {
	if set == nil {
		return nil, errors.New("analyze: no rules were given")
	}
	meta := r.Meta()
	a := &Analysis{Meta: meta, RulesVersion: set.Version, OwnPacks: set.Own, Entity: p.Name, Pages: []evidence.Page{}, Gaps: []evidence.Gap{}, Documents: []*policy.Document{}}
	links, err := a.read(ctx, r, set)
	if err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	site := flow.NewSite(meta.URLs, append(slices.Clone(meta.OwnDomains), p.OwnDomains...))
	first, err := observe(ctx, r, set, site)
	if err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	a.Seen, a.Behaviors, a.Choices = first.seen, first.behaviors, first.choices
	in := check.Input{
		Site: site.Primary, Entity: p.Name, Set: set, Documents: a.Documents, Seen: a.Seen, Choices: a.Choices, Pages: visited(a.Pages), Gaps: a.Gaps,
		Behaviors: a.Behaviors, Profile: rules.Answers{Regions: p.Regions, Laws: p.Laws, Facts: p.Facts}, At: meta.StartedAt, Processors: p.roles(),
	}
	in.Links = links
	if i := meta.Import; i != nil {
		in.Recorded, in.Missing, in.Partial = true, i.Missing, i.Partial
	}
	if meta.Redacted != "" {
		in.Redacted = true
		for _, kind := range []string{"requests", "cookies", "storage", "forms", "labels"} {
			if !slices.Contains(in.Missing, kind) && !slices.Contains(in.Partial, kind) {
				in.Partial = append(slices.Clone(in.Partial), kind)
			}
		}
	}
	a.Terms = set.Terms
	for _, o := range opts {
		o(&in)
	}
	m := check.New(in)
	a.Disclosures = m.Disclose()
	a.NamedVendors, a.Declared = m.NamedVendors(), m.Declared()
	a.Promises = m.Promises()
	a.Findings, a.Rules = m.Run()
	if err := a.lookAgain(ctx, r, set, site, in); err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	a.Answers, a.Questions = answers(a.Documents, set), a.questions(set)
	if err := a.hear(r); err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	return a, ctx.Err()
}

// keyOf keys the hashes by which values are compared.
func keyOf(meta evidence.Meta) string { return cmp.Or(meta.RedactionKey, meta.ScanID) }

func collect(seq iter.Seq2[evidence.Choice, error]) ([]evidence.Choice, error) {
	var out []evidence.Choice
	for c, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// visited leaves out the visits that only made a choice: their page was visited
// again in the state that it led to.
func visited(pages []evidence.Page) []evidence.Page {
	return slices.DeleteFunc(slices.Clone(pages), func(p evidence.Page) bool { return p.Kind == choice.KindChoice })
}

func (p Profile) roles() map[string]string {
	out := map[string]string{}
	for _, v := range p.Processors {
		out[strings.ToLower(v.Vendor)] = v.Role
	}
	return out
}

// read takes what is kept whole: visits, gaps and notices. It returns, by visit,
// the links that rules ask about.
func (a *Analysis) read(ctx context.Context, r *evidence.Reader, set *rules.Set) (map[string]check.PageLinks, error) {
	reader := check.NewLinkReader(set)
	links := map[string]check.PageLinks{}
	for p, err := range r.Pages() {
		if err != nil {
			return nil, err
		}
		links[p.ID], p.Links = reader.Read(p.Links), nil
		a.Pages = append(a.Pages, p)
	}
	slices.SortStableFunc(a.Pages, func(a, b evidence.Page) int { return strings.Compare(a.ID, b.ID) })
	for g, err := range r.Gaps() {
		if err != nil {
			return nil, err
		}
		a.Gaps = append(a.Gaps, g)
	}
	for d, err := range r.Documents() {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.notice(r, set, d)
	}
	slices.SortStableFunc(a.Documents, func(a, b *policy.Document) int { return strings.Compare(a.ID, b.ID) })
	a.sortGaps()
	return links, nil
}

func (a *Analysis) sortGaps() {
	slices.SortStableFunc(a.Gaps, func(a, b evidence.Gap) int {
		return cmp.Or(strings.Compare(a.Page, b.Page), strings.Compare(a.What, b.What), strings.Compare(a.Why, b.Why))
	})
}

// notice reads one notice from its blobs. A blob that is missing is a gap.
func (a *Analysis) notice(r *evidence.Reader, set *rules.Set, d evidence.Document) {
	blob := func(name string) []byte {
		if name == "" {
			return nil
		}
		data, err := r.ReadFile(name)
		if err != nil {
			a.Gaps = append(a.Gaps, evidence.Gap{What: "notice " + d.URL, Why: "its saved text could not be read: " + err.Error(), Kind: "policy"})
		}
		return data
	}
	in := policy.Input{ID: d.ID, URL: d.FinalURL, Kind: d.Kind, MIMEType: d.MIMEType, Language: d.Language, Raw: blob(d.Raw), DOM: blob(d.DOM)}
	if in.URL == "" {
		in.URL = d.URL
	}
	for _, f := range d.Frames {
		in.Frames = append(in.Frames, blob(f.DOM))
	}
	for _, l := range d.LinkedFrom {
		if !slices.Contains(in.LinkedFrom, l.Page) {
			in.LinkedFrom = append(in.LinkedFrom, l.Page)
		}
	}
	a.Documents = append(a.Documents, policy.Read(in, set))
}
