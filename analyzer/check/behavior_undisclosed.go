package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/rules"
)

// behaviorUndisclosed finds behaviors that no sentence covers: one finding for
// each party whose script did it. Params:
//
//	kinds     of behavior; all of them that one party shows go into one finding
//	left      kinds of which the same script must show one too: what was read has to leave
//	data      types of data of which a sentence that says they are collected covers the behavior
//	words     phrases, in any language, by which a text mentions it too
//	severity  by kind of behavior or category of the party
//	lesser    by category of the party: the severity is at most that, as for defence against fraud
//	calls     what the behaviors are called in a title: "fingerprints the device"
//	what      what a sentence would speak of: "a device fingerprint"
func behaviorUndisclosed(m *Matcher, r *rules.Rule) result {
	kinds, what := texts(r, "kinds"), param(r, "what", "it")
	byParty := m.behaving(kinds, texts(r, "left"))
	if len(byParty) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No such behavior was seen."}
	}
	stated, denied := m.sayings(texts(r, "data"), texts(r, "words"))
	if len(stated) > 0 && len(denied) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("The text mentions %s: “%s”", what, clip(stated[0].quote, 200))}
	}
	var res result
	for _, party := range sorted(byParty) {
		res.findings = append(res.findings, m.behaved(r, party, byParty[party], stated, denied))
	}
	return res
}

// behaving are the behaviors of some kinds by party. Where something has to leave,
// those of a script that let it leave count, and the party is who got it.
func (m *Matcher) behaving(kinds, left []string) map[string][]behavior.Behavior {
	out, scripts := map[string][]behavior.Behavior{}, map[string][]behavior.Behavior{}
	for _, b := range m.in.Behaviors {
		switch {
		case len(left) > 0 && slices.Contains(left, string(b.Kind)):
			scripts[b.Script] = append(scripts[b.Script], b)
		case len(left) == 0 && slices.Contains(kinds, string(b.Kind)):
			out[b.Vendor] = append(out[b.Vendor], b)
		}
	}
	for _, script := range sorted(scripts) {
		var own []behavior.Behavior
		for _, b := range m.in.Behaviors {
			if b.Script == script && slices.Contains(kinds, string(b.Kind)) {
				own = append(own, b)
			}
		}
		if len(own) > 0 {
			for _, b := range scripts[script] {
				out[b.Vendor] = append(append(out[b.Vendor], own...), b)
			}
		}
	}
	return out
}

// sayings are the statements that say data of some types are collected, and the
// sentences that hold a phrase; and those that deny it.
func (m *Matcher) sayings(data, words []string) (stated, denied []wording) {
	for _, st := range m.statements {
		exact := slices.ContainsFunc(data, func(d string) bool { return slices.Contains(st.DataTypes, d) })
		switch {
		case !exact && !phrasesIn(st.Quote, words):
		case st.Negated && st.Condition == "" && scoped(st) == "":
			denied = append(denied, wording{doc: st.doc, id: st.ID, quote: st.Quote})
		case !st.Negated && !notPractice(st.Action):
			stated = append(stated, wording{doc: st.doc, id: st.ID, quote: st.Quote})
		}
	}
	if len(words) == 0 {
		return stated, denied
	}
	return append(stated, m.speaking(func(s *wording) bool { return s.id == "" && !s.deny && phrasesIn(s.quote, words) })...), denied
}

// phrasesIn reports whether a text holds one of some phrases as whole words, or
// the start of them where a phrase ends with "*".
func phrasesIn(text string, phrases []string) bool {
	row := " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \t\n\u00a0.,;:!?()[]“”\"'’/-–—", r) }), " ") + " "
	return slices.ContainsFunc(phrases, func(p string) bool {
		p = strings.ReplaceAll(strings.ToLower(p), "-", " ")
		if start, ok := strings.CutSuffix(p, "*"); ok {
			return strings.Contains(row, " "+start)
		}
		return strings.Contains(row, " "+p+" ")
	})
}

func (m *Matcher) behaved(r *rules.Rule, party string, seen []behavior.Behavior, stated, denied []wording) Finding {
	f := Finding{Outcome: Differs, Recipients: []string{cmp.Or(party, m.in.Site)}}
	pages, sightings, best := map[string]bool{}, 0, flow.TextWeak
	var kinds, details []string
	for _, b := range seen {
		if confidenceRank[b.Confidence] < confidenceRank[best] {
			best = b.Confidence
		}
		sightings += b.Sightings
		kinds = append(kinds, string(b.Kind))
		for _, p := range b.Pages {
			pages[p] = true
		}
		for _, s := range b.States {
			if !slices.Contains(f.States, s) {
				f.States = append(f.States, s)
			}
		}
		f.Evidence = append(f.Evidence, b.Evidence[:min(3, len(b.Evidence))]...)
		if d := clip(b.Detail, 160); !slices.Contains(details, d) {
			details = append(details, d)
		}
	}
	flow.SortStates(f.States)
	f.Pages, f.Evidence, f.Confidence = sorted(pages), compact(f.Evidence), string(best)
	f.DataTypes = behaviorData(texts(r, "data"))
	f.Severity = capped(m.behaviorSeverity(r, party, compact(kinds)), best, sightings)
	who := m.calling(flow.Recipient{Vendor: party})
	if party == "" || party == m.in.Site {
		who = "The site itself"
	}
	what := param(r, "what", "it")
	f.Title = fmt.Sprintf("%s %s, which the text does not mention", who, param(r, "calls", "does something"))
	f.Message = fmt.Sprintf("Observed %s: %s.", seenOn(f.Pages, ""), list(shorten(details, 3)))
	switch {
	case len(denied) > 0:
		f.Title = fmt.Sprintf("%s %s, which the text denies", who, param(r, "calls", "does something"))
		f.Message += " The text says: " + f.quoted(denied)
		if len(stated) > 0 {
			f.Outcome = NeedsPerson
			f.Message += " Another sentence says: " + f.quoted(stated)
		}
	default:
		f.Message += fmt.Sprintf(" Not found in the text: a sentence that speaks of %s.", what)
		m.doubt(&f)
	}
	f.Fingerprint = fingerprint(r.ID, cmp.Or(party, m.in.Site))
	return f
}

// seenOn says on which pages something was seen: "on one page for children, https://…",
// "on 3 pages, as on https://…".
func seenOn(pages []string, which string) string {
	if len(pages) == 1 {
		return "on one page" + which + ", " + clip(pages[0], 120)
	}
	return fmt.Sprintf("on %d pages%s, as on %s", len(pages), which, firstOf(pages))
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return "no page"
	}
	return clip(list[0], 120)
}

// behaviorData names one type of data: the first is the one that the behavior is.
func behaviorData(data []string) []string { return data[:min(1, len(data))] }

// behaviorSeverity is the worst that the rule gives the kinds or the party's
// categories, and no more than it allows for a category.
func (m *Matcher) behaviorSeverity(r *rules.Rule, party string, kinds []string) string {
	categories := m.categories(&flow.Flow{Recipient: flow.Recipient{Vendor: party}})
	best := cmp.Or(worst(param(r, "severity", map[string]any{}), slices.Concat(kinds, categories)), r.Severity)
	lesser := param(r, "lesser", map[string]any{})
	for _, c := range categories {
		if s, _ := lesser[c].(string); s != "" && severityRank[s] > severityRank[best] {
			best = s
		}
	}
	return best
}
