package draft

import (
	"fmt"
	"io"
	"strings"

	"candor/reports"
)

// Markdown writes the draft as GitHub-flavoured Markdown.
func Markdown(w io.Writer, rep *reports.Report) error {
	d := newDraft(rep)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	row := func(cells ...string) { line("| %s |", strings.Join(cells, " | ")) }
	line("# Draft disclosure for %s\n", md(d.Host))
	line("From what a browser observed on %s, for a person to edit. What stands in brackets is for you to fill in or decide.\n", md(d.Date))
	if !d.Complete {
		line("The scan is incomplete: there may be more.\n")
	}
	line("> %s\n", md(d.Notice))
	line("## Cookies and browser storage\n")
	if len(d.Stored) == 0 {
		line("None was observed.\n")
	} else {
		row("Name", "Kind", "Whose", "Purpose", "How long", "In the texts now")
		row("---", "---", "---", "---", "---", "---")
		for _, s := range d.Stored {
			row(md(s.Name), md(s.Kind), md(s.Whose), md(s.Purpose), md(s.Lifetime), md(s.Now))
		}
		line("")
	}
	rest(&b, d.StoredLeft)
	line("## Who receives data\n")
	if len(d.Recipients) == 0 {
		line("No other company was observed receiving data.\n")
	} else {
		row("Product", "Company", "What it gets", "What for", "When", "In the texts now")
		row("---", "---", "---", "---", "---", "---")
		for _, r := range d.Recipients {
			row(md(r.Name), md(r.Company), md(r.Gets), md(r.For), md(r.When), md(r.Now))
		}
		line("")
		for _, r := range d.Recipients {
			line("### %s\n", md(r.Name))
			line("%s\n", md(r.Paragraph))
			for _, n := range r.Notes {
				line("- For the editor: %s", md(n))
			}
			if len(r.Notes) > 0 {
				line("")
			}
		}
	}
	rest(&b, d.RecipientsLeft)
	line("## What to change\n")
	for _, c := range d.Changes {
		line("- **%s** (%s)", md(c.Title), md(c.Severity))
		if c.Site != "" {
			line("  - On the site or in the text: %s", md(c.Site))
		}
		for _, t := range c.Text {
			line("  - In the text: %s", md(t))
		}
	}
	if len(d.Changes) == 0 {
		line("No finding asks for a change.")
	}
	rest(&b, d.ChangesLeft)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("render draft: %w", err)
	}
	return nil
}

func rest(b *strings.Builder, n int) {
	if n > 0 {
		fmt.Fprintf(b, "\n%d more are in scan.json.\n\n", n)
	}
}

// md is outside text as text of a line or a cell: what Markdown could read as
// markup, a list or an address is escaped. Brackets stay, because the draft's own
// questions are in them: without a parenthesis after it none is a link.
func md(s string) string {
	var b strings.Builder
	before, start := ' ', true // start: nothing but digits so far
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}#!|~@", r), i == 0 && strings.ContainsRune("+-=", r), start && strings.ContainsRune(".)", r),
			r == '(' && before == ']', r == ':' && strings.HasPrefix(s[i:], "://"), r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		start, before = start && '0' <= r && r <= '9', r
	}
	return b.String()
}
