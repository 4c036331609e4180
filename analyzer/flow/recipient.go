package flow

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"
	"candor/rules"
)

// The two parties.
const (
	First = "first"
	Third = "third"
)

// Site says which registrable domains are first party.
type Site struct {
	Primary string   // registrable domain of the first start address
	Own     []string // registrable domains of every start address and of the profile
}

// NewSite makes a Site of a scan's start addresses and the organisation's own
// domains.
func NewSite(urls, ownDomains []string) Site {
	var s Site
	add := func(host string) {
		if host == "" {
			return
		}
		site := evidence.Site(host)
		if s.Primary == "" {
			s.Primary = site
		}
		if !slices.Contains(s.Own, site) {
			s.Own = append(s.Own, site)
		}
	}
	for _, raw := range urls {
		add(hostOf(raw))
	}
	for _, d := range ownDomains {
		add(strings.TrimPrefix(strings.TrimSpace(d), "*."))
	}
	return s
}

// hostOf returns the lower-case host name of an address, "" when it has none.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// party is who is behind a host.
type party struct {
	id, name, entity, company string
	domain                    string // registrable domain
	vendor                    *rules.Vendor
	recognized, first         bool
	plain                     bool   // infrastructure: gets what every request carries and no more
	relay                     bool   // known by the format of what another's server took
	alias                     string // name of its own behind a name of the site's; "" otherwise
}

func (p *party) recipient() Recipient {
	r := Recipient{Vendor: p.id, Entity: p.entity, Domain: p.domain, Party: Third}
	if p.first {
		r.Party = First
	}
	return r
}

// before is the order of the parties of one vendor: those on a domain of its own
// come first. It keeps results the same whatever the order of requests.
func (p *party) before(q *party) bool {
	rank := func(p *party) int {
		switch {
		case p.relay:
			return 2
		case p.alias != "":
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(p), rank(q)), strings.Compare(p.domain, q.domain), strings.Compare(p.alias, q.alias)) < 0
}

// infrastructure are categories of vendors that deliver files.
var infrastructure = []string{"cdn", "fonts", "hosting"}

// Infrastructure reports whether a vendor of these categories only delivers
// files. No category at all is not infrastructure.
func Infrastructure(categories []string) bool {
	return len(categories) > 0 && !slices.ContainsFunc(categories, func(c string) bool { return !slices.Contains(infrastructure, c) })
}

type partyKey struct {
	domain string
	vendor *rules.Vendor
	relay  bool
	alias  string
}

// parties finds and remembers who is behind hosts.
type parties struct {
	set    *rules.Set
	site   Site
	own    map[string]bool
	owners map[string]bool // root companies of the own domains
	known  map[partyKey]*party
	sites  map[string]string   // host → registrable domain
	chains map[string][]string // own host → names that it is an alias of
	pages  map[string]bool     // own hosts that serve pages of the scan

	settled   bool              // nothing more is learnt of hosts
	addressed map[string]*party // by address, once that is so; nil when it has no host
}

// maxHosts bounds how many hosts are told apart; further ones count under
// their registrable domain.
const maxHosts = 20000

func newParties(set *rules.Set, site Site) *parties {
	p := &parties{set: set, site: site, own: map[string]bool{}, owners: map[string]bool{}, known: map[partyKey]*party{}, addressed: map[string]*party{}, sites: map[string]string{}, chains: map[string][]string{}, pages: map[string]bool{}}
	for _, d := range site.Own {
		p.addOwn(d)
	}
	return p
}

func (p *parties) addOwn(site string) {
	p.own[site] = true
	if c := p.set.CompanyForDomain(site); c != nil {
		p.owners[p.set.RootCompany(c.ID).ID] = true
	}
}

func (p *parties) siteOf(host string) string {
	site, ok := p.sites[host]
	if !ok {
		site = evidence.Site(host)
		if len(p.sites) < maxHosts {
			p.sites[host] = site
		}
	}
	return site
}

// first reports whether a host is on one of the own domains.
func (p *parties) first(host string) bool { return p.own[p.siteOf(host)] }

// at returns who receives at a host and path. A host on an own domain is first
// party, unless the knowledge base knows it, or a name that it is an alias of,
// as another company's. The path may have its query.
func (p *parties) at(host, path string) *party {
	site := p.siteOf(host)
	v := p.set.VendorFor(host, path)
	if p.own[site] && (v == nil || p.ours(v)) {
		if w := p.behind(host, path); w != nil {
			return w
		}
		return p.self(site)
	}
	return p.of(v, site)
}

// byAddress returns who is behind an absolute address, nil when it has no host.
// Requests name the same few pages and scripts again and again.
func (p *parties) byAddress(address string) *party {
	w, ok := p.addressed[address]
	if ok {
		return w
	}
	if u, err := url.Parse(address); err == nil {
		if host := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."); host != "" {
			w = p.at(host, pathOf(u))
		}
	}
	if p.settled && len(p.addressed) < maxHosts && len(address) <= maxValue {
		p.addressed[strings.Clone(address)] = w
	}
	return w
}

// pathOf is what VendorFor wants of an address: its path with its query, by whose
// first parameter some products of one host differ.
func pathOf(u *url.URL) string {
	if u.RawQuery == "" {
		return u.Path
	}
	return u.Path + "?" + u.RawQuery
}

// learnName takes what DNS says of an own host.
func (p *parties) learnName(n *evidence.Name) {
	host := strings.TrimSuffix(strings.ToLower(n.Host), ".")
	if len(n.Chain) > 0 && len(p.chains) < maxHosts {
		p.chains[host] = slices.Clone(n.Chain[:min(len(n.Chain), maxChain)])
	}
}

// maxChain bounds the names of one chain.
const maxChain = 20

// behind returns the vendor to whom an own host leads, by the names that DNS says
// it is an alias of; nil when it is the site's own. Hosting and delivery are no
// other party here, and neither is a host that serves the site's pages: those
// are the site, wherever they are hosted.
func (p *parties) behind(host, path string) *party {
	chain := p.chains[host]
	if len(chain) == 0 || p.pages[host] {
		return nil
	}
	for _, name := range chain {
		site := p.siteOf(name)
		if p.own[site] {
			continue
		}
		v := p.set.VendorFor(name, path)
		if v == nil || p.ours(v) || Infrastructure(v.Categories) {
			continue
		}
		return p.variant(partyKey{domain: site, vendor: v, alias: name})
	}
	return nil
}

func (p *parties) ours(v *rules.Vendor) bool {
	root := p.set.RootCompany(v.Company)
	return root != nil && p.owners[root.ID]
}

func (p *parties) self(site string) *party {
	key := partyKey{domain: site}
	if w := p.known[key]; w != nil {
		return w
	}
	w := &party{id: site, name: site, domain: site, first: true}
	if c := p.set.CompanyForDomain(site); c != nil {
		w.entity, w.company, w.recognized = c.Name, c.ID, true
	}
	p.known[key] = w
	return w
}

// of returns a third party: a vendor seen on a domain, or the domain alone.
func (p *parties) of(v *rules.Vendor, site string) *party {
	key := partyKey{domain: site, vendor: v}
	if w := p.known[key]; w != nil {
		return w
	}
	w := &party{id: site, name: site, domain: site, vendor: v}
	switch {
	case v != nil:
		w.id, w.name, w.recognized = v.ID, v.Name, true
		w.plain = Infrastructure(v.Categories)
		if c := p.set.CompanyOf(v); c != nil {
			w.entity, w.company = c.Name, c.ID
		}
	default:
		if c := p.set.CompanyForDomain(site); c != nil {
			w.entity, w.company, w.recognized = c.Name, c.ID, true
		}
	}
	p.known[key] = w
	return w
}

// relayed returns a vendor for which a server on some domain takes requests.
func (p *parties) relayed(v *rules.Vendor, site string) *party {
	return p.variant(partyKey{domain: site, vendor: v, relay: true})
}

// variant returns a vendor on a domain that is reached in another way.
func (p *parties) variant(key partyKey) *party {
	w := p.known[key]
	if w == nil {
		plain := *p.of(key.vendor, key.domain)
		plain.alias, plain.relay = key.alias, key.relay
		w = &plain
		p.known[key] = w
	}
	return w
}

// home returns a vendor that is known by a cookie or a script rather than by a
// request to it.
func (p *parties) home(v *rules.Vendor) *party {
	domain := v.ID
	if len(v.Domains) > 0 {
		domain = p.siteOf(strings.TrimSuffix(v.Domains[0].Host, ".*"))
	}
	return p.of(v, domain)
}
