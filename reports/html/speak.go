package html

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"candor/reports"
	"candor/reports/plain"
	"candor/reports/words"
)

// speaker is what templates say in a language. Phrases come from the language's
// own file and may hold markup; what is put into them is escaped, or was made
// by a template.
type speaker struct {
	*language
	page  *template.Template // nil while templates are parsed
	texts string             // the language of all published texts, or "" where they differ
}

func newSpeaker(lang *language, page *template.Template, rep *reports.Report) *speaker {
	s := &speaker{language: lang, page: page}
	for i, d := range rep.Policies {
		if i > 0 && d.Language != s.texts {
			s.texts = ""
			break
		}
		s.texts = d.Language
	}
	return s
}

// english reports whether the page is in English, in which all that the
// analysis and the rules say is.
func (s *speaker) english() bool { return s.Code() == words.English }

// part is what a template makes of a value.
func (s *speaker) part(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := s.page.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

func (s *speaker) short(n int, text string) template.HTML { return shown(shorten(text, n)) }

func (s *speaker) middle(n int, text string) template.HTML { return shown(shortAddress(text, n)) }

// shown is what the template t makes of a text; it is asked for very often.
func shown(t text) template.HTML {
	if t.Full == "" {
		return template.HTML(escaper.Replace(t.Short))
	}
	return template.HTML(`<span title="` + escaper.Replace(t.Full) + `">` + escaper.Replace(t.Short) + `</span>`)
}

func (s *speaker) link(address string) (template.HTML, error) { return s.part("link", address) }

// tell is a phrase that may hold markup.
func (s *speaker) tell(key string, args ...any) (template.HTML, error) {
	text, err := s.Phrase(key, args...)
	if err != nil {
		return "", err
	}
	for i, a := range args {
		if _, ok := a.(template.HTML); !ok {
			args[i] = escaper.Replace(fmt.Sprint(a))
		}
	}
	if strings.Contains(text, "%") {
		text = fmt.Sprintf(text, words.Fit(text, args)...)
	}
	return template.HTML(text), nil
}

// escaper does what html/template does with text.
var escaper = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// spoken is a text that the analysis wrote in English, in the page's language
// where it can be said, and else marked as English.
func (s *speaker) spoken(n int, text string) template.HTML {
	return s.inWords(text, func(t string) template.HTML { return shown(whole(t, n)) })
}

// sentenceEnd is where a sentence ends and another begins, in either language.
var sentenceEnd = regexp.MustCompile(`[.?!][”“"]? [\p{Lu}„“]`)

// whole shortens sentences to at most n characters: to whole ones where those
// are at least a third of that, or else to whole words.
func whole(s string, n int) text {
	t := shorten(s, n)
	if t.Full == "" {
		return t
	}
	head := strings.TrimSuffix(t.Short, "…")
	end := 0
	for _, m := range sentenceEnd.FindAllStringIndex(head, -1) {
		end = m[0] + strings.IndexByte(head[m[0]:], ' ')
	}
	switch space := strings.LastIndexByte(head, ' '); {
	case end*3 >= len(head):
		t.Short = head[:end] + " …"
	case space*3 >= len(head)*2:
		t.Short = head[:space] + " …"
	}
	return t
}

// spokenMiddle is spoken for what may be an address.
func (s *speaker) spokenMiddle(n int, text string) template.HTML {
	return s.inWords(text, func(t string) template.HTML { return s.middle(n, t) })
}

func (s *speaker) inWords(text string, show func(string) template.HTML) template.HTML {
	if s.english() {
		return show(text)
	}
	said, ok := s.Sentences(text)
	if !ok && strings.Contains(text, " ") {
		return `<span lang="en">` + show(text) + `</span>`
	}
	return s.mark(show(said))
}

var quotedText = regexp.MustCompile(`„([^„“<]+)“`)

// mark gives quotes of published texts their own language.
func (s *speaker) mark(said template.HTML) template.HTML {
	if strings.Contains(string(said), "title=") { // quotes in the attribute stay as they are
		return said
	}
	return template.HTML(quotedText.ReplaceAllString(string(said), `„<span lang="`+escaper.Replace(s.texts)+`">$1</span>“`))
}

// ruled is what a rule says: its title, why or remediation.
func (s *speaker) ruled(n int, id, field, text string) template.HTML {
	if r, ok := s.Rule(id); ok {
		if said := map[string]string{"title": r.Title, "why": r.Why, "remediation": r.Remediation}[field]; said != "" {
			return shown(whole(strings.TrimSpace(said), n))
		}
	}
	return s.spoken(n, text)
}

// changed is what something was before a change or is after it.
func (s *speaker) changed(n int, c reports.Change, text string) template.HTML {
	switch {
	case text == "":
		return "–"
	case s.english():
		return s.short(n, text)
	case c.Topic == "promise":
		return s.short(n, s.word("promise.badge", text))
	case c.Topic == "statement":
		return template.HTML(`<span`+string(s.tongue(s.texts))+`>`) + s.short(n, text) + `</span>`
	}
	return s.spoken(n, text)
}

// named is what changed: names are nobody's language, titles and sentences are.
func (s *speaker) named(n int, c reports.Change) template.HTML {
	switch {
	case s.english():
	case c.Topic == "finding" || c.Topic == "data_type":
		return s.spoken(n, strings.ReplaceAll(c.Name, "_", " "))
	case c.Topic == "statement" || c.Topic == "promise":
		return template.HTML(`<span`+string(s.tongue(s.texts))+`>`) + s.short(n, c.Name) + `</span>`
	}
	return s.short(n, c.Name)
}

var languageCode = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// tongue is the lang attribute of a quote on a page in another language than
// English; on English pages quotes have none.
func (s *speaker) tongue(code string) template.HTMLAttr {
	if s.english() || strings.EqualFold(code, s.Code()) {
		return ""
	}
	if !languageCode.MatchString(code) {
		code = ""
	}
	return template.HTMLAttr(` lang="` + code + `"`)
}

func (s *speaker) humans(list []string) string { return s.wordList("id", list) }

func (s *speaker) funcs() template.FuncMap {
	l := s.language
	return template.FuncMap{
		"say": l.say, "word": l.word, "wordlist": l.wordList, "day": l.day, "tell": s.tell, "part": s.part, "short": s.short, "mid": s.middle, "lnk": s.link,
		"spoken": s.spoken, "spokenmid": s.spokenMiddle, "ruled": s.ruled, "changed": s.changed, "named": s.named, "tongue": s.tongue,
		"open": func() string { return l.must("quote.open") }, "close": func() string { return l.must("quote.close") },
		"human": func(id string) string { return l.Human(id) }, "humans": s.humans,
		"lifetime": func(days float64) string { return l.Lifetime(days) },
		"decimal":  func(v float64, digits int) string { return l.Decimal(v, digits) },
		"bytes":    l.size, "date": l.date, "seconds": l.seconds,
		"percentOf": func(share float64) string { return l.must("percent", l.Decimal(100*share, 0)) },
		"verdict":   func(w string) entry { return l.entry("verdict", verdicts, w) },
		"promise":   func(w string) entry { return l.entry("promise", promiseVerdicts, w) },
		"outcome":   func(w string) entry { return l.entry("outcome", outcomes, w) },
		"sure": func(w string) string {
			if l.Has("sure." + w) {
				return l.must("sure." + w)
			}
			return w
		},
		"state":   func(w string) string { return l.word("state", w) },
		"states":  func(list []string) string { return l.wordList("state", list) },
		"channel": func(w string) string { return l.word("channel", w) },
		"kind":    func(w string) string { return capital(l.word("kind", w)) },
	}
}

// funcs are the same in every language.
var funcs = template.FuncMap{
	"capital": capital,
	"txt":     func(n int, s string) text { return shorten(s, n) },
	"addr":    func(n int, s string) text { return shortAddress(s, n) },
	"href":    plain.Link,
	"file":    plain.LocalFile,
	"join":    func(list []string) string { return strings.Join(list, ", ") },
	"first":   func(n int, list []string) some { return someOf(list, n) },
	"add":     func(a, b int) int { return a + b },
	"sub":     func(a, b int) int { return a - b },
	"limit":   limitOf,
}
