// Package guard is the way out for scans that other people ask for: an HTTP
// proxy on loopback that refuses addresses which are not public, so that a
// service on the inside of a network is no weapon against it.
//
// The address is looked at when the connection is made, after the name was
// resolved and for every redirect and part of a page, so a name that changes its
// address in between gains nothing. An administrator may allow ranges. Hosts that
// the administrator mapped go where the mapping says. Only http and https pass
// (RFC 9110, sections 7.6 and 9.3.6); a browser that uses the guard must be kept
// from UDP and from going around it: see Flags.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Flags keep Chromium on the way through the guard: it would reach loopback
// itself, and WebRTC by UDP.
func Flags() []string {
	return []string{"--proxy-bypass-list=<-loopback>", "--force-webrtc-ip-handling-policy", "--webrtc-ip-handling-policy=disable_non_proxied_udp"}
}

// refused are ranges that are not public, with what they are. Sources: IANA's
// registries of special-purpose addresses (RFC 6890).
var refused = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared address space"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, where clouds keep their metadata"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relays"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/128"), "no address"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("64:ff9b::/96"), "translated from IPv4"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "translated from IPv4"},
	{netip.MustParsePrefix("100::/64"), "discard only"},
	{netip.MustParsePrefix("2001::/23"), "protocol assignments"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), "6to4"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing"},
	{netip.MustParsePrefix("fc00::/7"), "a private network"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

// Refuse says why an address is refused, "" when it is public or in a range that
// is allowed.
func Refuse(a netip.Addr, allowed []netip.Prefix) string {
	if !a.IsValid() {
		return "no address"
	}
	a = a.WithZone("").Unmap()
	if slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return ""
	}
	for _, r := range refused {
		if r.prefix.Contains(a) {
			return r.what
		}
	}
	return ""
}

// RefusedError says which host was refused and why.
type RefusedError struct {
	Host string
	Addr netip.Addr
	What string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is at %s: %s. A service does not go there unless its administrator allows the range", e.Host, e.Addr, e.What)
}

// Options are where the guard lets through.
type Options struct {
	Allow []netip.Prefix // ranges that the administrator allows
	// Mapped returns where a host is reached instead, if the administrator mapped
	// it; nil maps none.
	Mapped func(host, port string) (netip.AddrPort, bool)
	// Listen is the address of this machine that a browser elsewhere comes to; the
	// zero address is loopback. From are the addresses that it comes from: nobody
	// else is served. Without any, only loopback is.
	Listen netip.Addr
	From   []netip.Prefix
	Log    *slog.Logger
}

// Guard is a running proxy. It is safe for use by several goroutines.
type Guard struct {
	options  Options
	server   *http.Server
	listener net.Listener
	out      *http.Transport
	done     chan struct{}

	mu      sync.Mutex
	refused map[string]*RefusedError
	tunnels map[net.Conn]bool
}

// maxRefused bounds the refusals that are kept.
const maxRefused = 200

// Limits of a connection.
const (
	dialTime = 20 * time.Second
	idleTime = 2 * time.Minute
)

// Listen starts a guard on a port of loopback, or of the address that is asked for.
func Listen(o Options) (*Guard, error) {
	at := o.Listen
	if !at.IsValid() {
		at = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(at, 0).String())
	if err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	g := &Guard{options: o, listener: l, done: make(chan struct{}), refused: map[string]*RefusedError{}, tunnels: map[net.Conn]bool{}}
	g.out = &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return g.dial(ctx, address) }, DisableCompression: true, IdleConnTimeout: 10 * time.Second, MaxResponseHeaderBytes: 1 << 20}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: dialTime, IdleTimeout: idleTime, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	go func() {
		defer close(g.done)
		if err := g.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("the guard ended", "err", err)
		}
	}()
	return g, nil
}

// URL is the proxy's address.
func (g *Guard) URL() string { return "http://" + g.listener.Addr().String() }

// Close ends the guard and every connection through it.
func (g *Guard) Close() error {
	err := g.server.Close()
	<-g.done
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.tunnels {
		err = errors.Join(err, ignoreClosed(c.Close()))
	}
	g.out.CloseIdleConnections()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Refused are the hosts that were refused, by name.
func (g *Guard) Refused() []*RefusedError {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*RefusedError, 0, len(g.refused))
	for _, r := range g.refused {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *RefusedError) int {
		if a.Host < b.Host {
			return -1
		}
		return 1
	})
	return out
}

// Check looks a host up and says whether it would be refused; what is found out
// may have changed when a connection is made, which looks again.
func (g *Guard) Check(ctx context.Context, host string) error {
	if g.options.Mapped != nil {
		if _, ok := g.options.Mapped(host, "443"); ok {
			return nil
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("%s cannot be found: %w", host, err)
	}
	for _, a := range addrs {
		if why := Refuse(a, g.options.Allow); why != "" {
			return &RefusedError{host, a.Unmap(), why}
		}
	}
	return nil
}

// dial connects to host:port, or refuses.
func (g *Guard) dial(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTime}
	if g.options.Mapped != nil {
		if to, ok := g.options.Mapped(host, port); ok {
			if !to.IsValid() {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return d.DialContext(ctx, "tcp", to.String())
		}
	}
	d.Control = control(host, g.options.Allow, g.refuse)
	return d.DialContext(ctx, "tcp", address)
}

// control looks at the address of the very connection, whatever a look-up said
// before.
func control(host string, allowed []netip.Prefix, refuse func(*RefusedError) error) func(string, string, syscall.RawConn) error {
	return func(_, at string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(at)
		if err != nil {
			return err
		}
		if why := Refuse(to.Addr(), allowed); why != "" {
			return refuse(&RefusedError{host, to.Addr().Unmap(), why})
		}
		return nil
	}
}

// Dialer connects to addresses that are public or allowed, for what a service
// sends by itself.
func Dialer(allowed []netip.Prefix) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		d := net.Dialer{Timeout: dialTime, Control: control(host, allowed, func(e *RefusedError) error { return e })}
		return d.DialContext(ctx, network, address)
	}
}

func (g *Guard) refuse(e *RefusedError) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.refused) < maxRefused && g.refused[e.Host] == nil {
		g.refused[e.Host] = e
		g.options.Log.Warn("refused", "host", e.Host, "address", e.Addr.String(), "what", e.What)
	}
	return e
}

// Proof is the address of a page that only a guard serves, with the title that
// it is given: who sees it came through one. The name is of none (RFC 6761).
const (
	Proof      = "http://" + proofHost + "/"
	proofHost  = "candor-guard.invalid"
	proofTitle = "Candor's guard"
)

// serves reports whether somebody may use the guard.
func (g *Guard) serves(peer string) bool {
	a, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	at := a.Addr().WithZone("").Unmap()
	return at.IsLoopback() || slices.ContainsFunc(g.options.From, func(p netip.Prefix) bool { return p.Contains(at) })
}

// ServeHTTP takes a proxy's requests.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.serves(r.RemoteAddr):
		g.options.Log.Warn("somebody who is no browser of this service came to the guard", "from", r.RemoteAddr)
		http.Error(w, "this proxy is for the browsers of a service", http.StatusForbidden)
	case r.URL.Scheme == "http" && r.Host == proofHost:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>", proofTitle, "</title>")
	case r.Method == http.MethodConnect:
		g.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host != "":
		g.forward(w, r)
	default:
		http.Error(w, "this is a proxy for http and https", http.StatusBadRequest)
	}
}

func failed(w http.ResponseWriter, err error) {
	var no *RefusedError
	if errors.As(err, &no) {
		http.Error(w, no.Error(), http.StatusForbidden)
		return
	}
	http.Error(w, "the host could not be reached", http.StatusBadGateway)
}

func (g *Guard) tunnel(w http.ResponseWriter, r *http.Request) {
	out, err := g.dial(r.Context(), r.Host)
	if err != nil {
		failed(w, err)
		return
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		failed(w, err)
		return
	}
	defer in.Close()
	if !g.hold(in, true) {
		return
	}
	defer g.hold(in, false)
	if _, err := io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	ended := make(chan struct{}, 2)
	pass := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, from) // either side may leave at any time
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		ended <- struct{}{}
	}
	go pass(out, buffered)
	go pass(in, out)
	<-ended
	<-ended
}

// hold keeps count of tunnels, which the server does not know any more; false
// says that the guard is closing.
func (g *Guard) hold(c net.Conn, open bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !open {
		delete(g.tunnels, c)
		return true
	}
	select {
	case <-g.done:
		return false
	default:
	}
	g.tunnels[c] = true
	return true
}

// hopByHop are headers of one connection (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func (g *Guard) forward(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	upgrade := r.Header.Get("Upgrade") // ws: on http
	for _, h := range hopByHop {
		out.Header.Del(h)
	}
	if upgrade != "" {
		out.Header.Set("Connection", "Upgrade")
		out.Header.Set("Upgrade", upgrade)
	}
	resp, err := g.out.RoundTrip(out)
	if err != nil {
		failed(w, err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		http.Error(w, "an upgrade goes through a tunnel", http.StatusBadGateway)
		return
	}
	for _, h := range hopByHop {
		resp.Header.Del(h)
	}
	for k, v := range resp.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(flushing{w, http.NewResponseController(w)}, resp.Body)
}

// flushing hands on at once what comes slowly.
type flushing struct {
	w io.Writer
	c *http.ResponseController
}

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}
