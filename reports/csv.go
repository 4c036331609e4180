package reports

import (
	"encoding/csv"
	"io"
	"strings"

	"candor/reports/plain"
)

// writeCSV writes the findings, one a row. No cell starts a formula.
func writeCSV(w io.Writer, rep *Report) error {
	out := csv.NewWriter(w)
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = plain.Cell(c)
		}
		// The writer keeps its first error for Error below.
		_ = out.Write(cells)
	}
	row("id", "severity", "confidence", "outcome", "rule", "pack", "title", "message", "recipients", "data_types",
		"pages", "states", "statements", "evidence", "remediation", "suggested_text", "fingerprint", "suppressed")
	for _, f := range rep.Findings {
		suppressed := "no"
		if f.Suppressed {
			suppressed = "yes"
		}
		row(f.ID, f.Severity, f.Confidence, f.Outcome, f.Rule, f.Pack, f.Title, f.Message, joined(f.Recipients), joined(f.DataTypes),
			joined(f.Pages), joined(f.States), joined(f.Statements), joined(f.Evidence), f.Remediation, f.SuggestedText, f.Fingerprint, suppressed)
	}
	out.Flush()
	return out.Error()
}

func joined(list []string) string { return strings.Join(list, "; ") }
