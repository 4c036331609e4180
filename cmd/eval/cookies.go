package main

import (
	"fmt"
	"net/url"
	"strings"

	"candor/rules"

	"golang.org/x/net/publicsuffix"
)

// cookies: the purpose of a cookie that a real site set. An unknown purpose
// counts as a wrong one and is told apart.
func cookies(m *measurement) error {
	type labelled struct {
		Name, Domain, Site, Label string

		Values []struct {
			Session  bool
			HTTPOnly bool `json:"http_only"`
		}
	}
	list, err := lines[labelled](m, "cookies_labelled.jsonl")
	if err != nil {
		return err
	}
	all, known, guessed := newTally(), newTally(), newTally()
	unknown := 0
	for _, c := range list {
		site := siteOf(c.Site)
		rule, vendor := m.set.CookieFor(c.Name, c.Domain, site)
		if vendor == nil {
			vendor = m.set.VendorFor(strings.TrimPrefix(c.Domain, "."), "/")
		}
		if rule == nil {
			rule = m.set.CookieNamed(c.Name)
		}
		purpose, basis := rules.CookiePurpose(c.Name, rule, vendor)
		by, of := string(basis), known
		if basis == rules.Unknown {
			traits := rules.CookieTraits{Third: !sameSite(c.Domain, site), Session: len(c.Values) > 0, HTTPOnly: len(c.Values) > 0}
			for _, v := range c.Values {
				traits.Session, traits.HTTPOnly = traits.Session && v.Session, traits.HTTPOnly && v.HTTPOnly
			}
			guess := m.set.GuessCookie(c.Name, traits)
			purpose, by, of = guess.Purpose, guess.Why, guessed
		}
		switch {
		case purpose == c.Label:
			all.right(site)
			of.right(site)
			continue
		case purpose == "":
			unknown++
			all.missed(site)
		default:
			all.missed(site)
			of.missed(site)
		}
		m.mistake("cookie", site, "%s of %s is %s, read as %s by %s", c.Name, c.Domain, c.Label, purpose, by)
	}
	m.figure("cookie", "accuracy", all, recall)
	m.figures[len(m.figures)-1].note = fmt.Sprintf("%d unknown", unknown)
	m.figure("cookie", "accuracy-of-known", known, recall)
	m.figure("cookie", "accuracy-of-guessed", guessed, recall)
	return nil
}

// sameSite reports whether a cookie's domain is a site or below it.
func sameSite(domain, site string) bool {
	return strings.HasSuffix("."+strings.TrimPrefix(domain, "."), "."+site)
}

// siteOf is the registrable domain of an address, or its host.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return site
	}
	return u.Hostname()
}
