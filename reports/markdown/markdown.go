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
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/words"
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
func Format(g reports.Gate) reports.Renderer { return FormatIn(words.English, g) }

// FormatIn is Format in a language: one of words.Codes, or "" for English.
func FormatIn(code string, g reports.Gate) reports.Renderer {
	return reports.Renderer{Name: "md", File: "summary.md", Render: func(w io.Writer, rep *reports.Report) error { return RenderIn(code, w, rep, g) }}
}

// Render writes the summary in English. The same report gives the same bytes.
func Render(w io.Writer, rep *reports.Report, g reports.Gate) error {
	return RenderIn(words.English, w, rep, g)
}

// RenderIn writes the summary in a language. What sites and texts say stays as
// it is; so do messages that the language has no words for.
func RenderIn(code string, w io.Writer, rep *reports.Report, g reports.Gate) error {
	l, err := words.For(cmp.Or(code, words.English))
	if err != nil {
		return fmt.Errorf("render markdown: %w", err)
	}
	p := &page{Language: l, rep: rep, gate: g}
	p.foot = p.bottom()
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
	*words.Language
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
		p.line("\n%s", p.Must("md.more", left))
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
		p.line("\n%s", p.Must("md.report", summary))
		return
	}
	p.line("\n<details><summary>%s</summary>\n", summary)
	p.text.WriteString(head)
	p.list(items, most)
	p.line("\n</details>")
}

func (p *page) top() {
	rep := p.rep
	p.line("### Candor: %s\n", code(cmp.Or(rep.Site.Host, rep.Site.URL), maxName))
	p.line("%s\n", p.outcome())
	for _, s := range reports.AnswerIn(p.Language, rep) {
		p.line("%s", text(s, maxMessage))
	}
	p.line("")
	p.counts()
}

// said is a text of the analysis in the page's language, or as it is.
func (p *page) said(text string) string {
	out, _ := p.Sentences(text)
	return out
}

// ruled is what a rule says, in the page's language or as it is.
func (p *page) ruled(id, text string, pick func(words.Rule) string) string {
	if r, ok := p.Rule(id); ok && pick(r) != "" {
		return pick(r)
	}
	return p.said(text)
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
		return "**" + p.Must("md.failing"+p.kind(), failing, text(p.Word("severity", p.gate.FailOn), 20)) + "**"
	case code != 0:
		why = p.said(why)
		return "**" + text(strings.ToUpper(why[:min(len(why), 1)])+why[min(len(why), 1):], maxTitle) + ".**"
	case !p.rep.Coverage.Complete:
		return "**" + p.Must("coverage.incomplete") + ".**"
	case p.gate.FailOn == "" || p.gate.FailOn == "none":
		return "**" + p.Must("md.nogate") + "**"
	}
	return "**" + p.Must("md.clean"+p.kind(), text(p.Word("severity", p.gate.FailOn), 20)) + "** " + p.Must("md.clean.text")
}

// kind is the end of a key where only new findings count.
func (p *page) kind() string {
	if p.rep.Changes.NewOnly {
		return ".new"
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
		{p.Must("md.new"), func(f reports.Finding) bool { return f.New && !f.Suppressed }, against},
		{p.Must("md.known"), func(f reports.Finding) bool { return !f.New && !f.Suppressed }, against},
		{p.Must("md.open"), rep.Open, !against},
		{p.Must("md.suppressed"), func(f reports.Finding) bool { return f.Suppressed }, rep.Summary.Suppressed > 0},
	}
	names := make([]string, len(reports.Severities))
	for i, s := range reports.Severities {
		names[i] = p.Word("severity", s)
	}
	p.line("| %s | %s |", p.Must("md.findings"), strings.Join(names, " | "))
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
		head := p.Must("md.first")
		if against {
			head = p.Must("md.new.findings")
		}
		p.line("\n#### %s\n", head)
		quotes := quotes(rep)
		items := make([]string, 0, maxDetails+1)
		for _, f := range fresh[:min(len(fresh), maxDetails)] {
			items = append(items, p.finding(f, quotes))
		}
		p.list(items, maxDetails)
		p.folded(p.Must("md.further", len(fresh)-len(items)), "", p.lines(fresh[len(items):]), maxListed)
	} else if against {
		p.line("\n%s", p.Must("md.new.none"))
	}
	p.folded(p.Must("md.known.n", len(open)), "", p.lines(open), maxListed)
	p.folded(p.Must("md.suppressed.n", len(silent)), "", p.lines(silent), maxListed)
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
	fmt.Fprintf(&b, "- **%s** %s\n", text(p.Word("severity", f.Severity), 10), text(p.said(f.Title), maxTitle))
	fmt.Fprintf(&b, "  <details><summary>%s</summary>\n\n", p.Must("md.summary", element(p.Word("md.confidence", f.Confidence), 12), element(f.Rule, 40), p.seen(f)))
	fmt.Fprintf(&b, "  %s\n", text(p.said(f.Message), maxMessage))
	said := 0
	for _, id := range f.Statements {
		if q := quotes[id]; q != "" && said < 2 {
			fmt.Fprintf(&b, "\n  > %s\n", text(q, maxQuote))
			said++
		}
	}
	if len(f.Pages) > 0 {
		seen := p.Must("seen.on", code(f.Pages[0], maxName))
		if n := len(f.Pages) - 1; n > 0 {
			seen += " " + p.Must("more", n)
		}
		fmt.Fprintf(&b, "\n  %s\n", seen)
	}
	if f.Remediation != "" {
		fmt.Fprintf(&b, "\n  %s: %s\n", p.Must("first.do"), text(p.ruled(f.Rule, f.Remediation, func(r words.Rule) string { return r.Remediation }), maxMessage))
	}
	if f.SuggestedText != "" {
		fmt.Fprintf(&b, "\n  %s: %s\n", p.Must("text.suggested-text"), text(f.SuggestedText, maxMessage))
	}
	if s := f.Suppression; s.Why != "" {
		fmt.Fprintf(&b, "\n  %s: %s\n", p.Must("md.notsuppressed"), text(p.said(s.Why), maxMessage))
	}
	fmt.Fprintf(&b, "\n  %s %s\n\n  </details>\n", p.Must("md.fingerprint"), code(f.Fingerprint, 64))
	return b.String()
}

func (p *page) seen(f reports.Finding) string {
	if len(f.States) == 0 {
		return p.Must("md.fromtexts")
	}
	states := make([]string, min(len(f.States), 8))
	for i := range states {
		states[i] = element(f.States[i], 12)
	}
	return p.Must("md.seen", strings.Join(states, ", "))
}

// lines are findings in one line each.
func (p *page) lines(findings []reports.Finding) []string {
	out := make([]string, len(findings))
	for i, f := range findings {
		if i >= maxListed { // counted only
			continue
		}
		out[i] = fmt.Sprintf("- %s: %s%s\n", text(p.Word("severity", f.Severity), 10), text(p.said(f.Title), maxTitle), p.exception(f))
	}
	return out
}

func (p *page) exception(f reports.Finding) string {
	if !f.Suppressed {
		return ""
	}
	if f.Suppression.Reason == "" {
		return " (" + p.Must("md.suppressed") + ")"
	}
	return " (" + text(p.Word("md.reason", f.Suppression.Reason), 40) + ", " + p.Must("md.until", text(f.Suppression.Expires, 12)) + ")"
}

func (p *page) changes() {
	c := p.rep.Changes
	if c.Against.ScanID == "" {
		return
	}
	var items []string
	for _, r := range c.Remarks {
		items = append(items, "- "+text(p.said(r.Text), maxMessage)+"\n")
	}
	for _, l := range c.Limits {
		items = append(items, "- "+p.Must("md.notwhole", text(p.said(l), maxMessage))+"\n")
	}
	for _, t := range c.Count {
		items = append(items, "- "+text(p.Word("md.topic", t.Topic), 20)+": "+p.Must("md.tally", t.New, t.Changed, t.Gone, t.NotSeenAgain)+"\n")
	}
	for _, x := range c.Items {
		if x.Topic == "finding" {
			continue // stand above
		}
		line := fmt.Sprintf("- %s %s: %s", text(p.Word("md.change", x.Kind), 20), text(p.Word("md.topic.one", x.Topic), 20), code(x.Name, maxName))
		if x.Direction != "" {
			line += " (" + text(p.Word("md.direction", x.Direction), 10) + ")"
		}
		items = append(items, line+"\n")
	}
	p.folded(p.Must("md.changed", element(c.Against.StartedAt, 30)), "", items, maxListed)
}

// verdicts are the flows and promises by what came of them.
func (p *page) verdicts() {
	var items []string
	for _, v := range reports.Verdicts {
		if n := p.rep.Summary.ByVerdict[v]; n > 0 {
			items = append(items, fmt.Sprintf("| %s | %d |\n", p.Must("md.flows", text(p.Word("badge", v), 20)), n))
		}
	}
	for _, v := range reports.PromiseVerdicts {
		if n := p.rep.Summary.ByPromise[v]; n > 0 {
			items = append(items, fmt.Sprintf("| %s | %d |\n", p.Must("md.promises", text(p.Word("md.promise", v), 20)), n))
		}
	}
	p.folded(p.Must("md.verdicts"), "| | |\n|---|--:|\n", items, maxListed)
}

func (p *page) gaps() {
	var items []string
	for _, r := range p.rep.Rules {
		if r.Outcome == "not-tested" {
			items = append(items, "- "+text(r.ID, 40)+" "+text(p.ruled(r.ID, r.Title, func(r words.Rule) string { return r.Title }), maxTitle)+": "+text(p.said(r.Why), maxMessage)+"\n")
		}
	}
	for _, g := range p.rep.Coverage.Gaps {
		items = append(items, "- "+text(p.said(g.What), maxTitle)+": "+text(p.said(g.Why), maxMessage)+"\n")
	}
	p.folded(p.Must("md.gaps", len(items)), "", items, maxListed)
}

func (p *page) bottom() string {
	rep := p.rep
	states := slices.Clone(rep.Coverage.States[:min(len(rep.Coverage.States), 8)])
	for i, s := range states {
		states[i] = text(s, 12)
	}
	return "\n<sub>" + p.Must("md.foot", text(p.said(reports.Notice), 600), code(rep.ScanID, maxName), code(rep.StartedAt, 30), p.Must("n.pages", rep.Coverage.PagesVisited),
		strings.Join(states, ", "), code(rep.Tool.Version, 40), code(rep.Tool.RulesVersion, 40), code(rep.Tool.Browser, 60)) + "</sub>\n"
}
