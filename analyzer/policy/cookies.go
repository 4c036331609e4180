package policy

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// roles of a cookie table's columns; -1 is none.
type roles struct {
	name, provider, purpose, lifetime, party, class int
	known                                           int
}

var cookieColumns = map[string][]string{
	"name":     {"cookie name", "name of cookie", "name of the cookie", "cookie", "cookies", "name", "cookie key", "key", "cookie-name", "cookiename", "nom", "nom du cookie", "nom des cookies", "nombre", "nombre de la cookie", "nombre de cookie", "nome", "nome del cookie", "nome cookie", "naam", "naam cookie", "bezeichnung", "cookie id", "cookies used", "tracker", "traceur", "nome do cookie", "nazwa", "cookie/tracker name", "cookie name/id", "technology", "names"},
	"provider": {"provider", "host", "domain", "domains", "source", "set by", "cookie provider", "company", "vendor", "owner", "service", "anbieter", "fournisseur", "émetteur", "emetteur", "proveedor", "titular", "fornitore", "aanbieder", "domaine", "dominio", "domein", "herausgeber", "emisor", "partner", "third party", "société", "entidad", "responsable", "dienst", "provider / domain", "fornecedor", "editeur", "éditeur"},
	"purpose":  {"purpose", "description", "function", "use", "what it does", "what does it do", "why", "zweck", "beschreibung", "funktion", "finalité", "finalités", "objet", "but", "utilité", "finalidad", "descripción", "descripcion", "propósito", "finalità", "scopo", "descrizione", "doel", "omschrijving", "beschrijving", "finalidade", "descrição", "cel", "more information", "purposes", "usage", "utilisation", "details", "what it is used for"},
	"lifetime": {"expiry", "expiration", "duration", "lifetime", "lifespan", "life span", "retention", "expires", "storage period", "retention period", "storage duration", "persistence", "maximum storage", "expiry date", "max age", "time", "validity", "validity period", "how long", "ablauf", "laufzeit", "speicherdauer", "dauer", "gültigkeit", "lebensdauer", "speicherfrist", "ablaufdatum", "durée", "durée de vie", "durée de conservation", "expiration du cookie", "échéance", "conservation", "duración", "duracion", "caducidad", "vencimiento", "plazo", "vigencia", "durata", "scadenza", "bewaartermijn", "duur", "looptijd", "vervaldatum", "levensduur", "geldigheid", "duração", "validade", "okres", "cookie lifespan", "cookie expiry", "cookie duration", "retention time", "storage", "period", "length"},
	"class":    {"category", "type", "cookie type", "type of cookie", "cookie category", "classification", "kategorie", "art", "typ", "catégorie", "type de cookie", "categoría", "categoria", "tipo", "tipo de cookie", "tipologia", "categorie", "soort", "tipo di cookie", "type of cookies", "cookie class"},
	"party":    {"first or third party", "first/third party", "party", "1st/3rd party", "first party/third party", "first-party or third-party", "1st or 3rd party", "own/third party", "propia/tercero", "origin"},
}

var cookieColumnOrder = []string{"party", "lifetime", "name", "purpose", "provider", "class"}

// columnRoles reads the heads of a table as those of a cookie table.
func columnRoles(head []string) roles {
	r := roles{name: -1, provider: -1, purpose: -1, lifetime: -1, party: -1, class: -1}
	slot := map[string]*int{"name": &r.name, "provider": &r.provider, "purpose": &r.purpose, "lifetime": &r.lifetime, "class": &r.class, "party": &r.party}
	taken := make(map[int]bool)
	match := func(exact bool) {
		for _, role := range cookieColumnOrder {
			for i, h := range head {
				if *slot[role] >= 0 || taken[i] {
					continue
				}
				h = strings.ToLower(strings.Trim(squeeze(lastWords(h)), " :*.?()"))
				for _, w := range cookieColumns[role] {
					if exact && h == w || !exact && len(h) < 60 && len(w) > 4 && containsWord(h, w) {
						*slot[role] = i
						taken[i] = true
						break
					}
				}
			}
		}
	}
	match(true)
	match(false)
	r.known = len(taken)
	return r
}

// maxHead is the longest head of a column; see lastWords.
const maxHead = 300

// lastWords is a head, or the last word of a cell that is too long for one:
// where a page's whole text stands in the first cell of a table within a table,
// the head comes last.
func lastWords(h string) string {
	if len(h) <= maxHead {
		return h
	}
	return h[strings.LastIndexAny(h, " \n\t")+1:]
}

func containsWord(s, w string) bool {
	i := strings.Index(s, w)
	for i >= 0 {
		end := i + len(w)
		if (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end])) {
			return true
		}
		next := strings.Index(s[i+1:], w)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

// cookieTable reports whether a table is a cookie table.
func (r *reader) cookieTable(table int) bool {
	if table == 0 {
		return false
	}
	if r.cookieTables == nil {
		r.cookieTables = make(map[int]bool)
		heads, rows := make(map[int][]string), make(map[int][][]string)
		for _, p := range r.body {
			if p.table > 0 {
				heads[p.table] = p.columns
				if !p.header {
					rows[p.table] = append(rows[p.table], p.cells)
				}
			}
		}
		for t, head := range heads {
			r.cookieTables[t] = isCookieTable(head, rows[t])
		}
	}
	return r.cookieTables[table]
}

// isCookieTable decides by the heads and by what the name column holds: names
// of cookies are single tokens, not prose.
func isCookieTable(head []string, rows [][]string) bool {
	if len(head) == 0 || len(rows) == 0 {
		return false
	}
	c := columnRoles(head)
	if c.name < 0 || c.known < 2 {
		return false
	}
	like, life, filled := 0, 0, 0
	for _, row := range rows {
		if c.name < len(row) && row[c.name] != "" {
			filled++
			for _, n := range cookieNames(row[c.name]) {
				if cookieLike(n) {
					like++
					break
				}
			}
		}
		if c.lifetime >= 0 && c.lifetime < len(row) {
			if days := lifetimeDays(row[c.lifetime]); days >= 0 || persistent(row[c.lifetime]) {
				life++
			}
		}
	}
	if filled == 0 {
		return false
	}
	headed := strings.Contains(strings.ToLower(strings.Join(head, " ")), "cookie")
	switch {
	case headed && c.purpose >= 0 && c.lifetime >= 0 && life == filled:
		return true // the heads leave no doubt; the names may be those of products
	case c.lifetime >= 0 && life*2 >= filled:
		return like*10 >= filled*3
	case headed:
		return like*10 >= filled*6 && (c.purpose >= 0 || c.provider >= 0 || c.lifetime >= 0 || c.party >= 0)
	case c.lifetime >= 0:
		return like*10 >= filled*6
	}
	return like*10 >= filled*8 && c.purpose >= 0 && c.provider >= 0
}

var cookieToken = lazily(`^[!#$%&'*+.^_|~0-9A-Za-z\-:\[\]{}<>/@=]{2,120}$`)

// cookieLike tells a cookie's name from a word of prose.
func cookieLike(s string) bool {
	if !cookieToken.get().MatchString(s) || strings.HasPrefix(s, "http") {
		return false
	}
	switch strings.ToLower(s) {
	case "yes", "no", "necessary", "functional", "analytics", "marketing", "advertising", "performance", "session", "persistent", "cookie", "cookies", "name", "data", "information", "essential", "statistics", "preferences", "security", "identifiers", "email", "various", "n/a", "targeting", "authentication", "localisation", "personalization", "identity", "contact", "profile", "technical", "financial", "transaction", "usage":
		return false
	}
	return true
}

var nameNoise = lazily(`(?i)\s*[\[(](?:x\d+|\d+x|html local storage|local storage|session storage|http|pixel)[\])]|\s+cookies?$|^cookies?\s*:?\s+`)

// cookieNames splits the names in a cell.
func cookieNames(cell string) []string {
	cell = nameNoise.get().ReplaceAllString(strings.TrimSpace(cell), "")
	if i := strings.LastIndex(cell, " : "); i > 0 {
		cell = cell[i+3:]
	}
	parts := strings.FieldsFunc(cell, func(c rune) bool {
		return c == ',' || c == ';' || c == '\n' || c == '|' || c == '“' || c == '”' || c == '"'
	})
	var out []string
	for _, p := range parts {
		p = strings.TrimSpace(strings.Trim(strings.TrimSpace(p), "•·'’‘"))
		fields := strings.Fields(p)
		all := len(fields) > 1
		for _, f := range fields {
			all = all && (cookieLike(f) && strings.ContainsAny(f, "_-.*0123456789") || in(strings.ToLower(f), "and", "or", "&", "/", "et", "und", "y"))
		}
		if all {
			for _, f := range fields {
				if cookieLike(f) && !in(strings.ToLower(f), "and", "or", "&", "/", "et", "und", "y") {
					out = append(out, f)
				}
			}
			continue
		}
		if len(fields) > 1 && cookieLike(fields[0]) && strings.HasPrefix(fields[1], "(") {
			p = fields[0]
		}
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// readCookies takes the rows of cookie tables and of consent platforms' lists.
func (r *reader) readCookies() {
	for i, p := range r.body {
		if !p.header && r.cookieTable(p.table) {
			r.cookieRow(i)
		}
	}
	for _, c := range r.containers {
		r.fromContainer(c)
	}
	r.definitions()
	r.labelledLists()
	r.cookieLines()
	if len(r.doc.Cookies) > maxCookies {
		r.fault("only the first %d cookie declarations were kept", maxCookies)
		r.doc.Cookies = r.doc.Cookies[:maxCookies]
	}
}

func (r *reader) cookieRow(i int) {
	p := r.body[i]
	c := columnRoles(p.columns)
	cell := func(k int) string {
		if k < 0 || k >= len(p.cells) {
			return ""
		}
		return p.cells[k]
	}
	class := purposeClass(cell(c.class))
	if class == "" {
		class = purposeClass(lastHeading(p.path))
	}
	if class == "" {
		class = purposeClass(cell(c.purpose))
	}
	d := CookieDeclaration{
		Provider: cell(c.provider), Purpose: class, PurposeText: cell(c.purpose), Lifetime: cell(c.lifetime),
		LifetimeDays: lifetimeDays(cell(c.lifetime)), Party: party(cell(c.party) + " " + cell(c.class) + " " + cell(c.provider)),
		Start: r.doc.Blocks[i].Start, End: r.doc.Blocks[i].End,
	}
	if c.lifetime < 0 {
		d.Lifetime, d.LifetimeDays = "", lifetimeDays(cell(c.class))
	}
	for _, n := range cookieNames(cell(c.name)) {
		if len(n) > 200 || n == "" {
			continue
		}
		d.Name = n
		r.doc.Cookies = append(r.doc.Cookies, d)
	}
}

func lastHeading(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

// purposeWords by class, the narrow ones first.
var purposeWords = []struct {
	class string
	words []string
}{
	{"necessary", []string{"strictly necessary", "necessary", "essential", "required cookies", "notwendig", "erforderlich", "essenziell", "essentiell", "nécessaire", "indispensable", "essentiel", "necesari", "técnica", "esencial", "necessari", "strikt noodzakelijk", "noodzakelijk", "tecnici", "niezbędne", "security", "load balanc", "csrf", "sécurité", "seguridad", "sicherheit", "bot ", "fraud", "consent", "einwilligung", "consentement", "consentimiento"}},
	{"advertising", []string{"advertis", "marketing", "targeting", "ad ", "ads", "retarget", "remarket", "werbung", "publicit", "reklam", "commercial", "conversion", "pubblicit", "social media cookies", "profilazione", "advertentie"}},
	{"analytics", []string{"analytic", "statisti", "performance", "measure", "analyse", "analysis", "mesure d", "audience", "analític", "analitic", "rendimiento", "estadístic", "leistung", "prestazioni", "prestatie", "visitor", "visits", "usage", "besucher", "distinguish users", "unique users", "unterscheid"}},
	{"functional", []string{"functional", "preference", "functionality", "funktional", "präferenz", "komfort", "fonctionn", "préférence", "funcional", "preferenc", "funzional", "preferenz", "functionel", "voorkeur", "personali", "language", "remember", "settings", "sprache", "langue", "idioma"}},
}

// purposeClass reads a class of cookies from a category or a description.
func purposeClass(s string) string {
	low := strings.ToLower(s) + " "
	best, at := "", len(low)+1
	for _, c := range purposeWords {
		for _, w := range c.words {
			if i := strings.Index(low, w); i >= 0 && i < at && (i == 0 || !wordByte(low[i-1])) {
				best, at = c.class, i
			}
		}
	}
	return best
}

var (
	sessionWords    = lazily(`(?i)\bsess?ion|sitzung|sessie|sesión|sesion|sessione|sessão|browser (?:is )?clos|close (?:the|your) browser|end of (?:the )?visit|schließen|fermeture|cierr|0\s+(?:days?|seconds?)`)
	persistentWords = lazily(`(?i)persist|permanent|dauerhaft|never|unlimited|no expiry|does not expire|unbegrenzt|indefinite`)
)

func persistent(s string) bool { return persistentWords.get().MatchString(s) }

// lifetimeDays reads a lifetime as a table writes it: days, 0 for the session,
// -1 when it gives none or says no more than that it lasts.
func lifetimeDays(s string) float64 {
	if d := durations(s); len(d) > 0 {
		longest := d[0]
		for _, x := range d {
			longest = max(longest, x)
		}
		return longest
	}
	if sessionWords.get().MatchString(s) {
		return 0
	}
	return -1
}

func party(s string) string {
	low := strings.ToLower(s)
	for _, w := range []string{"third party", "third-party", "3rd party", "3rd-party", "drittanbieter", "tiers", "terceros", "tercera", "terze parti", "derde partij"} {
		if strings.Contains(low, w) {
			return "third"
		}
	}
	for _, w := range []string{"first party", "first-party", "1st party", "1st-party", "erstanbieter", "propia", "prima parte", "eigene"} {
		if strings.Contains(low, w) {
			return "first"
		}
	}
	return ""
}

// fromContainer adds a cookie that a consent platform listed. Its place is the
// first block that shows its name; without one it is left at zero.
func (r *reader) fromContainer(c container) {
	d := CookieDeclaration{Name: c.name, Provider: c.provider, PurposeText: c.purpose, Lifetime: c.lifetime,
		LifetimeDays: lifetimeDays(c.lifetime), Party: party(c.party), Purpose: purposeClass(c.group)}
	if d.Purpose == "" {
		d.Purpose = purposeClass(c.purpose)
	}
	for _, o := range r.doc.Cookies {
		if o.Name == d.Name && o.Provider == d.Provider {
			return
		}
	}
	for i, p := range r.body {
		if strings.Contains(p.text, c.name) {
			d.Start, d.End = r.doc.Blocks[i].Start, r.doc.Blocks[i].End
			break
		}
	}
	r.doc.Cookies = append(r.doc.Cookies, d)
}

// definitions reads cookies from definition lists whose terms are names and
// whose definitions state a lifetime.
func (r *reader) definitions() {
	for i := 0; i+1 < len(r.body); i++ {
		term, def := r.body[i], r.body[i+1]
		if term.kind != "term" || def.kind != "definition" || !cookieLike(term.text) || !strings.ContainsAny(term.text, "_-*0123456789") && !strings.Contains(strings.ToLower(def.text), "cookie") {
			continue
		}
		days := lifetimeDays(def.text)
		if days < 0 && !strings.Contains(strings.ToLower(def.text), "cookie") {
			continue
		}
		class := purposeClass(lastHeading(term.path))
		if class == "" {
			class = purposeClass(def.text)
		}
		life := ""
		if days > 0 {
			life = durationWords(def.text)
		} else if days == 0 {
			life = "session"
		}
		r.doc.Cookies = append(r.doc.Cookies, CookieDeclaration{Name: term.text, Purpose: class, PurposeText: def.text, Lifetime: life, LifetimeDays: days,
			Start: r.doc.Blocks[i].Start, End: r.doc.Blocks[i+1].End})
	}
}

// containers collects the cookies in what consent platforms render inside a
// notice: lists whose parts are told by class names.
func (w *walker) containers(root *html.Node) {
	group := ""
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || len(w.page.containers) >= maxCookies {
			continue
		}
		class := strings.ToLower(attr(n, "class"))
		switch {
		case strings.Contains(class, "ot-sdk-cookie-policy-group") && !strings.Contains(class, "desc"),
			strings.Contains(class, "cookiedeclarationtypeheader"), strings.Contains(class, "ot-host-cnt-title"), strings.Contains(class, "cookie-category-title"):
			group = squeeze(textOf(n))
		case strings.Contains(class, "ot-host-info") || strings.Contains(class, "cookie-details-item") || strings.Contains(class, "cookielist-item") || strings.Contains(class, "cookie-detail-row"):
			if c, ok := labelled(n); ok {
				c.group = group
				w.page.containers = append(w.page.containers, c)
			}
		}
	}
}

// labelled reads pairs of label and value: <div>Name</div><div>_ga</div>.
func labelled(n *html.Node) (container, bool) {
	var texts []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			if t := squeeze(d.Data); t != "" && utf8.RuneCountInString(t) < 1000 {
				texts = append(texts, t)
			}
		}
	}
	var c container
	for i := 0; i+1 < len(texts) && i < 60; i++ {
		r := columnRoles([]string{texts[i]})
		if r.known == 0 || len(texts[i]) > 30 {
			continue
		}
		value := strings.TrimLeft(texts[i+1], ": ")
		switch {
		case r.name == 0 && c.name == "":
			c.name = value
		case r.provider == 0 && c.provider == "":
			c.provider = value
		case r.lifetime == 0 && c.lifetime == "":
			c.lifetime = value
		case r.purpose == 0 && c.purpose == "":
			c.purpose = value
		case r.class == 0 && c.group == "":
			c.group = value
		default:
			continue
		}
		i++
	}
	return c, c.name != "" && cookieLike(c.name)
}
