package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds the proxies of a request that are looked at.
const maxHops = 20

// askedFor is the address for which a trusted proxy asks: the last in
// X-Forwarded-For, or without that in Forwarded (RFC 7239), that is no trusted
// proxy's itself. What stands before it anybody could have written.
func (s *server) askedFor(r *http.Request) (netip.Addr, bool) {
	last, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !s.trusted(last.Addr()) {
		return netip.Addr{}, false
	}
	hops := forwardedFor(r.Header)
	found := netip.Addr{}
	for i, hop := range slices.Backward(hops) {
		at, err := parseHop(hop)
		if err != nil || len(hops)-i > maxHops {
			break
		}
		if found = at; !s.trusted(at) {
			break
		}
	}
	return found, found.IsValid()
}

func (s *server) trusted(at netip.Addr) bool {
	at = at.Unmap().WithZone("")
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

// forwardedFor are the addresses for which proxies say that they ask, the nearest
// one's last.
func forwardedFor(h http.Header) []string {
	if list := h.Values("X-Forwarded-For"); len(list) > 0 {
		return strings.Split(strings.Join(list, ","), ",")
	}
	var out []string
	for _, element := range strings.Split(strings.Join(h.Values("Forwarded"), ","), ",") {
		for pair := range strings.SplitSeq(element, ";") {
			if name, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(name), "for") {
				out = append(out, strings.Trim(strings.TrimSpace(value), `"`))
			}
		}
	}
	return out
}

// parseHop reads an address with or without a port. What is none, such as unknown
// or _hidden, is an error.
func parseHop(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), nil
	}
	at, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return at.Unmap().WithZone(""), err
}
