package flow_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// BenchmarkBuild reads 1,000 pages of 100 requests each and reports the highest
// heap that was in use, sampled every 10 ms.
func BenchmarkBuild(b *testing.B) { benchmarkBuild(b, manyPages(1000, 100)) }

// BenchmarkBuildTyped is the same with eight canaries to search for.
func BenchmarkBuildTyped(b *testing.B) {
	s := manyPages(1000, 100)
	for kind, value := range map[string]string{
		"email": typedMail, "name": "Quillandra Candorsdottir", "phone": "+1 202 555 0143", "postal_address": "4711 Canary Quay Road", "zip_code": "99571",
		"date_of_birth": "1971-03-29", "user_content": "Canary says blue marmalade 7f3a91", "password": "Cn7!f3a91-quill#",
	} {
		s.canaries = append(s.canaries, evidence.Canary{Page: "p0001.none", State: evidence.StateNone, Kind: kind, Value: value})
	}
	benchmarkBuild(b, s)
}

func benchmarkBuild(b *testing.B, s *scan) {
	r := s.write(b)
	set := knowledge(b)
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
		if _, err := flow.Build(context.Background(), r, set, flow.NewSite(r.Meta().URLs, nil)); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	b.ReportMetric(float64(peak.Load())/(1<<20), "MiB-heap")
}
