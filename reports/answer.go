package reports

import lang "candor/reports/words"

// Answer is the report's answer in a few fixed sentences, in English.
func Answer(rep *Report) []string {
	return AnswerIn(english(), rep)
}

// english is the language that is always there: its words are part of the
// program, and a test reads them.
func english() *lang.Language {
	l, err := lang.For(lang.English)
	if err != nil {
		panic(err)
	}
	return l
}

// AnswerIn is the report's answer in a few fixed sentences, for the top of every
// format. It holds figures only, nothing that a site or a text says.
func AnswerIn(l *lang.Language, rep *Report) []string {
	t, c := rep.Summary, rep.Coverage
	if c.PagesVisited == 0 {
		return []string{l.Must("sum.nothing")}
	}
	pages := l.Must("n.pages", c.PagesVisited)
	var out []string
	add := func(key string, args ...any) { out = append(out, l.Must(key, args...)) }
	if t.Companies == 0 {
		add("sum.nobody", pages)
	} else {
		add("sum.companies", t.PagesWithThirdParties, l.Must("on.pages", c.PagesVisited), l.Must("n.companies", t.Companies))
		switch told := t.Companies - t.UndisclosedCompanies; {
		case len(rep.Policies) == 0:
			add("sum.nopolicy")
		case t.ByVerdict["not-tested"] > 0:
			add("sum.unread")
		case t.UndisclosedCompanies == 0:
			add("sum.told")
		default:
			add("sum.undisclosed", t.UndisclosedCompanies, told)
		}
	}
	if n := t.ByVerdict["incorrect"]; n > 0 {
		add("sum.incorrect", n)
	}
	if all := len(rep.Promises); all > 0 {
		add("sum.promises", t.ByPromise["broken"], l.Must("of.promises", all))
	}
	out = append(out, chosen(l, rep.Choices)...)
	if said := did(l, rep.Behaviors); said != "" {
		out = append(out, said)
	}
	if n := t.BySeverity["critical"] + t.BySeverity["high"]; n > 0 {
		add("sum.urgent", n)
	}
	if c.Redacted {
		add("sum.redacted")
	}
	if !c.Complete {
		add("sum.incomplete")
	}
	return out
}

// chosen are the sentences about what a choice changes.
func chosen(l *lang.Language, choices []StateChoice) []string {
	var out []string
	for _, c := range choices {
		all := c.StillSeen + c.NoMore + c.NeedsPerson
		if c.State == "none" || c.State == "accept" || !c.Tested || all == 0 {
			continue
		}
		of := l.Must("of.recipients", all)
		key := "sum.choice"
		if c.NeedsPerson > 0 {
			key = "sum.choice.person"
		}
		out = append(out, capital(l.Must(key, c.StillSeen, l.Word("after", c.State), of, c.NeedsPerson)))
	}
	return out
}

// did says which behaviors were seen, each with the number of companies that
// are known to be behind it.
func did(l *lang.Language, behaviors []Behavior) string {
	var kinds []string
	who := map[string]map[string]bool{}
	for _, x := range behaviors {
		if who[x.Kind] == nil {
			who[x.Kind] = map[string]bool{}
			kinds = append(kinds, x.Kind)
		}
		if x.Vendor != "" {
			who[x.Kind][x.Vendor] = true
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	counted := false
	for i, k := range kinds {
		kinds[i] = l.Word("behavior", k)
		switch n := len(who[k]); {
		case n == 0:
		case counted:
			kinds[i] = l.Must("sum.behavior.more", kinds[i], n)
		default:
			counted = true
			kinds[i] = l.Must("sum.behavior", kinds[i], l.Must("by.recipients", n))
		}
	}
	return l.Must("sum.behaviors", l.And(kinds))
}
