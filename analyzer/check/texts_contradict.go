package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/rules"
)

// textsContradict puts pairs of sentences that cannot both hold before a person.
// Params:
//
//	between  "texts": pairs from two notices, unless one of them is an earlier version or says which prevails; "sentences": pairs within one; without it both
func textsContradict(m *Matcher, r *rules.Rule) result {
	pairs, apart := m.Contradictions()
	pairs = slices.DeleteFunc(slices.Clone(pairs), func(p Contradiction) bool {
		two := len(p.Documents) > 1
		switch param(r, "between", "") {
		case "texts":
			return !two || m.settled(p.Documents)
		case "sentences":
			return two
		}
		return false
	})
	if param(r, "between", "") == "texts" && len(m.read) < 2 {
		return result{outcome: NotApplicable, why: "Fewer than two notices were read."}
	}
	texts := countOf(len(m.read), "the %d texts", "the one text")
	if len(pairs) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("No two sentences of %s contradict each other; %s.", texts, setApart(apart))}
	}
	res := result{why: fmt.Sprintf("%s of %s; %s.", countOf(len(pairs), "%d pairs of sentences do not fit together", "One pair of sentences does not fit together"), texts, setApart(apart))}
	for _, p := range pairs {
		f := Finding{Outcome: NeedsPerson, Severity: "low", Confidence: "direct", Statements: []string{p.Denial, p.Statement}, DataTypes: p.DataTypes}
		where := "in the same text"
		if len(p.Documents) > 1 {
			f.Severity, where = r.Severity, "in different texts"
		}
		f.Title = "Two sentences that do not fit together, " + where
		f.Message = fmt.Sprintf("%s %s: “%s” %s: “%s” Which of them holds needs a person.", p.Why, m.source(p.Denial), m.quote(p.Denial), m.source(p.Statement), m.quote(p.Statement))
		f.Fingerprint = fingerprint(r.ID, m.in.Site, m.quote(p.Denial), m.quote(p.Statement))
		res.findings = append(res.findings, f)
	}
	return res
}

var (
	prevails = newPhrase(`(?i)\b(?:prevails?|takes? precedence|shall (?:prevail|control|govern)|controls? (?:over|to the extent)|supersedes?|in (?:the )?(?:event|case) of (?:a |any )?(?:conflict|inconsistenc\w+|discrepanc\w+))\b|\bgeht\b.{0,40}\bvor\b|\bVorrang\b|\bprévaut\b|\bprevalece\b`)
	retired  = newPhrase(`(?i)\b(?:archiv\w*|previous versions?|prior versions?|former versions?|old versions?|superseded|no longer (?:in effect|valid)|until \d{1,2}\.? \w+ 20\d\d)\b`)
)

// settled reports whether notices that disagree say themselves which holds: one is
// an earlier version, or one says that it prevails.
func (m *Matcher) settled(ids []string) bool {
	for _, d := range m.read {
		if !slices.Contains(ids, d.ID) {
			continue
		}
		if retired.MatchString(d.Title+" "+strings.ReplaceAll(strings.ReplaceAll(d.URL, "-", " "), "/", " ")) ||
			slices.ContainsFunc(m.sentences(), func(s wording) bool { return s.doc == d && prevails.MatchString(s.quote) }) {
			return true
		}
	}
	return false
}

// source says which text a statement stands in.
func (m *Matcher) source(id string) string {
	for _, st := range m.statements {
		if st.ID == id {
			return cmp.Or(st.doc.Title, st.doc.URL, st.doc.ID)
		}
	}
	return id
}

// setApart says how many pairs only seem to disagree.
func setApart(apart map[Apart]int) string {
	var parts []string
	sum := 0
	for _, why := range []Apart{ByAction, BySubject, ByPurpose, ByScope, ByCondition, ByBreadth} {
		if n := apart[why]; n > 0 {
			sum += n
			parts = append(parts, fmt.Sprintf("%d by %s", n, why))
		}
	}
	if sum == 0 {
		return "no other pair seems to disagree"
	}
	return countOf(sum, "%d pairs that seem to disagree differ", "one pair that seems to disagree differs") + ": " + strings.Join(parts, ", ")
}
