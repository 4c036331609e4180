// Package dns asks for the chain of names behind a host: its CNAME records, in
// the order in which they lead to an address.
//
// The resolver of the standard library gives the last name of a chain only, and
// what stands in between is what tells a tracker's name. A Client asks the
// servers that it is given, or those of the system, over UDP and, where an answer
// is cut, over TCP (RFC 1035, 4.2). It asks each once, and no server twice.
//
// Everything that a server says is hostile: an answer counts only when it has the
// id and the question that were sent; names, records and bytes are bounded.
// Limits: A records are asked for, so that a name with IPv6 alone has no
// addresses here, though its chain is found. DNSSEC is not checked. The system's
// servers are those of /etc/resolv.conf.
package dns

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Bounds.
const (
	maxServers = 3  // as resolv.conf(5)
	maxChain   = 16 // names of one chain
	maxRecords = 200
	maxUDP     = 1232 // bytes of an answer over UDP that is asked for (DNS flag day 2020)
	maxTCP     = 64 << 10
	patience   = 2 * time.Second // for one server
)

// Answer is what DNS says of a host.
type Answer struct {
	Chain     []string     // names that the host is an alias of, in order, lower case, without the trailing dot; empty when it is none
	Addresses []netip.Addr // of the last name
	NotFound  bool         // the last name does not exist (NXDOMAIN)
}

// Client asks servers for names. It is safe for use by several goroutines.
type Client struct {
	servers []netip.AddrPort
}

// ErrNoServer says that nobody can be asked.
var ErrNoServer = errors.New("no DNS server is known")

// New returns a Client of the servers, or of the system's when none is given.
func New(servers ...netip.AddrPort) (*Client, error) {
	if len(servers) == 0 {
		text, err := os.ReadFile("/etc/resolv.conf")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
		}
		if servers = systemServers(string(text)); len(servers) == 0 {
			return nil, fmt.Errorf("%w: /etc/resolv.conf names none", ErrNoServer)
		}
	}
	return &Client{servers: servers[:min(len(servers), maxServers)]}, nil
}

// systemServers reads the nameserver lines of resolv.conf(5).
func systemServers(text string) []netip.AddrPort {
	var out []netip.AddrPort
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(f[1]); err == nil && len(out) < maxServers {
			out = append(out, netip.AddrPortFrom(a, 53))
		}
	}
	return out
}

// Ask returns what the first server says that answers.
func (c *Client) Ask(ctx context.Context, host string) (Answer, error) {
	name, err := dnsmessage.NewName(strings.TrimSuffix(host, ".") + ".")
	if err != nil {
		return Answer{}, fmt.Errorf("ask for %.100s: %w", host, err)
	}
	var errs []error
	for _, server := range c.servers {
		a, err := ask(ctx, server, name)
		if err == nil {
			return a, nil
		}
		errs = append(errs, fmt.Errorf("ask %v for %.100s: %w", server, host, err))
		if ctx.Err() != nil {
			break
		}
	}
	return Answer{}, errors.Join(errs...)
}

func ask(ctx context.Context, server netip.AddrPort, name dnsmessage.Name) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var random [2]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Answer{}, err
	}
	id := binary.BigEndian.Uint16(random[:])
	query, err := question(id, name)
	if err != nil {
		return Answer{}, err
	}
	reply, err := overUDP(ctx, server, id, query)
	if err != nil {
		return Answer{}, err
	}
	if truncated(reply) {
		if reply, err = overTCP(ctx, server, query); err != nil {
			return Answer{}, err
		}
	}
	return parse(reply, id, name)
}

// question writes a recursive question for A records that lets the answer be as
// large as a datagram may safely be (RFC 6891).
func question(id uint16, name dnsmessage.Name) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true})
	var h dnsmessage.ResourceHeader
	err := errors.Join(
		b.StartQuestions(), b.Question(dnsmessage.Question{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}),
		b.StartAdditionals(), h.SetEDNS0(maxUDP, dnsmessage.RCodeSuccess, false))
	if err == nil {
		err = b.OPTResource(h, dnsmessage.OPTResource{})
	}
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

// overUDP waits for the datagram with the id; others are not the answer.
func overUDP(ctx context.Context, server netip.AddrPort, id uint16, query []byte) ([]byte, error) {
	conn, err := dial(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	buf := make([]byte, maxUDP)
	for range maxRecords {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if n >= 12 && binary.BigEndian.Uint16(buf) == id {
			return buf[:n], nil
		}
	}
	return nil, errors.New("the server sends answers to other questions")
}

func overTCP(ctx context.Context, server netip.AddrPort, query []byte) ([]byte, error) {
	conn, err := dial(ctx, "tcp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	reply := make([]byte, min(int(binary.BigEndian.Uint16(size[:])), maxTCP))
	_, err = io.ReadFull(conn, reply)
	return reply, err
}

func dial(ctx context.Context, network string, server netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func truncated(reply []byte) bool {
	var p dnsmessage.Parser
	h, err := p.Start(reply)
	return err == nil && h.Truncated
}

// parse reads an answer to the question that was asked.
func parse(reply []byte, id uint16, name dnsmessage.Name) (Answer, error) {
	var p dnsmessage.Parser
	h, err := p.Start(reply)
	if err != nil {
		return Answer{}, err
	}
	if h.ID != id || !h.Response {
		return Answer{}, errors.New("the answer is to another question")
	}
	q, err := p.Question()
	if err != nil {
		return Answer{}, fmt.Errorf("question of the answer: %w", err)
	}
	if !equal(q.Name, name) || q.Type != dnsmessage.TypeA {
		return Answer{}, errors.New("the answer is to another question")
	}
	if err := p.SkipAllQuestions(); err != nil {
		return Answer{}, err
	}
	if h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError {
		return Answer{}, fmt.Errorf("the server says %v", strings.TrimPrefix(h.RCode.String(), "RCode"))
	}
	alias, addresses, err := records(&p)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{NotFound: h.RCode == dnsmessage.RCodeNameError}
	at := canonical(name)
	for len(a.Chain) < maxChain {
		next, ok := alias[at]
		if !ok {
			break
		}
		delete(alias, at) // a loop ends
		a.Chain = append(a.Chain, next)
		at = next
	}
	a.Addresses = addresses[at]
	return a, nil
}

// records reads the answers: who is an alias of whom, and the addresses.
func records(p *dnsmessage.Parser) (alias map[string]string, addresses map[string][]netip.Addr, err error) {
	alias, addresses = map[string]string{}, map[string][]netip.Addr{}
	for range maxRecords {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return alias, addresses, nil
		} else if err != nil {
			return nil, nil, err
		}
		switch owner := canonical(h.Name); h.Type {
		case dnsmessage.TypeCNAME:
			r, err := p.CNAMEResource()
			if err != nil {
				return nil, nil, err
			}
			if _, ok := alias[owner]; !ok {
				alias[owner] = canonical(r.CNAME)
			}
		case dnsmessage.TypeA:
			r, err := p.AResource()
			if err != nil {
				return nil, nil, err
			}
			if len(addresses[owner]) < maxChain {
				addresses[owner] = append(addresses[owner], netip.AddrFrom4(r.A))
			}
		default:
			if err := p.SkipAnswer(); err != nil {
				return nil, nil, err
			}
		}
	}
	return alias, addresses, nil
}

// canonical is a name in lower case without its trailing dot, and without what
// no host name has.
func canonical(n dnsmessage.Name) string {
	name := strings.ToLower(strings.TrimSuffix(n.String(), "."))
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}

func equal(a, b dnsmessage.Name) bool { return strings.EqualFold(a.String(), b.String()) }
