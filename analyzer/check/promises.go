package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
)

// The verdicts on a promise.
const (
	kept        = "kept"
	broken      = "broken"
	notObserved = "not-observed"
	notTestable = "not-testable"
)

var (
	onlyTo = newPhrase(`(?i)\b(only|solely|exclusively)\s+(with|by)\b|\b(only|solely|exclusively)\s+to\s+(our|the|those|selected|trusted|certain|authori[sz]ed|third|service)\b|\bwith\s+(no ?one|nobody)\s+(but|except|other than)\b`)
	// onlyConsent limits to consent, and to nobody: "only with your prior consent".
	onlyConsent = newPhrase(`(?i)\b(only|solely|exclusively)\s+(with|after|upon|on|by|if)\b[^.;]{0,30}\b(consent|permission|agree|approval|authori[sz]ation|opt[- ]?in)`)
	limiting    = newPhrase(`(?i)\b(only|unless|until)\b|\b(erst|nur|ausschließlich|solange|uniquement|seulement|solo|únicamente|solamente)\b|qu['’]après|\bsólo\b`)
	inTransit   = newPhrase(`(?i)\b(ssl|tls|https|in transit|encrypted connections?|secure socket|when you (send|submit|transmit))`)
	encrypts    = newPhrase(`(?i)\bencrypt`)
)

// Promises returns the denials and limits that the texts state, in the order of
// the texts, then the controls that they promise, each with what was seen.
func (m *Matcher) Promises() []Promise {
	out := []Promise{}
	for _, st := range m.statements {
		if p, ok := m.promise(st); ok {
			if p.Flows == nil {
				p.Flows = []string{}
			}
			p = m.surePromise(st, p)
			p.Statement = st.ID
			out = append(out, p)
		}
	}
	return m.withControls(out)
}

func (m *Matcher) promise(st *statement) (Promise, bool) {
	if st.Actor != "we" && st.Actor != "" && !(st.Negated && (st.Actor == "third_party" || st.Action == "collect" && st.Actor != "user")) {
		return Promise{}, false
	}
	switch {
	case st.limit != noLimit:
		return m.cookiePromise(st), true
	case securityClaim(st):
		return m.securityPromise(st), true
	case st.Action == "protect":
		return Promise{}, false // "appropriate measures" promise nothing that can be looked at
	case st.RetentionDays > 0 && slices.Contains(st.DataTypes, "cookie_identifier") && cookieWord.MatchString(st.Quote):
		return m.lifetimePromise(st), true
	case st.Negated:
		return m.denial(st)
	case st.Only && onlyTo.MatchString(onlyConsent.ReplaceAllString(st.Quote, "")) && slices.Contains(sharing, st.Action):
		return m.onlyPromise(st), true
	case st.Condition != "" && consentWords.MatchString(st.Condition) && slices.Contains(sharing, st.Action) && onlyWith(st):
		return m.consentPromise(st), true
	}
	return Promise{}, false
}

// securityClaim reports whether a sentence says that data are encrypted.
func securityClaim(st *statement) bool {
	return !st.Negated && (encrypts.MatchString(st.Quote) || st.Action == "protect" && inTransit.MatchString(st.Quote))
}

func onlyWith(st *statement) bool { return st.Only || limiting.MatchString(st.Quote) }

// scoped says why a promise that is not for everyone cannot be tested.
func scoped(st *statement) string {
	if st.scope == "" {
		return ""
	}
	return fmt.Sprintf("It is said for one group or place only (%s), which a scan cannot tell from others.", st.scope)
}

// denial tests "we do not …".
func (m *Matcher) denial(st *statement) (Promise, bool) {
	known := slices.Contains(sharing, st.Action) || slices.Contains([]string{"collect", "use", "place_cookies", "retain"}, st.Action)
	if !known {
		return Promise{}, false
	}
	if why := scoped(st); why != "" {
		if p, ok := m.askedOfChildren(st); ok {
			return p, true
		}
		return Promise{Verdict: notTestable, Why: why}, true
	}
	hits := m.contradicting(st)
	if len(hits) > 0 && !slices.ContainsFunc(hits, func(f *flow.Flow) bool { return f.Confidence != flow.Indirect }) {
		return Promise{Verdict: notObserved, Flows: ids(hits), Why: fmt.Sprintf("Only scripts that may do it were seen: %s.", m.describe(hits))}, true
	}
	if len(hits) > 0 {
		return Promise{Verdict: broken, Flows: ids(hits), Why: fmt.Sprintf("Observed: %s.", m.describe(hits))}, true
	}
	if st.Condition != "" && !consentWords.MatchString(st.Condition) {
		return Promise{Verdict: notTestable, Why: fmt.Sprintf("It has an exception (“%s”) that a scan cannot judge.", st.Condition)}, true
	}
	switch st.Action {
	case "sell", "rent":
		if hits := m.flows(func(f *flow.Flow) bool { return m.soldTo(st, f) }); len(hits) > 0 {
			return Promise{Verdict: notTestable, Flows: ids(hits), Why: fmt.Sprintf("Observed: %s. Whether that is a sale needs a person.", m.describe(hits))}, true
		}
		return Promise{Verdict: notTestable, Why: "Sales happen between servers and contracts, where a browser cannot look."}, true
	case "retain":
		return Promise{Verdict: notTestable, Why: "What a server keeps cannot be seen from a browser."}, true
	case "use", "collect":
		return m.unusedTool(st), true
	case "let_collect":
		// "We do not use X" lets nobody collect.
		if namesOnly(st) && len(st.DataTypes) == 0 {
			return m.unusedTool(st), true
		}
	}
	return m.heldBack(st), true
}

// askedOfChildren shows what forms on pages for children ask for, beside a
// sentence that no data of children are collected. Who fills them in is out of sight.
func (m *Matcher) askedOfChildren(st *statement) (Promise, bool) {
	if st.scope != "children" || st.Action != "collect" {
		return Promise{}, false
	}
	page, data := "", map[string]bool{}
	for _, f := range m.in.Seen.Forms {
		if !m.onKind(f.Page, "children") {
			continue
		}
		for _, field := range f.Fields {
			if personal(field.DataType) && field.DataType != "" && field.DataType != "search_query" {
				page, data[field.DataType] = f.Page, true
			}
		}
	}
	if page == "" {
		return Promise{}, false
	}
	asked := m.flows(func(f *flow.Flow) bool {
		return f.Channel == "form" && data[f.DataTypes[0]] && slices.ContainsFunc(f.Pages, func(p string) bool { return m.onKind(p, "children") })
	})
	return Promise{Verdict: notTestable, Flows: ids(asked), Why: fmt.Sprintf("A form on %s, a page for children, asks for %s. Whether children fill it in needs a person.", page, m.dataNames(sorted(data)))}, true
}

// namesOnly reports whether a sentence names products or companies, and no kind
// of recipient.
func namesOnly(st *statement) bool {
	return len(refs(st)) > 0 && !slices.ContainsFunc(refs(st), func(r policy.RecipientRef) bool { return r.Kind == "category" })
}

// unusedTool tests "we do not use X" and "we do not collect Y".
func (m *Matcher) unusedTool(st *statement) Promise {
	if slices.ContainsFunc(refs(st), func(r policy.RecipientRef) bool { return r.Kind != "category" }) {
		if len(m.in.Pages) == 0 {
			return Promise{Verdict: notObserved, Why: "No page was visited."}
		}
		return Promise{Verdict: kept, Why: fmt.Sprintf("On %s nothing went to %s.", m.visits(), list(st.Recipients))}
	}
	if st.Action == "collect" && len(st.DataTypes) > 0 && len(m.in.Seen.Forms) > 0 && !slices.ContainsFunc(st.DataTypes, m.unseeable) {
		return Promise{Verdict: kept, Why: fmt.Sprintf("%s asked for %s.", countOf(len(m.in.Seen.Forms), "None of the %d forms", "The one form that was seen never"), m.dataNames(st.DataTypes))}
	}
	if st.Action == "use" {
		return Promise{Verdict: notTestable, Why: "What data are used for on a server cannot be seen from a browser."}
	}
	return Promise{Verdict: notObserved, Why: "Nothing was seen that could have kept or broken it."}
}

// unseeable reports whether a data type is no single thing that a form asks for.
func (m *Matcher) unseeable(id string) bool {
	d := m.in.Set.Terms.DataType(id)
	return d == nil || d.Abstract || slices.Contains(technical, id) || slices.Contains(identifying, id)
}

func countOf(n int, many, one string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// heldBack tests denials of sharing. They hold only where requests to such
// recipients were seen that could have carried the data and did not.
func (m *Matcher) heldBack(st *statement) Promise {
	could := 0
	for i := range m.in.Seen.Vendors {
		v := &m.in.Seen.Vendors[i]
		f := flow.Flow{Recipient: flow.Recipient{Vendor: v.ID, Entity: v.Entity, Party: v.Party}, DataTypes: []string{""}, States: v.States}
		if level, _ := m.recipient(st, &f); level > siblingRecipient || level == anyRecipient {
			could++
		}
	}
	switch {
	case could == 0:
		return Promise{Verdict: notObserved, Why: "No request to such a recipient was seen."}
	case len(st.DataTypes) > 0 && !slices.ContainsFunc(st.DataTypes, func(id string) bool { return !slices.Contains(technical, id) && !slices.Contains(identifying, id) }):
		return Promise{Verdict: kept, Why: fmt.Sprintf("%s seen on %s; none carried %s.", countOf(could, "Requests to %d such recipients were", "Requests to one such recipient were"), m.visits(), m.dataNames(st.DataTypes))}
	}
	return Promise{Verdict: notObserved, Why: "The scan types nothing into forms and cannot see what servers pass on, so nothing could have kept or broken it."}
}

// consentPromise tests "only with your consent".
func (m *Matcher) consentPromise(st *statement) Promise {
	if why := scoped(st); why != "" {
		return Promise{Verdict: notTestable, Why: why}
	}
	matching := m.flows(func(f *flow.Flow) bool {
		if f.Recipient.Party == flow.First || f.Confidence == flow.Indirect {
			return false
		}
		c := cover{st: st}
		c.data, c.path = m.data(st, f.DataTypes[0])
		c.recipient, c.words = m.recipient(st, f)
		return c.recipient != noRecipient && c.recipient != siblingRecipient && c.data != noData && m.weighs(st, c, f)
	})
	early := slices.DeleteFunc(slices.Clone(matching), func(f *flow.Flow) bool { return !slices.ContainsFunc(f.States, unconsented) })
	switch {
	case len(early) > 0:
		return Promise{Verdict: broken, Flows: ids(early), Why: fmt.Sprintf("Observed without consent: %s.", m.describe(early))}
	case len(matching) > 0 && !m.sawWithout():
		return Promise{Verdict: notObserved, Flows: ids(matching), Why: "Such flows were seen after consent, and no page was visited without it."}
	case len(matching) > 0:
		return Promise{Verdict: kept, Flows: ids(matching), Why: "Such flows were seen after consent only."}
	}
	return Promise{Verdict: notObserved, Why: "No such flow was seen in any state."}
}

// sawWithout reports whether a page was visited by somebody who had not
// consented.
func (m *Matcher) sawWithout() bool {
	return slices.ContainsFunc(m.in.Pages, func(p evidence.Page) bool { return p.Ended != "failed" && unconsented(p.State) })
}

// onlyPromise tests "only with our payment provider".
func (m *Matcher) onlyPromise(st *statement) Promise {
	if why := scoped(st); why != "" {
		return Promise{Verdict: notTestable, Why: why}
	}
	var inside, outside []*flow.Flow
	for _, f := range m.flows(func(f *flow.Flow) bool { return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect }) {
		level, path := m.data(st, f.DataTypes[0])
		c := cover{st: st, data: level, path: path, recipient: anyRecipient}
		if level < broaderData || level == broaderData && m.tooBroad(st, c, f) {
			continue
		}
		if r, _ := m.recipient(st, f); r == noRecipient || r == siblingRecipient {
			outside = append(outside, f)
		} else {
			inside = append(inside, f)
		}
	}
	switch {
	case len(outside) > 0 && slices.ContainsFunc(refs(st), func(r policy.RecipientRef) bool { return r.Kind == "category" }):
		// Whether somebody is a "service provider" is in contracts.
		return Promise{Verdict: notTestable, Flows: ids(outside), Why: fmt.Sprintf("Observed: %s. Whether these count among %s needs a person.", m.describe(outside), list(st.Recipients))}
	case len(outside) > 0:
		return Promise{Verdict: broken, Flows: ids(outside), Why: fmt.Sprintf("Observed going elsewhere: %s.", m.describe(outside))}
	case len(inside) > 0:
		return Promise{Verdict: kept, Flows: ids(inside), Why: "Such data were seen going to the named recipients only."}
	}
	return Promise{Verdict: notObserved, Why: "No such data were seen leaving."}
}

// securityPromise tests claims of encryption on the way; what happens on a
// server is out of sight.
func (m *Matcher) securityPromise(st *statement) Promise {
	plain, mixed := m.plainForms(), m.mixedPages()
	switch {
	case len(plain) > 0:
		return Promise{Verdict: broken, Flows: m.formFlows(plain), Why: fmt.Sprintf("A form that would send data over http was seen on %s.", plain[0].Page)}
	case !inTransit.MatchString(st.Quote):
		return Promise{Verdict: notTestable, Why: "How data are kept on a server cannot be seen from a browser."}
	case len(mixed) > 0:
		return Promise{Verdict: broken, Why: fmt.Sprintf("An encrypted page loads parts over http: %s.", mixed[0].URL)}
	case len(collecting(m.in.Seen.Forms)) > 0:
		return Promise{Verdict: kept, Why: "Every form that was seen posts over https, and no page loads parts over http."}
	}
	return Promise{Verdict: notObserved, Why: "No form that collects data was seen."}
}

func (m *Matcher) formFlows(forms []flow.Form) []string {
	var out []string
	for _, f := range m.in.Seen.Flows {
		if slices.ContainsFunc(forms, func(form flow.Form) bool { return slices.Contains(f.Evidence, form.ID) }) {
			out = append(out, f.ID)
		}
	}
	return out
}

func (m *Matcher) flows(ok func(*flow.Flow) bool) []*flow.Flow {
	var out []*flow.Flow
	for i := range m.in.Seen.Flows {
		if ok(&m.in.Seen.Flows[i]) {
			out = append(out, &m.in.Seen.Flows[i])
		}
	}
	return out
}

// contradicting returns the flows that a denial rules out.
func (m *Matcher) contradicting(st *statement) []*flow.Flow {
	return m.flows(func(f *flow.Flow) bool { _, ok := m.contradicts(st, f); return ok })
}

func ids(flows []*flow.Flow) []string {
	out := []string{}
	for _, f := range flows {
		out = append(out, f.ID)
	}
	return out
}

// describe names what went where: "cookie identifier to Google Ads (Google LLC)".
func (m *Matcher) describe(flows []*flow.Flow) string {
	byWho, order, called := map[string][]string{}, []string{}, map[string]string{}
	for _, f := range flows {
		if id := f.Recipient.Vendor; called[id] == "" { // a cookie's recipient comes without its company
			called[id] = m.vendorName(f.Recipient)
			if v := m.vendors[id]; v != nil {
				called[id] = m.vendorName(flow.Recipient{Vendor: id, Domain: f.Recipient.Domain, Entity: v.Entity})
			}
		}
		who := called[f.Recipient.Vendor]
		// A cookie of the site's own that a vendor's script keeps is the vendor's.
		if kept := f.Channel == "" && m.vendors[f.Recipient.Vendor] != nil; f.Recipient.Party == flow.First && !kept {
			who = "the site itself"
		}
		if byWho[who] == nil {
			order = append(order, who)
		}
		if name := m.dataName(f.DataTypes[0]); !slices.Contains(byWho[who], name) {
			byWho[who] = append(byWho[who], name)
		}
	}
	slices.Sort(order)
	parts := []string{}
	for _, who := range order {
		slices.Sort(byWho[who])
		parts = append(parts, list(byWho[who])+" to "+who)
	}
	if more := len(parts) - 4; more > 0 {
		parts = append(parts[:4:4], fmt.Sprintf("%d more recipients", more))
	}
	return strings.Join(parts, "; ")
}

// choices are what the consent states mean, in sentences.
var choices = map[evidence.State]string{
	evidence.StateNone: "no choice made", evidence.StateReject: "everything refused", evidence.StateAccept: "everything accepted", evidence.StateGPC: "Global Privacy Control on",
	evidence.StateOptOut: "opted out", evidence.StateWithdraw: "consent withdrawn", evidence.StateDNT: "Do Not Track on",
}

// visits says how much was looked at: "12 pages (no choice made; everything
// refused)".
func (m *Matcher) visits() string {
	urls, states := map[string]bool{}, []evidence.State{}
	for _, p := range m.in.Pages {
		if p.Ended == "failed" {
			continue
		}
		urls[p.URL] = true
		if !slices.Contains(states, p.State) {
			states = append(states, p.State)
		}
	}
	flow.SortStates(states)
	names := []string{}
	for _, s := range states {
		name := choices[s]
		if name == "" {
			name = string(s)
		}
		names = append(names, name)
	}
	return countOf(len(urls), "%d pages", "one page") + " (" + strings.Join(names, "; ") + ")"
}
