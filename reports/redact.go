package reports

import (
	"strings"

	"candor/analyzer"
	"candor/analyzer/redaction"
	"candor/crawler/evidence"
)

// redactor writes addresses for a report. A value in them that may identify a
// person becomes its mark: see evidence.Marker.
type redactor struct{ evidence.Marker }

func newRedactor(m evidence.Meta) redactor { return redactor{m.Marker()} }

// address redacts what in an address may identify a person: see
// redaction.Address.
func (r redactor) address(s string) string {
	return redaction.Address(s, func(name, plain string) string {
		if redaction.Personal(plain) || name == redaction.Unparsed {
			return r.Mark(plain)
		}
		return plain
	})
}

// redact rewrites what mentions the address of a page in passing.
func (r redactor) redact(rep *Report, a *analyzer.Analysis) {
	var changed []string // the address of a page, what stands for it, and so on
	for _, p := range a.Pages {
		for _, from := range []string{p.URL, p.FinalURL} {
			if to := r.address(from); to != from {
				changed = append(changed, from, to)
			}
		}
	}
	if len(changed) == 0 {
		return
	}
	in := strings.NewReplacer(changed...)
	for i := range rep.Coverage.Gaps {
		g := &rep.Coverage.Gaps[i]
		g.What, g.Why = in.Replace(g.What), in.Replace(g.Why)
	}
	for _, p := range rep.Policies {
		for i, from := range p.LinkedFrom {
			p.LinkedFrom[i] = in.Replace(from)
		}
	}
	for i := range rep.Behaviors {
		rep.Behaviors[i].Detail = in.Replace(rep.Behaviors[i].Detail)
	}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.Title, f.Message = in.Replace(f.Title), in.Replace(f.Message)
	}
}
