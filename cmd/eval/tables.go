package main

import (
	"fmt"
	"html"
	"strings"

	"candor/analyzer/policy"
)

type tableCase struct {
	File   string
	Table  int
	Header []string
	Rows   [][]string
	Roles  map[string]string
	Is     bool `json:"is_cookie_table"`
}

// tables: which tables list cookies, and their names and lifetimes.
func tables(m *measurement) error {
	list, err := lines[tableCase](m, "cookie_tables.jsonl")
	if err != nil {
		return err
	}
	found, rows := newTally(), newTally()
	for _, c := range list {
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
		doc := policy.Read(policy.Input{ID: c.File, MIMEType: "text/html; charset=utf-8", Raw: []byte(b.String())}, m.set)
		got := len(doc.Cookies) > 0
		switch {
		case got && c.Is:
			found.right(c.File)
		case got:
			found.wrong(c.File)
			m.mistake("table", c.File, "FALSE %q %q", c.Header, c.Rows[:min(2, len(c.Rows))])
		case c.Is:
			found.missed(c.File)
			m.mistake("table", c.File, "MISSED %q %q", c.Header, c.Rows[:min(2, len(c.Rows))])
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
					m.mistake("table", c.File, "ROW %q roles %v", r, c.Roles)
				}
			}
		}
	}
	m.figure("table", "precision", found, precision)
	m.figure("table", "recall", found, recall)
	m.figure("table", "rows", rows, recall)
	return nil
}

// squeeze makes every run of white space one space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
