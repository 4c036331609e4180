package policy

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// readTongueBlock reads a block in a language other than English, as
// readStatements reads English ones.
func (r *reader) readTongueBlock(t *tongue, i int, self map[string]bool, prior string) (read int, next string) {
	p := r.body[i]
	switch p.kind {
	case "heading":
		at := r.sentenceIn(i, span{0, len(p.text)}, self)
		r.receivesTongue(t, at, t.sentence(at.text, 0, self))
		return 0, ""
	case "row":
		r.rowTongue(t, i, self)
		return 1, ""
	}
	spans := splitSentences(p.text)
	for k, sp := range spans {
		at := r.sentenceIn(i, sp, self)
		var leads []string
		if k == 0 {
			leads = r.leadsOf(i, prior)
		}
		at.leads = strings.HasSuffix(at.text, ":") && sp.end == len(p.text) && r.introduces(i)
		own := t.sentence(at.text, 0, self)
		before := len(r.doc.Statements)
		r.readTongueSentence(t, at, own, leads)
		if len(r.doc.Statements) == before && p.kind != "item" {
			r.namedInTongue(t, at, own, before)
		}
		r.receivesTongue(t, at, own)
		r.choosesTongue(t, at)
		r.touchesTongue(t, at)
	}
	if p.kind == "paragraph" && strings.HasSuffix(p.text, ":") && len(spans) > 0 {
		next = p.text[spans[len(spans)-1].start:]
	}
	return len(spans), next
}

// readTongueSentence reads a sentence. When it has no verb of its own it takes
// that of what introduces it, or else of its heading.
func (r *reader) readTongueSentence(t *tongue, at spot, own *sentence, leads []string) {
	if strings.HasSuffix(at.text, "?") || !strings.Contains(at.text, " ") && len(leads) == 0 {
		return
	}
	contained := t.contained(own)
	if !contained {
		for _, lead := range leads {
			if lead == "" || len(lead) > maxLead || strings.HasSuffix(lead, "?") || strings.HasSuffix(lead, ".") {
				continue
			}
			joined := strings.TrimRight(lead, ":;,. –—-") + " "
			if r.readTongue(t, at, t.sentence(joined+t.lowerFirst(at.text), len(joined), at.self), true) {
				return
			}
		}
	}
	if r.readTongue(t, at, own, false) {
		return
	}
	if t.recipientsAre(r, at, own) {
		return
	}
	if !contained {
		r.fromTongueHeading(t, at, own)
	}
}

// recipientsAre reads "Empfänger der Daten sind unser Hoster und Behörden".
func (t *tongue) recipientsAre(r *reader, at spot, s *sentence) bool {
	for i := range min(len(s.toks), 4) {
		w := s.low(i)
		if !strings.HasPrefix(w, "empfänger") && !strings.HasPrefix(w, "destinataire") && !strings.HasPrefix(w, "destinatario") {
			continue
		}
		refs, data := s.refs(i), s.ids(mData, i)
		if len(refs) == 0 || t.denies(s) {
			return false
		}
		if len(data) == 0 {
			data = []string{"information"}
		}
		r.add(at, Statement{Actor: "we", Action: actShare, DataTypes: data, RecipientRefs: refs, Purposes: s.ids(mFor, i)})
		return true
	}
	return false
}

// denies reports whether a sentence holds any word of denial.
func (t *tongue) denies(s *sentence) bool {
	for i := range s.toks {
		if t.negators[s.low(i)] && !t.notNeg[s.low(i+1)] {
			return true
		}
	}
	return false
}

// contained reports whether a sentence has a finite verb, so that it needs no
// lead-in.
func (t *tongue) contained(s *sentence) bool {
	for _, p := range t.parts(s) {
		if p.finite && p.role == roleMain {
			return true
		}
	}
	return false
}

// lowerFirst joins an item to its lead-in: where nouns are written with a
// capital, they keep it.
func (t *tongue) lowerFirst(s string) string {
	word := strings.ToLower(firstWord(s))
	if t.nouns && !t.bridge[word] && !t.oblique[word] && len(t.verbs[word]) == 0 {
		return s
	}
	if c, size := utf8.DecodeRuneInString(s); size > 0 && len(word) > 1 && s[size:min(len(s), len(word))] == word[min(size, len(word)):] {
		return strings.ToLower(string(c)) + s[size:]
	}
	return s
}

// fromTongueHeading gives bare data below "Welche Daten wir erheben" what the
// heading says.
func (r *reader) fromTongueHeading(t *tongue, at spot, s *sentence) {
	b := r.body[at.block]
	if b.kind == "paragraph" && len(s.toks) > 40 || len(b.path) == 0 {
		return
	}
	data := s.ids(mData, 0)
	last := b.path[len(b.path)-1]
	switch role := t.column(last); {
	case len(last) > 60 || t.denies(s):
	case role == colKeep && len(data) > 0 && t.daysIn(s) > 0: // "Logdaten: 7 Tage" below "Speicherdauer"
		r.add(at, Statement{Actor: "we", Action: actRetain, DataTypes: data, RetentionDays: t.daysIn(s)})
		return
	case role == colWho && len(s.refs(0)) > 0: // "Zahlungen: PayPal" below "Empfänger"
		if len(data) == 0 {
			data = []string{"information"}
		}
		r.add(at, Statement{Actor: "we", Action: actShare, DataTypes: data, RecipientRefs: s.refs(0), Purposes: s.ids(mFor, 0)})
		return
	}
	if len(data) == 0 || len(data) == 1 && data[0] == "information" {
		return
	}
	for i := len(b.path) - 1; i >= 0 && i >= len(b.path)-2; i-- {
		if len(b.path[i]) > 100 {
			continue
		}
		st, ok := t.headingSays(strings.TrimSuffix(b.path[i], "?"), at.self)
		if !ok || st.Negated && len(s.toks) > 20 {
			continue
		}
		st.DataTypes = data
		st.RecipientRefs = append(st.RecipientRefs, s.refs(0)...)
		st.Purposes = append(st.Purposes, s.ids(mFor, 0)...)
		r.add(at, st)
		return
	}
}

// headingSays reads a heading as a default action.
func (t *tongue) headingSays(head string, self map[string]bool) (Statement, bool) {
	s := t.sentence(head, 0, self)
	for _, p := range t.parts(s) {
		t.findActs(s, p)
		c := t.clause(s, p)
		for _, a := range p.acts {
			switch a.action {
			case actCollect, actShare, actDisclose, actSell, actUse, actRetain:
			case actProvide:
				return Statement{Actor: "user", Action: actProvide}, true
			default:
				continue
			}
			if c.person == "user" && handsOut[a.action] {
				return Statement{Actor: "user", Action: actProvide}, true
			}
			return Statement{Actor: "we", Action: a.action, Negated: c.negated}, c.person != "user"
		}
	}
	// Nouns of acts, and participles: "Erhebung von Daten", "Données collectées".
	for i := range s.toks {
		w := s.low(i)
		if action := t.nominals[w]; in(action, actCollect, actShare, actDisclose) && len(s.ids(mData, 0)) > 0 {
			return Statement{Actor: "we", Action: action}, true
		}
		for _, f := range t.verbs[w] {
			if f.kind == fPart && in(f.action, actCollect, actUse) {
				return Statement{Actor: "we", Action: f.action}, true
			}
		}
		if t.nouns && (strings.HasPrefix(w, "erhobene") || strings.HasPrefix(w, "verarbeitete") || strings.HasPrefix(w, "erfasste")) {
			return Statement{Actor: "we", Action: actCollect}, true
		}
	}
	return Statement{}, false
}

// receivesTongue collects who a sentence names as somebody who gets data.
func (r *reader) receivesTongue(t *tongue, at spot, s *sentence) {
	if len(r.doc.Recipients) >= maxSentences {
		return
	}
	if t.denies(s) {
		return
	}
	for _, m := range s.mentions {
		if m.kind != mWho || r.commonWord(m.ref) || t.sourceOf(s, m.start) && m.ref.Kind == "category" {
			continue
		}
		if m.ref.Kind == "category" && !t.receiving(r.body[at.block], s, m) {
			continue
		}
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Recipients = append(r.doc.Recipients, Recipient{RecipientRef: m.ref, Quote: at.text, Start: start, End: start + utf8.RuneCountInString(at.text)})
	}
}

// receiving reports whether a kind of recipient gets data where it stands: an
// act of handing out is in the sentence or in what introduces it.
func (t *tongue) receiving(p piece, s *sentence, m mention) bool {
	if p.kind == "heading" {
		return false
	}
	hands := func(toks []token) bool {
		for _, k := range toks {
			if in(t.nominals[k.low], actShare, actDisclose, actSell, actTransfer) {
				return true
			}
			for _, f := range t.verbs[k.low] {
				if handsOut[f.action] || f.action == verbEmbed {
					return true
				}
			}
			if strings.HasPrefix(k.low, "empfänger") || strings.HasPrefix(k.low, "destinat") {
				return true
			}
		}
		return false
	}
	return hands(s.toks) || p.lead != "" && len(p.lead) < maxLead && hands(t.tokens(p.lead))
}

// choosesTongue records the choices that a sentence gives.
func (r *reader) choosesTongue(t *tongue, at spot) {
	if len(r.doc.Choices) >= maxSentences || len(at.text) < 12 {
		return
	}
	low := strings.ToLower(at.text)
	speaks := sync.OnceValue(func() bool { return t.speaks.get().MatchString(at.text) })
	for _, c := range t.choices {
		if !containsAny(low, c.any) || !speaks() || !c.pattern.get().MatchString(low) {
			continue
		}
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Choices = append(r.doc.Choices, Choice{Kind: c.kind, Quote: at.text, Links: r.links(at), Start: start, End: start + utf8.RuneCountInString(at.text)})
	}
}

// rowTongue reads a row of a table of data, purposes, recipients and retention.
func (r *reader) rowTongue(t *tongue, i int, self map[string]bool) {
	p := r.body[i]
	if p.header || r.cookieTable(p.table) {
		at := r.sentenceIn(i, span{0, len(p.text)}, self)
		r.receivesTongue(t, at, t.sentence(at.text, 0, self))
		return
	}
	roles := make([]int, len(p.columns))
	has := false
	for c, head := range p.columns {
		roles[c] = t.column(head)
		has = has || roles[c] == colData
	}
	if !has {
		for _, sp := range splitSentences(p.text) {
			at := r.sentenceIn(i, sp, self)
			s := t.sentence(at.text, 0, self)
			before := len(r.doc.Statements)
			r.readTongue(t, at, s, false)
			r.namedInTongue(t, at, s, before)
		}
		return
	}
	row := Statement{Actor: "we", Action: actCollect}
	var who []RecipientRef
	keep := ""
	sold := ""
	for c, cell := range p.cells {
		if c >= len(roles) || cell == "" {
			continue
		}
		s := t.sentence(cell, 0, self)
		switch roles[c] {
		case colData, colExamples:
			row.DataTypes = append(row.DataTypes, s.ids(mData, 0)...)
		case colPurpose:
			row.Purposes = append(row.Purposes, s.ids(mFor, 0)...)
		case colWho:
			who = append(who, s.refs(0)...)
		case colKeep:
			keep = cell
		case colSold:
			sold = yesNoTongue(cell)
		}
	}
	row.DataTypes = r.tidy(row.DataTypes)
	if len(row.DataTypes) == 0 {
		return
	}
	at := spot{block: i, span: span{0, len(p.text)}, text: p.text, self: self}
	r.add(at, row)
	if len(who) > 0 {
		share := row
		share.Action, share.RecipientRefs = actShare, who
		r.add(at, share)
	}
	if sold != "" {
		sell := row
		sell.Action, sell.Negated, sell.Purposes = actSell, sold == "no", nil
		r.add(at, sell)
	}
	if keep != "" {
		kept := row
		kept.Action, kept.Purposes, kept.RetentionDays, kept.Condition = actRetain, nil, t.days(keep), keep
		if kept.RetentionDays > 0 {
			kept.Condition = ""
		}
		r.add(at, kept)
	}
}

// column is the role of a column by its head.
func (t *tongue) column(head string) int {
	low := strings.ToLower(head)
	for _, c := range t.columns {
		for _, w := range c.words {
			if strings.Contains(low, w) {
				return c.role
			}
		}
	}
	return colNone
}

func yesNoTongue(cell string) string {
	switch strings.ToLower(strings.Trim(firstWord(strings.TrimSpace(cell)), ".")) {
	case "ja", "oui", "sí", "si":
		return "yes"
	case "nein", "non", "no":
		return "no"
	}
	return ""
}

// scope names the group of people that a sentence, a heading above it or the
// kind of its notice limits it to.
func (t *tongue) scope(text string, path []string, kind string) string {
	of := func(words string) string {
		low := " " + strings.ToLower(words) + " "
		for _, s := range t.scopes {
			for _, w := range s.words {
				if strings.Contains(low, w) && (s.scope != "app" || appOnly(words)) {
					return s.scope
				}
			}
		}
		return ""
	}
	if s := of(text); s != "" {
		return s
	}
	for i := len(path) - 1; i >= 0; i-- {
		if i == 0 && len(path) > 1 {
			break // the document's own title
		}
		if s := of(path[i]); s != "" {
			return s
		}
	}
	if kind == "children" || kind == "applicants" {
		return kind
	}
	return ""
}
