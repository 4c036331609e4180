package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/rules"
)

// Analyze writes the site as evidence into a temporary folder and analyses it
// with every rule.
func (s *Site) Analyze(ctx context.Context, set *rules.Set, opts ...analyzer.Option) (a *analyzer.Analysis, err error) {
	dir, err := os.MkdirTemp("", "candor-scenario-")
	if err != nil {
		return nil, fmt.Errorf("play scenario: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := s.Write(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return analyzer.Analyze(ctx, r, set, s.Profile.Answers(), opts...)
}

// Analyze analyses the scenario's site, with what its earlier scan saw where it
// has one.
func (s *Scenario) Analyze(ctx context.Context, set *rules.Set) (*analyzer.Analysis, error) {
	if s.Earlier == nil {
		return s.Site.Analyze(ctx, set)
	}
	before, err := s.Earlier.Analyze(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("earlier scan: %w", err)
	}
	return s.Site.Analyze(ctx, set, analyzer.WithEarlier(before.Snapshot(nil)))
}

// Result is what became of a rule in a scenario.
type Result struct {
	Outcome     check.RuleOutcome
	Findings    []check.Finding // the rule's
	Differences []string        // from what the scenario expects, each a line; none when it passed
}

// Run plays a scenario and compares what became of a rule with what it expects.
// The error is not a difference: the scenario could not be played.
func (s *Scenario) Run(ctx context.Context, set *rules.Set, rule string) (*Result, error) {
	a, err := s.Analyze(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return s.Compare(a, rule)
}

// Compare compares what an analysis says of a rule with what is expected.
func (s *Scenario) Compare(a *analyzer.Analysis, rule string) (*Result, error) {
	i := slices.IndexFunc(a.Rules, func(o check.RuleOutcome) bool { return o.ID == rule })
	if i < 0 {
		return nil, fmt.Errorf("scenario %s: there is no rule %s", s.Name, rule)
	}
	res := &Result{Outcome: a.Rules[i]}
	differ := func(format string, args ...any) {
		res.Differences = append(res.Differences, fmt.Sprintf(format, args...))
	}
	if got := string(res.Outcome.Outcome); got != s.Outcome {
		differ("outcome: %s, expected %s: %s", got, s.Outcome, res.Outcome.Why)
	}
	told := res.Outcome.Why
	lines := []string{}
	for _, f := range a.Findings {
		if f.Rule != rule && !slices.Contains(f.Also, rule) {
			continue
		}
		res.Findings = append(res.Findings, f)
		lines = append(lines, Line(&f))
		told += "\n" + f.Title + "\n" + f.Message
	}
	slices.Sort(lines)
	if want := slices.Sorted(slices.Values(s.Findings)); s.Findings != nil && !slices.Equal(lines, normal(want)) {
		differ("findings: %s, expected %s", listed(lines), listed(want))
	}
	if !strings.Contains(told, s.Because) {
		differ("because: nothing says %q; the rule says: %s", s.Because, strings.ReplaceAll(told, "\n", " | "))
	}
	return res, nil
}

// Line writes a finding as scenarios do: "severity outcome recipient,…".
func Line(f *check.Finding) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Outcome, strings.Join(f.Recipients, ",")))
}

func normal(lines []string) []string {
	out := []string{}
	for _, l := range lines {
		out = append(out, strings.Join(strings.Fields(l), " "))
	}
	slices.Sort(out)
	return out
}

func listed(lines []string) string {
	if len(lines) == 0 {
		return "none"
	}
	return "“" + strings.Join(lines, "”, “") + "”"
}

// Fires reports whether the scenario expects findings, or at least that a person
// looks.
func (s *Scenario) Fires() bool {
	return s.Outcome == string(check.Differs) || s.Outcome == string(check.NeedsPerson)
}

// Quiet reports whether the scenario expects that the rule keeps silent where it
// could have spoken: a near miss.
func (s *Scenario) Quiet() bool {
	return s.Outcome == string(check.Matches) || s.Outcome == string(check.NotApplicable) || s.Findings != nil && len(s.Findings) == 0
}
