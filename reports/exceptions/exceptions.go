// Package exceptions reads candor.exceptions.yaml, in which a team keeps what
// it decided not to have counted, and applies it to a report.
//
// Every entry says for which findings, why, who owns it, who approved it and
// until when. An entry covers a finding only when it covers all of it: a
// finding about two recipients is not covered by an entry for one of them. An
// expired entry suppresses nothing, and the finding comes back, marked.
// Suppressed findings stay in the report and are counted.
//
// The day for which expiry is judged is a parameter: that on which the scan
// began, so that the same evidence with the same file gives the same report. A
// file is bounded in size, and every fault in it is told with its line.
package exceptions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/reports"
)

// FileName is how the file is called beside candor.yaml.
const FileName = "candor.exceptions.yaml"

// Bounds of a file.
const (
	MaxFile    = 1 << 20 // bytes
	maxEntries = 2000
	maxText    = 2000 // characters of a value
	maxValues  = 50   // of one key
)

// The longest time for which an entry may hold, in days after it was created.
const (
	MaxDays         = 365
	MaxCriticalDays = 30 // for a finding of critical severity
)

// Reasons are why a finding may be left out, with what each means.
var Reasons = []struct{ Name, Means string }{
	{"false_positive", "the finding is not so"},
	{"accepted_risk", "it is so, and somebody answers for leaving it"},
	{"planned_fix", "it is so, and will be changed by then"},
	{"processor_contract", "the recipient works for the organisation under a contract"},
	{"not_applicable", "the rule does not hold for this organisation"},
}

// ReasonNames are the names of the reasons.
func ReasonNames() []string {
	var out []string
	for _, r := range Reasons {
		out = append(out, r.Name)
	}
	return out
}

// File is a file that was read.
type File struct {
	Name    string
	Entries []Entry // in the order of the file
}

// Entry is one exception. Of what selects findings, all that is given must
// match; of a key with several values one.
type Entry struct {
	Line        int
	Fingerprint string // 8 to 16 hexadecimal digits: that of a finding, or its beginning
	Rules       []string
	Packs       []string
	Recipients  []string // company, product, vendor id or domain
	DataTypes   []string
	Pages       []string // patterns: "/careers/*" of a path, "https://…/*" of an address
	States      []string

	Reason        string
	Justification string
	Owner         string
	Approver      string
	Created       time.Time // midnight UTC
	Expires       time.Time // midnight UTC of the last day on which it holds
}

// Days is how long it holds.
func (e *Entry) Days() int { return int(e.Expires.Sub(e.Created).Hours() / 24) }

// Expired reports whether it no longer holds at a time.
func (e *Entry) Expired(at time.Time) bool { return !at.UTC().Before(e.Expires.AddDate(0, 0, 1)) }

const day = "2006-01-02"

// Apply marks the findings of a report that entries cover and sums up what each
// entry did. It replaces what an earlier Apply did. At is when the scan began;
// when that is not known, no entry holds.
func Apply(rep *reports.Report, f *File, at time.Time) {
	x := reports.Exceptions{File: f.Name, Items: make([]reports.Exception, 0, len(f.Entries))}
	if !at.IsZero() {
		x.At = at.UTC().Format(day)
	}
	for i := range f.Entries {
		x.Items = append(x.Items, f.Entries[i].item())
	}
	m := newMatcher(rep)
	for i := range rep.Findings {
		finding := &rep.Findings[i]
		finding.Suppressed, finding.Suppression = false, reports.Suppression{}
		for j := range f.Entries {
			e := &f.Entries[j]
			if !m.covers(e, finding) {
				continue
			}
			x.Items[j].Findings = append(x.Items[j].Findings, finding.ID)
			if finding.Suppressed {
				continue // an entry above it holds already
			}
			why, expired := e.fails(finding, at)
			if why != "" && finding.Suppression.Line != 0 {
				continue // the first entry that matches is told
			}
			finding.Suppressed, finding.Suppression = why == "", e.suppression(why, expired)
		}
	}
	sum(&x, rep.Findings, f, at)
	rep.Exceptions = x
	rep.Total()
}

func sum(x *reports.Exceptions, findings []reports.Finding, f *File, at time.Time) {
	used := map[int]bool{}
	for _, finding := range findings {
		switch {
		case finding.Suppressed:
			x.Suppressed++
			used[finding.Suppression.Line] = true
		case finding.Suppression.Expired:
			x.Expired++
		}
	}
	for j := range x.Items {
		e := &f.Entries[j]
		item := &x.Items[j]
		switch {
		case used[e.Line]:
			item.Status = "used"
		case at.IsZero():
			item.Status = "not_applied"
		case e.Expired(at):
			item.Status = "expired"
		case len(item.Findings) == 0:
			item.Status = "unused"
			x.Unused++
		case e.Days() > MaxCriticalDays:
			item.Status = "too_long"
		default: // another entry covers what it covers
			item.Status = "unused"
			x.Unused++
		}
	}
}

// fails says why an entry that covers a finding does not suppress it, "" when
// it does.
func (e *Entry) fails(f *reports.Finding, at time.Time) (why string, expired bool) {
	switch {
	case at.IsZero():
		return "It is not known when the scan began, so that no exception holds.", false
	case e.Expired(at):
		return fmt.Sprintf("The exception held until %s.", e.Expires.Format(day)), true
	case f.Severity == "critical" && e.Days() > MaxCriticalDays:
		return fmt.Sprintf("The exception is for %d days, and one for a critical finding may hold for %d.", e.Days(), MaxCriticalDays), false
	}
	return "", false
}

func (e *Entry) suppression(why string, expired bool) reports.Suppression {
	return reports.Suppression{
		Line: e.Line, Reason: e.Reason, Justification: e.Justification, Owner: e.Owner, Approver: e.Approver,
		Created: e.Created.Format(day), Expires: e.Expires.Format(day), Expired: expired, Why: why,
	}
}

func (e *Entry) item() reports.Exception {
	join := func(list []string) string { return strings.Join(list, ", ") }
	return reports.Exception{
		Line: e.Line, Fingerprint: e.Fingerprint, Rule: join(e.Rules), Pack: join(e.Packs), Recipient: join(e.Recipients), DataType: join(e.DataTypes),
		Page: join(e.Pages), State: join(e.States), Reason: e.Reason, Justification: e.Justification, Owner: e.Owner, Approver: e.Approver,
		Created: e.Created.Format(day), Expires: e.Expires.Format(day), Status: "unused", Findings: []string{},
	}
}

// Covers says in a line which findings an entry is for.
func (e *Entry) Covers() string {
	var out []string
	if e.Fingerprint != "" {
		out = append(out, "fingerprint "+e.Fingerprint)
	}
	for _, k := range e.lists() {
		if len(*k.to) > 0 {
			out = append(out, k.name+" "+strings.Join(*k.to, ", "))
		}
	}
	return strings.Join(out, "; ")
}

type listKey struct {
	name string
	to   *[]string
}

func (e *Entry) lists() []listKey {
	return []listKey{{"rule", &e.Rules}, {"pack", &e.Packs}, {"recipient", &e.Recipients}, {"data_type", &e.DataTypes}, {"page", &e.Pages}, {"state", &e.States}}
}

// matcher knows by which names recipients go.
type matcher struct{ names map[string][]string }

func newMatcher(rep *reports.Report) *matcher {
	m := &matcher{names: map[string][]string{}}
	for _, v := range rep.Vendors {
		m.names[v.ID] = append([]string{v.ID, v.Name, v.Entity}, v.Domains...)
	}
	return m
}

// covers reports whether an entry is for all that a finding is about.
func (m *matcher) covers(e *Entry, f *reports.Finding) bool {
	if e.Fingerprint != "" && !strings.HasPrefix(f.Fingerprint, e.Fingerprint) {
		return false
	}
	any := func(list []string, ok func(string) bool) bool { return len(list) == 0 || slices.ContainsFunc(list, ok) }
	if !any(e.Rules, func(s string) bool { return strings.EqualFold(s, f.Rule) }) || !any(e.Packs, func(s string) bool { return s == f.Pack }) {
		return false
	}
	return all(e.Recipients, f.Recipients, m.called) && all(e.DataTypes, f.DataTypes, same) && all(e.States, f.States, same) && all(e.Pages, f.Pages, onPage)
}

// all reports whether each value of a finding fits one of an entry. What a
// finding does not say is not covered by an entry that asks for it.
func all(wanted, got []string, fits func(wanted, got string) bool) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, g := range got {
		if !slices.ContainsFunc(wanted, func(w string) bool { return fits(w, g) }) {
			return false
		}
	}
	return len(got) > 0
}

func same(a, b string) bool { return a == b }

func (m *matcher) called(wanted, vendor string) bool {
	if strings.EqualFold(wanted, vendor) {
		return true
	}
	return slices.ContainsFunc(m.names[vendor], func(name string) bool { return name != "" && strings.EqualFold(wanted, name) })
}

// onPage reports whether a page fits a pattern, in which "*" stands for any
// characters. One that begins with a slash is for the path alone.
func onPage(pattern, page string) bool {
	head, _, _ := strings.Cut(page, "#")
	head, _, _ = strings.Cut(head, "?")
	if strings.HasPrefix(pattern, "/") {
		_, rest, ok := strings.Cut(head, "://")
		if !ok {
			return false
		}
		_, path, _ := strings.Cut(rest, "/")
		return glob(pattern, "/"+path)
	}
	return glob(pattern, head) || glob(pattern, page)
}

// glob takes time in proportion to pattern times text: it goes back to the last
// star only.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
