package guard

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/64")}
	for addr, want := range map[string]bool{
		"93.184.215.14": false, "8.8.8.8": false, "2606:4700::1111": false, "100.63.255.255": false, "100.128.0.0": false, "172.32.0.1": false, "11.0.0.1": false,
		"127.0.0.1": true, "127.9.9.9": true, "0.0.0.0": true, "10.0.0.1": true, "172.16.0.1": true, "172.31.255.255": true, "192.168.1.1": true, "169.254.169.254": true,
		"100.64.0.1": true, "192.0.0.8": true, "198.18.0.1": true, "198.19.255.255": true, "224.0.0.1": true, "255.255.255.255": true,
		"::1": true, "::": true, "::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true, "64:ff9b::7f00:1": true, "fe80::1": true, "fe80::1%eth0": true, "fec0::1": true, "2002:7f00:1::": true, "fc00::1": true, "fd12::1": true, "ff02::1": true, "2001:db8::1": true,
		"10.1.2.3": false, "10.2.0.1": true, "fd00::5": false, "::ffff:10.1.2.3": false,
	} {
		if got := Refuse(netip.MustParseAddr(addr), allowed) != ""; got != want {
			t.Errorf("%s is refused: %v, want %v", addr, got, want)
		}
	}
	if Refuse(netip.Addr{}, nil) == "" {
		t.Error("no address at all was let through")
	}
}

// open starts a guard and a client that uses it.
func open(t *testing.T, o Options) (*Guard, *http.Client) {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	g, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	return g, &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return u, nil }}}
}

func get(t *testing.T, c *http.Client, address string) (int, string, error) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func hello(w http.ResponseWriter, r *http.Request) {
	if to := r.URL.Query().Get("to"); to != "" {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	fmt.Fprint(w, "hello")
}

// mapTo maps one host to a server.
func mapTo(host string, srv *httptest.Server) func(string, string) (netip.AddrPort, bool) {
	at := netip.MustParseAddrPort(srv.Listener.Addr().String())
	return func(h, _ string) (netip.AddrPort, bool) { return at, h == host }
}

func TestPlain(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(hello))
	defer srv.Close()
	g, c := open(t, Options{Mapped: mapTo("shop.test", srv)})
	if code, text, err := get(t, c, "http://shop.test/"); err != nil || code != 200 || text != "hello" {
		t.Errorf("a mapped host: %d %q %v", code, text, err)
	}
	if code, text, err := get(t, c, srv.URL); err != nil || code != http.StatusForbidden || !strings.Contains(text, "loopback") {
		t.Errorf("loopback: %d %q %v", code, text, err)
	}
	if code, _, err := get(t, c, "http://shop.test/?to="+url.QueryEscape(srv.URL)); err != nil || code != http.StatusForbidden {
		t.Errorf("a redirect to loopback: %d %v", code, err)
	}
	if r := g.Refused(); len(r) != 1 || r[0].Host != "127.0.0.1" {
		t.Errorf("refused %v", r)
	}
}

func TestTunnel(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(hello))
	defer srv.Close()
	_, c := open(t, Options{Mapped: mapTo("example.com", srv)}) // the name in httptest's certificate
	c.Transport.(*http.Transport).TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig
	if code, text, err := get(t, c, "https://example.com/"); err != nil || code != 200 || text != "hello" {
		t.Errorf("a mapped host: %d %q %v", code, text, err)
	}
	if _, _, err := get(t, c, srv.URL); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("loopback: %v", err)
	}
}

func TestAllowed(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(hello))
	defer srv.Close()
	g, c := open(t, Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if code, text, err := get(t, c, srv.URL); err != nil || code != 200 || text != "hello" {
		t.Errorf("an allowed range: %d %q %v", code, text, err)
	}
	if err := g.Check(t.Context(), "127.0.0.1"); err != nil {
		t.Error(err)
	}
	strict, _ := open(t, Options{})
	var no *RefusedError
	if err := strict.Check(t.Context(), "localhost"); !errors.As(err, &no) || !no.Addr.IsLoopback() {
		t.Errorf("localhost: %v", err)
	}
}

// TestServed: a guard that browsers elsewhere come to serves them and loopback,
// nobody else; and shows who came that it is the guard.
func TestServed(t *testing.T) {
	g, c := open(t, Options{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}})
	for from, want := range map[string]int{"192.0.2.7:99": http.StatusOK, "[::ffff:192.0.2.7]:99": http.StatusOK, "127.0.0.1:99": http.StatusOK, "192.0.2.8:99": http.StatusForbidden, "": http.StatusForbidden} {
		r, w := httptest.NewRequest(http.MethodGet, Proof, nil), httptest.NewRecorder()
		r.RemoteAddr = from
		if g.ServeHTTP(w, r); w.Code != want {
			t.Errorf("somebody at %q gets %d, want %d", from, w.Code, want)
		}
	}
	if code, text, err := get(t, c, Proof); err != nil || code != http.StatusOK || !strings.Contains(text, "<title>Candor's guard</title>") {
		t.Errorf("the proof is %d %q %v", code, text, err)
	}
}

// TestNoProxyRequest: the guard itself is no web server, and speaks no other
// scheme.
func TestNoProxyRequest(t *testing.T) {
	g, _ := open(t, Options{})
	for _, line := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c, err := net.Dial("tcp", g.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, line); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 40)
		n, err := c.Read(b)
		if err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 400") {
			t.Errorf("%q is answered with %q, %v", line, b[:n], err)
		}
		c.Close()
	}
}
