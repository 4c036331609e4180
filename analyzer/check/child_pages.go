package check

import (
	"slices"

	"candor/analyzer/flow"
)

// Pages for children, as their own words tell. A profile that says that the site
// is for children, where no page was told apart, makes all of its pages such, for
// a person to judge.

var (
	childWords  = []string{" kids", " children", " child ", " kinder ", " enfants", " ninos", " niños", " bambini", " kinderen", " criancas", " crianças"}
	adultWords  = []string{" parents", " parent ", " parenting", " teachers", " teacher ", " educators", " grown ups", " grownups", " for adults", " eltern", " lehrer", " professionals", " donate", " investors"}
	childMarket = []string{" clothing", " clothes", " shoes", " furniture", " toys", " bedding", " strollers", " books for", " gifts"}
)

// childScope is which pages are for children.
type childScope struct {
	pages   map[string]bool
	guessed bool // by the profile alone: all pages
}

func (m *Matcher) childPages() childScope {
	if m.children == nil {
		s := m.readChildPages()
		m.children = &s
	}
	return *m.children
}

func (m *Matcher) readChildPages() childScope {
	s := childScope{pages: map[string]bool{}}
	titles := map[string]string{}
	for _, p := range m.in.Pages {
		titles[p.URL] = p.Title
		if p.Ended != "failed" && p.Kind == "children" && holdsWords(plainWords(p.URL)+" ", childWords) {
			s.pages[p.URL] = true
		}
	}
	for _, p := range m.in.Seen.Places {
		if slices.ContainsFunc(p.Classes, func(c flow.Class) bool { return c.Class == "children" }) {
			s.pages[p.Page] = true
		}
	}
	for page := range s.pages {
		if holdsWords(plainWords(page)+plainWords(titles[page])+" ", adultWords) {
			delete(s.pages, page)
		}
	}
	if len(s.pages) == 0 && m.in.Profile.Facts["child_directed"] {
		s.guessed = true
		for _, p := range m.in.Pages {
			if p.Ended != "failed" && !holdsWords(plainWords(p.URL)+plainWords(p.Title)+" ", adultWords) {
				s.pages[p.URL] = true
			}
		}
	}
	return s
}

// onChildPages are the pages for children on which a flow was seen.
func (m *Matcher) onChildPages(f *flow.Flow) []string {
	s := m.childPages()
	var out []string
	for _, p := range f.Pages {
		if s.pages[p] {
			out = append(out, p)
		}
	}
	return out
}

// guessedChildren says in a message that no page was told apart.
func (m *Matcher) guessedChildren(f *Finding) {
	if m.childPages().guessed {
		f.Outcome = NeedsPerson
		f.Message += " No page tells by its own words that it is for children; the profile says that the site, or a part of it, is."
	}
}
