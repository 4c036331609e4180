package scenario

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// titles of notices by kind.
var titles = map[string]string{
	"privacy": "Privacy policy", "cookie": "Cookie policy", "state": "Notice to Californian consumers", "children": "Children's privacy notice",
	"applicants": "Privacy notice for applicants", "terms": "Terms of use",
}

func (n *Notice) kind() string { return cmp.Or(n.Kind, "privacy") }

func (n *Notice) path() string { return cmp.Or(n.Path, "/"+n.kind()) }

func (n *Notice) title() string { return cmp.Or(n.Title, titles[n.kind()], "Notice") }

func (n *Notice) language() string { return cmp.Or(n.Language, "en") }

func (n *Notice) linkedFrom() []string {
	if n.LinkedFrom == nil {
		return []string{"/"}
	}
	return n.LinkedFrom
}

func (s *Site) notice(w *evidence.Writer, i int) error {
	n := &s.Notices[i]
	id := fmt.Sprintf("d%02d", i+1)
	file := "documents/" + id + ".html"
	sum, err := w.AddBlob(file, []byte(n.text()))
	if err != nil {
		return err
	}
	address := s.resolve(n.path())
	d := evidence.Document{
		ID: id, URL: address, FinalURL: address, Kind: n.kind(), Title: n.title(), MIMEType: "text/html; charset=utf-8", Language: n.language(), Status: 200, FetchedAt: s.startedAt(),
		Raw: file, RawSHA256: sum, DOM: file,
	}
	for _, p := range n.linkedFrom() {
		d.LinkedFrom = append(d.LinkedFrom, evidence.DocLink{Page: s.resolve(p), Text: n.title(), Region: "footer"})
	}
	return w.AddDocument(d)
}

// updatedLabel introduces a date.
var updatedLabel = map[string]string{"en": "Last updated:", "de": "Stand:", "fr": "Dernière mise à jour :", "es": "Última actualización:"}

// filler makes a short text as long as a real one. It says nothing of data, of
// choices, of contacts or of dates. Languages that are not here get none.
var filler = map[string][]string{
	"en": {
		"Lamps hang in kitchens, stand on tables and light the way up the stairs. Some are made of brass, some of glass, and a few of paper that a patient hand has folded many times over. A good lamp is heavy at its foot and light at its top, so that it stays where it was put.",
		"Brass grows dark with the years, and a soft cloth with a little wax brings the shine back. Glass wants warm water and nothing else. Paper is best left alone, or dusted with a brush of goat's hair. A shade that has turned yellow has stood too close to its bulb.",
		"In winter the evenings are long, and a small lamp at the window makes a street friendlier than a large one on a pole. In summer the same lamp stands on the balcony, among basil and thyme, until the moths have found it and everybody goes to bed.",
		"Bulbs differ in their colour. Warm ones suit a bedroom, cooler ones a workbench, and a bulb that flickers suits no room at all. The number on the box tells how much light there is, not how pleasant it will be.",
	},
	"de": {
		"Lampen hängen in Küchen, stehen auf Tischen und leuchten auf der Treppe. Manche sind aus Messing, manche aus Glas und einige wenige aus Papier, das eine geduldige Hand viele Male gefaltet hat. Eine gute Lampe ist unten schwer und oben leicht, damit sie dort bleibt, wo sie steht.",
		"Im Winter sind die Abende lang, und eine kleine Lampe am Fenster macht eine Straße freundlicher als eine große am Mast. Im Sommer steht dieselbe Lampe auf dem Balkon zwischen Basilikum und Thymian, bis die Motten sie gefunden haben und alle ins Bett gehen.",
	},
	"fr": {
		"Les lampes pendent dans les cuisines, se tiennent sur les tables et éclairent l'escalier. Certaines sont en laiton, d'autres en verre, et quelques-unes en papier qu'une main patiente a plié bien des fois. Une bonne lampe est lourde en bas et légère en haut.",
		"En hiver les soirées sont longues, et une petite lampe à la fenêtre rend une rue plus aimable qu'un grand réverbère. En été la même lampe se trouve sur le balcon, entre le basilic et le thym, jusqu'à l'arrivée des papillons de nuit.",
	},
	"es": {
		"Las lámparas cuelgan en las cocinas, están sobre las mesas y alumbran la escalera. Unas son de latón, otras de vidrio y unas pocas de papel que una mano paciente ha doblado muchas veces. Una buena lámpara pesa abajo y es ligera arriba.",
		"En invierno las tardes son largas, y una lámpara pequeña en la ventana hace una calle más amable que una farola grande. En verano la misma lámpara está en el balcón, entre la albahaca y el tomillo, hasta que llegan las polillas.",
	},
}

// text is the notice as HTML.
func (n *Notice) text() string {
	if n.HTML != "" {
		return n.HTML
	}
	var b strings.Builder
	title := html.EscapeString(n.title())
	fmt.Fprintf(&b, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head><body><main><h1>%s</h1>\n", html.EscapeString(n.language()), title, title)
	if n.Updated != "" {
		fmt.Fprintf(&b, "<p>%s %s</p>\n", cmp.Or(updatedLabel[n.language()], updatedLabel["en"]), html.EscapeString(n.Updated))
	}
	fill := filler[strings.Split(n.language(), "-")[0]]
	if len(fill) > 0 {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(fill[0]))
	}
	markdown(&b, n.Says)
	for _, p := range fill[min(1, len(fill)):] {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
	}
	b.WriteString("</main></body></html>")
	return b.String()
}

// markdown writes paragraphs, headings of levels 2 to 4, lists and tables whose
// first row is their head.
func markdown(b *strings.Builder, lines []string) {
	open := "" // element of the list or table that is not closed yet
	for i, line := range lines {
		line = strings.TrimSpace(line)
		kind := ""
		switch {
		case strings.HasPrefix(line, "- "):
			kind = "ul"
		case len(line) > 1 && strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|"):
			kind = "table"
		}
		first := kind != open
		if first {
			closeOpen(b, open)
			if open = kind; kind != "" {
				fmt.Fprintf(b, "<%s>", kind)
			}
		}
		switch {
		case kind == "ul":
			fmt.Fprintf(b, "<li>%s</li>", html.EscapeString(line[2:]))
		case kind == "table":
			row(b, line, first)
		case strings.HasPrefix(line, "#"):
			level := min(max(len(line)-len(strings.TrimLeft(line, "#")), 2), 4)
			fmt.Fprintf(b, "<h%d>%s</h%d>\n", level, html.EscapeString(strings.TrimSpace(strings.TrimLeft(line, "#"))), level)
		default:
			fmt.Fprintf(b, "<p>%s</p>\n", html.EscapeString(line))
		}
		if i == len(lines)-1 {
			closeOpen(b, open)
		}
	}
}

func closeOpen(b *strings.Builder, open string) {
	switch open {
	case "":
	case "table":
		b.WriteString("</tbody></table>\n")
	default:
		fmt.Fprintf(b, "</%s>\n", open)
	}
}

func row(b *strings.Builder, line string, head bool) {
	cell := "td"
	if head {
		cell = "th"
		b.WriteString("<thead>")
	}
	b.WriteString("<tr>")
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for _, c := range slices.Clip(cells) {
		fmt.Fprintf(b, "<%s>%s</%s>", cell, html.EscapeString(strings.TrimSpace(c)), cell)
	}
	b.WriteString("</tr>")
	if head {
		b.WriteString("</thead><tbody>")
	}
}
