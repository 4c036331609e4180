package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// occasion is what was seen that makes a rule about a text worth asking.
type occasion struct {
	flows []*flow.Flow
	pages []string
	ids   []string // evidence
}

// occasions are what a rule can wait for with only_if_seen, by name. Each
// returns what was seen, with a sentence that says so; "" when nothing was.
var occasions = map[string]func(*Matcher) (occasion, string){
	"advertising": func(m *Matcher) (occasion, string) { return m.identified(adLike, "advertising, social or data") },
	"analytics":   func(m *Matcher) (occasion, string) { return m.identified(statistics, "analytics") },
	"cookies": func(m *Matcher) (occasion, string) {
		o := occasion{}
		for _, c := range m.in.Seen.Cookies {
			if !m.exempt(&c) {
				o.ids, o.pages = append(o.ids, c.ID), append(o.pages, c.Pages...)
			}
		}
		return o, countedOr(len(o.ids), "Observed: %d cookies that are not known to be necessary.", "Observed: one cookie that is not known to be necessary.")
	},
	"child_identifiers": func(m *Matcher) (occasion, string) {
		o, seen := m.condition("child_identifiers", "")
		if seen != "" {
			seen = "Observed on pages for children: " + m.describe(o.flows) + "."
		}
		return o, seen
	},
	"embeds": func(m *Matcher) (occasion, string) {
		return m.identified([]string{"social", "video", "maps"}, "social or embedded-content")
	},
	"forms": func(m *Matcher) (occasion, string) {
		o := occasion{}
		for _, f := range collecting(m.in.Seen.Forms) {
			o.ids, o.pages = append(o.ids, f.ID), append(o.pages, f.Page)
		}
		return o, countedOr(len(o.ids), "Observed: %d forms that ask for personal data.", "Observed: a form that asks for personal data.")
	},
	"health": func(m *Matcher) (occasion, string) {
		o := occasion{}
		for _, f := range m.flows(m.aboutHealth) {
			o.ids, o.pages = append(o.ids, f.ID), append(o.pages, f.Pages...)
		}
		if o.pages = compact(o.pages); len(o.ids) == 0 {
			return o, ""
		}
		return o, "Observed: health data, or data of a page about health, are collected, as on " + firstOf(o.pages) + "."
	},
	"labels": func(m *Matcher) (occasion, string) {
		o, keys := occasion{}, []string{}
		for _, l := range m.in.Seen.Labels {
			if l.Kind != flow.ConsentString {
				o.ids, o.pages, keys = append(o.ids, l.ID), append(o.pages, l.Pages...), append(keys, "“"+clip(l.Key, 40)+"”")
			}
		}
		if len(keys) == 0 {
			return o, ""
		}
		return o, fmt.Sprintf("Observed: labels that segment, score or infer something of visitors: %s.", list(shorten(compact(keys), 6)))
	},
	"marketing_forms": func(m *Matcher) (occasion, string) {
		o, kinds := occasion{}, []string{"newsletter"}
		for _, f := range collecting(m.in.Seen.Forms) {
			words := f.Heading
			for _, x := range f.Fields {
				words += " " + x.Label
			}
			if slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.DataType == "email" || x.DataType == "phone" }) &&
				(marketingWords.MatchString(words) || slices.Contains(kinds, m.pageKinds[f.Page])) {
				o.ids, o.pages = append(o.ids, f.ID), append(o.pages, f.Page)
			}
		}
		return o, countedOr(len(o.ids), "Observed: %d forms that sign up for news or offers.", "Observed: a form that signs up for news or offers.")
	},
	"measured_early": func(m *Matcher) (occasion, string) {
		o, _ := m.identified(statistics, "")
		o.flows = slices.DeleteFunc(o.flows, func(f *flow.Flow) bool { return !slices.Contains(f.States, evidence.StateNone) })
		return o, m.sawFlows(o, "analytics recipients before a choice")
	},
	"recipients": func(m *Matcher) (occasion, string) {
		o := occasion{flows: m.flows(func(f *flow.Flow) bool {
			return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && (overlap(f.DataTypes, identifying) || personal(f.DataTypes[0]))
		})}
		return o, m.sawFlows(o, "third parties")
	},
	"required_fields": func(m *Matcher) (occasion, string) {
		o := occasion{}
		for _, f := range collecting(m.in.Seen.Forms) {
			if mustFill(f) {
				o.ids, o.pages = append(o.ids, f.ID), append(o.pages, f.Page)
			}
		}
		return o, countedOr(len(o.ids), "Observed: %d forms with fields for personal data that must be filled in.", "Observed: a form with fields for personal data that must be filled in.")
	},
	"sensitive_sharing": func(m *Matcher) (occasion, string) {
		return m.condition("shares_sensitive", "recipients that use data for their own ends, from sensitive pages or forms")
	},
	"sharing": func(m *Matcher) (occasion, string) {
		return m.condition("shares", "recipients that use data for their own ends")
	},
}

// condition is an occasion that only_if knows too.
func (m *Matcher) condition(name, who string) (occasion, string) {
	o := occasion{flows: m.flows(func(f *flow.Flow) bool { return conditions[name].holds(m, f) })}
	return o, m.sawFlows(o, who)
}

// identified are recipients of some categories that got an identifier.
func (m *Matcher) identified(categories []string, what string) (occasion, string) {
	o := occasion{flows: m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && overlap(f.DataTypes, identifying) && overlap(m.categories(f), categories)
	})}
	return o, m.sawFlows(o, what+" recipients")
}

// mustFill reports whether a form has a field that must be filled in.
func mustFill(f flow.Form) bool {
	return slices.ContainsFunc(f.Fields, func(x flow.Field) bool { return x.Required && x.DataType != "" })
}

func (m *Matcher) sawFlows(o occasion, who string) string {
	if len(o.flows) == 0 {
		return ""
	}
	names := []string{}
	for _, g := range byRecipient(o.flows) {
		names = append(names, m.calling(g.recipient()))
	}
	slices.Sort(names)
	return fmt.Sprintf("Observed: identifiers or personal data go to %s: %s.", who, list(shorten(slices.Compact(names), 6)))
}

func countedOr(n int, many, one string) string {
	if n == 0 {
		return ""
	}
	return countOf(n, many, one)
}

// exempt reports whether a cookie needs no choice: it is known to be necessary,
// or belongs to a consent tool or a defence against bots.
func (m *Matcher) exempt(c *flow.Cookie) bool {
	return c.Purpose == "necessary" || m.consentTool(c.Vendor)
}

// occasion looks for what a rule waits for. Without a name there is nothing to
// wait for; unseen says that it was not seen.
func (m *Matcher) occasion(name string) (o occasion, seen, unseen string) {
	if name == "" {
		return occasion{}, "", ""
	}
	look := occasions[name]
	if look == nil {
		return occasion{}, "", fmt.Sprintf("This version knows no occasion %q.", name)
	}
	if o, seen = look(m); seen == "" {
		return o, "", fmt.Sprintf("Nothing was seen that would ask for it: no %s.", occasionNames[name])
	}
	return o, seen, ""
}

var occasionNames = map[string]string{
	"advertising": "advertising recipient of identifiers", "analytics": "analytics recipient of identifiers", "cookies": "cookie that is not known to be necessary",
	"child_identifiers": "identifier on a page for children", "sensitive_sharing": "sensitive data going to a recipient that uses data for its own ends", "sharing": "recipient of identifiers that uses data for its own ends",
	"embeds": "social or embedded content that gets identifiers", "forms": "form that asks for personal data", "health": "health data, and nothing of a page about health", "labels": "label of visitors", "recipients": "third party that gets identifiers or personal data",
	"marketing_forms": "form that signs up for news or offers", "measured_early": "analytics recipient of identifiers before a choice", "required_fields": "form with fields that must be filled in",
}

// finding starts a finding about the site, with what was seen.
func (o occasion) finding(m *Matcher, r *rules.Rule) Finding {
	f := Finding{Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	if len(o.flows) > 0 {
		g := group{flows: o.flows}.finding(r.Severity)
		f.DataTypes, f.Pages, f.Evidence, f.States = g.DataTypes, g.Pages, g.Evidence, g.States
		f.Recipients = union(o.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	}
	f.Pages, f.Evidence = compact(append(f.Pages, o.pages...)), compact(append(f.Evidence, o.ids...))
	if f.States == nil {
		f.States = []evidence.State{}
	}
	return f
}

// KnowsOccasion reports whether a rule can wait for what has this name.
func KnowsOccasion(name string) bool { return occasions[name] != nil }
