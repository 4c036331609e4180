// Package flow turns evidence into flows: which data goes to whom, for what,
// seen where and in which consent state.
//
// It reads each stream of the evidence once and holds aggregates only, so that
// memory follows the number of vendors, cookies and fields, not of requests.
package flow

import "candor/crawler/evidence"

// Confidence says how sure it is that the data went: see the constants.
type Confidence string

// From strongest to weakest.
const (
	Direct   Confidence = "direct"    // a value or id was seen leaving
	Strong   Confidence = "strong"    // known endpoint and event
	Indirect Confidence = "indirect"  // script present only
	TextWeak Confidence = "text-weak" // from words alone
)

// Recipient is who gets the data.
type Recipient struct {
	Vendor string `json:"vendor"` // vendor id; the registrable domain when not recognised
	Entity string `json:"entity"` // company's name; "" when not recognised
	Domain string `json:"domain"` // registrable domain that was contacted
	Party  string `json:"party"`  // "first" or "third"
}

// Flow is ⟨data type, recipient, purpose⟩ with where it was seen. DataTypes
// holds one id; the contract allows for more.
type Flow struct {
	ID         string           `json:"id"`
	DataTypes  []string         `json:"data_types"`
	Recipient  Recipient        `json:"recipient"`
	Purposes   []string         `json:"purposes"`
	Channel    string           `json:"channel"` // "request", "cookie", "storage", "form"
	Confidence Confidence       `json:"confidence"`
	States     []evidence.State `json:"states"`
	Pages      []string         `json:"pages"`
	Evidence   []string         `json:"evidence"` // at most 20 ids, the first of each page
	Detail     string           `json:"detail,omitempty"`
	Places     []string         `json:"places,omitempty"`    // classes of the pages that are sensitive places
	LoadedBy   []Loader         `json:"loaded_by,omitempty"` // tag managers at the start of the chains of scripts that sent it
	Sightings  int              `json:"sightings"`           // requests, cookies, keys or forms that show it; 1 is an unrepeated sighting
}

// Vendor is a recipient seen in the scan.
type Vendor struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Entity     string           `json:"entity"`
	Company    string           `json:"company,omitempty"` // id
	Categories []string         `json:"categories"`
	Domains    []string         `json:"domains"`
	Recognized bool             `json:"recognized"`
	Party      string           `json:"party"`
	Pages      []string         `json:"pages"`
	States     []evidence.State `json:"states"`
	Requests   int              `json:"requests"`
	LoadedBy   []Loader         `json:"loaded_by,omitempty"` // tag managers at the start of the chains of scripts that asked for it
}

// Host summarises the requests to one host.
type Host struct {
	Host     string           `json:"host"`
	Vendor   string           `json:"vendor"`
	Party    string           `json:"party"`
	Alias    string           `json:"alias,omitempty"` // the vendor's name that an own host is an alias of
	Requests int              `json:"requests"`
	Types    map[string]int   `json:"types"` // by CDP resource type
	Methods  map[string]int   `json:"methods"`
	Insecure int              `json:"insecure"` // over http
	Failed   int              `json:"failed"`
	Bytes    int64            `json:"bytes"`
	States   []evidence.State `json:"states"`
	Pages    []string         `json:"pages"`
	Example  string           `json:"example"` // id of a request
}

// Cookie is a cookie over the whole scan: one for each name, domain and path.
type Cookie struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	Domain       string           `json:"domain"`
	Path         string           `json:"path"`
	Party        string           `json:"party"`
	Vendor       string           `json:"vendor"`
	SetBy        evidence.Setter  `json:"set_by"`
	LifetimeDays float64          `json:"lifetime_days"` // -1 when it outlives the session and is not known
	Session      bool             `json:"session"`
	HTTPOnly     bool             `json:"http_only"`
	Secure       bool             `json:"secure"`
	SameSite     string           `json:"same_site"`
	Partitioned  bool             `json:"partitioned,omitempty"`
	Purpose      string           `json:"purpose"`                 // "necessary", "functional", "analytics", "advertising", "unknown"
	PurposeGuess string           `json:"purpose_guess,omitempty"` // what an unknown one may be for; nothing is concluded from it
	GuessedBy    string           `json:"guessed_by,omitempty"`    // what makes that likely: "its name has …"
	Identifier   bool             `json:"identifier"`              // its value looks unique to the visitor
	SetterVendor string           `json:"setter_vendor,omitempty"` // who is behind the script or response that set it
	SetterParty  string           `json:"setter_party,omitempty"`
	LoadedBy     []Loader         `json:"loaded_by,omitempty"`   // tag managers that loaded the script that set it
	CappedDays   float64          `json:"capped_days,omitempty"` // lifetime as stored where the browser made it shorter than it was set
	States       []evidence.State `json:"states"`
	Pages        []string         `json:"pages"`
	Values       []Held           `json:"values"`                // by mark
	MoreValues   bool             `json:"more_values,omitempty"` // it had others beside these
}

// StorageItem is a storage key over the whole scan.
type StorageItem struct {
	ID           string           `json:"id"`
	Kind         string           `json:"kind"`
	Origin       string           `json:"origin"`
	Key          string           `json:"key"`
	Vendor       string           `json:"vendor"`
	Identifier   bool             `json:"identifier"`
	SetBy        evidence.Setter  `json:"set_by"`
	SetterVendor string           `json:"setter_vendor,omitempty"`
	SetterParty  string           `json:"setter_party,omitempty"`
	LoadedBy     []Loader         `json:"loaded_by,omitempty"`
	States       []evidence.State `json:"states"`
	Pages        []string         `json:"pages"`
	Values       []Held           `json:"values"`                // by mark
	MoreValues   bool             `json:"more_values,omitempty"` // it had others beside these
}

// Form is a form with the meaning of its fields.
type Form struct {
	ID             string          `json:"id"`
	Page           string          `json:"page"`
	State          evidence.State  `json:"state"`
	Action         string          `json:"action"`
	Method         string          `json:"method"`
	ActionParty    string          `json:"action_party"`
	ActionVendor   string          `json:"action_vendor"`
	FramedBy       string          `json:"framed_by,omitempty"` // who is behind the frame that it lies in, when that is another party: the page's scripts cannot read it
	Secure         bool            `json:"secure"`
	PolicyLinkNear string          `json:"policy_link_near"`
	Heading        string          `json:"heading,omitempty"`
	Prechecked     []string        `json:"prechecked"`
	Typed          string          `json:"typed,omitempty"` // id of the visit in which made-up values were typed into it or its like
	Fields         []Field         `json:"fields"`
	Classes        []Class         `json:"classes,omitempty"`  // sensitive places that the form is
	ShownAt        string          `json:"shown_at,omitempty"` // id of the first visit whose picture shows it
	Shown          *evidence.Shown `json:"shown,omitempty"`    // where in that picture
}

// Field is a control of a form.
type Field struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	Type      string `json:"type"`
	DataType  string `json:"data_type"` // "" when it is not known
	Sensitive bool   `json:"sensitive"`
	Required  bool   `json:"required"`

	Options []string `json:"options,omitempty"` // of a control that asks for an age, a date of birth or the kind of a request; bounded
}

// Result is everything that was made of the evidence, each slice in a
// specified order: vendors, hosts, cookies, storage, forms and flows by id or
// key; forms by page then document order.
type Result struct {
	Vendors []Vendor
	Hosts   []Host
	Cookies []Cookie
	Storage []StorageItem
	Forms   []Form
	Flows   []Flow
	Leaks   []Leak  // by id
	Labels  []Label // by kind, source and key
	Places  []Place // by page

	visits *visits
	where  map[string][]uint64
}
