package tables

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"candor/reports"
	"candor/reports/plain"
)

// CSV are the renderers to hand to reports.Write: "csv", a file for each table.
func CSV() []reports.Renderer {
	format := func(name string, make func(rep *reports.Report) *table) reports.Renderer {
		return reports.Renderer{Name: "csv", File: name + ".csv", Render: func(w io.Writer, rep *reports.Report) error { return writeCSV(w, make(rep)) }}
	}
	out := []reports.Renderer{format("about", func(rep *reports.Report) *table { return build(rep)[0] })}
	for _, m := range makers {
		out = append(out, format(m.name, func(rep *reports.Report) *table { return m.make(newReader(rep)) }))
	}
	return out
}

// writeCSV writes a table as RFC 4180 has it, in UTF-8.
func writeCSV(w io.Writer, t *table) error {
	out := csv.NewWriter(w)
	row := make([]string, len(t.columns))
	for i, c := range t.columns {
		row[i] = c.name
	}
	// The writer keeps its first error for Error below.
	_ = out.Write(row)
	for _, cells := range t.rows {
		for i, c := range cells {
			row[i] = written(c)
		}
		_ = out.Write(row)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("render csv: %w", err)
	}
	return nil
}

// written is a cell's text.
func written(c any) string {
	switch c := c.(type) {
	case string:
		return cell(c)
	case int:
		return strconv.Itoa(c)
	case float64:
		return strconv.FormatFloat(c, 'f', -1, 64)
	case bool:
		return yes(c)
	}
	return ""
}

func cell(s string) string { return plain.Cut(plain.Cell(s), maxCell) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
