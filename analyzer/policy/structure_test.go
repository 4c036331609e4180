package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"candor/analyzer/policy"
)

// outline writes a document for a golden file: its facts, its blocks with
// their structure, its statements and its cookies.
func outline(doc *policy.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind %s, language %s, updated %s, %d words\ntitle %s\n", doc.Kind, doc.Language, doc.LastUpdated, doc.Words, doc.Title)
	for _, f := range doc.Faults {
		fmt.Fprintf(&b, "fault %s\n", f)
	}
	b.WriteString("\n")
	text := []rune(doc.Text)
	for _, bl := range doc.Blocks {
		fmt.Fprintf(&b, "%s%d", bl.Kind, bl.Level)
		if len(bl.Path) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(bl.Path, " › "))
		}
		if bl.LeadIn != "" {
			fmt.Fprintf(&b, " <%s>", bl.LeadIn)
		}
		fmt.Fprintf(&b, " %s\n", string(text[bl.Start:bl.End]))
		for _, st := range doc.Statements {
			if st.Start >= bl.Start && st.End <= bl.End {
				fmt.Fprintf(&b, "    %s\n", say(st))
			}
		}
	}
	for _, c := range doc.Cookies {
		fmt.Fprintf(&b, "cookie %s | %s | %s | %s | %g days | %s\n", c.Name, c.Provider, c.Purpose, c.Lifetime, c.LifetimeDays, c.Party)
	}
	return b.String()
}

// Whole notices, written for this test, and everything that is read in them.
func TestWholeNotices(t *testing.T) {
	files, err := filepath.Glob("testdata/notices/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		n++
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			mime := "text/plain"
			if strings.HasSuffix(file, ".html") {
				mime = "text/html; charset=utf-8"
			}
			doc := policy.Read(policy.Input{ID: "d01", URL: "https://www.lanternandmoss.test/privacy", MIMEType: mime, Raw: raw}, set(t))
			checkOffsets(t, doc)
			got, golden := outline(doc), file+".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is read in another way (-update writes it anew)\n%s", file, got)
			}
		})
	}
	if n < 4 {
		t.Errorf("%d notices", n)
	}
}

func blocks(doc *policy.Document) string {
	var out []string
	text := []rune(doc.Text)
	for _, b := range doc.Blocks {
		out = append(out, b.Kind+" "+string(text[b.Start:b.End]))
	}
	return strings.Join(out, "\n")
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"headings by element, role and class of text", `<h1>A notice</h1><div role=heading aria-level=3>Part</div><p><strong>Short line</strong></p><p>We collect your name when you order.</p>`,
			"heading A notice\nheading Part\nheading Short line\nparagraph We collect your name when you order."},
		{"emphasis inside prose is no heading", `<p>We <b>never</b> sell your data to anyone at all.</p>`, "paragraph We never sell your data to anyone at all."},
		{"line breaks split paragraphs only in pairs", `<p>We collect your name<br>and your phone number.<br><br>We keep both of them for a year.</p>`,
			"paragraph We collect your name and your phone number.\nparagraph We keep both of them for a year."},
		{"tabs and accordions", `<button aria-controls=a>What we keep</button><div id=a hidden><p>We keep your name for as long as you are a customer.</p></div>`,
			"heading What we keep\nparagraph We keep your name for as long as you are a customer."},
		{"a button that does something is no text", `<p>We collect your name when you order.</p><button>Accept all</button>`, "paragraph We collect your name when you order."},
		{"custom elements are blocks", `<my-policy><p>We collect your name when you order.</p><x-y>We keep it for one year after that.</x-y></my-policy>`,
			"paragraph We collect your name when you order.\nparagraph We keep it for one year after that."},
		{"a declarative shadow root is in its place", `<p>We collect your name when you order.</p><my-part><template shadowrootmode=open><p>We keep it for one year after that.</p></template></my-part>`,
			"paragraph We collect your name when you order.\nparagraph We keep it for one year after that."},
		{"invisible characters are dropped", "<p>We col\u00adlect your\u200b name\ufeff when\u2060 you order.</p>", "paragraph We collect your name when you order."},
		{"entities are resolved", `<p>We collect your name &amp; your &ldquo;e&#45;mail&rdquo; when you order.</p>`, "paragraph We collect your name & your “e-mail” when you order."},
		{"rows keep their cells", `<table><tr><th>Data</th><th>Purpose</th></tr><tr><td>Name</td><td>Orders</td></tr><tr><td rowspan=2>Phone</td><td>Help</td></tr><tr><td>Delivery</td></tr></table>`,
			"row Data | Purpose\nrow Name | Orders\nrow Phone | Help\nrow Phone | Delivery"},
		{"menus, breadcrumbs, share buttons and footers are left out", `<header><nav><ul><li><a href=/>Home</a><li><a href=/s>Shop</a></ul></nav></header><div class=breadcrumb><a href=/>Home</a> / Privacy</div>` +
			`<main><h1>Privacy</h1><p>We collect your name when you order something.</p><div class="share-buttons"><a href=/f>Share</a></div></main>` +
			`<div class=related-links><a href=/x>Our new lamps are here</a></div><footer><p>© Lantern &amp; Moss. All rights reserved.</p></footer>`,
			"heading Privacy\nparagraph We collect your name when you order something."},
		{"an unlucky class does not hide the text", `<div class="content-with-sidebar nav-wrapper"><p>` + strings.Repeat("We collect your name when you order something. ", 30) + `</p></div>`,
			"paragraph " + strings.TrimSpace(strings.Repeat("We collect your name when you order something. ", 30))},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<!doctype html><body>" + c.html)}, set(t))
			checkOffsets(t, doc)
			if got := blocks(doc); got != c.want {
				t.Errorf("blocks\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A notice may come as served, after scripts, and in frames: what holds the
// text is read.
func TestRenderedPageAndFrames(t *testing.T) {
	text := "<p>" + strings.Repeat("We collect your name when you order something. ", 20) + "</p>"
	for _, c := range []struct {
		name string
		in   policy.Input
		want int // words at least
	}{
		{"scripts wrote the text", policy.Input{Raw: []byte("<div id=app></div>"), DOM: []byte(text)}, 150},
		{"scripts took the text away", policy.Input{Raw: []byte(text), DOM: []byte("<p>Something went wrong.</p>")}, 150},
		{"the text is in a frame", policy.Input{Raw: []byte("<iframe src=/p></iframe>"), Frames: [][]byte{[]byte(text)}}, 150},
		{"a script template holds the text", policy.Input{Raw: []byte(`<main><script type="text/x-template">` + text + `</script></main>`)}, 150},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.ID, c.in.MIMEType = "d01", "text/html"
			doc := policy.Read(c.in, set(t))
			checkOffsets(t, doc)
			if doc.Words < c.want || len(doc.Statements) == 0 {
				t.Errorf("%d words, %d statements, faults %q", doc.Words, len(doc.Statements), doc.Faults)
			}
		})
	}
}

func TestCharsets(t *testing.T) {
	page := func(head string) string {
		return "<html><head>" + head + "</head><body><p>We collect your name – and “your façade’s” colour – when you order. Für Größe.</p></body></html>"
	}
	latin := func(s string) []byte {
		out, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(page(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, mime string
		raw        []byte
	}{
		{"UTF-8 as served", "text/html; charset=utf-8", []byte(page(""))},
		{"UTF-8, undeclared", "text/html", []byte(page(""))},
		{"UTF-8 with a byte order mark", "text/html", []byte("\ufeff" + page(""))},
		{"UTF-16 with a byte order mark", "text/html", []byte(utf16)},
		{"Windows-1252 as served", "text/html; charset=iso-8859-1", latin(page(""))},
		{"Windows-1252 by its own declaration", "text/html", latin(page("<meta charset=windows-1252>"))},
		{"Windows-1252, undeclared", "text/html", latin(page(""))},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := policy.Read(policy.Input{ID: "d01", MIMEType: c.mime, Raw: c.raw}, set(t))
			checkOffsets(t, doc)
			if want := "We collect your name – and “your façade’s” colour – when you order. Für Größe."; doc.Text != want {
				t.Errorf("text %q", doc.Text)
			}
		})
	}
	doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<p>We collect your na\xffme and your \xc3\x28 phone number.</p>")}, set(t))
	checkOffsets(t, doc)
}

func TestPDF(t *testing.T) {
	page := func(n int) string {
		what := []string{"name", "phone number", "postal address", "date of birth"}[n-1]
		return fmt.Sprintf("Lantern and Moss Privacy Notice\nOctober edition\nWe collect your %s when you order something from us on any\npage of our site, and we keep it for\n%d months after that, because the tax office asks\nus to show what we sold to whom, and when that was.\nlanternandmoss.test\nPage %d of 4", what, 10+n, n)
	}
	doc := policy.Read(policy.Input{ID: "d01", MIMEType: "application/pdf", Raw: smallPDF(page(1), page(2), page(3), page(4))}, set(t))
	checkOffsets(t, doc)
	if len(doc.Statements) < 4 || strings.Contains(doc.Text, "Page 2 of 4") {
		t.Errorf("%d statements in\n%s\n%q", len(doc.Statements), doc.Text, doc.Faults)
	}
	whole := smallPDF(page(1))
	for _, c := range []struct {
		name  string
		raw   []byte
		fault string
	}{
		{"no text", smallPDF(""), "may be a scan"},
		{"cut off", whole[:len(whole)/2], "PDF"},
		{"encrypted", []byte(strings.Replace(string(whole), "<</Size", "<</Encrypt<</Filter/Standard/V 1/R 2/O(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)/U(bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)/P -4>>/ID[(aaaaaaaaaaaaaaaa)(aaaaaaaaaaaaaaaa)]/Size", 1)), "encrypted"},
	} {
		doc := policy.Read(policy.Input{ID: "d01", MIMEType: "application/pdf", Raw: c.raw}, set(t))
		checkOffsets(t, doc)
		if !strings.Contains(strings.Join(doc.Faults, "\n"), c.fault) {
			t.Errorf("%s: faults %q", c.name, doc.Faults)
		}
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    policy.Input
		fault string
	}{
		{"nothing", policy.Input{}, "empty"},
		{"white space", policy.Input{MIMEType: "text/html", Raw: []byte(" \n\t ")}, "no text"},
		{"an image", policy.Input{MIMEType: "image/png", Raw: []byte("\x89PNG\r\n\x1a\n\x00\x01")}, "content type"},
		{"an empty page", policy.Input{MIMEType: "text/html", Raw: []byte("<html><body></body></html>")}, "no text"},
		{"a few words", policy.Input{MIMEType: "text/html", Raw: []byte("<p>Please enable scripts to see this page.</p>")}, "very short"},
		{"Italian", policy.Input{MIMEType: "text/plain", Raw: []byte("Raccogliamo il suo nome e il suo indirizzo per gestire gli ordini. I dati non sono comunicati a terzi e sono cancellati dopo un anno, con la sola eccezione delle fatture.")}, "statements are read in English, French, German and Spanish only; this text is Italian"},
	} {
		c.in.ID = "d01"
		doc := policy.Read(c.in, set(t))
		checkOffsets(t, doc)
		if !strings.Contains(strings.Join(doc.Faults, "\n"), c.fault) {
			t.Errorf("%s: faults %q, want one with %q", c.name, doc.Faults, c.fault)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ text, lang, want string }{
		{"Last updated: March 1, 2026", "en", "2026-03-01"},
		{"Effective date: 1st of March 2026", "en", "2026-03-01"},
		{"Last revised 3/4/2026", "en", "2026-03-04"},
		{"Last revised 23/4/2026", "en", "2026-04-23"},
		{"Updated 2026-03-01", "en", "2026-03-01"},
		{"This notice is effective as of March 2026.", "en", "2026-03"},
		{"Stand: 4. März 2026", "de", "2026-03-04"},
		{"Dernière mise à jour : 1er juin 2025", "fr", "2025-06-01"},
		{"Última actualización: 5 de mayo de 2025", "es", "2025-05-05"},
		{"© 2024 Lantern & Moss", "en", ""},
		{"We were founded on March 1, 1999.", "en", ""},
		{"Last updated: soon", "en", ""},
		{"Last updated: 45/99/2026", "en", ""},
	} {
		pad := map[string]string{
			"en": "We collect your name and the address that you give to us when you order from the shop.",
			"de": "Wir erheben Ihren Namen und die Anschrift, die Sie uns nennen, wenn Sie bei uns bestellen, und wir löschen sie nach einem Jahr.",
			"fr": "Nous recueillons votre nom et les données que vous nous donnez pour la commande, et nous les effaçons dans un délai d'un an.",
			"es": "Recogemos el nombre y los datos que usted nos da para el pedido, y los borramos en un plazo de un año por la ley.",
		}[c.lang]
		doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<main><h1>Notice</h1><p>" + c.text + "</p><p>" + pad + "</p></main>")}, set(t))
		if doc.LastUpdated != c.want || doc.Language != c.lang {
			t.Errorf("%q: %q in %q, want %q in %q", c.text, doc.LastUpdated, doc.Language, c.want, c.lang)
		}
	}
}

// TestDatesAroundTheText: above the text, below its title, in the page's data.
func TestDatesAroundTheText(t *testing.T) {
	const text = "<p>We collect your name and the address that you give to us when you order a lamp from the shop.</p><p>We keep them for as long as the law asks us to keep the invoices of our shop.</p>"
	for _, c := range []struct{ name, page, want string }{
		{"a header above the text", "<header class=hero><h1>Privacy policy</h1><p>Effective: July 22, 2026</p></header><main>" + text + "</main>", "2026-07-22"},
		{"below the title, without a label", "<main><h1>Privacy policy</h1><p>22 July 2026</p>" + text + "</main>", "2026-07-22"},
		{"in a header, without a label", "<header class=site-header><div>Cookie policy</div><div>July 22, 2026</div></header><main>" + text + "</main>", "2026-07-22"},
		{"data for search engines", `<script type="application/ld+json">{"@type":"WebPage","dateModified":"2026-07-22T11:27:52Z"}</script><main><h1>Privacy policy</h1>` + text + "</main>", "2026-07-22"},
		{"meta data", `<meta property="article:modified_time" content="2026-07-22T11:27:52Z"><main><h1>Privacy policy</h1>` + text + "</main>", "2026-07-22"},
		{"the text's own date comes first", `<meta property="article:modified_time" content="2026-07-22T11:27:52Z"><main><h1>Privacy policy</h1><p>Last updated: 1 March 2026.</p>` + text + "</main>", "2026-03-01"},
		{"news above the text", "<aside><h3>New lamps</h3><p>Updated: July 7, 2026 8:05 pm</p></aside><main><h1>Privacy policy</h1>" + text + "</main>", ""},
		{"a day that is no date of the text", "<main><h1>Privacy policy</h1><p>Since 22 July 2026 we</p>" + text + "</main>", ""},
		{"a date below another title", "<main><h1>Our story</h1><p>22 July 2026</p>" + text + "</main>", ""},
		{"a broken date", `<meta property="article:modified_time" content="2026-99-99"><main><h1>Privacy policy</h1>` + text + "</main>", ""},
	} {
		doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Language: "en", Raw: []byte("<!doctype html><html lang=en><title>Privacy</title>" + c.page)}, set(t))
		if doc.LastUpdated != c.want {
			t.Errorf("%s: %q, want %q", c.name, doc.LastUpdated, c.want)
		}
	}
}

func TestKinds(t *testing.T) {
	for title, want := range map[string]string{
		"Privacy policy": "privacy", "Cookie policy": "cookie", "Privacy notice for job applicants": "applicants",
		"California privacy notice": "state", "Children's privacy policy": "children", "Welcome": "privacy",
	} {
		doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html", Raw: []byte("<title>" + title + "</title><h1>" + title + "</h1><p>We collect your name when you write to us.</p>")}, set(t))
		if doc.Kind != want {
			t.Errorf("%q is a %q notice, want %q", title, doc.Kind, want)
		}
	}
}
