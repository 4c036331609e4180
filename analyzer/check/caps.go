package check

import "candor/analyzer/flow"

// cappedBy is the severity of a finding after a rule's caps: by its confidence,
// and by "single" for what was seen once. They only ever lower it.
func (m *Matcher) cappedBy(caps map[string]string, f *Finding) string {
	severity := f.Severity
	lower := func(name string) {
		if most, ok := caps[name]; ok && severityRank[most] > severityRank[severity] {
			severity = most
		}
	}
	if len(caps) == 0 {
		return severity
	}
	lower(f.Confidence)
	if flows := m.evidenceFlows(f); len(flows) > 0 {
		most := 0
		for _, x := range flows {
			most = max(most, x.Sightings)
		}
		if most <= 1 {
			lower("single")
		}
	}
	return severity
}

// worst is the most severe of what a table of severities gives some keys, "" when
// it gives none.
func worst(table map[string]any, keys []string) string {
	best := ""
	for _, key := range keys {
		if s, _ := table[key].(string); s != "" && (best == "" || severityRank[s] < severityRank[best]) {
			best = s
		}
	}
	return best
}

// evidenceFlows are the flows among a finding's evidence.
func (m *Matcher) evidenceFlows(f *Finding) []*flow.Flow {
	if m.byID == nil {
		m.byID = make(map[string]*flow.Flow, len(m.in.Seen.Flows))
		for i := range m.in.Seen.Flows {
			m.byID[m.in.Seen.Flows[i].ID] = &m.in.Seen.Flows[i]
		}
	}
	var out []*flow.Flow
	for _, id := range f.Evidence {
		if x := m.byID[id]; x != nil {
			out = append(out, x)
		}
	}
	return out
}
