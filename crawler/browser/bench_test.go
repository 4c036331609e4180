package browser

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// benchPages is how many pages one run of a benchmark visits.
const benchPages = 20

// benchSite is a shop whose pages load what shops load: a style sheet, scripts
// that build the page, pictures, and tags of four vendors, one of them late and
// one in a frame. Every answer takes a network's time.
func benchSite(w http.ResponseWriter, r *http.Request) {
	time.Sleep(25 * time.Millisecond) // what a near server takes; the benchmark's subject is what comes on top
	host, path := strings.ToLower(r.Host), r.URL.Path
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "no-store")
	script := func(text string) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, text)
	}
	switch {
	case strings.HasSuffix(path, ".svg"):
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="300" height="200" fill="#7a9"/></svg>`)
	case strings.HasSuffix(path, ".css"):
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, strings.Repeat(".card{float:left;width:300px;margin:8px;border:1px solid #ccc}\n", 300))
	case path == "/app.js":
		script(`for(var i=0;i<120;i++){var d=document.createElement('div');d.className='card';d.innerHTML='<h3>Article '+i+'</h3><p>Some words about it.</p><a href="/p/'+i%20+'">more</a>';document.getElementById('list').appendChild(d)}` +
			strings.Repeat("\n// a line that a bundle has many of, so that it takes a moment to read", 2000))
	case path == "/tag.js":
		script(`(function(){var id=Math.random().toString(36).slice(2);for(var i=0;i<4;i++){document.cookie='_v'+i+'='+id+'; max-age=34560000; path=/';localStorage.setItem('v'+i,id)}
fetch('https://collect.` + strings.TrimPrefix(host, "cdn.") + `/e',{method:'POST',mode:'no-cors',credentials:'include',body:JSON.stringify({id:id,u:location.href})});
setTimeout(function(){new Image().src='https://collect.` + strings.TrimPrefix(host, "cdn.") + `/late.svg?id='+id},1000)})()`)
	case path == "/frame":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><script>document.cookie='ad=1; SameSite=None; Secure; max-age=1000';sessionStorage.setItem('ad','1');fetch('/bid')</script><img src="/ad.svg">`)
	case host == "www.shop.test":
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Set-Cookie", "basket=1; Path=/; Secure")
		fmt.Fprint(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop `+path+`</title><link rel="stylesheet" href="/site.css">
<h1>Shop</h1><form action="/search"><label>Search <input name="q"></label></form><div id="list"></div><script src="/app.js"></script>`)
		for i := range 8 {
			fmt.Fprintf(w, `<img src="/img/%d.svg" width="300" height="200" alt="">`, i)
		}
		for _, vendor := range []string{"one", "two", "three"} {
			fmt.Fprintf(w, `<script async src="https://cdn.%s.test/tag.js"></script>`, vendor)
		}
		fmt.Fprint(w, `<iframe src="https://ads.four.test/frame"></iframe><footer><a href="/privacy">Privacy</a></footer>`)
	default:
		w.Header().Set("Set-Cookie", "uid=1; SameSite=None; Secure; Max-Age=100000")
		w.WriteHeader(http.StatusNoContent)
	}
}

func benchServer(b *testing.B) *webtest.Server {
	b.Helper()
	if _, err := Find(""); err != nil {
		b.Skip(err)
	}
	srv := webtest.Start(b, nil)
	srv.Handle("*.test", http.HandlerFunc(benchSite))
	return srv
}

func benchAddress(i int) string { return fmt.Sprintf("https://www.shop.test/p/%d", i) }

// each lets tabs take pages until none is left, and reports the time of a page.
func each(b *testing.B, marker string, tabs int, open func() (visit func(address string) error, done func())) {
	b.Helper()
	visits := make([]func(string) error, tabs)
	for i := range visits {
		visit, done := open()
		defer done()
		visits[i] = visit
	}
	before := chromiumCPU(marker)
	b.ResetTimer()
	for b.Loop() {
		next := make(chan string, benchPages)
		for i := range benchPages {
			next <- benchAddress(i)
		}
		close(next)
		var wg sync.WaitGroup
		for _, visit := range visits {
			wg.Go(func() {
				for address := range next {
					if err := visit(address); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*benchPages), "ms/page")
	b.ReportMetric((chromiumCPU(marker)-before)/float64(b.N*benchPages), "cpu-ms/page")
}

// BenchmarkVisit is a whole visit with everything that it records.
func BenchmarkVisit(b *testing.B) {
	for _, tabs := range []int{1, 4} {
		b.Run(fmt.Sprintf("tabs=%d", tabs), func(b *testing.B) {
			srv := benchServer(b)
			br, err := Start(b.Context(), Options{NoSandbox: os.Geteuid() == 0, Flags: srv.ChromeFlags()})
			if err != nil {
				b.Fatal(err)
			}
			defer br.Close()
			c, err := br.NewContext(b.Context(), evidence.StateNone)
			if err != nil {
				b.Fatal(err)
			}
			requests, visits := 0, 0
			var mu sync.Mutex
			each(b, br.process.dir, tabs, func() (func(string) error, func()) {
				v := c.NewVisitor(context.Background())
				return func(address string) error {
					res, err := v.Visit(b.Context(), Visit{ID: "p0001.none", URL: address})
					if err != nil {
						return err
					}
					if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
						return fmt.Errorf("%s ended %s: %v", address, res.Page.Ended, res.Gaps)
					}
					mu.Lock()
					requests, visits = requests+len(res.Requests), visits+1
					mu.Unlock()
					return nil
				}, v.Close
			})
			b.ReportMetric(float64(requests)/float64(max(visits, 1)), "requests/page")
		})
	}
}

// BenchmarkInstrumentation is what the watching of calls adds to the load of a
// heavy page: visits of the same pages, in turn by a browser that watches
// everything, one that watches only writes, and one without a debugger and its
// hook, of each the median. Measured is what the page sees, from the start of its
// navigation to its load event; the time until it is quiet, as the visit sees it
// (without a debugger it does not hear of changes of the tree); and what Chromium
// computed by then.
func BenchmarkInstrumentation(b *testing.B) {
	const goal = 10 // percent of the load
	srv := benchServer(b)
	kinds := []struct {
		what    string
		options Options
	}{{"everything", Options{}}, {"writes only", Options{writesOnly: true}}, {"nothing", Options{unwatched: true}}}
	visit := make([]func(string) (loaded, error), len(kinds))
	for i, k := range kinds {
		o := k.options
		o.NoSandbox, o.Flags = os.Geteuid() == 0, srv.ChromeFlags()
		br, err := Start(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		defer br.Close()
		c, err := br.NewContext(b.Context(), evidence.StateNone)
		if err != nil {
			b.Fatal(err)
		}
		v := c.NewVisitor(context.Background())
		defer v.Close()
		visit[i] = func(address string) (loaded, error) { return loadOnce(b.Context(), v, br.process.dir, address) }
	}
	for b.Loop() {
		all := make([][]loaded, len(kinds))
		for n := range benchPages + 1 {
			for i := range kinds {
				l, err := visit[i](benchAddress(n))
				if err != nil {
					b.Fatal(err)
				}
				if n > 0 { // the first starts more than a page
					all[i] = append(all[i], l)
				}
			}
		}
		var out strings.Builder
		none := medians(all[len(kinds)-1])
		for i, k := range kinds {
			m := medians(all[i])
			fmt.Fprintf(&out, "watched: %-12s load %4.0f ms (%+5.1f %%)   quiet %4.0f ms (%+5.1f %%)   cpu %4.0f ms (%+5.1f %%)\n",
				k.what, m[0], more(m[0], none[0]), m[1], more(m[1], none[1]), m[2], more(m[2], none[2]))
		}
		whole := medians(all[0])
		b.ReportMetric(more(whole[0], none[0]), "%-load")
		b.ReportMetric(more(whole[1], none[1]), "%-quiet")
		b.ReportMetric(more(whole[2], none[2]), "%-cpu")
		b.Logf("\n%d pages each, the median; the goal is at most %d %% of the load\n%s", benchPages, goal, &out)
	}
}

// loaded is how long a page took to its load event and until it was quiet, and
// what the browser computed by then, in milliseconds.
type loaded [3]float64

func loadOnce(ctx context.Context, v *Visitor, marker, address string) (loaded, error) {
	var l loaded
	var fault error
	before := chromiumCPU(marker)
	_, err := v.Visit(ctx, Visit{ID: "p0001.none", URL: address, Inspect: func(ctx context.Context, h *Held) {
		l[2] = chromiumCPU(marker) - before
		l[1] = float64(h.OffsetMS())
		fault = h.Evaluate(ctx, h.Frames()[0].ID, "performance.getEntriesByType('navigation')[0].loadEventEnd", &l[0])
	}})
	switch {
	case err != nil:
		return l, err
	case fault != nil:
		return l, fault
	case l[0] <= 0:
		return l, fmt.Errorf("%s: the page did not load", address)
	}
	return l, nil
}

func medians(all []loaded) (m loaded) {
	for i := range m {
		var column []float64
		for _, l := range all {
			column = append(column, l[i])
		}
		slices.Sort(column)
		m[i] = column[len(column)/2]
	}
	return m
}

// more is by how many percent a is more than b.
func more(a, b float64) float64 { return 100 * (a/b - 1) }

// BenchmarkBare is the loop that one writes first: load, wait until nothing was
// sent or received for 500 ms, read the cookies, take a picture.
func BenchmarkBare(b *testing.B) {
	for _, tabs := range []int{1, 4} {
		b.Run(fmt.Sprintf("tabs=%d", tabs), func(b *testing.B) {
			srv := benchServer(b)
			path, err := Find("")
			if err != nil {
				b.Fatal(err)
			}
			dir := b.TempDir()
			opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(dir)}
			for _, f := range append(flags(Options{NoSandbox: os.Geteuid() == 0, Language: "en-US,en"}), srv.ChromeFlags()...) {
				name, value, given := strings.Cut(strings.TrimPrefix(f, "--"), "=")
				if given {
					opts = append(opts, chromedp.Flag(name, value))
				} else {
					opts = append(opts, chromedp.Flag(name, true))
				}
			}
			allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
			defer stop()
			first, stopFirst := chromedp.NewContext(allocator)
			defer stopFirst()
			if err := chromedp.Do(first); err != nil {
				b.Fatal(err)
			}
			each(b, dir, tabs, func() (func(string) error, func()) {
				ctx, done := chromedp.NewContext(first, chromedp.WithNewWindow(true))
				activity := make(chan struct{}, 1)
				loaded := make(chan struct{}, 1)
				if err := chromedp.Listen(ctx, func(ev any) {
					switch ev.(type) {
					case *page.EventLoadEventFired:
						select {
						case loaded <- struct{}{}:
						default:
						}
					case *network.EventRequestWillBeSent, *network.EventLoadingFinished, *network.EventLoadingFailed:
						select {
						case activity <- struct{}{}:
						default:
						}
					}
				}); err != nil {
					b.Fatal(err)
				}
				if err := chromedp.Do(ctx); err != nil {
					b.Fatal(err)
				}
				if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
					b.Fatal(err)
				}
				return func(address string) error { return bareVisit(ctx, address, loaded, activity) }, done
			})
		})
	}
}

func bareVisit(ctx context.Context, address string, loaded, activity <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: address}); err != nil {
		return err
	}
	select {
	case <-loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	for quiet := false; !quiet; {
		select {
		case <-activity:
		case <-time.After(500 * time.Millisecond):
			quiet = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if _, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{}); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg})
	return err
}
