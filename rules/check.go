package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+(?:[-_][a-z0-9]+)*$`)
	hostForm = regexp.MustCompile(`^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*(?:\.[a-z][a-z0-9-]+|\.\*)$`)
	dateForm = regexp.MustCompile(`^20\d\d-(?:0[1-9]|1[0-2])$`)
	country  = regexp.MustCompile(`^[A-Z]{2}$`)
	classes  = []string{"necessary", "functional", "analytics", "advertising"}
)

// check records every fault of meaning in what was decoded.
func (ld *loader) check() {
	ids := newTermIDs(ld)
	ld.checkTerms(ids)
	claims := make(map[string]string) // host and path → vendor
	for _, f := range ld.sortedFiles() {
		switch v := f.value.(type) {
		case *Company:
			ld.checkCompany(v, f)
		case *Vendor:
			ld.checkVendor(v, f, ids, claims)
		case *Pack:
			ld.checkPack(v, f, ids)
		case *Rule:
			ld.checkRule(v, f, ids)
		case *[]Fact:
			ld.checkFacts(v)
		case *[]Principle:
			ld.checkPrinciples(v)
		case *ConsentPlatform:
			ld.checkConsentPlatform(v, f)
		case *ConsentWords:
			ld.checkConsentWords(v, f)
		}
	}
	ld.checkCompanyDomains()
}

// Severities are how grave a finding can be, the gravest first.
var Severities = []string{"critical", "high", "medium", "low", "info"}

func (ld *loader) sortedFiles() []*file {
	files := make([]*file, 0, len(ld.files))
	for _, f := range ld.files {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *file) int { return a.order - b.order })
	return files
}

// termIDs are the ids that vendors may refer to.
type termIDs struct{ data, purposes, facts map[string]bool }

// newTermIDs takes the ids of the folder's own terms. A folder that lacks one
// of the lists refers to the embedded one.
func newTermIDs(ld *loader) termIDs {
	types, purposes := ld.set.Terms.DataTypes, ld.set.Terms.Purposes
	if types == nil {
		types = embeddedList[DataType]("terms/data_types.yaml")
	}
	if purposes == nil {
		purposes = embeddedList[Purpose]("terms/purposes.yaml")
	}
	facts := ld.set.Terms.Facts
	if facts == nil {
		facts = embeddedList[Fact]("terms/profile_facts.yaml")
		ld.set.Terms.Facts = facts
	}
	ids := termIDs{data: make(map[string]bool, len(types)), purposes: make(map[string]bool, len(purposes)), facts: make(map[string]bool, len(facts))}
	for _, f := range facts {
		ids.facts[f.ID] = true
	}
	for _, d := range types {
		ids.data[d.ID] = true
	}
	for _, p := range purposes {
		ids.purposes[p.ID] = true
	}
	return ids
}

// embeddedList reads one embedded list of terms. A fault in it leaves it empty
// here; Load reports it.
func embeddedList[T any](name string) []T {
	data, err := readBounded(embedded, name)
	if err != nil {
		return nil
	}
	f := &file{name: name, data: data}
	f.decode()
	list, ok := f.value.(*[]T)
	if !ok {
		return nil
	}
	return *list
}

func (ld *loader) checkID(v any, f *file, id string) {
	switch want := strings.TrimSuffix(path.Base(f.name), ".yaml"); {
	case id == "":
		ld.fault(v, nil, "id is missing; expected %q, the file's name", want)
	case id != want:
		ld.fault(v, []any{"id"}, "id %q is not the file's name; expected %q", id, want)
	case !idForm.MatchString(id):
		ld.fault(v, []any{"id"}, "id %q; expected lower-case letters, digits and single hyphens", id)
	}
}

func (ld *loader) checkCompany(c *Company, f *file) {
	ld.checkID(c, f, c.ID)
	if c.Name == "" {
		ld.fault(c, nil, "name is missing; expected the company's name")
	}
	if c.Country != "" && !country.MatchString(c.Country) {
		ld.fault(c, []any{"country"}, "country %q; expected two capital letters (ISO 3166-1)", c.Country)
	}
	for i, d := range c.Domains {
		if !hostForm.MatchString(d) {
			ld.fault(c, []any{"domains", i}, "domain %q; expected a host name in lower case", d)
		}
	}
	ld.checkSources(c, c.Sources)
	if c.Parent == "" {
		return
	}
	if ld.set.Companies[c.Parent] == nil {
		ld.fault(c, []any{"parent"}, "unknown company %q; expected the id of a file in companies", c.Parent)
		return
	}
	seen := map[string]bool{}
	for p := c; p != nil; p = ld.set.Companies[p.Parent] {
		if seen[p.ID] {
			ld.fault(c, []any{"parent"}, "the parents of %q lead back to %q; expected no circle", c.ID, p.ID)
			return
		}
		seen[p.ID] = true
	}
}

func (ld *loader) checkSources(v any, sources []Source) {
	if len(sources) == 0 {
		ld.fault(v, nil, "sources is missing; expected at least one source with name and date")
	}
	for i, s := range sources {
		if s.Name == "" && s.URL == "" {
			ld.fault(v, []any{"sources", i}, "source without name and url; expected at least one of them")
		}
		if s.URL != "" && !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") {
			ld.fault(v, []any{"sources", i, "url"}, "url %q; expected http:// or https://", s.URL)
		}
		if !dateForm.MatchString(s.Date) {
			ld.fault(v, []any{"sources", i, "date"}, "date %q; expected a year and month like 2026-11", s.Date)
		}
	}
}

func (ld *loader) checkVendor(v *Vendor, f *file, ids termIDs, claims map[string]string) {
	ld.checkID(v, f, v.ID)
	if v.Name == "" {
		ld.fault(v, nil, "name is missing; expected the product's name")
	}
	if ld.set.Companies[v.Company] == nil {
		ld.fault(v, []any{"company"}, "unknown company %q; expected the id of a file in companies", v.Company)
	}
	if len(v.Categories) == 0 {
		ld.fault(v, nil, "categories is missing; expected at least one of %s", strings.Join(Categories, ", "))
	}
	for i, c := range v.Categories {
		if !slices.Contains(Categories, c) {
			ld.fault(v, []any{"categories", i}, "unknown category %q; expected one of %s", c, strings.Join(Categories, ", "))
		}
	}
	for i, p := range v.Purposes {
		if !ids.purposes[p] {
			ld.fault(v, []any{"purposes", i}, "unknown purpose %q; expected an id of terms/purposes.yaml", p)
		}
	}
	for i, d := range v.Receives {
		if !ids.data[d] {
			ld.fault(v, []any{"receives", i}, "unknown data type %q; expected an id of terms/data_types.yaml", d)
		}
	}
	for i, n := range v.IAB {
		if n < 1 || n > 0xffff || slices.Contains(v.IAB[:i], n) {
			ld.fault(v, []any{"iab", i}, "number %d; expected one of IAB Europe's Global Vendor List, once", n)
		}
	}
	if len(v.Domains)+len(v.Cookies)+len(v.Storage) == 0 {
		ld.fault(v, nil, "nothing to know the vendor by; expected domains, cookies or storage")
	}
	ld.checkHosts(v, claims)
	ld.checkParams(v, ids)
	ld.checkEndpoints(v)
	ld.checkContainers(v)
	ld.checkCookies(v, "cookies", v.Cookies)
	ld.checkCookies(v, "storage", v.Storage)
	ld.checkSources(v, v.Sources)
}

func (ld *loader) checkHosts(v *Vendor, claims map[string]string) {
	for i, h := range v.Domains {
		if !hostForm.MatchString(h.Host) {
			ld.fault(v, []any{"domains", i}, "host %q; expected a host name in lower case, or one that ends with .* for any public suffix", h.Host)
			continue
		}
		paths := h.Paths
		if len(paths) == 0 {
			paths = []string{""}
		}
		for j, p := range paths {
			if p != "" && (p[0] != '/' || strings.ContainsAny(p, "# ") || strings.Contains(strings.TrimSuffix(p, "*"), "*")) {
				ld.fault(v, []any{"domains", i, "paths", j}, "path %q; expected a leading slash, no fragment, and * only at the end", p)
				continue
			}
			claim := h.Host + p
			if h.Exact {
				claim = "=" + claim
			}
			if owner, taken := claims[claim]; taken {
				ld.fault(v, []any{"domains", i}, "%s%s is already claimed by %q; expected one vendor for a host and path", h.Host, p, owner)
				continue
			}
			claims[claim] = v.ID
		}
	}
}

func (ld *loader) checkCookies(v *Vendor, key string, cookies []CookieRule) {
	seen := make(map[[2]string]bool)
	for i, c := range cookies {
		if !goodGlob(c.Name) {
			ld.fault(v, []any{key, i, "name"}, "pattern %q; expected a name that starts or ends with at least two plain characters", c.Name)
		}
		if key == "cookies" && strings.ContainsAny(c.Name, " ;=,") {
			ld.fault(v, []any{key, i, "name"}, "cookie name %q; expected no space, semicolon, comma or equals sign (RFC 6265, section 4.1.1)", c.Name)
		}
		if seen[[2]string{c.Name, c.Domain}] {
			ld.fault(v, []any{key, i}, "%q is listed twice; expected each name once", c.Name)
		}
		seen[[2]string{c.Name, c.Domain}] = true
		if !slices.Contains(classes, c.Purpose) {
			ld.fault(v, []any{key, i, "purpose"}, "purpose %q; expected one of %s", c.Purpose, strings.Join(classes, ", "))
		}
		if _, ok := LifetimeDays(c.Lifetime); c.Lifetime != "" && !ok {
			ld.fault(v, []any{key, i, "lifetime"}, "lifetime %q; expected session, or a number with s, m, h, d, w, mo or y", c.Lifetime)
		}
		if c.Domain != "" && !hostForm.MatchString(c.Domain) {
			ld.fault(v, []any{key, i, "domain"}, "domain %q; expected a host name in lower case, without a leading dot", c.Domain)
		}
	}
}

// goodGlob reports whether a name can be looked up and is not one that would
// match nearly everything: a name without * is good; one with * needs a plain
// start or end of two characters.
func goodGlob(name string) bool {
	if name == "" || strings.ContainsAny(name, "\t\r\n") {
		return false
	}
	first, last := strings.IndexByte(name, '*'), strings.LastIndexByte(name, '*')
	return first < 0 || first >= 2 || first == 0 && len(name)-last-1 >= 2
}

// checkCompanyDomains finds sites that two companies claim.
func (ld *loader) checkCompanyDomains() {
	owner := make(map[string]string)
	for _, f := range ld.sortedFiles() {
		c, ok := f.value.(*Company)
		if !ok {
			continue
		}
		for i, d := range c.Domains {
			if o, taken := owner[d]; taken {
				ld.fault(c, []any{"domains", i}, "%s is already claimed by company %q; expected one company for a domain", d, o)
				continue
			}
			owner[d] = c.ID
		}
	}
}
