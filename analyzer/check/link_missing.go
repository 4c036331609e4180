package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// linkMissing finds pages without a link that should be there. Params: on ("home",
// "collecting" or "every" page), texts and addresses of the link, not, only_if,
// notice (a kind of notice: one that is linked with other words is for a person),
// as (how the link is called in sentences).
func linkMissing(m *Matcher, r *rules.Rule) result {
	seen, no := m.given(r)
	if no != nil {
		return *no
	}
	w, name := wordsOf(r), param(r, "as", "such a link")
	pages := m.pagesFor(param(r, "on", "home"))
	if len(pages) == 0 {
		return result{outcome: NotTested, why: "No page was visited on which the link should be."}
	}
	var without, veiled []*evidence.Page
	read, cut := 0, false
	for _, p := range pages {
		links := m.in.Links[p.ID]
		if links.Seen == 0 {
			continue
		}
		read++
		open, hidden := m.linksOf(p, w)
		switch {
		case len(open) > 0:
		case len(hidden) > 0:
			veiled = append(veiled, p)
		default:
			without = append(without, p)
			cut = cut || links.Seen >= savedLinks
		}
	}
	switch {
	case read == 0:
		return result{outcome: NotTested, why: "The links of the pages were not recorded."}
	case len(without)+len(veiled) == 0:
		return result{outcome: Matches, why: capital(name) + " was seen on " + countOf(read, "%d pages.", "the page.")}
	}
	f := m.siteFinding(r, r.Severity, seen)
	f.Title, f.Confidence, f.States = r.Title, string(flow.Direct), nil
	for _, p := range append(without, veiled...) {
		f.Evidence = append(f.Evidence, p.ID)
	}
	f.Pages = addresses(append(without, veiled...))
	switch {
	case len(without) == 0:
		f.Outcome, f.Title = NeedsPerson, capital(name)+" shows only when something is opened"
		f.Message = fmt.Sprintf("%s was found only where it is hidden until something is opened, on %s. Whether visitors notice it needs a person.", capital(name), m.pagesNamed(veiled))
	default:
		f.Message = fmt.Sprintf("On %s %s was not found.", m.pagesNamed(without), name)
		if other := m.noticeFrom(param(r, "notice", ""), without); other != "" {
			f.Outcome, f.Title = NeedsPerson, "The notice is linked from the home page with other words"
			f.Message += " The notice at " + other + " is linked there with other words; whether visitors notice them needs a person."
		}
		if cut {
			f.Outcome = NeedsPerson
			f.Message += fmt.Sprintf(" The record keeps %d links of a page, and it may be among the others.", savedLinks)
		}
	}
	if f.Outcome == NeedsPerson {
		f.Severity = capped(f.Severity, flow.Indirect, 1)
	}
	if len(seen) > 0 && param(r, "only_if", "") != "collects" {
		f.Message += " Observed: " + m.describe(seen) + "."
	}
	return result{findings: []Finding{f}}
}

// savedLinks is how many links the crawler keeps of a page.
const savedLinks = 200

// pagesFor are the visits of pages of a kind that loaded, without a choice where
// there are any such.
func (m *Matcher) pagesFor(on string) []*evidence.Page {
	asking := map[string]bool{}
	for _, f := range collecting(m.in.Seen.Forms) {
		asking[f.Page] = true
	}
	var out []*evidence.Page
	done := map[string]bool{}
	for _, state := range evidence.States() {
		for i := range m.in.Pages {
			p := &m.in.Pages[i]
			if p.State != state || p.Ended == "failed" || p.Status >= 400 || done[p.URL] {
				continue
			}
			if on == "home" && p.Depth > 0 || on == "collecting" && !asking[p.URL] {
				continue
			}
			done[p.URL] = true
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b *evidence.Page) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func addresses(pages []*evidence.Page) []string {
	set := map[string]bool{}
	for _, p := range pages {
		set[p.URL] = true
	}
	return sorted(set)
}

func (m *Matcher) pagesNamed(pages []*evidence.Page) string {
	list := addresses(pages)
	if len(list) == 1 {
		return list[0]
	}
	return fmt.Sprintf("%d pages", len(list))
}

// noticeFrom returns the address of a notice of a kind that is linked from all of
// the pages, "" when none is.
func (m *Matcher) noticeFrom(kind string, pages []*evidence.Page) string {
	if kind == "" {
		return ""
	}
	i := slices.IndexFunc(m.in.Documents, func(d *policy.Document) bool {
		return d.Kind == kind && !slices.ContainsFunc(pages, func(p *evidence.Page) bool {
			return !slices.Contains(d.LinkedFrom, p.URL) && !slices.Contains(d.LinkedFrom, p.ID)
		})
	})
	if i < 0 {
		return ""
	}
	return m.in.Documents[i].URL
}
