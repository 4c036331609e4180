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

// labelsUndisclosed finds segments, scores and inferences that are put on
// visitors, without a name too, and that the text does not mention: one finding
// for the site. Params:
//
//	places, kinds  classes and kinds of pages; without both every page
//	scopes         a sentence counts only where it speaks of these people: applicants, employees
//	labels         kinds of labels that count; without it all but consent strings
//	words          phrases by which a text says that such labels are made
//	severity       by kind of label; for labels that are sent
//	kept_severity  of labels that stay with the site
func labelsUndisclosed(m *Matcher, r *rules.Rule) result {
	at := m.placeOf(r)
	var sent, kept []flow.Label
	for _, l := range m.in.Seen.Labels {
		only := texts(r, "labels")
		if l.Kind == flow.ConsentString || len(only) > 0 && !slices.Contains(only, l.Kind) {
			continue
		}
		if !at.all {
			l.Pages = slices.DeleteFunc(slices.Clone(l.Pages), func(p string) bool { return at.pages[p] == nil })
		}
		to := slices.DeleteFunc(slices.Clone(l.SentTo), func(id string) bool { return id == m.in.Site || m.processor(flow.Recipient{Vendor: id}) })
		switch l.SentTo = to; {
		case len(l.Pages) == 0:
		case len(to) > 0:
			sent = append(sent, l)
		default:
			kept = append(kept, l)
		}
	}
	if len(sent)+len(kept) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No segment, score or inference was seen on a visitor" + onPages(at.words(at.sought())) + "."}
	}
	stated, denied := m.profiling(r)
	_, untold := m.toldTo(sent)
	switch {
	case len(denied) > 0 && len(sent) > 0:
		return result{findings: []Finding{m.labelled(r, at, sent, kept, untold, stated, denied)}}
	case len(stated) == 0, len(untold) > 0:
		return result{findings: []Finding{m.labelled(r, at, sent, kept, untold, stated, nil)}}
	}
	return result{outcome: Matches, why: fmt.Sprintf("The text says that such labels are made, and who gets them: “%s”", clip(stated[0].quote, 200))}
}

// profiling are the sentences that say that visitors are profiled or labelled,
// and those that deny it.
func (m *Matcher) profiling(r *rules.Rule) (stated, denied []wording) {
	scopes := texts(r, "scopes")
	for _, st := range m.statements {
		if !slices.Contains(st.Purposes, "profiling") && !slices.Contains(st.DataTypes, "inferred_profile") && !phrasesIn(st.Quote, texts(r, "words")) {
			continue
		}
		w := wording{doc: st.doc, id: st.ID, quote: st.Quote, deny: st.Negated}
		switch {
		case len(scopes) > 0 && !slices.Contains(scopes, st.scope), len(scopes) == 0 && slices.Contains(elsewhere, st.scope):
		case st.Negated && st.Condition == "":
			denied = append(denied, w)
		case !st.Negated:
			stated = append(stated, w)
		}
	}
	more := m.speaking(func(s *wording) bool {
		return s.id == "" && (len(scopes) == 0 && scopeOfKind[s.doc.Kind] == "" || slices.Contains(scopes, scopeOfKind[s.doc.Kind])) && phrasesIn(s.quote, texts(r, "words"))
	})
	for _, s := range more {
		if s.deny {
			denied = append(denied, s)
		} else {
			stated = append(stated, s)
		}
	}
	return stated, denied
}

// toldTo parts the recipients of labels into those of whom a sentence says so, and
// the others.
func (m *Matcher) toldTo(sent []flow.Label) (told, untold []string) {
	for _, l := range sent {
		for _, id := range l.SentTo {
			ok := slices.ContainsFunc(m.in.Seen.Flows, func(f flow.Flow) bool {
				return f.Recipient.Vendor == id && f.DataTypes[0] == "inferred_profile" && slices.Contains(covered, m.disclosed[f.ID].Verdict)
			})
			who := flow.Recipient{Vendor: id, Domain: id}
			if !ok {
				ok = len(m.speaking(func(s *wording) bool {
					return !s.deny && phrasesIn(s.quote, []string{"segment*", "profile*", "audience*", "score*", "interest*", "cohort*"}) && m.says(s.quote, who)
				})) > 0
			}
			if ok {
				told = append(told, id)
			} else {
				untold = append(untold, id)
			}
		}
	}
	return compact(told), compact(untold)
}

func (m *Matcher) labelled(r *rules.Rule, at places, sent, kept []flow.Label, untold []string, stated, denied []wording) Finding {
	f := Finding{Outcome: Differs, Confidence: string(flow.Direct), DataTypes: []string{"inferred_profile"}, Fingerprint: fingerprint(r.ID, m.in.Site)}
	about := sent
	if len(sent) == 0 {
		about = kept
	}
	f.Severity = r.Severity
	table := param(r, "severity", map[string]any{})
	var names []string
	for _, l := range about {
		if s, _ := table[l.Kind].(string); s != "" && severityRank[s] < severityRank[f.Severity] {
			f.Severity = s
		}
		f.Pages, f.Evidence = append(f.Pages, l.Pages...), append(f.Evidence, l.ID)
		f.Recipients = append(f.Recipients, l.SentTo...)
		f.States = append(f.States, l.States...)
		key := l.Key[strings.LastIndexByte(l.Key, '.')+1:]
		name := key
		if !strings.Contains(key, l.Kind) { // else the key says it
			name = fmt.Sprintf("%s (%s)", key, strings.ReplaceAll(l.Kind, "_", " "))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	f.Pages, f.Evidence, f.Recipients = compact(f.Pages), compact(f.Evidence), compact(f.Recipients)
	flow.SortStates(f.States)
	f.States = slices.Compact[[]evidence.State](f.States)
	slices.Sort(names)
	var who []string
	for _, id := range f.Recipients {
		who = append(who, m.calling(flow.Recipient{Vendor: id, Domain: id}))
	}
	slices.Sort(who)
	if len(f.Recipients) == 0 {
		f.Recipients, f.Severity = []string{m.in.Site}, param(r, "kept_severity", "low")
	}
	f.Severity = capped(f.Severity, flow.Direct, len(f.Pages))
	f.Message = fmt.Sprintf("Observed %s: %s.", seenOn(f.Pages, ""), list(shorten(names, 5)))
	where := onPages(at.words(at.seen(f.Pages)))
	goes := "They were not seen leaving the site."
	if len(who) > 0 {
		goes = "They went to " + list(shorten(who, 6)) + "."
	}
	f.Message += " " + goes + " No name is needed for such a label to sort people."
	switch {
	case len(denied) > 0:
		f.Title = "Visitors are sorted and scored" + where + ", which the text denies"
		f.Message += " The text says: " + f.quoted(denied)
		if len(stated) > 0 {
			f.Outcome = NeedsPerson
			f.Message += " Another sentence says: " + f.quoted(stated)
		}
	case len(stated) == 0:
		f.Title = "Visitors are sorted and scored" + where + ", which the text does not mention"
		f.Message += " Not found in the text: a sentence that says that visitors are put into segments, scored or profiled."
		m.doubt(&f)
	default:
		f.Title = fmt.Sprintf("The text does not say that %s labels on visitors", cmp.Or(getsOne(m, untold), "others get"))
		f.Message += " The text says that they are made: " + f.quoted(stated) + " Not found in the text: that " + getsOne(m, untold) + " them."
		m.doubt(&f)
	}
	return f
}

func getsOne(m *Matcher, ids []string) string {
	var who []string
	for _, id := range ids {
		who = append(who, m.calling(flow.Recipient{Vendor: id, Domain: id}))
	}
	if slices.Sort(who); len(who) == 1 {
		return who[0] + " gets"
	}
	return list(shorten(who, 4)) + " get"
}
