package reports

// The words of the design, in the order in which reports show them.
var (
	Severities      = []string{"critical", "high", "medium", "low", "info"}
	Verdicts        = []string{"clear", "vague", "ambiguous", "incorrect", "omitted", "not-tested"}
	PromiseVerdicts = []string{"kept", "broken", "not-observed", "not-testable"}
	confidences     = []string{"direct", "strong", "indirect", "text-weak"}
)

// Total counts again, after what counts was changed.
func (rep *Report) Total() { rep.Summary = totals(rep) }

// totals counts. A recipient counts as disclosed when a flow to it is covered
// by the texts in any way, or when they name it and deny none of its flows.
func totals(rep *Report) Totals {
	t := Totals{BySeverity: zeros(Severities), ByVerdict: zeros(Verdicts), ByPromise: zeros(PromiseVerdicts), StillSeen: map[string]int{}}
	for _, f := range rep.Findings {
		switch {
		case f.Suppressed:
			t.Suppressed++
		case !rep.Open(f):
			t.Known++
		default:
			t.BySeverity[f.Severity]++
		}
	}
	for _, p := range rep.Promises {
		t.ByPromise[p.Verdict]++
	}
	for _, f := range rep.Flows {
		t.ByVerdict[f.Disclosure.Verdict]++
	}
	disclosed := told(rep)
	for _, c := range rep.Choices {
		if c.Tested {
			t.StatesTested++
			if c.State != "none" && c.State != "accept" {
				t.StillSeen[c.State] = c.StillSeen
			}
		}
	}
	visited := map[string]bool{}
	for _, p := range rep.Pages {
		if p.Ended != "failed" {
			visited[p.URL] = true
		}
	}
	companies, withThird := map[string]bool{}, map[string]bool{} // company → disclosed
	for _, v := range rep.Vendors {
		if v.Party != "third" {
			continue
		}
		told := disclosed[v.ID]
		t.Recipients++
		if !told {
			t.UndisclosedRecipients++
		}
		if !v.Recognized {
			t.Unrecognized++
		}
		companies[company(v)] = companies[company(v)] || told
		for _, p := range v.Pages {
			if visited[p] {
				withThird[p] = true
			}
		}
	}
	t.Companies, t.PagesWithThirdParties = len(companies), len(withThird)
	for _, told := range companies {
		if !told {
			t.UndisclosedCompanies++
		}
	}
	return t
}

// told are the vendors that count as disclosed, by id.
func told(rep *Report) map[string]bool {
	covered, denied := map[string]bool{}, map[string]bool{}
	for _, f := range rep.Flows {
		switch f.Disclosure.Verdict {
		case "clear", "vague", "ambiguous":
			covered[f.Recipient.Vendor] = true
		case "incorrect":
			denied[f.Recipient.Vendor] = true
		}
	}
	for _, v := range rep.Vendors {
		covered[v.ID] = covered[v.ID] || (v.NamedInPolicy && !denied[v.ID])
	}
	return covered
}

// company is who stands behind a vendor, or its domain when that is not known.
func company(v Vendor) string {
	if v.Entity != "" {
		return v.Entity
	}
	return v.ID
}

func zeros(keys []string) map[string]int {
	m := make(map[string]int, len(keys))
	for _, k := range keys {
		m[k] = 0
	}
	return m
}
