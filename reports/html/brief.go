package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

// Bounds of the part for management, which is to fit on a few printed pages.
const (
	briefFindings  = 5
	briefChanges   = 6
	briefRecipient = 12 // rows of the recipients by state
	briefGaps      = 4
	briefNames     = 5
	maxScans       = 40 // of the trend
	maxExceptions  = 40
)

// brief is what a manager reads: the answer, what to do first, what changed,
// who gets what, what a choice does, the questions one by one, exceptions and
// limits.
type brief struct {
	Asks       []ask
	First      []firstFinding
	Trend      *trend
	Changes    []change
	ChangesCut int
	Effect     []choiceRow
	EffectCut  int
	Principles []principle
	Exceptions []exception
	Gaps       []reports.Gap
	GapsCut    int
}

// ask is a manager's question with its answer and where more of it stands.
type ask struct{ Question, Text, Href, Link string }

// firstFinding is a finding with what a manager asks of it.
type firstFinding struct {
	finding
	Since, Matters, Owner, Do string
	More                      int // further findings of its rule
}

// change is a change with its words.
type change struct {
	reports.Change
	Link string // to the finding or flow that it is about
}

// principle is a question with the sentences that answer it.
type principle struct {
	reports.Principle
	Quote     *passage
	Sentences int
	Open      []link // findings that count
	OpenMore  int
}

type exception struct {
	reports.Exception
	For   string
	Links []link
	More  int
}

func (b *builder) brief(v *view, cards []*card) {
	x := &v.Brief
	x.First = b.first(cards)
	x.Asks = b.asks(v, x)
	x.Trend = b.trend()
	x.Principles = b.principles()
	x.Exceptions = b.exceptions()
	items := b.rep.Changes.Items
	for _, c := range items[:min(briefChanges, len(items))] {
		x.Changes = append(x.Changes, change{Change: c, Link: b.linkOf(c.New)})
	}
	x.ChangesCut = left(len(items), briefChanges) + b.rep.Changes.Left
	for _, c := range items[:min(maxChanges, len(items))] {
		v.AllChanges = append(v.AllChanges, change{Change: c, Link: b.linkOf(c.New)})
	}
	v.ChangesLeft = left(len(items), maxChanges) + b.rep.Changes.Left
	x.Effect = v.Choices.Rows[:min(briefRecipient, len(v.Choices.Rows))]
	x.EffectCut = left(len(v.Choices.Rows), briefRecipient) + v.Choices.RowsCut
	gaps := b.rep.Coverage.Gaps
	x.Gaps, x.GapsCut = gaps[:min(briefGaps, len(gaps))], left(len(gaps), briefGaps)
}

// linkOf leads to the first of some ids that the page shows.
func (b *builder) linkOf(ids []string) string {
	for _, id := range ids {
		for _, m := range []map[string]string{b.findings, b.flows, b.cookies, b.storage, b.forms} {
			if a := m[id]; a != "" {
				return "#" + a
			}
		}
	}
	return ""
}

// first are the first findings of the first cards, so that one rule does not
// fill the page; then further ones.
func (b *builder) first(cards []*card) []firstFinding {
	var out []firstFinding
	for i := 0; len(out) < briefFindings; i++ {
		more := false
		for _, c := range cards {
			all := append(slices.Clone(c.Items), c.More...)
			if i >= len(all) || len(out) == briefFindings {
				continue
			}
			more = true
			f := all[i]
			r := b.rules[f.Rule]
			x := firstFinding{finding: f, Since: b.since(f.Finding), Matters: r.Matters, Owner: r.Owner, Do: cmp.Or(f.Remediation, r.Remediation)}
			if i == 0 {
				x.More = c.Count - 1
			}
			out = append(out, x)
		}
		if !more {
			break
		}
	}
	return out
}

func (b *builder) since(f reports.Finding) string {
	switch {
	case b.rep.Changes.Against.ScanID == "":
		return b.lang.must("first.since.this")
	case f.New:
		return b.lang.must("first.since.new", b.lang.day(f.FirstSeen))
	}
	return b.lang.must("first.since.date", b.lang.day(f.FirstSeen))
}

// asks answers a manager's six questions.
func (b *builder) asks(v *view, x *brief) []ask {
	l := b.lang
	said := func(question, text, href string) ask {
		return ask{l.must("ask." + question), text, href, l.must("ask.link." + question)}
	}
	return []ask{
		said("what", b.askWhat(), "#matrix"), said("whom", b.askWhom(), "#vendors"), said("said", b.askSaid(), "#flows"),
		said("choice", b.askChoice(), "#effect"), said("first", b.askFirst(x), "#findings"), said("changed", b.askChanged(), "#changed"),
	}
}

func (b *builder) askWhat() string {
	n := map[string]map[string]bool{} // data type → recipients
	for _, f := range b.rep.Flows {
		if f.Recipient.Party == "third" {
			for _, d := range f.DataTypes {
				if n[d] == nil {
					n[d] = map[string]bool{}
				}
				n[d][f.Recipient.Vendor] = true
			}
		}
	}
	if len(n) == 0 {
		return b.lang.must("ask.what.none")
	}
	names := slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(cmp.Compare(len(n[y]), len(n[x])), cmp.Compare(x, y)) })
	for i, id := range names {
		names[i] = b.lang.word("data", id)
	}
	return b.lang.must("ask.what.text", len(names), b.lang.few(names))
}

func (b *builder) askWhom() string {
	n := map[string]int{}
	for _, v := range b.rep.Vendors {
		if v.Party == "third" {
			n[cmp.Or(v.Entity, v.Name, v.ID)] += len(v.Pages)
		}
	}
	if len(n) == 0 {
		return b.lang.must("ask.whom.none")
	}
	names := slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(cmp.Compare(n[y], n[x]), cmp.Compare(x, y)) })
	for i, name := range names {
		names[i] = plain.Cut(name, 60)
	}
	return b.lang.must("ask.whom.text", b.rep.Summary.Companies, b.lang.few(names))
}

func (b *builder) askSaid() string {
	n, all := map[string]int{}, 0
	for _, f := range b.rep.Flows {
		if f.Recipient.Party == "third" {
			n[f.Disclosure.Verdict]++
			all++
		}
	}
	switch {
	case all == 0:
		return b.lang.must("ask.said.none")
	case n["not-tested"] > 0 || len(b.rep.Policies) == 0:
		return b.lang.must("ask.said.untested")
	}
	return b.lang.must("ask.said.text", all, n["clear"], n["vague"], n["ambiguous"], n["omitted"], n["incorrect"])
}

func (b *builder) askChoice() string {
	var out []string
	for _, c := range b.rep.Choices {
		switch {
		case c.State == "none" || c.State == "accept":
		case !c.Tested:
			out = append(out, capital(b.lang.must("ask.choice.untested", b.lang.word("state", c.State))))
		default:
			out = append(out, capital(b.lang.must("ask.choice.still", b.lang.word("state", c.State), c.StillSeen, c.StillSeen+c.NoMore+c.NeedsPerson)))
		}
	}
	if len(out) == 0 {
		return b.lang.must("ask.choice.none")
	}
	return strings.Join(out, " ")
}

func (b *builder) askFirst(x *brief) string {
	t := b.rep.Summary
	urgent := t.BySeverity["critical"] + t.BySeverity["high"]
	if urgent == 0 {
		return b.lang.must("ask.first.none")
	}
	n := map[string]int{}
	for _, f := range b.rep.Findings {
		if o := b.rules[f.Rule].Owner; o != "" && b.rep.Open(f) && (f.Severity == "critical" || f.Severity == "high") {
			n[o]++
		}
	}
	owners := slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(cmp.Compare(n[y], n[x]), cmp.Compare(x, y)) })
	for i, o := range owners {
		owners[i] = fmt.Sprintf("%s (%d)", b.lang.word("owner", o), n[o])
	}
	if len(owners) == 0 {
		return strings.Split(b.lang.must("ask.first.text", urgent, ""), ";")[0]
	}
	return b.lang.must("ask.first.text", urgent, strings.Join(owners, ", "))
}

func (b *builder) askChanged() string {
	c := b.rep.Changes
	if c.Against.ScanID == "" {
		return b.lang.must("ask.changed.none")
	}
	var parts []string
	for _, t := range c.Count {
		if n := t.New + t.Changed + t.Gone; n > 0 && len(parts) < 6 {
			parts = append(parts, fmt.Sprintf("%s %d", b.lang.word("topic", t.Topic), n))
		}
	}
	if len(parts) == 0 {
		return b.lang.must("ask.changed.same", b.lang.day(c.Against.StartedAt))
	}
	return b.lang.must("ask.changed.text", b.lang.day(c.Against.StartedAt), strings.Join(parts, ", "))
}

// few names the first of a list and counts the rest.
func (l *language) few(names []string) string {
	if len(names) <= briefNames {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:briefNames], ", ") + " " + l.must("more", len(names)-briefNames)
}

func (b *builder) principles() []principle {
	passages := map[string]reports.PolicyAnswer{}
	for _, a := range b.rep.Answers {
		passages[a.ID] = a
	}
	docs := map[string]reports.Policy{}
	for _, d := range b.rep.Policies {
		docs[d.ID] = d
	}
	open := map[string]bool{}
	for _, f := range b.rep.Findings {
		open[f.ID] = b.rep.Open(f)
	}
	var out []principle
	for _, p := range b.rep.Principles {
		x := principle{Principle: p}
		for _, id := range p.Answers {
			a := passages[id]
			x.Sentences += len(a.Passages) + a.Left
			if x.Quote == nil && len(a.Passages) > 0 {
				first := a.Passages[0]
				x.Quote = &passage{Passage: first, Doc: b.docName(docs[first.Policy]), Link: plain.Fragment(docs[first.Policy].URL, first.Quote), Lang: docs[first.Policy].Language}
			}
		}
		for _, id := range p.Findings {
			a := b.findings[id]
			switch {
			case !open[id] || a == "":
			case len(x.Open) < 3:
				x.Open = append(x.Open, link{"#" + a, strings.TrimPrefix(a, "finding-")})
			default:
				x.OpenMore++
			}
		}
		out = append(out, x)
	}
	return out
}

func (b *builder) exceptions() []exception {
	var out []exception
	items := b.rep.Exceptions.Items
	for _, e := range items[:min(maxExceptions, len(items))] {
		x := exception{Exception: e}
		var parts []string
		for _, s := range []string{e.Rule, e.Pack, e.Recipient, e.DataType, e.Page, e.State, e.Fingerprint} {
			if s != "" {
				parts = append(parts, plain.Cut(s, 60))
			}
		}
		x.For = strings.Join(parts, ", ")
		for _, id := range e.Findings {
			if a := b.findings[id]; a != "" && len(x.Links) < 3 {
				x.Links = append(x.Links, link{"#" + a, strings.TrimPrefix(a, "finding-")})
			} else {
				x.More++
			}
		}
		out = append(out, x)
	}
	return out
}

// trend is a chart of several scans with the table behind it.
type trend struct {
	Points    []trendPoint
	Urgent    string // points of the line
	Companies string
	Most      int
	Rules     bool // not all scans were made with the same rules
}

type trendPoint struct {
	When, ScanID                   string
	Urgent, Companies, Undisclosed int
	NewText                        bool
	X, UrgentY, CompaniesY         string
}

// trend is drawn from two scans on.
func (b *builder) trend() *trend {
	c := b.rep.Changes
	if c.Against.ScanID == "" {
		return nil
	}
	scans := append(slices.Clone(c.History), c.Against, reports.RefOf(b.rep))
	return b.lang.trend(scans[max(0, len(scans)-maxScans):], 600, 130)
}

// trend draws scans, oldest first, on a field of width × height.
func (l *language) trend(scans []reports.ScanRef, wide, high float64) *trend {
	t := &trend{Most: 1}
	for i, s := range scans {
		p := trendPoint{When: l.day(s.StartedAt), ScanID: s.ScanID, Urgent: s.Urgent, Companies: s.Companies, Undisclosed: s.Undisclosed}
		if i > 0 {
			p.NewText = !slices.Equal(sorted(s.Policies), sorted(scans[i-1].Policies))
			t.Rules = t.Rules || s.RulesVersion != scans[i-1].RulesVersion
		}
		t.Most = max(t.Most, s.Urgent, s.Companies)
		t.Points = append(t.Points, p)
	}
	const left, top, below = 8.0, 10.0, 20.0
	width, height := wide-2*left, high-top-below
	var urgent, companies []string
	for i := range t.Points {
		p := &t.Points[i]
		x := left + width*float64(i)/float64(max(1, len(t.Points)-1))
		y := func(n int) string { return fmt.Sprintf("%.1f", top+height-height*float64(n)/float64(t.Most)) }
		p.X, p.UrgentY, p.CompaniesY = fmt.Sprintf("%.1f", x), y(p.Urgent), y(p.Companies)
		urgent, companies = append(urgent, p.X+","+p.UrgentY), append(companies, p.X+","+p.CompaniesY)
	}
	t.Urgent, t.Companies = strings.Join(urgent, " "), strings.Join(companies, " ")
	return t
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
