package browser

import (
	"testing"
	"time"

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
		if len(w.stack) > maxStack || len(w.key) > maxMessage || len(w.value) > maxMessage || len(w.frame) > maxURL {
			t.Errorf("%q: beyond the bounds", payload)
		}
		lifetime(w.value, w.at)
		declaredDomain(w.value, "w.test")
	})
}
