package draft

import (
	"fmt"
	"io"
	"strings"
)

// asMarkdown writes the draft as GitHub-flavoured Markdown.
func asMarkdown(w io.Writer, d *draft) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	row := func(cells ...string) { line("| %s |", strings.Join(cells, " | ")) }
	head := func(keys ...string) {
		cells, rule := make([]string, len(keys)), make([]string, len(keys))
		for i, k := range keys {
			cells[i], rule[i] = d.Must("draft.col."+k), "---"
		}
		row(cells...)
		row(rule...)
	}
	line("# %s\n", d.Must("draft.title", md(d.Host)))
	line("%s\n", d.Must("draft.lead", md(d.Date)))
	if !d.Complete {
		line("%s\n", d.Must("draft.incomplete"))
	}
	line("> %s\n", md(d.Notice.Text))
	line("## %s\n", d.Must("draft.stored"))
	if len(d.Stored) == 0 {
		line("%s\n", d.Must("draft.stored.none"))
	} else {
		head("name", "kind", "whose", "purpose", "life", "now")
		for _, s := range d.Stored {
			row(md(s.Name), md(s.Kind), md(s.Whose), md(s.Purpose), md(s.Lifetime), md(s.Now))
		}
		line("")
	}
	d.rest(&b, d.StoredLeft)
	line("## %s\n", d.Must("draft.receive"))
	if len(d.Recipients) == 0 {
		line("%s\n", d.Must("draft.receive.none"))
	} else {
		head("product", "company", "gets", "for", "when", "now")
		for _, r := range d.Recipients {
			row(md(r.Name), md(r.Company), md(r.Gets), md(r.For), md(r.When), md(r.Now))
		}
		line("")
		for _, r := range d.Recipients {
			line("### %s\n", md(r.Name))
			line("%s\n", md(r.Paragraph))
			for _, n := range r.Notes {
				line("- %s", d.Must("draft.editor", md(n)))
			}
			if len(r.Notes) > 0 {
				line("")
			}
		}
	}
	d.rest(&b, d.RecipientsLeft)
	line("## %s\n", d.Must("draft.change"))
	for _, c := range d.Changes {
		line("- **%s** (%s)", md(c.Title.Text), md(c.Severity))
		if c.Site.Text != "" {
			line("  - %s", d.Must("draft.change.site", md(c.Site.Text)))
		}
		for _, t := range c.Text {
			line("  - %s", d.Must("draft.change.text", md(t)))
		}
	}
	if len(d.Changes) == 0 {
		line("%s", d.Must("draft.change.none"))
	}
	d.rest(&b, d.ChangesLeft)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("render draft: %w", err)
	}
	return nil
}

func (d *draft) rest(b *strings.Builder, n int) {
	if n > 0 {
		fmt.Fprintf(b, "\n%s\n\n", d.Must("draft.more", n))
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
