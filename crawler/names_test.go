package crawler

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// The hosts of the site are asked for once, with the names that they are aliases
// of; addresses and names without a domain are not. What cannot be asked is a gap.
func TestNames(t *testing.T) {
	srv := webtest.Start(t, webtest.MustText(`-- www.shop.test/index.html --
hello
-- data.shop.test/_host.headers --
cname: edge.shop.test
-- edge.shop.test/_host.headers --
cname: shop.tracker.test
-- old.shop.test/_host.headers --
cname: gone.cloud.test
`))
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	dead := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	everywhere := []HostMapping{{Pattern: "*", Addr: srv.Addr()}}
	for name, tt := range map[string]struct {
		options Options
		want    []string // host and chain
		gap     string
	}{
		"a server": {Options{DNS: srv.NamesAddr(), HostMap: everywhere}, []string{
			"data.shop.test edge.shop.test shop.tracker.test 127.0.0.1", "nowhere.shop.test not found", "old.shop.test gone.cloud.test 127.0.0.1", "www.shop.test 127.0.0.1"}, ""},
		"hosts that are mapped":      {Options{HostMap: everywhere}, nil, "DNS of data.shop.test and 3 more: which names they are aliases of was not asked: --host-map"},
		"a proxy":                    {Options{Proxy: "http://127.0.0.1:1"}, nil, "DNS of data.shop.test and 3 more: which names they are aliases of was not asked: a proxy"},
		"a server that is not there": {Options{DNS: dead}, nil, "DNS of data.shop.test: whose name it is an alias of could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var got []string
			o := tt.options
			o.Now = func() time.Time { return at }
			n := newNames(t.Context(), o, func(x evidence.Name) error {
				mu.Lock()
				defer mu.Unlock()
				words := append(append([]string{x.Host}, x.Chain...), x.Addresses...)
				if x.NotFound {
					words = append(words, "not found")
				}
				got = append(got, strings.Join(words, " "))
				return nil
			})
			for range 2 {
				for _, host := range []string{"www.shop.test", "data.shop.test", "old.shop.test", "nowhere.shop.test", "127.0.0.1", "[::1]", "localhost"} {
					n.ask(host)
				}
			}
			gaps := n.close()
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("names %q, want %q", got, tt.want)
			}
			said := ""
			if len(gaps) > 0 {
				said = gaps[0].What + ": " + gaps[0].Why
			}
			if (tt.gap == "") != (said == "") || !strings.HasPrefix(said, tt.gap) {
				t.Errorf("gap %q, want %q", said, tt.gap)
			}
		})
	}
}
