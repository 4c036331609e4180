package main

import (
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"candor/analyzer/change"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports/pdf"
	"candor/reports/words"
	"candor/rules"
)

// options are what flags, CANDOR_ variables and candor.yaml say. Each command
// registers the groups that it heeds.
type options struct {
	config  string
	quiet   bool
	jsonLog bool

	out      string
	formats  []string
	paper    string // of a PDF
	language string // of the report

	failOn      string // a severity; "none" never fails
	minCoverage float64
	score       bool
	profile     string
	rules       []string // folders of own packs
	baselines   []string
	newOnly     bool
	mapSites    change.Hosts
	exceptions  string

	hostMap  []crawler.HostMapping
	insecure bool
	proxy    string
	guard    string                // address of the page by which a browser elsewhere shows that it comes through the proxy
	refused  func() []evidence.Gap // what the guard refused; nil without one
	headers  []header
	cookies  []crawler.PresetCookie
	timeout  time.Duration
	identify bool

	dns         netip.AddrPort
	browser     string
	noSandbox   bool
	pages       int
	depth       int
	tabs        int
	states      []evidence.State
	scanTimeout time.Duration
	revisits    int
	ownSite     bool
	fillForms   bool
	journey     string
	demo        string

	chromium []string            // further flags of its command line
	event    func(crawler.Event) // told each step of the crawl; nil for none
	doing    func(string)        // told what goes on after it; nil for none

	redact string // "all" or "none"
	region string // where the browser stands, as told
	second secondReader

	policies []string // notices that go with a recording
	site     string   // the site that is meant
	state    evidence.State
}

type header struct{ name, value string }

func (o *options) headerMap() map[string]string {
	if len(o.headers) == 0 {
		return nil
	}
	m := make(map[string]string, len(o.headers))
	for _, h := range o.headers {
		m[h.name] = h.value
	}
	return m
}

func (o *options) commonFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.config, "config", "", "read `FILE` instead of looking for candor.yaml")
	fs.BoolVar(&o.quiet, "quiet", false, "no progress and no summary, errors only")
	fs.BoolVar(&o.jsonLog, "json-log", false, "log lines as JSON on standard error")
}

func (o *options) outputFlags(fs *pflag.FlagSet, out string, formats []string) {
	fs.StringVar(&o.out, "out", "", out)
	o.formats = []string{"html", "json"}
	fs.Var(newList(&o.formats, ",", parseFormat(formats)), "format", "`FORMATS` to write: "+strings.Join(formats, ", "))
	o.paper = "A4"
	fs.Var(newOne(&o.paper, parsePaper), "paper", "`SIZE` of a PDF's pages: "+strings.Join(pdf.Papers, " or "))
	o.language = words.English
	fs.Var(newOne(&o.language, parseLanguage), "language", "`CODE` of the language of html, pdf and md: "+strings.Join(words.Codes(), " or ")+"; other formats are in English")
}

func (o *options) judgeFlags(fs *pflag.FlagSet) {
	o.gateFlags(fs)
	o.againstFlags(fs)
	fs.StringVar(&o.profile, "profile", "", "`FILE` with what the organisation answered: name, own domains, regions, laws, processors")
	o.rulesFlag(fs)
}

func (o *options) rulesFlag(fs *pflag.FlagSet) {
	fs.Var(newList(&o.rules, "\n", parseFolder), "rules", "folder `DIR` of rule packs of your own, beside those that are built in (repeatable)")
}

func (o *options) gateFlags(fs *pflag.FlagSet) {
	o.failOn = "none"
	fs.Var(newOne(&o.failOn, parseSeverity), "fail-on", "exit 1 when a finding is of this `SEVERITY` or above: critical, high, medium, low, info; none never")
	o.minCoverage = 0.8
	fs.Var(newOne(&o.minCoverage, parseShare), "min-coverage", "exit 3 when a smaller `SHARE` of the pages could be visited, 0 to 1")
	fs.BoolVar(&o.score, "score", false, "put one number, 0 to 100, into html and pdf with its formula beside it; it is capped by what was tested and is no judgement of the law")
}

func (o *options) networkFlags(fs *pflag.FlagSet) {
	fs.Var(newList(&o.hostMap, ",", parseHostMap), "host-map", "send hosts to an address, `PATTERN=ADDR:PORT`; PATTERN is a host, *.example.com or * (repeatable)")
	fs.BoolVar(&o.insecure, "insecure", false, "accept any certificate")
	fs.Var(newOne(&o.proxy, parseProxy), "proxy", "`URL` of a proxy: http://, https:// or socks5://")
	fs.Var(newList(&o.headers, "\n", parseHeader), "header", "further request header, `'Name: value'` (repeatable)")
	fs.Var(newList(&o.cookies, "\n", parseCookie), "cookie", "cookie set before the first page, `'NAME=VALUE[;domain]'` (repeatable)")
	o.timeout = 20 * time.Second
	fs.Var(newOne(&o.timeout, parseDuration(time.Second, 10*time.Minute)), "timeout", "longest `TIME` for one page")
}

func (o *options) crawlFlags(fs *pflag.FlagSet) {
	o.pages, o.depth = 20, 5
	fs.Var(newOne(&o.pages, parseNumber(1, 100_000)), "pages", "most `NUMBER` of pages to visit in each state; different kinds of page come first")
	fs.Var(newOne(&o.depth, parseNumber(0, 100)), "depth", "most `CLICKS` away from a start address")
	fs.Var(newOne(&o.tabs, parseNumber(0, 8)), "tabs", "`NUMBER` of pages to visit side by side, of all states together; 0 is 2, with several states 4")
	o.states = []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept, evidence.StateGPC}
	fs.Var(newList(&o.states, ",", parseState), "states", "consent `STATES` to visit in, side by side: "+strings.Join(stateNames(), ", "))
	o.revisits = 2
	fs.Var(newOne(&o.revisits, parseNumber(0, evidence.MaxLooks-1)), "revisits", "`NUMBER` of further looks at the pages behind critical and high findings; 0 looks once")
	fs.Var(newOne(&o.scanTimeout, parseDuration(time.Second, 7*24*time.Hour)), "scan-timeout", "longest `TIME` for the whole scan; what was collected by then is reported (default no limit)")
	fs.Var(newOne(&o.dns, parseDNS), "dns", "DNS server, `ADDR[:PORT]`, to ask which names the site's own hosts are aliases of (default the system's, for hosts without --host-map and --proxy)")
	fs.BoolVar(&o.ownSite, "own-site", false, "the site is yours: do not apply its robots.txt")
	fs.BoolVar(&o.fillForms, "fill-forms", true, "type made-up values into forms to see what leaves before a submit; nothing is submitted, and card, bank and identity numbers are left empty")
	fs.StringVar(&o.journey, "journey", "", "`FILE` of steps to take before the pages are visited, such as a log-in")
	fs.BoolVar(&o.identify, "identify", false, "name Candor in the user agent (sites may then hide tags and banners)")
	fs.StringVar(&o.demo, "demo", "", "scan the sites kept in folder `DIR`, served by Candor itself, offline; its profile.yaml is the profile")
	o.browserFlags(fs)
}

func (o *options) browserFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.browser, "browser", "", "`PATH` of Chromium or Chrome, or ws://HOST:PORT where one runs elsewhere (default looks for one)")
	fs.BoolVar(&o.noSandbox, "no-sandbox", false, "run Chromium without its sandbox, as root in a container must; the report says so")
}

// printFlags are those of commands that start a browser for a PDF alone.
func (o *options) printFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.browser, "browser", "", "`PATH` of the Chromium or Chrome that prints a PDF (default looks for one)")
	fs.BoolVar(&o.noSandbox, "no-sandbox", false, "print without Chromium's sandbox, as root in a container must")
}

func (o *options) redactFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.region, "region-label", "", "`TEXT` that says where the browser stands, such as 'Frankfurt, office network'; kept with the evidence as told, nothing is looked up")
	o.redact = "none"
	fs.Var(newOne(&o.redact, parseRedact), "redact", "take values out of the evidence after the analysis, `all` or none: cookies, storage, identifiers, bodies, what a journey typed, and screenshots; keyed hashes stand for them")
}

func (o *options) importFlags(fs *pflag.FlagSet) {
	fs.Var(newList(&o.policies, "\n", parseText), "policy", "a notice of the site, `URL|FILE` (repeatable)")
	fs.Var(newOne(&o.site, parseSite), "url", "the site that is meant, `URL` (default that of the first page in the file)")
	fs.Var(newOne(&o.state, parseState), "state", "consent `STATE` in which the recording was made (default none, or gpc when the browser sent it)")
}

// everyFlag is every option that candor.yaml and CANDOR_ variables know.
func everyFlag(formats []string) *pflag.FlagSet {
	fs := pflag.NewFlagSet("candor", pflag.ContinueOnError)
	var o options
	o.commonFlags(fs)
	o.outputFlags(fs, "report `DIR`, new or empty", formats)
	o.judgeFlags(fs)
	o.networkFlags(fs)
	o.crawlFlags(fs)
	o.importFlags(fs)
	o.redactFlags(fs)
	o.secondReaderFlags(fs)
	var so serviceOptions
	so.deskFlags(fs)
	so.shareFlags(fs)
	return fs
}

// completions teaches the shell the values of flags that have few.
func completions(cmd *cobra.Command, formats []string) {
	for name, values := range map[string][]string{
		"format": formats, "fail-on": append([]string{"none"}, rules.Severities...), "paper": pdf.Papers, "language": words.Codes(), "states": stateNames(), "state": stateNames(), "redact": {"all", "none"},
	} {
		if cmd.Flags().Lookup(name) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // only when registered twice
		}
	}
}
