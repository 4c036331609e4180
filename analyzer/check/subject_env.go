package check

import (
	"net/url"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
)

// What an expression in a rule's select sees, by subject. Names are those of
// scan.json; rules/packs/README.md lists them from here. Lists are cut at
// maxSelectList.

// flowEnv is one flow: a data type that goes to a recipient.
type flowEnv struct {
	DataTypes  []string `expr:"data_types"`
	Vendor     string   `expr:"vendor"` // vendor id, or registrable domain of one that is not known
	Entity     string   `expr:"entity"` // company
	Domain     string   `expr:"domain"`
	Party      string   `expr:"party"`      // "first" or "third"
	Categories []string `expr:"categories"` // of the recipient
	Recognized bool     `expr:"recognized"` // the knowledge base knows the recipient
	Processor  bool     `expr:"processor"`  // the profile says that it works for the organisation
	Purposes   []string `expr:"purposes"`
	Channel    string   `expr:"channel"`    // "request", "cookie", "storage" or "form"
	Confidence string   `expr:"confidence"` // "direct", "strong", "indirect" or "text-weak"
	States     []string `expr:"states"`
	Pages      []string `expr:"pages"`
	Places     []string `expr:"places"`  // classes of the pages that are sensitive places
	Verdict    string   `expr:"verdict"` // "clear", "vague", "ambiguous", "incorrect", "omitted", "not-tested"
	Sightings  int      `expr:"sightings"`
}

// vendorEnv is one recipient.
type vendorEnv struct {
	ID            string   `expr:"id"`
	Name          string   `expr:"name"`
	Entity        string   `expr:"entity"`
	Categories    []string `expr:"categories"`
	Domains       []string `expr:"domains"`
	Recognized    bool     `expr:"recognized"`
	Party         string   `expr:"party"`
	Processor     bool     `expr:"processor"`
	NamedInPolicy bool     `expr:"named_in_policy"`
	Pages         []string `expr:"pages"`
	States        []string `expr:"states"`
	Requests      int      `expr:"requests"`
}

// cookieEnv is one cookie.
type cookieEnv struct {
	Name         string   `expr:"name"`
	Domain       string   `expr:"domain"`
	Path         string   `expr:"path"`
	Party        string   `expr:"party"`
	Vendor       string   `expr:"vendor"`
	Categories   []string `expr:"categories"` // of the vendor
	SetBy        string   `expr:"set_by"`     // "http", "script" or "unknown"
	SetterVendor string   `expr:"setter_vendor"`
	LifetimeDays float64  `expr:"lifetime_days"` // 0 of a session cookie, -1 when it is not known
	Session      bool     `expr:"session"`
	HTTPOnly     bool     `expr:"http_only"`
	Secure       bool     `expr:"secure"`
	SameSite     string   `expr:"same_site"`
	Purpose      string   `expr:"purpose"` // "necessary", "functional", "analytics", "advertising", "unknown"
	Identifier   bool     `expr:"identifier"`
	Declared     bool     `expr:"declared"` // a cookie table lists it
	Pages        []string `expr:"pages"`
	States       []string `expr:"states"`
}

// storageEnv is one key of web storage.
type storageEnv struct {
	Kind       string   `expr:"kind"`
	Origin     string   `expr:"origin"`
	Key        string   `expr:"key"`
	Vendor     string   `expr:"vendor"`
	Identifier bool     `expr:"identifier"`
	Pages      []string `expr:"pages"`
	States     []string `expr:"states"`
}

// formEnv is one form of a page.
type formEnv struct {
	Page           string   `expr:"page"`
	State          string   `expr:"state"`
	Action         string   `expr:"action"`
	Method         string   `expr:"method"`
	ActionParty    string   `expr:"action_party"`
	ActionVendor   string   `expr:"action_vendor"`
	Secure         bool     `expr:"secure"`
	PolicyLinkNear string   `expr:"policy_link_near"` // address; "" is none
	Heading        string   `expr:"heading"`
	Prechecked     []string `expr:"prechecked"`
	DataTypes      []string `expr:"data_types"` // of its fields
	Sensitive      bool     `expr:"sensitive"`  // one of its fields asks for sensitive data
	Places         []string `expr:"places"`     // classes of sensitive places that it is
	Fields         int      `expr:"fields"`     // how many there are
}

// labelEnv is one label of a visitor.
type labelEnv struct {
	Source string   `expr:"source"`
	Key    string   `expr:"key"`
	Value  string   `expr:"value_redacted"`
	Kind   string   `expr:"kind"`
	SentTo []string `expr:"sent_to"`
	Pages  []string `expr:"pages"`
	States []string `expr:"states"`
}

// behaviorEnv is something that a script did.
type behaviorEnv struct {
	Kind       string   `expr:"kind"`
	Script     string   `expr:"script"`
	Vendor     string   `expr:"vendor"`
	Categories []string `expr:"categories"`
	Confidence string   `expr:"confidence"`
	Detail     string   `expr:"detail"`
	Pages      []string `expr:"pages"`
	States     []string `expr:"states"`
	Sightings  int      `expr:"sightings"`
}

// pageEnv is one visit of a page.
type pageEnv struct {
	URL      string   `expr:"url"`
	Host     string   `expr:"host"`
	Path     string   `expr:"path"`
	Kind     string   `expr:"kind"` // "home", "sign-up", "careers", …
	Title    string   `expr:"title"`
	Language string   `expr:"language"`
	State    string   `expr:"state"`
	Status   int      `expr:"status"`
	Places   []string `expr:"places"` // classes of sensitive places
}

// environments by subject, empty: what expressions are checked against.
var environments = map[subject]any{
	ofFlow: flowEnv{}, ofVendor: vendorEnv{}, ofCookie: cookieEnv{}, ofStorage: storageEnv{}, ofForm: formEnv{}, ofLabel: labelEnv{}, ofBehavior: behaviorEnv{}, ofPage: pageEnv{},
}

func (m *Matcher) flowEnv(f *flow.Flow) flowEnv {
	v := m.vendors[f.Recipient.Vendor]
	return flowEnv{
		DataTypes: cut(f.DataTypes), Vendor: f.Recipient.Vendor, Entity: f.Recipient.Entity, Domain: f.Recipient.Domain, Party: f.Recipient.Party,
		Categories: cut(m.categories(f)), Recognized: v != nil && v.Recognized, Processor: m.processor(f.Recipient), Purposes: cut(f.Purposes), Channel: f.Channel,
		Confidence: string(f.Confidence), States: stateNames(f.States), Pages: cut(f.Pages), Places: cut(f.Places), Verdict: string(m.disclosed[f.ID].Verdict), Sightings: f.Sightings,
	}
}

func (m *Matcher) vendorEnv(id string) vendorEnv {
	v := m.vendors[id]
	if v == nil { // its cookie was seen, no request to it
		v = &flow.Vendor{ID: id, Name: id}
		if k := m.in.Set.Vendor(id); k != nil {
			v.Name, v.Categories, v.Recognized = k.Name, k.Categories, true
		}
	}
	return vendorEnv{
		ID: v.ID, Name: v.Name, Entity: v.Entity, Categories: cut(v.Categories), Domains: cut(v.Domains), Recognized: v.Recognized, Party: v.Party,
		Processor: m.processor(flow.Recipient{Vendor: v.ID}), NamedInPolicy: m.namedVendors()[id], Pages: cut(v.Pages), States: stateNames(v.States), Requests: v.Requests,
	}
}

func (m *Matcher) cookieEnv(c *flow.Cookie) cookieEnv {
	return cookieEnv{
		Name: c.Name, Domain: c.Domain, Path: c.Path, Party: c.Party, Vendor: c.Vendor, Categories: cut(m.categoriesOf(c.Vendor)), SetBy: c.SetBy.Kind, SetterVendor: c.SetterVendor,
		LifetimeDays: c.LifetimeDays, Session: c.Session, HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: c.SameSite, Purpose: c.Purpose, Identifier: c.Identifier,
		Declared: m.declared()[c.ID] != "", Pages: cut(c.Pages), States: stateNames(c.States),
	}
}

func storageEnvOf(s *flow.StorageItem) storageEnv {
	return storageEnv{Kind: s.Kind, Origin: s.Origin, Key: s.Key, Vendor: s.Vendor, Identifier: s.Identifier, Pages: cut(s.Pages), States: stateNames(s.States)}
}

func formEnvOf(f *flow.Form) formEnv {
	e := formEnv{
		Page: f.Page, State: string(f.State), Action: f.Action, Method: f.Method, ActionParty: f.ActionParty, ActionVendor: f.ActionVendor, Secure: f.Secure,
		PolicyLinkNear: f.PolicyLinkNear, Heading: f.Heading, Prechecked: cut(f.Prechecked), DataTypes: []string{}, Places: []string{}, Fields: len(f.Fields),
	}
	for _, x := range f.Fields {
		if x.DataType != "" {
			e.DataTypes = append(e.DataTypes, x.DataType)
		}
		e.Sensitive = e.Sensitive || x.Sensitive
	}
	e.DataTypes = cut(compact(e.DataTypes))
	for _, c := range f.Classes {
		e.Places = append(e.Places, c.Class)
	}
	return e
}

func labelEnvOf(l *flow.Label) labelEnv {
	return labelEnv{Source: l.Source, Key: l.Key, Value: l.Value, Kind: l.Kind, SentTo: cut(l.SentTo), Pages: cut(l.Pages), States: stateNames(l.States)}
}

func (m *Matcher) behaviorEnv(b *behavior.Behavior) behaviorEnv {
	return behaviorEnv{
		Kind: string(b.Kind), Script: b.Script, Vendor: b.Vendor, Categories: cut(m.categoriesOf(b.Vendor)), Confidence: string(b.Confidence), Detail: b.Detail,
		Pages: cut(b.Pages), States: stateNames(b.States), Sightings: b.Sightings,
	}
}

func (m *Matcher) pageEnv(p *evidence.Page) pageEnv {
	e := pageEnv{URL: p.URL, Kind: p.Kind, Title: p.Title, Language: p.Language, State: string(p.State), Status: p.Status, Places: []string{}}
	if u, err := url.Parse(p.URL); err == nil {
		e.Host, e.Path = u.Hostname(), u.Path
	}
	for _, place := range m.in.Seen.Places {
		if place.Page == p.URL {
			for _, c := range place.Classes {
				e.Places = append(e.Places, c.Class)
			}
		}
	}
	return e
}

// categoriesOf are those of a vendor that was seen or is known.
func (m *Matcher) categoriesOf(vendor string) []string {
	if v := m.vendors[vendor]; v != nil {
		return v.Categories
	}
	if v := m.in.Set.Vendor(vendor); v != nil {
		return v.Categories
	}
	return nil
}

func cut(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list[:min(len(list), maxSelectList)]
}

func stateNames(states []evidence.State) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

// namedVendors is what NamedVendors says, worked out once.
func (m *Matcher) namedVendors() map[string]bool {
	if m.namedIDs == nil {
		m.namedIDs = m.NamedVendors()
	}
	return m.namedIDs
}

// declared is what Declared says, worked out once.
func (m *Matcher) declared() map[string]string {
	if m.rows == nil {
		m.rows = m.Declared()
	}
	return m.rows
}
