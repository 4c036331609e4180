package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/rules"
)

// bannerVendors compares the recipients that the banner lists with those that
// were seen.
func bannerVendors(m *Matcher, r *rules.Rule) result {
	c, o, missing := m.offered()
	switch {
	case missing != nil:
		return *missing
	case len(o.Vendors) == 0:
		return result{outcome: NotApplicable, why: "No list of recipients was seen in the layers of the banner that were opened."}
	}
	var absent []*flow.Vendor
	met := 0
	for i := range m.in.Seen.Vendors {
		v := &m.in.Seen.Vendors[i]
		if v.Party != flow.Third || !m.stops(v, trackers) || !m.toldApart(v) {
			continue
		}
		if m.listed(v, o.Vendors) {
			met++
		} else {
			absent = append(absent, v)
		}
	}
	switch {
	case len(absent) == 0 && met == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No recipient was seen that the banner would have to list."}
	case len(absent) == 0:
		return result{outcome: Matches, why: fmt.Sprintf("The banner lists %s and names %s.", countOf(len(o.Vendors), "%d recipients", "one recipient"), countOf(met, "all %d that were seen", "the one that was seen"))}
	}
	f := m.offerFinding(r, c, r.Severity)
	f.Recipients = nil
	var names []string
	for _, v := range absent {
		f.Recipients = append(f.Recipients, v.ID)
		names = append(names, m.vendorName(flow.Recipient{Vendor: v.ID, Entity: v.Entity, Domain: v.ID}))
	}
	f.Title = fmt.Sprintf("The banner's list lacks %s", countOf(len(absent), "%d recipients that were seen", "a recipient that was seen"))
	f.Message = fmt.Sprintf("The banner lists %s. Seen, and not found in it: %s.", countOf(len(o.Vendors), "%d recipients", "one recipient"), list(shorten(names, 8)))
	f.Outcome = NeedsPerson // names are written in many ways, and the list is bounded
	byLooks(&f, c)
	return result{findings: []Finding{f}}
}

// toldApart reports whether a recipient got something that a banner would list it
// for.
func (m *Matcher) toldApart(v *flow.Vendor) bool {
	if len(m.in.Choices.Effects) == 0 {
		return v.Recognized
	}
	e := m.seenAs(choice.Vendor, v.ID)
	return e != nil && slices.ContainsFunc(e.In, func(x choice.Sight) bool { return x.Identified > 0 || len(x.Marks) > 0 })
}

// listed reports whether one of the names is that of a vendor, its company, a
// parent company, or one of its domains.
func (m *Matcher) listed(v *flow.Vendor, names []string) bool {
	own := []string{v.Name, v.Entity}
	if known := m.in.Set.Vendor(v.ID); known != nil {
		own = append(own, known.Name)
		for c := m.in.Set.CompanyOf(known); c != nil; c = m.in.Set.Companies[c.Parent] {
			own = append(append(own, c.Name), c.Aliases...)
		}
	}
	own = append(own, v.Domains...)
	return slices.ContainsFunc(names, func(n string) bool {
		n = " " + plainName(n) + " "
		return slices.ContainsFunc(own, func(o string) bool {
			o = plainName(o)
			return len(o) > 1 && (strings.Contains(n, " "+o+" ") || len(strings.TrimSpace(n)) > 3 && strings.HasPrefix(o+" ", strings.TrimLeft(n, " ")))
		})
	})
}

// plainName lowers a name and takes away what companies add to it.
func plainName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' || r == '\u00a0' || r == '\n' })
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.Contains([]string{"inc", "inc.", "llc", "ltd", "ltd.", "gmbh", "limited", "corp", "corp.", "corporation", "co.", "s.a.", "sa", "sas", "b.v.", "bv", "ag", "plc"}, w)
	})
	return strings.Join(words, " ")
}
