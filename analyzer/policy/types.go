// Package policy reads notices: a document becomes a text with sections, the
// text becomes Statements (who does what with which data, for whom, or does
// not), each with its quote and position.
//
// Reading is offline and repeatable: the same bytes with the same terms give
// the same statements. What the reader does not understand it leaves out; it
// never guesses a denial.
package policy

// Document is a notice that was read.
type Document struct {
	ID          string // of the evidence
	URL         string
	Kind        string // "privacy", "cookie", "state", "children", "applicants", "terms"
	Title       string
	Language    string   // BCP 47 primary subtag
	Unread      []string // languages of larger parts whose statements are not read: see Reads
	Obstacle    string   // why the text is not the notice itself, as the end of a sentence; "" when it is
	LastUpdated string   // "2026-03-01" as the text says it, or else the page around it; "" when not found
	SHA256      string   // of Text
	RawSHA256   string   // of the bytes as served
	LinkedFrom  []string
	Text        string // what offsets count in
	Words       int
	Blocks      []Block
	Statements  []Statement
	Choices     []Choice
	Topics      []Topic   // what it speaks of beside acts on data
	Elements    []Element // what else notices are asked to state
	Reading     Reading
	Recipients  []Recipient // who gets data by any sentence, list or heading
	Cookies     []CookieDeclaration
	Faults      []string // what could not be read, as sentences
}

// Block is a piece of the document's structure, in reading order.
type Block struct {
	Kind    string   // "heading", "paragraph", "item", "row", "term", "definition"
	Level   int      // of a heading, 1 to 6; of a list item its depth
	Path    []string // headings above it, outermost first
	LeadIn  string   // for items: the sentence that introduces the list
	Columns []string // for rows: the heads of the cells' columns
	Cells   []string // for rows
	Start   int      // offsets in Document.Text, in Unicode code points
	End     int
}

// Statement is one thing that a sentence says.
type Statement struct {
	ID            string         `json:"id"`     // "d01.s0042"
	Actor         string         `json:"actor"`  // "we", "third_party", "user" or a name
	Action        string         `json:"action"` // "collect", "use", "share", "sell", "disclose", "retain", "let_collect", "place_cookies", "protect", …
	Negated       bool           `json:"negated"`
	Modality      string         `json:"modality,omitempty"` // "may", "will", …
	DataTypes     []string       `json:"data_types"`         // ids of terms
	Recipients    []string       `json:"recipients"`         // display names or category ids, as RecipientRefs in order
	RecipientRefs []RecipientRef `json:"recipient_refs,omitempty"`
	Purposes      []string       `json:"purposes"`
	Condition     string         `json:"condition"`        // "without your consent", "unless …": the words
	Scope         string         `json:"scope,omitempty"`  // "children", "california", "app", "applicants", … from the sentence or its heading; "" is everyone
	Only          bool           `json:"only,omitempty"`   // limited: "only for", "solely", "strictly"
	Aside         bool           `json:"-"`                // its clause only tells which data another one is about: "the information that we collect is …"
	Data          []Named        `json:"-"`                // where its kinds of data are named, when in the quote itself
	RetentionDays int            `json:"retention_days"`   // 0 when none is stated
	Choice        []string       `json:"choice,omitempty"` // kinds of choice that its sentence gives
	Links         []Link         `json:"links,omitempty"`  // with such a choice: where it leads
	Heading       string         `json:"heading"`          // path, joined by " › "
	Quote         string         `json:"quote"`
	Start         int            `json:"start"` // code points in the document's text
	End           int            `json:"end"`
	Document      string         `json:"document"` // id
	URL           string         `json:"url"`

	places []span // of its data in the quote, in bytes; nil when only the terms are known
}

// RecipientRef says who a statement names.
type RecipientRef struct {
	Kind string `json:"kind"` // "vendor", "company", "category" (terms) or "named" (a name that the knowledge base lacks)
	ID   string `json:"id,omitempty"`
	Text string `json:"text"` // as written
}

// Recipient is a place where a text says who receives data, by name or by
// kind. A statement names its recipients too; these are also those of lists,
// tables and headings that no verb makes a statement of.
type Recipient struct {
	RecipientRef
	Quote string `json:"quote"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Choice is a choice that a text says people have.
type Choice struct {
	Kind  string `json:"kind"` // "opt_out", "opt_in", "browser", "settings" or "do_not_use"
	Quote string `json:"quote"`
	Links []Link `json:"links"` // in the sentence, or else in its block
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// CookieDeclaration is a row of a cookie table.
type CookieDeclaration struct {
	Name         string  `json:"name"` // with "*" or "xxx" wildcards as written
	Provider     string  `json:"provider"`
	Purpose      string  `json:"purpose"` // class: "necessary", "functional", "analytics", "advertising" or ""
	PurposeText  string  `json:"purpose_text,omitempty"`
	Lifetime     string  `json:"lifetime"`        // as written
	LifetimeDays float64 `json:"lifetime_days"`   // -1 when the text gives none; 0 for session
	Party        string  `json:"party,omitempty"` // "first" or "third" when stated
	Start        int     `json:"start"`
	End          int     `json:"end"`
}
