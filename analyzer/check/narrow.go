package check

import (
	"fmt"
	"slices"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
	"candor/rules"
)

// narrow gives a matcher that sees only what a rule selects; without a select it
// is the same one. A comparison cannot tell the difference: for it, the rest was
// not there.
func (m *Matcher) narrow(r *rules.Rule, s subject) (*Matcher, error) {
	if r.Select == "" {
		return m, nil
	}
	program, err := compileSelect(s, r.Select)
	if err != nil {
		return nil, fmt.Errorf("select: %w", err)
	}
	sel := &selector{program: program}
	n := *m
	n.effects, n.promised = nil, nil // are worked out of what is narrowed
	switch s {
	case ofFlow:
		n.in.Seen.Flows = only(m.in.Seen.Flows, func(f *flow.Flow) bool { return sel.takes(m.flowEnv(f)) })
		n.keepEffects(choice.Flow, idsOf(n.in.Seen.Flows, func(f *flow.Flow) string { return f.ID }))
	case ofVendor:
		n.narrowVendors(m, sel)
	case ofCookie:
		n.in.Seen.Cookies = only(m.in.Seen.Cookies, func(c *flow.Cookie) bool { return sel.takes(m.cookieEnv(c)) })
		n.keepEffects(choice.Cookie, idsOf(n.in.Seen.Cookies, func(c *flow.Cookie) string { return c.ID }))
	case ofStorage:
		n.in.Seen.Storage = only(m.in.Seen.Storage, func(s *flow.StorageItem) bool { return sel.takes(storageEnvOf(s)) })
		n.keepEffects(choice.Storage, idsOf(n.in.Seen.Storage, func(s *flow.StorageItem) string { return s.ID }))
	case ofForm:
		n.in.Seen.Forms = only(m.in.Seen.Forms, func(f *flow.Form) bool { return sel.takes(formEnvOf(f)) })
		n.in.Seen.Flows = only(m.in.Seen.Flows, func(f *flow.Flow) bool { return f.Channel != "form" || askedBy(f, n.in.Seen.Forms) })
	case ofLabel:
		n.in.Seen.Labels = only(m.in.Seen.Labels, func(l *flow.Label) bool { return sel.takes(labelEnvOf(l)) })
	case ofBehavior:
		n.in.Behaviors = only(m.in.Behaviors, func(b *behavior.Behavior) bool { return sel.takes(m.behaviorEnv(b)) })
		n.keepEffects(choice.Behavior, idsOf(n.in.Behaviors, func(b *behavior.Behavior) string { return b.ID }))
	case ofPage:
		n.in.Pages = only(m.in.Pages, func(p *evidence.Page) bool { return sel.takes(m.pageEnv(p)) })
		urls := idsOf(n.in.Pages, func(p *evidence.Page) string { return p.URL })
		n.in.Seen.Places = only(m.in.Seen.Places, func(p *flow.Place) bool { return urls[p.Page] })
	}
	if sel.err != nil {
		return nil, fmt.Errorf("select: %w", sel.err)
	}
	return &n, nil
}

// narrowVendors keeps what has to do with the selected vendors. What is the
// site's own stays: it is no vendor's.
func (n *Matcher) narrowVendors(m *Matcher, sel *selector) {
	known := map[string]bool{"": true, m.in.Site: true}
	takes := func(id string) bool {
		yes, ok := known[id]
		if !ok {
			yes = sel.takes(m.vendorEnv(id))
			known[id] = yes
		}
		return yes
	}
	n.in.Seen.Vendors = only(m.in.Seen.Vendors, func(v *flow.Vendor) bool { return takes(v.ID) })
	n.in.Seen.Flows = only(m.in.Seen.Flows, func(f *flow.Flow) bool { return takes(f.Recipient.Vendor) })
	n.in.Seen.Cookies = only(m.in.Seen.Cookies, func(c *flow.Cookie) bool { return takes(c.Vendor) })
	n.in.Seen.Storage = only(m.in.Seen.Storage, func(s *flow.StorageItem) bool { return takes(s.Vendor) })
	n.in.Behaviors = only(m.in.Behaviors, func(b *behavior.Behavior) bool { return takes(b.Vendor) })
	n.in.Choices.Effects = only(m.in.Choices.Effects, func(e *choice.Effect) bool {
		if e.Kind == choice.Vendor {
			return takes(e.ID)
		}
		return takes(e.Vendor)
	})
}

// keepEffects leaves out what choices did to things of a kind that were not
// selected.
func (n *Matcher) keepEffects(kind string, ids map[string]bool) {
	n.in.Choices.Effects = only(n.in.Choices.Effects, func(e *choice.Effect) bool { return e.Kind != kind || ids[e.ID] })
}

// askedBy reports whether one of the forms asks for a flow's data on one of its
// pages.
func askedBy(f *flow.Flow, forms []flow.Form) bool {
	return slices.ContainsFunc(forms, func(x flow.Form) bool {
		return slices.Contains(f.Pages, x.Page) && slices.ContainsFunc(x.Fields, func(y flow.Field) bool { return slices.Contains(f.DataTypes, y.DataType) })
	})
}

// only copies the items that are taken; the list itself is shared.
func only[T any](list []T, take func(*T) bool) []T {
	out := []T{}
	for i := range list {
		if take(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}

func idsOf[T any](list []T, id func(*T) string) map[string]bool {
	out := make(map[string]bool, len(list))
	for i := range list {
		out[id(&list[i])] = true
	}
	return out
}
