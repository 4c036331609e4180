package main

import (
	"cmp"
	"slices"

	"candor/crawler/frontier"
)

// linkPage is a page with its links; gold is the type of document that a
// person said a link leads to.
type linkPage struct {
	Page  string
	Base  string
	Links []struct{ Href, Text, Title, Gold string }
}

// links: which link of a page is taken for the privacy policy. Most of the
// pages are policies themselves, whose links to themselves count; "elsewhere"
// is measured on the others alone, and without those links.
func links(m *measurement) error {
	pages, err := lines[linkPage](m, "page_links.jsonl")
	if err != nil {
		return err
	}
	var words []frontier.KindWords
	for _, k := range m.set.Terms.PolicyLinks.Kinds {
		words = append(words, frontier.KindWords{Kind: k.Kind, Texts: k.Texts, Paths: k.Paths, Not: k.Not})
	}
	scorer := frontier.NewScorer(words)
	top1, top3, else1, else3 := newTally(), newTally(), newTally(), newTally()
	count := func(c *tally, id string, ok bool) {
		if ok {
			c.right(id)
		} else {
			c.missed(id)
		}
	}
	for _, p := range pages {
		if rank, ok := rankOfPolicy(scorer, p, true); ok {
			count(top1, p.Base, rank == 1)
			count(top3, p.Base, rank >= 1 && rank <= 3)
			if rank != 1 {
				m.mistake("link", p.Base, "rank %d", rank)
			}
		}
		if rank, ok := rankOfPolicy(scorer, p, false); ok {
			count(else1, p.Base, rank == 1)
			count(else3, p.Base, rank >= 1 && rank <= 3)
			if rank != 1 {
				m.mistake("link", p.Base, "elsewhere: rank %d", rank)
			}
		}
	}
	m.figure("link", "top-1", top1, recall)
	m.figure("link", "top-3", top3, recall)
	m.figure("link", "top-1-elsewhere", else1, recall)
	m.figure("link", "top-3-elsewhere", else3, recall)
	return nil
}

// rankOfPolicy is the place of the best link to a privacy policy among the
// addresses of a page, 0 when none is a candidate. It is false for a page that
// has no such link. The data know no kinds of privacy policy: a state notice
// is one.
func rankOfPolicy(scorer *frontier.Scorer, p linkPage, itself bool) (int, bool) {
	type target struct {
		score int
		gold  bool
	}
	var list []*target
	byKey := map[string]*target{}
	any := false
	for _, l := range p.Links {
		key := frontier.Key(l.Href)
		if !itself && key == frontier.Key(p.Base) {
			continue
		}
		gold := l.Gold == "Privacy Policy"
		any = any || gold
		scores := scorer.Scores(p.Base, frontier.Candidate{URL: l.Href, Text: cmp.Or(l.Text, l.Title)})
		score := max(scores["privacy"], scores["state"])
		if score == 0 {
			continue
		}
		t := byKey[key]
		if t == nil {
			t = &target{}
			byKey[key] = t
			list = append(list, t)
		}
		t.score, t.gold = max(t.score, score), t.gold || gold
	}
	slices.SortStableFunc(list, func(a, b *target) int { return cmp.Compare(b.score, a.score) })
	return 1 + slices.IndexFunc(list, func(t *target) bool { return t.gold }), any
}
