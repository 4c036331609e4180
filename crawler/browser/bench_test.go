package browser

import (
	"context"
	"fmt"
	"net/http"
	"os"
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
func BenchmarkVisit(b *testing.B) { benchVisit(b, false) }

// BenchmarkVisitWithoutCalls is a visit that does not watch what scripts call:
// the difference is what watching costs.
func BenchmarkVisitWithoutCalls(b *testing.B) { benchVisit(b, true) }

func benchVisit(b *testing.B, writesOnly bool) {
	for _, tabs := range []int{1, 4} {
		b.Run(fmt.Sprintf("tabs=%d", tabs), func(b *testing.B) {
			srv := benchServer(b)
			br, err := Start(b.Context(), Options{writesOnly: writesOnly, NoSandbox: os.Geteuid() == 0, Flags: srv.ChromeFlags()})
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
