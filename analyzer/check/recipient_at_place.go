package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// bare is what every request carries: it is not counted as data that somebody
// gets at a place.
var bare = []string{"ip_address", "user_agent", "language", "screen_properties", "time_zone", "referrer"}

// recipientAtPlace finds third parties that get identifiers, events, page
// addresses or more on pages of some kind: one finding for each of them, or one
// for the site. Params:
//
//	places         classes of sensitive places; a page of any of them counts
//	kinds          kinds of page; a page of any of them counts too; without places and kinds every page counts
//	recipients     categories of vendors, "unknown" for those that are not known; without it everybody who does more than serve files
//	data           types of data; without it all but what every request carries
//	before_choice  only what goes when no choice was made
//	undisclosed    only what no sentence covers, for recipients whom no sentence covers there
//	specific       a sentence covers it only where it names such data, and the recipient at least by its kind
//	works_for_us   roles in the profile that leave a recipient out; without it processor and service_provider
//	review         kinds of page whose findings are for a person, medium at most: articles on a subject
//	severity       by place, kind of page or category of the recipient
//	for_person     every finding is for a person
//	per_site       one finding for the site
//	note           what a finding says at its end
func recipientAtPlace(m *Matcher, r *rules.Rule) result {
	at := m.placeOf(r)
	switch {
	case len(at.pages) == 0 && at.all:
		return result{outcome: NotApplicable, unseen: true, why: "No page was visited."}
	case len(at.pages) == 0:
		return result{outcome: NotApplicable, unseen: true, why: fmt.Sprintf("No page%s was seen.", at.words(at.sought()))}
	}
	if truth(r, "before_choice") {
		if why := m.untested(evidence.StateNone); why != "" {
			return result{outcome: NotTested, why: capital(why) + "."}
		}
	}
	if truth(r, "undisclosed") {
		if why := m.untold(); why != "" {
			return result{outcome: NotTested, why: capital(why) + "."}
		}
	}
	var groups []group
	for _, g := range byRecipient(m.flows(func(f *flow.Flow) bool { return m.gotAt(r, f) })) {
		if g = m.narrowed(g, at, truth(r, "before_choice")); len(g.flows) > 0 && !(truth(r, "undisclosed") && m.coveredFor(g, truth(r, "specific"))) {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("On %s%s nobody of this kind was seen to get such data%s%s.", countOf(len(at.pages), "%d pages", "one page"), at.words(at.seen(nil)), whenSaid(r), untoldSaid(r))}
	}
	var res result
	for _, g := range groups {
		res.findings = append(res.findings, m.atPlace(r, at, g))
	}
	if truth(r, "per_site") {
		res.findings = []Finding{m.atPlaceTogether(r, at, groups, res.findings)}
	}
	return res
}

func whenSaid(r *rules.Rule) string {
	if truth(r, "before_choice") {
		return " before a choice"
	}
	return ""
}

func untoldSaid(r *rules.Rule) string {
	if truth(r, "undisclosed") {
		return " without a sentence that covers it"
	}
	return ""
}

// places are the pages of a rule, with what makes them count.
type places struct {
	set     *rules.Set
	all     bool     // every page counts
	classes []string // that the rule asks for
	kinds   []string
	pages   map[string][]string // address → classes and kinds
	review  map[string]bool     // addresses of pages that a person has to look at
}

// articles are schema.org types of pages that tell of something.
var articles = []string{"Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "OpinionNewsArticle"}

func (m *Matcher) placeOf(r *rules.Rule) places {
	at := places{set: m.in.Set, classes: texts(r, "places"), kinds: texts(r, "kinds"), pages: map[string][]string{}, review: map[string]bool{}}
	at.all = len(at.classes)+len(at.kinds) == 0
	for _, p := range m.in.Seen.Places {
		for _, c := range p.Classes {
			if slices.Contains(at.classes, c.Class) {
				at.pages[p.Page] = append(at.pages[p.Page], c.Class)
			}
		}
	}
	review := texts(r, "review")
	for _, p := range m.in.Pages {
		if at.all && p.Ended != "failed" && at.pages[p.URL] == nil {
			at.pages[p.URL] = []string{}
		}
		for _, kind := range at.kinds {
			if p.Ended != "failed" && m.onKind(p.URL, kind) && !slices.Contains(at.pages[p.URL], kind) {
				at.pages[p.URL] = append(at.pages[p.URL], kind)
			}
		}
		if len(review) > 0 && (slices.Contains(review, p.Kind) || overlap(articles, p.SchemaTypes)) {
			at.review[p.URL] = true
		}
	}
	return at
}

func (at places) sought() []string { return append(slices.Clone(at.classes), at.kinds...) }

// seen are the classes and kinds of some pages, of all without any.
func (at places) seen(pages []string) []string {
	set := map[string]bool{}
	for page, list := range at.pages {
		if pages == nil || slices.Contains(pages, page) {
			for _, c := range list {
				set[c] = true
			}
		}
	}
	return sorted(set)
}

// words calls classes and kinds of pages as a sentence does: " about health and to
// log in"; "" where every page counts.
func (at places) words(ids []string) string {
	if at.all {
		return ""
	}
	var names []string
	for _, id := range ids {
		name := "of the kind " + strings.ReplaceAll(id, "_", " ")
		if p := at.set.Terms.Place(id); p != nil && p.Pages != "" {
			name = p.Pages
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return " " + list(names)
}

// gotAt reports whether a rule asks for a flow, wherever it was seen.
func (m *Matcher) gotAt(r *rules.Rule, f *flow.Flow) bool {
	if f.Recipient.Party != flow.Third || f.Channel != "request" && f.Channel != "form" || m.consentTool(f.Recipient.Vendor) {
		return false
	}
	if m.role(f.Recipient, texts(r, "works_for_us")) {
		return false
	}
	wanted, kinds := texts(r, "recipients"), m.categories(f)
	if v := m.vendors[f.Recipient.Vendor]; v == nil || !v.Recognized {
		kinds = []string{"unknown"}
	}
	switch {
	case len(wanted) > 0:
		if !overlap(kinds, wanted) {
			return false
		}
	case flow.Infrastructure(kinds):
		return false
	}
	if data := texts(r, "data"); len(data) > 0 {
		return slices.Contains(data, f.DataTypes[0])
	}
	return !slices.Contains(bare, f.DataTypes[0])
}

// role reports whether the profile gives a recipient one of some roles.
func (m *Matcher) role(who flow.Recipient, roles []string) bool {
	if len(roles) == 0 {
		return m.processor(who)
	}
	for _, key := range []string{who.Vendor, who.Domain} {
		if role := m.in.Processors[key]; role != "" && slices.Contains(roles, role) {
			return true
		}
	}
	return false
}

// narrowed keeps the flows that were seen at a place, with their pages there.
func (m *Matcher) narrowed(g group, at places, before bool) group {
	out := group{}
	for _, f := range g.flows {
		pages, states := f.Pages, f.States
		if before {
			if !slices.Contains(f.States, evidence.StateNone) {
				continue
			}
			if e := m.seenAs(choice.Flow, f.ID); e != nil && len(e.At(evidence.StateNone).Pages) > 0 {
				pages = e.At(evidence.StateNone).Pages
			}
			states = []evidence.State{evidence.StateNone}
		}
		there := slices.DeleteFunc(slices.Clone(pages), func(p string) bool { return at.pages[p] == nil })
		if len(there) == 0 {
			continue
		}
		n := *f
		n.Pages, n.States = there, states
		if len(there) < len(f.Pages) {
			n.Sightings = min(f.Sightings, max(len(there), f.Sightings*len(there)/len(f.Pages)))
		}
		out.flows = append(out.flows, &n)
	}
	return out
}

func onPages(kinds string) string {
	if kinds == "" {
		return ""
	}
	return " on pages" + kinds
}

// coveredFor reports whether some sentence says that this recipient gets this;
// one that is specific names such data, by a term below "personal information",
// and the recipient at least by its kind.
func (m *Matcher) coveredFor(g group, specific bool) bool {
	return slices.ContainsFunc(g.flows, func(f *flow.Flow) bool {
		d := m.disclosed[f.ID]
		if !slices.Contains(covered, d.Verdict) || d.Verdict == Ambiguous && specific {
			return false
		}
		return !specific || slices.ContainsFunc(m.about(f.DataTypes[0]), func(st *statement) bool {
			c, ok := m.covers(st, f)
			return ok && c.data >= broaderData && c.recipient >= kindRecipient && len(c.path) > 0 && !slices.Contains([]string{"personal_information", "sensitive_information"}, c.path[0])
		})
	})
}

// severityAt is the severity for a recipient at places, and whether a person has
// to look because all of them only tell of a subject.
func (m *Matcher) severityAt(r *rules.Rule, at places, g group, pages []string) (severity string, review bool) {
	review = len(pages) > 0 && !slices.ContainsFunc(pages, func(p string) bool { return !at.review[p] })
	severity = cmp.Or(worst(param(r, "severity", map[string]any{}), append(at.seen(pages), m.categories(g.flows[0])...)), r.Severity)
	if review && severityRank[severity] < severityRank["medium"] {
		severity = "medium"
	}
	return severity, review
}

func (m *Matcher) atPlace(r *rules.Rule, at places, g group) Finding {
	pages := union(g.flows, func(f *flow.Flow) []string { return f.Pages })
	severity, review := m.severityAt(r, at, g, pages)
	f := g.finding(severity)
	if review || truth(r, "for_person") || g.confidence() == flow.Indirect {
		f.Outcome = NeedsPerson
	}
	kinds := at.words(at.seen(pages))
	f.Title = fmt.Sprintf("%s gets %s%s", m.calling(g.recipient()), m.few(f.DataTypes), onPages(kinds))
	f.Message = fmt.Sprintf("Observed %s: %s", seenOn(pages, kinds+whenSaid(r)), m.gets(g))
	f.Message += m.saidOf(&f, g)
	if review {
		f.Message += " The page tells of a subject, as an article does, so what it says of a visitor needs a person."
	}
	if note := param(r, "note", ""); note != "" {
		f.Message += " " + strings.TrimSpace(note)
	}
	f.Fingerprint = fingerprint(r.ID, g.recipient().Vendor)
	return f
}

// saidOf says what the texts say of a group, and notes the statements.
func (m *Matcher) saidOf(f *Finding, g group) string {
	if m.untold() != "" {
		return " What the text says of it was not tested: " + m.untold() + "."
	}
	if denied := m.stated(g.flows, Incorrect, Ambiguous); len(denied) > 0 {
		f.Statements = denied
		return fmt.Sprintf(" The text says: “%s”", m.quote(denied[0]))
	}
	if said := m.stated(g.flows, Clear); len(said) > 0 {
		f.Statements = said
		return fmt.Sprintf(" The text says: “%s”", m.quote(said[0]))
	}
	if said := m.stated(g.flows, Vague); len(said) > 0 {
		f.Statements = said
		return fmt.Sprintf(" The text covers it by broader words: “%s”", m.quote(said[0]))
	}
	f.SuggestedText = m.suggest(g)
	m.doubt(f)
	return " Not found in the text: a sentence that covers it."
}

// atPlaceTogether makes one finding of all recipients'.
func (m *Matcher) atPlaceTogether(r *rules.Rule, at places, groups []group, each []Finding) Finding {
	all := group{}
	names, outcome := []string{}, NeedsPerson
	for i, g := range groups {
		all.flows = append(all.flows, g.flows...)
		names = append(names, m.vendorName(g.recipient()))
		if each[i].Outcome == Differs {
			outcome = Differs
		}
	}
	f := all.finding("")
	f.Outcome, f.Recipients = outcome, union(all.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	statements, severities := map[string]bool{}, []string{}
	for _, one := range each {
		severities = append(severities, one.Severity)
		for _, s := range one.Statements {
			statements[s] = true
		}
	}
	f.Severity = slices.MinFunc(severities, func(a, b string) int { return cmp.Compare(severityRank[a], severityRank[b]) })
	f.Statements = slices.Sorted(maps.Keys(statements))
	slices.Sort(names)
	kinds := at.words(at.seen(f.Pages))
	f.Title = fmt.Sprintf("%s%s", countOf(len(groups), "%d recipients get data", "One recipient gets data"), onPages(kinds))
	f.Message = fmt.Sprintf("Observed %s: %s got %s.", seenOn(f.Pages, kinds+whenSaid(r)), list(shorten(names, 6)), m.dataNames(f.DataTypes))
	if note := param(r, "note", ""); note != "" {
		f.Message += " " + strings.TrimSpace(note)
	}
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	return f
}
