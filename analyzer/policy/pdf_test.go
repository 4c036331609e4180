package policy

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ledongthuc/pdf"
)

// TestBrowserPDF reads a PDF as browsers write them: with composite fonts, whose
// widths the library does not know.
func TestBrowserPDF(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/web/careers.fernhill.test/applicant-privacy-notice.pdf")
	if err != nil {
		t.Fatal(err)
	}
	text, faults := pdfText(raw)
	if len(faults) > 0 {
		t.Errorf("faults: %q", faults)
	}
	for _, want := range []string{
		"Privacy notice for applicants\n", "What we collect\n", "documents that you upload, such as your CV.", "We do not share applications with third parties.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q; it is\n%s", want, text)
		}
	}
}

// TestWordsWithoutWidths places characters as a font of unknown widths would,
// with and without characters for spaces.
func TestWordsWithoutWidths(t *testing.T) {
	place := func(spaces bool) []pdf.Text {
		var out []pdf.Text
		x := 50.0
		for _, r := range "We will never sell information" {
			c := pdf.Text{S: string(r), X: x, Y: 700, FontSize: 10}
			if r != ' ' || spaces {
				out = append(out, c)
			}
			x += advance(c, 10) * 0.97 // a font somewhat narrower than the guess
		}
		return out
	}
	for _, spaces := range []bool{true, false} {
		if got := pdfLines(place(spaces)); !slices.Equal(got, []string{"We will never sell information"}) {
			t.Errorf("with spaces %t: %q", spaces, got)
		}
	}
}
