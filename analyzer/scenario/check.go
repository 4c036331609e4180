package scenario

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/check"
	"candor/crawler/evidence"
	"candor/rules"
)

var slug = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

// checker finds what is wrong with the meaning of a scenario.
type checker struct {
	name   string
	site   *Site
	faults []error
}

func (c *checker) fault(node *yaml.Node, place []any, format string, args ...any) {
	c.faults = append(c.faults, fault(c.name, at(node, place...).Line, format, args...))
}

// oneOf wants a value of a list.
func (c *checker) oneOf(node *yaml.Node, place []any, what, value string, list []string) {
	if !slices.Contains(list, value) {
		c.fault(node, place, "%s %q%s", what, value, rules.DidYouMean(value, list))
	}
}

var (
	outcomes = []string{string(check.Differs), string(check.Matches), string(check.NeedsPerson), string(check.NotApplicable), string(check.NotTested)}
	ways     = []string{evidence.WayTaken, evidence.WayOperated, evidence.WayReached, evidence.WayFailed, evidence.WayNotTested}
	choices  = []string{"", evidence.ChoiceTaken, evidence.ChoiceSent, evidence.ChoiceOffered, evidence.ChoiceNoBanner, evidence.ChoiceNotTested}
	kinds    = []string{"privacy", "cookie", "state", "children", "applicants", "terms"}
)

func (c *checker) scenario(s *Scenario, node *yaml.Node) {
	switch {
	case s.Name == "":
		c.fault(node, nil, "scenario is missing; expected a name in lower case with hyphens")
	case !slug.MatchString(s.Name):
		c.fault(node, []any{"scenario"}, "scenario %q; expected lower-case letters, digits and single hyphens", s.Name)
	}
	if s.Story == "" {
		c.fault(node, nil, "story is missing; expected one sentence that a person can follow")
	}
	if s.Outcome == "" {
		c.fault(node, nil, "outcome is missing; expected one of %s", strings.Join(outcomes, ", "))
	} else {
		c.oneOf(node, []any{"outcome"}, "outcome", s.Outcome, outcomes)
	}
	fires := s.Outcome == string(check.Differs) || s.Outcome == string(check.NeedsPerson)
	if !fires && len(s.Findings) > 0 {
		c.fault(node, []any{"findings"}, "findings with the outcome %s; expected none", s.Outcome)
	}
	for i, f := range s.Findings {
		words := strings.Fields(f)
		if len(words) < 2 || len(words) > 3 || !slices.Contains(rules.Severities, words[0]) || !slices.Contains(outcomes, words[1]) {
			c.fault(node, []any{"findings", i}, "finding %q; expected a severity, an outcome and the recipients, as in \"high differs meta-pixel,criteo\"", f)
		}
	}
	c.checkSite(&s.Site, node)
}

func (c *checker) checkSite(s *Site, node *yaml.Node) {
	if u, err := url.Parse(s.home()); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		c.fault(node, []any{"site"}, "site %q; expected a scheme and a host, as in %s", s.Address, Home)
	}
	if s.At != "" {
		if _, err := time.Parse(time.DateOnly, s.At); err != nil {
			c.fault(node, []any{"at"}, "day %q; expected one like 2026-11-30", s.At)
		}
	}
	var known []string
	for _, st := range evidence.States() {
		known = append(known, string(st))
	}
	for _, st := range sortedKeys(s.States) {
		c.oneOf(node, []any{"states"}, "state", st, known)
		c.oneOf(node, []any{"states", st}, "outcome of the choice", s.States[st], choices)
	}
	for _, st := range sortedKeys(s.Why) {
		c.states(node, []any{"why"}, []string{st})
	}
	c.pages(s, node)
	c.sends(s, node)
	for i := range s.Cookies {
		k := &s.Cookies[i]
		c.named(node, []any{"cookies", i}, "name", k.Name)
		c.states(node, []any{"cookies", i, "in"}, k.In)
		c.states(node, []any{"cookies", i, "made"}, k.Made)
		c.path(node, []any{"cookies", i, "on"}, k.On)
	}
	for i := range s.Storage {
		k := &s.Storage[i]
		c.named(node, []any{"storage", i}, "key", k.Key)
		c.oneOf(node, []any{"storage", i, "kind"}, "kind", cmp.Or(k.Kind, "local"), []string{"local", "session", "indexeddb", "cache"})
		c.where(node, []any{"storage", i}, k.In, k.On)
	}
	c.forms(s, node)
	for i := range s.Calls {
		k := &s.Calls[i]
		c.named(node, []any{"calls", i}, "api", k.API)
		c.where(node, []any{"calls", i}, k.In, k.On)
	}
	for i := range s.Labels {
		c.named(node, []any{"labels", i}, "key", s.Labels[i].Key)
		c.where(node, []any{"labels", i}, s.Labels[i].In, s.Labels[i].On)
	}
	c.notices(s, node)
	c.offer(s.Offer, node)
	for i := range s.Ways {
		c.named(node, []any{"ways", i}, "text", s.Ways[i].Text)
		c.oneOf(node, []any{"ways", i, "outcome"}, "outcome of the way", s.Ways[i].Outcome, ways)
	}
}

func (c *checker) named(node *yaml.Node, place []any, key, value string) {
	if value == "" {
		c.fault(node, place, "%s is missing; expected a text", key)
	}
}

func (c *checker) pages(s *Site, node *yaml.Node) {
	if s.Pages != nil && len(s.Pages) == 0 {
		c.fault(node, []any{"pages"}, "no pages; expected at least one")
		s.Pages = nil
	}
	for i := range s.Pages {
		p := &s.Pages[i]
		if !strings.HasPrefix(p.Path, "/") && !strings.Contains(p.Path, "://") {
			c.fault(node, []any{"pages", i}, "path %q; expected one that begins with /", p.Path)
		}
		if slices.Index(s.paths(), p.Path) != i {
			c.fault(node, []any{"pages", i}, "path %q is there twice; expected each page once", p.Path)
		}
		c.states(node, []any{"pages", i, "failed_in"}, p.FailedIn)
	}
}

func (c *checker) sends(s *Site, node *yaml.Node) {
	for i := range s.Sends {
		x := &s.Sends[i]
		if hostOf(x.URL) == "" {
			c.fault(node, []any{"sends", i}, "url %q; expected an address with scheme and host", x.URL)
		}
		c.where(node, []any{"sends", i}, x.In, x.On)
		c.states(node, []any{"sends", i, "early"}, x.Early)
		c.states(node, []any{"sends", i, "late"}, x.Late)
	}
}

func (c *checker) forms(s *Site, node *yaml.Node) {
	for i := range s.Forms {
		f := &s.Forms[i]
		c.path(node, []any{"forms", i, "page"}, f.Page)
		c.states(node, []any{"forms", i, "in"}, f.In)
		if len(f.Fields)+len(f.Prechecked) == 0 {
			c.fault(node, []any{"forms", i}, "fields is missing; expected at least one field")
		}
		for j, x := range f.Fields {
			c.named(node, []any{"forms", i, "fields", j}, "name or label", x.Name+x.Label)
		}
	}
	for i := range s.Typed {
		t := &s.Typed[i]
		c.named(node, []any{"typed", i}, "kind", t.Kind)
		c.named(node, []any{"typed", i}, "value", t.Value)
		c.path(node, []any{"typed", i, "page"}, t.Page)
		c.states(node, []any{"typed", i, "in"}, t.In)
	}
}

func (c *checker) notices(s *Site, node *yaml.Node) {
	for i := range s.Notices {
		n := &s.Notices[i]
		c.oneOf(node, []any{"notices", i, "kind"}, "kind", n.kind(), kinds)
		if len(n.Says) == 0 && n.HTML == "" {
			c.fault(node, []any{"notices", i}, "says is missing; expected a list of paragraphs")
		}
		for _, p := range n.LinkedFrom {
			c.path(node, []any{"notices", i, "linked_from"}, p)
		}
	}
}

func (c *checker) offer(o *Offer, node *yaml.Node) {
	if o == nil {
		return
	}
	for key, list := range map[string][]string{"controls": o.Controls, "second": o.Second} {
		for i, line := range list {
			if _, err := control(line); err != nil {
				c.fault(node, []any{"offer", key, i}, "%s", err)
			}
		}
	}
	for i, line := range o.Toggles {
		if how, _, ok := strings.Cut(line, ": "); !ok || !slices.Contains([]string{"on", "off", "locked"}, how) {
			c.fault(node, []any{"offer", "toggles", i}, "toggle %q; expected \"on: label\", \"off: label\" or \"locked: label\"", line)
		}
	}
}

func (c *checker) where(node *yaml.Node, place []any, in, on []string) {
	c.states(node, append(slices.Clone(place), "in"), in)
	for i, p := range on {
		c.path(node, append(slices.Clone(place), "on", i), p)
	}
}

// states wants states that the site is visited in.
func (c *checker) states(node *yaml.Node, place []any, in []string) {
	var own []string
	for _, st := range c.site.states() {
		own = append(own, string(st))
	}
	for _, st := range in {
		if !slices.Contains(own, st) {
			c.fault(node, place, "state %q is not among the site's states; expected one of %s", st, strings.Join(own, ", "))
		}
	}
}

// path wants a page of the site.
func (c *checker) path(node *yaml.Node, place []any, p string) {
	if p != "" && !slices.Contains(c.site.paths(), p) {
		c.fault(node, place, "%q is not among the site's pages; expected one of %s", p, strings.Join(c.site.paths(), ", "))
	}
}
