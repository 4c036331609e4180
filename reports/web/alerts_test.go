package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"candor/reports"
	"candor/reports/store"
)

// TestAlerts: an administrator adds a destination, tests it and sees what was
// said; its address is seen by nobody.
func TestAlerts(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	v := d.as(store.Admin)
	const secret = "T0K3N"
	f := url.Values{"name": {"Team " + evil}, "kind": {"slack"}, "address": {"https://hooks.test/" + secret}, "organisation": {d.org.ID}, "site": {d.site.ID}, "alert": {"recipient", "finding"}, "severity": {"high"}, "zone": {"Europe/Berlin"}, "quiet_from": {"22:00"}}
	if code, text := v.post("/destinations", f); code != 400 || !strings.Contains(text, "expected two times such as 22:00 and 06:30") || strings.Contains(text, secret) {
		t.Errorf("%d %s", code, text)
	}
	f.Set("quiet_to", "06:30")
	code, text := v.post("/destinations", f)
	if code != 200 || !strings.Contains(text, "slack: https://hooks.test/…") || !strings.Contains(text, "as it comes, not from 22:00 to 06:30 (Europe/Berlin)") || strings.Contains(text, secret) || strings.Contains(text, "<script>alert") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := v.post("/destinations", f); code != http.StatusConflict {
		t.Errorf("a name twice: %d", code)
	}
	f.Set("name", "down")
	f.Set("address", "https://down.test/"+secret)
	f.Set("digest", "7")
	v.post("/destinations", f)
	list, err := d.store.Destinations(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("destinations %+v, %v", list, err)
	}
	team, down := list[0], list[1]
	if _, text := v.post("/destinations/"+team.ID+"/test", nil); !strings.Contains(text, "A test was sent to Team") || len(d.tested) != 1 {
		t.Errorf("tested %v: %s", d.tested, text)
	}
	if _, text := v.post("/destinations/"+down.ID+"/test", nil); !strings.Contains(text, "was not sent: down.test answered 503") || strings.Contains(text, secret) {
		t.Errorf("a test that fails: %s", text)
	}
	if _, text := v.post("/destinations/"+down.ID+"/pause", url.Values{"paused": {"1"}}); !strings.Contains(text, "paused") || !strings.Contains(text, "Resume") {
		t.Errorf("paused: %s", text)
	}

	scan := func(rep *reports.Report) {
		t.Helper()
		q, err := d.store.Queue(ctx, "setup", store.Scan{Site: d.site.ID})
		if err != nil {
			t.Fatal(err)
		}
		x, err := d.store.Begin(ctx, q.ID, 0, "w1")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.store.Finish(ctx, x, store.Finished, rep, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	scan(&reports.Report{Vendors: []reports.Vendor{{ID: "x", Name: "Newcomer " + evil, Party: "third"}}})
	reader := d.as(store.Viewer)
	_, text = reader.get("/alerts")
	if !strings.Contains(text, "New recipient: Newcomer &lt;script&gt;") || !strings.Contains(text, "waiting until") || strings.Contains(text, "Add a destination") || strings.Contains(text, "hooks.test") {
		t.Errorf("a viewer reads %s", text)
	}
	for range store.MaxTries {
		d.mu.Lock()
		d.now = d.now.AddDate(0, 0, 1)
		d.mu.Unlock()
		b, err := d.store.Claim(ctx, d.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.store.Unsent(ctx, b, "hooks.test answered 500"); err != nil {
			t.Fatal(err)
		}
	}
	_, text = d.as(store.Admin).get("/alerts?state=given_up")
	_, rest, ok := strings.Cut(text, `action="/alerts/`)
	id, _, _ := strings.Cut(rest, "/again")
	if !ok || !strings.Contains(text, "given up: hooks.test answered 500 (8 tries)") {
		t.Fatalf("given up: %s", text)
	}
	if _, text := d.as(store.Admin).post("/alerts/"+id+"/again", nil); strings.Contains(text, "given up:") {
		t.Errorf("sent again: %s", text)
	}

	owner := d.as(store.Owner)
	if _, text := owner.post("/sites/"+d.site.ID+"/alerts", url.Values{"silent": {"1"}}); !strings.Contains(text, "Nobody is told what is new here.") {
		t.Errorf("silenced: %s", text)
	}
	scan(&reports.Report{Vendors: []reports.Vendor{{ID: "y", Name: "Second", Party: "third"}}})
	if _, text := owner.get("/alerts"); strings.Contains(text, "Second") {
		t.Error("an alert about a site that is silenced")
	}
	if _, text := owner.post("/sites/"+d.site.ID+"/alerts", url.Values{"silent": {"0"}}); !strings.Contains(text, "Alerts off") {
		t.Errorf("not silenced: %s", text)
	}
	if code, text := d.as(store.Admin).post("/destinations/"+team.ID+"/delete", nil); code != 200 || !strings.Contains(text, "removed") {
		t.Errorf("%d %s", code, text)
	}
	if _, text := d.as(store.Admin).get("/audit"); strings.Contains(text, secret) || !strings.Contains(text, "destination.test") || !strings.Contains(text, "alert.again") || !strings.Contains(text, "site.silence") {
		t.Errorf("the audit log: %s", text)
	}
	if strings.Contains(d.log.String(), secret) {
		t.Errorf("the log: %s", d.log)
	}
}

// TestAlertsAPI: the same by the API.
func TestAlertsAPI(t *testing.T) {
	d := newDesk(t)
	token := func(role store.Role) string {
		_, secret, err := d.store.Issue(t.Context(), string(role), store.Pass{Kind: store.Token, Person: d.people[role], Name: string(role), Role: role, ExpiresAt: d.now.AddDate(0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	tokens := map[store.Role]string{store.Viewer: token(store.Viewer), store.Owner: token(store.Owner), store.Admin: token(store.Admin)}
	call := func(method, path string, role store.Role, body string) (int, string) {
		r, err := http.NewRequest(method, d.srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+tokens[role])
		code, text, _ := d.visitor().do(r)
		return code, text
	}
	code, text := call("POST", "/api/v1/destinations", store.Admin, `{"name":"hook","kind":"webhook","address":"https://down.test/T0K3N"}`)
	if code != 200 || strings.Contains(text, "T0K3N") || !strings.Contains(text, `"where":"https://down.test/…"`) || !strings.Contains(text, `"digest_hour":-1`) {
		t.Fatalf("%d %s", code, text)
	}
	_, rest, _ := strings.Cut(text, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	for _, c := range []struct {
		method, path string
		role         store.Role
		body         string
		code         int
		has          string
	}{
		{"POST", "/api/v1/destinations", store.Admin, `{"name":"x","kind":"webhook","address":"gopher://T0K3N"}`, 400, "such as https://"},
		{"POST", "/api/v1/destinations", store.Admin, `{"name":"hook","kind":"webhook","address":"https://x.test/"}`, 409, "already"},
		{"POST", "/api/v1/destinations", store.Owner, `{}`, 403, "role admin"},
		{"GET", "/api/v1/destinations", store.Owner, "", 403, "role admin"},
		{"GET", "/api/v1/destinations", store.Admin, "", 200, `"name":"hook"`},
		{"POST", "/api/v1/destinations/" + id + "/test", store.Admin, "", 400, "down.test answered 503"},
		{"PUT", "/api/v1/destinations/" + id, store.Admin, `{"paused":true}`, 204, ""},
		{"GET", "/api/v1/destinations", store.Admin, "", 200, `"paused":true`},
		{"GET", "/api/v1/alerts", store.Viewer, "", 200, "[]"},
		{"GET", "/api/v1/sites/" + d.site.ID + "/alerts", store.Viewer, "", 200, `{"on":true}`},
		{"PUT", "/api/v1/sites/" + d.site.ID + "/alerts", store.Viewer, `{"on":false}`, 403, "role owner"},
		{"PUT", "/api/v1/sites/" + d.site.ID + "/alerts", store.Owner, `{"on":false}`, 200, `{"on":false}`},
		{"GET", "/api/v1/sites/" + d.site.ID + "/alerts", store.Viewer, "", 200, `{"on":false}`},
		{"GET", "/api/v1/sites/none/alerts", store.Viewer, "", 404, "error"},
		{"DELETE", "/api/v1/destinations/" + id, store.Admin, "", 204, ""},
		{"DELETE", "/api/v1/destinations/" + id, store.Admin, "", 404, "error"},
	} {
		if code, text := call(c.method, c.path, c.role, c.body); code != c.code || !strings.Contains(text, c.has) || strings.Contains(text, "T0K3N") {
			t.Errorf("%s %s: %d %s, want %d with %s", c.method, c.path, code, text, c.code, c.has)
		}
	}
}
