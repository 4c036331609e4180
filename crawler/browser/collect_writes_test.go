package browser

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/google/go-cmp/cmp"

	"candor/crawler/evidence"
)

func TestParseWrite(t *testing.T) {
	frames := "setIt\u0002https://a.test/t.js\u00021\u000225\u0002\u0002https://a.test/t.js\u00022\u00021\u0002"
	stack := []evidence.StackFrame{{Function: "setIt", URL: "https://a.test/t.js", Line: 1, Column: 25}, {URL: "https://a.test/t.js", Line: 2, Column: 1}}
	at := time.Unix(1_700_000_000, 0)
	const from = "\u0001https://w.test/\u0001https://w.test\u0001"
	for _, c := range []struct {
		payload string
		want    *write
	}{
		{"cookie" + from + frames + "\u0001_vid=1; path=/\u0001", &write{kind: "cookie", key: "_vid", value: "_vid=1; path=/", stack: stack}},
		{"cookie" + from + "\u0001a\u0001b=1\u0001", &write{kind: "cookie", key: "a\u0001b", value: "a\u0001b=1"}},
		{"local" + from + frames + "\u0001key\u0001value", &write{kind: "local", key: "key", value: "value", stack: stack}},
		{"cookiestore" + from + "\u0001name\u0001v", &write{kind: "cookiestore", key: "name", value: "name=v"}},
		{"cookiestore" + from + "\u0001name\u0001v\u00011700000000000\u0001w.test", &write{kind: "cookiestore", key: "name", value: "name=v; Expires=Tue, 14 Nov 2023 22:13:20 GMT; Domain=w.test"}},
		{"cookie" + from + "f\u0002u\u0002null\u0002null\u0002\u0001a=1\u0001", &write{kind: "cookie", key: "a", value: "a=1"}},
		{"cookie\u0001only", nil},
		{"", nil},
	} {
		got, ok := parseWrite(c.payload, at)
		if ok != (c.want != nil) {
			t.Errorf("%q: read %v", c.payload, ok)
			continue
		}
		if c.want != nil {
			c.want.frame, c.want.origin, c.want.at = "https://w.test/", "https://w.test", at
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(write{})); ok && diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.payload, diff)
		}
	}
}

// What hook.js reports is made of what the page passes to functions.
func FuzzParseWrite(f *testing.F) {
	f.Add("cookie\u0001https://w.test/\u0001https://w.test\u0001f\u0002u\u00021\u00022\u0002\u0001a=1\u0001")
	f.Add("cookiestore\u0001\u0001\u0001\u0001n\u0001v\u0001-1e400\u0001d\u0001")
	f.Add("local\u0001\u0001\u0001\u0002\u0002\u0002\u0002\u0002\u0001\u0001")
	f.Fuzz(func(t *testing.T, payload string) {
		w, ok := parseWrite(payload, time.Unix(0, 0))
		if !ok {
			return
		}
		if len(w.stack) > maxStack || len(w.key) > maxMessage || len(w.value) > maxCookieLine || len(w.frame) > maxURL {
			t.Errorf("%q: beyond the bounds", payload)
		}
		newSetting(w.setter(), w.value, "w.test", w.at)
	})
}

func TestCookieSetter(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	by := func(script, line string) *write {
		return &write{kind: "cookie", key: "id", value: line, origin: "https://www.site.test", at: at, stack: []evidence.StackFrame{{URL: script}}}
	}
	answer := evidence.Request{ID: "r1", URL: "https://www.site.test/", SetCookies: []string{"id=server; Max-Age=60"}}
	for name, c := range map[string]struct {
		requests []evidence.Request
		writes   []*write
		value    string
		domain   string
		want     string
		lifetime int64
	}{
		"the answer alone":            {[]evidence.Request{answer}, nil, "server", "www.site.test", "https://www.site.test/", 60},
		"a script wrote over it":      {[]evidence.Request{answer}, []*write{by("a.js", "id=1; max-age=100")}, "1", "www.site.test", "a.js", 100},
		"a script deleted it before":  {nil, []*write{by("a.js", "id=; expires=Thu, 01 Jan 1970 00:00:00 GMT"), by("b.js", "id=2; expires=Thu, 01 Jan 2026 01:00:00 GMT")}, "2", "www.site.test", "b.js", 3600},
		"another only refreshed it":   {nil, []*write{by("a.js", "id=1; max-age=1"), by("b.js", "id=1; max-age=9")}, "1", "www.site.test", "a.js", 9},
		"a wider domain":              {nil, []*write{by("a.js", "id=1; domain=.site.test; max-age=5")}, "1", ".site.test", "a.js", 5},
		"another host":                {nil, []*write{by("a.js", "id=1; domain=other.test")}, "1", "www.site.test", "", 0},
		"nobody knows":                {nil, nil, "1", "www.site.test", "", 0},
		"the value was changed since": {nil, []*write{by("a.js", "id=1; max-age=1"), by("b.js", "id=2; max-age=2")}, "3", "www.site.test", "b.js", 2},
	} {
		got, ok := setters(c.requests, c.writes, map[string]time.Time{"r1": at}).of(&network.Cookie{Name: "id", Value: c.value, Domain: c.domain})
		if got.URL != c.want || got.lifetime != c.lifetime || ok != (c.want != "") {
			t.Errorf("%s: %s for %d s, want %s for %d s", name, got.URL, got.lifetime, c.want, c.lifetime)
		}
	}
}
