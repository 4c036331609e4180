package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// pageGoal is what 95 of 100 pages may take, in ms.
const pageGoal = 100

// sized is a number of a benchmark, which a variable changes.
func sized(b *testing.B, name string, usual int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s=%q: expected a number above 0", name, text)
	}
	return n
}

// BenchmarkServiceDashboard asks for each page with 1,000 sites and 100,000
// findings in the database, which scans of five days saw; CANDOR_BENCH_SITES and
// CANDOR_BENCH_FINDINGS change the numbers. An operation is one page as a browser
// gets it, one after the other; "four people" have four pages made at a time.
func BenchmarkServiceDashboard(b *testing.B) {
	sites := sized(b, "CANDOR_BENCH_SITES", 1000)
	findings := sized(b, "CANDOR_BENCH_FINDINGS", 100_000)
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		b.Run(kind, func(b *testing.B) {
			database := filepath.Join(b.TempDir(), "candor.db")
			if kind == "PostgreSQL" {
				database = storetest.Postgres(b).Database(b)
			}
			d := newLargeDesk(b, database, sites, max(findings/sites, 1))
			for _, p := range d.paths() {
				b.Run(p.name, func(b *testing.B) { d.measure(b, 1, p.of) })
			}
			all := d.paths()
			b.Run("four people", func(b *testing.B) {
				d.measure(b, 4, func(i int) string { return all[i%len(all)].of(i / len(all)) })
			})
		})
	}
}

// largeDesk is a dashboard of many sites.
type largeDesk struct {
	handler http.Handler
	secret  string // of a session
	store   *store.Store
	sites   []store.Site
	each    int // findings of a site
}

func newLargeDesk(b *testing.B, database string, sites, each int) *largeDesk {
	b.Helper()
	check := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	now, n := begin, 0
	d := &largeDesk{each: each}
	ctx := b.Context()
	clock := func() time.Time { return now }
	var err error
	d.store, err = store.Open(ctx, database, store.Options{Now: clock, NewID: func() string { n++; return fmt.Sprintf("id%07d", n) }})
	check(err)
	b.Cleanup(func() { d.store.Close() })
	blobs, err := blob.Open(b.TempDir())
	check(err)
	set, err := rules.Default()
	check(err)
	org, err := d.store.AddOrganisation(ctx, "setup", "Fernhill")
	check(err)
	for i := range sites {
		host := fmt.Sprintf("shop-%04d.test", i)
		x, err := d.store.AddSite(ctx, "setup", store.Site{Organisation: org.ID, URL: "https://www." + host + "/", Host: host, Name: fmt.Sprintf("Shop %04d", i)})
		check(err)
		_, err = d.store.AddSchedule(ctx, "setup", store.Schedule{Site: x.ID, Expression: "30 3 * * *", Zone: "Europe/Berlin", Jitter: time.Hour})
		check(err)
		q, err := d.store.Queue(ctx, "setup", store.Scan{Site: x.ID, Reason: "person"})
		check(err)
		now = now.Add(time.Second)
		run, err := d.store.Begin(ctx, q.ID, 0, "w1")
		check(err)
		now = now.Add(time.Second)
		check(d.store.Finish(ctx, run, store.Finished, madeUp(set, i, each), "scans/"+q.ID+"/", ""))
		d.sites = append(d.sites, x)
	}
	// The days before found the same.
	for day := 1; day < 5; day++ {
		for _, copied := range []string{
			`INSERT INTO scans(id, site, schedule, reason, priority, state, attempt, worker, beat_at, queued_at, started_at, finished_at, progress, summary, failure, rules_version, report_blob, evidence_blob)
			SELECT id || '-%[1]d', site, schedule, reason, priority, state, attempt, worker, beat_at, queued_at - %[2]d, started_at - %[2]d, finished_at - %[2]d, progress, summary, failure, rules_version, report_blob, evidence_blob FROM scans WHERE id NOT LIKE '%%-%%'`,
			`INSERT INTO sightings(scan, site, fingerprint, severity, suppressed) SELECT scan || '-%[1]d', site, fingerprint, severity, suppressed FROM sightings WHERE scan NOT LIKE '%%-%%'`,
		} {
			_, err := d.store.DB().ExecContext(ctx, fmt.Sprintf(copied, day, day*86_400_000))
			check(err)
		}
	}
	_, err = d.store.DB().ExecContext(ctx, "ANALYZE")
	check(err)
	p, err := d.store.AddPerson(ctx, "setup", store.Person{Name: "admin", Role: store.Admin, Subject: "https://id.test admin"}, "")
	check(err)
	_, d.secret, err = d.store.Issue(ctx, "setup", store.Pass{Kind: store.Session, Person: p.ID, Name: "admin", Role: store.Admin, ExpiresAt: now.Add(time.Hour)})
	check(err)
	d.handler, err = New(Options{
		Store: d.store, Blobs: blobs, Rules: set, Version: "bench", Now: clock, Log: slog.New(slog.DiscardHandler), Added: func(context.Context, store.Scan) {},
		CheckSite:    func(_ context.Context, address string) (string, string, error) { return address, "", nil },
		CheckProfile: func(string) error { return nil },
	})
	check(err)
	return d
}

// madeUp is a report of a site: findings of many rules, recipients that many
// sites share and some of its own, two notices.
func madeUp(set *rules.Set, site, findings int) *reports.Report {
	rep := &reports.Report{Summary: reports.Totals{BySeverity: map[string]int{}, Companies: 15, UndisclosedCompanies: 4}}
	for i := range findings {
		severity := rules.Severities[(site+i*i)%len(rules.Severities)]
		rep.Summary.BySeverity[severity]++
		rule := set.Rules[(site+i)%len(set.Rules)]
		rep.Findings = append(rep.Findings, reports.Finding{
			Rule: rule.ID, Pack: rule.Pack, Severity: severity, Confidence: "direct", Outcome: "differs", Fingerprint: fmt.Sprintf("%04x%012x", site, i),
			Title: fmt.Sprintf("A recipient gets data that the text does not mention (%d)", i), Message: strings.Repeat("What was observed and what the text says of it. ", 4), Recipients: []string{fmt.Sprint("vendor-", i%40)},
		})
	}
	for i := range 15 {
		v := (site*7 + i*i) % 200
		rep.Vendors = append(rep.Vendors, reports.Vendor{ID: fmt.Sprint("vendor-", v), Name: fmt.Sprint("Vendor ", v), Entity: fmt.Sprint("Company ", v/3), Party: "third", Categories: []string{"analytics", "advertising"}, NamedInPolicy: i%3 == 0})
	}
	var said []reports.Statement
	for i := range 60 {
		said = append(said, reports.Statement{ID: fmt.Sprint("s", i), Quote: strings.Repeat("We share what you tell us with those who help us. ", 2)})
	}
	for _, kind := range []string{"privacy", "cookies"} {
		rep.Policies = append(rep.Policies, reports.Policy{URL: fmt.Sprintf("https://www.shop-%04d.test/%s", site, kind), SHA256: fmt.Sprintf("%064x", site), Kind: kind, Title: "Notice", Words: 4000, Statements: said})
	}
	return rep
}

type askedPage struct {
	name string
	of   func(i int) string
}

// paths are the pages that people read, each for one site after the other.
func (d *largeDesk) paths() []askedPage {
	same := func(to string) func(int) string { return func(int) string { return to } }
	site := func(i int) store.Site { return d.sites[i*37%len(d.sites)] }
	scan := func(i int) string {
		list, err := d.store.Scans(context.Background(), site(i).ID, 1)
		if err != nil || len(list) == 0 {
			return "none"
		}
		return list[0].ID
	}
	return []askedPage{
		{"overview", same("/")},
		{"site", func(i int) string { return "/sites/" + site(i).ID }},
		{"scan", func(i int) string { return "/scans/" + scan(i) }},
		{"findings", same("/findings")},
		{"findings of a severity", func(i int) string { return "/findings?severity=" + rules.Severities[i%len(rules.Severities)] }},
		{"findings, hundredth page", same("/findings?from=9900")},
		{"findings with earlier ones", same("/findings?gone=1&suppressed=1")},
		{"findings of a rule", same("/findings?rule=CORE-01")},
		{"finding", func(i int) string {
			return fmt.Sprintf("/findings/%s/%04x%012x", site(i).ID, i*37%len(d.sites), i%d.each)
		}},
		{"notices", func(i int) string { return "/sites/" + site(i).ID + "/policies" }},
		{"recipients", same("/recipients")},
		{"recipients by name", same("/recipients?q=company+12")},
		{"schedules", same("/schedules")},
		{"rules", same("/rules")},
		{"settings", same("/settings")},
		{"audit", same("/audit")},
	}
}

// measure asks for pages, a number of them at a time.
func (d *largeDesk) measure(b *testing.B, people int, of func(i int) string) {
	d.ask(b, of(0)) // the first is not counted: it fills the database's memory
	took := make([]time.Duration, 0, b.N)
	bytes := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	work := make(chan string)
	for range people {
		all.Go(func() {
			for to := range work {
				t, size := d.ask(b, to)
				mu.Lock()
				took, bytes = append(took, t), bytes+size
				mu.Unlock()
			}
		})
	}
	i, before := 0, ownTime()
	for b.Loop() {
		i++
		work <- of(i)
	}
	close(work)
	all.Wait()
	if spent := ownTime() - before; spent > 0 {
		b.ReportMetric(float64(spent.Microseconds())/1000/float64(i), "cpu-ms")
	}
	slices.Sort(took)
	at := func(part float64) float64 {
		return float64(took[min(int(part*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.95), "p95-ms")
	b.ReportMetric(float64(bytes)/float64(len(took))/1024, "KiB")
	if p95 := at(0.95); p95 > pageGoal {
		b.Logf("p95 is %.0f ms; the goal is under %d", p95, pageGoal)
	}
}

// ownTime is the processor's time that this process has had, which the machine's
// other work changes little; 0 where it cannot be told. It is without a
// PostgreSQL's.
func ownTime() time.Duration {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second (proc(5))
}

func (d *largeDesk) ask(b *testing.B, to string) (time.Duration, int) {
	r := httptest.NewRequest(http.MethodGet, to, nil)
	r.AddCookie(&http.Cookie{Name: "candor", Value: d.secret})
	w := httptest.NewRecorder()
	began := time.Now()
	d.handler.ServeHTTP(w, r)
	took := time.Since(began)
	if w.Code != http.StatusOK {
		b.Errorf("%s: status %d: %s", to, w.Code, w.Body)
	}
	return took, w.Body.Len()
}
