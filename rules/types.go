// Package rules holds all that people edit: who is who (companies), what sends
// what (trackers), what words mean (terms), how consent banners work (consent)
// and what is compared and why (packs). The YAML under it is embedded; Load reads and checks it.
//
// A Set is immutable after Load and safe for use by several goroutines. Every
// fault in a file is reported with its file, line and what was expected.
//
// Data carry facts with their source. No text or list under non-commercial or
// GPL terms is in here.
package rules

// Set is everything loaded.
type Set struct {
	Version   string // "sha256:" and 12 hex digits over all files, so equal content has an equal version
	Companies map[string]*Company
	Vendors   []*Vendor // by id
	Terms     *Terms
	Packs     map[string]*Pack
	Rules     []*Rule // by id
	Own       []Own   // packs beside the embedded ones, by id

	Platforms    []*ConsentPlatform // by id
	ConsentWords []*ConsentWords    // by language

	files map[*Rule]*file // where each rule was read
	index index           // host, path and cookie look-ups; built by Load
}

// Company is an organisation that may own several vendors (products).
type Company struct {
	ID          string   `yaml:"id"`
	Name        string   `yaml:"name"`    // legal or usual name: "Google LLC"
	Aliases     []string `yaml:"aliases"` // as policies write it: "Google", "Alphabet"
	FormerNames []string `yaml:"former_names"`
	Parent      string   `yaml:"parent"`    // id of a company
	Country     string   `yaml:"country"`   // ISO 3166-1 alpha-2
	Domains     []string `yaml:"domains"`   // its own sites: registrable domains that are not a tracker's
	Ambiguous   []string `yaml:"ambiguous"` // aliases that are ordinary words and need context ("Segment", "Branch")
	Sources     []Source `yaml:"sources"`
}

// Vendor is a product that receives data.
type Vendor struct {
	ID          string       `yaml:"id"`
	Name        string       `yaml:"name"`
	Company     string       `yaml:"company"` // id of a company
	Aliases     []string     `yaml:"aliases"`
	FormerNames []string     `yaml:"former_names"`
	Ambiguous   []string     `yaml:"ambiguous"`
	Categories  []string     `yaml:"categories"` // see Categories
	Purposes    []string     `yaml:"purposes"`   // ids of terms/purposes.yaml
	IAB         []int        `yaml:"iab"`        // numbers in IAB Europe's Global Vendor List
	Domains     []HostRule   `yaml:"domains"`
	Receives    []string     `yaml:"receives"` // data type ids
	Params      []Param      `yaml:"params"`   // what request parameters carry
	Endpoints   []Endpoint   `yaml:"endpoints"`
	Containers  []Container  `yaml:"containers"` // of a tag manager
	Cookies     []CookieRule `yaml:"cookies"`
	Storage     []CookieRule `yaml:"storage"` // keys of web storage
	Sources     []Source     `yaml:"sources"`
}

// HostRule says where a vendor receives: a host with its subdomains, narrowed
// by path prefixes when one domain serves several products. In YAML a plain
// string is a host alone.
type HostRule struct {
	Host  string   `yaml:"host"`
	Exact bool     `yaml:"exact"` // not its subdomains
	Paths []string `yaml:"paths"` // prefixes, with the leading slash; empty means all
}

// Param says which data type a query or body parameter carries.
type Param struct {
	Name string `yaml:"name"` // exact, or with one trailing "*"; "e[5]" is the sixth of a list, "(body)" a body that is not text
	Data string `yaml:"data"` // data type id

	// Split names two characters when the value is a list of pairs of its own:
	// "~." reads "em.HASH~pn.HASH" in the parameter em as em.em and em.pn.
	Split string `yaml:"split"`
}

// CookieRule is a cookie or storage key that a vendor uses.
type CookieRule struct {
	Name     string `yaml:"name"`     // exact, or with "*" for any characters
	Purpose  string `yaml:"purpose"`  // "necessary", "functional", "analytics", "advertising"
	Lifetime string `yaml:"lifetime"` // "session", "30m", "1d", "400d", "13mo", "2y"; "" when not known
	Domain   string `yaml:"domain"`   // only on this domain; "" for the visited site's
}

// Source names where a fact comes from.
type Source struct {
	URL  string `yaml:"url"`
	Name string `yaml:"name"`
	Date string `yaml:"date"` // when it was read, "2026-11"
}

// Categories are what kinds of product there are.
var Categories = []string{
	"ab_testing", "accessibility", "advertising", "affiliate", "analytics", "bot_defence", "cdn", "cdp", "chat", "consent",
	"crm", "data_broker", "email_marketing", "error_monitoring", "fonts", "forms", "hosting", "identity",
	"maps", "payment", "performance", "personalization", "push", "recruiting", "reviews", "scheduling", "search",
	"session_replay", "social", "survey", "tag_manager", "translation", "video",
}

// Terms is what words mean.
type Terms struct {
	DataTypes   []DataType  // by id
	Purposes    []Purpose   // by id
	Recipients  []Recipient // categories of recipients as policies name them, by id
	PolicyLinks PolicyLinks // how links to notices are written
	PageKinds   []PageKind  // in order of priority
	Fields      []FieldRule // form controls → data types, first match wins
	Labels      []LabelKind // keys that segment, score or infer; first match wins
	Places      []PlaceClass
	CookieWords []CookieWords // what words in the names of cookies make likely; first match wins
	Facts       []Fact        // what a profile answers with yes or no
	Principles  []Principle   // what a report answers one by one
	Elements    []Element     // what notices are asked to state, in the file's order
	Languages   []*Language   // how other languages than English say the terms, by code
}

// DataType is a kind of data, in a directed acyclic graph of broader terms.
type DataType struct {
	ID        string   `yaml:"id"`
	Name      string   `yaml:"name"`
	Many      string   `yaml:"many"`      // the name in a sentence that speaks of many, where it differs: "e-mail addresses"
	Parents   []string `yaml:"parents"`   // broader terms
	Sensitive bool     `yaml:"sensitive"` // special category in US or EU law
	Abstract  bool     `yaml:"abstract"`  // a term of policies ("contact information"), never observed itself
	Phrases   []string `yaml:"phrases"`   // how texts say it; matched on lower-cased word stems
}

// Purpose is what data are used for.
type Purpose struct {
	ID      string   `yaml:"id"`
	Name    string   `yaml:"name"`
	Phrases []string `yaml:"phrases"`
}

// Recipient is a category of recipients as policies name them: "service providers", "advertising partners".
type Recipient struct {
	ID         string   `yaml:"id"`
	Name       string   `yaml:"name"`
	Generic    bool     `yaml:"generic"`    // covers anyone ("third parties"): only ever a vague disclosure
	Categories []string `yaml:"categories"` // vendor categories that it covers
	Phrases    []string `yaml:"phrases"`
}

// PolicyLinks is how sites link to their notices, by kind.
type PolicyLinks struct {
	Kinds     []PolicyLinkKind `yaml:"kinds"`
	WellKnown []string         `yaml:"well_known"` // paths that are tried
}

// PolicyLinkKind is one kind of notice: "privacy", "cookie", "state", "children", "applicants", "terms".
type PolicyLinkKind struct {
	Kind  string   `yaml:"kind"`
	Texts []string `yaml:"texts"` // lower-case link texts or parts of them, in several languages
	Paths []string `yaml:"paths"` // parts of addresses: "privacy-policy", "datenschutz"
	Not   []string `yaml:"not"`   // texts that rule it out: "privacy settings"
}

// PageKind is a kind of page worth visiting first.
type PageKind struct {
	Kind  string   `yaml:"kind"`
	Paths []string `yaml:"paths"` // path segments or their parts
	Texts []string `yaml:"texts"` // link texts
}

// FieldRule maps a form control to a data type.
type FieldRule struct {
	Data         string   `yaml:"data"`
	Autocomplete []string `yaml:"autocomplete"` // HTML autofill tokens
	Types        []string `yaml:"types"`        // input types
	Words        []string `yaml:"words"`        // words of name, id, label or placeholder, in several languages
}

// Needs are what a rule may need: "notice" is a notice in any language, "policy"
// one whose sentences are read, "pages" at least one visited page, "cookies"
// that the browser's cookies were listed, "earlier" an earlier scan of the site,
// "state:none" a visit in that consent
// state.
var Needs = []string{"cookies", "earlier", "notice", "pages", "policy", "state:none", "state:reject", "state:accept", "state:gpc", "state:optout", "state:withdraw", "state:dnt"}

// Pack is a folder of rules, with what they share.
type Pack struct {
	ID        string    `yaml:"id"`
	Title     string    `yaml:"title"`
	About     string    `yaml:"about"`
	AppliesIf AppliesIf `yaml:"applies_if"`
}

// Rule is one check with its words.
type Rule struct {
	ID            string            `yaml:"id"`
	Pack          string            `yaml:"pack"`
	Title         string            `yaml:"title"`
	Check         string            `yaml:"check"`  // names a comparison in analyzer/check
	Needs         []string          `yaml:"needs"`  // evidence without which it is not tested: see Needs
	Select        string            `yaml:"select"` // expression that narrows what the comparison looks at; "" is all
	Params        map[string]any    `yaml:"params"`
	Severity      string            `yaml:"severity"`
	Caps          map[string]string `yaml:"caps"`       // confidence, or "single" for one sighting → highest severity
	AppliesIf     AppliesIf         `yaml:"applies_if"` // beside what the pack asks for
	ValidFrom     string            `yaml:"valid_from"` // "2026-01-01": first day on which it is asked; "" from ever
	ValidTo       string            `yaml:"valid_to"`   // last day; "" for ever
	Owner         string            `yaml:"owner"`      // who should be asked: see Owners
	Basis         []LegalBasis      `yaml:"basis"`
	Why           string            `yaml:"why"`
	Remediation   string            `yaml:"remediation"`
	SuggestedText string            `yaml:"suggested_text"` // a template of a sentence for the notice; "" has none
	Scenarios     []string          `yaml:"scenarios"`      // names of its stories in scenarios/ID.yaml of the pack's folder
}

// LegalBasis is a text behind a rule.
type LegalBasis struct {
	Text   string `yaml:"text"`
	Status string `yaml:"status"` // how far it was verified: see BasisStatuses
	Date   string `yaml:"date"`   // when, "2026-11"
}

// BasisStatuses are how far the text behind a rule was verified: the law or the
// case was read, it was read but not the paragraph's number, or neither.
var BasisStatuses = []string{"text_seen", "paragraph_unverified", "unverified"}

// Owners are who in an organisation can answer for a finding.
var Owners = []string{"marketing", "product", "engineering", "legal", "hr", "security"}
