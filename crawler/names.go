package crawler

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"candor/crawler/dns"
	"candor/crawler/evidence"
)

// Bounds of what DNS is asked.
const (
	maxNames  = 500
	nameTabs  = 4               // questions at a time
	nameGrace = 5 * time.Second // for answers that are still out when the visits are over
)

// names asks DNS, beside the visits, what the hosts under the site's own domains
// are aliases of. Other hosts are not asked for.
type names struct {
	options Options
	write   func(evidence.Name) error
	client  *dns.Client
	none    string // why nobody can be asked

	mu    sync.Mutex
	known map[string]bool
	gaps  []evidence.Gap
	left  []string // hosts that were not asked for

	places chan struct{}
	open   sync.WaitGroup
	stop   context.CancelFunc
	ctx    context.Context
}

// newNames starts with nobody asked. The visitor's way to a host is the proxy's or
// a mapping's where there is one: then the system's DNS has no say.
func newNames(ctx context.Context, o Options, write func(evidence.Name) error) *names {
	n := &names{options: o, write: write, known: map[string]bool{}, places: make(chan struct{}, nameTabs)}
	n.ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	var servers []netip.AddrPort
	switch {
	case o.DNS.IsValid():
		servers = append(servers, o.DNS)
	case o.Proxy != "":
		n.none = "a proxy finds the hosts; --dns names a server to ask"
		return n
	}
	client, err := dns.New(servers...)
	if err != nil {
		n.none = err.Error()
	}
	n.client = client
	return n
}

// ask asks for a host, once.
func (n *names) ask(host string) {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !isDomain(host) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known[host] {
		return
	}
	n.known[host] = true
	mapped := !n.options.DNS.IsValid() && slices.ContainsFunc(n.options.HostMap, func(m HostMapping) bool { return hostMatches(m.Pattern, host) })
	if mapped || n.client == nil || len(n.known) > maxNames {
		n.left = append(n.left, host)
		return
	}
	n.open.Go(func() {
		select {
		case n.places <- struct{}{}:
			defer func() { <-n.places }()
		case <-n.ctx.Done():
		}
		n.answer(host)
	})
}

func (n *names) answer(host string) {
	a, err := n.client.Ask(n.ctx, host)
	if err == nil {
		name := evidence.Name{Host: host, Chain: a.Chain, NotFound: a.NotFound, AskedAt: n.options.Now().UTC()}
		for _, address := range a.Addresses {
			name.Addresses = append(name.Addresses, address.String())
		}
		err = n.write(name)
	}
	if err != nil {
		n.mu.Lock()
		n.gaps = append(n.gaps, evidence.Gap{What: "DNS of " + host, Why: "whose name it is an alias of could not be asked: " + err.Error(), Kind: "dns"})
		n.mu.Unlock()
	}
}

// close waits a little for what is still open, and returns what stayed unknown.
func (n *names) close() []evidence.Gap {
	timer := time.AfterFunc(nameGrace, n.stop)
	n.open.Wait()
	timer.Stop()
	n.stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	slices.SortFunc(n.gaps, func(a, b evidence.Gap) int { return strings.Compare(a.What, b.What) })
	if len(n.left) > 0 {
		slices.Sort(n.left)
		why := n.none
		switch {
		case n.client == nil:
		case len(n.known) > maxNames:
			why = fmt.Sprintf("more than %d hosts were contacted", maxNames)
		default:
			why = "--host-map sends them elsewhere than DNS does; --dns names a server to ask"
		}
		what := "DNS of " + n.left[0]
		if more := len(n.left) - 1; more > 0 {
			what += fmt.Sprintf(" and %d more", more)
		}
		n.gaps = append(n.gaps, evidence.Gap{What: what, Why: "which names they are aliases of was not asked: " + why, Kind: "dns"})
	}
	return n.gaps
}
