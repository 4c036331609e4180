package policy

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// namedIn reads a sentence in a language that is not read: vendors that it
// names are recorded as let in when the sentence does not deny anything.
func (r *reader) namedIn(block int, self map[string]bool) {
	p := r.body[block]
	if p.kind == "heading" {
		return
	}
	for _, sp := range splitSentences(p.text) {
		at := r.sentenceIn(block, sp, self)
		s := &sentence{text: at.text, toks: tokenize(at.text), self: self}
		s.norm = norms(s.toks)
		r.lex.findNames(s)
		if refs := s.refs(0); len(refs) > 0 {
			denied := false
			for i := range s.toks {
				denied = denied || in(s.low(i), "nicht", "kein", "keine", "keinen", "weder", "pas", "aucun", "aucune", "ni", "no", "ningún", "ninguna", "tampoco", "non", "nessun", "geen", "niet", "não", "nie")
			}
			if !denied {
				r.add(at, Statement{Actor: "we", Action: actLet, RecipientRefs: refs})
			}
		}
	}
}

// roleName is a definition of what the text calls its own organisation:
// (hereinafter "the Operator").
var roleName = lazily(`(?i)(?:refer(?:red|s)?\s+to\s+as|hereinafter|hereafter|herein)[^"“”]{0,40}["“](?:the\s+)?((?:service\s+provider|company|developer|operator|owner|provider|publisher|organi[sz]ation|controller|studio|app|application|service|site|website))["”]`)

// providedBy names who runs what the text is about: "this app is provided by
// Acme Apps at no cost", "our site, www.acme.example, is operated by Acme".
var providedBy = lazily(`\b([Tt]his|[Tt]he|[Oo]ur)\s+(?:[Ss]ervice|SERVICE|[Aa]pp|[Aa]pplication|[Ww]ebsite|[Ss]ite)(?:,\s[^\s,]{1,80},)?\s+is\s+(?:provided|operated|owned|run|published|offered)(?:\s+and\s+\w+)?\s+by\s+((?:[A-Z][\w&.'-]*\s?){1,5})`)

// selfNames are the ways in which the text names the organisation: from the
// host, the title, and definitions such as Acme Inc. ("we").
func (r *reader) selfNames() map[string]bool {
	names := make(map[string]bool)
	add := func(s string) {
		s = strings.ToLower(strings.Trim(squeeze(s), " ,.()\"'“”"))
		if len(s) > 2 && len(s) < 50 && !isNotName(s) && r.lex.data.next[singular(s)] == nil {
			names[s] = true
		}
	}
	if u, err := url.Parse(r.doc.URL); err == nil && u.Hostname() != "" {
		if site, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
			add(site)
			label, _, _ := strings.Cut(site, ".")
			add(label)
			add(strings.ReplaceAll(label, "-", " "))
		}
	}
	for _, p := range r.body[:min(len(r.body), 40)] {
		for _, mark := range []string{"(“we”", "(\"we\"", "(“we,”", "(\"we,\"", "(“we”,", "(we,", "(“us”", "(\"us\"", "(the “company”", "(the \"company\"", "(“company”", "(hereinafter", "(collectively"} {
			if i := strings.Index(strings.ToLower(p.text), mark); i > 0 && i < len(p.text) {
				add(nameBefore(p.text[:i]))
			}
		}
	}
	for _, p := range r.body[:min(len(r.body), 40)] {
		for _, m := range roleName.get().FindAllStringSubmatch(p.text[:min(len(p.text), 4_000)], 5) {
			add(m[1])
		}
	}
	for _, p := range r.body[:min(len(r.body), 200)] {
		if !strings.Contains(p.text, " is ") || !strings.Contains(p.text, " by ") {
			continue
		}
		for _, m := range providedBy.get().FindAllStringSubmatch(p.text[:min(len(p.text), 4_000)], 3) {
			if name := withoutForm(strings.TrimSpace(m[2])); m[1] == "this" || m[1] == "This" || len(r.lex.namesIn(name)) == 0 {
				add(m[2])
				add(name)
			}
		}
	}
	for name := range r.subjects() {
		add(name)
	}
	return names
}

// ownActs are verbs that a notice uses of its own organisation, mostly.
var ownActs = wordSet("collects uses shares may will shall does can takes recognizes respects reserves has is processes stores maintains values")

// subjects are the names that stand most often as the subject of a sentence: a
// notice in the third person names its own organisation so. A name must do so
// three times, and a known company only when it is by far the first.
func (r *reader) subjects() map[string]bool {
	counts := make(map[string]int)
	for _, p := range r.body[:min(len(r.body), 2_000)] {
		if p.kind == "row" || p.kind == "heading" || len(p.text) > 20_000 {
			continue
		}
		for _, sp := range splitSentences(p.text) {
			words := strings.Fields(p.text[sp.start:min(sp.end, sp.start+100)])
			for n := 1; n <= 4 && n < len(words); n++ {
				if w := words[n-1]; w[0] < 'A' || w[0] > 'Z' || strings.ContainsAny(w, ",;:()") {
					break
				}
				if ownActs[words[n]] {
					counts[strings.ToLower(strings.Join(words[:n], " "))]++
					break
				}
			}
		}
	}
	best := 0
	for name, n := range counts {
		if !isNotName(firstWord(name)) {
			best = max(best, n)
		}
	}
	out := make(map[string]bool)
	for name, n := range counts {
		known := len(r.lex.namesIn(name)) > 0
		if n >= 3 && n*2 >= best && !isNotName(firstWord(name)) && (!known || n >= 5 && n == best) {
			out[name] = true
		}
	}
	return out
}

// namesIn are the known names that a text is.
func (l *lexicon) namesIn(text string) []entry {
	words := lows(tokenize(text))
	entries, n := l.names.longest(words, 0)
	if n != len(words) {
		return nil
	}
	return entries
}

// nameBefore is the run of capitalised words at the end of a text.
func nameBefore(s string) string {
	words := strings.Fields(s)
	i := len(words)
	for i > 0 && len(words)-i < 5 {
		w := strings.Trim(words[i-1], ",.\"“”")
		if w == "" || w[0] < 'A' || w[0] > 'Z' {
			break
		}
		i--
	}
	return withoutForm(strings.Join(words[i:], " "))
}

// withoutForm is a company's name without its legal form.
func withoutForm(name string) string {
	for _, tail := range []string{", Inc.", " Inc.", ", LLC", " LLC", " Ltd.", " Ltd", " GmbH", " Inc", ", Ltd."} {
		name = strings.TrimSuffix(strings.TrimSuffix(name, ","), tail)
	}
	return name
}
