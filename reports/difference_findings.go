package reports

import (
	"cmp"
	"fmt"
	"strings"

	"candor/analyzer/change"
	"candor/reports/plain"
)

// matched returns, for each finding of this scan that another scan has too, its
// place there. Fingerprints decide. A fingerprint may hold the name of the site
// itself, which differs between staging and production: what is left is matched
// by rule, recipients and data, where that is certain.
func (d *difference) matched(v *view) map[int]int {
	if m, ok := d.same[v]; ok {
		return m
	}
	m := map[int]int{}
	taken := map[int]bool{}
	match := func(key func(v *view, f *Finding) string, only bool) {
		waiting, count := map[string][]int{}, map[string]int{}
		for i := range v.rep.Findings {
			if !taken[i] {
				k := key(v, &v.rep.Findings[i])
				waiting[k] = append(waiting[k], i)
			}
		}
		for i := range d.now.rep.Findings {
			if _, ok := m[i]; !ok {
				count[key(d.now, &d.now.rep.Findings[i])]++
			}
		}
		for i := range d.now.rep.Findings {
			k := key(d.now, &d.now.rep.Findings[i])
			if _, ok := m[i]; ok || len(waiting[k]) == 0 || only && (len(waiting[k]) != 1 || count[k] != 1) {
				continue
			}
			m[i], taken[waiting[k][0]] = waiting[k][0], true
			waiting[k] = waiting[k][1:]
		}
	}
	match(func(_ *view, f *Finding) string { return f.Rule + "\x00" + f.Fingerprint }, false)
	if len(d.Hosts) > 0 {
		match(func(v *view, f *Finding) string { return v.subject(f) }, true)
	}
	d.same[v] = m
	return m
}

// subject is what a finding is about, without the name of the site.
func (v *view) subject(f *Finding) string {
	var who []string
	for _, r := range f.Recipients {
		if x, ok := v.vendors[r]; ok && x.Party == "first" || !ok && v.own(r) {
			who = append(who, "own")
			continue
		}
		who = append(who, v.company(r))
	}
	return strings.Join([]string{f.Rule, strings.Join(change.Sorted(who), ","), strings.Join(change.Sorted(f.DataTypes), ","), strings.Join(change.Sorted(f.States), ",")}, "\x00")
}

// own reports whether a domain is the scanned site's.
func (v *view) own(domain string) bool {
	host := v.rep.Site.Host
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// findings compares findings.
func (d *difference) findings() []Change {
	var out []Change
	m, kept := d.matched(d.before), map[int]bool{}
	for i := range d.now.rep.Findings {
		f := &d.now.rep.Findings[i]
		j, ok := m[i]
		if !ok {
			t := d.now.finding(f)
			c := d.came(&t, nil, "")
			c.Severity = f.Severity
			if len(t.where[0].pages) == 0 {
				c.OnNew, c.Why = false, "The earlier scan has no such finding."
			}
			for k := len(d.older) - 1; k >= 0; k-- {
				if _, ok := d.matched(d.older[k])[i]; ok {
					c.Kind, c.OnNew, c.Why = "seen_again", false, fmt.Sprintf("The scan of %s had it, the one of %s did not.", day(d.older[k].rep.StartedAt), day(d.before.rep.StartedAt))
					break
				}
			}
			out = append(out, c)
			continue
		}
		kept[j] = true
		old := d.before.finding(&d.before.rep.Findings[j])
		now := d.now.finding(f)
		if c, differs := d.altered(&old, &now); differs {
			c.Severity = f.Severity
			out = append(out, c)
		}
	}
	outcomes := map[string]Rule{}
	for _, r := range d.now.rep.Rules {
		outcomes[r.ID] = r
	}
	for j := range d.before.rep.Findings {
		if kept[j] {
			continue
		}
		f := &d.before.rep.Findings[j]
		t := d.before.finding(f)
		sure := ""
		if len(t.where[0].pages) == 0 {
			sure = "The rule was asked again and has no such finding."
		}
		c := d.went(&t, d.before, sure)
		if r, ok := outcomes[f.Rule]; !ok || r.Outcome == "not-tested" {
			c.Kind, c.Why = "not_seen_again", "Its rule was not tested this time: "+strings.TrimSuffix(plain.Cut(plain.Visible(cmp.Or(r.Why, "it is not among the rules")), 200), ".")+"."
		}
		c.Severity = f.Severity
		out = append(out, c)
	}
	return out
}

func (v *view) finding(f *Finding) thing {
	states := f.States
	if len(states) == 0 {
		states = v.rep.Coverage.States
	}
	t := thing{
		topic: "finding", key: f.Rule + " | " + f.Fingerprint, name: plain.Cut(plain.Visible(f.Rule+": "+f.Title), 200), data: f.DataTypes, where: []block{{f.Pages, states}}, ids: []string{f.ID},
		attrs: []attr{
			{name: "severity", value: f.Severity, rank: float64(len(Severities) - rank(Severities, f.Severity))},
			{name: "outcome", value: f.Outcome}, {name: "confidence", value: f.Confidence},
		},
	}
	if len(f.Recipients) == 1 {
		t.recipient = v.party("", f.Recipients...)
	}
	return t
}
