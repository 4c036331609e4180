package main

import (
	"slices"
)

func choices(m *measurement) error {
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	presence, stated := newTally(), newTally()
	for _, p := range opp {
		for i, s := range p.segs {
			sure := slices.Contains(s.Majority, "User Choice/Control")
			maybe := slices.Contains(s.Union, "User Choice/Control")
			if len(p.choices[i]) > 0 {
				if maybe || slices.ContainsFunc(p.practices[i], statesChoice) {
					stated.right(p.id)
				} else {
					stated.wrong(p.id)
				}
			}
			switch got := len(p.choices[i]) > 0; {
			case got && maybe:
				presence.right(p.id)
			case got:
				presence.wrong(p.id)
				m.mistake("choice", p.id, "FALSE %.250q <- %.300s", p.choices[i], s.Text)
			case sure:
				presence.missed(p.id)
				m.mistake("choice", p.id, "MISSED <- %.700s", s.Text)
			}
		}
	}
	m.figure("choice", "precision", presence, precision)
	m.figure("choice", "recall", presence, recall)
	m.figure("choice", "F1", presence, f1)
	m.figure("choice", "precision-any-practice", stated, precision)
	return nil
}

// statesChoice reports whether an annotator gave a practice of another category
// a choice that the text states: annotators put "you may opt out" there as often
// as under a practice of its own.
func statesChoice(x oppPractice) bool {
	switch x.attr("Choice Type") {
	case "", "Unspecified", "not-selected":
		return false
	}
	return true
}
