package check

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"candor/rules"
)

// Forbidden are words that no report says on its own: whether a law was broken is
// for a person to say.
var Forbidden = regexp.MustCompile(`(?i)\b(violat\w*|(?:il|un)legal\w*|unlawful\w*|(?:non-?)?complian\w*|certif(?:y|ied|ication)|breach\w*)\b`)

// quoted is what a text cites of somebody else.
var quoted = regexp.MustCompile(`“[^”]*”|"[^"]*"`)

// ForbiddenWord returns the first forbidden word of a text outside quotes, ""
// when there is none.
func ForbiddenWord(text string) string {
	return Forbidden.FindString(quoted.ReplaceAllString(text, " "))
}

// Lint finds what is wrong in rules beyond what their reader can know: an unknown
// check, parameters that it does not take, an expression or a template that does
// not hold, words that no report says. It looks at the rules of some packs, or at
// all of them. The faults are in the order of files and lines.
func Lint(set *rules.Set, packs ...string) []*rules.Fault {
	var out []*rules.Fault
	for _, r := range set.Rules {
		if len(packs) > 0 && !slices.Contains(packs, r.Pack) {
			continue
		}
		out = append(out, lintRule(set, r)...)
	}
	slices.SortStableFunc(out, func(a, b *rules.Fault) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return out
}

func lintRule(set *rules.Set, r *rules.Rule) (out []*rules.Fault) {
	fault := func(place []any, format string, args ...any) {
		out = append(out, set.Fault(r, place, format, args...))
	}
	c, known := comparisons[r.Check]
	if !known {
		fault([]any{"check"}, "unknown check %q%s", r.Check, rules.DidYouMean(r.Check, sorted(comparisons)))
	} else {
		for _, name := range sorted(r.Params) {
			lintParam(c.params, name, r.Params[name], func(format string, args ...any) { fault([]any{"params", name}, format, args...) })
		}
	}
	if r.Select != "" && known {
		if _, err := compileSelect(c.subject, r.Select); err != nil {
			fault([]any{"select"}, "select: %s", err)
		}
	}
	if r.SuggestedText != "" {
		if err := lintTemplate(r.SuggestedText); err != nil {
			fault([]any{"suggested_text"}, "suggested_text: %s", err)
		}
	}
	for _, t := range []struct{ key, text string }{{"title", r.Title}, {"why", r.Why}, {"remediation", r.Remediation}, {"suggested_text", r.SuggestedText}} {
		if w := ForbiddenWord(t.text); w != "" {
			fault([]any{t.key}, "%s says %q, which is for a person to say; expected what was observed and what is stated", t.key, w)
		}
	}
	missing := func(format string, args ...any) {
		f := set.Fault(r, nil, format, args...)
		f.Missing = true
		out = append(out, f)
	}
	if r.Owner == "" {
		missing("owner is missing; expected one of %s", strings.Join(rules.Owners, ", "))
	}
	if strings.TrimSpace(r.Remediation) == "" {
		missing("remediation is missing; expected what can be changed on the site or in the text")
	}
	if len(r.Basis) == 0 {
		missing("basis is missing; expected the law, the guideline or the organisation's own decision behind the rule")
	}
	if len(r.Scenarios) == 0 {
		missing("scenarios is missing; expected the names of its stories in scenarios/%s.yaml", strings.ToLower(r.ID))
	}
	return out
}

// lintTemplate fills in a template with everything known, and with nothing.
func lintTemplate(text string) error {
	for _, s := range []Said{{Recipients: "a", DataTypes: "b", Purposes: "c", Site: "d", Entity: "e", Pages: "f"}, {}} {
		if _, err := suggestion(text, s); err != nil {
			return err
		}
	}
	return nil
}

// lintParam says what is wrong with a parameter.
func lintParam(takes params, name string, value any, fault func(string, ...any)) {
	k, ok := takes[name]
	switch {
	case !ok && len(takes) == 0:
		fault("unknown parameter %q; this check takes none", name)
	case !ok:
		fault("unknown parameter %q%s", name, rules.DidYouMean(name, sorted(takes)))
	default:
		lintValue(k, name, value, fault)
	}
}

func lintValue(k kind, name string, value any, fault func(string, ...any)) {
	text, isText := value.(string)
	switch k {
	case aText:
		if !isText {
			fault("%s: expected a text, found %v", name, value)
		}
	case aNumber:
		switch value.(type) {
		case int, float64:
		default:
			fault("%s: expected a number, found %v", name, value)
		}
	case aTruth:
		if _, ok := value.(bool); !ok {
			fault("%s: expected true or false, found %v", name, value)
		}
	case aTexts:
		list, ok := value.([]any)
		for _, v := range list {
			_, isText := v.(string)
			ok = ok && isText
		}
		if !ok {
			fault("%s: expected a list of texts, found %v", name, value)
		}
	case aGroups:
		table, ok := value.(map[string]any)
		if !ok {
			fault("%s: expected a list of texts for each name, found %v", name, value)
		}
		for _, group := range sorted(table) {
			lintValue(aTexts, name+"."+group, table[group], fault)
		}
	case aSeverity:
		if !slices.Contains(rules.Severities, text) {
			fault("%s: severity %v; expected one of %s", name, value, strings.Join(rules.Severities, ", "))
		}
	case aSeverities:
		table, ok := value.(map[string]any)
		if !ok {
			fault("%s: expected a severity for each group, found %v", name, value)
		}
		for _, group := range sorted(table) {
			if s, _ := table[group].(string); !slices.Contains(rules.Severities, s) {
				fault("%s: severity %v of %s; expected one of %s", name, table[group], group, strings.Join(rules.Severities, ", "))
			}
		}
	}
}

// Describe says what a comparison looks at and which parameters it takes, by
// name. ok is false when there is no such comparison.
func Describe(name string) (subject string, params map[string]string, ok bool) {
	c, ok := comparisons[name]
	if !ok {
		return "", nil, false
	}
	params = map[string]string{}
	for p, k := range c.params {
		params[p] = string(k)
	}
	return string(c.subject), params, true
}

// Checks are the names of all comparisons, sorted.
func Checks() []string { return sorted(comparisons) }
