package policy

import (
	"strings"
	"testing"

	"candor/rules"
)

func TestSyllables(t *testing.T) {
	for _, c := range []struct {
		language string
		words    map[string]int
	}{
		{"en", map[string]int{"data": 2, "we": 1, "share": 1, "people": 2, "information": 4, "collected": 3, "used": 1, "cookies": 2, "7": 1, "services": 3, "mr": 1}},
		{"de", map[string]int{"daten": 2, "wir": 1, "verarbeitung": 4, "region": 3, "einwilligung": 4, "schauen": 2, "see": 1, "löschen": 2}},
		{"fr", map[string]int{"données": 2, "nous": 1, "collecte": 2, "personnelles": 3, "utilisateur": 5, "partagent": 2, "consentement": 4}},
		{"es", map[string]int{"datos": 2, "país": 2, "creamos": 3, "información": 4, "ciudad": 2, "usted": 2, "compañía": 4}},
	} {
		for w, want := range c.words {
			if got := syllablesOf(w, c.language); got != want {
				t.Errorf("%s %q has %d syllables, want %d", c.language, w, got, want)
			}
		}
	}
}

// TestReading holds the figures of texts whose words and sentences are counted
// by hand: 24 times one sentence.
func TestReading(t *testing.T) {
	set, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language, sentence, formula string
		words, hedges               int
		ease                        float64
	}{
		{"en", "We may share the data that you give us with some of our partners.", "Flesch reading ease", 14, 2, 206.835 - 1.015*14 - 84.6*16/14},
		{"de", "Wir können die Daten von Ihnen unter Umständen mit anderen teilen.", "Amstad", 11, 2, 180 - 11 - 58.5*20/11},
		{"fr", "Nous pouvons le cas échéant vendre les données de nos membres.", "Kandel-Moles", 11, 2, 207 - 1.015*11 - 73.6*15/11},
		{"es", "Podemos ceder los datos de los usuarios a ciertos socios nuestros.", "Fernández Huerta", 11, 2, 206.84 - 1.02*11 - 60*20/11.0},
	} {
		doc := Read(Input{ID: "d01", MIMEType: "text/plain", Language: c.language, Raw: []byte(strings.Repeat(c.sentence+" ", 24))}, set)
		r := doc.Reading
		if r.Words != 24*c.words || r.Sentences != 24 || r.Hedges != 24*c.hedges || r.Formula != c.formula || r.Ease < c.ease-0.06 || r.Ease > c.ease+0.06 {
			t.Errorf("%s: %+v, want %d words, %d hedges, %s %.1f", c.language, r, 24*c.words, 24*c.hedges, c.formula, c.ease)
		}
	}
	for _, in := range []Input{
		{ID: "d01", MIMEType: "text/plain", Raw: []byte("We share data. It is short.")},
		{ID: "d01"},
		{ID: "d01", MIMEType: "text/plain", Language: "it", Raw: []byte(strings.Repeat("Raccogliamo i dati che lei ci fornisce con il suo ordine e per il nostro servizio. ", 20))},
	} {
		if r := Read(in, set).Reading; r.Formula != "" || r.Ease != 0 {
			t.Errorf("%.30q has a figure: %+v", in.Raw, r)
		}
	}
}
