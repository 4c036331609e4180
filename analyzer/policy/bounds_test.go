package policy_test

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"candor/analyzer/policy"
)

// allowed is how long the reading of the worst document may take here. It is
// far from what it takes, so that only a bound that is missing shows, and the
// race detector on a busy machine does not.
const allowed = 3 * time.Minute

func TestHostileDocumentsEndWithinBounds(t *testing.T) {
	repeat := strings.Repeat
	sentence := "We share your e-mail address with Acme Metrics, Google Analytics and our partners for marketing, and we do not sell it. "
	for _, c := range []struct {
		name, mime string
		raw        string
		fault      string
	}{
		{"50 MB of markup", "text/html", "<p>" + repeat("<b>data</b> we collect ", 50<<20/23), "longer than 16 MiB"},
		{"elements 100,000 deep", "text/html", repeat("<div>", 100_000) + "We collect your name." + repeat("</div>", 100_000), "nested too deeply"},
		{"lists 100,000 deep", "text/html", repeat("<ul><li>", 100_000) + "We collect your name.", "nested too deeply"},
		{"lists 300 deep", "text/html", "<p>We collect:</p>" + repeat("<ul><li>your name:", 300), ""},
		{"one sentence of 5 MB", "text/plain", repeat("we collect your name and ", 5<<20/25), ""},
		{"one word of 5 MB", "text/plain", repeat("a", 5<<20), ""},
		{"one paragraph of 11,000 sentences", "text/plain", repeat(sentence, 11_000), "only the first"},
		{"German clauses without end", "text/html", "<html lang=de><main>" + repeat("<p>"+repeat("Wir geben, erheben, speichern und verkaufen Ihre Daten nicht, soweit, wenn, dass die, um zu ", 45), 25), ""},
		{"French clauses without end", "text/html", "<html lang=fr><main>" + repeat("<p>"+repeat("Nous ne vendons, que nous ne cédons vos données qui sont collectées sauf si pour et ", 45), 25), ""},
		{"120,000 paragraphs", "text/plain", repeat("We collect data.\n\n", 120_000), "only the first"},
		{"a table of 300,000 cells", "text/html", "<table><tr><th>Name</th><th>Purpose</th><th>Duration</th></tr>" + repeat("<tr>"+repeat("<td>x</td>", 50)+"</tr>", 6_000) + "</table>", ""},
		{"spans without end", "text/html", "<table><tr><th colspan=9999999>Name</th></tr>" + repeat("<tr><td rowspan=999999 colspan=999999>_ga</td></tr>", 3_000) + "</table>", ""},
		{"tables in tables", "text/html", repeat("<table><tr><td>", 200) + "We collect your name.", ""},
		{"a million quotation marks", "text/plain", repeat("\"", 1<<20), ""},
		{"a million brackets", "text/plain", "We collect " + repeat("(", 1<<20) + " your name.", ""},
		{"a million link starts", "text/markdown", repeat("[a](", 1<<18), ""},
		{"a million open links", "text/markdown", repeat("[", 1<<20), ""},
		{"bars and rules", "text/markdown", repeat("|-", 1<<19) + "\n" + repeat("|-", 1<<19), ""},
		{"rule-like lines", "text/markdown", repeat("a|b\n"+repeat("-- ", 300)+"x\n", 2_000), ""},
		{"numbers and units", "text/plain", "We keep your data for " + repeat("1 ", 1<<20) + "days.", ""},
		{"digits without end", "text/plain", "We keep your data for " + repeat("9", 1<<20) + " days.", ""},
		{"dates", "text/plain", "Last updated " + repeat("January 1, 20 ", 1<<17), ""},
		{"two hundred thousand cookie names", "text/html", "<table><tr><th>Cookie</th><th>Purpose</th><th>Duration</th></tr><tr><td>" + repeat("_a1, ", 200_000) + "</td><td>x</td><td>1 day</td></tr></table>", "cookie declarations"},
		{"chrome in chrome", "text/html", repeat("<div class=nav>", 390) + repeat("We collect your name and data for them. <p>", 8_000), ""},
		{"attributes without end", "text/html", "<p class=\"" + repeat("nav-menu ", 1<<19) + "\">We collect your name.</p>", ""},
		{"a PDF that is none", "application/pdf", "%PDF-1.7\n" + repeat("1 0 obj<</Kids[1 0 R]>>endobj\n", 20_000), "PDF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			doc := policy.Read(policy.Input{ID: "d01", MIMEType: c.mime, Raw: []byte(c.raw)}, set(t))
			if took := time.Since(start); took > allowed {
				t.Errorf("took %s", took)
			} else {
				t.Logf("%s", took)
			}
			checkOffsets(t, doc)
			if !strings.Contains(strings.Join(doc.Faults, "\n"), c.fault) {
				t.Errorf("faults %q, want one with %q", doc.Faults, c.fault)
			}
			if len(doc.Statements) > 200_000 || len(doc.Cookies) > 5_000 || len(doc.Blocks) > 50_000 {
				t.Errorf("%d statements, %d cookies, %d blocks", len(doc.Statements), len(doc.Cookies), len(doc.Blocks))
			}
		})
	}
}

// A document with much more in it than a notice has must not hold a multiple
// of its size when it was read.
func TestMemoryStaysNearTheDocument(t *testing.T) {
	raw := []byte(strings.Repeat("<p>We collect your name, your e-mail address and your phone number when you visit our site.</p>", 10_000))
	var before, after runtime.MemStats
	in := policy.Input{ID: "d01", MIMEType: "text/html", Raw: raw}
	policy.Read(in, set(t))
	runtime.GC()
	runtime.ReadMemStats(&before)
	doc := policy.Read(in, set(t))
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 40*int64(len(raw)) {
		t.Errorf("%d bytes are kept of a document of %d", kept, len(raw))
	}
	runtime.KeepAlive(doc)
}

func TestReadingIsRepeatable(t *testing.T) {
	for _, in := range seeds() {
		if a, b := policy.Read(in, set(t)), policy.Read(in, set(t)); !reflect.DeepEqual(a, b) {
			t.Errorf("%.60q was read in two ways", in.Raw)
		}
	}
}

func TestInputIsNotChanged(t *testing.T) {
	for _, in := range seeds() {
		raw, dom := bytes.Clone(in.Raw), bytes.Clone(in.DOM)
		policy.Read(in, set(t))
		if !bytes.Equal(raw, in.Raw) || !bytes.Equal(dom, in.DOM) {
			t.Errorf("%.60q was changed", raw)
		}
	}
}

// seeds are documents of every kind, small.
func seeds() []policy.Input {
	text := "Privacy\n\nWe collect your name — and “your e-mail address”.\n\n* We don't sell it.\n\nName | Duration\n---|---\n_ga | 2 years\n"
	html := `<html lang="de"><title>Datenschutz</title><main><h1>Datenschutz</h1><p>Wir geben Ihre Daten nicht an Dritte weiter, außer an Google Analytics.</p>` +
		`<table><tr><th>Cookie</th><th>Zweck</th><th>Laufzeit</th></tr><tr><td>_ga</td><td>Statistik</td><td>2 Jahre</td></tr></table></main>`
	return []policy.Input{
		{ID: "d01", MIMEType: "text/plain", Raw: []byte(text)},
		{ID: "d02", MIMEType: "text/html; charset=utf-8", Raw: []byte(html)},
		{ID: "d03", MIMEType: "text/html", Raw: []byte("<p>a"), DOM: []byte(html), Frames: [][]byte{[]byte("<p>We do not sell your data.")}},
		{ID: "d04", MIMEType: "application/pdf", Raw: smallPDF("We collect your name.", "We do not sell it.")},
		{ID: "d05", MIMEType: "image/png", Raw: []byte("\x89PNG\r\n\x1a\n\x00")},
		{ID: "d06"},
	}
}

// smallPDF is a PDF of one page for each text, a line for each line of it.
func smallPDF(pages ...string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), strings.Join(kids, " "))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[%s]>>", strings.Repeat("500 ", 95))
	for i, text := range pages {
		var s strings.Builder
		s.WriteString("BT /F1 10 Tf 12 TL 72 720 Td\n")
		for _, line := range strings.Split(text, "\n") {
			line = strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)").Replace(line)
			fmt.Fprintf(&s, "(%s) Tj T*\n", line)
		}
		s.WriteString("ET")
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i)
		object("<</Length %d>>\nstream\n%s\nendstream", s.Len(), s.String())
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}
