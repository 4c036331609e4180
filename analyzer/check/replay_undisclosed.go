package check

import (
	"fmt"

	"candor/analyzer/flow"
	"candor/rules"
)

// replayUndisclosed finds recording of sessions that the text does not mention
// or denies.
func replayUndisclosed(m *Matcher, r *rules.Rule) result {
	recording := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && (f.DataTypes[0] == "session_recording" || f.DataTypes[0] == "keystrokes")
	})
	if len(recording) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No recording of sessions by a known vendor was seen."}
	}
	var res result
	for _, g := range byRecipient(recording) {
		worst := Clear
		for _, f := range g.flows {
			if v := m.disclosed[f.ID].Verdict; badness[v] > badness[worst] {
				worst = v
			}
		}
		f := g.finding(r.Severity)
		who := m.vendorName(g.recipient())
		short := m.calling(g.recipient())
		seen := "records sessions"
		if g.confidence() == flow.Indirect {
			seen = "can record sessions (only its script was seen)"
		}
		f.Statements = m.stated(g.flows, worst)
		switch worst {
		case Clear:
			continue
		case Vague:
			f.Title = fmt.Sprintf("%s %s, which the text covers by broader words only", short, seen)
			f.Outcome = NeedsPerson
			f.Severity = capped(r.Severity, flow.Indirect, 1)
			f.Message = fmt.Sprintf("%s %s. The text covers this by broader words only: “%s”", who, seen, m.quote(f.Statements[0]))
		case Omitted:
			f.Title = fmt.Sprintf("%s %s, which the text does not mention", short, seen)
			f.Message = fmt.Sprintf("%s %s. Not found in the text: a sentence that says so.", who, seen)
			f.SuggestedText = m.suggest(g)
			m.doubt(&f)
		default:
			f.Title = fmt.Sprintf("%s %s, which the text denies", short, seen)
			f.Message = fmt.Sprintf("%s %s. The text says: “%s”", who, seen, m.quote(f.Statements[0]))
		}
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "The text mentions the recording and by whom."}
	}
	return res
}

var badness = map[Verdict]int{Clear: 0, Vague: 1, Ambiguous: 2, Omitted: 3, Unread: 3, Incorrect: 4}
