package policy

import (
	"net/url"
	"slices"
	"strings"
)

// Link is a link beside a sentence.
type Link struct {
	Address string `json:"address"` // absolute where the document's own address is known
	Text    string `json:"text"`    // as the reader sees it
}

// Bounds on links: of a block, of a choice, and of an address, in bytes.
const (
	maxBlockLinks  = 200
	maxChoiceLinks = 10
	maxAddress     = 2_000
)

// link notes a link of the block that is being read.
func (w *walker) link(text, address string) {
	if address == "" || len(address) > maxAddress || len(w.links) >= maxBlockLinks {
		return
	}
	w.links = append(w.links, Link{Address: address, Text: squeeze(text)})
}

var bareAddress = lazily(`https?://[^\s"<>()\[\]“”»«]+|\bwww\.[a-zA-Z0-9-]+\.[^\s"<>()\[\]“”»«]+`)

// links returns the links that stand in a sentence, or else those of its block:
// of markup first, then addresses that are written out. Only addresses that a
// person can go or write to count.
func (r *reader) links(at spot) []Link {
	p := r.body[at.block]
	inside, beside := []Link{}, []Link{}
	add := func(list *[]Link, l Link) {
		if l.Address = r.absolute(l.Address); l.Address == "" || len(*list) >= maxChoiceLinks {
			return
		}
		if !slices.ContainsFunc(*list, func(o Link) bool { return o.Address == l.Address }) {
			*list = append(*list, l)
		}
	}
	from := 0
	for _, l := range p.links {
		// A link is looked for from where the last one ended, so that two of the
		// same words are told apart.
		i := strings.Index(p.text[from:], l.Text)
		if l.Text == "" || i < 0 {
			add(&beside, l)
			continue
		}
		i += from
		from = i + len(l.Text)
		if i < at.span.end && from > at.span.start {
			add(&inside, l)
		} else {
			add(&beside, l)
		}
	}
	for _, address := range bareAddress.get().FindAllString(at.text, maxChoiceLinks) {
		address = strings.TrimRight(address, ".,;:!?'’")
		add(&inside, Link{Address: address, Text: address})
	}
	if len(inside) > 0 {
		return inside
	}
	return beside
}

// absolute completes an address, "" when it leads nowhere.
func (r *reader) absolute(address string) string {
	if strings.HasPrefix(address, "www.") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for _, base := range []string{r.base, r.doc.URL} {
		if b, err := url.Parse(base); err == nil && base != "" && !u.IsAbs() && u.Opaque == "" && (b.Scheme == "http" || b.Scheme == "https") {
			u = b.ResolveReference(u)
		}
	}
	if u.IsAbs() && !in(u.Scheme, "http", "https", "mailto", "tel") || u.Scheme == "" && u.Host == "" && u.Path == "" && u.Fragment == "" {
		return ""
	}
	return u.String()
}

// choiceStatements gives the statements of a sentence the choices and the links
// that the sentence gives.
func (r *reader) choiceStatements() {
	k := 0
	for _, c := range r.doc.Choices {
		for k < len(r.doc.Statements) && r.doc.Statements[k].Start < c.Start {
			k++
		}
		for i := k; i < len(r.doc.Statements) && r.doc.Statements[i].Start == c.Start; i++ {
			st := &r.doc.Statements[i]
			if !slices.Contains(st.Choice, c.Kind) {
				st.Choice = append(st.Choice, c.Kind)
			}
			st.Links = c.Links
		}
	}
}
