package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"candor/rules"
)

// Bounds on one document. What lies beyond them is left out and said in Faults.
const (
	maxBytes     = 16 << 20 // of Raw, DOM and all frames, each
	maxFrames    = 20
	maxBlocks    = 50_000
	maxSentences = 10_000
	maxSentence  = 4_000 // bytes of one sentence that are read
	maxCookies   = 5_000
	maxPDFPages  = 400
	pdfTime      = 20 * time.Second
)

// Input is a notice as it was fetched. Nothing in it is changed.
type Input struct {
	ID         string // of the evidence
	URL        string
	Kind       string   // "privacy", "cookie", …; "" is worked out from the text
	MIMEType   string   // as served; "" or a wrong one is worked out from the bytes
	Raw        []byte   // as served
	DOM        []byte   // HTML after scripts; used instead of Raw when it holds more text
	Frames     [][]byte // HTML of the document's iframes after scripts; read after it
	Language   string   // BCP 47 tag that the server or page gave
	LinkedFrom []string
}

// Read reads a notice with the terms and names of a rule set. Bad content is no
// error: what could not be read is said in the document's Faults, and a
// document without any text has an empty Text. Read never panics on content.
//
// The same input and set give the same Document. Statements are read in
// English; other languages give the text, dates, cookie tables and the vendors
// that are named, and a fault says so.
func Read(in Input, set *rules.Set) *Document {
	r := &reader{
		in:  in,
		lex: lexiconFor(set),
		doc: &Document{ID: in.ID, URL: in.URL, Kind: in.Kind, LinkedFrom: in.LinkedFrom},
	}
	sum := sha256.Sum256(in.Raw)
	r.doc.RawSHA256 = hex.EncodeToString(sum[:])
	r.layOut(r.pieces())
	sum = sha256.Sum256([]byte(r.doc.Text))
	r.doc.SHA256 = hex.EncodeToString(sum[:])
	r.doc.Words = len(strings.Fields(r.doc.Text))
	r.describe()
	r.readCookies()
	r.readStatements()
	r.readElements()
	r.obstacles()
	r.doc.Reading = r.reading()
	return r.doc
}

type reader struct {
	in         Input
	lex        *lexicon
	doc        *Document
	body       []piece // beside doc.Blocks, one for one
	markup     string  // of a page: for what it says outside of its text
	declared   string  // <html lang>
	base       string  // <base href>
	buttons    int     // of a consent dialog, in a short page
	containers []container
	// cookieTables by number, worked out once.
	cookieTables map[int]bool
	inLines      map[int]bool // blocks that are read as cookieLines
	counted      counted
	prior        []Statement // of the sentence before, and who they name
	priorRefs    []RecipientRef
	priorPath    string
	introduced   map[string][]Statement // by the sentence that leads a list: what was said when it came
	common       map[string]bool        // words that the text writes in lower case
}

// piece is a block before it has its place in the text.
type piece struct {
	kind    string
	level   int
	text    string
	columns []string
	cells   []string
	table   int // 1-based number of the table that a row is of; 0 for none
	header  bool
	lead    string // sentence that introduces the list
	outer   string // sentence that introduces the list around it
	lang    string
	path    []string
	links   []Link // addresses as written
}

// container is a cookie's entry in what a consent platform rendered.
type container struct {
	name, provider, purpose, lifetime, party, group string
}

func (r *reader) fault(format string, args ...any) {
	r.doc.Faults = append(r.doc.Faults, fmt.Sprintf(format, args...))
}

// pieces turns the bytes into blocks without offsets.
func (r *reader) pieces() []piece {
	raw := r.bounded(r.in.Raw, "the document")
	if len(raw) == 0 && len(r.in.DOM) == 0 && len(r.in.Frames) == 0 {
		r.fault("the document is empty")
		return nil
	}
	var pieces []piece
	switch kind := contentKind(r.in.MIMEType, r.in.URL, raw); {
	case kind == "pdf":
		text, faults := pdfText(raw)
		r.doc.Faults = append(r.doc.Faults, faults...)
		pieces = plainPieces(text)
	case kind == "binary" && len(r.in.DOM) == 0:
		r.fault("the content type %q is not one that can be read", r.in.MIMEType)
	case kind == "text" && len(r.in.DOM) == 0:
		pieces = plainPieces(decode(raw, r.in.MIMEType))
	default:
		pieces = r.htmlPieces(raw)
	}
	for i, f := range r.in.Frames {
		if i == maxFrames {
			r.fault("only the first %d frames were read", maxFrames)
			break
		}
		page := parsePage(r.bounded(f, "a frame"), "text/html")
		r.faultOnce(page.fault)
		pieces = append(pieces, page.pieces...)
	}
	if len(pieces) > maxBlocks {
		r.fault("only the first %d blocks were read", maxBlocks)
		pieces = pieces[:maxBlocks]
	}
	return pieces
}

func (r *reader) faultOnce(text string) {
	if text == "" {
		return
	}
	for _, f := range r.doc.Faults {
		if f == text {
			return
		}
	}
	r.fault("%s", text)
}

func (r *reader) htmlPieces(raw []byte) []piece {
	dom := r.bounded(r.in.DOM, "the rendered page")
	page := parsePage(dom, "text/html; charset=utf-8")
	if served := parsePage(raw, r.in.MIMEType); len(dom) == 0 || served.words > page.words+page.words/10 {
		page = served
	}
	r.doc.Title, r.declared, r.base, r.buttons, r.markup = page.title, page.lang, page.base, page.buttons, page.markup
	r.faultOnce(page.fault)
	r.containers = page.containers
	if page.words == 0 {
		r.fault("no text was found in the page")
	}
	return page.pieces
}

func (r *reader) bounded(b []byte, what string) []byte {
	if len(b) > maxBytes {
		r.faultOnce(fmt.Sprintf("%s is longer than %d MiB; the rest was not read", what, maxBytes>>20))
		return b[:maxBytes]
	}
	return b
}

// contentKind is "pdf", "html", "text" or "binary".
func contentKind(mimeType, url string, raw []byte) string {
	head := raw[:min(len(raw), 1024)]
	if strings.Contains(string(head), "%PDF-") {
		return "pdf"
	}
	media, _, _ := mime.ParseMediaType(mimeType)
	sniffed, _, _ := strings.Cut(http.DetectContentType(raw[:min(len(raw), 512)]), ";")
	path := strings.ToLower(strings.TrimRight(url, "/"))
	switch {
	case media == "text/markdown" || strings.HasSuffix(path, ".md"), strings.HasSuffix(path, ".txt") && sniffed != "text/html":
		return "text"
	case media == "text/html" || media == "application/xhtml+xml" || sniffed == "text/html" || sniffed == "text/xml":
		return "html"
	case strings.HasPrefix(media, "text/"), media == "" && sniffed == "text/plain":
		if looksLikeHTML(head) {
			return "html"
		}
		return "text"
	case strings.HasPrefix(sniffed, "text/") && utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]):
		if looksLikeHTML(head) {
			return "html"
		}
		return "text"
	case len(raw) == 0:
		return "html"
	}
	return "binary"
}

func looksLikeHTML(head []byte) bool {
	s := strings.ToLower(string(head))
	for _, tag := range []string{"<html", "<body", "<div", "<p>", "<h1", "<section", "<main", "<!doctype html", "<table"} {
		if strings.Contains(s, tag) {
			return true
		}
	}
	return false
}

// layOut joins the pieces to the text and gives each its place and headings.
func (r *reader) layOut(pieces []piece) {
	r.mend(pieces)
	var text strings.Builder
	at := 0
	type open struct {
		level int
		text  string
	}
	var headings []open
	for _, p := range pieces {
		p.text = squeeze(p.text)
		if p.text == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
			at++
		}
		if p.kind == "heading" {
			for len(headings) > 0 && headings[len(headings)-1].level >= p.level {
				headings = headings[:len(headings)-1]
			}
		}
		p.path = make([]string, len(headings))
		for i, h := range headings {
			p.path[i] = h.text
		}
		if p.kind == "heading" {
			headings = append(headings, open{p.level, p.text})
		}
		n := utf8.RuneCountInString(p.text)
		text.WriteString(p.text)
		r.doc.Blocks = append(r.doc.Blocks, Block{
			Kind: p.kind, Level: p.level, Path: p.path, LeadIn: p.lead,
			Columns: p.columns, Cells: p.cells, Start: at, End: at + n,
		})
		r.body = append(r.body, p)
		at += n
	}
	r.doc.Text = text.String()
}

// squeeze turns every run of white space and control characters into one
// space, and drops what is invisible.
func squeeze(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, c := range s {
		switch {
		case unicode.IsSpace(c) || unicode.IsControl(c):
			space = b.Len() > 0
			continue
		case c == '\u200b' || c == '\u200c' || c == '\u200d' || c == '\u2060' || c == '\ufeff' || c == '\u00ad' || c == '\u200e' || c == '\u200f':
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(c)
	}
	return b.String()
}
