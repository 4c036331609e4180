package policy

import "strings"

// Some notices declare cookies in lists whose items are labelled: "Cookies: _a,
// _b", "Purpose: …", "Provider: …", "Duration: …". Items that follow each other
// make one declaration.

// maxLabel bounds the label of an item, in bytes.
const maxLabel = 40

// labelOf cuts an item into its label and what the label is for.
func labelOf(text string) (role, value string) {
	label, value, ok := strings.Cut(text, ":")
	if !ok || len(label) > maxLabel || strings.TrimSpace(value) == "" {
		return "", ""
	}
	label = strings.ToLower(strings.Trim(squeeze(label), " *"))
	for _, r := range cookieColumnOrder {
		for _, w := range cookieColumns[r] {
			if label == w {
				return r, strings.TrimSpace(value)
			}
		}
	}
	return "", ""
}

// before is what stands before the first colon of a text.
func before(text string) string {
	label, _, _ := strings.Cut(text, ":")
	return label
}

// labelledLists reads such lists. A list counts when its names look like those
// of cookies and another label of a cookie table stands beside them.
func (r *reader) labelledLists() {
	for i := 0; i < len(r.body); i++ {
		if r.body[i].kind != "item" {
			continue
		}
		found, end, named := map[string]string{}, i, false
		for ; end < len(r.body) && r.body[end].kind == "item" && r.body[end].level == r.body[i].level; end++ {
			role, value := labelOf(r.body[end].text)
			if _, again := found[role]; again && role != "" {
				break
			}
			if role != "" {
				found[role] = value
				named = named || role == "name" && strings.Contains(strings.ToLower(before(r.body[end].text)), "cookie")
			}
		}
		if found["name"] == "" || found["purpose"]+found["lifetime"]+found["provider"] == "" {
			continue
		}
		r.declare(found, named, i, end-1)
		i = end - 1
	}
}

// declare adds what the labels of the items from one to another say. Without
// the word "cookie" on the label, a name has to look like one of a cookie: it
// may be a person's.
func (r *reader) declare(found map[string]string, named bool, from, to int) {
	class := purposeClass(found["class"])
	if class == "" {
		class = purposeClass(lastHeading(r.body[from].path))
	}
	if class == "" {
		class = purposeClass(found["purpose"])
	}
	d := CookieDeclaration{
		Provider: found["provider"], Purpose: class, PurposeText: found["purpose"], Lifetime: found["lifetime"], LifetimeDays: lifetimeDays(found["lifetime"]),
		Party: party(found["party"] + " " + found["class"] + " " + found["provider"]), Start: r.doc.Blocks[from].Start, End: r.doc.Blocks[to].End,
	}
	for _, n := range cookieNames(found["name"]) {
		if cookieLike(n) && len(n) <= 200 && (named || strings.ContainsAny(n, "_-*0123456789")) {
			d.Name = n
			r.doc.Cookies = append(r.doc.Cookies, d)
		}
	}
}
