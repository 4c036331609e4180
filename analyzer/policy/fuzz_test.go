package policy_test

import (
	"reflect"
	"strings"
	"testing"

	"candor/analyzer/policy"
)

// fuzzRead holds for every input what a document must: it is read without a
// panic, places and quotes agree, and the same bytes give the same document.
func fuzzRead(t *testing.T, in policy.Input) {
	t.Helper()
	if len(in.Raw) > 20_000 {
		return // longer ones only take time
	}
	doc := policy.Read(in, set(t))
	checkOffsets(t, doc)
	if again := policy.Read(in, set(t)); !reflect.DeepEqual(doc, again) {
		t.Fatal("read twice, two documents")
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"<p>We collect your name.", "<ul><li>a<ul><li>b</ul></ul>", "<table><tr><th>Cookie<th>Expiry<tr><td rowspan=2>_ga<td>2 years<tr><td>1 day",
		"<dl><dt>_fbp<dd>cookie, 90 days</dl>", "<iframe srcdoc='<p>We sell data.'>", "<template shadowrootmode=open><p>x", "<script type=text/x-template><p>x</script>",
		"<b>x</b><br><br>• y", "<h1><h2><nav><footer>", "<svg><title>x</title></svg><table><caption>c<td><table>", "\xff\xfe<\x00p\x00>\x00", "<p>K\u0130 \u1e9e \u2126",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		fuzzRead(t, policy.Input{ID: "d01", MIMEType: "text/html", Raw: raw})
	})
}

func FuzzPDF(f *testing.F) {
	f.Add(smallPDF("We collect your name.\nAnd more"))
	f.Add(smallPDF("a", "b", "c"))
	f.Add([]byte("%PDF-1.7\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fuzzRead(t, policy.Input{ID: "d01", MIMEType: "application/pdf", Raw: append([]byte("%PDF-"), raw...)})
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"# A\n\n* b\n  * c\n\na|b\n--|--\n1|2\n", "Title\n=====\n\n1. x\n2. y\n", "**Bold**\n\n[a](b) ![c](d \"e\")", "a\r\nb\fc\r", "•\u00a0x\n\u2028y", "|\n|-|\n|",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fuzzRead(t, policy.Input{ID: "d01", MIMEType: "text/markdown", Raw: []byte(text)})
	})
}

// FuzzStatements reads one sentence, and the same sentence as a list item
// below another.
func FuzzStatements(f *testing.F) {
	f.Add("We do not, without your consent, share your name with Acme Inc., except as required by law.", "We may also:")
	f.Add("share it with them", "Neither we nor our partners do the following to you:")
	f.Add("no longer than 7 days, unless", "We keep")
	f.Add("a data protection officer (dpo@a.test), whom we have not appointed, # 7 @", "You have no right to … complain to the ICO:")
	f.Add("Nor do we; but not only: “we” (us) — e.g. İ, ß, ﬁ — and/or you.", "to")
	f.Fuzz(func(t *testing.T, sentence, lead string) {
		in := policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<main><p>We collect data about the people who use what we make.</p><p>" +
			strings.ReplaceAll(lead, "<", "") + "</p><ul><li>" + strings.ReplaceAll(sentence, "<", "") + "</ul></main>")}
		fuzzRead(t, in)
	})
}

// FuzzTongues is FuzzStatements for the other languages that are read.
func FuzzTongues(f *testing.F) {
	f.Add(byte(0), "Wir geben Ihre Daten, soweit erforderlich, nicht ohne Ihre Einwilligung an Dritte weiter, es sei denn, das Gesetz verlangt es.", "Wir dürfen zudem:")
	f.Add(byte(0), "Werden Cookies abgelehnt, können weder wir noch Google sie auslesen; nicht nur, sondern auch", "die")
	f.Add(byte(1), "Nous ne vendons, ne louons ni n’échangeons vos données, sauf avec l’accord de qu’il s’agit.", "Nous pouvons aussi :")
	f.Add(byte(1), "n° 7 d'e-mail, jusqu'à ce que vous ne l'", "afin de")
	f.Add(byte(2), "No se ceden ni se venden los datos que usted nos facilita a terceros, salvo (si procede) por ley.", "También podemos:")
	f.Add(byte(2), "que que no solo ni nada durante dos años", "se")
	f.Fuzz(func(t *testing.T, language byte, sentence, lead string) {
		lang := []string{"de", "fr", "es"}[language%3]
		fuzzRead(t, policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<html lang=" + lang + "><main><h2>Datos</h2><p>" +
			strings.ReplaceAll(lead, "<", "") + "</p><ul><li>" + strings.ReplaceAll(sentence, "<", "") + "</ul><p><a href=" + strings.ReplaceAll(lead, "<", "") + ">x</a></main>")})
	})
}
