package reports

import (
	"cmp"
	"fmt"
	"strings"

	"candor/reports/plain"
)

// TopicName heads the changes of a topic.
func TopicName(topic string) string { return topicNames[topic] }

var topicNames = map[string]string{
	"recipient": "Recipients", "data_type": "Kinds of data that leave", "flow": "Flows to recipients that both scans saw", "choice": "What a choice does", "behavior": "Behaviours",
	"cookie": "Cookies", "storage": "Storage keys", "label": "Labels", "form": "Forms", "notice": "Texts", "statement": "What the texts say", "promise": "Promises", "finding": "Findings",
}

// kindWords are the kinds of change as readers see them.
var kindWords = map[string]string{"new": "new", "changed": "changed", "gone": "gone", "not_seen_again": "not seen", "seen_again": "back"}

// Compared reports whether an earlier scan was given.
func (c *Changes) Compared() bool { return c.Against.ScanID != "" || c.Against.StartedAt != "" }

// Mark is what stands before a change: its direction, or what became of it.
func (c *Change) Mark() string {
	if rank(directionOrder, c.Direction) < len(directionOrder)-1 && (c.Topic == "statement" || c.Topic == "promise" || c.Topic == "choice") {
		return c.Direction
	}
	return cmp.Or(kindWords[c.Kind], "changed")
}

// Line is a change in one line, with text from outside.
func (c *Change) Line() string {
	name := c.Name
	switch c.Topic {
	case "statement":
		return c.sentence()
	case "promise":
		return fmt.Sprintf("“%s” was %s and is %s", plain.Cut(c.Name, 200), c.Before, c.After)
	case "finding":
		name = c.Severity + "  " + name
	case "data_type", "flow":
		name = strings.ReplaceAll(name, "_", " ")
	}
	switch {
	case c.Topic == "notice":
		return name + ". " + c.Why
	case c.Kind == "changed":
		before := c.Before
		if label, value, ok := strings.Cut(before, ": "); ok && !strings.Contains(before, "; ") && strings.HasPrefix(c.After, label+": ") {
			before = value
		}
		return name + ": " + c.After + " (was: " + before + ")"
	case c.Topic == "recipient" && len(c.DataTypes) > 0:
		name += ": gets " + strings.ReplaceAll(strings.Join(c.DataTypes[:min(len(c.DataTypes), 8)], ", "), "_", " ")
		if more := len(c.DataTypes) - 8; more > 0 {
			name += fmt.Sprintf(" and %d more", more)
		}
	case c.Topic == "data_type" && c.Kind == "new":
		name += ", which " + cmp.Or(c.After, "leaves")
	}
	if c.OnNew || c.Kind == "not_seen_again" || c.Kind == "seen_again" {
		name = strings.TrimSuffix(name, ".") + ". " + c.Why
	}
	return name
}

// sentence is how a claim changed.
func (c *Change) sentence() string {
	why := strings.TrimSuffix(c.Why, ".")
	switch {
	case c.Before == "":
		return fmt.Sprintf("“%s” (%s)", plain.Cut(c.After, 240), why)
	case c.After == "":
		return fmt.Sprintf("“%s” (%s)", plain.Cut(c.Before, 240), why)
	}
	return fmt.Sprintf("“%s” became “%s” (%s)", plain.Cut(c.Before, 240), plain.Cut(c.After, 240), why)
}

// Dates says which scans are compared.
func (c *Changes) Dates(rep *Report) string {
	if !c.Compared() {
		return "No earlier scan was given."
	}
	return fmt.Sprintf("The scan of %s, compared with that of %s", when(rep.StartedAt), when(c.Against.StartedAt))
}

func when(stamp string) string {
	if stamp == "" {
		return "an unknown day"
	}
	return plain.Terminal(strings.TrimSuffix(strings.Replace(stamp, "T", " ", 1), "Z"), 30)
}

// MaxShown bounds the changes of a topic that texts show.
const MaxShown = 40

// DifferenceText is a report's changes for the terminal, folded at width
// characters, or not at all when it is 0. No control character of a site gets
// through.
func DifferenceText(rep *Report, width int) string {
	c := &rep.Changes
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(fold(fmt.Sprintf(format, args...), width)) }
	line("%s", plain.Terminal(cmp.Or(rep.Site.Host, rep.Site.URL), 100))
	line("")
	line("  %s", c.Dates(rep))
	for _, r := range c.Remarks {
		line("  %s", plain.Terminal(r.Text, 400))
	}
	for _, t := range c.Count {
		line("")
		line("  %s:", topicNames[t.Topic])
		shown, all := 0, 0
		for i := range c.Items {
			x := &c.Items[i]
			if x.Topic != t.Topic {
				continue
			}
			if all++; shown < MaxShown {
				shown++
				line("  %-8s  %s", x.Mark(), plain.Terminal(x.Line(), 700))
			}
		}
		if all > shown {
			line("  and %s", plural(all-shown, "other change", "other changes"))
		}
	}
	if len(c.Limits) > 0 {
		line("")
		line("  What could not be compared:")
		for _, l := range c.Limits {
			line("  - %s", plain.Terminal(l, 300))
		}
	}
	for _, s := range LeftOut(rep) {
		line("")
		line("  %s", s)
	}
	return b.String()
}

// changeLines are the lines of the terminal about what changed; none when no
// earlier scan was given.
func changeLines(rep *Report) []string {
	c := &rep.Changes
	if !c.Compared() {
		return nil
	}
	out := []string{fmt.Sprintf("Since the scan of %s:", when(c.Against.StartedAt))}
	for _, r := range c.Remarks {
		out = append(out, plain.Terminal(r.Text, 300))
	}
	const most = 8
	shown := 0
	for i := range c.Items {
		x := &c.Items[i]
		weighs := x.Topic == "recipient" && x.Kind != "changed" || x.Topic == "statement" && (x.Direction == "weaker" || x.Direction == "wider") ||
			x.Topic == "promise" && x.Direction == "weaker" || x.Topic == "choice" && x.Direction == "weaker" || x.Topic == "data_type" && x.Kind == "new"
		if weighs && shown < most {
			shown++
			out = append(out, fmt.Sprintf("%-8s  %s", x.Mark(), plain.Terminal(x.Line(), 240)))
		}
	}
	if more := len(c.Items) + c.Left - shown; more > 0 {
		out = append(out, "and "+plural(more, "other change", "other changes"))
	}
	for _, l := range c.Limits[:min(len(c.Limits), 3)] {
		out = append(out, "- "+plain.Terminal(l, 200))
	}
	return out
}

// LeftOut says in sentences which findings do not count and why; none when all
// of them do.
func LeftOut(rep *Report) []string {
	x, known := rep.Exceptions, rep.Summary.Known
	var out []string
	if known > 0 {
		out = append(out, plural(known, "finding that the earlier scans have too is", "findings that the earlier scans have too are")+" left out.")
	}
	if x.Suppressed > 0 {
		out = append(out, plural(x.Suppressed, "finding is", "findings are")+" left out by exceptions of "+plain.Terminal(x.File, 80)+".")
	}
	if x.Expired > 0 {
		out = append(out, plural(x.Expired, "finding counts again, because its exception", "findings count again, because their exceptions")+" expired.")
	}
	long, over := 0, 0
	for _, e := range x.Items {
		switch {
		case e.Status == "too_long":
			long++
		case e.Status == "expired" && len(e.Findings) == 0:
			over++
		}
	}
	if over > 0 {
		out = append(out, plural(over, "exception expired and matches", "exceptions expired and match")+" no finding: remove "+pick(over, "it", "them")+".")
	}
	if long > 0 {
		out = append(out, plural(long, "exception is", "exceptions are")+" for longer than a critical finding may be left out, and "+pick(long, "does", "do")+" nothing.")
	}
	if x.Unused > 0 {
		out = append(out, plural(x.Unused, "exception matches", "exceptions match")+" no finding: remove "+pick(x.Unused, "it", "them")+".")
	}
	return out
}

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
