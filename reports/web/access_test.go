package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor/reports/store"
)

// secret is in whatever the other organisation has.
const secret = "Walledgarden"

// foreign is an organisation that nobody but administrators is in.
type foreign struct {
	org          store.Organisation
	site         store.Site
	scan         store.Scan
	schedule     store.Schedule
	suppression  store.Suppression
	token, link  store.Pass
	shared, open string // secrets of the token and the link
}

func (d *desk) foreign() foreign {
	d.t.Helper()
	ctx := d.t.Context()
	var f foreign
	check := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	var err error
	f.org, err = d.store.AddOrganisation(ctx, "setup", secret)
	check(err)
	f.site, err = d.store.AddSite(ctx, "setup", store.Site{Organisation: f.org.ID, URL: "https://walledgarden.test/", Host: "walledgarden.test", Name: secret})
	check(err)
	f.scan = d.scanned(f.site)
	f.schedule, err = d.store.AddSchedule(ctx, "setup", store.Schedule{Site: f.site.ID, Expression: "@daily", Zone: "UTC"})
	check(err)
	f.suppression, err = d.store.Suppress(ctx, "setup", store.Suppression{Site: f.site.ID, Fingerprint: "f1", Reason: "planned_fix", Justification: secret, Owner: "o", Approver: "a", ExpiresAt: d.now.Add(240 * time.Hour)})
	check(err)
	f.token, f.open, err = d.store.Issue(ctx, "admin", store.Pass{Kind: store.Token, Person: d.people[store.Admin], Name: secret, Role: store.Approver, Organisation: f.org.ID, ExpiresAt: d.now.Add(time.Hour)})
	check(err)
	f.link, f.shared, err = d.store.Issue(ctx, "admin", store.Pass{Kind: store.Link, Person: d.people[store.Admin], Name: secret, Role: store.Viewer, Object: f.scan.ID, ExpiresAt: d.now.Add(time.Hour)})
	check(err)
	_, err = d.store.Queue(ctx, "setup", store.Scan{Site: f.site.ID, Reason: "person"})
	check(err)
	return f
}

var wildcard = regexp.MustCompile(`\{[a-z]+(\.\.\.|\$)?\}|\{\$\}`)

// at fills in what a route's path names, of one organisation or the other.
func (f foreign) at(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	values := map[string]string{
		"{site}": f.site.ID, "{scan}": f.scan.ID, "{schedule}": f.schedule.ID, "{suppression}": f.suppression.ID, "{organisation}": f.org.ID,
		"{fingerprint}": "f1", "{id}": f.token.ID, "{person}": "none", "{destination}": "none", "{alert}": "none", "{path...}": "", "{$}": "",
	}
	return method, wildcard.ReplaceAllStringFunc(path, func(w string) string {
		v, ok := values[w]
		if !ok {
			panic("no value for " + w + " in " + pattern)
		}
		return v
	})
}

// organised matches routes whose path names what belongs to an organisation.
var organised = regexp.MustCompile(`\{(site|scan|schedule|suppression|organisation)\}`)

// TestOrganisations walks every route of the pages and of the API: who is a
// member of one organisation finds nothing of another, whatever their role there,
// and what their role does not let them do in their own is refused.
func TestOrganisations(t *testing.T) {
	d := newDesk(t)
	f := d.foreign()
	own := foreign{org: d.org, site: d.site, scan: d.scan}
	ctx := t.Context()
	var err error
	if own.schedule, err = d.store.AddSchedule(ctx, "setup", store.Schedule{Site: d.site.ID, Expression: "@daily", Zone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	if own.suppression, err = d.store.Suppress(ctx, "setup", store.Suppression{Site: d.site.ID, Fingerprint: "f1", Reason: "planned_fix", Justification: "j", Owner: "o", Approver: "a", ExpiresAt: d.now.Add(240 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	type way struct {
		pattern string
		role    store.Role
		api     bool
	}
	var ways []way
	srv := &server{}
	for _, r := range srv.pageRoutes() {
		ways = append(ways, way{r.pattern, r.role, false})
	}
	for _, c := range srv.calls() {
		ways = append(ways, way{c.pattern, c.role, true})
	}
	nobody := d.visitor()
	nobody.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, role := range store.Roles {
		v := d.as(role)
		v.client.CheckRedirect = nobody.client.CheckRedirect
		_, token, err := d.store.Issue(ctx, string(role), store.Pass{Kind: store.Token, Person: d.people[role], Name: "walk", Role: store.Admin, ExpiresAt: d.now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(v *visitor, method, path string, w way) (int, string) {
			r, err := http.NewRequest(method, d.srv.URL+path, strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			if w.api && v != nobody {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			code, text, _ := v.do(r)
			return code, text
		}
		for _, w := range ways {
			if strings.Contains(w.pattern, "/events") && role == store.Admin { // its scan is over: the others' answer is enough
				continue
			}
			method, path := f.at(w.pattern)
			if code, text := ask(nobody, method, path, w); code != http.StatusUnauthorized && code != http.StatusSeeOther || strings.Contains(text, secret) {
				t.Errorf("nobody at %s: %d", w.pattern, code)
			}
			if role == store.Admin {
				if method == http.MethodGet && !strings.Contains(w.pattern, "{person}") {
					if code, text := ask(v, method, path, w); code != 200 {
						t.Errorf("an administrator at %s: %d %s", path, code, text)
					}
				}
				continue
			}
			if organised.MatchString(w.pattern) {
				if code, text := ask(v, method, path, w); code != http.StatusNotFound || strings.Contains(text, secret) {
					t.Errorf("%s of another organisation at %s: %d, want 404", role, w.pattern, code)
				}
			}
			method, path = own.at(w.pattern)
			if w.role != anybody && !role.May(w.role) {
				if code, _ := ask(v, method, path, w); code != http.StatusForbidden {
					t.Errorf("%s at %s: %d, want 403", role, w.pattern, code)
				}
			} else if method == http.MethodGet {
				code, text := ask(v, method, path, w)
				if code != 200 {
					t.Errorf("%s at %s: %d %s", role, path, code, text)
				}
				if strings.Contains(text, secret) || strings.Contains(text, "walledgarden") {
					t.Errorf("%s reads of another organisation at %s", role, path)
				}
			}
		}
	}
	// Forms and bodies that name another organisation.
	v := d.as(store.Approver)
	for _, c := range []struct {
		path   string
		values url.Values
	}{
		{"/sites", url.Values{"organisation": {f.org.ID}, "url": {"https://x.test/"}}},
		{"/tokens", url.Values{"organisation": {f.org.ID}, "name": {"x"}, "role": {"viewer"}, "days": {"1"}}},
		{"/passes/" + f.token.ID + "/revoke", nil},
		{"/passes/" + f.link.ID + "/revoke", nil},
	} {
		if code, text := v.post(c.path, c.values); code != http.StatusNotFound {
			t.Errorf("%s: %d %s", c.path, code, text)
		}
	}
	for _, path := range []string{"/findings?site=" + f.site.ID + "&gone=1&suppressed=1", "/?organisation=" + f.org.ID, "/recipients?q=walled"} {
		if code, text := v.get(path); code != 200 || strings.Contains(text, `walledgarden.test`) || strings.Contains(text, ">"+secret) || strings.Contains(text, f.site.ID+"/f1") {
			t.Errorf("%s: %d shows another organisation's", path, code)
		}
	}
}

// TestTokensAndLinksAreKept: a token of one organisation is for nothing else, and
// a link ends with the access of who made it.
func TestTokensAndLinksAreKept(t *testing.T) {
	d := newDesk(t)
	f := d.foreign()
	call := func(path string) (int, string) {
		r, err := http.NewRequest(http.MethodGet, d.srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+f.open)
		code, text, _ := d.visitor().do(r)
		return code, text
	}
	if code, text := call("/api/v1/sites"); code != 200 || !strings.Contains(text, secret) || strings.Contains(text, "fernhill") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := call("/api/v1/sites/" + d.site.ID); code != 404 {
		t.Errorf("a token of another organisation: %d", code)
	}
	link := func(role store.Role) string {
		_, secret, err := d.store.Issue(t.Context(), string(role), store.Pass{Kind: store.Link, Person: d.people[role], Name: "x", Role: store.Viewer, Object: d.scan.ID, ExpiresAt: d.now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return "/share/" + secret + "/"
	}
	of := link(store.Owner)
	if code, _ := d.visitor().get(of); code != 200 {
		t.Errorf("a link: %d", code)
	}
	for _, r := range []string{"/", "/findings", "/scans/" + d.scan.ID} {
		v := d.visitor()
		v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if code, _ := v.get(r); code != http.StatusSeeOther {
			t.Errorf("who has a link gets %d at %s", code, r)
		}
	}
	if _, err := d.store.DB().ExecContext(t.Context(), `DELETE FROM members`); err != nil {
		t.Fatal(err)
	}
	if code, _ := d.visitor().get(of); code != 404 {
		t.Errorf("a link of somebody who left: %d", code)
	}
}

// TestPeople: an administrator adds organisations and people and says who may
// do what where; everybody changes their own password.
func TestPeople(t *testing.T) {
	d := newDesk(t)
	v := d.as(store.Admin)
	for name, want := range map[string]int{"Fernhill and sons": 200, "": 400} {
		if code, text := v.post("/organisations/"+d.org.ID+"/name", url.Values{"name": {name}}); code != want || want == 200 && !strings.Contains(text, name+"</a>") {
			t.Errorf("named %q: %d %s", name, code, text)
		}
	}
	if code, text := v.post("/organisations", url.Values{"name": {"Harbour"}}); code != 200 || !strings.Contains(text, "Harbour") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/people", url.Values{"name": {"kim"}, "password": {"correct horse battery"}, "in." + d.org.ID: {"owner"}}); code != 200 || !strings.Contains(text, `<option selected>owner`) {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/people", url.Values{"name": {"lea"}, "password": {"correct horse battery"}, "in." + d.org.ID: {"admin"}}); code != 400 || !strings.Contains(text, "expected one of viewer") {
		t.Errorf("%d %s", code, text)
	}
	if _, err := d.store.AddPerson(t.Context(), "setup", store.Person{Name: "new", Role: store.Member}, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	fresh := d.visitor()
	if code, text := fresh.post("/login", url.Values{"name": {"new"}, "password": {"correct horse battery"}}); code != 200 || !strings.Contains(text, "You are in no organisation yet") || strings.Contains(text, "Fernhill") || strings.Contains(text, "Title ") {
		t.Errorf("somebody whom no organisation lets in: %d %s", code, text)
	}
	if code, _ := fresh.get("/findings"); code != http.StatusForbidden {
		t.Errorf("somebody whom no organisation lets in reads findings: %d", code)
	}
	kim := d.visitor()
	if code, text := kim.post("/login", url.Values{"name": {"kim"}, "password": {"correct horse battery"}}); code != 200 || !strings.Contains(text, "Add a site") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := kim.post("/password", url.Values{"old": {"wrong"}, "new": {"another horse battery"}}); code != 400 || !strings.Contains(text, "old password is wrong") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := kim.post("/password", url.Values{"old": {"correct horse battery"}, "new": {"another horse battery"}}); code != 200 || !strings.Contains(text, "password was changed") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := kim.post("/logout/everywhere", nil); code != 200 || !strings.Contains(text, "<h1>Log in</h1>") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/people/"+d.people[store.Admin], nil); code != http.StatusConflict || !strings.Contains(text, "make another one first") {
		t.Errorf("the last administrator: %d %s", code, text)
	}
}
