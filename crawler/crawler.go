// Package crawler visits a site in a real browser and writes what it saw to a
// bundle: frontier, browser and consent put together.
//
// It guarantees that every page it chose ends in a record or a gap with its
// reason, and that evidence is on disk when a page is done. It judges nothing.
package crawler

import (
	"net/netip"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// Target is what to scan.
type Target struct {
	URLs       []string // start addresses; "example.com" means https://example.com/
	OwnDomains []string // further registrable domains of the organisation
}

// Options shape a crawl. The zero value of each field means its default.
type Options struct {
	Pages        int              // budget of visits in each state; default 20
	Depth        int              // clicks from a start address; default 5
	Tabs         int              // visits side by side, of all states together; default 2, with several states 4; at most 8
	States       []evidence.State // default: none
	Chooser      Chooser          // makes choices; nil reaches no state that takes a click
	PageTimeout  time.Duration    // of one visit; default 20 s
	IgnoreRobots bool             // the person says that the site is theirs
	HostDelay    time.Duration    // least time between two visits of a host; default 200 ms, at least robots.txt's Crawl-delay (bounded)
	HostTabs     int              // visits of one host at a time; default as Tabs
	Identify     bool             // name Candor in the user agent
	HostMap      []HostMapping
	DNS          netip.AddrPort // server that is asked for the aliases of the site's own hosts; zero is the system's, but not for mapped hosts
	Insecure     bool           // accept any certificate
	Browser      *Browser       // that is used, and left open; nil is one of the crawl's own
	BrowserPath  string         // of the executable, or where DevTools of one that runs elsewhere are; "" looks for one
	NoSandbox    bool
	Proxy        string
	Guard        string   // address of a page that only the proxy serves; a browser that runs elsewhere must come to it
	BrowserFlags []string // further ones of Chromium's command line
	Headers      map[string]string
	Cookies      []PresetCookie
	Language     string // Accept-Language; default "en-US,en"
	ToolVersion  string
	Fill         *Fill    // type made-up values into forms; nil types nothing
	Journey      *Journey // what is done before the pages of each state; nil is nothing
	Words        Words
	Progress     func(Event)      // called from several goroutines; may be nil
	Now          func() time.Time // default time.Now
}

// HostMapping sends the hosts that match a pattern to one address, like curl's
// --connect-to with patterns. "*" is every host, "*.example.com" every
// subdomain. With the zero address the hosts do not resolve.
type HostMapping struct {
	Pattern string
	Addr    netip.AddrPort
}

// PresetCookie is set before the first page: for a domain and its subdomains
// (RFC 6265, 4.1.2.3), or with an empty domain for the hosts of the start
// addresses alone.
type PresetCookie struct{ Name, Value, Domain string }

// Words are what the crawler must know of language: they come from rules.
type Words = frontier.Words

// KindWords tells a kind of link by its address and text.
type KindWords = frontier.KindWords

// Event is one step of progress.
type Event struct {
	Kind     string // "start", "page-start", "page-done", "document", "choice", "gap", "done"
	Page     string
	URL      string
	State    evidence.State
	Done     int      // visits finished so far, in all states
	Planned  int      // visits expected in all
	Requests int      // so far
	Hosts    []string // third-party hosts first seen on this page
	Message  string
}

// withDefaults fills in what is not said, for so many looks side by side.
func (o Options) withDefaults(looks int) Options {
	if o.Pages <= 0 {
		o.Pages = 20
	}
	if o.Depth <= 0 {
		o.Depth = 5
	}
	if len(o.States) == 0 {
		o.States = []evidence.State{evidence.StateNone}
	}
	if o.Tabs <= 0 {
		o.Tabs = 2
		if len(o.States)*looks > 1 {
			o.Tabs = 4
		}
	}
	o.Tabs = min(o.Tabs, 8)
	if o.HostTabs <= 0 {
		o.HostTabs = o.Tabs
	}
	if o.PageTimeout <= 0 {
		o.PageTimeout = 20 * time.Second
	}
	if o.Language == "" {
		o.Language = "en-US,en"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}
