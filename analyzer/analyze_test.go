package analyzer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/crawler/evidence"
	"candor/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

var started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const noticeHTML = `<!doctype html><html lang="en"><head><title>Privacy policy</title></head><body><main>
<h1>Privacy policy</h1>
<p>This policy says what the Lantern shop does with information about its visitors. It was last updated on 1 March 2026. We wrote it
so that everybody who buys lamps from us can read in a few minutes what happens when they look at our pages, order something or write to us.</p>
<h2>What we collect</h2>
<p>We collect your name, your email address and your postal address when you place an order. We collect your IP address and the type of your browser when you visit our pages.</p>
<h2>Who receives it</h2>
<p>We use Google Analytics to understand how our pages are used. Google Analytics collects your IP address and cookie identifiers.</p>
<p>We do not share your email address with third parties.</p>
<p>We do not sell your personal information.</p>
<h2>Cookies</h2>
<table><thead><tr><th>Name</th><th>Provider</th><th>Purpose</th><th>Duration</th></tr></thead><tbody>
<tr><td>_ga</td><td>Google</td><td>Statistics</td><td>30 days</td></tr>
<tr><td>basket</td><td>Lantern shop</td><td>Necessary</td><td>Session</td></tr>
<tr><td>old_banner</td><td>Lantern shop</td><td>Necessary</td><td>1 year</td></tr>
</tbody></table>
<h2>Security</h2>
<p>We use TLS to encrypt everything that you send to us. Only people who need to see your order can see it, and we teach them how to handle it with care.</p>
<h2>Questions</h2>
<p>If you have a question about this policy or about what we know of you, write to us at any time. We answer within two weeks, and we will gladly explain anything
that this text leaves open. You can also ask us to delete what we know of you, and we will do so unless the tax office wants us to keep an invoice for longer.</p>
</main></body></html>`

// bundle is the evidence of a small shop: an analytics tag, an advertising pixel
// that gets a hashed address, fonts, an unknown host and two forms.
type bundle struct {
	pages    []evidence.Page
	requests []evidence.Request
	cookies  []evidence.Cookie
	forms    []evidence.Form
	notice   bool
}

func shop() *bundle {
	b := &bundle{notice: true}
	for i, path := range []string{"/", "/lamps", "/contact"} {
		id := fmt.Sprintf("p%04d.none", i+1)
		page := "https://www.lantern-shop.test" + path
		b.pages = append(b.pages, evidence.Page{ID: id, URL: page, FinalURL: page, State: evidence.StateNone, Status: 200, StartedAt: started, Ended: "quiet", Links: []evidence.Link{{URL: page}}})
		add := func(kind, method, url string, change func(*evidence.Request)) {
			r := evidence.Request{ID: fmt.Sprintf("%s/r%04d", id, len(b.requests)), Page: id, State: evidence.StateNone, URL: url, Method: method, Type: kind, Status: 200,
				Headers: map[string]string{"referer": "https://www.lantern-shop.test/"}}
			if change != nil {
				change(&r)
			}
			b.requests = append(b.requests, r)
		}
		add("Document", "GET", page, nil)
		add("Script", "GET", "https://www.googletagmanager.com/gtag/js?id=G-ABC123", nil)
		add("Ping", "POST", "https://www.google-analytics.com/g/collect?v=2&cid=842736519.1761998400&en=page_view&sr=1366x768&dl=https%3A%2F%2Fwww.lantern-shop.test%2Flamps", nil)
		add("Image", "GET", "https://www.facebook.com/tr?id=1&ev=Lead&ud%5Bem%5D="+strings.Repeat("0a", 32), nil)
		add("Font", "GET", "https://fonts.gstatic.com/s/a.woff2", nil)
		add("XHR", "POST", "https://api.nightowl-metrics.test/v1", func(r *evidence.Request) {
			r.PostData = `{"visitor_id":"8f14e45fceea167a5a36dedd","tz":"Europe/Berlin"}`
		})
		jar := func(name, value string, days int, setter string) {
			c := evidence.Cookie{Page: id, State: evidence.StateNone, Name: name, Value: value, Domain: "lantern-shop.test", Path: "/", SetBy: evidence.Setter{Kind: "script", URL: setter}}
			if c.Session = days == 0; !c.Session {
				c.LifetimeSec, c.Expires = int64(days)*86400, started.AddDate(0, 0, min(days, 400))
			}
			b.cookies = append(b.cookies, c)
		}
		jar("_ga", "GA1.1.842736519.1761998400", 730, "https://www.googletagmanager.com/gtag/js?id=G-ABC123")
		jar("basket", "8f14e45fceea167a", 0, page)
		b.forms = append(b.forms, evidence.Form{ID: id + "/f01", Page: id, State: evidence.StateNone, Action: "http://news.lantern-shop.test/join", Method: "post", Visible: true,
			Fields: []evidence.Field{{Name: "mail", Type: "email", Label: "E-mail", Visible: true}}})
	}
	b.forms = append(b.forms, evidence.Form{ID: "p0003.none/f02", Page: "p0003.none", State: evidence.StateNone, Action: "https://www.lantern-shop.test/contact", Method: "post", Visible: true,
		Fields: []evidence.Field{{Name: "phone", Type: "tel", Label: "Phone", Visible: true}, {Name: "dob", Label: "Date of birth", Type: "text", Visible: true}}})
	return b
}

func (b *bundle) write(t testing.TB) *evidence.Reader {
	t.Helper()
	dir := t.TempDir()
	b.writeTo(t, dir)
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func (b *bundle) writeTo(t testing.TB, dir string) {
	t.Helper()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "scan", URLs: []string{"https://www.lantern-shop.test/"}, States: []evidence.State{evidence.StateNone}, StartedAt: started})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range b.pages {
		if i == 0 {
			err = w.AddPage(p, b.requests, b.cookies, nil, b.forms, nil)
		} else {
			err = w.AddPage(p, nil, nil, nil, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if b.notice {
		sum, err := w.AddBlob("documents/d01.html", []byte(noticeHTML))
		if err != nil {
			t.Fatal(err)
		}
		url := "https://www.lantern-shop.test/privacy"
		if err := w.AddDocument(evidence.Document{ID: "d01", URL: url, FinalURL: url, Kind: "privacy", MIMEType: "text/html; charset=utf-8", Status: 200, Raw: "documents/d01.html", RawSHA256: sum, Language: "en"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(func(m *evidence.Meta) { m.Complete, m.FinishedAt = true, started.Add(time.Minute) }); err != nil {
		t.Fatal(err)
	}
}

func knowledge(t testing.TB) *rules.Set {
	t.Helper()
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func analyze(t testing.TB, r *evidence.Reader, p analyzer.Profile) *analyzer.Analysis {
	t.Helper()
	a, err := analyzer.Analyze(context.Background(), r, knowledge(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// digest writes what a person would check, without ids that any new word in
// the rules changes. What becomes of each rule is for its scenarios to say.
func digest(a *analyzer.Analysis) string {
	var b strings.Builder
	part := func(name string, lines []string) {
		slices.Sort(lines)
		fmt.Fprintf(&b, "== %s\n", name)
		for _, l := range slices.Compact(lines) {
			b.WriteString(l + "\n")
		}
	}
	var lines []string
	for _, v := range a.Seen.Vendors {
		lines = append(lines, fmt.Sprintf("%s (%s) %s requests=%d named=%t", v.ID, v.Entity, v.Party, v.Requests, a.NamedVendors[v.ID]))
	}
	part("vendors", lines)
	lines = nil
	for _, f := range a.Seen.Flows {
		lines = append(lines, fmt.Sprintf("%s → %s by %s: %s, %s", f.DataTypes[0], f.Recipient.Vendor, f.Channel, f.Confidence, a.Disclosures[f.ID].Verdict))
	}
	part("flows", lines)
	lines = nil
	for _, c := range a.Seen.Cookies {
		lines = append(lines, fmt.Sprintf("%s of %q, %s, %g days, declared as %q", c.Name, c.Vendor, c.Purpose, c.LifetimeDays, a.Declared[c.ID]))
	}
	part("cookies", lines)
	lines = nil
	quotes := map[string]string{}
	for _, d := range a.Documents {
		for _, s := range d.Statements {
			quotes[s.ID] = strings.Join(strings.Fields(s.Quote), " ")
		}
	}
	for _, p := range a.Promises {
		lines = append(lines, fmt.Sprintf("%s: %s", quotes[p.Statement], p.Verdict))
	}
	part("promises", lines)
	lines = nil
	for _, f := range a.Findings {
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", f.Rule, f.Outcome, f.Severity, f.Confidence, f.Message))
	}
	part("findings", lines)
	return b.String()
}

func TestAnalyzeGolden(t *testing.T) {
	got := digest(analyze(t, shop().write(t), analyzer.Profile{Name: "Lantern"}))
	file := filepath.Join("testdata", "shop.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the analysis differs from %s (run with -update when that is meant); got\n%s", file, got)
	}
}

// TestAnalyzeRepeatable analyses the same evidence twice, and once more with
// its records in another order.
func TestAnalyzeRepeatable(t *testing.T) {
	b := shop()
	marshal := func(r *evidence.Reader) []byte {
		data, err := json.Marshal(analyze(t, r, analyzer.Profile{}))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	r := b.write(t)
	want := marshal(r)
	if got := marshal(r); !bytes.Equal(got, want) {
		t.Error("two runs differ")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	rng.Shuffle(len(b.requests), func(i, j int) { b.requests[i], b.requests[j] = b.requests[j], b.requests[i] })
	rng.Shuffle(len(b.pages), func(i, j int) { b.pages[i], b.pages[j] = b.pages[j], b.pages[i] })
	if got := marshal(b.write(t)); !bytes.Equal(got, want) {
		t.Error("another order of records gives another analysis")
	}
}

func TestAnalyzeWithoutNotice(t *testing.T) {
	b := shop()
	b.notice = false
	a := analyze(t, b.write(t), analyzer.Profile{})
	for id, d := range a.Disclosures {
		if d.Verdict != check.Omitted || d.Why == "" {
			t.Errorf("%s is %s: %s", id, d.Verdict, d.Why)
		}
	}
	outcomes := map[string]check.Outcome{}
	for _, o := range a.Rules {
		outcomes[o.ID] = o.Outcome
	}
	if outcomes["CORE-01"] != check.NotTested || outcomes["CORE-16"] != check.Differs {
		t.Errorf("CORE-01 %s, CORE-16 %s", outcomes["CORE-01"], outcomes["CORE-16"])
	}
}

func TestAnalyzeEmptyAndCancelled(t *testing.T) {
	b := &bundle{}
	a := analyze(t, b.write(t), analyzer.Profile{})
	for _, o := range a.Rules {
		if o.Outcome == check.Matches || o.Outcome == check.Differs {
			t.Errorf("%s is %s although nothing was visited", o.ID, o.Outcome)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := analyzer.Analyze(ctx, shop().write(t), knowledge(t), analyzer.Profile{}); err == nil {
		t.Error("a cancelled analysis gives no error")
	}
}

func TestAnalyzeMissingBlobIsAGap(t *testing.T) {
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{URLs: []string{"https://a.test/"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddDocument(evidence.Document{ID: "d01", URL: "https://a.test/p", Kind: "privacy", Raw: "documents/gone.html"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := analyze(t, r, analyzer.Profile{})
	if len(a.Gaps) != 1 || a.Gaps[0].Kind != "policy" {
		t.Errorf("gaps = %+v", a.Gaps)
	}
}

// BenchmarkAnalyze analyses 1,000 pages of 100 requests and reports the highest
// heap in use, sampled every 10 ms.
func BenchmarkAnalyze(b *testing.B) {
	small := shop()
	large := &bundle{notice: true}
	for i := range 1000 {
		id := fmt.Sprintf("p%04d.none", i+1)
		p := small.pages[i%3]
		p.ID, p.URL = id, fmt.Sprintf("https://www.lantern-shop.test/p/%d", i)
		large.pages = append(large.pages, p)
		for j := range 100 {
			r := small.requests[j%len(small.requests)]
			r.ID, r.Page = fmt.Sprintf("%s/r%04d", id, j), id
			large.requests = append(large.requests, r)
		}
	}
	large.cookies, large.forms = small.cookies, small.forms
	reader := large.write(b)
	set := knowledge(b)
	large = nil
	runtime.GC()
	var peak atomic.Uint64
	stop := make(chan struct{})
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			}
		}
	}()
	for b.Loop() {
		if _, err := analyzer.Analyze(context.Background(), reader, set, analyzer.Profile{}); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	b.ReportMetric(float64(peak.Load())/(1<<20), "MiB-heap")
}
