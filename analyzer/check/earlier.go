package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/change"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
)

// Recipients are who was seen to receive data, by company, with the pages by
// which two scans are compared. The site itself is not among them.
func Recipients(flows []*flow.Flow, hosts change.Hosts) []change.Recipient {
	var out []change.Recipient
	at := map[string]int{}
	keys := map[string]string{}
	for _, f := range flows {
		if f.Recipient.Party != flow.Third {
			continue
		}
		key := companyOf(f)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, change.Recipient{Key: key, Name: cmp.Or(f.Recipient.Entity, f.Recipient.Vendor)})
		}
		r := &out[i]
		r.Data, r.Purposes = change.Sorted(append(r.Data, f.DataTypes...)), change.Sorted(append(r.Purposes, f.Purposes...))
		for _, p := range f.Pages {
			key, ok := keys[p]
			if !ok {
				key = hosts.PageKey(p)
				keys[p] = key
			}
			for _, s := range f.States {
				r.Visits = append(r.Visits, change.Visit{Page: key, State: string(s)})
			}
		}
	}
	return out
}

func companyOf(f *flow.Flow) string { return change.Company(f.Recipient.Entity, f.Recipient.Vendor) }

// Texts and Claims are the notices and what they say, as two scans are compared
// by.
func Texts(docs []*policy.Document) []change.Text {
	out := make([]change.Text, 0, len(docs))
	for _, d := range docs {
		out = append(out, change.Text{ID: d.ID, URL: d.URL, Kind: d.Kind, SHA256: d.SHA256, LastUpdated: d.LastUpdated, Read: len(d.Statements) > 0})
	}
	return out
}

// Claims are what a notice says.
func Claims(d *policy.Document) []change.Claim {
	out := make([]change.Claim, 0, len(d.Statements))
	for _, s := range d.Statements {
		out = append(out, change.Claim{
			ID: s.ID, Text: d.ID, Actor: s.Actor, Action: s.Action, Negated: s.Negated, Only: s.Only, Data: s.DataTypes, Recipients: s.Recipients, Purposes: s.Purposes,
			Condition: s.Condition, Scope: s.Scope, RetentionDays: s.RetentionDays, Choice: s.Choice, Heading: s.Heading, Quote: s.Quote,
		})
	}
	return out
}

// addition is what a company gets now and did not at the earlier scan.
type addition struct {
	change.Practice
	group group // the flows that are new
}

// additions are what is new in practice, by company. Who only delivers files,
// without an identifier, is not among them.
func (m *Matcher) additions() []addition {
	third := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && !(flow.Infrastructure(m.categories(f)) && slices.Contains(technical, f.DataTypes[0]))
	})
	byCompany := map[string][]*flow.Flow{}
	for _, f := range third {
		byCompany[companyOf(f)] = append(byCompany[companyOf(f)], f)
	}
	var out []addition
	for _, p := range change.Practices(*m.in.Earlier, Recipients(third, m.in.Earlier.Hosts)) {
		a := addition{Practice: p}
		for _, f := range byCompany[p.Recipient.Key] {
			if p.Whole || overlap(f.DataTypes, p.Data) || overlap(f.Purposes, p.Purposes) {
				a.group.flows = append(a.group.flows, f)
			}
		}
		if len(a.group.flows) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// told is how far the texts say what is new. A company that is new is told of
// when any flow to it is; what a known company gets more, when all of that is.
func (m *Matcher) told(a addition) Verdict {
	rank := []Verdict{Clear, Vague, Ambiguous, Unread, Omitted, Incorrect} // best first
	out := -1
	for _, f := range a.group.flows {
		at := slices.Index(rank, m.disclosed[f.ID].Verdict)
		if out < 0 || (at < out) == a.Whole {
			out = at
		}
	}
	if out < 0 {
		return Omitted
	}
	return rank[out]
}

// unsaid reports whether no sentence says that something happens.
func unsaid(v Verdict) bool { return v == Omitted || v == Incorrect }

// what says what is new of a company.
func (m *Matcher) what(a addition) string {
	if a.Whole {
		return m.dataNames(a.group.dataTypes())
	}
	var parts []string
	if len(a.Data) > 0 {
		parts = append(parts, m.dataNames(a.Data))
	}
	if len(a.Purposes) > 0 {
		parts = append(parts, "data for "+m.purposeNames(a.Purposes))
	}
	return list(parts)
}

// since is the day of the earlier scan.
func (m *Matcher) since() string {
	day, _, _ := strings.Cut(m.in.Earlier.Started, "T")
	return cmp.Or(day, "an unknown day")
}

// sameTexts reports whether every notice is word for word what it was.
func (m *Matcher) sameTexts() bool {
	sums := func(texts []change.Text) []string {
		var out []string
		for _, t := range texts {
			out = append(out, t.SHA256)
		}
		return change.Sorted(out)
	}
	return slices.Equal(sums(m.in.Earlier.Texts), sums(Texts(m.in.Documents)))
}

// revision is a notice that says something else than at the earlier scan.
type revision struct {
	old     change.Text
	now     *policy.Document
	changes []change.ClaimChange // those that take something from the visitor or allow more
}

// revisions pairs the notices of both scans, by address and then by kind, and
// compares those that could be read both times.
func (m *Matcher) revisions() []revision {
	e := m.in.Earlier
	pair := func(d *policy.Document) (change.Text, bool) {
		for _, key := range []func(url, kind string) string{
			func(url, _ string) string { return e.Hosts.PageKey(url) },
			func(_, kind string) string { return kind },
		} {
			var found []change.Text
			for _, t := range e.Texts {
				if key(t.URL, t.Kind) == key(d.URL, d.Kind) {
					found = append(found, t)
				}
			}
			if len(found) == 1 {
				return found[0], true
			}
		}
		return change.Text{}, false
	}
	var out []revision
	for _, d := range m.read {
		old, ok := pair(d)
		if !ok || !old.Read || old.SHA256 == d.SHA256 || len(d.Statements) == 0 {
			continue
		}
		changes, _ := change.Claims(claimsOf(e.Claims, old.ID), Claims(d), m.broader)
		r := revision{old: old, now: d}
		for _, c := range changes {
			if c.Material() {
				r.changes = append(r.changes, c)
			}
		}
		if len(r.changes) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func claimsOf(all []change.Claim, text string) []change.Claim {
	return slices.DeleteFunc(slices.Clone(all), func(c change.Claim) bool { return c.Text != text })
}

func (m *Matcher) broader(broad, narrow string) bool {
	if broad == narrow || slices.Contains(empty, broad) {
		return true
	}
	_, ok := m.in.Set.Terms.Subsumes(broad, narrow)
	return ok
}

// says writes the first changes of a text, with both sentences.
func says(changes []change.ClaimChange) string {
	var out []string
	for _, c := range changes[:min(len(changes), 3)] {
		why := strings.TrimSuffix(c.Why, ".")
		why = strings.ToLower(why[:min(1, len(why))]) + why[min(1, len(why)):]
		switch {
		case c.New == nil:
			out = append(out, fmt.Sprintf("“%s” went (%s)", clip(c.Old.Quote, 200), why))
		case c.Old == nil:
			out = append(out, fmt.Sprintf("“%s” came (%s)", clip(c.New.Quote, 200), why))
		default:
			out = append(out, fmt.Sprintf("“%s” became “%s” (%s)", clip(c.Old.Quote, 200), clip(c.New.Quote, 200), why))
		}
	}
	text := strings.Join(out, "; ")
	if more := len(changes) - 3; more > 0 {
		text += countOf(more, "; and %d more", "; and one more")
	}
	return text
}

// promisesNotice quotes what the texts say of how changes are made known, "" when
// they do not speak of it.
func (m *Matcher) promisesNotice() string {
	for _, d := range m.read {
		for _, t := range d.Topics {
			if t.Kind == "changes" {
				return clip(t.Quote, 200)
			}
		}
	}
	return ""
}
