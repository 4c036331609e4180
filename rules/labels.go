package rules

import (
	"regexp"
	"slices"
)

// LabelKind is a kind of label that sites put on visitors: a segment, a score, a
// prediction.
type LabelKind struct {
	Kind   string   `yaml:"kind"`
	Name   string   `yaml:"name"`
	Words  []string `yaml:"words"`  // phrases of a key, in any spelling
	Not    []string `yaml:"not"`    // phrases that rule it out
	Values string   `yaml:"values"` // pattern that a value must fit; "" for any
	Data   []string `yaml:"data"`   // data type ids; inferred_profile when empty
}

// ValuePattern returns the pattern of Values, or nil for any value. Load has
// checked it.
func (k *LabelKind) ValuePattern() *regexp.Regexp {
	if k.Values == "" {
		return nil
	}
	return regexp.MustCompile(k.Values)
}

// Label returns the kind of label with this id, or nil.
func (t *Terms) Label(kind string) *LabelKind {
	i := slices.IndexFunc(t.Labels, func(k LabelKind) bool { return k.Kind == kind })
	if i < 0 {
		return nil
	}
	return &t.Labels[i]
}

func (ld *loader) checkLabels(list *[]LabelKind, ids termIDs) {
	kinds := make([]string, len(*list))
	taken := map[string]string{}
	for i, k := range *list {
		kinds[i] = k.Kind
		if len(k.Words) == 0 {
			ld.fault(list, []any{i}, "words is missing; expected phrases of keys")
		}
		for j, w := range k.Words {
			if other, ok := taken[w]; ok {
				ld.fault(list, []any{i, "words", j}, "phrase %q is already that of %q; expected one kind for a phrase", w, other)
				continue
			}
			taken[w] = k.Kind
		}
		if _, err := regexp.Compile(k.Values); err != nil {
			ld.fault(list, []any{i, "values"}, "values %q; expected a pattern: %v", k.Values, err)
		}
		for j, d := range k.Data {
			if !ids.data[d] {
				ld.fault(list, []any{i, "data", j}, "unknown data type %q; expected an id of terms/data_types.yaml", d)
			}
		}
	}
	ld.checkIDs(list, kinds)
}
