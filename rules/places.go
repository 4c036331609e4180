package rules

import "slices"

// PlaceClass is a class of sensitive places: pages and forms of a kind that
// makes whatever is sent from them tell more of the visitor. A page is of a class
// when at least two of the sources of signals say so: its address, its title,
// headings, form fields, schema.org types.
type PlaceClass struct {
	Class  string   `yaml:"class"`
	Name   string   `yaml:"name"`
	Pages  string   `yaml:"pages"`  // what its pages are, after "pages": "about health"
	Data   string   `yaml:"data"`   // type of data that the address and title of such a page are; "" when none
	URL    []string `yaml:"url"`    // phrases of the words of an address
	Words  []string `yaml:"words"`  // phrases of titles, headings and labels of fields
	Fields []string `yaml:"fields"` // data types of form fields
	Schema []string `yaml:"schema"` // schema.org types
	Not    []string `yaml:"not"`    // phrases in which a phrase of the class does not count
}

// Place returns the class of sensitive places with this id, or nil.
func (t *Terms) Place(class string) *PlaceClass {
	i := slices.IndexFunc(t.Places, func(c PlaceClass) bool { return c.Class == class })
	if i < 0 {
		return nil
	}
	return &t.Places[i]
}

func (ld *loader) checkPlaces(list *[]PlaceClass, ids termIDs) {
	classes := make([]string, len(*list))
	for i, c := range *list {
		classes[i] = c.Class
		sources := 0
		for _, n := range []int{len(c.URL), 2 * len(c.Words), len(c.Fields), len(c.Schema)} {
			sources += min(n, 2)
		}
		if sources < 2 {
			ld.fault(list, []any{i}, "class %q can never have two signals; expected at least two of url, words, fields and schema", c.Class)
		}
		if c.Data != "" && !ids.data[c.Data] {
			ld.fault(list, []any{i, "data"}, "unknown data type %q; expected an id of terms/data_types.yaml", c.Data)
		}
		for j, d := range c.Fields {
			if !ids.data[d] {
				ld.fault(list, []any{i, "fields", j}, "unknown data type %q; expected an id of terms/data_types.yaml", d)
			}
		}
	}
	ld.checkIDs(list, classes)
}
