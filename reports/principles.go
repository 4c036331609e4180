package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/rules"
)

// Principle is a question of rules/terms/principles.yaml with its answer. What
// the texts say to it stands in the report's answers.
type Principle struct {
	ID       string        `json:"id"`
	Question string        `json:"question"`
	Ask      []string      `json:"ask" doc:"Who in the organisation should be asked: marketing, product, engineering, legal, hr, security."`
	Outcome  string        `json:"outcome" enum:"differs|matches|needs-person|not-applicable|not-tested" doc:"Of its rules the one that wants a look first."`
	Why      string        `json:"why" doc:"One sentence."`
	Observed []Observation `json:"observed" doc:"Nothing was counted when it is empty."`
	Answers  []string      `json:"answers" doc:"Ids of the report's answers that say what is stated."`
	Stated   string        `json:"stated" enum:"found|not_found|not_tested" doc:"Whether the texts answer any of them; not_tested where there is no text, or a part was not read and none was found."`
	Rules    []string      `json:"rules" doc:"Those of its rules that were asked."`
	Findings []string      `json:"findings" doc:"Ids, suppressed ones among them."`
}

// Observation is a figure with its sentence.
type Observation struct {
	Kind  string   `json:"kind"`
	Count int      `json:"count"`
	Of    int      `json:"of" doc:"0 where the count is of nothing."`
	Names []string `json:"names" doc:"The first of what was counted: ids of data types, of vendors, of kinds, or names of cookies."`
	Text  string   `json:"text"`
}

// maxNamed bounds the names of an observation.
const maxNamed = 12

// concernOrder are the outcomes from what wants a look first to what is fine.
var concernOrder = []string{"differs", "needs-person", "not-tested", "matches", "not-applicable"}

// principles answers the knowledge's questions one by one from the report.
func (b *builder) principles(rep *Report) []Principle {
	out := []Principle{}
	if b.a.Terms == nil {
		return out
	}
	for _, p := range b.a.Terms.Principles {
		out = append(out, b.principle(rep, p))
	}
	return out
}

func (b *builder) principle(rep *Report, p rules.Principle) Principle {
	out := Principle{ID: p.ID, Question: p.Question, Ask: list(p.Ask), Observed: []Observation{}, Answers: []string{}, Stated: stated(rep, p), Rules: []string{}, Findings: []string{}}
	if view, ok := principleViews[p.Seen]; ok && rep.Coverage.PagesVisited > 0 {
		v := &observer{rep: rep, terms: b.a.Terms}
		view(v)
		out.Observed = append(out.Observed, v.seen...)
	}
	for _, a := range rep.Answers {
		if slices.Contains(p.Answers, a.ID) {
			out.Answers = append(out.Answers, a.ID)
		}
	}
	n := map[string]int{}
	for _, r := range rep.Rules {
		if slices.Contains(p.Rules, r.ID) || slices.Contains(p.Packs, r.Pack) {
			out.Rules = append(out.Rules, r.ID)
			n[r.Outcome]++
		}
	}
	for _, f := range rep.Findings {
		if slices.Contains(out.Rules, f.Rule) {
			out.Findings = append(out.Findings, f.ID)
		}
	}
	out.Outcome, out.Why = "not-tested", "No rule that asks this is among those that were run."
	if len(out.Rules) > 0 {
		out.Outcome, out.Why = sumUp(n, len(out.Rules))
	}
	return out
}

// stated says whether the texts answer any of a principle's questions.
func stated(rep *Report, p rules.Principle) string {
	said, unread := "not_tested", false
	for _, a := range rep.Answers {
		switch {
		case !slices.Contains(p.Answers, a.ID):
		case a.Found:
			return "found"
		case len(a.NotRead) == 0:
			said = "not_found"
		default: // it may stand where nothing was read
			unread = true
		}
	}
	if unread {
		return "not_tested"
	}
	return said
}

// sumUp makes one outcome of those of several rules.
func sumUp(n map[string]int, all int) (outcome, why string) {
	words := map[string][2]string{
		"differs": {"differs", "differ"}, "needs-person": {"needs a person", "need a person"}, "not-tested": {"was not tested", "were not tested"},
		"matches": {"matches", "match"}, "not-applicable": {"does not apply", "do not apply"},
	}
	var parts []string
	for _, o := range concernOrder {
		if n[o] == 0 {
			continue
		}
		if outcome == "" {
			outcome = o
		}
		w := words[o][1]
		if n[o] == 1 {
			w = words[o][0]
		}
		parts = append(parts, fmt.Sprintf("%d %s", n[o], w))
	}
	return outcome, fmt.Sprintf("Of %s, %s.", plural(all, "rule that asks this", "rules that ask this"), strings.Join(parts, ", "))
}

// observer collects what was seen for one question.
type observer struct {
	rep   *Report
	terms *rules.Terms
	seen  []Observation
}

// add takes a figure with its sentence; nothing is said of what is zero.
func (o *observer) add(kind string, count, of int, names []string, format string, args ...any) {
	if count == 0 {
		return
	}
	o.seen = append(o.seen, Observation{Kind: kind, Count: count, Of: of, Names: list(names[:min(maxNamed, len(names))]), Text: fmt.Sprintf(format, args...)})
}

var principleViews = map[string]func(*observer){
	"places": (*observer).places, "items": (*observer).items, "uses": (*observer).uses, "choices": (*observer).choices,
	"safeguards": (*observer).safeguards, "lifetimes": (*observer).lifetimes, "changes": (*observer).changes, "sensitive": (*observer).sensitive,
	"secondary": (*observer).secondary, "labels": (*observer).labels, "applicants": (*observer).applicants,
}

func (o *observer) places() {
	t, c := o.rep.Summary, o.rep.Coverage
	o.add("pages", t.PagesWithThirdParties, c.PagesVisited, nil, "Other companies receive data on %d of %s.", t.PagesWithThirdParties, plural(c.PagesVisited, "page", "pages"))
	on := map[string]bool{}
	for _, f := range o.rep.Forms {
		on[f.Page] = true
	}
	o.add("forms", len(o.rep.Forms), 0, nil, "%s on %s for data.", plural(len(o.rep.Forms), "form asks", "forms ask"), plural(len(on), "page", "pages"))
	o.add("stored", len(o.rep.Cookies)+len(o.rep.Storage), 0, nil, "%s and %s were kept in the browser.", plural(len(o.rep.Cookies), "cookie", "cookies"), plural(len(o.rep.Storage), "storage key", "storage keys"))
	classes := map[string]int{}
	for _, p := range o.rep.Pages {
		for _, x := range p.Places {
			classes[x.Class]++
		}
	}
	names := byCount(classes)
	o.add("sensitive_places", len(names), 0, names, "Sensitive places among them: %s.", listed(names))
}

func (o *observer) items() {
	n := map[string]int{}
	for _, f := range o.rep.Flows {
		if f.Recipient.Party == "third" {
			for _, d := range f.DataTypes {
				n[d]++
			}
		}
	}
	names := byCount(n)
	o.add("items", len(names), 0, names, "%s to other companies: %s.", plural(len(names), "type of data goes", "types of data go"), listed(o.types(names)))
	fields := map[string]int{}
	for _, f := range o.rep.Forms {
		for _, x := range f.Fields {
			if x.DataType != "" {
				fields[x.DataType]++
			}
		}
	}
	names = byCount(fields)
	o.add("fields", len(names), 0, names, "Forms ask for %s.", listed(o.types(names)))
}

func (o *observer) uses() {
	n, purposes := map[string]int{}, map[string]int{}
	for _, v := range o.rep.Vendors {
		if v.Party == "third" {
			for _, c := range v.Categories {
				n[c]++
			}
		}
	}
	names := byCount(n)
	t := o.rep.Summary
	o.add("companies", t.Companies, 0, names, "%s data%s.", plural(t.Companies, "company receives", "companies receive"), with(": ", listed(names)))
	o.add("undisclosed", t.UndisclosedCompanies, t.Companies, nil, "%d of them %s not found in the text.", t.UndisclosedCompanies, was(t.UndisclosedCompanies))
	for _, f := range o.rep.Flows {
		if f.Recipient.Party == "third" {
			for _, p := range f.Purposes {
				purposes[p]++
			}
		}
	}
	names = byCount(purposes)
	o.add("purposes", len(names), 0, names, "Their products are known for %s.", listed(names))
}

func (o *observer) choices() {
	t := o.rep.Summary
	for _, state := range []string{"reject", "gpc", "optout", "withdraw", "dnt"} {
		for _, c := range o.rep.Choices {
			if c.State != state {
				continue
			}
			if !c.Tested {
				o.add(state+"_not_tested", 1, 0, nil, "%s: not tested.", choiceWords[state])
				continue
			}
			n := t.StillSeen[state]
			o.seen = append(o.seen, Observation{Kind: state, Count: n, Of: 0, Names: []string{}, Text: fmt.Sprintf("%s: %s still got an identifier.", choiceWords[state], plural(n, "product", "products"))})
		}
	}
}

var choiceWords = map[string]string{"reject": "After everything was refused", "gpc": "With Global Privacy Control", "optout": "After the opt-out", "withdraw": "After consent was withdrawn", "dnt": "With Do Not Track"}

func (o *observer) safeguards() {
	plainForms, insecure, open := 0, 0, 0
	for _, f := range o.rep.Forms {
		if !f.Secure && f.Action != "" {
			plainForms++
		}
	}
	for _, h := range o.rep.Requests {
		insecure += h.Insecure
	}
	for _, c := range o.rep.Cookies {
		if c.Identifier && !c.Secure {
			open++
		}
	}
	o.add("forms_over_http", plainForms, len(o.rep.Forms), nil, "%d of %s without https.", plainForms, plural(len(o.rep.Forms), "form sends", "forms send"))
	o.add("requests_over_http", insecure, 0, nil, "%s went over http.", plural(insecure, "request", "requests"))
	o.add("cookies_not_secure", open, 0, nil, "%s an identifier without Secure.", plural(open, "cookie holds", "cookies hold"))
	if plainForms+insecure+open == 0 {
		o.seen = append(o.seen, Observation{Kind: "transport", Names: []string{}, Text: "All requests and forms that were seen go over https."})
	}
}

func (o *observer) lifetimes() {
	const month = 30.44
	long, longer := 0, 0
	var longest Cookie
	for _, c := range o.rep.Cookies {
		if c.Session {
			continue
		}
		if c.Identifier && c.LifetimeDays > 13*month+1 {
			long++
		}
		if c.Declared && c.DeclaredLifetimeDays >= 0 && c.LifetimeDays > c.DeclaredLifetimeDays*1.1 && c.LifetimeDays > c.DeclaredLifetimeDays+1 {
			longer++
		}
		if c.LifetimeDays > longest.LifetimeDays {
			longest = c
		}
	}
	if longest.Name != "" {
		o.add("longest", int(longest.LifetimeDays+0.5), 0, []string{longest.Name}, "The cookie that is to live longest is %s, for %s.", longest.Name, plural(int(longest.LifetimeDays+0.5), "day", "days"))
	}
	o.add("over_13_months", long, 0, nil, "%s with an identifier for more than 13 months.", plural(long, "cookie is set", "cookies are set"))
	o.add("longer_than_stated", longer, 0, nil, "%s longer than the texts state.", plural(longer, "cookie lives", "cookies live"))
	o.seen = append(o.seen, Observation{Kind: "servers", Names: []string{}, Text: "How long data are kept on servers cannot be seen from outside."})
}

func (o *observer) changes() {
	for _, p := range o.rep.Policies {
		if p.Kind != "privacy" {
			continue
		}
		if p.LastUpdated != "" {
			o.add("dated", 1, 0, []string{p.LastUpdated}, "The privacy policy gives %s as the date of its last change.", p.LastUpdated)
		} else {
			o.add("undated", 1, 0, nil, "No date of its last change was found in the privacy policy.")
		}
		return
	}
}

func (o *observer) sensitive() {
	who, ads, what := map[string]int{}, map[string]int{}, map[string]int{}
	kinds := map[string][]string{}
	for _, v := range o.rep.Vendors {
		kinds[v.ID] = v.Categories
	}
	for _, f := range o.rep.Flows {
		if f.Recipient.Party != "third" {
			continue
		}
		hit := false
		for _, id := range f.DataTypes {
			if d := o.terms.DataType(id); d != nil && d.Sensitive {
				what[within(d.Name)]++
				hit = true
			}
		}
		for _, p := range f.Places {
			what[o.pagesOf(p)]++
			hit = true
		}
		if hit {
			who[f.Recipient.Vendor]++
			if slices.Contains(kinds[f.Recipient.Vendor], "advertising") {
				ads[f.Recipient.Vendor]++
			}
		}
	}
	o.add("sensitive", len(who), 0, byCount(who), "%s sensitive data, or data of sensitive places: %s.", plural(len(who), "product gets", "products get"), listed(byCount(what)))
	o.add("sensitive_advertising", len(ads), len(who), byCount(ads), "%d of them %s for advertising.", len(ads), is(len(ads)))
}

func (o *observer) secondary() {
	for _, kind := range []string{"form_leak_before_submit", "keystroke_capture", "session_recording", "cookie_sync", "evercookie_respawn", "cname_cloaking"} {
		who := map[string]int{}
		for _, x := range o.rep.Behaviors {
			if x.Kind == kind {
				who[x.Vendor]++
			}
		}
		names := byCount(who)
		o.add(kind, len(names), 0, names, "%s: %s.", capital(english().Word("behavior", kind)), plural(len(names), "recipient", "recipients"))
	}
	ads := map[string]int{}
	for _, v := range o.rep.Vendors {
		if slices.Contains(v.Categories, "advertising") && v.Party == "third" {
			ads[v.ID] = 0
		}
	}
	for _, f := range o.rep.Flows {
		if _, ok := ads[f.Recipient.Vendor]; ok && slices.ContainsFunc(f.DataTypes, func(d string) bool {
			return slices.Contains([]string{"email", "email_hash", "phone", "phone_hash", "name", "postal_address"}, d)
		}) {
			ads[f.Recipient.Vendor]++
		}
	}
	maps.DeleteFunc(ads, func(_ string, n int) bool { return n == 0 })
	o.add("contact_to_advertising", len(ads), 0, byCount(ads), "%s contact data, plain or hashed.", plural(len(ads), "advertising product gets", "advertising products get"))
}

func (o *observer) labels() {
	kinds, to := map[string]int{}, map[string]int{}
	for _, l := range o.rep.Labels {
		kinds[l.Kind]++
		for _, v := range l.SentTo {
			to[v]++
		}
	}
	n := len(o.rep.Labels)
	o.add("labels", n, 0, byCount(kinds), "%s put on visitors: %s.", plural(n, "label is", "labels are"), listed(byCount(kinds)))
	o.add("labels_sent", len(to), 0, byCount(to), "%s them.", plural(len(to), "recipient gets", "recipients get"))
	prints := map[string]int{}
	for _, x := range o.rep.Behaviors {
		if strings.HasSuffix(x.Kind, "_fingerprinting") || x.Kind == "fingerprint_exfiltration" {
			prints[x.Kind]++
		}
	}
	o.add("fingerprinting", len(prints), 0, byCount(prints), "Devices are told apart without a cookie: %s.", listed(byCount(prints)))
}

func (o *observer) applicants() {
	pages, who := map[string]bool{}, map[string]int{}
	for _, p := range o.rep.Pages {
		about := p.Kind == "careers" || slices.ContainsFunc(p.Places, func(x Class) bool { return x.Class == "careers" })
		if about && p.Ended != "failed" {
			pages[p.URL] = true
		}
	}
	forms := 0
	for _, f := range o.rep.Forms {
		if pages[f.Page] {
			forms++
		}
	}
	for _, v := range o.rep.Vendors {
		if v.Party == "third" && slices.ContainsFunc(v.Pages, func(p string) bool { return pages[p] }) {
			who[v.ID]++
		}
	}
	o.add("careers", len(pages), 0, nil, "%s visited, with %s.", plural(len(pages), "page for applicants was", "pages for applicants were"), plural(forms, "form", "forms"))
	o.add("careers_recipients", len(who), 0, byCount(who), "%s data there.", plural(len(who), "product receives", "products receive"))
}

// pagesOf are the pages of a class of sensitive places: "pages about health".
func (o *observer) pagesOf(class string) string {
	if p := o.terms.Place(class); p != nil && p.Pages != "" {
		return "pages " + p.Pages
	}
	return strings.ReplaceAll(class, "_", " ") + " pages"
}

// types are the names of data types.
func (o *observer) types(ids []string) []string {
	return each(ids, func(id string) string {
		if d := o.terms.DataType(id); d != nil && d.Name != "" {
			return within(d.Name)
		}
		return strings.ReplaceAll(id, "_", " ")
	})
}

// byCount are the keys, what is there most often first.
func byCount(n map[string]int) []string {
	return slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(cmp.Compare(n[y], n[x]), cmp.Compare(x, y)) })
}

// listed names the first of a list.
func listed(names []string) string {
	const most = 6
	shown := slices.Clone(names[:min(most, len(names))])
	for i, n := range shown {
		if n == "cdn" || n == "cdp" || n == "crm" {
			shown[i] = strings.ToUpper(n)
		}
	}
	out := strings.ReplaceAll(strings.Join(shown, ", "), "_", " ")
	if more := len(names) - most; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// within is a name inside a sentence: "Cookie identifier" begins small, "IP
// address" does not.
func within(name string) string {
	if len(name) > 1 && (name[1] < 'A' || name[1] > 'Z') {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

func with(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
