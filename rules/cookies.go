package rules

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// nameIndex finds the rules for a cookie name or storage key: exact names in a
// map, patterns by their plain start, or by their plain end when they begin
// with a star.
type nameIndex struct {
	exact, starts, ends map[string][]named
	longest             int // bytes of the longest start or end
}

type named struct {
	rule   *CookieRule
	vendor *Vendor
}

func (x *nameIndex) add(v *Vendor, r *CookieRule) {
	if x.exact == nil {
		x.exact, x.starts, x.ends = map[string][]named{}, map[string][]named{}, map[string][]named{}
	}
	into, key := x.exact, r.Name
	switch first, last := strings.IndexByte(r.Name, '*'), strings.LastIndexByte(r.Name, '*'); {
	case first > 0:
		into, key = x.starts, r.Name[:first]
	case first == 0:
		into, key = x.ends, r.Name[last+1:]
	}
	into[key] = append(into[key], named{r, v})
	x.longest = max(x.longest, len(key))
}

// find returns the best rule that ok accepts: of an exact name, then of the
// longest start, then of the longest end. Within one of these a rule for which
// prefer holds goes first, else the vendor's id decides.
func (x *nameIndex) find(name string, ok, prefer func(named) bool) (*CookieRule, *Vendor) {
	pick := func(list []named) (best *named) {
		for i := range list {
			n := &list[i]
			if !match(n.rule.Name, name) || !ok(*n) {
				continue
			}
			if prefer(*n) {
				return n
			}
			if best == nil {
				best = n
			}
		}
		return best
	}
	if n := pick(x.exact[name]); n != nil {
		return n.rule, n.vendor
	}
	for i := min(len(name), x.longest); i > 0; i-- {
		if n := pick(x.starts[name[:i]]); n != nil {
			return n.rule, n.vendor
		}
	}
	for i := max(0, len(name)-x.longest); i < len(name); i++ {
		if n := pick(x.ends[name[i:]]); n != nil {
			return n.rule, n.vendor
		}
	}
	return nil, nil
}

// match reports whether a name fits a pattern in which * is any characters,
// none included. It takes at most len(pattern) × len(name) steps.
func match(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// CookieFor returns the rule for a cookie and whose it is, or nils.
//
// The domain is the cookie's, with or without a leading dot; the site is the
// visited registrable domain. A rule with a domain holds on that domain and
// below it. One without holds on the visited site and on the vendor's own
// hosts. An empty site or domain means not known, and then restricts nothing
// for rules without a domain.
func (s *Set) CookieFor(name, domain, site string) (*CookieRule, *Vendor) {
	domain = cleanHost(strings.TrimPrefix(domain, "."))
	site = cleanHost(site)
	owner := s.VendorFor(domain, "/")
	return s.index.cookies.find(name,
		func(n named) bool {
			switch {
			case n.rule.Domain != "":
				return under(domain, n.rule.Domain)
			case domain == "" || site == "" || under(domain, site) || owner == n.vendor:
				return true
			}
			return n.vendor.claims(domain)
		},
		func(n named) bool { return n.rule.Domain != "" || owner == n.vendor })
}

// CookieNamed returns the rule for a cookie on a domain that is neither the
// visited site nor the vendor's, by its name alone: "_ga" is a measuring cookie
// on whichever domain a site set it. It tells the purpose, never whose the
// cookie is. Only names that begin with an underscore and have two further
// characters or more are told so; others are ordinary words too often.
func (s *Set) CookieNamed(name string) *CookieRule {
	if plain := strings.TrimLeft(name, "_"); plain == name || len(plain) < 2 {
		return nil
	}
	rule, _ := s.index.cookies.find(name, func(n named) bool { return n.rule.Domain == "" && !strings.HasPrefix(n.rule.Name, "*") }, func(named) bool { return false })
	return rule
}

// claims reports whether one of the vendor's hosts is on the site of this domain.
func (v *Vendor) claims(domain string) bool {
	site, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return false
	}
	for _, h := range v.Domains {
		if under(h.Host, site) {
			return true
		}
	}
	return false
}

// StorageFor returns the rule for a key of web storage and whose it is, or nils.
func (s *Set) StorageFor(key string) (*CookieRule, *Vendor) {
	always := func(named) bool { return true }
	return s.index.storage.find(key, always, func(named) bool { return false })
}

// under reports whether a host is a domain or below it.
func under(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && domain != "" && (rest == "" || rest[len(rest)-1] == '.')
}
