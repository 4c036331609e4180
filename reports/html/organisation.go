package html

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/words"
)

//go:embed organisation.css
var organisationStyle string

var organisationStyles = style + briefStyle + organisationStyle

// Bounds of what an organisation's page lists; organisation.json has
// everything.
const (
	orgMatrixSites     = 24  // columns of companies by sites
	orgMatrixCompanies = 24  // rows of it
	orgCompanies       = 400 // rows of the table of companies
	orgNamed           = 40  // sites named for one company
	orgPlaces          = 6   // sites named for one finding
	orgTrends          = 200 // sites with a chart
	orgGaps            = 400
)

// organisation is what the template of several sites sees.
type organisation struct {
	O             *reports.Organisation // cleaned
	Style         template.CSS
	Script        template.JS
	Policy        string
	Lang          *language
	Name, Period  string
	Answer        []string
	Tiles         []tile
	Sites         []orgSite
	Columns       []orgColumn
	First         []orgFirst
	Matrix        orgMatrix
	Companies     []orgCompany
	CompaniesLeft int
	Trends        []orgTrend
	TrendsLeft    int
	Scored        bool
	Gaps          []string2
	GapsLeft      int
}

type string2 struct{ Name, Text string }

type orgColumn struct{ ID, Short, Question string }

type orgSite struct {
	reports.OrgSite
	Urgent int
	Row    []orgCell
	State  string // in words: when it was scanned, and whether that is whole
}

// orgCell is a place of the sites' table.
type orgCell struct{ Topic, Shape, Word, Severity, Href string }

type orgFirst struct {
	reports.OrgFinding
	More int // sites that are not named
}

// orgMatrix has a mark where a site sends a company data.
type orgMatrix struct {
	Sites                 []string
	Rows                  []orgMatrixRow
	SitesLeft, Comps, All int
}

type orgMatrixRow struct {
	Name  string
	Cells []cell
}

type orgCompany struct {
	reports.OrgCompany
	Worst string
	Where []orgWhere // by verdict
	Left  int
}

// orgWhere are the sites on which a company's flows have one verdict.
type orgWhere struct {
	Verdict string
	Hosts   []string
}

type orgTrend struct {
	Host, Text, State string
	*trend
}

// shapes are the marks of outcomes, beside their words.
var shapes = map[string]string{"differs": "incorrect", "needs-person": "ambiguous", "not-tested": "not-tested", "matches": "clear", "not-applicable": "stated"}

// Organisation writes the page over several sites, in English.
func Organisation(w io.Writer, org *reports.Organisation) error {
	return OrganisationIn(words.English)(w, org)
}

// OrganisationIn writes it with its own words in a language: one of Languages,
// or "" for English.
func OrganisationIn(code string) func(io.Writer, *reports.Organisation) error {
	return func(w io.Writer, org *reports.Organisation) error {
		said, err := words.For(cmp.Or(code, words.English))
		if err != nil {
			return fmt.Errorf("render organisation: %w", err)
		}
		lang := &language{said}
		v, err := newOrganisation(org, lang)
		if err != nil {
			return fmt.Errorf("render organisation: %w", err)
		}
		t, err := page().Clone()
		if err != nil {
			return fmt.Errorf("render organisation: %w", err)
		}
		if err := t.Funcs((&speaker{language: lang, page: t}).funcs()).ExecuteTemplate(w, "organisation.tmpl", v); err != nil {
			return fmt.Errorf("render organisation: %w", err)
		}
		return nil
	}
}

func newOrganisation(org *reports.Organisation, lang *language) (*organisation, error) {
	data, err := json.Marshal(org)
	if err != nil {
		return nil, err
	}
	o := &reports.Organisation{}
	if err := json.Unmarshal(data, o); err != nil {
		return nil, err
	}
	scrub(reflect.ValueOf(o).Elem())
	v := &organisation{
		O: o, Lang: lang, Style: template.CSS(organisationStyles), Script: template.JS(script), Policy: policy(organisationStyles),
		Name: lang.few(o.Names), Period: lang.day(o.To),
	}
	if from := lang.day(o.From); from != v.Period {
		v.Period = lang.must("org.period", from, v.Period)
	}
	v.answer()
	v.tiles()
	for _, t := range o.Topics {
		v.Columns = append(v.Columns, orgColumn{t.ID, capital(lang.word("orgtopic", t.ID)), t.Question})
	}
	for _, s := range o.Sites {
		v.Sites = append(v.Sites, v.site(s))
		v.Scored = v.Scored || s.Score != reports.Score{}
	}
	for _, f := range o.First {
		v.First = append(v.First, orgFirst{f, left(len(f.Sites), orgPlaces)})
	}
	v.matrix()
	v.companies()
	v.trends()
	v.gaps()
	return v, nil
}

// answer says the figures in fixed sentences.
func (v *organisation) answer() {
	t := v.O.Summary
	say := func(key string, args ...any) { v.Answer = append(v.Answer, v.Lang.must(key, args...)) }
	if t.Pages == 0 {
		say("org.answer.none")
		return
	}
	seen := v.seen()
	say("org.answer.sites", t.Pages, seen)
	if t.Companies == 0 {
		say("org.answer.alone")
	} else {
		say("org.answer.companies", t.Companies, t.Widespread)
		switch t.SitesUndisclosed {
		case 0:
			say("org.answer.disclosed")
		default:
			say("org.answer.undisclosed", t.SitesUndisclosed, t.Undisclosed)
		}
	}
	if t.SitesDenied > 0 {
		say("org.answer.denied", t.SitesDenied)
	}
	if t.RefusalTested > 0 {
		say("org.answer.refusal", t.RefusalTested, t.RefusalStill)
	} else {
		say("org.answer.norefusal")
	}
	if t.Urgent > 0 {
		say("org.answer.urgent", t.Urgent, t.SitesUrgent)
	}
	if t.Unscanned > 0 {
		say("org.answer.unscanned", t.Unscanned)
	}
	if t.Incomplete > 0 {
		say("org.answer.incomplete", t.Incomplete)
	}
}

// seen counts the sites of which a page was visited.
func (v *organisation) seen() int {
	n := 0
	for _, s := range v.O.Sites {
		if s.Visited > 0 {
			n++
		}
	}
	return n
}

func (v *organisation) tiles() {
	t, say := v.O.Summary, v.Lang.must
	v.Tiles = []tile{
		{v.seen(), say("org.tile.sites"), say("org.tile.sites.note", t.Unscanned, t.Incomplete), "#sites"},
		{t.Companies, say("tile.companies"), say("org.tile.companies.note", t.Widespread), "#companies"},
		{t.Undisclosed, say("tile.undisclosed"), say("org.tile.undisclosed.note", t.SitesUndisclosed), "#companies"},
		{t.Urgent, say("tile.urgent"), say("org.tile.urgent.note", v.O.Findings, t.SitesUrgent), "#first"},
	}
}

func (v *organisation) site(s reports.OrgSite) orgSite {
	out := orgSite{OrgSite: s, Urgent: s.BySeverity["critical"] + s.BySeverity["high"]}
	switch {
	case s.Visited == 0:
		out.State = v.Lang.must("org.site.none")
	case s.Incomplete != "":
		out.State = v.Lang.must("org.site.incomplete")
	}
	for i, c := range s.Cells {
		if i >= len(v.Columns) {
			break
		}
		x := orgCell{Topic: v.Columns[i].Short, Shape: shapes[c.Outcome], Word: v.Lang.word("outcome", c.Outcome)}
		if c.Severity != "" {
			x.Severity = v.Lang.word("severity", c.Severity)
		}
		if s.Link != "" {
			x.Href = s.Link + "#principle-" + v.Columns[i].ID
		}
		out.Row = append(out.Row, x)
	}
	return out
}

// matrix marks which of the sites send data to which of the companies.
func (v *organisation) matrix() {
	m, place := &v.Matrix, map[string]int{}
	for _, s := range v.O.Sites {
		switch {
		case s.Visited == 0:
		case len(m.Sites) == orgMatrixSites:
			m.SitesLeft++
		default:
			place[s.Host] = len(m.Sites)
			m.Sites = append(m.Sites, s.Host)
		}
	}
	m.All = len(v.O.Companies)
	for _, c := range v.O.Companies[:min(orgMatrixCompanies, m.All)] {
		row := orgMatrixRow{Name: c.Name, Cells: make([]cell, len(m.Sites))}
		for _, p := range c.Sites {
			if i, ok := place[p.Host]; ok {
				row.Cells[i].Word = seenAs(p)
			}
		}
		m.Rows = append(m.Rows, row)
	}
	m.Comps = len(m.Rows)
}

// seenAs is the verdict on a company's flows, or what the texts say of it where
// only requests were seen.
func seenAs(p reports.OrgPresence) string {
	if p.Verdict != "" {
		return p.Verdict
	}
	if p.Disclosed {
		return "vague"
	}
	return "omitted"
}

func (v *organisation) companies() {
	for _, c := range v.O.Companies[:min(orgCompanies, len(v.O.Companies))] {
		x := orgCompany{OrgCompany: c, Left: left(len(c.Sites), orgNamed)}
		hosts := map[string][]string{}
		for i, p := range c.Sites {
			w := seenAs(p)
			if x.Worst == "" || worry(w) < worry(x.Worst) {
				x.Worst = w
			}
			if i < orgNamed {
				hosts[w] = append(hosts[w], p.Host)
			}
		}
		for _, e := range verdicts {
			if len(hosts[e]) > 0 {
				x.Where = append(x.Where, orgWhere{e, hosts[e]})
			}
		}
		v.Companies = append(v.Companies, x)
	}
	v.CompaniesLeft = left(len(v.O.Companies), orgCompanies)
}

// trends are drawn for sites with two scans or more.
func (v *organisation) trends() {
	for _, s := range v.O.Sites {
		if len(s.Trend) < 2 {
			continue
		}
		if len(v.Trends) == orgTrends {
			v.TrendsLeft++
			continue
		}
		state := ""
		if s.Visited == 0 {
			state = v.Lang.must("org.trend.unseen", v.Lang.day(s.StartedAt))
		}
		first, last := s.Trend[0], s.Trend[len(s.Trend)-1]
		v.Trends = append(v.Trends, orgTrend{
			Host: s.Host, State: state, trend: v.Lang.trend(s.Trend, 300, 80),
			Text: v.Lang.must("org.trend.text", first.Urgent, last.Urgent, first.Companies, last.Companies),
		})
	}
}

func (v *organisation) gaps() {
	for _, g := range v.O.Gaps[:min(orgGaps, len(v.O.Gaps))] {
		var text string
		switch g.Kind {
		case "pages":
			text = v.Lang.must("org.gap.pages", g.Count, g.Of)
		case "state":
			text = v.Lang.must("org.gap.state", v.Lang.word("state", g.State))
		case "text":
			text = v.Lang.must("org.gap.text")
		case "unreadable", "no_pages", "incomplete", "only_new", "gaps":
			text = v.Lang.must("org.gap."+g.Kind, g.Count)
		}
		if g.Why != "" {
			text = strings.TrimRight(text, ".") + ": " + g.Why
		}
		if n := len(v.Gaps); n > 0 && v.Gaps[n-1].Name == g.Site {
			v.Gaps[n-1].Text += " " + sentence(text)
			continue
		}
		v.Gaps = append(v.Gaps, string2{g.Site, sentence(text)})
	}
	v.GapsLeft = left(len(v.O.Gaps), orgGaps)
}

// sentence ends with a full stop.
func sentence(s string) string {
	if slices.Contains([]string{".", "!", "?", "…"}, cmp.Or(lastRune(s), ".")) {
		return s
	}
	return s + "."
}

func lastRune(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return string(r[len(r)-1])
}
