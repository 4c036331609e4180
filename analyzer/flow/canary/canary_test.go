package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

const mail = "Quill.Candor.7f3a91@canary-mail.test"

func typed(kind, value string) evidence.Canary {
	return evidence.Canary{Page: "p0001.none", State: evidence.StateNone, Kind: kind, Value: value, Form: "p0001.none/f01", Field: kind}
}

var canaries = []evidence.Canary{
	typed("email", mail),
	typed("name", "Quillandra Candorsdottir"),
	typed("phone", "+1 (202) 555-0143"),
	typed("date_of_birth", "1971-03-29"),
	typed("postal_address", "4711 Canary Quay Road"),
	typed("zip_code", "99571"),
	typed("user_content", "Canary says blue marmalade 7f3a91"),
	typed("password", "Cn7!f3a91-quill#"),
}

func sum(name, s string) []byte {
	raw := []byte(s)
	switch name {
	case "MD5":
		h := md5.Sum(raw)
		return h[:]
	case "SHA-1":
		h := sha1.Sum(raw)
		return h[:]
	case "SHA-256":
		h := sha256.Sum256(raw)
		return h[:]
	}
	h := sha512.Sum512(raw)
	return h[:]
}

// steps are encodings as a collector would write them, made without the
// package's own.
var steps = map[string]func(string) string{
	"base64":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"unpadded":   func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64url":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"hex":        func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":        func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"percent":    url.QueryEscape,
	"MD5":        func(s string) string { return hex.EncodeToString(sum("MD5", s)) },
	"SHA-1":      func(s string) string { return hex.EncodeToString(sum("SHA-1", s)) },
	"SHA-256":    func(s string) string { return hex.EncodeToString(sum("SHA-256", s)) },
	"SHA-512":    func(s string) string { return hex.EncodeToString(sum("SHA-512", s)) },
	"SHA-256 up": func(s string) string { return strings.ToUpper(hex.EncodeToString(sum("SHA-256", s))) },
	"MD5 b64":    func(s string) string { return base64.StdEncoding.EncodeToString(sum("MD5", s)) },
	"SHA-1 b64":  func(s string) string { return base64.StdEncoding.EncodeToString(sum("SHA-1", s)) },
	"SHA-256 b64": func(s string) string {
		return base64.RawURLEncoding.EncodeToString(sum("SHA-256", s))
	},
	"SHA-512 b64": func(s string) string { return base64.StdEncoding.EncodeToString(sum("SHA-512", s)) },
}

func isHash(step string) bool {
	return strings.HasPrefix(step, "MD5") || strings.HasPrefix(step, "SHA")
}

// found looks for the canaries in a request and returns what is said of them.
func found(t testing.TB, set *Set, r evidence.Request) []string {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	var reader payload.Reader
	pairs := reader.Read(u, &r)
	var out []string
	for _, h := range set.Request(&r, pairs, reader.Layers()) {
		out = append(out, h.Text())
	}
	return out
}

func post(body string) evidence.Request {
	return evidence.Request{URL: "https://t.test/c", PostData: body}
}

func packed(body []byte) evidence.Request {
	return evidence.Request{URL: "https://t.test/c", PostData: base64.StdEncoding.EncodeToString(body), PostBase64: true}
}

func squeeze(t testing.TB, how, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if how == "zlib" {
		w = zlib.NewWriter(&b)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestEveryChain encodes each spelling of each canary by every one and every two
// steps, puts it where collectors put things, and wants it found.
func TestEveryChain(t *testing.T) {
	set := New(canaries)
	t.Logf("%d spellings", set.Needles())
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	chains := [][]string{{}}
	for _, a := range names {
		chains = append(chains, []string{a})
		for _, b := range names {
			chains = append(chains, []string{a, b})
		}
	}
	tried := 0
	for _, c := range canaries {
		spelled := []string{c.Value, strings.ToLower(c.Value)}
		switch c.Kind {
		case "email":
			spelled = append(spelled, strings.ToUpper(c.Value))
		case "phone":
			spelled = append(spelled, "12025550143", "+12025550143", "2025550143")
		case "date_of_birth":
			spelled = append(spelled, "19710329", "03/29/1971", "29.03.1971")
		case "name":
			spelled = append(spelled, "candorsdottir", "quillandra", "quillandracandorsdottir")
		}
		for _, value := range spelled {
			for _, chain := range chains {
				text, hashed := value, false
				for _, step := range chain {
					text, hashed = steps[step](text), hashed || isHash(step)
				}
				tried++
				if c.Kind == "zip_code" && !hashed && len(text) < minNeedle {
					continue // TestShortValues
				}
				places := []evidence.Request{
					{URL: "https://t.test/c?v=1&u=" + url.QueryEscape(text)},
					post(`{"a":1,"user":{"x":"` + text + `"}}`),
				}
				// In the middle of base64, at each alignment, as JSON is sent.
				if len(chain) < 2 && len(text) >= 11 {
					for shift := range 3 {
						inner := strings.Repeat("z", shift) + `"` + text + `"!`
						places = append(places, evidence.Request{URL: "https://t.test/c?d=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(inner)))})
					}
				}
				for i, r := range places {
					if got := found(t, set, r); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, c.Kind+", ") }) {
						t.Fatalf("%s %q by %v in place %d (%.300s %.300s): found %q", c.Kind, value, chain, i, r.URL, r.PostData, got)
					}
				}
			}
		}
	}
	t.Logf("%d chains", tried)
}

// TestWords checks what is said of a hit, and that containers are opened.
func TestWords(t *testing.T) {
	set := New(canaries)
	lower := strings.ToLower(mail)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name string
		r    evidence.Request
		want []string
	}{
		{"plain", evidence.Request{URL: "https://t.test/c?email=" + url.QueryEscape(mail)}, []string{"email, as typed, in parameter email"}},
		{"the hash that Meta's pixel sends", evidence.Request{URL: "https://t.test/tr?ud[em]=" + steps["SHA-256"](lower)}, []string{"email, SHA-256 of lower case, in parameter ud[em]"}},
		{"a hash of a hash", post("h=" + steps["SHA-256"](steps["MD5"](lower))), []string{"email, SHA-256 of MD5 of lower case, in parameter h"}},
		{"a hash in base64", post("h=" + url.QueryEscape(steps["SHA-256 b64"](lower))), []string{"email, SHA-256 (in base64url) of lower case, in parameter h"}},
		{"base64 of a hash", post("h=" + b64(steps["SHA-1"](mail))), []string{"email, base64 of SHA-1, in parameter h"}},
		{"a header", evidence.Request{URL: "https://t.test/", Headers: map[string]string{"x-user": mail, "accept": "*/*"}}, []string{"email, as typed, in header x-user"}},
		{"the page's address as referrer", evidence.Request{URL: "https://t.test/", Headers: map[string]string{"referer": "https://www.shop.test/?e=" + url.QueryEscape(mail)}}, []string{"email, as typed, in header referer"}},
		{"a cookie", evidence.Request{URL: "https://t.test/", Cookies: []evidence.SentCookie{{Name: "u", Value: url.QueryEscape(mail)}}}, []string{"email, as typed, in cookie u"}},
		{"the path", evidence.Request{URL: "https://t.test/u/" + url.PathEscape("4711 Canary Quay Road") + "/x"}, []string{"postal_address, as typed, in address"}},
		{"escaped twice", evidence.Request{URL: "https://t.test/c?x=" + url.QueryEscape(url.QueryEscape(url.QueryEscape("Cn7!f3a91-quill#")))}, []string{"password, as typed, in parameter x"}},
		{"JSON in a form field", post("event=" + url.QueryEscape(`{"user":{"email":"`+mail+`"}}`)), []string{"email, as typed, in parameter event.user.email"}},
		{"JSON in JSON in a form field", post("event=" + url.QueryEscape(`{"m":"{\"e\":\"`+lower+`\"}"}`)), []string{"email, lower case, in parameter event.m.e"}},
		{"JSON with escapes", post(`{"x":"` + strings.ReplaceAll(mail, "@", `\u0040`) + `"}`), []string{"email, as typed, in parameter x"}},
		{"gzip", packed(squeeze(t, "gzip", `{"x":"`+mail+`"}`)), []string{"email, as typed, in parameter x (body, gzip)"}},
		{"zlib", packed(squeeze(t, "zlib", "x="+url.QueryEscape(mail))), []string{"email, as typed, in parameter x (body, zlib)"}},
		{"gzip in base64 in a form", post("data=" + url.QueryEscape(b64(string(squeeze(t, "gzip", `{"p":{"x":"`+mail+`"}}`))))), []string{"email, as typed, in parameter data.p.x (body, parameter data, base64, gzip)"}},
		{"base64 JSON", evidence.Request{URL: "https://t.test/c?data=" + url.QueryEscape(b64(`{"x":"`+mail+`"}`))}, []string{"email, as typed, in parameter data.x (parameter data, base64)"}},
		{"binary with the text in it", packed([]byte("\x00\x01\x02\xff" + mail + "\xfe\x00")), []string{"email, as typed, in body"}},
		{"a WebSocket message", evidence.Request{URL: "wss://t.test/", Messages: []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: `42["type",{"v":"` + mail + `"}]`}}}, []string{"email, as typed, in parameter v (WebSocket message)"}},
		{"a message that came", evidence.Request{URL: "wss://t.test/", Messages: []evidence.SocketMessage{{Opcode: 1, Data: mail}}}, nil},
		{"two canaries, one hashed", post(`{"n":"Quillandra Candorsdottir","e":"` + steps["MD5"](lower) + `"}`), []string{"email, MD5 of lower case, in parameter e", "name, as typed, in parameter n"}},
		{"both forms of one", post("a=" + url.QueryEscape(mail) + "&b=" + steps["SHA-256"](lower)), []string{"email, as typed, in parameter a", "email, SHA-256 of lower case, in parameter b"}},
		{"keystrokes one by one are not it", post(`{"k":["Q","u","i","l","l"]}`), nil},
		{"as the name of a parameter", post(`{"` + mail + `":1}`), []string{"email, as typed, in the name of a parameter"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := found(t, set, tt.r); !slices.Equal(got, tt.want) {
				t.Errorf("found %q\nwant  %q", got, tt.want)
			}
		})
	}
}

func TestNearMisses(t *testing.T) {
	set := New(canaries)
	for name, r := range map[string]evidence.Request{
		"a hash of something else":   post("em=" + steps["SHA-256"]("somebody@else.test")),
		"another address":            post("em=" + url.QueryEscape("Quill.Candor.7f3a92@canary-mail.test")),
		"the domain alone":           post("d=canary-mail.test"),
		"half a hash":                post("h=" + steps["SHA-256"](strings.ToLower(mail))[:32]),
		"base64 of something else":   post("d=" + base64.StdEncoding.EncodeToString([]byte(`{"email":"somebody@else.test"}`))),
		"a similar text":             post("t=" + url.QueryEscape("Canary says blue marmalade")),
		"a telephone number like it": post("p=12025550144"),
		"digits around a zip code":   post("p=1995710"),
		"a word of the name":         post("n=Candor"),
		"no body":                    {URL: "https://t.test/c"},
		"salted":                     post("h=" + steps["SHA-256"]("salt"+strings.ToLower(mail))),
	} {
		if got := found(t, set, r); len(got) > 0 {
			t.Errorf("%s: found %q", name, got)
		}
	}
}

// TestShortValues checks values that would be found by chance inside any text:
// only as the whole of a value, and then it is said.
func TestShortValues(t *testing.T) {
	set := New(canaries)
	u, _ := url.Parse("https://t.test/c?zip=99571&w=1995710&t=price+99571+only")
	r := &evidence.Request{URL: u.String()}
	var reader payload.Reader
	hits := set.Request(r, reader.Read(u, r), reader.Layers())
	if len(hits) != 1 || hits[0].Where != "parameter zip" || !hits[0].Whole {
		t.Errorf("hits = %+v", hits)
	}
	if got := found(t, set, post("z="+steps["SHA-256"]("99571"))); !slices.Equal(got, []string{"zip_code, SHA-256, in parameter z"}) {
		t.Errorf("hash: %q", got)
	}
}

func TestStored(t *testing.T) {
	set := New(canaries)
	var reader payload.Reader
	for _, tt := range []struct{ value, want string }{
		{mail, "email, as typed, in local storage draft"},
		{`{"form":{"email":"` + mail + `"}}`, "email, as typed, in local storage draft, parameter form.email"},
		{steps["SHA-256"](strings.ToLower(mail)), "email, SHA-256 of lower case, in local storage draft"},
		{url.QueryEscape(`{"e":"` + mail + `"}`), "email, as typed, in local storage draft, parameter e"},
		{`{"theme":"dark"}`, ""},
	} {
		got := ""
		for _, h := range set.Stored("local storage draft", tt.value, &reader) {
			got += h.Text()
		}
		if got != tt.want {
			t.Errorf("%q: found %q, want %q", tt.value, got, tt.want)
		}
	}
}

func TestNew(t *testing.T) {
	if s := New(nil); !s.Empty() || len(s.Request(&evidence.Request{Headers: map[string]string{"a": mail}}, nil, nil)) > 0 {
		t.Error("nothing was typed, and something was found")
	}
	s := New([]evidence.Canary{typed("email", "abc"), typed("", mail), typed("email", strings.Repeat("x", maxValue+1))})
	if !s.Empty() {
		t.Errorf("%d canaries that cannot be told from chance", len(s.canaries))
	}
	var many []evidence.Canary
	for i := range 500 {
		many = append(many, typed("email", fmt.Sprintf("quill%04d@canary-mail.test", i)))
	}
	if s := New(many); len(s.canaries) != maxCanaries {
		t.Errorf("%d canaries, want %d", len(s.canaries), maxCanaries)
	}
	// The same value typed in many places is one canary that knows them.
	var places []evidence.Canary
	for i := range 3 {
		c := typed("email", mail)
		c.Page = fmt.Sprintf("p%04d.none", 3-i)
		places = append(places, c)
	}
	s = New(places)
	hits := s.Stored("x", mail, new(payload.Reader))
	if len(s.canaries) != 1 || len(hits) != 1 || len(s.Typed(&hits[0])) != 3 || s.Typed(&hits[0])[0].Page != "p0001.none" || s.Value(&hits[0]) != mail {
		t.Errorf("%d canaries, hits %+v", len(s.canaries), hits)
	}
}

// TestBounds searches what is made to cost: it ends, with a bounded result.
func TestBounds(t *testing.T) {
	set := New(canaries)
	for name, r := range map[string]evidence.Request{
		"one hit after the other": post(strings.Repeat(mail+" ", 20000)),
		"parameters":              post(strings.Repeat("a="+url.QueryEscape(mail)+"&", 5000)),
		"different parameters": post(func() string {
			var b strings.Builder
			for i := range 5000 {
				fmt.Fprintf(&b, "a%d=%s&", i, url.QueryEscape(mail))
			}
			return b.String()
		}()),
		"gzip bomb": packed(squeeze(t, "gzip", strings.Repeat(strings.Repeat("0", 1<<20), 48))),
		"percent":   post("a=" + strings.Repeat("%25", 300000)),
	} {
		if got := found(t, set, r); len(got) > maxHits {
			t.Errorf("%s: %d hits", name, len(got))
		}
	}
}

// FuzzRequest looks for canaries in hostile requests: no panic, bounded, and a
// canary that is put plainly at the end of a body is found.
func FuzzRequest(f *testing.F) {
	f.Add("https://t.test/a;b=c?d=%zz", "a=1&b=2", "x", false)
	f.Add("https://t.test/?d=eyJ4IjoxfQ", `{"a":"\u0040"}`, mail, false)
	f.Add("https://t.test/", base64.StdEncoding.EncodeToString(squeeze(f, "gzip", "x="+mail)), "%40", true)
	set := New(canaries)
	f.Fuzz(func(t *testing.T, address, body, header string, raw bool) {
		u, err := url.Parse(address)
		if err != nil {
			return
		}
		r := &evidence.Request{URL: address, PostData: body, PostBase64: raw, Headers: map[string]string{"x": header}, Messages: []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: body}}}
		var reader payload.Reader
		if hits := set.Request(r, reader.Read(u, r), reader.Layers()); len(hits) > maxHits {
			t.Errorf("%d hits", len(hits))
		}
		if raw || len(body) > 1000 {
			return
		}
		r.PostData, r.Messages = body+"\n"+mail, nil
		if hits := set.Request(r, reader.Read(u, r), reader.Layers()); !slices.ContainsFunc(hits, func(h Hit) bool { return h.Kind == "email" }) {
			t.Errorf("not found in %q", r.PostData)
		}
	})
}

// BenchmarkSearch searches the 100,000 requests of a scan of 1,000 pages with 100
// requests each, for eight canaries.
func BenchmarkSearch(b *testing.B) {
	set := New(canaries)
	b.ReportMetric(float64(set.Needles()), "spellings")
	requests := make([]evidence.Request, 100)
	addresses := make([]*url.URL, len(requests))
	size := 0
	for i := range requests {
		r := &requests[i]
		r.URL = fmt.Sprintf("https://t%d.test/g/collect?v=2&tid=G-ABC&cid=%d.1761998400&dl=https%%3A%%2F%%2Fwww.shop.test%%2Fp%%2F%d&dt=Boots&sr=1366x768&em=%064x", i, 842736519+i, i, i)
		r.Headers = map[string]string{"user-agent": strings.Repeat("Mozilla ", 15), "referer": "https://www.shop.test/p/1", "accept": "*/*"}
		if i%3 == 0 {
			r.PostData = `{"batch":[` + strings.Repeat(`{"event":"click","properties":{"$current_url":"https://www.shop.test/p/1","$el_text":"Add to cart","id":"8f14e45fceea167a"}},`, 12) + `{}]}`
		}
		addresses[i], _ = url.Parse(r.URL)
		size += len(r.URL) + len(r.PostData) + 150
	}
	b.SetBytes(int64(size * 1000))
	var reader payload.Reader
	for b.Loop() {
		for range 1000 {
			for i := range requests {
				if len(set.Request(&requests[i], reader.Read(addresses[i], &requests[i]), reader.Layers())) > 0 {
					b.Fatal("found")
				}
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(canaries)
	}
}
