package policy

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page chrome is what surrounds a text on a site: menus, banners, footers. It
// is told by element, role and class, and by how much of its text is links.

var droppedAtoms = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Head: true, atom.Template: true, atom.Svg: true, atom.Math: true,
	atom.Canvas: true, atom.Select: true, atom.Option: true, atom.Input: true, atom.Textarea: true, atom.Audio: true,
	atom.Video: true, atom.Embed: true, atom.Map: true, atom.Datalist: true, atom.Progress: true, atom.Meter: true,
	atom.Img: true, atom.Picture: true, atom.Noscript: true, atom.Noframes: true,
}

var droppedRoles = wordSet("navigation banner contentinfo complementary search menu menubar toolbar alertdialog tooltip")

// chromeWords in a class or id mark chrome when they are words of it.
var chromeWords = wordSet(`nav navbar navigation mainnav subnav topnav sidenav menu submenu megamenu dropdown breadcrumb breadcrumbs
	footer sitefooter pagefooter globalfooter masthead topbar sidebar sidebars aside skip skiplink share sharing sharethis addthis
	social socials pagination pager comments commentform respond related newsletter subscribe searchform searchbox search-form
	login signin cart banner ad ads advert advertisement advertising toolbar offcanvas drawer hamburger sitemap
	language-switcher lang-switcher widget widgets promo copyright colophon`)

// bannerWords mark consent banners together: "cookie-banner", "consent-popup".
var (
	consentWords = wordSet("cookie cookies consent gdpr ccpa onetrust cookiebot cookielaw cmp")
	popupWords   = wordSet("banner bar notice popup modal overlay dialog message alert bubble window box toast wrapper prompt strip preferences")
)

// wrapperWords after a chrome word keep its meaning.
var wrapperWords = wordSet("wrapper wrap container links bar list area section inner content top bottom main left right column block nav menu")

// ownBanners are the containers of consent platforms, whatever else they are named.
var ownBanners = wordSet("onetrust-consent-sdk onetrust-banner-sdk onetrust-pc-sdk cybotcookiebotdialog usercentrics-root truste-consent-track didomi-host qc-cmp2-container cookie-law-info-bar cc-window cky-consent cky-modal cookieconsent iubenda-cs-banner osano-cm-window sp_message_container")

// dropped reports whether an element and all below it is never part of a
// policy. Hidden elements are kept: closed accordions are hidden.
func dropped(n *html.Node) bool {
	if droppedAtoms[n.DataAtom] {
		return true
	}
	switch n.DataAtom {
	case atom.Nav:
		return linkShare(n) > 0.3 || textSize(n) < 400
	case atom.Button:
		return !controls(n)
	case atom.Footer, atom.Header, atom.Aside:
		return chromeSection(n)
	case atom.Body, atom.Html, atom.Main, atom.Article:
		return false
	}
	if droppedRoles[strings.ToLower(attr(n, "role"))] {
		return textSize(n) < 3000 || linkShare(n) > 0.3
	}
	return chromeNamed(n)
}

// chromeSection judges header, footer and aside elements. An article's own are
// kept when they are text rather than links.
func chromeSection(n *html.Node) bool {
	size := textSize(n)
	if size > 6000 && linkShare(n) < 0.2 {
		return false
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Article || p.DataAtom == atom.Main {
			return n.DataAtom != atom.Header || linkShare(n) > 0.3
		}
	}
	return true
}

func chromeNamed(n *html.Node) bool {
	id, class := strings.ToLower(attr(n, "id")), attr(n, "class")
	if id == "" && class == "" {
		return false
	}
	if ownBanners[id] {
		return true
	}
	for _, c := range strings.Fields(strings.ToLower(class)) {
		if ownBanners[c] {
			return true
		}
		if chromeToken(c) && small(n) {
			return true
		}
	}
	return id != "" && chromeToken(id) && small(n)
}

// small keeps a wrapper that has an unlucky name but holds the text.
func small(n *html.Node) bool {
	size := textSize(n)
	return size < 600 || size < 12000 && linkShare(n) > 0.35
}

func chromeToken(s string) bool {
	if strings.HasPrefix(s, "has-") || strings.HasPrefix(s, "no-") || strings.HasPrefix(s, "with") || strings.Contains(s, "policy") {
		return false
	}
	if chromeWords[s] {
		return true
	}
	consent, popup := false, false
	words := strings.FieldsFunc(s, func(c rune) bool { return c == '-' || c == '_' || c == ':' })
	for _, w := range words {
		consent = consent || consentWords[w]
		popup = popup || popupWords[w]
	}
	if consent && popup {
		return true
	}
	if len(words) < 2 {
		return false
	}
	// "site-footer" and "nav-wrapper" are chrome; "nav-item" and "menu-tab" may be text.
	last := words[len(words)-1]
	return chromeWords[last] && last != "widget" && last != "dropdown" || chromeWords[words[0]] && wrapperWords[last]
}

// measure is how much text an element holds, and how much of it is in links.
type measure struct{ text, link int }

// Elements in elements are measured again and again: what lies beyond so many
// bytes or nodes does not change what an element is taken for.
const (
	maxMeasured = 30_000
	maxNodes    = 30_000
)

func measured(n *html.Node) measure {
	var m measure
	nodes := 0
	var walk func(n *html.Node, inLink bool, depth int)
	walk = func(n *html.Node, inLink bool, depth int) {
		for c := n.FirstChild; c != nil && depth < maxDepth && m.text < maxMeasured && nodes < maxNodes; c = c.NextSibling {
			nodes++
			switch c.Type {
			case html.TextNode:
				size := len(strings.TrimSpace(c.Data))
				m.text += size
				if inLink {
					m.link += size
				}
			case html.ElementNode:
				if !droppedAtoms[c.DataAtom] {
					walk(c, inLink || c.DataAtom == atom.A, depth+1)
				}
			}
		}
	}
	walk(n, n.DataAtom == atom.A, 0)
	return m
}

func textSize(n *html.Node) int { return measured(n).text }

func linkShare(n *html.Node) float64 {
	m := measured(n)
	if m.text == 0 {
		return 0
	}
	return float64(m.link) / float64(m.text)
}

// mainContent finds the smallest element that holds nearly all prose of a page.
func mainContent(root *html.Node) *html.Node {
	body := bodyOf(root)
	prose := make(map[*html.Node]int)
	var weigh func(n *html.Node, depth int) int
	weigh = func(n *html.Node, depth int) int {
		if depth > maxDepth {
			return len(textOf(n))
		}
		sum, own := 0, 0
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.TextNode:
				own += len(strings.TrimSpace(c.Data))
			case html.ElementNode:
				if dropped(c) {
					continue
				}
				if c.DataAtom == atom.A {
					continue
				}
				if isBlock(c) || c.DataAtom == atom.Ul || c.DataAtom == atom.Ol || c.DataAtom == atom.Table || c.DataAtom == atom.Li {
					sum += weigh(c, depth+1)
				} else {
					got := weigh(c, depth+1)
					if got > 0 {
						sum += got
					}
					if got == 0 {
						own += len(strings.TrimSpace(textOf(c)))
					}
				}
			}
		}
		if own >= 60 { // shorter runs are labels and menu entries
			sum += own
		}
		prose[n] = sum
		return sum
	}
	total := weigh(body, 0)
	if total < 200 {
		return body
	}
	best := body
	for {
		var next *html.Node
		for c := best.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && prose[c]*100 >= total*90 && holder(c) {
				next = c
			}
		}
		if next == nil {
			return best
		}
		best = next
	}
}

func holder(n *html.Node) bool {
	if n.DataAtom == atom.Table {
		return layoutTable(n) // a table of data is read as a whole
	}
	return isBlock(n) || n.DataAtom == atom.Span || n.DataAtom == atom.Font || n.DataAtom == atom.A || n.DataAtom == atom.Ul || n.DataAtom == atom.Ol
}

// trimEnds removes what is left of menus before the first and after the last
// piece of text: runs of short pieces without a sentence.
func trimEnds(pieces []piece) []piece {
	first := -1
	for i, p := range pieces {
		if prosaic(p) {
			first = i
			break
		}
	}
	if first < 0 {
		return pieces
	}
	// A title, a date and their like stand right before the text and stay.
	start := first
	for start > 0 && (pieces[start-1].kind == "heading" || first-start < 2 && pieces[start-1].kind != "item") {
		start--
	}
	last := len(pieces)
	for last > first+1 && !keepAtEnd(pieces[last-1]) {
		last--
	}
	return pieces[start:last]
}

func prosaic(p piece) bool {
	words := len(strings.Fields(p.text))
	return p.kind == "row" || p.kind != "heading" && (words >= 12 || words >= 6 && strings.HasSuffix(p.text, ".") || words >= 3 && strings.HasSuffix(p.text, ":"))
}

func keepAtEnd(p piece) bool {
	if p.kind == "heading" {
		return false
	}
	words := len(strings.Fields(p.text))
	low := strings.ToLower(p.text)
	if strings.Contains(low, "all rights reserved") || strings.HasPrefix(low, "©") || strings.HasPrefix(low, "copyright") {
		return false
	}
	return p.kind == "row" || p.kind == "definition" || p.kind == "item" && strings.HasSuffix(p.lead, ":") || words >= 6 || strings.ContainsAny(p.text, "@0123456789") || strings.HasSuffix(p.text, ".")
}
