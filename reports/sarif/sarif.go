package sarif

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

// Bounds; what is left out is said in a notification.
const (
	maxResults       = 25_000 // as code scanning takes
	maxNotifications = 1000
	maxPages         = 20
	maxSentences     = 10
	maxText          = 2000 // characters of a message
)

// Format is the renderer to hand to reports.Write: "sarif", candor.sarif.
func Format(g reports.Gate) reports.Renderer {
	return reports.Renderer{Name: "sarif", File: "candor.sarif", Render: func(w io.Writer, rep *reports.Report) error { return Render(w, rep, g) }}
}

// Render writes the log. The same report gives the same bytes.
func Render(w io.Writer, rep *reports.Report, g reports.Gate) error {
	b := newBuilder(rep)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	out := file{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []run{b.run(g)},
	}
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("render sarif: %w", err)
	}
	return nil
}

type builder struct {
	rep        *reports.Report
	rules      []rule
	index      map[string]int // rule → its place
	statements map[string]sentence
	sightings  map[string]reports.Sighting
	flows      map[string][]string // flow → its requests
}

type sentence struct {
	reports.Statement
	policy *reports.Policy
}

func newBuilder(rep *reports.Report) *builder {
	b := &builder{rep: rep, rules: []rule{}, index: map[string]int{}, statements: map[string]sentence{}, sightings: map[string]reports.Sighting{}, flows: map[string][]string{}}
	for i := range rep.Policies {
		for _, s := range rep.Policies[i].Statements {
			b.statements[s.ID] = sentence{s, &rep.Policies[i]}
		}
	}
	for _, s := range rep.Evidence {
		b.sightings[s.ID] = s
	}
	for _, x := range rep.Flows {
		b.flows[x.ID] = x.Evidence
	}
	for _, r := range rep.Rules {
		b.addRule(r)
	}
	for _, f := range rep.Findings { // of a scan.json of other versions
		b.addRule(reports.Rule{ID: f.Rule, Pack: f.Pack, Title: f.Title, Severity: f.Severity, Remediation: f.Remediation})
	}
	return b
}

func (b *builder) addRule(r reports.Rule) {
	if _, ok := b.index[r.ID]; ok {
		return
	}
	b.index[r.ID] = len(b.rules)
	title := text(r.Title)
	help := []string{title + "."}
	for _, part := range []struct{ head, text string }{
		{"Why it matters: ", r.Matters}, {"What to do: ", r.Remediation}, {"Basis: ", basis(r.Basis)},
	} {
		if part.text != "" {
			help = append(help, part.head+text(part.text))
		}
	}
	full := text(r.Matters)
	if full == "" {
		full = title
	}
	b.rules = append(b.rules, rule{
		ID: id(r.ID), ShortDescription: message{title}, FullDescription: message{full}, Help: message{strings.Join(help, "\n\n")},
		DefaultConfiguration: configuration{level(r.Severity)},
		Properties:           map[string]any{"pack": text(r.Pack), "severity": text(r.Severity), "tags": tags(r.Pack), "problem.severity": problem(r.Severity)},
	})
}

func basis(of []reports.Basis) string {
	var out []string
	for _, b := range of {
		t := b.Text
		if b.Status != "text_seen" {
			t += " (" + strings.ReplaceAll(b.Status, "_", " ") + ")"
		}
		out = append(out, t)
	}
	return strings.Join(out, "; ")
}

func tags(pack string) []string {
	tags := []string{"privacy"}
	if p := text(pack); p != "" && p != "privacy" {
		tags = append(tags, p)
	}
	return tags
}

func (b *builder) run(g reports.Gate) run {
	rep := b.rep
	r := run{
		Tool: tool{driver{
			Name: "Candor", Version: text(rep.Tool.Version), FullDescription: message{text(reports.Notice)}, Rules: b.rules,
			Properties: map[string]any{"rules_version": text(rep.Tool.RulesVersion), "browser": text(rep.Tool.Browser)},
		}},
		AutomationDetails: automationDetails{"candor/" + segment(rep.Site.Host) + "/" + segment(rep.ScanID)},
		ColumnKind:        "unicodeCodePoints", DefaultEncoding: "utf-8", Language: "en",
		Invocations: []invocation{b.invocation(g)},
		Results:     []result{},
		Properties: map[string]any{
			"site": text(rep.Site.URL), "scan_id": text(rep.ScanID), "states": texts(rep.Coverage.States), "complete": rep.Coverage.Complete,
			"pages_visited": rep.Coverage.PagesVisited, "pages_failed": rep.Coverage.PagesFailed,
		},
	}
	if rep.Bundle.Root != "" {
		r.Properties["evidence_sha256"] = text(rep.Bundle.Root)
	}
	for _, f := range rep.Findings[:min(len(rep.Findings), maxResults)] {
		r.Results = append(r.Results, b.result(f))
	}
	return r
}

func (b *builder) invocation(g reports.Gate) invocation {
	rep := b.rep
	code, why := g.End(rep)
	in := invocation{
		ExecutionSuccessful: rep.Coverage.Complete, StartTimeUTC: rep.StartedAt, EndTimeUTC: rep.FinishedAt,
		ExitCode: code, ExitCodeDescription: text(why), ToolExecutionNotifications: []notification{},
	}
	note := func(n notification) {
		if len(in.ToolExecutionNotifications) < maxNotifications {
			in.ToolExecutionNotifications = append(in.ToolExecutionNotifications, n)
		}
	}
	say := func(level, what string) { note(notification{Level: level, Message: message{escape(text(what))}}) }
	if left := len(rep.Findings) - maxResults; left > 0 {
		say("warning", fmt.Sprintf("%d findings are left out of this file; scan.json holds them.", left))
	}
	if left := len(rep.Coverage.Gaps) + len(rep.Rules) - maxNotifications; left > 0 {
		say("warning", "Not every gap is in this file; scan.json holds them.")
	}
	if !rep.Coverage.Complete {
		say("error", "The scan is incomplete: "+rep.Coverage.Stopped)
	}
	for _, r := range rep.Rules {
		if r.Outcome == "not-tested" {
			note(notification{Level: "warning", Message: message{escape("Not tested: " + text(r.Title) + ". " + text(r.Why))}, AssociatedRule: &ruleReference{id(r.ID), b.index[r.ID]}})
		}
	}
	for _, gap := range rep.Coverage.Gaps {
		n := notification{
			Level: "note", Message: message{escape("Not observed: " + text(gap.What) + ": " + text(gap.Why))},
			Properties: map[string]any{"kind": text(gap.Kind), "state": text(gap.State)},
		}
		if gap.Page != "" {
			n.Locations = []location{b.page(gap.Page)}
		}
		note(n)
	}
	return in
}

func (b *builder) result(f reports.Finding) result {
	r := result{
		RuleID: id(f.Rule), RuleIndex: b.index[f.Rule], Kind: "fail", Level: level(f.Severity),
		Message:             message{escape(strings.TrimRight(text(f.Title), ".") + ". " + text(f.Message))},
		PartialFingerprints: fingerprints(f),
		Suppressions:        suppressions(f),
		Properties: map[string]any{
			"id": text(f.ID), "pack": text(f.Pack), "outcome": text(f.Outcome), "severity": text(f.Severity), "confidence": text(f.Confidence),
			"recipients": texts(f.Recipients), "data_types": texts(f.DataTypes), "states": texts(f.States), "evidence": texts(f.Evidence),
			"remediation": text(f.Remediation), "suggested_text": text(f.SuggestedText),
		},
	}
	if f.Outcome != "differs" {
		r.Kind, r.Level = "review", "none"
	}
	if b.rep.Changes.Against.ScanID != "" {
		r.BaselineState = "unchanged"
		if f.New {
			r.BaselineState = "new"
		}
	}
	if f.Suppression.Why != "" {
		r.Properties["exception"] = text(f.Suppression.Why)
	}
	r.Locations, r.RelatedLocations = b.places(f)
	if s, ok := b.sighting(f.Evidence); ok {
		r.WebRequest = &webRequest{Target: text(s.URL), Method: text(s.Method)}
		if s.Status > 0 {
			r.WebResponse = &webResponse{s.Status}
		}
	}
	return r
}

// sighting is the first request among evidence, or behind a flow in it.
func (b *builder) sighting(evidence []string) (reports.Sighting, bool) {
	for _, e := range evidence {
		if s, ok := b.sightings[e]; ok {
			return s, true
		}
		for _, e := range b.flows[e] {
			if s, ok := b.sightings[e]; ok {
				return s, true
			}
		}
	}
	return reports.Sighting{}, false
}

// fingerprints are the finding's own, which does not move with pages. Code
// scanning knows the second name only.
func fingerprints(f reports.Finding) map[string]string {
	print := text(f.Fingerprint)
	if print == "" {
		print = text(f.ID)
	}
	return map[string]string{"candorFingerprint/v1": print, "primaryLocationLineHash": print + ":1"}
}

func suppressions(f reports.Finding) []suppression {
	if !f.Suppressed {
		return []suppression{}
	}
	s := f.Suppression
	why := []string{}
	for _, part := range []struct{ head, text string }{
		{"Reason: ", s.Reason}, {"", s.Justification}, {"Owner: ", s.Owner}, {"Approved by: ", s.Approver}, {"Since: ", s.Created}, {"Until: ", s.Expires},
	} {
		if part.text != "" {
			why = append(why, part.head+text(part.text))
		}
	}
	return []suppression{{Kind: "external", Status: "accepted", Justification: strings.Join(why, "; ")}}
}

// places are where a finding stands, and what goes with it: the sentences that
// it is held against and the further pages.
func (b *builder) places(f reports.Finding) (at, related []location) {
	for _, s := range f.Statements {
		if said, ok := b.statements[s]; ok && len(related) < maxSentences {
			related = append(related, b.sentence(said))
		}
	}
	switch {
	case len(f.Pages) > 0:
		at = []location{b.page(f.Pages[0])}
		for _, p := range f.Pages[1:min(len(f.Pages), maxPages)] {
			also := b.page(p)
			also.Message = &message{"Also seen here."}
			related = append(related, also)
		}
	case len(related) > 0:
		at, related = related[:1], slices.Clone(related[1:])
	case len(b.rep.Policies) > 0:
		at = []location{b.page(b.rep.Policies[0].URL)}
	default:
		at = []location{b.page(b.rep.Site.URL)}
	}
	for i := range related {
		related[i].ID = i + 1
	}
	return at, related
}

func (b *builder) page(address string) location {
	return location{
		PhysicalLocation: physicalLocation{ArtifactLocation: artifactLocation{relative(address)}},
		LogicalLocations: []logicalLocation{{FullyQualifiedName: text(address), Kind: "resource"}},
	}
}

func (b *builder) sentence(s sentence) location {
	l := b.page(s.policy.URL)
	l.Message = &message{escape("The text says: “" + text(s.Quote) + "”")}
	if link := plain.Fragment(s.policy.URL, s.Quote); link != "" {
		l.LogicalLocations[0].FullyQualifiedName = text(link)
	}
	if s.policy.TextFile != "" && s.Start >= 0 && s.End >= s.Start {
		l.PhysicalLocation = physicalLocation{
			ArtifactLocation: artifactLocation{path(s.policy.TextFile)},
			Region:           &region{CharOffset: s.Start, CharLength: s.End - s.Start, Snippet: &message{text(s.Quote)}},
		}
	}
	return l
}

func level(severity string) string {
	switch severity {
	case "critical", "high":
		return "error"
	case "medium":
		return "warning"
	}
	return "note"
}

// problem is the word of code scanning for what is no matter of security.
func problem(severity string) string {
	if l := level(severity); l != "note" {
		return l
	}
	return "recommendation"
}
