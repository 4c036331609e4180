package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
)

// listed is how many rows a list has, which are all that there are.
func listed[T any](list []T, all int, err error) func(*testing.T) int {
	return func(t *testing.T) int {
		t.Helper()
		if err != nil || all != len(list) {
			t.Errorf("%d rows of %d, %v", len(list), all, err)
		}
		return len(list)
	}
}

// testLists: pages of lists, and counts that follow every change of a finding.
func testLists(t *testing.T, w *world) {
	ctx := t.Context()
	org := must(w.AddOrganisation(ctx, "ada", "Lists"))(t)
	var sites []store.Site
	for i, name := range []string{"Birch", "Ash", "Cedar"} { // grave findings: 1, 0, 2
		x := must(w.AddSite(ctx, "ada", store.Site{Organisation: org.ID, URL: fmt.Sprintf("https://lists%d.test/100%%_sure", i), Host: fmt.Sprintf("lists%d.test", i), Name: name}))(t)
		sites = append(sites, x)
	}
	scan := func(site store.Site, state store.ScanState, severities ...string) {
		t.Helper()
		w.clock.pass(time.Hour)
		q := must(w.Queue(ctx, "ada", store.Scan{Site: site.ID, Reason: "person"}))(t)
		x := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
		rep := &reports.Report{}
		for i, s := range severities {
			rep.Findings = append(rep.Findings, reports.Finding{Rule: "R", Severity: s, Fingerprint: fmt.Sprint("f", i)})
		}
		if err := w.Finish(ctx, x, state, rep, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	scan(sites[2], store.Finished, "critical", "high", "low")
	scan(sites[0], store.Finished, "high", "info", "info")
	for i, expression := range []string{"0 12 * * *", "@yearly"} {
		must(w.AddSchedule(ctx, "ada", store.Schedule{Site: sites[i].ID, Expression: expression, Zone: "UTC"}))(t)
	}
	for _, tt := range []struct {
		q    store.SiteQuery
		want string
		all  int
	}{
		{store.SiteQuery{Limit: 9}, "[Ash Birch Cedar]", 3},
		{store.SiteQuery{Limit: 2}, "[Ash Birch]", 3},
		{store.SiteQuery{Limit: 2, Offset: 2}, "[Cedar]", 3},
		{store.SiteQuery{Limit: 2, Offset: 9}, "[]", 3},
		{store.SiteQuery{Limit: 9, Sort: store.ByGrave}, "[Cedar Birch Ash]", 3},
		{store.SiteQuery{Limit: 9, Sort: store.ByLast}, "[Ash Cedar Birch]", 3},
		{store.SiteQuery{Limit: 9, Sort: store.ByNext}, "[Birch Ash Cedar]", 3},
		{store.SiteQuery{Limit: 9, Text: " CEDAR"}, "[Cedar]", 1},
		{store.SiteQuery{Limit: 9, Text: "lists1.test"}, "[Ash]", 1},
		{store.SiteQuery{Limit: 9, Text: "100%_"}, "[Ash Birch Cedar]", 3},
		{store.SiteQuery{Limit: 9, Text: "100_%"}, "[]", 0},
	} {
		tt.q.Organisation = org.ID
		list, all, err := w.ListSites(ctx, tt.q)
		names := []string{}
		for _, x := range list {
			names = append(names, x.Name)
		}
		if got := fmt.Sprint(names); err != nil || got != tt.want || all != tt.all {
			t.Errorf("%+v: %s of %d, %v; want %s of %d", tt.q, got, all, err, tt.want, tt.all)
		}
	}
	row := func(site store.Site) store.SiteRow {
		t.Helper()
		list, _, err := w.ListSites(ctx, store.SiteQuery{Organisation: org.ID, Limit: 9})
		i := slices.IndexFunc(list, func(x store.SiteRow) bool { return x.ID == site.ID })
		if err != nil || i < 0 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[i]
	}
	counts := func(step string, grave, other int) {
		t.Helper()
		r := row(sites[2])
		by := must(w.CountFindings(ctx, sites[2].ID))(t)
		if r.Grave != grave || r.Other != other || by["critical"]+by["high"] != grave || by["medium"]+by["low"]+by["info"] != other {
			t.Errorf("%s: %d grave and %d others, %v; want %d and %d", step, r.Grave, r.Other, by, grave, other)
		}
	}
	counts("as scanned", 2, 1)
	if r := row(sites[2]); r.Last.State != store.Finished || !r.Next.IsZero() {
		t.Errorf("got %+v", r)
	}
	if r := row(sites[1]); r.Last.ID != "" || r.Next.IsZero() {
		t.Errorf("got %+v", r)
	}
	hush := must(w.Suppress(ctx, "ada", store.Suppression{Site: sites[2].ID, Fingerprint: "f1", Reason: "planned_fix", Justification: "j", Owner: "o", Approver: "a", ExpiresAt: w.clock.now().Add(240 * time.Hour)}))(t)
	counts("suppressed", 1, 1)
	if err := w.Withdraw(ctx, "ada", hush.ID); err != nil {
		t.Fatal(err)
	}
	counts("withdrawn", 2, 1)
	scan(sites[2], store.Incomplete, "medium")
	counts("an incomplete scan, and f0 is less grave", 1, 2)
	scan(sites[2], store.Finished, "medium")
	counts("the others are gone", 0, 1)

	plans, all, err := w.ListSchedules(ctx, "lists", 1, 0)
	if err != nil || all != 2 || len(plans) != 1 || plans[0].Name != "Birch" || plans[0].Organisation != org.ID {
		t.Errorf("schedules: %+v of %d, %v", plans, all, err)
	}
	if err := w.PauseSchedule(ctx, "ada", plans[0].ID, true); err != nil {
		t.Fatal(err)
	}
	if plans, _, err = w.ListSchedules(ctx, "lists", 9, 0); err != nil || len(plans) != 2 || plans[0].Name != "Ash" {
		t.Errorf("a schedule that is paused comes last: %+v, %v", plans, err)
	}
	found := must(w.Findings(ctx, store.Query{Sites: []string{sites[0].ID, sites[2].ID}}))(t)
	if none := must(w.Findings(ctx, store.Query{Sites: []string{}}))(t); len(found) != 4 || len(none) != 0 {
		t.Errorf("%d findings of two sites, %d of none", len(found), len(none))
	}
	if err := w.DeleteSite(ctx, "ada", sites[2].ID); err != nil {
		t.Fatal(err)
	}
	if by := must(w.CountFindings(ctx, sites[2].ID))(t); len(by) != 0 {
		t.Errorf("a deleted site has %v", by)
	}
}
