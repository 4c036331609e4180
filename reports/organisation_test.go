package reports_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"candor/reports"
	"candor/reports/reporttest"
)

// The order in which scans are named changes nothing, and a scan named twice
// counts once.
func TestOrganisationOrder(t *testing.T) {
	scans := reporttest.SiteScans(t, 6)
	build := func() []byte {
		var s reports.Sites
		for _, rep := range scans {
			s.Add(reports.OrgScan{Report: rep})
		}
		var buf bytes.Buffer
		if err := s.Organisation().WriteJSON(&buf); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	first := build()
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(scans), func(i, j int) { scans[i], scans[j] = scans[j], scans[i] })
	scans = append(scans, scans[0], scans[3])
	if !bytes.Equal(first, build()) {
		t.Error("the same scans in another order give another report")
	}
	if bytes.Contains(first, []byte("null")) {
		t.Error("a list is null")
	}
}

// The newest scan is the site's state, older ones its trend; what was not seen
// is no figure of zero.
func TestOrganisationState(t *testing.T) {
	org := reporttest.Organisation(t, 12)
	var site, unseen reports.OrgSite
	for _, s := range org.Sites {
		switch s.Host {
		case "shop.lantern.test":
			site = s
		case "trade.lantern.test":
			unseen = s
		}
	}
	if len(site.Trend) != 3 || site.Trend[2].ScanID != site.ScanID || site.Trend[0].StartedAt > site.Trend[1].StartedAt || site.BySeverity["critical"]+site.BySeverity["high"] != site.Trend[2].Urgent {
		t.Errorf("the site is %s with the trend %v", site.ScanID, site.Trend)
	}
	if org.Sites[len(org.Sites)-1].Host != unseen.Host || unseen.Visited != 0 || unseen.StillSeen != -1 {
		t.Errorf("a site without pages is %+v", unseen)
	}
	for _, c := range unseen.Cells {
		if c.Outcome != "not-tested" {
			t.Errorf("a site without pages has the outcome %q", c.Outcome)
		}
	}
	for _, p := range unseen.Trend {
		if p.ScanID == unseen.ScanID {
			t.Error("the scan without pages is in the trend")
		}
	}
	if s := org.Summary; s.Sites != 12 || s.Unscanned != 2 || s.Incomplete != 1 || s.RefusalTested != 11 {
		t.Errorf("the figures are %+v", s)
	}
	for i, c := range org.Companies {
		if i > 0 && len(c.Sites) > len(org.Companies[i-1].Sites) {
			t.Errorf("%s is on more sites than %s before it", c.Name, org.Companies[i-1].Name)
		}
		if c.Name == "TikTok Pte. Ltd." && !slices.Contains(c.Products, "TikTok Pixel") {
			t.Errorf("TikTok's products are %q", c.Products)
		}
	}
	if kinds := org.Gaps[:3]; kinds[0].Kind != "unreadable" || kinds[1].Kind != "no_pages" || kinds[2].Kind != "incomplete" {
		t.Errorf("the gravest gaps are not first: %+v", kinds)
	}
}

// What an earlier report was compared with is part of the trend, and what does
// not count in a site's report does not count here.
func TestOrganisationCounts(t *testing.T) {
	rep := reporttest.Full(t)
	rep.Total()
	var s reports.Sites
	s.Add(reports.OrgScan{Report: rep, Link: "./a/index.html"})
	org := s.Organisation()
	if n := len(org.Sites[0].Trend); n != 3 {
		t.Errorf("the trend has %d scans, want 3", n)
	}
	for _, f := range org.First {
		if f.Title == rep.Findings[1].Title {
			t.Error("a suppressed finding is among the first")
		}
	}
	if got, want := org.Summary.Urgent, rep.Summary.BySeverity["critical"]+rep.Summary.BySeverity["high"]; got != want {
		t.Errorf("%d urgent findings, the site's report has %d", got, want)
	}
	if org.Summary.Companies != rep.Summary.Companies || org.Summary.Undisclosed != rep.Summary.UndisclosedCompanies {
		t.Errorf("%d companies, %d not disclosed; the site's report has %d and %d", org.Summary.Companies, org.Summary.Undisclosed, rep.Summary.Companies, rep.Summary.UndisclosedCompanies)
	}
	if link := org.First[0].Sites[0].Link; link != "./a/index.html#finding-1" {
		t.Errorf("the first finding's link is %q", link)
	}
}

func TestOrganisationSchema(t *testing.T) {
	s := reports.SchemaOf(reflect.TypeFor[reports.Organisation]())
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "urn:candor:organisation:1", "organisation.json, version 1"
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *reports.Update {
		if err := os.WriteFile("schema/organisation.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("schema/organisation.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("schema/organisation.schema.json is not that of the types; run go test ./reports -update")
	}
}
