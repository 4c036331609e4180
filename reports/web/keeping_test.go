package web

import (
	"net/url"
	"strings"
	"testing"

	"candor/reports/store"
)

// TestKeeping: an administrator sets how long things are kept and what an
// organisation may use; a scan whose report was purged says so.
func TestKeeping(t *testing.T) {
	d := newDesk(t)
	v := d.as(store.Admin)
	if code, text := v.post("/retention", url.Values{"screenshots": {"1"}, "evidence": {"1"}, "reports": {"1"}, "results": {"0"}}); code != 200 || !strings.Contains(text, "The next purge keeps") {
		t.Errorf("retention: %d %s", code, text)
	}
	for name, values := range map[string]url.Values{"longer than its report": {"evidence": {"10"}, "reports": {"5"}}, "no number": {"evidence": {"x"}}, "below zero": {"evidence": {"-1"}}} {
		if code, _ := v.post("/retention", values); code != 400 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, text := v.post("/organisations/"+d.org.ID+"/quota", url.Values{"scans_at_once": {"3"}}); code != 200 || !strings.Contains(text, `name="scans_at_once" type="number" min="0" max="100000000" value="3"`) {
		t.Errorf("quota: %d %s", code, text)
	}
	for _, path := range []string{"/retention", "/organisations/" + d.org.ID + "/quota"} {
		if code, _ := d.as(store.Approver).post(path, nil); code != 403 {
			t.Errorf("%s by an approver: %d", path, code)
		}
	}
	if _, text := d.as(store.Viewer).get("/settings"); !strings.Contains(text, "How long things are kept") || strings.Contains(text, `action="/retention"`) {
		t.Errorf("a viewer's settings: %s", text)
	}
	// The scans of a site that is deleted may all go.
	ctx := t.Context()
	if err := d.store.DeleteSite(ctx, "test", d.site.ID); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.AddDate(0, 0, 3)
	r, err := d.store.Retention(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.Bury(ctx, r); err != nil {
		t.Fatal(err)
	}
	v = d.as(store.Admin)
	if code, text := v.get("/scans/" + d.scan.ID); code != 200 || !strings.Contains(text, "Its reports, on 2026-11-29") {
		t.Errorf("the scan's page: %d %s", code, text)
	}
	if code, text := v.get("/scans/" + d.scan.ID + "/report/"); code != 410 || !strings.Contains(text, "This is no longer kept: the reports of this scan went on 2026-11-29") {
		t.Errorf("its report: %d %s", code, text)
	}
}
