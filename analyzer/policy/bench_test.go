package policy_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/analyzer/policy"
	"candor/rules"
)

// BenchmarkRead reads a notice of about 10,000 words.
func BenchmarkRead(b *testing.B) {
	raw, err := os.ReadFile("testdata/notices/shop.html")
	if err != nil {
		b.Fatal(err)
	}
	page := string(raw)
	from, to := strings.Index(page, "<h2>"), strings.Index(page, "</main>")
	page = page[:from] + strings.Repeat(page[from:to], 36) + page[to:]
	in := policy.Input{ID: "d01", URL: "https://www.lanternandmoss.test/privacy", MIMEType: "text/html", Raw: []byte(page)}
	doc := policy.Read(in, set(b))
	b.ReportAllocs()
	for b.Loop() {
		doc = policy.Read(in, set(b))
	}
	b.ReportMetric(float64(doc.Words), "words")
	b.ReportMetric(float64(len(doc.Statements)), "statements")
}

// BenchmarkMany reads notices of about 1,000 words, five at a time, and reports
// the highest heap in use, sampled every 5 ms: 500 need about what five need.
func BenchmarkMany(b *testing.B) {
	raw, err := os.ReadFile("testdata/notices/shop.html")
	if err != nil {
		b.Fatal(err)
	}
	page := string(raw)
	from, to := strings.Index(page, "<h2>"), strings.Index(page, "</main>")
	page = page[:from] + strings.Repeat(page[from:to], 4) + page[to:]
	rules := set(b)
	policy.Read(policy.Input{MIMEType: "text/html", Raw: []byte(page)}, rules) // what is worked out once
	for _, n := range []int{5, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(peak(func() { readAll(n, page, rules) }))/(1<<20), "peak-MB")
			}
		})
	}
}

// readAll reads a notice n times in five goroutines and keeps nothing.
func readAll(n int, page string, rules *rules.Set) {
	var group sync.WaitGroup
	next := make(chan int)
	for range 5 {
		group.Go(func() {
			for i := range next {
				policy.Read(policy.Input{ID: fmt.Sprint("d", i), MIMEType: "text/html", Raw: []byte(page)}, rules)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// peak is the highest heap in use while f runs, in bytes.
func peak(f func()) uint64 {
	runtime.GC()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	var highest uint64
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		highest = max(highest, m.HeapInuse)
		select {
		case <-done:
			return highest
		case <-tick.C:
		}
	}
}

// BenchmarkReadLanguages reads notices of about 10,000 words in other languages.
func BenchmarkReadLanguages(b *testing.B) {
	for _, lang := range []string{"de", "fr", "es"} {
		b.Run(lang, func(b *testing.B) {
			raw, err := os.ReadFile("../check/testdata/languages/" + lang + ".html")
			if err != nil {
				b.Fatal(err)
			}
			page := string(raw)
			from, to := strings.Index(page, "<h2>"), strings.Index(page, "</main>")
			page = page[:from] + strings.Repeat(page[from:to], 64) + page[to:]
			in := policy.Input{ID: "d01", URL: "https://www.lanternandmoss.test/privacy", MIMEType: "text/html; charset=utf-8", Raw: []byte(page)}
			doc := policy.Read(in, set(b))
			b.ReportAllocs()
			for b.Loop() {
				doc = policy.Read(in, set(b))
			}
			b.ReportMetric(float64(doc.Words), "words")
			b.ReportMetric(float64(len(doc.Statements)), "statements")
		})
	}
}
