package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/rules"
)

// transferUndisclosed finds recipients whose company is established in another
// country, where the texts do not say that data go there, say nothing of the
// safeguard, or say that data stay. Where a company is established is told by
// the knowledge base, never by an address of a server: an edge of a network says
// nothing of who holds the data. Params:
//
//	home            countries, ISO 3166-1, from which data are not transferred
//	adequate        countries that count as home unless the text says that data stay
//	told            element of the texts that tells of transfers
//	safeguard       element that names the safeguard; "" asks for none
//	stays           element by which a text says that data stay
//	stays_severity  severity where the text says that data stay
//	place           how a sentence calls what is home: "the EU and the EEA"
func transferUndisclosed(m *Matcher, r *rules.Rule) result {
	sent := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && !m.consentTool(f.Recipient.Vendor) &&
			(overlap(f.DataTypes, identifying) || personal(f.DataTypes[0]))
	})
	abroad, here := map[string][]group{}, 0
	claim, claimed := m.element(param(r, "stays", ""), m.in.Documents)
	for _, g := range byRecipient(sent) {
		country := m.country(g.recipient().Vendor)
		switch {
		case country == "", slices.Contains(texts(r, "home"), country), claimed != stated && slices.Contains(texts(r, "adequate"), country),
			claimed != stated && m.localEntity(g.recipient().Vendor):
			here++
		default:
			abroad[country] = append(abroad[country], g)
		}
	}
	place := param(r, "place", "the country")
	if len(abroad) == 0 {
		if len(sent) == 0 {
			return result{outcome: NotApplicable, unseen: true, why: "No third party was seen to get an identifier or personal data."}
		}
		return result{outcome: Matches, why: fmt.Sprintf("No recipient of identifiers or personal data is known to be established outside %s, or the text names its company there. Where %s is not known is left open.", place, countOf(here, "any of the %d recipients", "the one recipient"))}
	}
	told, toldState := m.element(param(r, "told", "transfers_told"), m.in.Documents)
	safeguard, safeState := policy.Element{}, stated
	if id := param(r, "safeguard", ""); id != "" {
		safeguard, safeState = m.element(id, m.in.Documents)
	}
	f, who := m.transferred(r, abroad)
	switch {
	case claimed == stated:
		f.Outcome, f.Severity = Differs, capped(param(r, "stays_severity", r.Severity), flow.Strong, f.sightings)
		f.Title = fmt.Sprintf("The text says that data stay in %s; recipients are established elsewhere", place)
		f.Message = fmt.Sprintf("The text says: “%s” Observed: identifiers or personal data go to %s. This is where the companies are established, not where their servers stand.", clip(claim.Quote, 200), who)
	case toldState == stated && safeState == stated:
		quote := told.Quote
		if safeguard.Quote != "" {
			quote = safeguard.Quote
		}
		return result{outcome: Matches, why: fmt.Sprintf("Data go to %s; the text says: “%s”", who, clip(quote, 160))}
	case toldState == notRead || safeState == notRead:
		return result{outcome: NotTested, why: "What the texts say of other countries was not read."}
	case toldState == stated:
		f.Title = "Not found in the texts: the safeguard of transfers to other countries"
		f.Message = fmt.Sprintf("Observed: identifiers or personal data go to %s. The text says: “%s” Not found: %s.", who, clip(told.Quote, 160), m.elementName(param(r, "safeguard", "")))
	default:
		f.Title = "Not found in the texts: that data go to other countries"
		f.Message = fmt.Sprintf("Observed: identifiers or personal data go to %s. Not found in the texts: %s. This is where the companies are established, not where their servers stand.", who, m.elementName(param(r, "told", "transfers_told")))
	}
	m.doubt(&f.Finding)
	return result{findings: []Finding{f.Finding}}
}

type transferFinding struct {
	Finding
	sightings int
}

// transferred starts the finding, and names the recipients by country.
func (m *Matcher) transferred(r *rules.Rule, abroad map[string][]group) (transferFinding, string) {
	all, parts := group{}, []string{}
	for _, country := range sorted(abroad) {
		var names []string
		for _, g := range abroad[country] {
			all.flows = append(all.flows, g.flows...)
			names = append(names, m.vendorName(g.recipient()))
		}
		slices.Sort(names)
		parts = append(parts, fmt.Sprintf("%s (%s)", list(shorten(names, 5)), country))
	}
	f := all.finding(r.Severity)
	f.Recipients = union(all.flows, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
	f.Fingerprint = fingerprint(r.ID, m.in.Site)
	f.Severity, f.Confidence = capped(r.Severity, flow.TextWeak, 1), string(flow.Strong)
	return transferFinding{f, all.sightings()}, list(shorten(parts, 6))
}

// country is where a vendor's company, or else the one above it, is established;
// "" when it is not known.
func (m *Matcher) country(vendor string) string {
	v := m.in.Set.Vendor(vendor)
	if v == nil {
		return ""
	}
	seen := map[string]bool{}
	for c := m.in.Set.CompanyOf(v); c != nil && !seen[c.ID]; c = m.in.Set.Company(c.Parent) {
		if seen[c.ID] = true; c.Country != "" {
			return c.Country
		}
	}
	return ""
}

// entityMarks are what a company's name for Europe holds.
var entityMarks = regexp.MustCompile(`^[ ,]*(?:[A-Z][\p{L}-]+ ){0,2}(?:Ireland|Europe|EMEA|Luxembourg|Germany|Deutschland|France|Netherlands|GmbH|B\.?V\.?|S\.?à ?r\.?l\.?|SARL|UC|ULC|Dublin|Irland|Irlande|Irlanda)\b`)

// localEntity reports whether the texts name a vendor's company in Europe, as
// "Google Ireland Limited".
func (m *Matcher) localEntity(vendor string) bool {
	known := m.in.Set.Vendor(vendor)
	if known == nil {
		return false
	}
	v := flow.Vendor{ID: known.ID, Name: known.Name, Company: known.Company}
	names := m.callings(&v)
	return slices.ContainsFunc(m.in.Documents, func(d *policy.Document) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			for at := 0; ; {
				i := strings.Index(d.Text[at:], n)
				if i < 0 {
					return entityMarks.MatchString(lastWords(n)) && hasWord(d.Text, n)
				}
				at += i + len(n)
				if entityMarks.MatchString(d.Text[at:min(len(d.Text), at+60)]) {
					return true
				}
			}
		})
	})
}

// lastWords is a name without its first word: "Ireland Limited".
func lastWords(name string) string {
	_, rest, _ := strings.Cut(name, " ")
	return rest
}
