package policy

// placesCookies reports whether a verb's object is cookies: "we use cookies",
// "cookies are set", also "our site uses session cookies and web beacons".
func (s *sentence) placesCookies(p *predicate) bool {
	switch p.action {
	case actUse, verbPlace, actRetain, actShare, actCollect, verbEmbed:
	default:
		return false
	}
	if p.action == verbEmbed && !p.hasSubj || ends[p.lemma] {
		return false
	}
	if p.action == actCollect || p.action == actShare && p.lemma != "send" || p.lemma == "process" || p.lemma == "work" || p.lemma == "include" {
		return false
	}
	if p.passive {
		if in(s.low(p.head-1), "that", "which") {
			return false // "cookies are files that are used to …"
		}
		return len(p.data) > 0 && s.mentions[p.data[0]].id == "cookie_identifier" && p.at-s.mentions[p.data[len(p.data)-1]].end < 8
	}
	for _, m := range s.mentions {
		if m.start > p.at && (m.kind == mData || m.kind == mWho) {
			return m.kind == mData && m.id == "cookie_identifier" && m.start-p.at <= 7 && m.start < p.end+1
		}
	}
	return false
}

// meansTo reports whether an infinitive hangs on the predicate.
func (s *sentence) meansTo(list []*predicate, p *predicate) bool {
	for t := p.at + 1; t < len(s.toks) && t < p.at+14; t++ {
		if in(s.low(t), "to", "for", "that", "which") && t > p.at+1 {
			return true
		}
	}
	return len(list) > 1 && list[len(list)-1].inf && list[len(list)-1].at > p.at
}

// vendorish are categories whose use on a site lets them collect.
var vendorish = map[string]bool{
	"analytics_providers": true, "advertising_partners": true, "advertising_networks": true, "social_networks": true, "data_brokers": true,
}

// hired are categories that do something with data for whoever uses them. That
// none is used is not read: "we do not use providers who …" limits which.
var hired = map[string]bool{
	"service_providers": true, "vendors": true, "payment_processors": true, "hosting_providers": true, "communication_providers": true,
	"delivery_companies": true, "security_providers": true,
}

// embeds reports whether the first thing after the verb, or before a passive,
// is a vendor: "we use Hotjar", "Google Analytics is used".
func (s *sentence) embeds(p *predicate) bool { return len(s.embedded(p)) > 0 }

func (s *sentence) embedded(p *predicate) []RecipientRef {
	var out []RecipientRef
	want := func(m mention) bool {
		return m.kind == mWho && !s.replaced(m) && (m.ref.Kind != "category" || vendorish[m.id] || hired[m.id] && !p.negated)
	}
	if p.passive || p.reduced {
		for _, m := range s.mentions {
			if want(m) && m.end <= p.head && p.head-m.end < 12 && !s.hangs(m) {
				out = append(out, m.ref)
			}
		}
		return out
	}
	for _, m := range s.mentions {
		if m.start <= p.at || m.start >= p.end {
			continue
		}
		if m.kind == mData && len(out) == 0 && m.id != "cookie_identifier" {
			return nil
		}
		if want(m) {
			out = append(out, m.ref)
		}
	}
	return out
}

// dataAfter are the data that a vendor's use involves, from the rest of the sentence.
func (s *sentence) dataAfter(p *predicate) []int {
	var out []int
	for k, m := range s.mentions {
		if m.kind == mData && m.start > p.at && m.id != "information" {
			out = append(out, k)
		}
	}
	return out
}

// lets reads "we allow third parties to collect".
func (r *reader) lets(at spot, s *sentence, list []*predicate, p *predicate, st *Statement) bool {
	for _, q := range list {
		bare := p.lemma == "let" && q.bare && q.form == 'b' // "we let partners collect", without "to"
		if !q.inf && !bare || q.at < p.at || len(q.who) == 0 || s.mentions[q.who[0]].kind != mWho {
			continue
		}
		switch q.action {
		case actCollect, actUse, verbPlace, actRetain:
		default:
			continue
		}
		st.Action = actLet
		st.RecipientRefs = nil
		for _, k := range s.withOthers(q.who[0]) {
			if s.mentions[k].kind == mWho {
				st.RecipientRefs = append(st.RecipientRefs, s.mentions[k].ref)
			}
		}
		st.DataTypes, st.places = nil, nil
		for _, k := range q.data {
			st.takes(at, s, k)
		}
		st.DataTypes = r.tidy(st.DataTypes)
		q.dropped = true
		for _, k := range q.fors {
			st.Purposes = append(st.Purposes, s.mentions[k].id)
		}
		return len(st.DataTypes) > 0 || q.action == verbPlace
	}
	return false
}
