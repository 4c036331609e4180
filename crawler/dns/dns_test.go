package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// record is a line of an answer: "a.test CNAME b.test" or "b.test A 192.0.2.7".
func resources(t testing.TB, lines string) []dnsmessage.Resource {
	t.Helper()
	var out []dnsmessage.Resource
	for line := range strings.SplitSeq(lines, "\n") {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(f[0] + "."), Class: dnsmessage.ClassINET, TTL: 60}}
		switch f[1] {
		case "CNAME":
			r.Body = &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(f[2] + ".")}
		case "A":
			r.Body = &dnsmessage.AResource{A: netip.MustParseAddr(f[2]).As4()}
		default:
			r.Body = &dnsmessage.TXTResource{TXT: []string{f[2]}}
		}
		out = append(out, r)
	}
	return out
}

const host = "data.shop.test"

func reply(t testing.TB, change func(*dnsmessage.Message), lines string) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, Response: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(host + "."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		Answers:   resources(t, lines),
	}
	if change != nil {
		change(&m)
	}
	data, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParse(t *testing.T) {
	var loop strings.Builder
	for i := range 40 {
		loop.WriteString("n" + string(rune('a'+i%26)) + ".test CNAME n" + string(rune('a'+(i+1)%26)) + ".test\n")
	}
	for name, tt := range map[string]struct {
		change func(*dnsmessage.Message)
		lines  string
		want   string // chain, then addresses
		fault  string
	}{
		"no alias": {lines: "data.shop.test A 192.0.2.1", want: "; 192.0.2.1"},
		"a chain, out of order": {lines: "b.tracker.test A 192.0.2.7\nDATA.shop.test CNAME A.Tracker.test\nx.test TXT hello\na.tracker.test CNAME b.tracker.test",
			want: "a.tracker.test b.tracker.test; 192.0.2.7"},
		"a name that does not exist": {change: func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeNameError }, lines: "data.shop.test CNAME gone.test", want: "gone.test; not found"},
		"another's records":          {lines: "www.shop.test CNAME tracker.test\ntracker.test A 192.0.2.9", want: "; "},
		"a loop":                     {lines: "data.shop.test CNAME na.test\n" + loop.String(), want: "na.test nb.test nc.test nd.test ne.test nf.test ng.test nh.test ni.test nj.test nk.test nl.test nm.test nn.test no.test np.test; "},
		"another id":                 {change: func(m *dnsmessage.Message) { m.ID = 8 }, fault: "another question"},
		"another question":           {change: func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("x.test.") }, fault: "another question"},
		"no question":                {change: func(m *dnsmessage.Message) { m.Questions = nil }, fault: "question"},
		"a question":                 {change: func(m *dnsmessage.Message) { m.Response = false }, fault: "another question"},
		"a failing server":           {change: func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeServerFailure }, fault: "ServerFailure"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := parse(reply(t, tt.change, tt.lines), 7, dnsmessage.MustNewName(host+"."))
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("error %v, want one about %q", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(a.Chain, " ") + "; "
			for _, x := range a.Addresses {
				got += x.String()
			}
			if a.NotFound {
				got += "not found"
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(reply(f, nil, "data.shop.test CNAME a.tracker.test\na.tracker.test A 192.0.2.7"))
	f.Add(reply(f, nil, "data.shop.test CNAME data.shop.test"))
	f.Add([]byte("\x00\x07\x80\x00\x00\x01\x00\x01"))
	name := dnsmessage.MustNewName(host + ".")
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := parse(data, 7, name)
		if err == nil && (len(a.Chain) > maxChain || len(a.Addresses) > maxChain) {
			t.Errorf("beyond the bounds: %+v", a)
		}
		for _, n := range a.Chain {
			if n != strings.ToLower(n) || strings.ContainsAny(n, "\x00\n\x1b ") {
				t.Errorf("the name %q is not as host names are", n)
			}
		}
	})
}

// The system's servers are read from resolv.conf(5).
func TestSystemServers(t *testing.T) {
	got := systemServers("# made up\nsearch shop.test\nnameserver 192.0.2.53\nnameserver\nnameserver fe80::1%eth0\n nameserver 2001:db8::1 \nnameserver 192.0.2.54\nnameserver nonsense\n")
	want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53"), netip.MustParseAddrPort("[fe80::1%eth0]:53"), netip.MustParseAddrPort("[2001:db8::1]:53")}
	if !slices.Equal(got, want) {
		t.Errorf("servers %v, want %v", got, want)
	}
}

// server answers over UDP with what udp makes of the query, and over TCP with
// what tcp does, on one port.
func server(t *testing.T, udp func(query []byte) [][]byte, tcp func(query []byte) []byte) netip.AddrPort {
	t.Helper()
	var l net.Listener
	var u *net.UDPConn
	var at netip.AddrPort
	var err error
	for range 20 { // until a port is free for both
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		at = l.Addr().(*net.TCPAddr).AddrPort()
		if u, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)); err == nil {
			break
		}
		_ = l.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = l.Close(), u.Close() })
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := u.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			for _, r := range udp(buf[:n]) {
				_, _ = u.WriteToUDPAddrPort(r, from)
			}
		}
	}()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var size [2]byte
			_, _ = io.ReadFull(conn, size[:])
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			_, _ = io.ReadFull(conn, query)
			r := tcp(query)
			_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...))
			_ = conn.Close()
		}
	}()
	return at
}

func answerTo(t *testing.T, query []byte, cut bool, lines string) []byte {
	return reply(t, func(m *dnsmessage.Message) {
		m.ID, m.Truncated = binary.BigEndian.Uint16(query), cut
	}, lines)
}

// An answer that is cut is asked for over TCP, datagrams of others are no answer,
// and the next server is asked when one does not answer.
func TestAsk(t *testing.T) {
	whole := "data.shop.test CNAME a.tracker.test\na.tracker.test A 192.0.2.7"
	good := server(t, func(q []byte) [][]byte {
		other := answerTo(t, q, false, "data.shop.test CNAME evil.test")
		other[0] ^= 0xff
		return [][]byte{other, answerTo(t, q, true, "")}
	}, func(q []byte) []byte { return answerTo(t, q, false, whole) })
	failing := server(t, func(q []byte) [][]byte {
		return [][]byte{reply(t, func(m *dnsmessage.Message) {
			m.ID, m.RCode = binary.BigEndian.Uint16(q), dnsmessage.RCodeRefused
		}, "")}
	}, func([]byte) []byte { return nil })
	c, err := New(failing, good)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Ask(t.Context(), host)
	if err != nil || strings.Join(a.Chain, " ") != "a.tracker.test" || len(a.Addresses) != 1 {
		t.Errorf("got %+v, %v", a, err)
	}
	c, err = New(failing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ask(t.Context(), host); err == nil || !strings.Contains(err.Error(), "Refused") || !strings.Contains(err.Error(), host) {
		t.Errorf("error %v, want one that names the host and the refusal", err)
	}
	if _, err := c.Ask(t.Context(), strings.Repeat("x", 300)); err == nil {
		t.Error("a name that is too long was asked for")
	}
}

// A server that never answers is given up when the caller's time is over.
func TestAskEndsWithItsContext(t *testing.T) {
	silent := server(t, func([]byte) [][]byte { return nil }, func([]byte) []byte { return nil })
	c, err := New(silent)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = c.Ask(ctx, host)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("error %v, want a timeout", err)
	}
}
