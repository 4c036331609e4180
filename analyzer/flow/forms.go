package flow

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"candor/crawler/evidence"
	"candor/rules"
)

// maxOptions bounds what is kept of a list to choose from.
const maxOptions = 20

// formKey tells forms apart: the same form seen in two states is one.
type formKey struct{ page, place string }

// form takes a form as it was on a page. The one of the first visit stays.
func (b *builder) form(f *evidence.Form) {
	visit := b.visits.at(f.Page, f.State)
	frame := f.FrameURL
	if frame == "" {
		frame = b.visits.list[visit].url
	}
	action := f.Action
	if action == "" || hostOf(action) == "" {
		action = frame
	}
	host := hostOf(action)
	if host == "" {
		return
	}
	u, err := url.Parse(action)
	if err != nil {
		return
	}
	w := b.parties.at(host, pathOf(u))
	out := Form{
		ID: f.ID, Page: b.visits.list[visit].url, State: f.State, Action: f.Action, Method: f.Method, ActionParty: w.recipient().Party,
		Secure: u.Scheme == "https" && !strings.HasPrefix(frame, "http:"), PolicyLinkNear: f.PolicyLink, Heading: f.Heading, Typed: f.Typed,
		Prechecked: []string{}, Fields: []Field{},
	}
	if f.Shown != nil {
		out.ShownAt, out.Shown = f.Page, f.Shown
	}
	if !w.first {
		out.ActionVendor = w.id
	}
	if host := hostOf(frame); host != "" && !b.parties.first(host) {
		out.FramedBy = b.parties.at(host, "/").id
	}
	street := slices.ContainsFunc(f.Fields, func(field evidence.Field) bool { return asked(f, &field) && b.fields.dataType(&field) == postalAddress })
	var place strings.Builder
	place.WriteString(f.Action + "\x00" + f.Method + "\x00" + f.Name)
	for i, field := range f.Fields {
		if i == 500 || isControl(field.Type) {
			continue
		}
		data := ""
		if asked(f, &field) {
			data = b.fields.dataType(&field)
		}
		if data == approxLocation && street {
			data = postalAddress // a town beside a street is a part of an address
		}
		out.Fields = append(out.Fields, b.field(&field, data))
		place.WriteString("\x00" + field.Name + "\x00" + field.Type)
		if field.Checked && (field.Type == "checkbox" || field.Type == "radio") {
			out.Prechecked = append(out.Prechecked, firstOf(field.Label, field.Name, field.ID))
		}
		if data != "" {
			b.asksFor(w, data, f, visit)
		}
	}
	own := b.places.form(f, out.Fields)
	v := &b.visits.list[visit]
	out.Classes = b.places.classesOf(own, v.own)
	v.addForm(own)
	b.keep(formKey{out.Page, place.String()}, out)
}

func (b *builder) field(f *evidence.Field, data string) Field {
	out := Field{Name: firstOf(f.Name, f.ID), Label: firstOf(f.Label, f.Placeholder), Type: f.Type, DataType: data, Required: f.Required}
	if d := b.parties.set.Terms.DataType(data); d != nil {
		out.Sensitive = d.Sensitive
	}
	if data == "" || data == "age" || data == "date_of_birth" {
		out.Options = f.Options[:min(len(f.Options), maxOptions)]
	}
	return out
}

func (b *builder) asksFor(w *party, data string, f *evidence.Form, visit int) {
	flow := b.see(w, data, "form", Strong, "a form asks for it", visit, f.ID)
	if w.first {
		return
	}
	v := b.vendor(flow.party)
	v.domains[w.domain] = true
	v.seen.add(&b.visits, visit)
}

func (b *builder) keep(key formKey, f Form) {
	old := b.forms[key]
	switch {
	case old == nil && len(b.forms) >= maxCookies:
	case old == nil || f.ID < old.ID:
		if old != nil {
			f.also(old)
		}
		b.forms[key] = &f
	default:
		old.also(&f)
	}
}

// also takes over what the same form on another visit tells.
func (f *Form) also(other *Form) {
	f.Typed = firstOf(f.Typed, other.Typed)
	if other.Shown != nil && (f.Shown == nil || other.ShownAt < f.ShownAt) {
		f.ShownAt, f.Shown = other.ShownAt, other.Shown
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func isControl(kind string) bool {
	switch kind {
	case "submit", "button", "reset", "image":
		return true
	}
	return false
}

// honeypots are words of fields that wait for robots.
var honeypots = []string{"honeypot", "leave this", "do not fill", "don't fill", "if you are human", "bot field", "botcheck", "nicht ausfüllen", "laisser vide", "ne pas remplir"}

// asked reports whether a visitor is asked for a field. A hidden input is not
// collection; neither is a field that only robots see. A field that is not
// visible counts when its whole form is not (a dialog that opens later) or when
// it has a label (a later step).
func asked(form *evidence.Form, f *evidence.Field) bool {
	if f.Type == "hidden" {
		return false
	}
	text := strings.ToLower(f.Label + " " + f.Placeholder + " " + strings.Join(nameWords(f.Name+" "+f.ID), " "))
	if slices.ContainsFunc(honeypots, func(h string) bool { return strings.Contains(text, h) }) {
		return false
	}
	return f.Visible || f.Label != "" || !form.Visible && f.Placeholder != ""
}

// fieldWords matches controls with the rules of rules/terms: an autofill token
// decides, then the input type, then words, each in the order of the rules.
type fieldWords struct{ rules []fieldRule }

type fieldRule struct {
	rule  rules.FieldRule
	words []string // " word " with single spaces
}

func newFieldWords(t *rules.Terms) fieldWords {
	var f fieldWords
	for _, r := range t.Fields {
		rule := fieldRule{rule: r}
		for _, w := range r.Words {
			parts := nameWords(w)
			rule.words = append(rule.words, " "+strings.Join(parts, " ")+" ")
			if joined := strings.Join(parts, ""); len(parts) > 1 && len(joined) > 4 {
				rule.words = append(rule.words, " "+joined+" ")
			}
		}
		f.rules = append(f.rules, rule)
	}
	return f
}

// FieldType returns a function that says which data type a control of a form asks
// for, by the rules of the terms; "" when that is not known, and for traps that
// wait for robots.
func FieldType(t *rules.Terms) func(*evidence.Form, *evidence.Field) string {
	words := wordsOf(t).fields
	return func(form *evidence.Form, f *evidence.Field) string {
		if isControl(f.Type) || !asked(form, f) {
			return ""
		}
		return words.dataType(f)
	}
}

// typed are data types that a visitor writes out: a control that only offers
// choices ("contact me by e-mail") does not take them.
var typed = []string{
	email, phone, "name", "username", "password", postalAddress, "zip_code", "payment_card", "bank_account", "government_id", "user_content", "file_upload", searchQuery,
}

// dataType returns the meaning of a control, "" when it is not known.
func (w *fieldWords) dataType(f *evidence.Field) string {
	data := w.match(f)
	switch strings.ToLower(f.Type) {
	case "checkbox", "radio", "select":
		if slices.Contains(typed, data) {
			return ""
		}
	}
	return data
}

func (w *fieldWords) match(f *evidence.Field) string {
	tokens := strings.Fields(strings.ToLower(f.Autocomplete))
	for _, r := range w.rules {
		if slices.ContainsFunc(r.rule.Autocomplete, func(t string) bool { return slices.Contains(tokens, t) }) {
			return r.rule.Data
		}
	}
	for _, r := range w.rules {
		if slices.Contains(r.rule.Types, strings.ToLower(f.Type)) {
			return r.rule.Data
		}
	}
	text := " " + strings.Join(nameWords(f.Name+" "+f.ID+" "+f.Label+" "+f.Placeholder), " ") + " "
	for _, r := range w.rules {
		if slices.ContainsFunc(r.words, func(word string) bool { return strings.Contains(text, word) }) {
			return r.rule.Data
		}
	}
	return ""
}

// nameWords splits a name or label into lower-case words: "billing[firstName]"
// → billing, first, name.
func nameWords(s string) []string {
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "")
	}
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	lower := false
	for _, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		if !letter || unicode.IsUpper(r) && lower {
			flush()
		}
		if letter {
			word.WriteRune(r)
		}
		lower = unicode.IsLower(r)
	}
	flush()
	return out
}
