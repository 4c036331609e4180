package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// readStatements reads every sentence of every block.
func (r *reader) readStatements() {
	self := r.selfNames()
	n := 0
	prior := ""
	for i, p := range r.body {
		if n >= maxSentences {
			break
		}
		if t := r.lex.tongue(p.lang); t != nil {
			var read int
			read, prior = r.readTongueBlock(t, i, self, prior)
			n += read
			continue
		}
		if p.kind == "row" {
			n++
			r.row(i, self)
			at := r.sentenceIn(i, span{0, len(p.text)}, self)
			r.receives(at, r.lex.sentence(at.text, 0, self))
			continue
		}
		if p.lang != "" && p.lang != "en" {
			n++
			r.namedIn(i, self)
			continue
		}
		if p.kind == "heading" || r.inLines[i] { // a cookie's lifetime is not that of other data
			at := r.sentenceIn(i, span{0, len(p.text)}, self)
			r.receives(at, r.lex.sentence(at.text, 0, self))
			continue
		}
		for k, sp := range splitSentences(p.text) {
			if n++; n >= maxSentences {
				break
			}
			s := r.sentenceIn(i, sp, self)
			var leads []string
			if k == 0 {
				leads = r.leadsOf(i, prior)
			}
			s.leads = strings.HasSuffix(s.text, ":") && sp.end == len(p.text) && r.introduces(i)
			before := len(r.doc.Statements)
			own := r.lex.sentence(s.text, 0, self, r.pointedAt(s)...)
			r.read(s, own, leads)
			r.placeData(own, before)
			r.receives(s, own)
			low := plainLower(s.text)
			r.chooses(s, low)
			r.touches(s, low)
			r.remember(s, before)
		}
		prior = ""
		if p.kind == "paragraph" && strings.HasSuffix(p.text, ":") {
			prior = lastSentence(p.text)
		}
	}
	if n >= maxSentences {
		r.fault("only the first %d sentences were read", maxSentences)
	}
	r.choiceStatements()
	for i := range r.doc.Statements {
		r.doc.Statements[i].ID = fmt.Sprintf("%s.s%04d", r.doc.ID, i+1)
	}
}

// spot is a sentence in its block.
type spot struct {
	block int
	span  span
	text  string
	self  map[string]bool
	leads bool   // it introduces a list
	lead  string // what introduces it, when that gave its verb
	act   int    // byte of text at which the act stands, plus one; 0 when not known
}

// leadsOf returns what introduces the first sentence of a block: its lead-in and
// that one's own. prior is a paragraph right before it that ends in a colon.
func (r *reader) leadsOf(i int, prior string) []string {
	p := r.body[i]
	leads := []string{p.lead, p.outer}
	if p.lead == "" && p.kind == "item" {
		leads[0] = prior
	}
	if p.kind == "definition" && i > 0 && r.body[i-1].kind == "term" {
		leads[0] = r.body[i-1].text + ":"
	}
	return leads
}

// introduces reports whether a list follows a block.
func (r *reader) introduces(i int) bool {
	if i+1 >= len(r.body) {
		return false
	}
	next := r.body[i+1]
	return next.kind == "item" && (r.body[i].kind != "item" || next.level > r.body[i].level) || next.kind == "row"
}

func (r *reader) sentenceIn(block int, sp span, self map[string]bool) spot {
	text := r.body[block].text[sp.start:sp.end]
	if len(text) > maxSentence {
		text = strings.ToValidUTF8(text[:maxSentence], "")
		sp.end = sp.start + len(text)
	}
	return spot{block: block, span: sp, text: text, self: self}
}

// runes counts the code points of a block before a byte of it. Sentences are
// read in order, so that it goes on from where it was.
func (r *reader) runes(block, at int) int {
	c := &r.counted
	if c.block != block+1 || c.at > at {
		*c = counted{block: block + 1}
	}
	c.runes += utf8.RuneCountInString(r.body[block].text[c.at:at])
	c.at = at
	return c.runes
}

// counted is how far a block was counted.
type counted struct{ block, at, runes int } // the block's number plus one

// tidy drops repeats and, beside narrower terms, the plain "information".
func (r *reader) tidy(ids []string) []string {
	var out []string
	for _, id := range ids {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) > 1 {
		out = slices.DeleteFunc(out, func(id string) bool { return id == "information" })
	}
	return out
}

// add completes a statement and appends it, joined to an equal one of the same
// sentence.
func (r *reader) add(at spot, st Statement) {
	b := r.body[at.block]
	block := r.doc.Blocks[at.block]
	st.Quote = at.text
	st.Start = block.Start + r.runes(at.block, at.span.start)
	st.End = st.Start + utf8.RuneCountInString(at.text)
	st.Heading = strings.Join(b.path, " › ")
	st.Document, st.URL = r.doc.ID, r.doc.URL
	st.Scope = r.scope(at, st)
	st.DataTypes = r.tidy(st.DataTypes)
	st.Purposes = uniq(st.Purposes)
	st.RecipientRefs = slices.DeleteFunc(uniqRefs(st.RecipientRefs), r.commonWord)
	st.Recipients = []string{}
	for _, ref := range st.RecipientRefs {
		name := ref.Text
		if ref.Kind == "category" {
			name = ref.ID
		} else if v := r.lex.set.Vendor(ref.ID); ref.Kind == "vendor" && v != nil {
			name = v.Name
		} else if c := r.lex.set.Company(ref.ID); ref.Kind == "company" && c != nil {
			name = c.Name
		}
		if !slices.Contains(st.Recipients, name) {
			st.Recipients = append(st.Recipients, name)
		}
	}
	if st.DataTypes == nil {
		st.DataTypes = []string{}
	}
	if st.Purposes == nil {
		st.Purposes = []string{}
	}
	for i := len(r.doc.Statements) - 1; i >= 0; i-- {
		o := &r.doc.Statements[i]
		if o.Start != st.Start {
			break
		}
		if o.Actor == st.Actor && o.Action == st.Action && o.Negated == st.Negated && o.Condition == st.Condition && o.Scope == st.Scope &&
			(slices.Equal(o.Recipients, st.Recipients) || slices.Equal(o.DataTypes, st.DataTypes)) {
			o.DataTypes = r.tidy(append(o.DataTypes, st.DataTypes...))
			o.places = append(o.places, st.places...)
			o.Purposes = append([]string{}, uniq(append(o.Purposes, st.Purposes...))...)
			o.RecipientRefs = uniqRefs(append(o.RecipientRefs, st.RecipientRefs...))
			for _, n := range st.Recipients {
				if !slices.Contains(o.Recipients, n) {
					o.Recipients = append(o.Recipients, n)
				}
			}
			return
		}
	}
	r.doc.Statements = append(r.doc.Statements, st)
}

func (r *reader) scope(at spot, st Statement) string {
	path := r.body[at.block].path
	if t := r.lex.tongue(r.body[at.block].lang); t != nil {
		return t.scope(at.text, path, r.doc.Kind)
	}
	s := scopeOf(at.text)
	if s == "app" {
		s = appScope(at)
	}
	if s != "" && s != "us_states" {
		return s
	}
	if s := scopeOf(at.lead); s != "" {
		return s
	}
	for i := len(path) - 1; i >= 0; i-- {
		if i == 0 && len(path) > 1 {
			break // the document's own title
		}
		if s := scopeOf(path[i]); s != "" {
			return s
		}
	}
	switch r.doc.Kind {
	case "children", "applicants":
		return r.doc.Kind
	case "state":
		return scopeOf(r.doc.Title)
	}
	return ""
}

func uniq(ids []string) []string {
	var out []string
	for _, id := range ids {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func uniqRefs(refs []RecipientRef) []RecipientRef {
	var out []RecipientRef
	for _, ref := range refs {
		same := func(o RecipientRef) bool {
			return o.Kind == ref.Kind && o.ID == ref.ID && (o.ID != "" || o.Text == ref.Text)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, ref)
		}
	}
	return out
}
