package rules

import (
	"cmp"
	"slices"
	"strings"
)

// Endpoint is how the requests of a product look whatever host they go to:
// libraries that a site serves itself, and servers on the site's own domain
// that take what was meant for the vendor.
type Endpoint struct {
	Path   string   `yaml:"path"`   // of the request, with "*" for any characters: "*/g/collect"
	Params []string `yaml:"params"` // parameters that it must have: "v=2", "tid=G-*", or a name alone
	Relay  bool     `yaml:"relay"`  // what arrives there is meant for the vendor; without it, for whoever runs the host
}

// endpoint is an Endpoint of a vendor.
type endpoint struct {
	vendor *Vendor
	rule   *Endpoint
}

// EndpointPath reports whether the path of an address may be an endpoint's. It
// is a cheap test before a request is taken apart.
func (s *Set) EndpointPath(path string) bool {
	path = trimPath(path)
	return slices.ContainsFunc(s.index.endpoints, func(e endpoint) bool { return match(trimPath(e.rule.Path), path) })
}

// EndpointFor returns the vendor whose requests look like this and the rule
// that says so, or nils. The value function gives the value of a parameter. The
// rule with the most parameters wins, then the longest path.
func (s *Set) EndpointFor(path string, value func(name string) (string, bool)) (*Vendor, *Endpoint) {
	path = trimPath(path)
	for _, e := range s.index.endpoints {
		if match(trimPath(e.rule.Path), path) && e.rule.has(value) {
			return e.vendor, e.rule
		}
	}
	return nil, nil
}

func (e *Endpoint) has(value func(name string) (string, bool)) bool {
	for _, p := range e.Params {
		name, want, valued := strings.Cut(p, "=")
		got, ok := value(name)
		if !ok || valued && !match(want, got) {
			return false
		}
	}
	return true
}

// trimPath leaves out the slash at the end, which proxies add and take away.
func trimPath(path string) string { return strings.TrimRight(path, "/") }

func (x *index) addEndpoints(v *Vendor) {
	for i := range v.Endpoints {
		x.endpoints = append(x.endpoints, endpoint{v, &v.Endpoints[i]})
	}
}

// sortEndpoints puts the narrow ones first.
func (x *index) sortEndpoints() {
	slices.SortStableFunc(x.endpoints, func(a, b endpoint) int {
		return cmp.Or(cmp.Compare(len(b.rule.Params), len(a.rule.Params)), cmp.Compare(len(b.rule.Path), len(a.rule.Path)))
	})
}

func (ld *loader) checkEndpoints(v *Vendor) {
	for i, e := range v.Endpoints {
		literal := strings.ReplaceAll(e.Path, "*", "")
		if strings.Trim(literal, "/") == "" || e.Path[0] != '/' && e.Path[0] != '*' || strings.ContainsAny(e.Path, "?# ") {
			ld.fault(v, []any{"endpoints", i, "path"}, "path %q; expected a path with * for any characters and a word of its own", e.Path)
		}
		for j, p := range e.Params {
			if name, _, _ := strings.Cut(p, "="); name == "" || strings.Contains(name, "*") {
				ld.fault(v, []any{"endpoints", i, "params", j}, "parameter %q; expected a name, or a name, an equals sign and a value with * for any characters", p)
			}
		}
		if size := len(strings.Trim(literal, "/")); size < 8 && len(e.Params) == 0 || size < 2 && len(e.Params) < 3 {
			ld.fault(v, []any{"endpoints", i}, "the short path %q is not enough to tell this endpoint; expected more params", e.Path)
		}
	}
}

// paramIndex finds what a parameter of one vendor carries.
type paramIndex struct {
	exact    map[string]*Param
	prefixes []prefixParam // longest first
}

type prefixParam struct {
	prefix string
	param  *Param
}

func (x *index) addParams(v *Vendor) {
	if len(v.Params) == 0 {
		return
	}
	p := paramIndex{exact: make(map[string]*Param, len(v.Params))}
	for i := range v.Params {
		param := &v.Params[i]
		if prefix, ok := strings.CutSuffix(param.Name, "*"); ok {
			p.prefixes = append(p.prefixes, prefixParam{prefix, param})
		} else {
			p.exact[param.Name] = param
		}
	}
	slices.SortStableFunc(p.prefixes, func(a, b prefixParam) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	x.params[v] = p
}

// ParamFor returns the rule for a request parameter of a vendor, or nil. Names
// are compared as they are, after URL decoding. An exact name goes before a
// prefix, a longer prefix before a shorter one. A member of a nested value,
// "batch.properties.email", is tried under its whole name, then without its
// first parts, down to "email".
func (s *Set) ParamFor(v *Vendor, name string) *Param {
	p, ok := s.index.params[v]
	if !ok {
		return nil
	}
	for {
		if param := p.exact[name]; param != nil {
			return param
		}
		for _, x := range p.prefixes {
			if strings.HasPrefix(name, x.prefix) {
				return x.param
			}
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return nil
		}
		name = rest
	}
}

// Broad reports whether a rule is for many parameters at once: then a value
// that tells more about itself is believed first.
func (p *Param) Broad() bool { return strings.HasSuffix(p.Name, "*") }

func (ld *loader) checkParams(v *Vendor, ids termIDs) {
	seen := make(map[string]bool)
	for i, p := range v.Params {
		if p.Name == "" || strings.Contains(strings.TrimSuffix(p.Name, "*"), "*") {
			ld.fault(v, []any{"params", i, "name"}, "parameter %q; expected a name, with * only at the end", p.Name)
		}
		if seen[p.Name] {
			ld.fault(v, []any{"params", i}, "parameter %q is listed twice; expected each name once", p.Name)
		}
		seen[p.Name] = true
		if p.Data != "" && !ids.data[p.Data] || p.Data == "" && p.Split == "" {
			ld.fault(v, []any{"params", i, "data"}, "unknown data type %q; expected an id of terms/data_types.yaml", p.Data)
		}
		if p.Split != "" && len(p.Split) != 2 {
			ld.fault(v, []any{"params", i, "split"}, "split %q; expected two characters: what parts the pairs, and what parts name and value", p.Split)
		}
	}
}
