package tables_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"candor/analyzer"
	"candor/reports"
	"candor/reports/plain"
	"candor/reports/reporttest"
	"candor/reports/tables"
)

var update = flag.Bool("update", false, "write the golden files anew")

// files are the CSV files by name.
func files(t testing.TB, rep *reports.Report) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, r := range tables.CSV() {
		var b bytes.Buffer
		if err := r.Render(&b, rep); err != nil {
			t.Fatal(err)
		}
		out[r.File] = b.Bytes()
	}
	return out
}

func rows(t testing.TB, data []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func workbook(t testing.TB, rep *reports.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tables.WriteXLSX(&b, rep); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, got := range files(t, reports.New(reporttest.Shop())) {
		file := "testdata/" + name
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs; -update writes it anew:\n%s", file, diff)
		}
	}
}

// Nothing is lost: each record of the report is a row.
func TestRows(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	fields := 0
	for _, f := range rep.Forms {
		fields += max(1, len(f.Fields))
	}
	got := files(t, rep)
	for name, want := range map[string]int{
		"findings.csv": len(rep.Findings), "flows.csv": len(rep.Flows), "cookies.csv": len(rep.Cookies), "vendors.csv": len(rep.Vendors), "forms.csv": fields,
	} {
		if n := len(rows(t, got[name])) - 1; n != want || want < 4 {
			t.Errorf("%s has %d rows, want %d", name, n, want)
		}
	}
	if about := string(got["about.csv"]); !strings.Contains(about, reports.Notice) {
		t.Error("the notice is missing")
	}
}

// The workbook's sheets hold what the files hold, with a frozen head, a filter
// and numbers that are numbers.
func TestWorkbook(t *testing.T) {
	rep := reports.New(reporttest.Shop())
	data := workbook(t, rep)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want := []string{"About", "Findings", "Flows", "Cookies", "Vendors", "Forms"}; !slices.Equal(f.GetSheetList(), want) {
		t.Errorf("sheets %v", f.GetSheetList())
	}
	for name, data := range files(t, rep) {
		sheet := strings.ToUpper(name[:1]) + strings.TrimSuffix(name[1:], ".csv")
		want := rows(t, data)
		got, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got { // a row ends at its last cell that holds something
			got[i] = append(got[i], make([]string, len(want[0])-len(got[i]))...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", sheet, diff)
		}
		panes, err := f.GetPanes(sheet)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: panes %+v, %v", sheet, panes, err)
		}
		if width, err := f.GetColWidth(sheet, "A"); err != nil || width < 10 {
			t.Errorf("%s: the first column is %g wide, %v", sheet, width, err)
		}
		if !bytes.Contains(part(t, workbookPart(t, f, sheet), workbook(t, rep)), []byte("<autoFilter ")) {
			t.Errorf("%s has no filter", sheet)
		}
	}
	column := slices.Index(rows(t, files(t, rep)["cookies.csv"])[0], "lifetime_days")
	name, _ := excelize.CoordinatesToCellName(column+1, 2)
	if kind, err := f.GetCellType("Cookies", name); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("the lifetime in %s is of type %d, %v", name, kind, err)
	}
	if value, _ := f.GetCellValue("Cookies", name); value != strconv.FormatFloat(rep.Cookies[0].LifetimeDays, 'f', -1, 64) {
		t.Errorf("the lifetime in %s is %q", name, value)
	}
}

func workbookPart(t *testing.T, f *excelize.File, sheet string) string {
	t.Helper()
	i, err := f.GetSheetIndex(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return "xl/worksheets/sheet" + strconv.Itoa(i+1) + ".xml"
}

// part is a file of a workbook.
func part(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// formula reports what a spreadsheet would take for one, after what it skips.
func formula(s string) bool {
	s = strings.TrimLeft(s, " \u00a0\u3000\"")
	r, _ := utf8.DecodeRuneInString(s)
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return false // a number is no formula
	}
	return s != "" && strings.ContainsRune("=+-@|%\t\r\n＝＋－＠", r)
}

func TestHostile(t *testing.T) {
	for _, h := range reporttest.Names {
		rep := reports.New(reporttest.Named(h.Text))
		for name, data := range files(t, rep) {
			if i := bytes.IndexFunc(data, func(r rune) bool {
				return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffe
			}); i >= 0 || !utf8.Valid(data) {
				t.Errorf("%s: %s holds a control character", h.What, name)
			}
			for _, row := range rows(t, data) {
				for _, c := range row {
					if formula(c) {
						t.Errorf("%s: %s has the cell %q", h.What, name, c)
					}
					if utf8.RuneCountInString(c) > 32_767 {
						t.Errorf("%s: %s has a cell of %d bytes", h.What, name, len(c))
					}
				}
			}
		}
	}
}

// Each part of the workbook is well-formed XML without a formula, a link or
// something from outside, and cells that look like formulas are text.
func TestHostileWorkbook(t *testing.T) {
	names := append(slices.Clone(reporttest.Names), struct{ What, Text string }{"escape of the format", "_x003D_1+1 _x0007_ _x000D_"})
	for _, h := range names {
		if !slices.Contains([]string{"everything", "formula", "NUL", "not a character", "end of CDATA", "entities", "escape of the format"}, h.What) {
			continue // what is left of a name is the same as in CSV, for which each is tested
		}
		rep := reports.New(reporttest.Named(h.Text))
		data := workbook(t, rep)
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			text := part(t, f.Name, data)
			for dec := xml.NewDecoder(bytes.NewReader(text)); ; {
				tok, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %s: %v", h.What, f.Name, err)
				}
				if e, ok := tok.(xml.StartElement); ok {
					switch e.Name.Local {
					case "f", "hyperlink", "script", "evil", "externalReference", "img":
						t.Errorf("%s: %s holds the element %s", h.What, f.Name, e.Name.Local)
					}
				}
				if d, ok := tok.(xml.Directive); ok {
					t.Errorf("%s: %s holds the directive %q", h.What, f.Name, d)
				}
			}
			if bytes.Contains(text, []byte(`TargetMode="External"`)) {
				t.Errorf("%s: %s leads outside", h.What, f.Name)
			}
		}
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", h.What, err)
		}
		got, err := f.GetRows("Findings", excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		want := rows(t, files(t, rep)["findings.csv"])
		if len(got) != len(want) || got[1][6] != want[1][6] || got[1][6] != plain.Cut(plain.Cell(rep.Findings[0].Title), 8000) {
			t.Errorf("%s: the title is %.200q, in CSV %.200q", h.What, got[1][6], want[1][6])
		}
		f.Close()
	}
}

func TestEmpty(t *testing.T) {
	for name, rep := range map[string]*reports.Report{"empty": reports.New(&analyzer.Analysis{}), "nothing": {}} {
		if _, err := excelize.OpenReader(bytes.NewReader(workbook(t, rep))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for file, data := range files(t, rep) {
			if n := len(rows(t, data)); n != 1 && file != "about.csv" {
				t.Errorf("%s: %s has %d rows", name, file, n)
			}
		}
	}
}

func TestDeterministic(t *testing.T) {
	a, b := workbook(t, reports.New(reporttest.Shop())), workbook(t, reports.New(reporttest.Shop()))
	if !bytes.Equal(a, b) {
		t.Error("the same report gives another workbook")
	}
	z, err := zip.NewReader(bytes.NewReader(a), int64(len(a)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if got := f.Modified.UTC().Format("2006-01-02T15:04:05"); got != "2026-11-20T09:33:34" {
			t.Errorf("%s is of %s", f.Name, got)
		}
	}
}

func BenchmarkCSV1000(b *testing.B) {
	rep := reports.New(reporttest.Large(1000))
	for b.Loop() {
		files(b, rep)
	}
}

func BenchmarkXLSX1000(b *testing.B) {
	rep := reports.New(reporttest.Large(1000))
	for b.Loop() {
		b.SetBytes(int64(len(workbook(b, rep))))
	}
}
