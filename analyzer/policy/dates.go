package policy

import (
	"fmt"
	"strconv"
	"strings"
)

var months = func() map[string]int {
	m := make(map[string]int)
	for i, names := range []string{
		"january jan januar jänner janvier enero gennaio januari janeiro", "february feb februar février fevrier febrero febbraio februari fevereiro",
		"march mar märz maerz mars marzo maart março", "april apr avril abril aprile", "may mai mayo maggio mei maio", "june jun juni juin junio giugno junho",
		"july jul juli juillet julio luglio julho", "august aug août aout agosto augustus", "september sept sep septembre septiembre settembre setembro",
		"october oct oktober okt octobre octubre ottobre outubro", "november nov novembre noviembre novembro", "december dec dezember dez décembre decembre diciembre dicembre dezembro",
	} {
		for _, n := range strings.Fields(names) {
			m[n] = i + 1
		}
	}
	return m
}()

var (
	dateWords = lazily(`(?i)(last\s+(?:updated|modified|revised|reviewed|changed|amended|update|revision)|updated\s+(?:on|as of)?|effective\s*(?:date|as of|from|on)?|revised\s*(?:on)?|date\s+of\s+(?:last|issue|update)|version\s+(?:of|dated|date)|in\s+effect\s+(?:as of|from|since)|\bstand\b|letzte\s+(?:aktualisierung|änderung)|zuletzt\s+(?:aktualisiert|geändert)|gültig\s+ab|derni[èe]re\s+(?:mise\s+à\s+jour|modification|révision)|mis[e]?\s+à\s+jour|date\s+d.effet|en\s+vigueur|[úu]ltima\s+(?:actualizaci[óo]n|modificaci[óo]n|revisi[óo]n|atualiza[çc][ãa]o)|actualizad[oa]|fecha\s+de|ultimo\s+aggiornamento|aggiornat[oa]|laatst\s+(?:bijgewerkt|gewijzigd)|entrada\s+en\s+vigor)`)
	years     = lazily(`19\d\d|20\d\d|\d[/.]\d\d\b`)
	dateYMD   = lazily(`\b(20\d\d|19\d\d)[-/.](\d{1,2})[-/.](\d{1,2})\b`)
	dateMDY   = lazily(`(?i)\b([a-zäéûôç]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(20\d\d|19\d\d)(?:\b|[a-z])`)
	dateDMY   = lazily(`(?i)\b(\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?([a-zäéûôç]{3,10})\.?,?\s+(?:de\s+|del\s+)?(20\d\d|19\d\d)\b`)
	dateMY    = lazily(`(?i)\b([a-zäéûôç]{3,10})\.?,?\s+(?:de\s+)?(20\d\d)\b`)
	dateNum   = lazily(`\b(\d{1,2})([/.-])(\d{1,2})[/.-](20\d\d|19\d\d|\d\d)\b`)
)

// maxDated bounds the start of a block in which a date is looked for, in bytes.
const maxDated = 4_000

// lastUpdated finds the date that a text gives as its own, as "2026-03-01", or
// "2026-03" when it names no day.
func lastUpdated(blocks []piece, language string) string {
	best := ""
	look := func(from, to int) {
		for i := from; i < to && i < len(blocks) && best == ""; i++ {
			text := blocks[i].text[:min(len(blocks[i].text), maxDated)]
			if !years.get().MatchString(text) && (len(text) >= 40 || i+1 >= len(blocks) || !years.get().MatchString(blocks[i+1].text)) {
				continue
			}
			for _, m := range dateWords.get().FindAllStringIndex(text, 4) {
				end := min(m[1]+60, len(text))
				if best = parseDate(strings.ToValidUTF8(text[m[0]:end], ""), language); best != "" {
					break
				}
				if len(text) < 40 && i+1 < len(blocks) && len(blocks[i+1].text) < 40 {
					best = parseDate(blocks[i+1].text, language)
				}
			}
		}
	}
	look(0, 60)
	if best == "" && len(blocks) > 60 {
		look(max(60, len(blocks)-60), len(blocks))
	}
	if best == "" {
		look(60, len(blocks))
	}
	return best
}

// parseDate reads the first date in a text. A date of numbers alone is month
// first in English unless that cannot be, day first elsewhere and with dots.
func parseDate(s, language string) string {
	type found struct {
		at, y, m, d int
	}
	var first *found
	keep := func(at, y, m, d int) {
		if y < 100 {
			y += 2000
		}
		if m < 1 || m > 12 || d < 0 || d > 31 || y < 1995 || y > 2100 {
			return
		}
		if first == nil || at < first.at {
			first = &found{at, y, m, d}
		}
	}
	num := func(x string) int { n, _ := strconv.Atoi(x); return n }
	sub := func(m []int, i int) string { return s[m[2*i]:m[2*i+1]] }
	if m := dateYMD.get().FindStringSubmatchIndex(s); m != nil {
		keep(m[0], num(sub(m, 1)), num(sub(m, 2)), num(sub(m, 3)))
	}
	for _, m := range dateMDY.get().FindAllStringSubmatchIndex(s, 3) {
		keep(m[0], num(sub(m, 3)), months[strings.ToLower(sub(m, 1))], num(sub(m, 2)))
	}
	for _, m := range dateDMY.get().FindAllStringSubmatchIndex(s, 3) {
		keep(m[0], num(sub(m, 3)), months[strings.ToLower(sub(m, 2))], num(sub(m, 1)))
	}
	if m := dateNum.get().FindStringSubmatchIndex(s); m != nil {
		a, b := num(sub(m, 1)), num(sub(m, 3))
		if sub(m, 2) == "." || language != "" && language != "en" || a > 12 {
			a, b = b, a
		}
		keep(m[0], num(sub(m, 4)), a, b)
	}
	if first == nil {
		for _, m := range dateMY.get().FindAllStringSubmatchIndex(s, 3) {
			keep(m[0], num(sub(m, 2)), months[strings.ToLower(sub(m, 1))], 0)
		}
	}
	switch {
	case first == nil:
		return ""
	case first.d == 0:
		return fmt.Sprintf("%04d-%02d", first.y, first.m)
	}
	return fmt.Sprintf("%04d-%02d-%02d", first.y, first.m, first.d)
}

// units of time in days, by their forms in the languages that are read.
var units = func() map[string]float64 {
	out := make(map[string]float64)
	for days, forms := range map[float64]string{
		1.0 / 86400: "s sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos secondo secondi seconden",
		1.0 / 1440:  "min mins minute minutes minuten minuto minutos minuti minuut minut minuter",
		1.0 / 24:    "h hr hrs hour hours stunde stunden std heure heures hora horas ora ore uur uren",
		1:           "d day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen",
		7:           "w wk wks week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
		365.0 / 12:  "mo mos mth mths month months monat monate monaten mois mes meses mese mesi maand maanden mês",
		365:         "y yr yrs year years jahr jahre jahren an ans année années año años ano anos anno anni jaar jaren",
	} {
		for _, f := range strings.Fields(forms) {
			out[f] = days
		}
	}
	return out
}()

var (
	amount    = lazily(`(?i)(\d+(?:[.,]\d+)?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|thirteen|eighteen|twenty[- ]four|thirty|sixty|ninety|an?|ein(?:en?|em)?|un[ae]?|zwei|drei|sechs|zwölf|deux|trois|six|treize|dos|tres|seis|doce|trece|due|tre|sei|twee|drie)\b)\s*(?:\(\s*\d+\s*\)\s*)?(?:[-\s]|calendar|business|full|more|consecutive|kalender)*([a-zäéíñáê]+)`)
	wordValue = map[string]float64{
		"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "thirteen": 13,
		"eighteen": 18, "twenty-four": 24, "twenty four": 24, "thirty": 30, "sixty": 60, "ninety": 90, "a": 1, "an": 1, "ein": 1, "eine": 1, "einen": 1, "einem": 1,
		"un": 1, "una": 1, "une": 1, "zwei": 2, "drei": 3, "sechs": 6, "zwölf": 12, "deux": 2, "trois": 3, "treize": 13, "dos": 2, "tres": 3, "seis": 6, "doce": 12, "trece": 13,
		"due": 2, "tre": 3, "sei": 6, "twee": 2, "drie": 3,
	}
)

// durations returns every time span of a text in days, in order.
func durations(s string) []float64 {
	var out []float64
	for _, m := range amount.get().FindAllStringSubmatchIndex(s, 50) {
		value, ok := wordValue[strings.ToLower(s[m[2]:m[3]])]
		if !ok {
			v, err := strconv.ParseFloat(strings.Replace(s[m[2]:m[3]], ",", ".", 1), 64)
			if err != nil {
				continue
			}
			value = v
		}
		if days := unitDays(strings.ToLower(s[m[4]:m[5]])); days > 0 && value > 0 && value < 1e7 {
			out = append(out, value*days)
		}
	}
	return out
}

// durationWords is the first time span of a text as it is written.
func durationWords(s string) string {
	for _, m := range amount.get().FindAllString(s, 50) {
		if len(durations(m)) > 0 {
			return squeeze(m)
		}
	}
	return ""
}

func unitDays(w string) float64 { return units[w] }

// ageWords are numbers that are ages.
var ageWords = lazily(`(?i)(?:\b\w+[-\s]+)?(?:\(\d+\)\s+)?years?[-\s]+(?:of[-\s]+age|old)|(?:under|below|younger\s+than|older\s+than|aged|age\s+of)\s+(?:the\s+age\s+of\s+)?[\w-]+(?:\s+\(\d+\))?(?:\s+years[-\s]+(?:of|old))?`)

// timeWords reports whether a text can hold a time span at all.
func timeWords(s string) bool {
	low := strings.ToLower(s)
	for _, w := range []string{"day", "month", "year", "week", "hour", "minute", "24h", "fortnight"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// retentionDays is the time span that a sentence about retention states, in
// whole days, at least 1; 0 when it states none.
func retentionDays(s string) int {
	if !timeWords(s) {
		return 0
	}
	s = ageWords.get().ReplaceAllString(s, " ")
	d := durations(s)
	if len(d) == 0 {
		return 0
	}
	longest := d[0]
	for _, x := range d {
		longest = max(longest, x)
	}
	if longest > 0 && longest < 1 {
		return 1
	}
	return int(longest + 0.5)
}

var criteria = lazily(`(?i)\b(?:(?:for\s+)?(?:only\s+)?(?:as|so)\s+long\s+as|for\s+the\s+(?:\w+\s+)?(?:period|time|duration|length|life|term)|for\s+(?:a|any|some|an)\s+(?:\w+\s+){0,2}(?:period|time|duration|amount\s+of\s+time)|until|no\s+longer\s+than|longer\s+than|indefinitely|to\s+the\s+extent|` +
	`as\s+(?:\w+\s+)?(?:necessary|required|needed)|(?:when|once|after|if|as\s+soon\s+as)\b[^.;]{0,80}\bno\s+longer\s+(?:needed|necessary|required|serves|have|valid|relevant|a)|for\s+(?:legal|audit|tax|accounting|backup|archival|archive|record[- ]keeping|compliance|operational)\b|` +
	`(?:even\s+)?(?:after|upon|following|when|once)\s+(?:you|your|the|termination|cancell?ation|deletion|closure|such)\s+(?:\w+\s+){0,3}(?:deactivate|deactivated|close|closed|closing|delete|deleted|cancel|cancelled|canceled|terminate|terminated|termination|stop|leave|cancell?ation|deletion|expir\w+|ends?|request)|` +
	`when\s+we\s+have\s+a\s+legal|(?:where|when|if|as)\s+(?:required|permitted)\s+by\s+law|(?:to|in\s+order\s+to)\s+(?:comply|resolve|prevent\s+fraud|enforce|meet)|immediately)\b[^.;]*`)

// criterion is the words of a retention rule without a number.
func criterion(s string) string { return squeeze(criteria.get().FindString(s)) }
