package reporttest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/reports"
)

// siteWords name the sites of an organisation.
var siteWords = []string{"www", "shop", "careers", "press", "help", "community", "gifts", "academy", "studio", "trade", "outlet", "events", "journal", "repair", "partners", "investors", "kids", "spares", "rent", "lab"}

// topicWords are the questions over the columns.
var topicWords = [][2]string{
	{"where", "Where on the site are data collected?"}, {"items", "Which items are collected?"}, {"use", "Who receives them, and for what use?"},
	{"choice", "Is there a choice, and does it work and last?"}, {"safeguards", "Are all data safeguarded by how sensitive they are?"},
	{"retention", "How long are data kept?"}, {"material-change", "Is express consent asked for before a material change, a merger included?"},
	{"sensitive", "Are sensitive data kept out of advertising without express consent?"}, {"secondary", "Are data used for something else, or in a way that may harm people?"},
	{"profiling", "Are visitors profiled or labelled, without their name too?"}, {"employment", "What is collected of applicants and employees?"},
}

// SiteScans are scans of n sites of one organisation, for a report over them:
// each is Shop with other recipients, findings and answers, by its number. Every
// second site has two to five scans, oldest first; every seventh was not finished,
// and of every eleventh no page could be visited.
func SiteScans(t testing.TB, n int) []*reports.Report {
	t.Helper()
	shop := reports.New(Shop())
	var out []*reports.Report
	for i := range n {
		host := siteWords[i%len(siteWords)]
		if i >= len(siteWords) {
			host += fmt.Sprint(i / len(siteWords))
		}
		host += ".lantern.test"
		scans := 1
		if i%2 == 1 {
			scans = 2 + i%4
		}
		for k := range scans {
			rep := moved(shop, host)
			at := time.Date(2026, 11, 20-i%9, 9, 30, 0, 0, time.UTC).AddDate(0, k-scans+1, 0)
			rep.StartedAt, rep.FinishedAt = at.Format(time.RFC3339), at.Add(4*time.Minute).Format(time.RFC3339)
			rep.ScanID = "s-" + at.Format("20060102-150405")
			for j := range rep.Findings {
				rep.Findings[j].FirstSeen, rep.Findings[j].LastSeen = rep.StartedAt, rep.StartedAt
			}
			vary(rep, i, scans-1-k)
			out = append(out, rep)
		}
	}
	return out
}

// moved is a copy of a report, of another host, of which lists may be changed.
func moved(shop *reports.Report, host string) *reports.Report {
	rep := *shop
	to := strings.NewReplacer("www.lantern-shop.test", host)
	all := func(list []string) []string {
		out := slices.Clone(list)
		for i := range out {
			out[i] = to.Replace(out[i])
		}
		return out
	}
	rep.Site.URL, rep.Site.Host, rep.Site.URLs = to.Replace(rep.Site.URL), to.Replace(rep.Site.Host), all(rep.Site.URLs)
	rep.Pages, rep.Findings, rep.Choices, rep.Policies = slices.Clone(rep.Pages), slices.Clone(rep.Findings), slices.Clone(rep.Choices), slices.Clone(rep.Policies)
	rep.Vendors, rep.Flows = slices.Clone(rep.Vendors), slices.Clone(rep.Flows)
	for i := range rep.Pages {
		p := &rep.Pages[i]
		p.URL, p.FinalURL = to.Replace(p.URL), to.Replace(p.FinalURL)
	}
	for i := range rep.Findings {
		rep.Findings[i].Pages = all(rep.Findings[i].Pages)
	}
	for i := range rep.Vendors {
		rep.Vendors[i].Pages = all(rep.Vendors[i].Pages)
	}
	for i := range rep.Flows {
		rep.Flows[i].Pages = all(rep.Flows[i].Pages)
	}
	return &rep
}

// vary makes a site of its own of the shop, as it was some scans ago.
func vary(rep *reports.Report, i, ago int) {
	keeps := func(id string, more int) bool {
		sum := i*7 + ago*3 + more
		for _, r := range id {
			sum += int(r)
		}
		return sum%5 < 3
	}
	if i%11 == 9 && ago == 0 {
		nothing(rep)
	} else {
		gone := map[string]bool{}
		rep.Vendors = slices.DeleteFunc(rep.Vendors, func(v reports.Vendor) bool {
			gone[v.ID] = v.Party == "third" && v.ID != "google-analytics" && !keeps(v.ID, 0)
			return gone[v.ID]
		})
		rep.Flows = slices.DeleteFunc(rep.Flows, func(f reports.Flow) bool { return gone[f.Recipient.Vendor] })
		rep.Findings = slices.DeleteFunc(rep.Findings, func(f reports.Finding) bool {
			return slices.ContainsFunc(f.Recipients, func(id string) bool { return gone[id] })
		})
		if i%4 == 2 {
			for j := range rep.Choices {
				if rep.Choices[j].State == "reject" {
					rep.Choices[j].StillSeen = 0
				}
			}
		}
	}
	if i%7 == 5 && ago == 0 {
		rep.Coverage.Complete, rep.Coverage.Stopped = false, "interrupted after 3 of 20 pages"
	}
	if ago > 1 {
		for j := range rep.Policies {
			rep.Policies[j].SHA256 = strings.Repeat("77", 32)
		}
	}
	rep.Principles = []reports.Principle{}
	for k, w := range topicWords {
		p := reports.Principle{ID: w[0], Question: w[1], Ask: []string{"legal"}, Observed: []reports.Observation{}, Answers: []string{}, Rules: []string{}, Findings: []string{}, Stated: "found"}
		p.Outcome = []string{"matches", "differs", "needs-person", "matches", "not-tested", "not-applicable", "differs"}[(i*5+k*3)%7]
		if p.Outcome == "differs" || p.Outcome == "needs-person" {
			for j, f := range rep.Findings {
				if (j+i)%4 == k%4 {
					p.Findings = append(p.Findings, f.ID)
				}
			}
		}
		rep.Principles = append(rep.Principles, p)
	}
	rep.Total()
}

// nothing makes a scan of a report of which no page was visited.
func nothing(rep *reports.Report) {
	for j := range rep.Pages {
		p := &rep.Pages[j]
		p.Ended, p.Failure = "failed", "The host did not answer within 20 seconds."
	}
	rep.Coverage.PagesFailed += rep.Coverage.PagesVisited
	rep.Coverage.PagesVisited = 0
	rep.Coverage.Gaps = []reports.Gap{{What: "page " + rep.Site.URL, Why: "The host did not answer within 20 seconds.", Kind: "timeout"}}
	rep.Vendors, rep.Flows, rep.Findings, rep.Policies, rep.Promises = []reports.Vendor{}, []reports.Flow{}, []reports.Finding{}, []reports.Policy{}, []reports.Promise{}
	for j := range rep.Choices {
		rep.Choices[j].Tested, rep.Choices[j].Why = false, "No page could be visited."
	}
}

// Organisation is the report over n of SiteScans and a folder that could not be
// read; the sites' own reports are in folders named after them.
func Organisation(t testing.TB, n int) *reports.Organisation {
	t.Helper()
	var s reports.Sites
	for _, rep := range SiteScans(t, n) {
		in := reports.OrgScan{Report: rep, Link: "./" + rep.Site.Host + "/index.html"}
		if !rep.Coverage.Complete {
			in.Incomplete = rep.Coverage.Stopped
		}
		s.Add(in)
	}
	s.Unreadable("old-intranet", "it holds no scan.json")
	return s.Organisation()
}
