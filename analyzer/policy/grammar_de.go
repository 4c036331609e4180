package policy

import "strings"

// german is the grammar of German. A bar marks a part that stands apart from
// its verb: "wir geben … weiter".
func german() *grammar {
	g := &grammar{
		code: "de", nouns: true,
		verbs: germanVerbs(map[string]string{
			actCollect:  "erheben:erhebt:erhoben, erfassen:erfasst:erfasst, sammeln:sammelt:gesammelt, auf|zeichnen:zeichnet:aufgezeichnet, protokollieren:protokolliert:protokolliert, erhalten:erhält:erhalten, ab|fragen:fragt:abgefragt, empfangen:empfängt:empfangen, mit|schneiden:schneidet:mitgeschnitten, ein|holen:holt:eingeholt, beziehen:bezieht:bezogen, aus|lesen:liest:ausgelesen, ermitteln:ermittelt:ermittelt",
			actUse:      "verarbeiten:verarbeitet:verarbeitet, nutzen:nutzt:genutzt, verwenden:verwendet:verwendet, benutzen:benutzt:benutzt, aus|werten:wertet:ausgewertet, analysieren:analysiert:analysiert, ein|setzen:setzt:eingesetzt, zusammen|führen:führt:zusammengeführt, verknüpfen:verknüpft:verknüpft, kombinieren:kombiniert:kombiniert",
			actShare:    "weiter|geben:gibt:weitergegeben, übermitteln:übermittelt:übermittelt, teilen:teilt:geteilt, weiter|leiten:leitet:weitergeleitet, mit|teilen:teilt:mitgeteilt, überlassen:überlässt:überlassen, senden:sendet:gesendet, versenden:versendet:versendet, heraus|geben:gibt:herausgegeben, bereit|stellen:stellt:bereitgestellt, aus|tauschen:tauscht:ausgetauscht, weiter|reichen:reicht:weitergereicht, zugänglich|machen:macht:zugänglichgemacht, verfügung|stellen:stellt:verfügunggestellt",
			actDisclose: "offen|legen:legt:offengelegt, preis|geben:gibt:preisgegeben, veröffentlichen:veröffentlicht:veröffentlicht, offenbaren:offenbart:offenbart",
			actSell:     "verkaufen:verkauft:verkauft, vermieten:vermietet:vermietet, veräußern:veräußert:veräußert",
			actTransfer: "übertragen:überträgt:übertragen, transferieren:transferiert:transferiert",
			actRetain:   "speichern:speichert:gespeichert, auf|bewahren:bewahrt:aufbewahrt, vor|halten:hält:vorgehalten, behalten:behält:behalten, archivieren:archiviert:archiviert, löschen:löscht:gelöscht, vernichten:vernichtet:vernichtet, ab|speichern:speichert:abgespeichert, zwischen|speichern:speichert:zwischengespeichert",
			actProtect:  "schützen:schützt:geschützt, verschlüsseln:verschlüsselt:verschlüsselt, sichern:sichert:gesichert",
			verbPlace:   "setzen:setzt:gesetzt, platzieren:platziert:platziert, ab|legen:legt:abgelegt, installieren:installiert:installiert",
			verbEmbed:   "ein|binden:bindet:eingebunden, integrieren:integriert:integriert, ein|betten:bettet:eingebettet, beauftragen:beauftragt:beauftragt, zusammen|arbeiten:arbeitet:zusammengearbeitet, bedienen:bedient:bedient",
			verbAllow:   "erlauben:erlaubt:erlaubt, gestatten:gestattet:gestattet, ermöglichen:ermöglicht:ermöglicht",
			verbNone:    "vor|behalten:behält:vorbehalten",
			actProvide:  "ein|geben:gibt:eingegeben, an|geben:gibt:angegeben, hoch|laden:lädt:hochgeladen, hinterlassen:hinterlässt:hinterlassen",
		}),
		nominals: map[string]string{
			"erhebung": actCollect, "erfassung": actCollect, "verarbeitung": actUse, "nutzung": actUse, "verwendung": actUse, "weitergabe": actShare, "übermittlung": actShare,
			"weiterleitung": actShare, "offenlegung": actDisclose, "verkauf": actSell, "vermietung": actSell, "speicherung": actRetain, "übertragung": actTransfer, "löschung": actRetain,
			"zusammenführung": actUse, "auswertung": actUse, "datenweitergabe": actShare, "datenübermittlung": actShare,
		},
		light:    wordSet("erfolgt erfolgen stattfindet statt stattfinden vorgenommen vornehmen ausgeschlossen"),
		we:       wordSet("wir"),
		user:     wordSet("sie du nutzer kunde kunden benutzer besucher"),
		own:      wordSet("website webseite seite seiten webseiten app onlineshop shop unternehmen plattform internetseite online internetpräsenz server team systeme system onlineangebot angebot"),
		ours:     wordSet("unsere unser unserer unserem diese dieses dieser die das"),
		pronouns: wordSet("sie diese ihn dieser es dies"),
		beAux:    wordSet("werden wird wurden wurde worden sind ist seien sei sein"),
		haveAux:  wordSet("haben hat hatten hätten"),
		modals:   eachWord("können kann könnte könnten dürfen darf müssen muss sollen soll möchten wollen werden wird", "x"),
		unable:   wordSet("können kann könnte könnten müssen muss"),
		purpose:  wordSet("um"),
		and:      wordSet("und oder aber sondern sowie bzw"),
		bridge:   wordSet("die der das den dem des ein eine einen einem einer eines unsere unser unseren unserem unserer ihre ihr ihren ihrem ihrer sonstige sonstigen andere anderen weitere weiteren externe externen folgende folgenden diese diesen dieser dieses dem keine keinen keinem keiner technischen unbefugte unbefugten ausgewählte ausgewählten sorgfältig jeweiligen jeweilige etwaige etwaigen beauftragte beauftragten solche solchen alle allen den unserem irgendwelche irgendwelchen unbeteiligte unabhängige unabhängigen"),
		from:     wordSet("von vom durch"),
		oblique:  wordSet("an mit zu zum zur bei beim für gegenüber in im auf über aus nach unter ohne zwischen seitens per mittels via als"),
		openers: eachRole(map[byte]string{
			roleIf:     "wenn falls sofern soweit solange nur_wenn nur_sofern nur_soweit nur_falls es_sei_denn_x",
			roleWhen:   "sobald nachdem bevor während als_sie",
			roleExcept: "es_sei_denn außer ausgenommen mit_ausnahme es_sei",
			roleThat:   "dass daß weil",
			roleAsk:    "ob",
		}),
		relative: wordSet("die der das den dem denen deren dessen welche welcher welches welchen was"),
		negators: wordSet("nicht nie niemals kein keine keinen keinem keiner keines weder noch keinesfalls keinerlei nichts niemand niemandem"),
		notNeg:   wordSet("nur ausschließlich allein lediglich notwendigerweise unbedingt zwingend zuletzt immer"),
		only:     wordSet("nur ausschließlich lediglich allein"),
		joint:    wordSet("noch"),
		ruled:    wordSet("ausgeschlossen"),
		excuses:  wordSet("verpflichtet verantwortlich haftbar garantieren gewährleisten einfluss ausgeschlossen ausschließen verhindern möglich ausreicht bedeutet verhindert"),
		asks:     wordSet("verlangen widersprechen recht fordern wünschen möchten wollen widerspruch widerrufen untersagen auffordern bitten"),
		asking:   wordSet("bitten bitte empfehlen raten"),
		habits:   wordSet("wissentlich grundsätzlich automatisch direkt generell normalerweise regelmäßig bewusst absichtlich routinemäßig dauerhaft"),
		limits: lazily(`(?i)\b(?:ohne\s+(?:\p{L}+\s+){0,4}(?:Einwilligung|Zustimmung|Erlaubnis|Genehmigung|Wissen|Einverständnis)|(?:nur|ausschließlich|lediglich|erst)\s+(?:mit|nach|auf\s+Grundlage|aufgrund|bei)\s+(?:\p{L}+\s+){0,5}(?:Einwilligung|Zustimmung|Erlaubnis|Einverständnis)\p{L}*|` +
			`(?:zu|für)\s+(?:anderen|andere|weiteren|sonstigen)\s+(?:als\s+)?(?:\p{L}+\s+){0,2}Zwecke?n?|länger\s+als|über\s+das\s+(?:\p{L}+\s+){0,3}hinaus)`),
		denial: lazily(`(?i)\b(?:ohne\s+(?:\p{L}+\s+){0,3}\p{L}+|(?:gemeinsam|zusammen)\s+mit|wie\s+(?:in|oben|hier|nachfolgend|vorstehend)\s+(?:\p{L}+\s+){0,4}(?:beschrieben|genannt|angegeben|dargestellt)|(?:per|über)\s+(?:E-Mail|Telefon|Cookies)|in\s+diesem\s+(?:Formular|Verfahren|Fall)|mit\s+diesen\s+Cookies|(?:durch|mit)\s+(?:die|den|diese|diesen)\s+Cookies)`),
		keep:   lazily(`(?i)(?:solange|so\s+lange|für\s+(?:die|einen)\s+(?:\p{L}+\s+){0,2}(?:Dauer|Zeitraum|Zeit)|\bbis\b|nicht\s+länger\s+als|sobald|unverzüglich|umgehend|nach\s+Ablauf|nach\s+(?:Beendigung|Ende|Abschluss|Wegfall|Kündigung|Widerruf|Löschung)|nach\s+(?:den\s+)?gesetzlichen|gemäß\s+(?:den\s+)?gesetzlichen|im\s+Rahmen\s+der\s+gesetzlichen|soweit\s+(?:dies\s+)?(?:erforderlich|notwendig)|(?:nicht\s+mehr|nicht\s+länger)\s+(?:\p{L}+\s+){0,3}(?:erforderlich|benötigt|notwendig)|wenn\s+(?:der|sie|diese|die)\s+(?:\p{L}+\s+){0,6}(?:entfällt|entfallen|wegfällt|erforderlich|benötigt))[^.;]*`),
		ages:   lazily(`(?i)(?:unter|ab|mindestens|jünger\s+als|älter\s+als|das|vollendeten?)\s+\d+\.?\s*(?:jahren?|lebensjahr\p{L}*)(?:\s+alt)?|\d+\.?\s*(?:lebensjahr\p{L}*|jahren?\s+alt)`),
		abroad: lazily(`(?i)drittl|drittst|in\s+die\s+USA|Vereinigten?\s+Staaten|außerhalb|ins?\s+Ausland|anderes?\s+Land|andere\s+Länder`),
		numbers: map[string]string{"einen": "1", "einem": "1", "zwei": "2", "drei": "3", "vier": "4", "fünf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "zwölf": "12", "vierzehn": "14", "achtzehn": "18", "vierundzwanzig": "24", "dreißig": "30", "sechzig": "60", "neunzig": "90",
			"tages": "tag", "monats": "monat", "jahres": "jahr", "wochen": "wochen"},
		introduces: wordSet("von durch mit an wie anbieter dienst dienstes dienstleister bei über firma plugin tool"),
		hints:      wordSet("anbieter dienst dienste dienstes dienstleister plugin plugins tool tools server servern einbindung service software anbieterin partner betreiber"),
		joins:      wordSet("zusammenführen verknüpfen kombinieren zusammenführung"),
		places:     wordSet("server servern servers dienst dienste diensten dienstes produkt tool netzwerk angebot cdn schriftarten plugin plugins karten videos webanalysedienst website"),
		possessive: wordSet("ihr ihre ihren ihrem ihrer ihres dein deine deinen deinem deiner euer eure euren"),
		ownOnly:    wordSet("unser unsere unseren unserem unserer unseres eine einer einen einem diese dieser jeder jede folgende per"),
		weak:       normSet(germanNorm, "Land Ort Stadt Region Bundesland Browser Firma Alter Interessen Nachrichten Bilder Fotos Foto Bestellung Bestellungen Kommentare Kommentar Feedback Profile Beiträge Gesundheit Telefon Beruf Ausbildung Straße Religion Adresse Herkunftsland Wohnort Bewertungen Arbeitgeber Anschreiben Gehalt Behinderung Warenkorb Krankheiten Rezepte Diagnosen Klicks Interaktionen URL IP Geschlecht Firmenname Zeugnisse Präferenzen Vorlieben Einkäufe Einkommen Kennung Pseudonym Telefon E-Mail"),
		scopes: []scopeWords{
			{"children", []string{"kinder", "kind ", "minderjährig", "unter 13", "unter 14", "unter 16", "unter 18", "jugendlich"}},
			{"applicants", []string{"bewerber", "bewerbung", "stellenausschreibung"}},
			{"employees", []string{"beschäftigte", "mitarbeiterdaten", "arbeitnehmer"}},
			{"california", []string{"kalifornien", "ccpa"}},
			{"app", []string{"unsere app ", "unserer app", "in der app", "mobile app", "die app ", "mobilen app"}},
		},
		topics: germanTopics,
		choices: []choiceWords{
			{"opt_out", anyOf("widersp abbestell abmelde austragen opt- optout widerruf zurück"), lazily(`(?i)widersprechen|widerspruch|abbestell|abmelde|austragen|opt-?out|widerruf|einwilligung\s+(?:jederzeit\s+)?(?:\p{L}+\s+){0,4}zurück`)},
			{"opt_in", anyOf("einwillig zustimm eingewilligt zugestimmt opt-in optin"), lazily(`(?i)(?:mit|nach)\s+ihrer\s+(?:\p{L}+\s+)?(?:einwilligung|zustimmung)|(?:wenn|sofern|soweit)\s+sie\s+(?:\p{L}+\s+){0,4}(?:eingewilligt|zugestimmt|einwilligen|zustimmen)|opt-?in|ihre\s+(?:ausdrückliche\s+)?einwilligung\s+(?:\p{L}+\s+){0,3}(?:erteil|gegeben|ein)`)},
			{"browser", anyOf("browser cookie"), lazily(`(?i)browser.{0,120}(?:einstell|konfigurier|deaktivier|blockier|ablehn|verhinder|lösch)|cookies?\s+(?:\p{L}+\s+){0,5}(?:ablehnen|deaktivieren|löschen|blockieren|verhindern|unterbinden)|einstellung\p{L}*\s+(?:\p{L}+\s+){0,2}browser`)},
			{"settings", anyOf("einstellung auswahl präferenz schalten deinstall"), lazily(`(?i)(?:einstellungen|auswahl|präferenzen)\s+(?:\p{L}+\s+){0,6}(?:ändern|anpassen|verwalten|vornehmen)|cookie-einstellungen|in\s+den\s+einstellungen|(?:ausschalten|abschalten|deinstallieren)`)},
			{"do_not_use", anyOf("verpflichtet freiwillig angabe nicht"), lazily(`(?i)nicht\s+verpflichtet|freiwillig|(?:ohne|keine)\s+(?:\p{L}+\s+){0,2}angabe|möchten\s+sie\s+(?:\p{L}+\s+){0,4}nicht`)},
		},
		speaks: lazily(`(?i)\bSie\b|\bIhr|\bNutzer|\bKunden|\bBesucher|\bBetroffene|\bdu\b|\bdein`),
		columns: []columnWord{
			{colSold, []string{"verkauf"}}, {colWho, []string{"empfänger", "weitergabe an", "übermittlung an", "dritte"}}, {colKeep, []string{"speicherdauer", "aufbewahrung", "löschfrist", "dauer der speicherung", "speicherfrist"}},
			{colSource, []string{"quelle", "herkunft"}}, {colPurpose, []string{"zweck", "verwendung", "warum"}}, {colExamples, []string{"beispiel", "beschreibung", "einzelheiten"}},
			{colData, []string{"datenkategorie", "kategorie", "datenart", "personenbezogene daten", "art der daten", "daten"}},
		},
		finite: germanFinite,
	}
	g.norm = germanNorm
	return g
}

// germanFinite tells verbs that are not known by the pronoun beside them: nouns
// are written with a capital.
func germanFinite(g *grammar, s *sentence, i int) bool {
	if s.toks[i].cap || !s.toks[i].word {
		return false
	}
	w := s.low(i)
	if !strings.HasSuffix(w, "en") && !strings.HasSuffix(w, "ern") && !strings.HasSuffix(w, "eln") {
		return false
	}
	if s.low(i-1) == "wir" || s.low(i+1) == "wir" {
		return !g.bridge[w] && !g.oblique[w]
	}
	return s.toks[max(i-1, 0)].raw == "Sie" && i > 0 && !g.bridge[w] && !g.possessive[w]
}

// germanNorm takes off the commonest endings of German nouns and adjectives.
func germanNorm(w string) string {
	if len(w) > 4 && w[len(w)-1] == 's' && w[len(w)-2] != 's' {
		w = w[:len(w)-1]
	}
	for _, tail := range []string{"ern", "em", "en", "er", "es", "e", "n"} {
		if len(w)-len(tail) >= 3 && strings.HasSuffix(w, tail) {
			return w[:len(w)-len(tail)]
		}
	}
	return w
}

// germanVerbs spells out the forms of verbs: "an|geben:gibt:angegeben" is the
// infinitive, the third person and the participle.
func germanVerbs(table map[string]string) map[string][]form {
	out := make(map[string][]form)
	add := func(w string, f form) {
		for _, o := range out[w] {
			if o == f {
				return
			}
		}
		out[w] = append(out[w], f)
	}
	for _, action := range []string{actCollect, actUse, actShare, actDisclose, actSell, actTransfer, actRetain, actProtect, verbPlace, verbEmbed, verbAllow, verbNone, actProvide} {
		for _, line := range strings.Split(table[action], ",") {
			f := strings.Split(strings.TrimSpace(line), ":")
			part, base, apart := strings.Cut(f[0], "|")
			if !apart {
				base, part = part, ""
			}
			lemma := part + base
			add(lemma, form{lemma, action, fPlural, ""})
			add(part+f[1], form{lemma, action, fThey, ""})
			add(f[2], form{lemma, action, fPart, ""})
			if apart {
				add(part+"zu"+base, form{lemma, action, fInf, "zu"})
				add(base, form{lemma, action, fPlural, part})
				add(f[1], form{lemma, action, fThey, part})
			}
		}
	}
	// A verb with its part apart goes before the plain one: "setzen … ein" is no "setzen".
	for w, list := range out {
		var apart, plain []form
		for _, f := range list {
			if f.part != "" && f.part != "zu" {
				apart = append(apart, f)
			} else {
				plain = append(plain, f)
			}
		}
		out[w] = append(apart, plain...)
	}
	return out
}

func eachWord(words, value string) map[string]string {
	out := make(map[string]string)
	for _, w := range strings.Fields(words) {
		out[w] = value
	}
	return out
}

func eachRole(words map[byte]string) map[string]byte {
	out := make(map[string]byte)
	for role, list := range words {
		for _, w := range strings.Fields(list) {
			out[strings.ReplaceAll(w, "_", " ")] = role
		}
	}
	return out
}

// normSet is a set of words in the form that is matched.
func normSet(norm func(string) string, words string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range strings.Fields(strings.ToLower(words)) {
		out[norm(fold(w))] = true
	}
	return out
}
