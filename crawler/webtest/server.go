package webtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server answers for all hosts of a tree of sites. It is safe for use by
// several goroutines.
type Server struct {
	fsys   fs.FS
	certs  *authority
	mux    *sniffer
	plain  net.Listener
	names  *net.UDPConn
	server *http.Server
	stop   context.CancelFunc
	served sync.WaitGroup
	log    requestLog

	mu       sync.RWMutex
	handlers map[string]http.Handler
	visitors map[string]int // host and cookie → ids given
}

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// Start is New for tests: a fault ends the test, and the server is closed with it.
func Start(t TB, fsys fs.FS) *Server {
	t.Helper()
	s, err := New(fsys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// New starts a server for the sites of fsys; see the package's comment for
// their layout. A nil fsys has no sites.
func New(fsys fs.FS) (*Server, error) {
	certs, err := newAuthority()
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	both, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("webtest: %w", err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = both.Close()
		return nil, fmt.Errorf("webtest: %w", err)
	}
	names, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("webtest: %w", err), both.Close(), plain.Close())
	}
	if fsys == nil {
		fsys = Overlay()
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		fsys: fsys, certs: certs, plain: plain, names: names, stop: stop,
		handlers: map[string]http.Handler{}, visitors: map[string]int{},
	}
	tlsConfig := certs.config(func(host string) bool { return s.handler(host) == nil })
	s.mux = newSniffer(both, tlsConfig)
	s.server = &http.Server{
		Handler:           s,
		TLSConfig:         tlsConfig, // tells Serve that HTTP/2 may be spoken
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that go away are expected
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	for _, l := range []net.Listener{s.mux, plain} {
		s.served.Go(func() { _ = s.server.Serve(l) })
	}
	s.served.Go(s.serveNames)
	return s, nil
}

// Close ends the server and every open answer.
func (s *Server) Close() error {
	s.stop()
	err := errors.Join(s.server.Close(), s.names.Close())
	s.served.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Handle answers for a host with h instead of the tree. A pattern
// "*.example.test" is every subdomain that the tree lacks. Hosts with a handler
// speak HTTP/1.1 only, so that a handler can take over the connection.
func (s *Server) Handle(host string, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[strings.ToLower(host)] = h
}

// handler returns the handler for a host: the exact one, else none when the
// tree has the host, else the one of the longest pattern.
func (s *Server) handler(host string) http.Handler {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.handlers[host]; h != nil || len(s.handlers) == 0 || s.isSite(host) {
		return h
	}
	for rest := host; ; {
		_, parent, ok := strings.Cut(rest, ".")
		if !ok {
			return nil
		}
		if h := s.handlers["*."+parent]; h != nil {
			return h
		}
		rest = parent
	}
}

// Addr is where http and https are answered.
func (s *Server) Addr() netip.AddrPort { return addrPort(s.mux.Addr()) }

// PlainAddr is where http alone is answered.
func (s *Server) PlainAddr() netip.AddrPort { return addrPort(s.plain.Addr()) }

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}

// HostMap is the value of --host-map that sends every host here.
func (s *Server) HostMap() string { return "*=" + s.Addr().String() }

// SPKI is the hash of the key of all good certificates, for Chrome's
// --ignore-certificate-errors-spki-list (which needs --user-data-dir, too).
func (s *Server) SPKI() string { return s.certs.spki }

// ChromeFlags let Chrome see this server for every host, on ports 80 and 443,
// and nothing else.
func (s *Server) ChromeFlags() []string {
	a := s.Addr().String()
	return []string{
		"--host-resolver-rules=MAP *:80 " + a + ",MAP *:443 " + a + ",MAP * ~NOTFOUND",
		"--ignore-certificate-errors-spki-list=" + s.SPKI(),
	}
}

// BadCert makes https on a host answer with a broken certificate, of a key that
// SPKI does not cover. It panics at an unknown kind.
func (s *Server) BadCert(host string, kind BadCertKind) {
	if !slices.Contains(badCertKinds, kind) {
		panic(fmt.Sprintf("webtest: no certificate fault %q", kind))
	}
	s.certs.setBad(strings.ToLower(host), kind)
}

// Client sees this server for every host, on ports 80 and 443, and nothing
// else; it trusts its certificates. It keeps no cookies.
func (s *Server) Client() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if _, port, err := net.SplitHostPort(addr); err != nil || (port != "80" && port != "443") {
				return nil, fmt.Errorf("webtest: %s is not on port 80 or 443", addr)
			}
			return dialer.DialContext(ctx, network, s.Addr().String())
		},
		TLSClientConfig:     s.certs.clientConfig(),
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     10 * time.Second,
	}}
}
