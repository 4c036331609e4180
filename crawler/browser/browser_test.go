package browser

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
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

// TestHostile visits every hostile page. Each must leave a record: quiet, or a
// gap with its reason; and the browser must be as good as new afterwards.
func TestHostile(t *testing.T) {
	b, srv := start(t, nil)
	srv.Handle("*.test", webtest.Hostile())
	wants := map[string]string{ // the kind of gap, where there is only one right answer
		"/auth": "http_status", "/bot-wall": "bot_wall", "/captcha": "bot_wall", "/empty": "refused", "/reset": "refused", "/error": "http_status",
		"/too-many": "http_status", "/no-content": "not_html", "/redirect-loop": "redirect_loop", "/redirect-hosts": "redirect_loop",
		"/refresh": "redirect_loop", "/bounce-a": "redirect_loop", "/reload": "redirect_loop", "/silent": "timeout", "/slow-headers": "timeout",
		"/popups": "bound", "/for-ever": "timeout", "/endless": "timeout",
	}
	addresses := map[string]string{}
	for _, c := range webtest.HostileCases() {
		addresses["https://hostile.test"+c.Path] = wants[c.Path]
	}
	for _, kind := range []webtest.BadCertKind{webtest.Expired, webtest.SelfSigned, webtest.WrongHost, webtest.Untrusted} {
		srv.BadCert(string(kind)+".test", kind)
		addresses["https://"+string(kind)+".test/"] = "certificate"
	}
	v := visitor(t, b)
	for _, address := range slices.Sorted(maps.Keys(addresses)) {
		want := addresses[address]
		t.Run(strings.TrimPrefix(address, "https://"), func(t *testing.T) {
			res := see(t, v, Visit{URL: address, Budget: 3 * time.Second})
			p := res.Page
			t.Logf("%s %d %d ms %q, %d requests, gaps %v", p.Ended, p.Status, p.DurationMS, p.Failure, len(res.Requests), res.Gaps)
			if p.Ended != "quiet" && len(res.Gaps) == 0 {
				t.Errorf("ended %q without a reason", p.Ended)
			}
			if p.Ended == "failed" != (p.Failure != "") {
				t.Errorf("ended %q with failure %q", p.Ended, p.Failure)
			}
			if want != "" && !slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool { return g.Kind == want }) {
				t.Errorf("no gap of kind %q: %v", want, res.Gaps)
			}
		})
	}
	res := see(t, visitor(t, b), Visit{URL: "https://hostile.test/"})
	if res.Page.Ended != "quiet" || len(res.Page.Links) == 0 || len(res.Screenshot) == 0 {
		t.Errorf("after all of them an ordinary page ended %q with %d links: %v", res.Page.Ended, len(res.Page.Links), res.Gaps)
	}
}
