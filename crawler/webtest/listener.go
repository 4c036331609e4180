package webtest

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// sniffer is a listener that tells TLS from plain connections by their first
// byte (RFC 8446, 5.1: a handshake record is type 22).
type sniffer struct {
	net.Listener
	config *tls.Config
	ready  chan net.Conn
	done   chan struct{}
	once   sync.Once
	err    error // why accepting ended; read after done
}

const sniffTimeout = 30 * time.Second

func newSniffer(l net.Listener, config *tls.Config) *sniffer {
	s := &sniffer{Listener: l, config: config, ready: make(chan net.Conn), done: make(chan struct{})}
	go s.accept()
	return s
}

func (s *sniffer) accept() {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			s.once.Do(func() { s.err = err; close(s.done) })
			return
		}
		go s.sniff(c)
	}
}

func (s *sniffer) sniff(c net.Conn) {
	var first [1]byte
	_ = c.SetReadDeadline(time.Now().Add(sniffTimeout))
	if _, err := c.Read(first[:]); err != nil {
		_ = c.Close() // a preconnect that was never used
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	var conn net.Conn = &unread{Conn: c, first: first[:]}
	if first[0] == 0x16 {
		conn = tls.Server(conn, s.config)
	}
	select {
	case s.ready <- conn:
	case <-s.done:
		_ = c.Close()
	}
}

func (s *sniffer) Accept() (net.Conn, error) {
	select {
	case c := <-s.ready:
		return c, nil
	case <-s.done:
		return nil, s.err
	}
}

// unread gives back bytes that were read ahead.
type unread struct {
	net.Conn
	first []byte
}

func (u *unread) Read(p []byte) (int, error) {
	if len(u.first) > 0 && len(p) > 0 {
		n := copy(p, u.first)
		u.first = u.first[n:]
		return n, nil
	}
	return u.Conn.Read(p)
}

// NetConn returns the connection below, as tls.Conn does.
func (u *unread) NetConn() net.Conn { return u.Conn }
