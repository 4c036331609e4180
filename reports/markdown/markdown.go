// Package markdown renders a report's summary as GitHub Flavored Markdown, for
// the comment on a pull or merge request.
//
// It is short: what fails and what is new comes first, then counts, then lists
// that are folded. It has at most 60,000 bytes, since a comment holds 65,536
// characters; what is left out is counted.
//
// Nothing that a site, a policy or a vendor says becomes markup, a link, a
// mention or a reference: names and addresses are spans of code, other text is
// escaped and parted where a forge would find something in it. The page has no
// link of its own.
package markdown

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"candor/reports"
)

// Bounds.
const (
	maxBytes   = 60_000
	maxDetails = 25 // findings with details
	maxListed  = 60 // of any other list
	maxTitle   = 160
	maxMessage = 400
	maxQuote   = 300
	maxName    = 120
)

// Format is the renderer to hand to reports.Write: "md", summary.md.
func Format(g reports.Gate) reports.Renderer {
	return reports.Renderer{Name: "md", File: "summary.md", Render: func(w io.Writer, rep *reports.Report) error { return Render(w, rep, g) }}
}

// Render writes the summary. The same report gives the same bytes.
func Render(w io.Writer, rep *reports.Report, g reports.Gate) error {
	p := &page{rep: rep, gate: g, foot: foot(rep)}
	p.top()
	p.findings()
	p.changes()
	p.verdicts()
	p.gaps()
	if _, err := io.WriteString(w, p.text.String()+p.foot); err != nil {
		return fmt.Errorf("render markdown: %w", err)
	}
	return nil
}

type page struct {
	rep  *reports.Report
	gate reports.Gate
	text strings.Builder
	foot string
}

// room is what may still be written.
func (p *page) room() int { return maxBytes - p.text.Len() - len(p.foot) }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// list writes as many items as there is room for, at most so many, and counts
// the others.
func (p *page) list(items []string, most int) {
	const reserve = 400 // for what closes the list
	written := 0
	for _, item := range items[:min(len(items), most)] {
		if len(item)+reserve > p.room() {
			break
		}
		p.text.WriteString(item)
		written++
	}
	if left := len(items) - written; left > 0 {
		p.line("\nand %d more; the report has them.", left)
	}
}

// folded writes a list that opens on demand. It is left out when nothing of it
// would fit.
func (p *page) folded(summary string, head string, items []string, most int) {
	const least = 1500
	if len(items) == 0 {
		return
	}
	if p.room() < least {
		p.line("\n%s: the report has them.", summary)
		return
	}
	p.line("\n<details><summary>%s</summary>\n", summary)
	p.text.WriteString(head)
	p.list(items, most)
	p.line("\n</details>")
}

func (p *page) top() {
	rep := p.rep
	p.line("### Candor: %s\n", code(cmpOr(rep.Site.Host, rep.Site.URL), maxName))
	p.line("%s\n", p.outcome())
	for _, s := range reports.Answer(rep) {
		p.line("%s", text(s, maxMessage))
	}
	p.line("")
	p.counts()
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// outcome is the answer for a pipeline.
func (p *page) outcome() string {
	failing := 0
	for _, f := range p.rep.Findings {
		if p.gate.Failing(p.rep, f) {
			failing++
		}
	}
	code, why := p.gate.End(p.rep)
	switch {
	case failing > 0:
		return fmt.Sprintf("**%s at or above %s.**", count(failing, p.kind()+"finding", p.kind()+"findings"), text(p.gate.FailOn, 20))
	case code != 0:
		return "**" + text(strings.ToUpper(why[:min(len(why), 1)])+why[min(len(why), 1):], maxTitle) + ".**"
	case !p.rep.Coverage.Complete:
		return "**The scan is incomplete.**"
	case p.gate.FailOn == "" || p.gate.FailOn == "none":
		return "**No severity was named that fails the pipeline.**"
	}
	return fmt.Sprintf("**No %sfinding at or above %s.** That is what was observed; it is no proof that nothing else happens.", p.kind(), text(p.gate.FailOn, 20))
}

// kind is "new " where only new findings count.
func (p *page) kind() string {
	if p.rep.Changes.NewOnly {
		return "new "
	}
	return ""
}

// counts is the table of findings by severity.
func (p *page) counts() {
	rep := p.rep
	against := rep.Changes.Against.ScanID != ""
	rows := []struct {
		name string
		in   func(f reports.Finding) bool
		show bool
	}{
		{"new", func(f reports.Finding) bool { return f.New && !f.Suppressed }, against},
		{"known", func(f reports.Finding) bool { return !f.New && !f.Suppressed }, against},
		{"open", rep.Open, !against},
		{"suppressed", func(f reports.Finding) bool { return f.Suppressed }, rep.Summary.Suppressed > 0},
	}
	p.line("| findings | %s |", strings.Join(reports.Severities, " | "))
	p.line("|---|%s", strings.Repeat("--:|", len(reports.Severities)))
	for _, row := range rows {
		if !row.show {
			continue
		}
		by := map[string]int{}
		for _, f := range rep.Findings {
			if row.in(f) {
				by[f.Severity]++
			}
		}
		cells := make([]string, len(reports.Severities))
		for i, s := range reports.Severities {
			cells[i] = fmt.Sprint(by[s])
		}
		p.line("| %s | %s |", row.name, strings.Join(cells, " | "))
	}
}

// findings are those that fail and are new, then the others, then those that
// do not count.
func (p *page) findings() {
	rep := p.rep
	against := rep.Changes.Against.ScanID != ""
	var fresh, open, silent []reports.Finding
	for _, f := range rep.Findings {
		switch {
		case f.Suppressed:
			silent = append(silent, f)
		case against && !f.New:
			open = append(open, f)
		default:
			fresh = append(fresh, f)
		}
	}
	if len(fresh) > 0 {
		head := "What to look at first"
		if against {
			head = "New findings"
		}
		p.line("\n#### %s\n", head)
		quotes := quotes(rep)
		items := make([]string, 0, maxDetails+1)
		for _, f := range fresh[:min(len(fresh), maxDetails)] {
			items = append(items, p.finding(f, quotes))
		}
		p.list(items, maxDetails)
		p.folded(count(len(fresh)-len(items), "further finding", "further findings"), "", lines(fresh[len(items):]), maxListed)
	} else if against {
		p.line("\nNo finding is new.")
	}
	p.folded(count(len(open), "known finding", "known findings"), "", lines(open), maxListed)
	p.folded(count(len(silent), "suppressed finding", "suppressed findings"), "", lines(silent), maxListed)
}

// quotes are the sentences of the texts by their ids.
func quotes(rep *reports.Report) map[string]string {
	out := map[string]string{}
	for _, d := range rep.Policies {
		for _, s := range d.Statements {
			out[s.ID] = s.Quote
		}
	}
	return out
}

func (p *page) finding(f reports.Finding, quotes map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s** %s\n", text(f.Severity, 10), text(f.Title, maxTitle))
	fmt.Fprintf(&b, "  <details><summary>confidence %s, rule %s, %s</summary>\n\n", element(f.Confidence, 12), element(f.Rule, 40), seen(f))
	fmt.Fprintf(&b, "  %s\n", text(f.Message, maxMessage))
	said := 0
	for _, id := range f.Statements {
		if q := quotes[id]; q != "" && said < 2 {
			fmt.Fprintf(&b, "\n  > %s\n", text(q, maxQuote))
			said++
		}
	}
	if len(f.Pages) > 0 {
		fmt.Fprintf(&b, "\n  Seen on %s%s\n", code(f.Pages[0], maxName), more(len(f.Pages)-1))
	}
	if f.Remediation != "" {
		fmt.Fprintf(&b, "\n  What to do: %s\n", text(f.Remediation, maxMessage))
	}
	if f.SuggestedText != "" {
		fmt.Fprintf(&b, "\n  Suggested text: %s\n", text(f.SuggestedText, maxMessage))
	}
	if s := f.Suppression; s.Why != "" {
		fmt.Fprintf(&b, "\n  An exception does not suppress it: %s\n", text(s.Why, maxMessage))
	}
	fmt.Fprintf(&b, "\n  Fingerprint %s\n\n  </details>\n", code(f.Fingerprint, 64))
	return b.String()
}

func seen(f reports.Finding) string {
	if len(f.States) == 0 {
		return "from the texts"
	}
	states := make([]string, min(len(f.States), 8))
	for i := range states {
		states[i] = element(f.States[i], 12)
	}
	return "seen in " + strings.Join(states, ", ")
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// lines are findings in one line each.
func lines(findings []reports.Finding) []string {
	out := make([]string, len(findings))
	for i, f := range findings {
		if i >= maxListed { // counted only
			continue
		}
		out[i] = fmt.Sprintf("- %s: %s%s\n", text(f.Severity, 10), text(f.Title, maxTitle), exception(f))
	}
	return out
}

func exception(f reports.Finding) string {
	if !f.Suppressed {
		return ""
	}
	if f.Suppression.Reason == "" {
		return " (suppressed)"
	}
	return " (" + text(strings.ReplaceAll(f.Suppression.Reason, "_", " "), 40) + ", until " + text(f.Suppression.Expires, 12) + ")"
}

func (p *page) changes() {
	c := p.rep.Changes
	if c.Against.ScanID == "" {
		return
	}
	var items []string
	for _, r := range c.Remarks {
		items = append(items, "- "+text(r.Text, maxMessage)+"\n")
	}
	for _, l := range c.Limits {
		items = append(items, "- Not compared whole: "+text(l, maxMessage)+"\n")
	}
	for _, t := range c.Count {
		items = append(items, fmt.Sprintf("- %s: %d new, %d changed, %d gone, %d not seen again\n", text(t.Topic, 20), t.New, t.Changed, t.Gone, t.NotSeenAgain))
	}
	for _, x := range c.Items {
		if x.Topic == "finding" {
			continue // stand above
		}
		line := fmt.Sprintf("- %s %s: %s", text(strings.ReplaceAll(x.Kind, "_", " "), 20), text(strings.ReplaceAll(x.Topic, "_", " "), 20), code(x.Name, maxName))
		if x.Direction != "" {
			line += " (" + text(x.Direction, 10) + ")"
		}
		items = append(items, line+"\n")
	}
	p.folded("What changed since the scan of "+element(c.Against.StartedAt, 30), "", items, maxListed)
}

// verdicts are the flows and promises by what came of them.
func (p *page) verdicts() {
	var items []string
	for _, v := range reports.Verdicts {
		if n := p.rep.Summary.ByVerdict[v]; n > 0 {
			items = append(items, fmt.Sprintf("| flows: %s | %d |\n", text(v, 20), n))
		}
	}
	for _, v := range reports.PromiseVerdicts {
		if n := p.rep.Summary.ByPromise[v]; n > 0 {
			items = append(items, fmt.Sprintf("| promises: %s | %d |\n", text(v, 20), n))
		}
	}
	p.folded("Flows and promises", "| | |\n|---|--:|\n", items, maxListed)
}

func (p *page) gaps() {
	var items []string
	for _, r := range p.rep.Rules {
		if r.Outcome == "not-tested" {
			items = append(items, "- "+text(r.ID, 40)+" "+text(r.Title, maxTitle)+": "+text(r.Why, maxMessage)+"\n")
		}
	}
	for _, g := range p.rep.Coverage.Gaps {
		items = append(items, "- "+text(g.What, maxTitle)+": "+text(g.Why, maxMessage)+"\n")
	}
	p.folded("Not tested: "+count(len(items), "rule or gap", "rules and gaps"), "", items, maxListed)
}

func foot(rep *reports.Report) string {
	states := slices.Clone(rep.Coverage.States[:min(len(rep.Coverage.States), 8)])
	for i, s := range states {
		states[i] = text(s, 12)
	}
	return fmt.Sprintf("\n<sub>%s Scan %s, started %s; %s visited in the states %s; Candor %s, rules %s, %s.</sub>\n",
		text(reports.Notice, 600), code(rep.ScanID, maxName), code(rep.StartedAt, 30), count(rep.Coverage.PagesVisited, "page", "pages"),
		strings.Join(states, ", "), code(rep.Tool.Version, 40), code(rep.Tool.RulesVersion, 40), code(rep.Tool.Browser, 60))
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
