package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

	"candor/analyzer"
	"candor/crawler/evidence"
)

// Scenario is a site with what must become of a rule.
type Scenario struct {
	Name     string `yaml:"scenario"`
	Story    string `yaml:"story"` // one sentence for a person
	Site     `yaml:",inline"`
	Earlier  *Site    `yaml:"earlier"`  // the site at an earlier scan; nil without one
	Outcome  string   `yaml:"outcome"`  // of the rule
	Findings []string `yaml:"findings"` // "severity outcome recipient,…": all of the rule's findings; nil asks nothing
	Because  string   `yaml:"because"`  // part of the outcome's reason, or of a finding's title or message

	File string `yaml:"-"`
	Line int    `yaml:"-"`
}

// Site is what is seen.
type Site struct {
	Address string              `yaml:"site"` // scheme and host; default Home
	At      string              `yaml:"at"`   // day of the scan; default 2026-11-01
	Profile Profile             `yaml:"profile"`
	States  map[string]string   `yaml:"states"` // state → outcome of its choice; "" is no record; default none: offered
	Why     map[string]string   `yaml:"why"`    // state → reason of the record
	Pages   []Page              `yaml:"pages"`  // default / and /lamps
	Sends   []Send              `yaml:"sends"`
	Cookies []Cookie            `yaml:"cookies"`
	Storage []Key               `yaml:"storage"`
	Forms   []Form              `yaml:"forms"`
	Typed   []Typed             `yaml:"typed"`
	Calls   []Call              `yaml:"calls"`
	Labels  []Label             `yaml:"labels"`
	Offer   *Offer              `yaml:"offer"`
	Ways    []Way               `yaml:"ways"` // to opt out, of the state optout
	DNS     map[string][]string `yaml:"dns"`  // host → the names that it is an alias of
	Notices []Notice            `yaml:"notices"`
	Gaps    []Gap               `yaml:"gaps"`
}

// Home is the site of a scenario that names none.
const Home = "https://www.lantern-shop.test"

// Profile is what the organisation answers.
type Profile struct {
	Name       string            `yaml:"name"`
	OwnDomains []string          `yaml:"own_domains"`
	Regions    []string          `yaml:"regions"`
	Laws       []string          `yaml:"laws"`
	Facts      map[string]bool   `yaml:"facts"`
	Processors map[string]string `yaml:"processors"` // vendor id or domain → role
}

// Page is a page; in YAML a plain text is a path alone.
type Page struct {
	Path     string            `yaml:"path"`
	Kind     string            `yaml:"kind"`
	Title    string            `yaml:"title"`
	Headings []string          `yaml:"headings"`
	Language string            `yaml:"language"`
	Schema   []string          `yaml:"schema"` // schema.org types
	Words    int               `yaml:"words"`
	Links    []Link            `yaml:"links"` // beside those to notices
	Status   int               `yaml:"status"`
	Mixed    []string          `yaml:"mixed"`     // addresses of http resources
	Failed   string            `yaml:"failed"`    // why it did not load
	FailedIn []string          `yaml:"failed_in"` // states; default all
	Cert     string            `yaml:"cert"`      // what is wrong with its certificate
	Answer   map[string]string `yaml:"answer"`    // headers of the response, lower-case names
	Asks     []string          `yaml:"asks"`      // permissions
}

// Link is an anchor of a page.
type Link struct {
	Text   string `yaml:"text"`
	To     string `yaml:"to"` // path or address
	Region string `yaml:"region"`
	Hidden bool   `yaml:"hidden"` // until something is opened
}

// Send is a request. In its address, body, headers and cookies $ID stands for an
// identifier of the state's visitor and $ANY for one of each request.
type Send struct {
	URL        string            `yaml:"url"`
	Type       string            `yaml:"type"`   // CDP resource type; default Ping
	Method     string            `yaml:"method"` // default GET, with a body POST
	Body       string            `yaml:"body"`
	Cookie     map[string]string `yaml:"cookie"`
	Headers    map[string]string `yaml:"headers"`
	Referer    string            `yaml:"referer"`
	By         string            `yaml:"by"`   // address of the script that sends it
	MIME       string            `yaml:"mime"` // of the answer
	Bytes      int64             `yaml:"bytes"`
	Status     int               `yaml:"status"`
	SetCookies []string          `yaml:"set_cookies"`
	Answer     map[string]string `yaml:"answer"`    // headers of the answer, lower-case names
	OffsetMS   int64             `yaml:"offset_ms"` // since the visit began; default 100
	In         []string          `yaml:"in"`        // states; default none, unless early or late are given
	On         []string          `yaml:"on"`        // paths; default all pages
	Early      []string          `yaml:"early"`     // states in whose choosing visits it is sent before the click
	Late       []string          `yaml:"late"`      // … after it
}

// Cookie is a cookie in the jar.
type Cookie struct {
	Name     string   `yaml:"name"`
	Value    string   `yaml:"value"`  // $ID as in Send
	Domain   string   `yaml:"domain"` // default the site's registrable domain
	Path     string   `yaml:"path"`
	Days     int      `yaml:"days"` // default 90
	Session  bool     `yaml:"session"`
	Secure   bool     `yaml:"secure"`
	HTTPOnly bool     `yaml:"http_only"`
	SameSite string   `yaml:"same_site"`
	By       string   `yaml:"by"`   // address of the script that set it; default the site's
	HTTP     string   `yaml:"http"` // address of the response that set it, instead of a script
	On       string   `yaml:"on"`   // path after which it is there; default the first page
	In       []string `yaml:"in"`   // states; default none, unless made is given
	Made     []string `yaml:"made"` // states: there after the visit that made the choice
}

// Key is an entry of a storage area.
type Key struct {
	Kind   string   `yaml:"kind"` // "local", "session", "indexeddb", "cache"; default local
	Key    string   `yaml:"key"`
	Value  string   `yaml:"value"`  // $ID as in Send
	Origin string   `yaml:"origin"` // default the site's
	By     string   `yaml:"by"`
	In     []string `yaml:"in"`
	On     []string `yaml:"on"`
}

// Form is a form of a page.
type Form struct {
	Page       string   `yaml:"page"`   // path
	Action     string   `yaml:"action"` // path or address; default the page
	Method     string   `yaml:"method"` // default POST
	Heading    string   `yaml:"heading"`
	Submit     string   `yaml:"submit"`
	PolicyLink string   `yaml:"policy_link"` // path or address
	Prechecked []string `yaml:"prechecked"`  // labels of ticked boxes
	Fields     []Field  `yaml:"fields"`
	In         []string `yaml:"in"`
}

// Field is a control of a form.
type Field struct {
	Name         string   `yaml:"name"`
	Label        string   `yaml:"label"`
	Type         string   `yaml:"type"` // default text
	Autocomplete string   `yaml:"autocomplete"`
	Placeholder  string   `yaml:"placeholder"`
	Options      []string `yaml:"options"`
	Required     bool     `yaml:"required"`
	Hidden       bool     `yaml:"hidden"`
	Checked      bool     `yaml:"checked"`
}

// Typed is a made-up value that was typed into a field and not submitted.
type Typed struct {
	Page  string   `yaml:"page"` // path
	Kind  string   `yaml:"kind"` // "email", "name", "user_content", …
	Value string   `yaml:"value"`
	Field string   `yaml:"field"`
	In    []string `yaml:"in"`
}

// Call is what a script did with a function of the browser: see evidence.Call.
type Call struct {
	Script  string   `yaml:"script"`
	API     string   `yaml:"api"`
	Count   int      `yaml:"count"` // default 1
	Object  int      `yaml:"object"`
	Width   int      `yaml:"width"`
	Height  int      `yaml:"height"`
	Texts   []string `yaml:"texts"`
	Values  []string `yaml:"values"`
	Content string   `yaml:"content"`
	In      []string `yaml:"in"`
	On      []string `yaml:"on"`
}

// Label is an entry of an object in which a page keeps what it tells its tags.
type Label struct {
	Source string   `yaml:"source"` // default dataLayer
	Key    string   `yaml:"key"`
	Value  string   `yaml:"value"`
	In     []string `yaml:"in"`
	On     []string `yaml:"on"`
}

// Way is a way to opt out that a page or a notice names.
type Way struct {
	Text     string `yaml:"text"`
	Sentence string `yaml:"sentence"`
	To       string `yaml:"to"`      // where its link leads; "" is a control
	Notice   bool   `yaml:"notice"`  // a notice names it, not the start page
	Outcome  string `yaml:"outcome"` // taken, reached, failed or not-tested
	Why      string `yaml:"why"`
	Account  bool   `yaml:"account"`
}

// Offer is the first layer of a banner, and whether there is a second.
type Offer struct {
	Controls []string `yaml:"controls"` // "role[ link][ WIDTHxHEIGHT][ contrast N][ stands N][ out]: text"
	Second   []string `yaml:"second"`
	Toggles  []string `yaml:"toggles"` // "on: label", "off: label", "locked: label"
	Accept   int      `yaml:"accept"`  // clicks
	Reject   int      `yaml:"reject"`
	Wall     bool     `yaml:"wall"`
	WayBack  []string `yaml:"way_back"`
	Missing  []string `yaml:"missing"`
	Vendors  []string `yaml:"vendors"`
	GPC      string   `yaml:"gpc"`
	Text     string   `yaml:"text"` // of the first layer; default "We use cookies."
}

// Notice is a text that the site publishes.
type Notice struct {
	Kind       string   `yaml:"kind"`        // default privacy
	Path       string   `yaml:"path"`        // path or address; default /KIND, and /privacy of privacy
	Language   string   `yaml:"language"`    // default en
	Title      string   `yaml:"title"`       // default by kind
	Updated    string   `yaml:"updated"`     // "1 March 2026"; "" is no date in the text
	Says       []string `yaml:"says"`        // paragraphs, "## heading", "| a | b |", "- item"
	HTML       string   `yaml:"html"`        // the whole text instead
	LinkedFrom []string `yaml:"linked_from"` // paths; default /; each gets a link to it
}

// Gap is something that could not be observed.
type Gap struct {
	What  string `yaml:"what"`
	Why   string `yaml:"why"`
	Kind  string `yaml:"kind"`
	Page  string `yaml:"page"`
	State string `yaml:"state"`
}

// UnmarshalYAML reads a path alone, or a mapping.
func (p *Page) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*p = Page{Path: node.Value}
		return nil
	}
	type plain Page
	return node.Decode((*plain)(p))
}

// Answers is the profile as the analysis takes it.
func (p Profile) Answers() analyzer.Profile {
	out := analyzer.Profile{Name: p.Name, OwnDomains: p.OwnDomains, Regions: p.Regions, Laws: p.Laws, Facts: p.Facts}
	for _, v := range sortedKeys(p.Processors) {
		out.Processors = append(out.Processors, analyzer.Processor{Vendor: v, Role: p.Processors[v]})
	}
	return out
}

// started is when every scan of a scenario begins that names no day.
var started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func (s *Site) startedAt() time.Time {
	if day, err := time.Parse(time.DateOnly, s.At); err == nil {
		return day.Add(12 * time.Hour)
	}
	return started
}

// states are the site's, in the order of reports.
func (s *Site) states() []evidence.State {
	if len(s.States) == 0 {
		return []evidence.State{evidence.StateNone}
	}
	var out []evidence.State
	for _, st := range evidence.States() {
		if _, ok := s.States[string(st)]; ok {
			out = append(out, st)
		}
	}
	return out
}

func (s *Site) outcome(st evidence.State) string {
	if len(s.States) == 0 {
		return evidence.ChoiceOffered
	}
	return s.States[string(st)]
}

func (s *Site) home() string {
	if s.Address == "" {
		return Home
	}
	return s.Address
}

func (s *Site) pages() []Page {
	if s.Pages == nil {
		return []Page{{Path: "/"}, {Path: "/lamps"}}
	}
	return s.Pages
}

// paths are those of the site's pages.
func (s *Site) paths() []string {
	var out []string
	for _, p := range s.pages() {
		out = append(out, p.Path)
	}
	return out
}
