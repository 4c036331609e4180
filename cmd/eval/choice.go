package main

import (
	"slices"
)

func choices(m *measurement) error {
	opp, err := m.policiesOfOPP()
	if err != nil {
		return err
	}
	presence := newTally()
	for _, p := range opp {
		for i, s := range p.segs {
			sure := slices.Contains(s.Majority, "User Choice/Control")
			maybe := slices.Contains(s.Union, "User Choice/Control")
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
	return nil
}
