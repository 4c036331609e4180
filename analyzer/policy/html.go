package policy

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// maxDepth bounds the walk; deeper elements are read as plain text.
const maxDepth = 400

// page is what one HTML file gave.
type page struct {
	title      string
	lang       string
	base       string
	words      int
	buttons    int // of a consent dialog
	pieces     []piece
	containers []container
	fault      string
	markup     string // the file as text
}

// decode turns bytes into UTF-8 by the byte order mark, the content type or the
// document's own declaration.
func decode(raw []byte, contentType string) string {
	enc, _, certain := charset.DetermineEncoding(raw, contentType)
	if !certain && utf8.Valid(raw) {
		return string(raw) // undeclared, and long enough that it can be nothing else
	}
	out, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		out = raw
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(out, []byte("\xef\xbb\xbf"))), "\uFFFD")
}

// parsePage reads an HTML file: its main text as pieces.
func parsePage(raw []byte, contentType string) page {
	if len(raw) == 0 {
		return page{}
	}
	text := decode(raw, contentType)
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		// The parser refuses elements nested too deeply. The words are still there.
		p := page{fault: "the page's elements are nested too deeply; it was read without its structure"}
		p.pieces = flatPieces(text)
		p.words = countWords(p.pieces)
		return p
	}
	p := page{markup: text}
	w := &walker{page: &p}
	p.title, p.lang, p.base = headFacts(root)
	w.unfoldTemplates(root, 0)
	main := mainContent(root)
	w.containers(main)
	w.walk(main, 0)
	w.flush()
	p.pieces = joinWrapped(trimEnds(w.out))
	p.words = countWords(p.pieces)
	if p.words < maxWall {
		p.buttons = dialogButtons(root)
	}
	return p
}

func countWords(pieces []piece) int {
	n := 0
	for _, p := range pieces {
		n += len(strings.Fields(p.text))
	}
	return n
}

func headFacts(root *html.Node) (title, lang, base string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			lang = attr(n, "lang")
		case atom.Base:
			if base == "" && len(attr(n, "href")) <= maxAddress {
				base = attr(n, "href")
			}
		case atom.Title:
			if title == "" && n.Namespace == "" {
				title = squeeze(textOf(n))
			}
		case atom.Body:
			if title != "" {
				return title, lang, base
			} // pages that are sent in pieces put it at the end of the body
		}
	}
	return title, lang, base
}

// walker turns the tree below the main content into pieces in reading order.
type walker struct {
	page    *page
	out     []piece
	inline  strings.Builder
	kind    string // of what inline collects
	level   int
	lists   []listState
	tables  int
	bolds   int  // depth of bold elements
	label   bool // inline holds only bold text so far
	labeled bool // inline holds something
	links   []Link
}

type listState struct{ lead, outer string }

func (w *walker) flush() {
	text := squeeze(w.inline.String())
	bold := w.label && w.labeled
	w.inline.Reset()
	w.label, w.labeled = false, false
	links := w.links
	w.links = nil
	if text == "" || strings.Trim(text, "-–—•·|*_/\\.,:;›»<>+#=~ ") == "" {
		return
	}
	p := piece{kind: w.kind, level: w.level, text: text, links: links}
	if p.kind == "" {
		p.kind = "paragraph"
	}
	if p.kind == "paragraph" && bold && len(w.lists) == 0 && headingLike(text) {
		p.kind, p.level = "heading", 5
	}
	if n := len(w.lists); n > 0 && p.kind != "heading" {
		p.kind, p.level, p.lead, p.outer = "item", n, w.lists[n-1].lead, w.lists[n-1].outer
	}
	w.out = append(w.out, p)
}

// headingLike tells a line that stands alone in bold from emphasised prose.
func headingLike(s string) bool {
	return len(s) < 120 && len(strings.Fields(s)) <= 14 && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, ",") && !strings.HasSuffix(s, ";")
}

// lead is the sentence before a list, the end of the last piece, and for a list
// below an item the sentence that introduces that item.
func (w *walker) lead() (lead, outer string) {
	if len(w.out) == 0 {
		return "", ""
	}
	last := w.out[len(w.out)-1]
	if last.kind == "heading" || last.kind == "row" || last.kind == "item" && len(w.lists) == 0 {
		return "", ""
	}
	lead = lastSentence(last.text)
	if lead == "" || last.kind != "item" {
		return lead, ""
	}
	return lead, last.lead
}

func (w *walker) walk(n *html.Node, depth int) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
		return
	case html.ElementNode:
	case html.DocumentNode:
		w.children(n, depth)
		return
	default:
		return
	}
	if depth > maxDepth {
		w.text(textOf(n))
		return
	}
	if dropped(n) {
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.br(n)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(n, "heading", int(n.Data[1]-'0'), depth)
	case atom.Summary:
		w.block(n, "heading", 6, depth)
	case atom.Button:
		if controls(n) {
			w.block(n, "heading", 6, depth)
		}
	case atom.Ul, atom.Ol, atom.Menu:
		w.list(n, depth)
	case atom.Li:
		w.block(n, "item", len(w.lists), depth)
	case atom.Dt:
		w.block(n, "term", 0, depth)
	case atom.Dd:
		w.block(n, "definition", 0, depth)
	case atom.Table:
		w.table(n, depth)
	case atom.B, atom.Strong:
		w.bold(n, depth)
	case atom.A:
		w.link(textOf(n), attr(n, "href"))
		w.children(n, depth)
	case atom.Iframe:
		if src := attr(n, "srcdoc"); src != "" && len(src) < maxBytes {
			w.fragment(src, depth)
		}
	default:
		if role := attr(n, "role"); role == "heading" {
			level, _ := strconv.Atoi(attr(n, "aria-level"))
			w.block(n, "heading", min(max(level, 2), 6), depth)
		} else if isBlock(n) {
			w.block(n, "", 0, depth)
		} else {
			w.children(n, depth)
		}
	}
}

func (w *walker) children(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, depth+1)
	}
}

func (w *walker) text(s string) {
	if strings.TrimSpace(s) != "" {
		w.label = w.bolds > 0 && (w.label || !w.labeled)
		w.labeled = true
	}
	w.inline.WriteString(s)
}

func (w *walker) bold(n *html.Node, depth int) {
	w.bolds++
	w.children(n, depth)
	w.bolds--
}

// br ends a line. Two in a row end a paragraph, and so does one after a line
// of bold text alone.
func (w *walker) br(n *html.Node) {
	next := n.NextSibling
	for next != nil && next.Type == html.TextNode && strings.TrimSpace(next.Data) == "" {
		next = next.NextSibling
	}
	double := next != nil && next.Type == html.ElementNode && next.DataAtom == atom.Br
	if double || w.label && w.labeled || startsItem(next) {
		w.flush()
		return
	}
	w.inline.WriteByte(' ')
}

// startsItem reports whether text after a line break looks like a hand-made list item.
func startsItem(n *html.Node) bool {
	if n == nil || n.Type != html.TextNode {
		return false
	}
	s := strings.TrimSpace(n.Data)
	return strings.HasPrefix(s, "•") || strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "* ") || strings.HasPrefix(s, "· ")
}

func (w *walker) block(n *html.Node, kind string, level, depth int) {
	w.flush()
	oldKind, oldLevel := w.kind, w.level
	if kind != "" {
		w.kind, w.level = kind, level
	} else if oldKind != "item" && oldKind != "definition" && oldKind != "term" && oldKind != "heading" {
		w.kind, w.level = "paragraph", 0
	}
	w.children(n, depth)
	w.flush()
	w.kind, w.level = oldKind, oldLevel
}

func (w *walker) list(n *html.Node, depth int) {
	w.flush()
	oldKind, oldLevel := w.kind, w.level
	lead, outer := w.lead()
	w.lists = append(w.lists, listState{lead, outer})
	w.kind, w.level = "item", len(w.lists)
	w.children(n, depth)
	w.flush()
	w.lists = w.lists[:len(w.lists)-1]
	w.kind, w.level = oldKind, oldLevel
}

func (w *walker) fragment(src string, depth int) {
	root, err := html.Parse(strings.NewReader(src))
	if err != nil {
		w.flush()
		w.out = append(w.out, flatPieces(src)...)
		return
	}
	w.flush()
	w.children(root, depth)
	w.flush()
}

// unfoldTemplates puts the content of script templates and of declarative
// shadow roots in their place: policies are kept in them until a script runs.
func (w *walker) unfoldTemplates(n *html.Node, depth int) {
	if depth > maxDepth {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type != html.ElementNode:
		case c.DataAtom == atom.Script && templateType(attr(c, "type")) && len(textOf(c)) > 400:
			if root, err := html.Parse(strings.NewReader(textOf(c))); err == nil {
				div := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
				moveChildren(bodyOf(root), div)
				target := n
				if n.DataAtom == atom.Head && n.NextSibling != nil {
					target = n.NextSibling
				}
				if target == n {
					n.InsertBefore(div, c)
				} else {
					target.AppendChild(div)
				}
			}
		case c.DataAtom == atom.Template && (attr(c, "shadowrootmode") != "" || attr(c, "shadowroot") != ""):
			div := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
			moveChildren(c, div)
			n.InsertBefore(div, c)
			n.RemoveChild(c)
			w.unfoldTemplates(div, depth+1)
		default:
			w.unfoldTemplates(c, depth+1)
		}
		c = next
	}
}

func templateType(t string) bool {
	t = strings.ToLower(t)
	return strings.Contains(t, "template") || strings.Contains(t, "handlebars") || strings.Contains(t, "mustache") || t == "text/html" || t == "text/x-tmpl"
}

func bodyOf(root *html.Node) *html.Node {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Body {
			return n
		}
	}
	return root
}

func moveChildren(from, to *html.Node) {
	for c := from.FirstChild; c != nil; c = from.FirstChild {
		from.RemoveChild(c)
		to.AppendChild(c)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// textOf is all text below a node, scripts and styles included only when the
// node is one.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent == n || d.Parent.DataAtom != atom.Script && d.Parent.DataAtom != atom.Style) {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

var blockAtoms = map[atom.Atom]bool{
	atom.Address: true, atom.Article: true, atom.Aside: true, atom.Blockquote: true, atom.Body: true, atom.Center: true,
	atom.Details: true, atom.Dialog: true, atom.Dir: true, atom.Div: true, atom.Dl: true, atom.Fieldset: true,
	atom.Figcaption: true, atom.Figure: true, atom.Footer: true, atom.Form: true, atom.Header: true, atom.Hgroup: true,
	atom.Hr: true, atom.Html: true, atom.Legend: true, atom.Main: true, atom.Nav: true, atom.P: true, atom.Pre: true,
	atom.Section: true, atom.Caption: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Tbody: true,
	atom.Thead: true, atom.Tfoot: true, atom.Frameset: true, atom.Noscript: true, atom.Iframe: true, atom.Object: true,
}

// isBlock reports whether an element starts a new block. Custom elements do.
func isBlock(n *html.Node) bool {
	return blockAtoms[n.DataAtom] || n.DataAtom == 0 && strings.Contains(n.Data, "-")
}

// controls reports whether a button opens a part of the text: an accordion's head.
func controls(n *html.Node) bool {
	if attr(n, "aria-controls") != "" || attr(n, "aria-expanded") != "" || attr(n, "data-toggle") != "" || attr(n, "data-bs-toggle") != "" {
		return true
	}
	class := strings.ToLower(attr(n, "class"))
	return strings.Contains(class, "accordion") || strings.Contains(class, "collaps") || strings.Contains(class, "toggle") || strings.Contains(class, "tab")
}

// flatPieces reads a page without its tree: words between tags, a new block at
// each block tag.
func flatPieces(text string) []piece {
	var out []piece
	var b strings.Builder
	flush := func() {
		if t := squeeze(b.String()); t != "" {
			out = append(out, piece{kind: "paragraph", text: t})
		}
		b.Reset()
	}
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(maxBytes)
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			flush()
			return out
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case a == atom.Script || a == atom.Style:
				skip = 1 - skip
			case blockAtoms[a] || a == atom.Li || a == atom.H1 || a == atom.H2 || a == atom.H3:
				flush()
			}
		case html.SelfClosingTagToken:
			b.WriteByte(' ')
		}
		if len(out) > maxBlocks {
			return out
		}
	}
}
