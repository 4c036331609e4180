package check

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/analyzer/change"
	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// Input is what there is to compare.
type Input struct {
	Site       string // registrable domain of the scanned site
	Entity     string // the organisation, as its profile names it; "" when it does not
	Set        *rules.Set
	Documents  []*policy.Document
	Seen       flow.Result
	Choices    choice.Result
	Pages      []evidence.Page
	Links      map[string]PageLinks // id of a visit → the links that rules ask about
	Gaps       []evidence.Gap
	Behaviors  []behavior.Behavior
	Profile    rules.Answers
	At         time.Time         // when the scan began
	Processors map[string]string // vendor id or domain → role
	Recorded   bool              // by another tool: nothing was looked for
	Missing    []string          // kinds of evidence that such a recording does not hold: see evidence.Import
	Partial    []string          // kinds of which it holds a part
	Earlier    *change.Scan      // an earlier scan of the site; nil when none was given
	Redacted   bool              // values were taken out of the evidence, so it holds a part of most kinds
}

// Matcher compares flows with statements. Its methods may be called in any
// order; each gives the same answer every time. It is for one goroutine.
type Matcher struct {
	in         Input
	statements []*statement
	vendors    map[string]*flow.Vendor
	read       []*policy.Document // notices that could be read
	unread     []string           // why others could not, as sentences
	denials    []*statement
	disclosed  map[string]Disclosure

	// What was asked before: a scan asks the same for every flow.
	kinds  map[dataKey]dataAnswer
	levels map[levelKey]recipientAnswer
	topics map[string][]*statement
	naming map[[2]string][]*statement

	covering map[[2]string]bool // broad and narrow term; see speaksOf

	namedIDs map[string]bool              // vendors that the texts name; nil until they are asked for
	rows     map[string]string            // cookies with a row in a table; nil until they are asked for
	byID     map[string]*flow.Flow        // nil until they are asked for
	effects  map[[2]string]*choice.Effect // by kind and id
	promised []control                    // nil until they are asked for

	wordings []wording               // nil until they are asked for
	calls    map[string][]rules.Name // vendor id → how it and its company are called

	keepsCookie map[string]bool // recipients that keep an identifier in a cookie

	answers  map[string][]policy.Answer // of notices, by id; made when first asked for
	found    map[string][]Finding       // rule → what it found, for those that roll it up
	outcome  map[string]Outcome
	children *childScope // nil until it is asked for

	pageKinds map[string]string // address → kind of page
	hostKinds map[string]string // host → kind of the page at its root
}

// statement is a statement with what its document adds.
type statement struct {
	*policy.Statement
	doc   *policy.Document
	scope string
	limit limit    // on cookies
	kinds []string // of vendors, whose cookies the limit rules out
	third bool     // it speaks of third-party cookies alone
	when  consent  // a condition about consent
	place string   // the part of the site that it speaks of: "careers"; "" is all of it
	order int
}

// languages are how languages are called in sentences.
var languages = map[string]string{
	"de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "pl": "Polish", "sv": "Swedish", "da": "Danish",
	"fi": "Finnish", "nb": "Norwegian", "no": "Norwegian", "cs": "Czech", "ja": "Japanese", "zh": "Chinese", "ko": "Korean", "ru": "Russian", "tr": "Turkish",
}

// New prepares a comparison.
func New(in Input) *Matcher {
	m := &Matcher{
		in: in, vendors: map[string]*flow.Vendor{},
		kinds: map[dataKey]dataAnswer{}, levels: map[levelKey]recipientAnswer{}, topics: map[string][]*statement{}, naming: map[[2]string][]*statement{}, calls: map[string][]rules.Name{}, covering: map[[2]string]bool{},
	}
	m.found, m.outcome = map[string][]Finding{}, map[string]Outcome{}
	m.placePages()
	m.keepsCookie = map[string]bool{}
	for _, f := range in.Seen.Flows {
		if f.Channel == "cookie" {
			m.keepsCookie[f.Recipient.Vendor] = true
		}
	}
	for i := range in.Seen.Vendors {
		m.vendors[in.Seen.Vendors[i].ID] = &in.Seen.Vendors[i]
	}
	for _, d := range in.Documents {
		if why := unreadable(d, in.Set); why != "" {
			m.unread = append(m.unread, why)
			continue
		}
		if len(d.Unread) > 0 {
			m.unread = append(m.unread, fmt.Sprintf("parts of the text at %s are %s, which this version does not read", cmp.Or(d.URL, d.ID), inLanguage(d.Unread[0])))
		}
		m.read = append(m.read, d)
		for i := range d.Statements {
			m.add(&d.Statements[i], d)
		}
	}
	m.disclosed = m.disclose()
	return m
}

// placePages learns of what kind pages and whole hosts are.
func (m *Matcher) placePages() {
	m.pageKinds, m.hostKinds = map[string]string{}, map[string]string{}
	for _, p := range m.in.Pages {
		m.pageKinds[p.URL] = p.Kind
		if u, err := url.Parse(p.URL); err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
			m.hostKinds[u.Hostname()] = p.Kind
		}
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// scopeOfKind is for whom a notice is as a whole.
var scopeOfKind = map[string]string{"applicants": "applicants", "children": "children", "state": "california"}

func (m *Matcher) add(s *policy.Statement, d *policy.Document) {
	st := &statement{Statement: s, doc: d, scope: s.Scope, order: len(m.statements)}
	if st.scope == "" {
		st.scope = scopeOfKind[d.Kind]
	}
	st.limit, st.when, st.place = readLimit(s), readConsent(s), readPlace(s)
	if st.limit != noLimit {
		st.kinds, st.third = deniedKinds(st), thirdOnly(st)
	}
	m.statements = append(m.statements, st)
	if s.Negated {
		m.denials = append(m.denials, st)
	}
}

// inLanguage says in which language a text is.
func inLanguage(code string) string {
	switch name := languages[code]; {
	case code == "und":
		return "in a language that was not recognized"
	case name == "":
		return fmt.Sprintf("in the language %q", code)
	default:
		return name
	}
}

// unreadable says why a notice could not be read, "" when it could.
func unreadable(d *policy.Document, set *rules.Set) string {
	name := d.URL
	if name == "" {
		name = d.ID
	}
	switch {
	case d.Language != "" && !policy.Reads(set, d.Language):
		return fmt.Sprintf("the text at %s is %s, which this version does not read", name, inLanguage(d.Language))
	case d.Obstacle != "":
		return fmt.Sprintf("the notice at %s was not read: %s", name, d.Obstacle)
	case d.Words == 0 && len(d.Statements) == 0:
		return fmt.Sprintf("the notice at %s has no readable text", name)
	}
	return ""
}

// untold says why flows cannot be compared with a text, "" when they can.
func (m *Matcher) untold() string {
	isPrivacy := func(d *policy.Document) bool { return d.Kind == "privacy" }
	switch {
	case len(m.in.Documents) == 0:
		return "no policy was found"
	case len(m.read) == 0, slices.ContainsFunc(m.in.Documents, isPrivacy) && !slices.ContainsFunc(m.read, isPrivacy):
		return strings.Join(m.unread, "; ")
	}
	return ""
}

// doubt softens a finding about something that the texts do not mention, where
// a notice could not be read.
func (m *Matcher) doubt(f *Finding) {
	if len(m.unread) > 0 {
		f.Outcome = NeedsPerson
		f.Message += " Not every notice could be read: " + strings.Join(m.unread[:min(2, len(m.unread))], "; ") + "."
	}
}

// person are data that a visitor is recognised or described by; the rest is
// what every request carries or says little without them.
var identifying = []string{"cookie_identifier", "advertising_identifier", "device_identifier", "device_fingerprint"}

var technical = []string{"ip_address", "user_agent", "language", "screen_properties", "time_zone", "referrer", "page_url", "interaction_events", "browsing_history"}

// personal reports whether a data type names or describes a person by itself:
// it is neither technical nor an identifier of the device.
func personal(data string) bool {
	return !slices.Contains(identifying, data) && !slices.Contains(technical, data)
}

// adLike are categories of recipients that use data for their own ends.
var adLike = []string{"advertising", "affiliate", "cdp", "data_broker", "social"}

func (m *Matcher) categories(f *flow.Flow) []string {
	if v := m.vendors[f.Recipient.Vendor]; v != nil {
		return v.Categories
	}
	return nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// processor reports whether the profile says that a recipient works on the
// organisation's behalf.
func (m *Matcher) processor(r flow.Recipient) bool {
	for _, key := range []string{r.Vendor, r.Domain} {
		if role := m.in.Processors[key]; role == "processor" || role == "service_provider" || role == "business_associate" {
			return true
		}
	}
	return false
}

// dataName is how a data type is called in sentences on what many visitors give.
func (m *Matcher) dataName(id string) string {
	if d := m.in.Set.Terms.DataType(id); d != nil && d.Many != "" {
		return d.Many
	}
	return m.dataTerm(id)
}

// dataTerm is a data type as a term.
func (m *Matcher) dataTerm(id string) string {
	if d := m.in.Set.Terms.DataType(id); d != nil && d.Name != "" {
		return inSentence(d.Name)
	}
	return strings.ReplaceAll(id, "_", " ")
}

// inSentence lowers the first letter of a term, unless it is an abbreviation.
func inSentence(s string) string {
	if len(s) < 2 || s[0] < 'A' || s[0] > 'Z' || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func (m *Matcher) dataNames(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = m.dataName(id)
	}
	return list(names)
}

// vendorName is how a recipient is called in sentences: "Google Analytics
// (Google LLC)".
func (m *Matcher) vendorName(r flow.Recipient) string {
	name := m.calling(r)
	switch inner, ok := strings.CutSuffix(name, ")"); {
	case r.Entity == "" || strings.EqualFold(r.Entity, name):
		return name
	case ok:
		return inner + "; " + r.Entity + ")"
	}
	return name + " (" + r.Entity + ")"
}

// calling is how a recipient is called in titles.
func (m *Matcher) calling(r flow.Recipient) string {
	if v := m.vendors[r.Vendor]; v != nil && v.Name != "" {
		return v.Name
	}
	if v := m.in.Set.Vendor(r.Vendor); v != nil { // its cookie was seen, no request to it
		return v.Name
	}
	if r.Domain != "" {
		return r.Domain
	}
	return r.Vendor
}

// few names the data types of a list that weigh most: sensitive ones, what names a
// person, the rest.
func (m *Matcher) few(ids []string) string {
	weight := func(id string) int {
		switch d := m.in.Set.Terms.DataType(id); {
		case d != nil && d.Sensitive:
			return 0
		case slices.Contains(naming, id):
			return 1
		}
		return 2
	}
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(weight(a), weight(b)) })
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = m.dataName(id)
	}
	return list(shorten(names, 3))
}

// naming are data types that name a person or reach one.
var naming = []string{"email", "email_hash", "name", "phone", "phone_hash", "postal_address", "username"}

// list joins names as in a sentence.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
