package policy

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

type pageInfo struct{ Name, Lang, Gold string }

var (
	goldLink = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	goldURL  = regexp.MustCompile(`https?://\S+`)
)

// shingles counts runs of letters and digits of a text.
func shingles(s string) map[string]int {
	s = goldURL.ReplaceAllString(goldLink.ReplaceAllString(html.UnescapeString(s), "$1"), "")
	var run []rune
	for _, c := range strings.ToLower(s) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			run = append(run, c)
		}
	}
	const n = 12
	out := make(map[string]int)
	for i := 0; i+n <= len(run); i++ {
		out[string(run[i:i+n])]++
	}
	return out
}

// TestEvalExtract: the text of the policy without what surrounds it.
func TestEvalExtract(t *testing.T) {
	dir := evalDir(t)
	f, r := map[string]float64{}, map[string]float64{}
	for _, p := range lines[pageInfo](t, dir, "pages.jsonl") {
		raw, err := os.ReadFile(filepath.Join(dir, "pages", p.Name+".html"))
		if err != nil {
			t.Fatal(err)
		}
		gold, err := os.ReadFile(filepath.Join(dir, "pages", p.Name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		doc := Read(Input{ID: p.Name, MIMEType: "text/html", Raw: raw}, loaded(t))
		want, got := shingles(string(gold)), shingles(doc.Text)
		var both, nWant, nGot float64
		for s, n := range want {
			both += float64(min(n, got[s]))
			nWant += float64(n)
		}
		for _, n := range got {
			nGot += float64(n)
		}
		f[p.Name], r[p.Name] = ratio(2*both, nWant+nGot), ratio(both, nWant)
		if f[p.Name] < 0.96 {
			showError("extract", p.Name, "P %.3f R %.3f (%s, %d words) %v", ratio(both, nGot), r[p.Name], p.Lang, doc.Words, doc.Faults)
		}
	}
	printMedian(t, "extract", "F1", f, "0.96")
	printMedian(t, "extract", "recall", r, "0.98")
	low := newTally()
	for id, v := range f {
		if v >= 0.9 {
			low.right(id)
		} else {
			low.missed(id)
		}
	}
	low.print(t, "extract", "pages-over-0.9", recall, "-")
}

type tableCase struct {
	File   string
	Table  int
	Header []string
	Rows   [][]string
	Roles  map[string]string
	Is     bool `json:"is_cookie_table"`
}

// TestEvalTable: which tables list cookies, and their names and lifetimes.
func TestEvalTable(t *testing.T) {
	tables, rows := newTally(), newTally()
	for _, c := range lines[tableCase](t, evalDir(t), "cookie_tables.jsonl") {
		var b strings.Builder
		line := func(tag string, cells []string) {
			b.WriteString("<tr>")
			for _, x := range cells {
				fmt.Fprintf(&b, "<%s>%s</%s>", tag, html.EscapeString(x), tag)
			}
			b.WriteString("</tr>")
		}
		b.WriteString("<main><h1>Cookies</h1><p>This page lists what we set when you visit our site, and for how long it stays.</p><table>")
		if len(c.Header) > 0 {
			line("th", c.Header)
		}
		for _, r := range c.Rows {
			line("td", r)
		}
		b.WriteString("</table></main>")
		doc := Read(Input{ID: c.File, MIMEType: "text/html; charset=utf-8", Raw: []byte(b.String())}, loaded(t))
		got := len(doc.Cookies) > 0
		switch {
		case got && c.Is:
			tables.right(c.File)
		case got:
			tables.wrong(c.File)
			showError("table", c.File, "FALSE %q %q", c.Header, c.Rows[:min(2, len(c.Rows))])
		case c.Is:
			tables.missed(c.File)
			showError("table", c.File, "MISSED %q %q", c.Header, c.Rows[:min(2, len(c.Rows))])
		}
		if !c.Is {
			continue
		}
		name, life := -1, -1
		for k, role := range c.Roles {
			var i int
			fmt.Sscanf(k, "%d", &i)
			switch role {
			case "name":
				name = i
			case "duration":
				life = i
			}
		}
		for _, r := range c.Rows {
			if name < 0 || name >= len(r) || strings.TrimSpace(r[name]) == "" {
				continue
			}
			want := ""
			if life >= 0 && life < len(r) {
				want = squeeze(r[life])
			}
			ok := false
			for _, k := range doc.Cookies {
				ok = ok || strings.Contains(squeeze(r[name]), k.Name) && k.Lifetime == want
			}
			if ok {
				rows.right(c.File)
			} else {
				rows.missed(c.File)
				if got {
					showError("table", c.File, "ROW %q roles %v", r, c.Roles)
				}
			}
		}
	}
	tables.print(t, "table", "precision", precision, "0.97")
	tables.print(t, "table", "recall", recall, "0.97")
	rows.print(t, "table", "rows", recall, "0.98")
}

// mentionLabels are the labels of the mention task for each term.
var mentionLabels = map[string]string{
	"email": "Contact_E_Mail_Address", "phone": "Contact_Phone_Number", "postal_address": "Contact_Postal_Address", "zip_code": "Contact_ZIP", "password": "Contact_Password",
	"location": "Location", "approximate_location": "Location", "precise_location": "Location", "cookie_identifier": "Identifier_Cookie_or_similar_Tech",
	"ip_address": "Identifier_IP_Address", "device_identifier": "Identifier_Device_ID", "advertising_identifier": "Identifier_Ad_ID", "age": "Demographic_Age",
	"date_of_birth": "Demographic_Age", "gender": "Demographic_Gender", "social_information": "Contact_Address_Book",
}

// TestEvalMention: kinds of data that a segment names as such.
func TestEvalMention(t *testing.T) {
	c := newTally()
	lex := lexiconFor(loaded(t))
	measured := map[string]bool{}
	for _, l := range mentionLabels {
		measured[l] = true
	}
	type item struct {
		Text  string
		Label []string
	}
	for i, s := range lines[item](t, evalDir(t), "app350.jsonl") {
		id := fmt.Sprint("block ", i/40) // the file names no policies; neighbours belong together
		doc := Read(Input{ID: id, MIMEType: "text/plain", Language: "en", Raw: []byte(s.Text)}, loaded(t))
		got := map[string]bool{}
		for _, sp := range splitSentences(doc.Text) {
			for _, m := range lex.sentence(doc.Text[sp.start:sp.end], 0, nil).mentions {
				if l := mentionLabels[m.id]; m.kind == mData && l != "" {
					got[l] = true
				}
			}
		}
		want := map[string]bool{}
		for _, l := range s.Label {
			if measured[l] {
				want[l] = true
			}
			if strings.HasPrefix(l, "Location_") {
				want["Location"] = true
			}
		}
		for l := range measured {
			switch {
			case got[l] && want[l]:
				c.right(id)
			case got[l]:
				c.wrong(id)
				showError("mention", id, "FALSE %s <- %.400s", l, s.Text)
			case want[l]:
				c.missed(id)
				showError("mention", id, "MISSED %s <- %.400s", l, s.Text)
			}
		}
	}
	c.print(t, "mention", "F1", f1, "0.85")
}
