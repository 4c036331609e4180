// Package pdf prints the HTML report by the browser that is there: A4 or Letter,
// tagged for assistive technology, with an outline, and with the site, the time
// and "page x of y" on each page.
//
// What is printed are the bytes of the html package with their own
// Content-Security-Policy. The browser is started for that alone, with a
// profile of its own, and reaches no network: names resolve to nothing and all
// else goes to a proxy that is not there. The page is read as a file in the
// report's folder, since its pictures lie there.
//
// The browser writes the time of printing into a PDF; it is replaced by the time
// of the scan, so that the same report gives the same bytes with the same
// browser and fonts.
package pdf

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"candor/reports"
	"candor/reports/plain"
	"candor/reports/words"
)

// Papers are the names of sizes that Options takes.
var Papers = []string{"A4", "Letter"}

// sizes of papers, in inches.
var sizes = map[string][2]float64{"A4": {8.27, 11.69}, "Letter": {8.5, 11}}

// Options say with what and on what is printed.
type Options struct {
	Find      func() (string, error) // the path of a Chromium or Chrome
	NoSandbox bool
	Paper     string        // one of Papers; "" is A4
	Language  string        // of the lines at the top and bottom, one of words.Codes; "" is English
	Timeout   time.Duration // longest time for one report; 0 is two minutes
	Page      func(w io.Writer, rep *reports.Report) error
}

// Format is the renderer to hand to reports.Write: "pdf", report.pdf.
func Format(o Options) reports.Renderer {
	return reports.Renderer{Name: "pdf", File: "report.pdf", RenderIn: func(dir string, w io.Writer, rep *reports.Report) error {
		return Render(context.Background(), dir, w, rep, o)
	}}
}

// sheet is a page to print and what stands at the top and bottom of it.
type sheet struct {
	title, dated string
	at           string // RFC 3339; the time that the file is given
	id           string
	write        func(io.Writer) error
}

// Render prints the report whose folder is dir.
func Render(ctx context.Context, dir string, w io.Writer, rep *reports.Report, o Options) error {
	return o.render(ctx, dir, w, func(l *words.Language) sheet {
		return sheet{
			title: cmp.Or(rep.Site.Host, rep.Site.URL), dated: l.Must("pdf.scan", outside(strings.TrimSuffix(strings.Replace(rep.StartedAt, "T", " ", 1), "Z"))),
			at: rep.StartedAt, id: rep.ScanID, write: func(w io.Writer) error { return o.Page(w, rep) },
		}
	})
}

// Organisation prints the page over several sites, which write makes, as for the
// folder dir. Options.Page is not asked.
func Organisation(ctx context.Context, dir string, w io.Writer, org *reports.Organisation, write func(io.Writer, *reports.Organisation) error, o Options) error {
	return o.render(ctx, dir, w, func(l *words.Language) sheet {
		day := func(s string) string { return outside(s[:min(len(s), len("2006-01-02"))]) }
		return sheet{
			title: strings.Join(org.Names, ", "), dated: l.Must("pdf.scans", day(org.From), day(org.To)),
			at: org.To, write: func(w io.Writer) error { return write(w, org) },
		}
	})
}

func (o Options) render(ctx context.Context, dir string, w io.Writer, describe func(*words.Language) sheet) error {
	size, ok := sizes[o.Paper]
	if o.Paper == "" {
		size, ok = sizes["A4"], true
	}
	if !ok {
		return fmt.Errorf("print pdf: paper %q: expected one of %s", o.Paper, strings.Join(Papers, ", "))
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	lang, err := words.For(cmp.Or(o.Language, words.English))
	if err != nil {
		return fmt.Errorf("print pdf: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, errors.New("it took longer than "+o.Timeout.String()))
	defer cancel()
	s := describe(lang)
	var text bytes.Buffer
	if err := s.write(&text); err != nil {
		return fmt.Errorf("print pdf: %w", err)
	}
	data, err := o.print(ctx, dir, text.Bytes(), s, lang, size)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("print pdf: %w", err)
	}
	if _, err := w.Write(settle(data, s.at)); err != nil {
		return fmt.Errorf("print pdf: %w", err)
	}
	return nil
}

// print writes the page into the folder for as long as it is printed.
func (o Options) print(ctx context.Context, dir string, text []byte, s sheet, lang *words.Language, size [2]float64) (data []byte, err error) {
	path, err := o.Find()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, ".candor-print-*.html")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	ctx, stop := chromedp.NewExecAllocator(ctx, o.flags(path)...)
	defer stop()
	ctx, stopTab := chromedp.NewContext(ctx)
	defer stopTab()
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(file.Name())}
	if err := chromedp.Do(ctx, chromedp.Navigate(address.String())); err != nil {
		return nil, err
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](unlink)); err != nil {
		return nil, err
	}
	yes, margin, side := true, 0.7, 0.5
	res, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{
		PaperWidth: size[0], PaperHeight: size[1], MarginTop: &margin, MarginBottom: &margin, MarginLeft: &side, MarginRight: &side,
		PrintBackground: &yes, GenerateTaggedPDF: &yes, GenerateDocumentOutline: &yes,
		DisplayHeaderFooter: &yes, HeaderTemplate: s.header(), FooterTemplate: s.footer(lang),
	})
	return res.Data, err
}

// unlink takes off the links to files of the report's folder: a PDF would hold
// them with the whole path on this machine.
const unlink = `(() => {
	const local = [...document.querySelectorAll("a[href]")].filter(a => !/^(https?:|#)/i.test(a.getAttribute("href")));
	for (const a of local) a.removeAttribute("href");
	return local.length;
})()`

// flags start a browser that prints and reaches nothing.
func (o Options) flags(path string) []chromedp.ExecAllocatorOption {
	out := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
		chromedp.Flag("proxy-server", "http://127.0.0.1:9"), chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("font-render-hinting", "none"),
	}
	if o.NoSandbox {
		out = append(out, chromedp.NoSandbox)
	}
	return out
}

// line is a line at the top or bottom of each page, in what the browser takes
// for a template: HTML, in which outside text is escaped.
func line(left, right string) string {
	return `<div style="width:100%;margin:0 0.5in;display:flex;justify-content:space-between;font:8px sans-serif;color:#444"><span>` + left + `</span><span>` + right + `</span></div>`
}

func (s sheet) header() string {
	title := "Candor"
	if s.title != "" {
		title += ": " + outside(s.title)
	}
	return line(title, s.dated)
}

func (s sheet) footer(l *words.Language) string {
	return line(l.Must("pdf.notice")+" "+outside(s.id), l.Must("pdf.page", `<span class="pageNumber"></span>`, `<span class="totalPages"></span>`))
}

func outside(s string) string { return html.EscapeString(plain.Middle(plain.Visible(s), 80)) }

// dates of a PDF: the time of printing, as the browser writes it.
var dates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}(\+00'00'|Z|[+-]\d\d'\d\d')\)`)

// settle puts the time of the scan, which is as long, in place of the time of
// printing.
func settle(data []byte, scanned string) []byte {
	at, err := time.Parse(time.RFC3339, scanned)
	if err != nil {
		at = time.Unix(0, 0)
	}
	stamp := []byte(at.UTC().Format("20060102150405"))
	return dates.ReplaceAllFunc(data, func(found []byte) []byte {
		out := bytes.Clone(found)
		copy(out[bytes.IndexByte(out, ':')+1:], stamp)
		return out
	})
}
