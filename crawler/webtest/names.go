package webtest

import (
	"errors"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// maxAliases bounds the names of one chain.
const maxAliases = 10

// NamesAddr returns where DNS questions are answered, over UDP. Every host of the
// tree and every handler's has the address of loopback; a host whose _host.headers
// has the line "cname: NAME" is an alias of NAME, which need not be in the tree.
// Other names do not exist.
func (s *Server) NamesAddr() netip.AddrPort {
	return s.names.LocalAddr().(*net.UDPAddr).AddrPort()
}

// serveNames answers questions until the server is closed.
func (s *Server) serveNames() {
	buf := make([]byte, 4096)
	for {
		n, from, err := s.names.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if reply, err := s.resolve(buf[:n]); err == nil {
			_, _ = s.names.WriteToUDPAddrPort(reply, from) // a client that went away is expected
		}
	}
}

func (s *Server) resolve(query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	var answers []dnsmessage.Resource
	head := func(name dnsmessage.Name) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 60}
	}
	at, code := q.Name, dnsmessage.RCodeSuccess
	host := func() string { return strings.ToLower(strings.TrimSuffix(at.String(), ".")) }
	known := s.isSite(host()) || s.handler(host()) != nil
	for range maxAliases {
		alias := s.alias(host())
		if alias == "" {
			break
		}
		next, err := dnsmessage.NewName(alias + ".")
		if err != nil {
			return nil, err
		}
		answers = append(answers, dnsmessage.Resource{Header: head(at), Body: &dnsmessage.CNAMEResource{CNAME: next}})
		at = next
	}
	switch {
	case !known:
		code = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		answers = append(answers, dnsmessage.Resource{Header: head(at), Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}})
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: h.ID, Response: true, RecursionDesired: h.RecursionDesired, RecursionAvailable: true, RCode: code},
		Questions: []dnsmessage.Question{q}, Answers: answers,
	}
	return m.Pack()
}

// alias is what a host's sidecar says that it is an alias of, or "".
func (s *Server) alias(host string) string {
	if host == "" || strings.ContainsAny(host, "/\\") {
		return ""
	}
	c, ok, err := s.sidecar(host + "/_host")
	if err != nil || !ok {
		return ""
	}
	return c.cname
}
