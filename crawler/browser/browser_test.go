package browser

import (
	"context"
	"io/fs"
	"os"
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

// TestHostile visits every hostile page and asks for a record with a reason,
// within the budget.
func TestHostile(t *testing.T) {
	b, srv := start(t, nil)
	srv.Handle("*.test", webtest.Hostile())
	for _, kind := range []webtest.BadCertKind{webtest.Expired, webtest.SelfSigned, webtest.WrongHost} {
		srv.BadCert(string(kind)+".test", kind)
	}
	const budget = 5 * time.Second
	v := visitor(t, b)
	check := func(name, address, wantGap string) {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			res := see(t, v, Visit{URL: address, Budget: budget})
			took := time.Since(began)
			t.Logf("%s %d %v %q %d requests, gaps %v", res.Page.Ended, res.Page.Status, took.Round(time.Millisecond), res.Page.Failure, len(res.Requests), res.Gaps)
		})
	}
	for _, c := range webtest.HostileCases() {
		check(c.Path[1:], "https://hostile.test"+c.Path, "")
	}
	for _, kind := range []webtest.BadCertKind{webtest.Expired, webtest.SelfSigned, webtest.WrongHost} {
		check("cert-"+string(kind), "https://"+string(kind)+".test/", "certificate")
	}
	check("after all of that", "https://hostile.test/", "")
}
