package flow_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

const typedMail = "Quill.7f3a91@canary-mail.test"

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// typing is a scan in which an e-mail address was typed on the first page.
func typing() *scan {
	s := &scan{canaries: []evidence.Canary{{Page: "p0001.none", State: evidence.StateNone, Kind: "email", Value: typedMail, Form: "p0001.none/f01", Field: "newsletter"}}}
	s.page("p0001.none", evidence.StateNone)
	s.page("p0002.none", evidence.StateNone)
	return s
}

func TestLeaks(t *testing.T) {
	from := func(script string) func(*evidence.Request) {
		return func(r *evidence.Request) {
			r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: script}, {URL: "https://www.shop.test/app.js"}}}
		}
	}
	tests := []struct {
		name  string
		make  func(*scan)
		leaks []string // vendor channel kind: detail
		flow  string   // one that must be there
	}{
		{"hashed, to a vendor", func(s *scan) {
			s.request("p0001.none", "https://pixel.test/tr?zz="+hashed(strings.ToLower(typedMail)), from("https://pixel.test/lib.js"))
		},
			[]string{"pixel request email_hash: email, SHA-256 of lower case, in parameter zz"}, "pixel email_hash request direct"},
		{"plain, to an unknown party, in a WebSocket", func(s *scan) {
			s.request("p0002.none", "wss://s.stranger.test/", func(r *evidence.Request) {
				r.Type, r.Messages = "WebSocket", []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: `{"x":"` + typedMail + `"}`}}
			})
		},
			[]string{"stranger.test request email: email, as typed, in parameter x (WebSocket message)"}, "stranger.test email request direct"},
		{"to the site itself", func(s *scan) { s.request("p0001.none", "https://www.shop.test/autosave?e="+typedMail, nil) },
			[]string{"shop.test request email: email, as typed, in parameter e"}, "shop.test email request direct"},
		{"kept by a third party's script", func(s *scan) {
			s.request("p0001.none", "https://pixel.test/lib.js", func(r *evidence.Request) { r.Type = "Script" })
			s.storage = append(s.storage, evidence.StorageItem{Page: "p0001.none", State: evidence.StateNone, Kind: "local", Origin: "https://www.shop.test", Key: "draft", Value: `{"m":"` + typedMail + `"}`, SetBy: evidence.Setter{Kind: "script", URL: "https://pixel.test/lib.js"}})
		},
			[]string{"pixel storage email: email, as typed, in local storage draft, parameter m"}, "pixel email storage strong"},
		{"in a cookie of the site", func(s *scan) {
			s.cookies = append(s.cookies, evidence.Cookie{Page: "p0001.none", State: evidence.StateNone, Name: "who", Value: typedMail, Domain: "www.shop.test", Path: "/"})
		},
			[]string{"shop.test cookie email: email, as typed, in cookie who"}, "shop.test email cookie strong"},
		{"in Google Analytics' format to the site's server: not a vendor of this knowledge", func(s *scan) { s.request("p0001.none", "https://sst.shop.test/g/collect?v=2&e="+typedMail, nil) },
			[]string{"shop.test request email: email, as typed, in parameter e"}, "shop.test email request direct"},
		{"a request that never left", func(s *scan) {
			s.request("p0001.none", "https://pixel.test/tr?zz="+typedMail, func(r *evidence.Request) { r.Status, r.Error = 0, "net::ERR_BLOCKED_BY_CLIENT" })
		}, nil, ""},
		{"somebody else's address", func(s *scan) { s.request("p0001.none", "https://pixel.test/tr?zz="+hashed("a@b.test"), nil) }, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := typing()
			tt.make(s)
			res := s.build(t)
			var got []string
			for _, l := range res.Leaks {
				got = append(got, l.Recipient.Vendor+" "+l.Channel+" "+l.DataType+": "+l.Detail)
			}
			if !slices.Equal(got, tt.leaks) {
				t.Errorf("leaks = %q, want %q", got, tt.leaks)
			}
			if flows := lines(res); tt.flow != "" && !slices.Contains(flows, tt.flow) {
				t.Errorf("flows %q lack %q", flows, tt.flow)
			}
		})
	}
}

func TestLeakTellsWhereAndWho(t *testing.T) {
	s := typing()
	for range 2 {
		s.request("p0002.none", "https://pixel.test/tr?em="+typedMail, func(r *evidence.Request) {
			r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: "https://pixel.test/lib.js"}}}
		})
	}
	res := s.build(t)
	if len(res.Leaks) != 1 {
		t.Fatalf("leaks = %+v", res.Leaks)
	}
	l := res.Leaks[0]
	if !l.Direct || l.Script != "https://pixel.test/lib.js" || !slices.Equal(l.Pages, []string{"https://www.shop.test/p0002"}) || !slices.Equal(l.Evidence, []string{"p0002.none/r0000"}) || !slices.Equal(l.Chain, []string{"as typed"}) {
		t.Errorf("leak = %+v", l)
	}
	if len(l.Typed) != 1 || l.Typed[0].Page != "https://www.shop.test/p0001" || l.Typed[0].Form != "p0001.none/f01" || l.Typed[0].Field != "newsletter" {
		t.Errorf("typed = %+v", l.Typed)
	}
	for _, f := range res.Flows {
		if f.DataTypes[0] == "email" && f.Detail != "email, as typed, in parameter em" {
			t.Errorf("detail = %q", f.Detail)
		}
	}
}
