package consent

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Roles of controls, as evidence.OfferControl has them.
const (
	roleAccept   = "accept"
	roleReject   = "reject"
	roleSettings = "settings"
	roleSave     = "save"
	roleClose    = "close"
	roleNotice   = "notice"
	roleVendors  = "vendors"
	roleOther    = "other"
)

// maxControlWords is how long the text of a control may be: what is longer is a
// paragraph that happens to be a link.
const maxControlWords = 14

// phrase is one phrase of the words, made comparable.
type phrase struct {
	text   string // " accept all "
	loose  bool   // a script without spaces: it matches inside of words
	length int
}

type language struct {
	code                                                                   string
	topic, accept, reject, settings, save, close, reopen, optOut, not, pay []phrase
}

// comparable lower-cases a text, and parts its words by one space each.
func comparable(s string) string {
	var b strings.Builder
	b.WriteByte(' ')
	space := true
	for _, r := range norm.NFKC.String(strings.ToLower(s)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r) || r == '%':
			b.WriteRune(r)
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	if !space {
		b.WriteByte(' ')
	}
	return b.String()
}

func phrases(list []string) []phrase {
	var out []phrase
	for _, s := range list {
		text := comparable(s)
		if strings.TrimSpace(text) == "" {
			continue
		}
		p := phrase{text: text, length: utf8.RuneCountInString(text) - 2}
		if strings.ContainsFunc(text, func(r rune) bool {
			return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
		}) {
			p.text, p.loose = strings.ReplaceAll(text, " ", ""), true
			p.length *= 3 // one sign says as much as some letters
		}
		out = append(out, p)
	}
	return out
}

func (p phrase) in(text string) bool {
	if p.loose {
		return strings.Contains(strings.ReplaceAll(text, " ", ""), p.text)
	}
	return strings.Contains(text, p.text)
}

func languages(w Words) []language {
	var out []language
	for _, l := range w.Languages {
		out = append(out, language{
			code: l.Code, topic: phrases(l.Topic), accept: phrases(l.Accept), reject: phrases(l.Reject), settings: phrases(l.Settings), save: phrases(l.Save),
			close: phrases(l.Close), reopen: phrases(l.Reopen), optOut: phrases(l.OptOut), not: phrases(l.Not), pay: phrases(l.Pay),
		})
	}
	return out
}

// longest is the length of the longest phrase of a list in a text.
func longest(list []phrase, text string) int {
	n := 0
	for _, p := range list {
		if p.length > n && p.in(text) {
			n = p.length
		}
	}
	return n
}

// negations turn a word of consent into its opposite. They only keep a control
// from being taken for one that accepts.
var negations = phrases([]string{"not", "don t", "dont", "without", "only", "nicht", "nur", "ohne", "keine", "ne pas", "sans", "seulement", "sin", "no acepto", "solo", "sólo", "non", "senza", "niet", "zonder", "alleen", "geen", "não", "nao", "sem", "apenas", "nie", "bez", "tylko", "inte", "utan", "endast", "ikke", "uten", "uden", "kun", "ei", "vain", "しない", "不同意", "拒"})

// payWords tell a control that refuses only for money, beside those of Words.
var payWords = phrases([]string{"subscribe", "subscription", "pay", "purchase", "buy", "abo", "abonnieren", "bezahlen", "kostenpflichtig", "pur abo", "s abonner", "abonnement", "abonnez", "payer", "suscribirse", "suscríbete", "suscripción", "pagar", "abbonati", "abbonarsi", "abbonamento", "paga", "abonneren", "betalen", "assinar", "assinatura", "subskrybuj", "subskrypcja", "zapłać", "prenumerera", "betala", "abonner", "betal"})

// marks are signs that close something when nothing else is written.
const marks = "×✕✖✗✘⨯x╳"

// vendorWords tell a control that lists recipients.
var vendorWords = phrases([]string{"vendors", "partners", "our partners", "vendor list", "list of partners", "partner", "anbieter", "drittanbieter", "partenaires", "fournisseurs", "proveedores", "socios", "fornitori", "leveranciers", "parceiros", "fornecedores", "partnerzy", "partnerów", "dostawcy", "leverantörer", "leverandører"})

// understood is what a control's words mean.
type understood struct {
	role     string
	language string
	length   int  // of the phrase that matched
	pay      bool // it costs money
}

// understand says which control of a choice has this text.
func (o *Operator) understand(text, label string, link bool) understood {
	u := o.understandText(text)
	if u.role == roleOther && label != "" && label != text {
		if v := o.understandText(label); v.role != roleOther {
			u = v
		}
	}
	if u.role == roleOther {
		t := comparable(text)
		switch {
		case longest(vendorWords, t) > 0 && strings.Count(t, " ") <= maxControlWords:
			u.role = roleVendors
		case link:
			u.role = roleNotice
		}
	}
	return u
}

func (o *Operator) understandText(text string) understood {
	out := understood{role: roleOther}
	if t := strings.TrimSpace(strings.ToLower(text)); t != "" && utf8.RuneCountInString(t) == 1 && strings.Contains(marks, t) {
		out.role, out.length = roleClose, 1
		return out
	}
	t := comparable(text)
	if strings.Count(t, " ")-1 > maxControlWords {
		return out
	}
	for _, l := range o.languages {
		if longest(l.pay, t) > 0 {
			out.pay = true
		}
		// Of phrases of the same length the earlier role is the safer one to take.
		for _, r := range []struct {
			role string
			list []phrase
		}{{roleReject, l.reject}, {roleSettings, l.settings}, {roleSettings, l.reopen}, {roleSave, l.save}, {roleAccept, l.accept}, {roleClose, l.close}} {
			if n := longest(r.list, t); n > out.length {
				out.role, out.language, out.length = r.role, l.code, n
			}
		}
	}
	if strings.ContainsAny(text, "€$£¥") || longest(payWords, t) > 0 {
		out.pay = true
	}
	if out.role == roleAccept && longest(negations, t) > 0 && !o.acceptsWhole(t) {
		out.role = roleOther
	}
	return out
}

// acceptsWhole says whether a text is, as a whole, a phrase that accepts.
func (o *Operator) acceptsWhole(t string) bool {
	for _, l := range o.languages {
		for _, p := range l.accept {
			if p.text == t || p.loose && p.text == strings.ReplaceAll(t, " ", "") {
				return true
			}
		}
	}
	return false
}

// topic counts the phrases of the subject in a text, in the language that has
// most of them.
func (o *Operator) topic(text string) (n int, code string) {
	t := comparable(text)
	for _, l := range o.languages {
		k := 0
		for _, p := range l.topic {
			if p.in(t) {
				k++
			}
		}
		if k > n {
			n, code = k, l.code
		}
	}
	return n, code
}

// languageOf is the language whose words the subject and the controls have most.
func (o *Operator) languageOf(l *layer) string {
	t := comparable(l.Text)
	best, most := "", 0
	for _, k := range o.languages {
		n := 0
		for _, p := range k.topic {
			if p.in(t) {
				n++
			}
		}
		for _, c := range l.Controls {
			words := comparable(c.Text)
			for _, list := range [][]phrase{k.reject, k.settings, k.save, k.accept} {
				if longest(list, words) > 0 {
					n += 2
					break
				}
			}
		}
		if strings.HasPrefix(strings.ToLower(l.Lang), k.code) && n > 0 {
			n++
		}
		if n > most {
			best, most = k.code, n
		}
	}
	return best
}

// otherSubject counts phrases of what is no consent banner.
func (o *Operator) otherSubject(text string) int {
	t, n := comparable(text), 0
	for _, l := range o.languages {
		k := 0
		for _, p := range l.not {
			if p.in(t) {
				k++
			}
		}
		n = max(n, k)
	}
	return n
}

// says reports whether a short text has a phrase of a list of any language.
func (o *Operator) says(text string, list func(language) []phrase) bool {
	t := comparable(text)
	if strings.Count(t, " ")-1 > maxControlWords {
		return false
	}
	for _, l := range o.languages {
		if longest(list(l), t) > 0 {
			return true
		}
	}
	return false
}

// told bounds a text of a page, in bytes, and takes out what writes over what
// stands around it.
func told(s string, n int) string {
	if len(s) > 8*n {
		s = s[:8*n]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0xFEFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > n {
		s = s[:n]
		for len(s) > 0 && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimSpace(s)
}
