package rules

import (
	"net/url"
	"strings"
)

// Container is how the address of a tag manager's script names the container
// that it is: what somebody configured there decides which tags run. It is
// written as an address without its scheme; "*" is any characters, and what
// stands in braces is the container's id: "*/gtm.js?id={GTM-*}",
// "tags.tiqcdn.com/utag/{*}/utag.js".
type Container string

// container is a Container taken apart.
type container struct {
	vendor        *Vendor
	before, after string // of the host and path, around the id when it stands there
	id            string
	param         string // name of the parameter that is the id, "" when it stands in the path
}

// parseContainer takes the pattern apart. It is false when that has no id, or no
// word of its own.
func parseContainer(v *Vendor, c Container) (container, bool) {
	place, query, inQuery := strings.Cut(string(c), "?")
	x := container{vendor: v, before: place}
	in := place
	if inQuery {
		x.param, in, _ = strings.Cut(query, "=")
	}
	before, rest, ok := strings.Cut(in, "{")
	id, after, ok2 := strings.Cut(rest, "}")
	x.id = id
	if !inQuery {
		x.before, x.after = before, after
	}
	switch {
	case !ok || !ok2 || id == "" || strings.ContainsAny(before+id+after, "{}?#") || strings.Contains(id, "**"):
		return x, false
	case inQuery && (x.param == "" || before != "" || after != "" || strings.ContainsAny(place, "{}")):
		return x, false
	}
	return x, strings.Contains(place, "/") && len(strings.Trim(x.before+x.after, "*/")) >= 6
}

// idOf returns the container's id in an address: host and path, and the query.
func (x *container) idOf(place string, query url.Values) string {
	if x.param != "" {
		if id := query.Get(x.param); match(x.id, id) && match(x.before, place) {
			return id
		}
		return ""
	}
	// The id is what lies between the fixed parts, the shortest start first.
	for i := range len(place) + 1 {
		if !match(x.before, place[:i]) {
			continue
		}
		for j := len(place); j > i; j-- {
			if match(x.after, place[j:]) && match(x.id, place[i:j]) {
				return place[i:j]
			}
		}
	}
	return ""
}

// maxContainerURL and maxContainerID bound what is looked at, in bytes.
const maxContainerURL, maxContainerID = 300, 100

// ContainerFor returns the tag manager whose container a script's address names,
// and the container's id; nil and "" when it names none.
func (s *Set) ContainerFor(u *url.URL) (*Vendor, string) {
	place := cleanHost(u.Host) + u.Path
	if len(place) > maxContainerURL {
		return nil, ""
	}
	var query url.Values
	for i := range s.index.containers {
		x := &s.index.containers[i]
		if x.param != "" && query == nil {
			query = u.Query()
		}
		if id := x.idOf(place, query); id != "" && len(id) <= maxContainerID {
			return x.vendor, id
		}
	}
	return nil, ""
}

func (x *index) addContainers(v *Vendor) {
	for _, c := range v.Containers {
		if parsed, ok := parseContainer(v, c); ok {
			x.containers = append(x.containers, parsed)
		}
	}
}

func (ld *loader) checkContainers(v *Vendor) {
	for i, c := range v.Containers {
		if _, ok := parseContainer(v, c); !ok {
			ld.fault(v, []any{"containers", i}, "container %q; expected an address without scheme, with * for any characters and the id in braces, such as */gtm.js?id={GTM-*}", c)
		}
	}
}
