package reports

// Report is scan.json. Field names are a contract: fields may be added, never
// renamed or removed. The enum tags are the words of the design; the JSON
// Schema is made of these types.
type Report struct {
	Schema     string         `json:"schema" enum:"candor.scan/1"`
	Notice     string         `json:"notice" doc:"What this report is and is not."`
	Tool       Tool           `json:"tool"`
	ScanID     string         `json:"scan_id"`
	Site       Site           `json:"site"`
	StartedAt  string         `json:"started_at" doc:"RFC 3339, UTC; empty when not known."`
	FinishedAt string         `json:"finished_at" doc:"RFC 3339, UTC; empty when the scan did not end."`
	Coverage   Coverage       `json:"coverage"`
	Conditions Conditions     `json:"conditions"`
	Import     Import         `json:"import" doc:"The other tool's recording that the report was made of; its format is empty when Candor visited by itself."`
	Pages      []Page         `json:"pages"`
	Policies   []Policy       `json:"policies"`
	Answers    []PolicyAnswer `json:"answers" doc:"What privacy teams ask of a policy, from all notices together; empty when there is no notice."`
	Vendors    []Vendor       `json:"vendors" doc:"By id."`
	Requests   []Host         `json:"requests" doc:"A summary for each host; the full log is in the evidence bundle."`
	Cookies    []Cookie       `json:"cookies"`
	Storage    []Storage      `json:"storage"`
	Forms      []Form         `json:"forms"`
	Behaviors  []Behavior     `json:"behaviors"`
	Labels     []Label        `json:"labels"`
	Flows      []Flow         `json:"flows"`
	Choices    []StateChoice  `json:"choices" doc:"What came of each consent state."`
	Effects    []Effect       `json:"effects" doc:"What became of everything in each consent state; empty for a scan of one state."`
	Promises   []Promise      `json:"promises"`
	Findings   []Finding      `json:"findings" doc:"From the most to the least severe."`
	Rules      []Rule         `json:"rules"`
	Principles []Principle    `json:"principles" doc:"What privacy teams ask of a site, one question after the other: what was observed, what is stated, whether they differ, whom to ask."`
	Evidence   []Sighting     `json:"evidence" doc:"The requests that flows and findings point at, redacted; a selection."`
	Summary    Totals         `json:"summary"`

	Bundle Bundle `json:"bundle" doc:"The evidence that the report was made of."`

	Changes    Changes    `json:"changes" doc:"Since an earlier scan."`
	Exceptions Exceptions `json:"exceptions" doc:"What people decided not to have counted."`

	scored bool     // a score was asked for; see Score
	beside []string // files of the same writing; see Beside

	SecondReader SecondReader `json:"second_reader" doc:"A language model that was asked about single sentences; models is empty when none was. No verdict rests on it."`
}

// Tool says what made the report.
type Tool struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Commit       string `json:"commit" doc:"Of the source of the program that made the evidence; empty when its build does not say."`
	RulesVersion string `json:"rules_version"`
	Browser      string `json:"browser"`

	OwnPacks []OwnPack `json:"own_packs" doc:"Packs of the organisation's own, beside those that the program has."`
}

// OwnPack is a pack that a person gave.
type OwnPack struct {
	Pack   string `json:"pack"`
	Title  string `json:"title"`
	Folder string `json:"folder" doc:"Name of the folder that it was read from; a copy is in the report's folder."`
	Rules  int    `json:"rules"`
}

// Bundle ties a report to its evidence.
type Bundle struct {
	Root         string `json:"root" doc:"SHA-256 of the evidence's manifest.json, which has the hash of every other file; empty when the evidence was not closed, or was redacted after the report."`
	RulesVersion string `json:"rules_version" doc:"Of the rules when the evidence was made; later rules may have judged it."`
	ConfigSHA256 string `json:"config_sha256" doc:"Of options, start addresses, states and profile: equal for scans that were made alike."`
	RegionLabel  string `json:"region_label" doc:"Where the browser stood, in the words of who ran it."`
}

// Site is what was scanned.
type Site struct {
	URL        string   `json:"url" doc:"The first start address."`
	URLs       []string `json:"urls" doc:"All start addresses."`
	Host       string   `json:"host"`
	Entity     string   `json:"entity" doc:"The organisation, from its profile; empty when not stated."`
	OwnDomains []string `json:"own_domains"`
}

// Coverage says how much was seen.
type Coverage struct {
	PagesVisited int      `json:"pages_visited" doc:"Different addresses that loaded in at least one consent state."`
	PagesFailed  int      `json:"pages_failed" doc:"Different addresses that loaded in none."`
	Visits       int      `json:"visits" doc:"Loads: addresses times consent states."`
	States       []string `json:"states"`
	Complete     bool     `json:"complete"`
	Stopped      string   `json:"stopped" doc:"Why an incomplete scan ended."`
	Redacted     bool     `json:"redacted" doc:"Values had been taken out of the evidence before this analysis; what only they tell was not found."`
	Gaps         []Gap    `json:"gaps"`
}

// Gap is something that could not be observed, and why.
type Gap struct {
	What  string `json:"what"`
	Why   string `json:"why"`
	Page  string `json:"page"`
	State string `json:"state"`
	Kind  string `json:"kind"`
}

// Conditions are how the browser presented itself, because that changes what
// sites do.
type Conditions struct {
	UserAgent         string `json:"user_agent"`
	Identified        bool   `json:"identified" doc:"The user agent names Candor."`
	Headless          bool   `json:"headless"`
	Sandbox           bool   `json:"sandbox"`
	ThirdPartyCookies string `json:"third_party_cookies" doc:"allowed, blocked or unknown, as probed at start."`
	Viewport          string `json:"viewport"`
	Language          string `json:"language"`
	RespectRobots     bool   `json:"respect_robots"`
	FillForms         bool   `json:"fill_forms" doc:"Made-up values were typed into forms; nothing was submitted."`
	Journey           string `json:"journey" doc:"Name of the file of steps that were taken before the pages were visited; empty when there was none."`
	Redact            string `json:"redact" doc:"all: values and screenshots are taken out of the evidence after the analysis."`
	PageBudget        int    `json:"page_budget"`
	Depth             int    `json:"depth"`
	PageTimeoutMS     int64  `json:"page_timeout_ms"`
	AnyCertificate    bool   `json:"any_certificate" doc:"Certificates were not checked."`
	HostMap           bool   `json:"host_map" doc:"Hosts were sent to addresses of the operator's choice."`
	Proxy             bool   `json:"proxy"`
	ExtraHeaders      int    `json:"extra_headers"`
	PresetCookies     int    `json:"preset_cookies"`
}

// Import is another tool's recording. Missing and Partial name kinds of
// evidence: requests, cookies, storage, forms, labels, notices, calls, canaries,
// choices, dns.
type Import struct {
	Format  string   `json:"format"`
	Creator string   `json:"creator" doc:"The program that wrote the file, as the file says."`
	File    string   `json:"file"`
	SHA256  string   `json:"sha256"`
	Bytes   int64    `json:"bytes"`
	Missing []string `json:"missing" doc:"Kinds of evidence of which the recording holds nothing."`
	Partial []string `json:"partial" doc:"Kinds of which it holds a part: what is not in it may still have happened."`
}

// Page is one visit of one address in one state.
type Page struct {
	ID         string `json:"id"`
	URL        string `json:"url"`
	FinalURL   string `json:"final_url"`
	Title      string `json:"title"`
	Kind       string `json:"kind"`
	Status     int    `json:"status"`
	State      string `json:"state"`
	Screenshot string `json:"screenshot" doc:"Path from the report's folder; empty when there is none."`
	DurationMS int64  `json:"duration_ms"`
	Ended      string `json:"ended"`
	Failure    string `json:"failure"`
	Requests   int    `json:"requests"`

	Places []Class `json:"places" doc:"Sensitive places that the page is."`
	Steps  []Step  `json:"steps" doc:"Of the journey that was taken on it before the pages were visited."`
}

// Step is a step of a journey: what a person told the browser to do.
type Step struct {
	Line       int    `json:"line" doc:"Of the journey's file."`
	Do         string `json:"do"`
	Target     string `json:"target"`
	Value      string `json:"value" doc:"The name of what came from the environment, a keyed hash of what else was typed, or what was pressed."`
	URL        string `json:"url" doc:"Of the page when it was over."`
	Screenshot string `json:"screenshot" doc:"Path from the report's folder; empty when there is none."`
	Failure    string `json:"failure" doc:"Why it could not be taken; empty when it was."`
}

// Policy is a notice that was read.
type Policy struct {
	ID                 string              `json:"id"`
	URL                string              `json:"url"`
	Kind               string              `json:"kind"`
	Title              string              `json:"title"`
	Language           string              `json:"language"`
	LastUpdated        string              `json:"last_updated"`
	SHA256             string              `json:"sha256" doc:"Of the text that offsets count in."`
	RawSHA256          string              `json:"raw_sha256"`
	LinkedFrom         []string            `json:"linked_from"`
	Words              int                 `json:"words"`
	TextFile           string              `json:"text_file" doc:"The text, as a path from the report's folder."`
	Faults             []string            `json:"faults"`
	Reading            Reading             `json:"reading"`
	Choices            []Choice            `json:"choices"`
	Statements         []Statement         `json:"statements"`
	CookieDeclarations []CookieDeclaration `json:"cookie_declarations"`

	text string // written as TextFile, not part of scan.json
}

// Statement is one thing that a sentence says.
type Statement struct {
	ID            string   `json:"id"`
	Actor         string   `json:"actor"`
	Action        string   `json:"action"`
	Negated       bool     `json:"negated"`
	Modality      string   `json:"modality"`
	DataTypes     []string `json:"data_types"`
	Recipients    []string `json:"recipients"`
	RecipientIDs  []string `json:"recipient_ids" doc:"kind:id of recipients that the knowledge base knows."`
	Purposes      []string `json:"purposes"`
	Condition     string   `json:"condition"`
	Scope         string   `json:"scope"`
	Only          bool     `json:"only"`
	RetentionDays int      `json:"retention_days" doc:"0 when none is stated."`
	Choice        []string `json:"choice" doc:"Kinds of choice that its sentence gives."`
	Links         []Link   `json:"links" doc:"With such a choice: where it leads."`
	Heading       string   `json:"heading"`
	Quote         string   `json:"quote"`
	Before        string   `json:"before" doc:"What stands before the quote in its block; empty for statements that nothing points at."`
	After         string   `json:"after" doc:"What stands after it."`
	Start         int      `json:"start" doc:"Offset in the text, in Unicode code points."`
	End           int      `json:"end"`

	SecondOpinions []SecondOpinion `json:"second_opinions" doc:"What language models said of the sentence; in no verdict."`
}

// SecondOpinion is what a language model answered about a sentence.
type SecondOpinion struct {
	Model    string `json:"model"`
	Question string `json:"question"`
	Says     string `json:"says" enum:"yes|no|unclear"`
	Text     string `json:"text" doc:"The model's reason, bounded; text from outside."`
	AskedAt  string `json:"asked_at" doc:"RFC 3339, UTC."`
}

// SecondReader sums up what language models were asked about sentences.
type SecondReader struct {
	Models    []string `json:"models"`
	Endpoints []string `json:"endpoints" doc:"Where the sentences were sent."`
	Answered  int      `json:"answered"`
	Failed    int      `json:"failed" doc:"Each is a gap with its reason."`
	Unasked   int      `json:"unasked" doc:"Questions beyond the bounds."`
}

// PolicyAnswer is what the texts say to one question. Without passages it was not
// found in the text, or not tested where a text was not read.
type PolicyAnswer struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	Found    bool      `json:"found"`
	NotRead  []string  `json:"not_read" doc:"Why texts, or parts of them, were not read: what is not found may stand there."`
	Passages []Passage `json:"passages"`
	Left     int       `json:"left" doc:"Passages beyond those listed."`
}

// Passage is a sentence that answers.
type Passage struct {
	Policy string `json:"policy" doc:"Id of the text."`
	Says   string `json:"says" doc:"In short; empty when the sentence itself is all."`
	Quote  string `json:"quote"`
	Links  []Link `json:"links"`
	Start  int    `json:"start" doc:"Offset in the text, in Unicode code points."`
	End    int    `json:"end"`
}

// Reading is how long and how hard a text is to read.
type Reading struct {
	Words     int     `json:"words" doc:"Of its sentences; headings and tables are left out."`
	Sentences int     `json:"sentences"`
	Minutes   int     `json:"minutes"`
	Formula   string  `json:"formula" doc:"Of ease, for the text's language; empty where the text is too short or in another language."`
	Ease      float64 `json:"ease" doc:"Higher is easier; about 60 is plain prose."`
	Hedges    int     `json:"hedges" doc:"Words that leave open whether, when or what."`
}

// Choice is a choice that a text says people have.
type Choice struct {
	Kind  string `json:"kind" doc:"opt_out, opt_in, browser, settings or do_not_use."`
	Quote string `json:"quote"`
	Links []Link `json:"links" doc:"In the sentence, or else in its block."`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Link is a link beside a sentence.
type Link struct {
	Address string `json:"address"`
	Text    string `json:"text"`
}

// CookieDeclaration is a row of a cookie table.
type CookieDeclaration struct {
	Name         string  `json:"name"`
	Provider     string  `json:"provider"`
	Purpose      string  `json:"purpose"`
	PurposeText  string  `json:"purpose_text"`
	Lifetime     string  `json:"lifetime" doc:"As written."`
	LifetimeDays float64 `json:"lifetime_days" doc:"0 for a session, -1 when the text gives none."`
	Party        string  `json:"party"`
	Start        int     `json:"start"`
	End          int     `json:"end"`
}

// Vendor is a recipient that was seen.
type Vendor struct {
	ID            string   `json:"id" doc:"The registrable domain when not recognised."`
	Name          string   `json:"name"`
	Entity        string   `json:"entity"`
	Categories    []string `json:"categories"`
	Domains       []string `json:"domains"`
	Recognized    bool     `json:"recognized"`
	Party         string   `json:"party" enum:"first|third"`
	Pages         []string `json:"pages"`
	States        []string `json:"states"`
	Requests      int      `json:"requests"`
	NamedInPolicy bool     `json:"named_in_policy" doc:"The texts name the vendor or its company."`
	LoadedBy      []Loader `json:"loaded_by" doc:"Tag managers at the start of the chains of scripts that asked for it."`
}

// Loader is the tag manager by which something came into a page.
type Loader struct {
	Manager   string   `json:"manager" doc:"Vendor id."`
	Container string   `json:"container" doc:"Id of the container; empty when its address names none."`
	Scripts   []string `json:"scripts" doc:"From the container's script to the one that sent or set something; values of queries are left out."`
}

// Host summarises the requests to one host.
type Host struct {
	Host     string         `json:"host"`
	Vendor   string         `json:"vendor"`
	Party    string         `json:"party" enum:"first|third"`
	Alias    string         `json:"alias" doc:"The vendor's name that this name of the site's own is an alias of (CNAME); empty otherwise."`
	Requests int            `json:"requests"`
	Types    map[string]int `json:"types" doc:"By resource type (CDP)."`
	Methods  map[string]int `json:"methods"`
	Insecure int            `json:"insecure" doc:"Over http."`
	Failed   int            `json:"failed"`
	Bytes    int64          `json:"bytes"`
	States   []string       `json:"states"`
	Pages    []string       `json:"pages"`
	Example  string         `json:"example" doc:"Id of a request in the bundle."`
}

// Setter says who wrote a cookie or a storage entry.
type Setter struct {
	Kind       string   `json:"kind" enum:"http|script|unknown"`
	URL        string   `json:"url"`
	Initiators []string `json:"initiators" doc:"Script addresses, innermost first."`
}

// Cookie is a cookie over the whole scan.
type Cookie struct {
	ID                   string   `json:"id"`
	Name                 string   `json:"name"`
	Domain               string   `json:"domain"`
	Path                 string   `json:"path"`
	Party                string   `json:"party" enum:"first|third"`
	Vendor               string   `json:"vendor"`
	SetBy                Setter   `json:"set_by"`
	SetterVendor         string   `json:"setter_vendor" doc:"Who is behind the script or response that set it; empty when not known."`
	SetterParty          string   `json:"setter_party" enum:"first|third|"`
	LoadedBy             []Loader `json:"loaded_by" doc:"Tag managers that loaded the script that set it."`
	LifetimeDays         float64  `json:"lifetime_days" doc:"As set; 0 for a session, -1 when it outlives the session and is not known."`
	CappedDays           float64  `json:"lifetime_capped_days" doc:"As stored, where the browser made it shorter than it was set; 0 otherwise."`
	Session              bool     `json:"session"`
	HTTPOnly             bool     `json:"http_only"`
	Secure               bool     `json:"secure"`
	SameSite             string   `json:"same_site"`
	Partitioned          bool     `json:"partitioned"`
	Purpose              string   `json:"purpose" enum:"necessary|functional|analytics|advertising|unknown|"`
	PurposeGuess         string   `json:"purpose_guess" enum:"necessary|functional|analytics|advertising|" doc:"What a cookie of unknown purpose may be for, by its name and how it is kept; no finding rests on it."`
	GuessedBy            string   `json:"guessed_by" doc:"What makes the guess likely; empty without one."`
	Identifier           bool     `json:"identifier" doc:"Its value looks unique to the visitor."`
	Declared             bool     `json:"declared" doc:"A cookie table of the texts lists it."`
	DeclaredAs           string   `json:"declared_as"`
	DeclaredLifetime     string   `json:"declared_lifetime" doc:"As written."`
	DeclaredLifetimeDays float64  `json:"declared_lifetime_days" doc:"0 for a session, -1 when not declared or not given."`
	States               []string `json:"states"`
	Pages                []string `json:"pages"`
	Values               []Value  `json:"values" doc:"By hash; at most 20."`
	MoreValues           bool     `json:"more_values" doc:"It had other values beside these."`
}

// Value is one value that a cookie or a storage key had.
type Value struct {
	Hash   string   `json:"hash" doc:"~ and a hash with a key that is in the evidence only. Equal hashes of one scan, equal values, of other cookies, of storage and in addresses too."`
	States []string `json:"states"`
	Pages  []string `json:"pages"`
}

// Storage is a storage key over the whole scan.
type Storage struct {
	ID           string   `json:"id"`
	Kind         string   `json:"kind" enum:"local|session|indexeddb|cache"`
	Origin       string   `json:"origin"`
	Key          string   `json:"key"`
	Vendor       string   `json:"vendor"`
	Identifier   bool     `json:"identifier"`
	SetBy        Setter   `json:"set_by"`
	SetterVendor string   `json:"setter_vendor" doc:"Who is behind the script that wrote it; empty when not known."`
	SetterParty  string   `json:"setter_party" enum:"first|third|"`
	LoadedBy     []Loader `json:"loaded_by"`
	States       []string `json:"states"`
	Pages        []string `json:"pages"`
	Values       []Value  `json:"values" doc:"By hash; at most 20."`
	MoreValues   bool     `json:"more_values" doc:"It had other values beside these."`
}

// Form is a form with the meaning of its fields.
type Form struct {
	ID             string   `json:"id"`
	Page           string   `json:"page"`
	State          string   `json:"state"`
	Heading        string   `json:"heading"`
	Action         string   `json:"action"`
	Method         string   `json:"method"`
	ActionParty    string   `json:"action_party" enum:"first|third|"`
	ActionVendor   string   `json:"action_vendor"`
	Secure         bool     `json:"secure"`
	PolicyLinkNear string   `json:"policy_link_near"`
	Prechecked     []string `json:"prechecked"`
	Typed          string   `json:"typed" doc:"Address of the page on which made-up values were typed into this form or its like; empty when none were."`
	Fields         []Field  `json:"fields"`
	Places         []Class  `json:"places" doc:"Sensitive places that the form is."`
	Picture        Crop     `json:"picture"`
}

// Crop is a part of a page's picture, in CSS pixels. Its file is empty where no
// picture shows the thing, and where one may show what a person typed.
type Crop struct {
	File   string `json:"file" doc:"The whole picture; path from the report's folder."`
	Of     Size   `json:"of" doc:"Size of the whole picture."`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Size is in CSS pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Field is a control of a form.
type Field struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	Type      string `json:"type"`
	DataType  string `json:"data_type"`
	Sensitive bool   `json:"sensitive"`
	Required  bool   `json:"required"`
}

// Behavior is something that a script did beyond sending data.
type Behavior struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind" enum:"canvas_fingerprinting|webgl_fingerprinting|audio_fingerprinting|font_fingerprinting|navigator_fingerprinting|session_recording|keystroke_capture|form_leak_before_submit|cookie_sync|cname_cloaking|evercookie_respawn|beacon|tracking_pixel|geolocation_request|permission_request|fingerprint_exfiltration"`
	Page       string   `json:"page" doc:"The first page by address."`
	Pages      []string `json:"pages"`
	State      string   `json:"state" doc:"The first state."`
	States     []string `json:"states"`
	Script     string   `json:"script" doc:"Empty when it is not known."`
	Vendor     string   `json:"vendor" doc:"Empty when nobody is known."`
	Confidence string   `json:"confidence" enum:"direct|strong|indirect|text-weak"`
	Detail     string   `json:"detail" doc:"What was seen, and by which heuristic it was told."`
	Evidence   []string `json:"evidence" doc:"Calls, requests, cookies or visits that prove it; a selection."`
	Sightings  int      `json:"sightings"`
}

// Label is a key with which a page or a tag segments, scores or infers something
// of a visitor, or a consent string.
type Label struct {
	Page          string   `json:"page" doc:"The first page by address."`
	Pages         []string `json:"pages"`
	States        []string `json:"states"`
	Source        string   `json:"source" doc:"dataLayer and the like, cookie, local storage, request."`
	Key           string   `json:"key"`
	ValueRedacted string   `json:"value_redacted" doc:"The label where it is a word or a number, else what it looks like."`
	Kind          string   `json:"kind"`
	SentTo        []string `json:"sent_to" doc:"Vendors that the key or value went to."`
}

// Class is a class of sensitive places with the evidence for it.
type Class struct {
	Class   string   `json:"class"`
	Signals []string `json:"signals" doc:"Source and what was found, such as title: depression. At least two sources agree."`
}

// Recipient is who gets the data of a flow.
type Recipient struct {
	Vendor string `json:"vendor"`
	Entity string `json:"entity"`
	Domain string `json:"domain"`
	Party  string `json:"party" enum:"first|third"`
}

// Flow is ⟨data type, recipient, purpose⟩ with where it was seen and what the
// texts say of it.
type Flow struct {
	ID         string     `json:"id"`
	DataTypes  []string   `json:"data_types"`
	Recipient  Recipient  `json:"recipient"`
	Purposes   []string   `json:"purposes"`
	Channel    string     `json:"channel"`
	Confidence string     `json:"confidence" enum:"direct|strong|indirect|text-weak"`
	States     []string   `json:"states"`
	Pages      []string   `json:"pages"`
	Evidence   []string   `json:"evidence"`
	Detail     string     `json:"detail"`
	Places     []string   `json:"places" doc:"Classes of sensitive places among the pages."`
	LoadedBy   []Loader   `json:"loaded_by" doc:"Tag managers at the start of the chains of scripts that sent it."`
	Disclosure Disclosure `json:"disclosure"`
}

// Disclosure is the verdict on a flow with its sentences.
type Disclosure struct {
	Verdict    string   `json:"verdict" enum:"clear|vague|ambiguous|incorrect|omitted|not-tested"`
	Statements []string `json:"statements"`
	Candidates []string `json:"candidates"`
	Why        string   `json:"why"`
}

// Promise is a denial or limit that the texts state, with what was seen.
type Promise struct {
	Statement string   `json:"statement"`
	Verdict   string   `json:"verdict" enum:"kept|broken|not-observed|not-testable"`
	Flows     []string `json:"flows"`
	Why       string   `json:"why"`
	Control   string   `json:"control" doc:"The consent state that a promised control leads to; empty for other promises."`
	Quote     string   `json:"quote" doc:"Of a promised control, whose sentence need not be a statement."`
	Document  string   `json:"document" doc:"Id of the policy, with a quote."`
	Start     int      `json:"start"`
	End       int      `json:"end"`
}

// Finding is one rule's result that a person should look at.
type Finding struct {
	ID            string   `json:"id"`
	Rule          string   `json:"rule"`
	Pack          string   `json:"pack"`
	Outcome       string   `json:"outcome" enum:"differs|matches|needs-person|not-applicable|not-tested"`
	Severity      string   `json:"severity" enum:"critical|high|medium|low|info"`
	Confidence    string   `json:"confidence" enum:"direct|strong|indirect|text-weak"`
	Title         string   `json:"title"`
	Message       string   `json:"message"`
	Recipients    []string `json:"recipients"`
	DataTypes     []string `json:"data_types"`
	Pages         []string `json:"pages"`
	States        []string `json:"states"`
	Evidence      []string `json:"evidence"`
	Statements    []string `json:"statements"`
	Remediation   string   `json:"remediation"`
	SuggestedText string   `json:"suggested_text"`
	Fingerprint   string   `json:"fingerprint"`
	Suppressed    bool     `json:"suppressed" doc:"An exception of the team's file holds: it is in no total and no exit code."`

	Suppression Suppression `json:"suppression" doc:"The exception that matches; its line is 0 when none does."`
	New         bool        `json:"new" doc:"No earlier scan that was given has it; false too when none was given (changes.against)."`
	FirstSeen   string      `json:"first_seen" doc:"Start of the first scan of those given that has it; RFC 3339, UTC."`
	LastSeen    string      `json:"last_seen" doc:"Start of the last scan that has it: this one."`

	Also  []string `json:"also" doc:"Rules of other packs that found the very same; their outcome says where it is listed."`
	Looks Looks    `json:"looks" doc:"Of critical and high findings, when the pages behind them were looked at again within the scan; of is 0 for others."`
}

// Looks is how often a finding was seen within one scan.
type Looks struct {
	Seen int    `json:"seen" doc:"Looks in which the same rule found the same."`
	Of   int    `json:"of" doc:"Looks that reached a page behind it, the scan's own among them."`
	Why  string `json:"why" doc:"In words; the message has them too."`
}

// Rule says what became of a rule.
type Rule struct {
	ID      string `json:"id"`
	Pack    string `json:"pack"`
	Title   string `json:"title"`
	Outcome string `json:"outcome" enum:"differs|matches|needs-person|not-applicable|not-tested"`
	Why     string `json:"why"`

	Severity    string  `json:"severity" enum:"critical|high|medium|low|info" doc:"Of its findings, unless it grades them."`
	Owner       string  `json:"owner" enum:"marketing|product|engineering|legal|hr|security|" doc:"Who in the organisation should be asked; empty when the rule names nobody."`
	Matters     string  `json:"matters" doc:"Why the rule is there."`
	Remediation string  `json:"remediation"`
	Basis       []Basis `json:"basis" doc:"Texts behind the rule; no legal judgement."`
}

// Basis is a text, such as a section of a law, behind a rule.
type Basis struct {
	Text   string `json:"text"`
	Status string `json:"status" doc:"How far it was verified: text_seen, paragraph_unverified or unverified."`
	Date   string `json:"date" doc:"When, YYYY-MM."`
}

// Sighting is a request that a flow or a finding points at, redacted.
type Sighting struct {
	ID         string   `json:"id"`
	Page       string   `json:"page" doc:"Address of the visit."`
	State      string   `json:"state"`
	URL        string   `json:"url" doc:"Values of the query are left out."`
	Method     string   `json:"method"`
	Type       string   `json:"type"`
	Status     int      `json:"status"`
	Cookies    int      `json:"cookies" doc:"Number of cookies that went with it."`
	PostBytes  int      `json:"post_bytes"`
	Initiators []string `json:"initiators" doc:"What caused it: script addresses, innermost first."`
}

// Totals are the figures of the summary.
type Totals struct {
	BySeverity            map[string]int `json:"by_severity" doc:"Findings that count: not suppressed and, where only new ones were asked for, new."`
	Suppressed            int            `json:"suppressed" doc:"Findings that exceptions leave out of these figures."`
	Known                 int            `json:"known" doc:"Findings that were left out because only new ones were asked for."`
	ByVerdict             map[string]int `json:"by_verdict" doc:"Flows to third parties and, where they have a verdict, others."`
	ByPromise             map[string]int `json:"by_promise"`
	Recipients            int            `json:"recipients" doc:"Third-party vendors, unrecognised domains included."`
	UndisclosedRecipients int            `json:"undisclosed_recipients" doc:"Of those, the ones that no text names or covers."`
	Companies             int            `json:"companies" doc:"Third parties by company, or by domain where that is not known."`
	UndisclosedCompanies  int            `json:"undisclosed_companies"`
	Unrecognized          int            `json:"unrecognized" doc:"Recipients that the knowledge base does not know."`
	PagesWithThirdParties int            `json:"pages_with_third_parties"`
	StatesTested          int            `json:"states_tested"`
	StillSeen             map[string]int `json:"still_seen" doc:"By state with a choice that was tested: products that still got an identifier."`
}
