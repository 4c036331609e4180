package check

import (
	"fmt"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

var (
	interestWords = newPhrase(`(?i)legitimate\s+interests?|berechtigte[ns]?\s+interesse|intérêts?\s+légitimes?|inter[ée]s(?:es)?\s+leg[íi]timos?|interess[ei]\s+legittim[io]|gerechtvaardigd\s+belang|legítimos?\s+interesses?`)
	storageWords  = newPhrase(`(?i)cookie|stor(?:e|ing|age)|device|advert|\bads?\b|tracker|pixel|speicher|endgerät|werb|gerät|stock|traceur|publicit|appareil|almacen|dispositivo|anunci|dispositiv|pubblicit`)
)

// legitimateInterest finds banners and texts that rest storing or reading
// on the device, or advertising, on legitimate interests. Where the words speak
// of later use only, a person looks.
func legitimateInterest(m *Matcher, r *rules.Rule) result {
	if e, state := m.element("legitimate_interest_cookies", m.in.Documents); state == stated {
		f := Finding{Outcome: Differs, Severity: capped(r.Severity, flow.TextWeak, 1), Confidence: string(flow.TextWeak), Recipients: []string{m.in.Site}, Fingerprint: fingerprint(r.ID, m.in.Site, "text")}
		f.Title = "The text rests cookies or advertising on legitimate interests"
		f.Message = fmt.Sprintf("The text says: “%s”", clip(e.Quote, 240))
		if seen, _ := m.identified(trackingCategories, ""); len(seen.flows) == 0 {
			f.Outcome = NeedsPerson
			f.Message += " No recipient of identifiers was seen to which this could apply."
		} else {
			f.Evidence, f.Pages = union(seen.flows, func(f *flow.Flow) []string { return []string{f.ID} }), union(seen.flows, func(f *flow.Flow) []string { return f.Pages })
		}
		return result{findings: []Finding{f}}
	}
	c, o, missing := m.offered()
	if missing != nil {
		if missing.outcome == NotApplicable {
			return *missing
		}
		return result{outcome: NotTested, why: missing.why + " The texts do not speak of legitimate interests for cookies."}
	}
	for _, l := range o.Layers {
		words := []string{l.Text}
		for _, t := range l.Toggles {
			words = append(words, t.Label)
		}
		for _, x := range l.Controls {
			words = append(words, x.Text)
		}
		for _, w := range words {
			if !interestWords.MatchString(w) {
				continue
			}
			f := m.offerFinding(r, c, r.Severity)
			f.Title = "The banner speaks of legitimate interests"
			f.Message = fmt.Sprintf("A layer of the banner says: “%s”", clip(around(w), 240))
			if !storageWords.MatchString(around(w)) {
				f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
				f.Message += " Whether this is for storing and reading or for later use only needs a person."
			} else {
				f.Title = "The banner rests storing, reading or advertising on legitimate interests"
			}
			byLooks(&f, c)
			return result{findings: []Finding{f}}
		}
	}
	return result{outcome: Matches, why: "Neither the texts nor the layers of the banner that were opened rest cookies on legitimate interests."}
}

// around is the sentence or line of a text that speaks of legitimate interests.
func around(text string) string {
	for _, s := range strings.FieldsFunc(text, func(c rune) bool { return c == '.' || c == '\n' || c == '!' || c == '?' }) {
		if interestWords.MatchString(s) {
			return strings.TrimSpace(s)
		}
	}
	return text
}
