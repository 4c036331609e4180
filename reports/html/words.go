package html

import (
	"fmt"
	"strings"
	"time"
)

// entry is a word with what it means.
type entry struct{ Word, Short, Meaning string }

// verdicts, from what wants a look first to what is fine.
var verdicts = []entry{
	{"incorrect", "the texts say it does not happen", "A sentence says that this does not happen, and it was observed."},
	{"omitted", "not found in the text", "No sentence that was read covers this data type going to this recipient."},
	{"not-tested", "not tested", "The texts could not be read, so what they say of it is not known."},
	{"ambiguous", "the texts say both", "One sentence says that it happens and another that it does not."},
	{"vague", "stated only in broad terms", "Only a broader term covers it, such as “partners” or “usage data”."},
	{"clear", "stated clearly", "A sentence names this data type and this recipient or its company."},
}

var promiseVerdicts = []entry{
	{"broken", "differs", "Something was observed that the sentence says does not happen."},
	{"not-observed", "nothing seen either way", "Nothing was observed that the sentence speaks of."},
	{"not-testable", "not tested", "A browser from outside cannot see this."},
	{"kept", "matches", "What was observed agrees with the sentence."},
}

var outcomes = []entry{
	{"differs", "differs", "What was observed and what the texts say are not the same."},
	{"needs-person", "needs a person", "The evidence does not decide it."},
	{"not-tested", "not tested", "The evidence that the rule needs is missing; this is not a pass."},
	{"not-applicable", "no effect", "The rule does not apply here."},
	{"matches", "matches", "What was observed and what the texts say agree."},
}

var confidenceWords = map[string]string{
	"direct":    "direct: a value or an id was seen leaving",
	"strong":    "strong: a known endpoint and event",
	"indirect":  "indirect: only the script was present",
	"text-weak": "weak: from words alone",
}

var stateWords = map[string]string{
	"none": "no choice made", "reject": "everything refused", "accept": "everything accepted",
	"gpc": "Global Privacy Control on", "optout": "opted out", "withdraw": "consent withdrawn", "dnt": "Do Not Track on",
}

var channelWords = map[string]string{
	"request": "in a request", "cookie": "by a cookie", "storage": "by browser storage", "form": "by a form", "socket": "over a WebSocket",
}

var kindWords = map[string]string{
	"privacy": "Privacy policy", "cookie": "Cookie policy", "state": "State notice", "children": "Children’s notice",
	"applicants": "Applicants’ notice", "terms": "Terms",
}

var glossary = []entry{
	{"Company", "", "Whoever stands behind a recipient. A recipient that the knowledge base does not know is shown under its registrable domain and counts as one company."},
	{"Consent state", "", "Which choice the visitor had made in the banner when something was observed."},
	{"Confidence", "", "How sure it is that the data went: direct (a value or an id was seen leaving), strong (a known endpoint and event), indirect (only the script was present), weak (from words alone). It is never merged with severity."},
	{"Finding", "", "One rule’s result that a person should look at."},
	{"First party, third party", "", "The same or a different registrable domain as the visited site; the organisation’s own other domains count as first party once its profile names them."},
	{"Flow", "", "A data type that goes to a recipient for a purpose."},
	{"Gap", "", "Something that could not be observed, and why. A gap is never a pass."},
	{"Promise", "", "A sentence that says something does not happen, or only within limits, or that a control does something."},
	{"Recipient, vendor", "", "The product that receives data. The company behind it is named beside it."},
	{"Statement", "", "One thing that one sentence of a published text says: who does what with which data, for whom, or does not."},
}

// spelled are the words of ids that are not simply lower-case words.
var spelled = map[string]string{
	"ip": "IP", "dns": "DNS", "calls": "what scripts called", "canaries": "made-up values in forms", "choices": "choices in a banner", "cname": "CNAME", "webgl": "WebGL", "url": "URL", "id": "ID", "cdn": "CDN", "cdp": "CDP", "crm": "CRM", "ab": "A/B", "gpc": "GPC", "zip": "ZIP", "http": "HTTP",
}

// human makes words of an id: "ip_address" becomes "IP address".
func human(id string) string {
	if !strings.ContainsAny(id, "_-") && spelled[id] == "" {
		return id
	}
	parts := strings.FieldsFunc(id, func(r rune) bool { return r == '_' || r == '-' })
	for i, p := range parts {
		if s, ok := spelled[p]; ok {
			parts[i] = s
		}
	}
	return strings.Join(parts, " ")
}

// capital makes the first letter of words big.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lifetime says a number of days as people do.
func lifetime(days float64) string {
	say := func(n float64, unit string) string {
		text := strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
		if text == "1" {
			return "1 " + unit
		}
		return text + " " + unit + "s"
	}
	switch minutes := days * 24 * 60; {
	case days <= 0:
		return "–"
	case minutes < 1:
		return "under a minute"
	case minutes < 120:
		return say(float64(int(minutes+0.5)), "minute")
	case days < 2:
		return say(float64(int(days*24+0.5)), "hour")
	case days < 90:
		return say(float64(int(days+0.5)), "day")
	case days < 700:
		return say(float64(int(days/30.44+0.5)), "month")
	}
	return say(days/365.25, "year")
}

// bytesWord says a size.
func bytesWord(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// date says a time of RFC 3339 as people do; anything else comes back as it is.
func date(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

func find(list []entry, word string) entry {
	for _, e := range list {
		if e.Word == word {
			return e
		}
	}
	return entry{Word: word, Short: "not compared"}
}
