package main

import (
	"slices"
	"strings"
)

// denials: segments that say that something is not done. A denial that
// was read is wrong when it is plain and no annotator saw one; it is found also
// when it has a condition.
func denials(m *measurement) error {
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	apps, err := m.policiesOfApps()
	if err != nil {
		return err
	}
	pies, err := m.sentences()
	if err != nil {
		return err
	}
	all, bySegment, pie, gdpr := newTally(), newTally(), newTally(), newTally()
	count := func(own *tally, id string, got, plain, sure, maybe bool, text, why string) {
		switch {
		case got && !plain && !maybe:
		case got && maybe:
			own.right(id)
			all.right(id)
		case got:
			own.wrong(id)
			all.wrong(id)
			m.mistake("denial", id, "FALSE %s <- %.400s", why, text)
		case sure:
			own.missed(id)
			all.missed(id)
			m.mistake("denial", id, "MISSED <- %.700s", text)
		}
	}
	for _, p := range opp {
		for i, s := range p.segs {
			n := map[string]map[string]bool{firstParty: {}, thirdParty: {}}
			text := ""
			for _, x := range p.practices[i] {
				if x.attr("Does/Does Not") == "Does Not" && n[x.Category] != nil {
					n[x.Category][x.Annotator] = true
					text = x.text("Does/Does Not")
				}
			}
			for _, party := range []string{firstParty, thirdParty} {
				got, bare, why := false, false, ""
				for _, st := range p.statements[i] {
					if st.Negated && slices.Contains(parties(st), party) {
						got, bare, why = true, bare || plain(st), st.Actor+" "+st.Action+" "+st.Quote
					}
				}
				other := len(n[firstParty])+len(n[thirdParty]) > 0
				count(bySegment, p.id, got, bare, len(n[party]) >= 2, other, party+" ["+text+"] "+s.Text, why)
			}
		}
	}
	for _, s := range pies {
		not := false
		for _, sp := range s.Spans {
			not = not || strings.HasPrefix(sp.Label, "NOT_")
		}
		got, bare, why := false, false, ""
		for _, st := range s.statements {
			if st.Negated {
				got, bare, why = true, bare || plain(st), st.Actor+" "+st.Action+" "+strings.Join(st.DataTypes, ",")
			}
		}
		count(pie, s.id(), got, bare, not, not, strings.Join(s.Tokens, " "), why)
	}
	for _, g := range apps {
		for i, p := range g.passages {
			not := false
			for _, a := range p.Annotations {
				not = not || !a.Performed && (a.Label == "Data Categories" || a.Label == "Data Recipients" || a.Label == "Processing Purpose")
			}
			got, why := false, ""
			for _, st := range g.statements[i] {
				if st.Negated {
					got, why = true, st.Actor+" "+st.Action+" "+strings.Join(st.DataTypes, ",")
				}
			}
			if not { // real denials are missing in these labels: only recall is counted
				count(gdpr, g.id, got, true, true, true, p.Passage, why)
			}
		}
	}
	m.figure("denial", "precision", all, precision)
	m.figure("denial", "recall", all, recall)
	m.figure("denial", "precision-segments", bySegment, precision)
	m.figure("denial", "recall-segments", bySegment, recall)
	m.figure("denial", "precision-sentences", pie, precision)
	m.figure("denial", "recall-sentences", pie, recall)
	m.figure("denial", "recall-passages", gdpr, recall)
	return nil
}
