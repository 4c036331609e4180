package flow_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"candor/analyzer/flow"
)

// BenchmarkBuild reads 1,000 pages of 100 requests each and reports the highest
// heap that was in use, sampled every 10 ms.
func BenchmarkBuild(b *testing.B) {
	r := manyPages(1000, 100).write(b)
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
