package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
)

type oppSegment struct {
	Policy   string
	Site     string
	Seg      int
	Text     string
	Majority []string
	Union    []string
}

type oppPractice struct {
	Policy    string
	Seg       int
	Annotator string
	Category  string
	Attrs     []struct{ Attr, Value, Text string }
}

func (p oppPractice) attr(name string) string {
	for _, a := range p.Attrs {
		if a.Attr == name {
			return a.Value
		}
	}
	return ""
}

func (p oppPractice) text(name string) string {
	for _, a := range p.Attrs {
		if a.Attr == name {
			return a.Text
		}
	}
	return ""
}

const (
	firstParty = "First Party Collection/Use"
	thirdParty = "Third Party Sharing/Collection"
)

// oppKinds says under which of the corpus's kinds of data a term falls.
var oppKinds = map[string]string{
	"name": "Contact", "email": "Contact", "phone": "Contact", "postal_address": "Contact", "contact_information": "Contact", "email_hash": "Contact", "phone_hash": "Contact",
	"zip_code": "Contact", "personal_information": "Generic personal information", "sensitive_information": "Generic personal information",
	"cookie_identifier": "Cookies and tracking elements", "tracking_data": "Cookies and tracking elements",
	"browsing_history": "User online activities", "page_url": "User online activities", "referrer": "User online activities", "search_query": "User online activities",
	"usage_data": "User online activities", "interaction_events": "User online activities", "session_recording": "User online activities",
	"ip_address": "IP address and device IDs", "device_identifier": "IP address and device IDs", "advertising_identifier": "IP address and device IDs", "online_identifiers": "IP address and device IDs",
	"user_agent": "Computer information", "device_information": "Computer information", "screen_properties": "Computer information", "technical_information": "Computer information",
	"network_information": "Computer information", "language": "Computer information",
	"location": "Location", "approximate_location": "Location", "precise_location": "Location",
	"demographic": "Demographic", "age": "Demographic", "gender": "Demographic", "date_of_birth": "Demographic", "ethnicity": "Demographic", "education": "Demographic", "income": "Demographic",
	"financial_information": "Financial", "payment_information": "Financial", "payment_card": "Financial", "bank_account": "Financial",
	"health": "Health", "health_information": "Health", "government_id": "Personal identifier", "social_profile": "Social media data", "social_information": "Social media data",
}

// opposites are kinds whose borders annotators draw in different ways.
var oppMeasured = []string{"Contact", "Generic personal information", "Cookies and tracking elements", "User online activities", "IP address and device IDs",
	"Computer information", "Location", "Demographic", "Financial", "Health", "Personal identifier", "Social media data"}

type tuple struct {
	party, kind string
	not         bool
}

func (t tuple) String() string {
	verb := "does"
	if t.not {
		verb = "does not"
	}
	return fmt.Sprintf("%.5s %s %s", t.party, verb, t.kind)
}

// parties are those that a statement is about.
func parties(st Statement) []string {
	switch st.Action {
	case actCollect, actUse, actRetain, actProvide, actCookies:
		if st.Actor == "we" || st.Actor == "user" {
			return []string{firstParty}
		}
		return []string{thirdParty}
	case actShare, actDisclose, actSell, actTransfer, actLet:
		return []string{thirdParty}
	}
	return nil
}

// TestEvalTupleApps: which kinds of data are processed, by the whole policy of
// an app. The labels name no party; their words are put into kinds by the terms.
func TestEvalTupleApps(t *testing.T) {
	c := newTally()
	lex := lexiconFor(loaded(t))
	for _, g := range gdprPolicies(t) {
		gold, got, where, why := map[tuple]bool{}, map[tuple]bool{}, map[tuple]string{}, map[tuple]string{}
		for _, p := range g.passages {
			for _, a := range p.Annotations {
				if a.Label != "Data Categories" || !a.Performed {
					continue
				}
				s := lex.sentence("your "+a.Text, 0, nil)
				for _, id := range s.ids(mData, 0) {
					if k := oppKinds[id]; k != "" {
						gold[tuple{kind: k}] = true
						where[tuple{kind: k}] = p.Type + " [" + a.Text + "] " + p.Passage
					}
				}
			}
		}
		for _, st := range g.doc.Statements {
			for _, x := range tuplesOf(st) {
				if !x.not {
					got[tuple{kind: x.kind}] = true
					why[tuple{kind: x.kind}] = st.Actor + " " + st.Action + ": " + st.Quote
				}
			}
		}
		for _, x := range sortedTuples(got) {
			if gold[x] {
				c.right(g.id)
			} else {
				c.wrong(g.id)
				showError("apps", g.id, "FALSE %s <- %.300s", x, why[x])
			}
		}
		for _, x := range sortedTuples(gold) {
			if !got[x] {
				c.missed(g.id)
				showError("apps", g.id, "MISSED %s <- %.400s", x, where[x])
			}
		}
	}
	c.print(t, "tuple", "precision-apps", precision, "0.92")
	c.print(t, "tuple", "recall-apps", recall, "0.75")
}

// plain reports whether a denial stands without a condition and for everybody.
func plain(st Statement) bool {
	return st.Negated && st.Condition == "" && st.Scope != "children" && st.Scope != "app"
}

func tuplesOf(st Statement) []tuple {
	var out []tuple
	for _, p := range parties(st) {
		for _, d := range st.DataTypes {
			if k := oppKinds[d]; k != "" {
				out = append(out, tuple{p, k, st.Negated})
			}
		}
	}
	return out
}

type oppPolicy struct {
	*segmented
	segs      []oppSegment
	practices [][]oppPractice // by segment
}

func oppPolicies(t *testing.T) []*oppPolicy {
	dir := evalDir(t)
	set := loaded(t)
	byID := make(map[string]*oppPolicy)
	var ids []string
	for _, s := range lines[oppSegment](t, dir, "opp115_segments.jsonl") {
		p := byID[s.Policy]
		if p == nil {
			p = &oppPolicy{}
			byID[s.Policy] = p
			ids = append(ids, s.Policy)
		}
		p.segs = append(p.segs, s)
	}
	index := make(map[string]int)
	for id, p := range byID {
		for i, s := range p.segs {
			index[fmt.Sprint(id, "/", s.Seg)] = i
		}
		p.practices = make([][]oppPractice, len(p.segs))
	}
	for _, x := range lines[oppPractice](t, dir, "opp115_practices.jsonl") {
		if i, ok := index[fmt.Sprint(x.Policy, "/", x.Seg)]; ok {
			p := byID[x.Policy]
			p.practices[i] = append(p.practices[i], x)
		}
	}
	sort.Strings(ids)
	var out []*oppPolicy
	for _, id := range ids {
		p := byID[id]
		var texts []string
		for _, s := range p.segs {
			texts = append(texts, s.Text)
		}
		p.segmented = readSegments(set, id, "https://www."+p.segs[0].Site+"/privacy", texts, "\n\n")
		out = append(out, p)
	}
	return out
}

// agreed counts how many annotators gave something in a segment.
func (p *oppPolicy) agreed(i int, f func(oppPractice) []tuple) map[tuple]int {
	seen := make(map[tuple]map[string]bool)
	for _, x := range p.practices[i] {
		for _, t := range f(x) {
			if seen[t] == nil {
				seen[t] = make(map[string]bool)
			}
			seen[t][x.Annotator] = true
		}
	}
	out := make(map[tuple]int)
	for t, by := range seen {
		out[t] = len(by)
	}
	return out
}

func oppTuples(x oppPractice) []tuple {
	kind := x.attr("Personal Information Type")
	if kind == "User Profile" {
		kind = "User profile"
	}
	if !slices.Contains(oppMeasured, kind) {
		return nil
	}
	if x.Category != firstParty && x.Category != thirdParty {
		return nil
	}
	return []tuple{{x.Category, kind, x.attr("Does/Does Not") == "Does Not"}}
}

func sortedTuples(m map[tuple]bool) []tuple {
	var out []tuple
	for t := range m {
		out = append(out, t)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

// TestEvalTuple: which party does or does not take or get which kind of data,
// by the whole policy. A tuple is wanted when two annotators gave it in one
// segment; it counts as right when one did.
func TestEvalTuple(t *testing.T) {
	loose, strict, rec := newTally(), newTally(), newTally()
	for _, p := range oppPolicies(t) {
		one, two, got := map[tuple]bool{}, map[tuple]bool{}, map[tuple]bool{}
		where := map[tuple]string{}
		for i := range p.segs {
			for x, n := range p.agreed(i, oppTuples) {
				one[x] = true
				two[x] = two[x] || n >= 2
				if n >= 2 {
					where[x] = p.segs[i].Text
				}
			}
		}
		why := map[tuple]string{}
		for _, st := range p.doc.Statements {
			for _, x := range tuplesOf(st) {
				if st.Negated && !plain(st) && !one[x] {
					continue // it is not read as a denial for everybody
				}
				got[x] = true
				why[x] = st.Actor + " " + st.Action + ": " + st.Quote
			}
		}
		for _, x := range sortedTuples(got) {
			if one[x] {
				loose.right(p.id)
			} else {
				loose.wrong(p.id)
				showError("tuple", p.id, "FALSE %s <- %.300s", x, why[x])
			}
			if two[x] {
				strict.right(p.id)
			} else {
				strict.wrong(p.id)
			}
		}
		for _, x := range sortedTuples(two) {
			switch {
			case !two[x]:
			case got[x]:
				rec.right(p.id)
			default:
				rec.missed(p.id)
				showError("tuple", p.id, "MISSED %s <- %.900s", x, where[x])
			}
		}
	}
	loose.print(t, "tuple", "precision", precision, "0.92")
	strict.print(t, "tuple", "precision-two-annotators", precision, "-")
	rec.print(t, "tuple", "recall", recall, "0.75")
}

// TestEvalDenial: segments that say that something is not done. A denial that
// was read is wrong when it is plain and no annotator saw one; it is found also
// when it has a condition.
func TestEvalDenial(t *testing.T) {
	all, opp, pie, gdpr := newTally(), newTally(), newTally(), newTally()
	count := func(own *tally, id string, got, plain, sure, maybe bool, text, why string) {
		switch {
		case got && !plain && !maybe:
		case got && maybe:
			own.right(id)
			all.right(id)
		case got:
			own.wrong(id)
			all.wrong(id)
			showError("denial", id, "FALSE %s <- %.400s", why, text)
		case sure:
			own.missed(id)
			all.missed(id)
			showError("denial", id, "MISSED <- %.700s", text)
		}
	}
	for _, p := range oppPolicies(t) {
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
				count(opp, p.id, got, bare, len(n[party]) >= 2, other, party+" ["+text+"] "+s.Text, why)
			}
		}
	}
	for _, s := range pieSentences(t) {
		not := false
		for _, sp := range s.Spans {
			not = not || strings.HasPrefix(sp.Label, "NOT_")
		}
		got, bare, why := false, false, ""
		for _, st := range s.read.Statements {
			if st.Negated {
				got, bare, why = true, bare || plain(st), st.Actor+" "+st.Action+" "+strings.Join(st.DataTypes, ",")
			}
		}
		count(pie, s.id(), got, bare, not, not, strings.Join(s.Tokens, " "), why)
	}
	for _, g := range gdprPolicies(t) {
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
	all.print(t, "denial", "precision", precision, "0.85")
	all.print(t, "denial", "recall", recall, "0.75")
	opp.print(t, "denial", "precision-segments", precision, "-")
	opp.print(t, "denial", "recall-segments", recall, "-")
	pie.print(t, "denial", "precision-sentences", precision, "-")
	pie.print(t, "denial", "recall-sentences", recall, "-")
	gdpr.print(t, "denial", "recall-passages", recall, "-")
}

// TestEvalRetention: passages that say how long, and the span where one is stated.
func TestEvalRetention(t *testing.T) {
	passage, value := newTally(), newTally()
	check := func(id string, sts []Statement, sure, maybe bool, text, period string) {
		got, days, why := false, map[int]bool{}, ""
		for _, st := range sts {
			if (st.Action == actRetain || st.Action == actCookies && st.RetentionDays > 0) && !st.Negated && (st.RetentionDays > 0 || criteria.get().MatchString(st.Condition)) {
				got, why = true, fmt.Sprint(st.RetentionDays, " ", st.Condition)
				days[st.RetentionDays] = true
			}
		}
		switch {
		case got && maybe:
			passage.right(id)
		case got:
			passage.wrong(id)
			showError("retention", id, "FALSE %.100s <- %.400s", why, text)
		case sure:
			passage.missed(id)
			showError("retention", id, "MISSED [%.200s] <- %.700s", period, text)
		}
		if want := statedDays(period); want > 0 {
			if days[want] {
				value.right(id)
			} else {
				value.missed(id)
				showError("retention", id, "VALUE %d not in %v <- [%s] %.500s", want, days, period, text)
			}
		}
	}
	for _, p := range oppPolicies(t) {
		for i, s := range p.segs {
			by := map[string]bool{}
			period := ""
			for _, x := range p.practices[i] {
				if x.Category == "Data Retention" {
					by[x.Annotator] = true
					if x.attr("Retention Period") == "Stated Period" {
						period = x.text("Retention Period")
					}
				}
			}
			check(p.id, p.statements[i], len(by) >= 2, len(by) >= 1, s.Text, period)
		}
	}
	for _, g := range gdprPolicies(t) {
		for i, p := range g.passages {
			is, period := false, ""
			for _, a := range p.Annotations {
				if a.Label == "Data Retention Period" {
					is = true
					if period == "" {
						period = a.Text
					}
				}
			}
			check(g.id, g.statements[i], is, is, p.Passage, period)
		}
	}
	passage.print(t, "retention", "precision", precision, "-")
	passage.print(t, "retention", "recall", recall, "-")
	passage.print(t, "retention", "F1", f1, "0.78")
	value.print(t, "retention", "value", recall, "0.92")
}

// statedDays reads the span that annotators marked, by the plainest means.
func statedDays(s string) int {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	unit := map[string]int{"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 0, "months": 0, "year": 365, "years": 365}
	number := map[string]int{"one": 1, "two": 2, "three": 3, "five": 5, "six": 6, "seven": 7, "ten": 10, "thirty": 30, "sixty": 60, "ninety": 90}
	best := 0
	for i := 1; i < len(words); i++ {
		days, ok := unit[words[i]]
		for back := 1; ok && back <= 2 && i-back >= 0; back++ {
			n := number[words[i-back]]
			if n == 0 {
				fmt.Sscanf(words[i-back], "%d", &n)
			}
			if n > 0 && n < 1000 {
				if days == 0 {
					best = max(best, int(float64(n)*365/12+0.5))
				} else {
					best = max(best, n*days)
				}
				break
			}
		}
	}
	return best
}

func TestEvalChoice(t *testing.T) {
	presence := newTally()
	for _, p := range oppPolicies(t) {
		for i, s := range p.segs {
			sure := slices.Contains(s.Majority, "User Choice/Control")
			maybe := slices.Contains(s.Union, "User Choice/Control")
			switch got := len(p.choices[i]) > 0; {
			case got && maybe:
				presence.right(p.id)
			case got:
				presence.wrong(p.id)
				showError("choice", p.id, "FALSE %.250q <- %.300s", p.choices[i], s.Text)
			case sure:
				presence.missed(p.id)
				showError("choice", p.id, "MISSED <- %.700s", s.Text)
			}
		}
	}
	presence.print(t, "choice", "precision", precision, "-")
	presence.print(t, "choice", "recall", recall, "-")
	presence.print(t, "choice", "F1", f1, "0.80")
}

type pieSentence struct {
	Doc, Sent int
	Tokens    []string
	Spans     []struct {
		Start, End int
		Label      string
	}
	read *Document
}

func (s pieSentence) id() string { return fmt.Sprint("sentence block ", s.Sent/60) }

func pieSentences(t *testing.T) []pieSentence {
	list := lines[pieSentence](t, evalDir(t), "piextract.jsonl")
	for i := range list {
		list[i].read = Read(Input{ID: "d", MIMEType: "text/plain", Language: "en", Raw: []byte(detokenize(list[i].Tokens))}, loaded(t))
	}
	return list
}

func detokenize(tokens []string) string {
	s := strings.Join(tokens, " ")
	return strings.NewReplacer(" ,", ",", " .", ".", " ;", ";", " :", ":", "( ", "(", " )", ")", " 's", "'s", " n't", "n't", " ’s", "’s", " ?", "?").Replace(s)
}

type gdprPassage struct {
	Policy      string
	I           int
	Type        string
	Context     []struct{ Text, Type string }
	Passage     string
	Annotations []struct {
		Label, Text string
		Performed   bool
		Start       int
	}
}

type gdprPolicy struct {
	*segmented
	passages []gdprPassage
}

func gdprPolicies(t *testing.T) []*gdprPolicy {
	set := loaded(t)
	var out []*gdprPolicy
	for _, p := range lines[gdprPassage](t, evalDir(t), "gdpr200_passages.jsonl") {
		if n := len(out); n == 0 || out[n-1].passages[0].Policy != p.Policy {
			out = append(out, &gdprPolicy{})
		}
		g := out[len(out)-1]
		g.passages = append(g.passages, p)
	}
	for _, g := range out {
		var b strings.Builder
		var texts []string
		list := false
		for _, p := range g.passages {
			texts = append(texts, p.Passage)
			if item := p.Type == "list_item"; item != list {
				b.WriteString(map[bool]string{true: "<ul>", false: "</ul>"}[item])
				list = item
			}
			tag := map[string]string{"headline": "h2", "list_item": "li"}[p.Type]
			if tag == "" {
				tag = "p"
			}
			fmt.Fprintf(&b, "<%s>%s</%s>\n", tag, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(p.Passage), tag)
		}
		doc := Read(Input{ID: g.passages[0].Policy, MIMEType: "text/html; charset=utf-8", Raw: []byte("<main>" + b.String() + "</main>")}, set)
		g.segmented = assign(g.passages[0].Policy, doc, texts)
	}
	return out
}

// TestEvalRecipient: who receives, by name and by category.
func TestEvalRecipient(t *testing.T) {
	names, kinds := newTally(), newTally()
	for _, g := range gdprPolicies(t) {
		for i, p := range g.passages {
			var gold []string
			for _, a := range p.Annotations {
				if a.Label == "Data Recipients" && a.Performed {
					gold = append(gold, strings.ToLower(strings.ReplaceAll(a.Text, "\u00a0", " ")))
				}
			}
			got := g.recipients[i]
			for _, st := range g.statements[i] {
				if !st.Negated {
					got = append(got, st.RecipientRefs...)
				}
			}
			slices.SortStableFunc(got, func(a, b RecipientRef) int { return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)) })
			got = slices.CompactFunc(got, func(a, b RecipientRef) bool { return strings.EqualFold(a.Text, b.Text) })
			hit := func(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }
			for _, r := range got {
				c := names
				if r.Kind == "category" {
					c = kinds
				}
				if slices.ContainsFunc(gold, func(x string) bool { return hit(x, strings.ToLower(r.Text)) }) {
					c.right(g.id)
				} else {
					c.wrong(g.id)
					showError("recipient", g.id, "FALSE %s %q <- %.400s", r.Kind, r.Text, p.Passage)
				}
			}
			for _, x := range gold {
				found := slices.ContainsFunc(got, func(r RecipientRef) bool { return hit(x, strings.ToLower(r.Text)) })
				c := kinds
				if proper(p.Passage, x) {
					c = names
				}
				if !found {
					c.missed(g.id)
					showError("recipient", g.id, "MISSED %q <- %s %.400s", x, p.Type, p.Passage)
				}
			}
		}
	}
	names.print(t, "recipient", "names-precision", precision, "0.92")
	names.print(t, "recipient", "names-recall", recall, "0.88")
	kinds.print(t, "recipient", "categories-precision", precision, "-")
	kinds.print(t, "recipient", "categories-recall", recall, "0.85")
}

// proper reports whether a span is written as a name.
func proper(passage, span string) bool {
	i := strings.Index(strings.ToLower(passage), span)
	if i < 0 || i+len(span) > len(passage) {
		return false
	}
	for k, w := range strings.Fields(passage[i : i+len(span)]) {
		if w[0] >= 'A' && w[0] <= 'Z' && (i > 0 || k > 0) && !in(strings.ToLower(strings.Trim(w, ",.")), "third", "third-party", "service", "company", "we", "i", "parties", "providers", "affiliates", "our", "user", "users", "application") {
			return true
		}
	}
	return false
}
