package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
	"candor/reports/store/blob"
	"candor/reports/store/storetest"
	"candor/rules"
)

var begin = time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)

// desk is a dashboard with one organisation, one site and one finished scan.
type desk struct {
	t       *testing.T
	srv     *httptest.Server
	store   *store.Store
	blobs   blob.Store
	org     store.Organisation
	site    store.Site
	scan    store.Scan
	log     *bytes.Buffer
	mu      sync.Mutex
	now     time.Time
	added   []string
	watched []Request

	people  map[store.Role]string
	options Options

	tested []string // addresses
}

const evil = `<script>alert(1)</script>"'&`

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, log: &bytes.Buffer{}, now: begin}
	clock := func() time.Time {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.now
	}
	n := 0
	var mu sync.Mutex
	ids := func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id%03d", n)
	}
	ctx := t.Context()
	var err error
	d.store, err = store.Open(ctx, filepath.Join(t.TempDir(), "candor.db"), store.Options{Keys: storetest.Keys(t), Now: clock, NewID: ids})
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	check(err)
	t.Cleanup(func() { d.store.Close() })
	d.blobs, err = blob.Open(t.TempDir())
	check(err)
	d.org, err = d.store.AddOrganisation(ctx, "setup", "Fernhill")
	check(err)
	d.people = map[store.Role]string{}
	for _, r := range store.Roles {
		x := store.Person{Name: string(r), Role: store.Member, In: map[string]store.Role{d.org.ID: r}, Subject: "https://id.test " + string(r)}
		if r == store.Admin {
			x.Role, x.In = store.Admin, nil
		}
		p, err := d.store.AddPerson(ctx, "setup", x, "")
		check(err)
		d.people[r] = p.ID
	}
	d.site, err = d.store.AddSite(ctx, "setup", store.Site{Organisation: d.org.ID, URL: "https://www.fernhill.test/", Host: "fernhill.test", Name: "Shop " + evil})
	check(err)
	d.scan = d.scanned(d.site)
	set, err := rules.Default()
	check(err)
	d.options = Options{
		Store: d.store, Blobs: d.blobs, Rules: set, Version: "test", Now: clock, Log: slog.New(slog.NewTextHandler(d.log, nil)), Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "figures") }),
		Watch: func(r Request) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.watched = append(d.watched, r)
		},
		Added: func(_ context.Context, x store.Scan) { d.added = append(d.added, x.ID) },
		CheckSite: func(_ context.Context, address string) (string, string, error) {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "https" {
				return "", "", errors.New("expected an address such as https://www.example.com/")
			}
			return address, u.Hostname(), nil
		},
		Test: func(_ context.Context, x store.Destination) error {
			d.tested = append(d.tested, x.Address)
			if strings.Contains(x.Address, "down") {
				return errors.New("down.test answered 503")
			}
			return nil
		},
		CheckProfile: func(text string) error {
			if strings.Contains(text, "oops") {
				return errors.New("profile:1: unknown key oops")
			}
			return nil
		},
	}
	h, err := New(d.options)
	check(err)
	d.srv = httptest.NewServer(h)
	t.Cleanup(d.srv.Close)
	return d
}

// scanned is a finished scan of a site.
func (d *desk) scanned(site store.Site) store.Scan {
	d.t.Helper()
	ctx := d.t.Context()
	q, err := d.store.Queue(ctx, "setup", store.Scan{Site: site.ID, Reason: "person"})
	if err != nil {
		d.t.Fatal(err)
	}
	x, err := d.store.Begin(ctx, q.ID, 0, "w1")
	if err != nil {
		d.t.Fatal(err)
	}
	rep := &reports.Report{
		Findings: []reports.Finding{{Rule: "CORE-01", Pack: "core", Severity: "high", Outcome: "differs", Title: "Title " + evil, Message: "Message " + evil, Fingerprint: "f1", Recipients: []string{"tiktok-pixel"}}},
		Vendors:  []reports.Vendor{{ID: "tiktok-pixel", Name: "TikTok Pixel", Entity: "TikTok " + evil, Party: "third", Categories: []string{"advertising"}}},
		Policies: []reports.Policy{{URL: site.URL + "privacy", SHA256: "aa", Title: "Privacy " + evil, Statements: []reports.Statement{{ID: "s1", Actor: "we", Action: "share", Negated: true, DataTypes: []string{"email"}, Quote: "We do not share your e-mail address."}}}},
		Summary:  reports.Totals{BySeverity: map[string]int{"high": 1}, Companies: 1, UndisclosedCompanies: 1},
	}
	err = d.blobs.Put(ctx, "scans/"+q.ID+"/index.html", strings.NewReader("<h1>Report</h1>"), 15)
	if err == nil {
		err = d.store.Finish(ctx, x, store.Finished, rep, "scans/"+q.ID+"/", "")
	}
	if err == nil {
		x, err = d.store.Scan(ctx, q.ID)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return x
}

// newNotice is a further scan that sees a notice in another version.
func (d *desk) newNotice() {
	d.t.Helper()
	d.mu.Lock()
	d.now = d.now.Add(time.Minute)
	d.mu.Unlock()
	ctx := d.t.Context()
	q, err := d.store.Queue(ctx, "setup", store.Scan{Site: d.site.ID, Reason: "person"})
	if err == nil {
		q, err = d.store.Begin(ctx, q.ID, 0, "w1")
	}
	if err == nil {
		err = d.store.Finish(ctx, q, store.Finished, &reports.Report{
			Findings: []reports.Finding{{Rule: "CORE-01", Pack: "core", Severity: "high", Outcome: "differs", Title: "Title", Fingerprint: "f1"}},
			Policies: []reports.Policy{{URL: d.site.URL + "privacy", SHA256: "bb", Title: "Privacy", Statements: []reports.Statement{{ID: "s1", Actor: "we", Action: "share", DataTypes: []string{"email"}, Quote: "We share your e-mail address " + evil + "."}}}},
		}, "", "")
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// visitor is a browser without scripts.
type visitor struct {
	*desk
	client *http.Client
}

func (d *desk) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return &visitor{d, &http.Client{Jar: jar}}
}

// as is somebody with a role who has logged in.
func (d *desk) as(role store.Role) *visitor {
	d.t.Helper()
	_, secret, err := d.store.Issue(d.t.Context(), string(role), store.Pass{Kind: store.Session, Person: d.people[role], Name: string(role), Role: store.Admin, ExpiresAt: d.now.Add(time.Hour)})
	if err != nil {
		d.t.Fatal(err)
	}
	v := d.visitor()
	u, err := url.Parse(d.srv.URL)
	if err != nil {
		d.t.Fatal(err)
	}
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: "candor", Value: secret, Path: "/"}})
	return v
}

func (v *visitor) do(r *http.Request) (int, string, http.Header) {
	v.t.Helper()
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.srv.URL+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	code, text, _ := v.do(r)
	return code, text
}

func (v *visitor) post(path string, values url.Values) (int, string) {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.srv.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	code, text, _ := v.do(r)
	return code, text
}

// TestPages: every page can be made, and nothing that others wrote is markup.
func TestPages(t *testing.T) {
	d := newDesk(t)
	d.newNotice()
	v := d.as(store.Admin)
	for _, path := range []string{
		"/", "/sites/new", "/sites/" + d.site.ID, "/sites/" + d.site.ID + "/edit", "/sites/" + d.site.ID + "/policies", "/scans/" + d.scan.ID,
		"/findings", "/findings?severity=high&rule=CORE-01&gone=1&suppressed=1", "/findings/" + d.site.ID + "/f1", "/recipients", "/recipients?q=tiktok", "/schedules", "/alerts", "/alerts?state=sent&from=1", "/rules", "/settings", "/audit",
	} {
		code, text := v.get(path)
		if code != 200 || !strings.Contains(text, "</html>") {
			t.Errorf("%s: %d %s", path, code, text)
		}
		if strings.Contains(text, "<script>alert") {
			t.Errorf("%s: what a site said is markup", path)
		}
	}
	if _, text := v.get("/recipients?q=tiktok"); !strings.Contains(text, "TikTok Pixel") || !strings.Contains(text, "not in the text") {
		t.Errorf("where is TikTok? %s", text)
	}
	if _, text := v.get("/sites/" + d.site.ID + "/policies"); !strings.Contains(text, "What it claims other than the version before") || !strings.Contains(text, "<del>") || !strings.Contains(text, ">weaker<") {
		t.Errorf("the claims that changed: %s", text)
	}
	if _, text := v.get("/sites/" + d.site.ID); strings.Count(text, `class="notice"`) != 1 {
		t.Errorf("the trend marks no version of a notice: %s", text)
	}
	for _, path := range []string{"/sites/none", "/scans/none", "/findings/x/y", "/scans/" + d.scan.ID + "/report/none.html", "/scans/" + d.scan.ID + "/report/..%2f..%2fx", "/nowhere"} {
		if code, _ := v.get(path); code != 404 {
			t.Errorf("%s: %d, want 404", path, code)
		}
	}
	if regexp.MustCompile(`level=(WARN|ERROR)`).Match(d.log.Bytes()) {
		t.Errorf("the log says: %s", d.log)
	}
}

// TestLists: lists of many sites come in parts, in an order, and can be searched,
// all without a script.
func TestLists(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	for i := range perList + 3 {
		x, err := d.store.AddSite(ctx, "setup", store.Site{Organisation: d.org.ID, URL: fmt.Sprintf("https://s%03d.test/", i), Host: fmt.Sprintf("s%03d.test", i), Name: fmt.Sprintf("Many %03d", i)})
		if err == nil {
			_, err = d.store.AddSchedule(ctx, "setup", store.Schedule{Site: x.ID, Expression: fmt.Sprintf("%d 3 * * *", i), Zone: "UTC"})
		}
		if err == nil && i < shownOpen+5 {
			_, err = d.store.Queue(ctx, "setup", store.Scan{Site: x.ID, Reason: "person"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	v := d.as(store.Admin)
	for _, tt := range []struct {
		path       string
		has, lacks []string
	}{
		{"/", []string{"1 to 50 of 54", "Many 049", "<b>54</b> sites", "<b>15</b> scans wait", "first 10 of 15", `href="/?from=50"`, `aria-sort="ascending"><a href="/">Site`}, []string{">Many 050<", ">Before<"}},
		{"/?from=50", []string{"51 to 54 of 54", ">Many 052<", "Shop", `href="/" rel="prev"`}, []string{">Next<", "Add one"}},
		{"/?from=5000", []string{"The list ends before this page"}, []string{"No site yet"}},
		{"/?sort=grave", []string{"Shop", `aria-sort="descending"><a href="/?sort=grave">Critical and high`}, []string{">Many 049<"}},
		{"/?sort=next&q=many", []string{"1 to 50 of 53", `href="/?from=50&amp;q=many&amp;sort=next"`, `name="sort" value="next"`}, []string{"No site"}},
		{"/?q=S007.test", []string{">Many 007<"}, []string{">Many 008</a> <small>", "1 to 1 of 1"}},
		{"/?q=nobody", []string{"No site is like this"}, []string{"No site yet"}},
		{"/?organisation=" + d.org.ID, []string{"1 to 50 of 54"}, nil},
		{"/schedules", []string{"1 to 50 of 53", `href="/schedules?from=50"`}, []string{"Shop", ">Many 052<"}},
		{"/schedules?from=50", []string{"51 to 53 of 53", ">Many 052<"}, []string{">Next<"}},
		{"/schedules?q=many+052", []string{">Many 052<", "All schedules"}, []string{">Many 051<"}},
		{"/schedules?q=none", []string{"has a schedule"}, []string{"Give a site one"}},
		{"/findings", []string{`name="of" value=""`, "Title"}, []string{"<option>Many"}},
		{"/findings?of=shop", []string{`name="of" value="shop"`, "Title"}, nil},
		{"/findings?of=many+007", []string{"No finding of the last scans is like this"}, []string{"Title &lt;"}},
		{"/findings?of=many", []string{"Many sites are like"}, nil},
	} {
		code, text := v.get(tt.path)
		if code != 200 {
			t.Errorf("%s: %d", tt.path, code)
		}
		for _, want := range tt.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", tt.path, want, text)
			}
		}
		for _, not := range tt.lacks {
			if strings.Contains(text, not) {
				t.Errorf("%s has %q", tt.path, not)
			}
		}
	}
	for _, path := range []string{"/?sort=colour", "/?from=-1", "/schedules?from=x"} {
		if code, _ := v.get(path); code != 400 {
			t.Errorf("%s: %d, want 400", path, code)
		}
	}
}

// TestWatch: each request is told of by its route, with no address, secret or
// query in the log; figures are for a token.
func TestWatch(t *testing.T) {
	d := newDesk(t)
	_, secret, err := d.store.Issue(t.Context(), "setup", store.Pass{Kind: store.Link, Person: d.people[store.Owner], Role: store.Viewer, Object: d.scan.ID, ExpiresAt: begin.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := d.store.Issue(t.Context(), "setup", store.Pass{Kind: store.Token, Person: d.people[store.Admin], Role: store.Viewer, ExpiresAt: begin.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	v := d.visitor()
	v.get("/share/" + secret + "/")
	v.get("/share/" + secret + "x/index.html")
	v.get("/recipients?q=hunter2")
	v.get("/hunter2")
	if code, text := v.get("/metrics"); code != 401 {
		t.Errorf("figures without a token: %d %s", code, text)
	}
	r, err := http.NewRequest("GET", d.srv.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if code, text, _ := v.do(r); code != 200 || text != "figures" {
		t.Errorf("figures: %d %s", code, text)
	}
	want := []string{"/share/{secret}/{path...} 200", "/share/{secret}/{path...} 404", "/recipients 303", "none 404", "/metrics 401", "/metrics 200"}
	var got []string
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.watched {
		if q.Route != "/login" { // where the second leads
			got = append(got, fmt.Sprintf("%s %d", q.Route, q.Status))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("told of %q, want %q", got, want)
	}
	for _, s := range []string{secret, token, "hunter2", "candor_"} {
		if strings.Contains(d.log.String(), s) {
			t.Errorf("%s is in the log: %s", s, d.log)
		}
	}
}

// TestReportIsFenced: a report is shown in a sandbox.
func TestReportIsFenced(t *testing.T) {
	d := newDesk(t)
	v := d.as(store.Viewer)
	r, err := http.NewRequest(http.MethodGet, d.srv.URL+"/scans/"+d.scan.ID+"/report/", nil)
	if err != nil {
		t.Fatal(err)
	}
	code, text, h := v.do(r)
	if csp := h.Get("Content-Security-Policy"); code != 200 || text != "<h1>Report</h1>" || !strings.HasPrefix(csp, "sandbox") || strings.Contains(csp, "allow-same-origin") {
		t.Errorf("%d %q with %q", code, text, csp)
	}
}

// TestRoles: who may do what, and that nobody else may.
func TestRoles(t *testing.T) {
	d := newDesk(t)
	nobody := d.visitor()
	nobody.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"/", "/findings", "/scans/" + d.scan.ID + "/report/", "/settings"} {
		if code, _ := nobody.get(path); code != http.StatusSeeOther {
			t.Errorf("nobody gets %d at %s", code, path)
		}
	}
	for _, c := range []struct {
		path string
		from store.Role
	}{
		{"/sites/" + d.site.ID + "/scan", store.Reviewer},
		{"/findings/" + d.site.ID + "/f1/review", store.Reviewer},
		{"/sites", store.Owner},
		{"/findings/" + d.site.ID + "/f1/suppress", store.Approver},
		{"/people", store.Admin},
		{"/sites/" + d.site.ID + "/alerts", store.Owner},
		{"/destinations", store.Admin},
		{"/destinations/none/test", store.Admin},
		{"/destinations/none/delete", store.Admin},
		{"/alerts/none/again", store.Admin},
	} {
		for _, role := range store.Roles {
			code, _ := d.as(role).post(c.path, nil)
			if may := role.May(c.from); (code == http.StatusForbidden) == may {
				t.Errorf("%s as %s: %d", c.path, role, code)
			}
		}
	}
	if code, _ := d.as(store.Owner).get("/audit"); code != http.StatusForbidden {
		t.Errorf("an owner reads the audit log: %d", code)
	}
}

// TestOtherSites: a page of another site changes nothing.
func TestOtherSites(t *testing.T) {
	d := newDesk(t)
	v := d.as(store.Admin)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"} {
		r, err := http.NewRequest(http.MethodPost, d.srv.URL+"/sites/"+d.site.ID+"/scan", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(name, value)
		if code, _, _ := v.do(r); code != http.StatusForbidden || len(d.added) != 0 {
			t.Errorf("with %s: %s: %d, queued %v", name, value, code, d.added)
		}
	}
}

func TestLogin(t *testing.T) {
	d := newDesk(t)
	if _, err := d.store.AddPerson(t.Context(), "setup", store.Person{Name: "ada", Role: store.Admin}, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	v := d.visitor()
	if code, text := v.post("/login", url.Values{"name": {"ada"}, "password": {"wrong"}}); code != http.StatusUnauthorized || !strings.Contains(text, "wrong") {
		t.Errorf("%d %s", code, text)
	}
	for range 5 {
		v.post("/login", url.Values{"name": {"ada"}, "password": {"guess"}})
	}
	if code, _ := v.post("/login", url.Values{"name": {"ada"}, "password": {"correct horse battery"}}); code != http.StatusTooManyRequests {
		t.Errorf("the sixth try in a minute: %d", code)
	}
	d.mu.Lock()
	d.now = d.now.Add(time.Minute)
	d.mu.Unlock()
	if code, text := v.post("/login", url.Values{"name": {"ada"}, "password": {"correct horse battery"}, "next": {"/rules"}}); code != 200 || !strings.Contains(text, "<h1>Rules</h1>") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := v.post("/logout", nil); code != 200 {
		t.Errorf("log out: %d", code)
	}
	if _, text := v.get("/"); !strings.Contains(text, "<h1>Log in</h1>") {
		t.Errorf("after the log-out: %s", text)
	}
	for next, want := range map[string]string{"https://evil.test/": "/", "//evil.test/": "/", `/\evil.test`: "/", "javascript:alert(1)": "/", "/findings?rule=x": "/findings?rule=x", "": "/"} {
		if got := local(next); got != want {
			t.Errorf("local(%q) = %q, want %q", next, got, want)
		}
	}
}

// TestTries: guesses from many addresses are slowed down, and lock nobody out who
// has logged in from their browser before.
func TestTries(t *testing.T) {
	s := &server{limiter: newLimiter(func() time.Time { return begin }), deviceKey: []byte("key")}
	try := func(address, name, device string) bool {
		r := httptest.NewRequest(http.MethodPost, "/login", nil)
		r.RemoteAddr = address + ":1"
		if device != "" {
			r.AddCookie(&http.Cookie{Name: deviceCookie, Value: device})
		}
		return s.mayTry(r, name)
	}
	for i := range triesOfName {
		if !try(fmt.Sprintf("192.0.2.%d", i), "ada", "") {
			t.Fatalf("try %d from a further address was refused", i)
		}
	}
	if try("192.0.2.200", "ada", "") {
		t.Error("a name was tried more often than is let")
	}
	if !try("192.0.2.200", "bob", "") {
		t.Error("guesses at one name lock another out")
	}
	own := "n." + s.deviceSum("n", "ada")
	for i := range triesOfPair {
		if !try("198.51.100.1", "ada", own) {
			t.Errorf("try %d of ada's own browser was refused", i)
		}
	}
	if try("198.51.100.1", "ada", own) {
		t.Error("a browser that is known guesses without bound")
	}
	for _, device := range []string{"n." + s.deviceSum("n", "bob"), "n.", "", "x." + s.deviceSum("n", "ada")} {
		if try("198.51.100.2", "ada", device) {
			t.Errorf("%q was taken for ada's browser", device)
		}
	}
	for i := range triesOfAddress {
		if !try("203.0.113.1", fmt.Sprint("name", i), "") {
			t.Fatalf("try %d of an address was refused", i)
		}
	}
	if try("203.0.113.1", "another", "") {
		t.Error("an address tried more names than is let")
	}
}

// TestWork: a person adds a site, scans it, reviews and suppresses a finding.
func TestWork(t *testing.T) {
	d := newDesk(t)
	v := d.as(store.Approver)
	if code, text := v.post("/sites", url.Values{"organisation": {d.org.ID}, "url": {"ftp://x"}}); code != 400 || !strings.Contains(text, "expected an address such as https://") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/sites", url.Values{"organisation": {d.org.ID}, "url": {"https://new.test/"}, "profile": {"oops: 1"}}); code != 400 || !strings.Contains(text, "unknown key oops") || !strings.Contains(text, "oops: 1") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/sites", url.Values{"organisation": {d.org.ID}, "url": {"https://new.test/"}, "scan": {"1"}}); code != 200 || !strings.Contains(text, "queued") || len(d.added) != 1 {
		t.Errorf("%d, queued %v: %s", code, d.added, text)
	}
	if code, _ := v.post("/sites", url.Values{"organisation": {d.org.ID}, "url": {"https://new.test/"}}); code != http.StatusConflict {
		t.Errorf("the same site twice: %d", code)
	}
	if code, text := v.post("/sites/"+d.site.ID+"/schedules", url.Values{"expression": {"at noon"}, "zone": {"UTC"}}); code != 400 || !strings.Contains(text, "expected minute, hour") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := v.post("/sites/"+d.site.ID+"/schedules", url.Values{"expression": {"30 3 * * 1"}, "zone": {"Europe/Berlin"}, "jitter": {"10m"}}); code != 200 || !strings.Contains(text, "30 3 * * 1") {
		t.Errorf("%d %s", code, text)
	}
	finding := "/findings/" + d.site.ID + "/f1"
	if code, text := v.post(finding+"/review", url.Values{"review": {"confirmed"}, "note": {evil}, "owner": {"marketing"}, "due": {"2026-12-31"}}); code != 200 || !strings.Contains(text, "confirmed, said approver") || !strings.Contains(text, "Due 2026-12-31") {
		t.Errorf("%d %s", code, text)
	}
	suppress := url.Values{"reason": {"planned_fix"}, "justification": {"goes next sprint"}, "owner": {"marketing"}, "expires": {"2028-01-01"}}
	if code, text := v.post(finding+"/suppress", suppress); code != 400 || !strings.Contains(text, "365 days") {
		t.Errorf("%d %s", code, text)
	}
	suppress.Set("expires", "2027-01-31")
	if code, text := v.post(finding+"/suppress", suppress); code != 200 || !strings.Contains(text, "planned fix until 2027-01-31") {
		t.Errorf("%d %s", code, text)
	}
	if _, text := v.get("/findings"); strings.Contains(text, finding) {
		t.Error("a suppressed finding is listed")
	}
}

// TestEventsEnd: who watches a scan is told no more when their session was ended.
func TestEventsEnd(t *testing.T) {
	d := newDesk(t)
	q, err := d.store.Queue(t.Context(), "setup", store.Scan{Site: d.site.ID, Reason: "person"})
	if err != nil {
		t.Fatal(err)
	}
	v := d.as(store.Viewer)
	resp, err := v.client.Get(d.srv.URL + "/scans/" + q.ID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	told := bufio.NewReader(resp.Body)
	if line, err := told.ReadString('\n'); err != nil || !strings.Contains(line, `"state":"queued"`) {
		t.Fatalf("%q, %v", line, err)
	}
	if err := d.store.EndSessions(t.Context(), "admin", d.people[store.Viewer]); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(told); err != nil || strings.TrimSpace(string(rest)) != "" {
		t.Errorf("after that %q, %v", rest, err)
	}
	if code, text := v.get("/scans/" + q.ID + "/events"); code != 200 || !strings.Contains(text, "Log in") {
		t.Errorf("asked again: %d %s", code, text)
	}
}

// TestBehindProxy: tries to log in are counted for each address that a trusted
// proxy asks for.
func TestBehindProxy(t *testing.T) {
	d := newDesk(t)
	d.options.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	h, err := New(d.options)
	if err != nil {
		t.Fatal(err)
	}
	d.srv.Config.Handler = h
	try := func(from string) int {
		r, err := http.NewRequest(http.MethodPost, d.srv.URL+"/login", strings.NewReader("name=n"+from+"&password=x"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", from)
		code, _, _ := d.visitor().do(r)
		return code
	}
	for range 5 {
		try("203.0.113.1")
	}
	if a, b := try("203.0.113.1"), try("203.0.113.2"); a != http.StatusTooManyRequests || b != http.StatusUnauthorized {
		t.Errorf("the sixth try from one address: %d, the first from another: %d", a, b)
	}
	log, err := d.store.Audit(t.Context(), 0, 1)
	if err != nil || len(log) != 1 || !strings.Contains(log[0].Detail, "203.0.113.2") {
		t.Errorf("the audit log has %+v, %v", log, err)
	}
}

func TestShare(t *testing.T) {
	d := newDesk(t)
	_, text := d.as(store.Owner).post("/scans/"+d.scan.ID+"/share", nil)
	_, rest, ok := strings.Cut(text, "<code>")
	link, _, _ := strings.Cut(rest, "</code>")
	if !ok || !strings.HasPrefix(link, "/share/candor_") {
		t.Fatalf("no link in %s", text)
	}
	v := d.visitor()
	if code, text := v.get(link); code != 200 || text != "<h1>Report</h1>" {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := v.get(strings.Replace(link, "candor_", "candor_x", 1)); code != 404 {
		t.Errorf("a wrong secret: %d", code)
	}
	d.mu.Lock()
	d.now = d.now.Add(shareTime + time.Second)
	d.mu.Unlock()
	if code, _ := v.get(link); code != 404 {
		t.Errorf("a link that expired: %d", code)
	}
}

func TestAPI(t *testing.T) {
	d := newDesk(t)
	_, text := d.as(store.Reviewer).post("/tokens", url.Values{"name": {"build"}, "role": {"reviewer"}, "days": {"30"}})
	_, rest, ok := strings.Cut(text, "<code>")
	token, _, _ := strings.Cut(rest, "</code>")
	if !ok {
		t.Fatalf("no token in %s", text)
	}
	if code, text := d.as(store.Reviewer).post("/tokens", url.Values{"name": {"x"}, "role": {"admin"}, "days": {"30"}}); code != 400 {
		t.Errorf("a token that may do more than its person: %d %s", code, text)
	}
	call := func(method, path, token, body string) (int, string) {
		r, err := http.NewRequest(method, d.srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		code, text, _ := d.visitor().do(r)
		return code, text
	}
	for _, c := range []struct {
		method, path, token, body string
		code                      int
		has                       string
	}{
		{"GET", "/api/v1/sites", token, "", 200, `"url":"https://www.fernhill.test/"`},
		{"GET", "/api/v1/sites/" + d.site.ID, token, "", 200, `"host":"fernhill.test"`},
		{"GET", "/api/v1/findings?severity=high", token, "", 200, `"fingerprint":"f1"`},
		{"GET", "/api/v1/findings?severity=low", token, "", 200, `[]`},
		{"GET", "/api/v1/findings?severity=grave", token, "", 400, "expected one of critical, high, medium, low, info"},
		{"GET", "/api/v1/findings?review=fine", token, "", 400, "expected one of confirmed, not_an_issue, needs_person"},
		{"GET", "/api/v1/findings?limit=501", token, "", 400, "expected a number from 1 to 500"},
		{"GET", "/api/v1/findings?from=-1", token, "", 400, "expected a number from 0 to"},
		{"GET", "/api/v1/findings?limit=1&from=1", token, "", 200, "[]"},
		{"GET", "/api/v1/scans/" + d.scan.ID, token, "", 200, `"state":"finished"`},
		{"GET", "/api/v1/recipients", token, "", 200, "TikTok Pixel"},
		{"GET", "/api/v1/sites/none", token, "", 404, "error"},
		{"GET", "/api/v1/nothing", token, "", 404, "error"},
		{"GET", "/api/v1/sites", "", "", 401, "token is needed"},
		{"GET", "/api/v1/sites", "candor_guess", "", 401, "token is needed"},
		{"POST", "/api/v1/sites", token, `{"url":"https://x.test/"}`, 403, "role owner"},
		{"POST", "/api/v1/sites/" + d.site.ID + "/scans", token, "", 200, `"state":"queued"`},
		{"POST", "/api/v1/sites/" + d.site.ID + "/scans", token, "", 409, "waits or runs"},
	} {
		if code, text := call(c.method, c.path, c.token, c.body); code != c.code || !strings.Contains(text, c.has) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.method, c.path, code, text, c.code, c.has)
		}
	}
	if code, _ := call("GET", "/healthz", "", ""); code != 200 {
		t.Errorf("healthz: %d", code)
	}
	if code, _ := call("GET", "/readyz", "", ""); code != 200 {
		t.Errorf("readyz: %d", code)
	}
	d.store.Close()
	if code, _ := call("GET", "/readyz", "", ""); code != 503 {
		t.Errorf("readyz without a database: %d", code)
	}
}
