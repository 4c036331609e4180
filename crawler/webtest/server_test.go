package webtest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/websocket"
)

const sites = `
-- www.example-shop.test/index.html --
<title>Shop</title>
-- www.example-shop.test/about.html --
<title>About</title>
-- www.example-shop.test/blog/index.html --
<title>Blog</title>
-- www.example-shop.test/blog/_any.html --
<title>A post</title>
-- www.example-shop.test/feed.xml.gz --
<urlset></urlset>
-- www.example-shop.test/feed.xml.gz.headers --
gzip: yes
-- cdn.tracker.test/t.js --
console.log(1)
-- cdn.tracker.test/collect.headers --
# a beacon
status: 204
visitor: uid
cors: yes
Set-Cookie: uid={visitor}; Max-Age=63072000; Path=/
Set-Cookie: seen=1; Path=/
-- cdn.tracker.test/sync.headers --
redirect: https://match.partner.test/in?id={query:id}&from={host}
-- cdn.tracker.test/slow.headers --
delay: 40ms
-- cdn.tracker.test/live.headers --
websocket: echo
-- cdn.tracker.test/copy.js.headers --
file: cdn.tracker.test/t.js
-- cdn.tracker.test/broken.headers --
delay: soon
-- match.partner.test/in.headers --
status: 204
-- elsewhere.test/away.headers --
redirect: https://elsewhere.test:8443/
-- _hidden/file.txt --
not a host
`

func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

func TestAnswers(t *testing.T) {
	srv := Start(t, MustText(sites))
	c := srv.Client()
	for _, tc := range []struct {
		url    string
		status int
		kind   string // prefix of Content-Type
		body   string // part of it
	}{
		{"http://www.example-shop.test/", 200, "text/html", "Shop"},
		{"https://www.example-shop.test/", 200, "text/html", "Shop"},
		{"https://WWW.Example-Shop.test/index.html?a=1", 200, "text/html", "Shop"},
		{"https://www.example-shop.test/about", 200, "text/html", "About"},
		{"https://www.example-shop.test/blog", 200, "text/html", "Blog"},
		{"https://www.example-shop.test/blog/2026/03/x", 200, "text/html", "A post"},
		{"https://www.example-shop.test/none", 404, "text/plain", "nothing at www.example-shop.test/none"},
		{"https://www.example-shop.test/../../cdn.tracker.test/t.js", 404, "text/plain", ""},
		{"https://cdn.tracker.test/t.js", 200, "text/javascript", "console"},
		{"https://cdn.tracker.test/copy.js", 200, "text/javascript", "console"},
		{"https://cdn.tracker.test/collect", 204, "", ""},
		{"https://cdn.tracker.test/collect.headers", 404, "text/plain", ""},
		{"https://cdn.tracker.test/broken", 500, "text/plain", `broken.headers:1: delay "soon"`},
		{"https://unknown.test/x", 404, "text/plain", "no site for the host unknown.test"},
		{"https://_hidden/file.txt", 404, "text/plain", "no site"},
	} {
		r, body := get(t, c, tc.url)
		if r.StatusCode != tc.status || !strings.HasPrefix(r.Header.Get("Content-Type"), tc.kind) || !strings.Contains(body, tc.body) {
			t.Errorf("%s: %d %q %q, want %d %q %q", tc.url, r.StatusCode, r.Header.Get("Content-Type"), body, tc.status, tc.kind, tc.body)
		}
	}
	if diff := cmp.Diff([]string{"GET https://unknown.test/x", "GET https://_hidden/file.txt"}, srv.Unexpected()); diff != "" {
		t.Error(diff)
	}
}

func TestOnePortTwoProtocols(t *testing.T) {
	srv := Start(t, MustText(sites))
	srv.Handle("raw.test", http.NotFoundHandler())
	srv.Handle("*.wild.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "wild") }))
	for url, proto := range map[string]string{
		"http://www.example-shop.test/": "HTTP/1.1", "https://www.example-shop.test/": "HTTP/2.0", "https://raw.test/": "HTTP/1.1",
	} {
		if r, _ := get(t, srv.Client(), url); r.Proto != proto {
			t.Errorf("%s: %s, want %s", url, r.Proto, proto)
		}
	}
	if _, body := get(t, srv.Client(), "https://a.b.wild.test/"); body != "wild" {
		t.Errorf("pattern: %q", body)
	}
	if r, _ := get(t, srv.Client(), "https://wild.test/"); r.StatusCode != 404 {
		t.Error("*.wild.test must not be wild.test")
	}
	if r, body := get(t, http.DefaultClient, "http://"+srv.PlainAddr().String()+"/"); r.StatusCode != 404 || !strings.Contains(body, "127.0.0.1") {
		t.Errorf("plain: %d %q", r.StatusCode, body)
	}
	if _, err := tls.Dial("tcp", srv.PlainAddr().String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("the plain port speaks TLS")
	}
}

func TestCertificates(t *testing.T) {
	srv := Start(t, MustText(sites))
	dial := func(name string) *tls.ConnectionState {
		t.Helper()
		c, err := tls.Dial("tcp", srv.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := c.ConnectionState()
		return &s
	}
	for _, name := range []string{"a.test", "b.c.example"} {
		leaf := dial(name).PeerCertificates[0]
		sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
		if leaf.VerifyHostname(name) != nil || base64.StdEncoding.EncodeToString(sum[:]) != srv.SPKI() {
			t.Errorf("%s: %v", name, leaf.DNSNames)
		}
	}
	for _, kind := range badCertKinds {
		srv.BadCert("bad.test", kind)
		leaf := dial("bad.test").PeerCertificates[0]
		if sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo); base64.StdEncoding.EncodeToString(sum[:]) == srv.SPKI() {
			t.Errorf("%s: SPKI covers it", kind)
		}
		if r, err := srv.Client().Get("https://bad.test/"); err == nil {
			r.Body.Close()
			t.Errorf("%s: accepted", kind)
		}
		if r, _ := get(t, srv.Client(), "http://bad.test/"); r.StatusCode != 404 {
			t.Error("http must not mind")
		}
	}
}

func TestVisitorsAndRedirects(t *testing.T) {
	srv := Start(t, MustText(sites))
	c := srv.Client()
	c.Jar, _ = cookiejar.New(nil)
	first, _ := get(t, c, "https://cdn.tracker.test/collect")
	again, _ := get(t, c, "https://cdn.tracker.test/collect")
	other, _ := get(t, srv.Client(), "https://cdn.tracker.test/collect")
	if n := len(first.Header.Values("Set-Cookie")); n != 2 {
		t.Errorf("%d Set-Cookie lines, want 2", n)
	}
	a, b, o := first.Header.Get("Set-Cookie"), again.Header.Get("Set-Cookie"), other.Header.Get("Set-Cookie")
	if a != b || a == o || !strings.HasPrefix(a, "uid=") || strings.Contains(a, "{") {
		t.Errorf("ids: %q, again %q, other visitor %q", a, b, o)
	}
	twin := Start(t, MustText(sites))
	if r, _ := get(t, twin.Client(), "https://cdn.tracker.test/collect"); r.Header.Get("Set-Cookie") != a {
		t.Error("another server gives its first visitor another id")
	}
	r, _ := get(t, c, "https://cdn.tracker.test/sync?id=a%0d%0aX:%20y")
	if got := r.Request.URL.String(); got != "https://match.partner.test/in?id=aX:y&from=cdn.tracker.test" {
		t.Errorf("redirected to %s", got)
	}
	if _, err := c.Get("https://elsewhere.test/away"); err == nil || !strings.Contains(err.Error(), "not on port 80 or 443") {
		t.Errorf("another port: %v", err)
	}
}

func TestLog(t *testing.T) {
	srv := Start(t, MustText(sites))
	c := srv.Client()
	big := strings.Repeat("x", MaxBody+10)
	for _, body := range []string{"en=page_view", big} {
		req, _ := http.NewRequest("POST", "http://cdn.tracker.test/collect?v=2", strings.NewReader(body))
		req.Header.Set("Origin", "https://www.example-shop.test")
		r, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.Header.Get("Access-Control-Allow-Origin") != "https://www.example-shop.test" {
			t.Error("no CORS")
		}
	}
	log := srv.Log()
	if len(log) != 2 {
		t.Fatalf("%d entries", len(log))
	}
	if e := log[0]; e.Method != "POST" || e.Scheme != "http" || e.Host != "cdn.tracker.test" || e.URL != "http://cdn.tracker.test/collect?v=2" ||
		string(e.Body) != "en=page_view" || e.Status != 204 || e.Header.Get("Origin") == "" {
		t.Errorf("%+v", e)
	}
	if e := log[1]; len(e.Body) != MaxBody || e.BodySize != int64(len(big)) {
		t.Errorf("%d of %d bytes kept", len(e.Body), e.BodySize)
	}
	srv.ClearLog()
	if len(srv.Log()) != 0 {
		t.Error("not cleared")
	}
}

func TestGzipDelayAndWebSocket(t *testing.T) {
	srv := Start(t, MustText(sites))
	_, body := get(t, srv.Client(), "https://www.example-shop.test/feed.xml.gz")
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(z); !bytes.Contains(text, []byte("<urlset>")) {
		t.Errorf("%q", text)
	}
	start := time.Now()
	get(t, srv.Client(), "https://cdn.tracker.test/slow")
	if d := time.Since(start); d < 40*time.Millisecond {
		t.Errorf("answered after %v", d)
	}

	cfg, _ := websocket.NewConfig("wss://cdn.tracker.test/live", "https://www.example-shop.test/")
	conn, err := tls.Dial("tcp", srv.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "cdn.tracker.test"})
	if err != nil {
		t.Fatal(err)
	}
	ws, err := websocket.NewClient(cfg, conn)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var back string
	if err := errors.Join(websocket.Message.Send(ws, "hello"), websocket.Message.Receive(ws, &back)); err != nil || back != "hello" {
		t.Fatalf("%q %v", back, err)
	}
	log := srv.Log()
	if e := log[len(log)-1]; e.URL != "wss://cdn.tracker.test/live" || string(e.Body) != "hello\n" || e.Status != 101 {
		t.Errorf("%+v", e)
	}
}

func TestSidecarFaults(t *testing.T) {
	for text, want := range map[string]string{
		"status: 99":         `1: status "99"`,
		"\n# x\nstatus: ok":  `3: status "ok"`,
		"delay: -1s":         "1: delay",
		"delay: 11m":         "1: delay",
		"colour: red":        `1: "colour" is no directive`,
		"cors: true":         "1: cors",
		"websocket: chat":    "1: websocket",
		"file: ../etc":       "1: file",
		"no colon":           "1: \"no colon\"",
		"X-A: 1\nTwo words:": "2: ",
	} {
		if _, err := parseSidecar(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add("status: 204\nSet-Cookie: a=b\ndelay: 1ms")
	f.Add(": x\n\x00: y\nvisitor: {visitor}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseSidecar(text)
		if err == nil && (c.delay < 0 || c.delay > maxDelay || c.statusOr(200) < 200 || c.statusOr(200) > 599) {
			t.Errorf("%+v", c)
		}
	})
}

func TestTrees(t *testing.T) {
	base := fstest.MapFS{"one.html": {Data: []byte("1")}, "Two_2.html": {Data: []byte("2")}, "one.txt": {Data: []byte("no")}}
	pages, err := Pages(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(pages, "one.test/index.html", "two-2.test/index.html"); err != nil {
		t.Error(err)
	}
	first := Mount(fstest.MapFS{"f": {Data: []byte("first")}}, map[string]string{"one.test/index.html": "f", "a.test/x/y.js": "f"})
	both := Overlay(first, pages, under{"_npm", base})
	if err := fstest.TestFS(both, "one.test/index.html", "two-2.test/index.html", "a.test/x/y.js", "_npm/one.html"); err != nil {
		t.Error(err)
	}
	if b, err := fs.ReadFile(both, "one.test/index.html"); err != nil || string(b) != "first" {
		t.Errorf("%q %v", b, err)
	}
	srv := Start(t, pages)
	if _, body := get(t, srv.Client(), "https://two-2.test/"); body != "2" {
		t.Errorf("%q", body)
	}
	if _, err := Pages(fstest.MapFS{"a_b.html": {}, "a-b.html": {}}); err == nil {
		t.Error("two pages with one host")
	}
	if _, err := NPM(t.TempDir()); err == nil {
		t.Error("a folder without site.txtar")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.txtar"), []byte("-- a.test/index.html --\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NPM(dir); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("missing libraries: %v", err)
	}
}

func TestCloseEndsOpenAnswers(t *testing.T) {
	srv, err := New(MustText("-- a.test/slow.headers --\ndelay: 5m\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		r, err := srv.Client().Get("https://a.test/slow")
		if err == nil {
			r.Body.Close()
		}
		got <- err
	}()
	for len(srv.Log()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Fatal("the request still waits")
	}
}
