// Package redaction takes values out of what is handed on.
//
// For reports it rewrites addresses. For bundles, Bundle writes one anew that
// keeps no value of cookies, of storage, of identifiers, of what was typed on a
// journey, of bodies and messages, and no pictures: keyed hashes stand for them,
// and the key is not kept. Equal values have equal hashes over the whole bundle.
//
// What remains: names (of cookies, keys, parameters, fields), hosts and paths,
// times, scripts, texts of pages and notices but for values that stand in them,
// settings in queries that neither look unique nor stand under the name of
// something personal, and made-up values, hashed and encoded ones too, since they
// belong to nobody and prove what was sent.
//
// Limits: a value that a page hashed, encrypted or cut before it sent it is
// known only where it looks unique; texts of pages may name people.
package redaction

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"candor/analyzer/flow"
	"candor/analyzer/flow/canary"
	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
	"candor/rules"
)

// All is the word for a bundle that keeps no values.
const All = "all"

// ErrRedacted is returned for a bundle that is redacted already.
var ErrRedacted = errors.New("the bundle is redacted already")

// Bundle replaces the bundle in dir by one that keeps no values. key is random
// and must not be kept by the caller. Where it fails the bundle is as it was, and
// holds everything; a crash between two renames leaves the old one beside it
// under the name DIR.old.
func Bundle(ctx context.Context, dir string, set *rules.Set, key []byte) error {
	fail := func(err error) error { return fmt.Errorf("redact %s: %w", dir, err) }
	r, err := evidence.Open(dir)
	if err != nil {
		return fail(err)
	}
	if r.Meta().Redacted != "" {
		return fail(errors.Join(ErrRedacted, r.Close()))
	}
	dir = filepath.Clean(dir)
	fresh, old := dir+".redacted", dir+".old"
	err = errors.Join(write(ctx, r, fresh, set, key), r.Close())
	if err == nil {
		err = os.Rename(dir, old)
	}
	if err == nil {
		if err = os.Rename(fresh, dir); err != nil {
			err = errors.Join(err, os.Rename(old, dir))
		}
	}
	if err != nil {
		return fail(errors.Join(err, os.RemoveAll(fresh)))
	}
	if err := os.RemoveAll(old); err != nil {
		return fail(fmt.Errorf("%s still holds the values: %w", old, err))
	}
	return nil
}

// Bounds of the values that are looked for in other places.
const (
	maxKnown = 500_000
	minKnown = 6 // bytes of a kept value; shorter ones are found everywhere
	minTyped = 3 // bytes of a typed one
	maxText  = 1 << 20
)

// redactor rewrites records. It knows the values that the bundle keeps.
type redactor struct {
	marks
	canaries *canary.Set
	known    map[string]bool
	typed    *strings.Replacer // what was typed on a journey and its marks; nil without any
	personal map[string]bool   // names of parameters that were asked about
	field    func(*evidence.Form, *evidence.Field) string
}

func write(ctx context.Context, r *evidence.Reader, to string, set *rules.Set, key []byte) error {
	x := &redactor{marks: marks{key}, known: map[string]bool{}, personal: map[string]bool{}, field: flow.FieldType(set.Terms)}
	for n := 2; ; n++ {
		look, err := r.Look(n)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err == nil {
			err = errors.Join(x.learn(look), look.Close())
		}
		if err != nil {
			return err
		}
	}
	if err := x.learn(r); err != nil {
		return err
	}
	return r.Copy(ctx, to, evidence.Edits{
		Meta: x.meta, Page: x.page, Request: x.request, Cookie: x.cookie, Storage: x.storage, Form: x.form, Canary: x.canary,
		Label: x.label, Call: x.call, Choice: x.choice, Document: x.document, Gap: x.gap, Blob: x.blob, Added: gaps,
	})
}

// gaps say what is not found any more in the bundle.
var gaps = []evidence.Gap{
	{Kind: "redacted", What: "values of cookies, storage, bodies and messages", Why: "they were taken out of the evidence after its first analysis (--redact all): what only their content tells is not found any more"},
	{Kind: "redacted", What: "results of fingerprinting", Why: "they were taken out of the evidence after its first analysis (--redact all): whether they left the page is not found any more"},
	{Kind: "redacted", What: "screenshots", Why: "they were taken out of the evidence after its first analysis (--redact all), because a picture may show what was typed or the data of an account"},
}

// learn collects the values that other records may repeat.
func (x *redactor) learn(r *evidence.Reader) error {
	var typed []evidence.Canary
	err := all(nil, r.Canaries(), func(c *evidence.Canary) { typed = append(typed, *c) })
	x.canaries = canary.New(typed)
	err = all(err, r.Cookies(), func(c *evidence.Cookie) { x.keep(c.Value) })
	err = all(err, r.Storage(), func(s *evidence.StorageItem) { x.keep(s.Value) })
	err = all(err, r.Forms(), func(f *evidence.Form) {
		for _, c := range f.Fields {
			x.keep(c.Value)
		}
	})
	err = all(err, r.Requests(), func(q *evidence.Request) {
		for _, c := range q.Cookies {
			x.keep(c.Value)
		}
		for _, line := range q.SetCookies {
			x.keep(cookieValue(line))
		}
	})
	var steps []string
	err = all(err, r.Pages(), func(p *evidence.Page) {
		for _, s := range p.Steps {
			if Typed(s) && len(s.Value) >= minTyped {
				x.know(s.Value)
				steps = append(steps, s.Value, x.of(s.Value))
			}
		}
	})
	if len(steps) > 0 {
		x.typed = strings.NewReplacer(steps...)
	}
	return err
}

// Typed says whether a step's value is what was typed. Values of the environment
// are named only.
func Typed(s evidence.Step) bool {
	return (s.Do == "fill" || s.Do == "select") && !strings.HasPrefix(s.Value, "${env:")
}

func all[T any](err error, seq func(func(T, error) bool), take func(*T)) error {
	if err != nil {
		return err
	}
	for v, err := range seq {
		if err != nil {
			return err
		}
		take(&v)
	}
	return nil
}

// keep knows a value that the browser or a page kept, and the parts of it that
// look unique.
func (x *redactor) keep(value string) {
	if len(value) >= minKnown {
		x.know(value)
		x.know(unescaped(value))
	}
	for _, id := range flow.Identifiers(value) {
		x.know(id)
	}
	if flow.IdentifierLike(value) {
		for _, s := range flow.Spellings(value) {
			x.know(s)
		}
	}
}

func (x *redactor) know(value string) {
	if len(x.known) < maxKnown && len(value) <= maxText && !blank[strings.ToLower(value)] {
		x.known[strings.Clone(value)] = true
	}
}

// value rewrites one value that was sent or kept. What it is packed in is opened:
// objects, forms and base64 are written again as lines of JSON.
func (x *redactor) value(value string) string {
	if len(value) > maxText {
		return "~" + x.letters(value, wholeLetters)
	}
	var r payload.Reader
	pairs := r.Value("", value)
	if len(pairs) > 1 || len(pairs) == 1 && pairs[0].Name != "" {
		return x.lines(pairs)
	}
	return x.leaf(value)
}

// leaf rewrites a value that holds no others.
func (x *redactor) leaf(value string) string {
	if rest, ok := x.canaries.Without(value); ok && !x.secret(rest) {
		return value
	}
	switch {
	case isAddress(value):
		return x.address(value)
	case account.MatchString(value):
		return value
	}
	return x.of(value)
}

// account is a number of the site's own at Google, which tells what receives.
var account = regexp.MustCompile(`^(G|GT|GTM|UA|AW|DC|MC)-[A-Z0-9-]{4,20}$`)

// secret says whether a text holds something besides the made-up values that were
// taken out of it.
func (x *redactor) secret(rest string) bool {
	for _, w := range strings.FieldsFunc(rest, func(r rune) bool { return r <= ' ' }) {
		if Personal(w) || x.known[w] {
			return true
		}
	}
	return false
}

func isAddress(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "wss://")) && !strings.ContainsAny(s, " \n")
}

// address rewrites an address: values that may identify, those under a name that
// says so, and those that the bundle knows.
func (x *redactor) address(s string) string {
	return Address(s, func(name, plain string) string {
		switch {
		case isAddress(plain):
			return x.address(plain)
		case account.MatchString(plain):
			return plain
		}
		if name == Unparsed || x.known[plain] || Personal(plain) || x.asks(name) {
			return x.value(plain)
		}
		var r payload.Reader
		if pairs := r.Value(name, plain); len(pairs) > 1 || len(pairs) == 1 && pairs[0].Name != name {
			return x.value(plain)
		}
		return plain
	})
}

// asks says whether the name of a parameter is that of something personal.
func (x *redactor) asks(name string) bool {
	if name == "" || len(name) > 200 {
		return false
	}
	known, ok := x.personal[name]
	if !ok {
		switch x.field(&evidence.Form{Visible: true}, &evidence.Field{Name: name, Type: "text", Visible: true}) {
		case "", "search_query", "language", "approximate_location", "user_content":
		default:
			known = true
		}
		if len(x.personal) < maxKnown {
			x.personal[name] = known
		}
	}
	return known
}

// text rewrites the words of a text that may identify, and what was typed.
func (x *redactor) text(s string) string {
	if x.typed != nil {
		s = x.typed.Replace(s)
	}
	if !strings.ContainsAny(s, "@/0123456789") {
		return s
	}
	parts := strings.SplitAfter(s, " ")
	for i, p := range parts {
		w := strings.TrimRight(p, " \n\t.,;:!?)\"'")
		switch {
		case w == "":
		case isAddress(w):
			parts[i] = x.address(w) + p[len(w):]
		case strings.Contains(w, "@"), hexDigest.MatchString(w), flow.IdentifierLike(w):
			parts[i] = x.leaf(w) + p[len(w):]
		}
	}
	return strings.Join(parts, "")
}

// blob leaves pictures out, and rewrites what looks unique and is known in texts.
// Addresses for mail stay in a notice, which is there to give them.
func (x *redactor) blob(name string, data []byte) ([]byte, bool) {
	if strings.HasPrefix(name, "screenshots/") || strings.HasSuffix(name, ".jpg") || strings.HasSuffix(name, ".png") {
		return nil, false
	}
	if !utf8.Valid(data) {
		return data, true
	}
	return x.identifiers(data), true
}
