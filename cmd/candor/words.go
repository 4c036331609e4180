package main

import (
	"candor/crawler"
	"candor/rules"
)

// crawlerWords hands the crawler the words that it needs, since it knows no
// rules.
func crawlerWords(t *rules.Terms) crawler.Words {
	var w crawler.Words
	for _, k := range t.PageKinds {
		w.PageKinds = append(w.PageKinds, crawler.KindWords{Kind: k.Kind, Texts: k.Texts, Paths: k.Paths})
	}
	for _, k := range t.PolicyLinks.Kinds {
		w.Notices = append(w.Notices, crawler.KindWords{Kind: k.Kind, Texts: k.Texts, Paths: k.Paths, Not: k.Not})
	}
	w.WellKnown = t.PolicyLinks.WellKnown
	return w
}
