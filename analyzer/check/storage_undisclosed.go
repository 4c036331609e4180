package check

import (
	"cmp"
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
	"candor/rules"
)

// storageUndisclosed finds identifiers that are kept elsewhere than in cookies,
// trackers behind a name of the site's own, and cookies that come back, where the
// text speaks of cookies only. Params:
//
//	words             phrases by which a text speaks of other storage
//	cloak_words       phrases by which it speaks of trackers under its own name
//	respawn_severity  of what comes back after it was deleted
func storageUndisclosed(m *Matcher, r *rules.Rule) result {
	keys := map[string][]flow.StorageItem{} // by vendor
	for _, k := range m.in.Seen.Storage {
		if !k.Identifier || k.Kind == "session" || m.consentTool(k.Vendor) || m.consentTool(k.SetterVendor) {
			continue
		}
		keys[k.Vendor] = append(keys[k.Vendor], k)
	}
	var res result
	words := m.speaking(func(s *wording) bool { return !s.deny && phrasesIn(s.quote+" "+s.head, texts(r, "words")) })
	if len(words) == 0 && len(keys) > 0 {
		res.findings = append(res.findings, m.storageFinding(r, keys))
	}
	hidden := false
	for _, b := range m.in.Behaviors {
		switch b.Kind {
		case behavior.CNAMECloaking:
			hidden = true
			if !m.namesParty(b.Vendor) && !slices.ContainsFunc(m.sentences(), func(s wording) bool { return phrasesIn(s.quote, texts(r, "cloak_words")) }) {
				res.findings = append(res.findings, m.cloaked(r, b))
			}
		case behavior.EvercookieRespawn:
			hidden = true
			res.findings = append(res.findings, m.respawned(r, b))
		}
	}
	res.findings = merged(res.findings)
	switch {
	case len(res.findings) > 0:
		return res
	case len(keys) == 0 && !hidden:
		return result{outcome: NotApplicable, unseen: true, why: "No identifier was seen that is kept elsewhere than in a cookie, and no tracker under a name of the site's own."}
	case len(words) == 0:
		return result{outcome: Matches, why: "Whoever is behind a name of the site's own is named in the text."}
	}
	return result{outcome: Matches, why: fmt.Sprintf("The text speaks of other storage than cookies: “%s”", clip(words[0].quote, 200))}
}

func (m *Matcher) storageFinding(r *rules.Rule, keys map[string][]flow.StorageItem) Finding {
	f := Finding{Outcome: Differs, Confidence: string(flow.Direct), DataTypes: []string{"cookie_identifier"}, Fingerprint: fingerprint(r.ID, m.in.Site, "storage")}
	var names []string
	for _, vendor := range sorted(keys) {
		f.Recipients = append(f.Recipients, cmp.Or(vendor, m.in.Site))
		for _, k := range keys[vendor] {
			names = append(names, fmt.Sprintf("%s in %s of %s", k.Key, storageNames[k.Kind], cmp.Or(hostOf(k.Origin), m.in.Site)))
			f.Pages, f.Evidence = append(f.Pages, k.Pages...), append(f.Evidence, k.ID)
			for _, s := range k.States {
				if !slices.Contains(f.States, s) {
					f.States = append(f.States, s)
				}
			}
		}
	}
	slices.Sort(names)
	flow.SortStates(f.States)
	f.Pages, f.Evidence = compact(f.Pages), compact(f.Evidence)
	f.Severity = capped(r.Severity, flow.Direct, len(f.Pages))
	f.Title = "Identifiers are kept elsewhere than in cookies, and the text speaks of cookies only"
	f.Message = fmt.Sprintf("Observed: %s. Not found in the text: a sentence that speaks of storage other than cookies.", list(shorten(compact(names), 4)))
	m.doubt(&f)
	return f
}

var storageNames = map[string]string{"local": "the local storage", "session": "the session storage", "indexeddb": "a database", "cache": "a cache"}

// namesParty reports whether the texts name a vendor or its company.
func (m *Matcher) namesParty(vendor string) bool { return m.NamedVendors()[vendor] }

func (m *Matcher) cloaked(r *rules.Rule, b behavior.Behavior) Finding {
	f := fromBehavior(b)
	name := m.vendorName(flow.Recipient{Vendor: b.Vendor, Entity: m.entity(b.Vendor)})
	f.Severity = capped(r.Severity, b.Confidence, b.Sightings)
	f.Title = fmt.Sprintf("%s receives data under a name of the site's own, and the text does not name it", m.calling(flow.Recipient{Vendor: b.Vendor}))
	f.Message = fmt.Sprintf("Observed on %s: %s. Browsers take the host for the site's own. Not found in the text: %s.", countOf(len(f.Pages), "%d pages", "one page"), b.Detail, name)
	f.Fingerprint = fingerprint(r.ID, b.Vendor, "cloak")
	m.doubt(&f)
	return f
}

func (m *Matcher) entity(vendor string) string {
	if v := m.vendors[vendor]; v != nil {
		return v.Entity
	}
	return ""
}

func (m *Matcher) respawned(r *rules.Rule, b behavior.Behavior) Finding {
	f := fromBehavior(b)
	f.Recipients[0] = cmp.Or(b.Vendor, m.in.Site)
	f.Severity = capped(param(r, "respawn_severity", "high"), b.Confidence, b.Sightings)
	f.Title = "An identifier comes back after it was deleted"
	f.Message = fmt.Sprintf("Observed %s: %s. Deleting cookies is the control that people know; here it does not last.", seenOn(f.Pages, ""), b.Detail)
	f.Fingerprint = fingerprint(r.ID, f.Recipients[0], "respawn")
	return f
}

func fromBehavior(b behavior.Behavior) Finding {
	return Finding{Outcome: Differs, Confidence: string(b.Confidence), Recipients: []string{b.Vendor}, DataTypes: []string{"cookie_identifier"},
		Pages: b.Pages, States: slices.Clone(b.States), Evidence: slices.Clone(b.Evidence)}
}

// merged joins findings of one fingerprint: the pages and evidence of all, the
// message of the first.
func merged(findings []Finding) []Finding {
	at := map[string]int{}
	var out []Finding
	for _, f := range findings {
		i, known := at[f.Fingerprint]
		if !known {
			at[f.Fingerprint] = len(out)
			out = append(out, f)
			continue
		}
		o := &out[i]
		o.Pages, o.Evidence = compact(append(slices.Clone(o.Pages), f.Pages...)), compact(append(o.Evidence, f.Evidence...))
		o.States = slices.Compact(append(o.States, f.States...))
		flow.SortStates(o.States)
		o.States = slices.Compact[[]evidence.State](o.States)
		if severityRank[f.Severity] < severityRank[o.Severity] {
			o.Severity = f.Severity
		}
	}
	return out
}
