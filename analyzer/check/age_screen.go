package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// leading is a question that tells which answer lets one in.
var leading = newPhrase(`(?i)\b(i am|i'm|are you|you must be|confirm)\b[^.?]{0,30}\b(13|14|16|18|thirteen|sixteen|eighteen)\b|\b(13|16|18)\s*(\+|or (older|over)|years or older)|\bover (13|16|18)\b`)

// ageScreen looks what happens before a visitor of a mixed audience has said how
// old they are. A screen is a form that asks for an age and for little else. What
// only works for the site itself, or defends it, is left alone; what only measures
// is for a person, and so is a screen that tells the answer which lets one in.
func ageScreen(m *Matcher, r *rules.Rule) result {
	var screen *flow.Form
	for i := range m.in.Seen.Forms {
		f := &m.in.Seen.Forms[i]
		others := 0
		for _, x := range f.Fields {
			if x.DataType != "" && x.DataType != "age" && x.DataType != "date_of_birth" {
				others++
			}
		}
		if screen == nil && others == 0 && (ageField(f) != nil || askedToConfirm(f)) {
			screen = f
		}
	}
	early := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Confidence != flow.Indirect && slices.Contains(f.States, evidence.StateNone) && slices.Contains(identifying, f.DataTypes[0]) &&
			!m.consentTool(f.Recipient.Vendor) && !flow.Infrastructure(m.categories(f)) && (screen == nil || slices.Contains(f.Pages, screen.Page))
	})
	if screen == nil {
		return m.noScreen(r, early)
	}
	var res result
	var ends, measures []*flow.Flow
	for _, f := range early {
		switch kinds := m.categories(f); {
		case overlap(kinds, adLike) && !m.processor(f.Recipient):
			ends = append(ends, f)
		case overlap(kinds, statistics):
			measures = append(measures, f)
		}
	}
	where := fmt.Sprintf("on %s, where the age is asked%s", screen.Page, headed(screen))
	if len(ends) > 0 {
		f := m.siteFinding(r, r.Severity, ends)
		f.Pages, f.Evidence = []string{screen.Page}, append([]string{screen.ID}, f.Evidence...)
		f.Message = fmt.Sprintf("Observed %s, before it was given: %s.", where, m.describe(ends))
		res.findings = append(res.findings, f)
	}
	if len(measures) > 0 {
		f := m.siteFinding(r, capped(r.Severity, flow.Indirect, 1), measures, "measures")
		f.Outcome, f.Pages = NeedsPerson, []string{screen.Page}
		f.Title = "Visitors are measured before they have said how old they are"
		f.Message = fmt.Sprintf("Observed %s, before it was given: %s. Whether it serves the site's internal operations alone needs a person.", where, m.describe(measures))
		res.findings = append(res.findings, f)
	}
	if text := screenText(screen); leading.MatchString(text) {
		f := m.siteFinding(r, "medium", nil, "leading")
		f.Outcome, f.Pages, f.Evidence = NeedsPerson, []string{screen.Page}, []string{screen.ID}
		f.Title = "The question for the age tells which answer lets one in"
		f.Message = fmt.Sprintf("The form on %s says: “%s” A neutral screen asks for the age and suggests none.", screen.Page, clip(text, 160))
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("Before the age was given on %s, no tracker was seen to get an identifier.", screen.Page)}
	}
	return res
}

// askedToConfirm reports whether a form without other fields asks to confirm an age.
func askedToConfirm(f *flow.Form) bool {
	return len(f.Fields) <= 2 && leading.MatchString(screenText(f))
}

func screenText(f *flow.Form) string {
	text := f.Heading
	for _, x := range f.Fields {
		text += " " + x.Label
		for _, o := range x.Options {
			text += " " + o
		}
	}
	return text
}

// noScreen is for sites that never ask.
func (m *Matcher) noScreen(r *rules.Rule, early []*flow.Flow) result {
	asked := collecting(m.in.Seen.Forms)
	early = slices.DeleteFunc(early, func(f *flow.Flow) bool { return !overlap(m.categories(f), adLike) || m.processor(f.Recipient) })
	if len(early)+len(asked) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No tracker and no form that asks for personal data was seen, so no age has to be asked first."}
	}
	f := m.siteFinding(r, capped(r.Severity, flow.Indirect, 1), early, "none")
	f.Outcome = NeedsPerson
	f.Title = "No question for the age was seen, and data are collected"
	f.Message = "The profile says that children use the site beside others, and no form that asks for an age was seen."
	if len(early) > 0 {
		f.Message += " Observed without a choice: " + m.describe(early) + "."
	}
	if len(asked) > 0 {
		f.Message += countOf(len(asked), " %d forms ask for personal data.", " One form asks for personal data.")
		f.Pages = compact(append(f.Pages, collectingPages(m.in.Seen.Forms)...))
	}
	return result{findings: []Finding{f}}
}
