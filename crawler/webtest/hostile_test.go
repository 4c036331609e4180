package webtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hostileGet reads at most limit bytes. What answers gets the time that a busy
// machine takes; the two addresses that do not are left after a moment.
func hostileGet(t *testing.T, c *http.Client, url string, limit int64) (status int, n int64, text string, err error) {
	t.Helper()
	patience := time.Minute
	if strings.HasSuffix(url, "/silent") || strings.HasSuffix(url, "/slow-headers") {
		patience = 300 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Do(req)
	if err != nil {
		return 0, 0, "", err
	}
	defer r.Body.Close()
	var head strings.Builder
	n, err = io.Copy(&head, io.LimitReader(r.Body, min(limit, 16<<10)))
	if err == nil {
		var more int64
		more, err = io.Copy(io.Discard, io.LimitReader(r.Body, limit-n))
		n += more
	}
	return r.StatusCode, n, head.String(), err
}

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	srv := Start(t, MustText("-- kept.test/index.html --\nkept\n"))
	srv.Handle("*.test", Hostile())
	c := srv.Client()
	for _, tc := range []struct {
		path   string
		limit  int64
		status int
		least  int64  // bytes that must come
		text   string // in the first of them
		fault  string // in the error
	}{
		{path: "/", limit: 1 << 20, status: 200, least: 1000, text: "/alert-loop"},
		{path: "/redirect-loop", limit: 100, fault: "10 redirects"},
		{path: "/redirect-hosts", limit: 100, fault: "10 redirects"},
		{path: "/endless", limit: 200, status: 200, least: 200, text: "Endless"},
		{path: "/endless-image", limit: 12, status: 200, least: 12},
		{path: "/huge", limit: 8 << 20, status: 200, least: 8 << 20},
		{path: "/bomb", limit: 8 << 20, status: 200, least: 8 << 20},
		{path: "/slow-headers", limit: 1, fault: "deadline"},
		{path: "/silent", limit: 1, fault: "deadline"},
		{path: "/empty", limit: 1, fault: "EOF"},
		{path: "/reset", limit: 1, fault: "reset by peer"},
		{path: "/garbage", limit: 1, fault: "malformed HTTP"},
		{path: "/cut", limit: 1 << 20, status: 200, least: 20, fault: "unexpected EOF"},
		{path: "/no-content", limit: 1, status: 204},
		{path: "/auth", limit: 1000, status: 401, text: "Log in"},
		{path: "/bot-wall", limit: 4000, status: 403, text: "Just a moment"},
		{path: "/captcha", limit: 4000, status: 200, text: "not a robot"},
		{path: "/links", limit: 20 << 20, status: 200, least: 4 << 20},
		{path: "/p/7", limit: 100, status: 200, text: "many"},
		{path: "/frames", limit: 1 << 20, status: 200, least: 6000, text: "frame-099.test"},
		{path: "/headers", limit: 100, status: 200, text: "Headers"},
		{path: "/calendar/2026-12", limit: 1000, status: 200, text: "/calendar/2027-01"},
		{path: "/sw.js", limit: 1000, status: 200, text: "addEventListener"},
		{path: "/nothing", limit: 100, status: 404},
	} {
		t.Run(strings.ReplaceAll(tc.path[1:], "/", "_"), func(t *testing.T) {
			t.Parallel()
			scheme := "https"
			if tc.path == "/reset" {
				scheme = "http" // with TLS Go reports the reset as it happens to see it
			}
			status, n, text, err := hostileGet(t, c, scheme+"://www.hostile.test"+tc.path, tc.limit)
			if status != tc.status || n < tc.least || !strings.Contains(text, tc.text) {
				t.Errorf("status %d, %d bytes, want %d, %d and %q", status, n, tc.status, tc.least, tc.text)
			}
			if tc.fault == "" && err != nil || tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault)) {
				t.Errorf("error %v, want %q", err, tc.fault)
			}
		})
	}
	t.Run("tree", func(t *testing.T) {
		if _, body := get(t, c, "https://kept.test/"); body != "kept\n" {
			t.Errorf("a pattern must not hide the tree: %q", body)
		}
	})
}

func TestHostileCookies(t *testing.T) {
	srv := Start(t, nil)
	srv.Handle("*.test", Hostile())
	r, _ := get(t, srv.Client(), "https://a.test/cookies")
	if n := len(r.Header.Values("Set-Cookie")); n != ManyCookies+2 {
		t.Errorf("%d lines", n)
	}
}

// Every page that is listed exists, and the server outlives all of them.
func TestHostileCases(t *testing.T) {
	t.Parallel()
	srv := Start(t, nil)
	srv.Handle("*.test", Hostile())
	c := srv.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cases := HostileCases()
	if len(cases) < 45 {
		t.Errorf("only %d cases", len(cases))
	}
	for _, hc := range cases {
		t.Run(hc.Path[1:], func(t *testing.T) {
			t.Parallel()
			status, _, _, err := hostileGet(t, c, "https://www.hostile.test"+hc.Path, 1000)
			if err == nil && (status == 0 || status == 404 || hc.What == "") {
				t.Errorf("status %d, %q", status, hc.What)
			}
			if errors.Is(err, context.DeadlineExceeded) && hc.Path != "/silent" && hc.Path != "/slow-headers" {
				t.Errorf("%v", err)
			}
		})
	}
}
