package policy_test

import (
	"strings"
	"testing"

	"candor/analyzer/policy"
)

// TestObstacles holds what keeps a text from being read as the notice, with its
// reason, and what looks so and is none.
func TestObstacles(t *testing.T) {
	twice := func(s string) string { // as UTF-8 that was taken for Windows-1252
		return strings.NewReplacer("ä", "Ã¤", "ö", "Ã¶", "ü", "Ã¼", "ß", "ÃŸ", "é", "Ã©", "è", "Ã¨", "’", "â€™", "Ü", "Ãœ").Replace(s)
	}
	german := "Wir erheben Ihre Gerätekennung und löschen sie nach 30 Tagen. Wir geben die Daten, die Sie uns für die Bestellung nennen, nicht an Dritte weiter. Für Rückfragen stehen wir Ihnen gern zur Verfügung."
	wall := "<p>We value your privacy. We use cookies and similar technologies together with 213 partners to show you what you may like.</p><button>Accept all</button><p>Reject all</p><p>Manage preferences</p>"
	for _, c := range []struct {
		name, mime, text  string
		obstacle, fault   string
		statement, absent string
	}{
		{"a consent dialog", "text/html", "<main>" + wall + "<p>Accept all</p></main>", "a consent dialog stands in its place", "the notice itself was not read: a consent dialog", "", ""},
		{"a consent dialog in German", "text/html", `<html lang="de"><main><p>Diese Website verwendet Cookies, damit wir Ihnen die beste Erfahrung bieten können.</p><p>Alle akzeptieren</p><p>Alle ablehnen</p></main>`, "a consent dialog stands in its place", "consent dialog", "", ""},
		{"a consent dialog in French", "text/html", `<html lang="fr"><main><p>Ce site utilise des cookies pour améliorer votre expérience et mesurer l'audience.</p><p>Tout accepter</p><p>Continuer sans accepter</p></main>`, "a consent dialog stands in its place", "consent dialog", "", ""},
		{"a consent dialog in Spanish", "text/html", `<html lang="es"><main><p>Utilizamos cookies para mejorar su experiencia en nuestra web y mostrarle publicidad.</p><p>Aceptar todas</p><p>Rechazar todas</p></main>`, "a consent dialog stands in its place", "consent dialog", "", ""},
		{"a notice that speaks of cookies", "text/html", "<main><h1>Cookie notice</h1><p>This site uses cookies. You can accept all cookies or refuse them in your browser's settings. We do not share your name.</p></main>", "", "", "share", "consent dialog"},
		{"a short notice beside a dialog", "text/html", "<main><h1>Privacy</h1><p>This site uses cookies. We collect your e-mail address when you write to us.</p></main><div><button>Accept all</button><button>Reject all</button></div>", "", "", "collect email", "consent dialog"},
		{"a notice below a dialog", "text/html", "<main>" + wall + strings.Repeat("<p>We keep the name that you give us for as long as you have an account with us, and not longer.</p>", 20) + "</main>", "", "", "retain", "consent dialog"},
		{"text encoded twice", "text/plain; charset=utf-8", twice(german), "", "encoded twice", "we not share information to third_parties", ""},
		{"a currency sign and a name are no such text", "text/plain; charset=utf-8", "We collect your name when you order a Ã lamp for 10 €. We do not share it with anyone.", "", "", "collect", "encoded twice"},
		{"characters that are lost", "text/plain; charset=utf-8", strings.Repeat("W\uFFFD coll\uFFFDct y\uFFFDur n\uFFFDme. ", 20), "its characters could not be decoded", "could not be decoded", "", ""},
		{"a few characters that are lost", "text/plain; charset=utf-8", strings.Repeat("We collect your name when you order a lamp from us. ", 10) + "Caf\uFFFD", "", "1 characters of the text could not be decoded", "collect", ""},
		{"right to left", "text/html", `<html lang="he" dir="rtl"><main><p>` + strings.Repeat("אנו אוספים את שמך ואת כתובת הדואר האלקטרוני שלך כאשר אתה מזמין מוצר באתר שלנו. ", 8) + `</p></main>`, "", "this text is Hebrew", "", ""},
		{"Arabic", "text/plain; charset=utf-8", strings.Repeat("نحن نجمع اسمك وعنوان بريدك الإلكتروني عندما تطلب منتجا من موقعنا. ", 8), "", "this text is Arabic", "", ""},
	} {
		doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", MIMEType: c.mime, Raw: []byte(c.text)}, set(t))
		checkOffsets(t, doc)
		faults := strings.Join(doc.Faults, "\n")
		if doc.Obstacle != c.obstacle || !strings.Contains(faults, c.fault) || c.absent != "" && strings.Contains(faults, c.absent) {
			t.Errorf("%s: obstacle %q, faults %q; want %q and %q", c.name, doc.Obstacle, faults, c.obstacle, c.fault)
		}
		said := []string{}
		for _, st := range doc.Statements {
			said = append(said, say(st))
		}
		if c.statement != "" && !strings.Contains(strings.Join(said, "\n"), c.statement) {
			t.Errorf("%s: says %q, want %q", c.name, said, c.statement)
		}
	}
}

// TestMixedLanguages reads a document in two languages block by block; short
// blocks go with those around them.
func TestMixedLanguages(t *testing.T) {
	page := `<html lang="en"><main><h1>Privacy policy</h1><p>We collect your name when you order, and we keep it for as long as you have an account with us, so that we know who you are.</p>` +
		`<h1>Datenschutzerklärung</h1><p>Wir erheben Ihre Telefonnummer, wenn Sie bei uns bestellen, und wir verwenden sie nur, um Sie zu Ihrer Bestellung anzurufen.</p><p>Wir verkaufen sie nicht.</p><ul><li>Ihre IBAN löschen wir nach 30 Tagen.</li></ul>` +
		`<h1>Privacy policy, continued</h1><p>We do not sell your postal address, and we will not give it to anyone who is not needed to bring your order to you.</p><p>We keep it for 2 years.</p></main></html>`
	doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", MIMEType: "text/html; charset=utf-8", Raw: []byte(page)}, set(t))
	checkOffsets(t, doc)
	var said []string
	for _, st := range doc.Statements {
		said = append(said, say(st))
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"we collect name", "we collect phone", "we retain bank_account; 30 days", "we not sell postal_address", "730 days"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not said; said is\n%s", want, all)
		}
	}
	if doc.Language != "en" || len(doc.Unread) > 0 {
		t.Errorf("language %q, not read %q, faults %q", doc.Language, doc.Unread, doc.Faults)
	}
}
