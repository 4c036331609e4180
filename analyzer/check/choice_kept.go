package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// choiceKept asks how long a refusal is remembered: by the cookies and keys of the
// site or its consent tool that are there after it and not without a choice.
// Coming back after days, in a new session or on another host is not played.
// Params:
//
//	days    a choice that is kept for less is soon asked again
//	states  the consent states that are looked at, the first that was tested
func choiceKept(m *Matcher, r *rules.Rule) result {
	var s evidence.State
	for _, name := range append(texts(r, "states"), "reject") {
		if m.untested(evidence.State(name)) == "" && m.in.Choices.Of(evidence.State(name)).Choice != nil {
			s = evidence.State(name)
			break
		}
	}
	if s == "" {
		return result{outcome: NotTested, why: "No refusal was made: " + m.in.Choices.Of(evidence.StateReject).Why}
	}
	cookies, keys := m.choiceKeepers(s)
	if len(cookies)+len(keys) == 0 {
		return result{outcome: NotTested, why: "Where the refusal is remembered was not seen: no cookie and no key of the site or its consent tool is there after it that is not there without a choice."}
	}
	longest := 0.0
	var names []string
	f := Finding{Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Strong), Recipients: []string{m.in.Site}, States: []evidence.State{s}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	for _, c := range cookies {
		longest = max(longest, c.LifetimeDays)
		if c.LifetimeDays < 0 {
			longest = 400
		}
		names = append(names, "the cookie "+c.Name+" for "+duration(c.LifetimeDays))
		f.Pages, f.Evidence = append(f.Pages, c.Pages...), append(f.Evidence, c.ID)
	}
	for _, k := range keys {
		if k.Kind != "session" {
			longest = 400
		}
		names = append(names, k.Key+" in "+storageNames[k.Kind])
		f.Pages, f.Evidence = append(f.Pages, k.Pages...), append(f.Evidence, k.ID)
	}
	slices.Sort(names)
	f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
	if longest < number(r, "days", 7) {
		f.Title = "A refusal is forgotten after " + cmp.Or(map[bool]string{true: "the session"}[longest == 0], duration(longest))
		f.Message = fmt.Sprintf("Observed %s: it is remembered by %s.", after[s], list(shorten(names, 4)))
		return result{findings: []Finding{f}}
	}
	return result{outcome: Matches, why: fmt.Sprintf("A refusal is remembered by %s. That it lasts in a new session or on another host was not played.", list(shorten(names, 4)))}
}

// choiceKeepers are the cookies and keys that are there after a choice and not
// without it, and that are the site's or its consent tool's and name a choice.
func (m *Matcher) choiceKeepers(s evidence.State) (cookies []flow.Cookie, keys []flow.StorageItem) {
	signs := map[string]bool{}
	if c := m.in.Choices.Of(s).Choice; c != nil {
		for _, x := range c.Signs {
			if (x.Kind == "cookie" || x.Kind == "storage") && x.Says != "no" {
				signs[x.Name] = true
			}
		}
	}
	fits := func(name, vendor string, states []evidence.State) bool {
		return slices.Contains(states, s) && (signs[name] || !slices.Contains(states, evidence.StateNone) && (m.consentTool(vendor) || vendor == "" && choiceName.MatchString(strings.ToLower(name))))
	}
	for _, c := range m.in.Seen.Cookies {
		if fits(c.Name, c.Vendor, c.States) {
			cookies = append(cookies, c)
		}
	}
	for _, k := range m.in.Seen.Storage {
		if fits(k.Key, k.Vendor, k.States) {
			keys = append(keys, k)
		}
	}
	return cookies, keys
}

var choiceName = newPhrase(`consent|cookie|cmp|gdpr|ccpa|privacy|choice|opt[-_]?out|tracking|preference|banner|tcf|usp|gpp|einwilligung|cookies`)
