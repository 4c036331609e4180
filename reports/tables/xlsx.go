package tables

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"candor/reports"
)

// XLSX is the renderer to hand to reports.Write: "xlsx", candor.xlsx.
func XLSX() reports.Renderer {
	return reports.Renderer{Name: "xlsx", File: "candor.xlsx", Render: WriteXLSX}
}

// WriteXLSX writes the workbook.
func WriteXLSX(w io.Writer, rep *reports.Report) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("render xlsx: %w", err)
		}
	}()
	f := excelize.NewFile()
	defer f.Close()
	if err := properties(f, rep); err != nil {
		return err
	}
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	all := build(rep)
	for i, t := range all {
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), sheet(t))
		} else {
			_, err = f.NewSheet(sheet(t))
		}
		if err != nil {
			return err
		}
	}
	f.SetActiveSheet(1) // the findings; before the rows, which it would read again
	for _, t := range all {
		if err := fill(f, sheet(t), t, styles); err != nil {
			return fmt.Errorf("sheet %s: %w", t.name, err)
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		return err
	}
	return settle(w, buf.Bytes(), moment(rep))
}

func sheet(t *table) string { return strings.ToUpper(t.name[:1]) + t.name[1:] }

// properties are what the workbook says of itself.
func properties(f *excelize.File, rep *reports.Report) error {
	at := moment(rep).Format(time.RFC3339)
	return f.SetDocProps(&excelize.DocProperties{
		Creator: "Candor", LastModifiedBy: "Candor", Created: at, Modified: at, Language: "en",
		Title: cell("Candor: " + rep.Site.URL), Description: reports.Notice, Identifier: cell(rep.ScanID),
	})
}

// moment is the time of the scan, within what a zip file can say.
func moment(rep *reports.Report) time.Time {
	first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{rep.FinishedAt, rep.StartedAt} {
		if t, err := time.Parse(time.RFC3339, s); err == nil && t.After(first) && t.Year() < 2100 {
			return t.UTC()
		}
	}
	return first
}

type styles struct{ head, text, wrapped int }

func newStyles(f *excelize.File) (s styles, err error) {
	top := excelize.Alignment{Vertical: "top"}
	wrapped := top
	wrapped.WrapText = true
	if s.head, err = f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0A5564"}}, Alignment: &wrapped,
	}); err != nil {
		return s, err
	}
	if s.text, err = f.NewStyle(&excelize.Style{Alignment: &top}); err != nil {
		return s, err
	}
	s.wrapped, err = f.NewStyle(&excelize.Style{Alignment: &wrapped})
	return s, err
}

// fill writes a table into its sheet: a head that stays when one scrolls, and a
// filter for each column.
func fill(f *excelize.File, sheet string, t *table, s styles) error {
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	row := make([]any, len(t.columns))
	for i, c := range t.columns {
		row[i] = excelize.Cell{StyleID: s.head, Value: c.name}
		if err := w.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := w.SetRow("A1", row); err != nil {
		return err
	}
	for i, cells := range t.rows {
		for j, c := range cells {
			style := s.text
			if t.columns[j].wrap {
				style = s.wrapped
			}
			switch x := c.(type) {
			case string:
				c = cell(x)
			case bool:
				c = yes(x)
			}
			row[j] = excelize.Cell{StyleID: style, Value: c}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+2), row); err != nil {
			return err
		}
	}
	last, err := excelize.CoordinatesToCellName(len(t.columns), len(t.rows)+1)
	if err != nil {
		return err
	}
	if err := f.AutoFilter(sheet, "A1:"+last, nil); err != nil {
		return err
	}
	return w.Flush()
}

// settle writes a zip file again with its files in order, all of one time.
func settle(w io.Writer, data []byte, at time.Time) error {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	files := slices.Clone(in.File)
	slices.SortFunc(files, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			return err
		}
		to, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at})
		if err == nil {
			_, err = io.Copy(to, r)
		}
		r.Close()
		if err != nil {
			return err
		}
	}
	return out.Close()
}
