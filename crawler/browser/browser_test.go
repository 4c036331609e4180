package browser

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// start starts Chromium against a fake internet. Without a Chromium the test
// is skipped, except in CI, where it fails.
func start(t *testing.T, sites fs.FS) (*Browser, *webtest.Server) {
	t.Helper()
	if _, err := Find(""); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	srv := webtest.Start(t, sites)
	b, err := Start(t.Context(), Options{NoSandbox: os.Geteuid() == 0, Flags: srv.ChromeFlags()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, srv
}

func visitor(t *testing.T, b *Browser) *Visitor {
	t.Helper()
	c, err := b.NewContext(t.Context(), evidence.StateNone)
	if err != nil {
		t.Fatal(err)
	}
	v := c.NewVisitor(context.Background())
	t.Cleanup(v.Close)
	return v
}

func see(t *testing.T, v *Visitor, q Visit) *Result {
	t.Helper()
	if q.ID == "" {
		q.ID = "p0001.none"
	}
	res, err := v.Visit(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// hostileCase is what a visit of a hostile page must come to.
type hostileCase struct {
	ended   string // "" is quiet
	kind    string // of the gap that tells why it did not end quietly
	endless bool   // nothing ends the page but its budget, so it gets a small one
	either  bool   // how far Chromium comes with it is Chromium's affair
}

func (c hostileCase) budget() time.Duration {
	if c.endless {
		return 6 * time.Second
	}
	return time.Minute
}

var hostileCases = map[string]hostileCase{
	"/auth":           {ended: "failed", kind: "http_status"},
	"/bot-wall":       {ended: "failed", kind: "bot_wall"},
	"/bounce-a":       {ended: "budget", kind: "redirect_loop"},
	"/bounce-b":       {ended: "budget", kind: "redirect_loop"},
	"/captcha":        {ended: "failed", kind: "bot_wall"},
	"/cut":            {kind: "other"},
	"/deep":           {either: true},
	"/frames":         {kind: "bound"},
	"/links":          {either: true, endless: true},
	"/empty":          {ended: "failed", kind: "refused"},
	"/endless":        {ended: "budget", kind: "timeout", endless: true},
	"/error":          {ended: "failed", kind: "http_status"},
	"/for-ever":       {ended: "budget", kind: "timeout", endless: true},
	"/garbage":        {ended: "failed", kind: "not_html"},
	"/headers":        {ended: "failed", kind: "other"},
	"/huge":           {ended: "budget", either: true, endless: true},
	"/bomb":           {ended: "budget", either: true, endless: true},
	"/no-content":     {ended: "failed", kind: "not_html"},
	"/popups":         {kind: "bound"},
	"/redirect-hosts": {ended: "failed", kind: "redirect_loop"},
	"/redirect-loop":  {ended: "failed", kind: "redirect_loop"},
	"/refresh":        {ended: "budget", kind: "redirect_loop"},
	"/reload":         {ended: "budget", kind: "redirect_loop"},
	"/reset":          {ended: "failed", kind: "refused"},
	"/script":         {ended: "budget", kind: "timeout", endless: true},
	"/silent":         {ended: "failed", kind: "timeout", endless: true},
	"/slow-headers":   {ended: "failed", kind: "timeout", endless: true},
	"/too-many":       {ended: "failed", kind: "http_status"},
}

// TestHostile visits every hostile page. Each must leave a record within its
// budget: quiet, or a gap with its reason; and the browser must be as good as
// new afterwards. Pages that end by themselves get a budget that a busy machine
// keeps, too.
func TestHostile(t *testing.T) {
	b, srv := start(t, nil)
	srv.Handle("*.test", webtest.Hostile())
	cases := map[string]hostileCase{}
	for _, c := range webtest.HostileCases() {
		cases["https://hostile.test"+c.Path] = hostileCases[c.Path]
	}
	for _, kind := range []webtest.BadCertKind{webtest.Expired, webtest.SelfSigned, webtest.WrongHost, webtest.Untrusted} {
		srv.BadCert(string(kind)+".test", kind)
		cases["https://"+string(kind)+".test/"] = hostileCase{ended: "failed", kind: "certificate"}
	}
	queue := make(chan string, len(cases))
	for _, address := range slices.Sorted(maps.Keys(cases)) {
		queue <- address
	}
	close(queue)
	results := map[string]*Result{}
	var mu sync.Mutex
	var visitors sync.WaitGroup
	for range 2 { // many of these pages wait, rather than work
		v := visitor(t, b)
		visitors.Go(func() {
			for address := range queue {
				res, err := v.Visit(t.Context(), Visit{ID: "p0001.none", URL: address, Budget: cases[address].budget()})
				if err != nil {
					t.Errorf("%s: %v", address, err)
					return
				}
				mu.Lock()
				results[address] = res
				mu.Unlock()
			}
		})
	}
	visitors.Wait()
	for _, address := range slices.Sorted(maps.Keys(cases)) {
		t.Run(strings.TrimPrefix(address, "https://"), func(t *testing.T) {
			res, want := results[address], cases[address]
			if res == nil {
				t.Fatal("there is no record of it")
			}
			p := res.Page
			t.Logf("%s %d %d ms %q, %d requests, gaps %v", p.Ended, p.Status, p.DurationMS, p.Failure, len(res.Requests), res.Gaps)
			if limit := want.budget() + overtime; time.Duration(p.DurationMS)*time.Millisecond > limit {
				t.Errorf("it took %d ms, more than %v", p.DurationMS, limit)
			}
			if want.ended == "" {
				want.ended = "quiet"
			}
			if want.either {
				if p.Ended != "quiet" && len(res.Gaps) == 0 {
					t.Errorf("ended %q without a reason", p.Ended)
				}
				return
			}
			if p.Ended != want.ended {
				t.Errorf("ended %q, want %q", p.Ended, want.ended)
			}
			if p.Ended == "failed" != (p.Failure != "") {
				t.Errorf("ended %q with failure %q", p.Ended, p.Failure)
			}
			if want.kind != "" && !slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool { return g.Kind == want.kind && g.Why != "" }) {
				t.Errorf("no gap of kind %q: %v", want.kind, res.Gaps)
			}
			// A page that never rests may use up the time for its timers, its picture
			// or its objects, and then says so.
			if want.kind == "" && slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool {
				return g.Kind != "timeout" && !strings.HasPrefix(g.What, "labels of ")
			}) {
				t.Errorf("gaps %v", res.Gaps)
			}
		})
	}
	res := see(t, visitor(t, b), Visit{URL: "https://hostile.test/"})
	if res.Page.Ended != "quiet" || len(res.Page.Links) == 0 || len(res.Screenshot) == 0 {
		t.Errorf("after all of them an ordinary page ended %q with %d links: %v", res.Page.Ended, len(res.Page.Links), res.Gaps)
	}
}

// A page that is too large is stopped early and told apart from one that is slow.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	b, srv := start(t, nil)
	srv.Handle("large.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>Large</title><p>The beginning.</p><!--")
		for r.Context().Err() == nil { // a comment costs the browser nothing but its bytes
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	res := see(t, visitor(t, b), Visit{URL: "https://large.test/", Budget: time.Minute})
	if res.Page.Ended != "budget" || len(res.Gaps) != 1 || res.Gaps[0].Kind != "too_large" || res.Page.Title != "Large" {
		t.Errorf("%q ended %q, gaps %v", res.Page.Title, res.Page.Ended, res.Gaps)
	}
}
