package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/policy"
)

// The texts of an organisation are read as one: what the privacy policy leaves
// out may stand in the cookie policy. So they must fit together, too. Most pairs
// that look like a contradiction are none: they speak of another act, another
// recipient, another purpose, other people, or one is an exception to the
// other (of 2,555 pairs that PolicyLint reported, PoliGraph's authors kept 211;
// Cui et al., USENIX Security 2023). Only pairs that agree in all of these are
// put before a person, side by side.

// Apart is why two sentences that seem to disagree do not.
type Apart string

// What sets two sentences apart.
const (
	ByAction    Apart = "action"    // sold and shared are different acts
	BySubject   Apart = "subject"   // another one acts or receives
	ByPurpose   Apart = "purpose"   // denied for a purpose only
	ByScope     Apart = "scope"     // for other people, or another place
	ByCondition Apart = "condition" // one of them has a condition or an exception
	ByBreadth   Apart = "breadth"   // one makes an exception from the other's broader term
)

// Contradiction is a pair of sentences of which only one can hold.
type Contradiction struct {
	Denial     string   `json:"denial"`    // id of the sentence that denies, or states the shorter time
	Statement  string   `json:"statement"` // id of the sentence that states it
	Documents  []string `json:"documents"` // ids: one, or two
	DataTypes  []string `json:"data_types"`
	Recipients []string `json:"recipients"`
	Kind       string   `json:"kind"` // "denial" or "retention"
	Why        string   `json:"why"`
}

// maxContradictions bounds how many pairs are reported.
const maxContradictions = 50

// Contradictions returns the pairs of sentences that cannot both hold, in the
// order of the texts, and how many pairs are set apart by what.
func (m *Matcher) Contradictions() ([]Contradiction, map[Apart]int) {
	out, apart := []Contradiction{}, map[Apart]int{}
	seen := map[string]bool{}
	add := func(c Contradiction, a, b *statement) {
		key := a.doc.ID + "\x00" + a.Quote + "\x00" + b.doc.ID + "\x00" + b.Quote
		if seen[key] || len(out) >= maxContradictions {
			return
		}
		seen[key] = true
		c.Denial, c.Statement, c.Documents = a.ID, b.ID, []string{a.doc.ID}
		if b.doc != a.doc {
			c.Documents = append(c.Documents, b.doc.ID)
		}
		if c.Recipients == nil {
			c.Recipients = []string{}
		}
		out = append(out, c)
	}
	for _, d := range m.statements {
		if !d.Negated {
			continue
		}
		for _, s := range m.statements {
			if s.Negated || s.doc == d.doc && s.Start == d.Start {
				continue
			}
			data := m.shared(d, s)
			if len(data) == 0 {
				continue
			}
			if why := m.apart(d, s, data); why != "" {
				if why != BySubject || act(d) == act(s) {
					apart[why]++
				}
				continue
			}
			add(Contradiction{Kind: "denial", DataTypes: data, Recipients: s.Recipients,
				Why: fmt.Sprintf("One sentence says that %s is not %s, another that it is.", m.dataNames(data), participle[act(d)])}, d, s)
		}
	}
	for i, a := range m.statements {
		for _, b := range m.statements[i+1:] {
			if data := m.keptTwice(a, b); len(data) > 0 {
				short, long := a, b
				if a.RetentionDays > b.RetentionDays {
					short, long = b, a
				}
				add(Contradiction{Kind: "retention", DataTypes: data,
					Why: fmt.Sprintf("One text keeps %s for %d days, another for %d.", m.dataNames(data), short.RetentionDays, long.RetentionDays)}, short, long)
			}
		}
	}
	return out, apart
}

// participle says what a group of acts does with data.
var participle = map[string]string{"collect": "collected", "share": "given to others", "sell": "sold", "use": "used", "place_cookies": "set", "retain": "kept"}

// act puts actions that mean the same for a reader together. Selling, sharing
// and collecting are different.
func act(st *statement) string {
	switch st.Action {
	case "share", "disclose", "transfer", "provide", "send", "let_collect":
		if st.Actor == "user" {
			return "collect"
		}
		return "share"
	case "sell", "rent":
		return "sell"
	case "collect":
		if st.Actor != "we" && st.Actor != "user" && st.Actor != "" {
			return "share"
		}
		return "collect"
	case "use", "place_cookies", "retain":
		return st.Action
	}
	return ""
}

// shared are the statement's data types that the denial is about: the same, or
// below a term of the denial that is not so broad that it covers everything.
func (m *Matcher) shared(d, s *statement) []string {
	var out []string
	for _, t := range s.DataTypes {
		if slices.Contains(empty, t) {
			continue
		}
		for _, u := range d.DataTypes {
			if slices.Contains(empty, u) || slices.Contains(out, t) {
				continue
			}
			if m.speaksOf(u, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// speaksOf reports whether a sentence about a term is about a narrower one too.
// Every pair of sentences is asked, of the same few terms.
func (m *Matcher) speaksOf(broad, narrow string) bool {
	key := [2]string{broad, narrow}
	yes, ok := m.covering[key]
	if !ok {
		_, below := m.in.Set.Terms.Subsumes(broad, narrow)
		yes = broad == narrow || below && (!m.top(broad) || personal(narrow) && !m.abstract(narrow))
		m.covering[key] = yes
	}
	return yes
}

// apart says what keeps two sentences about the same data from contradicting
// each other, "" when nothing does.
func (m *Matcher) apart(d, s *statement, data []string) Apart {
	kind := act(d)
	switch {
	case kind == "" || act(s) == "" || kind != act(s):
		return ByAction
	case d.scope != s.scope && !(d.scope == "" && slices.Contains(everywhere, s.scope)), d.place != s.place:
		return ByScope
	case d.when != unconditional, d.Condition != "", s.when != unconditional, s.Condition != "", s.Only, bound.MatchString(d.Quote), consentWords.MatchString(s.Quote):
		return ByCondition
	case len(d.Purposes) > 0 && !overlap(d.Purposes, s.Purposes):
		return ByPurpose
	case kind == "use" && len(d.Purposes) == 0 || kind == "place_cookies" && (d.limit != noCookiesLeft || s.Only) || kind == "retain":
		return ByPurpose // what is not used for one thing is used for another; kinds of cookies are compared with what was seen
	case (kind == "share" || kind == "sell") && !m.sameReceivers(d, s):
		return BySubject
	case !slices.ContainsFunc(data, func(t string) bool { return slices.Contains(d.DataTypes, t) }) && len(s.RecipientRefs) > 0 && slices.ContainsFunc(s.RecipientRefs, m.worksForUs):
		return ByBreadth
	}
	return ""
}

// bound are words that tie a denial to what its text spoke of just before, or to
// an occasion: "as part of this process", "when you write to us".
var bound = regexp.MustCompile(`(?i)^\s*(?:when|if|while|once|as part of)\b|\b(?:as part of|through|using|via|during|in|on|by|from|with|of)\s+(?:this|these|those|that|such)\b`)

// everywhere are scopes of people whom a sentence without a scope covers too.
var everywhere = []string{"", "california", "eu", "us_states"}

// sameReceivers reports whether what a sentence hands out goes to those to whom
// another denies it. A general denial ("third parties") leaves out those who
// work for the organisation, its group, its buyers and the authorities: texts
// name these as exceptions elsewhere.
func (m *Matcher) sameReceivers(d, s *statement) bool {
	general := len(d.RecipientRefs) == 0 || slices.ContainsFunc(d.RecipientRefs, func(r policy.RecipientRef) bool {
		t := m.in.Set.Terms.Recipient(r.ID)
		return r.Kind == "category" && t != nil && t.Generic
	})
	if len(s.RecipientRefs) == 0 {
		return general && !slices.Contains([]string{"transfer", "provide"}, s.Action)
	}
	for _, r := range s.RecipientRefs {
		for _, q := range d.RecipientRefs {
			if r.Kind == q.Kind && r.ID == q.ID && (r.ID != "" || strings.EqualFold(r.Text, q.Text)) || m.isOfKind(r, q) {
				return true
			}
		}
		if general && !m.worksForUs(r) {
			return true
		}
	}
	return false
}

// isOfKind reports whether a named vendor is of a category.
func (m *Matcher) isOfKind(r, kind policy.RecipientRef) bool {
	t, v := m.in.Set.Terms.Recipient(kind.ID), m.in.Set.Vendor(r.ID)
	return r.Kind == "vendor" && kind.Kind == "category" && t != nil && v != nil && !t.Generic && overlap(t.Categories, v.Categories)
}

// insiders are kinds of recipient that a denial of sharing commonly leaves out.
var insiders = []string{"service_providers", "vendors", "affiliates", "government", "successors", "payment_processors", "hosting_providers", "delivery_companies",
	"communication_providers", "consent_providers", "security_providers", "public", "analytics_providers", "employers"}

func (m *Matcher) worksForUs(r policy.RecipientRef) bool {
	if r.Kind == "category" {
		return slices.Contains(insiders, r.ID)
	}
	v := m.in.Set.Vendor(r.ID)
	return r.Kind == "vendor" && v != nil && !overlap(v.Categories, adLike)
}

// keptTwice are the data that two documents keep for different times. Within
// one document times differ by purpose.
func (m *Matcher) keptTwice(a, b *statement) []string {
	if a.doc == b.doc || a.Action != "retain" || b.Action != "retain" || a.Negated || b.Negated || a.RetentionDays == 0 || b.RetentionDays == 0 ||
		a.RetentionDays == b.RetentionDays || a.scope != b.scope || len(a.Purposes) > 0 && len(b.Purposes) > 0 && !overlap(a.Purposes, b.Purposes) {
		return nil
	}
	var out []string
	for _, t := range a.DataTypes {
		if slices.Contains(b.DataTypes, t) && !slices.Contains(empty, t) && t != "personal_information" && t != "cookie_identifier" {
			out = append(out, t)
		}
	}
	return out
}
