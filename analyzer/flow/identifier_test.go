package flow

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

func TestIdentifierLike(t *testing.T) {
	tests := []struct {
		value string
		want  bool
	}{
		{"GA1.1.842736519.1761998400", true},
		{"fb.1.1761998400123.482957103", true},
		{"8f14e45fceea167a5a36dedd4bea2543", true},
		{"0b5f2f0e-8c1b-4d6e-9f3a-2f1d0c9b8a7e", true},
		{"v1:Xy7kQ2mN9pLr4sT8", true},
		{"1761998400", false},    // a time in seconds
		{"1761998400123", false}, // in milliseconds
		{"20261101", false},
		{"1366x768", false},
		{"dark-mode-enabled", false},
		{"firefox156", false},
		{"JavaScriptEnabled", false},
		{"en-US,en;q=0.9", false},
		{"true", false},
		{"abc123", false},
		{"00000000", false},
		{"CPzHq4APzHq4AAHABBENDgCgAP_AAAAAAAYgF5wAQ", false}, // a TCF consent string
		{"necessary:true|marketing:false|8f14e45fceea167a", false},
		{"", false},
		{strings.Repeat("a1b2c3d4", 200), false},
	}
	for _, tt := range tests {
		if got := IdentifierLike(tt.value); got != tt.want {
			t.Errorf("IdentifierLike(%q) = %t, want %t", tt.value, got, tt.want)
		}
	}
}

// FuzzPayload reads hostile addresses and bodies: no panic, and no more than
// the bounds allow.
func FuzzPayload(f *testing.F) {
	f.Add("a=1&b=%zz&c", `{"a":[{"b":"eyJ4IjoxfQ=="}]}`, "application/json", false)
	f.Add("u=https%3A%2F%2Fa.test%2F%3Fu%3Dhttps%253A%252F%252Fb.test", "a=b\nc=d", "text/plain", false)
	f.Add("", "--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--x--", "multipart/form-data; boundary=x", false)
	f.Add("", base64.StdEncoding.EncodeToString([]byte("\x1f\x8b\x08\x00")), "", true)
	f.Add("", strings.Repeat("[", 2000)+strings.Repeat("]", 2000), "", false)
	f.Fuzz(func(t *testing.T, query, body, kind string, raw bool) {
		r := &evidence.Request{PostData: body, PostBase64: raw, Headers: map[string]string{"content-type": kind}, Messages: []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: body}}}
		var p payload
		pairs := p.read(&url.URL{RawQuery: query}, r)
		if len(pairs) > maxPairs {
			t.Errorf("%d pairs", len(pairs))
		}
		for _, q := range pairs {
			if len(q.value) > maxValue {
				t.Errorf("a value of %d bytes", len(q.value))
			}
			meaning(q, "")
		}
	})
}
