// Package draft writes a disclosure for a person to edit, from what was
// observed: a table of cookies and browser storage, a list of recipients, a
// paragraph for each of them in plain words, and for each finding the change on
// the site or in the text.
//
// Nothing is invented. What a browser cannot see, such as how long a recipient
// keeps data, stands in brackets as a question. The text is no legal advice. What
// comes from outside is text in both formats, never markup. Lists are bounded;
// what is left out is counted. The draft's own words are those of the words
// package; what a rule suggests for the notice stays in the rule's language.
package draft

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
	"candor/reports/words"
)

// Bounds of the lists.
const (
	maxStored   = 500
	maxVendors  = 300
	maxFindings = 500
	maxName     = 80
	maxText     = 600
)

// FormatsIn are the renderers to hand to reports.Write, "draft" and "draft-md",
// in a language: one of words.Codes, or "" for English.
func FormatsIn(code string) []reports.Renderer {
	in := func(render func(io.Writer, *draft) error) func(io.Writer, *reports.Report) error {
		return func(w io.Writer, rep *reports.Report) error {
			l, err := words.For(cmp.Or(code, words.English))
			if err != nil {
				return fmt.Errorf("render draft: %w", err)
			}
			return render(w, newDraft(rep, l))
		}
	}
	return []reports.Renderer{
		{Name: "draft", File: "draft.html", Render: in(asHTML)},
		{Name: "draft-md", File: "draft.md", Render: in(asMarkdown)},
	}
}

// draft is what both formats show. Its texts are visible characters only.
type draft struct {
	*words.Language
	Host, Date     string
	Notice         phrase
	Stored         []stored
	StoredLeft     int
	Recipients     []recipient
	RecipientsLeft int
	Changes        []change
	ChangesLeft    int
	Complete       bool
}

// stored is a cookie or a key.
type stored struct{ Name, Kind, Whose, Purpose, Lifetime, Now string }

// recipient is another company with a paragraph for the notice.
type recipient struct {
	Name, Company, Gets, For, When, Now string
	Paragraph                           string
	Notes                               []string // for the editor, not for the notice
}

// change is what a finding asks for.
type change struct {
	Severity    string
	Title, Site phrase
	Text        []string
}

// phrase is in the draft's language, or in English where that does not know it.
type phrase struct {
	Text string
	Lang string // "en" where the draft is in another language; else ""
}

func (d *draft) spoken(text string, most int) phrase {
	said, ok := d.Sentences(text)
	p := phrase{Text: visible(said, most)}
	if !ok && strings.Contains(text, " ") {
		p.Lang = words.English
	}
	return p
}

func newDraft(rep *reports.Report, l *words.Language) *draft {
	d := &draft{Language: l, Host: visible(cmp.Or(rep.Site.Host, rep.Site.URL), 120), Date: visible(l.Day(rep.StartedAt), 40), Complete: rep.Coverage.Complete}
	d.Notice = d.spoken(rep.Notice, maxText)
	d.store(rep)
	d.receive(rep)
	for _, f := range rep.Findings {
		if !rep.Open(f) {
			continue
		}
		c := change{Severity: visible(d.Word("severity", f.Severity), 20), Title: d.spoken(f.Title, 200), Site: d.spoken(f.Remediation, maxText)}
		if r, ok := d.Rule(f.Rule); ok && r.Remediation != "" && f.Remediation != "" {
			c.Site = phrase{Text: visible(r.Remediation, maxText)}
		}
		for l := range strings.Lines(f.SuggestedText) {
			if l = visible(l, maxText); l != "" && len(c.Text) < 20 {
				c.Text = append(c.Text, l)
			}
		}
		if len(d.Changes) == maxFindings {
			d.ChangesLeft++
			continue
		}
		d.Changes = append(d.Changes, c)
	}
	return d
}

func visible(s string, most int) string {
	return strings.TrimSpace(plain.Cut(plain.Visible(strings.TrimSpace(s)), most))
}

func (d *draft) store(rep *reports.Report) {
	names := map[string]string{}
	for _, v := range rep.Vendors {
		names[v.ID] = cmp.Or(v.Name, v.ID)
	}
	whose := func(party, vendor, setter string) string {
		who := cmp.Or(names[vendor], vendor)
		if party != "third" {
			who = d.Must("draft.this")
		}
		if s := cmp.Or(names[setter], setter); s != "" && s != who && party != "third" {
			who = d.Must("draft.setby", who, s)
		}
		return visible(who, maxName)
	}
	add := func(s stored) {
		if slices.Contains(d.Stored, s) { // the same key of another origin
			return
		}
		if len(d.Stored) == maxStored {
			d.StoredLeft++
			return
		}
		d.Stored = append(d.Stored, s)
	}
	for _, c := range rep.Cookies {
		s := stored{Name: visible(c.Name, maxName), Kind: d.Must("draft.kind.cookie"), Whose: whose(c.Party, c.Vendor, setter(c.SetterParty, c.SetterVendor)), Purpose: d.purpose(c.Purpose, c.PurposeGuess), Now: d.Must("draft.undeclared")}
		switch {
		case c.Session:
			s.Lifetime = d.Must("draft.life.session")
		case c.LifetimeDays > 0:
			s.Lifetime = d.Lifetime(c.LifetimeDays)
		default:
			s.Lifetime = d.Must("draft.ask.long")
		}
		if c.Declared {
			s.Now = d.Must("draft.declared", visible(c.DeclaredAs, maxName))
			if c.DeclaredLifetime != "" {
				s.Now += ", " + visible(c.DeclaredLifetime, 40)
			}
		}
		add(s)
	}
	for _, k := range rep.Storage {
		life, kind := d.Must("draft.ask.long"), visible(k.Kind, 20)
		switch k.Kind {
		case "local":
			life = d.Must("draft.life.kept")
		case "session":
			life = d.Must("draft.life.tab")
		}
		if d.Has("draft.kind." + k.Kind) {
			kind = d.Must("draft.kind." + k.Kind)
		}
		add(stored{Name: visible(k.Key, maxName), Kind: kind, Whose: whose(setter2(k), k.Vendor, setter(k.SetterParty, k.SetterVendor)), Purpose: d.Must("draft.ask.for"), Lifetime: life, Now: d.Must("draft.storage")})
	}
}

func setter(party, vendor string) string {
	if party == "third" {
		return vendor
	}
	return ""
}

// setter2 is whose a key is: the party of the script that wrote it.
func setter2(k reports.Storage) string { return cmp.Or(k.SetterParty, "first") }

func (d *draft) purpose(word, guess string) string {
	if word == "" || word == "unknown" {
		if guess != "" {
			return d.Must("draft.ask.guess", visible(d.Human(guess), 40))
		}
		return d.Must("draft.ask.for")
	}
	return visible(d.Human(word), 40)
}

func (d *draft) receive(rep *reports.Report) {
	after := map[string]map[string]string{} // vendor → state → class
	for _, e := range rep.Effects {
		if e.Kind == "vendor" {
			after[e.ID] = map[string]string{}
			for _, s := range e.States {
				after[e.ID][s.State] = s.Class
			}
		}
	}
	data, uses, worst := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, f := range rep.Flows {
		v := f.Recipient.Vendor
		for _, id := range f.DataTypes {
			data[v] = once(data[v], d.Word("plain", id))
		}
		for _, p := range f.Purposes {
			uses[v] = once(uses[v], d.Human(p))
		}
		worst[v] = once(worst[v], f.Disclosure.Verdict)
	}
	for _, v := range rep.Vendors {
		if v.Party != "third" || len(data[v.ID]) == 0 {
			continue
		}
		if len(d.Recipients) == maxVendors {
			d.RecipientsLeft++
			continue
		}
		d.Recipients = append(d.Recipients, d.recipient(v, data[v.ID], uses[v.ID], worst[v.ID], after[v.ID]))
	}
}

func (d *draft) recipient(v reports.Vendor, data, uses, verdicts []string, after map[string]string) recipient {
	name, company := visible(cmp.Or(v.Name, v.ID), maxName), visible(v.Entity, maxName)
	r := recipient{Name: name, Company: cmp.Or(company, d.Must("draft.ask.company")), Gets: d.And(data), For: cmp.Or(d.And(uses), d.Must("draft.ask.for")), Now: d.Must("draft.unnamed"), When: d.Must("draft.ask.when")}
	if v.NamedInPolicy {
		r.Now = d.Must("draft.named")
	}
	who := name
	if company != "" && company != name {
		who = d.Must("draft.product", name, company)
	}
	gets := "draft.gets"
	switch {
	case slices.Contains(v.States, "none"):
		r.When, gets = d.Must("draft.when.before"), "draft.gets.before"
	case slices.Contains(v.States, "accept"):
		r.When, gets = d.Must("draft.when.agreed"), "draft.gets.agreed"
	}
	r.Paragraph = d.Must("draft.use", who, r.For) + " " + d.Must(gets, cmp.Or(company, name), r.Gets) + " " + d.Must("draft.rest")
	for _, state := range []string{"gpc", "optout", "reject", "withdraw"} {
		if after[state] == "no_effect" || after[state] == "only_here" {
			r.Notes = append(r.Notes, d.Must("draft.still."+state))
		}
	}
	if slices.Contains(verdicts, "incorrect") {
		r.Notes = append(r.Notes, d.Must("draft.denied"))
	}
	if !v.Recognized {
		r.Notes = append(r.Notes, d.Must("draft.unknown"))
	}
	return r
}

func once(list []string, s string) []string {
	if s = visible(s, maxName); s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Heads are the keys of a table's columns.
func (*draft) Heads(names string) []string {
	keys := strings.Fields(names)
	for i := range keys {
		keys[i] = "draft.col." + keys[i]
	}
	return keys
}

//go:embed draft.tmpl
var source string

var page = template.Must(template.New("draft").Parse(source))

// asHTML writes the draft as a page without scripts.
func asHTML(w io.Writer, d *draft) error {
	if err := page.Execute(w, d); err != nil {
		return fmt.Errorf("render draft: %w", err)
	}
	return nil
}
