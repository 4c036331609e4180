package evidence

import "time"

// State is a consent state: which choice the visitor had made when something
// was observed.
type State string

// The consent states. Others may be added.
const (
	StateNone   State = "none"   // no choice made
	StateReject State = "reject" // everything refused in the banner
	StateAccept State = "accept" // everything accepted in the banner
	StateGPC    State = "gpc"    // Sec-GPC: 1 and navigator.globalPrivacyControl
)

// Meta describes a scan: what was asked for, with which tool and browser, when.
type Meta struct {
	Schema     string    `json:"schema"`
	ScanID     string    `json:"scan_id"`
	Tool       Tool      `json:"tool"`
	Browser    Browser   `json:"browser"`
	URLs       []string  `json:"urls"`        // the start addresses, as given and completed
	OwnDomains []string  `json:"own_domains"` // registrable domains the profile counts as first party
	States     []State   `json:"states"`
	Options    Settings  `json:"options"`
	Import     *Import   `json:"import,omitempty"` // nil when Candor visited by itself
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`

	RulesVersion string `json:"rules_version,omitempty"` // of the rules that were there when the scan was made
	ConfigSHA256 string `json:"config_sha256,omitempty"` // of the options, the start addresses, the states and the profile
	RegionLabel  string `json:"region_label,omitempty"`  // where the browser stood, in the words of who ran it; not looked up

	// RedactionKey is random. It keys the hashes that stand in reports for values
	// that may identify a person, and no report holds it.
	RedactionKey string `json:"redaction_key,omitempty"`

	// Redacted is "all" when values were taken out of the bundle after its analysis:
	// of cookies, storage, identifiers and what was typed, made-up values apart, and
	// pictures. Keyed hashes stand for them, and the key is gone.
	Redacted string `json:"redacted,omitempty"`

	Complete bool   `json:"complete"`          // false until the writer is closed after a whole scan
	Stopped  string `json:"stopped,omitempty"` // why an incomplete scan ended: "interrupted", "time limit", an error
}

// Import says that a bundle was made of another tool's recording, and what that
// recording cannot tell. Missing and Partial name kinds of evidence: "requests",
// "cookies", "storage", "forms", "labels", "notices", "calls", "canaries",
// "choices" and "dns".
type Import struct {
	Format  string   `json:"format"`            // "HAR 1.2", "Blacklight collector", …
	Creator string   `json:"creator,omitempty"` // the program that wrote the file, as the file says
	File    string   `json:"file"`              // its name, without its folder
	SHA256  string   `json:"sha256"`            // of the file
	Bytes   int64    `json:"bytes"`
	Missing []string `json:"missing"` // kinds of which the recording holds nothing
	Partial []string `json:"partial"` // kinds of which it holds a part: what is not in it may still have happened
}

// Tool names the program that wrote the bundle.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // of its source, as the build says
}

// Browser says which browser looked and how it presented itself, because both
// change what sites do.
type Browser struct {
	Product           string `json:"product"` // "Chrome/156.0.8078.73"
	Headless          bool   `json:"headless"`
	UserAgent         string `json:"user_agent"`
	Identified        bool   `json:"identified"`          // the user agent names Candor
	Sandbox           bool   `json:"sandbox"`             // Chromium's own sandbox was on
	ThirdPartyCookies string `json:"third_party_cookies"` // "allowed", "blocked" or "unknown", as probed at start
	Viewport          string `json:"viewport"`            // "1366x768"
	Language          string `json:"language"`            // Accept-Language
}

// Settings are the options that shape what could be seen.
type Settings struct {
	Pages         int      `json:"pages"` // budget
	Depth         int      `json:"depth"`
	Tabs          int      `json:"tabs"`
	RespectRobots bool     `json:"respect_robots"`
	Insecure      bool     `json:"insecure"`
	HostMap       []string `json:"host_map,omitempty"`
	PageTimeoutMS int64    `json:"page_timeout_ms"`
	Proxy         bool     `json:"proxy,omitempty"`
	Journey       string   `json:"journey,omitempty"`        // name of the file of steps that were taken first
	FillForms     bool     `json:"fill_forms"`               // made-up values were typed into forms, and nothing was submitted
	Redact        string   `json:"redact,omitempty"`         // "all": values were to be taken out of the bundle after the analysis
	ExtraHeaders  []string `json:"extra_headers,omitempty"`  // names only
	PresetCookies []string `json:"preset_cookies,omitempty"` // names only
}

// Page is one visit of one address in one state.
type Page struct {
	ID          string    `json:"id"` // "p0001.none": order of the frontier, then the state
	URL         string    `json:"url"`
	FinalURL    string    `json:"final_url"` // after HTTP and script redirects; "" when nothing loaded
	Title       string    `json:"title"`
	Kind        string    `json:"kind"` // "home", "form", "policy", …: the frontier's words
	State       State     `json:"state"`
	Status      int       `json:"status"` // HTTP status of the document; 0 when there was none
	MIMEType    string    `json:"mime_type,omitempty"`
	Language    string    `json:"language,omitempty"` // <html lang>
	Canonical   string    `json:"canonical,omitempty"`
	LinkedFrom  string    `json:"linked_from,omitempty"`
	Depth       int       `json:"depth"`
	StartedAt   time.Time `json:"started_at"`
	DurationMS  int64     `json:"duration_ms"`
	Ended       string    `json:"ended"` // "quiet", "budget" (still busy when its time was up), "failed", or "recorded" (of another tool's recording)
	Failure     string    `json:"failure,omitempty"`
	Screenshot  string    `json:"screenshot,omitempty"` // path inside the bundle
	Redirects   []string  `json:"redirects,omitempty"`  // every address before the final one
	Security    *Security `json:"security,omitempty"`
	Mixed       []string  `json:"mixed_content,omitempty"` // http resources of an https page
	Dialogs     []Dialog  `json:"dialogs,omitempty"`
	Permissions []string  `json:"permissions,omitempty"` // permissions the page asked for; all were denied
	Asked       []Ask     `json:"asked,omitempty"`       // the first call for each of them
	Downloads   []string  `json:"downloads,omitempty"`
	Popups      []string  `json:"popups,omitempty"`
	Links       []Link    `json:"links,omitempty"`        // bounded, in document order: the first and the last of very many
	Headings    []string  `json:"headings,omitempty"`     // texts of its first headings, bounded
	SchemaTypes []string  `json:"schema_types,omitempty"` // schema.org types in its JSON-LD and microdata, bounded
	TextWords   int       `json:"text_words"`             // words of visible text
	TypedMS     int64     `json:"typed_ms,omitempty"`     // since the visit began, when made-up values were typed into its forms; 0 when none were
	Steps       []Step    `json:"steps,omitempty"`        // of a journey, whose page this is
	Requests    int       `json:"requests"`
	Skipped     int       `json:"requests_skipped,omitempty"` // requests beyond the bound for one page
}

// Step is a step of a journey: what a person told the browser to do. Values that
// came from the environment are named, not told.
type Step struct {
	Line       int    `json:"line"` // of the journey's file
	Do         string `json:"do"`   // "goto", "click", "fill", "select", "press", "wait_for", "scroll", "submit" or "screenshot"
	Target     string `json:"target,omitempty"`
	Value      string `json:"value,omitempty"`
	OffsetMS   int64  `json:"offset_ms"` // since the visit began, when it was begun
	URL        string `json:"url"`       // of the page when it was over
	Screenshot string `json:"screenshot,omitempty"`
	Failure    string `json:"failure,omitempty"`
}

// Security is the TLS state of a page's document.
type Security struct {
	Protocol  string    `json:"protocol,omitempty"` // "TLS 1.3"
	Cipher    string    `json:"cipher,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	ValidTo   time.Time `json:"valid_to,omitzero"`
	CertError string    `json:"cert_error,omitempty"`
}

// Ask is a call that asks for a permission.
type Ask struct {
	Permission string       `json:"permission"`
	Frame      string       `json:"frame,omitempty"` // address of the document
	Stack      []StackFrame `json:"stack,omitempty"` // innermost first
}

// Dialog is an alert, confirm, prompt or beforeunload that was dismissed.
type Dialog struct {
	Type    string `json:"type"`
	Message string `json:"message"` // at most 200 characters
}

// Link is an anchor of a page after its scripts ran.
type Link struct {
	URL    string `json:"url"`
	Text   string `json:"text"`
	Region string `json:"region,omitempty"` // "footer", "nav", "main", …: the nearest landmark
	Rel    string `json:"rel,omitempty"`
	Hidden bool   `json:"hidden,omitempty"` // not to be seen until something is opened: a menu, say
}

// Target is the browser target a request came from.
type Target struct {
	Type string `json:"type"` // CDP: "page", "iframe", "worker", "shared_worker", "service_worker"
	URL  string `json:"url,omitempty"`
}

// Request is one hop: a redirect chain is several, tied by Chain and Hop.
type Request struct {
	ID                string            `json:"id"` // "p0001.none/r0007"
	Page              string            `json:"page"`
	State             State             `json:"state"`
	Chain             string            `json:"chain"` // id of the chain's first hop
	Hop               int               `json:"hop"`   // 0 for the first
	URL               string            `json:"url"`
	HostOnly          bool              `json:"host_only,omitempty"` // a recording names the host only; the rest of URL is made up
	Method            string            `json:"method"`              // "" when a recording does not say
	Type              string            `json:"type"`                // CDP resource type: "Document", "Script", "Ping", "WebSocket", …
	OffsetMS          int64             `json:"offset_ms"`           // since the visit began
	Step              int               `json:"step,omitempty"`      // of a journey during which it was sent, from 1; 0 outside one
	Target            Target            `json:"target"`
	FrameURL          string            `json:"frame_url,omitempty"` // document of the frame that asked
	MainFrame         bool              `json:"main_frame"`
	Headers           map[string]string `json:"headers,omitempty"`   // request headers, lower-case names, without Cookie
	Cookies           []SentCookie      `json:"cookies,omitempty"`   // cookies that went with it
	PostData          string            `json:"post_data,omitempty"` // bounded; base64 when PostBase64
	PostBytes         int               `json:"post_bytes,omitempty"`
	PostBase64        bool              `json:"post_base64,omitempty"`
	PostCut           bool              `json:"post_cut,omitempty"`
	Keepalive         bool              `json:"keepalive,omitempty"` // a beacon, or sent while the page was left
	Initiator         Initiator         `json:"initiator"`
	Status            int               `json:"status"`
	MIMEType          string            `json:"mime_type,omitempty"`
	Protocol          string            `json:"protocol,omitempty"`
	RemoteIP          string            `json:"remote_ip,omitempty"`
	FromCache         bool              `json:"from_cache,omitempty"`
	FromServiceWorker bool              `json:"from_service_worker,omitempty"`
	ResponseHeaders   map[string]string `json:"response_headers,omitempty"` // a chosen few
	SetCookies        []string          `json:"set_cookies,omitempty"`      // every Set-Cookie line
	Blocked           []BlockedCookie   `json:"blocked_cookies,omitempty"`
	Bytes             int64             `json:"bytes"`                // encoded length received, with headers
	BodyBytes         int64             `json:"body_bytes,omitempty"` // of the answer's body, decoded; 0 when it has none or it is not known
	Error             string            `json:"error,omitempty"`      // net::ERR_…
	MixedContent      string            `json:"mixed_content,omitempty"`
	Messages          []SocketMessage   `json:"messages,omitempty"` // WebSocket frames, bounded
}

// SentCookie is a cookie in a Cookie header.
type SentCookie struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Domain string `json:"domain"`
}

// BlockedCookie is a cookie that the browser did not send or did not store.
type BlockedCookie struct {
	Name      string   `json:"name"`
	Domain    string   `json:"domain,omitempty"`
	Direction string   `json:"direction"` // "request" or "response"
	Reasons   []string `json:"reasons"`   // CDP: "ThirdPartyBlockedInFirstPartySet", "UserPreferences", …
	Line      string   `json:"line,omitempty"`
}

// SocketMessage is one WebSocket frame.
type SocketMessage struct {
	Sent     bool   `json:"sent"`
	Opcode   int    `json:"opcode"` // RFC 6455: 1 text, 2 binary (Data is base64)
	Data     string `json:"data"`
	Cut      bool   `json:"cut,omitempty"`
	OffsetMS int64  `json:"offset_ms"`
}

// Initiator says what caused a request.
type Initiator struct {
	Type  string       `json:"type"` // CDP: "parser", "script", "preload", "other", …
	URL   string       `json:"url,omitempty"`
	Line  int          `json:"line,omitempty"`
	Stack []StackFrame `json:"stack,omitempty"` // innermost first, asynchronous parents included
}

// StackFrame is one frame of a JavaScript stack. Lines and columns count from 1.
type StackFrame struct {
	Function string `json:"function,omitempty"`
	URL      string `json:"url"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

// Cookie is a cookie in the jar after a page.
type Cookie struct {
	Page         string    `json:"page"` // the page after which it was first seen
	State        State     `json:"state"`
	Name         string    `json:"name"`
	Value        string    `json:"value"`
	Domain       string    `json:"domain"`    // without the leading dot
	HostOnly     bool      `json:"host_only"` // RFC 6265 host-only-flag
	Path         string    `json:"path"`
	Expires      time.Time `json:"expires,omitzero"` // as stored; Chromium caps at 400 days
	Session      bool      `json:"session"`
	LifetimeSec  int64     `json:"lifetime_sec,omitempty"` // as set by Max-Age or Expires, before the cap; 0 when session or not seen
	HTTPOnly     bool      `json:"http_only"`
	Secure       bool      `json:"secure"`
	SameSite     string    `json:"same_site,omitempty"`
	PartitionKey string    `json:"partition_key,omitempty"`
	Revived      bool      `json:"revived,omitempty"` // it was gone after an earlier visit, before its time, and came back with the same value
	SetBy        Setter    `json:"set_by"`
}

// Setter says who wrote a cookie or a storage entry.
type Setter struct {
	Kind       string       `json:"kind"`                 // "http", "script" or "unknown"
	URL        string       `json:"url,omitempty"`        // the response's or the script's address
	Initiators []StackFrame `json:"initiators,omitempty"` // the writing stack, innermost first
	Request    string       `json:"request,omitempty"`    // for http: id of the request
}

// StorageItem is an entry of a storage area after a page.
type StorageItem struct {
	Page   string `json:"page"`
	State  State  `json:"state"`
	Kind   string `json:"kind"` // "local", "session", "indexeddb", "cache"
	Origin string `json:"origin"`
	Key    string `json:"key"`
	Value  string `json:"value"`         // at most 4 KiB; of a database its first records as JSON, by store and key, of a cache the addresses in it
	Cut    bool   `json:"cut,omitempty"` // there was more, or it could not be read
	SetBy  Setter `json:"set_by"`
}

// Form is a form, or a group of fields outside any form, after scripts ran.
type Form struct {
	ID         string  `json:"id"` // "p0001.none/f02"
	Page       string  `json:"page"`
	State      State   `json:"state"`
	FrameURL   string  `json:"frame_url"`
	InShadow   bool    `json:"in_shadow,omitempty"`
	Action     string  `json:"action"` // absolute
	Method     string  `json:"method"` // lower case; "" for fields outside a form
	Name       string  `json:"name,omitempty"`
	Heading    string  `json:"heading,omitempty"` // nearest heading or legend before it
	Submit     string  `json:"submit,omitempty"`  // text of the submit control
	Visible    bool    `json:"visible"`
	Typed      string  `json:"typed,omitempty"`       // id of the visit in which made-up values were typed into this form or its like; "" when none were
	PolicyLink string  `json:"policy_link,omitempty"` // a link inside or right after the form that looks like a notice
	Fields     []Field `json:"fields"`
	Shown      *Shown  `json:"shown,omitempty"` // where the page's picture shows it; nil when it does not
}

// Shown is a part of a page's picture, which is of the viewport.
type Shown struct {
	Box    Box     `json:"box"`
	Width  float64 `json:"width"` // of the viewport, in CSS pixels
	Height float64 `json:"height"`
}

// Field is one control of a form.
type Field struct {
	Name         string   `json:"name,omitempty"`
	ID           string   `json:"id,omitempty"`
	Type         string   `json:"type"` // "email", "text", "select", "textarea", "file", …
	Label        string   `json:"label,omitempty"`
	Placeholder  string   `json:"placeholder,omitempty"`
	Autocomplete string   `json:"autocomplete,omitempty"`
	Options      []string `json:"options,omitempty"` // at most 20 of a select or radio group
	Required     bool     `json:"required"`
	Checked      bool     `json:"checked,omitempty"` // pre-ticked check box or radio button
	Visible      bool     `json:"visible"`           // false for hidden inputs and honeypots
	Value        string   `json:"value,omitempty"`   // of hidden inputs only, at most 200 characters
}

// Canary is a made-up value that was typed into a field, so that it can be
// looked for in what the page sends and keeps. It is unique to the scan and
// belongs to nobody.
type Canary struct {
	Page  string `json:"page"` // the visit in which it was typed
	State State  `json:"state"`
	Kind  string `json:"kind"` // what it stands for: "email", "name", "phone", "postal_address", "date_of_birth", "user_content", "password", …
	Value string `json:"value"`
	Form  string `json:"form,omitempty"`  // id of the form
	Field string `json:"field,omitempty"` // name, id or label of the control
}

// Label is an entry of an object in which pages keep what they tell their tags:
// a data layer, targeting of an ad server, traits of a visitor, a consent string.
type Label struct {
	Page   string `json:"page"`
	State  State  `json:"state"`
	Source string `json:"source"` // "dataLayer", "adobeDataLayer", "digitalData", "utag_data", "_satellite", "segment traits", "gpt targeting", "prebid", "tcf", "gpp", "usp"
	Key    string `json:"key"`    // path inside it: "user.segment"
	Value  string `json:"value"`  // at most 1 KiB
	Cut    bool   `json:"cut,omitempty"`
	Frame  string `json:"frame,omitempty"` // address of the frame; "" for the page itself
}

// Call is what one script did with one function of the browser that tells
// about the device or listens to the person, counted and summed up. What it
// amounts to is the analyzer's to say. Which fields are filled depends on API:
// CONTRIBUTING.md lists them.
type Call struct {
	ID       string       `json:"id"` // "p0001.none/c0003"
	Page     string       `json:"page"`
	State    State        `json:"state"`
	OffsetMS int64        `json:"offset_ms"` // of the first one, since the visit began
	Target   Target       `json:"target"`
	Frame    string       `json:"frame"`            // address of the document or worker
	Script   string       `json:"script,omitempty"` // innermost script of the stack; of listeners the script of the handler
	Stack    []StackFrame `json:"stack,omitempty"`  // of the first one, innermost first
	API      string       `json:"api"`              // "HTMLCanvasElement.toDataURL", "Navigator.platform", …
	Count    int          `json:"count"`
	Cut      bool         `json:"cut,omitempty"`    // counting ended there, there may be more
	Object   int          `json:"object,omitempty"` // number of the canvas or audio buffer in its document
	Width    int          `json:"width,omitempty"`  // of the canvas, or of the area that was read; px
	Height   int          `json:"height,omitempty"`
	Texts    []string     `json:"texts,omitempty"`    // drawn or measured, bounded
	Chars    int          `json:"chars,omitempty"`    // distinct characters of all of them
	Values   []string     `json:"values,omitempty"`   // distinct arguments or what they stand for, bounded
	Distinct int          `json:"distinct,omitempty"` // how many of them there were, at most 200
	Length   int          `json:"length,omitempty"`   // characters of what was returned
	Content  string       `json:"content,omitempty"`  // what was returned, at most 32 KiB, for a few
}

// Name is what DNS says of a host on one of the site's own domains that was
// contacted.
type Name struct {
	Host      string    `json:"host"`
	Chain     []string  `json:"chain,omitempty"`     // CNAME records: the names that it is an alias of, in order
	Addresses []string  `json:"addresses,omitempty"` // IPv4, of the last name
	NotFound  bool      `json:"not_found,omitempty"` // the last name does not exist
	AskedAt   time.Time `json:"asked_at,omitzero"`
}

// Document is a policy or other notice as it was fetched.
type Document struct {
	ID           string     `json:"id"` // "d01"
	URL          string     `json:"url"`
	FinalURL     string     `json:"final_url"`
	Kind         string     `json:"kind"` // "privacy", "cookie", "state", "children", "applicants", "terms": from its links and address
	Title        string     `json:"title,omitempty"`
	MIMEType     string     `json:"mime_type"`
	Language     string     `json:"language,omitempty"`
	Status       int        `json:"status"`
	FetchedAt    time.Time  `json:"fetched_at"`
	LastModified string     `json:"last_modified,omitempty"` // response header
	LinkedFrom   []DocLink  `json:"linked_from"`
	Raw          string     `json:"raw"` // path in the bundle: bytes as served
	RawSHA256    string     `json:"raw_sha256"`
	DOM          string     `json:"dom,omitempty"` // path in the bundle: HTML after scripts, closed accordions and shadow roots included
	Frames       []DocFrame `json:"frames,omitempty"`
	Page         string     `json:"page,omitempty"` // the visit that rendered it
}

// DocLink is one way that led to a document.
type DocLink struct {
	Page   string `json:"page"` // address, or "start" (the person named it), "sitemap", "well-known"
	Text   string `json:"text,omitempty"`
	Region string `json:"region,omitempty"`
}

// DocFrame is an iframe of a document, rendered.
type DocFrame struct {
	URL string `json:"url"`
	DOM string `json:"dom"` // path in the bundle
}

// Gap is something that could not be observed, and why.
type Gap struct {
	What  string `json:"what"` // "page https://…", "robots.txt of …", "requests of page …"
	Why   string `json:"why"`  // a clear sentence
	Kind  string `json:"kind"` // "dns", "refused", "guard" (a service does not go there), "timeout", "http_status", "bot_wall", "redirect_loop", "too_large", "not_html", "certificate", "robots", "budget", "crash", "bound", "interrupted", "policy", "format" (a recording's format cannot tell), "redacted", "second_reader", "other"
	Page  string `json:"page,omitempty"`
	State State  `json:"state,omitempty"`
}
