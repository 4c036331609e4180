package policy

import "slices"

// serving are participles of what a company does for a site: "payments are
// handled by Stripe", "fonts are loaded from Google".
var serving = wordSet("sent handled processed hosted provided embedded loaded powered delivered fulfilled operated managed served supported supplied shipped dispatched stored streamed displayed shown collected conducted run")

// servedBy reads who does something for the site in sentences whose verbs gave
// no statement about them. Only companies that the knowledge base knows count:
// a name alone may be the organisation's own.
func (r *reader) servedBy(at spot, s *sentence, list []*predicate, before int) {
	if s.denies() || slices.ContainsFunc(list, func(p *predicate) bool { return p.negated }) {
		return
	}
	told := func(ref RecipientRef) bool {
		for _, st := range r.doc.Statements[before:] {
			if slices.ContainsFunc(st.RecipientRefs, func(o RecipientRef) bool { return o.ID == ref.ID && o.Kind == ref.Kind }) {
				return true
			}
		}
		return false
	}
	var refs []RecipientRef
	for _, m := range s.mentions {
		if m.kind == mWho && m.start >= s.from && (m.ref.Kind == "vendor" || m.ref.Kind == "company") && !told(m.ref) && s.serves(m) {
			refs = append(refs, m.ref)
		}
	}
	if len(refs) > 0 {
		r.add(at, Statement{Actor: "we", Action: actLet, RecipientRefs: refs})
	}
}

// denies reports whether a sentence denies or supposes anything at all.
func (s *sentence) denies() bool {
	return negatedBefore(s, len(s.toks)) || slices.ContainsFunc(s.toks, func(t token) bool { return in(t.low, "nobody", "none", "neither", "whether", "unless") })
}

// serves reports whether a name is who does what a passive before it says.
func (s *sentence) serves(m mention) bool {
	t := m.start - 1
	for in(s.low(t), "our", "the", "provider", "service", "company", "partner", "a") || s.toks[max(t, 0)].cap && t > 0 && s.takenBy(t, mWho) {
		t--
	}
	switch {
	case s.low(t) == "of" && in(s.low(t-1), "help", "servers", "services", "infrastructure", "platform", "support"):
		for t--; t > 0 && in(s.low(t), "help", "servers", "services", "infrastructure", "platform", "support", "the", "with"); t-- {
		}
		if !in(s.low(t), "on", "by", "through", "via", "using") {
			t++
		}
	case !in(s.low(t), "by", "through", "via", "from", "using", "on", "with"):
		return false
	}
	for u := t - 1; u > 0 && u > t-5; u-- {
		if serving[s.low(u)] {
			return s.passiveAt(u)
		}
		if in(s.low(u), ",", ";") {
			return false
		}
	}
	return false
}

// passiveAt reports whether a participle stands after a form of "be".
func (s *sentence) passiveAt(u int) bool {
	for t := u - 1; t >= 0 && t > u-4; t-- {
		if beForms[s.low(t)] {
			return true
		}
		if !adverb(s.low(t)) {
			return false
		}
	}
	return false
}

// paid reports whether what is received is money: "we receive payment from
// advertisers in exchange for your browsing history".
func (s *sentence) paid(p *predicate) bool {
	return in(p.lemma, "receive", "get", "obtain") && in(s.low(p.at+1), "payment", "payments", "money", "compensation", "monetary", "fees", "remuneration") && !s.takenBy(p.at+1, mData)
}

// sellsBusiness reports whether what is sold is the business itself, with what
// it holds: "we may sell our business, including your data".
func (s *sentence) sellsBusiness(p *predicate) bool {
	for t := p.at + 1; t < len(s.toks) && t < p.at+9 && !s.takenBy(t, mData); t++ {
		if in(s.low(t), "business", "businesses", "company", "assets", "shares", "subsidiary", "subsidiaries") && in(s.low(p.at+1), "or", "our", "all", "any", "some", "part", "parts", "the", "substantially", "a", ",") {
			return !s.takenBy(t, mWho) // "to any company" is who buys
		}
		if in(s.low(t), "to") {
			return false
		}
	}
	return false
}

// inExchange reports whether data are what is given for it.
func (s *sentence) inExchange(p *predicate) bool {
	for t := p.at + 1; t+2 < len(s.toks); t++ {
		if s.low(t) == "in" && in(s.low(t+1), "exchange", "return") && s.low(t+2) == "for" {
			return true
		}
	}
	return false
}
