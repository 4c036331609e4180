package policy_test

import (
	"os"
	"strings"
	"testing"

	"candor/analyzer/policy"
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
