package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/crawler/evidence"
	"candor/rules"
)

// memoryGoal is what Candor's own process may take for 1,000 pages of evidence, in MiB.
const memoryGoal = 200

// BenchmarkMemory writes the evidence of 1,000 pages of 100 requests as a crawl
// does, and analyses and renders it with the command in a process of its own.
// It reports the highest heap of the first and the most resident memory of the
// second.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		bundle := filepath.Join(dir, "evidence")
		heap := watchHeap()
		size := writeLarge(b, bundle, 0)
		wrote := heap()

		cmd := exec.Command(builtCandor(b), "analyze", bundle, "--out", filepath.Join(dir, "report"), "--format", "html,json", "--quiet")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		stop := watchMemory(cmd.Process.Pid)
		err := cmd.Wait()
		most := stop()
		if err != nil {
			b.Fatalf("candor analyze: %v\n%s", err, &out)
		}
		if most == 0 {
			b.Skip("the memory of a process is read from /proc, which is not here")
		}
		b.ReportMetric(wrote, "MiB-heap-writing")
		b.ReportMetric(most, "MiB-rss-analyze")
		b.Logf("1,000 pages, %.0f MiB of evidence: writing %.0f MiB of heap, analyze and report %.0f MiB resident; the goal is under %d", float64(size)/(1<<20), wrote, most, memoryGoal)
	}
}

// BenchmarkAnalyze analyses 1,000 pages of 100 requests with 20 notices and every
// rule, of a profile that answers all that can be asked, on one core.
func BenchmarkAnalyze(b *testing.B) {
	bundle := filepath.Join(b.TempDir(), "evidence")
	writeLarge(b, bundle, 20)
	set, err := rules.Default()
	if err != nil {
		b.Fatal(err)
	}
	p := analyzer.Profile{Name: "Heavy Ltd", Facts: map[string]bool{}}
	for _, pack := range set.Packs {
		p.Laws = append(p.Laws, pack.ID)
		p.Regions = append(p.Regions, pack.AppliesIf.Regions...)
	}
	for _, f := range set.Terms.Facts {
		p.Facts[f.ID] = true
	}
	slices.Sort(p.Laws)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for b.Loop() {
		r, err := evidence.Open(bundle)
		if err != nil {
			b.Fatal(err)
		}
		a, err := analyzer.Analyze(b.Context(), r, set, p)
		if err != nil {
			b.Fatal(err)
		}
		if len(a.Documents) != 20 || len(a.Pages) != 1000 {
			b.Fatalf("%d notices, %d pages", len(a.Documents), len(a.Pages))
		}
		ran := 0
		for _, o := range a.Rules {
			if o.Outcome != check.NotApplicable {
				ran++
			}
		}
		b.ReportMetric(float64(ran), "rules")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// watchHeap samples the heap in use. The function it returns ends that and
// tells the most, in MiB.
func watchHeap() func() float64 {
	runtime.GC()
	var most atomic.Uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(done)
		<-ended
		return float64(most.Load()) / (1 << 20)
	}
}

// writeLarge writes the bundle, with a number of notices, and returns how many bytes of requests it holds.
func writeLarge(b *testing.B, dir string, notices int) int64 {
	b.Helper()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	w, err := evidence.Create(dir, evidence.Meta{
		ScanID: "large", Tool: evidence.Tool{Name: "candor", Version: "test"}, URLs: []string{"https://" + heavyHost + "/"},
		States: []evidence.State{evidence.StateNone}, StartedAt: at,
	})
	if err != nil {
		b.Fatal(err)
	}
	hosts := []string{
		heavyHost, "static.heavycdn.test", "www.google-analytics.com", "www.facebook.com", "ad.doubleclick.net", "px.ads.linkedin.com",
		"content.hotjar.io", "ct.pinterest.com", "bat.bing.com", "analytics.tiktok.com", "unknown-ads.example", "cdn.cookielaw.org",
	}
	var size int64
	picture := bytes.Repeat([]byte("jpeg"), 20<<10)
	for i := range 1000 {
		id := fmt.Sprintf("p%04d.none", i+1)
		page := fmt.Sprintf("https://%s/p/%d", heavyHost, i)
		p := evidence.Page{ID: id, URL: page, FinalURL: page, Title: fmt.Sprint("Thing ", i), Kind: "other", State: evidence.StateNone, Status: 200, MIMEType: "text/html",
			StartedAt: at, DurationMS: 900, Ended: "quiet", TextWords: 400, Requests: 100}
		for j := range 150 {
			p.Links = append(p.Links, evidence.Link{URL: fmt.Sprintf("https://%s/p/%d", heavyHost, j), Text: fmt.Sprint("Thing ", j), Region: "main"})
		}
		if p.Screenshot, err = w.AddBlob("screenshots/"+id+".jpg", picture); err != nil {
			b.Fatal(err)
		}
		p.Screenshot = "screenshots/" + id + ".jpg"
		var requests []evidence.Request
		for j := range 100 {
			host := hosts[(i+j)%len(hosts)]
			r := evidence.Request{
				ID: fmt.Sprintf("%s/r%04d", id, j), Page: id, State: evidence.StateNone, Method: "GET", Type: "Image", Status: 200, MainFrame: true, FrameURL: page,
				URL:     fmt.Sprintf("https://%s/collect?v=2&cid=1234567890.17600%05d&dl=%s&en=view&n=%d", host, i, page, j),
				Target:  evidence.Target{Type: "page", URL: page},
				Headers: map[string]string{"referer": page, "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"},
				Cookies: []evidence.SentCookie{{Name: "uid", Value: fmt.Sprintf("a1b2c3d4e5f6%08d", i%7), Domain: host}},
				Initiator: evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{
					{Function: "send", URL: "https://www.googletagmanager.com/gtm.js?id=GTM-HEAVY", Line: 12, Column: 340}, {Function: "run", URL: "https://static.heavycdn.test/app.js", Line: 3, Column: 9},
				}},
				SetCookies: []string{"uid=a1b2c3d4e5f6; Path=/; Max-Age=31536000; Secure; SameSite=None"},
			}
			r.Chain = r.ID
			requests = append(requests, r)
			size += int64(len(r.URL)) + 900
		}
		cookies := []evidence.Cookie{{Page: id, State: evidence.StateNone, Name: fmt.Sprint("c", i), Value: "a1b2c3d4e5f6a7b8", Domain: heavyHost, HostOnly: true, Path: "/",
			Expires: at.AddDate(1, 0, 0), LifetimeSec: 31536000, SetBy: evidence.Setter{Kind: "http", URL: page, Request: id + "/r0000"}}}
		forms := []evidence.Form{{ID: id + "/f01", Page: id, State: evidence.StateNone, FrameURL: page, Action: page, Method: "post", Visible: true,
			Fields: []evidence.Field{{Name: "email", Type: "email", Label: "Email", Autocomplete: "email", Visible: true}}}}
		if err := w.AddPage(p, requests, cookies, nil, forms, nil); err != nil {
			b.Fatal(err)
		}
	}
	notice, err := os.ReadFile(filepath.Join(repo, "testdata", "web", "www.fernhill.test", "privacy.html"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range notices {
		name, page := fmt.Sprintf("documents/d%02d.html", i), fmt.Sprintf("https://%s/privacy/%d", heavyHost, i)
		sum, err := w.AddBlob(name, notice)
		if err == nil {
			err = w.AddDocument(evidence.Document{ID: fmt.Sprintf("d%02d", i), URL: page, FinalURL: page, Kind: "privacy", MIMEType: "text/html", Language: "en", Status: 200, Raw: name, RawSHA256: sum, DOM: name})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(func(m *evidence.Meta) { m.FinishedAt, m.Complete = at.Add(time.Hour), true }); err != nil {
		b.Fatal(err)
	}
	return size
}
