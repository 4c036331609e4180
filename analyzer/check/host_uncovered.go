package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// hostUncovered finds visited hosts that collect data and that no notice covers:
// no page of the host links to one, none lies on it, and no sentence names it or
// speaks of all the organisation's sites. One finding for each. Params:
//
//	words  phrases by which a text covers every site: "all our websites"
func hostUncovered(m *Matcher, r *rules.Rule) result {
	collects := m.collectingHosts()
	if len(collects) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No visited host was seen to collect data."}
	}
	hosts := slices.Sorted(maps.Keys(collects))
	if all := m.speaking(func(s *wording) bool { return !s.deny && phrasesIn(s.quote, texts(r, "words")) }); len(all) > 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text covers more than the one host: “%s”", clip(all[0].quote, 200))}
	}
	linked := map[string]bool{}
	for _, d := range m.in.Documents {
		linked[bareHost(hostOf(d.URL))] = true
		for _, page := range d.LinkedFrom {
			linked[bareHost(hostOf(page))] = true
		}
	}
	var res result
	for _, host := range hosts {
		if linked[bareHost(host)] || m.namesHost(host) {
			continue
		}
		c := collects[host]
		c.pages, c.evidence, c.data = compact(c.pages), compact(c.evidence), compact(c.data)
		f := Finding{
			Outcome: Differs, Confidence: string(flow.Direct), Severity: capped(r.Severity, flow.Direct, len(c.evidence)), Recipients: []string{host}, Pages: c.pages, Evidence: c.evidence, DataTypes: c.data,
			Title:       fmt.Sprintf("%s collects data, and no notice covers it", host),
			Message:     fmt.Sprintf("Observed %s: %s are collected. No page of this host links to a notice, and no notice names it.", seenOn(c.pages, " of "+host), m.few(c.data)),
			Fingerprint: fingerprint(r.ID, host),
		}
		f.States = m.statesOf(f.Pages)
		m.doubt(&f)
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("Every host that was seen to collect data links to a notice or is named in one: %s.", list(shorten(hosts, 6)))}
	}
	return res
}

// collected is what was seen to be collected on a host's pages.
type collected struct{ pages, evidence, data []string }

// collectingHosts are the visited hosts on whose pages identifiers went to
// somebody or were kept, or forms ask for data. A host that only a vendor serves
// is not the organisation's.
func (m *Matcher) collectingHosts() map[string]*collected {
	own := map[string]bool{}
	for _, p := range m.in.Pages {
		if p.Ended != "failed" && p.Status < 400 {
			own[hostOf(p.URL)] = true
		}
	}
	out := map[string]*collected{}
	for i := range m.in.Seen.Flows {
		f := &m.in.Seen.Flows[i]
		if slices.Contains(bare, f.DataTypes[0]) || f.DataTypes[0] == "page_url" || f.Confidence == flow.Indirect || m.consentTool(f.Recipient.Vendor) || f.Recipient.Party == flow.First && f.Channel != "form" {
			continue
		}
		for _, page := range f.Pages {
			host := hostOf(page)
			if !own[host] || host == "" {
				continue
			}
			c := out[host]
			if c == nil {
				c = &collected{}
				out[host] = c
			}
			c.pages, c.evidence, c.data = append(c.pages, page), append(c.evidence, f.ID), append(c.data, f.DataTypes[0])
		}
	}
	return out
}

// namesHost reports whether a text names a host, or a domain above it.
func (m *Matcher) namesHost(host string) bool {
	for _, d := range m.read {
		low := strings.ToLower(d.Text)
		for name := host; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
			if strings.Contains(low, "*."+name) || name == host && strings.Contains(low, bareHost(host)) && whole(low, bareHost(host)) {
				return true
			}
			if name == evidence.Site(host) {
				break
			}
		}
	}
	return false
}

// whole reports whether a host stands in a text by itself, not as the end of
// another host's name.
func whole(text, host string) bool {
	for rest := text; ; {
		i := strings.Index(rest, host)
		if i < 0 {
			return false
		}
		before := strings.TrimSuffix(rest[:i], "www.")
		if !strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "@") && !strings.HasSuffix(before, "-") {
			return true
		}
		rest = rest[i+len(host):]
	}
}

func bareHost(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }

// statesOf are the states in which pages were visited.
func (m *Matcher) statesOf(pages []string) []evidence.State {
	out := []evidence.State{}
	for _, p := range m.in.Pages {
		if slices.Contains(pages, p.URL) && !slices.Contains(out, p.State) {
			out = append(out, p.State)
		}
	}
	flow.SortStates(out)
	return out
}
