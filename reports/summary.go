package reports

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"candor/reports/plain"
)

// Summary is a short text for the terminal at the end of a scan. dir is the
// report's folder, or "" when none was written; lines are folded at width
// characters, or not at all when it is 0. No control character of a site gets
// through.
func Summary(rep *Report, dir string, width int) string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(fold(fmt.Sprintf(format, args...), width)) }
	name := rep.Site.Host
	if name == "" {
		name = rep.Site.URL
	}
	line("%s", plain.Terminal(name, 100))
	line("")
	for _, s := range Answer(rep) {
		line("  %s", s)
	}
	if states := stateLines(rep.Choices); len(states) > 0 {
		line("")
		line("  Consent states:")
		for _, s := range states {
			line("  %s", s)
		}
	}
	top := slices.DeleteFunc(slices.Clone(rep.Findings), func(f Finding) bool { return !rep.Open(f) })
	if len(top) > 0 {
		line("")
		line("  What to look at first:")
		for _, f := range top[:min(5, len(top))] {
			line("  %-8s  %s", plain.Terminal(f.Severity, 8), plain.Terminal(f.Title, 100))
		}
		if more := len(top) - 5; more > 0 {
			line("  and %s", plural(more, "other finding", "other findings"))
		}
	}
	for _, part := range [][]string{changeLines(rep), LeftOut(rep)} {
		if len(part) > 0 {
			line("")
		}
		for _, s := range part {
			line("  %s", s)
		}
	}
	if n := len(rep.Coverage.Gaps); n > 0 {
		line("")
		line("  Not tested: %s.", plural(n, "gap", "gaps"))
		for _, g := range rep.Coverage.Gaps[:min(3, n)] {
			line("  - %s: %s", plain.Terminal(g.What, 90), plain.Terminal(g.Why, 140))
		}
	}
	if n := unanswered(rep); n > 0 {
		line("")
		line("  %s did not run for want of answers: 'candor profile' prints the questions, --profile FILE takes the answers.", plural(n, "rule", "rules"))
	}
	if dir != "" {
		line("")
		b.WriteString("  Report: " + plain.Terminal(filepath.Join(dir, "index.html"), 300) + "\n") // whole, to be copied
		if rep.Bundle.Root != "" {
			b.WriteString("  Evidence: sha256 " + plain.Terminal(rep.Bundle.Root, 64) + "\n")
		}
	}
	return b.String()
}

// unanswered counts the rules that did not run because the profile does not say
// whether they apply.
func unanswered(rep *Report) int {
	n := 0
	for _, r := range rep.Rules {
		if r.Outcome == "not-applicable" && strings.HasPrefix(r.Why, "Profile not answered: ") {
			n++
		}
	}
	return n
}

// Widths outside of which folding is of no use.
const leastWidth, mostWidth = 40, 120

// fold breaks a line at spaces; what follows stands below the line's last
// column: "  high      Title".
func fold(line string, width int) string {
	width = min(width, mostWidth)
	if width < leastWidth || utf8.RuneCountInString(line) <= width {
		return line + "\n"
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if i := strings.Index(line[indent:], "  "); i > 0 && i < 12 {
		indent += i + len(line[indent+i:]) - len(strings.TrimLeft(line[indent+i:], " "))
	}
	var out strings.Builder
	out.WriteString(line[:indent])
	at := indent
	for i, word := range strings.Fields(line[indent:]) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > width:
			out.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			out.WriteByte(' ')
			at++
		}
		out.WriteString(word)
		at += n
	}
	return out.String() + "\n"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
