package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"candor/crawler/browser"
	"candor/crawler/webtest"
	"candor/reports/store"
	"candor/reports/store/storetest"
)

// benchSites is how many sites a benchmark is to scan.
func benchSites(b *testing.B, variable string, usual, least int) int {
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	sites, err := strconv.Atoi(text)
	if err != nil || sites < least {
		b.Fatalf("%s=%q: expected a number of at least %d", variable, text, least)
	}
	return sites
}

// BenchmarkServiceLoad scans 200 sites of 5 pages of the fake internet by the
// built command: on SQLite with candor serve as it is, and on PostgreSQL with 1, 2
// and 4 processes of candor worker. CANDOR_BENCH_LOAD changes the number of
// sites. It reports scans an hour and the most memory that was resident, of
// Candor's processes and of the browsers, from /proc; what processes share is
// counted once, in parts (Pss). A scan visits each page once, without a choice
// (--states none), and looks at one of them CANDOR_BENCH_LOOKS (2) times again,
// for a critical finding. Each configuration's figures are printed when it is
// done; -bench '^BenchmarkServiceLoad$/^postgres-2$' runs one. The figures called s-… are the mean seconds of each step of a scan, from the
// log: those of the crawl hold the start of the browser.
func BenchmarkServiceLoad(b *testing.B) {
	if _, err := browser.Find(""); err != nil {
		b.Skip(err)
	}
	sites := benchSites(b, "CANDOR_BENCH_LOAD", 200, 1)
	server, err := webtest.New(loadSites(sites))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			load(b, server, sites, "", 1)
		}
	})
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("postgres-%d", workers), func(b *testing.B) {
			pg := storetest.Postgres(b)
			for b.Loop() {
				load(b, server, sites, pg.Database(b), workers)
			}
		})
	}
}

// loadSites are shops with a notice and a tag of somebody else's. It sends to
// whom the notice rules out: a finding that is looked at again.
func loadSites(n int) fstest.MapFS {
	fs := fstest.MapFS{
		"cdn.metrics.test/tag.js": {Data: []byte(`document.cookie = "_m=" + Math.random() + "; max-age=31536000"; new Image().src = "https://cdn.metrics.test/hit?u=" + encodeURIComponent(location.href);
new Image().src = "https://www.google-analytics.com/collect?v=1&tid=UA-1&cid=123456789.1700000000&dl=" + encodeURIComponent(location.href)`)},
		"www.google-analytics.com/collect": {},
	}
	for i := range n {
		links := ""
		for _, to := range []string{"about", "things", "contact", "privacy"} {
			links += `<a href="/` + to + `.html">` + to + `</a> `
		}
		for _, page := range []string{"index", "about", "things", "contact", "privacy"} {
			text := strings.Repeat("<p>Things of every kind, made by hand and sent by post.</p>", 20)
			if page == "privacy" {
				text = "<h1>Privacy policy</h1>" + strings.Repeat("<p>We collect your e-mail address to send what you ordered. We share usage data with companies that measure our site.</p>", 20) + "<p>We do not use Google Analytics.</p>"
			}
			fs[fmt.Sprintf("%s/%s.html", loadHost(i), page)] = &fstest.MapFile{Data: []byte("<!doctype html><html lang=en><title>" + page + "</title><nav>" + links + "</nav>" + text + `<script src="https://cdn.metrics.test/tag.js"></script>`)}
		}
	}
	return fs
}

func loadHost(i int) string { return fmt.Sprintf("www.shop-%04d.test", i) }

// load queues a scan of each site, starts the processes and waits until all are
// done; database "" is an SQLite file.
func load(b *testing.B, server *webtest.Server, sites int, database string, workers int) {
	b.Helper()
	r := startLoad(b, server, sites, database, workers)
	memory := watchFamilies(r.pids())
	r.until(b, func(all []store.Scan) bool { return !slices.ContainsFunc(all, open) })
	wall := time.Since(r.began)
	candor, chromium := memory()
	r.stop(b)
	if got, err := outcomeOf(b.Context(), r.store, r.sites...); err != nil || got != (outcome{finished: sites}) {
		b.Errorf("sites ended as %+v, %v, want %d with a finished scan; the log says\n%s", got, err, sites, r.all[0].Stderr)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(sites)/wall.Hours(), "scans/h")
	b.ReportMetric(wall.Seconds()/float64(sites), "s/scan")
	b.ReportMetric(candor, "MiB-candor")
	b.ReportMetric(chromium, "MiB-chromium")
	took, n := map[string]float64{}, 0.0
	for _, cmd := range r.all {
		for line := range strings.Lines(cmd.Stderr.(*lockedBuffer).String()) {
			if strings.Contains(line, "scan ends") {
				n++
			}
			for _, m := range stepTime.FindAllStringSubmatch(line, -1) {
				ms, _ := strconv.ParseFloat(m[2], 64)
				took[m[1]] += ms
			}
		}
	}
	for name, ms := range took {
		b.ReportMetric(ms/1000/n, "s-"+strings.ReplaceAll(name, "_", "-"))
	}
}

// loading is sites whose scans were asked for, with the processes that make them.
type loading struct {
	store *store.Store
	sites []string
	all   []*exec.Cmd
	began time.Time
}

func startLoad(b *testing.B, server *webtest.Server, sites int, database string, workers int) *loading {
	b.Helper()
	dir := b.TempDir()
	address := database
	if address == "" {
		address = filepath.Join(dir, "data0", "candor.db")
	}
	st, err := store.Open(b.Context(), address, store.Options{Now: time.Now, NewID: rand.Text})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	r := &loading{store: st}
	org, err := st.AddOrganisation(b.Context(), "bench", "Fernhill")
	if err != nil {
		b.Fatal(err)
	}
	for i := range sites {
		x, err := st.AddSite(b.Context(), "bench", store.Site{Organisation: org.ID, URL: "https://" + loadHost(i) + "/", Host: strings.TrimPrefix(loadHost(i), "www."), Name: loadHost(i)})
		if err == nil {
			_, err = st.Queue(b.Context(), "bench", store.Scan{Site: x.ID, Reason: "person"})
		}
		if err != nil {
			b.Fatal(err)
		}
		r.sites = append(r.sites, x.ID)
	}
	command := builtCandor(b)
	r.began = time.Now()
	for i := range workers {
		args := []string{"serve", "--listen", "127.0.0.1:0"}
		if database != "" {
			args = []string{"worker", "--database", database, "--blobs", filepath.Join(dir, "blobs"), "--workers", "1"}
		}
		args = append(args, "--data", filepath.Join(dir, fmt.Sprint("data", i)), "--pages", "5", "--states", "none", "--revisits", cmp.Or(os.Getenv("CANDOR_BENCH_LOOKS"), "2"), "--host-map", server.HostMap(), "--insecure")
		if os.Geteuid() == 0 {
			args = append(args, "--no-sandbox")
		}
		cmd := exec.Command(command, args...)
		cmd.Stdout, cmd.Stderr = &lockedBuffer{}, &lockedBuffer{}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		r.all = append(r.all, cmd)
	}
	return r
}

func (r *loading) pids() (out []int) {
	for _, cmd := range r.all {
		out = append(out, cmd.Process.Pid)
	}
	return out
}

// until waits for the scans to be so.
func (r *loading) until(b *testing.B, so func([]store.Scan) bool) {
	b.Helper()
	for tick := time.NewTicker(200 * time.Millisecond); ; <-tick.C {
		list, err := r.store.Scans(b.Context(), "", len(r.sites)+1)
		if err != nil {
			b.Fatal(err)
		}
		if so(list) {
			return
		}
	}
}

// stop ends the processes that are still there.
func (r *loading) stop(b *testing.B) {
	b.Helper()
	for _, cmd := range r.all {
		if cmd.ProcessState == nil {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				b.Error(err)
			}
		}
	}
	for _, cmd := range r.all {
		if cmd.ProcessState == nil {
			if err := cmd.Wait(); err != nil {
				b.Errorf("%v: %s", err, cmd.Stderr)
			}
		}
	}
}

func open(x store.Scan) bool { return x.State == store.Queued || x.State == store.Running }

var stepTime = regexp.MustCompile(`steps_ms\.(\w+)=(\d+)`)

// watchFamilies follows the most memory that processes had together, and apart
// from it their descendants, in MiB. The function it returns ends that.
func watchFamilies(pids []int) func() (own, descendants float64) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	var own, theirs float64
	ended.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			a, b := families(pids)
			own, theirs = max(own, a), max(theirs, b)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() (float64, float64) {
		close(done)
		ended.Wait()
		return own, theirs
	}
}

func families(pids []int) (own, descendants float64) {
	parent := map[int]int{}
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, 0
	}
	for _, name := range names {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || len(f) < 2 {
			continue
		}
		parent[pid], _ = strconv.Atoi(f[1])
	}
	for pid := range parent {
		if slices.Contains(pids, pid) {
			own += resident(pid)
			continue
		}
		for p := parent[pid]; p > 1; p = parent[p] {
			if slices.Contains(pids, p) {
				descendants += resident(pid)
				break
			}
		}
	}
	return own, descendants
}

// resident is a process's part of what is in memory, in MiB.
func resident(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "Pss: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	return 0
}
