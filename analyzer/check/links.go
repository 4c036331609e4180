package check

import (
	"slices"
	"strings"
	"unicode"

	"candor/crawler/evidence"
	"candor/rules"
)

// PageLinks are the links of a visit of a page that some rule asks about.
type PageLinks struct {
	Seen  int             // links that the page's record holds
	Links []evidence.Link // of those, what rules ask about, in the order of the page
}

// Bounds of what is kept of links.
const (
	maxPageLinks  = 20    // of one page
	maxKnownLinks = 20000 // different ones that are remembered while pages are read
)

// LinkReader keeps of the links of pages those that rules ask about. A link that
// stands on every page is kept once. It is for one goroutine.
type LinkReader struct {
	wanted []linkWords
	known  map[evidence.Link]*evidence.Link // nil: no rule asks about it
}

// NewLinkReader reads the links that the rules of a set ask about.
func NewLinkReader(set *rules.Set) *LinkReader {
	l := &LinkReader{known: map[evidence.Link]*evidence.Link{}}
	l.wanted = append(l.wanted, privacyLinks, optOutLinks, reviewLinks)
	for _, r := range set.Rules {
		if r.Check == "link_missing" || r.Check == "prominent_statement" {
			l.wanted = append(l.wanted, wordsOf(r))
		}
	}
	return l
}

// Read returns what is kept of a page's links.
func (l *LinkReader) Read(links []evidence.Link) PageLinks {
	out := PageLinks{Seen: len(links)}
	for _, link := range links {
		if kept := l.keep(link); kept != nil && len(out.Links) < maxPageLinks && !slices.Contains(out.Links, *kept) {
			out.Links = append(out.Links, *kept)
		}
	}
	return out
}

func (l *LinkReader) keep(link evidence.Link) *evidence.Link {
	kept, ok := l.known[link]
	if !ok {
		if slices.ContainsFunc(l.wanted, func(w linkWords) bool { return w.fits(link) }) {
			kept = &link
		}
		if len(l.known) < maxKnownLinks {
			l.known[link] = kept
		}
	}
	return kept
}

// linkWords say which links are meant.
type linkWords struct {
	texts     []string // what a link's text holds, from the start of a word
	addresses []string // parts of its path
	not       []string // texts that rule it out
}

// Links that several comparisons look for.
var (
	privacyLinks = newLinkWords([]string{"privacy", "datenschutz", "confidentialité", "vie privée", "privacidad", "privacidade", "riservatezza", "prywatności"},
		nil, []string{"privacy screen", "privacy glass", "privacy fence", "privacy film"})
	optOutLinks = newLinkWords([]string{"do not sell", "do not share", "don't sell", "your privacy choices", "privacy choices", "opt out", "opt-out", "targeted advertising", "limit the use"},
		[]string{"do-not-sell", "donotsell", "privacy-choices", "privacychoices", "opt-out", "optout"}, []string{"opt out of email", "opt out of marketing"})
	reviewLinks = newLinkWords([]string{"my account", "your account", "account settings", "edit profile", "my profile", "privacy request", "data request", "access my data", "delete my account"},
		[]string{"my-account", "myaccount", "account/profile", "account/settings", "privacy-request", "data-request", "dsar"}, nil)
)

func newLinkWords(texts, addresses, not []string) linkWords {
	w := linkWords{addresses: addresses}
	for _, t := range texts {
		w.texts = append(w.texts, plainWords(t))
	}
	for _, t := range not {
		w.not = append(w.not, plainWords(t))
	}
	return w
}

func wordsOf(r *rules.Rule) linkWords {
	return newLinkWords(texts(r, "texts"), texts(r, "addresses"), texts(r, "not"))
}

// plainWords writes a text as " word word", in small letters.
func plainWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

func holdsWords(words string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return p != "" && strings.Contains(words, p) })
}

// fits reports whether a link is meant. What a page's head says to machines is
// no link that anybody sees.
func (w linkWords) fits(l evidence.Link) bool {
	if l.Region == "head" {
		return false
	}
	words := plainWords(l.Text)
	if holdsWords(words, w.not) {
		return false
	}
	if holdsWords(words, w.texts) {
		return true
	}
	if len(w.addresses) == 0 {
		return false
	}
	address := strings.ToLower(l.URL)
	return slices.ContainsFunc(w.addresses, func(part string) bool { return strings.Contains(address, part) })
}

// linksOf returns the links of a visit that are meant: those that a visitor sees,
// and those that are hidden until something is opened.
func (m *Matcher) linksOf(p *evidence.Page, w linkWords) (seen, hidden []evidence.Link) {
	for _, l := range m.in.Links[p.ID].Links {
		switch {
		case !w.fits(l):
		case l.Hidden:
			hidden = append(hidden, l)
		default:
			seen = append(seen, l)
		}
	}
	return seen, hidden
}

// linked returns the first link on any page that is meant, nil when there is none.
func (m *Matcher) linked(w linkWords) *evidence.Link {
	for i := range m.in.Pages {
		seen, hidden := m.linksOf(&m.in.Pages[i], w)
		if all := append(seen, hidden...); len(all) > 0 {
			return &all[0]
		}
	}
	return nil
}

// linksRead reports whether the links of any page are there to look at.
func (m *Matcher) linksRead() bool {
	for _, l := range m.in.Links {
		if l.Seen > 0 {
			return true
		}
	}
	return false
}
