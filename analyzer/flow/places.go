package flow

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"
	"candor/rules"
)

// Bounds of what a page and a form are classed by.
const (
	maxHeadings = 50
	maxSignals  = 12 // of one class on one page
)

// The sources of signals. Two of them must agree on a class.
const (
	fromAddress = "address"
	fromTitle   = "title"
	fromHeading = "heading"
	fromField   = "field"
	fromSchema  = "schema.org"
)

// Class is a class of sensitive places with the evidence for it.
type Class struct {
	Class   string   `json:"class"` // of rules/terms/sensitive_places.yaml
	Signals []Signal `json:"signals"`
}

// Signal is one thing that speaks for a class.
type Signal struct {
	Source string `json:"source"` // "address", "title", "heading", "field", "schema.org"
	Text   string `json:"text"`   // the phrase, data type or schema.org type that was found
}

// Place is a page of at least one class, over all states.
type Place struct {
	Page    string  `json:"page"`
	Classes []Class `json:"classes"`
}

// placeWords knows places by their words.
type placeWords struct{ classes []placeClass }

type placeClass struct {
	rule            *rules.PlaceClass
	url, words, not []string // " word " with single spaces
	all             []string // url and words
}

func newPlaceWords(t *rules.Terms) placeWords {
	var w placeWords
	for i := range t.Places {
		c := &t.Places[i]
		p := placeClass{rule: c, url: phrases(c.URL), words: phrases(c.Words), not: phrases(c.Not)}
		p.all = slices.Concat(p.url, p.words)
		w.classes = append(w.classes, p)
	}
	return w
}

// signals are what speaks for each class, by its index.
type signals map[int][]Signal

func (s signals) add(class int, source, text string) {
	sig := Signal{source, strings.TrimSpace(text)}
	if sig.Text != "" && len(s[class]) < maxSignals && !slices.Contains(s[class], sig) {
		s[class] = append(s[class], sig)
	}
}

// row writes a text as a row of words in which phrases are looked for.
func row(text string) string { return " " + strings.Join(nameWords(text), " ") + " " }

// text adds the phrases of a text.
func (w *placeWords) text(into signals, source, text string) {
	if text == "" {
		return
	}
	words := row(text)
	for i := range w.classes {
		c := &w.classes[i]
		list := c.words
		if source == fromAddress {
			list = c.url
		}
		if found := phraseIn(words, list, c.not); found != "" {
			into.add(i, source, found)
		}
	}
}

// phraseIn returns the longest of the phrases in a row of words that is left when
// the others are taken out, "" when none is.
func phraseIn(row string, list, not []string) string {
	for _, n := range not {
		row = strings.ReplaceAll(row, n, " ")
	}
	longest := ""
	for _, p := range list {
		if len(p) > len(longest) && strings.Contains(row, p) {
			longest = p
		}
	}
	return longest
}

// page collects what a visited page says of itself.
func (w *placeWords) page(p *evidence.Page) signals {
	if len(w.classes) == 0 {
		return nil
	}
	out := signals{}
	w.text(out, fromAddress, addressWords(cmp.Or(p.FinalURL, p.URL)))
	w.text(out, fromTitle, p.Title)
	for i, h := range p.Headings {
		if i == maxHeadings {
			break
		}
		w.text(out, fromHeading, h)
	}
	for _, t := range p.SchemaTypes[:min(len(p.SchemaTypes), maxHeadings)] {
		t = t[strings.LastIndexAny(t, "/:#")+1:]
		for i := range w.classes {
			if slices.Contains(w.classes[i].rule.Schema, t) {
				out.add(i, fromSchema, t)
			}
		}
	}
	return out
}

// addressWords are the words of an address that name its subject: of the host
// below the registrable domain's suffix, and of the path.
func addressWords(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if i := strings.LastIndexByte(host, '.'); i > 0 {
		host = host[:i]
	}
	return host + " / " + u.Path
}

// form collects what a form says of itself.
func (w *placeWords) form(f *evidence.Form, meant []Field) signals {
	if len(w.classes) == 0 {
		return nil
	}
	out := signals{}
	w.text(out, fromHeading, f.Heading)
	w.text(out, fromHeading, f.Submit)
	for _, field := range meant {
		for i := range w.classes {
			if slices.Contains(w.classes[i].rule.Fields, field.DataType) {
				out.add(i, fromField, field.DataType)
			}
		}
		w.text(out, fromField, field.Label+" / "+field.Name)
	}
	return out
}

// classesOf returns the classes that at least two sources speak for, one of them
// among own, in the order of the rules.
func (w *placeWords) classesOf(own, others signals) []Class {
	var out []Class
	for i := range w.classes {
		if len(own[i]) == 0 {
			continue
		}
		all := slices.Concat(own[i], others[i])
		sources := map[string]bool{}
		for _, s := range all {
			sources[s.Source] = true
		}
		if len(sources) < 2 {
			continue
		}
		slices.SortFunc(all, func(a, b Signal) int {
			return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Text, b.Text))
		})
		all = slices.Compact(all)
		out = append(out, Class{w.classes[i].rule.Class, all[:min(len(all), maxSignals)]})
	}
	return out
}

// addForm adds what a form of the page says.
func (v *visit) addForm(s signals) {
	if v.forms == nil {
		v.forms = signals{}
	}
	for class, list := range s {
		for _, sig := range list {
			v.forms.add(class, sig.Source, sig.Text)
		}
	}
}

// classify decides what the visited pages are, once their forms are known. What
// stands in a form alone makes the form of a class, not its page: a log-in in the
// head of every page does not make every page a log-in.
func (b *builder) classify() {
	for i := range b.visits.list {
		v := &b.visits.list[i]
		v.classes = b.places.classesOf(v.own, v.forms)
		v.own, v.forms = nil, nil
	}
}

// told is what a text was found to tell.
type told struct{ data, why string }

// tells returns what data type a page's address or title is by itself, "" when
// it is none: the page is of a sensitive class and the text names it.
func (b *builder) tells(visit int, text string) told {
	classes := b.visits.list[visit].classes
	if len(classes) == 0 || len(text) > maxLabel {
		return told{}
	}
	// A page sends its address and title again and again.
	if b.told == nil || b.toldVisit != visit || len(b.told) >= maxHeadings {
		b.toldVisit, b.told = visit, map[string]told{}
	}
	if t, ok := b.told[text]; ok {
		return t
	}
	t := told{}
	for i := range b.places.classes {
		p := &b.places.classes[i]
		if p.rule.Data == "" || !slices.ContainsFunc(classes, func(c Class) bool { return c.Class == p.rule.Class }) {
			continue
		}
		if found := phraseIn(row(text), p.all, p.not); found != "" {
			t = told{p.rule.Data, "the page is of the class " + p.rule.Class + " and this names " + quote(found)}
			break
		}
	}
	b.told[text] = t
	return t
}

// searchTells returns what data type words that were searched for are.
func (b *builder) searchTells(text string) told {
	words := row(text)
	for i := range b.places.classes {
		p := &b.places.classes[i]
		if p.rule.Data == "" {
			continue
		}
		if found := phraseIn(words, p.words, p.not); found != "" {
			return told{p.rule.Data, "the search says " + quote(found)}
		}
	}
	return told{}
}

func quote(phrase string) string { return "“" + strings.TrimSpace(phrase) + "”" }

func (b *builder) placeList() []Place {
	pages := map[string]signals{}
	for _, v := range b.visits.list {
		for _, c := range v.classes {
			i := slices.IndexFunc(b.places.classes, func(p placeClass) bool { return p.rule.Class == c.Class })
			if pages[v.url] == nil {
				pages[v.url] = signals{}
			}
			for _, s := range c.Signals {
				pages[v.url].add(i, s.Source, s.Text)
			}
		}
	}
	out := []Place{}
	for _, page := range sortedKeys(pages, func(s string) string { return s }) {
		out = append(out, Place{page, b.places.classesOf(pages[page], nil)})
	}
	return out
}
