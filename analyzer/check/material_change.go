package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// materialChange gathers what is materially new since an earlier scan: another
// use, another kind of data that names or describes a person or a device,
// another recipient of such data, a text that promises less or allows more,
// another organisation behind the site. Whether people were told and agreed
// before cannot be seen on a site, so that all of it is one finding for a person.
// What a sentence states by name, on pages that were not looked at before, is a
// new product with its own notice and not counted.
func materialChange(m *Matcher, r *rules.Rule) result {
	var parts, keys []string
	all := group{}
	for _, a := range m.additions() {
		weighty := slices.DeleteFunc(a.group.dataTypes(), func(d string) bool { return slices.Contains(technical, d) })
		if len(weighty)+len(a.Purposes) == 0 || a.OnNew && m.told(a) == Clear {
			continue
		}
		part := fmt.Sprintf("%s gets %s", m.vendorName(a.group.recipient()), m.what(a))
		if a.OnNew {
			part += " (seen only where the earlier scan did not look in full)"
		}
		parts, keys = append(parts, part), append(keys, a.Recipient.Key, strings.Join(a.Data, ","), strings.Join(a.Purposes, ","))
		all.flows = append(all.flows, a.group.flows...)
	}
	f := Finding{Outcome: NeedsPerson, Severity: r.Severity, Confidence: string(flow.Direct), States: nil}
	if len(all.flows) > 0 {
		f = all.finding(r.Severity)
		f.Outcome, f.Recipients = NeedsPerson, union(all.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	}
	shown := len(parts)
	if shown > 3 {
		parts = append(parts[:3], countOf(shown-3, "%d other companies get more", "one other company gets more"))
	}
	for _, v := range m.revisions() {
		f.Severity, f.Confidence = r.Severity, string(flow.Direct) // the words are there to be read
		parts, keys = append(parts, fmt.Sprintf("in the text at %s %s", v.now.URL, says(v.changes))), append(keys, v.now.SHA256)
		f.Statements, f.Pages = append(f.Statements, newStatements(v.changes)...), append(f.Pages, v.now.URL)
		f.DataTypes = append(f.DataTypes, dataOf(v.changes)...)
	}
	if before, now := m.in.Earlier.Entity, m.in.Entity; before != "" && now != "" && !strings.EqualFold(before, now) {
		parts, keys = append(parts, fmt.Sprintf("the organisation is %s, and was %s", now, before)), append(keys, now)
	}
	if len(parts) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("No other use, recipient or kind of data and no weaker promise than at the scan of %s.", m.since())}
	}
	slices.Sort(f.DataTypes)
	f.DataTypes, f.Pages = slices.Compact(f.DataTypes), slices.Compact(f.Pages)
	f.Title = "What is collected, or what is promised, changed since an earlier scan"
	f.Message = fmt.Sprintf("Since the scan of %s: %s. Were people told, and did they agree before it was applied to data that was there already? A site does not show it.", m.since(), strings.Join(parts, "; "))
	if quote := m.promisesNotice(); quote != "" {
		f.Message += fmt.Sprintf(" Of changes the texts say: “%s”", quote)
	}
	f.Fingerprint = fingerprint(r.ID, m.in.Site, strings.Join(keys, "\x00"))
	return result{findings: []Finding{f}}
}
