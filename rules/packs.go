package rules

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
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
			ld.fault(r, []any{"needs", i}, "unknown need %q%s", n, DidYouMean(n, Needs))
		}
	}
}

func (ld *loader) checkPack(p *Pack, f *file, ids termIDs) {
	if folder := path.Base(path.Dir(f.name)); p.ID != folder {
		ld.fault(p, []any{"id"}, "id %q is not the file's folder; expected %q", p.ID, folder)
	}
	if first := ld.set.Packs[p.ID]; first != p && first != nil {
		ld.fault(p, []any{"id"}, "id %q is already that of %s; expected one pack for an id", p.ID, ld.files[first].where())
	}
	if p.Title == "" {
		ld.fault(p, nil, "title is missing; expected a text")
	}
	ld.checkAppliesIf(p, p.AppliesIf, ids)
}

func (ld *loader) checkAppliesIf(v any, a AppliesIf, ids termIDs) {
	for i, r := range a.Regions {
		if !idForm.MatchString(r) {
			ld.fault(v, []any{"applies_if", "regions", i}, "region %q; expected a code in lower case such as us-ca", r)
		}
	}
	for i, id := range a.Facts {
		if !ids.facts[id] {
			ld.fault(v, []any{"applies_if", "facts", i}, "unknown fact %q; expected an id of terms/profile_facts.yaml%s", id, near(id, ids.facts))
		}
	}
}

func (ld *loader) checkFacts(list *[]Fact) {
	seen := map[string]bool{}
	for i, f := range *list {
		switch {
		case !idForm.MatchString(f.ID):
			ld.fault(list, []any{i, "id"}, "id %q; expected lower-case letters, digits and single underscores", f.ID)
		case seen[f.ID]:
			ld.fault(list, []any{i, "id"}, "%q is listed twice; expected each id once", f.ID)
		case !strings.HasSuffix(f.Question, "?"):
			ld.fault(list, []any{i}, "question %q; expected a sentence that yes or no answers", f.Question)
		}
		seen[f.ID] = true
	}
}

func (ld *loader) checkRule(r *Rule, f *file, ids termIDs) {
	ld.checkRuleID(r, f)
	if pack := path.Base(path.Dir(f.name)); r.Pack != pack {
		ld.fault(r, []any{"pack"}, "pack %q is not the file's folder; expected %q", r.Pack, pack)
	}
	if !slices.Contains(Severities, r.Severity) {
		ld.fault(r, []any{"severity"}, "severity %q; expected one of %s", r.Severity, strings.Join(Severities, ", "))
	}
	for _, required := range []struct{ key, value string }{{"title", r.Title}, {"check", r.Check}, {"why", r.Why}} {
		if required.value == "" {
			ld.fault(r, nil, "%s is missing; expected a text", required.key)
		}
	}
	if r.Owner != "" && !slices.Contains(Owners, r.Owner) {
		ld.fault(r, []any{"owner"}, "owner %q; expected one of %s", r.Owner, strings.Join(Owners, ", "))
	}
	for _, c := range slices.Sorted(maps.Keys(r.Caps)) {
		if !slices.Contains(confidences, c) {
			ld.fault(r, []any{"caps", c}, "unknown confidence %q; expected one of %s", c, strings.Join(confidences, ", "))
		}
		if !slices.Contains(Severities, r.Caps[c]) {
			ld.fault(r, []any{"caps", c}, "severity %q; expected one of %s", r.Caps[c], strings.Join(Severities, ", "))
		}
	}
	for _, d := range []struct{ key, value string }{{"valid_from", r.ValidFrom}, {"valid_to", r.ValidTo}} {
		if _, err := time.Parse(time.DateOnly, d.value); d.value != "" && err != nil {
			ld.fault(r, []any{d.key}, "date %q; expected a day like 2026-11-30", d.value)
		}
	}
	if r.ValidFrom != "" && r.ValidTo != "" && r.ValidFrom > r.ValidTo {
		ld.fault(r, []any{"valid_to"}, "valid_to %q is before valid_from %q; expected a later day", r.ValidTo, r.ValidFrom)
	}
	for i, b := range r.Basis {
		if b.Text == "" {
			ld.fault(r, []any{"basis", i}, "text is missing; expected the law, the case or the guideline")
		}
		if !slices.Contains(BasisStatuses, b.Status) {
			ld.fault(r, []any{"basis", i, "status"}, "status %q; expected one of %s", b.Status, strings.Join(BasisStatuses, ", "))
		}
		if !dateForm.MatchString(b.Date) {
			ld.fault(r, []any{"basis", i, "date"}, "date %q; expected a year and month like 2026-11", b.Date)
		}
	}
	ld.checkAppliesIf(r, r.AppliesIf, ids)
	for _, other := range ld.set.Rules {
		if other != r && other.ID == r.ID && ld.files[other].order < f.order {
			ld.fault(r, []any{"id"}, "id %q is already that of %s; expected one rule for an id", r.ID, ld.files[other].where())
			return
		}
	}
}

// confidences are what caps are for.
var confidences = []string{"direct", "strong", "indirect", "text-weak", "single"}
