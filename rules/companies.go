package rules

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Name is one way in which a text may call a vendor or a company.
type Name struct {
	Text      string
	Kind      string // "vendor" or "company"
	ID        string
	Ambiguous bool // an ordinary word too: needs context
}

// Names returns every name, alias and former name, sorted by text, kind and id.
// A text may belong to several ids: "Google Analytics" and a company may share
// words. The caller must not change the slice.
func (s *Set) Names() []Name { return s.index.named }

// NamesOf returns whose name a text is, whatever its case, in the order of Names.
// The caller must not change the slice.
func (s *Set) NamesOf(text string) []Name {
	if s.index.called == nil {
		return nil
	}
	return s.index.called()[strings.ToLower(text)]
}

func names(s *Set) []Name {
	seen := make(map[Name]bool)
	add := func(kind, id string, ambiguous []string, lists ...[]string) {
		for _, list := range append(lists, ambiguous) {
			for _, text := range list {
				if text != "" {
					seen[Name{text, kind, id, slices.Contains(ambiguous, text)}] = true
				}
			}
		}
	}
	for _, v := range s.Vendors {
		add("vendor", v.ID, v.Ambiguous, []string{v.Name}, v.Aliases, v.FormerNames)
	}
	for id, c := range s.Companies {
		add("company", id, c.Ambiguous, []string{c.Name}, c.Aliases, c.FormerNames)
	}
	list := make([]Name, 0, len(seen))
	for n := range seen {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b Name) int {
		return cmp.Or(strings.Compare(a.Text, b.Text), strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return list
}

// Company returns the company with this id, or nil.
func (s *Set) Company(id string) *Company { return s.Companies[id] }

// CompanyOf returns the company behind a vendor, or nil.
func (s *Set) CompanyOf(v *Vendor) *Company {
	if v == nil {
		return nil
	}
	return s.Companies[v.Company]
}

// RootCompany follows the parents to the company at the top, or returns nil
// when the id is unknown. A Set from Load has no circles; one made by hand may,
// and then the walk ends before it would repeat.
func (s *Set) RootCompany(id string) *Company {
	c := s.Companies[id]
	for range len(s.Companies) {
		if c == nil || c.Parent == "" || s.Companies[c.Parent] == nil {
			break
		}
		c = s.Companies[c.Parent]
	}
	return c
}

// CompanyForDomain returns the company that a registrable domain belongs to:
// its own site, or that of trackers that all belong to it or to one parent.
func (s *Set) CompanyForDomain(site string) *Company { return s.index.sites[cleanHost(site)] }

func companySites(s *Set) map[string]*Company {
	sites := make(map[string]*Company)
	shared := make(map[string]bool) // by vendors of different roots
	for _, v := range s.Vendors {
		for _, h := range v.Domains {
			site, err := publicsuffix.EffectiveTLDPlusOne(h.Host)
			c := s.Companies[v.Company]
			if err != nil || c == nil {
				continue
			}
			switch other := sites[site]; {
			case other == nil:
				sites[site] = c
			case other != c && s.RootCompany(other.ID) != s.RootCompany(c.ID):
				shared[site] = true
			case other != c:
				sites[site] = s.RootCompany(c.ID)
			}
		}
	}
	for site := range shared {
		delete(sites, site)
	}
	for _, c := range s.Companies {
		for _, d := range c.Domains {
			sites[d] = c
		}
	}
	return sites
}
