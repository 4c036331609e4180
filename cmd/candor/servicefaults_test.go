package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/browser"
	"candor/crawler/webtest"
	"candor/reports/store"
	"candor/reports/store/storetest"
)

// BenchmarkServiceFaults scans sites as BenchmarkServiceLoad does, by two
// processes of candor worker on PostgreSQL, and kills with SIGKILL what they need
// in the middle of scans: one of the workers, which nobody starts again; the
// browsers of both; every process of PostgreSQL, until both workers have noticed.
// CANDOR_BENCH_FAULTS (12) is the number of sites. It reports how many sites ended
// with one finished scan, with more scans than were asked for and without a
// finished one, and the seconds until all were done, from the start and from the
// kill. It fails unless each site has exactly one scan, finished.
func BenchmarkServiceFaults(b *testing.B) {
	if _, err := browser.Find(""); err != nil {
		b.Skip(err)
	}
	sites := benchSites(b, "CANDOR_BENCH_FAULTS", 12, 4)
	server, err := webtest.New(loadSites(sites))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	for _, fault := range []struct {
		name string
		kill func(b *testing.B, r *loading, pg *storetest.Server)
	}{
		{"worker", func(b *testing.B, r *loading, _ *storetest.Server) {
			if err := r.all[0].Process.Kill(); err != nil {
				b.Fatal(err)
			}
			_ = r.all[0].Wait() // it was killed
		}},
		{"chromium", func(b *testing.B, r *loading, _ *storetest.Server) {
			for _, pid := range r.pids() {
				for n := 0; n == 0; time.Sleep(50 * time.Millisecond) { // between two scans there is none
					var err error
					if n, err = killChildren(pid); err != nil {
						b.Fatal(err)
					}
				}
			}
		}},
		{"postgres", func(b *testing.B, r *loading, pg *storetest.Server) {
			if err := pg.Kill9(); err != nil {
				b.Fatal(err)
			}
			for _, cmd := range r.all {
				for !strings.Contains(cmd.Stderr.(*lockedBuffer).String(), "no sign of life could be given") {
					time.Sleep(100 * time.Millisecond) // until the log says so; there is no other event
				}
			}
			if err := pg.Start(); err != nil {
				b.Fatal(err)
			}
		}},
	} {
		b.Run(fault.name, func(b *testing.B) {
			pg := storetest.Postgres(b)
			for b.Loop() {
				r := startLoad(b, server, sites, pg.Database(b), 2)
				r.until(b, func(all []store.Scan) bool { return r.amidst(all, sites/4) })
				killed := time.Now()
				fault.kill(b, r, pg)
				r.until(b, func(all []store.Scan) bool { return !slices.ContainsFunc(all, open) })
				ended := time.Now()
				r.stop(b)
				got, err := outcomeOf(b.Context(), r.store, r.sites...)
				if err != nil || got != (outcome{finished: sites}) {
					for _, cmd := range r.all {
						b.Logf("the log says\n%s", cmd.Stderr)
					}
					b.Errorf("of %d sites %+v, %v", sites, got, err)
				}
				again, err := r.attempts(b)
				if err != nil {
					b.Error(err)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(sites), "sites")
				b.ReportMetric(float64(got.finished), "finished")
				b.ReportMetric(float64(got.doubled), "doubled")
				b.ReportMetric(float64(got.lost), "lost")
				b.ReportMetric(float64(again), "taken-up-again")
				b.ReportMetric(ended.Sub(r.began).Seconds(), "s-until-done")
				b.ReportMetric(ended.Sub(killed).Seconds(), "s-from-kill-until-done")
			}
		})
	}
}

// amidst says whether so many scans are finished and each process is in the
// middle of one.
func (r *loading) amidst(all []store.Scan, finished int) bool {
	for _, pid := range r.pids() {
		if !slices.ContainsFunc(all, func(x store.Scan) bool {
			var p store.Progress
			return x.State == store.Running && strings.HasSuffix(x.Worker, fmt.Sprint("-", pid)) && json.Unmarshal([]byte(x.Progress), &p) == nil && p.Pages > 0
		}) {
			return false
		}
	}
	for _, x := range all {
		if x.State == store.Finished {
			finished--
		}
	}
	return finished <= 0
}

// attempts counts the attempts beyond the first of each scan.
func (r *loading) attempts(b *testing.B) (again int, err error) {
	list, err := r.store.Scans(b.Context(), "", len(r.sites))
	for _, x := range list {
		again += x.Attempt - 1
	}
	return again, err
}
