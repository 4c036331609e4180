package check

import (
	"regexp"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
)

// declaration is a row of a cookie table, ready to be compared.
type declaration struct {
	*policy.CookieDeclaration
	names []declared
}

type declared struct {
	text    string
	pattern *regexp.Regexp // nil when the name is plain
	stem    string         // without an id at its end; "" when it has none
}

// wildcard is how tables write "anything": *, xxx, <id>, {id}, [id], #, …
var wildcard = regexp.MustCompile(`\*+|<[^<>]{0,40}>|\{[^{}]{0,40}\}|\[[^\[\]]{0,40}\]|(?:[xX]{2,}|[yY]{3,}|[nN]{3,})(?:[-_](?:[xX]{1,}))*|#+|%+|…|\.\.\.$`)

// tailID is an id at the end of a name: "_hjSessionUser_1234567", "_ga_AB12CD34EF".
var tailID = regexp.MustCompile(`[._-](?:[0-9]{3,}|[0-9a-fA-F]{6,}|[A-Z0-9]{6,}|UA-[0-9]+(?:-[0-9]+)?|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,})$`)

const minStem = 3

// declarations reads every row of every cookie table.
func declarations(docs []*policy.Document) []declaration {
	var out []declaration
	for _, d := range docs {
		for i := range d.Cookies {
			row := declaration{CookieDeclaration: &d.Cookies[i]}
			for name := range strings.FieldsFuncSeq(row.Name, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\t' || r == '\u00a0' }) {
				if n, ok := readName(name); ok {
					row.names = append(row.names, n)
				}
			}
			if len(row.names) > 0 {
				out = append(out, row)
			}
		}
	}
	return out
}

func readName(name string) (declared, bool) {
	name = strings.ToValidUTF8(name, "\uFFFD")
	n := declared{text: name}
	plain := wildcard.ReplaceAllString(name, "")
	switch {
	case len(name) > 200 || len(strings.Trim(plain, "._-")) < 2:
		return n, false // "*" alone would declare everything
	case plain != name:
		var re strings.Builder
		re.WriteString("^")
		rest := name
		for {
			at := wildcard.FindStringIndex(rest)
			if at == nil {
				break
			}
			re.WriteString(regexp.QuoteMeta(rest[:at[0]]) + ".*")
			rest = rest[at[1]:]
		}
		re.WriteString(regexp.QuoteMeta(rest) + "$")
		n.pattern = regexp.MustCompile(re.String())
	default:
		n.stem = stem(name)
	}
	return n, true
}

// stem leaves out an id at the end of a name; "" when there is none.
func stem(name string) string {
	at := tailID.FindStringIndex(name)
	if at == nil || at[0] < minStem {
		return ""
	}
	return name[:at[0]]
}

// matches reports whether a name fits a row's wildcard. A name that ends with
// "_" has one, which tables leave out.
func (n declared) matches(cookie string) bool {
	return n.pattern != nil && n.pattern.MatchString(cookie) || strings.HasSuffix(n.text, "_") && strings.HasPrefix(cookie, n.text)
}

// table finds the row that declares a cookie. Names and stems are looked up;
// only names with wildcards are tried one by one, at most maxPatterns of them.
type table struct {
	exact, stems map[string]int // name → place in names
	patterns     []int
	names        []declared
	rows         []*declaration // beside names
}

const maxPatterns = 500

func newTable(rows []declaration) *table {
	t := &table{exact: map[string]int{}, stems: map[string]int{}}
	for i := range rows {
		for _, n := range rows[i].names {
			at := len(t.names)
			t.names, t.rows = append(t.names, n), append(t.rows, &rows[i])
			if _, taken := t.exact[n.text]; !taken {
				t.exact[n.text] = at
			}
			if _, taken := t.stems[n.stem]; n.stem != "" && !taken {
				t.stems[n.stem] = at
			}
			if (n.pattern != nil || strings.HasSuffix(n.text, "_")) && len(t.patterns) < maxPatterns {
				t.patterns = append(t.patterns, at)
			}
		}
	}
	return t
}

// declaring returns the row that declares a cookie, with the name as written:
// the same name goes before a wildcard, that before a name with another id at
// its end.
func (t *table) declaring(cookie string) (*declaration, string) {
	if at, ok := t.exact[cookie]; ok {
		return t.rows[at], t.names[at].text
	}
	for _, at := range t.patterns {
		if t.names[at].matches(cookie) {
			return t.rows[at], t.names[at].text
		}
	}
	if at, ok := t.stems[stem(cookie)]; ok {
		return t.rows[at], t.names[at].text
	}
	return nil, ""
}

// Declared returns the cookies that a cookie table declares: cookie id → the
// name as the table writes it.
func (m *Matcher) Declared() map[string]string {
	t, out := newTable(declarations(m.in.Documents)), map[string]string{}
	for _, c := range m.in.Seen.Cookies {
		if _, name := t.declaring(c.Name); name != "" {
			out[c.ID] = name
		}
	}
	return out
}

// NamedVendors returns the vendors that the texts name, by their own name, by
// that of their company or by that of a company above it. Naming is not
// disclosing: "we do not use X" names X.
func (m *Matcher) NamedVendors() map[string]bool {
	out := map[string]bool{}
	texts := make([]string, len(m.in.Documents))
	for i, d := range m.in.Documents {
		texts[i] = d.Text
	}
	for _, v := range m.in.Seen.Vendors {
		out[v.ID] = m.named(&v, texts)
	}
	return out
}

func (m *Matcher) named(v *flow.Vendor, texts []string) bool {
	f := flow.Flow{Recipient: flow.Recipient{Vendor: v.ID, Entity: v.Entity, Party: v.Party}, DataTypes: []string{""}}
	if len(v.Domains) > 0 {
		f.Recipient.Domain = v.Domains[0]
	}
	for _, st := range m.statements {
		for _, ref := range refs(st) {
			if ref.Kind != "category" && m.ref(ref, &f) == namedRecipient {
				return true
			}
		}
		if st.Actor != "we" && st.Actor != "third_party" && st.Actor != "user" && m.ref(policy.RecipientRef{Kind: "named", Text: st.Actor}, &f) == namedRecipient {
			return true
		}
	}
	words := m.callings(v)
	for _, d := range m.in.Documents {
		for i := range d.Cookies {
			if slices.ContainsFunc(words, func(w string) bool { return hasWord(d.Cookies[i].Provider, w) }) {
				return true
			}
		}
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return hasWord(t, w) })
	})
}

// callings are the names of a vendor, its companies and its domains, without
// those that are ordinary words too.
func (m *Matcher) callings(v *flow.Vendor) []string {
	out := slices.Clone(v.Domains)
	known := m.in.Set.Vendor(v.ID)
	if known != nil {
		out = append(append(append(out, known.Name), known.Aliases...), known.FormerNames...)
		out = slices.DeleteFunc(out, func(n string) bool { return slices.Contains(known.Ambiguous, n) })
	}
	seen := map[string]bool{}
	for c := m.in.Set.Company(v.Company); c != nil && !seen[c.ID]; c = m.in.Set.Company(c.Parent) {
		seen[c.ID] = true
		names := append(append([]string{c.Name}, c.Aliases...), c.FormerNames...)
		out = append(out, slices.DeleteFunc(names, func(n string) bool { return slices.Contains(c.Ambiguous, n) })...)
	}
	return slices.DeleteFunc(out, func(n string) bool { return len(n) < 3 })
}

// hasWord reports whether a text holds a name as whole words, in the same case:
// names are written with capitals, ordinary words are not.
func hasWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		if (start == 0 || !wordByte(text[start-1])) && (end == len(text) || !wordByte(text[end])) {
			return true
		}
		at = start + 1
	}
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}
