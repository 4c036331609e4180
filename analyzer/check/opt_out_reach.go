package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// optOutReach looks whether the opt-out that was made on one host of the
// organisation holds on its others too. An account is not logged into, so whether
// it follows there is not tested. A host with a notice of its own may be another
// organisation's, and is for a person.
func optOutReach(m *Matcher, r *rules.Rule) result {
	if why := m.untested(evidence.StateOptOut); why != "" {
		return result{outcome: NotTested, why: capital(why) + "."}
	}
	home := ""
	hosts := map[string]bool{}
	for _, p := range m.in.Pages {
		if p.State != evidence.StateOptOut || p.Ended == "failed" {
			continue
		}
		if host := hostOf(p.URL); host != "" {
			if home == "" || p.Depth == 0 && len(hosts) == 0 {
				home = host
			}
			hosts[host] = true
		}
	}
	if c := m.in.Choices.Of(evidence.StateOptOut).Choice; c != nil {
		for _, p := range m.in.Pages {
			if p.ID == c.Page && hostOf(p.URL) != "" {
				home = hostOf(p.URL)
			}
		}
	}
	delete(hosts, home)
	if len(hosts) == 0 {
		return result{outcome: NotTested, why: "Only one host was visited with the opt-out, and no account was logged into: whether it reaches further was not seen."}
	}
	var res result
	for _, g := range m.effectOf(evidence.StateOptOut, sharers).on {
		there, here := map[string]bool{}, false
		var pages []string
		for _, p := range g.sight.Pages {
			if host := hostOf(p); hosts[host] {
				there[host] = true
				pages = append(pages, p)
			} else {
				here = true
			}
		}
		if here || len(pages) == 0 {
			continue // it stops nowhere: that is another rule's finding
		}
		f := m.wentOn(r, evidence.StateOptOut, g)
		f.Pages, f.Fingerprint = pages, fingerprint(r.ID, g.id)
		f.Title = fmt.Sprintf("%s still gets an identifier on another of the organisation's sites after the opt-out", m.owner(g.id))
		f.Message = fmt.Sprintf("The opt-out was made on %s, and there %s was not seen to get an identifier any more. On %s it still was. %s", home, m.owner(g.id), list(shorten(sorted(there), 4)), f.Message)
		if own := m.ownNotice(there, home); own != "" {
			f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
			f.Message += fmt.Sprintf(" That host has a notice of its own (%s), so it may be another organisation's.", own)
		}
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("Nobody who stopped on %s was seen going on at %s. No account was logged into.", home, list(shorten(sorted(hosts), 4)))}
	}
	return res
}

// ownNotice returns a notice that stands on one of some hosts, where another one
// stands on the first.
func (m *Matcher) ownNotice(hosts map[string]bool, home string) string {
	i := slices.IndexFunc(m.in.Documents, func(d *policy.Document) bool { return d.Kind == "privacy" && hosts[hostOf(d.URL)] })
	if i < 0 || !slices.ContainsFunc(m.in.Documents, func(d *policy.Document) bool { return d.Kind == "privacy" && strings.EqualFold(hostOf(d.URL), home) }) {
		return ""
	}
	return m.in.Documents[i].URL
}
