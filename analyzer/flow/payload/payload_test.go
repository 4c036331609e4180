package payload

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
)

func pack(t testing.TB, how, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "deflate":
		fw, err := flate.NewWriter(&b, 6)
		if err != nil {
			t.Fatal(err)
		}
		w = fw
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func read(t testing.TB, address string, q evidence.Request) (*Reader, []string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q.URL = address
	r := new(Reader)
	var out []string
	for _, p := range r.Read(u, &q) {
		s := p.Name + "=" + p.Value
		if p.Index >= 0 {
			s = fmt.Sprintf("%s[%d]=%s", p.Name, p.Index, p.Value)
		}
		if p.Nested {
			s = "in address: " + s
		}
		out = append(out, s)
	}
	return r, out
}

func TestContainers(t *testing.T) {
	const at = "https://v.test/x"
	binary := func(data string) evidence.Request {
		return evidence.Request{PostData: b64(data), PostBase64: true}
	}
	text := func(data string) evidence.Request { return evidence.Request{PostData: data} }
	typed := func(kind, data string) evidence.Request {
		return evidence.Request{PostData: data, Headers: map[string]string{"content-type": kind}}
	}
	tests := []struct {
		name    string
		address string
		q       evidence.Request
		want    []string
	}{
		{"query in its order, broken escapes kept", at + "?b=1&a=%zz%41&c&d=x+y", evidence.Request{}, []string{"b=1", "a=%zzA", "d=x y"}},
		{"address in a parameter", at + "?u=https%3A%2F%2Fs.test%2Ff%3Fq%3Dboots%26n%3D2%23top", evidence.Request{},
			[]string{"u=https://s.test/f?q=boots&n=2#top", "in address: q=boots", "in address: n=2"}},
		{"escaped twice", at + "?u=https%253A%252F%252Fs.test%252F%253Fq%253Dboots", evidence.Request{}, []string{"u=https://s.test/?q=boots", "in address: q=boots"}},
		{"a percent sign is no escape", at + "?t=50%2525+off", evidence.Request{}, []string{"t=50% off"}},
		{"matrix parameters", "https://v.test/activity;src=12;u1=a%3Bb;ord=3?", evidence.Request{}, []string{"src=12", "u1=a;b", "ord=3"}},
		{"an e-mail address in a path", "https://v.test/u/jo%40example.org/z", evidence.Request{}, []string{"path=jo@example.org"}},
		{"scopes", at + "?c.&a.&x=1&.a&y=2&.c&z=3", evidence.Request{}, []string{"c.a.x=1", "c.y=2", "z=3"}},
		{"a scope that is never closed", at + "?c.&x=1", evidence.Request{}, []string{"c.x=1"}},
		{"JSON in a parameter keeps its name", at + "?pd=" + url.QueryEscape(`{"em":"h","n":1,"off":false,"on":true}`), evidence.Request{}, []string{"pd.em=h", "pd.n=1", "pd.on=true"}},
		{"a form in a parameter", at + "?p1=e%3Dvl%26id%3D7", evidence.Request{}, []string{"p1.e=vl", "p1.id=7"}},
		{"a form of one pair in a parameter stays a text", at + "?t=a%3Db", evidence.Request{}, []string{"t=a=b"}},
		{"queries in a list", at, text(`{"requests":["?a=1&b=x"]}`), []string{"requests.a=1", "requests.b=x"}},
		{"form body", at, text("a=1&b=x%40y.test"), []string{"a=1", "b=x@y.test"}},
		{"a form a line", at, text("en=view&x=1\r\nen=click\r\n"), []string{"en=view", "x=1", "en=click"}},
		{"JSON body over lines", at, text("{\n \"a\": {\"b\": [1, \"x\"]}\n}"), []string{"a.b[0]=1", "a.b[1]=x"}},
		{"JSON a line", at, text(`{"a":1}` + "\n" + `{"b":"x"}` + "\n"), []string{"a=1", "b=x"}},
		{"JSON a line whose second has a type", at, text(`{"a":1}` + "\n" + `{"type":"track","b":"x"}` + "\n"), []string{"a=1", "b=x", "type=track"}},
		{"JSON and a text", at, text(`{"a":1}` + "\nbye"), []string{"a=1", "=bye"}},
		{"pairs written as objects", at, text(`{"fields":[{"name":"email","value":"jo@x.test"},{"name":"ok","value":true,"objectTypeId":"0-1"}]}`),
			[]string{"fields.name=email", "fields.email=jo@x.test", "fields.name=ok", "fields.objectTypeId=0-1", "fields.ok=true"}},
		{"JSON in JSON", at, text(`{"m":"{\"email\":\"jo@x.test\"}"}`), []string{"m.email=jo@x.test"}},
		{"base64 JSON", at + "?data=" + b64(`{"a":"x"}`), evidence.Request{}, []string{"data.a=x"}},
		{"base64url JSON", at + "?cx=" + base64.RawURLEncoding.EncodeToString([]byte(`{"a":"??>>"}`)), evidence.Request{}, []string{"cx.a=??>>"}},
		{"base64 of an e-mail address", at + "?e=" + b64("jo@example.org"), evidence.Request{}, []string{"e=jo@example.org"}},
		{"a long word is not base64", at + "?e=Internationalization", evidence.Request{}, []string{"e=Internationalization"}},
		{"a hash is not base64", at + "?e=" + strings.Repeat("ab12", 16), evidence.Request{}, []string{"e=" + strings.Repeat("ab12", 16)}},
		{"gzip body", at, binary(pack(t, "gzip", `{"a":"x"}`)), []string{"a=x"}},
		{"zlib body", at, binary(pack(t, "zlib", "a=x&b=y")), []string{"a=x", "b=y"}},
		{"gzip twice", at, binary(pack(t, "gzip", pack(t, "gzip", `{"a":"x"}`))), []string{"a=x"}},
		{"deflate body, named by its header", at, evidence.Request{PostData: b64(pack(t, "deflate", `{"a":"x"}`)), PostBase64: true, Headers: map[string]string{"content-encoding": "deflate"}}, []string{"a=x"}},
		{"gzip in base64 in a form", at, text("data=" + url.QueryEscape(b64(pack(t, "gzip", `{"a":"x"}`)))), []string{"data.a=x"}},
		{"zlib in base64", at, text("data=" + url.QueryEscape(b64(pack(t, "zlib", `{"a":"x"}`)))), []string{"data.a=x"}},
		{"a base64 body", at, text(b64(`{"a":"x"}`)), []string{"a=x"}},
		{"LZ-string", at, text("data=N4IgpgbmB2AuIC4QBIAOBDA5pAlmA7iADQioBOA9qmGbHgM6KjIDGArmWTLAPocA2iEAAtYsVPQQB6KfjkA6esKrzYYerCkt0tAPwBHALxkApAGEAzCYCCATgAmxEPZwac0FrxyOkABgCMtr4AtOgARiwgAL5RQA%3D&compression=lz64"),
			[]string{"data.event=$pageview", "data.properties.$current_url=https://www.shop.test/cart?q=r%C3%A9d", "in address: q=réd", "data.properties.distinct_id=0190-abc", "compression=lz64"}},
		{"LZ-string with letters beyond Latin-1", at, text("N4Ig broken"), []string{"=N4Ig broken"}},
		{"LZ-string of a list", at, text("NobwRAhmBckfDFOS1DCnpoGnMAEBjCAZgJdgC+AukA=="), []string{"a=" + strings.Repeat("a", 40) + "日本 café"}},
		{"multipart", at, typed("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"ud[em]\"\r\n\r\nh\r\n--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"blob\"\r\n\r\n{\"a\":1}\r\n--x--\r\n"),
			[]string{"ud[em]=h", "f.filename=blob", "f.a=1"}},
		{"multipart that nobody declared", at, text("--y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--y--\r\n"), []string{"a=1"}},
		{"envelope", at, text(`{"event_id":"e1","dsn":"https://k@o1.ingest.test/2"}` + "\n" + `{"type":"event"}` + "\n" + `{"user":{"email":"jo@x.test"}}` + "\n" + `{"type":"attachment","length":3,"filename":"a.txt"}` + "\n" + "a\nb\n"),
			[]string{"header.dsn=https://k@o1.ingest.test/2", "header.event_id=e1", "event.user.email=jo@x.test", "attachment=(content)"}},
		{"envelope with a packed recording", at, binary(`{"event_id":"e1"}` + "\n" + fmt.Sprintf(`{"type":"replay_recording","length":%d}`, 17+len(pack(t, "zlib", `[{"type":4}]`))) + "\n" + `{"segment_id":0}` + "\n" + pack(t, "zlib", `[{"type":4}]`)),
			[]string{"header.event_id=e1", "replay_recording.segment_id=0", "replay_recording=(content)", "replay_recording.type=4"}},
		{"binary body", at, binary("\x00\x01\xff\xfe\x90\x02"), []string{"(body)=(binary)"}},
		{"numbered WebSocket message", "wss://v.test/x", evidence.Request{Messages: []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: `42["track",{"a":"x"}]`}, {Opcode: 1, Data: `{"b":1}`}}}, []string{"[0]=track", "a=x"}},
		{"packed WebSocket message", "wss://v.test/x", evidence.Request{Messages: []evidence.SocketMessage{{Sent: true, Opcode: 2, Data: b64(pack(t, "gzip", `{"a":"x"}`))}}}, []string{"a=x"}},
		{"plain text", at, text("hello there"), []string{"=hello there"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := read(t, tt.address, tt.q); !slices.Equal(got, tt.want) {
				t.Errorf("pairs\n got  %q\n want %q", got, tt.want)
			}
		})
	}
}

func TestPlusThatBecameASpace(t *testing.T) {
	raw := `{"a":"` + "\u00fb\u00ff>>>~~~" + `"}`
	encoded := b64(raw)
	if !strings.Contains(encoded, "+") {
		t.Fatalf("%s holds no plus", encoded)
	}
	if _, got := read(t, "https://v.test/?d="+encoded, evidence.Request{}); !slices.Equal(got, []string{"d.a=\u00fb\u00ff>>>~~~"}) {
		t.Errorf("pairs = %q", got)
	}
}

func TestLayers(t *testing.T) {
	r, _ := read(t, "https://v.test/x?d="+url.QueryEscape(b64(`{"a":"x"}`)), evidence.Request{PostData: b64(pack(t, "gzip", "p="+b64(pack(t, "zlib", `{"b":1}`)))), PostBase64: true})
	var got []string
	for _, l := range r.Layers() {
		got = append(got, l.Via+": "+l.Text)
	}
	want := []string{
		"address: https://v.test/x?d=" + url.QueryEscape(b64(`{"a":"x"}`)), `parameter d, base64: {"a":"x"}`,
		"body, gzip: p=" + b64(pack(t, "zlib", `{"b":1}`)), `body, gzip, parameter p, base64, zlib: {"b":1}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("layers\n got  %q\n want %q", got, want)
	}
}

// TestBombs reads bodies that unpack to far more than they are: what comes out
// stays within the bounds, and soon.
func TestBombs(t *testing.T) {
	zeros := strings.Repeat("0", 64<<20)
	once := pack(t, "gzip", zeros)
	deep := `"x"`
	for range 40 {
		deep = `{"a":` + deep + `}`
	}
	chain := `{"a":"x"}`
	for range 30 {
		chain = `{"d":"` + b64(chain) + `"}`
		if len(chain) > 200<<10 {
			break
		}
	}
	many := strings.Repeat("d="+b64(pack(t, "gzip", strings.Repeat(`{"a":"b"}`+"\n", 1<<16)))+"&", 40)
	for name, body := range map[string]string{
		"gzip": once, "gzip of gzip": pack(t, "gzip", once), "gzip four times": pack(t, "gzip", pack(t, "gzip", pack(t, "gzip", once))),
		"deep": deep, "lists": strings.Repeat("[", 1<<16) + strings.Repeat("]", 1<<16), "chain of base64": chain, "many": many,
		"pairs": strings.Repeat("a=1&", 1<<17), "LZ-string": "N4Ig" + strings.Repeat("QBIAOBDA", 1<<13),
	} {
		t.Run(name, func(t *testing.T) {
			before := time.Now()
			r, pairs := read(t, "https://v.test/", evidence.Request{PostData: b64(body), PostBase64: true})
			if len(pairs) > MaxPairs {
				t.Errorf("%d pairs", len(pairs))
			}
			total := 0
			for _, l := range r.Layers() {
				total += len(l.Text)
			}
			if total > maxSpent+2*maxText {
				t.Errorf("%d bytes of text", total)
			}
			t.Logf("%d bytes → %d bytes of text, %d pairs, %s", len(body), total, len(pairs), time.Since(before))
		})
	}
}

// FuzzRead reads hostile addresses and bodies: no panic, and no more than the
// bounds allow.
func FuzzRead(f *testing.F) {
	f.Add("https://v.test/a;b=c?a=1&b=%zz&c", `{"a":[{"b":"eyJ4IjoxfQ=="}]}`, "application/json", false)
	f.Add("https://v.test/?u=https%3A%2F%2Fa.test%2F%3Fu%3Dhttps%253A%252F%252Fb.test&c.&x=1&.c", "a=b\nc=d", "text/plain", false)
	f.Add("https://v.test/", "--x\r\nContent-Disposition: form-data; name=\"n\"; filename=\"f\"\r\n\r\nv\r\n--x--", "multipart/form-data; boundary=x", false)
	f.Add("https://v.test/", b64("\x1f\x8b\x08\x00"), "", true)
	f.Add("https://v.test/", b64(pack(f, "zlib", `{"a":"x"}`)), "", true)
	f.Add("https://v.test/", strings.Repeat("[", 2000)+strings.Repeat("]", 2000), "", false)
	f.Add("https://v.test/", "{}\n{\"type\":\"event\",\"length\":-5}\n{\"a\":1}\n{\"type\":\"x\",\"length\":999}\nz", "", false)
	f.Add("https://v.test/?d=N4IgpgbmB2AuIC4QBIAOBDA5pAlmA7iADQioBOA9qmGbHgM6KjIDGArmWTLAPoc", "NobwRAhmBckfDFOS1DCnpoGnMAEBjCAZgJdgC+AukA==", "", false)
	f.Fuzz(func(t *testing.T, address, body, kind string, raw bool) {
		u, err := url.Parse(address)
		if err != nil {
			return
		}
		q := &evidence.Request{PostData: body, PostBase64: raw, Headers: map[string]string{"content-type": kind, "content-encoding": "deflate"},
			Messages: []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: body}, {Sent: true, Opcode: 2, Data: body}}}
		var r Reader
		pairs := r.Read(u, q)
		if len(pairs) > MaxPairs || len(r.Layers()) > maxLayer {
			t.Errorf("%d pairs, %d layers", len(pairs), len(r.Layers()))
		}
		for _, p := range pairs {
			if len(p.Value) > MaxValue || p.Layer >= len(r.Layers()) {
				t.Errorf("%d bytes, layer %d of %d", len(p.Value), p.Layer, len(r.Layers()))
			}
			p.Key()
		}
	})
}
