package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/change"
	"candor/reports/plain"
)

// Comparison says how two scans are to be compared.
type Comparison struct {
	Hosts   change.Hosts                    // hosts of one scan that stand for those of the other
	NewOnly bool                            // only what is new is to count
	Broader func(broad, narrow string) bool // whether a kind of data covers another; nil knows equal ones only
}

// maxChanges bounds the changes that are listed.
const maxChanges = 5000

// topics in the order of the list.
var topics = []string{"recipient", "data_type", "flow", "choice", "behavior", "cookie", "storage", "label", "form", "notice", "statement", "promise", "finding"}

// Difference compares a scan with earlier ones of the same site, which may come
// in any order; the last of them is what it is compared with. It changes none
// of them. The same scans with the same options give the same Changes.
//
// What the new scan did not see is gone only when it visited again, in full and
// in the same states, every page where it had been seen, or when the scan
// before it did not see it either. Otherwise it was not seen again, and why
// says what was not looked at.
func Difference(now *Report, earlier []*Report, o Comparison) (Changes, error) {
	if len(earlier) == 0 {
		return noChanges(), errors.New("compare scans: no earlier scan was given")
	}
	return newDifference(now, earlier, o).changes(), nil
}

// Since compares the report with earlier scans and keeps what came of it: the
// changes, which findings are new, and since when the others are known.
func (rep *Report) Since(earlier []*Report, o Comparison) error {
	if len(earlier) == 0 {
		return errors.New("compare scans: no earlier scan was given")
	}
	d := newDifference(rep, earlier, o)
	rep.Changes = d.changes()
	views := append(slices.Clone(d.older), d.before)
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.New, f.FirstSeen, f.LastSeen = true, rep.StartedAt, rep.StartedAt
		for _, v := range views {
			if _, ok := d.matched(v)[i]; ok {
				f.New, f.FirstSeen = false, v.rep.StartedAt
				break
			}
		}
	}
	rep.Summary = totals(rep)
	return nil
}

func (d *difference) changes() Changes {
	c := noChanges()
	c.NewOnly, c.Against = d.NewOnly, RefOf(d.before.rep)
	for _, v := range d.older {
		c.History = append(c.History, RefOf(v.rep))
	}
	for _, p := range d.Hosts {
		c.Hosts = append(c.Hosts, HostMap{Host: p.Host, Is: p.Is})
	}
	for visit := range d.before.full {
		c.Earlier++
		if d.now.full[visit] {
			c.Repeated++
		}
	}
	items := append(append(d.things(), d.texts()...), d.findings()...)
	c.Limits = d.limits(c)
	c.Remarks = d.remarks(items)
	c.Count = tally(items)
	sortChanges(items)
	c.Items = append(c.Items, items[:min(len(items), maxChanges)]...)
	c.Left = len(items) - len(c.Items)
	return c
}

// difference is a comparison under way.
type difference struct {
	Comparison
	now, before *view
	older       []*view               // oldest first
	same        map[*view]map[int]int // see matched
	pairs       [][2]*Policy          // see notices
}

func newDifference(now *Report, earlier []*Report, o Comparison) *difference {
	sorted := slices.Clone(earlier)
	slices.SortStableFunc(sorted, func(a, b *Report) int { return cmp.Compare(a.StartedAt, b.StartedAt) })
	d := &difference{Comparison: o, same: map[*view]map[int]int{}}
	for _, rep := range sorted {
		d.older = append(d.older, newView(rep, o.Hosts))
	}
	last := len(d.older) - 1
	d.before, d.older = d.older[last], d.older[:last]
	d.now = newView(now, o.Hosts)
	return d
}

// RefOf names a scan, with the figures that are followed from scan to scan.
func RefOf(rep *Report) ScanRef {
	r := ScanRef{
		Companies: rep.Summary.Companies, Undisclosed: rep.Summary.UndisclosedCompanies,
		ScanID: rep.ScanID, URL: rep.Site.URL, StartedAt: rep.StartedAt, Version: rep.Tool.Version, RulesVersion: rep.Tool.RulesVersion,
		States: list(rep.Coverage.States), Complete: rep.Coverage.Complete, Policies: []string{},
	}
	for _, p := range rep.Policies {
		r.Policies = append(r.Policies, p.SHA256)
	}
	for _, f := range rep.Findings {
		if !f.Suppressed && (f.Severity == "critical" || f.Severity == "high") {
			r.Urgent++
		}
	}
	return r
}

// limits are what keeps the two scans from being compared whole.
func (d *difference) limits(c Changes) []string {
	a, b := d.before.rep, d.now.rep
	out := []string{}
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(!a.Coverage.Complete, "The earlier scan is incomplete (%s): what seems new may have been there.", plain.Visible(cmp.Or(a.Coverage.Stopped, "not closed")))
	say(!b.Coverage.Complete, "This scan is incomplete (%s): what was not seen again may still be there.", plain.Visible(cmp.Or(b.Coverage.Stopped, "not closed")))
	say(c.Earlier > 0 && c.Repeated == 0, "No page of the earlier scan was visited again in full: the two scans have no address in common. If one is of another host, say which host stands for which.")
	say(c.Repeated > 0 && c.Repeated < c.Earlier, "Of %d visits of the earlier scan (pages times consent states) %d were made again in full.", c.Earlier, c.Repeated)
	gone, came := change.Missing(a.Coverage.States, b.Coverage.States), change.Missing(b.Coverage.States, a.Coverage.States)
	say(len(gone) > 0, "Only the earlier scan visited in the states %s.", plain.Visible(strings.Join(gone, ", ")))
	say(len(came) > 0, "Only this scan visited in the states %s.", plain.Visible(strings.Join(came, ", ")))
	say(a.Tool.RulesVersion != b.Tool.RulesVersion, "The two scans were analysed with different rules (%s and %s): a difference may come of that.", plain.Visible(a.Tool.RulesVersion), plain.Visible(b.Tool.RulesVersion))
	say(a.Coverage.Redacted != b.Coverage.Redacted, "Values had been taken out of the evidence of one of the two scans.")
	say(a.Import.Format != b.Import.Format, "One of the two is another tool's recording, or both are of different tools.")
	say(!slices.Equal(change.Sorted(a.Site.OwnDomains), change.Sorted(b.Site.OwnDomains)), "The site's own domains are given differently: what counts as another party differs.")
	x, y := a.Conditions, b.Conditions
	for _, set := range []struct {
		what    string
		differs bool
	}{
		{"whether forms were filled in", x.FillForms != y.FillForms}, {"the journey before the visits", x.Journey != y.Journey},
		{"the user agent", x.Identified != y.Identified || x.Headless != y.Headless}, {"the size of the window", x.Viewport != y.Viewport},
		{"the language", x.Language != y.Language}, {"third-party cookies", x.ThirdPartyCookies != y.ThirdPartyCookies},
	} {
		say(set.differs, "The browser presented itself differently: %s.", set.what)
	}
	return out
}

// remarks are what changes come to together.
func (d *difference) remarks(items []Change) []Remark {
	out := []Remark{}
	practice, weaker, texts := 0, 0, 0
	for _, c := range items {
		switch {
		case (c.Topic == "recipient" || c.Topic == "data_type" || c.Topic == "flow" || c.Topic == "behavior") && c.Kind == "new" && !c.OnNew:
			practice++
		case c.Topic == "statement" && (c.Direction == "weaker" || c.Direction == "wider"):
			weaker++
		case c.Topic == "notice":
			texts++
		}
	}
	read := len(d.before.rep.Policies) > 0 && len(d.now.rep.Policies) > 0
	say := func(kind, format string, args ...any) {
		out = append(out, Remark{Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
	switch {
	case len(items) == 0:
		say("nothing_changed", "No difference was found in what both scans looked at.")
	case practice > 0 && read && !d.textDiffers():
		say("practice_changed_text_same", "What is collected changed (%s that were not seen before), and the texts are word for word what they were.", plural(practice, "thing", "things"))
	case practice > 0 && texts > 0:
		say("practice_and_text_changed", "What is collected changed, and so did the texts: see whether the new text says it.")
	case practice == 0 && weaker > 0:
		say("practice_same_text_weaker", "What is collected is what it was, and the texts now promise less or allow more (%s).", plural(weaker, "sentence", "sentences"))
	}
	for _, pair := range d.notices() {
		a, b := pair[0], pair[1]
		if a == nil || b == nil {
			continue
		}
		name := plain.Visible(cmp.Or(b.Title, b.URL))
		switch dated := a.LastUpdated != b.LastUpdated; {
		case dated && a.SHA256 == b.SHA256:
			say("date_changed_text_same", "The date of “%s” went from %s to %s, and its text is what it was.", name, day(a.LastUpdated), day(b.LastUpdated))
		case !dated && a.SHA256 != b.SHA256 && a.LastUpdated != "" && d.spoken(a, b):
			say("text_changed_date_same", "The text of “%s” says something else than before, and its date is still %s.", name, day(a.LastUpdated))
		}
	}
	return out
}

func day(s string) string { return plain.Visible(cmp.Or(s, "none")) }

func tally(items []Change) []Tally {
	out := []Tally{}
	for _, topic := range topics {
		t := Tally{Topic: topic}
		for _, c := range items {
			if c.Topic != topic {
				continue
			}
			switch c.Kind {
			case "new":
				t.New++
			case "changed":
				t.Changed++
			case "gone":
				t.Gone++
			case "not_seen_again":
				t.NotSeenAgain++
			case "seen_again":
				t.SeenAgain++
			}
		}
		if t != (Tally{Topic: topic}) {
			out = append(out, t)
		}
	}
	return out
}

var (
	kindOrder      = []string{"new", "changed", "seen_again", "gone", "not_seen_again"}
	directionOrder = []string{"weaker", "wider", "stronger", "narrower", ""}
)

func sortChanges(items []Change) {
	slices.SortStableFunc(items, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(rank(topics, a.Topic), rank(topics, b.Topic)),
			cmp.Compare(rank(directionOrder, a.Direction), rank(directionOrder, b.Direction)),
			cmp.Compare(rank(kindOrder, a.Kind), rank(kindOrder, b.Kind)),
			cmp.Compare(rank(Severities, a.Severity), rank(Severities, b.Severity)),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
}
