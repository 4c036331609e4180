package evidence

// Further consent states, visited on request.
const (
	StateOptOut   State = "optout"   // after the site's own opt-out path: "Do Not Sell or Share", ad choices
	StateWithdraw State = "withdraw" // everything accepted, then withdrawn
	StateDNT      State = "dnt"      // DNT: 1 and navigator.doNotTrack
)

// States lists the consent states in the order in which reports show them.
func States() []State {
	return []State{StateNone, StateReject, StateAccept, StateWithdraw, StateGPC, StateOptOut, StateDNT}
}

// What came of bringing a visitor into a state.
const (
	ChoiceTaken     = "taken"      // the site took the choice, and it held on the next page
	ChoiceSent      = "sent"       // a signal that needs no click (GPC, DNT) went with every request
	ChoiceOffered   = "offered"    // of state none: a banner was found, looked at and left alone
	ChoiceNoBanner  = "no-banner"  // no banner or control was found: there is nothing to choose
	ChoiceNotTested = "not-tested" // there is one, and the choice could not be made or did not take: Why says what happened
)

// Choice is what was tried to bring a visitor into a state, and what came of
// it. There is one for each state of a scan.
type Choice struct {
	Page     string       `json:"page"` // the visit that made it: "k0001.reject"
	State    State        `json:"state"`
	Outcome  string       `json:"outcome"`
	Why      string       `json:"why,omitempty"`      // a sentence; of not-tested and no-banner always
	Platform string       `json:"platform,omitempty"` // id in rules/consent; "" when a banner was found by its looks
	Found    string       `json:"found,omitempty"`    // "rule" or "looks"; "" when none was found
	Frame    string       `json:"frame,omitempty"`    // address of the frame that shows the banner; "" for the page itself
	LateMS   int64        `json:"late_ms,omitempty"`  // since the visit began, when the banner was first seen
	Steps    []ChoiceStep `json:"steps,omitempty"`
	Signs    []Sign       `json:"signs,omitempty"`
	// Screenshot shows the page when something failed; path in the bundle.
	Screenshot string `json:"screenshot,omitempty"`
	Offer      *Offer `json:"offer,omitempty"` // how the choice is offered; nil without a banner
	// Ways are the opt-outs that the start page and the notices name: of the state
	// optout only, in the order in which they were found, at most 12.
	Ways []ChoiceWay `json:"ways,omitempty"`
}

// What came of a way to opt out.
const (
	WayTaken     = "taken"      // it was used, and the page, a cookie, a stored value or an interface said that it took
	WayOperated  = "operated"   // it was used, and nothing said that it took, or something said otherwise: Why tells
	WayReached   = "reached"    // its page opens; it was not used, which Why explains
	WayFailed    = "failed"     // its page does not open, or a click on it does nothing
	WayNotTested = "not-tested" // nothing was tried
)

// ChoiceWay is a way to opt out that the site names: a control, or a link to a
// page or a preference centre.
type ChoiceWay struct {
	Text      string `json:"text"`               // of the control or link, at most 200 bytes
	Sentence  string `json:"sentence,omitempty"` // that the link stands in, where its own text does not say what it is; at most 300 bytes
	Address   string `json:"address,omitempty"`  // where a link leads; "" of a control
	On        string `json:"on"`                 // address of the page that names it
	Notice    bool   `json:"notice,omitempty"`   // that page is a notice
	Outcome   string `json:"outcome"`
	Why       string `json:"why,omitempty"`       // a sentence, unless it was taken
	Steps     int    `json:"steps,omitempty"`     // clicks and pages from the page that names it to where it is used
	Account   bool   `json:"account,omitempty"`   // a log-in is asked for
	Personal  string `json:"personal,omitempty"`  // fields that ask who somebody is; "" when none do
	Elsewhere bool   `json:"elsewhere,omitempty"` // on another site
}

// ChoiceStep is one thing that was done to the banner.
type ChoiceStep struct {
	Do       string `json:"do"`               // "click", "toggle", "scroll", "wait", "goto", "reload"
	Role     string `json:"role,omitempty"`   // of the control: "accept", "reject", "settings", "save", "close", "reopen", "toggle"
	Text     string `json:"text,omitempty"`   // what the control says
	Target   string `json:"target,omitempty"` // selector of a rule, or an address
	OffsetMS int64  `json:"offset_ms"`        // since the visit began
	Failure  string `json:"failure,omitempty"`
}

// Sign is one thing that tells whether a choice took.
type Sign struct {
	Kind   string `json:"kind"`             // "banner_gone", "cookie", "storage", "tcf", "gpp", "usp", "consent_mode", "platform_api", "next_page", "confirmation"
	Says   string `json:"says"`             // "yes", "no" or "unclear"
	Name   string `json:"name,omitempty"`   // of the cookie, key or function
	Detail string `json:"detail,omitempty"` // what it said, at most 300 bytes
}

// Offer is how a choice is offered, as a visitor sees it before choosing.
type Offer struct {
	Layers         []OfferLayer `json:"layers"`           // the first one first
	AcceptClicks   int          `json:"accept_clicks"`    // least number of clicks; 0 when no way was found
	RejectClicks   int          `json:"reject_clicks"`    // the same to refuse everything
	Wall           bool         `json:"wall,omitempty"`   // the page cannot be used or scrolled until a choice is made
	WayBack        []string     `json:"way_back"`         // texts of the controls that reopen the choice, seen after it was made
	WayBackMissing []string     `json:"way_back_missing"` // addresses of visited pages without such a control, bounded
	Vendors        []string     `json:"vendors"`          // the names that the banner itself lists, bounded
	GPC            string       `json:"gpc,omitempty"`    // what the banner or page tells of an opt-out signal, at most 300 bytes
}

// OfferLayer is one screen of a banner.
type OfferLayer struct {
	Text       string         `json:"text"`                 // at most 4 KiB
	Language   string         `json:"language,omitempty"`   // of the words by which it was understood: "en", "de", …
	Screenshot string         `json:"screenshot,omitempty"` // path in the bundle; cropped to the layer
	Box        Box            `json:"box"`
	Position   string         `json:"position"` // "top", "bottom", "left", "right", "corner", "center" or "full"
	Covers     float64        `json:"covers"`   // share of the viewport, 0 to 1
	Controls   []OfferControl `json:"controls"` // in the order of the document
	Toggles    []OfferToggle  `json:"toggles"`
}

// OfferControl is a button or link of a layer.
type OfferControl struct {
	Role       string  `json:"role"` // "accept", "reject", "settings", "save", "close", "notice" (a link to a text), "vendors" or "other"
	Text       string  `json:"text"` // what it says, or its accessible name
	Kind       string  `json:"kind"` // "button" or "link", by how it looks to assistive technology
	Box        Box     `json:"box"`
	FontPX     float64 `json:"font_px"`
	FontWeight int     `json:"font_weight"`
	Color      string  `json:"color"`      // of the text, "#rrggbb" as it is composed
	Background string  `json:"background"` // behind the text
	Surface    string  `json:"surface"`    // of the layer around the control
	Contrast   float64 `json:"contrast"`   // WCAG 2 ratio of text to background, 1 to 21
	StandsOut  float64 `json:"stands_out"` // the same of the control's background to the layer's
	InView     bool    `json:"in_view"`    // without scrolling
}

// OfferToggle is a switch or check box of a layer.
type OfferToggle struct {
	Label  string `json:"label"`
	On     bool   `json:"on"`     // as it was offered
	Locked bool   `json:"locked"` // it cannot be changed
}

// Box is a rectangle in CSS pixels of the viewport.
type Box struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}
