package reports

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"candor/reports/plain"
)

// Answer is the report's answer in a few fixed sentences, for the top of every
// format. It holds figures only, nothing that a site or a text says.
func Answer(rep *Report) []string {
	t, c := rep.Summary, rep.Coverage
	if c.PagesVisited == 0 {
		return []string{"No page could be visited, so nothing can be said of what the site collects. The gaps below say why."}
	}
	var out []string
	if t.Companies == 0 {
		out = append(out, fmt.Sprintf("On %s we saw no other company receiving data.", plural(c.PagesVisited, "page", "pages")))
	} else {
		out = append(out, fmt.Sprintf("On %d of %s we saw %s receiving data.", t.PagesWithThirdParties,
			plural(c.PagesVisited, "page", "pages"), plural(t.Companies, "company", "companies")))
		switch told := t.Companies - t.UndisclosedCompanies; {
		case len(rep.Policies) == 0:
			out = append(out, "No privacy policy could be read, so nothing that was observed could be matched to a sentence.")
		case t.ByVerdict["not-tested"] > 0:
			out = append(out, "The privacy policy that was found could not be read, so nothing that was observed could be matched to a sentence.")
		case t.UndisclosedCompanies == 0:
			out = append(out, "The texts name or cover all of them.")
		default:
			out = append(out, fmt.Sprintf("The texts name or cover %d of them; %d %s not found in the text.", told,
				t.UndisclosedCompanies, was(t.UndisclosedCompanies)))
		}
	}
	if n := t.ByVerdict["incorrect"]; n > 0 {
		out = append(out, fmt.Sprintf("%s %s observed that the texts say %s not happen.", plural(n, "flow", "flows"), was(n), does(n)))
	}
	if all := len(rep.Promises); all > 0 {
		out = append(out, fmt.Sprintf("Of %s in the texts, %d %s from what was observed.", plural(all, "promise", "promises"),
			t.ByPromise["broken"], differ(t.ByPromise["broken"])))
	}
	out = append(out, chosen(rep.Choices)...)
	if said := did(rep.Behaviors); said != "" {
		out = append(out, said)
	}
	if n := t.BySeverity["critical"] + t.BySeverity["high"]; n > 0 {
		out = append(out, fmt.Sprintf("%s of high severity or above %s to be looked at first.", plural(n, "finding", "findings"), needs(n)))
	}
	if c.Redacted {
		out = append(out, "Values had been taken out of the evidence before this analysis: what only they tell is not tested.")
	}
	if !c.Complete {
		out = append(out, "The scan is incomplete: what follows is what was seen before it ended.")
	}
	return out
}

// behaviorWords are the kinds of behavior as the answer says them.
var behaviorWords = map[string]string{
	"form_leak_before_submit": "forms read before they are sent", "keystroke_capture": "keystroke capture", "session_recording": "session recording",
	"fingerprint_exfiltration": "fingerprints sent away", "canvas_fingerprinting": "canvas fingerprinting", "webgl_fingerprinting": "WebGL fingerprinting",
	"audio_fingerprinting": "audio fingerprinting", "font_fingerprinting": "font fingerprinting", "navigator_fingerprinting": "navigator fingerprinting",
	"cookie_sync": "cookie syncing", "evercookie_respawn": "identifiers that come back", "cname_cloaking": "trackers under a name of the site's own",
	"geolocation_request": "asking for the location", "permission_request": "asking for permissions", "beacon": "beacons", "tracking_pixel": "tracking pixels",
}

// did says which behaviors were seen, each with the number of companies that
// are known to be behind it.
func did(behaviors []Behavior) string {
	var kinds []string
	who := map[string]map[string]bool{}
	for _, x := range behaviors {
		if who[x.Kind] == nil {
			who[x.Kind] = map[string]bool{}
			kinds = append(kinds, x.Kind)
		}
		if x.Vendor != "" {
			who[x.Kind][x.Vendor] = true
		}
	}
	for i, k := range kinds {
		text := behaviorWords[k]
		if n := len(who[k]); n > 0 {
			text += fmt.Sprintf(" (%d)", n)
		}
		kinds[i] = text
	}
	if len(kinds) == 0 {
		return ""
	}
	return "Behaviours that were seen, with the number of recipients behind each: " + strings.Join(kinds, ", ") + "."
}

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

func does(n int) string {
	if n == 1 {
		return "does"
	}
	return "do"
}

func differ(n int) string {
	if n == 1 {
		return "differs"
	}
	return "differ"
}

func needs(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}
