package policy

// The clause reader for languages other than English works on the parts of a
// sentence: first clauses are told apart by marks, conjunctions and the words
// that open them, then each clause is read by the words that it holds, wherever
// they stand. German puts verbs last and French puts pronouns between, so the
// order inside a clause tells little; which clause a word is in tells most.

// Roles of a clause.
const (
	roleMain   = 'm'
	roleIf     = 'c' // "wenn", "si": a condition
	roleWhen   = 'w' // "lorsque": the act is presupposed
	roleExcept = 'x' // "es sei denn", "sauf", "salvo"
	roleThat   = 't' // "dass", "que"
	roleAsk    = 'q' // "wie", "comment": an indirect question
	roleAim    = 'u' // "um … zu", "afin de"
	roleWhich  = 'r' // relative
)

// part is a clause: its tokens need not be neighbours.
type part struct {
	role   byte
	toks   []int
	opener int   // token that opened it
	parent *part // of a clause that hangs on another
	before *part // of a main clause that goes on after another
	acts   []*act
	finite bool // a finite verb was seen
	verbal bool // any verb was seen
}

// act is a verb or a noun of an act in a clause.
type act struct {
	form
	at      int
	passive bool
	modal   string
	noun    bool
	aim     bool // an infinitive of purpose
}

// parts cuts a sentence into clauses.
func (t *tongue) parts(s *sentence) []*part {
	var list []*part
	var cur, main *part
	open := func(role byte, at int, parent *part) *part {
		p := &part{role: role, opener: at, parent: parent}
		if role == roleMain {
			p.before, main = main, p
		}
		list = append(list, p)
		return p
	}
	brackets := []*part{}
	fresh := true // at the start of a segment
	if t.verbFirst(s) {
		cur = open(roleIf, 0, nil)
	}
	for i := 0; i < len(s.toks); i++ {
		w := s.low(i)
		switch w {
		case ",", ";", ":", "—":
			if cur != nil && w != "," {
				if w == ";" || w == ":" && cur.finite {
					cur, main = nil, nil
				}
			}
			if cur != nil {
				if last := i - 1; t.nouns && cur.role != roleMain && cur.role != roleExcept && !cur.verbal && last > cur.opener+1 && !s.toks[last].cap && endsLikeVerb(s.low(last)) {
					cur.verbal, cur.finite = true, true // a verb that is not known ends the clause
				}
				cur.toks = append(cur.toks, i)
			}
			fresh = true
			continue
		case "(":
			brackets = append(brackets, cur)
			fresh = true
			continue
		case ")":
			if n := len(brackets); n > 0 {
				if brackets[n-1] != nil {
					cur = brackets[n-1]
				}
				brackets = brackets[:n-1]
			}
			fresh = false
			continue
		}
		if role, n := t.opens(s, i, fresh, cur); role != 0 {
			parent := cur
			if parent == nil {
				parent = main
			}
			cur = open(role, i, parent)
			for k := i; k < i+n; k++ {
				cur.toks = append(cur.toks, k)
			}
			i += n - 1
			fresh = false
			continue
		}
		finite, verbal := t.verbal(s, i)
		joint := t.and[w] || t.joint[w]
		switch {
		case cur == nil:
			cur = open(roleMain, i, nil)
		case fresh || joint:
			// A new segment: does it go on with the clause, or back to the main one, or begin a new one?
			f, v := t.ahead(s, i)
			if cur.role != roleMain && cur.verbal && (f || !v && fresh) {
				cur = t.back(cur, main)
				if cur == nil {
					cur = open(roleMain, i, nil)
				}
			}
			if f && cur.finite && cur.verbal && !(joint && t.listed(s, i)) {
				switch {
				case cur.role == roleMain:
					cur = open(roleMain, i, nil)
				case joint:
					p := open(cur.role, i, cur.parent)
					p.before, p.opener = cur, cur.opener
					cur = p
				}
			}
		case finite && cur.role != roleMain && cur.finite && !t.nouns && !t.joinedVerb(s, i) && !t.chained(s, i):
			// "les données que nous collectons | sont conservées"
			cur = t.back(cur, main)
			if cur == nil {
				cur = open(roleMain, i, nil)
			}
		}
		fresh = false
		cur.toks = append(cur.toks, i)
		cur.finite = cur.finite || finite
		cur.verbal = cur.verbal || verbal
	}
	return list
}

// endsLikeVerb reports whether a German word may be a finite verb or an infinitive.
func endsLikeVerb(w string) bool {
	return len(w) > 3 && (w[len(w)-1] == 'n' || w[len(w)-1] == 't')
}

// verbFirst reports whether a German sentence begins with its verb and goes on
// after a comma with another: "Werden Cookies abgelehnt, können …".
func (t *tongue) verbFirst(s *sentence) bool {
	if !t.nouns || len(s.toks) < 4 {
		return false
	}
	w := s.low(0)
	known := t.modals[w] != "" || t.beAux[w] || t.haveAux[w] || len(t.verbs[w]) > 0
	if !known || s.low(1) == "wir" || s.low(len(s.toks)-1) == "?" {
		return false
	}
	for i := 1; i < len(s.toks)-1; i++ {
		if s.low(i) == "," {
			f, _ := t.verbal(s, i+1)
			return f || s.low(i+1) == "so" || s.low(i+1) == "dann"
		}
	}
	return false
}

// back is the clause that goes on after one that hangs on it ends.
func (t *tongue) back(p, main *part) *part {
	for p != nil && p.role != roleMain {
		p = p.parent
	}
	if p == nil {
		return nil
	}
	if main != nil && p.role == roleMain {
		return main
	}
	return p
}

// ahead reports whether a finite verb, or any, stands in a segment from a token on.
func (t *tongue) ahead(s *sentence, i int) (finite, verbal bool) {
	for j := i; j < len(s.toks); j++ {
		w := s.low(j)
		if in(w, ",", ";", ":", "(", ")", "—") || j > i && t.and[w] {
			break
		}
		if j > i {
			if role, _ := t.opens(s, j, false, nil); role != 0 {
				break
			}
		}
		f, v := t.verbal(s, j)
		finite, verbal = finite || f, verbal || v
	}
	return finite, verbal
}

// listed reports whether what follows a conjunction is only another participle
// or infinitive of the same verb group.
func (t *tongue) listed(s *sentence, i int) bool {
	for j := i + 1; j < len(s.toks) && j < i+3; j++ {
		if w := s.low(j); t.beAux[w] || t.haveAux[w] || t.modals[w] != "" {
			return false
		}
		for _, f := range t.verbs[s.low(j)] {
			if f.kind == fPart || f.kind == fInf || f.kind == fPlural {
				return t.governed(s, i)
			}
		}
	}
	return false
}

// governed reports whether a modal or auxiliary stands before a token in its
// sentence, so that an infinitive there is one.
func (t *tongue) governed(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j > i-20; j-- {
		w := s.low(j)
		if t.nouns && t.we[w] && s.low(j-1) == "," {
			return false // "…, wir speichern"
		}
		if t.modals[w] != "" || t.beAux[w] || t.haveAux[w] {
			return true
		}
		if in(w, ";", ":") {
			return false
		}
	}
	return false
}

// chained reports whether a verb goes on with the group of one right before it:
// "ont été", "ne sont pas".
func (t *tongue) chained(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		if w := s.low(j); t.beAux[w] || t.haveAux[w] || t.modals[w] != "" {
			return true
		}
		if !t.negators[s.low(j)] && s.low(j) != t.half {
			return false
		}
	}
	return false
}

// joinedVerb reports whether a verb is coordinated with the one before it.
func (t *tongue) joinedVerb(s *sentence, i int) bool {
	return t.and[s.low(i-1)] || t.joint[s.low(i-1)] || s.low(i-1) == ","
}

// verbal reports whether a token is a finite verb, or any.
func (t *tongue) verbal(s *sentence, i int) (finite, verbal bool) {
	w := s.low(i)
	if w == "" || !s.toks[i].word {
		return false, false
	}
	if t.modals[w] != "" || t.beAux[w] || t.haveAux[w] || t.light[w] {
		return true, true
	}
	if forms := t.verbs[w]; len(forms) > 0 && !s.takenBy(i, mData) && !s.takenBy(i, mWho) && !(t.nouns && s.toks[i].cap && i > 0) {
		for _, f := range forms {
			verbal = true
			switch f.kind {
			case fWe, fThey, fYou:
				finite = true
			case fPlural:
				finite = finite || !t.governed(s, i)
			}
		}
		if t.code == "fr" && s.nounAfter(i, t) {
			return false, false
		}
		return finite, verbal
	}
	if t.finite(t.grammar, s, i) {
		return true, true
	}
	return false, false
}

// nounAfter reports whether an article or a preposition before a form makes a
// noun of it: "la collecte", "une utilisation", "de partage".
func (s *sentence) nounAfter(i int, t *tongue) bool {
	return in(s.low(i-1), "la", "le", "une", "un", "de", "d", "l", "cette", "toute", "du", "notre", "votre", "sa", "el", "al", "del", "su", "una", "nuestra") &&
		!(in(s.low(i-1), "l", "le", "la") && (t.we[s.low(i-2)] || s.low(i-2) == "ne"))
}

// opens tells whether a clause is opened at a token, and by how many.
func (t *tongue) opens(s *sentence, i int, fresh bool, cur *part) (role byte, n int) {
	w, next := s.low(i), s.low(i+1)
	pair, triple := w+" "+next, w+" "+next+" "+s.low(i+2)
	for n, key := range []string{triple, pair, w} {
		if r, ok := t.openers[key]; ok {
			return r, 3 - n
		}
	}
	switch t.code {
	case "de":
		if fresh && i > 0 && (t.relative[w] || t.from[w] && t.relative[next] || t.oblique[w] && t.relative[next]) && t.relates(s, i) {
			n := 1
			if !t.relative[w] {
				n = 2
			}
			return roleWhich, n
		}
		if fresh && i > 0 && in(w, "wie", "warum", "weshalb", "wofür", "inwieweit", "ob") && t.relates(s, i) {
			return roleAsk, 1
		}
		if w == "um" && t.aims(s, i) {
			return roleAim, 1
		}
	default:
		if w == t.that && t.half != "" && t.halfBefore(s, i) {
			return 0, 0 // "ne … que"
		}
		if (w == t.that || t.relative[w]) && i > 0 && !in(s.low(i-1), "mas", "menos", "más", "plus", "moins", "autres", "autre", "tandis", "que", "lugar") {
			if t.relative[w] && w != t.that || s.mentionNear(i) {
				return roleWhich, 1
			}
			if f, _ := t.soon(s, i+1); f {
				return roleThat, 1
			}
		}
		if t.purpose[w] && t.infinitiveSoon(s, i+1) {
			return roleAim, 1
		}
	}
	return 0, 0
}

// relates reports whether what follows a relative pronoun is a clause: its verb
// comes last, or its subject first.
func (t *tongue) relates(s *sentence, i int) bool {
	for j := i + 1; j < len(s.toks) && j < i+30; j++ {
		w := s.low(j)
		if j <= i+2 && (t.we[w] || s.toks[j].raw == "Sie" || t.user[w] && w != "sie") {
			return true
		}
		if in(w, ",", ";", ")", ".", ":") {
			f, _ := t.verbal(s, j-1)
			return f
		}
	}
	f, v := t.verbal(s, len(s.toks)-1)
	if !s.toks[len(s.toks)-1].word && len(s.toks) > 1 {
		f, v = t.verbal(s, len(s.toks)-2)
	}
	return f || v
}

// aims reports whether "um" is followed by "zu" in its segment or the next.
func (t *tongue) aims(s *sentence, i int) bool {
	for j := i + 1; j < len(s.toks) && j < i+25; j++ {
		if s.low(j) == "zu" {
			return true
		}
		for _, f := range t.verbs[s.low(j)] {
			if f.kind == fInf && f.part == "zu" {
				return true
			}
		}
		if len(s.low(j)) > 6 && containsZu(s.low(j)) && !s.toks[j].cap {
			return true
		}
	}
	return false
}

func containsZu(w string) bool {
	for i := 2; i+4 < len(w); i++ {
		if w[i:i+2] == "zu" && (len(w) > 2 && w[len(w)-2:] == "en" || w[len(w)-2:] == "rn") {
			return true
		}
	}
	return false
}

// soon reports whether a finite verb stands within a few words.
func (t *tongue) soon(s *sentence, i int) (finite bool, at int) {
	for j := i; j < len(s.toks) && j < i+14; j++ {
		if in(s.low(j), ";", ":", ".") {
			return false, 0
		}
		if f, _ := t.verbal(s, j); f {
			return true, j
		}
	}
	return false, 0
}

// infinitiveSoon reports whether an infinitive follows within a few words.
func (t *tongue) infinitiveSoon(s *sentence, i int) bool {
	for j := i; j < len(s.toks) && j < i+5; j++ {
		w := s.low(j)
		if !s.toks[j].word {
			return false
		}
		for _, f := range t.verbs[w] {
			if f.kind == fInf {
				return true
			}
		}
		if t.infinitive(w) {
			return true
		}
		if t.bridge[w] && !in(w, "vous", "nous", "les", "le", "la", "l", "ne", "pas", "leur", "y", "en", "mieux") {
			return false
		}
	}
	return false
}

// infinitive tells infinitives of verbs that are not known by their endings.
func (t *tongue) infinitive(w string) bool {
	if len(w) < 4 {
		return false
	}
	tail := w[len(w)-2:]
	switch t.code {
	case "fr":
		return in(tail, "er", "ir", "re") && !in(w, "notre", "votre", "autre", "entre", "titre", "cadre", "lettre", "contre", "offre", "nombre", "octobre", "décembre", "septembre", "novembre", "premier", "dernier", "courrier", "particulier", "centre", "chiffre", "membre", "nature", "mesure", "durée", "avenir", "être", "leur", "heure", "procédure", "ordre", "tiers", "fichier", "papier", "publicitaire", "nécessaire", "contraire", "partenaire", "prestataire", "exemplaire", "sécuritaire", "encore", "figure", "ouverture", "signature")
	case "es":
		return in(tail, "ar", "er", "ir") || len(w) > 5 && in(w[len(w)-4:], "arle", "erle", "irle", "arlo", "erlo", "arla", "arte", "erte", "irte", "irlo", "arse", "erse", "irse")
	}
	return false
}

// mentionNear reports whether data or a recipient end right before a token.
func (s *sentence) mentionNear(i int) bool {
	for _, m := range s.mentions {
		if (m.kind == mData || m.kind == mWho) && m.end <= i && i-m.end <= 1 {
			return true
		}
	}
	return false
}

// halfBefore reports whether "ne" stands shortly before "que", with no word
// between that makes it a denial.
func (t *tongue) halfBefore(s *sentence, i int) bool {
	for j := i - 1; j >= 0 && j > i-8; j-- {
		w := s.low(j)
		if w == t.half {
			return true
		}
		if t.negators[w] || in(w, ",", ";", ":") {
			return false
		}
	}
	return false
}
