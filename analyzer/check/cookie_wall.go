package check

import (
	"fmt"

	"candor/rules"
)

// cookieWall finds pages that cannot be used until a choice is made, and of it
// those that offer no refusal.
func cookieWall(m *Matcher, r *rules.Rule) result {
	c, o, missing := m.offered()
	if missing != nil {
		return *missing
	}
	if !o.Wall {
		return result{outcome: Matches, why: "The page can be used while the banner is shown."}
	}
	if o.RejectClicks > 0 && o.RejectClicks <= max(o.AcceptClicks, 1) {
		return result{outcome: Matches, why: "The page cannot be used until a choice is made, and refusing takes no more clicks than accepting."}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Outcome = NeedsPerson
	f.Title = "The page cannot be used until a choice is made"
	f.Message = "The banner keeps the page from being used or scrolled"
	if o.RejectClicks == 0 {
		f.Message += ", and no way to refuse everything was found. Whether there is another way in needs a person."
	} else {
		f.Message += fmt.Sprintf(", and refusing takes %s, accepting %s.", countOf(o.RejectClicks, "%d clicks", "one click"), countOf(o.AcceptClicks, "%d clicks", "one click"))
	}
	byLooks(&f, c)
	return result{findings: []Finding{f}}
}
