// Package draft writes a disclosure for a person to edit, from what was
// observed: a table of cookies and browser storage, a list of recipients, a
// paragraph for each of them in plain words, and for each finding the change on
// the site or in the text.
//
// Nothing is invented. What a browser cannot see, such as how long a recipient
// keeps data, stands in brackets as a question. The text is no legal advice. What
// comes from outside is text in both formats, never markup. Lists are bounded;
// what is left out is counted.
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
)

// Bounds of the lists.
const (
	maxStored   = 500
	maxVendors  = 300
	maxFindings = 500
	maxName     = 80
	maxText     = 600
)

// Formats are the renderers to hand to reports.Write: "draft" and "draft-md".
func Formats() []reports.Renderer {
	return []reports.Renderer{
		{Name: "draft", File: "draft.html", Render: HTML},
		{Name: "draft-md", File: "draft.md", Render: Markdown},
	}
}

// draft is what both formats show. Its texts are visible characters only.
type draft struct {
	Host, Date, Notice string
	Stored             []stored
	StoredLeft         int
	Recipients         []recipient
	RecipientsLeft     int
	Changes            []change
	ChangesLeft        int
	Complete           bool
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
	Severity, Title, Site string
	Text                  []string
}

func newDraft(rep *reports.Report) *draft {
	d := &draft{Host: visible(cmp.Or(rep.Site.Host, rep.Site.URL), 120), Date: visible(english().Day(rep.StartedAt), 40), Notice: rep.Notice, Complete: rep.Coverage.Complete}
	d.store(rep)
	d.receive(rep)
	for _, f := range rep.Findings {
		if !rep.Open(f) {
			continue
		}
		c := change{Severity: visible(f.Severity, 20), Title: visible(f.Title, 200), Site: visible(f.Remediation, maxText)}
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
			who = "this site"
		}
		if s := cmp.Or(names[setter], setter); s != "" && s != who && party != "third" {
			who += ", set by " + s
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
		s := stored{Name: visible(c.Name, maxName), Kind: "cookie", Whose: whose(c.Party, c.Vendor, setter(c.SetterParty, c.SetterVendor)), Purpose: purpose(c.Purpose), Now: "not in the texts yet"}
		switch {
		case c.Session:
			s.Lifetime = "until the browser is closed"
		case c.LifetimeDays > 0:
			s.Lifetime = english().Lifetime(c.LifetimeDays)
		default:
			s.Lifetime = "[how long?]"
		}
		if c.Declared {
			s.Now = "declared as " + visible(c.DeclaredAs, maxName)
			if c.DeclaredLifetime != "" {
				s.Now += ", " + visible(c.DeclaredLifetime, 40)
			}
		}
		add(s)
	}
	for _, k := range rep.Storage {
		life := map[string]string{"local": "until it is deleted", "session": "until the tab is closed"}[k.Kind]
		kind := map[string]string{"local": "local storage", "session": "session storage", "indexeddb": "IndexedDB", "cache": "cache storage"}[k.Kind]
		add(stored{Name: visible(k.Key, maxName), Kind: cmp.Or(kind, visible(k.Kind, 20)), Whose: whose(setter2(k), k.Vendor, setter(k.SetterParty, k.SetterVendor)), Purpose: "[what for?]", Lifetime: cmp.Or(life, "[how long?]"), Now: "browser storage"})
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

func purpose(word string) string {
	if word == "" || word == "unknown" {
		return "[what for?]"
	}
	return visible(word, 40)
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
			data[v] = once(data[v], said(id))
		}
		for _, p := range f.Purposes {
			uses[v] = once(uses[v], strings.ReplaceAll(p, "_", " "))
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
		d.Recipients = append(d.Recipients, newRecipient(v, data[v.ID], uses[v.ID], worst[v.ID], after[v.ID], len(rep.Coverage.States)))
	}
}

func newRecipient(v reports.Vendor, data, uses, verdicts []string, after map[string]string, states int) recipient {
	name, company := visible(cmp.Or(v.Name, v.ID), maxName), visible(v.Entity, maxName)
	r := recipient{Name: name, Company: cmp.Or(company, "[which company?]"), Gets: listed(data), For: cmp.Or(listed(uses), "[what for?]"), Now: "not named in the texts"}
	if v.NamedInPolicy {
		r.Now = "named in the texts"
	}
	r.When = "[when?]"
	switch {
	case slices.Contains(v.States, "none"):
		r.When = "before any choice"
	case slices.Contains(v.States, "accept"):
		r.When = "after you agree"
	}
	who := name
	if company != "" && company != name {
		who += ", a product of " + company + ","
	}
	receives := cmp.Or(company, name)
	p := fmt.Sprintf("We use %s for %s. %s receives %s", who, r.For, receives, r.Gets)
	switch r.When {
	case "before any choice":
		p += " when you visit our pages"
	case "after you agree":
		p += " after you have agreed to it"
	}
	r.Paragraph = p + ". It keeps these data for [how long?]. [Where are they kept, and on which ground?] You can read more in its own notice: [address]."
	for state, words := range map[string]string{"reject": "everything was refused", "gpc": "Global Privacy Control was on", "optout": "the opt-out was used", "withdraw": "consent was withdrawn"} {
		if after[state] == "no_effect" || after[state] == "only_here" {
			r.Notes = append(r.Notes, "It still got an identifier when "+words+": change the site, or say so.")
		}
	}
	slices.Sort(r.Notes)
	if slices.Contains(verdicts, "incorrect") {
		r.Notes = append(r.Notes, "A sentence of the texts says that this does not happen: a new paragraph beside it would contradict it.")
	}
	if !v.Recognized {
		r.Notes = append(r.Notes, "Who is behind this name is not known here: find out before it is published.")
	}
	return r
}

func once(list []string, s string) []string {
	if s = visible(s, maxName); s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// listed joins names as a sentence does.
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

//go:embed draft.tmpl
var source string

var page = template.Must(template.New("draft").Parse(source))

// HTML writes the draft as a page without scripts.
func HTML(w io.Writer, rep *reports.Report) error {
	if err := page.Execute(w, newDraft(rep)); err != nil {
		return fmt.Errorf("render draft: %w", err)
	}
	return nil
}
