package html

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

// finding is a finding with all that it points at.
type finding struct {
	reports.Finding
	Anchor     string
	RuleTitle  string
	Names      []string
	Quotes     []quote
	Links      []link // to flows, cookies and forms
	LinksMore  int
	PagesNamed named
	Lines      []string // of the suggested text
	Detail     *detail  // of the first findings
	Again      []quote  // quoted by a finding above
}

type link struct{ Href, Label string }

// card is the findings of one rule that weigh the same: one remedy, one place
// to look.
type card struct {
	Rule, Title, Severity, Outcome, Remediation string
	Items, More                                 []finding // More are folded
	Count                                       int
}

// addFindings puts findings into cards, in the order in which the first of each
// comes; the first cards show how each finding was seen.
func (b *builder) addFindings(v *view) []*card {
	all := b.rep.Findings
	v.FindingsLeft = left(len(all), maxFindings)
	var cards []*card
	full := 0
	place := map[[4]string]*card{}
	for i, f := range all[:min(maxFindings, len(all))] {
		x := b.finding(f, i)
		if f.Suppressed {
			v.Suppressed = append(v.Suppressed, x)
			continue
		}
		if !b.rep.Open(f) {
			v.Known = append(v.Known, x)
			continue
		}
		key := [4]string{f.Rule, f.Severity, f.Outcome, f.Remediation}
		c := place[key]
		if c == nil {
			c = &card{Rule: f.Rule, Title: x.RuleTitle, Severity: f.Severity, Outcome: f.Outcome, Remediation: f.Remediation}
			if c.Title == "" {
				c.Title = f.Title
			}
			place[key] = c
			cards = append(cards, c)
		}
		c.Count++
		if full < maxFull {
			full++
			x.Detail = b.detail(f)
		}
		if c.Count > maxTogether {
			c.More = append(c.More, x)
		} else {
			c.Items = append(c.Items, x)
		}
	}
	for i, c := range cards {
		if i >= maxTop {
			v.Others = append(v.Others, *c)
			v.OthersCount += c.Count
			continue
		}
		v.Top = append(v.Top, *c)
	}
	return cards
}

func (b *builder) finding(f reports.Finding, i int) finding {
	x := finding{Finding: f, Names: b.names(f.Recipients), Quotes: b.quotes(f.Statements), PagesNamed: b.pages(f.Pages)}
	x.Anchor = "finding-" + strconv.Itoa(i+1)
	x.RuleTitle = b.rules[f.Rule].Title
	if i < len(b.suggested) {
		x.Lines = b.suggested[i]
	}
	if len(b.rep.Findings) > manyFindings {
		x.Quotes = slices.DeleteFunc(x.Quotes, func(q quote) bool {
			if b.quoted[q.ID] {
				x.Again = append(x.Again, q)
			}
			b.quoted[q.ID] = true
			return len(x.Again) > 0 && x.Again[len(x.Again)-1].ID == q.ID
		})
	}
	for i, q := range x.Quotes {
		x.Quotes[i].Told = strings.Contains(f.Message, q.Text)
		if !b.heard[q.ID] { // with the first finding that rests on it
			b.heard[q.ID] = true
			x.Quotes[i].Opinions, x.Quotes[i].Heard = someOpinions(b.statements[q.ID].s), ""
		}
	}
	for _, id := range f.Evidence {
		l := link{}
		if a := b.flows[id]; a != "" {
			l = link{"#" + a, b.lang.must("flow.n", a[len("flow-"):])}
		} else if a := b.cookies[id]; a != "" {
			l = link{"#" + a, b.lang.must("cookie.n", a[len("cookie-"):])}
		} else if a := b.forms[id]; a != "" {
			l = link{"#" + a, b.lang.must("form.small.n", a[len("form-"):])}
		} else if a := b.storage[id]; a != "" {
			l = link{"#" + a, b.lang.must("storage.n", a[len("storage-"):])}
		} else {
			continue
		}
		if len(x.Links) == 8 {
			x.LinksMore++
			continue
		}
		x.Links = append(x.Links, l)
	}
	return x
}

// requestsOf are the requests that show a finding: its own, or else the first
// of each flow that it points at.
func (b *builder) requestsOf(f reports.Finding) []string {
	var own, theirs []string
	for _, id := range f.Evidence {
		if _, ok := b.seen[id]; ok {
			own = append(own, id)
		}
		if i, ok := b.flowAt[id]; ok && len(b.rep.Flows[i].Evidence) > 0 {
			theirs = append(theirs, b.rep.Flows[i].Evidence[0])
		}
	}
	if len(own) > 0 {
		return own
	}
	return slices.Compact(theirs)
}

// pagesNamed is how many pages one entry names: fewer in a long report.
func (b *builder) pagesNamed() int {
	if len(b.rep.Flows) > manyFlows || len(b.rep.Findings) > manyFindings {
		return 1
	}
	return maxPagesNamed
}

// vendor is a recipient with its flows counted.
type vendor struct {
	reports.Vendor
	Flows    int
	Worst    string // verdict that wants a look first
	Cookies  int
	Storage  int
	Insecure int
}

func (b *builder) vendorRows() ([]vendor, int) {
	byID := map[string]*vendor{}
	var order []*vendor
	for _, v := range b.rep.Vendors {
		x := &vendor{Vendor: v}
		if byID[v.ID] == nil {
			byID[v.ID] = x
			order = append(order, x)
		}
	}
	for _, f := range b.rep.Flows {
		if v := byID[f.Recipient.Vendor]; v != nil {
			v.Flows++
			if v.Worst == "" || worry(f.Disclosure.Verdict) < worry(v.Worst) {
				v.Worst = f.Disclosure.Verdict
			}
		}
	}
	for _, c := range b.rep.Cookies {
		if v := byID[c.Vendor]; v != nil {
			v.Cookies++
		}
	}
	for _, s := range b.rep.Storage {
		if v := byID[s.Vendor]; v != nil {
			v.Storage++
		}
	}
	for _, h := range b.rep.Requests {
		if v := byID[h.Vendor]; v != nil {
			v.Insecure += h.Insecure
		}
	}
	slices.SortStableFunc(order, func(x, y *vendor) int {
		return cmp.Or(cmp.Compare(y.Party, x.Party), cmp.Compare(len(y.Pages), len(x.Pages)), cmp.Compare(y.Requests, x.Requests), cmp.Compare(x.ID, y.ID))
	})
	out := make([]vendor, 0, len(order))
	for _, v := range order[:min(maxVendors, len(order))] {
		out = append(out, *v)
	}
	return out, left(len(order), maxVendors)
}

// group is the flows to one recipient.
type group struct {
	Vendor  reports.Vendor
	Name    string
	Entity  string
	Worst   string
	Flows   []flow
	Counts  []bar
	Unnamed bool
}

type flow struct {
	reports.Flow
	Anchor     string
	Short      bool   // in a long report
	Label      string // "flow 12", as links to it say
	Quotes     []quote
	Again      []quote // quoted above for the same recipient
	Candidates []quote
	Seen       []reports.Sighting
	PagesNamed named
}

// groups arranges flows by recipient: those that want a look first come first.
func (b *builder) groups() (third, own []group, more int) {
	byVendor := map[string]*group{}
	var order []*group
	shown := b.rep.Flows[:min(maxFlows, len(b.rep.Flows))]
	for i, f := range shown {
		key := f.Recipient.Party + " " + f.Recipient.Vendor
		g := byVendor[key]
		if g == nil {
			v := b.vendors[f.Recipient.Vendor]
			g = &group{Vendor: v, Name: b.name(f.Recipient.Vendor), Entity: f.Recipient.Entity, Worst: f.Disclosure.Verdict}
			if g.Entity == g.Name {
				g.Entity = ""
			}
			byVendor[key] = g
			order = append(order, g)
		}
		if worry(f.Disclosure.Verdict) < worry(g.Worst) {
			g.Worst = f.Disclosure.Verdict
		}
		g.Flows = append(g.Flows, flow{Flow: f, Anchor: "flow-" + strconv.Itoa(i+1), Label: b.lang.must("flow.n", strconv.Itoa(i+1)), PagesNamed: b.pages(f.Pages), Short: i >= manyFlows})
	}
	for _, g := range order {
		slices.SortStableFunc(g.Flows, func(x, y flow) int {
			return cmp.Compare(worry(x.Disclosure.Verdict), worry(y.Disclosure.Verdict))
		})
		n := map[string]int{}
		for _, f := range g.Flows {
			n[f.Disclosure.Verdict]++
		}
		for _, e := range verdicts {
			if n[e] > 0 {
				g.Counts = append(g.Counts, bar{Word: e, Count: n[e]})
			}
		}
	}
	slices.SortStableFunc(order, func(x, y *group) int {
		return cmp.Or(cmp.Compare(worry(x.Worst), worry(y.Worst)), cmp.Compare(len(y.Flows), len(x.Flows)), cmp.Compare(x.Name, y.Name))
	})
	inline := maxInline
	for _, g := range order {
		b.fill(g, &inline)
		if g.Flows[0].Recipient.Party == "third" {
			third = append(third, *g)
		} else {
			own = append(own, *g)
		}
	}
	return third, own, left(len(b.rep.Flows), maxFlows)
}

// fill adds the sentences and requests to a group's flows. A sentence is quoted
// once for each recipient; requests are shown while inline lasts.
func (b *builder) fill(g *group, inline *int) {
	quoted := map[string]bool{}
	for i := range g.Flows {
		f := &g.Flows[i]
		quotes := b.quotes(f.Disclosure.Statements)
		near := len(quotes) == 0
		if near {
			quotes = b.quotes(f.Disclosure.Candidates)
		}
		for _, q := range quotes {
			switch {
			case quoted[q.ID]:
				f.Again = append(f.Again, q)
			case near:
				f.Candidates = append(f.Candidates, q)
			default:
				f.Quotes = append(f.Quotes, q)
			}
			quoted[q.ID] = true
		}
		if *inline > 0 {
			f.Seen = b.sightings(f.Evidence[:min(1, len(f.Evidence))])
			*inline -= len(f.Seen)
		}
	}
}

// promise is a promise with its sentence.
type promise struct {
	reports.Promise
	Quote quote
	Found bool
	Links []link
	More  int
}

func (b *builder) promises() []promise {
	out := make([]promise, 0, len(b.rep.Promises))
	for _, p := range b.rep.Promises {
		x := promise{Promise: p}
		if x.Quote, x.Found = b.quote(p.Statement); !x.Found && p.Quote != "" {
			x.Quote, x.Found = b.promised(p)
		}
		for _, id := range p.Flows {
			if a := b.flows[id]; a != "" && len(x.Links) < 6 {
				x.Links = append(x.Links, link{"#" + a, b.lang.must("flow.n", a[len("flow-"):])})
			} else {
				x.More++
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(x, y promise) int {
		return cmp.Compare(rankIn(promiseVerdicts, x.Verdict), rankIn(promiseVerdicts, y.Verdict))
	})
	return out
}

func rankIn(list []string, word string) int {
	return slices.Index(list, word)
}

// cookie is a cookie with its setter in one line.
type cookie struct {
	reports.Cookie
	Anchor, Setter, VendorName string
	SetterName                 string // of another party that set it
	ByOther                    bool   // a first-party cookie that another party's script set
	Longer                     bool   // observed lifetime is longer than the stated one by over a tenth and a day
}

func (b *builder) cookieRows() ([]cookie, int) {
	var out []cookie
	for i, c := range b.rep.Cookies[:min(maxCookies, len(b.rep.Cookies))] {
		x := cookie{Cookie: c, Anchor: "cookie-" + strconv.Itoa(i+1), Setter: c.SetBy.URL, VendorName: b.name(c.Vendor)}
		if c.SetterParty == "third" {
			x.SetterName = b.name(c.SetterVendor)
			x.ByOther = c.Party == "first"
		}
		if x.Setter == "" && len(c.SetBy.Initiators) > 0 {
			x.Setter = c.SetBy.Initiators[0]
		}
		if stated := c.DeclaredLifetimeDays; c.Declared && stated >= 0 && !c.Session {
			x.Longer = c.LifetimeDays > stated*1.1 && c.LifetimeDays > stated+1
		}
		out = append(out, x)
	}
	return out, left(len(b.rep.Cookies), maxCookies)
}

// document is a policy with the statements that are shown.
type document struct {
	reports.Policy
	Name   string
	Cited  []shownStatement
	Others []shownStatement
	Left   int
}

type shownStatement struct {
	reports.Statement
	Anchor, Link, Lang string
}

func (b *builder) documents() []document {
	var out []document
	for _, d := range b.rep.Policies {
		x := document{Policy: d, Name: b.docName(d)}
		for _, s := range d.Statements {
			at := b.statements[s.ID]
			if at.doc.ID != d.ID || at.s.Start != s.Start {
				continue // a second statement of the same id has no anchor
			}
			q, _ := b.quote(s.ID)
			s.SecondOpinions = someOpinions(s)
			y := shownStatement{Statement: s, Anchor: at.anchor, Link: q.Link, Lang: d.Language}
			switch {
			case b.cited[s.ID]:
				x.Cited = append(x.Cited, y)
			case len(x.Others) < maxStatements:
				x.Others = append(x.Others, y)
			default:
				x.Left++
			}
		}
		out = append(out, x)
	}
	return out
}

// answer is a question with the sentences that are shown.
type answer struct {
	reports.PolicyAnswer
	Shown []passage
	More  int
}

type passage struct {
	reports.Passage
	Doc, Link, Lang string
}

func (b *builder) answers() (out []answer, found int) {
	docs := map[string]reports.Policy{}
	for _, d := range b.rep.Policies {
		docs[d.ID] = d
	}
	for _, a := range b.rep.Answers {
		x := answer{PolicyAnswer: a, More: a.Left + left(len(a.Passages), maxPassages)}
		for _, p := range a.Passages[:min(maxPassages, len(a.Passages))] {
			d := docs[p.Policy]
			x.Shown = append(x.Shown, passage{Passage: p, Doc: b.docName(d), Link: plain.Fragment(d.URL, p.Quote), Lang: d.Language})
		}
		if a.Found {
			found++
		}
		out = append(out, x)
	}
	return out, found
}

// someOpinions are the first few opinions on a sentence.
func someOpinions(s reports.Statement) []reports.SecondOpinion {
	return s.SecondOpinions[:min(maxOpinions, len(s.SecondOpinions))]
}
