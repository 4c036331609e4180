package html

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

// view is what the templates see.
type view struct {
	R      *reports.Report // cleaned
	Style  template.CSS
	Script template.JS
	Policy string

	Host, Date, When string
	Answer           []string
	Tiles            []tile
	Verdicts         []bar
	Categories       []bar
	Top              []card
	Others           []card
	OthersCount      int // findings in Others
	Suppressed       []finding
	FindingsLeft     int
	Matrix           matrix
	StatedOnly       []string
	Vendors          []vendor
	VendorsLeft      int
	Groups           []group // flows to third parties
	Own              []group // flows to the organisation itself
	FlowsLeft        int
	Promises         []promise
	Choices          choicesView
	Cookies          []cookie
	CookiesLeft      int
	Policies         []document
	Answers          []answer
	AnswersFound     int
	Shots            []reports.Page
	Outcomes         []bar
	Glossary         []entry
	Brief            brief
	Draft            string     // file with the drafted disclosure, when it is written beside the page
	Score            *scoreView // nil unless asked for
	AllChanges       []change
	ChangesLeft      int
	Known            []finding // only new findings were asked for, and these are not
	Evidence         []reports.Sighting
	EvidenceLeft     int
	Lang             *language
	VerdictWords     []entry

	names        func(id string) string
	OutcomeWords []entry
}

type tile struct {
	Number int
	Label  string
	Note   string
	Href   string
}

// bar is a row of a chart and of the table behind it.
type bar struct {
	Word, Short, Meaning string
	Count                int
	X, Width             string // per cent
}

// builder holds what the parts of the view share.
type builder struct {
	rep        *reports.Report
	statements map[string]statementAt
	flows      map[string]string // id → anchor, of the flows that are shown
	flowAt     map[string]int    // id → place in the report
	cookies    map[string]string
	storage    map[string]string
	forms      map[string]string
	vendors    map[string]reports.Vendor
	seen       map[string]reports.Sighting
	rules      map[string]reports.Rule
	findings   map[string]string
	placed     placed
	quoted     map[string]bool // in a long report: sentences that a finding above quotes
	lang       *language
	cited      map[string]bool // statements that something points at
	heard      map[string]bool // statements whose opinions stand with a finding
	suggested  [][]string      // beside the report's findings
}

// lines are the first lines of a text, each cleaned: a drafted table has several.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(plain.Visible(l)); l != "" && len(out) < 20 {
			out = append(out, l)
		}
	}
	return out
}

type statementAt struct {
	s      reports.Statement
	doc    reports.Policy
	anchor string
}

func newView(rep *reports.Report, lang *language) (*view, error) {
	r, err := clean(rep)
	if err != nil {
		return nil, err
	}
	b := newBuilder(r)
	b.lang = lang
	for _, f := range rep.Findings {
		b.suggested = append(b.suggested, lines(f.SuggestedText))
	}
	v := &view{
		R: r, Style: template.CSS(styles), Lang: lang, Script: template.JS(script), Policy: policy(styles),
		Host: r.Site.Host, Date: lang.day(r.StartedAt), When: b.period(r), Answer: reports.AnswerIn(lang.Language, r),
		names: b.name, Glossary: b.glossary(), VerdictWords: b.entries("verdict", verdicts), OutcomeWords: b.entries("outcome", outcomes),
	}
	if v.Host == "" {
		v.Host = r.Site.URL
	}
	v.Tiles = b.tiles()
	v.Verdicts = b.verdictBars()
	v.Categories = b.categoryBars()
	v.Groups, v.Own, v.FlowsLeft = b.groups()
	cards := b.addFindings(v)
	v.Matrix, v.StatedOnly = b.matrix(), b.statedOnly()
	v.Vendors, v.VendorsLeft = b.vendorRows()
	v.Promises = b.promises()
	v.Choices = b.choices(v.Promises)
	v.Cookies, v.CookiesLeft = b.cookieRows()
	v.Policies = b.documents()
	v.Answers, v.AnswersFound = b.answers()
	v.Outcomes = b.outcomeBars()
	v.Evidence, v.EvidenceLeft = r.Evidence[:min(maxEvidence, len(r.Evidence))], left(len(r.Evidence), maxEvidence)
	b.brief(v, cards)
	for _, file := range []string{"draft.html", "draft.md"} {
		if v.Draft == "" && rep.Beside(file) {
			v.Draft = file
		}
	}
	if s, asked := rep.Score(); asked {
		v.Score = lang.score(s)
	}
	for _, p := range r.Pages {
		if plain.LocalFile(p.Screenshot) != "" && len(v.Shots) < maxShots {
			v.Shots = append(v.Shots, p)
		}
	}
	return v, nil
}

// Lacks says what another tool's recording does not hold of a kind of evidence;
// "" where all was there to see.
func (v *view) Lacks(kind string) string {
	switch i := v.R.Import; {
	case slices.Contains(i.Missing, kind):
		return v.Lang.must("lacks.all")
	case slices.Contains(i.Partial, kind):
		return v.Lang.must("lacks.part")
	}
	return ""
}

// Name is what a vendor is called.
func (v *view) Name(id string) string { return v.names(id) }

func newBuilder(r *reports.Report) *builder {
	b := &builder{
		rep: r, statements: map[string]statementAt{}, flows: map[string]string{}, flowAt: map[string]int{}, cookies: map[string]string{}, storage: map[string]string{},
		forms: map[string]string{}, findings: map[string]string{}, placed: newPlaced(r), quoted: map[string]bool{}, vendors: map[string]reports.Vendor{}, seen: map[string]reports.Sighting{}, rules: map[string]reports.Rule{}, cited: map[string]bool{}, heard: map[string]bool{},
	}
	n := 0
	for _, d := range r.Policies {
		for _, s := range d.Statements {
			n++
			if _, ok := b.statements[s.ID]; !ok {
				b.statements[s.ID] = statementAt{s: s, doc: d, anchor: fmt.Sprintf("s%d", n)}
			}
		}
	}
	for i, f := range r.Flows {
		b.flowAt[f.ID] = i
		if i < maxFlows {
			anchor(b.flows, f.ID, "flow", i)
		}
		b.cite(f.Disclosure.Statements, f.Disclosure.Candidates)
	}
	for i, c := range r.Cookies[:min(maxCookies, len(r.Cookies))] {
		anchor(b.cookies, c.ID, "cookie", i)
	}
	for i, s := range r.Storage[:min(maxStorage, len(r.Storage))] {
		anchor(b.storage, s.ID, "storage", i)
	}
	for i, f := range r.Forms[:min(maxForms, len(r.Forms))] {
		anchor(b.forms, f.ID, "form", i)
	}
	for i, f := range r.Findings[:min(maxFindings, len(r.Findings))] {
		anchor(b.findings, f.ID, "finding", i)
	}
	for _, p := range r.Promises {
		b.cite([]string{p.Statement})
	}
	for _, f := range r.Findings {
		b.cite(f.Statements)
	}
	for _, v := range r.Vendors {
		b.vendors[v.ID] = v
	}
	for _, s := range r.Evidence {
		b.seen[s.ID] = s
	}
	for _, rule := range r.Rules {
		b.rules[rule.ID] = rule
	}
	return b
}

// anchor numbers things by position: ids come from outside and may repeat.
func anchor(m map[string]string, id, kind string, i int) {
	if _, ok := m[id]; !ok {
		m[id] = fmt.Sprintf("%s-%d", kind, i+1)
	}
}

func (b *builder) cite(lists ...[]string) {
	for _, l := range lists {
		for _, id := range l {
			b.cited[id] = true
		}
	}
}

// quote is a sentence with where it stands.
type quote struct {
	ID, Heading, Text, Link, Anchor, Doc, Lang string
	Negated                                    bool
	Told                                       bool // the text beside it has it word for word
	Opinions                                   []reports.SecondOpinion
	Heard                                      string // models whose opinions stand with the sentence's statement
}

func (b *builder) quote(id string) (quote, bool) {
	at, ok := b.statements[id]
	if !ok {
		return quote{}, false
	}
	q := quote{
		ID: id, Heading: at.s.Heading, Text: plain.Cut(at.s.Quote, 420), Link: plain.Fragment(at.doc.URL, at.s.Quote),
		Anchor: at.anchor, Doc: b.docName(at.doc), Lang: at.doc.Language, Negated: at.s.Negated,
	}
	if len(b.rep.Flows) > manyFlows {
		return q, true // the statement's id leads there
	}
	var models []string
	for _, o := range someOpinions(at.s) {
		if !slices.Contains(models, o.Model) {
			models = append(models, o.Model)
		}
	}
	q.Heard = strings.Join(models, ", ")
	return q, true
}

func (b *builder) quotes(ids []string) []quote {
	var out []quote
	for _, id := range ids {
		if q, ok := b.quote(id); ok && len(out) < maxQuotes {
			out = append(out, q)
		}
	}
	return out
}

func (b *builder) docName(d reports.Policy) string {
	if d.Title != "" {
		return plain.Cut(d.Title, 80)
	}
	if key := "kind." + d.Kind; b.lang.Has(key) {
		return b.lang.must(key)
	}
	return b.lang.must("kind.notice")
}

// name of a vendor: its own, with the company when that says more.
func (b *builder) name(id string) string {
	v, ok := b.vendors[id]
	if !ok || v.Name == "" {
		return id
	}
	return v.Name
}

func (b *builder) names(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, b.name(id))
	}
	return out
}

func (b *builder) sightings(ids []string) []reports.Sighting {
	var out []reports.Sighting
	for _, id := range ids {
		if s, ok := b.seen[id]; ok && len(out) < maxSeen {
			out = append(out, s)
		}
	}
	return out
}

func (b *builder) tiles() []tile {
	t, say := b.rep.Summary, b.lang.must
	return []tile{
		{t.Companies, say("tile.companies"), say("tile.companies.note", t.Unrecognized), "#vendors"},
		{t.UndisclosedCompanies, say("tile.undisclosed"), say("tile.undisclosed.note"), "#flows"},
		{t.ByPromise["broken"], say("tile.promises"), say("tile.promises.note", len(b.rep.Promises)), "#promises"},
		{t.BySeverity["critical"] + t.BySeverity["high"], say("tile.urgent"), say("tile.urgent.note", b.active()), "#findings"},
	}
}

// active counts the findings that count.
func (b *builder) active() int {
	n := 0
	for _, f := range b.rep.Findings {
		if b.rep.Open(f) {
			n++
		}
	}
	return n
}

func (b *builder) period(r *reports.Report) string {
	if r.FinishedAt == "" {
		return b.lang.must("period.open", b.lang.Time(r.StartedAt))
	}
	return b.lang.must("period", b.lang.Time(r.StartedAt), b.lang.Time(r.FinishedAt))
}

// left says how many of a list are not shown.
func left(all, most int) int { return max(0, all-most) }

// some names the first few of a list and counts the rest.
type some struct {
	First []string
	More  int
}

func someOf(list []string, n int) some {
	if len(list) <= n {
		return some{First: list}
	}
	return some{First: list[:n], More: len(list) - n}
}

// named are the first few pages of an entry.
type named struct {
	First []link
	More  int
}

// pages names the first few pages: those of the scanned host by their path.
func (b *builder) pages(list []string) named {
	s := someOf(list, b.pagesNamed())
	out := named{More: s.More}
	for _, p := range s.First {
		l := link{plain.Link(p), plain.Middle(p, 70)}
		if u, err := url.Parse(p); err == nil && l.Href != "" && u.Hostname() == b.rep.Site.Host {
			l.Label = plain.Middle(u.RequestURI(), 70)
		}
		out.First = append(out.First, l)
	}
	return out
}

// text is a string that may have been shortened.
type text struct{ Short, Full string }

func shorten(s string, n int) text {
	if cut := plain.Cut(s, n); cut != s {
		return text{cut, s}
	}
	return text{Short: s}
}

func shortAddress(s string, n int) text {
	if cut := plain.Middle(s, n); cut != s {
		return text{cut, s}
	}
	return text{Short: s}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// limitOf gives templates the bounds by name.
func limitOf(name string) (int, error) {
	n, ok := map[string]int{
		"gaps": maxGaps, "storage": maxStorage, "behaviors": maxBehaviors, "labels": maxLabels, "forms": maxForms, "fields": maxFields, "pages": maxPages, "hosts": maxHosts, "rules": maxRules, "declared": maxDeclared,
	}[name]
	if !ok {
		return 0, fmt.Errorf("no limit is called %q", name)
	}
	return n, nil
}
