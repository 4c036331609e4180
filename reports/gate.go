package reports

// Gate is what a pipeline asks of a report, for the formats that answer it. The
// zero value fails nothing.
type Gate struct {
	FailOn string                            // the least severity that fails; "none" or "" never does
	Fails  func(rep *Report, f Finding) bool // nil: none does
	Exit   func(rep *Report) (int, string)   // the exit code and, unless it is 0, why; nil: 0
}

// Failing reports whether a finding fails the pipeline.
func (g Gate) Failing(rep *Report, f Finding) bool { return g.Fails != nil && g.Fails(rep, f) }

// End is the exit code of the run that made the report, and why it is not 0.
func (g Gate) End(rep *Report) (code int, why string) {
	if g.Exit == nil {
		return 0, ""
	}
	return g.Exit(rep)
}
