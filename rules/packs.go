package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// ruleID is the form of a rule's id: the letters of its pack's series and a
// number, as "CORE-01".
var ruleID = regexp.MustCompile(`^[A-Z][A-Z0-9]*-\d{2,3}$`)

// checkRuleID wants ids as reports print them, and files named after them.
func (ld *loader) checkRuleID(r *Rule, f *file) {
	name := strings.TrimSuffix(path.Base(f.name), ".yaml")
	switch {
	case r.ID == "":
		ld.fault(r, nil, "id is missing; expected %q, the file's name in capitals", strings.ToUpper(name))
	case !ruleID.MatchString(r.ID):
		ld.fault(r, []any{"id"}, "id %q; expected capital letters, a hyphen and two digits", r.ID)
	case strings.ToLower(r.ID) != name:
		ld.fault(r, []any{"id"}, "id %q is not the file's name; expected %q", r.ID, strings.ToUpper(name))
	}
	for i, n := range r.Needs {
		if !slices.Contains(Needs, n) {
			ld.fault(r, []any{"needs", i}, "unknown need %q; expected one of %s", n, strings.Join(Needs, ", "))
		}
	}
}
