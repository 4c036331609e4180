package rules

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// index answers look-ups of hosts, paths and cookie names without a scan over patterns.
type index struct {
	vendors  map[string]*Vendor
	hosts    map[string][]hostEntry // by host; "google.*" stands for any public suffix
	cookies  nameIndex
	storage  nameIndex
	words    wordGuesser
	families families
	params   map[*Vendor]paramIndex
	sites    map[string]*Company // registrable domain → company
	named    []Name
	called   func() map[string][]Name // by text in lower case
	wildHost bool                     // some host ends with .*

	endpoints  []endpoint // the narrow ones first
	containers []container
}

// hostEntry is one claim on a host. The entries of a host are sorted: exact
// ones first, then the longer paths.
type hostEntry struct {
	vendor *Vendor
	exact  bool
	path   string // "" is every path; a trailing * is a plain prefix
}

func buildIndex(s *Set) index {
	slices.SortFunc(s.Vendors, func(a, b *Vendor) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	x := index{
		vendors: make(map[string]*Vendor, len(s.Vendors)),
		hosts:   make(map[string][]hostEntry),
		params:  make(map[*Vendor]paramIndex),
	}
	for _, v := range s.Vendors {
		x.vendors[v.ID] = v
		x.addHosts(v)
		x.addParams(v)
		x.addEndpoints(v)
		x.addContainers(v)
		for i := range v.Cookies {
			x.cookies.add(v, &v.Cookies[i])
		}
		for i := range v.Storage {
			x.storage.add(v, &v.Storage[i])
		}
	}
	for _, entries := range x.hosts {
		slices.SortStableFunc(entries, func(a, b hostEntry) int {
			if a.exact != b.exact {
				if a.exact {
					return -1
				}
				return 1
			}
			return cmp.Compare(len(b.path), len(a.path))
		})
	}
	x.words, x.families = s.Terms.CookieWords, newFamilies(s.Vendors)
	x.sortEndpoints()
	x.sites = companySites(s)
	x.named = names(s)
	x.called = sync.OnceValue(func() map[string][]Name {
		called := make(map[string][]Name, len(x.named))
		for _, n := range x.named {
			key := strings.ToLower(n.Text)
			called[key] = append(called[key], n)
		}
		return called
	})
	return x
}

func (x *index) addHosts(v *Vendor) {
	for _, h := range v.Domains {
		x.wildHost = x.wildHost || strings.HasSuffix(h.Host, ".*")
		paths := h.Paths
		if len(paths) == 0 {
			paths = []string{""}
		}
		for _, p := range paths {
			x.hosts[h.Host] = append(x.hosts[h.Host], hostEntry{vendor: v, exact: h.Exact, path: p})
		}
	}
}

// Vendor returns the vendor with this id, or nil.
func (s *Set) Vendor(id string) *Vendor { return s.index.vendors[id] }

// VendorFor returns who receives at a host and path, or nil when nobody known
// does. The most specific host wins, on it an exact host before one with its
// subdomains, then the longest path. A path prefix ends where a word ends:
// "/tr" covers /tr, /tr/ and /tr.js, not /trends; a trailing * lifts that. The
// path should carry its query: some products differ only by its first
// parameter. The host may have a port and any case.
func (s *Set) VendorFor(host, path string) *Vendor {
	host = cleanHost(host)
	if host == "" {
		return nil
	}
	path, _, _ = strings.Cut(path, "#")
	if v := s.index.walk(host, path); v != nil || !s.index.wildHost {
		return v
	}
	if isAddress(host) {
		return nil
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	if rest := strings.TrimSuffix(host, suffix); rest != host && rest != "" {
		return s.index.walk(rest+"*", path)
	}
	return nil
}

// walk tries a host, then each of its parents.
func (x *index) walk(host, path string) *Vendor {
	for rest, parent := host, false; ; parent = true {
		for _, e := range x.hosts[rest] {
			if (!e.exact || !parent) && underPath(path, e.path) {
				return e.vendor
			}
		}
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return nil
		}
		rest = rest[dot+1:]
	}
}

// underPath reports whether a request path lies under a prefix.
func underPath(path, prefix string) bool {
	if plain, ok := strings.CutSuffix(prefix, "*"); ok {
		return strings.HasPrefix(path, plain)
	}
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return false
	}
	return rest == "" || prefix == "" || !wordByte(prefix[len(prefix)-1]) || !wordByte(rest[0])
}

func wordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// cleanHost lowers a host and takes off its port and trailing dot.
func cleanHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host, ':') == i {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
