package frontier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"candor/crawler/evidence"
)

// originState is what robots.txt of one scheme, host and port said.
type originState struct {
	name   string        // "https://example.com"
	ready  chan struct{} // closed when rules are known, or the fetch was given up
	ok     bool          // rules are known
	rules  robotsRules
	closed bool   // nothing may be fetched
	kind   string // of the gap that a refusal becomes
	clause string // why robots.txt could not be read, or ""
}

// known says whether the rules are there. The caller holds the lock.
func (o *originState) known() bool { return o.ok }

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// permitted says whether the rules let an address be visited.
func (f *Frontier) permitted(o *originState, u *url.URL) bool {
	return !f.o.RespectRobots || !o.closed && o.rules.allows(u)
}

// refuse drops a candidate that robots.txt keeps us from.
func (f *Frontier) refuse(c *candidate) {
	f.drop(c)
	f.gaps.refused(f.origins[originOf(c.url)], c.url.String(), c.notice)
	f.signal()
}

// allowedByRobots returns errRobots when the address is refused.
func (f *Frontier) allowedByRobots(ctx context.Context, u *url.URL) error {
	o, err := f.rulesOf(ctx, u)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.permitted(o, u) {
		return errRobots
	}
	return nil
}

// rulesOf returns the rules of an address's origin, fetched once. The error is
// ctx's.
func (f *Frontier) rulesOf(ctx context.Context, u *url.URL) (*originState, error) {
	name := originOf(u)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f.mu.Lock()
		o := f.origins[name]
		if o != nil && o.ok {
			f.mu.Unlock()
			return o, nil
		}
		if o == nil {
			o = &originState{name: name, kind: "robots", ready: make(chan struct{})}
			f.origins[name] = o
			f.mu.Unlock()
			f.fetchRules(ctx, o, u)
			continue
		}
		f.mu.Unlock()
		select {
		case <-o.ready:
		case <-ctx.Done():
		}
	}
}

// fetchRules fills an origin's state. When ctx ends first, the origin is
// forgotten, so that another caller asks again.
func (f *Frontier) fetchRules(ctx context.Context, o *originState, u *url.URL) {
	a, err := f.get(ctx, http.MethodGet, o.name+"/robots.txt", maxRobots, nil)
	if err != nil && ctx.Err() == nil && retryable(err) {
		a, err = f.get(ctx, http.MethodGet, o.name+"/robots.txt", maxRobots, nil)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer close(o.ready)
	defer f.signal()
	if err != nil && ctx.Err() != nil {
		delete(f.origins, o.name)
		return
	}
	o.ok = true
	f.judge(o, a, err)
	if !f.o.RespectRobots {
		return
	}
	h := f.host(u.Hostname())
	h.delay = max(h.delay, min(o.rules.delay, maxCrawlDelay))
	for i := len(f.pending) - 1; i >= 0; i-- {
		if c := f.pending[i]; originOf(c.url) == o.name && !f.permitted(o, c.url) {
			f.refuse(c)
		}
	}
}

// judge applies RFC 9309, 2.3.1: success is parsed, 4xx allows all, 5xx and
// no answer refuse all.
func (f *Frontier) judge(o *originState, a *answer, err error) {
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		// Browsers complete chains that this client cannot; whether the
		// certificate is good enough is for the browser to say.
		f.gaps.fault(evidence.Gap{
			What: "robots.txt of " + o.name, Kind: "certificate",
			Why: "robots.txt was not read: " + brief(cert.Err) + ". Pages were visited only as far as the browser accepts the certificate.",
		})
	case errors.Is(err, errTooLarge) && a != nil && a.status/100 == 2:
		o.rules = parseRobots(a.body) // the first 512 KiB count
	case errors.Is(err, errRedirects):
		// RFC 9309, 2.3.1.2: after five redirects it may be taken as missing.
	case err != nil:
		o.closed = true
		o.kind, o.clause = faultOf(err)
	case a.status >= 500:
		o.closed, o.kind, o.clause = true, "robots", fmt.Sprintf("the server answered with status %d", a.status)
	case a.status/100 == 2:
		o.rules = parseRobots(a.body)
	}
}

func retryable(err error) bool {
	kind, _ := faultOf(err)
	return kind == "other"
}

// turn waits until a host may be asked again, and takes the turn.
func (f *Frontier) turn(ctx context.Context, host string) error {
	f.mu.Lock()
	h := f.host(host)
	now := time.Now()
	at := now
	if h.next.After(at) {
		at = h.next
	}
	h.next = at.Add(h.delay)
	f.mu.Unlock()
	return wait(ctx, at.Sub(now))
}
