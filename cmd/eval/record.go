package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// What a figure may fall by before the run fails: the last digit that is
// recorded, so that a mistake more is seen. Counts hold the readers' own
// false hits and may move by a tenth; beyond it the data are others.
const (
	valueSlack = 0.001
	countSlack = 0.1
)

func readRecord(name string) ([]Figure, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the recorded figures: %w", err)
	}
	var list []Figure
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("reading the recorded figures %s: %w", name, err)
	}
	return list, nil
}

func writeRecord(name string, list []Figure) error {
	out := []byte("[\n")
	for i, f := range list {
		f.Value = float64(int(f.Value*1000+0.5)) / 1000
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		out = append(out, "  "...)
		out = append(out, line...)
		if i+1 < len(list) {
			out = append(out, ',')
		}
		out = append(out, '\n')
	}
	return os.WriteFile(name, append(out, "]\n"...), 0o644)
}

// recorded are the figures to record: the measured ones, and the old ones of
// tasks that were not measured.
func (m *measurement) recorded(old []Figure) []Figure {
	list := slices.Clone(m.figures)
	for _, o := range old {
		if !slices.ContainsFunc(m.figures, func(f Figure) bool { return f.Task == o.Task }) {
			list = append(list, o)
		}
	}
	rank := func(f Figure) int {
		for i, t := range tasks {
			if t.name == f.Task {
				return i
			}
		}
		return len(tasks)
	}
	slices.SortStableFunc(list, func(a, b Figure) int { return rank(a) - rank(b) })
	return list
}

// under says which figures fell under the record, or have none, or were counted
// on other data. Tasks that were not measured are not judged here.
func under(old []Figure, m *measurement) []string {
	var out []string
	for _, f := range m.figures {
		i := slices.IndexFunc(old, func(o Figure) bool { return o.Task == f.Task && o.Metric == f.Metric })
		if i < 0 {
			out = append(out, fmt.Sprintf("%s %s has no recorded figure; record it with -update", f.Task, f.Metric))
			continue
		}
		o := old[i]
		if f.Value < o.Value-valueSlack {
			out = append(out, fmt.Sprintf("%s %s is %.3f, recorded %.3f", f.Task, f.Metric, f.Value, o.Value))
		}
		if d := f.Count - o.Count; float64(max(d, -d)) > max(2, countSlack*float64(o.Count)) {
			out = append(out, fmt.Sprintf("%s %s was counted on %d items, recorded on %d: other data, or a reader that finds much more or less", f.Task, f.Metric, f.Count, o.Count))
		}
	}
	for _, o := range old {
		task := func(f Figure) bool { return f.Task == o.Task }
		same := func(f Figure) bool { return f.Task == o.Task && f.Metric == o.Metric }
		if slices.ContainsFunc(m.figures, task) && !slices.ContainsFunc(m.figures, same) {
			out = append(out, fmt.Sprintf("%s %s is recorded and was not measured", o.Task, o.Metric))
		}
	}
	return out
}
