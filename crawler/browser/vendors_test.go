package browser

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// TestRealVendors visits a page with the real libraries of three vendors and a
// real consent banner, served under their vendors' host names.
func TestRealVendors(t *testing.T) {
	t.Parallel()
	sites, err := webtest.NPM("../../testdata/npm")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	b, srv := start(t, sites)
	res := see(t, filler(t, b), Visit{URL: "https://www.garden-shop.test/", Document: true})
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
		t.Fatalf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}
	const (
		mixpanel  = "https://cdn.mxpnl.com/libs/mixpanel-2-latest.min.js"
		posthog   = "https://us-assets.i.posthog.com/static/array.js"
		amplitude = "https://cdn.amplitude.com/libs/analytics-browser-2.48.1-min.js"
		posthogID = "ph_phc_GardenShopTestKey0000000000000000000000000_posthog"
	)

	t.Run("requests and the scripts that caused them", func(t *testing.T) {
		for _, want := range []struct{ method, url, script string }{
			{"GET", mixpanel, "https://www.garden-shop.test/mixpanel-snippet.js"},
			{"GET", posthog, "https://www.garden-shop.test/"},
			{"POST", "https://api-js.mixpanel.com/track/", mixpanel},
			{"POST", "https://us.i.posthog.com/flags/", posthog},
			{"POST", "https://us.i.posthog.com/e/", posthog},
			{"GET", "https://sr-client-cfg.amplitude.com/config/", amplitude},
			{"POST", "https://api2.amplitude.com/2/httpapi", amplitude},
		} {
			i := slices.IndexFunc(res.Requests, func(q evidence.Request) bool {
				return q.Method == want.method && strings.HasPrefix(q.URL, want.url) && q.Status == 200 &&
					slices.ContainsFunc(q.Initiator.Stack, func(f evidence.StackFrame) bool { return f.URL == want.script })
			})
			if i < 0 {
				t.Errorf("no %s %s by %s", want.method, want.url, want.script)
			} else if want.method == "POST" && res.Requests[i].PostData == "" {
				t.Errorf("%s %s: its body is not recorded", want.method, want.url)
			}
		}
		for _, q := range srv.Log() {
			if strings.HasSuffix(q.Host, ".google.com") || strings.HasSuffix(q.Host, ".googleapis.com") {
				continue // Chromium's own
			}
			if !slices.ContainsFunc(res.Requests, func(r evidence.Request) bool { return r.Method == q.Method && r.URL == q.URL }) {
				t.Errorf("not recorded: %s %s", q.Method, q.URL)
			}
		}
	})
	t.Run("cookies", func(t *testing.T) {
		for name, script := range map[string]string{
			"mp_3f1c0a7b9d2e4c6f8a0b1d3e5f7a9c2b_mixpanel": mixpanel, posthogID: posthog, "AMP_b7c4e1d09a": amplitude, "AMP_MKTG_b7c4e1d09a": amplitude,
		} {
			i := slices.IndexFunc(res.Cookies, func(k evidence.Cookie) bool { return k.Name == name })
			switch {
			case i < 0:
				t.Errorf("no cookie %s", name)
			case res.Cookies[i].Domain != "garden-shop.test" || res.Cookies[i].SetBy.Kind != "script" || res.Cookies[i].SetBy.URL != script || res.Cookies[i].LifetimeSec < 30_000_000:
				t.Errorf("%s: domain %s, set by %s %s, lifetime %d s", name, res.Cookies[i].Domain, res.Cookies[i].SetBy.Kind, res.Cookies[i].SetBy.URL, res.Cookies[i].LifetimeSec)
			}
		}
	})
	t.Run("storage", func(t *testing.T) {
		for _, want := range []struct{ kind, key, script string }{
			{"local", posthogID, posthog},
			{"session", strings.TrimSuffix(posthogID, "posthog") + "window_id", posthog},
			{"session", "AMP_URL_INFO", amplitude},
			{"indexeddb", "mixpanelBrowserDb", mixpanel},
			{"indexeddb", "AMP_diagnostics_b7c4e1d09a", amplitude},
		} {
			if !slices.ContainsFunc(res.Storage, func(s evidence.StorageItem) bool {
				return s.Kind == want.kind && s.Key == want.key && s.SetBy.URL == want.script && s.Origin == "https://www.garden-shop.test"
			}) {
				t.Errorf("no %s entry %s by %s", want.kind, want.key, want.script)
			}
		}
	})
	// Their autocapture hears of the field and leaves its value out.
	t.Run("a field was filled in", func(t *testing.T) {
		if len(res.Canaries) != 1 || res.Canaries[0].Field != "email" {
			t.Fatalf("typed %v", res.Canaries)
		}
		var heard []string
		for _, q := range res.Requests {
			for _, event := range []string{"[Amplitude] Form Started", "[Amplitude] Element Changed", "$autocapture"} {
				if q.OffsetMS >= res.Page.TypedMS && strings.Contains(plainBody(t, &q), event) {
					heard = append(heard, event)
				}
			}
		}
		// Each is sent in a request of its own, in the order in which the library gets to it.
		slices.Sort(heard)
		if want := []string{"[Amplitude] Element Changed", "[Amplitude] Form Started"}; !slices.Equal(heard, want) {
			t.Errorf("they heard of %q, want %q", heard, want)
		}
		for _, q := range res.Requests {
			if strings.Contains(q.URL+plainBody(t, &q), "candortest") || strings.Contains(q.URL, "/newsletter") {
				t.Errorf("%s %s carries the value", q.Method, q.URL)
			}
		}
	})
	t.Run("the banner is there, and nothing was chosen", func(t *testing.T) {
		for _, want := range []string{`id="cc-main"`, "We value your privacy", "Reject all", "Accept all"} {
			if !strings.Contains(res.DOM, want) {
				t.Errorf("the document after scripts has no %q", want)
			}
		}
		if slices.ContainsFunc(res.Cookies, func(k evidence.Cookie) bool { return k.Name == "cc_cookie" }) {
			t.Error("the banner's cookie of a choice is set")
		}
	})
}

// plainBody undoes how the three libraries pack what they send.
func plainBody(t *testing.T, q *evidence.Request) string {
	body := []byte(q.PostData)
	if text, ok := strings.CutPrefix(q.PostData, "data="); ok {
		if text, err := url.QueryUnescape(text); err == nil {
			body = []byte(text)
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
				body = raw
			}
		}
	}
	if !q.PostBase64 {
		return string(body)
	}
	raw, err := base64.StdEncoding.DecodeString(q.PostData)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	if raw, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
