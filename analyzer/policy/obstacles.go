package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"
)

// mended undoes text that was encoded twice ("DatenschutzerklÃ¤rung" for
// "Datenschutzerklärung"): runs of characters that, written as Windows-1252,
// are UTF-8. It reports how many runs there were. Where there are few, they may
// be meant, and the text stays as it is.
func mended(s string) (string, int) {
	out, runs := mendedRuns(s)
	if runs < minMended {
		return s, 0
	}
	return out, runs
}

func mendedRuns(s string) (string, int) {
	if !strings.ContainsAny(s, "ÃÂâ") {
		return s, 0
	}
	var b strings.Builder
	runs := 0
	encoder := charmap.Windows1252.NewEncoder()
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := i
		for end < len(s) {
			c, size := utf8.DecodeRuneInString(s[end:])
			if c < utf8.RuneSelf {
				break
			}
			end += size
		}
		run := s[i:end]
		if back, err := encoder.String(run); err == nil && utf8.ValidString(back) && utf8.RuneCountInString(back) < utf8.RuneCountInString(run) {
			b.WriteString(back)
			runs++
		} else {
			b.WriteString(run)
		}
		i = end
	}
	return b.String(), runs
}

// mend undoes text that was encoded twice, in all pieces or in none.
func (r *reader) mend(pieces []piece) {
	var all strings.Builder
	for _, p := range pieces {
		all.WriteString(p.text)
		all.WriteByte('\n')
	}
	if _, runs := mended(all.String()); runs == 0 {
		return
	}
	undo := func(s string) string {
		if out, runs := mendedRuns(s); runs > 0 {
			return out
		}
		return s
	}
	for i := range pieces {
		p := &pieces[i]
		p.text, p.lead, p.outer = undo(p.text), undo(p.lead), undo(p.outer)
		for _, list := range [][]string{p.columns, p.cells} {
			for k := range list {
				list[k] = undo(list[k])
			}
		}
		for k := range p.links {
			p.links[k].Text = undo(p.links[k].Text)
		}
	}
	r.fault("the text was encoded twice; it was read as it was meant")
}

// minMended is how many runs show that a text was encoded twice.
const minMended = 3

// obstacles says what keeps the text from being the notice: a consent dialog in
// its place, or characters that could not be decoded.
func (r *reader) obstacles() {
	d := r.doc
	letters, lost := 0, 0
	for _, c := range d.Text {
		switch {
		case c == utf8.RuneError:
			lost++
		case unicode.IsLetter(c):
			letters++
		}
	}
	switch {
	case lost > 0 && lost*20 > letters:
		d.Obstacle = "its characters could not be decoded"
	case d.Words < maxWall && r.wall():
		d.Obstacle = "a consent dialog stands in its place"
	}
	if d.Obstacle != "" {
		r.fault("the notice itself was not read: %s", d.Obstacle)
	} else if lost > 0 {
		r.fault("%d characters of the text could not be decoded", lost)
	}
}

// dialogButtons counts the buttons of consent dialogs in a page: the text of
// the notice leaves them out.
func dialogButtons(root *html.Node) int {
	n, looked := 0, 0
	for d := range root.Descendants() {
		if d.Type != html.TextNode || d.Parent.DataAtom == atom.Script || d.Parent.DataAtom == atom.Style {
			continue
		}
		text := squeeze(d.Data)
		if text == "" || len(text) > 60 {
			continue
		}
		if looked++; looked > 2_000 {
			break
		}
		if wallButton.get().MatchString(strings.TrimRight(text, " .!:")) {
			n++
		}
	}
	return n
}

// maxWall is how many words a consent dialog has at most.
const maxWall = 250

// Buttons of consent dialogs, alone in their block, and what dialogs say.
var (
	wallButton = lazily(`(?i)^(?:accept|allow|reject|deny|decline|agree|refuse)(?:\s+(?:all|cookies|and\s+\p{L}+|all\s+cookies|only\s+\p{L}+|non-essential(?:\s+cookies)?))*$|^(?:i\s+agree|ok(?:ay)?|got\s+it|manage\s+(?:preferences|options|settings|cookies)|cookie\s+settings|` +
		`alle(?:s)?\s+(?:cookies\s+)?(?:akzeptieren|ablehnen|annehmen|erlauben)|akzeptieren|ablehnen|zustimmen|einstellungen(?:\s+verwalten)?|nur\s+notwendige(?:\s+cookies)?(?:\s+\p{L}+)?|tout\s+(?:accepter|refuser)|accepter(?:\s+(?:tout|et\s+\p{L}+))?|refuser(?:\s+tout)?|continuer\s+sans\s+accepter|paramétrer(?:\s+\p{L}+){0,3}|personnaliser|` +
		`aceptar(?:\s+(?:todo|todas|cookies|todas\s+las\s+cookies))?|rechazar(?:\s+(?:todo|todas|cookies))?|configurar(?:\s+cookies)?)$`)
	wallWords = lazily(`(?i)\bwe\s+(?:value|respect|care\s+about)\s+your\s+privacy|\b(?:we|this\s+(?:web)?site)\s+uses?\s+cookies|before\s+you\s+continue|wir\s+(?:verwenden|nutzen|schätzen)\s+(?:\p{L}+\s+){0,3}(?:cookies|privatsphäre)|diese\s+(?:website|seite)\s+(?:verwendet|nutzt)\s+cookies|(?:nous\s+utilisons|ce\s+site\s+utilise)\s+(?:des\s+)?cookies|respect\p{L}*\s+(?:de\s+)?votre\s+vie\s+privée|(?:utilizamos|usamos|esta\s+web\s+utiliza|este\s+sitio\s+(?:web\s+)?(?:utiliza|usa))\s+cookies|valoramos\s+(?:su|tu)\s+privacidad`)
)

// wall reports whether a short text is a consent dialog: it says so, two of its
// buttons stand alone, and nothing is said of any data but cookies.
func (r *reader) wall() bool {
	buttons := r.buttons
	for _, p := range r.body {
		if len(p.text) < 60 && wallButton.get().MatchString(strings.TrimRight(p.text, " .!:")) {
			buttons++
		}
	}
	more := func(st Statement) bool { // than a dialog says
		return st.Negated || slices.ContainsFunc(st.DataTypes, func(id string) bool { return id != "cookie_identifier" && id != "information" })
	}
	return buttons >= 2 && wallWords.get().MatchString(r.doc.Text) && len(r.doc.Cookies) == 0 && !slices.ContainsFunc(r.doc.Statements, more)
}
