package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// How the speed is measured.
const (
	speedRounds = 3   // of which the fastest counts: others use the machine too
	speedGoal   = 1.3 // scan to bare loop
	longVisit   = 10 * time.Second
	bareQuiet   = 500 * time.Millisecond
)

// BenchmarkScan compares, on the same twenty heavy pages, a bare loop (load,
// 500 ms of quiet, cookies, screenshot) with the whole of candor scan, from the
// start of its process to the written report. Both begin without a browser. It
// also tells what each saw of that which visits of 10 s see.
func BenchmarkScan(b *testing.B) {
	path, err := browser.Find("")
	if err != nil {
		b.Skip(err)
	}
	sites := heavySite()
	server, err := webtest.New(sites)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	long := bareLoop(b, path, server, 4, longVisit)
	// What Chromium says on its own account is not the site's.
	maps.DeleteFunc(long.urls, func(address string, _ bool) bool {
		u, err := url.Parse(address)
		if err != nil {
			return true
		}
		_, err = fs.Stat(sites, u.Hostname())
		return err != nil
	})
	for _, tabs := range []int{1, 4} {
		b.Run(fmt.Sprintf("tabs=%d", tabs), func(b *testing.B) {
			for b.Loop() {
				var bare, scan *seen
				for range speedRounds {
					bare = faster(bare, bareLoop(b, path, server, tabs, 0))
					scan = faster(scan, scanHeavy(b, server, tabs, heavyPages, evidence.StateNone))
				}
				ratio := scan.perPage() / bare.perPage()
				b.ReportMetric(bare.perPage(), "bare-s/page")
				b.ReportMetric(scan.perPage(), "scan-s/page")
				b.ReportMetric(ratio, "ratio")
				var out strings.Builder
				fmt.Fprintf(&out, "%d pages, tabs=%d, best of %d\n", heavyPages, tabs, speedRounds)
				for _, s := range []*seen{bare, scan, long} {
					fmt.Fprintf(&out, "%-12s %6.2f s/page  %5d requests  %3d cookies\n", s.what, s.perPage(), s.requests, len(s.cookies))
				}
				fmt.Fprintf(&out, "scan / bare = %.2f, the goal is at most %.1f\n", ratio, speedGoal)
				for _, s := range []*seen{bare, scan} {
					fmt.Fprintf(&out, "%s missed of what a visit of %s sees: %s\n", s.what, longVisit, missed(s, long))
				}
				if scan.memory > 0 {
					fmt.Fprintf(&out, "candor's own process: %.0f MiB at most\n", scan.memory)
					b.ReportMetric(scan.memory, "MiB-rss")
				}
				b.Log("\n" + out.String())
			}
		})
	}
}

// seen is what one way of visiting took and saw.
type seen struct {
	what     string
	wall     time.Duration
	requests int
	urls     map[string]bool // without what differs from visit to visit
	cookies  map[string]bool // name and domain
	memory   float64         // MiB of the program's own process; 0 when not known
	idle     float64         // share of the machine's processor time that nobody used; 0 when not known
}

func (s *seen) perPage() float64 { return s.wall.Seconds() / heavyPages }

func faster(a, b *seen) *seen {
	if a == nil || b.wall < a.wall {
		return b
	}
	return a
}

// missed lists by host what s lacks of all.
func missed(s, all *seen) string {
	hosts := map[string]int{}
	n := 0
	for u := range all.urls {
		if !s.urls[u] {
			n++
			if p, err := url.Parse(u); err == nil {
				hosts[p.Host+p.Path]++
			}
		}
	}
	var cookies []string
	for c := range all.cookies {
		if !s.cookies[c] {
			cookies = append(cookies, c)
		}
	}
	slices.Sort(cookies)
	if n == 0 && len(cookies) == 0 {
		return "nothing"
	}
	out := fmt.Sprintf("%d of %d addresses", n, len(all.urls))
	for _, h := range slices.Sorted(maps.Keys(hosts)) {
		out += fmt.Sprintf(" %s×%d", h, hosts[h])
	}
	return out + "; cookies " + cmp.Or(strings.Join(cookies, " "), "none")
}

// plainURL drops the client id, which no two visitors share.
func plainURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Del("cid")
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String()
}

// BenchmarkStates compares a scan of ten pages in one state with one in four, in
// which the banner is refused in one and accepted in another; both as a person
// runs them, with the default number of tabs.
func BenchmarkStates(b *testing.B) {
	const pages, goal = 10, 2.5
	if _, err := browser.Find(""); err != nil {
		b.Skip(err)
	}
	server, err := webtest.New(heavySite())
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	states := []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept, evidence.StateGPC}
	for b.Loop() {
		var one, four *seen
		for range speedRounds {
			one = faster(one, scanHeavy(b, server, 0, pages, states[0]))
			four = faster(four, scanHeavy(b, server, 0, pages, states...))
		}
		ratio := four.wall.Seconds() / one.wall.Seconds()
		b.ReportMetric(one.wall.Seconds(), "one-s")
		b.ReportMetric(four.wall.Seconds(), "four-s")
		b.ReportMetric(ratio, "ratio")
		b.Logf("%d pages, best of %d: one state %.1f s (processors idle %.0f %%), four states %.1f s (%.0f %%), ratio %.2f; the goal is at most %.1f",
			pages, speedRounds, one.wall.Seconds(), 100*one.idle, four.wall.Seconds(), 100*four.idle, ratio, goal)
	}
}

// scanHeavy runs the command as a person would. tabs 0 is the default.
func scanHeavy(b *testing.B, server *webtest.Server, tabs, pages int, states ...evidence.State) *seen {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "report")
	args := []string{"scan", "https://" + heavyHost + "/", "--out", dir, "--revisits", "0", "--pages", fmt.Sprint(pages), "--tabs", fmt.Sprint(tabs),
		"--states", strings.Join(strings.Fields(strings.Trim(fmt.Sprint(states), "[]")), ","), "--host-map", server.HostMap(), "--insecure", "--quiet"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(builtCandor(b), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	idle, all := processorTime()
	started := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	stop := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	s := &seen{what: "candor scan", wall: time.Since(started), urls: map[string]bool{}, cookies: map[string]bool{}, memory: stop()}
	if err != nil {
		b.Fatalf("candor scan: %v\n%s", err, &out)
	}
	if idleNow, allNow := processorTime(); allNow > all {
		s.idle = (idleNow - idle) / (allNow - all)
	}
	r, err := evidence.Open(filepath.Join(dir, "evidence"))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	visited := 0
	for p, err := range r.Pages() {
		if err != nil {
			b.Fatal(err)
		}
		if p.Ended != "quiet" {
			b.Logf("page %s ended by %s %s", p.URL, p.Ended, p.Failure)
		}
		if p.Kind != "choice" {
			visited++
		}
	}
	if want := pages * len(states); visited != want {
		b.Fatalf("candor scan visited %d pages, not %d", visited, want)
	}
	for q, err := range r.Requests() {
		if err != nil {
			b.Fatal(err)
		}
		s.requests++
		s.urls[plainURL(q.URL)] = true
	}
	for k, err := range r.Cookies() {
		if err != nil {
			b.Fatal(err)
		}
		s.cookies[k.Name+" "+strings.TrimPrefix(k.Domain, ".")] = true
	}
	return s
}

// bareLoop visits the pages with chromedp as a short program would. A fixed
// time, when it is not 0, replaces the wait for quiet, and the page is then
// scrolled as well.
func bareLoop(b *testing.B, path string, server *webtest.Server, tabs int, fixed time.Duration) *seen {
	b.Helper()
	s := &seen{what: "bare loop", urls: map[string]bool{}, cookies: map[string]bool{}}
	if fixed > 0 {
		s.what = fixed.String() + " visits"
	}
	server.ClearLog()
	profile := b.TempDir()
	if err := os.MkdirAll(filepath.Join(profile, "Default"), 0o700); err != nil {
		b.Fatal(err)
	}
	prefs := `{"profile":{"cookie_controls_mode":0,"block_third_party_cookies":false}}`
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(prefs), 0o600); err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.IgnoreCertErrors,
		chromedp.Flag("host-resolver-rules", "MAP * "+server.Addr().String()), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1366, 768))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	first, cancel := chromedp.NewContext(alloc)
	defer cancel()
	if err := chromedp.Do(first); err != nil {
		b.Fatal(err)
	}
	work := make(chan string, heavyPages)
	for _, p := range heavyPaths() {
		work <- "https://" + heavyHost + p
	}
	close(work)
	var mu sync.Mutex
	var all sync.WaitGroup
	faults := make(chan error, tabs)
	for i := range tabs {
		all.Go(func() {
			ctx := first
			if i > 0 {
				var cancel context.CancelFunc
				ctx, cancel = chromedp.NewContext(first)
				defer cancel()
			}
			if err := bareTab(ctx, work, fixed, s, &mu); err != nil {
				faults <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-faults:
		b.Fatal(err)
	default:
	}
	if err := chromedp.Cancel(first); err != nil {
		b.Fatal(err)
	}
	s.wall = time.Since(started)
	for _, r := range server.Log() {
		if r.Status != 0 && r.Method != "OPTIONS" {
			s.urls[plainURL(r.URL)] = true
		}
	}
	return s
}

func bareTab(ctx context.Context, work <-chan string, fixed time.Duration, s *seen, mu *sync.Mutex) error {
	traffic := make(chan int, 10_000)
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev.(type) {
		case *network.EventRequestWillBeSent:
			traffic <- 1
		case *network.EventLoadingFinished, *network.EventLoadingFailed:
			traffic <- 0
		}
	})
	if err != nil {
		return err
	}
	for page := range work {
		if err := chromedp.Do(ctx, chromedp.Navigate(page)); err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		if fixed > 0 {
			scroll := chromedp.Evaluate[chromedp.Void](`scrollTo({top: document.body.scrollHeight / 2}); setTimeout(() => scrollTo(0, document.body.scrollHeight), 200)`)
			if _, err := chromedp.Run(ctx, scroll); err != nil {
				return err
			}
		}
		n := quiet(traffic, fixed)
		cookies, err := chromedp.Call(ctx, storage.GetCookies, storage.GetCookiesParams{})
		if err != nil {
			return err
		}
		if _, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err != nil {
			return err
		}
		mu.Lock()
		s.requests += n
		for _, k := range cookies.Cookies {
			s.cookies[k.Name+" "+strings.TrimPrefix(k.Domain, ".")] = true
		}
		mu.Unlock()
	}
	if fixed > 0 { // so that the last page is left, too
		return chromedp.Do(ctx, chromedp.Navigate("about:blank"))
	}
	return nil
}

// quiet returns how many requests began until nothing began or ended for
// bareQuiet, or until the fixed time is over. What is open is not counted: the
// page's own session never hears of the end of what a frame of another process
// loads.
func quiet(traffic <-chan int, fixed time.Duration) (n int) {
	timer := time.NewTimer(cmp.Or(fixed, bareQuiet))
	defer timer.Stop()
	for {
		select {
		case began := <-traffic:
			n += began
			if fixed == 0 {
				timer.Reset(bareQuiet)
			}
		case <-timer.C:
			return n
		}
	}
}

// processorTime is what the processors of the machine spent idle and in all, in
// ticks since it started (Linux; else 0).
func processorTime() (idle, all float64) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	var t [8]float64 // user, nice, system, idle, iowait, irq, softirq, steal
	if _, err := fmt.Sscanf(string(stat), "cpu %f %f %f %f %f %f %f %f", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]); err != nil {
		return 0, 0
	}
	for _, v := range t {
		all += v
	}
	return t[3] + t[4], all
}

// watchMemory follows the most resident memory that a process has had, in MiB.
// The function it returns ends that and is called after the process has ended.
func watchMemory(pid int) func() float64 {
	name := fmt.Sprintf("/proc/%d/status", pid)
	done, ended := make(chan struct{}), make(chan struct{})
	most := 0.0
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			if status, err := os.ReadFile(name); err == nil {
				for line := range strings.Lines(string(status)) {
					var kib float64
					if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
						most = max(most, kib/1024)
					}
				}
			}
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
		return most
	}
}
