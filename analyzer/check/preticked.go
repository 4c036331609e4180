package check

import (
	"cmp"
	"fmt"

	"candor/rules"
)

var necessaryWords = newPhrase(`(?i)\b(strictly\s+)?(necessary|essential|required|always\s+active|technical(ly)?)\b|notwendig|erforderlich|essen[tz]iell|nécessaire|essentiel|indispensable|necesari|esencial|necessari|tecnic|noodzakelijk|niezbędn|nødvendig|nödvändig`)

// preticked finds switches that are on by default and are not for what is
// necessary.
func preticked(m *Matcher, r *rules.Rule) result {
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	toggles, on := 0, []string{}
	for _, l := range o.Layers {
		for _, t := range l.Toggles {
			toggles++
			if t.On && !t.Locked && !necessaryWords.MatchString(t.Label) {
				on = append(on, "“"+cmp.Or(clip(t.Label, 60), "without a label")+"”")
			}
		}
	}
	switch {
	case toggles == 0:
		return result{outcome: NotApplicable, why: "No switch or check box was seen on the layers of the banner that were opened."}
	case len(on) == 0:
		return result{outcome: Matches, why: fmt.Sprintf("None of the %s on by default.", countOf(toggles, "%d switches and check boxes that can be changed is", "switches that can be changed is"))}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Title = fmt.Sprintf("%s in the banner on by default", countOf(len(on), "%d choices are", "One choice is"))
	f.Message = fmt.Sprintf("As the banner is shown, these are on and can be changed: %s.", list(shorten(on, 8)))
	byLooks(&f, c)
	return result{findings: []Finding{f}}
}
