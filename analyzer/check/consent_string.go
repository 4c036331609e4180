package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/consentstring"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// consentString asks whether the consent strings that a site keeps and sends say
// what the visitor chose. After a refusal or a withdrawal a TCF string has no
// purpose with consent; legitimate interest may remain, and is only told. With an
// opt-out or its signal a US string does not say that nobody opted out. In any
// state, a vendor that gets identifiers has consent or a legitimate interest in
// the TCF string that is kept there.
func consentString(m *Matcher, r *rules.Rule) result {
	differs := map[string][]choice.Told{} // by what was chosen, and the kind of string
	var told, untested []string
	tested := false
	for _, s := range []evidence.State{evidence.StateReject, evidence.StateWithdraw, evidence.StateGPC, evidence.StateOptOut} {
		if why := m.untested(s); why != "" {
			untested = append(untested, why)
			continue
		}
		tested = true
		for _, t := range m.in.Choices.Told {
			switch {
			case t.State != s:
			case !againstChoice(s, t.Meaning):
				told = append(told, fmt.Sprintf("%s, the string in %s says: %s", after[s], t.Where, t.Meaning.Says()))
			case refusal(s):
				differs["refused "+t.Meaning.Kind] = append(differs["refused "+t.Meaning.Kind], t)
			default:
				differs["opted out "+t.Meaning.Kind] = append(differs["opted out "+t.Meaning.Kind], t)
			}
		}
	}
	var findings []Finding
	for _, key := range sorted(differs) {
		findings = append(findings, m.saysOther(r, key, differs[key]))
	}
	for _, s := range []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept, evidence.StateWithdraw} {
		if f, ok := m.withoutBit(r, s); ok {
			findings = append(findings, f)
		}
	}
	switch {
	case !tested && len(findings) == 0:
		return result{outcome: NotTested, why: capital(untested[0]) + "."}
	case len(findings) > 0:
		return result{findings: findings}
	case len(told) == 0:
		return result{outcome: NotApplicable, why: "No consent string (TCF, GPP, US Privacy) was kept or sent after a choice."}
	}
	slices.Sort(told)
	return result{outcome: Matches, why: capital(strings.Join(shorten(slices.Compact(told), 4), "; ")) + "."}
}

func refusal(s evidence.State) bool {
	return s == evidence.StateReject || s == evidence.StateWithdraw
}

// againstChoice reports whether a string says the other of what was chosen.
func againstChoice(s evidence.State, m consentstring.String) bool {
	if refusal(s) {
		return m.Consents()
	}
	return m.NotOptedOut()
}

// saysOther makes a finding of strings of one kind, each with what it says.
func (m *Matcher) saysOther(r *rules.Rule, key string, kept []choice.Told) Finding {
	f := Finding{
		Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Direct), Fingerprint: fingerprint(r.ID, m.in.Site, key),
		Title: fmt.Sprintf("The %s string does not say what was chosen %s", kept[0].Meaning.Kind, after[kept[0].State]),
	}
	type line struct{ state, text string }
	where, says := map[line][]string{}, map[line]string{}
	for _, t := range kept {
		if !slices.Contains(f.States, t.State) {
			f.States = append(f.States, t.State)
		}
		f.Recipients, f.Pages, f.Evidence = append(f.Recipients, t.To...), append(f.Pages, t.Pages...), append(f.Evidence, t.Evidence...)
		for _, c := range m.in.Seen.Cookies {
			if t.Cookie != "" && c.Name == t.Cookie && slices.Contains(c.States, t.State) {
				f.Evidence = append(f.Evidence, c.ID)
			}
		}
		for _, k := range m.in.Seen.Storage {
			if t.Where == "the key "+k.Key && slices.Contains(k.States, t.State) {
				f.Evidence = append(f.Evidence, k.ID)
			}
		}
		l := line{after[t.State], t.Text}
		where[l], says[l] = append(where[l], t.Where), t.Meaning.Says()
	}
	var said []string
	for l, places := range where {
		said = append(said, fmt.Sprintf("%s, in %s: “%s”, which says: %s", l.state, list(places), clip(l.text, 60), says[l]))
	}
	f.Message = "Observed " + strings.Join(shorten(compact(said), 3), ". Observed ") + "."
	f.Recipients, f.Pages, f.Evidence = compact(f.Recipients), compact(f.Pages), compact(f.Evidence)
	if len(f.Recipients) == 0 {
		f.Recipients = []string{m.in.Site}
		return f
	}
	f.Message += fmt.Sprintf(" It was sent to %s.", list(shorten(m.owners(f.Recipients), 6)))
	return f
}
