package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"candor/analyzer/policy"
	"candor/rules"
)

var notForChildren = newPhrase(`(?i)\bnot\s+(\w+\s+){0,3}(directed|intended|aimed|designed|targeted|meant|marketed)\b[^.;]{0,60}\b(child|children|minors?|under|13|thirteen)|\bnot\s+for\s+(use by\s+)?(children|minors|anyone under|persons under)|\bdo(es)?\s+not\s+knowingly\b[^.;]{0,80}\b(child|children|under\s+(the\s+age\s+of\s+)?(13|thirteen))|` +
	`\bricht\p{L}*\b[^.;]{0,60}\bnicht\s+an\s+kinder|\bnicht\s+für\s+kinder`)

// notKnowingly is the weaker sentence: it does not say for whom the site is.
var notKnowingly = newPhrase(`(?i)\bnot\s+knowingly\b`)

// childDenial compares the sentence that a site is not for children with pages and
// forms for them. A shop whose goods are for children speaks to their parents: its
// pages do not count, its forms do.
func childDenial(m *Matcher, r *rules.Rule) result {
	var said *policy.Topic
	var in *policy.Document
	for _, d := range m.read {
		for i := range d.Topics {
			if t := &d.Topics[i]; said == nil && t.Kind == "children" && notForChildren.MatchString(t.Quote) {
				said, in = t, d
			}
		}
	}
	if said == nil {
		return result{outcome: NotApplicable, why: "No sentence says that the site is not for children."}
	}
	var res result
	add := func(what, title, message string, outcome Outcome, severity string, pages, proof []string) {
		f := m.siteFinding(r, severity, nil, what)
		f.Outcome, f.Title, f.Pages, f.Evidence = outcome, title, pages, proof
		f.Message = fmt.Sprintf("The text says: “%s” %s", clip(said.Quote, 200), message)
		for i := range in.Statements {
			if st := &in.Statements[i]; st.Start == said.Start {
				f.Statements = []string{st.ID}
				break
			}
		}
		res.findings = append(res.findings, f)
	}
	for i := range m.in.Seen.Forms {
		form := &m.in.Seen.Forms[i]
		x := ageField(form)
		if x == nil {
			continue
		}
		if young := under13(x.Options, m.in.At.Year()); young != "" {
			add("form", "A form offers ages under 13", fmt.Sprintf("The form%s on %s offers “%s”. Whether it lets such visitors in, or keeps them out, was not tried.", headed(form), form.Page, young), NeedsPerson, "medium", []string{form.Page}, []string{form.ID})
			break
		}
	}
	if s := m.childPages(); !s.guessed && len(s.pages) > 0 {
		pages := sorted(s.pages)
		var proof []string
		for _, p := range m.in.Pages {
			if s.pages[p.URL] {
				proof = append(proof, p.ID)
			}
		}
		switch shop := m.shop(pages); {
		case shop && len(res.findings) == 0:
			return result{outcome: Matches, why: fmt.Sprintf("Pages such as %s are of a shop that speaks to parents.", pages[0])}
		case !shop:
			title := r.Title
			if notKnowingly.MatchString(said.Quote) {
				title = "The text says that nothing is knowingly collected from children, and the site has pages for them"
			}
			add("pages", title, fmt.Sprintf("Pages for children were seen, such as %s%s.", pages[0], m.signalsOf(pages[0])), Differs, r.Severity, pages, proof)
		}
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: "No page for children and no form that offers ages under 13 was seen."}
	}
	return res
}

// under13 returns an option by which a visitor says to be younger than 13.
func under13(options []string, year int) string {
	for _, o := range options {
		low := strings.ToLower(o)
		if strings.Contains(low, "under 13") || strings.Contains(low, "younger than 13") || strings.Contains(low, "12 or under") || strings.Contains(low, "12 or younger") {
			return o
		}
		first, _, _ := strings.Cut(strings.NewReplacer("–", " ", "-", " ").Replace(strings.TrimSpace(o)), " ")
		n, err := strconv.Atoi(first)
		if err == nil && (n >= 3 && n <= 12 && len(options) > 3 && !months(options) || year > 2000 && n <= year && n > year-13) {
			return o
		}
	}
	return ""
}

// months reports whether a list of numbers is one of months or of days.
func months(options []string) bool {
	numbers := 0
	highest := 0
	for _, o := range options {
		if n, err := strconv.Atoi(strings.TrimSpace(o)); err == nil {
			numbers, highest = numbers+1, max(highest, n)
		}
	}
	return numbers == len(options) && highest == 12 || len(options) >= 12 && highest <= 31 && slices.ContainsFunc(options, func(o string) bool { s := strings.TrimSpace(o); return s == "1" || s == "01" })
}

// shop reports whether the pages for children are those of a shop.
func (m *Matcher) shop(pages []string) bool {
	for _, p := range m.in.Pages {
		if !slices.Contains(pages, p.URL) {
			continue
		}
		if p.Kind == "product" || slices.ContainsFunc(p.SchemaTypes, func(t string) bool { return strings.HasSuffix(t, "Product") || strings.HasSuffix(t, "Offer") }) ||
			holdsWords(plainWords(p.URL+" / "+p.Title)+" ", childMarket) {
			return true
		}
	}
	return false
}

// signalsOf says what a page was told by.
func (m *Matcher) signalsOf(page string) string {
	for _, p := range m.in.Seen.Places {
		for _, c := range p.Classes {
			if p.Page == page && c.Class == "children" && len(c.Signals) > 0 {
				var words []string
				for _, s := range c.Signals {
					words = append(words, fmt.Sprintf("%s “%s”", s.Source, s.Text))
				}
				return " (told by " + list(shorten(words, 4)) + ")"
			}
		}
	}
	return ""
}
