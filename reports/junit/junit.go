// Package junit renders the rules' outcomes as JUnit XML, which build servers
// read (the elements and attributes are those of the schema of Jenkins' xUnit
// plugin, which GitLab reads too).
//
// Each pack is a suite and each rule a case. A case fails when findings of its
// rule fail the pipeline (--fail-on); what is below is in its output. A rule
// that is not tested or not applicable is skipped, with the reason, and a scan
// that is incomplete is an error of a case of its own: nothing that was not
// seen passes.
//
// All text is visible characters only and bounded; encoding/xml escapes it, and
// splits CDATA where a text would end it.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/reports"
	"candor/reports/plain"
)

// Bounds; what is left out is said.
const (
	maxFindings = 50 // of a case
	maxPages    = 5  // of a finding
	maxGaps     = 50
	maxText     = 1000 // characters
)

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr,omitempty"`
	Timestamp  string      `xml:"timestamp,attr,omitempty"`
	Properties *properties `xml:"properties"`
	Cases      []testcase  `xml:"testcase"`
}

type properties struct {
	List []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name      string   `xml:"name,attr"`
	Classname string   `xml:"classname,attr"`
	Time      string   `xml:"time,attr,omitempty"`
	Skipped   *skipped `xml:"skipped"`
	Error     *fault   `xml:"error"`
	Failure   *fault   `xml:"failure"`
	Output    *output  `xml:"system-out"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type fault struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

type output struct {
	Text string `xml:",cdata"`
}

// Format is the renderer to hand to reports.Write: "junit", junit.xml.
func Format(g reports.Gate) reports.Renderer {
	return reports.Renderer{Name: "junit", File: "junit.xml", Render: func(w io.Writer, rep *reports.Report) error { return Render(w, rep, g) }}
}

// Render writes the suites. The same report gives the same bytes.
func Render(w io.Writer, rep *reports.Report, g reports.Gate) error {
	out := suites{Name: "Candor: " + text(rep.Site.URL), Suites: []suite{scanSuite(rep, g)}}
	for _, pack := range packs(rep) {
		out.Suites = append(out.Suites, packSuite(rep, g, pack))
	}
	for i := range out.Suites {
		s := &out.Suites[i]
		s.Timestamp = strings.TrimSuffix(rep.StartedAt, "Z")
		for _, c := range s.Cases {
			s.Tests++
			switch {
			case c.Failure != nil:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
		out.Tests, out.Failures, out.Errors = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("render junit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("render junit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("render junit: %w", err)
	}
	return nil
}

// scanSuite says how the scan itself went.
func scanSuite(rep *reports.Report, g reports.Gate) suite {
	c := testcase{Name: "The scan is complete", Classname: "scan", Time: seconds(rep)}
	code, why := g.End(rep)
	switch {
	case !rep.Coverage.Complete && why == "":
		why = "the scan is incomplete: " + rep.Coverage.Stopped
		fallthrough
	case !rep.Coverage.Complete, code > 1:
		c.Error = &fault{Message: text(why), Type: "incomplete", Text: "What was not seen is not tested; it does not pass."}
	}
	lines := []string{reports.Notice}
	gaps := rep.Coverage.Gaps
	for _, gap := range gaps[:min(len(gaps), maxGaps)] {
		lines = append(lines, "Not observed: "+text(gap.What)+": "+text(gap.Why))
	}
	if left := len(gaps) - maxGaps; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d further gaps; scan.json has them", left))
	}
	c.Output = &output{"\n" + strings.Join(lines, "\n") + "\n"}
	return suite{Name: "scan", Time: c.Time, Cases: []testcase{c}, Properties: &properties{[]property{
		{"site", text(rep.Site.URL)}, {"scan", text(rep.ScanID)}, {"candor", text(rep.Tool.Version)}, {"rules", text(rep.Tool.RulesVersion)},
		{"browser", text(rep.Tool.Browser)}, {"states", text(strings.Join(rep.Coverage.States, " "))},
		{"pages visited", strconv.Itoa(rep.Coverage.PagesVisited)}, {"pages failed", strconv.Itoa(rep.Coverage.PagesFailed)},
		{"fail-on", text(g.FailOn)}, {"against", text(rep.Changes.Against.ScanID)},
	}}}
}

// seconds is how long the scan took; "" when it is not known.
func seconds(rep *reports.Report) string {
	from, err1 := time.Parse(time.RFC3339, rep.StartedAt)
	to, err2 := time.Parse(time.RFC3339, rep.FinishedAt)
	if err1 != nil || err2 != nil || to.Before(from) {
		return ""
	}
	return strconv.Itoa(int(to.Sub(from).Seconds()))
}

// packs are those of rules and findings, in order.
func packs(rep *reports.Report) []string {
	var names []string
	for _, r := range rep.Rules {
		names = append(names, r.Pack)
	}
	for _, f := range rep.Findings {
		names = append(names, f.Pack)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func packSuite(rep *reports.Report, g reports.Gate, pack string) suite {
	of := map[string][]reports.Finding{}
	for _, f := range rep.Findings {
		if f.Pack == pack {
			of[f.Rule] = append(of[f.Rule], f)
		}
	}
	s := suite{Name: text(pack)}
	for _, r := range rep.Rules {
		if r.Pack == pack {
			s.Cases = append(s.Cases, ruleCase(rep, g, r, of[r.ID]))
			delete(of, r.ID)
		}
	}
	for _, f := range rep.Findings { // whose rules are not listed, in a scan.json of other versions
		if list := of[f.Rule]; f.Pack == pack && len(list) > 0 {
			s.Cases = append(s.Cases, ruleCase(rep, g, reports.Rule{ID: f.Rule, Pack: pack, Title: f.Title}, list))
			delete(of, f.Rule)
		}
	}
	return s
}

func ruleCase(rep *reports.Report, g reports.Gate, r reports.Rule, findings []reports.Finding) testcase {
	c := testcase{Name: text(r.ID + " " + r.Title), Classname: text(r.Pack)}
	var failing, others []reports.Finding
	for _, f := range findings {
		if g.Failing(rep, f) {
			failing = append(failing, f)
		} else {
			others = append(others, f)
		}
	}
	switch {
	case len(failing) > 0:
		message := text(failing[0].Title)
		if n := len(failing) - 1; n > 0 {
			message += fmt.Sprintf(" (and %d more)", n)
		}
		c.Failure = &fault{Message: message, Type: text(failing[0].Severity), Text: "\n" + told(rep, failing) + advice(r)}
	case r.Outcome == "not-tested":
		c.Skipped = &skipped{"not tested: " + text(r.Why)}
	case r.Outcome == "not-applicable":
		c.Skipped = &skipped{"not applicable: " + text(r.Why)}
	}
	if len(others) > 0 {
		c.Output = &output{"\nThese do not fail the pipeline:\n" + told(rep, others)}
	}
	return c
}

// told is what findings say, one after the other.
func told(rep *reports.Report, findings []reports.Finding) string {
	var b strings.Builder
	for _, f := range findings[:min(len(findings), maxFindings)] {
		fmt.Fprintf(&b, "%s, confidence %s: %s\n  %s\n", text(f.Severity), text(f.Confidence), text(f.Title), text(f.Message))
		for _, p := range f.Pages[:min(len(f.Pages), maxPages)] {
			fmt.Fprintf(&b, "  on %s\n", text(p))
		}
		if left := len(f.Pages) - maxPages; left > 0 {
			fmt.Fprintf(&b, "  and on %d more\n", left)
		}
		fmt.Fprintf(&b, "  fingerprint %s%s\n", text(f.Fingerprint), standing(rep, f))
	}
	if left := len(findings) - maxFindings; left > 0 {
		fmt.Fprintf(&b, "and %d further findings; scan.json has them\n", left)
	}
	return b.String()
}

// standing says what sets a finding apart from others.
func standing(rep *reports.Report, f reports.Finding) string {
	out := ""
	switch {
	case f.Suppressed:
		out = ", suppressed by an exception"
		if s := f.Suppression; s.Reason != "" {
			out += " (" + text(s.Reason) + ", until " + text(s.Expires) + ")"
		}
	case f.Suppression.Why != "":
		out = ", not suppressed: " + text(f.Suppression.Why)
	}
	if rep.Changes.Against.ScanID != "" && f.New {
		out += ", new"
	}
	return out
}

func advice(r reports.Rule) string {
	out := ""
	if r.Matters != "" {
		out += "Why it matters: " + text(r.Matters) + "\n"
	}
	if r.Remediation != "" {
		out += "What to do: " + text(r.Remediation) + "\n"
	}
	return out
}

func text(s string) string { return plain.Cut(plain.Visible(s), maxText) }
