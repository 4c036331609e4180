package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// OrganisationSchema is the version of organisation.json.
const OrganisationSchema = "candor.organisation/1"

// Bounds of an organisation's report.
const (
	MaxOrganisationScans = 500     // scans of all sites together
	MaxOrganisationBytes = 2 << 30 // of their scan.json together
	maxOrgFirst          = 5       // findings at the top
	maxOrgTrend          = 24      // scans of one site
	maxOrgPlaces         = 500     // sites of one finding
	maxOrgCandidates     = 2000    // findings of one site that are compared with those of others
)

// Organisation is the report over several sites, organisation.json. The newest
// scan of a site is its state; older ones are its trend. It has what the sites'
// own reports have, put side by side, and judges nothing anew.
type Organisation struct {
	Schema    string       `json:"schema" enum:"candor.organisation/1"`
	Notice    string       `json:"notice" doc:"What this report is and is not."`
	Names     []string     `json:"names" doc:"Organisations that the sites' profiles name."`
	From      string       `json:"from" doc:"Start of the earliest of the sites' newest scans; RFC 3339, UTC."`
	To        string       `json:"to" doc:"Start of the latest of them."`
	Scans     int          `json:"scans" doc:"Scans that were read, older ones of a site among them."`
	Versions  []string     `json:"rules_versions" doc:"Of the rules that judged the sites' newest scans."`
	Topics    []OrgTopic   `json:"topics" doc:"The questions that the sites' reports answer."`
	Sites     []OrgSite    `json:"sites" doc:"From what wants a look first; sites of which no page was visited come last."`
	Companies []OrgCompany `json:"companies" doc:"Third parties, those on most sites first."`
	First     []OrgFinding `json:"first" doc:"What to do first over all sites; at most 5."`
	Findings  int          `json:"findings" doc:"Findings that count, over all sites."`
	Gaps      []OrgGap     `json:"gaps" doc:"Sites and scans of which something is missing, by site."`
	Summary   OrgTotals    `json:"summary"`
}

// OrgTopic is a question that stands over a column of the sites' table.
type OrgTopic struct {
	ID       string `json:"id"`
	Question string `json:"question"`
}

// OrgSite is a site by its newest scan.
type OrgSite struct {
	Host        string         `json:"host"`
	URL         string         `json:"url"`
	Entity      string         `json:"entity" doc:"As its profile says; empty when it does not."`
	Link        string         `json:"link" doc:"Its own report, as a path from this one; empty when there is none."`
	ScanID      string         `json:"scan_id"`
	StartedAt   string         `json:"started_at"`
	Incomplete  string         `json:"incomplete" doc:"Why the scan does not pass as whole; empty when it does."`
	Visited     int            `json:"pages_visited"`
	Failed      int            `json:"pages_failed"`
	States      []string       `json:"states"`
	Gaps        int            `json:"gaps"`
	Texts       int            `json:"texts" doc:"Notices that were read."`
	Companies   int            `json:"companies"`
	Undisclosed int            `json:"undisclosed_companies"`
	Promises    int            `json:"promises"`
	Differ      int            `json:"promises_differ"`
	Denied      int            `json:"flows_denied" doc:"Flows that the texts say do not happen."`
	StillSeen   int            `json:"still_seen" doc:"Recipients that still got an identifier after everything was refused; -1 when that was not tested."`
	BySeverity  map[string]int `json:"by_severity" doc:"Findings that count."`
	Cells       []OrgCell      `json:"cells" doc:"In the order of topics."`
	Score       Score          `json:"score,omitzero" doc:"Only when it was asked for."`
	Trend       []ScanRef      `json:"trend" doc:"Its scans in which a page was visited, oldest first, this one last; at most 24."`
}

// OrgCell is what a site's report says to a topic.
type OrgCell struct {
	Outcome  string `json:"outcome" enum:"differs|matches|needs-person|not-applicable|not-tested"`
	Severity string `json:"severity" enum:"critical|high|medium|low|info|" doc:"The highest of its findings that count; empty when there is none."`
	Findings int    `json:"findings" doc:"That count."`
}

// OrgCompany is a company with the sites that send it data.
type OrgCompany struct {
	Name       string        `json:"name" doc:"Or a registrable domain, where the company is not known."`
	Recognized bool          `json:"recognized"`
	Products   []string      `json:"products"`
	Sites      []OrgPresence `json:"sites" doc:"In the order of sites."`
}

// OrgPresence is a company on a site.
type OrgPresence struct {
	Host      string   `json:"host"`
	Products  []string `json:"products"`
	Verdict   string   `json:"verdict" enum:"clear|vague|ambiguous|incorrect|omitted|not-tested|" doc:"Of its flows the one that wants a look first; empty when only requests were seen."`
	Disclosed bool     `json:"disclosed" doc:"The texts name or cover it."`
	Pages     int      `json:"pages"`
	States    []string `json:"states"`
}

// OrgFinding is a finding with the sites that have it: the same rule and title.
type OrgFinding struct {
	Rule        string     `json:"rule"`
	Title       string     `json:"title"`
	Message     string     `json:"message" doc:"Of the first site."`
	Outcome     string     `json:"outcome" enum:"differs|matches|needs-person|not-applicable|not-tested"`
	Severity    string     `json:"severity" enum:"critical|high|medium|low|info"`
	Confidence  string     `json:"confidence" enum:"direct|strong|indirect|text-weak"`
	Matters     string     `json:"matters"`
	Owner       string     `json:"owner" enum:"marketing|product|engineering|legal|hr|security|"`
	Remediation string     `json:"remediation"`
	Sites       []OrgPlace `json:"sites" doc:"In the order of sites."`
}

// OrgPlace is where a finding stands.
type OrgPlace struct {
	Host    string `json:"host"`
	Link    string `json:"link" doc:"Into the site's own report; empty when there is none."`
	Finding string `json:"finding" doc:"Id in that report."`
	Since   string `json:"first_seen"`
}

// OrgGap is something that is missing of a site.
type OrgGap struct {
	Site  string `json:"site" doc:"Host, or name of the folder that could not be read."`
	Kind  string `json:"kind" enum:"unreadable|no_pages|incomplete|pages|state|text|only_new|gaps"`
	State string `json:"state" doc:"Of kind state."`
	Count int    `json:"count"`
	Of    int    `json:"of"`
	Why   string `json:"why"`
}

// OrgTotals are the figures of the summary.
type OrgTotals struct {
	Sites            int `json:"sites" doc:"Folders that could not be read are none."`
	Unscanned        int `json:"unscanned" doc:"Sites of which no page was visited, and folders that could not be read."`
	Incomplete       int `json:"incomplete" doc:"Other sites whose scan does not pass as whole."`
	Pages            int `json:"pages"`
	Companies        int `json:"companies"`
	Widespread       int `json:"widespread" doc:"Companies on more than half of the sites."`
	Undisclosed      int `json:"undisclosed_companies" doc:"Companies that the texts of at least one site neither name nor cover."`
	SitesUndisclosed int `json:"sites_undisclosed" doc:"Sites with such a company."`
	SitesDenied      int `json:"sites_denied" doc:"Sites on which something was observed that the texts say does not happen."`
	RefusalTested    int `json:"refusal_tested" doc:"Sites on which refusing everything was tested."`
	RefusalStill     int `json:"refusal_still" doc:"Of those, the ones on which a recipient still got an identifier."`
	Urgent           int `json:"urgent" doc:"Findings of high severity or above that count."`
	SitesUrgent      int `json:"sites_urgent"`
}

// Organisation puts the scans together. The same scans give the same report, in
// whatever order they were added.
func (s *Sites) Organisation() *Organisation {
	o := &Organisation{Schema: OrganisationSchema, Notice: Notice, Scans: s.scans, Names: []string{}, Versions: []string{}, Topics: []OrgTopic{}, Sites: []OrgSite{}, Companies: []OrgCompany{}, First: []OrgFinding{}, Gaps: []OrgGap{}}
	var newest []*siteScan
	for _, host := range slices.Sorted(maps.Keys(s.sites)) {
		scans := s.sites[host]
		x := scans[len(scans)-1]
		x.site.Trend = trendOf(scans)
		newest = append(newest, x)
	}
	slices.SortStableFunc(newest, moreUrgent)
	for _, x := range newest {
		for _, t := range x.topics {
			if !slices.ContainsFunc(o.Topics, func(y OrgTopic) bool { return y.ID == t.ID }) {
				o.Topics = append(o.Topics, t)
			}
		}
	}
	for _, x := range newest {
		x.site.Cells = []OrgCell{}
		for _, t := range o.Topics {
			c, ok := x.cells[t.ID]
			if !ok || x.site.Visited == 0 {
				c = OrgCell{Outcome: "not-tested"}
			}
			x.site.Cells = append(x.site.Cells, c)
		}
		o.Sites = append(o.Sites, x.site)
		o.Findings += x.open
		o.Gaps = append(o.Gaps, x.gaps...)
		o.Names, o.Versions = append(o.Names, x.site.Entity), append(o.Versions, x.version)
		if at := x.site.StartedAt; at != "" {
			if o.From == "" || at < o.From {
				o.From = at
			}
			o.To = max(o.To, at)
		}
	}
	o.Names, o.Versions = distinct(o.Names), distinct(o.Versions)
	unread := slices.Clone(s.gaps)
	slices.SortFunc(unread, func(a, b OrgGap) int { return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Why, b.Why)) })
	o.Gaps = append(unread, o.Gaps...)
	o.gravest()
	o.companies(newest)
	o.first(newest)
	o.total(len(unread))
	return o
}

// gravest puts the gaps of sites that could not be scanned as a whole first.
func (o *Organisation) gravest() {
	order := []string{"unreadable", "no_pages", "incomplete"}
	worst := map[string]int{}
	for _, g := range o.Gaps {
		if old, ok := worst[g.Site]; !ok || placeIn(order, g.Kind) < old {
			worst[g.Site] = placeIn(order, g.Kind)
		}
	}
	slices.SortStableFunc(o.Gaps, func(a, b OrgGap) int { return cmp.Compare(worst[a.Site], worst[b.Site]) })
}

// moreUrgent puts sites of which no page was visited last.
func moreUrgent(a, b *siteScan) int {
	blank := func(x *siteScan) int {
		if x.site.Visited == 0 {
			return 1
		}
		return 0
	}
	by := []int{cmp.Compare(blank(a), blank(b))}
	for _, word := range Severities {
		by = append(by, cmp.Compare(b.site.BySeverity[word], a.site.BySeverity[word]))
	}
	return cmp.Or(append(by, cmp.Compare(a.site.Host, b.site.Host))...)
}

// trendOf are the scans of a site in which a page was visited, also those that
// its scans were compared with, oldest first.
func trendOf(scans []*siteScan) []ScanRef {
	var out []ScanRef
	add := func(refs ...ScanRef) {
		for _, r := range refs {
			if !slices.ContainsFunc(out, func(x ScanRef) bool { return x.ScanID == r.ScanID && x.StartedAt == r.StartedAt }) {
				out = append(out, r)
			}
		}
	}
	for _, x := range scans {
		if x.site.Visited > 0 { // of nothing there are no figures
			add(x.ref)
		}
	}
	for _, x := range scans {
		add(x.earlier...)
	}
	slices.SortStableFunc(out, func(a, b ScanRef) int {
		return cmp.Or(cmp.Compare(a.StartedAt, b.StartedAt), cmp.Compare(a.ScanID, b.ScanID))
	})
	return out[max(0, len(out)-maxOrgTrend):]
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
}

func (o *Organisation) companies(newest []*siteScan) {
	place := map[string]int{}
	for _, x := range newest {
		for _, name := range slices.Sorted(maps.Keys(x.companies)) {
			i, ok := place[name]
			if !ok {
				i = len(o.Companies)
				place[name] = i
				o.Companies = append(o.Companies, OrgCompany{Name: name, Products: []string{}})
			}
			c, p := &o.Companies[i], *x.companies[name]
			c.Sites, c.Products, c.Recognized = append(c.Sites, p), append(c.Products, p.Products...), c.Recognized || x.known[name]
		}
	}
	for i := range o.Companies {
		o.Companies[i].Products = distinct(o.Companies[i].Products)
	}
	slices.SortStableFunc(o.Companies, func(a, b OrgCompany) int {
		return cmp.Or(cmp.Compare(len(b.Sites), len(a.Sites)), cmp.Compare(a.Name, b.Name))
	})
}

// first are what weighs most on most sites; one rule does not fill the list
// while others wait.
func (o *Organisation) first(newest []*siteScan) {
	place, all := map[string]int{}, []OrgFinding{}
	for _, x := range newest {
		for _, f := range x.findings {
			key := f.Rule + "\x00" + f.Title
			i, ok := place[key]
			if !ok {
				place[key] = len(all)
				all = append(all, f)
				continue
			}
			old := &all[i]
			if severer(f.Severity, old.Severity) {
				old.Severity = f.Severity
			}
			if len(old.Sites) < maxOrgPlaces {
				old.Sites = append(old.Sites, f.Sites...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b OrgFinding) int {
		return cmp.Or(cmp.Compare(placeIn(Severities, a.Severity), placeIn(Severities, b.Severity)), cmp.Compare(len(b.Sites), len(a.Sites)),
			cmp.Compare(placeIn(confidences, a.Confidence), placeIn(confidences, b.Confidence)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Title, b.Title))
	})
	round, n := make([]int, len(all)), map[string]int{}
	for i, f := range all {
		key := f.Severity + "\x00" + f.Rule
		round[i] = n[key]
		n[key]++
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(placeIn(Severities, all[a].Severity), placeIn(Severities, all[b].Severity)), cmp.Compare(round[a], round[b]))
	})
	for _, i := range order[:min(maxOrgFirst, len(order))] {
		o.First = append(o.First, all[i])
	}
}

func (o *Organisation) total(unread int) {
	t := &o.Summary
	t.Sites, t.Unscanned, t.Companies = len(o.Sites), unread, len(o.Companies)
	seen := 0
	for _, s := range o.Sites {
		t.Pages += s.Visited
		if s.Visited == 0 {
			t.Unscanned++
			continue
		}
		seen++
		urgent := s.BySeverity["critical"] + s.BySeverity["high"]
		t.Urgent += urgent
		for _, x := range []struct {
			holds bool
			count *int
		}{
			{s.Incomplete != "", &t.Incomplete}, {urgent > 0, &t.SitesUrgent}, {s.Undisclosed > 0, &t.SitesUndisclosed}, {s.Denied > 0, &t.SitesDenied},
			{s.StillSeen >= 0, &t.RefusalTested}, {s.StillSeen > 0, &t.RefusalStill},
		} {
			if x.holds {
				*x.count++
			}
		}
	}
	for _, c := range o.Companies {
		if 2*len(c.Sites) > seen {
			t.Widespread++
		}
		if slices.ContainsFunc(c.Sites, func(p OrgPresence) bool { return !p.Disclosed }) {
			t.Undisclosed++
		}
	}
}

// WriteJSON writes organisation.json.
func (o *Organisation) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(o); err != nil {
		return fmt.Errorf("write organisation.json: %w", err)
	}
	return nil
}
