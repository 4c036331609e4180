package web

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"candor/reports/store"
)

// described is the description of the API, checked as such.
func described(t *testing.T) (*openapi3.T, routers.Router) {
	t.Helper()
	data, err := files.ReadFile("static/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err == nil {
		err = doc.Validate(t.Context(), openapi3.IsOpenAPI31OrLater())
	}
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// TestOpenAPI: the description is valid OpenAPI, has every route of the API and
// no other, and says which role each needs and which values there are.
func TestOpenAPI(t *testing.T) {
	doc, _ := described(t)
	left := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			left[method+" "+path] = op.Description
		}
	}
	for _, c := range (&server{}).calls() {
		if got, want := left[c.pattern], "Needs the role "+string(c.role)+"."; got != want {
			t.Errorf("%s is described with %q, want %q", c.pattern, got, want)
		}
		delete(left, c.pattern)
	}
	for pattern := range left {
		t.Errorf("%s is described and is no route", pattern)
	}
	for name, v := range map[string]any{
		"Organisation": store.Organisation{}, "Site": store.Site{}, "Scan": store.Scan{}, "Finding": store.Finding{}, "Recipient": store.Recipient{}, "Policy": store.Policy{}, "Schedule": store.Schedule{}, "Alert": store.Alert{}, "Destination": store.Destination{},
		"Sighting": store.Sighting{}, "Suppression": store.Suppression{}, "Pass": store.Pass{}, "Person": store.Person{}, "Entry": store.Entry{}, "Rule": ruleOf{}, "Overview": totalsOfAll{}, "NoticeChange": noticeChange{},
		"Retention": store.Retention{}, "Quota": store.Quota{}, "Tombstone": store.Tombstone{},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var sent map[string]any
		if err := json.Unmarshal(text, &sent); err != nil {
			t.Fatal(err)
		}
		want, got := slices.Sorted(maps.Keys(doc.Components.Schemas[name].Value.Properties)), slices.Sorted(maps.Keys(sent))
		if !slices.Equal(want, got) {
			t.Errorf("%s is described with %v and sent with %v", name, want, got)
		}
	}
}

// TestAPIAsDescribed calls every route, and holds what is asked and what is
// answered against the description.
func TestAPIAsDescribed(t *testing.T) {
	d := newDesk(t)
	_, router := described(t)
	ctx := t.Context()
	_, token, err := d.store.Issue(ctx, "setup", store.Pass{Kind: store.Token, Person: d.people[store.Admin], Name: "all", Role: store.Admin, ExpiresAt: d.now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, c := range (&server{}).calls() {
		left[c.pattern] = true
	}
	// call asks and returns the answer; it is held against the description.
	call := func(method, path, body string, want int) map[string]any {
		t.Helper()
		r, err := http.NewRequest(method, d.srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		plain, err := http.NewRequest(method, path, strings.NewReader(body)) // the description names no server
		if err != nil {
			t.Fatal(err)
		}
		plain.Header = r.Header
		route, values, err := router.FindRoute(plain)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		delete(left, method+" "+route.Path)
		in := &openapi3filter.RequestValidationInput{Request: plain, PathParams: values, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(ctx, in); err != nil && want < 400 {
			t.Errorf("%s %s as it is asked: %v", method, path, err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, text, want)
		}
		answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(text)), Options: &openapi3filter.Options{IncludeResponseStatus: true}}
		if err := openapi3filter.ValidateResponse(ctx, answer); err != nil {
			t.Errorf("%s %s as it is answered: %v", method, path, err)
		}
		var v map[string]any
		if want != http.StatusNoContent && bytes.HasPrefix(text, []byte("{")) {
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
		}
		return v
	}
	id := func(v map[string]any) string {
		t.Helper()
		s, ok := v["id"].(string)
		if !ok || s == "" {
			t.Fatalf("no id in %v", v)
		}
		return s
	}
	site, finding := "/api/v1/sites/"+d.site.ID, "/api/v1/findings/"+d.site.ID+"/f1"
	org := id(call("POST", "/api/v1/organisations", `{"name":"Harbour"}`, 200))
	call("POST", "/api/v1/organisations", `{"name":"Harbour"}`, 409)
	call("POST", "/api/v1/organisations", `{"name":" "}`, 400)
	call("GET", "/api/v1/organisations", "", 200)
	other := id(call("POST", "/api/v1/sites", `{"organisation":"`+org+`","url":"https://harbour.test/"}`, 200))
	call("POST", "/api/v1/sites", `{"organisation":"`+org+`","url":"ftp://x"}`, 400)
	call("POST", "/api/v1/sites", `{"organisation":"none","url":"https://harbour.test/","colour":"red"}`, 400)
	call("GET", "/api/v1/sites?organisation="+org, "", 200)
	call("GET", site, "", 200)
	call("GET", "/api/v1/sites/none", "", 404)
	if v := call("PATCH", "/api/v1/sites/"+other, `{"paused":true}`, 200); v["paused"] != true || v["name"] != "harbour.test" {
		t.Errorf("changed to %v", v)
	}
	call("PATCH", "/api/v1/sites/"+other, `{"profile":"oops: 1"}`, 400)
	call("DELETE", "/api/v1/sites/"+other, "", 204)
	for _, path := range []string{"/scans?limit=1", "/recipients", "/policies"} {
		call("GET", site+path, "", 200)
	}
	call("GET", site+"/scans?limit=0", "", 400)
	scan := id(call("POST", site+"/scans", "", 200))
	call("POST", site+"/scans", "", 409)
	call("GET", "/api/v1/overview", "", 200)
	call("GET", "/api/v1/scans/"+scan, "", 200)
	call("POST", "/api/v1/scans/"+scan+"/links", "", 400)
	call("DELETE", "/api/v1/scans/"+scan, "", 204)
	call("DELETE", "/api/v1/scans/"+scan, "", 409)
	link := call("POST", "/api/v1/scans/"+d.scan.ID+"/links", "", 200)
	if code, text := d.visitor().get("/share/" + link["secret"].(string) + "/"); code != 200 || text != "<h1>Report</h1>" {
		t.Errorf("the link: %d %s", code, text)
	}
	d.newNotice()
	call("GET", site+"/policies/changes", "", 200)
	call("GET", "/api/v1/findings?severity=high&limit=5&from=0", "", 200)
	call("GET", "/api/v1/findings?severity=grave", "", 400)
	if v := call("PUT", finding+"/review", `{"review":"confirmed","note":"n","owner":"o","due":"2026-12-31"}`, 200); v["review"] != "confirmed" || v["reviewed_by"] != "token all" {
		t.Errorf("reviewed as %v", v)
	}
	call("PUT", finding+"/review", `{"review":"fine"}`, 400)
	hush := id(call("POST", finding+"/suppressions", `{"reason":"planned_fix","justification":"j","owner":"o","expires":"2026-12-31"}`, 200))
	call("POST", finding+"/suppressions", `{"reason":"because","justification":"j","owner":"o","expires":"2026-12-31"}`, 400)
	call("GET", "/api/v1/suppressions?site="+d.site.ID, "", 200)
	if v := call("GET", finding, "", 200); v["suppressed"] != true || len(v["suppressions"].([]any)) != 1 || len(v["sightings"].([]any)) < 1 {
		t.Errorf("the finding is %v", v)
	}
	call("DELETE", "/api/v1/suppressions/"+hush, "", 204)
	plan := id(call("POST", site+"/schedules", `{"expression":"@daily","zone":"Europe/Berlin","jitter":"10m"}`, 200))
	call("POST", site+"/schedules", `{"expression":"at noon"}`, 400)
	call("GET", "/api/v1/schedules?site="+d.site.ID, "", 200)
	if v := call("PATCH", "/api/v1/schedules/"+plan, `{"paused":true}`, 200); v["paused"] != true {
		t.Errorf("paused as %v", v)
	}
	call("DELETE", "/api/v1/schedules/"+plan, "", 204)
	call("GET", "/api/v1/retention", "", 200)
	call("POST", "/api/v1/retention", `{"screenshots_days":10,"evidence_days":20,"reports_days":30,"results_days":0}`, 200)
	call("POST", "/api/v1/retention", `{"screenshots_days":-1,"evidence_days":20,"reports_days":30,"results_days":0}`, 400)
	call("PATCH", "/api/v1/organisations/"+org, `{"name":"Harbour and sons"}`, 200)
	call("POST", "/api/v1/organisations/"+org+"/quota", `{"scans_per_day":5,"scans_at_once":1,"pages_per_day":0}`, 200)
	call("GET", "/api/v1/scans/"+d.scan.ID+"/purged", "", 200)
	call("GET", "/api/v1/recipients?q=tiktok", "", 200)
	call("GET", "/api/v1/rules", "", 200)
	kim := call("POST", "/api/v1/people", `{"name":"kim","password":"correct horse battery","organisations":{"`+org+`":"owner"}}`, 200)
	call("POST", "/api/v1/people", `{"name":"kim","password":"correct horse battery"}`, 409)
	call("POST", "/api/v1/people", `{"name":"lea","password":"short"}`, 400)
	if v := call("PUT", "/api/v1/people/"+id(kim), `{"organisations":{"`+org+`":"viewer"},"disabled":true}`, 200); v["disabled"] != true {
		t.Errorf("changed to %v", v)
	}
	call("PUT", "/api/v1/people/"+d.people[store.Admin], `{"organisations":{}}`, 409)
	call("GET", "/api/v1/people", "", 200)
	made := call("POST", "/api/v1/tokens", `{"name":"part","role":"viewer","organisation":"`+org+`","days":300}`, 200)
	if until, err := time.Parse(time.RFC3339, made["expires_at"].(string)); err != nil || until.After(d.now.Add(time.Hour)) {
		t.Errorf("a token made one that outlives it: %v, %v", made, err)
	}
	call("POST", "/api/v1/tokens", `{"name":"x","role":"viewer","days":0}`, 400)
	call("GET", "/api/v1/passes", "", 200)
	call("DELETE", "/api/v1/passes/"+id(made), "", 204)
	call("DELETE", "/api/v1/passes/"+id(made), "", 404)
	call("GET", "/api/v1/audit?limit=2&before=5", "", 200)
	call("GET", "/api/v1/audit?limit=5000", "", 400)
	if v := call("GET", "/api/v1/audit/check", "", 200); v["broken"] != 0.0 || v["entries"].(float64) < 5 {
		t.Errorf("the audit log is %v", v)
	}
	hook := call("POST", "/api/v1/destinations", `{"name":"hook","kind":"webhook","address":"https://hooks.test/x","sites":["`+d.site.ID+`"],"kinds":["finding"],"digest_hour":7,"zone":"Europe/Berlin","quiet_from":"22:00","quiet_to":"06:00"}`, 200)
	call("POST", "/api/v1/destinations", `{"name":"hook","kind":"webhook","address":"https://hooks.test/x"}`, 409)
	call("POST", "/api/v1/destinations", `{"name":"x","kind":"pigeon","address":"https://hooks.test/x"}`, 400)
	call("GET", "/api/v1/destinations", "", 200)
	call("POST", "/api/v1/destinations/"+id(hook)+"/test", "", 204)
	d.scanned(d.site)
	call("GET", "/api/v1/alerts?state=waiting", "", 200)
	call("GET", "/api/v1/alerts?state=lost", "", 400)
	call("PUT", "/api/v1/destinations/"+id(hook), `{"paused":true}`, 204)
	call("DELETE", "/api/v1/destinations/"+id(hook), "", 204)
	call("PUT", site+"/alerts", `{"on":false}`, 200)
	call("GET", site+"/alerts", "", 200)
	for pattern := range left {
		t.Errorf("%s was not called", pattern)
	}
}
