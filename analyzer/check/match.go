package check

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
)

// dataLevel says how closely a statement names a data type.
type dataLevel int

const (
	noData      dataLevel = iota
	emptyData             // no type, or a term that says nothing ("information")
	broaderData           // a broader term
	exactData
)

// empty are terms that name no kind of data. Read as broader terms they would
// cover everything.
var empty = []string{"information", "data"}

type dataKey struct {
	st   *statement
	data string
}

type dataAnswer struct {
	level dataLevel
	path  []string
}

// data returns how closely a statement names a data type and the path from the
// statement's term down to it.
func (m *Matcher) data(st *statement, data string) (dataLevel, []string) {
	key := dataKey{st, data}
	a, ok := m.kinds[key]
	if !ok {
		a.level, a.path = m.readData(st, data)
		m.kinds[key] = a
	}
	return a.level, a.path
}

func (m *Matcher) readData(st *statement, data string) (dataLevel, []string) {
	types := st.DataTypes
	if len(types) == 0 && st.Action == "place_cookies" {
		types = []string{"cookie_identifier"}
	}
	best, via := noData, []string(nil)
	if len(types) == 0 {
		best = emptyData
	}
	for _, t := range types {
		path, ok := m.in.Set.Terms.Subsumes(t, data)
		level := broaderData
		switch {
		case t == data:
			return exactData, []string{data}
		case slices.Contains(empty, t):
			level, path = emptyData, nil
		case !ok:
			continue
		}
		if level > best || level == best && len(path) < len(via) {
			best, via = level, path
		}
	}
	return best, via
}

// about returns the statements that name a data type in some way, or limit
// cookies: the only ones that can cover or deny a flow of it.
func (m *Matcher) about(data string) []*statement {
	list, ok := m.topics[data]
	if !ok {
		for _, st := range m.statements {
			if level, _ := m.data(st, data); level != noData || st.limit != noLimit {
				list = append(list, st)
			}
		}
		m.topics[data] = list
	}
	return list
}

// recipientLevel says how closely a statement names a recipient.
type recipientLevel int

const (
	noRecipient      recipientLevel = iota
	anyRecipient                    // "third parties", or no recipient at all where the action needs one
	siblingRecipient                // another product of the same company
	kindRecipient                   // its category
	namedRecipient                  // itself, its company or the company above
)

type levelKey struct {
	st             *statement
	vendor, domain string
}

type recipientAnswer struct {
	level recipientLevel
	words string
}

// recipient returns how closely a statement names the recipient of a flow, and
// the words in which it does.
func (m *Matcher) recipient(st *statement, f *flow.Flow) (recipientLevel, string) {
	key := levelKey{st, f.Recipient.Vendor, f.Recipient.Domain}
	a, ok := m.levels[key]
	if !ok {
		a.level, a.words = m.namedBy(st, f)
		m.levels[key] = a
	}
	return a.level, a.words
}

func (m *Matcher) namedBy(st *statement, f *flow.Flow) (recipientLevel, string) {
	best, words := noRecipient, ""
	take := func(l recipientLevel, w string) {
		if l > best {
			best, words = l, w
		}
	}
	for _, ref := range refs(st) {
		level := m.ref(ref, f)
		if level == namedRecipient && m.apposed(st, ref) && !product(st, f) {
			level = siblingRecipient
		}
		take(level, ref.Text)
	}
	switch st.Actor {
	case "we", "user", "":
	case "third_party":
		if len(refs(st)) == 0 {
			take(anyRecipient, "third parties")
		}
	default:
		take(m.ref(policy.RecipientRef{Kind: "named", Text: st.Actor}, f), st.Actor)
	}
	if st.Action == "place_cookies" && len(refs(st)) == 0 && thirdParty.MatchString(st.Quote) {
		take(anyRecipient, "third-party cookies")
	}
	if best == noRecipient && len(refs(st)) == 0 && needsRecipient(st.Action) {
		return anyRecipient, "nobody in particular"
	}
	return best, words
}

// apposed reports whether a company is named only to say whose product another
// name in the sentence is: "Google Analytics, a service of Google LLC" is not
// about Google's other products.
func (m *Matcher) apposed(st *statement, ref policy.RecipientRef) bool {
	if ref.Kind != "company" {
		return false
	}
	return slices.ContainsFunc(refs(st), func(r policy.RecipientRef) bool {
		v := m.in.Set.Vendor(r.ID)
		return r.Kind == "vendor" && v != nil && m.sameRoot(v.Company, ref.ID)
	})
}

// product reports whether a sentence names the flow's recipient itself.
func product(st *statement, f *flow.Flow) bool {
	return slices.ContainsFunc(refs(st), func(r policy.RecipientRef) bool { return r.Kind == "vendor" && r.ID == f.Recipient.Vendor })
}

// refs returns whom a statement names. A reader that gives names only is read
// as naming them.
func refs(st *statement) []policy.RecipientRef {
	if len(st.RecipientRefs) > 0 {
		return st.RecipientRefs
	}
	out := make([]policy.RecipientRef, 0, len(st.Recipients))
	for _, name := range st.Recipients {
		out = append(out, policy.RecipientRef{Kind: "named", Text: name})
	}
	return out
}

func (m *Matcher) ref(ref policy.RecipientRef, f *flow.Flow) recipientLevel {
	switch ref.Kind {
	case "vendor":
		return m.vendorRef(ref.ID, f)
	case "company":
		return m.companyRef(ref.ID, f)
	case "category":
		return m.categoryRef(ref.ID, f)
	}
	if m.in.Set.Terms.Recipient(ref.Text) != nil {
		return m.categoryRef(ref.Text, f)
	}
	best := noRecipient
	for _, n := range m.in.Set.NamesOf(ref.Text) {
		if n.Kind == "vendor" {
			best = max(best, m.vendorRef(n.ID, f))
		} else {
			best = max(best, m.companyRef(n.ID, f))
		}
	}
	if sameName(ref.Text, f.Recipient) {
		best = namedRecipient
	}
	return best
}

// sameName compares a name that the knowledge base lacks with a domain:
// "Acme Metrics" and acmemetrics.example.
func sameName(text string, r flow.Recipient) bool {
	name := squeeze(text)
	label, _, _ := strings.Cut(r.Domain, ".")
	return len(name) >= 4 && (name == squeeze(r.Domain) || name == squeeze(label) || r.Entity != "" && name == squeeze(r.Entity))
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func (m *Matcher) company(f *flow.Flow) string {
	if v := m.vendors[f.Recipient.Vendor]; v != nil {
		return v.Company
	}
	return ""
}

func (m *Matcher) vendorRef(id string, f *flow.Flow) recipientLevel {
	if id == f.Recipient.Vendor {
		return namedRecipient
	}
	own := m.company(f)
	if v := m.in.Set.Vendor(id); v != nil && m.sameRoot(v.Company, own) {
		return siblingRecipient
	}
	return noRecipient
}

func (m *Matcher) companyRef(id string, f *flow.Flow) recipientLevel {
	own := m.company(f)
	for c := m.in.Set.Company(own); c != nil; c = m.in.Set.Company(c.Parent) {
		if c.ID == id {
			return namedRecipient
		}
		if c.Parent == c.ID {
			break
		}
	}
	if m.sameRoot(id, own) {
		return siblingRecipient
	}
	return noRecipient
}

// sameRoot reports whether two companies have the same one at the top.
func (m *Matcher) sameRoot(a, b string) bool {
	root := m.in.Set.RootCompany(a)
	return root != nil && root == m.in.Set.RootCompany(b)
}

func (m *Matcher) categoryRef(id string, f *flow.Flow) recipientLevel {
	r := m.in.Set.Terms.Recipient(id)
	switch {
	case r == nil:
		return noRecipient
	case r.Generic:
		return anyRecipient
	case overlap(r.Categories, m.categories(f)):
		return kindRecipient
	}
	return noRecipient
}

// sharing are actions by which data reach somebody else.
var sharing = []string{"share", "disclose", "sell", "rent", "transfer", "provide", "send", "let_collect"}

// needsRecipient reports whether an action makes no sense without somebody who
// receives, so that a statement without one means anybody.
func needsRecipient(action string) bool { return slices.Contains(sharing, action) }

// elsewhere are scopes that do not speak of what a visitor of the site meets.
var elsewhere = []string{"app", "applicants", "children", "employees"}

// audience are the kinds of page whose visitors a scope speaks of.
var audience = map[string]string{"applicants": "careers", "children": "children"}

// concerns reports whether a statement speaks of those who met a flow: what is
// said to applicants holds for what was seen on careers pages alone.
func (m *Matcher) concerns(st *statement, f *flow.Flow) bool {
	if !slices.Contains(elsewhere, st.scope) {
		return true
	}
	kind := audience[st.scope]
	return kind != "" && len(f.Pages) > 0 && !slices.ContainsFunc(f.Pages, func(p string) bool { return !m.onKind(p, kind) })
}

// onKind reports whether a page is of a kind: as the crawler classed it, or
// because it is on a host with such a page at its root.
func (m *Matcher) onKind(page, kind string) bool {
	if m.pageKinds[page] == kind {
		return true
	}
	host := hostOf(page)
	return host != "" && m.hostKinds[host] == kind
}

// cover is how a statement covers a flow.
type cover struct {
	st        *statement
	data      dataLevel
	recipient recipientLevel
	path      []string // from the statement's term to the data type
	words     string   // in which the recipient is named
}

func (c cover) clear() bool {
	return c.data == exactData && c.recipient == namedRecipient
}

// covers reports whether a statement says that the flow happens.
func (m *Matcher) covers(st *statement, f *flow.Flow) (cover, bool) {
	c := cover{st: st}
	if st.Negated || !m.concerns(st, f) || notPractice(st.Action) {
		return c, false
	}
	c.data, c.path = m.data(st, f.DataTypes[0])
	if f.Recipient.Party == flow.First {
		c.recipient, c.words = namedRecipient, "the site itself"
		ok := c.data >= broaderData && (st.Actor == "we" || st.Actor == "user" || st.Actor == "")
		return c, ok
	}
	if st.Actor == "user" {
		return c, false
	}
	c.recipient, c.words = m.recipient(st, f)
	least := kindRecipient
	if needsRecipient(st.Action) || st.Actor != "we" && st.Actor != "" {
		least = anyRecipient
	} else if st.Action == "place_cookies" || st.Action == "use" {
		least = siblingRecipient
		if c.recipient == anyRecipient && st.Action == "place_cookies" {
			least = anyRecipient
		}
	}
	switch {
	case c.recipient < least || c.data == noData:
		return c, false
	case c.data == emptyData && c.recipient < kindRecipient:
		return c, false // "we may share information with third parties" tells nothing
	case len(st.DataTypes) == 0 && personal(f.DataTypes[0]) && f.DataTypes[0] != "session_recording":
		return c, false // "we use X" tells of what any such tool gets, not of names and e-mail addresses
	}
	return c, true
}

// notPractice are actions that say nothing about where data come from or go.
func notPractice(action string) bool {
	switch action {
	case "protect", "delete", "", "respect", "notify", "comply", "link":
		return true
	}
	return false
}
