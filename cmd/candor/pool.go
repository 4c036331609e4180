package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"candor/crawler"
	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/guard"
)

// pool is the browsers that run elsewhere, among which the scans of this machine
// are spread. It is empty when scans start a browser of their own.
type pool struct {
	mu   sync.Mutex
	all  []*seat
	turn int
}

// seat is one of them.
type seat struct {
	address string
	taken   int // scans of this machine
}

// newPool reads what --browser says. A path is no pool.
func newPool(given string) (*pool, error) {
	p := &pool{}
	if !strings.Contains(given, "://") {
		return p, nil
	}
	for part := range strings.SplitSeq(given, ",") {
		part = strings.TrimSpace(part)
		if u, err := url.Parse(part); err != nil || !browser.Elsewhere(part) || u.Hostname() == "" {
			return nil, usage("--browser %s: expected a path, or addresses such as ws://HOST:PORT with commas between them", part)
		}
		p.all = append(p.all, &seat{address: part})
	}
	return p, nil
}

// errNoBrowser says that not one browser of the pool can be reached just now.
var errNoBrowser = errors.New("no browser of the pool answers")

// take chooses the browser with the fewest scans that answers, and says from
// where this machine reaches it and at which address it is. With an empty pool
// there is nothing to choose.
func (p *pool) take(ctx context.Context, log *slog.Logger) (*place, error) {
	var whys []error
	for _, s := range p.order() {
		found, err := reach(ctx, s.address)
		if err == nil {
			found.leave = sync.OnceFunc(func() { p.free(s) })
			return found, nil
		}
		p.free(s)
		log.Warn("a browser of the pool does not answer", "browser", s.address, "err", err)
		whys = append(whys, err)
	}
	if len(p.all) == 0 {
		return &place{leave: func() {}}, nil
	}
	return nil, fmt.Errorf("%w: %w", errNoBrowser, errors.Join(whys...))
}

// order yields the seats by how many scans they have, each taken until it is
// freed; of those with as many, each is the first in its turn.
func (p *pool) order() func(yield func(int, *seat) bool) {
	return func(yield func(int, *seat) bool) {
		tried := map[*seat]bool{}
		for i := range p.all {
			p.mu.Lock()
			var best *seat
			for j := range p.all {
				if s := p.all[(p.turn+j)%len(p.all)]; !tried[s] && (best == nil || s.taken < best.taken) {
					best = s
				}
			}
			tried[best] = true
			best.taken++
			p.turn++
			p.mu.Unlock()
			if !yield(i, best) {
				return
			}
		}
	}
}

func (p *pool) free(s *seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.taken--
}

// place is where a scan's browser is; the zero place is on this machine.
type place struct {
	browser string     // address of its DevTools; "" for one that is started
	here    netip.Addr // of this machine, as seen from the browser
	there   netip.Addr // of the browser
	leave   func()
}

// reach asks the browser at an address for its DevTools.
func reach(ctx context.Context, address string) (*place, error) {
	found := &place{}
	var err error
	if found.browser, err = browser.Endpoint(ctx, address); err != nil {
		return nil, err
	}
	at, _ := remote(address)
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("the browser at %s does not answer: %w", address, err)
	}
	defer c.Close()
	here, err1 := netip.ParseAddrPort(c.LocalAddr().String())
	there, err2 := netip.ParseAddrPort(c.RemoteAddr().String())
	found.here, found.there = here.Addr().Unmap().WithZone(""), there.Addr().Unmap().WithZone("")
	return found, errors.Join(err1, err2)
}

// guardFor starts the guard of one scan, and gives the scan the way through it. A
// guard of its own tells which refusals are the scan's.
func (s *service) guardFor(o *options, at *place, log *slog.Logger) (*guard.Guard, error) {
	g := guard.Options{Allow: s.o.allow, Mapped: crawler.Mapped(s.mappings()), Log: log}
	if at.browser != "" {
		g.Listen, g.From = at.here, s.o.browserNetworks
		if len(g.From) == 0 {
			g.From = []netip.Prefix{netip.PrefixFrom(at.there, at.there.BitLen())}
		}
	}
	guarding, err := guard.Listen(g)
	if err != nil {
		return nil, err
	}
	o.proxy, o.guard, o.hostMap = guarding.URL(), guard.Proof, nil // the guard maps hosts
	if o.browser = at.browser; at.browser == "" {
		o.browser, o.chromium = s.o.browser, guard.Flags()
	}
	o.refused = func() []evidence.Gap { return refusals(guarding) }
	return guarding, nil
}

// refusals are the hosts that the guard refused as gaps of the scan: what is
// there was not seen.
func refusals(g *guard.Guard) []evidence.Gap {
	var out []evidence.Gap
	for _, r := range g.Refused() {
		out = append(out, evidence.Gap{What: "host " + r.Host, Why: "The guard refused it: " + r.Error() + ".", Kind: "guard"})
	}
	return out
}
