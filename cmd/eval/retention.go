package main

import (
	"fmt"
	"strings"

	"candor/analyzer/policy"
)

// retention: passages that say how long, and the span where one is stated.
func retention(m *measurement) error {
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	apps, err := m.policiesOfApps()
	if err != nil {
		return err
	}
	passage, value := newTally(), newTally()
	check := func(id string, sts []policy.Statement, lifetimes []int, sure, maybe bool, text, period string) {
		got, days, why := false, map[int]bool{}, ""
		for _, st := range sts {
			if n, rule := st.Keeping(); !st.Negated && (n > 0 || rule != "") {
				got, why = true, fmt.Sprint(n, " ", rule)
				days[st.RetentionDays] = true
			}
		}
		for _, n := range lifetimes { // how long the data in a cookie are kept
			got, why = true, fmt.Sprint(n, " ", "of a cookie")
			days[n] = true
		}
		switch {
		case got && maybe:
			passage.right(id)
		case got:
			passage.wrong(id)
			m.mistake("retention", id, "FALSE %.100s <- %.400s", why, text)
		case sure:
			passage.missed(id)
			m.mistake("retention", id, "MISSED [%.200s] <- %.700s", period, text)
		}
		if want := statedDays(period); want > 0 {
			if days[want] {
				value.right(id)
			} else {
				value.missed(id)
				m.mistake("retention", id, "VALUE %d not in %v <- [%s] %.500s", want, days, period, text)
			}
		}
	}
	for _, p := range opp {
		for i, s := range p.segs {
			by := map[string]bool{}
			period := ""
			for _, x := range p.practices[i] {
				if x.Category == "Data Retention" {
					by[x.Annotator] = true
					if x.attr("Retention Period") == "Stated Period" {
						period = x.text("Retention Period")
					}
				}
			}
			check(p.id, p.statements[i], p.lifetimes[i], len(by) >= 2, len(by) >= 1, s.Text, period)
		}
	}
	for _, g := range apps {
		for i, p := range g.passages {
			is, period := false, ""
			for _, a := range p.Annotations {
				if a.Label == "Data Retention Period" {
					is = true
					if period == "" {
						period = a.Text
					}
				}
			}
			check(g.id, g.statements[i], g.lifetimes[i], is, is, p.Passage, period)
		}
	}
	m.figure("retention", "precision", passage, precision)
	m.figure("retention", "recall", passage, recall)
	m.figure("retention", "F1", passage, f1)
	m.figure("retention", "value", value, recall)
	return nil
}

// statedDays reads the span that annotators marked, by the plainest means.
func statedDays(s string) int {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	unit := map[string]int{"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 0, "months": 0, "year": 365, "years": 365}
	number := map[string]int{"one": 1, "two": 2, "three": 3, "five": 5, "six": 6, "seven": 7, "ten": 10, "thirty": 30, "sixty": 60, "ninety": 90}
	best := 0
	for i := 1; i < len(words); i++ {
		days, ok := unit[words[i]]
		for back := 1; ok && back <= 2 && i-back >= 0; back++ {
			n := number[words[i-back]]
			if n == 0 {
				fmt.Sscanf(words[i-back], "%d", &n)
			}
			if n > 0 && n < 1000 {
				if days == 0 {
					best = max(best, int(float64(n)*365/12+0.5))
				} else {
					best = max(best, n*days)
				}
				break
			}
		}
	}
	return best
}
