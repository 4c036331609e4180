package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/policy"
)

// topicCategories are the corpus's categories of what a text speaks of.
var topicCategories = map[string]string{
	"rights": "User Access, Edit and Deletion", "security": "Data Security", "changes": "Policy Change", "do_not_track": "Do Not Track",
	"children": "International and Specific Audiences", "region": "International and Specific Audiences", "transfers": "International and Specific Audiences",
}

// segmentCategories are those that are measured: the corpus's nine practices.
var segmentCategories = []string{firstParty, thirdParty, "User Choice/Control", "User Access, Edit and Deletion", "Data Retention", "Data Security",
	"Policy Change", "Do Not Track", "International and Specific Audiences"}

// segments: which categories of practices a segment holds, by what the reader
// found in it; a category is right when most annotators gave it.
func segments(m *measurement) error {
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	all := newTally()
	by := map[string]*tally{}
	for _, c := range segmentCategories {
		by[c] = newTally()
	}
	for _, p := range opp {
		for i, s := range p.segs {
			got := p.categories(i)
			for _, c := range segmentCategories {
				want := slices.Contains(s.Majority, c)
				switch {
				case got[c] && want:
					all.right(p.id)
					by[c].right(p.id)
				case got[c]:
					all.wrong(p.id)
					by[c].wrong(p.id)
					m.mistake("segment", p.id, "FALSE %s (%v) by %s <- %.500q", c, s.Majority, p.why(i, c), s.Text)
				case want:
					all.missed(p.id)
					by[c].missed(p.id)
					m.mistake("segment", p.id, "MISSED %s (%v) <- %.500q", c, slices.Sorted(maps.Keys(got)), s.Text)
				}
			}
		}
	}
	var each []*tally
	for _, c := range segmentCategories {
		each = append(each, by[c])
	}
	m.figure("segment", "micro-F1", all, f1)
	m.mean("segment", "macro-F1", each, f1)
	for i, c := range []string{"first-party", "third-party", "choice", "access", "retention", "security", "change", "dnt", "audiences"} {
		m.figure("segment", "F1-"+c, each[i], f1)
	}
	return nil
}

// categories are those of a segment by what was read in it.
func (p *oppPolicy) categories(i int) map[string]bool {
	got := map[string]bool{}
	handedOut := map[int]bool{} // sentences about others
	for _, st := range p.statements[i] {
		if slices.Contains(parties(st), thirdParty) {
			handedOut[st.Start] = true
		}
	}
	for _, st := range p.statements[i] {
		if n, rule := st.Keeping(); n > 0 || rule != "" {
			got["Data Retention"] = true
		}
		if !st.Negated && (p.aside[i][st.Start] || onlyTells(st)) {
			continue
		}
		// "The information that we collect" in a sentence about others, or
		// about its keeping, is no practice of its own.
		aside := (handedOut[st.Start] || st.Action == "retain" || p.aside[i][st.Start]) && len(st.DataTypes) == 1
		for _, party := range parties(st) {
			if party == thirdParty || !aside {
				got[party] = true
			}
		}
	}
	if p.givesChoice(i, got[firstParty] || got[thirdParty]) {
		got["User Choice/Control"] = true
	}
	for t := range p.topics[i] {
		if c := topicCategories[t]; c != "" {
			got[c] = true
		}
	}
	return got
}

// onlyTells reports whether a statement does no more than tell which data
// another one is about: "the information that we collect".
func onlyTells(st policy.Statement) bool {
	return st.Aside && len(st.RecipientRefs) == 0 && !slices.ContainsFunc(st.DataTypes, func(id string) bool { return id != "information" && id != "personal_information" })
}

// givesChoice reports whether choices are what a segment is about. To the
// corpus, a choice that a longer segment on a practice ends with belongs to that
// practice.
func (p *oppPolicy) givesChoice(i int, practice bool) bool {
	quotes := map[string]bool{}
	for _, x := range p.choices[i] {
		_, quote, _ := strings.Cut(x, ": ")
		quotes[quote] = true
	}
	n := len(quotes)
	return n >= 3 || n > 0 && (!practice || 2*n >= len(sentenceEnd.FindAllString(p.segs[i].Text, -1)))
}

var sentenceEnd = regexp.MustCompile(`[.!?](?:\s|$)`)

// why are the statements that give a segment a party's category.
func (p *oppPolicy) why(i int, category string) string {
	var out []string
	for _, st := range p.statements[i] {
		if slices.Contains(parties(st), category) {
			out = append(out, fmt.Sprintf("%s %s %v %.120q", st.Actor, st.Action, st.DataTypes, st.Quote))
		}
	}
	return strings.Join(out, "; ")
}
