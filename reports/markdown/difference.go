package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"candor/reports"
)

// Difference writes a report's changes for a comment on a change or a
// ticket.
func Difference(w io.Writer, rep *reports.Report) error {
	c := &rep.Changes
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: what changed\n\n%s.\n", text(cmp.Or(rep.Site.Host, rep.Site.URL), 200), strings.TrimSuffix(c.Dates(rep), "."))
	for _, r := range c.Remarks {
		fmt.Fprintf(&b, "\n**%s**\n", text(r.Text, 400))
	}
	for _, t := range c.Count {
		fmt.Fprintf(&b, "\n## %s\n\n", reports.TopicName(t.Topic))
		shown, all := 0, 0
		for i := range c.Items {
			x := &c.Items[i]
			if x.Topic != t.Topic {
				continue
			}
			if all++; shown < reports.MaxShown {
				shown++
				fmt.Fprintf(&b, "- **%s** %s\n", x.Mark(), text(x.Line(), 700))
			}
		}
		if all > shown {
			fmt.Fprintf(&b, "- and %s\n", count(all-shown, "other change", "other changes"))
		}
	}
	if len(c.Limits) > 0 {
		b.WriteString("\n## What could not be compared\n\n")
		for _, l := range c.Limits {
			fmt.Fprintf(&b, "- %s\n", text(l, 300))
		}
	}
	if lines := reports.LeftOut(rep); len(lines) > 0 {
		b.WriteByte('\n')
		for _, s := range lines {
			fmt.Fprintf(&b, "%s\n", text(s, 300))
		}
	}
	fmt.Fprintf(&b, "\n> %s\n", reports.Notice)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the difference: %w", err)
	}
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
