package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
)

// Bounds of what a disclosure lists.
const (
	maxStatements = 5
	maxCandidates = 3
)

// Disclose returns the verdict on each flow, by flow id.
func (m *Matcher) Disclose() map[string]Disclosure { return m.disclosed }

func (m *Matcher) disclose() map[string]Disclosure {
	out := make(map[string]Disclosure, len(m.in.Seen.Flows))
	why := m.untold()
	verdict := Omitted
	if len(m.in.Documents) > 0 {
		verdict = Unread // what was not read may say it
	}
	for i := range m.in.Seen.Flows {
		f := &m.in.Seen.Flows[i]
		if why != "" {
			out[f.ID] = Disclosure{Verdict: verdict, Statements: []string{}, Candidates: []string{}, Why: capital(why) + "."}
			continue
		}
		out[f.ID] = m.verdict(f)
	}
	return out
}

func (m *Matcher) verdict(f *flow.Flow) Disclosure {
	var clear, vague, denied []cover
	for _, st := range m.about(f.DataTypes[0]) {
		if c, ok := m.contradicts(st, f); ok {
			denied = append(denied, c)
		} else if c, ok := m.covers(st, f); ok {
			if c.clear() {
				clear = append(clear, c)
			} else {
				vague = append(vague, c)
			}
		}
	}
	closest := func(a, b cover) int {
		return cmp.Or(cmp.Compare(b.recipient, a.recipient), cmp.Compare(b.data, a.data))
	}
	slices.SortStableFunc(vague, closest)
	slices.SortStableFunc(denied, closest)
	stated := append(slices.Clone(clear), vague...)
	waits := ""
	if len(stated) > 0 {
		// "Only after you have agreed" says that it happens, and when: a promise, and no denial of the flow.
		if i := slices.IndexFunc(denied, func(c cover) bool { return c.st.when != unconditional }); i >= 0 {
			waits = fmt.Sprintf(" Another sentence makes it wait for consent: statement %s.", denied[i].st.ID)
			denied = slices.DeleteFunc(denied, func(c cover) bool { return c.st.when != unconditional })
		}
	}
	switch {
	case len(denied) > 0 && len(stated) > 0 && !m.excepted(denied[0], stated):
		d := m.because(Ambiguous, f, append(denied[:1:1], stated[0]))
		d.Why = fmt.Sprintf("One sentence says that it does not happen (%s), another that it does (%s).", m.path(denied[0], f), m.path(stated[0], f))
		return d
	case len(denied) > 0:
		d := m.because(Incorrect, f, denied)
		d.Why = fmt.Sprintf("The text says that it does not happen: %s.", m.path(denied[0], f))
		return d
	case len(clear) > 0:
		d := m.because(Clear, f, clear)
		d.Why = fmt.Sprintf("The text names this data type and this recipient: %s.", m.path(clear[0], f))
		if f.Recipient.Party == flow.First {
			d.Why = fmt.Sprintf("The text says that this is collected: %s.", m.path(clear[0], f))
		}
		d.Why += waits
		return d
	case len(vague) > 0:
		d := m.because(Vague, f, vague)
		d.Why = fmt.Sprintf("Covered by a broader term only: %s.", m.path(vague[0], f)) + waits
		return d
	}
	return m.omitted(f)
}

// excepted reports whether a denial takes a flow out of what broader sentences
// say: "advertising networks collect online identifiers" and "we never share
// your e-mail address with advertisers" do not contradict each other, the second
// makes an exception (PolicyLint's narrowing definitions, Andow et al., USENIX
// Security 2019). A broad denial beside a narrow statement is a contradiction.
func (m *Matcher) excepted(denied cover, stated []cover) bool {
	return denied.data >= broaderData && !slices.ContainsFunc(stated, func(s cover) bool { return !m.narrower(denied, s) })
}

func (m *Matcher) narrower(denied, stated cover) bool {
	switch {
	case denied.recipient < stated.recipient || denied.st.limit != noLimit:
		return false
	case stated.data == emptyData:
		return true
	case len(denied.path) == 0 || len(stated.path) == 0 || denied.path[0] == stated.path[0]:
		return false
	}
	_, below := m.in.Set.Terms.Subsumes(stated.path[0], denied.path[0])
	return below || m.abstract(stated.path[0]) && !m.abstract(denied.path[0])
}

func (m *Matcher) abstract(id string) bool {
	d := m.in.Set.Terms.DataType(id)
	return d != nil && d.Abstract
}

func (m *Matcher) because(v Verdict, f *flow.Flow, covers []cover) Disclosure {
	d := Disclosure{Verdict: v, Statements: []string{}, Candidates: []string{}}
	for _, c := range covers {
		if len(d.Statements) < maxStatements && !slices.Contains(d.Statements, c.st.ID) {
			d.Statements = append(d.Statements, c.st.ID)
		}
	}
	return d
}

// path writes the way from the flow's terms to the statement's: "e-mail address
// → contact information; Mailchimp → service providers; statement d01.s0004".
func (m *Matcher) path(c cover, f *flow.Flow) string {
	parts := []string{}
	data := f.DataTypes[0]
	switch {
	case c.data == emptyData:
		parts = append(parts, m.dataTerm(data)+" → no kind of data is named")
	case len(c.path) > 1:
		names := []string{}
		for _, id := range slices.Backward(c.path) {
			names = append(names, m.dataTerm(id))
		}
		parts = append(parts, strings.Join(names, " → "))
	default:
		parts = append(parts, m.dataTerm(data))
	}
	if f.Recipient.Party != flow.First {
		to := m.vendorName(f.Recipient)
		if c.words != "" && !strings.EqualFold(c.words, to) {
			to += " → “" + c.words + "”"
		}
		parts = append(parts, to)
	}
	return strings.Join(append(parts, "statement "+c.st.ID), "; ")
}

// omitted finds the sentences that come nearest.
func (m *Matcher) omitted(f *flow.Flow) Disclosure {
	d := Disclosure{Verdict: Omitted, Statements: []string{}, Candidates: []string{}}
	type near struct {
		c     cover
		score int
	}
	var all []near
	for _, st := range m.nearby(f) {
		if notPractice(st.Action) && len(refs(st)) == 0 {
			continue
		}
		c := cover{st: st}
		c.data, c.path = m.data(st, f.DataTypes[0])
		c.recipient, c.words = m.recipient(st, f)
		if c.data < broaderData && c.recipient < siblingRecipient || st.Negated && c.data < exactData {
			continue // what is denied of other data tells nothing
		}
		score := 4*int(c.recipient) + 3*max(0, int(c.data)-1)
		if st.Negated {
			score -= 6 // what is denied tells less than what is said
		}
		if overlap(st.Purposes, f.Purposes) {
			score++
		}
		all = append(all, near{c, score})
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(b.score, a.score) })
	for _, n := range all[:min(len(all), maxCandidates)] {
		d.Candidates = append(d.Candidates, n.c.st.ID)
	}
	what := m.dataTerm(f.DataTypes[0])
	switch {
	case f.Recipient.Party == flow.First:
		d.Why = fmt.Sprintf("Not found in the text: no sentence says that %s is collected.", what)
	default:
		d.Why = fmt.Sprintf("Not found in the text: no sentence covers %s going to %s.", what, m.vendorName(f.Recipient))
	}
	if len(all) > 0 {
		d.Why += " Nearest: " + m.missing(all[0].c) + "."
	}
	if len(m.unread) > 0 {
		d.Why += " Not every text was read: " + strings.Join(m.unread[:min(2, len(m.unread))], "; ") + "."
	}
	return d
}

// nearby returns the statements that name the data type or the recipient, in
// the order of the texts.
func (m *Matcher) nearby(f *flow.Flow) []*statement {
	key := [2]string{f.Recipient.Vendor, f.Recipient.Domain}
	named, ok := m.naming[key]
	if !ok {
		for _, st := range m.statements {
			if level, _ := m.recipient(st, f); level >= siblingRecipient {
				named = append(named, st)
			}
		}
		m.naming[key] = named
	}
	all := append(slices.Clone(m.about(f.DataTypes[0])), named...)
	slices.SortFunc(all, func(a, b *statement) int { return cmp.Compare(a.order, b.order) })
	return slices.Compact(all)
}

func (m *Matcher) missing(c cover) string {
	switch {
	case c.st.Negated:
		return "statement " + c.st.ID + ", a denial that does not apply here"
	case slices.Contains(elsewhere, c.st.scope):
		return "statement " + c.st.ID + ", which speaks of " + c.st.scope
	case c.data >= broaderData:
		return "statement " + c.st.ID + ", which names the data but not this recipient"
	}
	return "statement " + c.st.ID + ", which names the recipient but not this data"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
