package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/crawler"
	"candor/crawler/evidence"
	"candor/crawler/guard"
	"candor/reports/store"
)

// devTools answers as the DevTools of a browser that runs elsewhere do when they
// are asked who they are.
func devTools(t *testing.T, at string) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"webSocketDebuggerUrl": "ws://localhost/devtools/browser/aa"}`)
	}))
	if at != "" {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		srv.Listener.Close()
		srv.Listener = l
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// TestPool: scans are spread over the browsers that answer.
func TestPool(t *testing.T) {
	a, b, gone := devTools(t, ""), devTools(t, ""), devTools(t, "")
	gone.Close()
	p, err := newPool(gone.URL + ", " + a.URL + "," + strings.Replace(b.URL, "http:", "ws:", 1))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	at := map[string]int{}
	var places []*place
	for range 4 {
		x, err := p.take(t.Context(), log)
		if err != nil {
			t.Fatal(err)
		}
		at[x.browser]++
		places = append(places, x)
		if x.here.String() != "127.0.0.1" || x.there.String() != "127.0.0.1" {
			t.Errorf("got %+v", x)
		}
	}
	for _, srv := range []*httptest.Server{a, b} {
		if n := at["ws://"+strings.TrimPrefix(srv.URL, "http://")+"/devtools/browser/aa"]; n != 2 {
			t.Errorf("%s has %d of %v", srv.URL, n, at)
		}
	}
	places[0].leave()
	places[0].leave() // twice counts once
	if x, err := p.take(t.Context(), log); err != nil || x.browser != places[0].browser {
		t.Errorf("took %+v, %v; %s is free", x, err, places[0].browser)
	}
	a.Close()
	b.Close()
	if x, err := p.take(t.Context(), log); !errors.Is(err, errNoBrowser) || strings.Count(err.Error(), "does not answer") != 3 {
		t.Errorf("took %+v, %v", x, err)
	}
	if _, err := newPool("ws://a:1,/usr/bin/chromium"); err == nil || !strings.Contains(err.Error(), "expected a path, or addresses") {
		t.Errorf("a path among addresses: %v", err)
	}
}

// TestServiceWaitsForBrowser: while no browser of the pool answers, a scan stays
// in line and says why; that is no attempt. Its guard serves the browser that
// answers then, and nobody else.
func TestServiceWaitsForBrowser(t *testing.T) {
	x := newTeam(t, "")
	first := devTools(t, "")
	first.Close()
	x.o.browser = first.URL
	x.Stages.FindBrowser = findBrowser
	whole := x.Stages.Crawl
	var got crawler.Options
	x.Stages.Crawl = func(ctx context.Context, to crawler.Target, o crawler.Options, w *evidence.Writer) error {
		got = o
		return whole(ctx, to, o, w)
	}
	stop := x.work(t)
	q := x.queue(t)
	x.await(t, "the reason", func() bool {
		s, err := x.store.Scan(t.Context(), q.ID)
		return err == nil && s.State == store.Queued && strings.Contains(s.Waits, "does not answer")
	})
	devTools(t, strings.TrimPrefix(first.URL, "http://"))
	end := x.until(t, q.ID, store.Finished)
	stop()
	if end.Attempt != 1 || end.Waits != "" {
		t.Errorf("got %+v", end)
	}
	if !strings.HasPrefix(got.BrowserPath, "ws://127.0.0.1:") || got.Guard != guard.Proof || got.Proxy == "" || len(got.BrowserFlags) > 0 {
		t.Errorf("scanned with %+v", got)
	}
}

// TestServiceRefusalIsGap: what the guard refused is a gap of the scan, with the
// host and the reason.
func TestServiceRefusalIsGap(t *testing.T) {
	x := newTeam(t, "")
	x.o.hostMap = []crawler.HostMapping{{Pattern: "*.test", Addr: netip.AddrPort{}}}
	whole := x.Stages.Crawl
	x.Stages.Crawl = func(ctx context.Context, to crawler.Target, o crawler.Options, w *evidence.Writer) error {
		proxy, err := url.Parse(o.Proxy)
		if err != nil {
			return err
		}
		c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), DisableKeepAlives: true}}
		for _, page := range []string{"http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"} {
			resp, err := c.Get(page)
			if err != nil {
				return err
			}
			resp.Body.Close()
		}
		return whole(ctx, to, o, w)
	}
	stop := x.work(t)
	got := x.until(t, x.queue(t).ID, store.Finished)
	stop()
	r, err := evidence.Open(filepath.Join(x.o.blobAddress(), got.Evidence))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var said []string
	for g, err := range r.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		if g.Kind == "guard" {
			said = append(said, g.What+": "+g.Why)
		}
	}
	if len(said) != 2 || !slices.IsSorted(said) || !strings.Contains(said[1], "host 169.254.169.254") || !strings.Contains(said[1], "metadata") || !strings.Contains(said[0], "a private network") {
		t.Errorf("gaps %q", said)
	}
}
