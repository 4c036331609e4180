package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

// purposeDiffers finds recipients that are for one thing by what they are asked
// for, and that the text names for other things only. What is observed is the
// purpose of the product whose address was called, not of the brand. Params:
//
//	observed  ids of purposes that count when they are observed
//	enough    ids of purposes any of which is enough as the stated one
func purposeDiffers(m *Matcher, r *rules.Rule) result {
	observed, enough := texts(r, "observed"), texts(r, "enough")
	var res result
	named := 0
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence != flow.Indirect && overlap(f.Purposes, observed) &&
			overlap(m.categories(f), adLike) && !slices.Contains(bare, f.DataTypes[0])
	})) {
		stated := m.statedFor(g)
		if len(stated) == 0 {
			continue // others' findings
		}
		named++
		if slices.ContainsFunc(stated, func(st *statement) bool {
			return overlap(st.Purposes, enough) || adWords.MatchString(st.Quote+" "+st.Heading)
		}) || m.tableSays(g, enough) || m.adSentence(g.recipient()) {
			continue
		}
		f := g.finding(r.Severity)
		var purposes []string
		for _, st := range stated {
			purposes = append(purposes, st.Purposes...)
			if len(f.Statements) < maxStatements {
				f.Statements = append(f.Statements, st.ID)
			}
		}
		is := m.purposeNames(slices.DeleteFunc(union(g.flows, func(f *flow.Flow) []string { return f.Purposes }), func(p string) bool { return !slices.Contains(observed, p) }))
		says := m.purposeNames(compact(purposes))
		f.Title = fmt.Sprintf("%s is for %s, and the text names it for %s only", m.calling(g.recipient()), is, says)
		f.Message = fmt.Sprintf("%s Its product is for %s. The text names it for %s only: “%s”", m.gets(g), is, says, clip(stated[0].Quote, 200))
		f.SuggestedText = m.suggest(g)
		res.findings = append(res.findings, f)
	}
	switch {
	case len(res.findings) > 0:
		return res
	case named == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No advertising recipient was seen that the text names with a purpose."}
	}
	return result{outcome: Matches, why: "Every advertising recipient that the text names with a purpose is named for advertising, or the like, too."}
}

// adWords are how texts say advertising without a purpose that is read.
var adWords = newPhrase(`(?i)\b(?:advertis|ads?\b|remarket|retarget|marketing|campaign|conversion|audience|personali[sz]|profil|social (?:plug|media feat)|werb|anzeigen|kampagne|publicit|annonc|publicidad|anuncio)`)

// adSentence reports whether a sentence names a recipient beside a word for
// advertising.
func (m *Matcher) adSentence(who flow.Recipient) bool {
	return len(m.speaking(func(s *wording) bool {
		return !s.deny && adWords.MatchString(s.quote+" "+s.head) && m.says(s.quote, who)
	})) > 0
}

// statedFor are the statements that name a recipient itself or its company and
// say what for.
func (m *Matcher) statedFor(g group) []*statement {
	var out []*statement
	for _, st := range m.statements {
		if st.Negated || len(st.Purposes) == 0 || notPractice(st.Action) || !m.concerns(st, g.flows[0]) {
			continue
		}
		if level, _ := m.recipient(st, g.flows[0]); level == namedRecipient {
			out = append(out, st)
		}
	}
	return out
}

// tableSays reports whether a row of a cookie table names the recipient as its
// provider for one of some purposes.
func (m *Matcher) tableSays(g group, enough []string) bool {
	name := strings.ToLower(m.calling(g.recipient()))
	for _, d := range m.read {
		for _, c := range d.Cookies {
			_, v := m.in.Set.CookieFor(c.Name, m.in.Site, m.in.Site)
			if slices.Contains(enough, c.Purpose) && (strings.Contains(strings.ToLower(c.Provider), name) || v != nil && v.ID == g.recipient().Vendor) {
				return true
			}
		}
	}
	return false
}

func (m *Matcher) purposeNames(ids []string) string {
	names := []string{}
	for _, id := range ids {
		name := strings.ReplaceAll(id, "_", " ")
		if p := m.in.Set.Terms.Purpose(id); p != nil && p.Name != "" {
			name = inSentence(p.Name)
		}
		names = append(names, name)
	}
	return list(shorten(compact(names), 4))
}
