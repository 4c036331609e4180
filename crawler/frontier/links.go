package frontier

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"candor/crawler/evidence"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// pageFacts are what a page's HTML says about other pages.
type pageFacts struct {
	base      *url.URL // address, or <base href>
	title     string
	canonical string
	links     []evidence.Link // in document order, at most maxLinks
}

// extractLinks reads a page that is UTF-8 already. HTML that is nested deeper
// than the parser allows is an error.
func extractLinks(address *url.URL, body []byte) (*pageFacts, error) {
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("read links of %s: %w", address, err)
	}
	p := &pageFacts{base: address, title: shorten(doc.Find("title").First().Text())}
	if href, ok := doc.Find("base[href]").First().Attr("href"); ok {
		if u, err := parse(address, href); err == nil {
			p.base = u
		}
	}
	doc.Find("a[href], area[href], link[href], frame[src], meta[http-equiv][content]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		p.element(s)
		return len(p.links) < maxLinks
	})
	return p, nil
}

func (p *pageFacts) element(s *goquery.Selection) {
	rel := strings.ToLower(s.AttrOr("rel", ""))
	switch goquery.NodeName(s) {
	case "a", "area":
		p.add(s.AttrOr("href", ""), anchorText(s), region(s), rel)
	case "frame":
		p.add(s.AttrOr("src", ""), s.AttrOr("title", ""), "", "")
	case "link":
		href := s.AttrOr("href", "")
		for r := range strings.FieldsSeq(rel) {
			switch {
			case r == "canonical" && p.canonical == "":
				if u, err := parse(p.base, href); err == nil {
					p.canonical = u.String()
				}
			case r == "privacy-policy" || r == "terms-of-service" || r == "alternate" && s.AttrOr("hreflang", "") != "":
				p.add(href, s.AttrOr("title", ""), "head", rel)
			}
		}
	case "meta":
		if strings.EqualFold(s.AttrOr("http-equiv", ""), "refresh") {
			if target := refreshTarget(s.AttrOr("content", "")); target != "" {
				p.add(target, "", "head", "refresh")
			}
		}
	}
}

func (p *pageFacts) add(href, text, region, rel string) {
	u, err := parse(p.base, strings.TrimSpace(href))
	if err != nil {
		return
	}
	p.links = append(p.links, evidence.Link{URL: u.String(), Text: text, Region: region, Rel: rel})
}

// refreshTarget reads "5; url='/next'" of a meta refresh.
func refreshTarget(content string) string {
	_, rest, ok := strings.Cut(content, ";")
	if !ok {
		_, rest, ok = strings.Cut(content, ",")
	}
	rest = strings.TrimSpace(rest)
	if !ok || len(rest) < 4 || !strings.EqualFold(rest[:3], "url") {
		return ""
	}
	rest, ok = strings.CutPrefix(strings.TrimSpace(rest[3:]), "=")
	if !ok {
		return ""
	}
	return strings.Trim(strings.TrimSpace(rest), `'"`)
}

// anchorText is what a person reads, or what a screen reader says when there
// is only a picture.
func anchorText(s *goquery.Selection) string {
	if t := shorten(s.Text()); t != "" {
		return t
	}
	for _, name := range []string{"aria-label", "title", "alt"} {
		if t := shorten(s.AttrOr(name, "")); t != "" {
			return t
		}
	}
	return shorten(s.Find("img[alt]").First().AttrOr("alt", ""))
}

var landmarks = map[string]string{
	"footer": "footer", "nav": "nav", "header": "header", "main": "main", "aside": "aside", "article": "article", "form": "form", "dialog": "dialog",
	"contentinfo": "footer", "navigation": "nav", "banner": "header", "complementary": "aside", "alertdialog": "dialog",
}

// region is the nearest landmark around an element (ARIA 1.2, 5.3.4): by role,
// element, or an id or class that says footer. A nav inside a footer is footer.
func region(s *goquery.Selection) string {
	found := ""
	depth := 0
	for n := s.Nodes[0].Parent; n != nil && n.Type == html.ElementNode && depth < 100; n, depth = n.Parent, depth+1 {
		var role, name string
		for _, a := range n.Attr {
			switch a.Key {
			case "role":
				role = strings.ToLower(a.Val)
			case "id", "class":
				name += " " + strings.ToLower(a.Val)
			}
		}
		mark := landmarks[role]
		if mark == "" {
			mark = landmarks[n.Data]
		}
		if n.Data != "body" && n.Data != "html" && strings.Contains(name, "footer") && (mark == "" || mark == "nav") {
			mark = "footer"
		}
		if mark == "footer" || mark != "" && mark != "nav" && found == "" {
			return mark
		}
		if found == "" {
			found = mark
		}
	}
	return found
}
