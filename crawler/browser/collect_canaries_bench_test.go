package browser

import (
	"fmt"
	"os"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// BenchmarkFill is what typing adds to a visit: of a form with five fields that
// is new on every page, beside the same page with nothing typed.
func BenchmarkFill(b *testing.B) {
	sites := webtest.MustText(`
-- www.site.test/_any.html --
<!doctype html><link rel="icon" href="data:,"><title>F</title><form action="/send" method="post"><label>First name <input name="firstname"></label>
<label>E-mail <input type="email" name="email"></label><label>Phone <input type="tel" name="phone"></label><label>Born <input type="date" name="born"></label>
<label>Message <textarea name="message"></textarea></label></form>
`)
	for _, types := range []bool{false, true} {
		b.Run(fmt.Sprintf("fill=%t", types), func(b *testing.B) {
			if _, err := Find(""); err != nil {
				b.Skip(err)
			}
			srv := webtest.Start(b, sites)
			br, err := Start(b.Context(), Options{NoSandbox: os.Geteuid() == 0, Flags: srv.ChromeFlags()})
			if err != nil {
				b.Fatal(err)
			}
			defer br.Close()
			var took time.Duration
			visits := 0
			for b.Loop() {
				for range 10 {
					c, err := br.NewContext(b.Context(), evidence.StateNone) // in which the form is new
					if err != nil {
						b.Fatal(err)
					}
					if types {
						c.FillForms(testFilling)
					}
					v := c.NewVisitor(b.Context())
					began := time.Now()
					res, err := v.Visit(b.Context(), Visit{ID: "p0001.none", URL: "https://www.site.test/"})
					if err != nil {
						b.Fatal(err)
					}
					if got := len(res.Canaries); types != (got == 5) {
						b.Fatalf("typed %d values", got)
					}
					took, visits = took+time.Since(began), visits+1
					v.Close()
					if err := c.Close(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(took.Milliseconds())/float64(visits), "ms/visit")
		})
	}
}
