package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// OrgScan is a scan that is handed in.
type OrgScan struct {
	Report     *Report // not kept
	Link       string  // the report as a path from the organisation's; "" when there is none
	Incomplete string  // why it does not pass as whole; "" when it does
}

// Sites gathers scans for an Organisation. Of each it keeps what the page
// needs, so that many can be read one after the other.
type Sites struct {
	sites map[string][]*siteScan // host → its scans
	gaps  []OrgGap
	seen  map[string]bool
	scans int
}

// siteScan is what is kept of a scan.
type siteScan struct {
	ref       ScanRef
	earlier   []ScanRef
	site      OrgSite
	cells     map[string]OrgCell
	topics    []OrgTopic
	companies map[string]*OrgPresence
	known     map[string]bool // companies that the knowledge base knows
	findings  []OrgFinding
	open      int
	gaps      []OrgGap
	version   string
}

// Unreadable notes a folder of which nothing can be said.
func (s *Sites) Unreadable(folder, why string) {
	s.gaps = append(s.gaps, OrgGap{Site: folder, Kind: "unreadable", Why: why})
}

// Add takes a scan. The same scan given twice counts once.
func (s *Sites) Add(in OrgScan) {
	rep := in.Report
	host := strings.ToLower(cmp.Or(rep.Site.Host, rep.Site.URL, "?"))
	id := strings.Join([]string{host, rep.ScanID, rep.StartedAt}, "\x00")
	if s.seen[id] {
		return
	}
	if s.seen == nil {
		s.seen, s.sites = map[string]bool{}, map[string][]*siteScan{}
	}
	s.seen[id] = true
	s.scans++
	x := newSiteScan(host, in)
	list := append(s.sites[host], x)
	slices.SortStableFunc(list, func(a, b *siteScan) int {
		return cmp.Or(cmp.Compare(a.ref.StartedAt, b.ref.StartedAt), cmp.Compare(a.ref.ScanID, b.ref.ScanID))
	})
	for _, old := range list[:len(list)-1] { // only its figures are needed
		old.cells, old.companies, old.findings = nil, nil, nil
	}
	s.sites[host] = list
}

// newSiteScan keeps of a report what stands beside other sites'.
func newSiteScan(host string, in OrgScan) *siteScan {
	rep := in.Report
	x := &siteScan{ref: RefOf(rep), cells: map[string]OrgCell{}, companies: map[string]*OrgPresence{}, known: map[string]bool{}, version: rep.Tool.RulesVersion}
	if rep.Changes.Compared() {
		x.earlier = append(slices.Clone(rep.Changes.History), rep.Changes.Against)
	}
	t, c := rep.Summary, rep.Coverage
	x.site = OrgSite{
		Host: host, URL: rep.Site.URL, Entity: rep.Site.Entity, Link: in.Link, ScanID: rep.ScanID, StartedAt: rep.StartedAt, Incomplete: in.Incomplete,
		Visited: c.PagesVisited, Failed: c.PagesFailed, States: list(c.States), Gaps: len(c.Gaps), Texts: len(rep.Policies),
		Companies: t.Companies, Undisclosed: t.UndisclosedCompanies, Promises: len(rep.Promises), Differ: t.ByPromise["broken"], Denied: t.ByVerdict["incorrect"],
		StillSeen: -1, BySeverity: zeros(Severities),
	}
	x.site.Score, _ = rep.Score()
	x.addFindings(rep)
	x.addCompanies(rep)
	x.addGaps(rep, in.Incomplete)
	return x
}

func (x *siteScan) addFindings(rep *Report) {
	rule, place := map[string]Rule{}, map[string]int{}
	for _, r := range rep.Rules {
		rule[r.ID] = r
	}
	open := map[string]Finding{}
	for i, f := range rep.Findings {
		if !rep.Open(f) {
			continue
		}
		x.open++
		x.site.BySeverity[f.Severity]++
		open[f.ID] = f
		key := f.Rule + "\x00" + f.Title
		if _, ok := place[key]; ok || len(x.findings) == maxOrgCandidates {
			continue
		}
		place[key] = i
		r, link := rule[f.Rule], ""
		if x.site.Link != "" {
			link = fmt.Sprintf("%s#finding-%d", x.site.Link, i+1)
		}
		x.findings = append(x.findings, OrgFinding{
			Rule: f.Rule, Title: f.Title, Message: f.Message, Outcome: f.Outcome, Severity: f.Severity, Confidence: f.Confidence,
			Matters: r.Matters, Owner: r.Owner, Remediation: cmp.Or(f.Remediation, r.Remediation),
			Sites: []OrgPlace{{Host: x.site.Host, Link: link, Finding: f.ID, Since: f.FirstSeen}},
		})
	}
	for _, p := range rep.Principles {
		c := OrgCell{Outcome: p.Outcome}
		for _, id := range p.Findings {
			if f, ok := open[id]; ok {
				c.Findings++
				if c.Severity == "" || severer(f.Severity, c.Severity) {
					c.Severity = f.Severity
				}
			}
		}
		if _, ok := x.cells[p.ID]; !ok {
			x.cells[p.ID] = c
			x.topics = append(x.topics, OrgTopic{p.ID, p.Question})
		}
	}
}

// severer reports whether a severity weighs more than another.
func severer(a, b string) bool { return placeIn(Severities, a) < placeIn(Severities, b) }

// placeIn is the place of a word in a list; what is not in it comes last.
func placeIn(list []string, word string) int {
	if i := slices.Index(list, word); i >= 0 {
		return i
	}
	return len(list)
}

// firstLook are the verdicts from what wants a look first to what is fine.
var firstLook = []string{"incorrect", "omitted", "not-tested", "ambiguous", "vague", "clear"}

func (x *siteScan) addCompanies(rep *Report) {
	worst := map[string]string{}
	for _, f := range rep.Flows {
		v, d := f.Recipient.Vendor, f.Disclosure.Verdict
		if old, ok := worst[v]; !ok || placeIn(firstLook, d) < placeIn(firstLook, old) {
			worst[v] = d
		}
	}
	told := told(rep)
	pages, states := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, v := range rep.Vendors {
		if v.Party != "third" {
			continue
		}
		name := company(v)
		p := x.companies[name]
		if p == nil {
			p = &OrgPresence{Host: x.site.Host, Products: []string{}}
			x.companies[name], pages[name], states[name] = p, map[string]bool{}, map[string]bool{}
		}
		x.known[name] = x.known[name] || v.Recognized
		p.Products = append(p.Products, cmp.Or(v.Name, v.ID))
		p.Disclosed = p.Disclosed || told[v.ID]
		if d := worst[v.ID]; d != "" && (p.Verdict == "" || placeIn(firstLook, d) < placeIn(firstLook, p.Verdict)) {
			p.Verdict = d
		}
		for _, u := range v.Pages {
			pages[name][u] = true
		}
		for _, s := range v.States {
			states[name][s] = true
		}
	}
	for name, p := range x.companies {
		slices.Sort(p.Products)
		p.Products = slices.Compact(p.Products)
		p.Pages, p.States = len(pages[name]), []string{}
		for _, s := range rep.Coverage.States { // in the order in which they were visited
			if states[name][s] {
				p.States = append(p.States, s)
			}
		}
	}
}

// addGaps says what is missing of a scan.
func (x *siteScan) addGaps(rep *Report, incomplete string) {
	c := rep.Coverage
	add := func(g OrgGap) {
		g.Site = x.site.Host
		x.gaps = append(x.gaps, g)
	}
	switch {
	case c.PagesVisited == 0:
		why := incomplete
		if len(c.Gaps) > 0 {
			why = c.Gaps[0].Why
		}
		add(OrgGap{Kind: "no_pages", Why: why})
	case incomplete != "":
		add(OrgGap{Kind: "incomplete", Why: incomplete})
	}
	if c.PagesVisited > 0 && c.PagesFailed > 0 {
		add(OrgGap{Kind: "pages", Count: c.PagesFailed, Of: c.PagesFailed + c.PagesVisited})
	}
	for _, s := range rep.Choices {
		if !s.Tested && c.PagesVisited > 0 {
			add(OrgGap{Kind: "state", State: s.State, Why: s.Why})
		} else if s.Tested && s.State == "reject" {
			x.site.StillSeen = s.StillSeen
		}
	}
	if c.PagesVisited > 0 && (len(rep.Policies) == 0 || rep.Summary.ByVerdict["not-tested"] > 0) {
		add(OrgGap{Kind: "text", Count: rep.Summary.ByVerdict["not-tested"]})
	}
	if rep.Changes.NewOnly {
		add(OrgGap{Kind: "only_new", Count: rep.Summary.Known})
	}
	if n := len(c.Gaps); n > 0 && c.PagesVisited > 0 {
		add(OrgGap{Kind: "gaps", Count: n})
	}
}
