package browser

import (
	"context"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"

	"candor/crawler/evidence"
)

// probeThirdPartyCookies shows the browser a page with a frame of another site
// that sets a cookie, both answered from here without a network, and looks
// whether the cookie was kept: "allowed", "blocked", or "unknown" when the
// probe did not come to an end.
func (b *Browser) probeThirdPartyCookies(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	c, err := b.NewContext(ctx, evidence.StateNone)
	if err != nil {
		return "unknown"
	}
	defer c.Close(ctx)
	w, err := c.open(ctx, nil)
	if err != nil {
		return "unknown"
	}
	defer w.close()
	w.main.intercept.Store(&interceptor{method: fetch.RequestPaused.Method, handle: func(s *session, params jsonv2.Value) {
		var ev fetch.EventRequestPaused
		if decode(params, &ev) == nil && ev.Request != nil {
			fulfil(s, &ev)
		}
	}})
	if _, err := invoke(ctx, w.main.session, fetch.Enable, fetch.EnableParams{}); err != nil {
		return "unknown"
	}
	if _, err := invoke(ctx, w.main.session, page.Navigate, page.NavigateParams{URL: "https://candor-probe-one.test/"}); err != nil {
		return "unknown"
	}
	for !w.record.look().loaded { // the load event waits for the frame
		select {
		case <-w.record.changed:
		case <-ctx.Done():
			return "unknown"
		}
	}
	jar, err := invoke(ctx, b.conn.root, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		return "unknown"
	}
	for _, k := range jar.Cookies {
		if k.Name == "probe" {
			return "allowed"
		}
	}
	return "blocked"
}

func fulfil(s *session, ev *fetch.EventRequestPaused) {
	body := `<!DOCTYPE html><link rel="icon" href="data:,"><iframe src="https://candor-probe-two.test/frame"></iframe>`
	if strings.HasSuffix(ev.Request.URL, "/frame") {
		body = `<!DOCTYPE html><link rel="icon" href="data:,"><script>document.cookie='probe=1; SameSite=None; Secure; path=/'</script>`
	}
	send(s, fetch.FulfillRequest, fetch.FulfillRequestParams{
		RequestID: ev.RequestID, ResponseCode: 200, Body: []byte(body),
		ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "text/html"}},
	})
}
